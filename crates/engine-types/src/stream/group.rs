//! Consumer groups: how far a group has read, and which entries its consumers have been given
//! but not acknowledged.

use super::entries::Entries;
use super::id::StreamId;
use super::sorted::{Iter, Keyed, Sorted};
use std::sync::Arc;

/// A group's or consumer's name; shared between what mentions it.
pub(super) type Name = Arc<[u8]>;

/// What [`Group::entries_read`] is when nobody can tell.
pub const ENTRIES_READ_UNKNOWN: i64 = -1;

/// A consumer group. Clones in O(1).
#[derive(Clone)]
pub struct Group {
    name: Name,
    last_id: StreamId,
    entries_read: i64,
    pending: Sorted<Pending>,
    consumers: Sorted<Consumer>,
}

/// An entry that was given to a consumer and not acknowledged.
#[derive(Clone, Debug)]
pub struct Pending {
    pub id: StreamId,
    /// When it was last given, milliseconds of Unix time.
    pub delivered_ms: i64,
    /// How often it was given.
    pub deliveries: u64,
    consumer: Name,
}

impl Pending {
    /// Whose it is.
    pub fn consumer(&self) -> &[u8] {
        &self.consumer
    }

    /// For how many milliseconds it has been so.
    pub fn idle_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.delivered_ms)
    }
}

/// One who reads through a group.
#[derive(Clone)]
pub struct Consumer {
    name: Name,
    /// When it last asked for something, milliseconds of Unix time.
    pub seen_ms: i64,
    /// When it last got something; -1 if it never did.
    pub active_ms: i64,
    pending: Sorted<StreamId>,
}

impl Keyed for Group {
    type Key = Name;

    fn key(&self) -> &Name {
        &self.name
    }
}

impl Keyed for Consumer {
    type Key = Name;

    fn key(&self) -> &Name {
        &self.name
    }
}

impl Keyed for Pending {
    type Key = StreamId;

    fn key(&self) -> &StreamId {
        &self.id
    }
}

impl Keyed for StreamId {
    type Key = StreamId;

    fn key(&self) -> &StreamId {
        self
    }
}

impl Consumer {
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Its pending entries in order, from an ID on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = StreamId> {
        self.pending.iter_from(&id).copied()
    }
}

impl Group {
    /// A group that has read up to `last_id`.
    pub fn new(name: &[u8], last_id: StreamId, entries_read: i64) -> Group {
        Group {
            name: name.into(),
            last_id,
            entries_read,
            pending: Sorted::default(),
            consumers: Sorted::default(),
        }
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The last entry that was given to a consumer as new.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// How many entries had ever been added up to the last one given, or
    /// [`ENTRIES_READ_UNKNOWN`].
    pub fn entries_read(&self) -> i64 {
        self.entries_read
    }

    /// XGROUP SETID.
    pub fn set_position(&mut self, last_id: StreamId, entries_read: i64) {
        self.last_id = last_id;
        self.entries_read = entries_read;
    }

    /// XCLAIM's LASTID: raises the last ID; whether it was lower.
    pub fn raise_last_id(&mut self, id: StreamId) -> bool {
        let lower = self.last_id < id;
        self.last_id = self.last_id.max(id);
        lower
    }

    /// An entry has been given as new: the group's place moves on.
    pub fn advance(&mut self, entries: &Entries, id: StreamId) {
        if id <= self.last_id {
            return;
        }
        if self.entries_read != ENTRIES_READ_UNKNOWN && !entries.has_deleted_from(id) {
            self.entries_read = self.entries_read.wrapping_add(1);
        } else if entries.added() > 0 {
            self.entries_read = entries.count_up_to(id).unwrap_or(ENTRIES_READ_UNKNOWN);
        }
        self.last_id = id;
    }

    /// How many entries were added that it has not read; `None` if nobody can tell.
    pub fn lag(&self, entries: &Entries) -> Option<i64> {
        let added = entries.added() as i64;
        if added == 0 {
            return Some(0);
        }
        let known =
            self.entries_read != ENTRIES_READ_UNKNOWN && !entries.has_deleted_from(self.last_id);
        let read = if known {
            self.entries_read
        } else {
            entries.count_up_to(self.last_id)?
        };
        Some(added.wrapping_sub(read))
    }

    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// All pending entries in order, from an ID on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = &Pending> {
        self.pending.iter_from(&id)
    }

