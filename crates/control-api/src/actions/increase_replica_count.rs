//! IncreaseReplicaCount: more replicas, at once.

use control_model::replication_group::MEMBERS_MAX;
use control_model::{GroupStatus, GroupView, ReplicationGroup, ScopeView};
use proto_awsquery::types::{
    ConfigureShard, IncreaseReplicaCountMessage, IncreaseReplicaCountResult,
};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::identifiers::{find_group, find_shard};
use crate::{describe, placement};

pub(crate) async fn run(
    call: &Call,
    input: IncreaseReplicaCountMessage,
) -> Result<IncreaseReplicaCountResult, ApiError> {
    let id = input.replication_group_id.clone().unwrap_or_default();
    let decide = |view: &ScopeView| {
        let group = find_group(view, &id)?;
        check_may_scale(&group, input.apply_immediately)?;
        let wanted = wanted(
            &group,
            input.new_replica_count,
            input.replica_configuration.as_deref(),
        )?;
        increased(call, view, &group, &wanted).map(Change::from)
    };
    let view = call.change(decide).await?;
    Ok(IncreaseReplicaCountResult {
        replication_group: Some(describe::group(&find_group(&view, &id)?)),
    })
}

/// How many replicas there shall be, and where every node of the shard shall stand if
/// that matters.
pub(crate) struct Wanted {
    pub(crate) replicas: usize,
    pub(crate) zones: Vec<String>,
}

/// What both replica count actions check first.
pub(crate) fn check_may_scale(
    group: &GroupView<'_>,
    apply_immediately: Option<bool>,
) -> Result<(), ApiError> {
    if apply_immediately != Some(true) {
        return Err(Fault::InvalidParameterValue
            .with("ApplyImmediately must be true; the change cannot be put off."));
    }
    if group.status() != GroupStatus::Available {
        return Err(Fault::InvalidReplicationGroupState
            .with("Replication group must be in available state to modify."));
    }
    Ok(())
}

/// Exactly one of a count and a configuration of the only shard.
pub(crate) fn wanted(
    group: &GroupView<'_>,
    count: Option<i32>,
    configuration: Option<&[ConfigureShard]>,
) -> Result<Wanted, ApiError> {
    let (count, zones) = match (count, configuration.filter(|shards| !shards.is_empty())) {
        (Some(count), None) => (count, Vec::new()),
        (None, Some([shard])) => {
            find_shard(group, shard.node_group_id.as_deref().unwrap_or_default())?;
            let zones = shard
                .preferred_availability_zones
                .clone()
                .unwrap_or_default();
            (shard.new_replica_count.unwrap_or_default(), zones)
        }
        (None, Some(shards)) => {
            for shard in shards {
                find_shard(group, shard.node_group_id.as_deref().unwrap_or_default())?;
            }
            return Err(
                Fault::InvalidParameterCombination.with("A node group is named more than once.")
            );
        }
        _ => {
            return Err(Fault::InvalidParameterCombination
                .with("Exactly one of NewReplicaCount and ReplicaConfiguration must be given."));
        }
    };
    let replicas = usize::try_from(count)
        .ok()
        .filter(|count| *count < MEMBERS_MAX)
        .ok_or_else(|| {
            Fault::InvalidParameterValue
                .with("The number of replicas per node group must be within 0 and 5.")
        })?;
    if !zones.is_empty() && zones.len() != replicas + 1 {
        return Err(Fault::InvalidParameterCombination.with(format!(
            "The number of preferred availability zones ({}) must equal the number of nodes in the node group ({}).",
            zones.len(),
            replicas + 1
        )));
    }
    placement::check_zones(&group.intent.scope, &zones)?;
    Ok(Wanted { replicas, zones })
}

/// The answer when the count is as it should be.
pub(crate) fn nothing_to_do(replicas: usize) -> ApiError {
    Fault::NoOperation.with(format!(
        "The replication group already has {replicas} replicas per node group."
    ))
}

