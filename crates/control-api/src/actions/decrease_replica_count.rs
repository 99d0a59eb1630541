//! DecreaseReplicaCount: fewer replicas, at once; named ones, or as many as asked.

use control_model::{CacheClusterId, GroupView, ReplicationGroup, ScopeView};
use proto_awsquery::types::{DecreaseReplicaCountMessage, DecreaseReplicaCountResult};
use proto_awsquery::{ApiError, Fault};

use super::increase_replica_count::{check_may_scale, nothing_to_do, wanted};
use crate::call::{Call, Change};
use crate::describe;
use crate::identifiers::{find_group, shown};

pub(crate) async fn run(
    call: &Call,
    input: DecreaseReplicaCountMessage,
) -> Result<DecreaseReplicaCountResult, ApiError> {
    let id = input.replication_group_id.clone().unwrap_or_default();
    let decide = |view: &ScopeView| {
        let group = find_group(view, &id)?;
        check_may_scale(&group, input.apply_immediately)?;
        let leaving = leaving(&group, &input)?;
        decreased(&group, &leaving).map(Change::from)
    };
    let view = call.change(decide).await?;
    Ok(DecreaseReplicaCountResult {
        replication_group: Some(describe::group(&find_group(&view, &id)?)),
    })
}

fn leaving(
    group: &GroupView<'_>,
    input: &DecreaseReplicaCountMessage,
) -> Result<Vec<CacheClusterId>, ApiError> {
    let record = &group.intent.value;
    let primary = group.primary();
    let named = input
        .replicas_to_remove
        .as_deref()
        .filter(|names| !names.is_empty());
    let by_count = input.new_replica_count.is_some() || input.replica_configuration.is_some();
    let Some(named) = named else {
        let present = record.replica_count();
        let wanted = wanted(
            group,
            input.new_replica_count,
            input.replica_configuration.as_deref(),
        )?;
        if wanted.replicas == present {
            return Err(nothing_to_do(present));
        }
        if wanted.replicas > present {
            return Err(Fault::InvalidParameterValue.with(format!(
                "The new replica count {} must be less than the current replica count {present}.",
                wanted.replicas
            )));
        }
        let primary = primary
            .ok_or_else(|| Fault::InvalidReplicationGroupState.with("The group has no primary."))?;
        return Ok(record.choose_to_remove(present - wanted.replicas, &primary));
    };
    if by_count {
        return Err(Fault::InvalidParameterCombination
            .with("ReplicasToRemove cannot be used together with NewReplicaCount or ReplicaConfiguration."));
    }
    let mut leaving = Vec::new();
    for name in named {
        let id = CacheClusterId::parse(name)
            .ok()
            .filter(|id| record.member(id).is_some())
            .ok_or_else(|| {
                Fault::InvalidParameterValue.with(format!(
                    "Cache cluster {} is not a member of replication group {}.",
                    shown(name),
                    record.id
                ))
            })?;
        if primary.as_ref() == Some(&id) {
            return Err(Fault::InvalidParameterValue.with(format!(
                "Cache cluster {id} is the primary of its node group and cannot be removed."
            )));
        }
        if !leaving.contains(&id) {
            leaving.push(id);
        }
    }
    Ok(leaving)
}

fn decreased(
    group: &GroupView<'_>,
    leaving: &[CacheClusterId],
) -> Result<ReplicationGroup, ApiError> {
    let mut record = group.intent.value.clone();
    record.remove_members(leaving);
    if record.automatic_failover && record.members.len() < 2 {
        return Err(Fault::InvalidParameterCombination.with(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group.",
        ));
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn named_replicas_go() {
        let api = Api::start().await;
        api.group("demo", 3).await;
        let body =
            "ReplicationGroupId=demo&ApplyImmediately=true&ReplicasToRemove.member.1=DEMO-002";
        let answer = api.answer("DecreaseReplicaCount", body).await;
        assert!(answer.contains("<Status>modifying</Status>"), "{answer}");
        let members: Vec<_> = api
            .view()
            .await
            .groups
            .values()
            .flat_map(|g| g.members.clone())
            .collect();
        assert_eq!(
            members.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(),
            ["demo-001", "demo-003"]
        );
        let clusters = api
            .answer("DescribeCacheClusters", "CacheClusterId=demo-002")
            .await;
        assert!(
            clusters.contains("<CacheClusterStatus>deleting</CacheClusterStatus>"),
            "{clusters}"
        );
    }

    #[tokio::test]
    async fn without_names_the_primary_stays() {
        let api = Api::start().await;
        api.group("demo", 3).await;
        api.promote("demo", "demo-003").await;
        api.answer(
            "DecreaseReplicaCount",
            "ReplicationGroupId=demo&ApplyImmediately=true&NewReplicaCount=1",
        )
        .await;
        let members: Vec<_> = api
            .view()
            .await
            .groups
            .values()
            .flat_map(|g| g.members.clone())
            .collect();
        assert_eq!(members.len(), 2);
        assert!(
            members
                .iter()
                .any(|member| member.id.as_str() == "demo-003"),
            "{members:?}"
        );
    }

    #[tokio::test]
    async fn what_may_not_go_stays() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        for (more, code) in [
            (
                "ReplicasToRemove.member.1=demo-001",
                "InvalidParameterValue",
            ),
            (
                "ReplicasToRemove.member.1=demo-009",
                "InvalidParameterValue",
            ),
            (
                "ReplicasToRemove.member.1=demo-002&NewReplicaCount=0",
                "InvalidParameterCombination",
            ),
            (
                "ReplicasToRemove.member.1=demo-002",
                "InvalidParameterCombination",
            ),
            ("NewReplicaCount=0", "InvalidParameterCombination"),
            ("NewReplicaCount=1", "NoOperationFault"),
            ("NewReplicaCount=4", "InvalidParameterValue"),
            ("", "InvalidParameterCombination"),
        ] {
            let body = format!("ReplicationGroupId=demo&ApplyImmediately=true&{more}");
            let refusal = api.refusal("DecreaseReplicaCount", &body).await;
            assert_eq!(refusal.code, code, "{more}: {}", refusal.message);
        }
    }
}
