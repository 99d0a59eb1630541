//! ModifyReplicationGroup: description, failover flags and what is only recorded.
//!
//! Changes are made at once, whatever `ApplyImmediately` says: none of them interrupts
//! clients, so there is nothing to put off until a maintenance window.

use control_model::{Choices, GroupStatus, GroupView, ReplicationGroup};
use proto_awsquery::types::{
    ModifyReplicationGroupMessage, ModifyReplicationGroupResult, cluster_mode,
};
use proto_awsquery::{ApiError, Fault};

use super::create_replication_group::check_description;
use crate::call::{Call, Change};
use crate::identifiers::find_group;
use crate::{choices, describe, node_types, not_carried_out, windows};

pub(crate) async fn run(
    call: &Call,
    input: ModifyReplicationGroupMessage,
) -> Result<ModifyReplicationGroupResult, ApiError> {
    let id = input.replication_group_id.clone().unwrap_or_default();
    let decide = |view: &control_model::ScopeView| {
        let group = find_group(view, &id)?;
        if group.status() != GroupStatus::Available {
            return Err(Fault::InvalidReplicationGroupState
                .with("Replication group must be in available state to modify."));
        }
        modified(&group, &input).map(Change::from)
    };
    let view = call.change(decide).await?;
    Ok(ModifyReplicationGroupResult {
        replication_group: Some(describe::group(&find_group(&view, &id)?)),
    })
}

fn modified(
    view: &GroupView<'_>,
    input: &ModifyReplicationGroupMessage,
) -> Result<ReplicationGroup, ApiError> {
    let mut group = view.intent.value.clone();
    refuse_unserved(&group, input)?;
    check_primary(view, input)?;
    if !asks_anything(input) {
        return Err(Fault::InvalidParameterCombination.with("No modifications were requested"));
    }
    if let Some(description) = &input.replication_group_description {
        check_description(description)?;
        group.description.clone_from(description);
    }
    change_failover(&mut group, input)?;
    change_choices(&mut group.choices, input)?;
    Ok(group)
}

fn refuse_unserved(
    group: &ReplicationGroup,
    input: &ModifyReplicationGroupMessage,
) -> Result<(), ApiError> {
    if input.transit_encryption_mode.is_some() && input.transit_encryption_enabled != Some(true) {
        return Err(Fault::InvalidParameterCombination
            .with("To modify transit encryption mode, set encryption-in-transit as enabled."));
    }
    choices::check_cache_security_groups(input.cache_security_group_names.as_deref())?;
    choices::check_network(None, input.ip_discovery.as_deref())?;
    choices::check_retention(input.snapshot_retention_limit)?;
    let differs =
        |given: &Option<String>, held: &str| given.as_deref().is_some_and(|given| given != held);
    let users = [
        &input.user_group_ids_to_add,
        &input.user_group_ids_to_remove,
    ];
    let mode = input.cluster_mode.as_deref();
    not_carried_out::refuse(&[
        (
            "A change of CacheNodeType",
            differs(&input.cache_node_type, &group.node_type),
        ),
        (
            "A change of Engine",
            differs(&input.engine, group.engine.as_str()),
        ),
        (
            "A change of EngineVersion",
            differs(&input.engine_version, &group.engine_version),
        ),
        (
            "CacheParameterGroupName",
            input.cache_parameter_group_name.is_some(),
        ),
        (
            "SnapshottingClusterId",
            input.snapshotting_cluster_id.is_some(),
        ),
        (
            "AuthToken",
            input.auth_token.is_some() || input.auth_token_update_strategy.is_some(),
        ),
        (
            "User groups",
            users
                .iter()
                .any(|ids| ids.as_ref().is_some_and(|ids| !ids.is_empty())),
        ),
        ("RemoveUserGroups", input.remove_user_groups == Some(true)),
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
        (
            "ClusterMode other than disabled",
            mode.is_some_and(|mode| mode != cluster_mode::DISABLED),
        ),
        ("Durability", input.durability.is_some()),
    ])
}

/// A new primary by hand is for groups without automatic failover.
fn check_primary(
    view: &GroupView<'_>,
    input: &ModifyReplicationGroupMessage,
) -> Result<(), ApiError> {
    let Some(wanted) = input.primary_cluster_id.as_deref() else {
        return Ok(());
    };
    let members = view.member_ids();
    let Some(wanted) = members
        .iter()
        .find(|id| id.as_str().eq_ignore_ascii_case(wanted))
    else {
        return Err(Fault::InvalidParameterValue.with(format!(
            "Cache cluster {} is not a member of replication group {}.",
            crate::identifiers::shown(wanted),
            view.intent.id
        )));
    };
    if view.primary().as_ref() == Some(wanted) {
        return Ok(());
    }
    if view.intent.automatic_failover {
        return Err(Fault::InvalidReplicationGroupState.with(
            "Cannot manually promote a new master cache cluster while autofailover is enabled",
        ));
    }
    Err(not_carried_out::fault("A change of PrimaryClusterId"))
}

fn asks_anything(input: &ModifyReplicationGroupMessage) -> bool {
    // The id and the moment are no changes.
    let bare = ModifyReplicationGroupMessage {
        replication_group_id: input.replication_group_id.clone(),
        apply_immediately: input.apply_immediately,
        node_group_id: input.node_group_id.clone(),
        ..Default::default()
    };
    *input != bare
}

