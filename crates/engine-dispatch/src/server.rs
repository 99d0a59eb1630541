//! What all threads of a node share.

use crate::acks::Acks;
use crate::acl::Users;
use crate::client::Registry;
use crate::dialect::Dialect;
use crate::evict::Eviction;
use crate::expire::Expiry;
use crate::inbox::{Inbox, Message};
use crate::latency::Latency;
use crate::monitor::Monitors;
use crate::pause::Pause;
use crate::pubsub::PubSub;
use crate::reaper::Reaper;
use crate::saving::{Persistence, Saving, Waiting};
use crate::script::{Scripting, Scripts};
use crate::slowlog::Slowlog;
use crate::table::CommandTable;
use crate::totals::{Base, Rates};
use crate::tracking::Tracking;
use crate::worker::WorkerStats;
use engine_keyspace::{Entry, Keyspace};
use engine_persist::aof::Aof;
use engine_persist::disk::RealDisk;
use engine_persist::journal::{Journal, ReplId};
use engine_persist::snapshot::Turn;
use parking_lot::{Mutex, RwLock};
use proto_resp::Reply;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A name for a history that nobody else has.
#[must_use]
pub fn fresh_repl_id() -> ReplId {
    ReplId::from_random(rand::random())
}

/// Milliseconds of Unix time.
#[must_use]
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_millis() as i64)
}

/// What happened on replication links.
#[derive(Debug, Default, Clone, Copy)]
pub struct ReplicationCounts {
    /// Full synchronisations of replicas, resumed ones, and those that had to be full though resuming was asked for.
    pub full: u64,
    pub partial_ok: u64,
    pub partial_err: u64,
    /// Bytes from the primary and to the replicas.
    pub input_bytes: u64,
    pub output_bytes: u64,
}

/// What commands ask of replication (`engine-replication` carries it out).
pub trait Replication: Send + Sync {
    /// Follows a primary from now on.
    fn follow(&self, host: &str, port: u16);
    /// Follows nobody from now on.
    fn promote(&self);
    /// The lines of INFO replication.
    fn info(&self) -> String;
    /// The reply of ROLE.
    fn role(&self, reply: &mut Reply<'_>);
    /// How many replicas are in sync and have acknowledged `offset`.
    fn replicas_at(&self, offset: u64) -> usize;
    /// How many replicas have acknowledged anything within the last `seconds`.
    fn good_replicas(&self, seconds: i64) -> usize;
    /// Asks all replicas for an acknowledgement (WAIT).
    fn ask_acks(&self);
    /// What INFO stats tells of replication.
    fn counts(&self) -> ReplicationCounts {
        ReplicationCounts::default()
    }
}

/// What the process takes of the machine (INFO memory, INFO cpu).
#[derive(Debug, Default, Clone, Copy)]
pub struct Usage {
    /// Processor time of the process in the system and in itself, microseconds (getrusage).
    pub cpu_sys_micros: u64,
    pub cpu_user_micros: u64,
    /// Resident memory of the process, bytes.
    pub resident: u64,
    /// Memory of the machine, bytes.
    pub machine: u64,
    /// The allocator's own figures: bytes in use, in active pages, in resident pages.
    pub allocator_allocated: u64,
    pub allocator_active: u64,
    pub allocator_resident: u64,
    /// Memory in use when the node was ready, bytes.
    pub at_start: u64,
}

/// How the process is to end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shutdown {
    /// Save before the end, or do not; `None`: if there are save points.
    pub save: Option<bool>,
    /// Wait for no replica.
    pub now: bool,
    /// End although saving fails.
    pub force: bool,
    /// Who has asked for it.
    pub waiting: Option<Waiting>,
}

