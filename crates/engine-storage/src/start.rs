//! Loading at the start of the process: all of the file, or an end with its reason in the log.

use crate::load::{Counts, LoadError, Loading, Note, keeps_frequencies, load};
use crate::saver::{Log, LogLevel};
use engine_dispatch::Server;
use engine_dispatch::server::now_ms;
use engine_keyspace::Unit;
use engine_persist::rdb::{RdbError, RdbReader};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Why the process cannot serve the data it was to load.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be opened.
    #[error("Fatal error: can't open the RDB file {path} for reading: {source}")]
    Open {
        /// Its path.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its contents.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl StartError {
    /// The lines that Redis writes into its log in this case, as tools look for them.
    pub fn lines(&self) -> Vec<String> {
        let Self::Load(error) = self else {
            return vec![self.to_string()];
        };
        let mut lines = match error {
            LoadError::Rdb(RdbError::Magic) => {
                vec!["Wrong signature trying to load DB from file".to_owned()]
            }
            LoadError::Rdb(RdbError::Version(version)) => {
                vec![format!("Can't handle RDB format version {version}")]
            }
            LoadError::Rdb(RdbError::Checksum { stated, computed }) => vec![
                format!(
                    "Wrong RDB checksum expected: ({stated:x}) but got ({computed:x}). Aborting now."
                ),
                "Internal error in RDB: RDB CRC error".to_owned(),
            ],
            LoadError::Rdb(RdbError::Io { .. }) => vec![
                "Short read or OOM loading DB. Unrecoverable error, aborting now.".to_owned(),
                format!("Internal error in RDB: {error}"),
            ],
            other => vec![format!("Internal error in RDB: {other}")],
        };
        lines.push("Terminating server after rdb file reading failure.".to_owned());
        lines.push("Fatal error loading the DB, check server logs. Exiting.".to_owned());
        lines
    }
}

/// Loads the file of `dbfilename` in the working directory, if it is there, into the empty node; clients are answered
/// LOADING meanwhile. What was loaded, and how long it took; `None` without a file.
///
/// # Errors
/// The file cannot be loaded as a whole: nothing of it is served.
pub fn load_file(
    server: &'static Server,
    log: &Log,
) -> Result<Option<(Counts, Duration)>, StartError> {
    let path = server.config.text(params::DBFILENAME);
    let file = match File::open(Path::new(&path)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StartError::Open { path, source }),
    };
    let start = Instant::now();
    let saving = &server.saving;
    let bytes = file.metadata().map_or(0, |about| about.len());
    saving.load_total.store(bytes, Ordering::Relaxed);
    saving.load_done.store(0, Ordering::Relaxed);
    saving
        .load_started_s
        .store(now_ms() / 1000, Ordering::Relaxed);
    let mut reader = RdbReader::new(file, server.limits()).map_err(LoadError::from)?;
    reader.set_verify(server.config.flag(params::RDBCHECKSUM));
    let delay = server.config.int(params::KEY_LOAD_DELAY);
    let mut loading = Loading {
        now_ms: now_ms(),
        skip_expired: server.config.replica_of().is_none(),
        frequencies: keeps_frequencies(server),
        note: &mut |note| say(log, note),
        go_on: &mut |position| {
            saving.load_done.store(position, Ordering::Relaxed);
            if delay > 0 {
                std::thread::sleep(Duration::from_micros(delay.unsigned_abs()));
            }
            true
        },
    };
    let staged = load(&mut reader, &server.keyspace, &mut loading)?;
    let counts = staged.counts();
    let mut unit = Unit::new(&server.keyspace);
    unit.wait_for_token();
    unit.lock_all();
    staged.swap_in(server, &mut unit);
    unit.release();
    saving.note_loaded(counts.loaded, counts.expired);
    log(
        LogLevel::Notice,
        &format!(
            "Done loading RDB, keys loaded: {}, keys expired: {}, empty keys skipped: {}.",
            counts.loaded, counts.expired, counts.empty
        ),
    );
    Ok(Some((counts, start.elapsed())))
}

/// What a load notes, in Redis's words.
pub(crate) fn say(log: &Log, note: Note<'_>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let number = |bytes: &[u8]| text(bytes).parse::<i64>().unwrap_or(0);
    let line = match note {
        Note::EmptyKey(key) => format!("rdbLoadObject skipping empty key: {}", text(key)),
        Note::Aux(b"redis-ver" | b"valkey-ver", version) => {
            format!("Loading RDB produced by version {}", text(version))
        }
        Note::Aux(b"ctime", seconds) => {
            format!(
                "RDB age {} seconds",
                (now_ms() / 1000 - number(seconds)).max(0)
            )
        }
        Note::Aux(b"used-mem", bytes) => format!(
            "RDB memory usage when created {:.2} Mb",
            number(bytes) as f64 / f64::from(1 << 20)
        ),
        Note::Aux(..) => return,
    };
    log(LogLevel::Notice, &line);
}
