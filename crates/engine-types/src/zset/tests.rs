use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

type Model = BTreeMap<Vec<u8>, f64>;

fn sorted(model: &Model) -> Vec<(Vec<u8>, f64)> {
    let mut all: Vec<_> = model
        .iter()
        .map(|(member, score)| (member.clone(), *score))
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    all
}

fn all(zset: &ZSet) -> Vec<(Vec<u8>, f64)> {
    zset.iter()
        .map(|(member, score)| (member.to_vec(), score))
        .collect()
}

#[test]
fn encoding_follows_redis() {
    let limits = Limits::default();
    let mut zset = ZSet::new();
    for number in 0..128 {
        assert_eq!(
            zset.insert(number.to_string().as_bytes(), 1.0, &limits),
            None
        );
    }
    assert_eq!((zset.encoding(), zset.free_effort()), ("listpack", 1));
    assert_eq!(zset.insert(b"5", 2.0, &limits), Some(1.0));
    assert_eq!(zset.encoding(), "listpack");
    zset.insert(b"one more", 1.0, &limits);
    assert_eq!(
        (zset.encoding(), zset.len(), zset.free_effort()),
        ("skiplist", 129, 129)
    );
    let mut zset = ZSet::new();
    zset.insert(&[b'm'; 64], 1.0, &limits);
    assert_eq!(zset.encoding(), "listpack");
    zset.insert(&[b'm'; 65], 1.0, &limits);
    assert_eq!(zset.encoding(), "skiplist");
}

/// `DUMP` of redis-server 7.0.15 after `ZADD z 1.5 a -2 b 1e20 c inf 17`.
#[test]
fn packed_bytes_are_redis_s() {
    let bytes = b"\x26\0\0\0\x08\0\x81b\x02\xDF\xFE\x02\x81a\x02\x831.5\x04\x81c\x02\x851e+20\x06\x11\x01\x83inf\x04\xFF";
    let limits = Limits::default();
    let mut zset = ZSet::new();
    for (member, score) in [("a", 1.5), ("b", -2.0), ("c", 1e20), ("17", f64::INFINITY)] {
        zset.insert(member.as_bytes(), score, &limits);
    }
    assert_eq!(zset.as_listpack().map(Listpack::as_bytes), Some(&bytes[..]));
    let pack = Listpack::from_bytes(bytes.to_vec()).expect("valid");
    assert_eq!(all(&ZSet::from_listpack(pack).expect("sorted")), all(&zset));
}

#[test]
fn listpacks_that_are_no_sorted_set_are_refused() {
    for items in [
        &["a"][..],
        &["a", "x"],
        &["a", "2", "b", "1"],
        &["a", "1", "a", "1"],
        &["a", "nan"],
    ] {
        let mut pack = Listpack::new();
        for item in items {
            pack.push_back(item.as_bytes().into());
        }
        assert!(ZSet::from_listpack(pack).is_err(), "{items:?}");
    }
}

#[test]
fn bounds_of_scores_and_bytes() {
    for most in [0, 128] {
        let limits = Limits {
            zset_max_listpack_entries: most,
            ..Limits::default()
        };
        let mut zset = ZSet::new();
        for (index, member) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            zset.insert(member.as_bytes(), index as f64, &limits);
        }
        let (incl, excl) = (ScoreBound::inclusive, ScoreBound::exclusive);
        assert_eq!(zset.ranks_by_score(incl(1.0), incl(3.0)), 1..4);
        assert_eq!(zset.ranks_by_score(excl(1.0), excl(3.0)), 2..3);
        assert_eq!(
            zset.ranks_by_score(incl(f64::NEG_INFINITY), incl(f64::INFINITY)),
            0..5
        );
        assert!(zset.ranks_by_score(incl(3.0), incl(1.0)).is_empty());
        assert!(zset.ranks_by_score(excl(2.0), excl(2.0)).is_empty());
        let mut flat = ZSet::new();
        for member in ["a", "b", "bb", "c", "d"] {
            flat.insert(member.as_bytes(), 0.0, &limits);
        }
        use LexBound::{Exclusive, Inclusive, Max, Min};
        assert_eq!(flat.ranks_by_lex(Min, Max), 0..5);
        assert_eq!(flat.ranks_by_lex(Inclusive(b"b"), Exclusive(b"c")), 1..3);
        assert_eq!(flat.ranks_by_lex(Exclusive(b"b"), Inclusive(b"c")), 2..4);
        assert!(flat.ranks_by_lex(Max, Min).is_empty());
        assert!(
            flat.ranks_by_lex(Inclusive(b"c"), Inclusive(b"b"))
                .is_empty()
        );
    }
}

