//! The loop: on a timer and on every change of a record, plan and take steps
//! until nothing is left to do. It takes no arguments and keeps no state of its
//! own, so that it may die anywhere and another may go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control_model::{BadRecord, Host, HostId, ScopeView, Timestamp, keys};
use control_store::{Store, StoreError, StoreExt, TxnOutcome};

use crate::old_events;
use crate::picture::{Picture, wanted_of};
use crate::plan::next_step;

/// How often all is looked at without any nudge.
const PERIOD: Duration = Duration::from_secs(1);
/// Steps of one pass; more means that two rules undo each other.
const STEPS_MAX: usize = 64;
/// How often old events are looked for.
const EVENTS_PERIOD: Duration = Duration::from_secs(600);

/// A pass that could not be finished; the next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] BadRecord),
}

/// Drives every replication group and cache cluster towards its intent.
pub struct Reconciler {
    store: Arc<dyn Store>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    entropy: Box<dyn Fn() -> String + Send + Sync>,
}

impl Reconciler {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with(store, || SystemTime::now().into(), random_hex)
    }

    /// With a clock and randomness (40 hexadecimal digits) of the caller's.
    pub fn with(
        store: Arc<dyn Store>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        entropy: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            clock: Box::new(clock),
            entropy: Box::new(entropy),
        }
    }

    /// Runs until the store is closed or the task is dropped.
    pub async fn run(&self) {
        let mut watch = match self.store.watch(keys::ALL_SCOPES).await {
            Ok(watch) => watch,
            Err(error) => {
                tracing::error!(%error, "reconciling cannot start");
                return;
            }
        };
        let mut events_at = tokio::time::Instant::now();
        loop {
            if let Err(error) = self.pass().await {
                tracing::error!(%error, "a reconciling pass failed; trying again");
                tokio::time::sleep(PERIOD).await;
            }
            if events_at.elapsed() >= EVENTS_PERIOD {
                events_at = tokio::time::Instant::now();
                if let Err(error) = self.remove_old_events().await {
                    tracing::warn!(%error, "old events stay for now");
                }
            }
            if let Ok(None) = tokio::time::timeout(PERIOD, watch.nudge()).await {
                return;
            }
        }
    }

    /// Takes steps until there is none left (or a bound is reached). Returns
    /// how many were taken.
    pub async fn pass(&self) -> Result<usize, ReconcileError> {
        let mut taken = 0;
        while taken < STEPS_MAX && self.step_each().await? {
            taken += 1;
        }
        Ok(taken)
    }

    /// At most one step for each group and cluster. False: nothing to do.
    pub async fn step_each(&self) -> Result<bool, ReconcileError> {
        let hosts = self.hosts().await?;
        let listing = self.store.list(keys::ALL_SCOPES).await?;
        let views = ScopeView::all_from_records(listing.records())?;
        let now = (self.clock)();
        let mut any = false;
        for view in views.values() {
            for wanted in wanted_of(view) {
                let owner = wanted.owner.clone();
                let picture = Picture::new(view, &hosts, now, wanted);
                let Some(step) = next_step(&picture, &*self.entropy) else {
                    continue;
                };
                let name = step.name;
                let outcome = self.store.txn(step.into_txn()).await?;
                any = true;
                match outcome {
                    TxnOutcome::Committed(_) => {
                        tracing::info!(scope = %view.scope, %owner, step = name);
                    }
                    TxnOutcome::Conflict => {
                        tracing::debug!(scope = %view.scope, %owner, step = name, "overtaken");
                    }
                }
            }
        }
        Ok(any)
    }

    async fn hosts(&self) -> Result<BTreeMap<HostId, Host>, StoreError> {
        let hosts = self.store.list_json::<Host>(keys::ALL_HOSTS).await?;
        Ok(hosts.into_iter().map(|(h, _)| (h.id.clone(), h)).collect())
    }

    async fn remove_old_events(&self) -> Result<(), ReconcileError> {
        let listing = self.store.list(keys::ALL_SCOPES).await?;
        let views = ScopeView::all_from_records(listing.records())?;
        for scope in views.keys() {
            old_events::remove(&*self.store, scope, (self.clock)()).await?;
        }
        Ok(())
    }
}

fn random_hex() -> String {
    rand::random::<[u8; 20]>()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
