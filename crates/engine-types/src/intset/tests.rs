use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn set_of(values: &[i64]) -> Intset {
    let mut set = Intset::new();
    for &value in values {
        assert!(set.insert(value));
    }
    set
}

/// From `DUMP` of redis-server 7.0.15 after SADD of these integers.
#[test]
fn bytes_are_redis_s() {
    let cases: [(&[i64], &[u8]); 3] = [
        (
            &[1, -5, 7, 3],
            &[2, 0, 0, 0, 4, 0, 0, 0, 0xFB, 0xFF, 1, 0, 3, 0, 7, 0],
        ),
        (
            &[1, -5, 70_000, 3],
            &[
                4, 0, 0, 0, 4, 0, 0, 0, 0xFB, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 3, 0, 0, 0, 0x70, 0x11,
                1, 0,
            ],
        ),
        (
            &[1, -5, 7_000_000_000, 3],
            &[
                8, 0, 0, 0, 4, 0, 0, 0, 0xFB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0,
                0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0x3B, 0xA1, 1, 0, 0, 0,
            ],
        ),
    ];
    for (values, bytes) in cases {
        assert_eq!(set_of(values).as_bytes(), bytes);
        assert!(Intset::from_bytes(bytes.to_vec()).is_ok());
        let mut unsorted = bytes.to_vec();
        unsorted[8..].rotate_left(bytes[0].into());
        assert_eq!(Intset::from_bytes(unsorted), Err(Corrupt));
        assert_eq!(
            Intset::from_bytes(bytes[..bytes.len() - 1].to_vec()),
            Err(Corrupt)
        );
    }
    assert_eq!(
        Intset::from_bytes(vec![3, 0, 0, 0, 0, 0, 0, 0]),
        Err(Corrupt)
    );
    assert_eq!(Intset::from_bytes(vec![2, 0, 0]), Err(Corrupt));
}

proptest! {
    #[test]
    fn behaves_like_an_ordered_set(ops in proptest::collection::vec((any::<bool>(), prop_oneof![-50i64..50, -70_000i64..70_000, any::<i64>()]), 0..200)) {
        let (mut set, mut model) = (Intset::new(), BTreeSet::new());
        for (add, value) in ops {
            if add {
                prop_assert_eq!(set.insert(value), model.insert(value));
            } else {
                prop_assert_eq!(set.remove(value), model.remove(&value));
            }
            prop_assert!(set.iter().eq(model.iter().copied()));
            prop_assert_eq!((set.min(), set.max()), (model.first().copied(), model.last().copied()));
            prop_assert!(Intset::from_bytes(set.as_bytes().to_vec()).is_ok());
        }
    }
}
