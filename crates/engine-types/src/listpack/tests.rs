use super::*;
use proptest::prelude::*;

/// The listpack inside `DUMP` of a list that redis-server 7.0.15 was given with RPUSH, up to
/// its last four strings, which [`real_bytes`] spells out.
const REAL: &str = "5e0200001e0000017f01c08002dfff02d00002cfff02f1001003f1ffef03f1ff7f03f1\
    008003f200800004f2ff7fff04f2ffff7f04f200008004f30000800005f3ffff7fff05f3ffffff7f05f3000000\
    8005f4000000800000000009f4ffffff7fffffffff09f4ffffffffffffff7f09f4000000000000008009800185\
    68656c6c6f0682303103822d3003";

fn real_bytes() -> Vec<u8> {
    let mut bytes = unhex(REAL);
    for (head, byte, len, back) in [
        ("bf", b'a', 63, "40"),
        ("e040", b'b', 64, "42"),
        ("e07e", b'c', 126, "0180"),
        ("e0c8", b'd', 200, "01ca"),
    ] {
        bytes.extend(unhex(head));
        bytes.extend(vec![byte; len]);
        bytes.extend(unhex(back));
    }
    bytes.push(0xFF);
    bytes
}

fn real_items() -> Vec<Vec<u8>> {
    let mut items: Vec<Vec<u8>> = [
        "0",
        "127",
        "128",
        "-1",
        "-4096",
        "4095",
        "4096",
        "-4097",
        "32767",
        "-32768",
        "32768",
        "-32769",
        "8388607",
        "-8388608",
        "8388608",
        "-8388609",
        "2147483647",
        "-2147483648",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "-9223372036854775808",
        "",
        "hello",
        "01",
        "-0",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    for (byte, len) in [(b'a', 63), (b'b', 64), (b'c', 126), (b'd', 200)] {
        items.push(vec![byte; len]);
    }
    items
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .map(|digit| (digit as char).to_digit(16).expect("hex") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn pack(items: &[Vec<u8>]) -> Listpack {
    let mut pack = Listpack::new();
    for item in items {
        assert!(pack.push_back(ItemRef::Bytes(item)));
    }
    pack
}

fn unpack(pack: &Listpack) -> Vec<Vec<u8>> {
    pack.iter().map(|item| item.to_vec()).collect()
}

#[test]
fn bytes_are_redis_s() {
    let ours = pack(&real_items());
    assert_eq!(ours.as_bytes(), real_bytes());
    let read = Listpack::from_bytes(real_bytes()).expect("valid");
    assert_eq!(unpack(&read), real_items());
    let backwards: Vec<_> = read.iter().rev().map(|item| item.to_vec()).collect();
    assert!(backwards.iter().eq(real_items().iter().rev()));
}

#[test]
fn lengths_around_every_size_of_the_back_length() {
    for len in [
        125, 126, 127, 128, 4095, 4096, 16_376, 16_380, 16_381, 16_382, 2_097_144, 2_097_150,
    ] {
        let pack = pack(&[vec![b'x'; len], b"end".to_vec()]);
        assert_eq!(validate(pack.as_bytes()), Ok(()), "{len}");
        let start = pack.last().and_then(|last| pack.prev(last));
        assert_eq!(start, pack.first());
        assert_eq!(
            pack.seek(0)
                .and_then(|at| pack.get(at))
                .map(|item| item.len()),
            Some(len)
        );
    }
}

#[test]
fn corrupt_bytes_are_refused() {
    let good = real_bytes();
    assert!(Listpack::from_bytes(Vec::new()).is_err());
    assert!(Listpack::from_bytes(vec![7, 0, 0, 0, 0, 0]).is_err());
    assert!(Listpack::from_bytes(vec![7, 0, 0, 0, 0, 0, 0xFF]).is_ok());
    for cut in 0..good.len() {
        assert!(Listpack::from_bytes(good[..cut].to_vec()).is_err());
    }
    let mut count = good.clone();
    count[4] += 1;
    assert!(Listpack::from_bytes(count).is_err());
    let mut back = good;
    back[7] = 2;
    assert!(Listpack::from_bytes(back).is_err());
}

#[test]
fn counts_beyond_two_bytes() {
    let mut pack = Listpack::new();
    for value in 0..66_000 {
        pack.push_back(ItemRef::Int(value & 63));
    }
    assert_eq!(&pack.as_bytes()[4..6], &[0xFF, 0xFF]);
    assert_eq!(pack.len(), 66_000);
    let middle = pack.seek(1000).expect("there");
    let tail = pack.split_off(middle);
    assert_eq!((pack.len(), tail.len()), (1000, 65_000));
    assert_eq!(validate(tail.as_bytes()), Ok(()));
}

fn item() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|int| int.to_string().into_bytes()),
        (-5000i64..5000).prop_map(|int| int.to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..150),
    ]
}

proptest! {
    #[test]
    fn behaves_like_a_vector(ops in proptest::collection::vec((0u8..8, any::<u16>(), item()), 0..80)) {
        let mut model: Vec<Vec<u8>> = Vec::new();
        let mut pack = Listpack::new();
        for (op, place, item) in ops {
            let index = if model.is_empty() { 0 } else { usize::from(place) % model.len() };
            let offset = pack.seek(index as i64).unwrap_or(pack.end());
            match op {
                0 => { pack.push_back((&item[..]).into()); model.push(item); }
                1 => { pack.push_front((&item[..]).into()); model.insert(0, item); }
                2 => { pack.insert(offset, (&item[..]).into()); model.insert(index, item); }
                3 if !model.is_empty() => { prop_assert!(pack.replace(offset, (&item[..]).into())); model[index] = item; }
                4 => {
                    let count = (model.len() - index).min(3);
                    prop_assert_eq!(pack.remove(offset, 3), count);
                    model.drain(index..index + count);
                }
                5 => {
                    let found = pack.find(pack.first().unwrap_or(0), &item, 0);
                    let expected = model.iter().position(|there| *there == item);
                    prop_assert_eq!(found, expected.and_then(|at| pack.seek(at as i64)));
                }
                6 => {
                    let keep = |item: &[u8]| item.len() % 3 != 1;
                    let before = model.len();
                    model.retain(|item| keep(item));
                    prop_assert_eq!(pack.retain(|item| keep(&item.to_vec())), before - model.len());
                }
                _ => { let tail = pack.split_off(offset); prop_assert!(validate(tail.as_bytes()).is_ok()); pack.append(&tail); }
            }
            prop_assert!(validate(pack.as_bytes()).is_ok());
            prop_assert_eq!(unpack(&pack), model.clone());
            prop_assert_eq!(pack.len(), model.len());
            let last = pack.seek(-1).and_then(|at| pack.get(at)).map(|item| item.to_vec());
            prop_assert_eq!(last.as_ref(), model.last());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0usize..80) {
        let mut framed = vec![(bytes.len() + 7) as u8, 0, 0, 0, 0xFF, 0xFF];
        framed.extend_from_slice(&bytes);
        framed.push(0xFF);
        if let Ok(pack) = Listpack::from_bytes(framed) {
            prop_assert_eq!(pack.iter().count(), pack.iter().rev().count());
            let _ = (pack.get(at), pack.next(at), pack.prev(at), pack.find(at, b"1", 0));
            let mut other = pack.clone();
            let _ = other.remove(at, 2);
            let _ = other.replace(at, ItemRef::Int(7));
            let _ = other.insert(at, ItemRef::Int(7));
            let _ = other.split_off(at);
        }
    }
}
