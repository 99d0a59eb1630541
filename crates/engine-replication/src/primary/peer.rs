//! What all threads see of the replicas that follow this node.

use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};

/// How far a replica has come; the texts are INFO's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PeerState {
    /// Waits for the next snapshot.
    WaitSnapshot = 0,
    /// Receives one.
    SendSnapshot = 1,
    /// Follows the stream.
    Online = 2,
}

impl PeerState {
    /// Redis's word for it.
    pub fn name(self) -> &'static str {
        match self {
            PeerState::WaitSnapshot => "wait_bgsave",
            PeerState::SendSnapshot => "send_bulk",
            PeerState::Online => "online",
        }
    }
}

/// A replica as others see it. The link that owns its connection keeps it true.
pub struct Peer {
    /// The client's id.
    pub id: u64,
    /// Address it gave of itself, or its connection's.
    pub ip: String,
    /// Port at which it serves.
    pub port: u16,
    /// Wakes the thread that owns the link; takes no lock beyond a leaf.
    pub(super) wake: Box<dyn Fn() + Send + Sync>,
    state: AtomicU8,
    acked: AtomicU64,
    acked_at_ms: AtomicI64,
    /// Bytes of a full sync the link has passed on.
    pub(super) sync_sent: AtomicU64,
    /// The connection is gone.
    pub(super) gone: AtomicBool,
    /// Somebody else wants the connection closed.
    pub(super) dropped: AtomicBool,
    /// What a cut has made for this replica.
    pub(super) handout: Mutex<Option<super::full_sync::Handout>>,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("id", &self.id)
            .field("ip", &self.ip)
            .field("port", &self.port)
            .field("state", &self.state())
            .field("acked", &self.acked())
            .finish_non_exhaustive()
    }
}

impl Peer {
    pub(super) fn new(
        id: u64,
        ip: String,
        port: u16,
        state: PeerState,
        now_ms: i64,
        wake: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            id,
            ip,
            port,
            wake,
            state: AtomicU8::new(state as u8),
            acked: AtomicU64::new(0),
            acked_at_ms: AtomicI64::new(now_ms),
            sync_sent: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            dropped: AtomicBool::new(false),
            handout: Mutex::new(None),
        }
    }

    /// How far it has come.
    pub fn state(&self) -> PeerState {
        match self.state.load(Ordering::Relaxed) {
            0 => PeerState::WaitSnapshot,
            1 => PeerState::SendSnapshot,
            _ => PeerState::Online,
        }
    }

    pub(super) fn set_state(&self, state: PeerState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// Bytes of the history it says it has applied.
    pub fn acked(&self) -> u64 {
        self.acked.load(Ordering::Acquire)
    }

    /// When it last said anything, milliseconds of Unix time.
    pub fn acked_at_ms(&self) -> i64 {
        self.acked_at_ms.load(Ordering::Relaxed)
    }

    pub(super) fn note_ack(&self, offset: u64, now_ms: i64) {
        self.acked.fetch_max(offset, Ordering::Release);
        self.acked_at_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn note_alive(&self, now_ms: i64) {
        self.acked_at_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Closes the link, from any thread.
    pub fn disconnect(&self) {
        self.dropped.store(true, Ordering::Release);
        (self.wake)();
    }
}

/// What was done for replicas since the start (INFO stats).
#[derive(Debug, Default)]
pub struct SyncCounts {
    /// PSYNCs answered by a full sync.
    pub full: AtomicU64,
    /// PSYNCs that went on with the stream.
    pub partial_ok: AtomicU64,
    /// PSYNCs that asked to go on and could not.
    pub partial_err: AtomicU64,
    /// Bytes sent to replicas.
    pub sent_bytes: AtomicU64,
}

/// All replicas of this node.
#[derive(Debug, Default)]
pub struct Peers {
    list: RwLock<Vec<Arc<Peer>>>,
    /// What was done for them.
    pub counts: SyncCounts,
}

impl Peers {
    pub(super) fn add(&self, peer: Arc<Peer>) {
        self.list.write().push(peer);
    }

    pub(super) fn remove(&self, peer: &Arc<Peer>) {
        self.list.write().retain(|other| !Arc::ptr_eq(other, peer));
    }

    /// The replicas in order of their coming.
    pub fn all(&self) -> Vec<Arc<Peer>> {
        self.list.read().clone()
    }

    /// Whether nobody follows.
    pub fn is_empty(&self) -> bool {
        self.list.read().is_empty()
    }

    /// How many follow the stream and have applied `offset` bytes (WAIT).
    pub fn at(&self, offset: u64) -> usize {
        self.count(|peer| peer.acked() >= offset)
    }

    /// How many follow the stream and were heard of within `lag_s` seconds.
    pub fn good(&self, lag_s: i64, now_ms: i64) -> usize {
        self.count(|peer| now_ms - peer.acked_at_ms() <= lag_s.saturating_mul(1000))
    }

    fn count(&self, mut test: impl FnMut(&Peer) -> bool) -> usize {
        let list = self.list.read();
        let online = list.iter().filter(|peer| peer.state() == PeerState::Online);
        online.filter(|peer| test(peer)).count()
    }

    /// Closes all links: their history has ended, or its name has changed.
    pub fn disconnect_all(&self) {
        self.all().iter().for_each(|peer| peer.disconnect());
    }

    /// Closes links from which nothing was heard for `timeout_s` seconds. Those that wait for a
    /// snapshot have nothing to say yet.
    pub fn disconnect_silent(&self, timeout_s: i64, now_ms: i64) {
        for peer in self.all() {
            let silent_ms = now_ms - peer.acked_at_ms();
            if peer.state() == PeerState::Online && silent_ms > timeout_s.saturating_mul(1000) {
                peer.disconnect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(id: u64, state: PeerState) -> Arc<Peer> {
        Arc::new(Peer::new(
            id,
            "127.0.0.1".into(),
            1,
            state,
            1_000,
            Box::new(|| ()),
        ))
    }

    #[test]
    fn only_replicas_in_the_stream_count() {
        let peers = Peers::default();
        let (a, b) = (peer(1, PeerState::Online), peer(2, PeerState::SendSnapshot));
        peers.add(Arc::clone(&a));
        peers.add(Arc::clone(&b));
        a.note_ack(50, 5_000);
        b.note_ack(90, 5_000);
        assert_eq!((peers.at(50), peers.at(51)), (1, 0));
        a.note_ack(40, 6_000);
        assert_eq!(a.acked(), 50, "acknowledgements do not go back");
        assert_eq!((peers.good(10, 16_000), peers.good(10, 16_001)), (1, 0));
        b.set_state(PeerState::Online);
        assert_eq!(peers.at(50), 2);
        peers.remove(&a);
        assert_eq!(peers.at(50), 1);
    }

    #[test]
    fn silent_links_are_closed() {
        let peers = Peers::default();
        let (a, b) = (peer(1, PeerState::Online), peer(2, PeerState::WaitSnapshot));
        peers.add(Arc::clone(&a));
        peers.add(Arc::clone(&b));
        peers.disconnect_silent(60, 61_000);
        assert!(!a.dropped.load(Ordering::Relaxed));
        peers.disconnect_silent(60, 61_001);
        assert!(a.dropped.load(Ordering::Relaxed) && !b.dropped.load(Ordering::Relaxed));
    }
}
