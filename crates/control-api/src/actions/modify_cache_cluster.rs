//! ModifyCacheCluster: what is only recorded about a lone node. Members of a group are
//! changed through the group.

use control_model::view::Place;
use control_model::{CacheCluster, CacheClusterStatus, ScopeView};
use proto_awsquery::types::{ModifyCacheClusterMessage, ModifyCacheClusterResult};
use proto_awsquery::{ApiError, Fault};

use crate::call::{Call, Change};
use crate::identifiers::find_cluster;
use crate::{choices, describe, not_carried_out, windows};

pub(crate) async fn run(
    call: &Call,
    input: ModifyCacheClusterMessage,
) -> Result<ModifyCacheClusterResult, ApiError> {
    let id = input.cache_cluster_id.clone().unwrap_or_default();
    let decide = |view: &ScopeView| {
        let cluster = find_cluster(view, &id)?;
        let lone = match cluster.place {
            Place::Alone(lone) => lone,
            Place::Member { group, .. } => {
                return Err(Fault::InvalidParameterCombination.with(format!(
                    "Cache cluster {} is a member of replication group {}; modify the replication group instead.",
                    cluster.id, group.value.id
                )));
            }
        };
        if cluster.status() != CacheClusterStatus::Available {
            return Err(Fault::InvalidCacheClusterState.with(format!(
                "Cache cluster {} is not in available state to be modified.",
                cluster.id
            )));
        }
        modified(&lone.value, &input).map(Change::from)
    };
    let view = call.change(decide).await?;
    let cluster = find_cluster(&view, &id)?;
    Ok(ModifyCacheClusterResult {
        cache_cluster: Some(describe::cluster(&cluster, false)),
    })
}

fn modified(
    held: &CacheCluster,
    input: &ModifyCacheClusterMessage,
) -> Result<CacheCluster, ApiError> {
    refuse_unserved(held, input)?;
    let bare = ModifyCacheClusterMessage {
        cache_cluster_id: input.cache_cluster_id.clone(),
        apply_immediately: input.apply_immediately,
        ..Default::default()
    };
    if *input == bare {
        return Err(Fault::InvalidParameterCombination.with("No modifications were requested"));
    }
    let mut cluster = held.clone();
    let chosen = &mut cluster.choices;
    if let Some(window) = &input.preferred_maintenance_window {
        chosen.maintenance_window = Some(windows::checked_maintenance(window)?);
    }
    if let Some(window) = &input.snapshot_window {
        chosen.snapshot_window = Some(windows::checked_snapshot(window)?);
    }
    if let Some(ids) = &input.security_group_ids {
        chosen.security_group_ids.clone_from(ids);
    }
    if let Some(topic) = &input.notification_topic_arn {
        chosen.notification_topic_arn = Some(topic.clone()).filter(|topic| !topic.is_empty());
        chosen.notification_topic_active = chosen.notification_topic_arn.is_some();
    }
    if let Some(status) = &input.notification_topic_status {
        chosen.notification_topic_active = status == "active";
    }
    if let Some(upgrade) = input.auto_minor_version_upgrade {
        chosen.auto_minor_version_upgrade = upgrade;
    }
    Ok(cluster)
}

fn refuse_unserved(held: &CacheCluster, input: &ModifyCacheClusterMessage) -> Result<(), ApiError> {
    choices::check_cache_security_groups(input.cache_security_group_names.as_deref())?;
    choices::check_network(None, input.ip_discovery.as_deref())?;
    choices::check_retention(input.snapshot_retention_limit)?;
    if input.num_cache_nodes.is_some_and(|nodes| nodes != 1) {
        return Err(Fault::InvalidParameterValue.with(
            "NumCacheNodes should be 1 if engine is redis; use a replication group for more nodes.",
        ));
    }
    let full = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let differs =
        |given: &Option<String>, held: &str| given.as_deref().is_some_and(|given| given != held);
    not_carried_out::refuse(&[
        (
            "CacheNodeIdsToRemove",
            full(&input.cache_node_ids_to_remove),
        ),
        ("NewAvailabilityZones", full(&input.new_availability_zones)),
        (
            "A change of CacheNodeType",
            differs(&input.cache_node_type, &held.node_type),
        ),
        (
            "A change of Engine",
            differs(&input.engine, held.engine.as_str()),
        ),
        (
            "A change of EngineVersion",
            differs(&input.engine_version, &held.engine_version),
        ),
        (
            "CacheParameterGroupName",
            input.cache_parameter_group_name.is_some(),
        ),
        (
            "AuthToken",
            input.auth_token.is_some() || input.auth_token_update_strategy.is_some(),
        ),
        ("ScaleConfig", input.scale_config.is_some()),
        (
            "LogDeliveryConfigurations",
            input
                .log_delivery_configurations
                .as_ref()
                .is_some_and(|list| !list.is_empty()),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn what_is_only_recorded_can_be_changed() {
        let api = Api::start().await;
        api.lone("one").await;
        let body = "CacheClusterId=one&SecurityGroupIds.SecurityGroupId.1=sg-1&AutoMinorVersionUpgrade=false";
        let answer = api.answer("ModifyCacheCluster", body).await;
        assert!(
            answer.contains("<SecurityGroupId>sg-1</SecurityGroupId><Status>active</Status>"),
            "{answer}"
        );
        assert!(
            answer.contains("<AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade>"),
            "{answer}"
        );
        let answer = api
            .answer("ModifyCacheCluster", "CacheClusterId=one&SecurityGroupIds=")
            .await;
        assert!(
            answer.contains("<SecurityGroups></SecurityGroups>"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn the_rest_is_refused() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        api.lone("one").await;
        let member = api
            .refusal(
                "ModifyCacheCluster",
                "CacheClusterId=demo-001&AutoMinorVersionUpgrade=true",
            )
            .await;
        assert_eq!(member.code, "InvalidParameterCombination");
        let nothing = api
            .refusal(
                "ModifyCacheCluster",
                "CacheClusterId=one&ApplyImmediately=true",
            )
            .await;
        nothing.is(
            400,
            "InvalidParameterCombination",
            "No modifications were requested",
        );
        let bigger = api
            .refusal(
                "ModifyCacheCluster",
                "CacheClusterId=one&CacheNodeType=cache.m7g.large",
            )
            .await;
        assert!(
            bigger.message.contains("not carried out"),
            "{}",
            bigger.message
        );
        let none = api
            .refusal(
                "ModifyCacheCluster",
                "CacheClusterId=none&AutoMinorVersionUpgrade=true",
            )
            .await;
        assert_eq!((&*none.code, none.status), ("CacheClusterNotFound", 404));
    }
}
