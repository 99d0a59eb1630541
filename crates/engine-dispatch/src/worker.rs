//! What belongs to the thread that runs commands.

use crate::keys::{Keys, ReadyKey};
use engine_persist::journal::EffectBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one command on one thread; only that thread writes them.
#[derive(Debug, Default)]
pub struct CommandStats {
    pub calls: AtomicU64,
    pub nanos: AtomicU64,
    /// Refused before it ran.
    pub rejected: AtomicU64,
    /// Ran and answered an error.
    pub failed: AtomicU64,
    /// How long calls took, made with the first (`latency-tracking`).
    pub times: std::sync::OnceLock<crate::histogram::Histogram>,
}

/// Counters of one thread; only that thread writes them, anybody reads and sums.
#[derive(Debug)]
pub struct WorkerStats {
    pub commands: Vec<CommandStats>,
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub expired: AtomicU64,
    /// Fields of hashes that expired.
    pub expired_fields: AtomicU64,
    /// Time spent in sweeps, microseconds, and how many ended before they had seen every slot.
    pub expire_micros: AtomicU64,
    pub expire_capped: AtomicU64,
    pub evicted: AtomicU64,
    pub input_bytes: AtomicU64,
    pub output_bytes: AtomicU64,
    pub connections: AtomicU64,
    pub refused: AtomicU64,
    /// Clients closed for what they did not read, for what they sent without an end, and because all clients together
    /// took too much memory.
    pub output_limit: AtomicU64,
    pub query_limit: AtomicU64,
    pub evicted_clients: AtomicU64,
    pub errors: AtomicU64,
    /// Calls to the system that received, and that sent.
    pub reads: AtomicU64,
    pub writes: AtomicU64,
    /// Batches run: moves on when everything that began before has ended.
    pub batches: AtomicU64,
}

impl WorkerStats {
    /// All zero, for a table of `commands` commands.
    #[must_use]
    pub fn new(commands: usize) -> Self {
        Self {
            commands: (0..commands).map(|_| CommandStats::default()).collect(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            expired: AtomicU64::new(0),
            expired_fields: AtomicU64::new(0),
            expire_micros: AtomicU64::new(0),
            expire_capped: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            input_bytes: AtomicU64::new(0),
            output_bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            output_limit: AtomicU64::new(0),
            query_limit: AtomicU64::new(0),
            evicted_clients: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            batches: AtomicU64::new(0),
        }
    }
}

/// Adds to a counter that only this thread writes: a load and a store, no locked instruction.
#[inline]
pub fn count(counter: &AtomicU64, n: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(n),
        Ordering::Relaxed,
    );
}

/// A thread that runs commands: an I/O thread, or the one that applies a primary's stream.
#[derive(Debug)]
pub struct Worker {
    /// Index of its inbox.
    pub index: usize,
    /// Never freed: threads that run commands live as long as the process.
    pub stats: &'static WorkerStats,
    /// Milliseconds of Unix time, read once a batch.
    pub now_ms: i64,
    pub random: rand::rngs::SmallRng,
    /// When the last command ended or the batch began to run (`ticks`): the next command is timed from there.
    pub(crate) stamp: u64,
    /// Buffers that units use again and again.
    pub(crate) effects: EffectBuf,
    pub(crate) ready: Vec<ReadyKey>,
    /// Candidates for eviction.
    pub(crate) pool: crate::evict::Pool,
    /// The client of units that no client asked for.
    pub(crate) background: Option<Box<crate::Client>>,
    /// Differs from unit to unit (`access`).
    pub(crate) dice: u64,
    /// How the last command that was judged found the memory (`evict`).
    pub(crate) out_of_memory: bool,
}

impl Worker {
    /// A worker of the server's, with counters that the server sums.
    #[must_use]
    pub fn new(server: &'static crate::Server, index: usize) -> Self {
        let stats: &'static WorkerStats = Box::leak(Box::new(WorkerStats::new(server.table.len())));
        server.add_stats(stats);
        Self::counting_into(stats, index, crate::server::now_ms())
    }

    /// Another worker for the same thread, to run sessions within a session that runs: it counts into the same
    /// counters, which still only this thread writes.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::counting_into(self.stats, self.index, self.now_ms)
    }

    fn counting_into(stats: &'static WorkerStats, index: usize, now_ms: i64) -> Self {
        Self {
            index,
            stats,
            now_ms,
            random: rand::make_rng(),
            stamp: crate::ticks::now(),
            effects: EffectBuf::new(),
            ready: Vec::new(),
            pool: crate::evict::Pool::default(),
            background: None,
            dice: rand::random(),
            out_of_memory: false,
        }
    }

    /// A unit is over: what it held is released, and its buffers serve the next one.
    pub(crate) fn end_unit(&mut self, keys: Keys, random: rand::rngs::SmallRng) {
        let (effects, ready) = keys.into_buffers();
        self.effects = effects;
        self.ready = ready;
        self.random = random;
    }

    /// The next command begins now; before the first of a batch.
    #[inline]
    pub fn stamp(&mut self) {
        self.stamp = crate::ticks::now();
    }

    /// Reads the clock; once before each batch.
    #[inline]
    pub fn tick(&mut self) {
        self.now_ms = crate::server::now_ms();
    }
}
