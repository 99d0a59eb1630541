//! Whole streams and payloads there and back.

use super::*;
use engine_types::stream::Entry;
use engine_types::{Hash, Limits, List, Object, Set, StrObj, Stream, StreamId, ZSet};
use proptest::prelude::*;

/// A value as plain data, to compare by content and to build from.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Str(Vec<u8>),
    List(Vec<Vec<u8>>),
    Set(Vec<Vec<u8>>),
    Hash(Vec<(Vec<u8>, Vec<u8>)>),
    ZSet(Vec<(Vec<u8>, f64)>),
    /// IDs with names and values in turn.
    Stream(Vec<(StreamId, Vec<Vec<u8>>)>),
}

fn build(plain: &Plain, limits: &Limits) -> Object {
    match plain {
        Plain::Str(bytes) => Object::Str(StrObj::new(bytes.clone())),
        Plain::List(elements) => {
            let mut list = List::new();
            elements.iter().for_each(|e| list.push_back(e, limits));
            Object::List(list)
        }
        Plain::Set(members) => {
            let mut set = Set::new();
            for member in members {
                set.add(member, limits);
            }
            Object::Set(set)
        }
        Plain::Hash(pairs) => {
            let mut hash = Hash::new();
            for (field, value) in pairs {
                hash.set(field, value, limits);
            }
            Object::Hash(hash)
        }
        Plain::Stream(entries) => {
            let mut stream = Stream::new();
            for (id, fields) in entries {
                let fields: Vec<&[u8]> = fields.iter().map(|field| &field[..]).collect();
                stream.append(*id, &fields, limits);
            }
            Object::Stream(stream)
        }
        Plain::ZSet(pairs) => {
            let mut zset = ZSet::new();
            for (member, score) in pairs {
                zset.insert(member, *score, limits);
            }
            Object::ZSet(zset)
        }
    }
}

fn plain(loaded: &Loaded) -> Plain {
    match loaded {
        Loaded::Bytes(bytes) => Plain::Str(bytes.clone()),
        Loaded::Object(object) => plain_object(object),
    }
}

fn plain_object(object: &Object) -> Plain {
    match object {
        Object::Str(text) => Plain::Str(text.as_bytes().to_vec()),
        Object::List(list) => Plain::List(list.iter().map(|e| e.to_vec()).collect()),
        Object::Set(set) => {
            let mut members: Vec<_> = set.iter().map(|e| e.to_vec()).collect();
            members.sort();
            Plain::Set(members)
        }
        Object::Hash(hash) => {
            let mut pairs: Vec<_> = hash.iter().map(|(f, v)| (f.to_vec(), v.to_vec())).collect();
            pairs.sort();
            Plain::Hash(pairs)
        }
        Object::Stream(stream) => {
            let entries = stream.entries().range(StreamId::MIN, StreamId::MAX);
            let fields = |entry: &Entry<'_>| {
                let parts = entry.fields().flat_map(|(name, value)| [name, value]);
                parts.map(|part| part.to_vec()).collect()
            };
            Plain::Stream(entries.map(|entry| (entry.id(), fields(&entry))).collect())
        }
        Object::ZSet(zset) => Plain::ZSet(zset.iter().map(|(m, s)| (m.to_vec(), s)).collect()),
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        (-200i64..200).prop_map(|n| n.to_string().into_bytes()),
        "[a-c]{0,90}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn any_plain() -> impl Strategy<Value = Plain> {
    let set = prop_oneof![
        prop::collection::hash_set(bytes(), 1..300),
        prop::collection::hash_set(
            any::<i32>().prop_map(|n| n.to_string().into_bytes()),
            1..700
        ),
    ];
    prop_oneof![
        bytes().prop_map(Plain::Str),
        prop::collection::vec((1..3u64, bytes(), bytes()), 0..300).prop_map(|entries| {
            let mut id = StreamId::MIN;
            let entries = entries.into_iter().map(|(gap, name, value)| {
                id = StreamId::new(id.ms + gap, gap);
                (id, vec![name, value])
            });
            Plain::Stream(entries.collect())
        }),
        prop::collection::vec(any::<u8>(), 0..20_000).prop_map(Plain::Str),
        prop::collection::vec(bytes(), 1..700).prop_map(Plain::List),
        set.prop_map(|set| Plain::Set(set.into_iter().collect())),
        prop::collection::hash_map(bytes(), bytes(), 1..600)
            .prop_map(|hash| Plain::Hash(hash.into_iter().collect())),
        prop::collection::hash_map(bytes(), any::<f64>(), 1..200).prop_map(|zset| Plain::ZSet(
            zset.into_iter()
                .map(|(m, s)| (m, if s.is_nan() { 0.5 } else { s }))
                .collect()
        )),
    ]
}

