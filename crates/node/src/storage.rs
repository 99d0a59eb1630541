//! The node's files: the thread that saves, and loading at the start.

use crate::log::{self, Level};
use crate::memory::count_this_thread;
use crate::start::be_ready;
use engine_dispatch::Server;
use engine_persist::disk::RealDisk;
use engine_storage::{LogLevel, Saver, SaverHandle, load_append_only, load_file};
use std::sync::Arc;

fn write(level: LogLevel, line: &str) {
    let level = match level {
        LogLevel::Notice => Level::Notice,
        LogLevel::Warning => Level::Warning,
    };
    log::write(level, line);
}

/// Starts the thread that saves.
///
/// # Errors
/// No thread can be had.
pub(crate) fn start(server: &'static Server) -> Result<Arc<Saver>, String> {
    engine_storage::configure(server);
    let saver = Saver::new(server, Arc::new(RealDisk), write);
    server.set_persistence(Box::new(SaverHandle(saver.clone())));
    let runs = saver.clone();
    std::thread::Builder::new()
        .name("save".into())
        .spawn(move || {
            count_this_thread();
            runs.run(|| {})
        })
        .map_err(|e| format!("saver: {e}"))?;
    Ok(saver)
}

/// Loads the node's files in a thread of its own; the node is ready after that, or the process ends.
///
/// # Errors
/// No thread can be had.
pub(crate) fn load(server: &'static Server, saver: &Arc<Saver>) -> Result<(), String> {
    let saver = saver.clone();
    std::thread::Builder::new()
        .name("load".into())
        .spawn(move || {
            let loaded = if server.config.flag(params::APPENDONLY) {
                load_append_only(&saver, &write).map_err(|error| vec![error.to_string()])
            } else {
                load_snapshot(server)
            };
            if let Err(lines) = loaded {
                lines.iter().for_each(|line| log::warning(line));
                std::process::exit(1);
            }
            be_ready(server);
        })
        .map(drop)
        .map_err(|e| format!("loader: {e}"))
}

/// Loads the file of the last save; the log's lines if it cannot be loaded.
fn load_snapshot(server: &'static Server) -> Result<(), Vec<String>> {
    let loaded = load_file(server, &write).map_err(|error| error.lines())?;
    if let Some((_, took)) = loaded {
        let seconds = took.as_secs_f64();
        log::notice(&format!("DB loaded from disk: {seconds:.3} seconds"));
    }
    Ok(())
}
