//! The clock that commands are timed with: the processor's counter, which costs a third of what asking the system
//! costs, where the processor says that it runs at one speed on all cores; the system's monotonic clock elsewhere.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Nanoseconds a tick, times 2³²; 0 while a tick is a nanosecond of the monotonic clock.
static SCALE: AtomicU64 = AtomicU64::new(0);

/// How long the counter is compared with the monotonic clock, once a process.
const CALIBRATION: Duration = Duration::from_millis(1);

/// Finds out how fast the counter runs; before the first command is timed.
pub fn calibrate() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let Some(before) = counter() else { return };
        let start = Instant::now();
        while start.elapsed() < CALIBRATION {
            std::hint::spin_loop();
        }
        let ticks = counter().unwrap_or(0).saturating_sub(before);
        let nanos = start.elapsed().as_nanos();
        if ticks > 0 {
            let scale = (nanos << 32) / u128::from(ticks);
            SCALE.store(u64::try_from(scale).unwrap_or(0), Ordering::Relaxed);
        }
    });
}

/// Ticks since some moment.
#[inline]
#[must_use]
pub fn now() -> u64 {
    if SCALE.load(Ordering::Relaxed) != 0
        && let Some(ticks) = counter_unchecked()
    {
        return ticks;
    }
    static BASE: OnceLock<Instant> = OnceLock::new();
    BASE.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Nanoseconds between two moments; 0 if they are the wrong way round.
#[inline]
#[must_use]
pub fn nanos_between(start: u64, end: u64) -> u64 {
    let ticks = end.saturating_sub(start);
    match SCALE.load(Ordering::Relaxed) {
        0 => ticks,
        scale => ((u128::from(ticks) * u128::from(scale)) >> 32) as u64,
    }
}

/// The processor's counter, if it runs at one speed whatever the processor does.
#[cfg(target_arch = "x86_64")]
fn counter() -> Option<u64> {
    use std::arch::x86_64::__cpuid;
    const LEAF: u32 = 0x8000_0007;
    const INVARIANT: u32 = 1 << 8;
    #[allow(unsafe_code, unused_unsafe, reason = "an instruction without effect")]
    // SAFETY: CPUID exists on every x86-64 processor.
    let (most, edx) = unsafe { (__cpuid(0x8000_0000).eax, __cpuid(LEAF).edx) };
    if most < LEAF || edx & INVARIANT == 0 {
        return None;
    }
    counter_unchecked()
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter_unchecked() -> Option<u64> {
    #[allow(unsafe_code, unused_unsafe, reason = "an instruction without effect")]
    // SAFETY: RDTSC exists on every x86-64 processor.
    Some(unsafe { std::arch::x86_64::_rdtsc() })
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> Option<u64> {
    None
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn counter_unchecked() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_worth_what_they_should() {
        calibrate();
        let (start, clock) = (now(), Instant::now());
        std::thread::sleep(Duration::from_millis(20));
        let (nanos, real) = (
            nanos_between(start, now()),
            clock.elapsed().as_nanos() as u64,
        );
        assert!(
            nanos.abs_diff(real) < real / 10,
            "{nanos} ns measured, {real} ns passed"
        );
        assert_eq!(nanos_between(5, 3), 0);
    }
}
