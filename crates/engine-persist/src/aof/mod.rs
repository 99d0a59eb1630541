//! The append-only file: a directory of one base and increments, named by a manifest (docs/design/aof.md).
//!
//! I/O threads carry the journal into the newest increment before they send replies; a thread of its own syncs. A
//! rewrite begins a new increment at a snapshot's cut, and the snapshot becomes the base below it.

mod load;
pub mod manifest;
mod rewrite;
mod writer;

pub use load::{LoadError, LoadHost, Rest, load};
pub use rewrite::{PlaceError, Rewrite};
pub use writer::Place;

use crate::disk::Disk;
use crate::journal::{Journal, ReplId};
use manifest::Manifest;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use writer::{Increment, Writer};

/// `appendfsync`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPolicy {
    /// A reply leaves once what it answers is on the disk.
    Always,
    /// Synced about once a second.
    EverySecond,
    /// When the system likes.
    No,
}

impl SyncPolicy {
    const fn code(self) -> u8 {
        match self {
            SyncPolicy::Always => 0,
            SyncPolicy::EverySecond => 1,
            SyncPolicy::No => 2,
        }
    }
}

/// What the node should know.
#[derive(Debug)]
pub enum Event {
    /// A write failed; it is tried again about once a second.
    WriteFailed(io::Error),
    /// Writing works again.
    WriteRecovered,
    /// A sync failed: what was written since the last one may not survive the machine.
    SyncFailed(io::Error),
    /// Nothing can be promised any more under `appendfsync always`: the process must end.
    Fatal(String),
    /// More is on the disk than before: replies that wait for it may go.
    Synced,
}

/// Between syncs under `everysec`.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Between tries to write to a disk that failed.
const RETRY_MS: u64 = 1000;

/// The append-only file of a node. All of it may be called from any thread.
pub struct Aof {
    disk: Arc<dyn Disk>,
    /// There is a file that the journal goes into.
    on: AtomicBool,
    policy: AtomicU8,
    /// `aof-timestamp-enabled`.
    notes_time: AtomicBool,
    /// Journal offsets up to which the file is written, and synced.
    written: AtomicU64,
    synced: AtomicU64,
    write_failed: AtomicBool,
    sync_failed: AtomicBool,
    /// The error number of the last failed write, 0 if unknown.
    errno: AtomicU64,
    retry_at_ms: AtomicU64,
    /// Held for as long as a write takes, by I/O threads among others: nothing slower is done under it.
    writer: Mutex<Option<Writer>>,
    /// What the files are, as the manifest on the disk says.
    manifest: Mutex<Manifest>,
    wanted: Mutex<Wanted>,
    wake: Condvar,
    events: OnceLock<Box<dyn Fn(Event) + Send + Sync>>,
    /// Bytes of all files now, and after the last rewrite.
    bytes: AtomicU64,
    bytes_at_rewrite: AtomicU64,
    /// Syncs are left out while a snapshot is written (`no-appendfsync-on-rewrite`).
    paused: AtomicBool,
}

#[derive(Default)]
struct Wanted {
    sync: bool,
}

impl std::fmt::Debug for Aof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aof")
            .field("on", &self.on)
            .field("written", &self.written)
            .field("synced", &self.synced)
            .finish_non_exhaustive()
    }
}

