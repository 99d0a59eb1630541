//! LZF, the compression of RDB strings.
//!
//! ```text
//! 000LLLLL                    L + 1 literal bytes follow
//! LLLooooo oooooooo           L in 1..=6: copy L + 2 bytes from o + 1 back
//! 111ooooo LLLLLLLL oooooooo  copy L + 9 bytes from o + 1 back
//! ```

const HASH_BITS: u32 = 12;
const LITERALS_MAX: usize = 32;
const OFFSET_MAX: usize = 1 << 13;
const MATCH_MAX: usize = 2 + 7 + 255;

/// No compressed form of `n` bytes decompresses to more than this: a copy of [`MATCH_MAX`] bytes
/// takes three. Guards the allocation for a declared length.
pub(super) fn decompressed_max(n: usize) -> usize {
    n.saturating_mul(MATCH_MAX / 3)
}

/// Compresses; `None` unless the result is shorter than the input by at least 4 bytes, what the
/// second length costs.
pub(super) fn compress(input: &[u8]) -> Option<Vec<u8>> {
    let room = input.len().checked_sub(4)?;
    let mut out = Vec::with_capacity(room);
    let mut seen = [0u32; 1 << HASH_BITS];
    let mut literals = 0;
    let mut at = 0;
    while at + 2 < input.len() {
        let slot = hash(&input[at..at + 3]);
        // Positions are stored plus one, so that zero means "never".
        let candidate = std::mem::replace(&mut seen[slot], at as u32 + 1) as usize;
        let length = match candidate.checked_sub(1) {
            Some(from) if at - from <= OFFSET_MAX => common(input, from, at),
            _ => 0,
        };
        if length < 3 {
            at += 1;
            continue;
        }
        put_literals(&mut out, &input[literals..at]);
        put_match(&mut out, at - candidate, length - 2);
        if out.len() >= room {
            return None;
        }
        at += length;
        literals = at;
    }
    put_literals(&mut out, &input[literals..]);
    (out.len() <= room).then_some(out)
}

fn hash(three: &[u8]) -> usize {
    let key = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
    (key.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}

fn common(input: &[u8], from: usize, at: usize) -> usize {
    input[from..]
        .iter()
        .zip(&input[at..])
        .take(MATCH_MAX)
        .take_while(|(a, b)| a == b)
        .count()
}

fn put_literals(out: &mut Vec<u8>, literals: &[u8]) {
    for run in literals.chunks(LITERALS_MAX) {
        out.push(run.len() as u8 - 1);
        out.extend_from_slice(run);
    }
}

/// `back` is the distance less one, `length` the match length less two.
fn put_match(out: &mut Vec<u8>, back: usize, length: usize) {
    let high = (back >> 8) as u8;
    if length < 7 {
        out.push((length as u8) << 5 | high);
    } else {
        out.push(7 << 5 | high);
        out.push((length - 7) as u8);
    }
    out.push(back as u8);
}

/// Decompresses to exactly `length` bytes; `None` if the input is not the LZF of so many.
pub(super) fn decompress(input: &[u8], length: usize) -> Option<Vec<u8>> {
    if length > decompressed_max(input.len()) {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    let mut rest = input;
    while let Some((&control, after)) = rest.split_first() {
        rest = after;
        if control < 32 {
            let (run, after) = rest.split_at_checked(usize::from(control) + 1)?;
            out.extend_from_slice(run);
            rest = after;
        } else {
            let mut copy = usize::from(control >> 5) + 2;
            if copy == 9 {
                let (&more, after) = rest.split_first()?;
                copy += usize::from(more);
                rest = after;
            }
            let (&low, after) = rest.split_first()?;
            rest = after;
            let back = (usize::from(control & 31) << 8 | usize::from(low)) + 1;
            let from = out.len().checked_sub(back)?;
            if out.len() + copy > length {
                return None;
            }
            // The copy may overlap what it writes: that is how runs are coded.
            for n in from..from + copy {
                let byte = out[n];
                out.push(byte);
            }
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_shrink_and_noise_does_not() {
        let run = [b'a'; 1_000];
        let packed = compress(&run).expect("shrinks");
        assert!(packed.len() < 30);
        assert_eq!(decompress(&packed, 1_000).as_deref(), Some(&run[..]));
        let noise: Vec<u8> = (0..400u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        assert_eq!(compress(&noise), None);
        assert_eq!(compress(b"abc"), None);
    }

    #[test]
    fn a_declared_length_is_held_to() {
        let packed = compress(&[b'a'; 100]).expect("shrinks");
        assert_eq!(decompress(&packed, 99), None);
        assert_eq!(decompress(&packed, 101), None);
        assert_eq!(decompress(&packed, usize::MAX), None);
        assert_eq!(
            decompress(&[0x20, 0], 3),
            None,
            "copies from before the start"
        );
        assert_eq!(decompress(&[5, b'a'], 6), None, "literals cut short");
    }

    proptest! {
        #[test]
        fn round_trip(words in prop::collection::vec("[a-d]{1,6}", 0..300)) {
            let input = words.concat();
            if let Some(packed) = compress(input.as_bytes()) {
                prop_assert!(packed.len() + 4 <= input.len());
                prop_assert_eq!(decompress(&packed, input.len()), Some(input.into_bytes()));
            }
        }

        #[test]
        fn hostile_input_is_refused_or_decoded(input in prop::collection::vec(any::<u8>(), 0..200), length in 0usize..4_000) {
            if let Some(out) = decompress(&input, length) {
                prop_assert_eq!(out.len(), length);
            }
        }
    }
}
