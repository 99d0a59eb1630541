//! The active sweep: removes keys whose time has come though nobody asks for them.
//!
//! Each I/O thread sweeps its share of the slots between its batches. A slot is passed over while its hint says that
//! none of its keys is due; one that is not is walked in bites, its lock given up between them. A round ends when all
//! slots were seen or its time is over; it goes on at once, not at the next tick, while more than a tenth of the keys
//! seen were due (`active-expire-effort` lowers the share and adds time, as in Redis).

use crate::background::in_slot;
use crate::server::Server;
use crate::worker::{Worker, count};
use engine_keyspace::slot::Pass;
use engine_keyspace::unit::glance;
use engine_keyspace::{SLOTS, SlotId};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Table words looked at under one hold of a slot's lock.
const BITE_WORDS: usize = 64;
/// Slots passed over between two looks at the clock.
const PASSED_OVER: usize = 256;
/// Share of due keys among those seen, percent, up to which a round may end with the tick.
const STALE_PERCENT: u64 = 10;

/// What the sweep has found (INFO stats).
#[derive(Debug, Default)]
pub struct Expiry {
    /// Share of keys due but not removed yet, hundredths of a percent; a moving average.
    stale: AtomicU64,
}

impl Expiry {
    /// Share of the expiring keys that are due and still there, percent.
    #[must_use]
    pub fn stale_percent(&self) -> f64 {
        self.stale.load(Ordering::Relaxed) as f64 / 100.0
    }

    fn note(&self, seen: u64, due: u64) {
        let now = (due * 10_000).checked_div(seen).unwrap_or(0);
        let before = self.stale.load(Ordering::Relaxed);
        // A twentieth of each sample, as in Redis; several threads may overwrite each other's.
        self.stale
            .store((before * 19 + now) / 20, Ordering::Relaxed);
    }
}

/// Where a thread's sweep stands.
#[derive(Debug, Default)]
pub struct Sweep {
    db: u32,
    slot: usize,
    pass: Pass,
    due: Vec<Box<[u8]>>,
}

/// `active-expire-effort`, from 0 to 9.
fn effort(server: &Server) -> u64 {
    (server.config.int(params::ACTIVE_EXPIRE_EFFORT) - 1).clamp(0, 9) as u64
}

/// Time for one round.
#[must_use]
pub fn budget(server: &Server) -> Duration {
    Duration::from_micros(1000 + 250 * effort(server))
}

/// What a round has seen so far.
#[derive(Default)]
struct Round {
    seen: u64,
    due: u64,
}

impl Sweep {
    /// One round through this thread's share of the slots (those ≡ thread mod threads), of about `budget` at most;
    /// whether it is worth going on as soon as the clients allow.
    pub fn run(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        threads: usize,
        budget: Duration,
    ) -> bool {
        if server.is_replica()
            || server.pause.is_on(worker.now_ms)
            || server.loading.load(Ordering::Relaxed)
            || !server.active_expire.load(Ordering::Relaxed)
        {
            return false;
        }
        let databases = server.keyspace.databases();
        let expiring = |db: u32| {
            let db = server.keyspace.db(db);
            db.expires.get() > 0 || db.fields_expire.get() > 0
        };
        let used = (0..databases).filter(|db| expiring(*db)).count();
        if used == 0 {
            server.expiry.note(0, 0);
            return false;
        }
        let start = Instant::now();
        let mut round = Round::default();
        let mut capped = false;
        for n in 1..=used * SLOTS {
            if !expiring(self.db) {
                self.next_db(databases);
            }
            let mine = self.slot % threads.max(1) == worker.index % threads.max(1);
            if mine && !self.slot(server, worker, &mut round, start + budget) {
                capped = true;
                break;
            }
            self.slot += 1;
            if self.slot == SLOTS {
                self.next_db(databases);
            }
            if n.is_multiple_of(PASSED_OVER) && start.elapsed() >= budget {
                capped = true;
                break;
            }
        }
        server.expiry.note(round.seen, round.due);
        count(
            &worker.stats.expire_micros,
            start.elapsed().as_micros() as u64,
        );
        count(&worker.stats.expire_capped, u64::from(capped));
        capped && round.due * 100 > round.seen * (STALE_PERCENT - effort(server))
    }

    fn next_db(&mut self, databases: u32) {
        self.slot = 0;
        self.pass = Pass::default();
        self.db = (self.db + 1) % databases;
    }

    /// Sweeps the slot the sweep stands at; false if the time was over before its end.
    fn slot(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        round: &mut Round,
        end: Instant,
    ) -> bool {
        let id = SlotId::new(self.db, self.slot as u16);
        let Some(slot) = server.keyspace.existing(id) else {
            return true;
        };
        let now = worker.now_ms;
        // A slot that somebody holds is left to the next round.
        if glance(slot, |data| data.may_be_due(now)) != Some(true) {
            return true;
        }
        loop {
            let (pass, due) = (&mut self.pass, &mut self.due);
            due.clear();
            let bite = in_slot(server, worker, id, |keys| {
                if !keys.removes_expired() {
                    *pass = Pass::default();
                    return (0, true);
                }
                let (seen, ended) = keys.unit.data_mut(id).due(now, pass, BITE_WORDS, due);
                for key in due.iter() {
                    let hash = server.keyspace.hasher.hash(key);
                    keys.purge(id, hash, key);
                    // What is left of a hash has a later time.
                    let data = keys.unit.data_mut(id);
                    let next = data.get(hash, key).and_then(|entry| entry.next_due());
                    data.note_expiry(next);
                }
                (seen, ended)
            });
            let Some((seen, ended)) = bite else {
                self.pass = Pass::default();
                return true;
            };
            round.seen += seen as u64;
            round.due += self.due.len() as u64;
            if ended {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
        }
    }
}
