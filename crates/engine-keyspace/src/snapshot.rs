//! The keyspace's part in a point-in-time snapshot: which one runs, and where pre-images go.
//!
//! The unit of saving is the entry; its mark is a bit of its table word, cleared when a table is first touched in
//! a snapshot (engine notes A1: an aborted snapshot leaves nothing to clean).

use crate::entry::Entry;
use crate::slot::Keys;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Takes the entries that writers hand over before they change them. Called with a slot locked: it must only
/// queue.
pub trait PreImages: Send + Sync {
    /// Keeps `entry` of database `db` (by its number at the cut, see [`crate::Db::identity`]).
    fn keep(&self, db: u32, entry: Entry);

    /// Bytes kept and not yet written, about.
    fn queued_bytes(&self) -> u64 {
        0
    }

    /// Keeps what snapshot `now` has not yet of a slot whose keys were all taken out (FLUSHALL, a load), and hands
    /// back what it needs no more. A sink may as well put the keys aside and read them later, without any lock.
    fn keep_slot(&self, db: u32, now: u32, mut keys: Keys) -> Option<Keys> {
        keys.save_rest(now, |entry| {
            self.keep(db, entry.duplicate());
            true
        });
        Some(keys)
    }

    /// Whether so much waits that writers should wait too before they begin.
    fn is_full(&self) -> bool {
        false
    }
}

/// Which snapshot runs.
#[derive(Default)]
pub struct Snapshots {
    /// Its number; 0 when none runs. Changed only with all slots locked, or to 0.
    now: AtomicU32,
    last: AtomicU32,
    full: AtomicBool,
    sink: RwLock<Option<Arc<dyn PreImages>>>,
}

impl Snapshots {
    /// The running snapshot's number, 0 if none runs.
    #[inline]
    #[must_use]
    pub fn now(&self) -> u32 {
        self.now.load(Ordering::Relaxed)
    }

    /// Starts the next snapshot; only with all slots locked. Returns its number.
    pub fn begin(&self, sink: Arc<dyn PreImages>) -> u32 {
        let number = self.last.load(Ordering::Relaxed).wrapping_add(1).max(1);
        self.last.store(number, Ordering::Relaxed);
        *self.sink.write() = Some(sink);
        self.now.store(number, Ordering::Relaxed);
        number
    }

    /// Ends the running snapshot, finished or not.
    pub fn end(&self) {
        self.now.store(0, Ordering::Relaxed);
        *self.sink.write() = None;
        self.has_room();
    }

    /// Bytes that wait to be written by the running snapshot.
    #[must_use]
    pub fn queued_bytes(&self) -> u64 {
        match self.now() {
            0 => 0,
            _ => self
                .sink
                .read()
                .as_ref()
                .map_or(0, |sink| sink.queued_bytes()),
        }
    }

    /// Hands an entry to the running snapshot; dropped if that has ended meanwhile.
    pub fn keep(&self, db: u32, entry: Entry) {
        if let Some(sink) = self.sink.read().as_ref() {
            sink.keep(db, entry);
            if sink.is_full() {
                self.full.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether writers should wait before they begin: what they handed over has yet to be written.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// What writers handed over has been taken.
    pub fn has_room(&self) {
        self.full.store(false, Ordering::Relaxed);
    }

    /// Hands the keys that were taken out of a slot of database `db` to the running snapshot; what nobody needs
    /// any more is given back, to be freed.
    pub fn keep_slot(&self, db: u32, keys: Keys) -> Option<Keys> {
        match (self.sink.read().as_ref(), self.now()) {
            (Some(sink), now) if now != 0 => sink.keep_slot(db, now, keys),
            _ => Some(keys),
        }
    }
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots")
            .field("now", &self.now())
            .finish()
    }
}
