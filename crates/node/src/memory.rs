//! The allocator, and how much it has given out.
//!
//! jemalloc with size classes in steps of 8 bytes (`JEMALLOC_SYS_WITH_LG_QUANTUM`, .cargo/config.toml): an entry of
//! 56 bytes takes 56. With such classes blocks are aligned to 8, not 16, so the usual wrapper crate, which counts on
//! 16, cannot be used.
#![allow(unsafe_code, reason = "a global allocator is unsafe by contract")]

use engine_dispatch::worker::WorkerStats;
use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_int;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tikv_jemalloc_sys as sys;

/// The global allocator of the binary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jemalloc;

/// Alignment that every block has.
const ALIGN_GIVEN: usize = 8;

#[inline]
fn flags(layout: Layout) -> c_int {
    if layout.align() <= ALIGN_GIVEN {
        0
    } else {
        layout.align().trailing_zeros() as c_int
    }
}

// SAFETY: jemalloc's `…allocx` family keeps the contract of `GlobalAlloc`: blocks of at least the size asked for,
// aligned as the flags say (or to 8), freed with the size and alignment they were allocated with. Sizes are never 0
// (the caller's duty).
unsafe impl GlobalAlloc for Jemalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        unsafe { sys::mallocx(layout.size(), flags(layout)).cast() }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        unsafe { sys::mallocx(layout.size(), flags(layout) | sys::MALLOCX_ZERO).cast() }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { sys::sdallocx(ptr.cast(), layout.size(), flags(layout)) }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: see above.
        unsafe { sys::rallocx(ptr.cast(), new_size, flags(layout)).cast() }
    }
}

/// jemalloc's own counts of the calling thread: what it took and gave back since it began, bytes.
pub(crate) struct ThreadCounts {
    taken: Option<tikv_jemalloc_ctl::thread::ThreadLocal<u64>>,
    given: Option<tikv_jemalloc_ctl::thread::ThreadLocal<u64>>,
}

impl ThreadCounts {
    /// Those of the calling thread, which must be the only one to use them.
    pub(crate) fn of_this_thread() -> Self {
        Self {
            taken: tikv_jemalloc_ctl::thread::allocatedp::read().ok(),
            given: tikv_jemalloc_ctl::thread::deallocatedp::read().ok(),
        }
    }

    /// Publishes the counts; once a batch.
    #[inline]
    pub(crate) fn publish(&self, stats: &WorkerStats) {
        if let (Some(taken), Some(given)) = (&self.taken, &self.given) {
            stats.allocated.store(taken.get(), Ordering::Relaxed);
            stats.freed.store(given.get(), Ordering::Relaxed);
        }
    }
}

/// Memory in use: the published counts of the threads that work on data, and a correction for all others that is
/// taken from jemalloc's own statistics now and then.
#[derive(Debug, Default)]
pub(crate) struct MemoryUse {
    correction: AtomicI64,
    peak: AtomicU64,
}

impl MemoryUse {
    /// Bytes in use, given the sum over the counting threads.
    pub(crate) fn bytes(&self, counted: i64) -> u64 {
        let now = counted
            .saturating_add(self.correction.load(Ordering::Relaxed))
            .max(0) as u64;
        self.peak.fetch_max(now, Ordering::Relaxed);
        now
    }

    /// Reads the allocator's own statistics; a few microseconds, so not on the hot path.
    pub(crate) fn correct(&self, counted: i64) {
        if tikv_jemalloc_ctl::epoch::advance().is_ok()
            && let Ok(allocated) = tikv_jemalloc_ctl::stats::allocated::read()
        {
            self.correction
                .store(allocated as i64 - counted, Ordering::Relaxed);
        }
    }
}

/// Gives the memory that the allocator keeps free back to the system (MEMORY PURGE).
pub(crate) fn purge() {
    // 4096 stands for all arenas (`MALLCTL_ARENAS_ALL`).
    const NAME: &[u8] = b"arena.4096.purge\0";
    let null = std::ptr::null_mut();
    // SAFETY: the name is a C string; the control reads and writes nothing.
    let failed = unsafe { sys::mallctl(NAME.as_ptr().cast(), null, null.cast(), null, 0) };
    debug_assert_eq!(failed, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Jemalloc = Jemalloc;

    #[test]
    fn the_quantum_is_eight_bytes() {
        // SAFETY: the name is a C string, the value a usize as jemalloc documents it.
        let quantum: usize = unsafe { tikv_jemalloc_ctl::raw::read(b"arenas.quantum\0") }.unwrap();
        assert_eq!(quantum, 8, "build with the repository's .cargo/config.toml");
        // SAFETY: only a size is computed.
        assert_eq!(unsafe { sys::nallocx(56, 0) }, 56);
    }

    #[test]
    fn larger_alignments_are_kept() {
        for align in [8, 16, 32, 64, 4096] {
            for size in [1, 8, 24, 56, 100, 5000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: the layout is not empty; the block is freed with the same layout.
                unsafe {
                    let block = Jemalloc.alloc(layout);
                    assert_eq!(block as usize % align, 0, "{size} aligned to {align}");
                    Jemalloc.dealloc(block, layout);
                }
            }
        }
    }

    #[test]
    fn what_a_thread_takes_is_counted() {
        let stats = WorkerStats::new(1);
        let counts = ThreadCounts::of_this_thread();
        counts.publish(&stats);
        let before = stats.allocated.load(Ordering::Relaxed);
        let block = std::hint::black_box(vec![0u8; 100_000]);
        counts.publish(&stats);
        assert!(stats.allocated.load(Ordering::Relaxed) - before >= 100_000);
        drop(block);
        counts.publish(&stats);
        assert!(stats.freed.load(Ordering::Relaxed) >= 100_000);
    }
}
