//! DeleteCacheCluster: a lone node, or a replica of a group.

use control_model::replication_group::Deletion;
use control_model::view::Place;
use control_model::{CacheClusterStatus, ClusterView, GroupStatus, GroupView, ScopeView};
use proto_awsquery::types::{DeleteCacheClusterMessage, DeleteCacheClusterResult};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::identifiers::find_cluster;
use crate::{describe, not_carried_out};

pub(crate) async fn run(
    call: &Call,
    input: DeleteCacheClusterMessage,
) -> Result<DeleteCacheClusterResult, ApiError> {
    let id = input.cache_cluster_id.clone().unwrap_or_default();
    let decide = |view: &ScopeView| {
        let cluster = find_cluster(view, &id)?;
        not_carried_out::refuse(&[(
            "FinalSnapshotIdentifier",
            input.final_snapshot_identifier.is_some(),
        )])?;
        match cluster.place {
            Place::Alone(lone) => {
                check_available(&cluster)?;
                let mut record = lone.value.clone();
                record.deleting = Some(Deletion { asked_at: call.now });
                Ok(Change::from(record))
            }
            Place::Member { group, .. } => {
                check_may_leave(
                    &GroupView {
                        scope: view,
                        intent: group,
                    },
                    &cluster,
                )?;
                let mut record = group.value.clone();
                record.remove_members(std::slice::from_ref(&cluster.id));
                Ok(Change::from(record))
            }
        }
    };
    let view = call.change(decide).await?;
    // A replica that had no node yet is gone with the record.
    let cluster = find_cluster(&view, &id).ok();
    Ok(DeleteCacheClusterResult {
        cache_cluster: cluster.map(|cluster| describe::cluster(&cluster, false)),
    })
}

fn check_available(cluster: &ClusterView<'_>) -> Result<(), ApiError> {
    match cluster.status() {
        CacheClusterStatus::Available => Ok(()),
        _ => Err(Fault::InvalidCacheClusterState.with(format!(
            "Cache cluster {} is not in a valid state to be deleted.",
            cluster.id
        ))),
    }
}

fn check_may_leave(group: &GroupView<'_>, cluster: &ClusterView<'_>) -> Result<(), ApiError> {
    let record = &group.intent.value;
    let refuse = |text: String| Err(Fault::InvalidCacheClusterState.with(text));
    if record.members.len() == 1 && record.member(&cluster.id).is_some() {
        return refuse(
            "Cannot delete the cache cluster since it is the only member of a replication group. Delete the \
             replication group instead."
                .to_owned(),
        );
    }
    check_available(cluster)?;
    if group.primary().as_ref() == Some(&cluster.id) {
        return refuse(format!(
            "Cannot delete the cache cluster because it is the primary of replication group {}.",
            record.id
        ));
    }
    if record.automatic_failover && record.replica_count() < 2 {
        return refuse(format!(
            "Cannot delete the cache cluster because it is the only read replica for replication group {} which has \
             autofailover enabled or pending.",
            record.id
        ));
    }
    if group.status() != GroupStatus::Available {
        return refuse(format!(
            "Cache cluster {} is not in a valid state to be deleted.",
            cluster.id
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn a_lone_node_goes() {
        let api = Api::start().await;
        api.lone("one").await;
        let answer = api.answer("DeleteCacheCluster", "CacheClusterId=ONE").await;
        assert!(
            answer.contains("<CacheClusterStatus>deleting</CacheClusterStatus>"),
            "{answer}"
        );
        let again = api
            .refusal("DeleteCacheCluster", "CacheClusterId=one")
            .await;
        again.is(
            400,
            "InvalidCacheClusterState",
            "Cache cluster one is not in a valid state to be deleted.",
        );
    }

    #[tokio::test]
    async fn a_replica_leaves_its_group() {
        let api = Api::start().await;
        api.group("demo", 3).await;
        let answer = api
            .answer("DeleteCacheCluster", "CacheClusterId=demo-003")
            .await;
        assert!(
            answer.contains("<CacheClusterStatus>deleting</CacheClusterStatus>"),
            "{answer}"
        );
        let group = api.answer("DescribeReplicationGroups", "").await;
        assert!(group.contains("<Status>modifying</Status>"), "{group}");
    }

    #[tokio::test]
    async fn what_a_group_cannot_do_without_stays() {
        let api = Api::start().await;
        api.group("one", 1).await;
        api.group("two", 2).await;
        api.group("three", 3).await;
        for (id, text) in [
            (
                "one-001",
                "Cannot delete the cache cluster since it is the only member of a replication group. Delete the \
                 replication group instead.",
            ),
            (
                "two-002",
                "Cannot delete the cache cluster because it is the only read replica for replication group two which \
                 has autofailover enabled or pending.",
            ),
            (
                "three-001",
                "Cannot delete the cache cluster because it is the primary of replication group three.",
            ),
        ] {
            let refusal = api
                .refusal("DeleteCacheCluster", &format!("CacheClusterId={id}"))
                .await;
            refusal.is(400, "InvalidCacheClusterState", text);
        }
        let none = api
            .refusal("DeleteCacheCluster", "CacheClusterId=none")
            .await;
        none.is(404, "CacheClusterNotFound", "CacheCluster not found: none");
    }
}
