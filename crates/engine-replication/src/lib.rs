//! Purpose: PSYNC in both roles.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: the control plane, event loops.
//! Design: docs/design/replication.md

// In use: crates/node carries it out over sockets (crates/node/src/replication.rs).
pub mod node;
pub mod primary;
pub mod replica;

pub use node::{Connector, NodeReplication};
