//! `maxmemory`: keys are evicted before a unit takes its locks, or the unit is refused.
//!
//! A thread that is about to run a command that may take memory, and every thread ten times a second, compares the
//! memory in use with the limit and evicts until enough is free: one key after the other, each a unit of its own whose
//! slot is taken only if it is free at this moment. Nothing is evicted inside EXEC or a script: they are judged before
//! they start. What waits for the reaper counts as freed; if that grows large, writers wait instead of evicting on.

mod choice;

use crate::background::in_slot;
use crate::client::Client;
use crate::command::{Flags, Plan};
use crate::server::Server;
use crate::table::Registered;
use crate::transaction;
use crate::worker::Worker;
use choice::{Candidate, Weights};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) use choice::Pool;

/// Memory in the reaper's queue above which writers wait, bytes.
const PENDING_MAX: u64 = 64 << 20;
/// Keys evicted between two looks at the clock and at the memory really in use.
const KEYS_TOGETHER: u32 = 16;

/// Keys in a row that were gone, or in slots that are held, after which the attempt ends.
const MISSED_MAX: u32 = 64;

/// What became of the attempt to keep to the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Memory is below the limit, or there is none.
    Enough,
    /// Time was over first; it goes on soon.
    Evicting,
    /// Nothing more may be evicted.
    Full,
    /// Enough has been evicted, but too much of it waits to be freed.
    Freeing,
}

/// What all threads know of eviction.
#[derive(Debug, Default)]
pub struct Eviction {
    /// Somebody ran out of time: threads go on between their batches.
    running: AtomicBool,
    /// Since when memory is above the limit, microseconds since the start, at least 1; 0 while it is not.
    exceeded_since: AtomicU64,
    exceeded_micros: AtomicU64,
    weights: Mutex<Option<Arc<Weights>>>,
}

impl Eviction {
    /// Whether a thread should go on evicting as soon as its batch is over.
    #[inline]
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// Has the threads look after the limit at the end of their batches (it was lowered).
    pub fn hurry(&self) {
        self.running.store(true, Ordering::Relaxed);
    }

    /// For how long memory has been above the limit: in all, and since it last was below; microseconds.
    #[must_use]
    pub fn exceeded_micros(&self, server: &Server) -> (u64, u64) {
        let now = match self.exceeded_since.load(Ordering::Relaxed) {
            0 => 0,
            since => micros(server).saturating_sub(since),
        };
        (self.exceeded_micros.load(Ordering::Relaxed) + now, now)
    }

    pub(crate) fn reset(&self) {
        self.exceeded_micros.store(0, Ordering::Relaxed);
        self.exceeded_since.store(0, Ordering::Relaxed);
    }

    fn note(&self, server: &Server, room: Room) {
        self.running
            .store(room == Room::Evicting, Ordering::Relaxed);
        let since = self.exceeded_since.load(Ordering::Relaxed);
        if matches!(room, Room::Evicting | Room::Full) {
            if since == 0 {
                self.exceeded_since
                    .store(micros(server).max(1), Ordering::Relaxed);
            }
        } else if since != 0 && self.exceeded_since.swap(0, Ordering::Relaxed) != 0 {
            let passed = micros(server).saturating_sub(since);
            self.exceeded_micros.fetch_add(passed, Ordering::Relaxed);
        }
    }
}

fn micros(server: &Server) -> u64 {
    server.since.elapsed().as_micros() as u64
}

/// Bytes by which the memory that counts is above the limit; 0 if it is not.
#[must_use]
pub fn excess(server: &Server) -> u64 {
    let limit = server.config.memory(params::MAXMEMORY);
    let used = match limit {
        0 => return 0,
        _ => server.memory_used(),
    };
    if used <= limit {
        return 0;
    }
    used.saturating_sub(server.memory_not_counted())
        .saturating_sub(server.reaper.pending_bytes())
        .saturating_sub(limit)
}

/// Whether a command must be judged before it runs: it may take memory. What only reads may not be refused, and the
/// tick evicts for what its buffers take.
#[inline]
pub(crate) fn concerns(command: &Registered) -> bool {
    !command.command.flags.contains(Flags::READONLY)
}

