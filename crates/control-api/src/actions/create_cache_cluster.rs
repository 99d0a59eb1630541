//! CreateCacheCluster: one Redis node, or one more replica of a group.

use control_model::replication_group::{MEMBERS_MAX, Member};
use control_model::{
    CacheCluster, CacheClusterId, Engine, GroupStatus, ReplicationGroup, ScopeView, Tags,
};
use proto_awsquery::types::{CreateCacheClusterMessage, CreateCacheClusterResult, az_mode};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::choices::{self, Asked};
use crate::{describe, engines, identifiers, node_types, not_carried_out, placement, tags};

pub(crate) async fn run(
    call: &Call,
    input: CreateCacheClusterMessage,
) -> Result<CreateCacheClusterResult, ApiError> {
    let id = identifiers::new_cluster_id(input.cache_cluster_id.as_deref().unwrap_or_default())?;
    refuse_unserved(&input)?;
    let mut held = Tags::new();
    tags::add(&mut held, input.tags.as_deref())?;
    let view = match input.replication_group_id.as_deref() {
        Some(group) => {
            check_replica_settings(&input)?;
            call.change(|view| {
                with_replica(call, view, group, &id, &input, &held).map(Change::from)
            })
            .await?
        }
        None => {
            let cluster = lone(call, &id, &input, &held)?;
            let decide = |view: &ScopeView| {
                check_free(view, &id)?;
                Ok(Change::from(cluster.clone()))
            };
            call.change(decide).await?
        }
    };
    Ok(CreateCacheClusterResult {
        cache_cluster: view
            .cluster(&id)
            .map(|cluster| describe::cluster(&cluster, false)),
    })
}

fn refuse_unserved(input: &CreateCacheClusterMessage) -> Result<(), ApiError> {
    let full = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    not_carried_out::refuse(&[
        ("SnapshotArns", full(&input.snapshot_arns)),
        ("SnapshotName", input.snapshot_name.is_some()),
        ("AuthToken", input.auth_token.is_some()),
        ("OutpostMode", input.outpost_mode.is_some()),
        (
            "PreferredOutpostArn",
            input.preferred_outpost_arn.is_some() || full(&input.preferred_outpost_arns),
        ),
        (
            "LogDeliveryConfigurations",
            input
                .log_delivery_configurations
                .as_ref()
                .is_some_and(|list| !list.is_empty()),
        ),
        (
            "TransitEncryptionEnabled",
            input.transit_encryption_enabled == Some(true),
        ),
    ])
}

/// A replica has everything from its group; it may name its zone and its tags.
fn check_replica_settings(input: &CreateCacheClusterMessage) -> Result<(), ApiError> {
    let own = input.cache_node_type.is_some()
        || input.engine_version.is_some()
        || input.cache_parameter_group_name.is_some()
        || input.cache_subnet_group_name.is_some()
        || input
            .cache_security_group_names
            .as_ref()
            .is_some_and(|names| !names.is_empty())
        || input
            .security_group_ids
            .as_ref()
            .is_some_and(|ids| !ids.is_empty())
        || input.preferred_maintenance_window.is_some()
        || input.port.is_some()
        || input.snapshot_retention_limit.is_some()
        || input.snapshot_window.is_some()
        || input
            .preferred_availability_zones
            .as_ref()
            .is_some_and(|zones| !zones.is_empty())
        || input.num_cache_nodes.is_some_and(|nodes| nodes != 1);
    if own {
        return Err(Fault::InvalidParameterCombination.with(
            "Cannot specify additional cache cluster parameters when creating a replica cluster",
        ));
    }
    Ok(())
}

