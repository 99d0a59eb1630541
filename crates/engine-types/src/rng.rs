//! A small, fast, seedable generator. Callers own one and pass it in; nothing here is global,
//! so that a test or a replayed unit can repeat its choices. Not for secrets.

/// Sebastiano Vigna's SplitMix64: 2^64 values before it repeats.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..bound`, without the bias of a remainder; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        if bound == 0 {
            return 0;
        }
        // Lemire's method: the high half of the product, redrawn in the few cases whose low
        // half would favour some results.
        let mut wide = u128::from(self.next_u64()) * u128::from(bound);
        if (wide as u64) < bound {
            let reject_below = bound.wrapping_neg() % bound;
            while (wide as u64) < reject_below {
                wide = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (wide >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn repeats_from_its_seed_and_stays_below() {
        let (mut a, mut b) = (Rng::new(7), Rng::new(7));
        for bound in 1..2000 {
            let drawn = a.below(bound);
            assert_eq!(drawn, b.below(bound));
            assert!(drawn < bound);
        }
        assert_eq!(a.below(0), 0);
        assert_ne!(Rng::new(1).next_u64(), Rng::new(2).next_u64());
    }

    #[test]
    fn every_value_of_a_small_range_is_about_as_likely() {
        let mut rng = Rng::new(42);
        let mut hits = [0u32; 7];
        for _ in 0..70_000 {
            hits[rng.below(7)] += 1;
        }
        assert!(
            hits.iter().all(|hit| (9_400..10_600).contains(hit)),
            "{hits:?}"
        );
    }
}
