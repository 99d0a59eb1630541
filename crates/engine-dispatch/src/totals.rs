//! The counters of all threads as sums, since the start or since CONFIG RESETSTAT, and what happens a second.

use crate::histogram::Counts;
use crate::server::Server;
use crate::worker::{CommandStats, WorkerStats};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// One command's counters.
#[derive(Debug, Default, Clone)]
pub struct CommandTotals {
    pub calls: u64,
    pub nanos: u64,
    pub rejected: u64,
    pub failed: u64,
    pub times: Counts,
}

impl CommandTotals {
    fn add(&mut self, stats: &CommandStats) {
        self.calls += stats.calls.load(Ordering::Relaxed);
        self.nanos += stats.nanos.load(Ordering::Relaxed);
        self.rejected += stats.rejected.load(Ordering::Relaxed);
        self.failed += stats.failed.load(Ordering::Relaxed);
        if let Some(times) = stats.times.get() {
            times.add_to(&mut self.times);
        }
    }

    fn subtract(&mut self, before: &Self) {
        self.calls = self.calls.saturating_sub(before.calls);
        self.nanos = self.nanos.saturating_sub(before.nanos);
        self.rejected = self.rejected.saturating_sub(before.rejected);
        self.failed = self.failed.saturating_sub(before.failed);
        self.times.subtract(&before.times);
    }
}

macro_rules! totals {
    ($($field:ident),*) => {
        /// All counters, summed; the names are those of [`WorkerStats`].
        #[derive(Debug, Default, Clone)]
        pub struct Totals {
            /// By index of the command.
            pub commands: Vec<CommandTotals>,
            $(pub $field: u64,)*
        }

        impl Totals {
            fn add(&mut self, stats: &WorkerStats) {
                $(self.$field += stats.$field.load(Ordering::Relaxed);)*
            }

            fn subtract(&mut self, before: &Self) {
                $(self.$field = self.$field.saturating_sub(before.$field);)*
            }
        }
    };
}

totals!(
    hits,
    misses,
    expired,
    expired_fields,
    expire_micros,
    expire_capped,
    evicted,
    input_bytes,
    output_bytes,
    connections,
    refused,
    output_limit,
    query_limit,
    evicted_clients,
    errors,
    reads,
    writes
);

impl Totals {
    /// Calls of all commands.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.commands.iter().map(|c| c.calls).sum()
    }
}

/// What the counters stood at when CONFIG RESETSTAT was given: each is written by its own thread alone, so they are
/// not set back but counted from there.
#[derive(Debug, Default)]
pub struct Base(Mutex<Option<Totals>>);

impl Server {
    fn raw_totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals
            .commands
            .resize_with(self.table.len(), CommandTotals::default);
        for stats in self.stats() {
            totals.add(stats);
            for (sum, stats) in totals.commands.iter_mut().zip(&stats.commands) {
                sum.add(stats);
            }
        }
        totals
    }

    /// All counters, summed over the threads.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = self.raw_totals();
        if let Some(base) = &*self.stats_base.0.lock() {
            totals.subtract(base);
            for (sum, before) in totals.commands.iter_mut().zip(&base.commands) {
                sum.subtract(before);
            }
        }
        totals
    }

    /// Sets all counters to zero (CONFIG RESETSTAT).
    pub fn reset_stats(&self) {
        let totals = self.raw_totals();
        *self.stats_base.0.lock() = Some(totals);
        self.error_counts.lock().clear();
        self.acl.refusals.reset();
        self.reaper.reset();
        self.eviction.reset();
        self.memory_peak
            .store(self.memory_used(), Ordering::Relaxed);
        *self.rates.0.lock() = Samples::default();
    }

    /// Takes a sample for the rates and the memory's peak; the driver calls it every 100 ms or so, INFO before it
    /// reads them.
    pub fn sample(&self, now_ms: i64) {
        self.memory_peak
            .fetch_max(self.memory_used(), Ordering::Relaxed);
        let counts = [
            self.sum_calls(),
            self.sum(|s| &s.input_bytes),
            self.sum(|s| &s.output_bytes),
        ];
        self.rates.0.lock().add(now_ms, counts);
    }

    fn sum_calls(&self) -> u64 {
        let stats = self.stats();
        let calls = |s: &&WorkerStats| -> u64 {
            s.commands
                .iter()
                .map(|c| c.calls.load(Ordering::Relaxed))
                .sum()
        };
        stats.iter().map(calls).sum()
    }
}

/// Samples whose mean is a rate.
const SAMPLES: usize = 16;

#[derive(Debug, Default)]
struct Samples {
    last: Option<(i64, [u64; 3])>,
    ring: [[u64; 3]; SAMPLES],
    at: usize,
}

impl Samples {
    fn add(&mut self, now_ms: i64, counts: [u64; 3]) {
        let Some((last_ms, before)) = self.last else {
            self.last = Some((now_ms, counts));
            return;
        };
        // Too little time for a rate.
        if now_ms - last_ms < 50 {
            return;
        }
        let per_s =
            |n: usize| counts[n].saturating_sub(before[n]) * 1000 / (now_ms - last_ms) as u64;
        self.ring[self.at] = [per_s(0), per_s(1), per_s(2)];
        self.at = (self.at + 1) % SAMPLES;
        self.last = Some((now_ms, counts));
    }
}

/// Commands, bytes received and bytes sent a second, over the last 1.6 s. A leaf lock.
#[derive(Debug, Default)]
pub struct Rates(Mutex<Samples>);

impl Rates {
    /// The three rates.
    #[must_use]
    pub fn per_second(&self) -> [u64; 3] {
        let samples = self.0.lock();
        let mean = |n: usize| samples.ring.iter().map(|s| s[n]).sum::<u64>() / SAMPLES as u64;
        [mean(0), mean(1), mean(2)]
    }
}

/// Greatest amount of memory seen.
pub type Peak = AtomicU64;
