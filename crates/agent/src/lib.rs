//! Purpose: runs on each host: starts, stops, adopts node processes, owns endpoint sockets, reports what it sees.
//! Layer: processes.
//! Must not know: the engine.
//! Design: docs/design/agent.md

pub mod admin;
mod agent;
mod board;
mod config_file;
mod endpoints;
mod error;
mod keeper;
mod manage;
pub mod passing;
mod paths;
mod pidfd;
mod probe;
mod process;
mod reader_page;
mod reporter;
mod reset;
mod socket;

pub use agent::{Agent, AgentOptions};
pub use error::AgentError;
