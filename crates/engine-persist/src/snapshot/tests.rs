use super::*;
use crate::journal::{EffectBuf, Journal, ReplId};
use crate::rdb::{Item, Loaded, RdbReader};
use engine_keyspace::{Entry, Keyspace, NewValue, SlotId, Unit, Value, slot_of};
use engine_types::{Limits, List, Object};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Contents = BTreeMap<(u32, Vec<u8>), String>;

struct Node {
    keyspace: Keyspace,
    journal: Journal,
}

fn node() -> Node {
    Node {
        keyspace: Keyspace::new(3, 11),
        journal: Journal::new(ReplId::from_random([1; 20])),
    }
}

fn facts() -> StreamFacts {
    StreamFacts {
        ctime_s: 1_700_000_000,
        memory_bytes: 1,
        ..StreamFacts::default()
    }
}

impl Node {
    fn id(db: u32, key: &[u8]) -> SlotId {
        SlotId::new(db, slot_of(key))
    }

    fn put(&self, unit: &mut Unit<'_>, db: u32, key: &[u8], value: NewValue<'_>) {
        let cx = self.keyspace.context(db);
        let hash = self.keyspace.hasher.hash(key);
        let entry = Entry::new(key, value, None, 0);
        if unit
            .data_mut(Self::id(db, key))
            .put(hash, entry, cx)
            .is_none()
        {
            self.keyspace.db(db).keys.add(1);
        }
    }

    fn set(&self, db: u32, key: &[u8], value: NewValue<'_>) {
        let mut unit = Unit::new(&self.keyspace);
        unit.lock(&[Self::id(db, key)])
            .expect("nobody else holds it");
        self.put(&mut unit, db, key, value);
    }

    fn contents(&self) -> Contents {
        let mut unit = Unit::new(&self.keyspace);
        unit.wait_for_token();
        unit.lock_all();
        let mut all = Contents::new();
        for (id, _) in self.keyspace.slots() {
            for entry in unit.data(id).iter() {
                all.insert((id.db(), entry.key().to_vec()), shown(entry.value()));
            }
        }
        all
    }

    fn cut(&self) -> (Cut, crate::blocks::Reader) {
        let fresh = ReplId::from_random([2; 20]);
        cut(&self.keyspace, &self.journal, Arc::default(), fresh)
    }

    fn walk(&self, cut: &Cut) -> Vec<u8> {
        match walk(&self.keyspace, cut, &facts(), Vec::new(), &mut ()).expect("memory") {
            Ended::Complete { sink, .. } => sink,
            Ended::Aborted => panic!("nobody aborts"),
        }
    }
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Object(object) => shown_object(object),
    }
}

