//! The generator behind `math.random`: the 48-bit linear congruential one of `drand48`, as Redis has it, so that a
//! seed gives the same numbers everywhere.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const ADDEND: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;
/// Low 16 bits after seeding.
const SEED_LOW: u64 = 0x330E;

/// State of the generator.
#[derive(Debug, Clone)]
pub(crate) struct Lrand48(u64);

impl Lrand48 {
    /// As `srand48`.
    pub(crate) fn new(seed: i32) -> Self {
        Self((u64::from(seed as u32) << 16) | SEED_LOW)
    }

    /// The next of the numbers 0 to 2³¹ − 1.
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(ADDEND) & MASK;
        (self.0 >> 17) as u32
    }

    /// The next of the numbers 0 ≤ n < 1.
    pub(crate) fn next_unit(&mut self) -> f64 {
        const MAX: u32 = i32::MAX as u32;
        f64::from(self.next() % MAX) / f64::from(MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_lrand48() {
        // From the C library: srand48(1); lrand48() …
        let mut random = Lrand48::new(1);
        let first: Vec<u32> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [89_400_484, 976_015_093, 1_792_756_325]);
    }
}
