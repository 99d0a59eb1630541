//! Purpose: PSYNC in both roles.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: the control plane, event loops.
//! Design: docs/design/replication.md

pub mod primary;
pub mod replica;
