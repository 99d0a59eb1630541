//! Saving: SAVE, BGSAVE, save points, and what becomes of a save that fails, is ended or stands still.

use crate::file::{FileError, NewFile, Progress};
use crate::load::{Loading, keeps_frequencies, load};
use engine_dispatch::Server;
use engine_dispatch::saving::{Cancelled, Persistence, Reload, RewriteWaits, SaveRuns, Waiting};
use engine_dispatch::server::now_ms;
use engine_keyspace::Unit;
use engine_persist::disk::Disk;
use engine_persist::rdb::RdbReader;
use engine_persist::snapshot::{
    Access, Cut, Ended, KeyPause, Pace, PreImageQueue, StreamFacts, Taker, TurnGuard, cut_for_file,
    walk, write_held,
};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// How loud a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Notice,
    Warning,
}

/// Writes a line into the node's log.
pub type Log = dyn Fn(LogLevel, &str) + Send + Sync;

/// A file that does not move for so long while writers wait for it is given up.
const STILL_MAX_MS: i64 = 5000;

/// After a save has failed, save points wait for so long (Redis: `CONFIG_BGSAVE_RETRY_DELAY`).
const RETRY_S: i64 = 5;

/// Why the running save is to end before its end.
mod stop {
    pub(super) const NO: u8 = 0;
    /// Somebody wants it so: no fault.
    pub(super) const WANTED: u8 = 1;
    /// The disk stands still.
    pub(super) const STILL: u8 = 2;
}

/// How a save ended that is not complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("write: {0}")]
    Write(#[from] io::Error),
    #[error("the disk takes nothing while writers wait for it")]
    Still,
    /// It was ended on purpose: nothing is wrong.
    #[error("it was ended")]
    Ended,
}

/// What the thread that saves is to do.
struct Job {
    taker: Taker,
    /// `None`: the turn is to be waited for.
    turn: Option<TurnGuard<'static>>,
    waiting: Option<Waiting>,
}

/// Saves a node's data. See the module.
pub struct Saver {
    pub(crate) server: &'static Server,
    pub(crate) disk: Arc<dyn Disk>,
    jobs: Mutex<VecDeque<Job>>,
    wake: Condvar,
    stop: AtomicU8,
    progress: Arc<Progress>,
    /// Files begun, to give each a name of its own.
    files: AtomicU64,
    last_try_s: AtomicI64,
    /// No automatic rewrite of the append-only file before then, milliseconds of Unix time.
    pub(crate) next_rewrite_ms: AtomicI64,
    pub(crate) log: Box<Log>,
}

impl std::fmt::Debug for Saver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saver")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// What stands in the head of this node's snapshots, and how they are written.
pub fn facts(server: &Server) -> StreamFacts {
    let config = &server.config;
    let policy = config.choice(params::MAXMEMORY_POLICY);
    StreamFacts {
        version_field: match config.choice(params::ENGINE) {
            "valkey" => "valkey-ver",
            _ => "redis-ver",
        },
        redis_version: config.text(params::ENGINE_VERSION),
        ctime_s: now_ms() / 1000,
        memory_bytes: server.memory_used(),
        compress: config.flag(params::RDBCOMPRESSION),
        checksum: config.flag(params::RDBCHECKSUM),
        access: match policy {
            _ if policy.contains("lru") => Access::Idle,
            _ if policy.contains("lfu") => Access::Frequency,
            _ => Access::None,
        },
        functions: Vec::new(),
        aof_base: false,
    }
}

