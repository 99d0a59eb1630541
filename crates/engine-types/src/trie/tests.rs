use super::*;
use crate::elem::{Field, Member};
use crate::rng::Rng;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

fn filled(range: std::ops::Range<u32>) -> Trie<Member> {
    let mut trie = Trie::new(1);
    for number in range {
        assert!(trie.insert(Thin::member(&number.to_le_bytes())).is_none());
    }
    trie
}

fn check<M: Meta>(trie: &Trie<M>) {
    fn walk<M: Meta>(node: &Node<M>, depth: u32, trie: &Trie<M>) -> usize {
        match node {
            Node::Segment(segment) => {
                let words = segment.words();
                assert!(words.len() <= SEGMENT_MAX);
                assert!(words.is_sorted_by_key(Tagged::tag));
                for word in words {
                    let hash = trie.hash(word.get().key());
                    assert_eq!(word.tag(), tag(hash, depth));
                    assert!(std::ptr::eq(trie.segment_at(hash).0, &**segment));
                }
                words.len()
            }
            Node::Branch(branch) => branch.check(|child| {
                let count = walk(&child.node, depth + u32::from(child.bits), trie);
                assert_eq!(count, child.count);
                count
            }),
        }
    }
    assert_eq!(walk(&trie.root, 0, trie), trie.len());
}

#[test]
fn grows_and_shrinks_and_keeps_its_shape() {
    let mut trie = filled(0..30_000);
    check(&trie);
    for number in 0..30_000u32 {
        assert!(trie.get(&number.to_le_bytes()).is_some());
    }
    assert!(trie.get(b"absent").is_none());
    assert!(trie.remove(b"absent").is_none());
    assert!(trie.insert(Thin::member(&7u32.to_le_bytes())).is_some());
    for number in 0..29_990u32 {
        assert!(trie.remove(&number.to_le_bytes()).is_some());
    }
    check(&trie);
    assert_eq!(trie.len(), 10);
    assert!(
        matches!(&trie.root, Node::Segment(_)),
        "one segment is enough for ten"
    );
}

#[test]
fn colliding_tags_stay_apart() {
    // All hashes equal: one segment that cannot split.
    let mut segment: Segment<Member> = Segment::default();
    for number in 0..1000u32 {
        assert!(
            segment
                .insert(77, Thin::member(&number.to_le_bytes()))
                .is_none()
        );
    }
    assert!(segment.find(77, &999u32.to_le_bytes()).is_some());
    assert!(segment.remove(77, &500u32.to_le_bytes()).is_some());
    assert!(segment.find(77, &500u32.to_le_bytes()).is_none());
}

#[test]
fn a_clone_does_not_change() {
    let mut trie = filled(0..5000);
    let clone = trie.clone();
    for number in 2500..10_000u32 {
        trie.insert(Thin::member(&number.to_le_bytes()));
    }
    for number in 0..2500u32 {
        trie.remove(&number.to_le_bytes());
    }
    check(&trie);
    check(&clone);
    let members: HashSet<&[u8]> = clone.iter().map(Elem::key).collect();
    assert_eq!(members.len(), 5000);
    assert!((0..5000u32).all(|number| members.contains(&number.to_le_bytes()[..])));
    drop(clone);
    check(&trie);
}

#[test]
fn every_index_is_another_element() {
    let trie = filled(0..3000);
    let by_index: Vec<&[u8]> = (0..3000)
        .filter_map(|index| trie.nth(index))
        .map(Elem::key)
        .collect();
    assert!(trie.iter().map(Elem::key).eq(by_index));
    assert!(trie.nth(3000).is_none());
}

#[test]
fn a_scan_returns_everything_once_when_nothing_changes() {
    let trie = filled(0..10_000);
    for count in [1, 10, 1000, 100_000] {
        let (mut cursor, mut seen, mut calls) = (0, 0, 0);
        loop {
            let before = seen;
            cursor = trie.scan(cursor, count, |_| seen += 1);
            assert!(seen - before <= count + 20, "a call stays near its count");
            calls += 1;
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen, 10_000);
        assert!(calls >= 10_000 / (count + 20));
    }
    // Cursors from nowhere.
    assert_eq!(trie.scan(u64::MAX, 10, |_| ()), 0);
}

/// What stays from beginning to end is returned, whatever comes, goes, splits and merges.
#[test]
fn a_scan_misses_nothing_that_stays() {
    let mut rng = Rng::new(3);
    for round in 0..20u32 {
        let stay = 300 * (round + 1);
        let mut trie = filled(0..stay);
        let mut guests: Vec<u32> = Vec::new();
        let (mut cursor, mut seen) = (0, HashSet::new());
        loop {
            cursor = trie.scan(cursor, 40, |elem| {
                seen.insert(elem.key().to_vec());
            });
            if cursor == 0 {
                break;
            }
            if rng.below(3) > 0 {
                for _ in 0..rng.below(2000) {
                    let guest = stay + rng.below(1 << 30) as u32;
                    if trie.insert(Thin::member(&guest.to_le_bytes())).is_none() {
                        guests.push(guest);
                    }
                }
            } else {
                for guest in guests.drain(..) {
                    trie.remove(&guest.to_le_bytes());
                }
            }
        }
        assert!(
            (0..stay).all(|number| seen.contains(&number.to_le_bytes()[..])),
            "round {round}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn behaves_like_a_map(seed: u64, ops in proptest::collection::vec((0u8..6, 0u16..1500, 0u8..8), 0..4000)) {
        let mut trie: Trie<Field> = Trie::new(seed);
        let mut model: HashMap<u16, Vec<u8>> = HashMap::new();
        let mut kept = None;
        for (step, (op, key, len)) in ops.into_iter().enumerate() {
            let name = key.to_string().into_bytes();
            let value = vec![step as u8; len.into()];
            match op {
                0..3 => {
                    let old = trie.insert(Thin::field(&name, &value));
                    prop_assert_eq!(old.map(|old| old.get().value().to_vec()), model.insert(key, value));
                }
                3 => {
                    let old = trie.remove(&name);
                    prop_assert_eq!(old.map(|old| old.get().value().to_vec()), model.remove(&key));
                }
                4 => match trie.get_mut(&name) {
                    Some(word) => {
                        word.replace(Thin::field(&name, &value));
                        prop_assert!(model.insert(key, value).is_some());
                    }
                    None => prop_assert!(!model.contains_key(&key)),
                },
                _ => {
                    prop_assert_eq!(trie.get(&name).map(Elem::value), model.get(&key).map(Vec::as_slice));
                    if kept.is_none() && step > 700 {
                        kept = Some((trie.clone(), model.clone()));
                    }
                }
            }
            prop_assert_eq!(trie.len(), model.len());
        }
        for (trie, model) in kept.into_iter().chain([(trie, model)]) {
            check(&trie);
            for (key, value) in &model {
                prop_assert_eq!(trie.get(key.to_string().as_bytes()).map(Elem::value), Some(&value[..]));
            }
        }
    }
}
