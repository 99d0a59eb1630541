use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

fn all(hash: &Hash) -> BTreeMap<Vec<u8>, Vec<u8>> {
    hash.iter()
        .map(|(field, value)| (field.to_vec(), value.to_vec()))
        .collect()
}

#[test]
fn encoding_follows_redis() {
    let limits = Limits::default();
    let mut hash = Hash::new();
    for number in 0..512 {
        assert!(hash.set(number.to_string().as_bytes(), b"v", &limits));
    }
    assert_eq!((hash.encoding(), hash.free_effort()), ("listpack", 1));
    assert!(!hash.set(b"1", b"w", &limits));
    assert_eq!(hash.encoding(), "listpack");
    hash.set(b"one more", b"v", &limits);
    assert_eq!(
        (hash.encoding(), hash.len(), hash.free_effort()),
        ("hashtable", 513, 513)
    );
    let mut hash = Hash::new();
    hash.set(b"f", &[b'v'; 64], &limits);
    assert_eq!(hash.encoding(), "listpack");
    hash.set(b"f", &[b'v'; 65], &limits);
    assert_eq!(hash.encoding(), "hashtable");
    assert_eq!(hash.get(b"f").map(|value| value.len()), Some(65));
}

#[test]
fn an_odd_listpack_is_refused() {
    let mut pack = Listpack::new();
    pack.push_back(ItemRef::Int(1));
    assert!(Hash::from_listpack(pack).is_err());
}

#[test]
fn scan_and_random_reach_everything() {
    let limits = Limits::default();
    let mut hash = Hash::new();
    for number in 0..3000 {
        hash.set(
            format!("field:{number}").as_bytes(),
            number.to_string().as_bytes(),
            &limits,
        );
    }
    let (mut cursor, mut seen) = (0, HashSet::new());
    loop {
        cursor = hash.scan(cursor, 10, |field, value| {
            assert_eq!(field.to_vec(), [b"field:", &value.to_vec()[..]].concat());
            seen.insert(field.to_vec());
        });
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 3000);
    let mut rng = crate::rng::Rng::new(1);
    let drawn: HashSet<_> = (0..30_000)
        .filter_map(|_| Some(hash.random(&mut rng)?.0.to_vec()))
        .collect();
    assert!(drawn.len() > 2980, "{}", drawn.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn behaves_like_a_map(most in prop_oneof![Just(0usize), Just(8), Just(200)], ops in proptest::collection::vec((0u8..8, 0u8..60, 0u16..80), 0..500)) {
        let limits = Limits { hash_max_listpack_entries: most, ..Limits::default() };
        let (mut hash, mut model) = (Hash::new(), BTreeMap::new());
        let mut kept = Vec::new();
        for (op, field, len) in ops {
            let field = if field < 30 { field.to_string().into_bytes() } else { vec![field; 5] };
            let value = if len < 40 { len.to_string().into_bytes() } else { vec![len as u8; len.into()] };
            match op {
                0..=3 => {
                    let created = hash.set(&field, &value, &limits);
                    prop_assert_eq!(created, model.insert(field, value).is_none());
                }
                4 | 5 => prop_assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
                6 => prop_assert_eq!(hash.get(&field).map(|value| value.to_vec()), model.get(&field).cloned()),
                _ => if kept.len() < 3 { kept.push((hash.clone(), model.clone())) },
            }
            prop_assert_eq!(hash.len(), model.len());
        }
        for (hash, model) in kept.into_iter().chain([(hash, model)]) {
            prop_assert_eq!(all(&hash), model.clone());
            let by_index: Vec<_> = (0..=hash.len()).filter_map(|index| Some(hash.nth(index)?.0.to_vec())).collect();
            prop_assert!(hash.iter().map(|(field, _)| field.to_vec()).eq(by_index));
        }
    }
}
