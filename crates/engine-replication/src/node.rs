//! A node's part in replication: its role, its replicas, and the thread that follows a primary.
//!
//! Lock order: [`NodeReplication::role`] comes before the wide token and the slots; whoever changes
//! the role or applies a unit of the stream holds it. INFO and ROLE, which may run under slot
//! locks, read the [`View`], a leaf.

use crate::primary::{FullSyncs, Link, Peers, PsyncRequest};
use crate::replica::{LinkPhase, LinkStatus, Transport, follow};
use engine_dispatch::client::{Client, Takeover};
use engine_dispatch::inbox::Message;
use engine_dispatch::server::{Replication, ReplicationCounts, fresh_repl_id, now_ms};
use engine_dispatch::{Server, Worker};
use engine_keyspace::Unit;
use engine_persist::journal::{EffectBuf, EffectClass, ReplId};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

mod follower;
mod report;
mod sync_host;

use follower::NodeFollower;

/// Opens connections to primaries; see [`Transport`] for how reads must behave.
pub trait Connector: Send + Sync {
    /// A connection.
    type Stream: Transport;
    /// Connects, within some seconds.
    fn connect(&self, host: &str, port: u16) -> std::io::Result<Self::Stream>;
}

/// Pause between two attempts to follow, as Redis's replication cron has it; in a managed group.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MANAGED: Duration = Duration::from_millis(50);

/// Whom the node follows.
#[derive(Debug, Default)]
struct Role {
    primary: Option<(String, u16)>,
    /// Counts changes: a link of an earlier count must not touch the data any more.
    generation: u64,
}

/// What others are told of the link to the primary.
#[derive(Debug, Default)]
struct View {
    primary: Option<(String, u16)>,
    generation: u64,
    phase: LinkPhase,
    /// When bytes last came, and since when the link is down, milliseconds of Unix time.
    heard_ms: i64,
    down_since_ms: i64,
    /// Why the last link ended.
    failure: String,
}

/// Replication of one node. See the module.
pub struct NodeReplication {
    server: &'static Server,
    peers: Arc<Peers>,
    syncs: FullSyncs,
    role: Mutex<Role>,
    changed: Condvar,
    view: Mutex<View>,
    pinged_ms: Mutex<Pinged>,
    /// Bytes that came from primaries.
    received_bytes: AtomicU64,
    log: Box<dyn Fn(&str) + Send + Sync>,
}

/// What the once-a-second work remembers.
#[derive(Debug, Default)]
struct Pinged {
    ping_ms: i64,
    followed_ms: i64,
}

impl std::fmt::Debug for NodeReplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeReplication")
            .field("view", &self.view)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}

