//! The desired state of a cache cluster that belongs to no replication group:
//! one Redis node. Members of a group are part of the group's record.

use serde::{Deserialize, Serialize};

use crate::choices::{Choices, Engine, Tags};
use crate::ids::{CacheClusterId, Scope};
use crate::replication_group::Deletion;
use crate::time::Timestamp;

/// The desired state of a lone cache cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheCluster {
    pub scope: Scope,
    pub id: CacheClusterId,
    pub created_at: Timestamp,
    pub engine: Engine,
    pub engine_version: String,
    pub node_type: String,
    pub port: u16,
    pub zone: String,
    #[serde(default)]
    pub choices: Choices,
    #[serde(default)]
    pub tags: Tags,
    /// As [`crate::ReplicationGroup::generation`]; starts at 1.
    pub generation: u64,
    #[serde(default)]
    pub deleting: Option<Deletion>,
}
