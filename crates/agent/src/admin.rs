//! The agent's end of a node's admin socket: one connection an errand, blocking,
//! bounded in time. Async callers use [`ask`].

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use node_api::{FrameKind, Hello, PROTOCOL, Reply, Request, Status, encode};

use crate::error::AgentError;
use crate::passing::{Receiver, send};

/// How long a node may take for one answer. Its admin thread has little to do.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// A connection to a node's admin socket.
#[derive(Debug)]
pub struct AdminClient {
    stream: UnixStream,
    receiver: Receiver,
}

impl AdminClient {
    pub fn connect(path: &Path) -> Result<Self, AgentError> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(ANSWER_TIME))?;
        stream.set_write_timeout(Some(ANSWER_TIME))?;
        Ok(Self {
            stream,
            receiver: Receiver::default(),
        })
    }

    /// One request, one reply. A refusal is an error.
    pub fn request(
        &mut self,
        request: &Request,
        fds: &[&OwnedFd],
    ) -> Result<(Reply, Vec<OwnedFd>), AgentError> {
        let bytes = encode(FrameKind::Request, request, fds.len());
        let borrowed: Vec<_> = fds.iter().map(|fd| fd.as_fd()).collect();
        send(&self.stream, &bytes, &borrowed)?;
        let Some((frame, fds)) = self.receiver.receive(&self.stream)? else {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        };
        match frame.read::<Reply>()? {
            Reply::Refused(refusal) => Err(refusal.into()),
            reply => Ok((reply, fds)),
        }
    }

    pub fn hello(&mut self) -> Result<Hello, AgentError> {
        let request = Request::Hello { protocol: PROTOCOL };
        match self.request(&request, &[])?.0 {
            Reply::Hello(hello) => Ok(hello),
            _ => Err(AgentError::UnexpectedReply),
        }
    }

    pub fn status(&mut self) -> Result<Status, AgentError> {
        match self.request(&Request::Status, &[])?.0 {
            Reply::Status(status) => Ok(status),
            _ => Err(AgentError::UnexpectedReply),
        }
    }

    /// A request whose reply is `done`.
    pub fn order(&mut self, request: &Request, fds: &[&OwnedFd]) -> Result<(), AgentError> {
        match self.request(request, fds)?.0 {
            Reply::Done => Ok(()),
            _ => Err(AgentError::UnexpectedReply),
        }
    }
}

/// Runs an errand on a fresh connection, off the async threads.
pub async fn ask<T: Send + 'static>(
    path: &Path,
    errand: impl FnOnce(&mut AdminClient) -> Result<T, AgentError> + Send + 'static,
) -> Result<T, AgentError> {
    let path: PathBuf = path.to_owned();
    let work = move || errand(&mut AdminClient::connect(&path)?);
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(e) => Err(std::io::Error::other(e).into()),
    }
}

pub(crate) async fn status(path: &Path) -> Result<Status, AgentError> {
    ask(path, AdminClient::status).await
}

/// An order with descriptors that stay ours.
pub(crate) async fn order(
    path: &Path,
    request: Request,
    fds: Vec<Arc<OwnedFd>>,
) -> Result<(), AgentError> {
    ask(path, move |admin| {
        let fds: Vec<&OwnedFd> = fds.iter().map(|fd| &**fd).collect();
        admin.order(&request, &fds)
    })
    .await
}
