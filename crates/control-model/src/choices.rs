//! What a user chooses for a replication group or a lone cache cluster alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::CacheClusterId;

/// Tags of one resource: at most 50, keys and values case-sensitive.
pub type Tags = BTreeMap<String, String>;

/// The engine whose dialect a cache speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Redis,
    Valkey,
}

impl Engine {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }

    /// Case-insensitive, as the API takes it. `None` for any other engine.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Redis, Self::Valkey]
            .into_iter()
            .find(|e| e.as_str().eq_ignore_ascii_case(text))
    }
}

/// Settings that are recorded and reported back; those with an effect on the
/// nodes are turned into directives by the reconciler. Every field has a
/// default, so that records of older versions still load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    pub parameter_group: Option<String>,
    pub subnet_group: Option<String>,
    pub security_group_ids: Vec<String>,
    pub cache_security_group_names: Vec<String>,
    /// `ddd:hh24:mi-ddd:hh24:mi`, UTC.
    pub maintenance_window: Option<String>,
    pub notification_topic_arn: Option<String>,
    pub notification_topic_active: bool,
    pub auto_minor_version_upgrade: bool,
    /// Days; 0 = no automatic snapshots.
    pub snapshot_retention_limit: u32,
    /// `hh24:mi-hh24:mi`, UTC.
    pub snapshot_window: Option<String>,
    pub snapshotting_cluster: Option<CacheClusterId>,
    pub network_type: Option<String>,
    pub ip_discovery: Option<String>,
    pub at_rest_encryption: bool,
    pub kms_key_id: Option<String>,
}
