//! Waking the threads that carry a log onwards.

use parking_lot::RwLock;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

/// Somebody to tell that a log has grown. Called by the appending thread under its slot
/// locks: an implementation writes an eventfd or sets a flag, takes no lock and never blocks.
pub trait LogWaker: Send + Sync {
    /// The log holds bytes beyond what was there when the waker was armed.
    fn wake(&self);
}

impl<F: Fn() + Send + Sync> LogWaker for F {
    fn wake(&self) {
        self();
    }
}

/// A registered waker. It fires at most once after each [`WakeHandle::arm`].
pub struct WakeHandle {
    armed: AtomicBool,
    waker: Box<dyn LogWaker>,
}

impl WakeHandle {
    /// Asks to be woken by the next append. The owner arms *before* it looks at its readers for
    /// the last time and sleeps: then either it sees the new bytes or the append sees the arming.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// The owner is awake and will look by itself; saves the append a wake-up.
    pub fn disarm(&self) {
        self.armed.store(false, Ordering::Relaxed);
    }
}

impl fmt::Debug for WakeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakeHandle")
            .field("armed", &self.armed)
            .finish()
    }
}

/// All wakers of a log.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    /// Number of handles, so that an append nobody waits for pays one load.
    count: AtomicUsize,
    list: RwLock<Vec<Arc<WakeHandle>>>,
}

impl Wakers {
    pub(crate) fn register(&self, waker: Box<dyn LogWaker>) -> Arc<WakeHandle> {
        let handle = Arc::new(WakeHandle {
            armed: AtomicBool::new(false),
            waker,
        });
        let mut list = self.list.write();
        list.push(Arc::clone(&handle));
        self.count.store(list.len(), Ordering::Release);
        handle
    }

    pub(crate) fn unregister(&self, handle: &Arc<WakeHandle>) {
        let mut list = self.list.write();
        list.retain(|other| !Arc::ptr_eq(other, handle));
        self.count.store(list.len(), Ordering::Release);
    }

    /// To be called after the new end was published.
    pub(crate) fn wake_armed(&self) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        // Pairs with the fence in `arm`: publish, fence, look at `armed` against arm, fence, look
        // at the end. One of the two sees the other.
        fence(Ordering::SeqCst);
        for handle in self.list.read().iter() {
            if handle.armed.load(Ordering::Relaxed) && handle.armed.swap(false, Ordering::AcqRel) {
                handle.waker.wake();
            }
        }
    }
}
