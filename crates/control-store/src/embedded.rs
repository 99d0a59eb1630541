//! The embedded implementation: one redb file, for one host.
//!
//! Table `entries`: key → create revision, mod revision, lease (u64 each, little
//! endian; lease 0 = none), then the value. Table `counters`: `revision` and
//! `lease` → the last number given out. Table `leases`: lease → its time to
//! live in milliseconds. A commit is synced to disk before it is told to anyone.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use async_trait::async_trait;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use crate::leases::Leases;
use crate::store::{Entry, LeaseId, Listing, Op, Revision, Store, StoreError, Txn, TxnOutcome};
use crate::watch::{Change, Watch, Watchers};

const ENTRIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("entries");
const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");
const LEASES: TableDefinition<'_, u64, u64> = TableDefinition::new("leases");

/// Records are few and small; the rest of the machine's memory is for caches.
const CACHE_BYTES: usize = 16 << 20;

/// How often ended leases are looked for.
const LEASE_SWEEP: Duration = Duration::from_millis(250);

/// The store in one file. Cheap to clone; the file closes with the last clone.
#[derive(Clone)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    watchers: Watchers,
    leases: Mutex<Leases>,
    /// Held from before a commit until its watchers are told, so that they hear
    /// of commits in order.
    writing: Mutex<()>,
}

impl EmbeddedStore {
    /// Opens or creates the file. Must be called within a tokio runtime, which
    /// from then on ends leases that are not renewed.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let inner = blocking(move || Inner::open(&path)).await?;
        let inner = Arc::new(inner);
        tokio::spawn(end_leases(Arc::downgrade(&inner)));
        Ok(Self { inner })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || work(&inner)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(e) => Err(StoreError::Io(e.to_string())),
    }
}

async fn end_leases(inner: Weak<Inner>) {
    loop {
        tokio::time::sleep(LEASE_SWEEP).await;
        let Some(inner) = inner.upgrade() else { return };
        let ended = inner.leases().ended();
        for lease in ended {
            let inner = Arc::clone(&inner);
            if let Err(error) = blocking(move || inner.end_lease(lease, true)).await {
                tracing::warn!(lease, %error, "an ended lease could not be removed; trying again");
            }
        }
    }
}

