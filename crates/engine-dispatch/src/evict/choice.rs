//! Which key goes: drawn by the policy from samples, with a pool of the best candidates seen so far.

use crate::access::{counts_use, decayed, idle_s, minutes};
use crate::server::Server;
use crate::worker::Worker;
use engine_keyspace::unit::glance;
use engine_keyspace::{EntryRef, SLOTS, SlotId};
use params::choices::MaxmemoryPolicy as Policy;
use rand::Rng as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Candidates kept from one choice to the next (Redis: `EVPOOL_SIZE`).
const POOL: usize = 16;
/// Draws of slots in a row that give nothing, after which the weights are made anew.
const DRAWS: usize = 32;
/// How long the slots' weights are used.
const WEIGHTS_AGE: Duration = Duration::from_millis(100);
/// They are made anew when this part of the keys has been evicted, as a divisor.
const RENEWED: u64 = 16;
/// Making them may take this share of the time, as a divisor.
const WEIGHTS_SHARE: u32 = 50;

/// Whether only keys that expire may go.
pub(super) fn only_expiring(policy: Policy) -> bool {
    matches!(
        policy,
        Policy::VolatileLru | Policy::VolatileLfu | Policy::VolatileRandom | Policy::VolatileTtl
    )
}

/// A key that may be evicted.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    score: u64,
    pub(super) id: SlotId,
    pub(super) hash: u64,
    pub(super) key: Box<[u8]>,
}

/// What a choice came to.
pub(super) enum Next {
    Key(Candidate),
    /// There are keys, but none was to be had.
    Busy,
    /// There is no key that may go.
    Nothing,
}

/// How many keys the slots have, so that each key is as likely to be sampled as any other, however unevenly they are
/// spread. Counted again ten times a second, while keys are evicted.
#[derive(Debug)]
pub(super) struct Weights {
    made: Instant,
    good_for: Duration,
    expiring: bool,
    databases: Vec<Database>,
    /// Keys chosen by them: where keys are few, others have soon come in the place of those that were counted.
    chosen: AtomicU64,
}

#[derive(Debug)]
struct Database {
    db: u32,
    /// Keys in the slots up to each.
    upto: Vec<u64>,
}

impl Weights {
    /// Those of all databases; of slots with keys that expire, if `expiring`.
    fn count(server: &Server, expiring: bool) -> Self {
        let made = Instant::now();
        let keyspace = &server.keyspace;
        let mut databases = Vec::new();
        for db in 0..keyspace.databases() {
            let counts = keyspace.db(db);
            let keys = if expiring {
                &counts.expires
            } else {
                &counts.keys
            };
            if keys.get() <= 0 {
                continue;
            }
            let (mut sum, mut upto) = (0, Vec::with_capacity(SLOTS));
            for slot in 0..SLOTS {
                let there = keyspace.existing(SlotId::new(db, slot as u16));
                let weigh = |data: &engine_keyspace::SlotData| match expiring && !data.may_expire()
                {
                    true => 0,
                    false => data.len() as u64,
                };
                // One that is held has keys, at least one.
                sum += there.map_or(0, |slot| glance(slot, weigh).unwrap_or(1));
                upto.push(sum);
            }
            databases.push(Database { db, upto });
        }
        Self {
            made,
            good_for: WEIGHTS_AGE.max(made.elapsed() * WEIGHTS_SHARE),
            expiring,
            databases,
            chosen: AtomicU64::new(0),
        }
    }

    fn keys(&self) -> u64 {
        self.databases.iter().map(Database::keys).sum()
    }

    /// Those that all threads share, made anew when they are old or `stale`.
    fn shared(server: &Server, expiring: bool, stale: bool) -> Arc<Self> {
        let mut shared = server.eviction.weights.lock();
        if !stale
            && let Some(weights) = &*shared
            && weights.expiring == expiring
            && weights.chosen.load(Ordering::Relaxed) * RENEWED <= weights.keys()
            && weights.made.elapsed() < weights.good_for
        {
            return weights.clone();
        }
        let new = Arc::new(Self::count(server, expiring));
        *shared = Some(new.clone());
        new
    }
}

impl Database {
    fn keys(&self) -> u64 {
        self.upto.last().copied().unwrap_or(0)
    }

    /// A slot, by its share of the keys.
    fn draw(&self, random: u64) -> SlotId {
        let at = random % self.keys().max(1);
        let slot = self.upto.partition_point(|upto| *upto <= at);
        SlotId::new(self.db, slot.min(SLOTS - 1) as u16)
    }
}

/// The best candidates of one thread, the best last.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    candidates: Vec<Candidate>,
    policy: Option<Policy>,
}