fn increased(
    call: &Call,
    view: &ScopeView,
    group: &GroupView<'_>,
    wanted: &Wanted,
) -> Result<ReplicationGroup, ApiError> {
    let mut record = group.intent.value.clone();
    let present = record.replica_count();
    if wanted.replicas == present {
        return Err(nothing_to_do(present));
    }
    if wanted.replicas < present {
        return Err(Fault::InvalidParameterValue.with(format!(
            "The new replica count {} must be greater than the current replica count {present}.",
            wanted.replicas
        )));
    }
    let held: Vec<String> = record
        .members
        .iter()
        .map(|member| member.zone.clone())
        .collect();
    let zones = match &wanted.zones[..] {
        [] => Vec::new(),
        zones => placement::zones_to_add(zones, &held).ok_or_else(|| {
            Fault::InvalidParameterCombination
                .with("The preferred availability zones must include those of the nodes in place.")
        })?,
    };
    let added = record.add_members(wanted.replicas - present, &zones, call.now, |id| {
        view.cluster(id).is_some()
    });
    for member in record
        .members
        .iter_mut()
        .filter(|member| added.contains(&member.id))
    {
        member.tags = record.tags.clone();
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn replicas_are_added_where_asked() {
        let api = Api::start().await;
        api.group("demo", 1).await;
        let shard = "ReplicaConfiguration.ConfigureShard.1";
        let zones = format!("{shard}.PreferredAvailabilityZones.PreferredAvailabilityZone");
        let body = format!(
            "ReplicationGroupId=demo&ApplyImmediately=true&{shard}.NodeGroupId=0001&{shard}.NewReplicaCount=2\
             &{zones}.1=us-east-1c&{zones}.2=us-east-1a&{zones}.3=us-east-1c"
        );
        let answer = api.answer("IncreaseReplicaCount", &body).await;
        assert!(answer.contains("<Status>modifying</Status>"), "{answer}");
        assert!(
            answer.contains("<ClusterId>demo-003</ClusterId>"),
            "{answer}"
        );
        let view = api.view().await;
        let zones: Vec<_> = view
            .groups
            .values()
            .flat_map(|g| g.members.iter().map(|m| m.zone.clone()))
            .collect();
        assert_eq!(zones, ["us-east-1a", "us-east-1c", "us-east-1c"]);
    }

    #[tokio::test]
    async fn a_name_still_on_its_way_out_is_not_given_again() {
        let api = Api::start().await;
        api.group("demo", 3).await;
        api.answer(
            "DecreaseReplicaCount",
            "ReplicationGroupId=demo&ApplyImmediately=true&NewReplicaCount=1",
        )
        .await;
        // Settled, but the node of the removed member is still there.
        api.settle("demo").await;
        let answer = api
            .answer(
                "IncreaseReplicaCount",
                "ReplicationGroupId=demo&ApplyImmediately=true&NewReplicaCount=2",
            )
            .await;
        assert!(
            answer.contains("<ClusterId>demo-004</ClusterId>"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn counts_are_checked() {
        let api = Api::start().await;
        api.group("demo", 3).await;
        for (more, code) in [
            (
                "NewReplicaCount=2&ApplyImmediately=true",
                "NoOperationFault",
            ),
            (
                "NewReplicaCount=1&ApplyImmediately=true",
                "InvalidParameterValue",
            ),
            (
                "NewReplicaCount=6&ApplyImmediately=true",
                "InvalidParameterValue",
            ),
            (
                "NewReplicaCount=-1&ApplyImmediately=true",
                "InvalidParameterValue",
            ),
            (
                "NewReplicaCount=3&ApplyImmediately=false",
                "InvalidParameterValue",
            ),
            ("ApplyImmediately=true", "InvalidParameterCombination"),
            (
                "ApplyImmediately=true&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=0002\
                 &ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=3",
                "NodeGroupNotFoundFault",
            ),
        ] {
            let refusal = api
                .refusal(
                    "IncreaseReplicaCount",
                    &format!("ReplicationGroupId=demo&{more}"),
                )
                .await;
            assert_eq!(refusal.code, code, "{more}: {}", refusal.message);
        }
    }
}