fn with_replica(
    call: &Call,
    view: &ScopeView,
    group: &str,
    id: &CacheClusterId,
    input: &CreateCacheClusterMessage,
    given: &Tags,
) -> Result<ReplicationGroup, ApiError> {
    let group = identifiers::find_group(view, group)?;
    check_free(view, id)?;
    if input
        .engine
        .as_deref()
        .is_some_and(|engine| Engine::parse(engine) != Some(group.intent.engine))
    {
        return Err(Fault::InvalidParameterCombination
            .with("The engine of a replica must be the engine of its replication group."));
    }
    if group.status() != GroupStatus::Available {
        return Err(Fault::InvalidReplicationGroupState
            .with("Replication group must be in available state to modify."));
    }
    let mut record = group.intent.value.clone();
    if record.members.len() >= MEMBERS_MAX {
        return Err(Fault::NodeQuotaForClusterExceeded.with(format!(
            "A replication group can have at most {MEMBERS_MAX} cache clusters."
        )));
    }
    let zones: Vec<String> = input.preferred_availability_zone.iter().cloned().collect();
    placement::check_zones(&call.scope, &zones)?;
    // Placed as the model places members, under the name the caller chose.
    record.add_members(1, &zones, call.now, |_| false);
    if let Some(added) = record.members.last_mut() {
        let mut tags = record.tags.clone();
        tags.extend(given.clone());
        *added = Member {
            id: id.clone(),
            tags,
            ..added.clone()
        };
    }
    Ok(record)
}

fn lone(
    call: &Call,
    id: &CacheClusterId,
    input: &CreateCacheClusterMessage,
    given: &Tags,
) -> Result<CacheCluster, ApiError> {
    let engine = input.engine.as_deref().unwrap_or("redis");
    if engine.eq_ignore_ascii_case("memcached") {
        return Err(not_carried_out::fault("The engine memcached"));
    }
    if Engine::parse(engine) == Some(Engine::Valkey) {
        return Err(Fault::InvalidParameterValue.with(
            "The engine valkey is not supported by CreateCacheCluster. Use CreateReplicationGroup with \
             NumCacheClusters=1 instead.",
        ));
    }
    let (engine, engine_version) = engines::chosen(Some(engine), input.engine_version.as_deref())?;
    let node_type = node_types::required(input.cache_node_type.clone())?;
    check_single_node(input)?;
    let zone = match &input.preferred_availability_zone {
        Some(zone) => {
            placement::check_zones(&call.scope, std::slice::from_ref(zone))?;
            zone.clone()
        }
        None => call.scope.zones()[0].clone(),
    };
    Ok(CacheCluster {
        scope: call.scope.clone(),
        id: id.clone(),
        created_at: call.now,
        choices: Asked::from(input).choose(&call.scope, id.as_str(), engine, &engine_version)?,
        engine,
        engine_version,
        node_type,
        port: choices::port(input.port)?,
        zone,
        tags: given.clone(),
        generation: 1,
        deleting: None,
    })
}

fn check_single_node(input: &CreateCacheClusterMessage) -> Result<(), ApiError> {
    if input.num_cache_nodes.is_some_and(|nodes| nodes != 1) {
        return Err(Fault::InvalidParameterValue.with(
            "NumCacheNodes should be 1 if engine is redis; use a replication group for more nodes.",
        ));
    }
    if input.az_mode.as_deref() == Some(az_mode::CROSS_AZ) {
        return Err(Fault::InvalidParameterCombination.with(
            "Must specify at least two cache nodes in order to specify AZ Mode of 'cross-az'.",
        ));
    }
    if input
        .preferred_availability_zones
        .as_ref()
        .is_some_and(|zones| !zones.is_empty())
    {
        return Err(Fault::InvalidParameterCombination
            .with("PreferredAvailabilityZones is only supported with the engine memcached."));
    }
    Ok(())
}

