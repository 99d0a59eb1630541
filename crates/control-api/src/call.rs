//! One call of an action: whose records it sees, and how it changes them.

use std::sync::Arc;

use control_model::keys::{self, Keyed};
use control_model::{
    CacheCluster, Event, ReplicationGroup, Scope, ScopeView, Timestamp, Versioned,
};
use control_store::{Store, StoreError, Txn, TxnExt, TxnOutcome};
use proto_awsquery::{ApiError, CommonError};

/// How often a change is decided anew because another one came first.
const ATTEMPTS_MAX: usize = 16;

/// One call of an action.
pub(crate) struct Call {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) nudge: Arc<dyn Fn() + Send + Sync>,
    /// Account and region of whoever signed the request.
    pub(crate) scope: Scope,
    pub(crate) now: Timestamp,
    pub(crate) request_id: String,
}

/// What an action wants written: desired state and events, together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) groups: Vec<ReplicationGroup>,
    pub(crate) clusters: Vec<CacheCluster>,
    pub(crate) events: Vec<Event>,
}

impl From<ReplicationGroup> for Change {
    fn from(group: ReplicationGroup) -> Self {
        Self {
            groups: vec![group],
            ..Self::default()
        }
    }
}

impl From<CacheCluster> for Change {
    fn from(cluster: CacheCluster) -> Self {
        Self {
            clusters: vec![cluster],
            ..Self::default()
        }
    }
}

impl Call {
    /// The scope's records as of now.
    pub(crate) async fn view(&self) -> Result<ScopeView, ApiError> {
        let listing = self
            .store
            .list(&keys::scope(&self.scope))
            .await
            .map_err(store_failed)?;
        ScopeView::from_records(self.scope.clone(), listing.records()).map_err(|error| {
            tracing::error!(%error, "a record cannot be read");
            CommonError::InternalFailure
                .with("A stored record cannot be read; the service's log names it.")
        })
    }

    /// Decides a change from the scope's records and writes it, unless the records
    /// changed meanwhile: then it is decided anew. Answers the view with the change in it.
    pub(crate) async fn change(
        &self,
        decide: impl Fn(&ScopeView) -> Result<Change, ApiError> + Send,
    ) -> Result<ScopeView, ApiError> {
        for _ in 0..ATTEMPTS_MAX {
            let mut view = self.view().await?;
            let change = decide(&view)?;
            let txn = self.transaction(&view, &change);
            if let TxnOutcome::Committed(revision) =
                self.store.txn(txn).await.map_err(store_failed)?
            {
                (self.nudge)();
                for group in change.groups {
                    view.groups.insert(
                        group.id.clone(),
                        Versioned {
                            value: group,
                            revision,
                        },
                    );
                }
                for cluster in change.clusters {
                    view.clusters.insert(
                        cluster.id.clone(),
                        Versioned {
                            value: cluster,
                            revision,
                        },
                    );
                }
                return Ok(view);
            }
        }
        Err(CommonError::ServiceUnavailable.with("Too many changes at the same time; try again."))
    }

    /// Two calls cannot both act on one picture (the generation), and a record that a
    /// reconciler removed meanwhile does not come back (its own revision).
    fn transaction(&self, view: &ScopeView, change: &Change) -> Txn {
        let generation = keys::generation(&self.scope);
        let mut txn = Txn::new()
            .when(&generation, view.generation_revision)
            .put(&generation, self.request_id.as_bytes());
        for group in &change.groups {
            let revision = view.groups.get(&group.id).map_or(0, |found| found.revision);
            txn = txn.when(group.key(), revision).put_json(group.key(), group);
        }
        for cluster in &change.clusters {
            let revision = view
                .clusters
                .get(&cluster.id)
                .map_or(0, |found| found.revision);
            txn = txn
                .when(cluster.key(), revision)
                .put_json(cluster.key(), cluster);
        }
        for event in Event::in_order(change.events.clone()) {
            txn = txn.put_json(event.key(), &event);
        }
        txn
    }
}

/// The answer when the store fails: logged here, as its cause is not the caller's business.
pub(crate) fn store_failed(error: StoreError) -> ApiError {
    tracing::error!(%error, "the store failed");
    CommonError::ServiceUnavailable
        .with("The request cannot be carried out now; the service's log says why.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Api;

    #[tokio::test]
    async fn concurrent_changes_are_all_decided_on_current_records() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let add = |n: usize| {
            let api = &api;
            async move {
                let body = format!(
                    "ResourceName=arn:aws:elasticache:us-east-1:123456789012:replicationgroup:demo&Tags.Tag.1.Key=k{n}&Tags.Tag.1.Value=v"
                );
                api.answer("AddTagsToResource", &body).await;
            }
        };
        tokio::join!(add(0), add(1), add(2), add(3), add(4), add(5));
        let view = api.view().await;
        let group = view.groups.values().next().expect("the group");
        assert_eq!(group.tags.len(), 6, "no tag was lost: {:?}", group.tags);
    }

    #[tokio::test]
    async fn a_record_removed_meanwhile_does_not_come_back() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let call = api.call();
        let stale = call.view().await.expect("a view");
        let group = stale
            .groups
            .values()
            .next()
            .expect("the group")
            .value
            .clone();
        api.context
            .store
            .txn(Txn::new().delete(group.key()))
            .await
            .expect("the store works");
        let txn = call.transaction(&stale, &group.into());
        assert_eq!(
            api.context.store.txn(txn).await.expect("the store works"),
            TxnOutcome::Conflict
        );
    }
}