/// Keeps to the limit before a command runs; whether the command is one that may not run without room.
#[cold]
pub(crate) fn judge(
    server: &'static Server,
    worker: &mut Worker,
    client: &Client,
    command: &Registered,
) -> Room {
    let room = make_room(server, worker);
    worker.out_of_memory = room == Room::Full;
    let takes = command.command.flags.contains(Flags::DENYOOM)
        || (command.command.plan == Plan::Exec && transaction::takes_memory(client));
    match room {
        Room::Full | Room::Freeing if takes => room,
        _ => Room::Enough,
    }
}

/// Evicts until memory is below the limit, for as long as `maxmemory-eviction-tenacity` allows. The caller holds no
/// lock.
pub fn make_room(server: &'static Server, worker: &mut Worker) -> Room {
    let ignores = server.is_replica() && server.config.flag(params::REPLICA_IGNORE_MAXMEMORY);
    if ignores || server.loading.load(Ordering::Relaxed) || server.pause.is_on(worker.now_ms) {
        server.eviction.running.store(false, Ordering::Relaxed);
        return Room::Enough;
    }
    let room = match excess(server) {
        0 if server.reaper.pending_bytes() <= PENDING_MAX => Room::Enough,
        0 if server.memory_used() <= server.config.memory(params::MAXMEMORY) => Room::Enough,
        0 if server.config.memory(params::MAXMEMORY) == 0 => Room::Enough,
        0 => Room::Freeing,
        excess => evict(server, worker, excess),
    };
    server.eviction.note(server, room);
    room
}

/// Time for one attempt, as in Redis: 50 µs for each point up to 10, then growing by 15 percent a point; 100 has no
/// limit.
fn time_limit(tenacity: i64) -> Option<Duration> {
    match tenacity {
        ..=10 => Some(Duration::from_micros(50 * tenacity.max(0) as u64)),
        11..=99 => {
            let micros = 500.0 * 1.15f64.powi(tenacity as i32 - 10);
            Some(Duration::from_micros(micros as u64))
        }
        _ => None,
    }
}

fn evict(server: &'static Server, worker: &mut Worker, excess: u64) -> Room {
    use params::choices::MaxmemoryPolicy as Policy;
    let policy: Policy = server.config.pick(params::MAXMEMORY_POLICY);
    if policy == Policy::Noeviction {
        return Room::Full;
    }
    let limit = time_limit(server.config.int(params::MAXMEMORY_EVICTION_TENACITY));
    let start = Instant::now();
    let (mut freed, mut keys, mut missed) = (0, 0u32, 0);
    let mut pool = std::mem::take(&mut worker.pool);
    let room = loop {
        if freed >= excess {
            break Room::Enough;
        }
        match pool.next(server, worker, policy) {
            choice::Next::Key(candidate) => {
                let bytes = remove(server, worker, &candidate, policy);
                freed += bytes.unwrap_or(0);
                missed = if bytes.is_some() { 0 } else { missed + 1 };
                keys += 1;
            }
            // All slots that were drawn are held at this moment.
            choice::Next::Busy => break Room::Evicting,
            choice::Next::Nothing => break Room::Full,
        }
        if missed == MISSED_MAX {
            break Room::Evicting;
        }
        if keys.is_multiple_of(KEYS_TOGETHER) {
            if self::excess(server) == 0 {
                break Room::Enough;
            }
            if limit.is_some_and(|limit| start.elapsed() > limit) {
                break Room::Evicting;
            }
        }
    };
    worker.pool = pool;
    match room {
        // What could not be evicted may be in the reaper's queue all the same.
        Room::Full if self::excess(server) == 0 => Room::Enough,
        Room::Enough if server.reaper.pending_bytes() > PENDING_MAX => Room::Freeing,
        room => room,
    }
}

/// Evicts a key; the bytes that it took, or `None` if it is there no more or its slot is held.
fn remove(
    server: &'static Server,
    worker: &mut Worker,
    candidate: &Candidate,
    policy: params::choices::MaxmemoryPolicy,
) -> Option<u64> {
    let Candidate { id, hash, key, .. } = candidate;
    in_slot(server, worker, *id, |keys| {
        keys.evict(*id, *hash, key, choice::only_expiring(policy))
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenacity_is_time() {
        let micros = |tenacity| time_limit(tenacity).map(|d| d.as_micros());
        assert_eq!(micros(0), Some(0));
        assert_eq!(micros(10), Some(500));
        assert_eq!(micros(11), Some(575));
        assert!(micros(99).is_some_and(|m| m > 120_000_000));
        assert_eq!(micros(100), None);
    }
}
