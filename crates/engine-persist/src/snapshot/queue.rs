//! Entries that writers hand over before they change them.

use engine_keyspace::Entry;
use engine_keyspace::slot::Keys;
use engine_keyspace::snapshot::PreImages;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A queue that any thread fills under its slot locks and the snapshot's thread empties before it
/// walks on, so that clones of large values live for moments only.
#[derive(Default)]
pub struct PreImageQueue {
    entries: Mutex<VecDeque<Kept>>,
    bytes: AtomicUsize,
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

impl Kept {
    fn weight(&self) -> usize {
        match self {
            Kept::Entry(_, _, weight) => *weight,
            Kept::Slot(..) => SLOT_WEIGHT,
        }
    }
}

impl PreImageQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that wait. Units that meet this above their limit suspend before they lock anything.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn push(&self, kept: Kept) {
        self.bytes.fetch_add(kept.weight(), Ordering::Relaxed);
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
        let weight = entry.view().memory_bytes();
        self.push(Kept::Entry(db, entry, weight));
    }

    /// Keeps the keys as they are: moving pointers is all a flush can afford under all locks.
    fn keep_slot(&self, db: u32, _now: u32, keys: Keys) -> Option<Keys> {
        self.push(Kept::Slot(db, keys));
        None
    }
}

impl std::fmt::Debug for PreImageQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreImageQueue")
            .field("bytes", &self.bytes())
            .finish()
    }
}