#[test]
fn scan_reaches_everything() {
    let limits = Limits::default();
    let mut zset = ZSet::new();
    for number in 0..5000 {
        zset.insert(format!("m{number}").as_bytes(), f64::from(number), &limits);
    }
    let (mut cursor, mut seen) = (0, HashSet::new());
    loop {
        cursor = zset.scan(cursor, 10, |member, score| {
            assert_eq!(member.to_vec(), format!("m{score}").as_bytes());
            seen.insert(member.to_vec());
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 5000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn behaves_like_a_sorted_map(most in prop_oneof![Just(0usize), Just(20), Just(128)], ops in proptest::collection::vec((0u8..10, 0u16..300, -20i8..20), 0..1200)) {
        let limits = Limits { zset_max_listpack_entries: most, ..Limits::default() };
        let (mut zset, mut model) = (ZSet::new(), Model::new());
        let mut kept = Vec::new();
        for (step, (op, member, score)) in ops.into_iter().enumerate() {
            let name = if member % 3 == 0 { member.to_string() } else { format!("m{member}") }.into_bytes();
            let score = f64::from(score) / 4.0;
            match op {
                0..=4 => prop_assert_eq!(zset.insert(&name, score, &limits), model.insert(name.clone(), score)),
                5 | 6 => prop_assert_eq!(zset.remove(&name), model.remove(&name)),
                7 if step % 7 == 0 => {
                    let order = sorted(&model);
                    let start = usize::from(member) % (order.len() + 1);
                    let end = (start + 5).min(order.len());
                    let mut gone = Vec::new();
                    zset.remove_range(start..start + 5, |member, score| gone.push((member.to_vec(), score)));
                    prop_assert_eq!(&gone[..], &order[start..end]);
                    for (member, _) in gone { model.remove(&member); }
                }
                7 => {
                    let order = sorted(&model);
                    let (popped, expected) = if member % 2 == 0 { (zset.pop_min(), order.first()) } else { (zset.pop_max(), order.last()) };
                    prop_assert_eq!(popped.as_ref(), expected);
                    if let Some((member, _)) = popped { model.remove(&member); }
                }
                8 => {
                    let order = sorted(&model);
                    let rank = order.iter().position(|(there, _)| *there == name);
                    prop_assert_eq!(zset.rank(&name).map(|(rank, _)| rank), rank);
                    prop_assert_eq!(zset.score(&name), model.get(&name).copied());
                    let (min, max) = (ScoreBound::exclusive(score - 2.0), ScoreBound::inclusive(score));
                    let within = order.iter().filter(move |(_, its)| *its > score - 2.0 && *its <= score);
                    let ranks = zset.ranks_by_score(min, max);
                    prop_assert_eq!(ranks.len(), within.clone().count());
                    let found: Vec<_> = zset.range(ranks.clone()).map(|(member, score)| (member.to_vec(), score)).collect();
                    prop_assert!(within.eq(found.iter()));
                    let mut back: Vec<_> = zset.range(ranks).rev().map(|(member, score)| (member.to_vec(), score)).collect();
                    back.reverse();
                    prop_assert_eq!(found, back);
                }
                _ => if kept.len() < 3 { kept.push((zset.clone(), model.clone())) },
            }
            prop_assert_eq!(zset.len(), model.len());
        }
        for (zset, model) in kept.into_iter().chain([(zset, model)]) {
            prop_assert_eq!(all(&zset), sorted(&model));
            for (member, score) in &model {
                prop_assert_eq!(zset.score(member), Some(*score));
            }
            let nth = zset.nth(zset.len() / 2).map(|(member, _)| member.to_vec());
            let expected = sorted(&model).get(model.len() / 2).map(|(member, _)| member.clone());
            prop_assert_eq!(nth, expected);

        }
    }
}
