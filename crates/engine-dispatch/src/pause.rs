//! CLIENT PAUSE: for a while clients' commands, or those that write, are held back.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Whether and until when clients are paused.
#[derive(Debug, Default)]
pub struct Pause {
    /// Milliseconds of Unix time; 0 for no pause.
    until_ms: AtomicI64,
    all: AtomicBool,
}

impl Pause {
    /// Begins a pause. One that is on is made longer and stricter, never shorter or milder.
    pub fn begin(&self, until_ms: i64, all: bool, now_ms: i64) {
        let active = self.is_on(now_ms);
        let all = all || (active && self.all.load(Ordering::Relaxed));
        self.all.store(all, Ordering::Relaxed);
        let before = self.until_ms.load(Ordering::Relaxed);
        if !active || until_ms > before {
            self.until_ms.store(until_ms, Ordering::Relaxed);
        }
    }

    /// Ends it (CLIENT UNPAUSE). Held sessions find out when they are tried again.
    pub fn end(&self) {
        self.until_ms.store(0, Ordering::Relaxed);
    }

    /// Whether there is a pause; keys then do not expire either.
    #[inline]
    #[must_use]
    pub fn is_on(&self, now_ms: i64) -> bool {
        let until_ms = self.until_ms.load(Ordering::Relaxed);
        until_ms != 0 && now_ms < until_ms
    }

    /// Whether the pause is of all commands, not of writes alone.
    #[must_use]
    pub fn of_all(&self) -> bool {
        self.all.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Pause;

    #[test]
    fn a_pause_only_grows() {
        let pause = Pause::default();
        assert!(!pause.is_on(5));
        pause.begin(100, true, 10);
        pause.begin(50, false, 20);
        assert!(pause.is_on(99) && pause.of_all() && !pause.is_on(100));
        pause.begin(200, false, 150);
        assert!(pause.is_on(199) && !pause.of_all());
        pause.end();
        assert!(!pause.is_on(160));
    }
}
