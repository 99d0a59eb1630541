use super::*;
use engine_dispatch::CommandTable;
use engine_keyspace::Value;
use engine_persist::rdb::{RdbValue, RdbWriter};
use engine_types::{Limits, List, Object};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn server() -> &'static Server {
    Server::new(CommandTable::new(&[]), params::Config::new(), 1, [9; 28])
}

/// At second 1,000.
fn loading<'a>(
    note: &'a mut dyn FnMut(Note<'_>),
    go_on: &'a mut dyn FnMut(u64) -> bool,
) -> Loading<'a> {
    Loading {
        now_ms: 1_000_000,
        skip_expired: false,
        frequencies: false,
        note,
        go_on,
    }
}

/// As a replica does it: data and history at once.
fn swap_in(server: &'static Server, staged: Staged) {
    let mut unit = Unit::new(&server.keyspace);
    unit.wait_for_token();
    unit.lock_all();
    staged.swap_in(server, &mut unit);
}

fn staged(
    write: impl FnOnce(&mut RdbWriter<Vec<u8>>),
    databases: u32,
) -> Result<Staged, LoadError> {
    let mut writer = RdbWriter::new(Vec::new());
    write(&mut writer);
    let stream = writer.finish().expect("memory");
    let mut reader = RdbReader::new(&stream[..], Limits::default()).expect("header");
    load(
        &mut reader,
        &Keyspace::new(databases, 1),
        &mut loading(&mut |_| {}, &mut |_| true),
    )
}

/// Database, key and value of every key; per database what the counters say of keys and expiries.
type Contents = (Vec<(u32, String, String)>, Vec<(i64, i64)>);

fn contents(server: &'static Server) -> Contents {
    let mut unit = Unit::new(&server.keyspace);
    unit.wait_for_token();
    unit.lock_all();
    let mut keys = Vec::new();
    for (id, _) in server.keyspace.slots() {
        for entry in unit.data(id).iter() {
            let value = match entry.value() {
                Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Value::Int(n) => n.to_string(),
                Value::Object(object) => format!("{} of {}", object.kind().name(), object.len()),
            };
            keys.push((
                id.db(),
                String::from_utf8_lossy(entry.key()).into_owned(),
                value,
            ));
        }
    }
    keys.sort();
    let count = |db| {
        let database = server.keyspace.db(db);
        (database.keys.get(), database.expires.get())
    };
    (keys, (0..3).map(count).collect())
}

fn load_into(server: &'static Server, write: impl FnOnce(&mut RdbWriter<Vec<u8>>)) -> Staged {
    let mut writer = RdbWriter::new(Vec::new());
    write(&mut writer);
    let stream = writer.finish().expect("memory");
    let mut reader = RdbReader::new(&stream[..], server.limits()).expect("header");
    load(
        &mut reader,
        &server.keyspace,
        &mut loading(&mut |_| {}, &mut |_| true),
    )
    .expect("well formed")
}

#[test]
fn a_loaded_snapshot_takes_the_place_of_all_data() {
    let server = server();
    let old = load_into(server, |writer| {
        writer.select_db(1);
        for n in 0..500 {
            writer.key(
                format!("old:{n}").as_bytes(),
                KeyMeta::default(),
                RdbValue::Int(n),
            );
        }
    });
    swap_in(server, old);
    assert_eq!(contents(server).1, [(0, 0), (500, 0), (0, 0)]);

    let mut list = List::new();
    list.push_back(b"e", &Limits::default());
    let list = Object::List(list);
    let expires = KeyMeta {
        expire_at_ms: Some(5),
        ..KeyMeta::default()
    };
    let new = load_into(server, |writer| {
        writer.aux(b"repl-stream-db", b"2");
        writer.key(b"a", expires, RdbValue::Bytes(b"text"));
        writer.select_db(1);
        writer.key(b"old:7", KeyMeta::default(), RdbValue::Int(-7));
        writer.key(b"list", KeyMeta::default(), RdbValue::Object(&list));
    });
    assert_eq!((new.keys(), new.stream_db()), (3, 2));
    // Someone watches a key that stays, one that goes, one that comes, and one that is in neither.
    let flags = ["old:7", "old:8", "list", "neither"].map(|key| {
        let flag = Arc::new(AtomicBool::new(false));
        let id = SlotId::new(1, slot_of(key.as_bytes()));
        let mut unit = Unit::new(&server.keyspace);
        unit.lock(&[id]).expect("free");
        let watched = &mut unit.data_mut(id).extra_mut().watched;
        watched
            .entry(key.as_bytes().into())
            .or_default()
            .push(Arc::clone(&flag));
        flag
    });
    swap_in(server, new);
    assert_eq!(
        flags.map(|flag| flag.load(Ordering::Relaxed)),
        [true, true, true, false]
    );

    let expected = [
        (0, "a", "text"),
        (1, "list", "list of 1"),
        (1, "old:7", "-7"),
    ];
    let expected: Vec<_> = expected
        .map(|(db, k, v)| (db, k.to_owned(), v.to_owned()))
        .into();
    assert_eq!(contents(server), (expected, vec![(1, 1), (2, 0), (0, 0)]));
}

#[test]
fn snapshots_that_do_not_fit_are_refused() {
    let too_many = staged(|writer| writer.select_db(4), 4);
    assert!(matches!(
        too_many,
        Err(LoadError::Database {
            db: 4,
            databases: 4
        })
    ));
    let twice = staged(
        |writer| {
            writer.key(b"k", KeyMeta::default(), RdbValue::Int(1));
            writer.key(b"k", KeyMeta::default(), RdbValue::Int(2));
        },
        4,
    );
    assert!(matches!(twice, Err(LoadError::Twice { .. })));
    let functions = staged(|writer| writer.function(b"#!lua name=f"), 4);
    assert!(matches!(functions, Err(LoadError::Functions)));
}
