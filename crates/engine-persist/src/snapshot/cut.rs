//! The cut: the one moment a snapshot shows.

use super::queue::PreImageQueue;
use crate::journal::{Journal, Reader, ReplId, ReplIds};
use engine_keyspace::lock::{self, Class};
use engine_keyspace::{Keyspace, Unit};
use std::sync::Arc;

/// How many keys a database had at the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbSizes {
    /// Its number at the cut.
    pub db: u32,
    /// All keys.
    pub keys: u64,
    /// Those with an expiry.
    pub expiring: u64,
}

/// What was fixed by the cut.
#[derive(Debug)]
pub struct Cut {
    /// The snapshot's number in the keyspace.
    pub number: u32,
    /// The journal's names at the cut.
    pub ids: ReplIds,
    /// Bytes of the history that the snapshot holds.
    pub offset: u64,
    /// The database in which the journal goes on.
    pub stream_db: u32,
    /// Databases that held keys.
    pub sizes: Vec<DbSizes>,
    /// Where writers leave pre-images.
    pub queue: Arc<PreImageQueue>,
}

/// Makes a cut: with all slots locked, turns the journal on if it is off (under the name
/// `fresh_id`), and starts the keyspace's next snapshot. Nobody else may have one running. To be
/// called by a thread that holds no lock and serves no client: it waits for units that run.
pub fn cut(
    keyspace: &Keyspace,
    journal: &Journal,
    queue: Arc<PreImageQueue>,
    fresh_id: ReplId,
) -> (Cut, Reader) {
    debug_assert_eq!(keyspace.snapshots.now(), 0, "one snapshot at a time");
    let mut unit = Unit::new(keyspace);
    unit.wait_for_token();
    unit.lock_all();
    let at = {
        let _order = lock::enter(Class::Journal);
        journal.cut(fresh_id)
    };
    let mut sizes = Vec::new();
    for db in 0..keyspace.databases() {
        let database = keyspace.db(db);
        database.set_identity(db);
        let count = |counter: &engine_keyspace::keyspace::Counter| counter.get().max(0) as u64;
        let (keys, expiring) = (count(&database.keys), count(&database.expires));
        if keys > 0 {
            sizes.push(DbSizes { db, keys, expiring });
        }
    }
    let number = keyspace.snapshots.begin(Arc::clone(&queue) as _);
    let cut = Cut {
        number,
        ids: at.ids,
        offset: at.reader.position(),
        stream_db: at.stream_db,
        sizes,
        queue,
    };
    (cut, at.reader)
}
