//! Records as the API tells of them.

use std::net::SocketAddr;

use control_model::view::Place;
use control_model::{
    CacheClusterStatus, Choices, ClusterView, Engine, GroupStatus, GroupView, ShardId,
};
use proto_awsquery::types::{
    CacheCluster, CacheNode, CacheParameterGroupStatus, Endpoint, GlobalReplicationGroupInfo,
    NodeGroup, NodeGroupMember, NotificationConfiguration, PendingModifiedValues, ReplicationGroup,
    ReplicationGroupPendingModifiedValues, SecurityGroupMembership,
};

use crate::handle::proto_time;
use crate::{arn, engines};

/// The only node of a Redis or Valkey cache cluster.
pub(crate) const CACHE_NODE_ID: &str = "0001";

/// A replication group.
pub(crate) fn group(group: &GroupView<'_>) -> ReplicationGroup {
    let intent = &group.intent.value;
    let choices = &intent.choices;
    ReplicationGroup {
        replication_group_id: Some(intent.id.to_string()),
        description: Some(intent.description.clone()),
        global_replication_group_info: Some(GlobalReplicationGroupInfo::default()),
        status: Some(group.status().to_string()),
        pending_modified_values: Some(ReplicationGroupPendingModifiedValues::default()),
        member_clusters: Some(group.member_ids().iter().map(ToString::to_string).collect()),
        node_groups: Some(vec![node_group(group)]),
        automatic_failover: Some(group.automatic_failover().to_string()),
        multi_az: Some(group.multi_az().to_owned()),
        snapshot_retention_limit: Some(
            i32::try_from(choices.snapshot_retention_limit).unwrap_or(i32::MAX),
        ),
        snapshot_window: choices.snapshot_window.clone(),
        cluster_enabled: Some(false),
        cache_node_type: Some(intent.node_type.clone()),
        auth_token_enabled: Some(false),
        transit_encryption_enabled: Some(false),
        at_rest_encryption_enabled: Some(choices.at_rest_encryption),
        arn: Some(arn::of_group(&intent.scope, &intent.id)),
        log_delivery_configurations: Some(Vec::new()),
        replication_group_create_time: Some(proto_time(intent.created_at)),
        data_tiering: Some("disabled".to_owned()),
        auto_minor_version_upgrade: Some(choices.auto_minor_version_upgrade),
        network_type: choices.network_type.clone(),
        ip_discovery: choices.ip_discovery.clone(),
        cluster_mode: Some("disabled".to_owned()),
        engine: Some(intent.engine.as_str().to_owned()),
        ..ReplicationGroup::default()
    }
}

/// Endpoints appear when the group is available for the first time.
fn node_group(group: &GroupView<'_>) -> NodeGroup {
    let ready = group.status() != GroupStatus::Creating;
    let member = |cluster: ClusterView<'_>| NodeGroupMember {
        cache_cluster_id: Some(cluster.id.to_string()),
        cache_node_id: Some(CACHE_NODE_ID.to_owned()),
        read_endpoint: cluster.endpoint().map(endpoint),
        preferred_availability_zone: cluster.zone().map(ToOwned::to_owned),
        current_role: cluster.role().map(|role| role.to_string()),
        ..NodeGroupMember::default()
    };
    NodeGroup {
        node_group_id: Some(ShardId::first().to_string()),
        status: Some(group.status().to_string()),
        primary_endpoint: group.primary_endpoint().filter(|_| ready).map(endpoint),
        reader_endpoint: group.reader_endpoint().filter(|_| ready).map(endpoint),
        node_group_members: Some(group.members().into_iter().map(member).collect()),
        ..NodeGroup::default()
    }
}

