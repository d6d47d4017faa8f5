//! A small generator of numbers whose values never change between versions.
//!
//! `SplitMix64` (Steele, Lea and Flood 2014). The story must be the same in every version of every crate, so that
//! loading it again finds it there already.

/// The generator.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator whose values follow from the seed alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`; 0 for a bound of 0. Favours low numbers by less than `bound / 2^32`.
    pub fn below(&mut self, bound: u32) -> u32 {
        let scaled = (self.bits() >> 32) * u64::from(bound);
        u32::try_from(scaled >> 32)
            .expect("a 32-bit number times a bound, halved in width, is below the bound")
    }

    /// True in this many of 1,000 cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of several; `None` when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(u32::try_from(items.len()).unwrap_or(u32::MAX)) as usize)
    }

    /// Days until something that happens every `mean` days by chance: at least 1.
    pub fn wait(&mut self, mean: u32) -> u32 {
        let mut days = 1;
        while self.below(mean) != 0 {
            days += 1;
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_published_algorithm() {
        let mut random = Random::new(1_234_567);
        assert_eq!(
            [random.bits(), random.bits(), random.bits()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut random = Random::new(7);
        let seen: std::collections::BTreeSet<u32> = (0..1_000).map(|_| random.below(6)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(random.below(0), 0);
        assert!((0..1_000).all(|_| random.wait(5) >= 1));
        let mean = (0..10_000).map(|_| random.wait(12)).sum::<u32>() / 10_000;
        assert!((11..=13).contains(&mean));
    }
}
