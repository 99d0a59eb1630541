//! The node's files: the thread that saves, and loading at the start.

use crate::log::{self, Level};
use crate::memory::count_this_thread;
use crate::start::be_ready;
use engine_dispatch::Server;
use engine_persist::disk::RealDisk;
use engine_storage::{LogLevel, Saver, SaverHandle, load_file};
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

/// Loads the node's file in a thread of its own; the node is ready after that, or the process ends.
///
/// # Errors
/// No thread can be had.
pub(crate) fn load(server: &'static Server) -> Result<(), String> {
    std::thread::Builder::new()
        .name("load".into())
        .spawn(move || {
            match load_file(server, &write) {
                Ok(None) => {}
                Ok(Some((_, took))) => log::notice(&format!(
                    "DB loaded from disk: {:.3} seconds",
                    took.as_secs_f64()
                )),
                Err(error) => {
                    error.lines().iter().for_each(|line| log::warning(line));
                    std::process::exit(1);
                }
            }
            be_ready(server);
        })
        .map(drop)
        .map_err(|e| format!("loader: {e}"))
}