fn meta() -> impl Strategy<Value = KeyMeta> {
    let access = prop_oneof![
        Just((None, None)),
        any::<u32>().prop_map(|idle| (Some(u64::from(idle)), None)),
        any::<u8>().prop_map(|freq| (None, Some(freq))),
    ];
    (prop::option::of(any::<i64>()), access).prop_map(|(expire_at_ms, (idle_s, freq))| KeyMeta {
        expire_at_ms,
        idle_s,
        freq,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn streams_round_trip(
        keys in prop::collection::vec((0u32..20, bytes(), meta(), any_plain()), 0..6),
        compress in any::<bool>(),
    ) {
        let limits = Limits::default();
        let mut writer = RdbWriter::new(Vec::new());
        writer.set_compress(compress);
        writer.aux(b"redis-bits", b"64");
        writer.function(b"#!lua name=x");
        for (db, key, meta, value) in &keys {
            writer.select_db(*db);
            writer.resize_db(1, 0);
            writer.key(key, *meta, RdbValue::Object(&build(value, &limits)));
        }
        let mut stream = writer.finish().expect("memory");
        stream.extend_from_slice(b"what follows");

        let mut reader = RdbReader::new(&stream[..], limits.clone()).expect("header");
        assert!(matches!(reader.next(), Ok(Some(Item::Aux { name, .. })) if name == b"redis-bits"));
        assert!(matches!(reader.next(), Ok(Some(Item::Function(code))) if code == b"#!lua name=x"));
        for (db, key, meta, value) in &keys {
            assert!(matches!(reader.next(), Ok(Some(Item::SelectDb(n))) if n == *db));
            assert!(matches!(reader.next(), Ok(Some(Item::ResizeDb { keys: 1, expiring: 0 }))));
            let item = reader.next().expect("well formed");
            let Some(Item::Key { key: got_key, meta: got_meta, value: got }) = item else {
                panic!("not a key: {item:?}");
            };
            prop_assert_eq!((&got_key, &got_meta), (key, meta));
            // Building brings both into the same order.
            prop_assert_eq!(plain(&got), plain_object(&build(value, &limits)));
        }
        assert!(matches!(reader.next(), Ok(None)));
        prop_assert_eq!(reader.into_rest().1, b"what follows");
    }

    #[test]
    fn payloads_round_trip(value in any_plain()) {
        let limits = Limits::default();
        let object = build(&value, &limits);
        let payload = dump_payload(RdbValue::Object(&object));
        let back = restore_payload(&payload, &limits).expect("own payload");
        prop_assert_eq!(plain(&back), plain_object(&object));
    }

    /// Whatever is changed in a payload with a right checksum: an error or a value, no panic.
    #[test]
    fn hostile_payloads_are_refused_or_read(
        value in any_plain(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let limits = Limits::default();
        let mut payload = dump_payload(RdbValue::Object(&build(&value, &limits)));
        payload.truncate(payload.len() - 10);
        if let Some(cut) = cut {
            payload.truncate(cut.index(payload.len()) + 1);
        }
        for (at, byte) in changes {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        let mut sealed = payload.clone();
        sealed.extend_from_slice(&(VERSION_WRITTEN as u16).to_le_bytes());
        let crc = crc64(0, &sealed);
        sealed.extend_from_slice(&crc.to_le_bytes());
        let _ = restore_payload(&sealed, &limits);
    }
}

fn sealed(body: &[u8]) -> Vec<u8> {
    let mut payload = body.to_vec();
    payload.extend_from_slice(&[10, 0]);
    let crc = crc64(0, &payload);
    payload.extend_from_slice(&crc.to_le_bytes());
    payload
}

#[test]
fn payloads_that_lie_are_refused_by_name() {
    let limits = Limits::default();
    let good = dump_payload(RdbValue::Bytes(b"hello"));
    let mut bad = good.clone();
    bad[2] ^= 1;
    assert!(matches!(
        restore_payload(&bad, &limits),
        Err(RestoreError::Checksum)
    ));
    assert!(matches!(
        restore_payload(b"short", &limits),
        Err(RestoreError::Version)
    ));
    let empty_set = sealed(&[types::SET, 0]);
    assert!(matches!(
        restore_payload(&empty_set, &limits),
        Err(RestoreError::Empty)
    ));
    let trailing = sealed(&[types::STRING, 1, b'a', b'b']);
    assert!(matches!(
        restore_payload(&trailing, &limits),
        Err(RestoreError::Trailing)
    ));
    let twice = sealed(&[types::SET, 2, 1, b'a', 1, b'a']);
    assert!(matches!(
        restore_payload(&twice, &limits),
        Err(RestoreError::Value(RdbError::Corrupt { .. }))
    ));
    let nan = [&[types::ZSET_2, 1, 1, b'a'][..], &f64::NAN.to_le_bytes()].concat();
    assert!(restore_payload(&sealed(&nan), &limits).is_err());
    let module = restore_payload(&sealed(&[7]), &limits).expect_err("not read yet");
    assert!(module.to_string().contains("module value"), "{module}");
}

#[test]
fn old_forms_are_read() {
    let limits = Limits::default();
    let list = restore_payload(&sealed(&[types::LIST, 2, 1, b'a', 0xc0, 7]), &limits);
    assert_eq!(
        plain(&list.expect("list")),
        Plain::List(vec![b"a".to_vec(), b"7".to_vec()])
    );
    let zset = restore_payload(
        &sealed(&[types::ZSET, 2, 1, b'a', 3, b'1', b'.', b'5', 1, b'b', 255]),
        &limits,
    );
    assert_eq!(
        plain(&zset.expect("sorted set")),
        Plain::ZSet(vec![
            (b"b".to_vec(), f64::NEG_INFINITY),
            (b"a".to_vec(), 1.5)
        ])
    );
    let zipmap = b"\x02\x03foo\x03\x00bar\x05hello\x05\x00world\xff";
    let body = [&[types::HASH_ZIPMAP, zipmap.len() as u8][..], zipmap].concat();
    let hash = restore_payload(&sealed(&body), &limits).expect("hash");
    assert_eq!(
        plain(&hash),
        Plain::Hash(vec![
            (b"foo".to_vec(), b"bar".to_vec()),
            (b"hello".to_vec(), b"world".to_vec())
        ])
    );
}

#[test]
fn headers_and_ends_are_checked() {
    let limits = Limits::default;
    let error = |bytes: &[u8]| RdbReader::new(bytes, limits()).err();
    assert!(matches!(error(b"RADIS0010"), Some(RdbError::Magic)));
    assert!(matches!(error(b"REDIS00x0"), Some(RdbError::Magic)));
    assert!(matches!(error(b"REDIS0099"), Some(RdbError::Version(99))));
    assert!(matches!(error(b"REDIS"), Some(RdbError::Io { .. })));
    assert!(error(b"VALKEY080").is_none());

    let mut stream = RdbWriter::new(Vec::new()).finish().expect("memory");
    let last = stream.len() - 1;
    stream[last] ^= 1;
    let mut reader = RdbReader::new(&stream[..], limits()).expect("header");
    assert!(matches!(reader.next(), Err(RdbError::Checksum { .. })));
    let mut reader = RdbReader::new(&stream[..], limits()).expect("header");
    reader.set_verify(false);
    assert!(matches!(reader.next(), Ok(None)));
}

#[test]
fn modules_are_refused_by_name() {
    // "ReJSON-RL", version 3, as RedisJSON writes its id.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let id = b"ReJSON-RL".iter().fold(0u64, |id, c| {
        id << 6
            | alphabet
                .iter()
                .position(|a| a == c)
                .expect("in the alphabet") as u64
    }) << 10
        | 3;
    let mut stream = b"REDIS0010\xf7".to_vec();
    put_length(&mut stream, id);
    let mut reader = RdbReader::new(&stream[..], Limits::default()).expect("header");
    let error = reader.next().expect_err("refused").to_string();
    assert!(error.contains("ReJSON-RL"), "{error}");
}

#[test]
fn fields_keep_their_expiry() {
    for most in [512, 2] {
        let limits = Limits {
            hash_max_listpack_entries: most,
            ..Limits::default()
        };
        let mut hash = Hash::new();
        for field in [&b"a"[..], b"12", b"c"] {
            hash.set(field, b"value", &limits);
        }
        hash.set_field_expiry(b"a", Some(1_700_000_000_123), &limits);
        hash.set_field_expiry(b"12", Some(5), &limits);
        let object = Object::Hash(hash);
        let payload = dump_payload(RdbValue::Object(&object));
        let loaded = restore_payload(&payload, &limits).expect("what was dumped");
        assert_eq!(plain(&loaded), plain_object(&object));
        let Loaded::Object(Object::Hash(loaded)) = loaded else {
            panic!("not a hash")
        };
        assert_eq!(loaded.field_expiry(b"a"), Some(1_700_000_000_123));
        assert_eq!(loaded.field_expiry(b"12"), Some(5));
        assert_eq!(loaded.field_expiry(b"c"), None);
    }
}

#[test]
fn a_hash_of_valkey_with_times_is_read() {
    // Valkey 9.1.2: HSET h a 1 b 2; HPEXPIREAT h 33177117420000 FIELDS 1 a; DUMP h.
    let payload = b"\x16\x02\x01a\xc0\x01\xe0iL\xa6,\x1e\x00\x00\x01b\xc0\x02\xff\xff\xff\xff\xff\xff\xff\xffP\x00\x93K\xb7u\xa2\x9e\x9e\xbc";
    let loaded = restore_payload(payload, &Limits::default()).expect("what Valkey dumped");
    let Loaded::Object(Object::Hash(hash)) = loaded else {
        panic!("not a hash")
    };
    assert_eq!(hash.field_expiry(b"a"), Some(33_177_117_420_000));
    assert_eq!((hash.field_expiry(b"b"), hash.len()), (None, 2));
}

/// One payload of each form that is written, and of those that are only read.
fn payloads() -> Vec<Vec<u8>> {
    let words =
        |n: usize| -> Vec<Vec<u8>> { (0..n).map(|n| format!("e{n}").into_bytes()).collect() };
    let numbers: Vec<Vec<u8>> = (0..40)
        .map(|n| (n * 1000).to_string().into_bytes())
        .collect();
    let pairs = |n: usize| words(n).into_iter().map(|w| (w.clone(), w)).collect();
    let scored = |n: usize| words(n).into_iter().map(|w| (w, 1.5)).collect();
    let id = |ms: u64| StreamId { ms, seq: 1 };
    let entries = (1..30).map(|n| (id(n), words(4))).collect();
    let values = [
        Plain::Str(b"text".to_vec()),
        Plain::Str(vec![b'a'; 300]),
        Plain::List(words(20)),
        Plain::List(vec![vec![b'x'; 9000], b"y".to_vec()]),
        Plain::Set(words(10)),
        Plain::Set(numbers),
        Plain::Hash(pairs(20)),
        Plain::Hash(pairs(600)),
        Plain::ZSet(scored(20)),
        Plain::ZSet(scored(200)),
        Plain::Stream(entries),
    ];
    let limits = Limits::default();
    let mut all: Vec<Vec<u8>> = values
        .iter()
        .map(|value| {
            let object = build(value, &limits);
            let payload = dump_payload(RdbValue::Object(&object));
            payload[..payload.len() - 10].to_vec()
        })
        .collect();
    // A hash in a ziplist, and one in a zipmap.
    all.push(b"\x0d\x14\x14\0\0\0\x0d\0\0\0\x02\0\0\x01f\x03\x01v\xff".to_vec());
    all.push(b"\x09\x08\x01\x01f\x01\0v\xff\0".to_vec());
    all
}

/// Whatever a client sends to RESTORE, with a right checksum, is refused or gives a value that can be read through,
/// changed and written again.
#[test]
fn mutated_payloads_never_panic() {
    const ROUNDS: usize = 1_500;
    let seed = 0x5eed_u64;
    let mut random = engine_types::Rng::new(seed);
    let payloads = payloads();
    let limits = Limits::default();
    let mut accepted = 0;
    for round in 0..ROUNDS {
        let mut body = payloads[round % payloads.len()].clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(body.len());
            match random.below(5) {
                0 => body[at] ^= 1 << random.below(8),
                1 => body[at] = random.below(256) as u8,
                2 => body[at] = [0, 0x7f, 0x80, 0xff, 0xfe, 0xc3, 0xe0, 0xf4][random.below(8)],
                3 => body.truncate(at.max(1)),
                _ => body.insert(at, random.below(256) as u8),
            }
        }
        let Ok(loaded) = restore_payload(&sealed(&body), &limits) else {
            continue;
        };
        accepted += 1;
        let again = match &loaded {
            Loaded::Bytes(bytes) => dump_payload(RdbValue::Bytes(bytes)),
            Loaded::Object(object) => dump_payload(RdbValue::Object(object)),
        };
        let again = restore_payload(&again, &limits).expect("what was accepted is well formed");
        let same = format!("{:?}", plain(&loaded)) == format!("{:?}", plain(&again));
        assert!(
            same,
            "seed {seed:#x}, round {round}: {loaded:?} became {again:?}"
        );
    }
    assert!(accepted > ROUNDS / 100, "only {accepted} were accepted");
}
