//! Purpose: the contract between the control plane (agent) and a node: admin messages, what the agent tells, what a node answers.
//! Layer: vocabulary. Pure.
//! Must not know: the engine, the reconcilers, how messages travel.
//! Design: docs/design/node-api.md

pub mod directives;
mod frame;
mod message;
pub mod reader_page;

pub use frame::{Decoder, FDS_MAX, Frame, FrameError, FrameKind, MESSAGE_BYTES_MAX, encode};
pub use message::{
    Connections, EndpointKind, Hello, LinkState, NodeRole, Refusal, RefusalCode, ReplicaLink,
    Reply, Request, Status,
};

/// Version of this contract. A node answers `Hello` with the version it
/// speaks; an agent leaves a node of another major number running, unmanaged.
pub const PROTOCOL: u32 = 1;