/// What commands ask of the process they run in.
pub trait Process: Send + Sync {
    /// Bytes given out by the allocator, as `maxmemory` counts them.
    fn memory_used(&self) -> u64;
    /// A parameter was changed by CONFIG SET: take it into use.
    fn apply(&self, id: params::Id) -> Result<(), String>;
    /// Ends the process in good order. `how.waiting` is answered if that is not possible.
    fn shutdown(&self, how: Shutdown);
    /// Takes back a shutdown that has not come to its last steps (SHUTDOWN ABORT); false if there is none.
    fn abort_shutdown(&self) -> bool {
        false
    }
    /// The path of the configuration file, if there is one.
    fn config_file(&self) -> Option<String>;
    /// Writes the parameters into the configuration file (`params::rewrite`), whole or not at all.
    fn rewrite_config(&self) -> Result<(), String> {
        Err("not carried out".to_string())
    }
    /// The content of a file (`aclfile`).
    fn read_file(&self, _path: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    /// Puts a file in the place of another, whole or not at all (`aclfile`).
    fn replace_file(&self, _path: &str, _text: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    /// The TCP port that clients connect to.
    fn port(&self) -> u16;
    /// What the process takes of the machine; zeros where it is not known.
    fn usage(&self) -> Usage {
        Usage::default()
    }
    /// System, its release and machine, as `uname` gives them.
    fn os(&self) -> String {
        format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
    }
    /// The path of the running program.
    fn executable(&self) -> String {
        String::new()
    }
    /// Writes a line into the node's log (DEBUG LOG).
    fn log(&self, _line: &str) {}
    /// Writes a line into the node's log; level 0 is debug, 1 verbose, 2 notice, 3 warning (`redis.log`).
    fn log_at(&self, _level: u8, line: &str) {
        self.log(line);
    }
    /// Serves the calling thread's other sessions for a moment: called by a script that has run for too long, so
    /// that somebody can end it.
    fn serve_others(&self) {}
    /// Gives memory that the allocator keeps free back to the system (MEMORY PURGE).
    fn purge_memory(&self) {}
}

/// What a node is and has.
pub struct Server {
    /// Which server the node speaks like.
    pub dialect: Dialect,
    pub keyspace: Keyspace,
    pub table: &'static CommandTable,
    pub config: params::Config,
    pub journal: Journal,
    /// Where the journal is kept, if `appendonly` says so.
    pub aof: Aof,
    pub clients: Registry,
    pub inboxes: Vec<Inbox>,
    pub acks: Acks,
    /// Follows a primary: clients may not write.
    pub is_replica: AtomicBool,
    /// The link to the primary is up.
    pub link_up: AtomicBool,
    /// A data set is being loaded: most commands answer LOADING.
    pub loading: AtomicBool,
    pub acl: Users,
    pub run_id: String,
    /// Seeds the hashes of the elements of large values.
    element_seed: u64,
    pub started_ms: i64,
    /// When the node was made, by the clock that nobody sets.
    pub(crate) since: Instant,
    /// Changes since the last save.
    pub dirty: AtomicU64,
    pub last_save_s: AtomicI64,
    pub saving: Saving,
    /// Whose turn it is to take a snapshot.
    pub snapshot_turn: Turn,
    /// Errors answered, by code.
    pub error_counts: Mutex<BTreeMap<String, u64>>,
    /// Most memory that was in use at any sample, bytes.
    pub memory_peak: AtomicU64,
    pub pause: Pause,
    pub monitors: Monitors,
    pub pubsub: PubSub,
    pub tracking: Tracking,
    pub slowlog: Slowlog,
    pub scripts: Scripts,
    pub latency: Latency,
    pub rates: Rates,
    /// Keys whose time has come are removed though nobody asks for them (DEBUG SET-ACTIVE-EXPIRE).
    pub active_expire: AtomicBool,
    /// Nothing is done by the clock (DEBUG PAUSE-CRON).
    pub ticks_paused: AtomicBool,
    pub expiry: Expiry,
    pub eviction: Eviction,
    /// Frees large values on a thread of its own.
    pub reaper: Reaper,
    pub(crate) stats_base: Base,
    stats: RwLock<Vec<&'static WorkerStats>>,
    scripting: Option<Box<dyn Scripting>>,
    replication: OnceLock<Box<dyn Replication>>,
    process: OnceLock<Box<dyn Process>>,
    persistence: OnceLock<Box<dyn Persistence>>,
}

impl Server {
    /// A node without data, following nobody. `random` seeds hashes and ids. It is never freed: it lives as long as
    /// the process, and every thread may hold it.
    #[must_use]
    pub fn new(
        table: &'static CommandTable,
        config: params::Config,
        threads: usize,
        random: [u8; 28],
    ) -> &'static Self {
        crate::ticks::calibrate();
        let [seed, id, run] = [&random[..8], &random[8..28], &random[4..24]];
        let mut eight = [0; 8];
        eight.copy_from_slice(seed);
        let mut twenty = [0; 20];
        twenty.copy_from_slice(id);
        let databases = config.int(params::DATABASES).clamp(1, i64::from(i32::MAX)) as u32;
        Box::leak(Box::new(Self {
            dialect: Dialect::new(&config),
            keyspace: Keyspace::new(databases, u64::from_le_bytes(eight)),
            table,
            journal: Journal::new(ReplId::from_random(twenty)),
            aof: Aof::new(Arc::new(RealDisk)),
            clients: Registry::default(),
            inboxes: (0..threads).map(|_| Inbox::new()).collect(),
            acks: Acks::default(),
            is_replica: AtomicBool::new(false),
            link_up: AtomicBool::new(false),
            loading: AtomicBool::new(false),
            acl: Users::new(table, &config),
            element_seed: u64::from_le_bytes(eight).rotate_left(17),
            run_id: run.iter().map(|b| format!("{b:02x}")).collect(),
            started_ms: now_ms(),
            since: Instant::now(),
            dirty: AtomicU64::new(0),
            last_save_s: AtomicI64::new(now_ms() / 1000),
            saving: Saving::default(),
            snapshot_turn: Turn::default(),
            error_counts: Mutex::default(),
            memory_peak: AtomicU64::new(0),
            pause: Pause::default(),
            monitors: Monitors::default(),
            pubsub: PubSub::default(),
            tracking: Tracking::default(),
            slowlog: Slowlog::default(),
            scripts: Scripts::default(),
            scripting: table.scripting.map(|new| new()),
            latency: Latency::default(),
            rates: Rates::default(),
            active_expire: AtomicBool::new(true),
            ticks_paused: AtomicBool::new(false),
            expiry: Expiry::default(),
            eviction: Eviction::default(),
            reaper: Reaper::default(),
            stats_base: Base::default(),
            stats: RwLock::default(),
            replication: OnceLock::new(),
            process: OnceLock::new(),
            persistence: OnceLock::new(),
            config,
        }))
    }

    /// Hands in what carries out replication; once, at start.
    pub fn set_replication(&self, replication: Box<dyn Replication>) {
        let _ = self.replication.set(replication);
    }

    /// Replication, if the node has it.
    #[must_use]
    pub fn replication(&self) -> Option<&dyn Replication> {
        self.replication.get().map(Box::as_ref)
    }

    /// What carries out scripts, if the table of commands has any.
    #[must_use]
    pub fn scripting(&self) -> Option<&dyn Scripting> {
        self.scripting.as_deref()
    }

    /// Hands in the process; once, at start.
    pub fn set_process(&self, process: Box<dyn Process>) {
        let _ = self.process.set(process);
    }

    /// The process, if there is one (not in tests without sockets).
    #[must_use]
    pub fn process(&self) -> Option<&dyn Process> {
        self.process.get().map(Box::as_ref)
    }

    /// Hands in what saves; once, at start.
    pub fn set_persistence(&self, persistence: Box<dyn Persistence>) {
        let _ = self.persistence.set(persistence);
    }

    /// What saves, if there is something (not in tests without files).
    #[must_use]
    pub fn persistence(&self) -> Option<&dyn Persistence> {
        self.persistence.get().map(Box::as_ref)
    }

    /// Bytes of memory in use; 0 where nobody counts.
    #[must_use]
    pub fn memory_used(&self) -> u64 {
        self.process().map_or(0, Process::memory_used)
    }

    /// Bytes in use that `maxmemory` is not compared with: what the journal keeps for replicas beyond its backlog,
    /// and what a running snapshot has yet to write. They pass by themselves, so no key is evicted for them.
    #[must_use]
    pub fn memory_not_counted(&self) -> u64 {
        let journal = &self.journal;
        let kept = journal
            .first_offset()
            .map_or(0, |first| journal.offset().saturating_sub(first));
        kept.saturating_sub(journal.backlog_bytes()) + self.keyspace.snapshots.queued_bytes()
    }

    /// Frees an entry: a large one on the reaper's thread.
    #[inline]
    pub fn discard(&self, entry: Entry) {
        self.reaper.discard(entry);
    }

    /// Frees the keys of whole slots, which the databases count no more, on the reaper's thread.
    pub fn discard_slots(&self, slots: Vec<engine_keyspace::slot::Keys>) {
        let left = (0..self.keyspace.databases()).map(|db| self.keyspace.db(db).keys.get());
        let left = left.sum::<i64>().max(0) as u64;
        let keys = left + slots.iter().map(|keys| keys.len() as u64).sum::<u64>();
        let bytes_per_key = self.memory_used().checked_div(keys).unwrap_or(0);
        self.reaper.discard_slots(slots, bytes_per_key);
    }

    /// Puts a message into a thread's inbox.
    pub fn tell(&self, thread: usize, message: Message) {
        if let Some(inbox) = self.inboxes.get(thread) {
            inbox.push(message);
        }
    }

    /// How many replicas have acknowledged `offset`.
    #[must_use]
    pub fn replicas_at(&self, offset: u64) -> usize {
        self.replication().map_or(0, |r| r.replicas_at(offset))
    }

    /// Adds a thread's counters to those that are summed.
    pub fn add_stats(&self, stats: &'static WorkerStats) {
        self.stats.write().push(stats);
    }

    /// The counters of all threads.
    #[must_use]
    pub fn stats(&self) -> Vec<&'static WorkerStats> {
        self.stats.read().clone()
    }

