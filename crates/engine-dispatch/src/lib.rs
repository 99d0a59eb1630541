//! Purpose: what happens between a parsed request and its reply: command table, units and locks, the one change function, waiters, transactions.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: sockets, single commands (their table is handed in at start).
//! Design: docs/design/execution.md

pub mod access;
pub mod acks;
pub mod acl;
pub mod apply;
mod background;
pub mod block;
pub mod client;
pub mod client_line;
pub mod client_memory;
pub mod command;
pub mod cx;
pub mod dialect;
pub mod error;
pub mod evict;
pub mod execute;
pub mod expire;
pub mod histogram;
pub mod inbox;
pub mod key_access;
pub mod keys;
pub mod latency;
pub mod monitor;
pub mod pause;
pub mod pubsub;
pub mod reaper;
pub mod saving;
pub mod script;
pub mod server;
pub mod slowlog;
pub mod table;
pub mod ticks;
pub mod totals;
pub mod tracking;
pub mod transaction;
pub mod worker;

pub use client::Client;
pub use command::{Acl, Command, Flags, Group, KeySpec, Plan};
pub use cx::{Cx, NullKind};
pub use error::{Error, Outcome};
pub use execute::{Ran, run};
pub use keys::{Change, Event, Keys, StringRef};
pub use server::Server;
pub use table::{CommandTable, Registered};
pub use worker::Worker;
