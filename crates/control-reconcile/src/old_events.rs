//! Events past their 14 days are removed.

use control_model::event::EVENTS_KEPT;
use control_model::{Scope, Timestamp, keys};
use control_store::{Store, StoreError, Txn};

/// At most this many in one transaction.
const BATCH: usize = 500;

pub(crate) async fn remove(
    store: &dyn Store,
    scope: &Scope,
    now: Timestamp,
) -> Result<(), StoreError> {
    let until = keys::events_from(scope, now.saturating_sub(EVENTS_KEPT));
    let old = store.range(&keys::events(scope), &until).await?;
    for batch in old.entries.chunks(BATCH) {
        let txn = batch
            .iter()
            .fold(Txn::new(), |txn, e| txn.delete(e.key.as_str()));
        store.txn(txn).await?;
    }
    Ok(())
}
