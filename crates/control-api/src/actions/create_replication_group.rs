//! CreateReplicationGroup: a primary with up to five replicas, cluster mode disabled.

use control_model::replication_group::MEMBERS_MAX;
use control_model::{Engine, ReplicationGroup, ScopeView, Tags};
use proto_awsquery::types::{
    CreateReplicationGroupMessage, CreateReplicationGroupResult, NodeGroupConfiguration,
    cluster_mode, durability,
};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::choices::{self, Asked};
use crate::{describe, engines, identifiers, node_types, not_carried_out, placement, tags};

const TOO_FEW_TO_FAIL_OVER: &str = "When using automatic failover, there must be at least 2 cache clusters in the replication group.";

pub(crate) async fn run(
    call: &Call,
    input: CreateReplicationGroupMessage,
) -> Result<CreateReplicationGroupResult, ApiError> {
    let group = desired(call, &input)?;
    let id = group.id.clone();
    let nodes = Nodes::of(&input)?;
    placement::check_zones(&call.scope, &nodes.zones)?;
    check_failover(&group, &input, &nodes)?;
    let view = call
        .change(|view| with_members(call, view, group.clone(), &nodes))
        .await?;
    Ok(CreateReplicationGroupResult {
        replication_group: view.group(&id).map(|group| describe::group(&group)),
    })
}

/// The group without its members; all that needs no look at other records.
fn desired(
    call: &Call,
    input: &CreateReplicationGroupMessage,
) -> Result<ReplicationGroup, ApiError> {
    let id = identifiers::new_group_id(input.replication_group_id.as_deref().unwrap_or_default())?;
    refuse_unserved(input)?;
    if input
        .engine
        .as_deref()
        .is_some_and(|engine| Engine::parse(engine).is_none())
    {
        return Err(Fault::InvalidParameterValue
            .with("Replication groups are supported with the engines redis and valkey."));
    }
    let (engine, engine_version) =
        engines::chosen(input.engine.as_deref(), input.engine_version.as_deref())?;
    let node_type = node_types::required(input.cache_node_type.clone())?;
    if node_types::is_tiered(&node_type) {
        return Err(not_carried_out::fault(
            "Data tiering, which the r6gd node types need,",
        ));
    }
    let description = input
        .replication_group_description
        .clone()
        .unwrap_or_default();
    check_description(&description)?;
    let mut held = Tags::new();
    tags::add(&mut held, input.tags.as_deref())?;
    Ok(ReplicationGroup {
        scope: call.scope.clone(),
        created_at: call.now,
        description,
        choices: Asked::from(input).choose(&call.scope, id.as_str(), engine, &engine_version)?,
        id,
        engine,
        engine_version,
        node_type,
        port: choices::port(input.port)?,
        automatic_failover: input.automatic_failover_enabled.unwrap_or(false),
        multi_az: input.multi_az_enabled.unwrap_or(false),
        members: Vec::new(),
        tags: held,
        generation: 0,
        test_failovers: 0,
        deleting: None,
    })
}

/// The longest description ElastiCache takes.
pub(crate) fn check_description(description: &str) -> Result<(), ApiError> {
    if description.chars().count() > 255 {
        return Err(Fault::InvalidParameterValue.with(
            "The parameter ReplicationGroupDescription must be at most 255 characters long.",
        ));
    }
    Ok(())
}

