//! WAIT: clients that wait until enough replicas have acknowledged an offset.

use crate::inbox::Message;
use crate::server::Server;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    thread: usize,
    session: u64,
    offset: u64,
    replicas: usize,
}

/// Those who wait. A leaf lock.
#[derive(Debug, Default)]
pub struct Acks {
    waiting: Mutex<Vec<Waiting>>,
    count: AtomicUsize,
    last: AtomicU64,
}

impl Acks {
    /// Registers a client that waits for `replicas` to acknowledge `offset`.
    pub fn register(&self, thread: usize, session: u64, offset: u64, replicas: usize) -> u64 {
        let ticket = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut waiting = self.waiting.lock();
        waiting.push(Waiting {
            ticket,
            thread,
            session,
            offset,
            replicas,
        });
        self.count.store(waiting.len(), Ordering::Relaxed);
        ticket
    }

    /// Takes a client out (time-out, kill): true if it had not been answered.
    pub fn cancel(&self, ticket: u64) -> bool {
        let mut waiting = self.waiting.lock();
        let before = waiting.len();
        waiting.retain(|w| w.ticket != ticket);
        self.count.store(waiting.len(), Ordering::Relaxed);
        waiting.len() < before
    }

    /// Whether anybody waits, so that replicas are asked for an acknowledgement.
    #[must_use]
    pub fn wanted(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// A replica has acknowledged: answers all whose wish is met.
    pub fn advanced(&self, server: &Server) {
        if !self.wanted() {
            return;
        }
        let mut waiting = self.waiting.lock();
        waiting.retain(|w| {
            let have = server.replicas_at(w.offset);
            if have < w.replicas {
                return true;
            }
            let bytes = format!(":{have}\r\n").into_bytes();
            server.tell(
                w.thread,
                Message::Reply {
                    session: w.session,
                    bytes,
                    offset: 0,
                },
            );
            false
        });
        self.count.store(waiting.len(), Ordering::Relaxed);
    }
}
