//! The admin socket: what the agent tells a managed node (docs/design/node-api.md). Served by threads of its own, so
//! that it answers while commands run for long.

use crate::accept::Listeners;
use crate::log;
use crate::process::NodeProcess;
use crate::reader_page::ReaderPage;
use crate::replication::Roles;
use engine_dispatch::Server;
use engine_dispatch::client::Endpoint;
use engine_dispatch::server::{Process, Shutdown};
use node_api::{
    Connections, Decoder, EndpointKind, FDS_MAX, FrameKind, Hello, PROTOCOL, Refusal, RefusalCode,
    Reply, Request, Status, encode,
};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

/// What the admin socket acts on.
pub(crate) struct Admin {
    pub(crate) server: &'static Server,
    pub(crate) listeners: Arc<Listeners>,
    pub(crate) process: Arc<NodeProcess>,
    pub(crate) roles: Arc<Roles>,
    pub(crate) version: &'static str,
}

/// Opens the admin socket, if the configuration names one.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn start(admin: Admin) -> Result<(), String> {
    let path = admin.server.config.text(params::ADMIN_SOCKET);
    if path.is_empty() {
        return Ok(());
    }
    let fail = |e: io::Error| format!("admin socket {path}: {e}");
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).map_err(fail)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
    let admin = Arc::new(admin);
    let accept = move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            let admin = admin.clone();
            let serve = move || {
                if let Err(error) = Conversation::new(stream).run(&admin) {
                    log::warning(&format!("The admin socket's connection ended: {error}"));
                }
            };
            if std::thread::Builder::new()
                .name("admin".into())
                .spawn(serve)
                .is_err()
            {
                log::warning("No thread for a connection of the admin socket");
            }
        }
    };
    std::thread::Builder::new()
        .name("admin".into())
        .spawn(accept)
        .map(drop)
        .map_err(fail)
}

/// One connection of the agent's.
struct Conversation {
    stream: UnixStream,
    decoder: Decoder,
    fds: VecDeque<OwnedFd>,
}

/// A reply with the descriptors that go with it.
type Answer = (Reply, Vec<OwnedFd>);

impl Conversation {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            decoder: Decoder::default(),
            fds: VecDeque::new(),
        }
    }

    fn run(&mut self, admin: &Admin) -> io::Result<()> {
        let invalid =
            |e: node_api::FrameError| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
        loop {
            while let Some(frame) = self.decoder.next_frame().map_err(invalid)? {
                let request: Request = frame.read().map_err(invalid)?;
                if self.fds.len() < frame.fds {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "announced descriptors are missing",
                    ));
                }
                let fds = self.fds.drain(..frame.fds).collect();
                let ends = matches!(request, Request::Shutdown { .. });
                let (reply, fds) = admin.answer(request, fds);
                self.send(&reply, &fds)?;
                if ends && reply == Reply::Done {
                    // The data of a managed node lives in its group, not in files of its own.
                    admin.process.shutdown(Shutdown {
                        save: Some(false),
                        now: true,
                        force: true,
                        waiting: None,
                    });
                }
            }
            if !self.receive()? {
                return Ok(());
            }
        }
    }

    fn receive(&mut self) -> io::Result<bool> {
        let mut bytes = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = recvmsg(
            &self.stream,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        self.decoder.push(&bytes[..got.bytes]);
        Ok(got.bytes > 0)
    }

    fn send(&self, reply: &Reply, fds: &[OwnedFd]) -> io::Result<()> {
        let bytes = encode(FrameKind::Reply, reply, fds.len());
        let borrowed: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
        let mut sent = 0;
        while sent < bytes.len() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            if sent == 0 && !borrowed.is_empty() {
                control.push(SendAncillaryMessage::ScmRights(&borrowed));
            }
            let slices = [IoSlice::new(&bytes[sent..])];
            sent += sendmsg(&self.stream, &slices, &mut control, SendFlags::NOSIGNAL)?;
        }
        Ok(())
    }
}

fn refused(code: RefusalCode, message: impl Into<String>) -> Reply {
    Reply::Refused(Refusal {
        code,
        message: message.into(),
    })
}

fn endpoint(kind: EndpointKind) -> Endpoint {
    match kind {
        EndpointKind::Primary => Endpoint::Primary,
        EndpointKind::Reader => Endpoint::Reader,
        EndpointKind::Node => Endpoint::Node,
    }
}

fn kind(endpoint: Endpoint) -> EndpointKind {
    match endpoint {
        Endpoint::Primary => EndpointKind::Primary,
        Endpoint::Reader => EndpointKind::Reader,
        Endpoint::Node => EndpointKind::Node,
    }
}

