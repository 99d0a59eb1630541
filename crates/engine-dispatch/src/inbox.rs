//! What one thread tells another about its sessions.

use crate::acl::user::ChannelsLeft;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;

/// A message to the thread that owns a session.
#[derive(Debug)]
pub enum Message {
    /// The session's blocked command has been answered; `offset` is the journal's after the unit that did it.
    Reply {
        session: u64,
        bytes: Vec<u8>,
        offset: u64,
    },
    /// A message out of turn (RESP3 push, pub/sub): not an answer to the session's command.
    Push { session: u64, bytes: Arc<[u8]> },
    /// CLIENT UNBLOCK: release the session if it is blocked, with `Error::UNBLOCKED` if `error`, else as if its time
    /// were over.
    Unblock { session: u64, error: bool },
    /// End the session (CLIENT KILL); send first what is in its output if `flush`.
    Close { session: u64, flush: bool },
    /// End the sessions that a role change ends: those of the primary endpoint, and blocked ones with an error.
    RoleChanged,
    /// Users have lost channels: end their sessions that are subscribed to others than those left to them, by user id.
    ChannelsLeft(Arc<BTreeMap<u64, ChannelsLeft>>),
    /// Try suspended sessions again.
    Retry,
}

/// The messages of one I/O thread.
pub struct Inbox {
    queue: Mutex<Vec<Message>>,
    waker: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Inbox {
    /// An empty inbox that wakes nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: Mutex::new(Vec::new()),
            waker: OnceLock::new(),
        }
    }

    /// Sets what wakes the thread when a message comes; the first call counts.
    pub fn set_waker(&self, waker: impl Fn() + Send + Sync + 'static) {
        let _ = self.waker.set(Box::new(waker));
    }

    /// Puts a message in and wakes the thread if the inbox was empty. A leaf: may be called under slot locks.
    pub fn push(&self, message: Message) {
        let first = {
            let mut queue = self.queue.lock();
            queue.push(message);
            queue.len() == 1
        };
        if first && let Some(wake) = self.waker.get() {
            wake();
        }
    }

    /// Takes all messages out, into `into`.
    pub fn take(&self, into: &mut Vec<Message>) {
        std::mem::swap(&mut *self.queue.lock(), into);
    }

    /// Whether there is no message at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.lock().is_empty()
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
