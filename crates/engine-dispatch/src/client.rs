//! A connection's state as commands see and change it, and the part of it that other threads see.

use crate::acl::{self, user::User};
use crate::pubsub::{Pushes, Subscriptions};
use crate::table::Registered;
use crate::tracking::{Mode, Receiver};
use engine_keyspace::{SlotId, Waiter};
use parking_lot::Mutex;
use proto_resp::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};

/// Through which of a group's addresses the connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Endpoint {
    /// The node's own address.
    #[default]
    Node,
    /// The group's primary endpoint: closed when this node is primary no more.
    Primary,
    /// The group's reader endpoint: never writes, whatever the node's role.
    Reader,
}

/// CLIENT REPLY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplyMode {
    #[default]
    On,
    Off,
    /// The next command's reply is left out.
    SkipNext,
    /// This command's reply is left out.
    Skip,
}

/// A command queued by MULTI.
#[derive(Debug)]
pub struct Queued {
    pub command: &'static Registered,
    pub args: Vec<Box<[u8]>>,
}

/// A transaction being put together.
#[derive(Debug, Default)]
pub struct Multi {
    pub queue: Vec<Queued>,
    /// Bytes that the queue takes.
    pub bytes: u64,
    /// A command could not be queued: EXEC answers EXECABORT.
    pub aborted: bool,
}

/// A key under WATCH.
#[derive(Debug)]
pub struct Watched {
    pub id: SlotId,
    pub key: Box<[u8]>,
    /// The key had expired already when it was watched, so that its removal is no change.
    pub expired: bool,
}

/// Why a session does not go on with its next command.
#[derive(Debug)]
pub enum Blocked {
    /// Waits for keys. `null` answers a time-out.
    Keys {
        waiter: Arc<Waiter>,
        deadline_ms: Option<i64>,
        null: &'static [u8],
    },
    /// Waits for work of another thread (SAVE, BGSAVE, SHUTDOWN), which nothing cuts short.
    Work,
    /// WAIT: waits for replicas' acknowledgements.
    Acks {
        ticket: u64,
        deadline_ms: Option<i64>,
    },
}

/// What a session becomes instead of a client.
#[derive(Debug)]
pub enum Takeover {
    /// A replica link: PSYNC with this history and position (−1 for none).
    Psync { id: Vec<u8>, offset: i64 },
    /// The same by SYNC, as clients of old and the suites ask: the snapshot, then the stream.
    Sync,
}

/// What a follower has said of itself by REPLCONF before PSYNC.
#[derive(Debug, Default, Clone)]
pub struct Replconf {
    pub listening_port: u16,
    pub ip_address: Vec<u8>,
    pub eof: bool,
    pub psync2: bool,
    pub version: Vec<u8>,
    pub rdb_only: bool,
}

/// What other threads see of a client (CLIENT LIST, CLIENT KILL).
#[derive(Debug)]
pub struct ClientInfo {
    pub id: u64,
    pub thread: usize,
    /// The socket, −1 where there is none.
    pub fd: i32,
    pub peer: String,
    pub local: String,
    pub created_ms: i64,
    /// Milliseconds of Unix time of the last command.
    pub active_ms: AtomicI64,
    /// Index of the last command; `usize::MAX` before the first.
    pub last_command: AtomicUsize,
    pub db: AtomicUsize,
    pub resp3: AtomicBool,
    pub blocked: AtomicBool,
    /// Held back by CLIENT PAUSE or a lock.
    pub suspended: AtomicBool,
    pub monitor: AtomicBool,
    /// It is being closed by another client and stands in no list any more.
    pub dying: AtomicBool,
    /// Commands queued by MULTI, −1 outside.
    pub multi: AtomicI64,
    pub watching: AtomicUsize,
    /// Bytes of the output.
    pub output: AtomicU64,
    pub replica: AtomicBool,
    pub primary: AtomicBool,
    pub no_evict: AtomicBool,
    pub no_touch: AtomicBool,
    /// Channels, patterns and shard channels that it listens to, and the bytes that their names take.
    pub channels: AtomicUsize,
    pub patterns: AtomicUsize,
    pub shard_channels: AtomicUsize,
    pub subscription_bytes: AtomicU64,
    /// Bytes of the input that have not been consumed, and of the commands queued by MULTI.
    pub input: AtomicU64,
    pub queued_bytes: AtomicU64,
    /// How the client is tracked (`tracking::Mode`), and the client that is told in its place, 0 for none.
    pub tracking: AtomicU8,
    pub redirect: AtomicU64,
    pub text: Mutex<ClientText>,
}

