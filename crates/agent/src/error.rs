//! What can go wrong on a host, and whose fault it is.

use std::path::PathBuf;

use control_model::BadRecord;
use control_store::StoreError;
use node_api::{FrameError, Refusal};

/// An error of the agent. Those of single nodes are logged and tried again;
/// only what keeps the agent from starting reaches its caller.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// The operator's: permissions or space in the data directory.
    #[error("{action} {path} failed: {error}; check the data directory")]
    File {
        action: &'static str,
        path: PathBuf,
        error: std::io::Error,
    },
    /// The operator's: unix sockets have short names.
    #[error(
        "the data directory {0} has too long a name for unix sockets; choose one of at most 70 bytes"
    )]
    PathTooLong(PathBuf),
    /// The node's: it cannot be started at all.
    #[error("the node program {program} cannot be started: {error}")]
    Spawn {
        program: PathBuf,
        error: std::io::Error,
    },
    /// The host's: not even a free port of 127.0.0.1 could be had.
    #[error("no address could be found for the endpoint {endpoint}: {error}")]
    Address {
        endpoint: String,
        error: std::io::Error,
    },
    /// The node's: it does not answer, or is gone. Tried again.
    #[error("the node did not answer: {0}")]
    Admin(#[from] std::io::Error),
    /// The node's: it speaks another language.
    #[error("the node broke the admin protocol: {0}")]
    Protocol(#[from] FrameError),
    #[error("the node answered something else than was asked for")]
    UnexpectedReply,
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another node's process listens on the socket.
    #[error("the admin socket is answered by node {0}")]
    OtherNode(String),
}

impl AgentError {
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| Self::File {
            action,
            path,
            error,
        }
    }
}