    pub fn pending(&self, id: StreamId) -> Option<&Pending> {
        self.pending.get(&id)
    }

    /// The first and the last pending entry.
    pub fn pending_ends(&self) -> Option<(StreamId, StreamId)> {
        Some((self.pending.first()?.id, self.pending.last()?.id))
    }

    /// All consumers in order of their names.
    pub fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        let consumers: Iter<'_, Consumer> = self.consumers.iter();
        consumers
    }

    pub fn consumers_len(&self) -> usize {
        self.consumers.len()
    }

    pub fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        self.consumers.get(name)
    }

    /// Adds a consumer that is seen now; false if there is one of that name.
    pub fn create_consumer(&mut self, name: &[u8], now_ms: i64) -> bool {
        self.consumers.insert(Consumer {
            name: name.into(),
            seen_ms: now_ms,
            active_ms: -1,
            pending: Sorted::default(),
        })
    }

    /// Removes a consumer and what is pending for it; how much that was, `None` if there is
    /// none of that name.
    pub fn remove_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let consumer = self.consumers.remove(name)?;
        for id in consumer.pending.iter() {
            self.pending.remove(id);
        }
        Some(consumer.pending.len())
    }

    /// A consumer has asked for something.
    pub fn note_seen(&mut self, consumer: &[u8], now_ms: i64) {
        self.consumers
            .update(consumer, |consumer| consumer.seen_ms = now_ms);
    }

    /// A consumer has got something.
    pub fn note_active(&mut self, consumer: &[u8], now_ms: i64) {
        self.consumers
            .update(consumer, |consumer| consumer.active_ms = now_ms);
    }

    /// Sets both times of a consumer, as loaded.
    pub fn set_times(&mut self, consumer: &[u8], seen_ms: i64, active_ms: i64) {
        self.consumers.update(consumer, |consumer| {
            consumer.seen_ms = seen_ms;
            consumer.active_ms = active_ms;
        });
    }

    /// Makes an entry pending for a consumer, whoever had it before; false if there is no such
    /// consumer.
    pub fn assign(
        &mut self,
        id: StreamId,
        consumer: &[u8],
        delivered_ms: i64,
        deliveries: u64,
    ) -> bool {
        let Some(name) = self.consumers.get(consumer).map(|c| Arc::clone(&c.name)) else {
            return false;
        };
        let given = Pending {
            id,
            delivered_ms,
            deliveries,
            consumer: name,
        };
        let before = self
            .pending
            .update(&id, |pending| std::mem::replace(pending, given.clone()));
        match before {
            Some(before) if *before.consumer == *consumer => return true,
            Some(before) => self.take_from(&before.consumer, id),
            None => {
                self.pending.insert(given);
            }
        }
        self.consumers
            .update(consumer, |consumer| consumer.pending.insert(id));
        true
    }

    /// A pending entry has been given to its consumer again.
    pub fn note_delivery(&mut self, id: StreamId, now_ms: i64) {
        self.pending.update(&id, |pending| {
            pending.delivered_ms = now_ms;
            pending.deliveries = pending.deliveries.wrapping_add(1);
        });
    }

    /// Takes an entry off what is pending; false if it was not.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(pending) = self.pending.remove(&id) else {
            return false;
        };
        self.take_from(&pending.consumer, id);
        true
    }

    fn take_from(&mut self, consumer: &[u8], id: StreamId) {
        self.consumers
            .update(consumer, |consumer| consumer.pending.remove(&id));
    }

    /// Bytes allocated beyond the struct itself, about.
    pub(super) fn memory_bytes(&self) -> usize {
        let names = |consumer: &Consumer| consumer.name.len() + consumer.pending.memory_bytes();
        let consumers: usize = self.consumers.iter().map(names).sum();
        self.name.len() + self.pending.memory_bytes() + self.consumers.memory_bytes() + consumers
    }
}
