//! The link to one replica, after its PSYNC: bytes in, bytes out, no socket.

use super::full_sync::{FullSyncs, Handout};
use super::peer::{Peer, PeerState, Peers};
use engine_persist::blocks::{End, Reader, WakeHandle};
use engine_persist::journal::{Journal, ReplId};
use proto_resp::request::{Limits, Parser, Step};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A replica's PSYNC and what it said of itself before.
#[derive(Debug, Clone, Default)]
pub struct PsyncRequest {
    /// Its client id.
    pub client: u64,
    /// First argument: the history it holds, or `?`.
    pub id: Vec<u8>,
    /// Second argument: the next byte it wants, counted from 1; -1 for none.
    pub next: i64,
    /// It asked by SYNC: the snapshot comes without a word about the history, and it never acknowledges.
    pub bare: bool,
    /// It takes a snapshot whose length is not known beforehand.
    pub eof: bool,
    /// It understands `+CONTINUE <id>`.
    pub psync2: bool,
    /// `REPLCONF ip-address`, else the connection's address.
    pub ip: String,
    /// `REPLCONF listening-port`.
    pub port: u16,
}

/// Why a link must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// The history it follows has ended or been renamed, or someone closed it.
    Dropped,
    /// The snapshot failed.
    SnapshotFailed,
    /// It has fallen behind by more than `client-output-buffer-limit replica` allows.
    TooFarBehind,
    /// It sent something that is no command of a replica.
    Protocol,
}

enum Phase {
    /// Waits for a cut.
    Waiting,
    /// Waits for the whole snapshot, to tell its length first.
    Spooling { stream: Reader, journal: Reader },
    /// Passes the snapshot on. `mark` ends it where its length was not told.
    Sending {
        stream: Reader,
        journal: Reader,
        mark: Option<[u8; 40]>,
    },
    /// Everything of the snapshot is sent; the mark can be told from the stream only if that does
    /// not follow at once, so the replica speaks first.
    AwaitAck { journal: Reader },
    /// Passes the journal on.
    Live { journal: Reader },
}

/// The link. The thread that owns the connection calls [`Link::input`] with what came,
/// [`Link::poll`] before it looks at [`Link::output`], and [`Link::advance`] with what it sent.
pub struct Link {
    peer: Arc<Peer>,
    peers: Arc<Peers>,
    phase: Phase,
    /// It asked by SYNC.
    bare: bool,
    /// Bytes that go out before anything else.
    head: Vec<u8>,
    head_sent: usize,
    input: Vec<u8>,
    parser: Parser,
    snapshot_waker: Option<Arc<WakeHandle>>,
    end: Option<LinkEnd>,
    /// Most bytes it may lag; 0 for no limit.
    lag_max: u64,
    keep_alive_ms: i64,
}

const LIMITS: Limits = Limits {
    bulk_max: 64 * 1024,
    trusted: true,
};
/// A replica that waits hears a newline as often as this.
const KEEP_ALIVE_MS: i64 = 1_000;