fn check_free(view: &ScopeView, id: &CacheClusterId) -> Result<(), ApiError> {
    match view.cluster(id) {
        None => Ok(()),
        Some(_) => {
            Err(Fault::CacheClusterAlreadyExists
                .with(format!("Cache cluster {id} already exists.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    const GOOD: &str = "CacheClusterId=One&CacheNodeType=cache.t4g.small&Engine=redis";

    #[tokio::test]
    async fn a_lone_node_is_recorded() {
        let api = Api::start().await;
        let answer = api
            .answer(
                "CreateCacheCluster",
                &format!("{GOOD}&NumCacheNodes=1&PreferredAvailabilityZone=us-east-1b"),
            )
            .await;
        for part in [
            "<CacheClusterId>one</CacheClusterId>",
            "<CacheClusterStatus>creating</CacheClusterStatus>",
            "<PreferredAvailabilityZone>us-east-1b</PreferredAvailabilityZone>",
            "<EngineVersion>7.1.0</EngineVersion>",
            "<CacheParameterGroupName>default.redis7</CacheParameterGroupName>",
        ] {
            assert!(answer.contains(part), "{part} in {answer}");
        }
        let taken = api.refusal("CreateCacheCluster", GOOD).await;
        taken.is(
            400,
            "CacheClusterAlreadyExists",
            "Cache cluster one already exists.",
        );
    }

    #[tokio::test]
    async fn engines_are_taken_as_elasticache_takes_them() {
        let api = Api::start().await;
        let valkey = api
            .refusal(
                "CreateCacheCluster",
                "CacheClusterId=a&CacheNodeType=cache.t4g.small&Engine=valkey",
            )
            .await;
        assert_eq!(
            (&*valkey.code, valkey.status),
            ("InvalidParameterValue", 400)
        );
        let memcached = api
            .refusal(
                "CreateCacheCluster",
                "CacheClusterId=a&CacheNodeType=cache.t4g.small&Engine=memcached",
            )
            .await;
        assert!(
            memcached
                .message
                .contains("memcached is not carried out by this version"),
            "{}",
            memcached.message
        );
    }

    #[tokio::test]
    async fn a_replica_joins_a_group_under_its_own_name() {
        let api = Api::start().await;
        api.group("demo", 1).await;
        let body = "CacheClusterId=extra&ReplicationGroupId=demo&Engine=redis&PreferredAvailabilityZone=us-east-1c\
                    &Tags.Tag.1.Key=k&Tags.Tag.1.Value=v";
        let answer = api.answer("CreateCacheCluster", body).await;
        assert!(
            answer.contains("<ReplicationGroupId>demo</ReplicationGroupId>"),
            "{answer}"
        );
        let group = api
            .view()
            .await
            .groups
            .values()
            .next()
            .expect("the group")
            .value
            .clone();
        let member = &group.members[1];
        assert_eq!(
            (member.id.as_str(), &*member.zone, member.tags["k"].as_str()),
            ("extra", "us-east-1c", "v")
        );
    }

    #[tokio::test]
    async fn a_replica_takes_its_settings_from_the_group() {
        let api = Api::start().await;
        api.group("demo", 6).await;
        let text =
            "Cannot specify additional cache cluster parameters when creating a replica cluster";
        let body = "CacheClusterId=extra&ReplicationGroupId=demo";
        api.refusal(
            "CreateCacheCluster",
            &format!("{body}&CacheNodeType=cache.t4g.small"),
        )
        .await
        .is(400, "InvalidParameterCombination", text);
        assert_eq!(
            api.refusal("CreateCacheCluster", body).await.code,
            "NodeQuotaForClusterExceeded"
        );
        let taken = api
            .refusal(
                "CreateCacheCluster",
                "CacheClusterId=demo-001&ReplicationGroupId=demo",
            )
            .await;
        assert_eq!(taken.code, "CacheClusterAlreadyExists");
        let none = api
            .refusal(
                "CreateCacheCluster",
                "CacheClusterId=extra&ReplicationGroupId=none",
            )
            .await;
        assert_eq!(
            (&*none.code, none.status),
            ("ReplicationGroupNotFoundFault", 404)
        );
    }

    #[tokio::test]
    async fn bad_requests_are_refused() {
        let api = Api::start().await;
        let blank = api.refusal("CreateCacheCluster", "Engine=redis").await;
        blank.is(
            400,
            "InvalidParameterValue",
            "The parameter CacheClusterIdentifier must be provided and must not be blank.",
        );
        let untyped = api
            .refusal("CreateCacheCluster", "CacheClusterId=a&Engine=redis")
            .await;
        untyped.is(
            400,
            "InvalidParameterValue",
            "The parameter CacheNodeType must be provided and must not be null.",
        );
        for (more, code) in [
            ("NumCacheNodes=2", "InvalidParameterValue"),
            ("AZMode=cross-az", "InvalidParameterCombination"),
            ("CacheSubnetGroupName=none", "CacheSubnetGroupNotFoundFault"),
            (
                "CacheParameterGroupName=none",
                "CacheParameterGroupNotFound",
            ),
            (
                "CacheParameterGroupName=default.redis6.x",
                "InvalidParameterCombination",
            ),
            (
                "CacheSecurityGroupNames.CacheSecurityGroupName.1=old",
                "InvalidParameterValue",
            ),
        ] {
            let refusal = api
                .refusal("CreateCacheCluster", &format!("{GOOD}&{more}"))
                .await;
            assert_eq!(refusal.code, code, "{more}: {}", refusal.message);
        }
    }
}