impl Admin {
    fn answer(&self, request: Request, fds: Vec<OwnedFd>) -> Answer {
        let done = |result: Result<(), Reply>| result.map_or_else(|reply| reply, |()| Reply::Done);
        let reply = match request {
            Request::Hello { protocol } => self.hello(protocol),
            Request::Status => Reply::Status(self.status()),
            Request::Serve { endpoint, member } => done(self.serve(endpoint, member, fds)),
            Request::StopServing { endpoint: kind } => {
                self.listeners.stop(endpoint(kind));
                Reply::Done
            }
            Request::ReturnListeners => return self.return_listeners(),
            Request::Follow {
                host,
                port,
                epoch,
                user,
                secret,
            } => done(
                self.roles
                    .follow(epoch, &host, port, &user, &secret)
                    .map_err(stale),
            ),
            Request::Promote { epoch, replid } => {
                done(self.roles.promote(epoch, &replid).map_err(stale))
            }
            Request::Configure { pairs } => done(self.configure(&pairs)),
            Request::Shutdown { .. } => Reply::Done,
        };
        (reply, Vec::new())
    }

    fn hello(&self, protocol: u32) -> Reply {
        if protocol != PROTOCOL {
            let text = format!("this node speaks protocol {PROTOCOL}, not {protocol}");
            return refused(RefusalCode::Protocol, text);
        }
        Reply::Hello(Hello {
            protocol: PROTOCOL,
            node_id: self.server.config.text(params::ELASTANE_NODE_ID),
            pid: std::process::id(),
            version: self.version.to_string(),
        })
    }

    fn status(&self) -> Status {
        let replication = self.roles.status();
        Status {
            role: replication.role,
            epoch: replication.epoch,
            replid: replication.replid,
            offset: replication.offset,
            link: replication.link,
            loading: self
                .server
                .loading
                .load(std::sync::atomic::Ordering::Relaxed),
            replicas: replication.replicas,
            connections: Connections {
                primary: self.listeners.connections(Endpoint::Primary),
                reader: self.listeners.connections(Endpoint::Reader),
                node: self.listeners.connections(Endpoint::Node),
            },
            serving: self
                .listeners
                .serving()
                .into_iter()
                .map(kind)
                .filter(|k| *k != EndpointKind::Node)
                .collect(),
            pid: std::process::id(),
            uptime_ms: (engine_dispatch::server::now_ms() - self.server.started_ms).max(0) as u64,
        }
    }

    fn serve(
        &self,
        kind: EndpointKind,
        member: Option<u32>,
        fds: Vec<OwnedFd>,
    ) -> Result<(), Reply> {
        let invalid = |text: &str| refused(RefusalCode::Invalid, text);
        let failed = |e: io::Error| refused(RefusalCode::Failed, e.to_string());
        let mut fds = fds.into_iter();
        let listener = fds
            .next()
            .ok_or_else(|| invalid("no listener came with the request"))?;
        let page = match (kind, member) {
            (EndpointKind::Node, _) => return Err(invalid("a node opens its own listener")),
            (EndpointKind::Reader, Some(member)) => {
                let page = fds
                    .next()
                    .ok_or_else(|| invalid("no reader page came with the request"))?;
                Some(ReaderPage::map(&page, member).map_err(failed)?)
            }
            _ => None,
        };
        self.listeners
            .serve(endpoint(kind), listener, page)
            .map_err(failed)
    }

    fn return_listeners(&self) -> Answer {
        match self.listeners.copies() {
            Ok(copies) => {
                let (endpoints, fds) = copies.into_iter().map(|(e, fd)| (kind(e), fd)).unzip();
                (Reply::Listeners { endpoints }, fds)
            }
            Err(error) => (refused(RefusalCode::Failed, error.to_string()), Vec::new()),
        }
    }

    fn configure(&self, pairs: &[(String, String)]) -> Result<(), Reply> {
        let pairs: Vec<(&[u8], &[u8])> = pairs
            .iter()
            .map(|(n, v)| (n.as_bytes(), v.as_bytes()))
            .collect();
        let origin = params::Origin {
            startup: false,
            loading: false,
            local: true,
        };
        let mut apply = |id| self.process.apply(id);
        self.server
            .config
            .set_and_apply(&pairs, origin, &mut apply)
            .map(drop)
            .map_err(|e| refused(RefusalCode::Invalid, e.to_string()))
    }
}

fn stale(error: crate::replication::RoleError) -> Reply {
    use crate::replication::RoleError;
    let code = match error {
        RoleError::StaleEpoch { .. } => RefusalCode::StaleEpoch,
        RoleError::HistoryId => RefusalCode::Invalid,
    };
    refused(code, error.to_string())
}