fn shown_object(object: &Object) -> String {
    match object {
        Object::List(list) => format!("{:?}", list.iter().map(|e| e.to_vec()).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// What a stream holds; each key must come once.
fn read(stream: &[u8]) -> Contents {
    let mut reader = RdbReader::new(stream, Limits::default()).expect("header");
    let (mut db, mut all) = (0, Contents::new());
    while let Some(item) = reader.next().expect("well formed") {
        match item {
            Item::SelectDb(selected) => db = selected,
            Item::Key { key, value, .. } => {
                let text = match &value {
                    Loaded::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Loaded::Object(object) => shown_object(object),
                };
                let again = all.insert((db, key), text);
                assert_eq!(again, None, "a key was saved twice");
            }
            _ => {}
        }
    }
    all
}

#[test]
fn a_quiet_keyspace_is_saved_whole() {
    let node = node();
    let limits = Limits::default();
    let mut list = List::new();
    for n in 0..5_000u32 {
        list.push_back(n.to_string().as_bytes(), &limits);
        let key = format!("key:{n}");
        node.set(n % 3, key.as_bytes(), NewValue::Int(n.into()));
        let key = format!("{{one}}:{n}");
        node.set(1, key.as_bytes(), NewValue::Bytes(key.as_bytes()));
    }
    node.set(2, b"list", NewValue::Object(Object::List(list)));
    node.set(2, b"long", NewValue::Bytes(&[b'x'; 100_000]));
    let (cut, _) = node.cut();
    assert_eq!(cut.sizes.iter().map(|s| s.keys).sum::<u64>(), 10_002);
    let stream = node.walk(&cut);
    assert_eq!(read(&stream), node.contents());
    assert_eq!(node.keyspace.snapshots.now(), 0);
}

#[test]
fn an_aborted_snapshot_leaves_no_trace_in_the_next() {
    struct Twice(u32);
    impl Pace for Twice {
        fn go_on(&mut self) -> bool {
            self.0 += 1;
            self.0 <= 200
        }
    }
    let node = node();
    for n in 0..20_000u32 {
        node.set(0, format!("key:{n}").as_bytes(), NewValue::Int(n.into()));
    }
    let (first, _) = node.cut();
    let ended = walk(&node.keyspace, &first, &facts(), Vec::new(), &mut Twice(0));
    assert!(matches!(ended, Ok(Ended::Aborted)));
    node.set(0, b"key:1", NewValue::Int(-1));
    let (second, _) = node.cut();
    node.set(0, b"key:2", NewValue::Int(-2));
    let saved = read(&node.walk(&second));
    assert_eq!(saved.len(), 20_000);
    assert_eq!(saved[&(0, b"key:1".to_vec())], "-1");
    assert_eq!(saved[&(0, b"key:2".to_vec())], "2");
}

#[test]
fn a_flush_after_the_cut_takes_nothing_from_the_snapshot() {
    /// Empties the keyspace, as FLUSHALL does, when the walk has begun.
    struct Flush<'a>(&'a Node, u32);
    impl Pace for Flush<'_> {
        fn go_on(&mut self) -> bool {
            self.1 += 1;
            if self.1 == 50 {
                let mut unit = Unit::new(&self.0.keyspace);
                unit.wait_for_token();
                unit.lock_all();
                for (id, _) in self.0.keyspace.slots() {
                    let keys = unit.data_mut(id).take_keys();
                    let _ = self.0.keyspace.snapshots.keep_slot(id.db(), keys);
                }
            }
            true
        }
    }
    let node = node();
    for n in 0..10_000u32 {
        node.set(
            n % 3,
            format!("key:{n}").as_bytes(),
            NewValue::Int(n.into()),
        );
    }
    let before = node.contents();
    let (cut, _) = node.cut();
    let mut pace = Flush(&node, 0);
    let ended = walk(&node.keyspace, &cut, &facts(), Vec::new(), &mut pace).expect("memory");
    let Ended::Complete { sink, keys } = ended else {
        panic!("nobody aborts")
    };
    assert_eq!((read(&sink), keys), (before, 10_000));
    assert!(node.contents().is_empty());
}

#[test]
fn a_failing_sink_ends_the_snapshot() {
    #[derive(Debug)]
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let node = node();
    node.set(0, b"key", NewValue::Bytes(&[b'x'; 200_000]));
    let (cut, _) = node.cut();
    let error = walk(&node.keyspace, &cut, &facts(), Full, &mut ()).expect_err("disk full");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(node.keyspace.snapshots.now(), 0);
}

/// Writers move amounts between keys of different slots and databases, journalling each unit.
/// A snapshot taken meanwhile must show one moment (the sum), and the journal from its cut on must
/// lead from it to the final state.
#[test]
fn snapshot_and_journal_meet_at_the_cut() {
    const KEYS: u32 = 3_000;
    let node = Arc::new(node());
    for n in 0..KEYS {
        node.set(n % 3, format!("key:{n}").as_bytes(), NewValue::Int(100));
    }
    node.journal.turn_on(ReplId::from_random([3; 20]));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=2u32)
        .map(|seed| {
            let (node, stop) = (Arc::clone(&node), Arc::clone(&stop));
            std::thread::spawn(move || write_until(&node, &stop, seed))
        })
        .collect();
    let mut snapshots = Vec::new();
    for _ in 0..4 {
        let (cut, journal) = node.cut();
        assert_eq!(
            cut.place.as_ref().map(|p| p.offset),
            Some(journal.position())
        );
        let stream = node.walk(&cut);
        snapshots.push((stream, journal));
    }
    stop.store(true, Ordering::Relaxed);
    let units: u64 = writers
        .into_iter()
        .map(|w| w.join().expect("writer ends"))
        .sum();
    assert!(units > 0);
    let last = node.contents();
    for (stream, journal) in snapshots {
        let mut state = read(&stream);
        let sum: i64 = state
            .values()
            .map(|v| v.parse::<i64>().expect("number"))
            .sum();
        assert_eq!(sum, i64::from(KEYS) * 100);
        replay(&mut state, &journal);
        assert_eq!(state, last);
    }
}

fn write_until(node: &Node, stop: &AtomicBool, seed: u32) -> u64 {
    let (mut random, mut units, mut effects) = (seed, 0, EffectBuf::new());
    while !stop.load(Ordering::Relaxed) {
        let mut pick = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) % 3_000
        };
        let (a, b) = (pick(), pick());
        if a == b {
            continue;
        }
        let named = [a, b].map(|n| (n % 3, format!("key:{n}")));
        let mut ids = [0, 1].map(|i: usize| Node::id(named[i].0, named[i].1.as_bytes()));
        ids.sort();
        let ids = if ids[0] == ids[1] {
            &ids[..1]
        } else {
            &ids[..]
        };
        let mut unit = Unit::new(&node.keyspace);
        if unit.lock(ids).is_err() {
            continue;
        }
        for ((db, key), change) in named.iter().zip([1, -1]) {
            let key = key.as_bytes();
            let hash = node.keyspace.hasher.hash(key);
            let old = unit
                .data(Node::id(*db, key))
                .get(hash, key)
                .map(|e| e.value());
            let Some(Value::Int(old)) = old else {
                panic!("keys stay")
            };
            node.put(&mut unit, *db, key, NewValue::Int(old + change));
            effects.push(*db, &[b"SET", key, (old + change).to_string().as_bytes()]);
        }
        node.journal.append(&mut effects);
        units += 1;
    }
    units
}

fn replay(state: &mut Contents, journal: &crate::blocks::Reader) {
    let bytes: Vec<u8> = journal.chunks().flatten().copied().collect();
    let text = String::from_utf8(bytes).expect("text");
    let mut words = text
        .split("\r\n")
        .filter(|w| !w.is_empty() && !w.starts_with(['*', '$']));
    let mut db = None;
    let mut counts = HashMap::new();
    while let Some(word) = words.next() {
        *counts.entry(word).or_insert(0u64) += 1;
        let mut argument = || words.next().expect("argument");
        match word {
            "SELECT" => db = argument().parse().ok(),
            "SET" => {
                let (key, value) = (argument(), argument());
                let db = db.expect("a cut forces SELECT");
                state.insert((db, key.as_bytes().to_vec()), value.to_owned());
            }
            _ => {}
        }
    }
    assert_eq!(counts.get("MULTI"), counts.get("EXEC"));
}