fn refuse_unserved(input: &CreateReplicationGroupMessage) -> Result<(), ApiError> {
    let encrypted = input.transit_encryption_enabled == Some(true);
    if input.auth_token.is_some() && !encrypted {
        return Err(Fault::InvalidParameterCombination
            .with("The AUTH token is only supported when encryption-in-transit is enabled."));
    }
    let has_users = input
        .user_group_ids
        .as_ref()
        .is_some_and(|ids| !ids.is_empty());
    if has_users && !encrypted {
        return Err(Fault::InvalidParameterCombination.with(
            "User group based access control requires encryption-in-transit to be enabled on the replication group.",
        ));
    }
    let full = |list: &Option<Vec<_>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let mode = input.cluster_mode.as_deref();
    let durable = input.durability.as_deref();
    not_carried_out::refuse(&[
        (
            "GlobalReplicationGroupId",
            input.global_replication_group_id.is_some(),
        ),
        ("PrimaryClusterId", input.primary_cluster_id.is_some()),
        (
            "NumNodeGroups other than 1",
            input.num_node_groups.is_some_and(|groups| groups != 1),
        ),
        (
            "ClusterMode other than disabled",
            mode.is_some_and(|mode| mode != cluster_mode::DISABLED),
        ),
        ("TransitEncryptionEnabled", encrypted),
        (
            "TransitEncryptionMode",
            input.transit_encryption_mode.is_some(),
        ),
        (
            "AtRestEncryptionEnabled",
            input.at_rest_encryption_enabled == Some(true),
        ),
        ("KmsKeyId", input.kms_key_id.is_some()),
        ("SnapshotArns", full(&input.snapshot_arns)),
        ("SnapshotName", input.snapshot_name.is_some()),
        (
            "ServerlessCacheSnapshotName",
            input.serverless_cache_snapshot_name.is_some(),
        ),
        (
            "LogDeliveryConfigurations",
            input
                .log_delivery_configurations
                .as_ref()
                .is_some_and(|list| !list.is_empty()),
        ),
        (
            "DataTieringEnabled",
            input.data_tiering_enabled == Some(true),
        ),
        (
            "Durability",
            durable.is_some_and(|d| d != durability::DISABLED && d != durability::DEFAULT),
        ),
    ])
}

/// How many nodes, and where: `NumCacheClusters`, or `ReplicasPerNodeGroup`, or one
/// entry of `NodeGroupConfiguration`.
struct Nodes {
    count: usize,
    zones: Vec<String>,
    replicas_given: bool,
}

impl Nodes {
    fn of(input: &CreateReplicationGroupMessage) -> Result<Self, ApiError> {
        let by_groups = input.num_node_groups.is_some() || input.replicas_per_node_group.is_some();
        if input.num_cache_clusters.is_some() && by_groups {
            return Err(Fault::InvalidParameterCombination.with(
                "NumCacheClusters cannot be used together with NumNodeGroups or ReplicasPerNodeGroup.",
            ));
        }
        let configuration = match input.node_group_configuration.as_deref() {
            None | Some([]) => None,
            Some([one]) if one.slots.is_none() => Some(one),
            Some(_) => {
                return Err(not_carried_out::fault(
                    "NodeGroupConfiguration with slots or several node groups",
                ));
            }
        };
        let replicas = configuration
            .and_then(|c| c.replica_count)
            .or(input.replicas_per_node_group);
        let zones = match configuration {
            Some(configuration) => configured_zones(configuration),
            None => input
                .preferred_cache_cluster_azs
                .clone()
                .unwrap_or_default(),
        };
        let count = match (replicas, input.num_cache_clusters) {
            (Some(replicas @ 0..=5), _) => replicas + 1,
            (Some(_), _) => return Err(replicas_out_of_range()),
            (None, Some(count @ 1..=6)) => count,
            (None, Some(_)) => return Err(replicas_out_of_range()),
            (None, None) => i32::try_from(zones.len().clamp(1, MEMBERS_MAX)).unwrap_or(1),
        };
        let count = usize::try_from(count).unwrap_or(1);
        if !zones.is_empty() && zones.len() != count {
            return Err(Fault::InvalidParameterCombination.with(format!(
                "The number of preferred availability zones ({}) must equal the number of cache clusters ({count}).",
                zones.len()
            )));
        }
        Ok(Self {
            count,
            zones,
            replicas_given: input.replicas_per_node_group.is_some(),
        })
    }
}

fn replicas_out_of_range() -> ApiError {
    Fault::InvalidParameterValue
        .with("The number of replicas per node group must be within 0 and 5.")
}

