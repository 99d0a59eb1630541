//! The messages. All are JSON objects tagged by their name in kebab case;
//! fields added later get defaults, so that two neighbouring versions talk.

use serde::{Deserialize, Serialize};

/// What clients find behind an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// Whoever is primary of the shard.
    Primary,
    /// Any replica; the primary where there is none. Sessions are read-only
    /// whatever the node's role.
    Reader,
    /// One node, whatever its role: its own `bind` and `port`.
    Node,
}

impl EndpointKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Reader => "reader",
            Self::Node => "node",
        }
    }
}

/// Agent to node. Each is answered by exactly one reply, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// First on a connection. The first reply to it means the node is ready.
    Hello {
        protocol: u32,
    },
    Status,
    /// Accept clients from the listener that comes along as the first file
    /// descriptor. With `member`, a second descriptor is the reader page, and
    /// `member` this node's line in it. A node that serves the endpoint already
    /// takes the new descriptors in place of the old and keeps its sessions.
    Serve {
        endpoint: EndpointKind,
        #[serde(default)]
        member: Option<u32>,
    },
    /// Close the node's copy of the listener. Sessions stay, except that those
    /// of the primary endpoint are closed if the node is no primary any more.
    StopServing {
        endpoint: EndpointKind,
    },
    /// Hand back a copy of every listener served; the node goes on serving.
    ReturnListeners,
    /// Become a replica of host:port. Refused below the node's epoch; at the
    /// same epoch and address nothing happens.
    Follow {
        host: String,
        port: u16,
        epoch: u64,
        user: String,
        secret: String,
    },
    /// Become primary, with this history id from the present offset on.
    /// Refused below the node's epoch; repeated at the same epoch nothing happens.
    Promote {
        epoch: u64,
        replid: String,
    },
    /// CONFIG SET of (directive, value) pairs, all or none.
    Configure {
        pairs: Vec<(String, String)>,
    },
    /// End in good order; with `save`, after writing a snapshot.
    Shutdown {
        save: bool,
    },
}

/// Node to agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    Hello(Hello),
    Status(Status),
    /// The request was carried out.
    Done,
    /// The served endpoints; one descriptor each comes along, in this order.
    Listeners {
        endpoints: Vec<EndpointKind>,
    },
    Refused(Refusal),
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub node_id: String,
    pub pid: u32,
    /// Of the program, for people.
    pub version: String,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub role: NodeRole,
    /// The highest epoch heard of; 0 = neither `Promote` nor `Follow` came yet.
    pub epoch: u64,
    pub replid: String,
    /// Offset of the journal: written as primary, applied as replica.
    pub offset: u64,
    /// Of a replica; `none` for a primary.
    pub link: LinkState,
    pub loading: bool,
    #[serde(default)]
    pub replicas: Vec<ReplicaLink>,
    #[serde(default)]
    pub connections: Connections,
    /// Shared endpoints (primary, reader) the node accepts clients from.
    pub serving: Vec<EndpointKind>,
    pub pid: u32,
    pub uptime_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeRole {
    Primary,
    Replica,
}

/// A replica's link to its primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// The node is a primary.
    None,
    Connecting,
    /// A full synchronisation is on its way.
    Syncing,
    /// The stream is followed.
    Up,
}

/// A replica as its primary sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaLink {
    pub host: String,
    pub port: u16,
    pub online: bool,
    pub acked_offset: u64,
}

/// Client connections by the endpoint they came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    pub primary: u32,
    pub reader: u32,
    pub node: u32,
}

/// A request that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the node refused ({code:?}): {message}")]
pub struct Refusal {
    pub code: RefusalCode,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The agent acts on an old picture: read the store again.
    StaleEpoch,
    /// The versions do not match.
    Protocol,
    /// A descriptor is missing, a directive unknown, a value wrong.
    Invalid,
    /// Not now (loading, saving): ask again.
    Busy,
    /// The node's own trouble; `message` tells.
    Failed,
}
