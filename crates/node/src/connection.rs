//! One socket with its session.

use crate::reader_page::ReaderPage;
use engine_replication::primary::Link;
use engine_session::Session;
use rustix::net::{SendFlags, send};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A connection that has been accepted and belongs to no thread yet.
pub(crate) struct Accepted {
    pub(crate) fd: OwnedFd,
    pub(crate) session: Session,
    pub(crate) count: EndpointCount,
}

/// One of an endpoint's connections, as long as it lives; the reader endpoint's shared page follows.
pub(crate) struct EndpointCount {
    count: Arc<AtomicU32>,
    page: Option<Arc<ReaderPage>>,
}

impl EndpointCount {
    pub(crate) fn new(count: Arc<AtomicU32>, page: Option<Arc<ReaderPage>>) -> Self {
        let this = Self { count, page };
        let now = this.count.fetch_add(1, Ordering::Relaxed) + 1;
        this.publish(now);
        this
    }

    fn publish(&self, now: u32) {
        if let Some(page) = &self.page {
            page.set(now);
        }
    }
}

impl Drop for EndpointCount {
    fn drop(&mut self) {
        let now = self.count.fetch_sub(1, Ordering::Relaxed) - 1;
        self.publish(now);
    }
}

/// A connection on its I/O thread.
pub(crate) struct Connection {
    pub(crate) fd: OwnedFd,
    pub(crate) session: Session,
    /// Bytes of the output that have been sent.
    sent: usize,
    /// The peer does not take what is sent: nothing is read until it does.
    pub(crate) stuck: bool,
    /// It is in the list of those with output.
    pub(crate) dirty: bool,
    /// It is in the list of those to be tried again.
    pub(crate) suspended: bool,
    /// Part of the output that waits for the append-only file, and all behind it.
    pub(crate) held: Option<Held>,
    /// Since when it has more output than its soft limit, milliseconds of Unix time.
    pub(crate) over_since_ms: Option<i64>,
    /// Close once the output has been sent.
    pub(crate) closing: bool,
    /// What the connection has become by PSYNC: the link to a replica.
    pub(crate) link: Option<Link>,
    _count: EndpointCount,
}

/// Output that may leave once the append-only file is synced that far (`appendfsync always`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Bytes of the output, from its start, that wait for nothing.
    pub(crate) free: usize,
    /// Bytes of the output, from its start, that may leave then.
    pub(crate) bytes: usize,
    /// Offset in the journal.
    pub(crate) offset: u64,
}

/// What became of an attempt to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    All,
    /// The socket takes no more now.
    Some,
    /// The connection is broken.
    Broken,
}

/// Capacity of an output buffer that is kept when it is empty.
const KEPT_BYTES: usize = 64 * 1024;

impl Connection {
    pub(crate) fn new(accepted: Accepted) -> Self {
        Self {
            fd: accepted.fd,
            session: accepted.session,
            sent: 0,
            stuck: false,
            dirty: false,
            suspended: false,
            held: None,
            over_since_ms: None,
            closing: false,
            link: None,
            _count: accepted.count,
        }
    }

    /// Bytes not yet sent.
    pub(crate) fn unsent(&self) -> usize {
        // A session whose peer is gone drops its output.
        self.session.out.len().saturating_sub(self.sent)
    }

    /// Gives up what has not been sent.
    pub(crate) fn drop_output(&mut self) {
        self.session.out = Vec::new();
        self.sent = 0;
        self.held = None;
    }

    /// Sends the output up to `limit` bytes from its start; returns what became of it and how many bytes went.
    fn send(&mut self, limit: usize) -> (Sent, usize) {
        let mut went = 0;
        let limit = limit.min(self.session.out.len());
        while self.sent < limit {
            match send(
                &self.fd,
                &self.session.out[self.sent..limit],
                SendFlags::NOSIGNAL,
            ) {
                Ok(n) => {
                    self.sent += n;
                    went += n;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return (Sent::Some, went),
                Err(_) => return (Sent::Broken, went),
            }
        }
        if self.unsent() > 0 {
            return (Sent::All, went);
        }
        self.sent = 0;
        self.session.out.clear();
        if self.session.out.capacity() > KEPT_BYTES {
            self.session.out = Vec::new();
        }
        (Sent::All, went)
    }

    /// Sends the output up to `limit` bytes from its start, then what the link has for its replica.
    pub(crate) fn send_link(&mut self, limit: usize) -> (Sent, usize) {
        let (sent, mut went) = self.send(limit);
        let Some(link) = self.link.as_mut().filter(|_| sent == Sent::All) else {
            return (sent, went);
        };
        loop {
            let Some(chunk) = link.output().next() else {
                return (Sent::All, went);
            };
            match send(&self.fd, chunk, SendFlags::NOSIGNAL) {
                Ok(n) => {
                    link.advance(n);
                    went += n;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return (Sent::Some, went),
                Err(_) => return (Sent::Broken, went),
            }
        }
    }
}
