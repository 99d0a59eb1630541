//! Loads a snapshot, a file's or a primary's, beside the live data and puts it in its place at once.

use engine_dispatch::Server;
use engine_dispatch::access::counts_use;
use engine_keyspace::slot::{Context, SlotData};
use engine_keyspace::snapshot::Snapshots;
use engine_keyspace::{Entry, Keyspace, NewValue, SLOTS, SlotId, Unit, slot_of};
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
    /// It holds a key twice, or one that is there already.
    #[error("RDB has duplicated key '{key}' in DB {db}")]
    Twice {
        /// The database.
        db: u32,
        /// The key, what is no text in it replaced.
        key: String,
    },
    /// Whoever wanted it wants it no more.
    #[error("the load was ended")]
    Ended,
    /// It holds function libraries, which this node cannot run; its data would silently differ.
    #[error("the snapshot has function libraries, which this node does not support")]
    Functions,
}

/// How a snapshot is to be read, and who hears of its progress.
pub struct Loading<'a> {
    /// Dates the access of keys without such data, and tells which keys' time is over; milliseconds of Unix time.
    pub now_ms: i64,
    /// Leaves out keys whose time is over, as a primary does; a replica waits for its primary's word.
    pub skip_expired: bool,
    /// Keeps access frequencies (`maxmemory-policy` of the LFU kind), not idle times.
    pub frequencies: bool,
    /// Hears of aux fields and of keys left out because they were empty, for the log.
    pub note: &'a mut dyn FnMut(Note<'_>),
    /// Asked after each item with the bytes read so far; false ends the load.
    pub go_on: &'a mut dyn FnMut(u64) -> bool,
}

/// Whether the node's keys count their uses ([`Loading::frequencies`]).
pub fn keeps_frequencies(server: &Server) -> bool {
    counts_use(server.config.pick(params::MAXMEMORY_POLICY))
}

/// Something worth a word in the log.
#[derive(Debug, Clone, Copy)]
pub enum Note<'a> {
    /// A named fact about the snapshot.
    Aux(&'a [u8], &'a [u8]),
    /// This key's collection was empty.
    EmptyKey(&'a [u8]),
}

/// How many keys a load has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Put in place.
    pub loaded: u64,
    /// Left out because their time was over.
    pub expired: u64,
    /// Left out because they were empty.
    pub empty: u64,
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
    counts: Counts,
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged")
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}

impl Staged {
    /// A snapshot of nothing, for a node with these databases.
    pub fn empty(keyspace: &Keyspace) -> Self {
        Self {
            dbs: (0..keyspace.databases()).map(|_| None).collect(),
            stream_db: 0,
            counts: Counts::default(),
        }
    }

    /// Keys loaded.
    pub fn keys(&self) -> i64 {
        self.dbs.iter().flatten().map(|db| db.keys).sum()
    }

    /// What was loaded and left out.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The database in which the primary's stream goes on.
    pub fn stream_db(&self) -> u32 {
        self.stream_db
    }
}

/// Reads a snapshot to its end.
pub fn load<R: Read>(
    reader: &mut RdbReader<R>,
    keyspace: &Keyspace,
    loading: &mut Loading<'_>,
) -> Result<Staged, LoadError> {
    let databases = keyspace.databases();
    let mut staged = Staged::empty(keyspace);
    let mut db = 0;
    // No snapshot runs on data that nobody sees.
    let quiet = Snapshots::default();
    while let Some(item) = reader.next()? {
        match item {
            Item::Aux { name, value } => {
                if name == b"repl-stream-db" {
                    let number = std::str::from_utf8(&value)
                        .ok()
                        .and_then(|n| n.parse().ok());
                    staged.stream_db = number.unwrap_or(0);
                }
                (loading.note)(Note::Aux(&name, &value));
            }
            Item::ResizeDb { .. } => {}
            Item::Function(_) => return Err(LoadError::Functions),
            Item::EmptyKey(key) => {
                staged.counts.empty += 1;
                (loading.note)(Note::EmptyKey(&key));
            }
            Item::SelectDb(selected) if selected >= databases => {
                return Err(LoadError::Database {
                    db: selected,
                    databases,
                });
            }
            Item::SelectDb(selected) => db = selected,
            Item::Key { meta, .. }
                if loading.skip_expired
                    && meta.expire_at_ms.is_some_and(|at| at < loading.now_ms) =>
            {
                staged.counts.expired += 1;
            }
            Item::Key { key, meta, value } => {
                let entry = entry(&key, meta, value, loading);
                let context = Context {
                    snapshots: &quiet,
                    hasher: &keyspace.hasher,
                    db,
                };
                staged.put(&key, entry, meta.expire_at_ms, context)?;
            }
        }
        if !(loading.go_on)(reader.position()) {
            return Err(LoadError::Ended);
        }
    }
    Ok(staged)
}

