//! What an entry's 24-bit clock says: when its key was last used, or how often.
//!
//! ```text
//! most policies    seconds of Unix time, modulo 2^24
//! LFU policies     minutes of Unix time, modulo 2^16 │ counter 8 bits
//! ```
//! The counter grows the more rarely the greater it is, and falls with the minutes in which its key is not used:
//! figures and formulas are Redis's (`lfu-log-factor`, `lfu-decay-time`). Where the policy changes between the two
//! kinds, keys have a wrong clock until they are used again.

use crate::server::Server;
use engine_keyspace::EntryRef;
use params::choices::MaxmemoryPolicy;
use std::cell::Cell;

/// The counter of a new key: it is not the first to be evicted.
pub const COUNTER_NEW: u32 = 5;
const CLOCK_MASK: u32 = 0xff_ffff;

/// Whether keys' clocks count uses.
#[inline]
#[must_use]
pub fn counts_use(policy: MaxmemoryPolicy) -> bool {
    matches!(
        policy,
        MaxmemoryPolicy::AllkeysLfu | MaxmemoryPolicy::VolatileLfu
    )
}

/// Notes accesses of one unit.
#[derive(Debug)]
pub(crate) struct Access {
    /// What stands in the clock of a key made now.
    pub(crate) fresh: u32,
    counts: bool,
    dice: Cell<u64>,
}

impl Access {
    /// Of a unit at `now_ms`. `dice` is any number that differs from unit to unit.
    #[inline]
    pub(crate) fn new(server: &Server, now_ms: i64, dice: &mut u64) -> Self {
        let counts = counts_use(server.config.pick(params::MAXMEMORY_POLICY));
        if !counts {
            return Self {
                fresh: (now_ms / 1000) as u32 & CLOCK_MASK,
                counts,
                dice: Cell::new(0),
            };
        }
        *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Self {
            fresh: minutes(now_ms) << 8 | COUNTER_NEW,
            counts,
            dice: Cell::new(*dice),
        }
    }

    /// Notes a use of a key.
    #[inline]
    pub(crate) fn note(&self, server: &Server, entry: EntryRef<'_>) {
        if self.counts {
            entry.touch(self.used(server, entry.clock()));
        } else {
            entry.touch(self.fresh);
        }
    }

    /// The clock of a key that is made in the place of one with this clock.
    #[inline]
    pub(crate) fn over(&self, server: &Server, old: impl FnOnce() -> Option<u32>) -> u32 {
        if !self.counts {
            return self.fresh;
        }
        old().map_or(self.fresh, |clock| self.used(server, clock))
    }

    #[cold]
    fn used(&self, server: &Server, clock: u32) -> u32 {
        let now = self.fresh >> 8;
        let decay = server.config.int(params::LFU_DECAY_TIME);
        let factor = server.config.int(params::LFU_LOG_FACTOR);
        now << 8 | grown(decayed(clock, now, decay), factor, self.draw())
    }

    /// A number from 0 up to 1 (splitmix64).
    fn draw(&self) -> f64 {
        let mut z = self.dice.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.dice.set(z);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Minutes of Unix time, modulo 2^16.
#[must_use]
pub fn minutes(now_ms: i64) -> u32 {
    (now_ms / 60_000) as u32 & 0xffff
}

/// Seconds for which a key with this clock has not been used.
#[must_use]
pub fn idle_s(clock: u32, now_ms: i64) -> u32 {
    ((now_ms / 1000) as u32).wrapping_sub(clock) & CLOCK_MASK
}

/// The counter in a clock, less one for each `decay_minutes` since it was written; 0 for no decay.
#[must_use]
pub fn decayed(clock: u32, now_minutes: u32, decay_minutes: i64) -> u32 {
    let counter = clock & 0xff;
    if decay_minutes <= 0 {
        return counter;
    }
    let passed = now_minutes.wrapping_sub(clock >> 8) & 0xffff;
    let periods = i64::from(passed) / decay_minutes;
    counter.saturating_sub(periods.min(255) as u32)
}

/// The counter after a use, by a draw from 0 up to 1.
#[must_use]
pub fn grown(counter: u32, log_factor: i64, draw: f64) -> u32 {
    if counter >= 255 {
        return 255;
    }
    let above = counter.saturating_sub(COUNTER_NEW);
    let chance = 1.0 / (f64::from(above) * log_factor as f64 + 1.0);
    counter + u32::from(draw < chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_fall_with_the_minutes() {
        let clock = 1000 << 8 | 100;
        assert_eq!(decayed(clock, 1000, 1), 100);
        assert_eq!(decayed(clock, 1009, 1), 91);
        assert_eq!(decayed(clock, 1009, 10), 100);
        assert_eq!(decayed(clock, 1010, 10), 99);
        assert_eq!(decayed(clock, 5000, 1), 0);
        assert_eq!(decayed(clock, 5000, 0), 100);
        // The minutes go round after 45 days.
        assert_eq!(decayed(0xfffe << 8 | 100, 3, 1), 95);
    }

    /// The table in redis.conf: about what counter stands for how many hits at a factor of 10.
    #[test]
    fn counters_grow_as_redis_documents() {
        let access = Access {
            fresh: 0,
            counts: true,
            dice: Cell::new(3),
        };
        for (hits, low, high) in [
            (100, 7, 14),
            (1000, 14, 24),
            (100_000, 130, 155),
            (1_000_000, 250, 255),
        ] {
            let counter = (0..hits).fold(COUNTER_NEW, |c, _| grown(c, 10, access.draw()));
            assert!((low..=high).contains(&counter), "{hits} hits: {counter}");
        }
        assert_eq!((0..300).fold(0, |c, _| grown(c, 0, access.draw())), 255);
    }

    #[test]
    fn idle_time_goes_round() {
        assert_eq!(idle_s(100, 160_000), 60);
        assert_eq!(idle_s(0xff_fffe, 3_000), 5);
    }
}
