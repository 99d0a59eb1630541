//! The hash of an element, and the estimate from what the hashes left in the registers.

use super::shared_sketch::REGISTERS;

/// Bits of a hash that choose its register.
const INDEX_BITS: u32 = 14;
/// Bits of a hash whose zeros are counted.
const RUN_BITS: usize = 64 - INDEX_BITS as usize;

/// How many registers have each value.
pub(crate) type Histogram = [u32; 64];

/// MurmurHash2 in its 64-bit variant (Austin Appleby), as Redis reads it: little endian everywhere.
fn murmur(bytes: &[u8], seed: u64) -> u64 {
    const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
    const SHIFT: u32 = 47;
    let word = |chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    };
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut k = word(chunk).wrapping_mul(MULTIPLIER);
        k ^= k >> SHIFT;
        hash = (hash ^ k.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !chunks.remainder().is_empty() {
        hash = (hash ^ word(chunks.remainder())).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> SHIFT;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ hash >> SHIFT
}

/// The register of an element, and the value it raises it to: the zeros before the first one, plus one.
pub(crate) fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur(element, 0xadc8_3b19);
    let index = hash as usize & (REGISTERS - 1);
    let rest = hash >> INDEX_BITS | 1 << RUN_BITS;
    (index, rest.trailing_zeros() as u8 + 1)
}

/// The cardinality that registers with this histogram stand for.
///
/// Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284: with sigma and
/// tau no correction for small or large cardinalities is needed.
pub(crate) fn estimate(histogram: &Histogram) -> u64 {
    /// 0.5 / ln 2
    const ALPHA_INF: f64 = 0.721_347_520_444_481_7;
    let m = REGISTERS as f64;
    let count = |value: usize| f64::from(histogram[value]);
    let mut z = m * tau((m - count(RUN_BITS + 1)) / m);
    for value in (1..=RUN_BITS).rev() {
        z = (z + count(value)) * 0.5;
    }
    z += m * sigma(count(0) / m);
    (ALPHA_INF * m * m / z).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_sketch_stands_for_nothing() {
        let mut histogram = [0; 64];
        histogram[0] = REGISTERS as u32;
        assert_eq!(estimate(&histogram), 0);
    }
}
