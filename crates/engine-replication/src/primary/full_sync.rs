//! Full syncs: one snapshot at a time, for all replicas that wait when it begins.

use super::peer::Peer;
use engine_keyspace::Keyspace;
use engine_persist::blocks::{ByteLog, Reader, WakeHandle};
use engine_persist::journal::ReplId;
use engine_persist::snapshot::{Cut, Ended, KeyPause, Pace, StreamFacts, TurnGuard, walk};
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a cut makes for one replica.
pub(super) struct Handout {
    /// The history's name at the cut.
    pub(super) id: ReplId,
    /// At the first byte that the snapshot does not hold.
    pub(super) journal: Reader,
    /// The snapshot, from its start.
    pub(super) stream: Reader,
    /// Fires when the snapshot grows.
    pub(super) waker: Arc<WakeHandle>,
    /// Ends the snapshot, for those who take one of unknown length.
    pub(super) mark: Option<[u8; 40]>,
}

/// What full syncs need of the node.
pub trait SyncHost: Sync {
    /// All databases.
    fn keyspace(&self) -> &Keyspace;
    /// Makes the cut, while nothing of a primary's stream is half applied and half journalled.
    fn cut(&self) -> (Cut, Reader);
    /// What stands in the stream's head.
    fn facts(&self) -> StreamFacts;
    /// The right to take a snapshot, once nobody else takes one.
    fn turn(&self) -> TurnGuard<'_>;
    /// `rdb-key-save-delay`.
    fn key_delay(&self) -> i64;
    /// 20 random bytes.
    fn random(&self) -> [u8; 20];
    /// How long to wait for more replicas before the cut (`repl-diskless-sync-delay`).
    fn delay(&self) -> Duration;
    /// Silence after which a replica is given up (`repl-timeout`).
    fn timeout(&self) -> Duration;
}

struct Request {
    peer: Arc<Peer>,
    eof: bool,
}

#[derive(Default)]
struct Waiting {
    requests: Vec<Request>,
    closed: bool,
}

/// The replicas that wait for a full sync, and the thread that serves them.
#[derive(Default)]
pub struct FullSyncs {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl FullSyncs {
    pub(super) fn request(&self, peer: Arc<Peer>, eof: bool) {
        self.waiting.lock().requests.push(Request { peer, eof });
        self.changed.notify_all();
    }

    /// Ends [`FullSyncs::run`].
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.changed.notify_all();
    }

    /// Serves full syncs until closed; the body of a thread of its own.
    pub fn run(&self, host: &impl SyncHost) {
        loop {
            let mut waiting = self.waiting.lock();
            while waiting.requests.is_empty() && !waiting.closed {
                self.changed.wait(&mut waiting);
            }
            if waiting.closed {
                return;
            }
            drop(waiting);
            std::thread::sleep(host.delay());
            let _turn = host.turn();
            let mut requests = std::mem::take(&mut self.waiting.lock().requests);
            requests.retain(|request| !request.peer.gone.load(Ordering::Acquire));
            if !requests.is_empty() {
                sync(host, requests);
            }
        }
    }
}

/// One snapshot for these replicas.
fn sync(host: &impl SyncHost, requests: Vec<Request>) {
    let (cut, journal) = host.cut();
    let Some(place) = &cut.place else { return };
    let (log, start) = ByteLog::new();
    let mark = mark(host.random());
    for request in &requests {
        let peer = Arc::clone(&request.peer);
        let waker = start.register_waker(move || (peer.wake)());
        let mut handout = request.peer.handout.lock();
        // A link that ends takes its handout with it; after that it must not get one.
        if !request.peer.gone.load(Ordering::Acquire) {
            *handout = Some(Handout {
                id: place.ids.current,
                journal: journal.clone(),
                stream: start.reader(),
                waker,
                mark: request.eof.then_some(mark),
            });
        }
        drop(handout);
        (request.peer.wake)();
    }
    // From here on only the links hold blocks back.
    drop((start, journal));
    let written = Arc::new(AtomicU64::new(0));
    let sink = Sink {
        log,
        written: Arc::clone(&written),
    };
    let mut pace = Slowest::new(requests, written, host.timeout());
    pace.key_delay = host.key_delay();
    // A log that is dropped unfinished closes the links.
    if let Ok(Ended::Complete { sink, .. }) =
        walk(host.keyspace(), &cut, &host.facts(), sink, &mut pace)
    {
        sink.log.finish();
    }
}

/// The 40 characters that end a snapshot of unknown length.
fn mark(random: [u8; 20]) -> [u8; 40] {
    let mut mark = [0; 40];
    mark.copy_from_slice(ReplId::from_random(random).as_bytes());
    mark
}

struct Sink {
    log: ByteLog,
    written: Arc<AtomicU64>,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.log.append(bytes);
        self.written.store(self.log.len(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes the snapshot may be ahead of its slowest replica.
const AHEAD_MAX: u64 = 4 << 20;

/// Keeps the walk no more than [`AHEAD_MAX`] ahead of the slowest replica, gives those up that do
/// not move, and ends the snapshot when nobody is left.
struct Slowest {
    requests: Vec<Request>,
    written: Arc<AtomicU64>,
    timeout: Duration,
    /// Where the slowest stood, and since when.
    stuck: (u64, Instant),
    key_delay: i64,
    pause: KeyPause,
}

impl Slowest {
    fn new(requests: Vec<Request>, written: Arc<AtomicU64>, timeout: Duration) -> Self {
        Self {
            requests,
            written,
            timeout,
            stuck: (0, Instant::now()),
            key_delay: 0,
            pause: KeyPause::default(),
        }
    }

    /// The position of the slowest; `None` if nobody is left. A replica that must be told the
    /// length first takes the snapshot only at its end.
    fn position(&mut self) -> Option<u64> {
        self.requests.retain(|request| {
            let peer = &request.peer;
            !peer.gone.load(Ordering::Acquire) && !peer.dropped.load(Ordering::Acquire)
        });
        let positions = self.requests.iter().map(|request| match request.eof {
            true => request.peer.sync_sent.load(Ordering::Acquire),
            false => u64::MAX,
        });
        positions.min()
    }
}

impl Pace for Slowest {
    fn wrote(&mut self, keys: u64) {
        let mut left = match self.key_delay {
            0 => Duration::ZERO,
            delay => self.pause.after(keys, delay),
        };
        while !left.is_zero() && self.position().is_some() {
            let nap = left.min(Duration::from_millis(5));
            std::thread::sleep(nap);
            left -= nap;
        }
    }

    fn go_on(&mut self) -> bool {
        loop {
            let Some(position) = self.position() else {
                return false;
            };
            if position != self.stuck.0 {
                self.stuck = (position, Instant::now());
            }
            if self
                .written
                .load(Ordering::Relaxed)
                .saturating_sub(position)
                <= AHEAD_MAX
            {
                return true;
            }
            if self.stuck.1.elapsed() > self.timeout {
                let behind = self.requests.iter().filter(|request| {
                    request.eof && request.peer.sync_sent.load(Ordering::Acquire) == position
                });
                behind.for_each(|request| request.peer.disconnect());
                continue;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
