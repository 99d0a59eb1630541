//! What commands know of saving: who carries it out, how it stands, and clients that wait for work of another thread.

use crate::cx::Cx;
use crate::error::Error;
use crate::inbox::Message;
use crate::server::Server;
use engine_keyspace::Unit;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// A session that waits until another thread has done what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub thread: usize,
    pub session: u64,
}

impl Waiting {
    /// Answers the session, which goes on with its next command.
    pub fn answer(self, server: &Server, reply: &[u8]) {
        let reply = Message::Reply {
            session: self.session,
            bytes: reply.to_vec(),
            offset: 0,
        };
        server.tell(self.thread, reply);
    }
}

impl Cx<'_> {
    /// The client waits for work of another thread, which answers it. Not where blocking is not allowed
    /// ([`Cx::may_not_block`]), nor after anything was written.
    pub fn wait_for_work(&mut self) -> Waiting {
        self.client.blocked = Some(crate::client::Blocked::Work);
        Waiting {
            thread: self.client.info.thread,
            session: self.client.info.id,
        }
    }
}

/// Why a save is not begun: another snapshot runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaveRuns;

/// What BGSAVE CANCEL ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    Running,
    Scheduled,
    Nothing,
}

/// Why the append-only file is not written anew at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewriteWaits {
    /// It is being written anew.
    Runs,
    /// It comes after the snapshot that runs.
    Scheduled,
}

/// DEBUG RELOAD's options.
#[derive(Debug, Clone, Copy)]
pub struct Reload {
    /// Write the file first.
    pub save: bool,
    /// Empty the databases before the file is loaded.
    pub flush: bool,
    /// A key of the file takes the place of one that is there.
    pub merge: bool,
}