    /// A counter summed over all threads.
    pub fn sum(&self, pick: impl Fn(&WorkerStats) -> &AtomicU64) -> u64 {
        self.stats
            .read()
            .iter()
            .map(|s| pick(s).load(Ordering::Relaxed))
            .sum()
    }

    /// Whether clients may not write, whatever their endpoint.
    #[must_use]
    pub fn is_replica(&self) -> bool {
        self.is_replica.load(Ordering::Relaxed)
    }

    /// What the databases' collections may hold before they leave their packed form.
    #[must_use]
    pub fn limits(&self) -> engine_types::Limits {
        let size = |id| self.config.int(id).max(0) as usize;
        engine_types::Limits {
            hash_max_listpack_entries: size(params::HASH_MAX_LISTPACK_ENTRIES),
            hash_max_listpack_value: size(params::HASH_MAX_LISTPACK_VALUE),
            set_max_intset_entries: size(params::SET_MAX_INTSET_ENTRIES),
            set_max_listpack_entries: size(params::SET_MAX_LISTPACK_ENTRIES),
            set_max_listpack_value: size(params::SET_MAX_LISTPACK_VALUE),
            zset_max_listpack_entries: size(params::ZSET_MAX_LISTPACK_ENTRIES),
            zset_max_listpack_value: size(params::ZSET_MAX_LISTPACK_VALUE),
            list_max_listpack_size: self.config.int(params::LIST_MAX_LISTPACK_SIZE) as i32,
            stream_node_max_bytes: size(params::STREAM_NODE_MAX_BYTES),
            stream_node_max_entries: size(params::STREAM_NODE_MAX_ENTRIES),
            hash_seed: self.element_seed,
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}