impl Link {
    /// Answers a PSYNC: the stream goes on, or a full sync is asked for. `wake` wakes the thread
    /// that owns the connection, from any thread, when the link has something new to send.
    pub fn new(
        request: &PsyncRequest,
        journal: &Journal,
        peers: &Arc<Peers>,
        syncs: &FullSyncs,
        now_ms: i64,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let resumed = resume(request, journal);
        let counts = &peers.counts;
        let outcome = match resumed {
            Some(_) => &counts.partial_ok,
            None => &counts.full,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        if resumed.is_none() && request.id != b"?" {
            counts.partial_err.fetch_add(1, Ordering::Relaxed);
        }
        let state = match resumed {
            Some(_) => PeerState::Online,
            None => PeerState::WaitSnapshot,
        };
        let (ip, port) = (request.ip.clone(), request.port);
        let peer = Arc::new(Peer::new(
            request.client,
            ip,
            port,
            state,
            now_ms,
            Box::new(wake),
        ));
        peers.add(Arc::clone(&peer));
        let mut head = Vec::new();
        let phase = match resumed {
            Some(journal_reader) => {
                head.extend_from_slice(b"+CONTINUE");
                if request.psync2 {
                    head.push(b' ');
                    head.extend_from_slice(journal.ids().current.as_bytes());
                }
                head.extend_from_slice(b"\r\n");
                peer.note_ack(journal_reader.position(), now_ms);
                Phase::Live {
                    journal: journal_reader,
                }
            }
            None => {
                syncs.request(Arc::clone(&peer), request.eof);
                Phase::Waiting
            }
        };
        Self {
            peer,
            peers: Arc::clone(peers),
            phase,
            bare: request.bare,
            head,
            head_sent: 0,
            input: Vec::new(),
            parser: Parser::default(),
            snapshot_waker: None,
            end: None,
            lag_max: 0,
            keep_alive_ms: now_ms,
        }
    }

    /// What others see of it.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Whether it follows the journal: its owner then arms its journal waker before it sleeps.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Sets the hard limit of `client-output-buffer-limit replica`; 0 for none.
    pub fn set_lag_max(&mut self, bytes: u64) {
        self.lag_max = bytes;
    }

    /// Set once the connection must be closed.
    pub fn ended(&self) -> Option<LinkEnd> {
        self.end
    }

    /// Takes bytes from the replica: REPLCONF ACK and newlines. True if an acknowledgement came, so
    /// that those who WAIT can be looked at.
    pub fn input(&mut self, bytes: &[u8], now_ms: i64) -> bool {
        self.input.extend_from_slice(bytes);
        let (mut at, mut acked) = (0, false);
        let mut spans = Vec::new();
        loop {
            spans.clear();
            match self.parser.next(&self.input, at, LIMITS, &mut spans) {
                Ok(Step::Partial) => break,
                Ok(Step::Empty { next }) => {
                    self.peer.note_alive(now_ms);
                    at = next;
                }
                Ok(Step::Command { next }) => {
                    let args: Vec<&[u8]> = spans
                        .iter()
                        .map(|&(start, length)| &self.input[start as usize..][..length as usize])
                        .collect();
                    if let Some(offset) = acknowledged(&args) {
                        self.peer.note_ack(offset, now_ms);
                        acked = true;
                    }
                    at = next;
                }
                Ok(Step::Inline { .. }) | Err(_) => {
                    self.end = Some(LinkEnd::Protocol);
                    return acked;
                }
            }
        }
        self.input.drain(..at);
        if acked && let Phase::AwaitAck { journal } = &self.phase {
            let journal = journal.clone();
            self.phase = Phase::Live { journal };
            self.peer.set_state(PeerState::Online);
        }
        acked
    }

    /// Moves on where something has happened since: a cut, the snapshot's end, a limit.
    pub fn poll(&mut self, now_ms: i64) {
        if self.bare {
            self.peer.note_alive(now_ms);
        }
        if self.peer.dropped.load(Ordering::Acquire) {
            self.end = Some(LinkEnd::Dropped);
        }
        if matches!(self.phase, Phase::Waiting) {
            let handout = self.peer.handout.lock().take();
            if let Some(handout) = handout {
                self.take_handout(handout);
            }
        }
        self.poll_snapshot();
        if let Some(journal) = self.journal() {
            if self.lag_max > 0 && journal.lag() > self.lag_max {
                self.end = Some(LinkEnd::TooFarBehind);
            } else if journal.closed().is_some() {
                self.end = Some(LinkEnd::Dropped);
            }
        }
        let waits = matches!(self.phase, Phase::Waiting | Phase::Spooling { .. });
        if waits && self.head.is_empty() && now_ms - self.keep_alive_ms >= KEEP_ALIVE_MS {
            self.keep_alive_ms = now_ms;
            self.head.push(b'\n');
        }
    }

    fn journal(&self) -> Option<&Reader> {
        match &self.phase {
            Phase::Waiting => None,
            Phase::Spooling { journal, .. }
            | Phase::Sending { journal, .. }
            | Phase::AwaitAck { journal }
            | Phase::Live { journal } => Some(journal),
        }
    }

    fn take_handout(&mut self, handout: Handout) {
        let Handout {
            id,
            journal,
            stream,
            waker,
            mark,
        } = handout;
        if !self.bare {
            let line = format!("+FULLRESYNC {id} {}\r\n", journal.position());
            self.head.extend_from_slice(line.as_bytes());
        }
        self.snapshot_waker = Some(waker);
        self.peer.set_state(PeerState::SendSnapshot);
        self.phase = match mark {
            Some(mark) => {
                self.head.extend_from_slice(b"$EOF:");
                self.head.extend_from_slice(&mark);
                self.head.extend_from_slice(b"\r\n");
                Phase::Sending {
                    stream,
                    journal,
                    mark: Some(mark),
                }
            }
            None => Phase::Spooling { stream, journal },
        };
    }

    fn poll_snapshot(&mut self) {
        match &self.phase {
            Phase::Spooling { stream, journal } => match stream.closed() {
                Some(End::Complete) => {
                    let line = format!("${}\r\n", stream.lag());
                    let (stream, journal) = (stream.clone(), journal.clone());
                    self.head.extend_from_slice(line.as_bytes());
                    self.phase = Phase::Sending {
                        stream,
                        journal,
                        mark: None,
                    };
                }
                Some(End::Broken) => self.end = Some(LinkEnd::SnapshotFailed),
                None => {}
            },
            Phase::Sending {
                stream,
                journal,
                mark,
            } => match stream.closed() {
                Some(End::Broken) => self.end = Some(LinkEnd::SnapshotFailed),
                Some(End::Complete) if stream.lag() == 0 && self.head.is_empty() => {
                    let journal = journal.clone();
                    self.snapshot_waker = None;
                    match mark {
                        Some(mark) => {
                            self.head.extend_from_slice(mark);
                            self.phase = Phase::AwaitAck { journal };
                        }
                        None => {
                            self.phase = Phase::Live { journal };
                            self.peer.set_state(PeerState::Online);
                        }
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Asks to be woken by the snapshot's next bytes. Like a journal waker: arm, then poll and look
    /// at the output once more, then sleep.
    pub fn arm(&self) {
        if let Some(waker) = &self.snapshot_waker {
            waker.arm();
        }
    }

    /// What can be sent now, in order.
    pub fn output(&self) -> impl Iterator<Item = &[u8]> {
        let head = &self.head[self.head_sent..];
        let body = match &self.phase {
            Phase::Sending { stream, .. } => Some(stream),
            Phase::Live { journal } => Some(journal),
            _ => None,
        };
        let head = (!head.is_empty()).then_some(head);
        head.into_iter()
            .chain(body.into_iter().flat_map(Reader::chunks))
    }

    /// `n` bytes of the output were sent.
    pub fn advance(&mut self, n: usize) {
        let sent = &self.peers.counts.sent_bytes;
        sent.fetch_add(n as u64, Ordering::Relaxed);
        let of_head = n.min(self.head.len() - self.head_sent);
        self.head_sent += of_head;
        if self.head_sent == self.head.len() {
            self.head.clear();
            self.head_sent = 0;
        }
        let n = n - of_head;
        match &mut self.phase {
            Phase::Sending { stream, .. } => {
                stream.advance(n);
                self.peer
                    .sync_sent
                    .store(stream.position(), Ordering::Release);
            }
            Phase::Live { journal } => journal.advance(n),
            _ => debug_assert_eq!(n, 0, "more was sent than there was"),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.peer.gone.store(true, Ordering::Release);
        self.peer.handout.lock().take();
        self.peers.remove(&self.peer);
    }
}

/// A reader for a replica that can go on from what it holds.
fn resume(request: &PsyncRequest, journal: &Journal) -> Option<Reader> {
    let id = ReplId::parse(&request.id).ok()?;
    let held = u64::try_from(request.next).ok()?.checked_sub(1)?;
    journal.resync(&id, held)
}

/// The offset of a `REPLCONF ACK`.
fn acknowledged(args: &[&[u8]]) -> Option<u64> {
    let [name, sub, offset, ..] = args else {
        return None;
    };
    if !name.eq_ignore_ascii_case(b"REPLCONF") || !sub.eq_ignore_ascii_case(b"ACK") {
        return None;
    }
    std::str::from_utf8(offset).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