impl Saver {
    /// A saver that does nothing before [`Saver::run`]. `log` writes a line into the node's log.
    pub fn new(
        server: &'static Server,
        disk: Arc<dyn Disk>,
        log: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            server,
            disk,
            jobs: Mutex::default(),
            wake: Condvar::new(),
            stop: AtomicU8::new(stop::NO),
            progress: Arc::default(),
            files: AtomicU64::new(0),
            last_try_s: AtomicI64::new(0),
            next_rewrite_ms: AtomicI64::new(0),
            log: Box::new(log),
        })
    }

    pub(crate) fn notice(&self, line: &str) {
        (self.log)(LogLevel::Notice, line);
    }

    pub(crate) fn warning(&self, line: &str) {
        (self.log)(LogLevel::Warning, line);
    }

    /// Does what is asked for; the body of a thread of its own, for the life of the process. `done` is called after
    /// each job.
    pub fn run(&self, mut done: impl FnMut()) -> ! {
        loop {
            let job = {
                let mut jobs = self.jobs.lock();
                loop {
                    match jobs.pop_front() {
                        Some(job) => break job,
                        None => self.wake.wait(&mut jobs),
                    }
                }
            };
            self.carry_out(job);
            done();
        }
    }

    pub(crate) fn give(
        &self,
        taker: Taker,
        turn: Option<TurnGuard<'static>>,
        waiting: Option<Waiting>,
    ) {
        self.jobs.lock().push_back(Job {
            taker,
            turn,
            waiting,
        });
        self.wake.notify_one();
    }

    fn carry_out(&self, job: Job) {
        let turn = job
            .turn
            .unwrap_or_else(|| self.server.snapshot_turn.take(job.taker));
        match job.taker {
            Taker::BackgroundSave => self.save_in_background(job.waiting, turn),
            Taker::Rewrite => self.rewrite(job.waiting, turn),
            Taker::Save | Taker::FullSync => {
                let saved = self.save_in_turn(turn);
                if let Some(waiting) = job.waiting {
                    let reply: &[u8] = if saved { b"+OK\r\n" } else { b"-ERR\r\n" };
                    waiting.answer(self.server, reply);
                }
            }
        }
    }

    /// What runs now is not to be ended.
    pub(crate) fn begins(&self) {
        self.stop.store(stop::NO, Ordering::Relaxed);
    }

    /// Ends the snapshot that runs for a file.
    pub(crate) fn end_snapshot(&self) {
        self.give_up(stop::WANTED);
    }

    /// The last save before the process ends: what runs is ended, and the file is there when this returns true.
    pub fn save_now(&self) -> bool {
        self.end_running();
        let turn = self.server.snapshot_turn.take(Taker::Save);
        self.save_in_turn(turn)
    }

    fn save_in_turn(&self, turn: TurnGuard<'static>) -> bool {
        self.server.saving.saves.fetch_add(1, Ordering::Relaxed);
        self.begins();
        let (cut, dirty) = self.cut(|| self.server.dirty.load(Ordering::Relaxed));
        let saved = self.save(&cut);
        drop(turn);
        if let Err(error) = &saved {
            self.complain(error);
            return false;
        }
        self.has_saved(dirty);
        true
    }

    fn save_in_background(&self, waiting: Option<Waiting>, turn: TurnGuard<'static>) {
        let server = self.server;
        let saving = &server.saving;
        let start_ms = now_ms();
        saving.saves.fetch_add(1, Ordering::Relaxed);
        saving.started_s.store(start_ms / 1000, Ordering::Relaxed);
        self.last_try_s.store(start_ms / 1000, Ordering::Relaxed);
        self.begins();
        let (cut, dirty) = self.cut(|| server.dirty.load(Ordering::Relaxed));
        self.notice(&format!(
            "Background saving started by pid {}",
            std::process::id()
        ));
        if let Some(waiting) = waiting {
            waiting.answer(server, b"+Background saving started\r\n");
        }
        let saved = self.save(&cut);
        let seconds = (now_ms() - start_ms) / 1000;
        saving.last_seconds.store(seconds, Ordering::Relaxed);
        match &saved {
            Ok(()) => {
                self.has_saved(dirty);
                self.notice("Background saving terminated with success");
            }
            Err(SaveError::Ended) => self.warning("Background saving terminated before its end"),
            Err(error) => {
                self.complain(error);
                saving.last_ok.store(false, Ordering::Relaxed);
                self.warning("Background saving error");
            }
        }
        saving.started_s.store(0, Ordering::Relaxed);
        drop(turn);
    }

    /// The moment the file will show, and what `noted` takes down of it while all slots are locked.
    pub(crate) fn cut<R>(&self, noted: impl FnOnce() -> R) -> (Cut, R) {
        let server = self.server;
        let limit = server.config.memory(params::SNAPSHOT_QUEUE_MAX);
        let bound = if limit == 0 {
            usize::MAX
        } else {
            limit as usize
        };
        let queue = Arc::new(PreImageQueue::bounded(bound));
        self.progress.moved();
        let (cut, noted) = cut_for_file(&server.keyspace, &server.journal, queue, noted);
        let keys = cut.sizes.iter().map(|sizes| sizes.keys).sum();
        let saving = &server.saving;
        saving.keys_total.store(keys, Ordering::Relaxed);
        saving.keys_done.store(0, Ordering::Relaxed);
        saving.copied_now.store(0, Ordering::Relaxed);
        (cut, noted)
    }

    fn save(&self, cut: &Cut) -> Result<(), SaveError> {
        self.write(cut, &facts(self.server), || self.new_file())?;
        self.notice("DB saved on disk");
        Ok(())
    }

    /// Writes a cut into a file, which is in its place when this returns without an error.
    pub(crate) fn write(
        &self,
        cut: &Cut,
        facts: &StreamFacts,
        file: impl FnOnce() -> Result<NewFile, FileError>,
    ) -> Result<(), SaveError> {
        let saving = &self.server.saving;
        let written = self.write_cut(cut, facts, file);
        // A walk that never began has not ended the snapshot either.
        if self.server.keyspace.snapshots.now() == cut.number {
            self.server.keyspace.snapshots.end();
        }
        let copied = cut.queue.total();
        saving.copied_last.store(copied, Ordering::Relaxed);
        saving.copied_now.store(0, Ordering::Relaxed);
        saving.keys_total.store(0, Ordering::Relaxed);
        saving.keys_done.store(0, Ordering::Relaxed);
        if written.is_err() && self.stop.load(Ordering::Relaxed) == stop::STILL {
            return Err(SaveError::Still);
        }
        written
    }

    fn write_cut(
        &self,
        cut: &Cut,
        facts: &StreamFacts,
        file: impl FnOnce() -> Result<NewFile, FileError>,
    ) -> Result<(), SaveError> {
        let server = self.server;
        let file = file()?;
        let mut pace = FilePace {
            saver: self,
            cut,
            delay: server.config.int(params::RDB_KEY_SAVE_DELAY),
            pause: KeyPause::default(),
        };
        match walk(&server.keyspace, cut, facts, file, &mut pace)? {
            Ended::Complete { sink, .. } => Ok(sink.commit()?),
            Ended::Aborted => Err(SaveError::Ended),
        }
    }

    fn new_file(&self) -> Result<NewFile, FileError> {
        let incremental = self.server.config.flag(params::RDB_SAVE_INCREMENTAL_FSYNC);
        self.file_at(self.target(), incremental)
    }

    /// Begins a file that is to stand at this absolute path.
    pub(crate) fn file_at(&self, path: PathBuf, incremental: bool) -> Result<NewFile, FileError> {
        NewFile::create(
            &self.disk,
            path,
            self.files.fetch_add(1, Ordering::Relaxed),
            incremental,
            Arc::clone(&self.progress),
        )
    }

    /// Where the file stands. `dir` is the process's working directory; a save keeps to what that was at its start.
    pub(crate) fn target(&self) -> PathBuf {
        let name = self.server.config.text(params::DBFILENAME);
        std::env::current_dir().unwrap_or_default().join(name)
    }

    fn complain(&self, error: &SaveError) {
        self.warning(&match error {
            SaveError::File(error) if error.step == "open" => format!(
                "Failed opening the temp RDB file {} (in server root dir {}) for saving: {}",
                error.path,
                std::env::current_dir().unwrap_or_default().display(),
                error.source
            ),
            SaveError::File(error) => format!(
                "Write error saving DB on disk({}): {}",
                error.step, error.source
            ),
            SaveError::Write(error) => format!("Write error saving DB on disk(write): {error}"),
            SaveError::Still => format!("Saving was given up: {error}"),
            SaveError::Ended => format!("Saving was given up: {error}"),
        });
    }

    fn has_saved(&self, dirty: u64) {
        let server = self.server;
        let left = |now: u64| Some(now.saturating_sub(dirty));
        let _ = server
            .dirty
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        server.last_save_s.store(now_ms() / 1000, Ordering::Relaxed);
        server.saving.last_ok.store(true, Ordering::Relaxed);
    }

    /// Ends the save that runs, if one does; a full sync goes on.
    pub fn end_running(&self) -> bool {
        match self.server.snapshot_turn.taker() {
            Some(Taker::Save | Taker::BackgroundSave) => {
                self.give_up(stop::WANTED);
                true
            }
            Some(Taker::Rewrite | Taker::FullSync) | None => false,
        }
    }

    fn give_up(&self, why: u8) {
        self.stop.store(why, Ordering::Relaxed);
        // At once, though the walk may be held up by the disk: writers owe it nothing more.
        self.server.keyspace.snapshots.end();
    }

    /// To be called about ten times a second by a thread that holds no lock: save points, scheduled saves, files that
    /// stand still.
    pub fn tick(&self) {
        let now_ms = now_ms();
        let server = self.server;
        if server.keyspace.snapshots.is_full()
            && self.progress.still_for_ms(now_ms) > STILL_MAX_MS
            && self.server.snapshot_turn.taker() != Some(Taker::FullSync)
        {
            self.give_up(stop::STILL);
        }
        self.tick_append_only(now_ms);
        if server.loading.load(Ordering::Relaxed) {
            return;
        }
        let scheduled = &server.saving.scheduled;
        let reason = self.save_point_reached(now_ms / 1000);
        if reason.is_none() && !scheduled.load(Ordering::Relaxed) {
            return;
        }
        let Ok(turn) = server.snapshot_turn.try_take(Taker::BackgroundSave) else {
            return;
        };
        scheduled.store(false, Ordering::Relaxed);
        if let Some(reason) = reason {
            self.notice(&reason);
        }
        self.give(Taker::BackgroundSave, Some(turn), None);
    }

    fn save_point_reached(&self, now_s: i64) -> Option<String> {
        let server = self.server;
        let dirty = server.dirty.load(Ordering::Relaxed) as i64;
        if dirty == 0 {
            return None;
        }
        let since = now_s - server.last_save_s.load(Ordering::Relaxed);
        let may_try = server.saving.last_ok.load(Ordering::Relaxed)
            || now_s - self.last_try_s.load(Ordering::Relaxed) > RETRY_S;
        let points = server.config.save_points();
        let reached = points
            .iter()
            .find(|point| may_try && dirty >= point.changes && since > point.seconds)?;
        Some(format!(
            "{} changes in {} seconds. Saving...",
            reached.changes, reached.seconds
        ))
    }

    fn try_give(&self, taker: Taker, waiting: Waiting) -> Result<(), SaveRuns> {
        let turn = self.server.snapshot_turn.try_take(taker);
        let turn = turn.map_err(|_| SaveRuns)?;
        self.give(taker, Some(turn), Some(waiting));
        Ok(())
    }
}

