//! Entries that writers hand over before they change them.

use engine_keyspace::Entry;
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

/// An entry as it was at the cut.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) db: u32,
    pub(super) entry: Entry,
    /// What it holds back, in bytes. For a large collection an upper bound: its clone shares what
    /// was not changed since.
    weight: usize,
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

    /// Takes everything out.
    pub(super) fn take(&self) -> VecDeque<Kept> {
        let taken = std::mem::take(&mut *self.entries.lock());
        let bytes: usize = taken.iter().map(|kept| kept.weight).sum();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        taken
    }
}

impl PreImages for PreImageQueue {
    fn keep(&self, db: u32, entry: Entry) {
        let weight = entry.view().memory_bytes();
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        self.entries.lock().push_back(Kept { db, entry, weight });
    }
}

impl std::fmt::Debug for PreImageQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreImageQueue")
            .field("bytes", &self.bytes())
            .finish()
    }
}
