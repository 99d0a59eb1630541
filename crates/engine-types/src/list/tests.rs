use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

fn tight() -> Limits {
    Limits {
        list_max_listpack_size: 6,
        ..Limits::default()
    }
}

fn items(list: &List) -> Vec<Vec<u8>> {
    list.iter().map(|item| item.to_vec()).collect()
}

/// redis-server 7.2: 8 KB of packed bytes, then a quicklist; back again below half of it.
#[test]
fn encoding_follows_redis() {
    let limits = Limits::default();
    let mut list = List::new();
    assert_eq!(list.encoding(), "listpack");
    list.push_back(&[b'x'; 8000], &limits);
    assert_eq!(list.encoding(), "listpack");
    list.push_back(&[b'y'; 200], &limits);
    assert_eq!(list.encoding(), "quicklist");
    assert_eq!(list.pop_front(&limits).map(|item| item.len()), Some(8000));
    assert_eq!(list.encoding(), "listpack");
    let limits = tight();
    let mut list = List::new();
    (0..6).for_each(|_| list.push_back(b"a", &limits));
    assert_eq!(list.encoding(), "listpack");
    list.push_front(b"a", &limits);
    assert_eq!(list.encoding(), "quicklist");
    list.trim(0..4, &limits);
    assert_eq!(list.encoding(), "quicklist");
    list.trim(0..3, &limits);
    assert_eq!(list.encoding(), "listpack");
}

#[test]
fn lrem_and_linsert() {
    let limits = tight();
    let mut list = List::new();
    for item in "a b a c a b a d a".split(' ') {
        list.push_back(item.as_bytes(), &limits);
    }
    assert_eq!(list.remove(2, b"a", &limits), 2);
    assert_eq!(items(&list).concat(), b"bcabada");
    assert_eq!(list.remove(-2, b"a", &limits), 2);
    assert_eq!(items(&list).concat(), b"bcabd");
    assert_eq!(list.remove(0, b"b", &limits), 2);
    assert_eq!(list.remove(i64::MIN, b"z", &limits), 0);
    assert!(list.insert_beside(Side::Before, b"c", b"1", &limits));
    assert!(list.insert_beside(Side::After, b"d", b"2", &limits));
    assert!(!list.insert_beside(Side::After, b"z", b"3", &limits));
    assert_eq!(items(&list).concat(), b"1cad2");
    assert_eq!(list.get(i64::MIN), None);
    assert_eq!(list.get(-5), Some(ItemRef::Int(1)));
}

#[test]
fn a_loaded_piece_beyond_the_limit_is_split() {
    let mut pack = Listpack::new();
    for value in 0..50_000 {
        pack.push_back(ItemRef::Int(value));
    }
    let mut list = List::from_listpack(pack);
    list.fit(&Limits::default());
    assert_eq!((list.encoding(), list.len()), ("quicklist", 50_000));
    assert!(list.pieces().all(|pack| pack.byte_len() <= 8192));
    assert!(
        list.iter()
            .map(|item| item.as_i64())
            .eq((0..50_000).map(Some))
    );
    assert!(
        list.range(100..200)
            .rev()
            .map(|item| item.as_i64())
            .eq((100..200).rev().map(Some))
    );
}

fn lrem(model: &mut VecDeque<Vec<u8>>, count: i64, value: &[u8]) -> usize {
    let mut hits: Vec<usize> = (0..model.len()).filter(|&at| model[at] == value).collect();
    if count < 0 {
        hits.reverse();
    }
    if count != 0 {
        hits.truncate(count.unsigned_abs() as usize);
    }
    hits.sort_unstable();
    for &at in hits.iter().rev() {
        model.remove(at);
    }
    hits.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn behaves_like_a_deque(size in prop_oneof![Just(-1), Just(6), Just(1), Just(0)], ops in proptest::collection::vec((0u8..12, any::<u16>(), prop_oneof![0u16..5, 0u16..600]), 0..600)) {
        let limits = Limits { list_max_listpack_size: size, ..Limits::default() };
        let (mut list, mut model) = (List::new(), VecDeque::<Vec<u8>>::new());
        let mut kept = Vec::new();
        for (step, (op, place, len)) in ops.into_iter().enumerate() {
            let value = if len < 300 { len.to_string().into_bytes() } else { vec![len as u8; len.into()] };
            let index = usize::from(place) % (model.len() + 1);
            match op {
                0..=2 => { list.push_back(&value, &limits); model.push_back(value); }
                3 | 4 => { list.push_front(&value, &limits); model.push_front(value); }
                5 => { list.insert(index, &value, &limits); model.insert(index, value); }
                6 => prop_assert_eq!(list.pop_front(&limits), model.pop_front()),
                7 => prop_assert_eq!(list.pop_back(&limits), model.pop_back()),
                8 => {
                    prop_assert_eq!(list.set(index as i64, &value, &limits), index < model.len());
                    if let Some(there) = model.get_mut(index) { *there = value; }
                }
                9 => {
                    let end = (index + 4).min(model.len());
                    list.remove_range(index..index + 4, &limits);
                    model.drain(index..end);
                }
                10 if step % 50 == 0 => {
                    list.trim(1..index, &limits);
                    model.truncate(index);
                    model.drain(..model.len().min(1).min(index));
                }
                10 if step % 5 == 0 => {
                    let count = i64::from(place % 7) - 3;
                    let expected = lrem(&mut model, count, &value);
                    prop_assert_eq!(list.remove(count, &value, &limits), expected);
                }
                10 => prop_assert_eq!(list.position(&value), model.iter().position(|there| *there == value)),
                _ => if kept.len() < 3 { kept.push((list.clone(), model.clone())) },
            }
            prop_assert_eq!(list.len(), model.len());
            let index = index.min(model.len());
            let there = list.get(index as i64).map(|item| item.to_vec());
            prop_assert_eq!(there.as_ref(), model.get(index));
            let middle = index / 2..index;
            let forward: Vec<_> = list.range(middle.clone()).map(|item| item.to_vec()).collect();
            let mut back: Vec<_> = list.range(middle.clone()).rev().map(|item| item.to_vec()).collect();
            back.reverse();
            prop_assert!(model.range(middle).eq(forward.iter()));
            prop_assert_eq!(forward, back);
        }
        for (list, model) in kept.into_iter().chain([(list, model)]) {
            prop_assert!(model.iter().eq(items(&list).iter()));
            let through: usize = list.pieces().map(Listpack::len).sum();
            prop_assert_eq!(through, model.len());
        }
    }
}
