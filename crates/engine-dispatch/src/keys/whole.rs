//! Changes of whole databases: FLUSHDB, FLUSHALL, SWAPDB. The unit holds all slots.

use super::Keys;
use engine_keyspace::SlotId;
use engine_keyspace::slot::{WAITED, WATCHED};

impl Keys {
    /// Empties a database; how many keys it had. Their memory is freed elsewhere, after the running snapshot has
    /// what it needs of them.
    pub fn flush(&mut self, db: u32) -> u64 {
        let keyspace = &self.server.keyspace;
        let identity = keyspace.db(db).identity();
        let (mut removed, mut garbage) = (0, Vec::new());
        for (id, _) in keyspace.slots_of(db) {
            self.forget_tracked(id);
            if self.unit.data(id).is_empty() {
                continue;
            }
            self.tell_replaced(id, None);
            let keys = self.unit.data_mut(id).take_keys();
            removed += keys.len() as u64;
            garbage.extend(keyspace.snapshots.keep_slot(identity, keys));
        }
        let counts = keyspace.db(db);
        counts.keys.add(-counts.keys.get());
        counts.expires.add(-counts.expires.get());
        counts.fields_expire.add(-counts.fields_expire.get());
        self.server.discard_slots(garbage);
        self.dirty += removed;
        removed
    }

    /// Exchanges the contents of two databases; watched keys and waiters stay where they are.
    pub fn swap(&mut self, a: u32, b: u32) {
        let keyspace = &self.server.keyspace;
        self.dirty += 1;
        if a == b {
            return;
        }
        let used = keyspace.slots_of(a).chain(keyspace.slots_of(b));
        let mut slots: Vec<u16> = used.map(|(id, _)| id.slot()).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            let (left, right) = (SlotId::new(a, slot), SlotId::new(b, slot));
            self.purge_watched(left, right);
            self.invalidate_slot(left);
            self.invalidate_slot(right);
            self.tell_replaced(left, Some(right));
            self.tell_replaced(right, Some(left));
            let keys = self.unit.data_mut(left).take_keys();
            let others = self.unit.data_mut(right).take_keys();
            self.unit.data_mut(left).put_keys(others);
            self.unit.data_mut(right).put_keys(keys);
        }
        let (a, b) = (keyspace.db(a), keyspace.db(b));
        let pairs = [
            (&a.keys, &b.keys),
            (&a.expires, &b.expires),
            (&a.fields_expire, &b.fields_expire),
        ];
        for (x, y) in pairs {
            let more = y.get() - x.get();
            x.add(more);
            y.add(-more);
        }
        // The running snapshot writes each database under the number it had at the cut.
        let identity = a.identity();
        a.set_identity(b.identity());
        b.set_identity(identity);
    }

    /// Removes keys that are watched in either slot and whose time has come, so that for those who watch them a
    /// swap makes no difference between expired and absent.
    fn purge_watched(&mut self, left: SlotId, right: SlotId) {
        for id in [left, right] {
            let watched = self.unit.data(id).extra().map(|extra| &extra.watched);
            let names: Vec<Box<[u8]>> = watched
                .into_iter()
                .flat_map(|w| w.keys().cloned())
                .collect();
            for name in names {
                let hash = self.server.keyspace.hasher.hash(&name);
                self.purge(left, hash, &name);
                self.purge(right, hash, &name);
            }
        }
    }

    /// Flags those who watch keys that are in the slot or in the one whose keys come in its place, and marks such
    /// keys ready for those who wait for them.
    fn tell_replaced(&mut self, id: SlotId, by: Option<SlotId>) {
        let data = self.unit.data(id);
        if data.interest & (WATCHED | WAITED) == 0 {
            return;
        }
        let hasher = &self.server.keyspace.hasher;
        let there = |key: &[u8]| {
            let hash = hasher.hash(key);
            std::iter::once(id)
                .chain(by)
                .any(|id| self.unit.data(id).get(hash, key).is_some())
        };
        self.touch_watched(data, there);
        let waited = data
            .extra()
            .into_iter()
            .flat_map(|extra| extra.waiting.keys());
        let ready: Vec<Box<[u8]>> = waited.filter(|key| there(key)).cloned().collect();
        self.ready.extend(ready.into_iter().map(|key| (id, key)));
    }
}