/// What commands ask of whoever saves (`engine-storage` carries it out).
pub trait Persistence: Send + Sync {
    /// SAVE: `waiting` is answered when the file is there, or cannot be written.
    ///
    /// # Errors
    /// Another snapshot runs; nobody will be answered.
    fn save(&self, waiting: Waiting) -> Result<(), SaveRuns>;
    /// BGSAVE: `waiting` is answered when the moment that the file will show is fixed.
    ///
    /// # Errors
    /// Another snapshot runs; nobody will be answered.
    fn background_save(&self, waiting: Waiting) -> Result<(), SaveRuns>;
    /// Ends a background save, or forgets a scheduled one (BGSAVE CANCEL).
    fn cancel(&self) -> Cancelled;
    /// BGREWRITEAOF: `waiting` is answered when the moment that the base will show is fixed.
    ///
    /// # Errors
    /// It is not begun now; nobody will be answered.
    fn rewrite(&self, waiting: Waiting) -> Result<(), RewriteWaits>;
    /// Turns the append-only file on or off (CONFIG SET appendonly).
    ///
    /// # Errors
    /// Why it cannot be turned on, for the client.
    fn append_only(&self, on: bool) -> Result<(), String>;
    /// DEBUG LOADAOF: `waiting` is answered when the files have been loaded in place of the data.
    fn reload_append_only(&self, waiting: Waiting);
    /// All databases are about to be emptied, all slots are held: a save that runs ends.
    fn flushing(&self);
    /// All databases have been emptied: with save points the file follows, and `waiting` is answered after that.
    /// False if nobody will be answered.
    fn flushed(&self, waiting: Option<Waiting>) -> bool;
    /// DEBUG RELOAD, while `unit` holds all slots.
    ///
    /// # Errors
    /// What went wrong, for the log; the databases are as they were.
    fn reload(&self, unit: &mut Unit<'_>, how: Reload) -> Result<(), String>;
}

/// How saving and loading stand (INFO persistence).
#[derive(Debug)]
pub struct Saving {
    /// BGSAVE asked for inside a transaction: to be begun as soon as may be.
    pub scheduled: AtomicBool,
    /// The last save succeeded.
    pub last_ok: AtomicBool,
    /// Seconds that the last background save took; −1 before the first.
    pub last_seconds: AtomicI64,
    /// When the running background save began, seconds of Unix time; 0 if none runs.
    pub started_s: AtomicI64,
    /// Saves begun.
    pub saves: AtomicU64,
    /// Bytes that writers handed over during the running save, and during the last one.
    pub copied_now: AtomicU64,
    pub copied_last: AtomicU64,
    /// Keys of the running save: written, and to be written.
    pub keys_done: AtomicU64,
    pub keys_total: AtomicU64,
    /// BGREWRITEAOF was asked for while something else was under way.
    pub rewrite_scheduled: AtomicBool,
    /// The last rewrite of the append-only file succeeded.
    pub rewrite_ok: AtomicBool,
    /// Seconds that it took; −1 before the first.
    pub rewrite_seconds: AtomicI64,
    /// When the running one began, seconds of Unix time; 0 if none runs.
    pub rewrite_started_s: AtomicI64,
    /// Rewrites begun, and how many failed since the last that succeeded.
    pub rewrites: AtomicU64,
    pub rewrite_failures: AtomicU64,
    /// Bytes that writers handed over during the last rewrite.
    pub rewrite_copied: AtomicU64,
    /// The load that runs: began at (seconds of Unix time), bytes of the file, bytes read.
    pub load_started_s: AtomicI64,
    pub load_total: AtomicU64,
    pub load_done: AtomicU64,
    /// Checksums of RESTORE payloads and files are not looked at (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
    pub skip_checksums: AtomicBool,
    /// Keys of the last load: put in place, and left out because their time was over.
    pub loaded: AtomicU64,
    pub load_expired: AtomicU64,
}

impl Default for Saving {
    fn default() -> Self {
        Self {
            scheduled: AtomicBool::new(false),
            last_ok: AtomicBool::new(true),
            last_seconds: AtomicI64::new(-1),
            started_s: AtomicI64::new(0),
            saves: AtomicU64::new(0),
            copied_now: AtomicU64::new(0),
            copied_last: AtomicU64::new(0),
            keys_done: AtomicU64::new(0),
            keys_total: AtomicU64::new(0),
            rewrite_scheduled: AtomicBool::new(false),
            rewrite_ok: AtomicBool::new(true),
            rewrite_seconds: AtomicI64::new(-1),
            rewrite_started_s: AtomicI64::new(0),
            rewrites: AtomicU64::new(0),
            rewrite_failures: AtomicU64::new(0),
            rewrite_copied: AtomicU64::new(0),
            load_started_s: AtomicI64::new(0),
            load_total: AtomicU64::new(0),
            load_done: AtomicU64::new(0),
            skip_checksums: AtomicBool::new(false),
            loaded: AtomicU64::new(0),
            load_expired: AtomicU64::new(0),
        }
    }
}

impl Saving {
    /// A load has ended well.
    pub fn note_loaded(&self, keys: u64, expired: u64) {
        self.loaded.store(keys, Ordering::Relaxed);
        self.load_expired.store(expired, Ordering::Relaxed);
    }
}

impl Server {
    /// Whether the disk may have failed: what [`Self::disk_error`] says is worth asking.
    #[inline]
    #[must_use]
    pub fn disk_in_doubt(&self) -> bool {
        !self.saving.last_ok.load(Ordering::Relaxed) || !self.aof.writes()
    }

    /// Why writes are refused, if they are: the append-only file cannot be written, or the last save failed
    /// (`stop-writes-on-bgsave-error`).
    #[must_use]
    pub fn disk_error(&self) -> Option<Error> {
        if let Some(error) = self.aof.failure() {
            let text = error.to_string();
            // The system's words, without Rust's number behind them.
            let words = text.split(" (os error").next().unwrap_or(&text);
            let text = format!("MISCONF Errors writing to the AOF file: {words}");
            return Some(Error::new(text));
        }
        if self.saving.last_ok.load(Ordering::Relaxed)
            || !self.config.flag(params::STOP_WRITES_ON_BGSAVE_ERROR)
            || self.config.bytes(params::SAVE).is_empty()
        {
            return None;
        }
        let name = match self.config.choice(params::ENGINE) {
            "valkey" => "Valkey",
            _ => "Redis",
        };
        Some(Error::new(format!(
            "MISCONF {name} is configured to save RDB snapshots, but it's currently unable to persist to disk. \
             Commands that may modify the data set are disabled, because this instance is configured to report \
             errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check \
             the {name} logs for details about the RDB error."
        )))
    }
}
