use super::*;
use crate::primary::SyncHost;
use engine_keyspace::{Entry, Keyspace, NewValue, SlotId, Unit, slot_of};
use engine_persist::journal::EffectBuf;
use engine_persist::rdb::{Item, RdbReader};
use engine_persist::snapshot::{Cut, StreamFacts, Taker, Turn, TurnGuard, cut};
use engine_types::Limits as TypeLimits;
use std::time::Duration;

struct Node {
    keyspace: Keyspace,
    journal: Journal,
    peers: Arc<Peers>,
    syncs: FullSyncs,
    turn: Turn,
}

fn id(byte: u8) -> ReplId {
    ReplId::from_random([byte; 20])
}

fn node() -> Node {
    let node = Node {
        keyspace: Keyspace::new(1, 5),
        journal: Journal::new(id(1)),
        peers: Arc::default(),
        syncs: FullSyncs::default(),
        turn: Turn::default(),
    };
    let key = b"key";
    let slot = SlotId::new(0, slot_of(key));
    let mut unit = Unit::new(&node.keyspace);
    unit.lock(&[slot]).expect("free");
    let entry = Entry::new(key, NewValue::Bytes(b"value"), None, 0);
    let hash = node.keyspace.hasher.hash(key);
    unit.data_mut(slot)
        .put(hash, entry, node.keyspace.context(0));
    drop(unit);
    node.keyspace.db(0).keys.add(1);
    node
}

impl SyncHost for Node {
    fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }
    fn cut(&self) -> (Cut, Reader) {
        cut(&self.keyspace, &self.journal, Arc::default(), id(2))
    }
    fn facts(&self) -> StreamFacts {
        StreamFacts::default()
    }
    fn turn(&self) -> TurnGuard<'_> {
        self.turn.take(Taker::FullSync)
    }
    fn key_delay(&self) -> i64 {
        0
    }
    fn random(&self) -> [u8; 20] {
        [0xee; 20]
    }
    fn delay(&self) -> Duration {
        Duration::ZERO
    }
    fn timeout(&self) -> Duration {
        Duration::from_secs(60)
    }
}

impl Node {
    fn link(&self, request: PsyncRequest) -> Link {
        Link::new(&request, &self.journal, &self.peers, &self.syncs, 0, || ())
    }

    fn del(&self, key: &str) -> u64 {
        let mut effects = EffectBuf::new();
        effects.push(0, &[b"DEL", key.as_bytes()]);
        self.journal.append(&mut effects)
    }
}

/// Sends everything there is, in pieces of `piece` bytes, until nothing more comes.
fn send(link: &mut Link, piece: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    loop {
        link.poll(0);
        let next: Vec<u8> = link.output().flatten().copied().take(piece).collect();
        if next.is_empty() {
            return sent;
        }
        link.advance(next.len());
        sent.extend(next);
    }
}

fn psync(eof: bool) -> PsyncRequest {
    PsyncRequest {
        bare: false,
        client: 9,
        id: b"?".to_vec(),
        next: -1,
        eof,
        psync2: true,
        ip: "127.0.0.1".into(),
        port: 7001,
    }
}

/// Runs full syncs in the background while `f` plays replicas.
fn with_syncs(node: &Node, f: impl FnOnce()) {
    std::thread::scope(|scope| {
        scope.spawn(|| node.syncs.run(node));
        f();
        node.syncs.close();
    });
}

/// Polls until the link has sent what `enough` wants.
fn send_until(link: &mut Link, piece: usize, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut sent = Vec::new();
    while !enough(&sent) {
        assert_eq!(link.ended(), None);
        sent.extend(send(link, piece));
        std::thread::yield_now();
    }
    sent
}

fn keys_of(rdb: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut reader = RdbReader::new(rdb, TypeLimits::default()).expect("header");
    let mut keys = Vec::new();
    while let Some(item) = reader.next().expect("well formed") {
        if let Item::Key { key, .. } = item {
            keys.push(key);
        }
    }
    (keys, reader.into_rest().1)
}

#[test]
fn a_full_sync_of_unknown_length_waits_for_the_first_ack() {
    let mark = id(0xee);
    for piece in [3, 1 << 20] {
        let node = node();
        with_syncs(&node, || {
            let mut link = node.link(psync(true));
            assert_eq!(link.peer().state(), PeerState::WaitSnapshot);
            let ended = |sent: &[u8]| sent.len() > 100 && sent.ends_with(mark.as_bytes());
            let sent = send_until(&mut link, piece, ended);
            let ids = node.journal.ids();
            let head = format!("+FULLRESYNC {} 0\r\n$EOF:{mark}\r\n", ids.current);
            assert!(sent.starts_with(head.as_bytes()));
            let (keys, rest) = keys_of(&sent[head.len()..]);
            assert_eq!(
                (keys, rest),
                (vec![b"key".to_vec()], mark.as_bytes().to_vec())
            );

            node.del("after");
            assert_eq!(
                send(&mut link, piece),
                b"",
                "nothing before the replica speaks"
            );
            let ack = b"\n*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n";
            let (first, second) = ack.split_at(20);
            assert!(!link.input(first, 5) && link.input(second, 5));
            assert_eq!(link.peer().state(), PeerState::Online);
            assert!(send(&mut link, piece).ends_with(b"$3\r\nDEL\r\n$5\r\nafter\r\n"));
        });
        assert!(node.peers.is_empty());
    }
}

