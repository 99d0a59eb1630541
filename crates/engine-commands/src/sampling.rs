//! Choosing elements of a collection at random (SRANDMEMBER, HRANDFIELD, ZRANDMEMBER with a count).

use engine_dispatch::Error;
use engine_types::Rng;
use std::collections::BTreeSet;

/// Size above which few elements are cheaper to look up one by one than to find in passing.
const SMALL: usize = 128;

/// A reply longer than this is refused: a negative count repeats elements as often as it says.
const REPLY_BYTES_MAX: usize = 1 << 30;

/// `count` distinct indices below `size`, ascending; all of them if there are no more.
pub(crate) fn distinct(rng: &mut Rng, size: usize, count: usize) -> Vec<usize> {
    if count >= size {
        return (0..size).collect();
    }
    if is_dense(size, count) {
        let mut left = count;
        let mut chosen = Vec::with_capacity(count);
        for index in 0..size {
            if rng.below(size - index) < left {
                chosen.push(index);
                left -= 1;
            }
        }
        return chosen;
    }
    // Robert Floyd's algorithm: one draw an element, and every subset is as likely.
    let mut chosen = BTreeSet::new();
    for top in size - count..size {
        let index = rng.below(top + 1);
        if !chosen.insert(index) {
            chosen.insert(top);
        }
    }
    chosen.into_iter().collect()
}

/// Whether so many elements are chosen that walking over all of them is the quicker way to collect them.
pub(crate) fn is_dense(size: usize, count: usize) -> bool {
    size <= SMALL || count > size / 4
}

/// Keeps a reply that repeats elements from growing without end.
///
/// # Errors
/// It has grown too long.
pub(crate) fn check_reply(bytes: usize) -> Result<(), Error> {
    if bytes > REPLY_BYTES_MAX {
        return Err(Error::new("ERR value is out of range"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_distinct_ascending_and_all_likely() {
        let mut rng = Rng::new(3);
        for (size, count) in [(0, 3), (1, 1), (10, 3), (1000, 5), (1000, 900), (5, 9)] {
            let chosen = distinct(&mut rng, size, count);
            assert_eq!(chosen.len(), count.min(size));
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(chosen.iter().all(|index| *index < size));
        }
        for (size, count) in [(20, 5), (400, 4)] {
            let mut hits = vec![0; size];
            for _ in 0..20_000 {
                distinct(&mut rng, size, count)
                    .into_iter()
                    .for_each(|index| hits[index] += 1);
            }
            let mean = 20_000 * count / size;
            assert!(hits.iter().all(|hit| (mean / 2..mean * 2).contains(hit)));
        }
    }
}
