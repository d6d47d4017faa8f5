//! A small sample of the people of a creator: enough to tell about how many two creators share. Pure.
//!
//! Keys of people are hashes. Bits 10 to 13 of a key put everybody in one of 16 places, and of those in a place the one with the
//! least key leaves a mark: 1 + (bits 14 to 29 modulo 255), in the byte of the place (one permutation hashing: Li, Owen and Zhang
//! 2012; marks of a few bits: Li and König 2010). The share of places in which two creators have the same mark tells the share of
//! their people whom they share. A mark is that of one person in 255, and is made anew with the next count of communities.

/// Places for marks. More: a finer share; fewer: less memory for every creator. A share is 0.14 off at worst (one standard
/// deviation).
const PLACES: usize = 16;
/// The mark of a place that nobody is in.
const NOBODY: u8 = 0;

/// Marks of the people of a creator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeopleSample([u8; PLACES]);

impl PeopleSample {
    /// From two numbers of eight marks each, as the database has them; anything else is a sample of nobody.
    #[must_use]
    pub fn of_numbers(numbers: &[i64]) -> Self {
        let [low, high] = numbers else { return Self::default() };
        Self::of_bytes(&[low.to_le_bytes(), high.to_le_bytes()].concat())
    }

    /// From its bytes; none are a sample of nobody.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.try_into().unwrap_or_default())
    }

    /// Its bytes; none for a sample of nobody.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        if *self == Self::default() { &[] } else { &self.0 }
    }

    /// The share of the people of two creators who engage with both, from 0 to 1 (Dice 1945).
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> f64 {
        let (mut seen, mut same) = (0_u8, 0_u8);
        for (one, other) in self.0.into_iter().zip(other.0) {
            seen += u8::from((one | other) != NOBODY);
            same += u8::from(one == other) & u8::from(one != NOBODY);
        }
        if seen == 0 { 0.0 } else { 2.0 * f64::from(same) / f64::from(seen + same) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EngagerKey;
    use proptest::prelude::*;
    use std::ops::Range;

    /// A sample of these people, as it is defined above.
    fn sample(people: Range<u32>) -> PeopleSample {
        let keys: Vec<i64> =
            people.map(|person| EngagerKey::derive(&[7; 32], &format!("person-{person}")).0).collect();
        let mark = |place: i64| {
            let least = keys.iter().filter(|key| (**key >> 10) & 15 == place).min()?;
            u8::try_from(1 + ((least >> 14) & 0xffff) % 255).ok()
        };
        let marks: Vec<u8> = (0..16).map(|place| mark(place).unwrap_or(NOBODY)).collect();
        PeopleSample::of_bytes(&marks)
    }

    #[test]
    fn the_same_people_are_shared_and_strangers_are_not() {
        let own = sample(0..500);
        let nobody = PeopleSample::default();
        let shared = |other: &PeopleSample| own.shared_with(other).to_bits();
        assert_eq!([shared(&own), shared(&nobody)], [1.0, 0.0].map(f64::to_bits));
        assert!(own.shared_with(&sample(500..1_000)) < 0.2);
        assert_eq!(nobody.shared_with(&nobody).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn samples_are_the_same_in_numbers_and_bytes() {
        let marks: Vec<u8> = (240..=255).collect();
        let whole = |marks: &[u8]| i64::from_le_bytes(marks.try_into().unwrap());
        let sample = PeopleSample::of_numbers(&[whole(&marks[..8]), whole(&marks[8..])]);
        assert_eq!(sample.bytes(), marks);
        assert_eq!(PeopleSample::of_bytes(sample.bytes()), sample);
        for nobody in [&[][..], &[0, 0], &[1]] {
            assert_eq!(PeopleSample::of_numbers(nobody).bytes(), [0_u8; 0]);
        }
    }

    proptest! {
        #[test]
        fn the_mean_over_many_creators_is_the_share_that_they_share(shared in 0..=300_u32) {
            // One pair tells little; the mean of fifty is within five standard deviations.
            let alike = (0..50).map(|pair| {
                let first = pair * 1_000;
                let other = sample(first + 300 - shared..first + 600 - shared);
                sample(first..first + 300).shared_with(&other)
            });
            let (mean, expected) = (alike.sum::<f64>() / 50.0, f64::from(shared) / 300.0);
            prop_assert!((mean - expected).abs() < 0.1, "{} {}", mean, expected);
        }
    }
}
