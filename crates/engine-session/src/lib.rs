//! Purpose: one client connection without its socket: bytes in, bytes out, wake-ups; batches, prefetches, suspends.
//! Layer: mechanisms.
//! Must not know: sockets, threads, single commands.
//! Design: docs/design/execution.md

mod batch;
mod session;
pub mod transcript;

pub use session::{Session, Status};