impl Pool {
    /// The key to be evicted next.
    pub(super) fn next(&mut self, server: &Server, worker: &mut Worker, policy: Policy) -> Next {
        if self.policy.replace(policy) != Some(policy) {
            self.candidates.clear();
        }
        let expiring = only_expiring(policy);
        for stale in [false, true] {
            let weights = Weights::shared(server, expiring, stale);
            let found = match policy {
                Policy::AllkeysRandom | Policy::VolatileRandom => {
                    draw_one(server, worker, &weights)
                }
                _ => {
                    self.populate(server, worker, &weights, policy);
                    self.candidates.pop()
                }
            };
            if let Some(candidate) = found {
                weights.chosen.fetch_add(1, Ordering::Relaxed);
                return Next::Key(candidate);
            }
        }
        let keyspace = &server.keyspace;
        let left = (0..keyspace.databases())
            .map(|db| keyspace.db(db))
            .any(|db| {
                let keys = if expiring { &db.expires } else { &db.keys };
                keys.get() > 0
            });
        if left { Next::Busy } else { Next::Nothing }
    }

    /// Samples every database, as Redis does.
    fn populate(
        &mut self,
        server: &Server,
        worker: &mut Worker,
        weights: &Weights,
        policy: Policy,
    ) {
        let samples = server.config.int(params::MAXMEMORY_SAMPLES).max(1) as usize;
        for database in &weights.databases {
            let mut left = samples;
            for _ in 0..DRAWS {
                let id = database.draw(worker.random.next_u64());
                sample(
                    server,
                    worker,
                    id,
                    left,
                    weights.expiring,
                    |entry, now_ms| {
                        left -= 1;
                        self.offer(server, id, entry, score(server, policy, entry, now_ms));
                    },
                );
                // Where keys are few, slots give fewer than are wanted; Redis is content with one such, too.
                if left == 0 || (left < samples && database.keys() < samples as u64 * 10) {
                    break;
                }
            }
        }
    }

    fn offer(&mut self, server: &Server, id: SlotId, entry: EntryRef<'_>, score: u64) {
        let full = self.candidates.len() == POOL;
        if full
            && self
                .candidates
                .first()
                .is_some_and(|worst| score <= worst.score)
        {
            return;
        }
        let known = |c: &Candidate| c.id == id && *c.key == *entry.key();
        if let Some(at) = self.candidates.iter().position(known) {
            // It may have been used since.
            self.candidates.remove(at);
        } else if full {
            self.candidates.remove(0);
        }
        let at = self.candidates.partition_point(|c| c.score < score);
        let candidate = Candidate {
            score,
            id,
            hash: server.keyspace.hasher.hash(entry.key()),
            key: entry.key().into(),
        };
        self.candidates.insert(at, candidate);
    }
}

/// Calls `each` for keys of a slot, if it is free at this moment.
fn sample(
    server: &Server,
    worker: &mut Worker,
    id: SlotId,
    count: usize,
    expiring: bool,
    mut each: impl FnMut(EntryRef<'_>, i64),
) {
    let now_ms = worker.now_ms;
    let random = worker.random.next_u64();
    if let Some(slot) = server.keyspace.existing(id) {
        glance(slot, |data| {
            data.sample(random, count, expiring, |entry| each(entry, now_ms))
        });
    }
}

/// Any key, each as likely as any other.
fn draw_one(server: &Server, worker: &mut Worker, weights: &Weights) -> Option<Candidate> {
    let keys = weights.keys();
    for _ in 0..DRAWS {
        let mut at = worker.random.next_u64() % keys.max(1);
        let drawn = weights.databases.iter().find(|database| {
            let here = at < database.keys();
            at = at.saturating_sub(database.keys());
            here
        })?;
        let id = drawn.draw(worker.random.next_u64());
        let mut found = None;
        sample(server, worker, id, 1, weights.expiring, |entry, _| {
            found = Some(Candidate {
                score: 0,
                id,
                hash: server.keyspace.hasher.hash(entry.key()),
                key: entry.key().into(),
            });
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// How gladly a key is evicted.
fn score(server: &Server, policy: Policy, entry: EntryRef<'_>, now_ms: i64) -> u64 {
    match policy {
        // The sooner it expires the better.
        Policy::VolatileTtl => u64::MAX - entry.expire_at().unwrap_or(i64::MAX).max(0) as u64,
        policy if counts_use(policy) => {
            let decay = server.config.int(params::LFU_DECAY_TIME);
            u64::from(255 - decayed(entry.clock(), minutes(now_ms), decay))
        }
        _ => u64::from(idle_s(entry.clock(), now_ms)),
    }
}
