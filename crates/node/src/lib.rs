//! Purpose: the node process: I/O threads, event loops, sockets, admin socket.
//! Layer: processes.
//! Must not know: the control plane beyond node-api.
//! Design: docs/design/node.md

mod accept;
mod admin;
mod connection;
mod io_thread;
mod log;
pub mod memory;
mod poll;
mod process;
mod reader_page;
mod replication;
mod shutdown;
mod start;
mod storage;
mod usage;

pub use start::run;
