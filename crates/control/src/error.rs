//! Why the service could not start or go on. All are the operator's to mend.

use std::net::SocketAddr;
use std::path::PathBuf;

use agent::AgentError;
use control_model::IdError;
use control_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error("--account: {0}")]
    Account(#[from] IdError),
    #[error("the API cannot listen on {address}: {error}; choose another address with --api")]
    Bind {
        address: SocketAddr,
        error: std::io::Error,
    },
    #[error(
        "--any-credentials accepts everybody and is refused on {0}, which others can reach; use it with a loopback address only"
    )]
    AnyCredentials(SocketAddr),
    #[error("{action} {path} failed: {error}")]
    File {
        action: &'static str,
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the service failed: {0}")]
    Io(#[from] std::io::Error),
}

impl ServeError {
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
