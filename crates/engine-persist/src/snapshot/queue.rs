//! Entries that writers hand over before they change them.

use engine_keyspace::Entry;
use engine_keyspace::slot::Keys;
use engine_keyspace::snapshot::PreImages;
use engine_types::Object;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A queue that any thread fills under its slot locks and the snapshot's thread empties before it
/// walks on, so that clones of large values live for moments only.
pub struct PreImageQueue {
    entries: Mutex<VecDeque<Kept>>,
    bytes: AtomicUsize,
    bytes_max: usize,
    /// Bytes that ever came, which is what the snapshot cost in memory at most.
    total: AtomicU64,
}

impl Default for PreImageQueue {
    fn default() -> Self {
        Self::bounded(usize::MAX)
    }
}

/// What writers handed over, with the number of its database at the cut.
#[derive(Debug)]
pub(super) enum Kept {
    /// An entry as it was at the cut, and what it holds back, in bytes. For a large collection an
    /// upper bound: its clone shares what was not changed since.
    Entry(u32, Entry, usize),
    /// What a flush took out of a slot, saved entries among it; read without any lock.
    Slot(u32, Keys),
}

/// What whole slots count for: a flush already freed that memory as far as clients can tell, but
/// the queue must not look empty.
const SLOT_WEIGHT: usize = 64;

/// What a collection counts for at most: its clone shares the nodes that are not changed meanwhile, and is written
/// before anything else, so that it holds back a small part of the whole.
const SHARED_WEIGHT: usize = 64 * 1024;

impl Kept {
    fn weight(&self) -> usize {
        match self {
            Kept::Entry(_, _, weight) => *weight,
            Kept::Slot(..) => SLOT_WEIGHT,
        }
    }
}

impl PreImageQueue {
    /// An empty queue without bound.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty queue that counts as full above so many bytes.
    pub fn bounded(bytes_max: usize) -> Self {
        Self {
            entries: Mutex::default(),
            bytes: AtomicUsize::new(0),
            bytes_max,
            total: AtomicU64::new(0),
        }
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that ever came.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    fn push(&self, kept: Kept) {
        let weight = kept.weight();
        self.total.fetch_add(weight as u64, Ordering::Relaxed);
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        self.entries.lock().push_back(kept);
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> VecDeque<Kept> {
        let taken = std::mem::take(&mut *self.entries.lock());
        let bytes: usize = taken.iter().map(Kept::weight).sum();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        taken
    }
}

impl PreImages for PreImageQueue {
    fn keep(&self, db: u32, entry: Entry) {
        let view = entry.view();
        let weight = view.memory_bytes();
        let weight = match view.object() {
            None | Some(Object::Str(_)) => weight,
            Some(_) => weight.min(SHARED_WEIGHT),
        };
        self.push(Kept::Entry(db, entry, weight));
    }

    fn queued_bytes(&self) -> u64 {
        self.bytes() as u64
    }

    /// Keeps the keys as they are: moving pointers is all a flush can afford under all locks.
    fn keep_slot(&self, db: u32, _now: u32, keys: Keys) -> Option<Keys> {
        self.push(Kept::Slot(db, keys));
        None
    }

    fn is_full(&self) -> bool {
        self.bytes() > self.bytes_max
    }
}

impl std::fmt::Debug for PreImageQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreImageQueue")
            .field("bytes", &self.bytes())
            .finish()
    }
}