/// The walk of a file goes on until somebody ends it.
struct FilePace<'a> {
    saver: &'a Saver,
    cut: &'a Cut,
    delay: i64,
    pause: KeyPause,
}

impl FilePace<'_> {
    fn is_stopped(&self) -> bool {
        self.saver.stop.load(Ordering::Relaxed) != stop::NO
    }
}

impl Pace for FilePace<'_> {
    fn go_on(&mut self) -> bool {
        !self.is_stopped()
    }

    fn wrote(&mut self, keys: u64) {
        let saving = &self.saver.server.saving;
        saving.keys_done.fetch_add(keys, Ordering::Relaxed);
        saving
            .copied_now
            .store(self.cut.queue.total(), Ordering::Relaxed);
        if self.delay == 0 {
            return;
        }
        let mut left = self.pause.after(keys, self.delay);
        while !left.is_zero() && !self.is_stopped() {
            let nap = left.min(Duration::from_millis(5));
            std::thread::sleep(nap);
            left -= nap;
            self.saver.progress.moved();
        }
    }
}

/// A handle, so that the server owns what it is handed.
#[derive(Debug)]
pub struct SaverHandle(pub Arc<Saver>);

impl Persistence for SaverHandle {
    fn save(&self, waiting: Waiting) -> Result<(), SaveRuns> {
        self.0.try_give(Taker::Save, waiting)
    }

