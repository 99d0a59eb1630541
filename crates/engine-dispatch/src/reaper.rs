//! Lazy freeing: what would take long to free is given to a thread of its own.

use engine_keyspace::Entry;
use engine_keyspace::slot::Keys;
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

/// Elements above which freeing is left to the reaper (Redis: `LAZYFREE_THRESHOLD`).
const LARGE: usize = 64;
/// Slots whose keys are freed as one piece: so `pending_bytes` falls as memory does.
const SLOTS_TOGETHER: usize = 32;

#[derive(Debug, Default)]
struct Counts {
    objects: AtomicU64,
    bytes: AtomicU64,
    freed: AtomicU64,
}

/// Something large to be dropped, which is all that the reaper does with it.
pub struct Garbage {
    what: Option<Box<dyn Any + Send>>,
    objects: u64,
    bytes: u64,
    counts: Arc<Counts>,
}

impl Drop for Garbage {
    fn drop(&mut self) {
        drop(self.what.take());
        self.counts.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.counts.freed.fetch_add(self.objects, Ordering::Relaxed);
        self.counts
            .objects
            .fetch_sub(self.objects, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Garbage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Garbage")
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

/// The way to the thread that frees; without one everything is freed where it is given up.
#[derive(Debug, Default)]
pub struct Reaper {
    sender: OnceLock<Sender<Garbage>>,
    counts: Arc<Counts>,
    /// What had been freed when the counters were last set back.
    base: AtomicU64,
}

impl Reaper {
    /// Hands in the thread; once, at start.
    pub fn set(&self, sender: Sender<Garbage>) {
        let _ = self.sender.set(sender);
    }

    /// Frees an entry: one with many elements on the reaper's thread.
    pub fn discard(&self, entry: Entry) {
        let large = |o: &engine_types::Object| o.free_effort() > LARGE;
        if entry.view().object().is_some_and(large) && self.sender.get().is_some() {
            let bytes = entry.view().memory_bytes() as u64;
            self.send(Box::new(entry), 1, bytes);
        }
    }

    /// Frees the keys of whole slots, of `bytes_per_key` each on average.
    pub fn discard_slots(&self, mut slots: Vec<Keys>, bytes_per_key: u64) {
        while !slots.is_empty() {
            let rest = slots.split_off(slots.len().min(SLOTS_TOGETHER));
            let keys: u64 = slots.iter().map(|keys| keys.len() as u64).sum();
            self.send(Box::new(slots), keys, keys.saturating_mul(bytes_per_key));
            slots = rest;
        }
    }

    fn send(&self, what: Box<dyn Any + Send>, objects: u64, bytes: u64) {
        self.counts.objects.fetch_add(objects, Ordering::Relaxed);
        self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
        let garbage = Garbage {
            what: Some(what),
            objects,
            bytes,
            counts: self.counts.clone(),
        };
        if let Some(sender) = self.sender.get() {
            // If the reaper is gone it is freed here, by dropping the error.
            let _ = sender.send(garbage);
        }
    }

    /// Values that wait to be freed.
    #[must_use]
    pub fn pending_objects(&self) -> u64 {
        self.counts.objects.load(Ordering::Relaxed)
    }

    /// About how many bytes they take.
    #[must_use]
    pub fn pending_bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }

    /// Values freed so far.
    #[must_use]
    pub fn freed_objects(&self) -> u64 {
        let freed = self.counts.freed.load(Ordering::Relaxed);
        freed.saturating_sub(self.base.load(Ordering::Relaxed))
    }

    /// Sets the count of freed values back.
    pub(crate) fn reset(&self) {
        let freed = self.counts.freed.load(Ordering::Relaxed);
        self.base.store(freed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine_keyspace::NewValue;
    use engine_types::{Limits, Object, Set};

    fn set(members: usize) -> Entry {
        let mut set = Set::new();
        for n in 0..members {
            set.add(format!("member:{n}").as_bytes(), &Limits::default());
        }
        Entry::new(b"k", NewValue::Object(Object::Set(set)), None, 0)
    }

    #[test]
    fn what_is_queued_is_counted_until_it_is_freed() {
        let reaper = Reaper::default();
        reaper.discard(set(1000));
        assert_eq!(reaper.freed_objects(), 0);
        let (sender, receiver) = std::sync::mpsc::channel();
        reaper.set(sender);
        reaper.discard(set(3));
        assert_eq!(reaper.pending_objects(), 0);
        reaper.discard(set(1000));
        assert_eq!(reaper.pending_objects(), 1);
        assert!(reaper.pending_bytes() > 10_000);
        drop(receiver.try_recv());
        assert_eq!(
            (
                reaper.pending_objects(),
                reaper.pending_bytes(),
                reaper.freed_objects()
            ),
            (0, 0, 1)
        );
        reaper.reset();
        assert_eq!(reaper.freed_objects(), 0);
        // Without its thread nothing is left behind.
        drop(receiver);
        reaper.discard(set(1000));
        assert_eq!((reaper.pending_objects(), reaper.freed_objects()), (0, 1));
    }
}
