//! Loading the append-only file: its base, then everything that was written since, unit by unit.

use crate::load::{Loading, Staged, keeps_frequencies, load as load_rdb};
use crate::rewrite::place;
use crate::saver::{Log, LogLevel, SaveError, Saver, facts};
use crate::start::say;
use engine_dispatch::apply::Applier;
use engine_dispatch::saving::Waiting;
use engine_dispatch::server::{fresh_repl_id, now_ms};
use engine_dispatch::{Server, Worker};
use engine_keyspace::Unit;
use engine_persist::aof::{self, LoadError, LoadHost, Rest, manifest::Manifest};
use engine_persist::disk::Disk;
use engine_persist::journal::StreamUnit;
use engine_persist::rdb::RdbReader;
use engine_persist::snapshot::{StreamFacts, Taker, write_held};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Why the node cannot go on with its append-only file.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("Can't write the base of the append-only file: {0}")]
    Base(String),
    #[error("Can't open the append-only file: {0}")]
    Open(#[from] std::io::Error),
}

/// Loads the append-only file into the empty node and opens it for what comes; without one, an empty base is made.
/// Clients are answered LOADING meanwhile.
///
/// # Errors
/// The files cannot be loaded as a whole, or cannot be written.
pub fn load_append_only(saver: &Saver, log: &Log) -> Result<(), ReplayError> {
    let server = saver.server;
    let start = Instant::now();
    let mut manifest = replay(server, &*saver.disk, log)?;
    if manifest.is_empty() {
        first_base(saver, &mut manifest).map_err(|e| ReplayError::Base(e.to_string()))?;
    } else {
        let seconds = start.elapsed().as_secs_f64();
        let line = format!("DB loaded from append only file: {seconds:.3} seconds");
        log(LogLevel::Notice, &line);
    }
    let place = place(server);
    server
        .aof
        .resume(&place, manifest, &server.journal, fresh_repl_id())?;
    Ok(())
}

/// The base of a file that begins with nothing, so that the directory is never without one.
fn first_base(saver: &Saver, manifest: &mut Manifest) -> Result<(), SaveError> {
    let server = saver.server;
    let place = place(server);
    saver.disk.create_dir(&place.dir)?;
    let rdb = server.config.flag(params::AOF_USE_RDB_PREAMBLE);
    let part = manifest.next_base(&place.prefix, rdb);
    let path = std::env::current_dir()
        .unwrap_or_default()
        .join(&place.dir)
        .join(&part.name);
    let file = saver.file_at(path, false)?;
    let mut unit = Unit::new(&server.keyspace);
    unit.wait_for_token();
    unit.lock_all();
    let facts = StreamFacts {
        aof_base: true,
        ..facts(server)
    };
    let (_, file) = write_held(&unit, &server.journal, &facts, file)?;
    file.commit()?;
    saver.notice(&format!(
        "Creating AOF base file {} on server start",
        part.name
    ));
    manifest.base = Some(part);
    Ok(())
}

fn replay(server: &'static Server, disk: &dyn Disk, log: &Log) -> Result<Manifest, LoadError> {
    let place = place(server);
    let delay = server.config.int(params::KEY_LOAD_DELAY);
    let mut host = Replay {
        server,
        log,
        worker: Worker::new(server, usize::MAX),
        applier: Applier::new(),
        delay: Duration::from_micros(delay.max(0).unsigned_abs()),
    };
    let truncate = server.config.flag(params::AOF_LOAD_TRUNCATED);
    let old_file = Path::new(&place.prefix);
    let manifest = aof::load(disk, &place, old_file, truncate, &mut host)?;
    server.dirty.store(0, Ordering::Relaxed);
    Ok(manifest)
}

struct Replay<'a> {
    server: &'static Server,
    log: &'a Log,
    worker: Worker,
    applier: Applier,
    /// `key-load-delay`.
    delay: Duration,
}

