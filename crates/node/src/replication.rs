//! The node's role as the agent orders it, on top of `engine_replication::NodeReplication`; sockets to primaries.

use crate::log;
use crate::memory::count_this_thread;
use engine_dispatch::{Server, Worker};
use engine_persist::journal::ReplId;
use engine_replication::primary::PeerState;
use engine_replication::replica::LinkPhase;
use engine_replication::{Connector, NodeReplication};
use node_api::{LinkState, NodeRole, ReplicaLink};
use parking_lot::Mutex;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a silent connection blocks a read before the thread looks whether it is still wanted.
const READ_PAUSE: Duration = Duration::from_millis(20);
/// How long connecting may take, and a write may be stuck.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Why a change of role is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleError {
    /// The order is older than what the node has been told already.
    StaleEpoch { asked: u64, have: u64 },
    /// The history id is not 40 hexadecimal digits.
    HistoryId,
}

impl std::fmt::Display for RoleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StaleEpoch { asked, have } => {
                write!(f, "epoch {asked} is over: this node is in epoch {have}")
            }
            Self::HistoryId => f.write_str("a history id is 40 hexadecimal digits"),
        }
    }
}

#[derive(Debug, Default)]
struct Orders {
    epoch: u64,
    /// The history id of the last promotion.
    promoted: Option<String>,
}

/// What the admin socket tells of replication.
pub(crate) struct ReplicationStatus {
    pub(crate) role: NodeRole,
    pub(crate) epoch: u64,
    pub(crate) replid: String,
    pub(crate) offset: u64,
    pub(crate) link: LinkState,
    pub(crate) replicas: Vec<ReplicaLink>,
}

/// The node's role.
pub(crate) struct Roles {
    server: &'static Server,
    pub(crate) replication: Arc<NodeReplication>,
    orders: Mutex<Orders>,
}

impl Roles {
    /// Replication of a node that follows nobody; a managed one takes no writes before it is told its role.
    pub(crate) fn new(server: &'static Server) -> Arc<Self> {
        let managed = !server.config.text(params::ADMIN_SOCKET).is_empty();
        server.is_replica.store(managed, Ordering::Relaxed);
        let replication = NodeReplication::new(server, log::notice);
        server.set_replication(Box::new(Handle(replication.clone())));
        Arc::new(Self {
            server,
            replication,
            orders: Mutex::default(),
        })
    }

    /// Starts the threads that serve full syncs and follow a primary.
    ///
    /// # Errors
    /// No thread can be had.
    pub(crate) fn start(&self) -> Result<(), String> {
        let syncs = self.replication.clone();
        let follower = self.replication.clone();
        let server = self.server;
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.into());
            thread
                .spawn(body)
                .map(drop)
                .map_err(|e| format!("{name}: {e}"))
        };
        spawn(
            "full-sync",
            Box::new(move || {
                count_this_thread();
                syncs.run_full_syncs();
            }),
        )?;
        let worker = Worker::new(server, usize::MAX);
        spawn(
            "follow",
            Box::new(move || {
                count_this_thread();
                follower.run_follower(&Sockets, worker);
            }),
        )
    }

    fn check_epoch(orders: &mut Orders, epoch: u64) -> Result<(), RoleError> {
        if epoch < orders.epoch {
            return Err(RoleError::StaleEpoch {
                asked: epoch,
                have: orders.epoch,
            });
        }
        orders.epoch = epoch;
        Ok(())
    }

    /// The agent's order to follow, logging in as the hidden link user.
    pub(crate) fn follow(
        &self,
        epoch: u64,
        host: &str,
        port: u16,
        user: &str,
        secret: &str,
    ) -> Result<(), RoleError> {
        use engine_dispatch::server::Replication;
        let mut orders = self.orders.lock();
        Self::check_epoch(&mut orders, epoch)?;
        orders.promoted = None;
        let config = &self.server.config;
        for (id, value) in [
            (params::ELASTANE_LINK_USER, user),
            (params::ELASTANE_LINK_SECRET, secret),
        ] {
            if let Err(error) = config.put(id, &[value.as_bytes()]) {
                log::warning(&format!("The agent's {} is refused: {error}", id.name()));
            }
        }
        log::set_replica(true);
        self.replication.follow(host, port);
        Ok(())
    }

    /// The agent's order to be primary, under the history id `replid`.
    pub(crate) fn promote(&self, epoch: u64, replid: &str) -> Result<(), RoleError> {
        let id = ReplId::parse(replid.as_bytes()).map_err(|_| RoleError::HistoryId)?;
        let mut orders = self.orders.lock();
        Self::check_epoch(&mut orders, epoch)?;
        if orders.promoted.as_deref() == Some(replid) {
            return Ok(());
        }
        self.replication.promote_as(id);
        log::set_replica(false);
        log::notice(&format!(
            "This node is the primary of epoch {epoch}, its history is {replid}"
        ));
        orders.promoted = Some(replid.to_string());
        Ok(())
    }

    /// What the admin socket tells.
    pub(crate) fn status(&self) -> ReplicationStatus {
        let replica = self.server.is_replica();
        let link = match self.replication.phase() {
            _ if !replica => LinkState::None,
            LinkPhase::Connected => LinkState::Up,
            LinkPhase::Sync => LinkState::Syncing,
            LinkPhase::Connect | LinkPhase::Handshake => LinkState::Connecting,
        };
        let peers = self.replication.peers().all();
        ReplicationStatus {
            role: if replica {
                NodeRole::Replica
            } else {
                NodeRole::Primary
            },
            epoch: self.orders.lock().epoch,
            replid: self.server.journal.ids().current.as_str().to_string(),
            offset: self.server.journal.offset(),
            link,
            replicas: peers
                .iter()
                .map(|p| ReplicaLink {
                    host: p.ip.clone(),
                    port: p.port,
                    online: p.state() == PeerState::Online,
                    acked_offset: p.acked(),
                })
                .collect(),
        }
    }
}

/// Replication, as commands know it.
struct Handle(Arc<NodeReplication>);

impl engine_dispatch::server::Replication for Handle {
    fn follow(&self, host: &str, port: u16) {
        self.0.follow(host, port);
    }
    fn promote(&self) {
        self.0.promote();
    }
    fn info(&self) -> String {
        self.0.info()
    }
    fn role(&self, reply: &mut proto_resp::Reply<'_>) {
        self.0.role(reply);
    }
    fn replicas_at(&self, offset: u64) -> usize {
        self.0.replicas_at(offset)
    }
    fn good_replicas(&self, seconds: i64) -> usize {
        self.0.good_replicas(seconds)
    }
    fn ask_acks(&self) {
        self.0.ask_acks();
    }
    fn counts(&self) -> engine_dispatch::server::ReplicationCounts {
        self.0.counts()
    }
}

/// Connects over TCP.
struct Sockets;

impl Connector for Sockets {
    type Stream = TcpStream;

    fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let address = (host, port)
            .to_socket_addrs()?
            .next()
            .ok_or(io::ErrorKind::AddrNotAvailable)?;
        let stream = TcpStream::connect_timeout(&address, CONNECT_MAX)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_PAUSE))?;
        stream.set_write_timeout(Some(CONNECT_MAX))?;
        Ok(stream)
    }
}