impl Aof {
    /// An append-only file that is off.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            on: AtomicBool::new(false),
            policy: AtomicU8::new(SyncPolicy::EverySecond.code()),
            notes_time: AtomicBool::new(false),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            write_failed: AtomicBool::new(false),
            sync_failed: AtomicBool::new(false),
            errno: AtomicU64::new(0),
            retry_at_ms: AtomicU64::new(0),
            writer: Mutex::new(None),
            manifest: Mutex::default(),
            wanted: Mutex::default(),
            wake: Condvar::new(),
            events: OnceLock::new(),
            bytes: AtomicU64::new(0),
            bytes_at_rewrite: AtomicU64::new(0),
            paused: AtomicBool::new(false),
        }
    }

    /// Sets what is told of events; once. It is called under no lock but those of the caller.
    pub fn on_event(&self, tell: impl Fn(Event) + Send + Sync + 'static) {
        let _ = self.events.set(Box::new(tell));
    }

    fn tell(&self, event: Event) {
        if let Some(tell) = self.events.get() {
            tell(event);
        }
    }

    /// Whether the journal goes into a file.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// `appendfsync`.
    pub fn set_policy(&self, policy: SyncPolicy) {
        self.policy.store(policy.code(), Ordering::Relaxed);
    }

    fn policy_is(&self, policy: SyncPolicy) -> bool {
        self.policy.load(Ordering::Relaxed) == policy.code()
    }

    /// `aof-timestamp-enabled`.
    pub fn set_notes_time(&self, on: bool) {
        self.notes_time.store(on, Ordering::Relaxed);
    }

    /// Leaves out the syncs of `everysec` for a while.
    pub fn pause_syncs(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of all files after the last rewrite, or when the node began.
    pub fn bytes_at_rewrite(&self) -> u64 {
        self.bytes_at_rewrite.load(Ordering::Relaxed)
    }

    /// Journal offset up to which all is on the disk; of no meaning while off.
    pub fn synced(&self) -> u64 {
        self.synced.load(Ordering::Acquire)
    }

    /// Journal offset up to which all is written and, if the machine goes on, will be on the disk.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Why writes are to be refused, if they are: the last write or sync failed.
    pub fn failure(&self) -> Option<io::Error> {
        let failed =
            self.write_failed.load(Ordering::Relaxed) || self.sync_failed.load(Ordering::Relaxed);
        (failed && self.is_on())
            .then(|| io::Error::from_raw_os_error(self.errno.load(Ordering::Relaxed) as i32))
    }

    /// Whether the last write succeeded (`aof_last_write_status`).
    pub fn writes(&self) -> bool {
        !self.write_failed.load(Ordering::Relaxed) && !self.sync_failed.load(Ordering::Relaxed)
    }

    /// To be called after a batch ran and before its replies leave: writes what the journal holds. `Some(offset)`
    /// says that the replies must wait until [`Self::synced`] has come that far.
    #[inline]
    pub fn before_replies(&self, journal: &Journal) -> Option<u64> {
        if !self.is_on() {
            return None;
        }
        self.carry(journal)
    }

    fn carry(&self, journal: &Journal) -> Option<u64> {
        let end = journal.offset();
        if (self.written.load(Ordering::Acquire) < end || journal.has_exceptions())
            && !self.write_failed.load(Ordering::Relaxed)
        {
            self.write(journal);
        }
        if !self.policy_is(SyncPolicy::Always) || self.synced() >= end {
            return None;
        }
        self.want_sync();
        Some(end)
    }

    /// Whether replies that wait for this offset ([`Self::before_replies`]) must go on waiting.
    pub fn holds_back(&self, offset: u64) -> bool {
        self.is_on() && self.policy_is(SyncPolicy::Always) && self.synced() < offset
    }

    /// Writes what the journal holds. Whoever comes second finds it done.
    fn write(&self, journal: &Journal) {
        let mut held = self.writer.lock();
        let Some(writer) = &mut *held else {
            return;
        };
        let now_s = self.notes_time.load(Ordering::Relaxed).then(unix_s);
        let before = writer.bytes;
        let result = writer.write(journal, now_s);
        let grown = writer.bytes - before;
        self.bytes.fetch_add(grown, Ordering::Relaxed);
        match result {
            Ok(offset) => {
                self.written.store(offset, Ordering::Release);
                drop(held);
                if self.write_failed.swap(false, Ordering::Relaxed) {
                    self.tell(Event::WriteRecovered);
                }
            }
            Err(error) => {
                drop(held);
                self.write_has_failed(error);
            }
        }
    }

    #[cold]
    fn write_has_failed(&self, error: io::Error) {
        let again_ms = unix_ms() + RETRY_MS;
        self.retry_at_ms.store(again_ms, Ordering::Relaxed);
        let what = "Can't recover from AOF write error";
        self.has_failed(&self.write_failed, what, error, Event::WriteFailed);
    }

    /// To be called about ten times a second: writes what no batch has written (a replica's stream), and tries a disk
    /// again that failed.
    pub fn tick(&self, journal: &Journal) {
        if !self.is_on() {
            return;
        }
        let failed = self.write_failed.load(Ordering::Relaxed);
        if failed && unix_ms() < self.retry_at_ms.load(Ordering::Relaxed) {
            return;
        }
        if failed || self.written() < journal.offset() || journal.has_exceptions() {
            self.write(journal);
        }
        if self.policy_is(SyncPolicy::Always) && self.synced() < self.written() {
            self.want_sync();
        }
    }

    /// Whether this node took on another history, which the file does not hold: it must begin anew.
    pub fn is_cut_off(&self) -> bool {
        self.writer.lock().as_ref().is_some_and(Writer::is_cut_off)
    }

    fn want_sync(&self) {
        let mut wanted = self.wanted.lock();
        if !wanted.sync {
            wanted.sync = true;
            self.wake.notify_one();
        }
    }

    /// Syncs when it is time; the body of a thread of its own, for the life of the process.
    pub fn run_syncs(&self) -> ! {
        loop {
            {
                let mut wanted = self.wanted.lock();
                if !wanted.sync {
                    self.wake.wait_for(&mut wanted, SYNC_EVERY);
                }
                wanted.sync = false;
            }
            let due = self.policy_is(SyncPolicy::Always)
                || (self.policy_is(SyncPolicy::EverySecond)
                    && !self.paused.load(Ordering::Relaxed));
            if due && self.is_on() {
                self.sync();
            }
        }
    }

    /// Brings what is written onto the disk.
    pub fn sync(&self) {
        let (files, offset) = {
            let mut held = self.writer.lock();
            let Some(writer) = &mut *held else {
                return;
            };
            let offset = self.written.load(Ordering::Relaxed);
            if offset == self.synced.load(Ordering::Relaxed) && writer.left.is_empty() {
                return;
            }
            let mut files = std::mem::take(&mut writer.left);
            files.push(Arc::clone(&writer.current.file));
            (files, offset)
        };
        let result = files.iter().try_for_each(|file| file.sync());
        match result {
            Ok(()) => {
                self.sync_failed.store(false, Ordering::Relaxed);
                self.synced.store(offset, Ordering::Release);
                self.tell(Event::Synced);
            }
            Err(error) => {
                // Not to be forgotten: the next sync takes the same files again.
                if let Some(writer) = &mut *self.writer.lock() {
                    let full = files.len() - 1;
                    writer.left.extend(files.into_iter().take(full));
                }
                self.sync_has_failed(error);
            }
        }
    }

    #[cold]
    fn sync_has_failed(&self, error: io::Error) {
        let what = "Can't persist AOF for fsync error";
        self.has_failed(&self.sync_failed, what, error, Event::SyncFailed);
    }

    /// Notes a failure, and tells of the first in a row. Under `always` it is the end.
    fn has_failed(
        &self,
        failed: &AtomicBool,
        what: &str,
        error: io::Error,
        event: fn(io::Error) -> Event,
    ) {
        if self.policy_is(SyncPolicy::Always) {
            self.tell(Event::Fatal(format!(
                "{what} when the AOF fsync policy is 'always': {error}"
            )));
        }
        let errno = error.raw_os_error().unwrap_or(0);
        self.errno.store(errno as u64, Ordering::Relaxed);
        if !failed.swap(true, Ordering::Relaxed) {
            self.tell(event(error));
        }
    }

    /// Goes on with the files of `manifest`, which have been loaded, at the journal's end: an increment is begun if
    /// there is none. The journal is turned on, under the name `fresh_id` if it was off; nothing changes meanwhile.
    ///
    /// # Errors
    /// What the disk says.
    pub fn resume(
        &self,
        place: &Place,
        mut manifest: Manifest,
        journal: &Journal,
        fresh_id: ReplId,
    ) -> io::Result<()> {
        self.disk.create_dir(&place.dir)?;
        let name = match manifest.increments.last() {
            Some(part) => part.name.clone(),
            None => manifest.begin_increment(&place.prefix, 0),
        };
        let file = self.disk.append(&place.path(&name))?;
        place.write_manifest(&*self.disk, &manifest)?;
        let mut bytes = 0;
        for part in manifest.data() {
            bytes += self.disk.size(&place.path(&part.name))?.unwrap_or(0);
        }
        let size = self.disk.size(&place.path(&name))?.unwrap_or(0);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.bytes_at_rewrite.store(bytes, Ordering::Relaxed);
        *self.manifest.lock() = manifest;
        self.begin(Increment::new(file, size), journal, fresh_id);
        Ok(())
    }

    fn begin(&self, increment: Increment, journal: &Journal, fresh_id: ReplId) {
        let reader = journal.begin_file(fresh_id);
        self.written.store(reader.position(), Ordering::Release);
        self.synced.store(reader.position(), Ordering::Release);
        *self.writer.lock() = Some(Writer::new(increment, reader));
        self.write_failed.store(false, Ordering::Relaxed);
        self.sync_failed.store(false, Ordering::Relaxed);
        self.on.store(true, Ordering::Release);
    }

    /// Ends writing (`appendonly no`, the end of the process): all that the journal holds is written and synced.
    pub fn end(&self, journal: &Journal) {
        if !self.is_on() {
            return;
        }
        self.write(journal);
        self.sync();
        self.on.store(false, Ordering::Release);
        *self.writer.lock() = None;
        journal.end_file();
        // Replies that waited for a sync have nothing to wait for any more.
        self.tell(Event::Synced);
    }
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |d| d.as_millis() as u64)
}

fn unix_s() -> i64 {
    (unix_ms() / 1000) as i64
}

#[cfg(test)]
mod tests;
