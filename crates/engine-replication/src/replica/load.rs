//! Loads a primary's snapshot beside the live data and puts it in its place at once.

use engine_dispatch::Server;
use engine_keyspace::slot::{Context, SlotData};
use engine_keyspace::snapshot::Snapshots;
use engine_keyspace::{Entry, Keyspace, NewValue, SLOTS, SlotId, Unit, slot_of};
use engine_persist::journal::ReplId;
use engine_persist::rdb::{Item, KeyMeta, Loaded, RdbError, RdbReader};
use std::io::Read;
use std::sync::atomic::Ordering;

/// A snapshot that cannot become this node's data.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its bytes.
    #[error(transparent)]
    Rdb(#[from] RdbError),
    /// It has a database that this node has not; raise `databases`.
    #[error("the snapshot has keys in database {db}, this node has {databases} databases")]
    Database {
        /// The snapshot's.
        db: u32,
        /// This node's.
        databases: u32,
    },
    /// It holds a key twice.
    #[error("the snapshot holds a key twice")]
    Twice,
    /// It holds function libraries, which this node cannot run; its data would silently differ.
    #[error("the primary has function libraries, which this node does not support")]
    Functions,
}

/// One database of a snapshot.
struct StagedDb {
    /// All 16,384 slots; made with the database's first key.
    slots: Vec<SlotData>,
    keys: i64,
    expiring: i64,
    /// Hashes with fields that expire.
    fields_expire: i64,
}

/// A loaded snapshot that nobody sees yet.
pub struct Staged {
    dbs: Vec<Option<StagedDb>>,
    /// The database in which the primary's stream goes on.
    stream_db: u32,
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged")
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}

impl Staged {
    /// Keys loaded.
    pub fn keys(&self) -> i64 {
        self.dbs.iter().flatten().map(|db| db.keys).sum()
    }

    /// The database in which the primary's stream goes on.
    pub fn stream_db(&self) -> u32 {
        self.stream_db
    }
}

/// Reads a snapshot to its end. `now_s` dates the access of keys without such data.
pub fn load<R: Read>(
    reader: &mut RdbReader<R>,
    keyspace: &Keyspace,
    now_s: u32,
) -> Result<Staged, LoadError> {
    let databases = keyspace.databases();
    let mut staged = Staged {
        dbs: (0..databases).map(|_| None).collect(),
        stream_db: 0,
    };
    let mut db = 0;
    // No snapshot runs on data that nobody sees.
    let quiet = Snapshots::default();
    while let Some(item) = reader.next()? {
        match item {
            Item::Aux { name, value } if name == b"repl-stream-db" => {
                let number = std::str::from_utf8(&value)
                    .ok()
                    .and_then(|db| db.parse().ok());
                staged.stream_db = number.unwrap_or(0);
            }
            Item::Aux { .. } | Item::ResizeDb { .. } => {}
            Item::Function(_) => return Err(LoadError::Functions),
            Item::SelectDb(selected) if selected >= databases => {
                return Err(LoadError::Database {
                    db: selected,
                    databases,
                });
            }
            Item::SelectDb(selected) => db = selected,
            Item::Key { key, meta, value } => {
                let target = staged.dbs[db as usize].get_or_insert_with(|| StagedDb {
                    slots: (0..SLOTS).map(|_| SlotData::default()).collect(),
                    keys: 0,
                    expiring: 0,
                    fields_expire: 0,
                });
                let entry = entry(&key, meta, value, now_s);
                let context = Context {
                    snapshots: &quiet,
                    hasher: &keyspace.hasher,
                    db,
                };
                target.fields_expire += i64::from(entry.view().field_expiry().is_some());
                let slot = &mut target.slots[usize::from(slot_of(&key))];
                if slot
                    .put(keyspace.hasher.hash(&key), entry, context)
                    .is_some()
                {
                    return Err(LoadError::Twice);
                }
                target.keys += 1;
                target.expiring += i64::from(meta.expire_at_ms.is_some());
            }
        }
    }
    Ok(staged)
}

fn entry(key: &[u8], meta: KeyMeta, value: Loaded, now_s: u32) -> Entry {
    let idle = u32::try_from(meta.idle_s.unwrap_or(0)).unwrap_or(u32::MAX);
    let clock = now_s.saturating_sub(idle);
    match value {
        Loaded::Bytes(bytes) => Entry::new(key, NewValue::Bytes(&bytes), meta.expire_at_ms, clock),
        Loaded::Object(object) => {
            Entry::new(key, NewValue::Object(object), meta.expire_at_ms, clock)
        }
    }
}

/// Puts the snapshot in the place of all databases and takes on the primary's history, in one
/// moment: under all slot locks. Watched keys that were or are there count as changed; a snapshot
/// that runs is ended.
pub fn swap_in(server: &'static Server, staged: Staged, id: ReplId, offset: u64) {
    let keyspace = &server.keyspace;
    let mut unit = Unit::new(keyspace);
    unit.wait_for_token();
    unit.lock_all();
    keyspace.snapshots.end();
    let mut garbage = Vec::new();
    for (id, _) in keyspace.slots() {
        let incoming = staged.dbs[id.db() as usize].as_ref();
        touch_watched(
            &unit,
            id,
            incoming.map(|db| &db.slots[usize::from(id.slot())]),
        );
        let old = unit.data_mut(id).take_keys();
        if !old.is_empty() {
            garbage.push(old);
        }
    }
    let stream_db = staged.stream_db;
    for (db, staged) in (0..).zip(staged.dbs) {
        let (mut keys, mut expiring, mut fields_expire) = (0, 0, 0);
        if let Some(staged) = staged {
            (keys, expiring) = (staged.keys, staged.expiring);
            fields_expire = staged.fields_expire;
            for (slot, mut data) in (0..).zip(staged.slots) {
                if !data.is_empty() {
                    unit.data_mut(SlotId::new(db, slot))
                        .put_keys(data.take_keys());
                }
            }
        }
        let database = keyspace.db(db);
        database.keys.add(keys - database.keys.get());
        database.expires.add(expiring - database.expires.get());
        let fields = &database.fields_expire;
        fields.add(fields_expire - fields.get());
    }
    server.journal.adopt(id, offset, stream_db);
    unit.release();
    server.discard_slots(garbage);
}

fn touch_watched(unit: &Unit<'_>, id: SlotId, incoming: Option<&SlotData>) {
    let data = unit.data(id);
    let Some(extra) = data.extra() else { return };
    let hasher = &unit.keyspace().hasher;
    for (key, flags) in &extra.watched {
        let hash = hasher.hash(key);
        let there = data.get(hash, key).is_some();
        if there || incoming.is_some_and(|slot| slot.get(hash, key).is_some()) {
            flags
                .iter()
                .for_each(|flag| flag.store(true, Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests;
