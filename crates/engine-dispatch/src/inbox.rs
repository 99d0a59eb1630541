//! What one thread tells another about its sessions.

use crate::acl::user::ChannelsLeft;
use crate::pubsub::{Frame, write_frame};
use crate::tracking::{Receiver, write_invalidation};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A message to the thread that owns a session.
#[derive(Debug)]
pub enum Message {
    /// The session's blocked command has been answered; `offset` is the journal's after the unit that did it.
    Reply {
        session: u64,
        bytes: Vec<u8>,
        offset: u64,
    },
    /// Bytes out of turn (MONITOR): not an answer to the session's command.
    Push { session: u64, bytes: Arc<[u8]> },
    /// A published message for these sessions, in order of their ids.
    Publish {
        sessions: Arc<Vec<u64>>,
        frame: Frame,
    },
    /// Copies of these keys (an array), or of all, are out of date; `redirected` if the session is told for another.
    Invalidate {
        session: u64,
        redirected: bool,
        keys: Option<Frame>,
    },
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
    queue: Mutex<VecDeque<Message>>,
    /// How many there are, so that an empty inbox is seen without its lock.
    len: AtomicUsize,
    waker: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Inbox {
    /// An empty inbox that wakes nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            queue: Mutex::default(),
            len: AtomicUsize::new(0),
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
            queue.push_back(message);
            self.len.store(queue.len(), Ordering::Release);
            queue.len() == 1
        };
        if first && let Some(wake) = self.waker.get() {
            wake();
        }
    }

    /// Takes the oldest message out. One at a time: while it is dealt with, what came after can still be pulled.
    pub fn next(&self) -> Option<Message> {
        if self.is_empty() {
            return None;
        }
        let mut queue = self.queue.lock();
        let message = queue.pop_front();
        self.len.store(queue.len(), Ordering::Release);
        message
    }

    /// Puts messages in that were taken out, before all others.
    pub fn put_back(&self, messages: &mut Vec<Message>) {
        let mut queue = self.queue.lock();
        for message in messages.drain(..).rev() {
            queue.push_front(message);
        }
        self.len.store(queue.len(), Ordering::Release);
    }

    /// How many messages there are at this moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there is no message at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the messages out of turn that are on their way to a session into `into` and takes it from their
    /// recipients: its thread has something to say that must come after them. A leaf, as `push`.
    pub fn pull(&self, session: u64, receiver: Receiver, into: &mut Vec<u8>) {
        if self.is_empty() {
            return;
        }
        let mut queue = self.queue.lock();
        queue.retain_mut(|message| match message {
            Message::Push {
                session: to, bytes, ..
            } if *to == session => {
                into.extend_from_slice(bytes);
                false
            }
            Message::Publish { sessions, frame } => {
                if let Ok(at) = sessions.binary_search(&session) {
                    write_frame(into, receiver.version, frame);
                    Arc::make_mut(sessions).remove(at);
                }
                !sessions.is_empty()
            }
            Message::Invalidate {
                session: to,
                redirected,
                keys,
            } if *to == session => {
                write_invalidation(into, receiver, *redirected, keys.as_ref());
                false
            }
            _ => true,
        });
        self.len.store(queue.len(), Ordering::Release);
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
