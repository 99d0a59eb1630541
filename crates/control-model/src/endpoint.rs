//! Endpoints: names, addresses and ports that stay put while nodes come and go.
//!
//! The reconciler writes what is wanted ([`Endpoint`]); the agent of the host
//! writes what it could get ([`EndpointAddress`]), once and for good.

use std::fmt;
use std::net::SocketAddr;

pub use node_api::EndpointKind;
use serde::{Deserialize, Serialize};

use crate::ids::{HostId, Owner, Scope};

/// Names an endpoint within a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EndpointId {
    pub owner: Owner,
    pub kind: EndpointKind,
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.kind.as_str())
    }
}

/// An endpoint that should exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub scope: Scope,
    pub id: EndpointId,
    /// The host whose agent owns the address.
    pub host: HostId,
    /// The port the user asked for (the group's Port).
    pub port_wanted: u16,
}

/// The address an agent found for an endpoint. Never changes while the endpoint exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAddress {
    pub scope: Scope,
    pub id: EndpointId,
    pub address: SocketAddr,
}
