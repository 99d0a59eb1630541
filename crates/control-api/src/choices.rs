//! Settings that replication groups and lone cache clusters share.

use control_model::{Choices, Engine, Scope};
use proto_awsquery::types::{CreateCacheClusterMessage, CreateReplicationGroupMessage};
use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;
use crate::{engines, not_carried_out, windows};

/// What a create request says of the shared settings.
#[derive(Debug)]
pub(crate) struct Asked {
    parameter_group: Option<String>,
    subnet_group: Option<String>,
    cache_security_group_names: Option<Vec<String>>,
    security_group_ids: Option<Vec<String>>,
    maintenance_window: Option<String>,
    notification_topic_arn: Option<String>,
    auto_minor_version_upgrade: Option<bool>,
    snapshot_retention_limit: Option<i32>,
    snapshot_window: Option<String>,
    network_type: Option<String>,
    ip_discovery: Option<String>,
}

macro_rules! asked_from {
    ($message:ty) => {
        impl From<&$message> for Asked {
            fn from(input: &$message) -> Self {
                Self {
                    parameter_group: input.cache_parameter_group_name.clone(),
                    subnet_group: input.cache_subnet_group_name.clone(),
                    cache_security_group_names: input.cache_security_group_names.clone(),
                    security_group_ids: input.security_group_ids.clone(),
                    maintenance_window: input.preferred_maintenance_window.clone(),
                    notification_topic_arn: input.notification_topic_arn.clone(),
                    auto_minor_version_upgrade: input.auto_minor_version_upgrade,
                    snapshot_retention_limit: input.snapshot_retention_limit,
                    snapshot_window: input.snapshot_window.clone(),
                    network_type: input.network_type.clone(),
                    ip_discovery: input.ip_discovery.clone(),
                }
            }
        }
    };
}

asked_from!(CreateReplicationGroupMessage);
asked_from!(CreateCacheClusterMessage);

impl Asked {
    /// Checks the settings and fills in defaults.
    pub(crate) fn choose(
        self,
        scope: &Scope,
        id: &str,
        engine: Engine,
        version: &str,
    ) -> Result<Choices, ApiError> {
        engines::check_parameter_group(engine, version, self.parameter_group.as_deref())?;
        check_subnet_group(self.subnet_group.as_deref())?;
        check_cache_security_groups(self.cache_security_group_names.as_deref())?;
        check_network(self.network_type.as_deref(), self.ip_discovery.as_deref())?;
        check_retention(self.snapshot_retention_limit)?;
        let (maintenance, snapshot) = windows::choose(
            self.maintenance_window.as_deref(),
            self.snapshot_window.as_deref(),
            &format!("{scope}/{id}"),
        )?;
        Ok(Choices {
            parameter_group: self.parameter_group,
            subnet_group: self.subnet_group,
            security_group_ids: self.security_group_ids.unwrap_or_default(),
            maintenance_window: Some(maintenance),
            notification_topic_active: self.notification_topic_arn.is_some(),
            notification_topic_arn: self.notification_topic_arn,
            auto_minor_version_upgrade: self.auto_minor_version_upgrade.unwrap_or(true),
            snapshot_window: Some(snapshot),
            network_type: Some("ipv4".to_owned()),
            ip_discovery: Some("ipv4".to_owned()),
            ..Choices::default()
        })
    }
}

fn check_subnet_group(name: Option<&str>) -> Result<(), ApiError> {
    match name {
        None | Some("default") => Ok(()),
        Some(name) => Err(Fault::CacheSubnetGroupNotFound.with(format!(
            "Cache subnet group {} does not exist.",
            shown(name)
        ))),
    }
}

/// Groups of EC2-Classic, which no account has any more.
pub(crate) fn check_cache_security_groups(names: Option<&[String]>) -> Result<(), ApiError> {
    match names {
        None | Some([]) => Ok(()),
        Some(_) => Err(Fault::InvalidParameterValue.with(
            "Use of cache security groups is not permitted in this API version for your account.",
        )),
    }
}

/// Addresses are of version 4 so far.
pub(crate) fn check_network(
    network_type: Option<&str>,
    ip_discovery: Option<&str>,
) -> Result<(), ApiError> {
    for (parameter, value) in [("NetworkType", network_type), ("IpDiscovery", ip_discovery)] {
        if let Some(value) = value.filter(|value| *value != "ipv4") {
            return Err(not_carried_out::fault(&format!("{parameter} {value}")));
        }
    }
    Ok(())
}

/// Automatic snapshots are not made yet, so none may be asked for.
pub(crate) fn check_retention(days: Option<i32>) -> Result<(), ApiError> {
    match days {
        None | Some(0) => Ok(()),
        Some(1..=35) => Err(not_carried_out::fault("SnapshotRetentionLimit above 0")),
        Some(days) => Err(Fault::InvalidParameterValue.with(format!(
            "Invalid snapshot retention limit {days}. Must be between 0 and 35."
        ))),
    }
}

/// The port of a create request, or the engines' own.
pub(crate) fn port(given: Option<i32>) -> Result<u16, ApiError> {
    let Some(given) = given else { return Ok(6379) };
    u16::try_from(given)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| {
            Fault::InvalidParameterValue.with(format!(
                "Invalid port {given}. Must be between 1 and 65535."
            ))
        })
}
