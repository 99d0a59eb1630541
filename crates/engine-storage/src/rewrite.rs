//! The append-only file written anew: a snapshot becomes its base, and an increment begins at the snapshot's cut.

use crate::saver::{SaveError, Saver, facts};
use engine_dispatch::Server;
use engine_dispatch::saving::{RewriteWaits, Waiting};
use engine_dispatch::server::{fresh_repl_id, now_ms};
use engine_persist::aof::{Place, PlaceError, Rewrite, SyncPolicy};
use engine_persist::snapshot::{Cut, StreamFacts, Taker, TurnGuard};
use std::sync::atomic::Ordering;

/// Failures in a row after which automatic rewrites come at growing distances (Redis: `AOF_REWRITE_LIMITE_THRESHOLD`).
const FAILURES_UNLIMITED: u64 = 3;
/// The longest such distance, milliseconds.
const DISTANCE_MAX_MS: i64 = 60 * 60 * 1000;
/// Between tries to turn the file on, milliseconds.
const TURN_ON_AGAIN_MS: i64 = 1000;

/// What a client is told whose rewrite could not begin.
const CANNOT: &[u8] =
    b"-ERR Can't execute an AOF background rewriting. Please check the server logs for more \
information.\r\n";

/// Why a rewrite did not come to its end.
#[derive(Debug, thiserror::Error)]
enum RewriteError {
    #[error(transparent)]
    Begin(#[from] PlaceError),
    #[error(transparent)]
    Base(#[from] SaveError),
    #[error("{0}")]
    Finish(#[from] std::io::Error),
}

/// Where the node's append-only files lie.
pub(crate) fn place(server: &Server) -> Place {
    Place {
        dir: server.config.text(params::APPENDDIRNAME).into(),
        prefix: server.config.text(params::APPENDFILENAME),
    }
}

/// Takes `appendfsync` and its like into use.
pub fn configure(server: &Server) {
    let policy = match server.config.choice(params::APPENDFSYNC) {
        "always" => SyncPolicy::Always,
        "no" => SyncPolicy::No,
        _ => SyncPolicy::EverySecond,
    };
    server.aof.set_policy(policy);
    let notes_time = server.config.flag(params::AOF_TIMESTAMP_ENABLED);
    server.aof.set_notes_time(notes_time);
}

impl Saver {
    /// The body of a rewrite. The turn is given back at its end.
    pub(crate) fn rewrite(&self, waiting: Option<Waiting>, turn: TurnGuard<'static>) {
        let saving = &self.server.saving;
        let start_ms = now_ms();
        saving.rewrites.fetch_add(1, Ordering::Relaxed);
        saving
            .rewrite_started_s
            .store(start_ms / 1000, Ordering::Relaxed);
        self.begins();
        let done = self.rewrite_now(waiting);
        let ended_ms = now_ms();
        saving
            .rewrite_seconds
            .store((ended_ms - start_ms) / 1000, Ordering::Relaxed);
        saving.rewrite_started_s.store(0, Ordering::Relaxed);
        match done {
            Ok(()) => {
                saving.rewrite_failures.store(0, Ordering::Relaxed);
                saving.rewrite_ok.store(true, Ordering::Relaxed);
                self.notice("Background AOF rewrite finished successfully");
            }
            Err(RewriteError::Base(SaveError::Ended)) => {
                self.notice("Background AOF rewrite terminated before its end");
            }
            Err(error) => {
                saving.rewrite_ok.store(false, Ordering::Relaxed);
                let failures = saving.rewrite_failures.fetch_add(1, Ordering::Relaxed) + 1;
                self.delay_rewrites(ended_ms, failures);
                self.warning(&format!("Background AOF rewrite failed: {error}"));
            }
        }
        drop(turn);
    }

    fn rewrite_now(&self, waiting: Option<Waiting>) -> Result<(), RewriteError> {
        let (server, aof) = (self.server, &self.server.aof);
        let turn_on = server.config.flag(params::APPENDONLY);
        let rewrite = match aof.begin_rewrite(&place(server), turn_on) {
            Ok(rewrite) => rewrite,
            Err(error) => {
                if let Some(waiting) = waiting {
                    waiting.answer(server, CANNOT);
                }
                return Err(error.into());
            }
        };
        let (cut, ()) = self.cut(|| aof.at_cut(&rewrite, &server.journal, fresh_repl_id()));
        self.notice("Background append only file rewriting started");
        if let Some(waiting) = waiting {
            waiting.answer(
                server,
                b"+Background append only file rewriting started\r\n",
            );
        }
        aof.pause_syncs(server.config.flag(params::NO_APPENDFSYNC_ON_REWRITE));
        let done = self.base(&cut, &rewrite);
        aof.pause_syncs(false);
        let copied = server.saving.copied_last.load(Ordering::Relaxed);
        let rewrite_copied = &server.saving.rewrite_copied;
        rewrite_copied.store(copied, Ordering::Relaxed);
        if done.is_err() {
            aof.abandon_rewrite(&rewrite, &server.journal);
        }
        done
    }

    fn base(&self, cut: &Cut, rewrite: &Rewrite) -> Result<(), RewriteError> {
        let server = self.server;
        let rdb = server.config.flag(params::AOF_USE_RDB_PREAMBLE);
        let facts = StreamFacts {
            aof_base: true,
            ..facts(server)
        };
        let temporary = std::env::current_dir()
            .unwrap_or_default()
            .join(rewrite.temporary_base());
        let incremental = server.config.flag(params::AOF_REWRITE_INCREMENTAL_FSYNC);
        let file = || self.file_at(temporary.clone(), incremental);
        self.write(cut, &facts, file)?;
        let keep = server.config.flag(params::AOF_DISABLE_AUTO_GC);
        server.aof.finish_rewrite(rewrite, &temporary, rdb, keep)?;
        Ok(())
    }

    /// BGREWRITEAOF.
    pub(crate) fn ask_rewrite(&self, waiting: Waiting) -> Result<(), RewriteWaits> {
        match self.server.snapshot_turn.try_take(Taker::Rewrite) {
            Ok(turn) => {
                self.give(Taker::Rewrite, Some(turn), Some(waiting));
                Ok(())
            }
            Err(Taker::Rewrite) => Err(RewriteWaits::Runs),
            Err(_) => {
                let scheduled = &self.server.saving.rewrite_scheduled;
                scheduled.store(true, Ordering::Relaxed);
                Err(RewriteWaits::Scheduled)
            }
        }
    }

    /// CONFIG SET appendonly.
    pub(crate) fn set_append_only(&self, on: bool) -> Result<(), String> {
        let server = self.server;
        if !on {
            let scheduled = &server.saving.rewrite_scheduled;
            scheduled.store(false, Ordering::Relaxed);
            if server.snapshot_turn.taker() == Some(Taker::Rewrite) {
                self.notice("Killing running AOF rewrite child");
                self.end_snapshot();
            }
            server.aof.end(&server.journal);
            return Ok(());
        }
        if server.aof.is_on() {
            return Ok(());
        }
        let place = place(server);
        if let Err(error) = self.disk.create_dir(&place.dir) {
            let dir = place.dir.display();
            self.warning(&format!(
                "Can't open or create append-only dir {dir}: {error}"
            ));
            return Err("Unable to turn on AOF. Check server logs.".into());
        }
        self.try_rewrite();
        Ok(())
    }

    /// Begins a rewrite that nobody waits for; later if something else is under way.
    fn try_rewrite(&self) {
        let scheduled = &self.server.saving.rewrite_scheduled;
        match self.server.snapshot_turn.try_take(Taker::Rewrite) {
            Ok(turn) => {
                scheduled.store(false, Ordering::Relaxed);
                self.give(Taker::Rewrite, Some(turn), None);
            }
            Err(_) => scheduled.store(true, Ordering::Relaxed),
        }
    }

    /// To be called about ten times a second: writes and rewrites that are due.
    pub(crate) fn tick_append_only(&self, now_ms: i64) {
        let (server, aof) = (self.server, &self.server.aof);
        aof.tick(&server.journal);
        if aof.is_cut_off() {
            self.notice("The append-only file begins anew: this node has taken on another history");
            aof.end(&server.journal);
        }
        if server.loading.load(Ordering::Relaxed) {
            return;
        }
        let scheduled = server.saving.rewrite_scheduled.load(Ordering::Relaxed);
        let early = now_ms < self.next_rewrite_ms.load(Ordering::Relaxed);
        if (early && !scheduled) || server.snapshot_turn.taker().is_some() {
            return;
        }
        if server.config.flag(params::APPENDONLY) && !aof.is_on() {
            let again = now_ms + TURN_ON_AGAIN_MS;
            self.next_rewrite_ms.store(again, Ordering::Relaxed);
        } else if !scheduled {
            let Some(growth) = self.has_grown() else {
                return;
            };
            self.notice(&growth);
        }
        self.try_rewrite();
    }

    fn has_grown(&self) -> Option<String> {
        let config = &self.server.config;
        let percentage = config.int(params::AUTO_AOF_REWRITE_PERCENTAGE);
        let least = config.memory(params::AUTO_AOF_REWRITE_MIN_SIZE);
        let bytes = self.server.aof.bytes();
        if percentage <= 0 || !self.server.aof.is_on() || bytes <= least {
            return None;
        }
        let base = self.server.aof.bytes_at_rewrite().max(1);
        let growth = (bytes as i128 * 100 / i128::from(base)) - 100;
        (growth >= i128::from(percentage))
            .then(|| format!("Starting automatic rewriting of AOF on {growth}% growth"))
    }

    /// After several failures the next automatic rewrite waits, each time twice as long.
    fn delay_rewrites(&self, now_ms: i64, failures: u64) {
        if failures < FAILURES_UNLIMITED {
            return;
        }
        let minutes = 1i64 << (failures - FAILURES_UNLIMITED).min(6);
        let distance = (minutes * 60 * 1000).min(DISTANCE_MAX_MS);
        self.next_rewrite_ms
            .store(now_ms + distance, Ordering::Relaxed);
        self.warning(&format!(
            "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {} minutes",
            distance / 60_000
        ));
    }
}
