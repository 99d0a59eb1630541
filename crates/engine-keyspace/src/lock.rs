//! The locks of the keyspace and the order in which they may be taken.
//!
//! Order: wide token → slots → journal → leaf locks. Ordinary units take slots in ascending order and
//! never wait long while they hold one; only the holder of the wide token waits without bound. So nobody
//! can deadlock: the token's holder waits for others, who all finish or back off.

use rustix::thread::futex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const FREE: u32 = 0;
const HELD: u32 = 1;
const HELD_WAITED_FOR: u32 = 2;

/// Rounds of spinning before the kernel is asked to wait: less than a microsecond.
const SPINS: u32 = 60;

/// One futex word. Spins shortly, then sleeps: on a machine with one core, spinning would only keep the
/// holder from running.
#[derive(Debug, Default)]
pub struct FutexLock(AtomicU32);

impl FutexLock {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU32::new(FREE))
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes the lock, waiting at most about `limit`; without a limit for as long as it takes.
    pub fn lock_within(&self, limit: Option<Duration>) -> bool {
        if self.try_lock() {
            return true;
        }
        for _ in 0..SPINS {
            std::hint::spin_loop();
            if self.0.load(Ordering::Relaxed) == FREE && self.try_lock() {
                return true;
            }
        }
        let start = std::time::Instant::now();
        // From here on the lock is marked as waited for, so that its release wakes someone.
        while self.0.swap(HELD_WAITED_FOR, Ordering::Acquire) != FREE {
            let left = match limit {
                None => None,
                Some(limit) => match limit.checked_sub(start.elapsed()) {
                    Some(left) if !left.is_zero() => Some(left),
                    _ => return false,
                },
            };
            let timeout = left.map(|left| futex::Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            });
            // An early return (signal, changed value, time-out) is told apart by the loop.
            let _ = futex::wait(
                &self.0,
                futex::Flags::PRIVATE,
                HELD_WAITED_FOR,
                timeout.as_ref(),
            );
        }
        true
    }

    /// Gives the lock back.
    #[inline]
    pub fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == HELD_WAITED_FOR {
            let _ = futex::wake(&self.0, futex::Flags::PRIVATE, 1);
        }
    }

    /// Whether somebody holds the lock at this moment.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed) != FREE
    }
}

/// The classes of locks, in the order in which a thread may take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Token = 1,
    Slots = 2,
    Journal = 3,
    Leaf = 4,
}

/// Proof, in debug builds, that a thread takes its locks in order: made before a lock of the class is taken,
/// dropped after it was given back.
#[derive(Debug)]
pub struct Held {
    #[cfg(debug_assertions)]
    class: Class,
}

#[cfg(debug_assertions)]
thread_local! {
    static DEPTH: std::cell::RefCell<[u32; 5]> = const { std::cell::RefCell::new([0; 5]) };
}

/// Notes that this thread takes a lock of `class`.
///
/// # Panics
/// In debug builds, if it holds a lock of a later class, or another leaf lock.
#[inline]
pub fn enter(class: Class) -> Held {
    #[cfg(debug_assertions)]
    DEPTH.with_borrow_mut(|depth| {
        let first_forbidden = if class == Class::Leaf {
            Class::Leaf as usize
        } else {
            class as usize + 1
        };
        let later = depth
            .iter()
            .skip(first_forbidden)
            .position(|held| *held > 0);
        assert!(
            later.is_none(),
            "lock order: {class:?} taken while a lock of a later class is held"
        );
        depth[class as usize] += 1;
    });
    #[cfg(not(debug_assertions))]
    let _ = class;
    Held {
        #[cfg(debug_assertions)]
        class,
    }
}

#[cfg(debug_assertions)]
impl Drop for Held {
    fn drop(&mut self) {
        DEPTH.with_borrow_mut(|depth| depth[self.class as usize] -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn one_holder_at_a_time() {
        let lock = Arc::new(FutexLock::new());
        let count = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (lock, count) = (lock.clone(), count.clone());
                std::thread::spawn(move || {
                    for _ in 0..20_000 {
                        assert!(lock.lock_within(None));
                        let seen = count.load(Ordering::Relaxed);
                        count.store(seen + 1, Ordering::Relaxed);
                        lock.unlock();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(count.load(Ordering::Relaxed), 80_000);
    }

    #[test]
    fn a_held_lock_is_refused_in_time() {
        let lock = FutexLock::new();
        assert!(lock.try_lock());
        assert!(!lock.lock_within(Some(Duration::from_millis(2))));
        lock.unlock();
        assert!(lock.lock_within(Some(Duration::ZERO)));
    }

    #[test]
    #[cfg(debug_assertions)]
    fn the_order_is_asserted() {
        let wrong = std::thread::spawn(|| {
            let _journal = enter(Class::Journal);
            let _slot = enter(Class::Slots);
        });
        assert!(wrong.join().is_err());
    }
}