impl LoadHost for Replay<'_> {
    fn begins(&mut self, bytes: u64) {
        let saving = &self.server.saving;
        saving.load_total.store(bytes, Ordering::Relaxed);
        saving.load_done.store(0, Ordering::Relaxed);
        let start_s = now_ms() / 1000;
        saving.load_started_s.store(start_s, Ordering::Relaxed);
    }

    fn rdb(&mut self, file: &str, input: Box<dyn Read + Send>) -> Result<Rest, String> {
        let server = self.server;
        let old_style = file == server.config.text(params::APPENDFILENAME);
        (self.log)(
            LogLevel::Notice,
            if old_style {
                "Reading RDB preamble from AOF file..."
            } else {
                "Reading RDB base file on AOF loading..."
            },
        );
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let mut reader = RdbReader::new(input, server.limits()).map_err(|e| said(&e))?;
        reader.set_verify(server.config.flag(params::RDBCHECKSUM));
        let delay = self.delay;
        let log = self.log;
        let mut loading = Loading {
            now_ms: now_ms(),
            // What follows may give a key more time.
            skip_expired: false,
            frequencies: keeps_frequencies(server),
            note: &mut |note| say(log, note),
            go_on: &mut |_| {
                if !delay.is_zero() {
                    std::thread::sleep(delay);
                }
                true
            },
        };
        let staged = load_rdb(&mut reader, &server.keyspace, &mut loading).map_err(|e| said(&e))?;
        let counts = staged.counts();
        server.saving.note_loaded(counts.loaded, counts.expired);
        put_in_place(server, staged);
        let (input, rest) = reader.into_rest();
        if old_style {
            (self.log)(LogLevel::Notice, "Reading the remaining AOF tail...");
        }
        Ok((rest, input))
    }

    fn unit(&mut self, file: &str, unit: &StreamUnit<'_>) -> Result<(), String> {
        let commands: Vec<_> = unit
            .commands()
            .map(|command| (command.db, command.args().collect::<Vec<_>>()))
            .collect();
        if commands.is_empty() {
            return Ok(());
        }
        if !self.delay.is_zero() {
            std::thread::sleep(self.delay);
        }
        // The file's bytes are in no stream: the journal stays where it is.
        let stream_db = self.server.journal.stream_db();
        let applied = self
            .applier
            .unit(self.server, &mut self.worker, &commands, &[], stream_db);
        match applied {
            Ok(()) => Ok(()),
            Err(wrong) if wrong.unknown => {
                let name = commands.iter().find_map(|(_, args)| args.first());
                let name = String::from_utf8_lossy(name.copied().unwrap_or(b""));
                Err(format!("Unknown command '{name}'"))
            }
            Err(wrong) => {
                // As Redis: said, and gone on with.
                (self.log)(LogLevel::Warning, &format!("AOF {file}: {wrong}"));
                Ok(())
            }
        }
    }

    fn progress(&mut self, bytes: u64) {
        let done = &self.server.saving.load_done;
        done.fetch_add(bytes, Ordering::Relaxed);
    }

    fn say(&mut self, warning: bool, line: &str) {
        let level = if warning {
            LogLevel::Warning
        } else {
            LogLevel::Notice
        };
        (self.log)(level, line);
    }
}

fn put_in_place(server: &'static Server, staged: Staged) {
    let mut unit = Unit::new(&server.keyspace);
    unit.wait_for_token();
    unit.lock_all();
    staged.swap_in(server, &mut unit);
}

impl Saver {
    /// DEBUG LOADAOF, in a thread of its own: the units of the file take the locks they need.
    pub(crate) fn replay_for(self: &std::sync::Arc<Self>, waiting: Waiting) {
        let saver = std::sync::Arc::clone(self);
        let work = move || {
            let server = saver.server;
            let reply = match saver.replay_again() {
                Ok(()) => "+OK\r\n".to_string(),
                Err(error) => {
                    saver.warning(&error.to_string());
                    "-ERR Error trying to load the AOF files, check server logs.\r\n".to_string()
                }
            };
            waiting.answer(server, reply.as_bytes());
        };
        let thread = std::thread::Builder::new().name("load".into());
        if thread.spawn(work).is_err() {
            waiting.answer(self.server, b"-ERR no thread can be had\r\n");
        }
    }

    fn replay_again(&self) -> Result<(), LoadError> {
        let server = self.server;
        let _turn = server.snapshot_turn.take(Taker::Rewrite);
        server.aof.tick(&server.journal);
        server.loading.store(true, Ordering::Relaxed);
        put_in_place(server, Staged::empty(&server.keyspace));
        let done = replay(server, &*self.disk, &self.log);
        server.loading.store(false, Ordering::Relaxed);
        done.map(drop)
    }
}