#[test]
fn a_full_sync_of_known_length_goes_straight_on() {
    let node = node();
    with_syncs(&node, || {
        let mut link = node.link(psync(false));
        let sent = send_until(&mut link, 100, |sent| {
            sent.windows(3).any(|w| w == b"\n\r\n" || w == b"RED") && sent.len() > 150
        });
        let text = String::from_utf8_lossy(&sent).into_owned();
        let line = text.split("\r\n").nth(1).expect("length line");
        let length: usize = line
            .trim_start_matches('\n')
            .strip_prefix('$')
            .expect("length")
            .parse()
            .expect("number");
        let body = sent.len() - length;
        assert_eq!(keys_of(&sent[body..]).0, [b"key".to_vec()]);
        assert_eq!(link.peer().state(), PeerState::Online);
        node.del("after");
        assert!(send(&mut link, 7).ends_with(b"after\r\n"));
    });
}

#[test]
fn who_asks_by_sync_gets_the_snapshot_without_a_word() {
    let node = node();
    with_syncs(&node, || {
        let mut link = node.link(PsyncRequest {
            bare: true,
            ..psync(false)
        });
        let sent = send_until(&mut link, 1 << 20, |sent| sent.len() > 100);
        let sent: &[u8] = sent.trim_ascii_start();
        assert!(sent.starts_with(b"$"), "{sent:?}");
        // It never acknowledges, and is not given up for it.
        link.poll(1_000_000);
        node.peers.disconnect_silent(60, 1_000_000);
        link.poll(1_000_000);
        assert_eq!(link.ended(), None);
    });
}

#[test]
fn a_known_replica_continues() {
    let node = node();
    node.journal.turn_on(id(3));
    let held = node.del("a");
    node.del("b");
    let request = PsyncRequest {
        id: id(3).as_bytes().to_vec(),
        next: held as i64 + 1,
        ..psync(true)
    };
    let mut link = node.link(request.clone());
    assert!(link.is_live());
    let expected = format!("+CONTINUE {}\r\n*2\r\n$3\r\nDEL\r\n$1\r\nb\r\n", id(3));
    assert_eq!(send(&mut link, 4), expected.as_bytes());
    let old = PsyncRequest {
        psync2: false,
        ..request.clone()
    };
    assert!(send(&mut node.link(old), 100).starts_with(b"+CONTINUE\r\n"));
    for (id_text, next) in [
        (id(3), held as i64 + 1_000),
        (id(4), held as i64),
        (id(3), 0),
    ] {
        let request = PsyncRequest {
            id: id_text.as_bytes().to_vec(),
            next,
            ..request.clone()
        };
        assert!(!node.link(request).is_live(), "{id_text} {next}");
    }
    node.link(psync(true));
    let counts = &node.peers.counts;
    let counts = [&counts.partial_ok, &counts.full, &counts.partial_err];
    assert_eq!(counts.map(|count| count.load(Ordering::Relaxed)), [2, 4, 3]);
}

#[test]
fn links_end_with_their_history_and_at_their_limit() {
    let node = node();
    node.journal.turn_on(id(3));
    let request = PsyncRequest {
        id: id(3).as_bytes().to_vec(),
        next: 1,
        ..psync(true)
    };
    let mut slow = node.link(request.clone());
    slow.set_lag_max(100);
    let mut other = node.link(request.clone());
    for _ in 0..10 {
        node.del("a key of some length");
    }
    slow.poll(0);
    other.poll(0);
    assert_eq!(
        (slow.ended(), other.ended()),
        (Some(LinkEnd::TooFarBehind), None)
    );
    node.journal.adopt(id(9), 5, 0);
    other.poll(0);
    assert_eq!(other.ended(), Some(LinkEnd::Dropped));
    let mut talker = node.link(psync(true));
    talker.input(b"GET key\r\n", 0);
    assert_eq!(talker.ended(), Some(LinkEnd::Protocol));
}

#[test]
fn a_waiting_replica_is_kept_alive() {
    let node = node();
    let mut link = node.link(psync(true));
    link.poll(999);
    assert_eq!(link.output().count(), 0);
    link.poll(1_000);
    assert_eq!(link.output().next(), Some(&b"\n"[..]));
}
