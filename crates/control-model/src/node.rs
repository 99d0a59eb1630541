//! Nodes: what a reconciler assigns to an agent ([`NodeSpec`]) and what that
//! agent sees ([`NodeObserved`]). Each is written by one side only.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::endpoint::EndpointKind;
use crate::ids::{CacheClusterId, HostId, Owner, Scope, ShardId};
use crate::time::Timestamp;

/// A host with an agent, registered under a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub id: HostId,
    /// Made anew each time the agent starts. What an agent of another session
    /// saw is no longer known to be true.
    pub session: u64,
    /// Set once the agent has looked at every process an earlier session left.
    pub adopted: bool,
    pub started_at: Timestamp,
}

/// The assignment of one node to a host's agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSpec {
    pub scope: Scope,
    pub cluster: CacheClusterId,
    pub owner: Owner,
    pub shard: ShardId,
    pub host: HostId,
    pub zone: String,
    pub run: RunIntent,
    /// Number of the process wanted. A higher number than the one seen asks
    /// for a new process once the old one has ended.
    pub process: u32,
    /// Number of the data directory. A higher number starts the node empty.
    pub data: u32,
    /// Where the node listens: its own endpoint's address.
    pub listen: SocketAddr,
    pub role: RoleSpec,
    /// The shared endpoints this node serves (never `Node`).
    pub serves: Vec<EndpointKind>,
    /// Directives of the generated configuration, in order.
    pub directives: Vec<(String, String)>,
    pub link_secret: String,
    pub created_at: Timestamp,
    /// When the node joined; none while it is new or being recovered.
    pub available_at: Option<Timestamp>,
    /// A lost node is being replaced under this name.
    pub recovering: bool,
}

/// Whether a node's process should run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunIntent {
    Running,
    /// End it politely: SIGTERM, then kill after a while.
    Stopped,
    /// Kill it at once and be sure of its death.
    Fenced,
}

/// The role a node should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSpec {
    Primary {
        epoch: u64,
        replid: String,
    },
    Replica {
        epoch: u64,
        primary: CacheClusterId,
        address: SocketAddr,
    },
}

impl RoleSpec {
    pub fn epoch(&self) -> u64 {
        match self {
            Self::Primary { epoch, .. } | Self::Replica { epoch, .. } => *epoch,
        }
    }
}

/// What the agent last saw of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeObserved {
    pub scope: Scope,
    pub cluster: CacheClusterId,
    pub host: HostId,
    /// The agent session that saw it.
    pub session: u64,
    /// The process this is about; 0 = none was ever started.
    pub process: u32,
    pub data: u32,
    pub state: ProcessState,
    /// The last [`NodeObserved::HUNG_AFTER`] probes of the data port got no answer.
    pub hung: bool,
    /// What the node said of itself; none while it has not answered.
    pub replication: Option<ReplicationSeen>,
    /// Shared endpoints it serves now.
    pub serving: Vec<EndpointKind>,
    pub seen_at: Timestamp,
}

/// The state of a node's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// Nothing was started yet, or its traces were removed after a stop.
    Absent,
    /// The process exists and its admin socket has not answered yet.
    Starting { pid: u32 },
    /// The admin socket answers.
    Running { pid: u32 },
    /// The process has ended. `asked`: the service itself ended it, as it does
    /// with all nodes when it is stopped; not a failure.
    Exited { asked: bool, reason: String },
}

/// Replication as a node reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationSeen {
    pub primary: bool,
    /// The highest epoch the node has heard of.
    pub epoch: u64,
    pub replid: String,
    pub offset: u64,
    /// A replica's link to its primary is up and the first sync is complete.
    pub link_up: bool,
    /// A dataset is being loaded; the node is no candidate and serves no reads.
    pub loading: bool,
}

impl NodeObserved {
    /// Missed probes in a row (one a second) that make a node count as hung.
    pub const HUNG_AFTER: u32 = 3;

    pub fn is_running(&self) -> bool {
        matches!(self.state, ProcessState::Running { .. })
    }

    pub fn has_exited(&self) -> bool {
        matches!(self.state, ProcessState::Exited { .. })
    }
}