impl Default for ClientInfo {
    fn default() -> Self {
        Self {
            id: 0,
            thread: 0,
            fd: -1,
            peer: String::new(),
            local: String::new(),
            created_ms: 0,
            active_ms: AtomicI64::new(0),
            last_command: AtomicUsize::new(usize::MAX),
            db: AtomicUsize::new(0),
            resp3: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            suspended: AtomicBool::new(false),
            monitor: AtomicBool::new(false),
            dying: AtomicBool::new(false),
            multi: AtomicI64::new(-1),
            watching: AtomicUsize::new(0),
            output: AtomicU64::new(0),
            replica: AtomicBool::new(false),
            primary: AtomicBool::new(false),
            no_evict: AtomicBool::new(false),
            no_touch: AtomicBool::new(false),
            channels: AtomicUsize::new(0),
            patterns: AtomicUsize::new(0),
            shard_channels: AtomicUsize::new(0),
            subscription_bytes: AtomicU64::new(0),
            input: AtomicU64::new(0),
            queued_bytes: AtomicU64::new(0),
            tracking: AtomicU8::new(0),
            redirect: AtomicU64::new(0),
            text: Mutex::default(),
        }
    }
}

impl ClientInfo {
    /// The client that is told of changes in this one's place: 0 for none, −1 if this one is not tracked.
    #[must_use]
    pub fn redirect(&self) -> i64 {
        if self.tracking.load(Ordering::Relaxed) & Mode::ON.bits() == 0 {
            -1
        } else {
            self.redirect.load(Ordering::Relaxed) as i64
        }
    }

    /// Whether it listens to any channel or pattern.
    #[must_use]
    pub fn listens(&self) -> bool {
        let counts = [&self.channels, &self.patterns, &self.shard_channels];
        counts.iter().any(|n| n.load(Ordering::Relaxed) > 0)
    }
}

/// The texts among what others see.
#[derive(Debug, Clone)]
pub struct ClientText {
    pub name: Vec<u8>,
    pub lib_name: Vec<u8>,
    pub lib_version: Vec<u8>,
    pub user: String,
    /// Which user of that name it is.
    pub user_id: u64,
}

impl Default for ClientText {
    fn default() -> Self {
        Self {
            name: Vec::new(),
            lib_name: Vec::new(),
            lib_version: Vec::new(),
            user: "default".to_string(),
            user_id: acl::DEFAULT_ID,
        }
    }
}

/// All clients of the node.
#[derive(Debug, Default)]
pub struct Registry {
    clients: Mutex<BTreeMap<u64, Arc<ClientInfo>>>,
    last_id: AtomicU64,
}

impl Registry {
    /// A new id.
    pub fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a client.
    pub fn add(&self, info: Arc<ClientInfo>) {
        self.clients.lock().insert(info.id, info);
    }

    /// The client of an id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Arc<ClientInfo>> {
        self.clients.lock().get(&id).cloned()
    }

    /// Removes a client.
    pub fn remove(&self, id: u64) {
        self.clients.lock().remove(&id);
    }

    /// All clients in order of id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<ClientInfo>> {
        self.clients.lock().values().cloned().collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.lock().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One connection's state.
