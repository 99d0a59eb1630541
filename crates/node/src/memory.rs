//! The allocator, and how much it has given out.
//!
//! jemalloc with size classes in steps of 8 bytes (`JEMALLOC_SYS_WITH_LG_QUANTUM`, .cargo/config.toml): an entry of
//! 56 bytes takes 56. With such classes blocks are aligned to 8, not 16, so the usual wrapper crate, which counts on
//! 16, cannot be used.
#![allow(unsafe_code, reason = "a global allocator is unsafe by contract")]

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_int;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
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

/// Threads whose counts can be read at any time: they never end.
const THREADS_MAX: usize = 256;
static THREADS: [ThreadCounts; THREADS_MAX] = [const { ThreadCounts::none() }; THREADS_MAX];
static THREADS_USED: AtomicUsize = AtomicUsize::new(0);

/// Where jemalloc keeps its own counts of a thread: what it took and gave back since it began, bytes.
struct ThreadCounts {
    taken: AtomicPtr<u64>,
    given: AtomicPtr<u64>,
}

impl ThreadCounts {
    /// Of no thread.
    const fn none() -> Self {
        Self {
            taken: AtomicPtr::new(std::ptr::null_mut()),
            given: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// What the thread has taken and not given back, bytes; less than nothing where it frees what others took.
    fn balance(&self) -> i64 {
        let read = |counter: &AtomicPtr<u64>| {
            let counter = counter.load(Ordering::Acquire);
            if counter.is_null() {
                return 0;
            }
            // SAFETY: it points to a counter of a thread that never ends (`count_this_thread`), aligned as a u64 is.
            // The thread writes it while we read: a whole word at a time on every machine that jemalloc runs on,
            // and an old value is as good as a new one.
            unsafe { AtomicU64::from_ptr(counter) }.load(Ordering::Relaxed) as i64
        };
        read(&self.taken).wrapping_sub(read(&self.given))
    }
}

/// Counts what the calling thread takes from the allocator and gives back, from its beginning on. Only for threads
/// that live as long as the process: their counts are read by others.
pub(crate) fn count_this_thread() {
    let pointer = |name: &[u8]| {
        // SAFETY: the name is a C string, and the value is a pointer to a u64, as jemalloc documents it.
        unsafe { tikv_jemalloc_ctl::raw::read::<*mut u64>(name) }.unwrap_or(std::ptr::null_mut())
    };
    let (taken, given) = (
        pointer(b"thread.allocatedp\0"),
        pointer(b"thread.deallocatedp\0"),
    );
    let at = THREADS_USED.fetch_add(1, Ordering::Relaxed);
    if let Some(counts) = THREADS.get(at) {
        counts.given.store(given, Ordering::Release);
        counts.taken.store(taken, Ordering::Release);
    }
}

/// Bytes that the counting threads have taken and not given back.
fn counted() -> i64 {
    let used = THREADS_USED.load(Ordering::Relaxed).min(THREADS_MAX);
    THREADS[..used].iter().map(ThreadCounts::balance).sum()
}

/// Memory in use: the counts of the threads that work on data, read as they are at this moment, and a correction for
/// all others that is taken from jemalloc's own statistics now and then.
#[derive(Debug, Default)]
pub(crate) struct MemoryUse {
    correction: AtomicI64,
}

/// A difference below this is no reason to correct: while threads work, the two sums are not of the same moment.
const CORRECTION_MIN: u64 = 32 << 10;

impl MemoryUse {
    /// Bytes in use.
    pub(crate) fn bytes(&self) -> u64 {
        let now = counted().saturating_add(self.correction.load(Ordering::Relaxed));
        now.max(0) as u64
    }

    /// Reads the allocator's own statistics; a few microseconds, so not on the hot path.
    pub(crate) fn correct(&self) {
        if tikv_jemalloc_ctl::epoch::advance().is_err() {
            return;
        }
        let Ok(allocated) = tikv_jemalloc_ctl::stats::allocated::read() else {
            return;
        };
        // What threads keep for their next allocations counts as allocated there; 4096 stands for all arenas.
        // SAFETY: the name is a C string, the value a usize as jemalloc documents it.
        let kept: Result<usize, _> =
            unsafe { tikv_jemalloc_ctl::raw::read(b"stats.arenas.4096.tcache_bytes\0") };
        let allocated = allocated as i64 - kept.unwrap_or(0) as i64;
        let new = allocated - counted();
        if new.abs_diff(self.correction.load(Ordering::Relaxed)) > CORRECTION_MIN {
            self.correction.store(new, Ordering::Relaxed);
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
    fn what_threads_take_is_counted_at_once() {
        let (ask, asked) = std::sync::mpsc::channel::<usize>();
        let (answer, answered) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            count_this_thread();
            let mut held: Vec<Vec<u8>> = Vec::new();
            for size in asked {
                held.clear();
                held.push(vec![1; size]);
                answer.send(()).unwrap();
            }
        });
        let measure = |size: usize| {
            ask.send(size).unwrap();
            answered.recv().unwrap();
            counted()
        };
        let small = measure(1);
        let large = measure(10_000_000);
        assert!(
            (large - small).abs_diff(10_000_000) < 1_000_000,
            "{small} {large}"
        );
        assert!(measure(1).abs_diff(small) < 100_000);
        // What nobody counts is found in the allocator's statistics.
        let memory = MemoryUse::default();
        let block = std::hint::black_box(vec![0u8; 50_000_000]);
        memory.correct();
        let with = memory.bytes();
        drop(block);
        memory.correct();
        assert!((with as i64 - memory.bytes() as i64).abs_diff(50_000_000) < 1_000_000);
    }
}