fn entry(key: &[u8], meta: KeyMeta, value: Loaded, loading: &Loading<'_>) -> Entry {
    let now_s = (loading.now_ms / 1000) as u32;
    let clock = match meta.freq {
        // The counter, and above it the minute of its last decay.
        Some(freq) if loading.frequencies => ((now_s / 60) & 0xffff) << 8 | u32::from(freq),
        _ => {
            let idle = meta.idle_s.filter(|_| !loading.frequencies).unwrap_or(0);
            now_s.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX))
        }
    };
    match value {
        Loaded::Bytes(bytes) => Entry::new(key, NewValue::Bytes(&bytes), meta.expire_at_ms, clock),
        Loaded::Object(object) => {
            Entry::new(key, NewValue::Object(object), meta.expire_at_ms, clock)
        }
    }
}

impl Staged {
    fn put(
        &mut self,
        key: &[u8],
        entry: Entry,
        expire_at_ms: Option<i64>,
        context: Context<'_>,
    ) -> Result<(), LoadError> {
        let target = self.dbs[context.db as usize].get_or_insert_with(|| StagedDb {
            slots: (0..SLOTS).map(|_| SlotData::default()).collect(),
            keys: 0,
            expiring: 0,
            fields_expire: 0,
        });
        let fields_expire = entry.view().field_expiry().is_some();
        let slot = &mut target.slots[usize::from(slot_of(key))];
        slot.note_expiry(expire_at_ms);
        if slot.put(context.hasher.hash(key), entry, context).is_some() {
            return Err(LoadError::Twice {
                db: context.db,
                key: String::from_utf8_lossy(key).into_owned(),
            });
        }
        target.keys += 1;
        target.expiring += i64::from(expire_at_ms.is_some());
        target.fields_expire += i64::from(fields_expire);
        self.counts.loaded += 1;
        Ok(())
    }

    /// Puts the snapshot in the place of all databases, in one moment: `unit` holds all slots. Watched keys that were
    /// or are there count as changed; a snapshot that runs is ended.
    pub fn swap_in(self, server: &'static Server, unit: &mut Unit<'_>) {
        let keyspace = &server.keyspace;
        keyspace.snapshots.end();
        let mut garbage = Vec::new();
        for (id, _) in keyspace.slots() {
            let incoming = self.dbs[id.db() as usize].as_ref();
            let incoming = incoming.map(|db| &db.slots[usize::from(id.slot())]);
            touch_watched(unit, id, incoming);
            let old = unit.data_mut(id).take_keys();
            if !old.is_empty() {
                garbage.push(old);
            }
        }
        for (db, staged) in (0..).zip(self.dbs) {
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
        server.discard_slots(garbage);
    }

    /// Adds the snapshot's keys to those that are there; `unit` holds all slots. A key that is there already is
    /// replaced if `merge`, else nothing is added at all. A snapshot that runs is ended.
    pub fn add_to(
        self,
        server: &'static Server,
        unit: &mut Unit<'_>,
        merge: bool,
    ) -> Result<(), LoadError> {
        let keyspace = &server.keyspace;
        if !merge && let Some(twice) = self.first_known(server, unit) {
            return Err(twice);
        }
        keyspace.snapshots.end();
        for (db, staged) in (0..).zip(self.dbs) {
            let context = keyspace.context(db);
            for (slot, data) in (0..).zip(staged.into_iter().flat_map(|db| db.slots)) {
                if data.is_empty() {
                    continue;
                }
                let id = SlotId::new(db, slot);
                touch_watched(unit, id, Some(&data));
                for entry in data.iter() {
                    let (hash, at) = (keyspace.hasher.hash(entry.key()), entry.expire_at());
                    let target = unit.data_mut(id);
                    target.note_expiry(at);
                    let old = target.put(hash, entry.duplicate(), context);
                    let counts = keyspace.db(db);
                    let more = |now: bool, before: Option<bool>| {
                        i64::from(now) - i64::from(before.unwrap_or(false))
                    };
                    let old = old.as_ref().map(|old| old.view());
                    counts.keys.add(i64::from(old.is_none()));
                    let expired = old.map(|old| old.expire_at().is_some());
                    counts.expires.add(more(at.is_some(), expired));
                    let fields = old.map(|old| old.field_expiry().is_some());
                    let now = entry.field_expiry().is_some();
                    counts.fields_expire.add(more(now, fields));
                }
            }
        }
        Ok(())
    }

    fn first_known(&self, server: &'static Server, unit: &Unit<'_>) -> Option<LoadError> {
        let keyspace = &server.keyspace;
        for (id, _) in keyspace.slots() {
            let Some(db) = &self.dbs[id.db() as usize] else {
                continue;
            };
            let there = unit.data(id);
            let known = |key: &[u8]| there.get(keyspace.hasher.hash(key), key).is_some();
            let mut keys = db.slots[usize::from(id.slot())].iter();
            if let Some(entry) = keys.find(|entry| known(entry.key())) {
                return Some(LoadError::Twice {
                    db: id.db(),
                    key: String::from_utf8_lossy(entry.key()).into_owned(),
                });
            }
        }
        None
    }
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