impl NodeReplication {
    /// Replication of a node that follows nobody yet. `log` writes a line into the node's log.
    pub fn new(server: &'static Server, log: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            server,
            peers: Arc::default(),
            syncs: FullSyncs::default(),
            role: Mutex::default(),
            changed: Condvar::new(),
            view: Mutex::default(),
            pinged_ms: Mutex::default(),
            received_bytes: AtomicU64::new(0),
            log: Box::new(log),
        })
    }

    /// The node.
    pub fn server(&self) -> &'static Server {
        self.server
    }

    /// The replicas of this node.
    pub fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }

    /// Answers a PSYNC: from here on the connection is the link. `wake` wakes the thread that owns
    /// it, from any thread.
    pub fn link(
        &self,
        client: &Client,
        asked: Takeover,
        now_ms: i64,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Link {
        let said = &client.replconf;
        let (id, next, bare) = match asked {
            Takeover::Psync { id, offset } => (id, offset, false),
            Takeover::Sync => (Vec::new(), -1, true),
        };
        let request = PsyncRequest {
            client: client.info.id,
            id,
            next,
            bare,
            eof: said.eof && !bare,
            psync2: said.psync2,
            ip: match said.ip_address.is_empty() {
                true => host_of(&client.info.peer),
                false => String::from_utf8_lossy(&said.ip_address).into_owned(),
            },
            port: said.listening_port,
        };
        client.info.replica.store(true, Ordering::Relaxed);
        let journal = &self.server.journal;
        let mut link = Link::new(&request, journal, &self.peers, &self.syncs, now_ms, wake);
        let limit = self
            .server
            .config
            .buffer_limit(params::ClientClass::Replica);
        link.set_lag_max(limit.hard_bytes);
        link
    }

    /// Whether the control plane runs this node: its links log in as the hidden link user.
    fn is_managed(&self) -> bool {
        !self
            .server
            .config
            .bytes(params::ELASTANE_LINK_USER)
            .is_empty()
    }

    /// Serves full syncs; the body of a thread of its own. Ends with [`NodeReplication::close`].
    pub fn run_full_syncs(&self) {
        self.syncs.run(self);
    }

    /// Ends the thread of the full syncs.
    pub fn close(&self) {
        self.syncs.close();
    }

    /// Follows primaries as the role says; the body of a thread of its own, for the life of the
    /// process. `worker` runs what the stream says; its index is no I/O thread's.
    pub fn run_follower<C: Connector>(&self, connector: &C, mut worker: Worker) {
        loop {
            let (host, port, generation) = self.wait_for_primary();
            let ended = match connector.connect(&host, port) {
                Ok(transport) => {
                    let mut follower = NodeFollower::new(self, &mut worker, generation);
                    follow(transport, &mut follower)
                        .err()
                        .map(|error| error.to_string())
                }
                Err(error) => Some(format!(
                    "cannot connect to the primary {host}:{port}: {error}"
                )),
            };
            self.link_ended(generation, &ended.unwrap_or_default());
            // A changed role ends the pause. A managed node's primary is near, and about to come.
            let pause = if self.is_managed() {
                RETRY_MANAGED
            } else {
                RETRY
            };
            let mut role = self.role.lock();
            if role.generation == generation {
                self.changed.wait_for(&mut role, pause);
            }
        }
    }

    fn wait_for_primary(&self) -> (String, u16, u64) {
        let mut role = self.role.lock();
        loop {
            if let Some((host, port)) = role.primary.clone() {
                return (host, port, role.generation);
            }
            self.changed.wait(&mut role);
        }
    }

    fn link_ended(&self, generation: u64, why: &str) {
        let mut view = self.view.lock();
        if view.generation != generation {
            return;
        }
        self.server.link_up.store(false, Ordering::Relaxed);
        self.server.loading.store(false, Ordering::Relaxed);
        if view.phase == LinkPhase::Connected || view.down_since_ms == 0 {
            view.down_since_ms = now_ms();
        }
        view.phase = LinkPhase::Connect;
        if view.failure != why {
            (self.log)(why);
            view.failure = why.to_owned();
        }
    }

    /// To be called about once a second, by a thread that holds no lock: pings, silent replicas,
    /// the end of a backlog that nobody needs.
    pub fn tick(&self) {
        let server = self.server;
        let config = &server.config;
        let now = now_ms();
        let backlog = config.int(params::REPL_BACKLOG_SIZE).max(0) as u64;
        server.journal.set_backlog_bytes(backlog);
        self.peers
            .disconnect_silent(config.int(params::REPL_TIMEOUT), now);
        let mut pinged = self.pinged_ms.lock();
        if !self.peers.is_empty() || server.is_replica() || !server.journal.is_on() {
            pinged.followed_ms = now;
        }
        let ping_every = config
            .int(params::REPL_PING_REPLICA_PERIOD)
            .saturating_mul(1000);
        if now - pinged.ping_ms >= ping_every {
            pinged.ping_ms = now;
            self.tell_replicas(&[b"PING"]);
        }
        let ttl = config.int(params::REPL_BACKLOG_TTL).saturating_mul(1000);
        if ttl > 0 && now - pinged.followed_ms > ttl {
            pinged.followed_ms = now;
            drop(pinged);
            self.drop_backlog();
        }
    }

    /// Puts a command for replicas alone into the stream, if the stream is this node's own.
    fn tell_replicas(&self, argv: &[&[u8]]) {
        if self.peers.is_empty() || self.server.is_replica() || !self.server.journal.is_on() {
            return;
        }
        let mut effects = EffectBuf::new();
        effects.push_class(None, argv, EffectClass::ReplicaOnly);
        self.server.journal.append(&mut effects);
    }

    fn drop_backlog(&self) {
        let _role = self.role.lock();
        let mut unit = Unit::new(&self.server.keyspace);
        unit.wait_for_token();
        unit.lock_all();
        if self.peers.is_empty() && !self.server.is_replica() {
            self.server.journal.turn_off(fresh_repl_id());
        }
    }

    /// Follows nobody from here on, under a history id that somebody else has chosen and recorded. The journal is
    /// on from the first write: one that was off would have to change the id when its first replica comes.
    pub fn promote_as(&self, id: ReplId) {
        self.change_role(None, Some(id));
    }

    /// How the link to the primary stands.
    pub fn phase(&self) -> LinkPhase {
        self.view.lock().phase
    }

    /// Changes the role under the role's lock and all slots, and tells everybody.
    fn change_role(&self, primary: Option<(String, u16)>, id: Option<ReplId>) {
        let mut role = self.role.lock();
        let was = self.server.is_replica();
        if role.primary == primary && was == primary.is_some() && id.is_none() {
            return;
        }
        role.generation += 1;
        role.primary.clone_from(&primary);
        let mut unit = Unit::new(&self.server.keyspace);
        unit.wait_for_token();
        unit.lock_all();
        self.server.link_up.store(false, Ordering::Relaxed);
        self.server.loading.store(false, Ordering::Relaxed);
        match (&primary, id, was) {
            (Some(_), ..) => self.server.journal.demote(),
            (None, Some(id), _) => {
                self.server.journal.turn_on(id);
                self.server.journal.promote(id);
            }
            (None, None, true) => self.server.journal.promote(fresh_repl_id()),
            (None, None, false) => {}
        }
        self.server
            .is_replica
            .store(primary.is_some(), Ordering::Relaxed);
        {
            let mut view = self.view.lock();
            *view = View {
                primary: primary.clone(),
                generation: role.generation,
                down_since_ms: now_ms(),
                ..View::default()
            };
        }
        unit.release();
        drop(role);
        if primary.is_none() {
            // They come back at once and learn the history's new name.
            self.peers.disconnect_all();
        }
        self.changed.notify_all();
        for thread in 0..self.server.inboxes.len() {
            self.server.tell(thread, Message::RoleChanged);
        }
    }

    fn received(&self, bytes: u64) {
        self.received_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn note(&self, generation: u64, status: LinkStatus) {
        let mut view = self.view.lock();
        if view.generation != generation {
            return;
        }
        view.heard_ms = now_ms();
        if let LinkStatus::Heard(bytes) = status {
            self.received(bytes);
        }
        if let LinkStatus::Phase(phase) = status {
            view.phase = phase;
            let connected = phase == LinkPhase::Connected;
            if connected {
                view.failure.clear();
                view.down_since_ms = 0;
            }
            self.server
                .loading
                .store(phase == LinkPhase::Sync, Ordering::Relaxed);
            self.server.link_up.store(connected, Ordering::Relaxed);
        }
    }
}

/// The address without its port.
fn host_of(peer: &str) -> String {
    peer.rsplit_once(':')
        .map_or(peer, |(host, _)| host)
        .to_owned()
}

/// Called by command handlers that hold no slot and not the token ([`engine_dispatch::Plan::Visits`]),
/// or by the process.
impl Replication for NodeReplication {
    fn follow(&self, host: &str, port: u16) {
        self.change_role(Some((host.to_owned(), port)), None);
    }

    fn promote(&self) {
        self.change_role(None, None);
    }

    fn info(&self) -> String {
        self.info_lines()
    }

    fn role(&self, reply: &mut proto_resp::Reply<'_>) {
        self.write_role(reply);
    }

    fn replicas_at(&self, offset: u64) -> usize {
        self.peers.at(offset)
    }

    fn good_replicas(&self, seconds: i64) -> usize {
        self.peers.good(seconds, now_ms())
    }

    fn ask_acks(&self) {
        self.tell_replicas(&[b"REPLCONF", b"GETACK", b"*"]);
    }

    fn counts(&self) -> ReplicationCounts {
        let counts = &self.peers.counts;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ReplicationCounts {
            full: get(&counts.full),
            partial_ok: get(&counts.partial_ok),
            partial_err: get(&counts.partial_err),
            input_bytes: get(&self.received_bytes),
            output_bytes: get(&counts.sent_bytes),
        }
    }
}
