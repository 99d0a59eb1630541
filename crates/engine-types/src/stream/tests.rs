use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Model = BTreeMap<StreamId, Vec<Vec<u8>>>;

#[derive(Debug, Clone)]
enum Op {
    /// Adds so many milliseconds and sequence numbers later, with these names and values.
    Append(u64, u64, Vec<Vec<u8>>),
    /// Takes the n-th away, or what is not there.
    Delete(usize),
    ToLen(usize, bool),
    Below(usize, bool),
    Clone,
}

fn fields() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let part = prop_oneof![
        "[ab]{1,2}".prop_map(String::into_bytes),
        any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..70),
    ];
    prop_oneof![
        // Mostly entries of the same shape, which share the names of their node.
        2 => part.clone().prop_map(|value| vec![b"name".to_vec(), value]),
        1 => prop::collection::vec((part.clone(), part), 1..4)
            .prop_map(|pairs| pairs.into_iter().flat_map(|(n, v)| [n, v]).collect()),
    ]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => (0..3u64, 1..3u64, fields()).prop_map(|(ms, seq, f)| Op::Append(ms, seq, f)),
        4 => any::<usize>().prop_map(Op::Delete),
        1 => (0..60usize, any::<bool>()).prop_map(|(n, roughly)| Op::ToLen(n, roughly)),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(n, roughly)| Op::Below(n, roughly)),
        1 => Just(Op::Clone),
    ];
    prop::collection::vec(op, 1..250)
}

fn limits() -> Limits {
    Limits {
        stream_node_max_entries: 7,
        stream_node_max_bytes: 300,
        ..Limits::default()
    }
}

fn plain(entry: &Entry<'_>) -> (StreamId, Vec<Vec<u8>>) {
    let parts = entry.fields().flat_map(|(n, v)| [n.to_vec(), v.to_vec()]);
    (entry.id(), parts.collect())
}

fn all(stream: &Stream) -> Model {
    let range = stream.entries().range(StreamId::MIN, StreamId::MAX);
    range.map(|entry| plain(&entry)).collect()
}

fn reloaded(stream: &Stream) -> Stream {
    let mut copy = Stream::new();
    for (id, pack) in stream.entries().nodes() {
        let pack = Listpack::from_bytes(pack.as_bytes().to_vec()).expect("own bytes");
        copy.push_node(id, pack).expect("own node");
    }
    copy
}

fn check(stream: &Stream, model: &Model) {
    assert_eq!(&all(stream), model);
    let entries = stream.entries();
    assert_eq!(entries.len(), model.len());
    let first = model.keys().next().copied().unwrap_or(StreamId::MIN);
    assert_eq!(entries.first_id(), first);
    assert_eq!(entries.last_present_id(), model.keys().last().copied());
    assert_eq!(entries.nodes_len(), entries.nodes().count());
    let back = entries.range_back(StreamId::MIN, StreamId::MAX);
    let back: Vec<_> = back.map(|entry| plain(&entry)).collect();
    let expected = model.iter().rev().map(|(id, f)| (*id, f.clone()));
    assert_eq!(back, expected.collect::<Vec<_>>());
    let copy = reloaded(stream);
    assert_eq!(&all(&copy), model);
    assert_eq!(copy.entries().first_id(), first);
}

fn apply(stream: &mut Stream, model: &mut Model, op: &Op) {
    let nth = |n: usize| model.keys().nth(n % model.len().max(1)).copied();
    match op {
        Op::Append(ms, seq, fields) => {
            let last = stream.entries().last_id();
            let seq = if *ms == 0 { last.seq + seq } else { *seq };
            let id = StreamId::new(last.ms + ms, seq);
            let parts: Vec<&[u8]> = fields.iter().map(|f| &f[..]).collect();
            assert!(!stream.append(last, &parts, &limits()));
            assert!(stream.append(id, &parts, &limits()));
            model.insert(id, fields.clone());
        }
        Op::Delete(n) => {
            let id = nth(*n).unwrap_or(StreamId::new(7, 7));
            assert_eq!(stream.delete(id), model.remove(&id).is_some());
            assert!(!stream.delete(id));
        }
        Op::ToLen(len, roughly) => {
            let gone = stream.trim(Trim::ToLen(*len), *roughly, 0);
            let expected = model.len().saturating_sub(*len);
            assert!(gone == expected || (*roughly && gone < expected));
            (0..gone).for_each(|_| drop(model.pop_first()));
        }
        Op::Below(n, roughly) => {
            let Some(id) = nth(*n) else { return };
            let gone = stream.trim(Trim::Below(id), *roughly, 0);
            let expected = model.range(..id).count();
            assert!(gone == expected || (*roughly && gone < expected));
            (0..gone).for_each(|_| drop(model.pop_first()));
        }
        Op::Clone => {}
    }
}