fn configured_zones(configuration: &NodeGroupConfiguration) -> Vec<String> {
    let primary = configuration.primary_availability_zone.iter().cloned();
    primary
        .chain(
            configuration
                .replica_availability_zones
                .iter()
                .flatten()
                .cloned(),
        )
        .collect()
}

fn check_failover(
    group: &ReplicationGroup,
    input: &CreateReplicationGroupMessage,
    nodes: &Nodes,
) -> Result<(), ApiError> {
    if group.multi_az && !group.automatic_failover {
        return Err(Fault::InvalidParameterCombination
            .with("MultiAZEnabled requires AutomaticFailoverEnabled."));
    }
    if !group.automatic_failover {
        return Ok(());
    }
    if nodes.count < 2 && nodes.replicas_given && input.num_cache_clusters.is_none() {
        return Err(Fault::InvalidParameterValue
            .with("Must have at least 1 replica when cluster mode is disabled with auto failover enabled."));
    }
    if nodes.count < 2 {
        return Err(Fault::InvalidParameterCombination.with(TOO_FEW_TO_FAIL_OVER));
    }
    if !node_types::can_fail_over(&group.node_type) {
        return Err(Fault::InvalidParameterCombination
            .with("Automatic failover is not supported for T1 and T2 cache node types."));
    }
    if group.multi_az && !nodes.zones.is_empty() && !placement::spread(&nodes.zones) {
        return Err(Fault::InvalidParameterCombination
            .with("Multi-AZ needs cache clusters in at least two availability zones."));
    }
    Ok(())
}

