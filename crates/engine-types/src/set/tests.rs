use super::*;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashSet};

fn of(members: impl IntoIterator<Item = String>, limits: &Limits) -> Set {
    let mut set = Set::new();
    for member in members {
        set.add(member.as_bytes(), limits);
    }
    set
}

fn numbers(range: std::ops::Range<i64>) -> impl Iterator<Item = String> {
    range.map(|number| number.to_string())
}

#[test]
fn encoding_follows_redis() {
    let limits = Limits::default();
    let mut set = of(numbers(0..512), &limits);
    assert_eq!(set.encoding(), "intset");
    set.add(b"512", &limits);
    assert_eq!(set.encoding(), "hashtable");
    let mut set = of(numbers(0..127), &limits);
    set.add(b"word", &limits);
    assert_eq!(set.encoding(), "listpack");
    assert!(!set.add(b"word", &limits));
    assert!(!set.add(b"5", &limits));
    assert_eq!(set.encoding(), "listpack");
    set.add(b"200", &limits);
    assert_eq!((set.encoding(), set.len()), ("hashtable", 129));
    let mut set = of(numbers(0..128), &limits);
    set.add(b"word", &limits);
    assert_eq!((set.encoding(), set.len()), ("hashtable", 129));
    let mut set = Set::new();
    set.add(&[b'x'; 65], &limits);
    assert_eq!(set.encoding(), "hashtable");
}

#[test]
fn popping_takes_each_member_once() {
    let limits = Limits::default();
    let mut rng = crate::rng::Rng::new(5);
    for count in [10, 100, 1000] {
        let mut set = of((0..count).map(|number| format!("m{number}")), &limits);
        let mut popped = HashSet::new();
        while let Some(member) = set.pop(&mut rng) {
            assert!(!set.contains(&member));
            popped.insert(member);
        }
        assert_eq!((popped.len(), set.is_empty()), (count, true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn behaves_like_a_set(ints in prop_oneof![Just(0usize), Just(10), Just(512)], packed in prop_oneof![Just(0usize), Just(10), Just(128)], ops in proptest::collection::vec((0u8..8, -40i64..40, any::<bool>()), 0..400)) {
        let limits = Limits { set_max_intset_entries: ints, set_max_listpack_entries: packed, ..Limits::default() };
        let (mut set, mut model) = (Set::new(), BTreeSet::new());
        let mut kept = Vec::new();
        for (step, (op, number, word)) in ops.into_iter().enumerate() {
            let member = if word && step > 30 { format!("{number}x") } else { number.to_string() }.into_bytes();
            match op {
                0..=3 => prop_assert_eq!(set.add(&member, &limits), model.insert(member)),
                4 | 5 => prop_assert_eq!(set.remove(&member), model.remove(&member)),
                6 => prop_assert_eq!(set.contains(&member), model.contains(&member)),
                _ => if kept.len() < 3 { kept.push((set.clone(), model.clone())) },
            }
            prop_assert_eq!(set.len(), model.len());
        }
        for (set, model) in kept.into_iter().chain([(set, model)]) {
            let members: BTreeSet<_> = set.iter().map(|member| member.to_vec()).collect();
            prop_assert_eq!(&members, &model);
            let mut scanned = BTreeSet::new();
            prop_assert_eq!(set.scan(0, 1000, |member| { scanned.insert(member.to_vec()); }), 0);
            prop_assert_eq!(&scanned, &model);
            let by_index: BTreeSet<_> = (0..=set.len()).filter_map(|index| Some(set.nth(index)?.to_vec())).collect();
            prop_assert_eq!(&by_index, &model);
        }
    }
}
