//! Events as DescribeEvents tells them; kept for 14 days.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CacheClusterId, ReplicationGroupId, Scope, ShardId};
use crate::time::Timestamp;

/// How long DescribeEvents can look back.
pub const EVENTS_KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

/// ElastiCache's `SourceType`, as far as this version has sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventSource {
    CacheCluster,
    ReplicationGroup,
}

impl EventSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CacheCluster => "cache-cluster",
            Self::ReplicationGroup => "replication-group",
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub scope: Scope,
    pub at: Timestamp,
    /// Orders events that were written together in one millisecond.
    pub order: u32,
    pub source: EventSource,
    pub source_id: String,
    pub message: String,
}

impl Event {
    pub fn of_cluster(
        scope: &Scope,
        at: Timestamp,
        id: &CacheClusterId,
        message: impl Into<String>,
    ) -> Self {
        Self {
            scope: scope.clone(),
            at,
            order: 0,
            source: EventSource::CacheCluster,
            source_id: id.to_string(),
            message: message.into(),
        }
    }

    pub fn of_group(
        scope: &Scope,
        at: Timestamp,
        id: &ReplicationGroupId,
        message: impl Into<String>,
    ) -> Self {
        Self {
            scope: scope.clone(),
            at,
            order: 0,
            source: EventSource::ReplicationGroup,
            source_id: id.to_string(),
            message: message.into(),
        }
    }

    /// Written by the API action, before the failover's own events.
    pub fn test_failover_called(
        scope: &Scope,
        at: Timestamp,
        id: &ReplicationGroupId,
        shard: &ShardId,
    ) -> Self {
        Self::of_group(
            scope,
            at,
            id,
            format!("Test Failover API called for node group {shard}"),
        )
    }

    /// Numbers events written in one transaction, so that their order shows in their keys.
    pub fn in_order(mut events: Vec<Self>) -> Vec<Self> {
        for (n, event) in (0u32..).zip(events.iter_mut()) {
            event.order = n;
        }
        events
    }
}