fn with_members(
    call: &Call,
    view: &ScopeView,
    mut group: ReplicationGroup,
    nodes: &Nodes,
) -> Result<Change, ApiError> {
    if view.groups.contains_key(&group.id) {
        return Err(Fault::ReplicationGroupAlreadyExists.with(format!(
            "Replication group with specified id: {} already exists.",
            group.id
        )));
    }
    group.add_members(nodes.count, &nodes.zones, call.now, |id| {
        view.cluster(id).is_some()
    });
    for member in &mut group.members {
        member.tags = group.tags.clone();
    }
    group.generation = 1;
    Ok(group.into())
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    const GOOD: &str =
        "ReplicationGroupId=Demo&ReplicationGroupDescription=d&CacheNodeType=cache.t4g.small";

    #[tokio::test]
    async fn a_group_is_recorded_with_its_members_and_answered_as_creating() {
        let api = Api::start().await;
        let answer = api
            .answer(
                "CreateReplicationGroup",
                &format!(
                    "{GOOD}&NumCacheClusters=3&AutomaticFailoverEnabled=true&MultiAZEnabled=true&Engine=valkey\
                     &EngineVersion=8.1&Port=7000&Tags.Tag.1.Key=team&Tags.Tag.1.Value=shop\
                     &PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1c\
                     &PreferredCacheClusterAZs.AvailabilityZone.2=us-east-1a\
                     &PreferredCacheClusterAZs.AvailabilityZone.3=us-east-1a"
                ),
            )
            .await;
        for part in [
            "<ReplicationGroupId>demo</ReplicationGroupId>",
            "<Status>creating</Status>",
            "<ClusterId>demo-001</ClusterId><ClusterId>demo-002</ClusterId><ClusterId>demo-003</ClusterId>",
            "<AutomaticFailover>enabling</AutomaticFailover>",
            "<MultiAZ>enabled</MultiAZ>",
            "<Engine>valkey</Engine>",
            "<ARN>arn:aws:elasticache:us-east-1:123456789012:replicationgroup:demo</ARN>",
        ] {
            assert!(answer.contains(part), "{part} in {answer}");
        }
        assert!(!answer.contains("PrimaryEndpoint"), "{answer}");
        let view = api.view().await;
        let group = view.groups.values().next().expect("a record");
        assert_eq!(
            (group.port, group.generation, &*group.engine_version),
            (7000, 1, "8.1")
        );
        assert_eq!(group.members[0].zone, "us-east-1c");
        assert!(
            group
                .members
                .iter()
                .all(|member| member.tags.contains_key("team"))
        );
        assert_eq!(api.nudges(), 1);
    }

    #[tokio::test]
    async fn the_same_id_is_free_in_another_region_only() {
        let api = Api::start().await;
        api.answer("CreateReplicationGroup", GOOD).await;
        let taken = api.refusal("CreateReplicationGroup", GOOD).await;
        assert_eq!(
            (&*taken.code, taken.status),
            ("ReplicationGroupAlreadyExists", 400)
        );
        let elsewhere = api
            .send_to("eu-west-1", "CreateReplicationGroup", GOOD)
            .await;
        assert_eq!(elsewhere.status, 200, "{}", elsewhere.body);
    }

    #[tokio::test]
    async fn a_member_takes_no_name_of_a_lone_cluster() {
        let api = Api::start().await;
        api.answer(
            "CreateCacheCluster",
            "CacheClusterId=demo-001&Engine=redis&CacheNodeType=cache.t4g.small",
        )
        .await;
        let answer = api
            .answer(
                "CreateReplicationGroup",
                &format!("{GOOD}&NumCacheClusters=2"),
            )
            .await;
        assert!(
            answer.contains("<ClusterId>demo-002</ClusterId><ClusterId>demo-003</ClusterId>"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn impossible_combinations_have_elasticaches_texts() {
        let api = Api::start().await;
        let combination = "InvalidParameterCombination";
        let value = "InvalidParameterValue";
        let two = "When using automatic failover, there must be at least 2 cache clusters in the replication group.";
        for (more, code, text) in [
            ("AutomaticFailoverEnabled=true", combination, two),
            (
                "AutomaticFailoverEnabled=true&NumCacheClusters=1",
                combination,
                two,
            ),
            (
                "AutomaticFailoverEnabled=true&ReplicasPerNodeGroup=0&NumNodeGroups=1",
                value,
                "Must have at least 1 replica when cluster mode is disabled with auto failover enabled.",
            ),
            (
                "MultiAZEnabled=true",
                combination,
                "MultiAZEnabled requires AutomaticFailoverEnabled.",
            ),
            (
                "NumCacheClusters=7",
                value,
                "The number of replicas per node group must be within 0 and 5.",
            ),
            (
                "ReplicasPerNodeGroup=6",
                value,
                "The number of replicas per node group must be within 0 and 5.",
            ),
            (
                "UserGroupIds.member.1=g",
                combination,
                "User group based access control requires encryption-in-transit to be enabled on the replication group.",
            ),
            (
                "NumCacheClusters=2&NumNodeGroups=1",
                combination,
                "NumCacheClusters cannot be used together with NumNodeGroups or ReplicasPerNodeGroup.",
            ),
        ] {
            api.refusal("CreateReplicationGroup", &format!("{GOOD}&{more}"))
                .await
                .is(400, code, text);
        }
    }

    #[tokio::test]
    async fn bad_values_are_refused_and_leave_nothing() {
        let api = Api::start().await;
        for more in [
            "Engine=memcached",
            "EngineVersion=9.9",
            "CacheNodeType=cache.huge",
            "Port=0",
            "NumNodeGroups=2",
            "TransitEncryptionEnabled=true",
            "PreferredMaintenanceWindow=never",
            "SnapshotRetentionLimit=36",
            "PreferredCacheClusterAZs.AvailabilityZone.1=eu-west-1a",
            "Tags.Tag.1.Key=aws:x",
            "ReplicationGroupId=-a",
        ] {
            let refusal = api
                .refusal("CreateReplicationGroup", &format!("{GOOD}&{more}"))
                .await;
            assert_eq!(
                (&*refusal.code, refusal.status),
                ("InvalidParameterValue", 400),
                "{more}"
            );
        }
        assert!(api.view().await.groups.is_empty());
        assert_eq!(api.nudges(), 0);
    }
}
