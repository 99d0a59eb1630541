//! TestFailover: a failover on demand; the group stays `available` through it.
//!
//! ElastiCache's quota of such calls a day guards its capacity and is not imitated.

use control_model::{Event, GroupStatus, GroupView, ScopeView};
use proto_awsquery::types::{TestFailoverMessage, TestFailoverResult};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::describe;
use crate::identifiers::{find_group, find_shard};

pub(crate) async fn run(
    call: &Call,
    input: TestFailoverMessage,
) -> Result<TestFailoverResult, ApiError> {
    let id = input.replication_group_id.clone().unwrap_or_default();
    let decide = |view: &ScopeView| {
        let group = find_group(view, &id)?;
        let shard = find_shard(&group, input.node_group_id.as_deref().unwrap_or_default())?;
        check_may_fail_over(&group)?;
        let mut record = group.intent.value.clone();
        record.test_failovers += 1;
        let event = Event::test_failover_called(&call.scope, call.now, &record.id, &shard);
        Ok(Change {
            groups: vec![record],
            events: vec![event],
            ..Change::default()
        })
    };
    let view = call.change(decide).await?;
    Ok(TestFailoverResult {
        replication_group: Some(describe::group(&find_group(&view, &id)?)),
    })
}

fn check_may_fail_over(group: &GroupView<'_>) -> Result<(), ApiError> {
    let refuse = |text: &str| Err(Fault::InvalidReplicationGroupState.with(text));
    if group.status() != GroupStatus::Available {
        return refuse("Replication group must be in available state to test failover.");
    }
    if group.automatic_failover().as_str() != "enabled" {
        return refuse(
            "Automatic failover must be enabled on the replication group to test failover.",
        );
    }
    // The member that was primary must be replaced before the next one is taken down.
    let all_ready = group
        .members()
        .iter()
        .all(|member| member.status().as_str() == "available");
    let under_way = group.shard().is_none_or(|s| {
        s.failover.is_some() || s.test_failovers_done != group.intent.test_failovers
    });
    if under_way || !all_ready {
        return refuse(
            "A failover of the node group is under way or its replacement node is not ready yet.",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn a_failover_is_asked_for_and_told_as_an_event() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer("TestFailover", "ReplicationGroupId=demo&NodeGroupId=0001")
            .await;
        assert!(answer.contains("<Status>available</Status>"), "{answer}");
        assert_eq!(
            api.view()
                .await
                .groups
                .values()
                .next()
                .expect("the group")
                .test_failovers,
            1
        );
        let events = api.answer("DescribeEvents", "").await;
        assert!(
            events.contains("<Message>Test Failover API called for node group 0001</Message>"),
            "{events}"
        );
        assert!(
            events.contains("<SourceType>replication-group</SourceType>"),
            "{events}"
        );
        let again = api
            .refusal("TestFailover", "ReplicationGroupId=demo&NodeGroupId=0001")
            .await;
        assert_eq!(again.code, "InvalidReplicationGroupState");
    }

    #[tokio::test]
    async fn a_failover_needs_a_group_that_can() {
        let api = Api::start().await;
        api.group("one", 1).await;
        api.group("two", 2).await;
        for (body, code, status) in [
            (
                "ReplicationGroupId=none&NodeGroupId=0001",
                "ReplicationGroupNotFoundFault",
                404,
            ),
            (
                "ReplicationGroupId=two&NodeGroupId=0002",
                "NodeGroupNotFoundFault",
                404,
            ),
            (
                "ReplicationGroupId=one&NodeGroupId=0001",
                "InvalidReplicationGroupState",
                400,
            ),
            ("ReplicationGroupId=two", "InvalidParameterValue", 400),
        ] {
            let refusal = api.refusal("TestFailover", body).await;
            assert_eq!((&*refusal.code, refusal.status), (code, status), "{body}");
        }
    }
}
