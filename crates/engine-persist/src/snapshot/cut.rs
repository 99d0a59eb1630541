//! The cut: the one moment a snapshot shows.

use super::queue::PreImageQueue;
use crate::journal::{Journal, Reader, ReplId, ReplIds};
use engine_keyspace::keyspace::Counter;
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

/// Where in the journal's history a cut lies.
#[derive(Debug, Clone)]
pub struct Place {
    /// The journal's names at the cut.
    pub ids: ReplIds,
    /// Bytes of the history that the snapshot holds.
    pub offset: u64,
    /// The database in which the journal goes on.
    pub stream_db: u32,
}

/// What was fixed by the cut.
#[derive(Debug)]
pub struct Cut {
    /// The snapshot's number in the keyspace.
    pub number: u32,
    /// Its place in the history; `None` if the journal is off.
    pub place: Option<Place>,
    /// Databases that held keys.
    pub sizes: Vec<DbSizes>,
    /// Where writers leave pre-images.
    pub queue: Arc<PreImageQueue>,
}

/// Makes a cut for replicas: with all slots locked, turns the journal on if it is off (under the name
/// `fresh_id`), and starts the keyspace's next snapshot. Nobody else may have one running
/// ([`super::Turn`]). To be called by a thread that holds no lock and serves no client: it waits for
/// units that run.
pub fn cut(
    keyspace: &Keyspace,
    journal: &Journal,
    queue: Arc<PreImageQueue>,
    fresh_id: ReplId,
) -> (Cut, Reader) {
    let mut unit = Unit::new(keyspace);
    unit.wait_for_token();
    unit.lock_all();
    let at = {
        let _order = lock::enter(Class::Journal);
        journal.cut(fresh_id)
    };
    let place = Place {
        ids: at.ids,
        offset: at.reader.position(),
        stream_db: at.stream_db,
    };
    (begin(keyspace, queue, Some(place)), at.reader)
}

/// Makes a cut for a file: as [`cut`], but leaves the journal as it is. `noted` runs while all slots
/// are locked and may take down what belongs to that moment.
pub fn cut_for_file<R>(
    keyspace: &Keyspace,
    journal: &Journal,
    queue: Arc<PreImageQueue>,
    noted: impl FnOnce() -> R,
) -> (Cut, R) {
    let mut unit = Unit::new(keyspace);
    unit.wait_for_token();
    unit.lock_all();
    let place = place_now(journal);
    let cut = begin(keyspace, queue, place);
    (cut, noted())
}

/// The journal's place while all slots are locked; `None` if it is off.
pub(super) fn place_now(journal: &Journal) -> Option<Place> {
    let _order = lock::enter(Class::Journal);
    journal.is_on().then(|| Place {
        ids: journal.ids(),
        offset: journal.offset(),
        stream_db: journal.stream_db(),
    })
}

/// How many keys each database holds that holds any; exact while all slots are locked.
pub(super) fn db_sizes(keyspace: &Keyspace) -> Vec<DbSizes> {
    let count = |counter: &Counter| counter.get().max(0) as u64;
    (0..keyspace.databases())
        .map(|db| DbSizes {
            db,
            keys: count(&keyspace.db(db).keys),
            expiring: count(&keyspace.db(db).expires),
        })
        .filter(|sizes| sizes.keys > 0)
        .collect()
}

fn begin(keyspace: &Keyspace, queue: Arc<PreImageQueue>, place: Option<Place>) -> Cut {
    debug_assert_eq!(keyspace.snapshots.now(), 0, "one snapshot at a time");
    for db in 0..keyspace.databases() {
        keyspace.db(db).set_identity(db);
    }
    Cut {
        number: keyspace.snapshots.begin(Arc::clone(&queue) as _),
        place,
        sizes: db_sizes(keyspace),
        queue,
    }
}
