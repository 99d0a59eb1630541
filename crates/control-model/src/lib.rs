//! Purpose: the resources of the control plane (replication group, cache cluster, node, endpoint, event, tag), their states and legal transitions.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: the API wire format, the store, processes.
//! Design: docs/design/control-model.md

pub mod cache_cluster;
pub mod choices;
pub mod credential;
pub mod endpoint;
pub mod event;
pub mod ids;
pub mod keys;
pub mod node;
pub mod replication_group;
pub mod shard;
pub mod status;
#[doc(hidden)]
pub mod testing;
pub mod time;
pub mod view;

pub use cache_cluster::CacheCluster;
pub use choices::{Choices, Engine, Tags};
pub use credential::AccessKey;
pub use endpoint::{Endpoint, EndpointAddress, EndpointId, EndpointKind};
pub use event::{Event, EventSource};
pub use ids::{CacheClusterId, HostId, IdError, Owner, ReplicationGroupId, Scope, ShardId};
pub use node::{Host, NodeObserved, NodeSpec, ProcessState, ReplicationSeen, RoleSpec, RunIntent};
pub use replication_group::{Member, ReplicationGroup};
pub use shard::{Failover, FailoverCause, Shard};
pub use status::{AutomaticFailoverStatus, CacheClusterStatus, GroupStatus, NodeStatus, Role};
pub use time::Timestamp;
pub use view::{BadRecord, ClusterView, GroupView, ScopeView, Versioned};