    fn background_save(&self, waiting: Waiting) -> Result<(), SaveRuns> {
        self.0.try_give(Taker::BackgroundSave, waiting)
    }

    fn rewrite(&self, waiting: Waiting) -> Result<(), RewriteWaits> {
        self.0.ask_rewrite(waiting)
    }

    fn append_only(&self, on: bool) -> Result<(), String> {
        self.0.set_append_only(on)
    }

    fn reload_append_only(&self, waiting: Waiting) {
        self.0.replay_for(waiting);
    }

    fn cancel(&self) -> Cancelled {
        let saver = &self.0;
        if saver.server.snapshot_turn.taker() == Some(Taker::BackgroundSave) {
            saver.notice("Background saving will be aborted due to user request");
            saver.give_up(stop::WANTED);
            return Cancelled::Running;
        }
        let scheduled = &saver.server.saving.scheduled;
        if scheduled.swap(false, Ordering::Relaxed) {
            saver.notice("Scheduled background saving will be cancelled due to user request");
            return Cancelled::Scheduled;
        }
        Cancelled::Nothing
    }

    fn flushing(&self) {
        self.0.end_running();
    }

    fn flushed(&self, waiting: Option<Waiting>) -> bool {
        let saver = &self.0;
        if saver.server.config.bytes(params::SAVE).is_empty() {
            return false;
        }
        // A full sync may take long: nobody waits for its end.
        let waiting =
            waiting.filter(|_| saver.server.snapshot_turn.taker() != Some(Taker::FullSync));
        saver.give(Taker::Save, None, waiting);
        waiting.is_some()
    }