fn change_failover(
    group: &mut ReplicationGroup,
    input: &ModifyReplicationGroupMessage,
) -> Result<(), ApiError> {
    let failover = input
        .automatic_failover_enabled
        .unwrap_or(group.automatic_failover);
    let multi_az = input.multi_az_enabled.unwrap_or(group.multi_az);
    let refuse = |text: &str| Err(Fault::InvalidParameterCombination.with(text));
    if failover && group.members.len() < 2 {
        return refuse(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group.",
        );
    }
    if failover && !node_types::can_fail_over(&group.node_type) {
        return refuse("Automatic failover is not supported for T1 and T2 cache node types.");
    }
    if multi_az && !failover {
        return refuse("MultiAZEnabled requires AutomaticFailoverEnabled.");
    }
    let zones: Vec<String> = group
        .members
        .iter()
        .map(|member| member.zone.clone())
        .collect();
    if multi_az && !group.multi_az && !crate::placement::spread(&zones) {
        return refuse("Multi-AZ needs cache clusters in at least two availability zones.");
    }
    if failover != group.automatic_failover {
        group.generation += 1;
    }
    group.automatic_failover = failover;
    group.multi_az = multi_az;
    Ok(())
}

fn change_choices(
    held: &mut Choices,
    input: &ModifyReplicationGroupMessage,
) -> Result<(), ApiError> {
    if let Some(window) = &input.preferred_maintenance_window {
        held.maintenance_window = Some(windows::checked_maintenance(window)?);
    }
    if let Some(window) = &input.snapshot_window {
        held.snapshot_window = Some(windows::checked_snapshot(window)?);
    }
    if let Some(ids) = &input.security_group_ids {
        held.security_group_ids.clone_from(ids);
    }
    if let Some(topic) = &input.notification_topic_arn {
        held.notification_topic_arn = Some(topic.clone()).filter(|topic| !topic.is_empty());
        held.notification_topic_active = held.notification_topic_arn.is_some();
    }
    if let Some(status) = &input.notification_topic_status {
        held.notification_topic_active = status == "active";
    }
    if let Some(upgrade) = input.auto_minor_version_upgrade {
        held.auto_minor_version_upgrade = upgrade;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn a_description_changes_without_touching_the_nodes() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let body = "ReplicationGroupId=demo&ReplicationGroupDescription=new&PreferredMaintenanceWindow=Mon:01:00-mon:02:00";
        let answer = api.answer("ModifyReplicationGroup", body).await;
        assert!(
            answer.contains("<Description>new</Description>"),
            "{answer}"
        );
        assert!(answer.contains("<Status>available</Status>"), "{answer}");
        let members = api
            .answer("DescribeCacheClusters", "CacheClusterId=demo-001")
            .await;
        assert!(
            members.contains("<PreferredMaintenanceWindow>mon:01:00-mon:02:00<"),
            "{members}"
        );
    }

    #[tokio::test]
    async fn turning_failover_off_and_on_takes_effect_by_steps() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer(
                "ModifyReplicationGroup",
                "ReplicationGroupId=demo&AutomaticFailoverEnabled=false",
            )
            .await;
        assert!(
            answer.contains("<AutomaticFailover>disabling</AutomaticFailover>"),
            "{answer}"
        );
        assert!(answer.contains("<Status>modifying</Status>"), "{answer}");
        let busy = api
            .refusal(
                "ModifyReplicationGroup",
                "ReplicationGroupId=demo&ReplicationGroupDescription=x",
            )
            .await;
        busy.is(
            400,
            "InvalidReplicationGroupState",
            "Replication group must be in available state to modify.",
        );
        api.settle("demo").await;
        let answer = api
            .answer("DescribeReplicationGroups", "ReplicationGroupId=demo")
            .await;
        assert!(
            answer.contains("<AutomaticFailover>disabled</AutomaticFailover>"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn impossible_changes_are_refused() {
        let api = Api::start().await;
        api.group("one", 1).await;
        api.group("two", 2).await;
        for (body, code, text) in [
            (
                "ReplicationGroupId=two",
                "InvalidParameterCombination",
                "No modifications were requested",
            ),
            (
                "ReplicationGroupId=two&ApplyImmediately=true",
                "InvalidParameterCombination",
                "No modifications were requested",
            ),
            (
                "ReplicationGroupId=one&AutomaticFailoverEnabled=true",
                "InvalidParameterCombination",
                "When using automatic failover, there must be at least 2 cache clusters in the replication group.",
            ),
            (
                "ReplicationGroupId=one&MultiAZEnabled=true",
                "InvalidParameterCombination",
                "MultiAZEnabled requires AutomaticFailoverEnabled.",
            ),
            (
                "ReplicationGroupId=two&TransitEncryptionMode=required",
                "InvalidParameterCombination",
                "To modify transit encryption mode, set encryption-in-transit as enabled.",
            ),
            (
                "ReplicationGroupId=two&PrimaryClusterId=two-002",
                "InvalidReplicationGroupState",
                "Cannot manually promote a new master cache cluster while autofailover is enabled",
            ),
        ] {
            api.refusal("ModifyReplicationGroup", body)
                .await
                .is(400, code, text);
        }
        let refusal = api
            .refusal(
                "ModifyReplicationGroup",
                "ReplicationGroupId=two&CacheNodeType=cache.m7g.large",
            )
            .await;
        assert!(
            refusal
                .message
                .contains("not carried out by this version of Elastane"),
            "{}",
            refusal.message
        );
    }
}