proptest! {
    #[test]
    fn entries_are_those_of_a_map(ops in ops()) {
        let (mut stream, mut model) = (Stream::new(), Model::new());
        let mut clones = Vec::new();
        for op in &ops {
            apply(&mut stream, &mut model, op);
            if matches!(op, Op::Clone) {
                clones.push((stream.clone(), model.clone()));
            }
        }
        check(&stream, &model);
        for (clone, model) in &clones {
            check(clone, model);
        }
        let ids: Vec<_> = model.keys().copied().collect();
        for pair in ids.chunks(2) {
            let (start, end) = (pair[0], pair[pair.len() - 1]);
            let expected: Vec<_> = model.range(start..=end).map(|(id, _)| *id).collect();
            let range = stream.entries().range(start, end).map(|e| e.id());
            prop_assert_eq!(range.collect::<Vec<_>>(), expected.clone());
            let back = stream.entries().range_back(start, end).map(|e| e.id());
            prop_assert_eq!(back.collect::<Vec<_>>(), expected.into_iter().rev().collect::<Vec<_>>());
        }
    }

    #[test]
    fn hostile_nodes_never_panic(mut bytes in packed_ints(), at in any::<usize>(), byte in any::<u8>()) {
        let _ = pushed(bytes.clone());
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = pushed(bytes);
    }

    #[test]
    fn pending_entries_belong_to_group_and_consumer(
        steps in prop::collection::vec((0..4u8, 0..40u64, 0..3u8), 1..200),
    ) {
        let mut group = Group::new(b"g", StreamId::MIN, 0);
        let mut model = BTreeMap::<u64, u8>::new();
        for n in 0..3 {
            prop_assert!(group.create_consumer(&[n], 5));
            prop_assert!(!group.create_consumer(&[n], 5));
        }
        let before = group.clone();
        for (what, id, who) in steps {
            let stream_id = StreamId::new(id, 0);
            match what {
                0 | 1 => {
                    prop_assert!(group.assign(stream_id, &[who], 7, 1));
                    model.insert(id, who);
                }
                2 => prop_assert_eq!(group.acknowledge(stream_id), model.remove(&id).is_some()),
                _ => group.note_delivery(stream_id, 9),
            }
        }
        prop_assert!(!group.assign(StreamId::MIN, b"nobody", 7, 1));
        let pending: BTreeMap<_, _> = group
            .pending_from(StreamId::MIN)
            .map(|p| (p.id.ms, p.consumer()[0]))
            .collect();
        prop_assert_eq!(&pending, &model);
        for consumer in group.consumers() {
            let own: Vec<_> = consumer.pending_from(StreamId::MIN).map(|id| id.ms).collect();
            let expected = model.iter().filter(|(_, who)| [**who] == *consumer.name());
            prop_assert_eq!(own, expected.map(|(id, _)| *id).collect::<Vec<_>>());
        }
        let of_first = model.values().filter(|who| **who == 0).count();
        prop_assert_eq!(group.remove_consumer(&[0]), Some(of_first));
        prop_assert_eq!(group.pending_len(), model.len() - of_first);
        prop_assert_eq!(before.pending_len(), 0);
    }
}

fn packed_ints() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(-1..6i64, 0..40).prop_map(|ints| {
        let mut pack = Listpack::new();
        for int in ints {
            pack.push_back(crate::ItemRef::Int(int));
        }
        pack.into_bytes()
    })
}

fn pushed(bytes: Vec<u8>) -> Option<Model> {
    let mut stream = Stream::new();
    stream
        .push_node(StreamId::new(1, 1), Listpack::from_bytes(bytes).ok()?)
        .ok()?;
    let forward = all(&stream);
    let back = stream.entries().range_back(StreamId::MIN, StreamId::MAX);
    assert_eq!(back.count(), forward.len());
    Some(forward)
}

#[test]
fn a_node_is_laid_out_as_redis_does() {
    let mut stream = Stream::new();
    let limits = Limits::default();
    stream.append(StreamId::new(5, 1), &[b"a", b"1"], &limits);
    stream.append(StreamId::new(6, 0), &[b"a", b"x"], &limits);
    stream.append(StreamId::new(6, 1), &[b"b", b"y"], &limits);
    stream.delete(StreamId::new(6, 0));
    let (id, pack) = stream.entries().nodes().next().expect("a node");
    assert_eq!(id, StreamId::new(5, 1));
    let items: Vec<_> = pack.iter().map(|i| i.to_vec()).collect();
    let text = items.iter().map(|i| String::from_utf8_lossy(i));
    let expected = "2 1 1 a 0 2 0 0 1 4 3 1 -1 x 4 0 1 0 1 b y 6";
    assert_eq!(text.collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn ids_follow_each_other() {
    let id = StreamId::new(3, u64::MAX);
    assert_eq!(id.next(), Some(StreamId::new(4, 0)));
    assert_eq!(StreamId::new(4, 0).previous(), Some(id));
    assert_eq!(StreamId::MAX.next(), None);
    assert_eq!(StreamId::MIN.previous(), None);
    assert_eq!(StreamId::from_bytes(id.to_bytes()), id);
    assert_eq!(id.to_string(), "3-18446744073709551615");
}

#[test]
fn counts_are_known_at_the_ends() {
    let mut stream = Stream::new();
    for ms in 1..=5 {
        stream.append(StreamId::new(ms, 0), &[b"a", b"1"], &Limits::default());
    }
    let at = |stream: &Stream, ms| stream.entries().count_up_to(StreamId::new(ms, 0));
    assert_eq!(
        [0, 1, 3, 5, 6].map(|ms| at(&stream, ms)),
        [Some(0), Some(1), None, Some(5), None]
    );
    stream.trim(Trim::ToLen(3), false, 0);
    assert_eq!(
        [1, 3, 4].map(|ms| at(&stream, ms)),
        [Some(2), Some(3), None]
    );
    stream.delete(StreamId::new(4, 0));
    assert_eq!([1, 3, 5].map(|ms| at(&stream, ms)), [None, None, Some(5)]);
    assert!(stream.entries().has_deleted_from(StreamId::new(4, 0)));
    assert!(!stream.entries().has_deleted_from(StreamId::new(5, 0)));
}
