//! The node's log, in the format of Redis's, because people and tools read that.
//!
//! `12345:M 25 Nov 2026 10:00:00.123 * Ready to accept connections tcp`

use parking_lot::Mutex;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// How loud a line is; Redis's levels and the signs it prints for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Verbose = 1,
    Notice = 2,
    Warning = 3,
}

struct Log {
    file: Mutex<Box<dyn Write + Send>>,
}

static LOG: OnceLock<Log> = OnceLock::new();
static LEAST: AtomicU8 = AtomicU8::new(Level::Notice as u8);
static REPLICA: AtomicBool = AtomicBool::new(false);

/// Opens the log: a file that lines are appended to, or standard output for an empty name.
///
/// # Errors
/// The file cannot be opened.
pub(crate) fn open(file: &str) -> std::io::Result<()> {
    let to: Box<dyn Write + Send> = if file.is_empty() {
        Box::new(std::io::stdout())
    } else {
        Box::new(OpenOptions::new().create(true).append(true).open(file)?)
    };
    let _ = LOG.set(Log {
        file: Mutex::new(to),
    });
    Ok(())
}

/// Sets the least level that is written (`loglevel`).
pub(crate) fn set_level(name: &str) {
    let least = match name {
        "debug" | "verbose" => Level::Verbose,
        "warning" => Level::Warning,
        "nothing" => {
            LEAST.store(u8::MAX, Ordering::Relaxed);
            return;
        }
        _ => Level::Notice,
    };
    LEAST.store(least as u8, Ordering::Relaxed);
}

/// Sets the role letter of each line: M or S.
pub(crate) fn set_replica(replica: bool) {
    REPLICA.store(replica, Ordering::Relaxed);
}

/// Writes a line.
pub(crate) fn write(level: Level, text: &str) {
    if (level as u8) < LEAST.load(Ordering::Relaxed) {
        return;
    }
    let sign = match level {
        Level::Verbose => '-',
        Level::Notice => '*',
        Level::Warning => '#',
    };
    let role = if REPLICA.load(Ordering::Relaxed) {
        'S'
    } else {
        'M'
    };
    let now = jiff::ZonedDateTime::now().strftime("%d %b %Y %H:%M:%S%.3f");
    let line = format!("{}:{role} {now} {sign} {text}\n", std::process::id());
    let Some(log) = LOG.get() else {
        let _ = std::io::stderr().write_all(line.as_bytes());
        return;
    };
    let mut file = log.file.lock();
    // A log that cannot be written must not stop the cache.
    let _ = file.write_all(line.as_bytes()).and_then(|()| file.flush());
}

/// A line of the usual level.
pub(crate) fn notice(text: &str) {
    write(Level::Notice, text);
}

/// A line that asks for attention.
pub(crate) fn warning(text: &str) {
    write(Level::Warning, text);
}