#[derive(Debug)]
pub struct Client {
    pub info: Arc<ClientInfo>,
    pub db: u32,
    pub version: Version,
    pub authenticated: bool,
    /// Whom it is logged in as, as of `acl_seen`.
    pub user: Arc<User>,
    /// The number of changes of the users that this client has seen.
    pub acl_seen: u64,
    /// The user may do everything: nothing need be checked.
    pub unrestricted: bool,
    pub endpoint: Endpoint,
    pub multi: Option<Multi>,
    pub watched: Vec<Watched>,
    /// Set by whoever changes a watched key.
    pub watch_flag: Arc<AtomicBool>,
    pub reply_mode: ReplyMode,
    pub subscriptions: Subscriptions,
    /// How it is tracked, as others see it in `info`; BROKEN_REDIRECT stands only there.
    pub tracking: Mode,
    /// The prefixes of broadcast mode.
    pub prefixes: BTreeSet<Box<[u8]>>,
    /// CLIENT CACHING was given for the next command or transaction.
    pub caching: bool,
    /// What the running command answers is a push (SUBSCRIBE …), which CLIENT REPLY does not hold back.
    pub answers_by_push: bool,
    /// Messages to be placed around the reply of the command that has run.
    pub(crate) pushes: Option<Box<Pushes>>,
    /// Journal offset after this client's last write (WAIT).
    pub last_write: u64,
    pub blocked: Option<Blocked>,
    pub takeover: Option<Takeover>,
    pub replconf: Replconf,
    /// Close once the output has been sent (QUIT).
    pub close_after: bool,
    /// May use PSYNC and REPLCONF on a managed node: logged in as the hidden link user.
    pub link_user: bool,
    /// This is the stream of this node's primary: never refused, never answered, expires nothing.
    pub is_primary: bool,
    pub no_touch: bool,
}

impl Client {
    /// A client at the start of its connection.
    #[must_use]
    pub fn new(info: Arc<ClientInfo>, endpoint: Endpoint, authenticated: bool) -> Self {
        Self {
            info,
            db: 0,
            version: Version::Resp2,
            authenticated,
            user: acl::UNSEEN.clone(),
            acl_seen: 0,
            unrestricted: true,
            endpoint,
            multi: None,
            watched: Vec::new(),
            watch_flag: Arc::default(),
            reply_mode: ReplyMode::On,
            subscriptions: Subscriptions::default(),
            tracking: Mode::empty(),
            prefixes: BTreeSet::new(),
            caching: false,
            answers_by_push: false,
            pushes: None,
            last_write: 0,
            blocked: None,
            takeover: None,
            replconf: Replconf::default(),
            close_after: false,
            link_user: false,
            is_primary: false,
            no_touch: false,
        }
    }

    /// In which words it is told something out of turn.
    #[must_use]
    pub fn receiver(&self) -> Receiver {
        Receiver {
            version: self.version,
            listens: !self.subscriptions.is_empty(),
        }
    }

    /// Shows other threads how the client stands; after each batch, and before it is asked about itself.
    pub fn publish(&self, now_ms: i64, output_bytes: usize) {
        let info = &self.info;
        let queued = self.multi.as_ref().map_or(-1, |m| m.queue.len() as i64);
        info.active_ms.store(now_ms, Ordering::Relaxed);
        info.db.store(self.db as usize, Ordering::Relaxed);
        info.multi.store(queued, Ordering::Relaxed);
        let queued_bytes = self.multi.as_ref().map_or(0, |m| m.bytes);
        info.queued_bytes.store(queued_bytes, Ordering::Relaxed);
        info.watching.store(self.watched.len(), Ordering::Relaxed);
        info.output.store(output_bytes as u64, Ordering::Relaxed);
        info.blocked
            .store(self.blocked.is_some(), Ordering::Relaxed);
        info.no_touch.store(self.no_touch, Ordering::Relaxed);
    }

    /// A client that is none.
    pub(crate) fn nobody() -> Self {
        Self::new(Arc::default(), Endpoint::Node, true)
    }

    /// A client that stands for one blocked elsewhere while its command runs again.
    #[must_use]
    pub fn for_waiter(waiter: &Waiter) -> Self {
        let info = ClientInfo {
            id: waiter.session,
            thread: waiter.thread,
            ..ClientInfo::default()
        };
        let mut client = Self::new(Arc::new(info), Endpoint::Node, true);
        client.db = waiter.db;
        client.version = if waiter.resp3 {
            Version::Resp3
        } else {
            Version::Resp2
        };
        client
    }
}