impl Inner {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let created = Database::builder().set_cache_size(CACHE_BYTES).create(path);
        let database = created.map_err(|e| match e {
            redb::DatabaseError::DatabaseAlreadyOpen => StoreError::InUse {
                path: path.display().to_string(),
            },
            other => io(other),
        })?;
        let mut leases = Leases::default();
        let txn = database.begin_write().map_err(io)?;
        {
            txn.open_table(ENTRIES).map_err(io)?;
            txn.open_table(COUNTERS).map_err(io)?;
            let table = txn.open_table(LEASES).map_err(io)?;
            for row in table.iter().map_err(io)? {
                let (id, ttl_ms) = row.map_err(io)?;
                leases.grant(id.value(), Duration::from_millis(ttl_ms.value()));
            }
        }
        txn.commit().map_err(io)?;
        Ok(Self {
            database,
            watchers: Watchers::default(),
            leases: Mutex::new(leases),
            writing: Mutex::new(()),
        })
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().expect("no panic under this lock")
    }

    fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let txn = self.database.begin_read().map_err(io)?;
        let table = txn.open_table(ENTRIES).map_err(io)?;
        let found = table.get(key).map_err(io)?;
        found.map(|row| decode(key, row.value())).transpose()
    }

    /// Keys from `from` on while `within` holds.
    fn list(&self, from: &str, within: impl Fn(&str) -> bool) -> Result<Listing, StoreError> {
        let txn = self.database.begin_read().map_err(io)?;
        let revision = counter(&txn.open_table(COUNTERS).map_err(io)?, "revision")?;
        let table = txn.open_table(ENTRIES).map_err(io)?;
        let mut entries = Vec::new();
        for row in table.range(from..).map_err(io)? {
            let (key, value) = row.map_err(io)?;
            if !within(key.value()) {
                break;
            }
            entries.push(decode(key.value(), value.value())?);
        }
        Ok(Listing { entries, revision })
    }

    fn txn(&self, txn: &Txn) -> Result<TxnOutcome, StoreError> {
        let _writing = self.writing.lock().expect("no panic under this lock");
        let write = self.database.begin_write().map_err(io)?;
        if !self.compares_hold(&write, txn)? {
            write.abort().map_err(io)?;
            return Ok(TxnOutcome::Conflict);
        }
        let revision = next(&write, "revision")?;
        let mut changes = Vec::with_capacity(txn.ops.len());
        for op in &txn.ops {
            changes.extend(apply(&write, op, revision)?);
        }
        write.commit().map_err(io)?;
        self.watchers.tell(revision, &changes);
        Ok(TxnOutcome::Committed(revision))
    }

    fn compares_hold(&self, write: &WriteTransaction, txn: &Txn) -> Result<bool, StoreError> {
        for op in &txn.ops {
            if let Op::Put {
                lease: Some(lease), ..
            } = op
                && !self.leases().is_held(*lease)
            {
                return Err(StoreError::LeaseEnded(*lease));
            }
        }
        let table = write.open_table(ENTRIES).map_err(io)?;
        for compare in &txn.compares {
            let found = table.get(compare.key.as_str()).map_err(io)?;
            let revision = match found {
                Some(row) => decode(&compare.key, row.value())?.mod_revision,
                None => 0,
            };
            if revision != compare.mod_revision {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn grant_lease(&self, ttl: Duration) -> Result<LeaseId, StoreError> {
        let _writing = self.writing.lock().expect("no panic under this lock");
        let write = self.database.begin_write().map_err(io)?;
        let id = next(&write, "lease")?;
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        write
            .open_table(LEASES)
            .map_err(io)?
            .insert(id, ttl_ms)
            .map_err(io)?;
        write.commit().map_err(io)?;
        self.leases().grant(id, ttl);
        Ok(id)
    }

    /// Deletes the lease's keys and the lease. `only_ended`: not if it was
    /// renewed since it was found to have ended.
    fn end_lease(&self, lease: LeaseId, only_ended: bool) -> Result<(), StoreError> {
        let _writing = self.writing.lock().expect("no panic under this lock");
        if only_ended && self.leases().is_held(lease) {
            return Ok(());
        }
        let write = self.database.begin_write().map_err(io)?;
        let revision = next(&write, "revision")?;
        let mut changes = Vec::new();
        for key in keys_of_lease(&write, lease)? {
            changes.extend(apply(&write, &Op::Delete { key }, revision)?);
        }
        write
            .open_table(LEASES)
            .map_err(io)?
            .remove(lease)
            .map_err(io)?;
        write.commit().map_err(io)?;
        self.leases().forget(lease);
        self.watchers.tell(revision, &changes);
        Ok(())
    }
}

fn keys_of_lease(write: &WriteTransaction, lease: LeaseId) -> Result<Vec<String>, StoreError> {
    let table = write.open_table(ENTRIES).map_err(io)?;
    let mut keys = Vec::new();
    for row in table.iter().map_err(io)? {
        let (key, value) = row.map_err(io)?;
        if decode(key.value(), value.value())?.lease == Some(lease) {
            keys.push(key.value().to_owned());
        }
    }
    Ok(keys)
}

fn apply(
    write: &WriteTransaction,
    op: &Op,
    revision: Revision,
) -> Result<Option<Change>, StoreError> {
    let mut table = write.open_table(ENTRIES).map_err(io)?;
    match op {
        Op::Put { key, value, lease } => {
            let before = match table.get(key.as_str()).map_err(io)? {
                Some(row) => Some(decode(key, row.value())?),
                None => None,
            };
            let entry = Entry {
                key: key.clone(),
                value: value.clone(),
                create_revision: before.map_or(revision, |e| e.create_revision),
                mod_revision: revision,
                lease: *lease,
            };
            let encoded = encode(&entry);
            table.insert(key.as_str(), encoded.as_slice()).map_err(io)?;
            Ok(Some(Change::Put(entry)))
        }
        Op::Delete { key } => {
            let removed = table.remove(key.as_str()).map_err(io)?.is_some();
            Ok(removed.then(|| Change::Deleted { key: key.clone() }))
        }
    }
}

fn next(write: &WriteTransaction, name: &str) -> Result<u64, StoreError> {
    let mut table = write.open_table(COUNTERS).map_err(io)?;
    let number = counter(&table, name)? + 1;
    table.insert(name, number).map_err(io)?;
    Ok(number)
}

fn counter(table: &impl ReadableTable<&'static str, u64>, name: &str) -> Result<u64, StoreError> {
    Ok(table.get(name).map_err(io)?.map_or(0, |row| row.value()))
}

const HEADER: usize = 24;

fn encode(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + entry.value.len());
    bytes.extend(entry.create_revision.to_le_bytes());
    bytes.extend(entry.mod_revision.to_le_bytes());
    bytes.extend(entry.lease.unwrap_or(0).to_le_bytes());
    bytes.extend(&entry.value);
    bytes
}

fn decode(key: &str, bytes: &[u8]) -> Result<Entry, StoreError> {
    let (numbers, _) = bytes.as_chunks::<8>();
    if numbers.len() < HEADER / 8 {
        return Err(StoreError::BadRecord {
            key: key.to_owned(),
            reason: "it is shorter than its header".to_owned(),
        });
    }
    let lease = u64::from_le_bytes(numbers[2]);
    Ok(Entry {
        key: key.to_owned(),
        value: bytes[HEADER..].to_vec(),
        create_revision: u64::from_le_bytes(numbers[0]),
        mod_revision: u64::from_le_bytes(numbers[1]),
        lease: (lease != 0).then_some(lease),
    })
}

fn io(error: impl std::fmt::Display) -> StoreError {
    StoreError::Io(error.to_string())
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let key = key.to_owned();
        self.run(move |inner| inner.get(&key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Listing, StoreError> {
        let prefix = prefix.to_owned();
        self.run(move |inner| inner.list(&prefix, |key| key.starts_with(&prefix)))
            .await
    }

    async fn range(&self, from: &str, to: &str) -> Result<Listing, StoreError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.run(move |inner| inner.list(&from, |key| key < to.as_str()))
            .await
    }

    async fn txn(&self, txn: Txn) -> Result<TxnOutcome, StoreError> {
        self.run(move |inner| inner.txn(&txn)).await
    }

    async fn watch(&self, prefix: &str) -> Result<Watch, StoreError> {
        Ok(self.inner.watchers.add(prefix))
    }

    async fn grant_lease(&self, ttl: Duration) -> Result<LeaseId, StoreError> {
        self.run(move |inner| inner.grant_lease(ttl)).await
    }

    async fn keep_alive(&self, lease: LeaseId) -> Result<(), StoreError> {
        if self.inner.leases().renew(lease) {
            Ok(())
        } else {
            Err(StoreError::LeaseEnded(lease))
        }
    }

    async fn revoke_lease(&self, lease: LeaseId) -> Result<(), StoreError> {
        self.run(move |inner| inner.end_lease(lease, false)).await
    }
}
