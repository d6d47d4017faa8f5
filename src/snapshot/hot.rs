//! What filters and ranking read of every candidate: few bytes, together in memory.

use crate::{
    creators::Platform,
    scores::{
        Components, CreatorStatistics,
        components::{Component, MAPPED_STEPS, Status},
        interval::Estimate,
        nearness::Lengths,
    },
};

/// Followers of a creator of whom they are not known.
const UNKNOWN: u32 = u32::MAX;

/// What filters and ranking read of every candidate.
#[derive(Clone, Copy, Debug)]
pub struct Hot {
    /// Country code.
    pub country: [u8; 2],
    /// Number of the set of languages.
    pub languages: u32,
    /// Platforms with an account, one bit each.
    pub platforms: u32,
    /// Lengths of its vectors of niches.
    pub lengths: Lengths,
    /// What is measured of it.
    pub scores: Scores,
    followers: u32,
}

impl Hot {
    /// What is kept of a creator with so many followers on its largest account, when they are known.
    #[must_use]
    pub fn new(
        followers: Option<u32>,
        (country, languages, platforms): ([u8; 2], u32, u32),
        lengths: Lengths,
        scores: Scores,
    ) -> Self {
        Self { country, languages, platforms, lengths, scores, followers: followers.unwrap_or(UNKNOWN) }
    }

    /// The same with other scores.
    #[must_use]
    pub fn with_scores(self, scores: Scores) -> Self {
        Self { scores, ..self }
    }

    /// The same with other lengths.
    #[must_use]
    pub fn with_lengths(self, lengths: Lengths) -> Self {
        Self { lengths, ..self }
    }

    /// Followers of the largest account, when known.
    #[must_use]
    pub fn followers(&self) -> Option<u32> {
        (self.followers != UNKNOWN).then_some(self.followers)
    }
}

/// The components that depend on the creator alone, on the common scale.
const OF_CREATOR: usize = 4;

/// What ranking reads of a creator's scores: values on the common scale in the steps that they are rounded to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scores {
    reach: [f32; 3],
    mapped: [[u16; 3]; OF_CREATOR],
    measured: [bool; OF_CREATOR],
}

impl Scores {
    /// The scores of a creator with these components that stands in the lists of so many niches.
    #[must_use]
    pub fn of(statistics: Option<&CreatorStatistics>, components: &Components, niches: usize) -> Self {
        let all = in_order(components);
        let reach = statistics.map_or(Estimate::exactly(0.0), CreatorStatistics::reach);
        let Estimate { value, low, high } = reach.scaled(1.0 / niches.max(1) as f64);
        Self {
            reach: [value, low, high].map(narrow),
            mapped: all.map(|component| steps(&component.mapped)),
            measured: all.map(|component| component.status == Status::Measured),
        }
    }

    /// Loyal reach in each of the niches in whose lists the creator stands, where loyalty is measured.
    #[must_use]
    pub fn reach(&self) -> Option<Estimate> {
        let [value, low, high] = self.reach.map(f64::from);
        self.is_measured(0).then_some(Estimate { value, low, high })
    }

    /// Loyalty, trust, authenticity and conversation on the common scale.
    #[must_use]
    pub fn mapped(&self) -> [Estimate; OF_CREATOR] {
        self.mapped.map(|steps| {
            let [value, low, high] = steps.map(|steps| f64::from(steps) / MAPPED_STEPS);
            Estimate { value, low, high }
        })
    }

    /// Whether one of these is measured, by its place among them.
    #[must_use]
    pub fn is_measured(&self, component: usize) -> bool {
        self.measured[component]
    }
}

fn in_order(components: &Components) -> [&Component; OF_CREATOR] {
    let Components { loyalty, trust, authenticity, conversation } = components;
    [loyalty, trust, authenticity, conversation]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most 50,000 steps"
)]
fn steps(estimate: &Estimate) -> [u16; 3] {
    [estimate.value, estimate.low, estimate.high]
        .map(|number| (number.clamp(0.0, 1.0) * MAPPED_STEPS).round() as u16)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seven digits are plenty for people who are expected back"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// The bit of a platform.
#[must_use]
pub fn platform_bit(platform: Platform) -> u32 {
    1 << platform.code()
}

/// The bits of languages; unknown codes have none.
#[must_use]
pub fn language_bits<'a>(codes: impl Iterator<Item = &'a str>) -> [u64; 3] {
    let mut bits = [0; 3];
    for number in codes.filter_map(crate::creators::codes::language_number) {
        bits[number / 64] |= 1 << (number % 64);
    }
    bits
}

/// A country code of two letters as bytes; zeros for anything else.
#[must_use]
pub fn country_code(code: &str) -> [u8; 2] {
    code.as_bytes().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::ScoringModel;

    #[test]
    fn rounded_values_are_kept_as_they_are() {
        let sums = CreatorStatistics {
            engagers: 80,
            mature_engagers: 70,
            loyal_engagers: 31,
            talking_engagers: 12,
            expected_back: 17.3,
            expected_back_variance: 6.1,
            first_event: Some(0),
            until: Some(90),
            ..CreatorStatistics::default()
        };
        let model = ScoringModel::published_default();
        let components = Components::of(Some(&sums), (None, None), &[], &model);
        let scores = Scores::of(Some(&sums), &components, 2);
        assert_eq!(scores.mapped(), in_order(&components).map(|component| component.mapped));
        assert_eq!([0, 1, 2, 3].map(|one| scores.is_measured(one)), [true, false, true, true]);
        assert!((scores.reach().unwrap().value - 17.3 / 2.0).abs() < 1e-5);
        assert!(Scores::of(None, &Components::of(None, (None, None), &[], &model), 1).reach().is_none());
    }

    #[test]
    fn what_is_read_of_every_candidate_stays_small() {
        assert!(size_of::<Hot>() <= 80, "{}", size_of::<Hot>());
    }
}
