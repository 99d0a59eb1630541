//! DeleteReplicationGroup: the group and all its members go.

use std::time::Duration;

use control_model::replication_group::Deletion;
use control_model::{GroupStatus, GroupView, Timestamp};
use proto_awsquery::types::{DeleteReplicationGroupMessage, DeleteReplicationGroupResult};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::identifiers::find_group;
use crate::{describe, not_carried_out};

/// A group that is not ready by then counts as failed, and may be deleted.
const CREATION_MAX: Duration = Duration::from_secs(10 * 60);

pub(crate) async fn run(
    call: &Call,
    input: DeleteReplicationGroupMessage,
) -> Result<DeleteReplicationGroupResult, ApiError> {
    let id = input.replication_group_id.clone().unwrap_or_default();
    let decide = |view: &control_model::ScopeView| {
        let group = find_group(view, &id)?;
        not_carried_out::refuse(&[
            (
                "RetainPrimaryCluster",
                input.retain_primary_cluster == Some(true),
            ),
            (
                "FinalSnapshotIdentifier",
                input.final_snapshot_identifier.is_some(),
            ),
        ])?;
        check_status(&group, call.now)?;
        let mut record = group.intent.value.clone();
        record.deleting = Some(Deletion { asked_at: call.now });
        Ok(Change::from(record))
    };
    let view = call.change(decide).await?;
    Ok(DeleteReplicationGroupResult {
        replication_group: Some(describe::group(&find_group(&view, &id)?)),
    })
}

fn check_status(group: &GroupView<'_>, now: Timestamp) -> Result<(), ApiError> {
    match group.status() {
        GroupStatus::Available => Ok(()),
        GroupStatus::Creating if now.since(group.intent.created_at) > CREATION_MAX => Ok(()),
        status => Err(Fault::InvalidReplicationGroupState.with(format!(
            "Replication group {} has status {status} which is not valid for deletion.",
            group.intent.id
        ))),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn a_deleted_group_shows_as_deleting_at_once() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer("DeleteReplicationGroup", "ReplicationGroupId=demo")
            .await;
        assert!(answer.contains("<Status>deleting</Status>"), "{answer}");
        // The SDK's waiter for deletion fails on any other word.
        let members = api.answer("DescribeCacheClusters", "").await;
        assert_eq!(
            members
                .matches("<CacheClusterStatus>deleting</CacheClusterStatus>")
                .count(),
            2,
            "{members}"
        );
        let again = api
            .refusal("DeleteReplicationGroup", "ReplicationGroupId=demo")
            .await;
        again.is(
            400,
            "InvalidReplicationGroupState",
            "Replication group demo has status deleting which is not valid for deletion.",
        );
    }

    #[tokio::test]
    async fn a_group_that_never_became_ready_can_be_deleted_in_the_end() {
        let api = Api::start().await;
        let create =
            "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.t4g.small";
        api.answer("CreateReplicationGroup", create).await;
        let early = api
            .refusal("DeleteReplicationGroup", "ReplicationGroupId=demo")
            .await;
        assert_eq!(early.code, "InvalidReplicationGroupState");
        api.pass_minutes(11);
        api.answer("DeleteReplicationGroup", "ReplicationGroupId=demo")
            .await;
    }

    #[tokio::test]
    async fn what_is_not_there_or_not_served_is_refused() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let none = api
            .refusal("DeleteReplicationGroup", "ReplicationGroupId=none")
            .await;
        assert_eq!(
            (&*none.code, none.status),
            ("ReplicationGroupNotFoundFault", 404)
        );
        for more in ["RetainPrimaryCluster=true", "FinalSnapshotIdentifier=last"] {
            let refusal = api
                .refusal(
                    "DeleteReplicationGroup",
                    &format!("ReplicationGroupId=demo&{more}"),
                )
                .await;
            assert!(
                refusal.message.contains("not carried out"),
                "{}",
                refusal.message
            );
        }
        assert!(
            api.answer("DescribeReplicationGroups", "")
                .await
                .contains("<Status>available</Status>")
        );
    }
}