    fn reload(&self, unit: &mut Unit<'_>, how: Reload) -> Result<(), String> {
        self.0.reload(unit, how)
    }
}

impl Saver {
    fn reload(&self, unit: &mut Unit<'_>, how: Reload) -> Result<(), String> {
        let server = self.server;
        let said = |error: &dyn std::fmt::Display| error.to_string();
        if how.save {
            let dirty = server.dirty.load(Ordering::Relaxed);
            let file = self.new_file().map_err(|e| said(&e))?;
            let (_, file) =
                write_held(unit, &server.journal, &facts(server), file).map_err(|e| said(&e))?;
            file.commit().map_err(|e| said(&e))?;
            self.has_saved(dirty);
        }
        let path = self.target();
        let file = self.disk.open(&path);
        let file = file.map_err(|e| format!("{}: {e}", path.display()))?;
        let mut reader = RdbReader::new(file, server.limits()).map_err(|e| said(&e))?;
        let skip = server.saving.skip_checksums.load(Ordering::Relaxed);
        reader.set_verify(server.config.flag(params::RDBCHECKSUM) && !skip);
        let mut loading = Loading {
            now_ms: now_ms(),
            skip_expired: !server.is_replica(),
            frequencies: keeps_frequencies(server),
            note: &mut |note| crate::start::say(&self.log, note),
            go_on: &mut |_| true,
        };
        let staged = load(&mut reader, &server.keyspace, &mut loading).map_err(|e| said(&e))?;
        server
            .saving
            .note_loaded(staged.counts().loaded, staged.counts().expired);
        if how.flush {
            staged.swap_in(server, unit);
            return Ok(());
        }
        staged.add_to(server, unit, how.merge).map_err(|e| said(&e))
    }
}

#[cfg(test)]
mod tests;
