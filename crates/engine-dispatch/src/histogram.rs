//! How long the calls of one command took, in buckets (LATENCY HISTOGRAM, INFO latencystats).
//!
//! Every power of two of nanoseconds is divided into 16 buckets, so that a value read from it is at most 1/16 too high.

use std::sync::atomic::{AtomicU64, Ordering};

const PARTS_BITS: u32 = 4;
const PARTS: usize = 1 << PARTS_BITS;
/// Longer times count as this, ns: 17 s.
const LONGEST: u64 = (1 << 34) - 1;
const BUCKETS: usize = (34 - PARTS_BITS as usize + 1) * PARTS;

/// The buckets of one thread; only that thread adds to them.
#[derive(Debug)]
pub struct Histogram(Box<[AtomicU64]>);

impl Default for Histogram {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Histogram {
    /// Counts a call that took `nanos`.
    #[inline]
    pub fn add(&self, nanos: u64) {
        if let Some(bucket) = self.0.get(index(nanos)) {
            crate::worker::count(bucket, 1);
        }
    }

    /// Adds the counts to `sum`.
    pub fn add_to(&self, sum: &mut Counts) {
        sum.0.resize(BUCKETS, 0);
        for (sum, bucket) in sum.0.iter_mut().zip(&self.0) {
            *sum += bucket.load(Ordering::Relaxed);
        }
    }
}

fn index(nanos: u64) -> usize {
    let nanos = nanos.min(LONGEST);
    let Some(octave) = nanos.checked_ilog2().filter(|o| *o >= PARTS_BITS) else {
        return nanos as usize;
    };
    let part = (nanos >> (octave - PARTS_BITS)) as usize & (PARTS - 1);
    (octave - PARTS_BITS + 1) as usize * PARTS + part
}

/// The first time that is too long for a bucket, ns.
fn end_of(index: usize) -> u64 {
    let (octave, part) = (index / PARTS, (index % PARTS) as u64);
    match octave {
        0 => part + 1,
        n => (PARTS as u64 + part + 1) << (n - 1),
    }
}

/// The counts of all threads.
#[derive(Debug, Default, Clone)]
pub struct Counts(Vec<u64>);

impl Counts {
    /// Takes counts back that were there before (CONFIG RESETSTAT).
    pub fn subtract(&mut self, before: &Self) {
        for (count, before) in self.0.iter_mut().zip(&before.0) {
            *count = count.saturating_sub(*before);
        }
    }

    /// How many calls were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time, ns, within which `percent` of the calls ended.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> u64 {
        let wanted = (self.total() as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (n, count) in self.0.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return end_of(n) - 1;
            }
        }
        0
    }

    /// (limit in ns, calls up to it) for limits of 1024 ns and its doubles, from the first that has any calls to the
    /// first that has all, each that adds something.
    #[must_use]
    pub fn doubling(&self) -> Vec<(u64, u64)> {
        let (total, mut at, mut seen) = (self.total(), 0, 0);
        let mut steps = Vec::new();
        let mut limit = 1024;
        while seen < total {
            let before = seen;
            while at < self.0.len() && end_of(at) <= limit {
                seen += self.0[at];
                at += 1;
            }
            if seen > before {
                steps.push((limit, seen));
            }
            if at == self.0.len() {
                break;
            }
            limit *= 2;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_join_without_gap() {
        for n in 0..BUCKETS - 1 {
            assert_eq!(index(end_of(n) - 1), n);
            assert_eq!(index(end_of(n)), n + 1);
        }
        assert_eq!(index(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_and_doubling_limits() {
        let histogram = Histogram::default();
        for _ in 0..98 {
            histogram.add(900);
        }
        histogram.add(5_000);
        histogram.add(1_000_000);
        let mut counts = Counts::default();
        histogram.add_to(&mut counts);
        assert_eq!(counts.total(), 100);
        assert_eq!(counts.doubling(), [(1024, 98), (8192, 99), (1 << 20, 100)]);
        let near = |n: u64, want: u64| n >= want && n < want + want / 16;
        assert!(near(counts.percentile(50.0), 900));
        assert!(near(counts.percentile(99.0), 5_000));
        assert!(near(counts.percentile(99.9), 1_000_000));
        let before = counts.clone();
        counts.subtract(&before);
        assert_eq!((counts.total(), counts.percentile(50.0)), (0, 0));
    }
}
