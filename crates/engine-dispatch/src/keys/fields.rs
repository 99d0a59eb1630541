//! Fields of hashes that expire: hidden from their time on, and removed by whoever comes by or by the sweep.
//!
//! A slot's `earliest_expiry` covers them, so a command on a slot in which nothing is due pays nothing for them.

use super::{Class, Event, Expired, Keys};
use crate::error::Error;
use crate::worker::count;
use engine_keyspace::{EntryRef, SlotId};
use engine_types::{Hash, Live, Object};

/// Due fields that are removed at once before a command; the rest stay hidden until the next one or the sweep.
const FIELDS_AT_ONCE: usize = 1000;

/// The event of fields whose time had come.
const EXPIRED: Event = Event::new(Class::Hash, "hexpired");

impl Keys {
    /// A hash for reading, without the fields that are due; one that has no other is absent.
    ///
    /// # Errors
    /// WRONGTYPE.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> Result<Option<Live<'_>>, Error> {
        Ok(self.read::<Hash>(key)?.and_then(|hash| self.live(hash)))
    }

    /// As [`Self::hash`], without noting the access.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn look_hash(&self, key: &[u8]) -> Result<Option<Live<'_>>, Error> {
        Ok(self.look::<Hash>(key)?.and_then(|hash| self.live(hash)))
    }

    fn live<'h>(&self, hash: &'h Hash) -> Option<Live<'h>> {
        let now = (self.expired != Expired::Show).then_some(self.now_ms);
        Some(hash.live(now)).filter(|live| !live.is_empty())
    }

    /// Removes those of the named fields that are due, which a command is about to change: for it they are not
    /// there.
    pub fn purge_fields<'f>(&mut self, key: &[u8], fields: impl IntoIterator<Item = &'f [u8]>) {
        let now = self.now_ms;
        let due = self.peek(key).and_then(EntryRef::field_expiry);
        if self.expired == Expired::Show || due.is_none_or(|at| at > now) {
            return;
        }
        let (id, hash) = self.locate(key);
        self.expire_fields(id, hash, key, |value| {
            let mut gone: Vec<Vec<u8>> = Vec::new();
            for field in fields {
                let is_due = value.field_expiry(field).is_some_and(|at| at <= now);
                if is_due && value.remove(field) {
                    gone.push(field.to_vec());
                }
            }
            gone
        });
    }

    /// Removes fields whose time has come, some of them if there are many; whether the key is gone with them.
    pub(super) fn purge_due_fields(&mut self, id: SlotId, hash: u64, key: &[u8]) -> bool {
        let now = self.now_ms;
        self.expire_fields(id, hash, key, |value| value.take_due(now, FIELDS_AT_ONCE))
    }

    /// Lets `take` remove fields, which nobody has asked for: tells of it and journals it by itself.
    fn expire_fields(
        &mut self,
        id: SlotId,
        hash: u64,
        key: &[u8],
        take: impl FnOnce(&mut Hash) -> Vec<Vec<u8>>,
    ) -> bool {
        let cx = self.server.keyspace.context(id.db());
        let mut entry = self.unit.data_mut(id).get_mut(hash, key, cx);
        let Some(Object::Hash(value)) = entry.as_mut().and_then(|entry| entry.object_mut()) else {
            return false;
        };
        let before = value.earliest_field_expiry();
        let names = take(value);
        let (after, emptied) = (value.earliest_field_expiry(), value.is_empty());
        drop(entry);
        if names.is_empty() {
            return false;
        }
        self.note_fields(id, before, after);
        count(&self.stats.expired_fields, names.len() as u64);
        let dirty = self.dirty;
        self.changed(id, key, 1, Some(EXPIRED));
        let mut effect: Vec<&[u8]> = vec![b"HDEL", key];
        effect.extend(names.iter().map(Vec::as_slice));
        self.effect_in(id.db(), &effect);
        if emptied {
            self.remove_at(id, hash, key, Some(Event::DEL));
        }
        // For the command, which did not ask for it, nothing has happened yet.
        self.dirty = dirty;
        emptied
    }

    /// Remembers what an edit did to the first time at which a field of a hash expires.
    #[inline]
    pub(super) fn note_fields(&mut self, id: SlotId, before: Option<i64>, after: Option<i64>) {
        if before == after {
            return;
        }
        self.unit.data_mut(id).note_expiry(after);
        let db = self.server.keyspace.db(id.db());
        db.fields_expire
            .add(i64::from(after.is_some()) - i64::from(before.is_some()));
    }
}

/// When the first field of a value expires.
#[inline]
pub(super) fn earliest(object: &Object) -> Option<i64> {
    match object {
        Object::Hash(hash) => hash.earliest_field_expiry(),
        _ => None,
    }
}