/// A cache cluster, alone or member of a group; its node only if asked for.
pub(crate) fn cluster(cluster: &ClusterView<'_>, with_node: bool) -> CacheCluster {
    let settings = Settings::of(cluster);
    let choices = settings.choices;
    let version = engines::reported_version(settings.engine, settings.version);
    let parameter_group = engines::parameter_group(
        settings.engine,
        settings.version,
        choices.parameter_group.as_deref(),
    );
    CacheCluster {
        cache_cluster_id: Some(cluster.id.to_string()),
        cache_node_type: Some(settings.node_type.to_owned()),
        engine: Some(settings.engine.as_str().to_owned()),
        engine_version: Some(version),
        cache_cluster_status: Some(cluster.status().to_string()),
        num_cache_nodes: Some(1),
        preferred_availability_zone: cluster.zone().map(ToOwned::to_owned),
        cache_cluster_create_time: cluster.created_at().map(proto_time),
        preferred_maintenance_window: choices.maintenance_window.clone(),
        pending_modified_values: Some(PendingModifiedValues::default()),
        notification_configuration: notification(choices),
        cache_security_groups: Some(Vec::new()),
        cache_parameter_group: Some(CacheParameterGroupStatus {
            cache_parameter_group_name: Some(parameter_group),
            parameter_apply_status: Some("in-sync".to_owned()),
            cache_node_ids_to_reboot: Some(Vec::new()),
        }),
        cache_subnet_group_name: Some(
            choices
                .subnet_group
                .clone()
                .unwrap_or_else(|| "default".to_owned()),
        ),
        cache_nodes: with_node.then(|| vec![cache_node(cluster)]),
        auto_minor_version_upgrade: Some(choices.auto_minor_version_upgrade),
        security_groups: Some(
            choices
                .security_group_ids
                .iter()
                .map(|id| membership(id))
                .collect(),
        ),
        replication_group_id: settings.group,
        snapshot_retention_limit: Some(
            i32::try_from(choices.snapshot_retention_limit).unwrap_or(i32::MAX),
        ),
        snapshot_window: choices.snapshot_window.clone(),
        auth_token_enabled: Some(false),
        transit_encryption_enabled: Some(false),
        at_rest_encryption_enabled: Some(choices.at_rest_encryption),
        arn: Some(arn::of_cluster(&cluster.scope.scope, &cluster.id)),
        replication_group_log_delivery_enabled: Some(false),
        log_delivery_configurations: Some(Vec::new()),
        network_type: choices.network_type.clone(),
        ip_discovery: choices.ip_discovery.clone(),
        ..CacheCluster::default()
    }
}

fn cache_node(cluster: &ClusterView<'_>) -> CacheNode {
    // A node tells its creation time, like its endpoint, when it is there.
    let created = cluster
        .created_at()
        .filter(|_| cluster.status() != CacheClusterStatus::Creating);
    CacheNode {
        cache_node_id: Some(CACHE_NODE_ID.to_owned()),
        cache_node_status: Some(cluster.node_status().to_string()),
        cache_node_create_time: created.map(proto_time),
        endpoint: cluster.endpoint().map(endpoint),
        parameter_group_status: Some("in-sync".to_owned()),
        customer_availability_zone: cluster.zone().map(ToOwned::to_owned),
        ..CacheNode::default()
    }
}

/// What a member has from its group and a lone cluster by itself.
struct Settings<'a> {
    engine: Engine,
    version: &'a str,
    node_type: &'a str,
    choices: &'a Choices,
    group: Option<String>,
}

impl<'a> Settings<'a> {
    fn of(cluster: &ClusterView<'a>) -> Self {
        match cluster.place {
            Place::Alone(lone) => Self {
                engine: lone.value.engine,
                version: &lone.value.engine_version,
                node_type: &lone.value.node_type,
                choices: &lone.value.choices,
                group: None,
            },
            Place::Member { group, .. } => Self {
                engine: group.value.engine,
                version: &group.value.engine_version,
                node_type: &group.value.node_type,
                choices: &group.value.choices,
                group: Some(group.value.id.to_string()),
            },
        }
    }
}

fn notification(choices: &Choices) -> Option<NotificationConfiguration> {
    let status = if choices.notification_topic_active {
        "active"
    } else {
        "inactive"
    };
    choices
        .notification_topic_arn
        .clone()
        .map(|topic| NotificationConfiguration {
            topic_arn: Some(topic),
            topic_status: Some(status.to_owned()),
        })
}

fn membership(id: &str) -> SecurityGroupMembership {
    SecurityGroupMembership {
        security_group_id: Some(id.to_owned()),
        status: Some("active".to_owned()),
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        address: Some(address.ip().to_string()),
        port: Some(i32::from(address.port())),
    }
}
