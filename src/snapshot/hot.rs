//! What filters and ranking read of every candidate: few bytes, together in memory.

use super::packed::evidence_of;
use crate::{
    creators::Platform,
    relationships::days::Day,
    scores::{
        Components, CreatorStatistics,
        components::{Component, Evidence, MAPPED_STEPS, OF_CREATOR, Status},
        interval::Estimate,
        nearness::{Lengths, narrow},
    },
};

/// Followers of a creator of whom they are not known.
const UNKNOWN: u32 = u32::MAX;
/// Shares of posts are compared in so many steps.
pub const SHARE_STEPS: f64 = 10_000.0;

/// What filters and ranking read of every candidate.
#[derive(Clone, Copy, Debug)]
pub struct Hot {
    /// Number of the country.
    pub country: u8,
    platforms: [u8; 3],
    /// Number of the region and city.
    pub place: u32,
    /// Number of the set of languages.
    pub languages: u32,
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
        (country, place, languages, platforms): (u8, u32, u32, u32),
        lengths: Lengths,
        scores: Scores,
    ) -> Self {
        let followers = followers.unwrap_or(UNKNOWN);
        let [first, second, third, _] = platforms.to_le_bytes();
        let platforms = [first, second, third];
        Self { country, platforms, place, languages, lengths, scores, followers }
    }

    /// The same of a creator with such a share of sponsored posts, when posts are known.
    #[must_use]
    pub fn with_sponsored(self, share: Option<f64>) -> Self {
        let scores = Scores { sponsored: share_steps(share.unwrap_or_default()), ..self.scores };
        Self { scores, ..self }
    }

    /// The same with other scores; of posts nothing else is known.
    #[must_use]
    pub fn with_scores(self, scores: Scores) -> Self {
        Self { scores: Scores { sponsored: self.scores.sponsored, ..scores }, ..self }
    }

    /// Platforms with an account, one bit each.
    #[must_use]
    pub fn platforms(&self) -> u32 {
        let [first, second, third] = self.platforms;
        u32::from_le_bytes([first, second, third, 0])
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

/// A share of posts in the steps in which such shares are compared.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most 10,000 steps"
)]
pub fn share_steps(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * SHARE_STEPS).round() as u16
}

/// What filters and ranking read of a creator's scores: values on the common scale in the steps that they are rounded to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scores {
    /// Share of posts of the last year that somebody paid for, in steps; 0 when no posts are known. It is no score, and here because
    /// there is room between the others.
    pub sponsored: u16,
    /// Loyal reach in all niches together.
    reach: [f32; 3],
    mapped: [[u16; 3]; OF_CREATOR],
    events: u32,
    engagers: u32,
    days: u16,
    /// Day after the last sign of life of the feed; 0: there was none. Days end in 2149.
    seen_until: u16,
    /// One bit for each component that is measured.
    measured: u8,
    /// Niches in whose lists the creator stands.
    lists: u8,
}

impl Scores {
    /// The scores of a creator with these components that stands in the lists of so many niches.
    #[must_use]
    pub fn of(statistics: Option<&CreatorStatistics>, components: &Components, niches: usize) -> Self {
        let all = components.in_order();
        let Estimate { value, low, high } =
            statistics.map_or(Estimate::exactly(0.0), CreatorStatistics::reach);
        let Evidence { events, engagers, days } = statistics.map_or(Evidence::default(), evidence_of);
        let seen_until = statistics.and_then(|sums| sums.window).map_or(0, |(_, end)| end + 1);
        Self {
            sponsored: 0,
            reach: [value, low, high].map(narrow),
            mapped: all.map(|component| steps(&component.mapped)),
            measured: (0..).zip(all).fold(0, |bits, (one, component)| {
                bits | u8::from(component.status == Status::Measured) << one
            }),
            days: u16::try_from(days).unwrap_or(u16::MAX),
            events: u32::try_from(events.max(0)).unwrap_or(u32::MAX),
            engagers: engagers.max(0).unsigned_abs(),
            seen_until: u16::try_from(seen_until.max(0)).unwrap_or(u16::MAX),
            lists: u8::try_from(niches).unwrap_or(u8::MAX),
        }
    }

    /// Loyal reach in each of the niches in whose lists the creator stands, where loyalty is measured.
    #[must_use]
    pub fn reach(&self) -> Option<Estimate> {
        let [value, low, high] = self.reach.map(f64::from);
        let everywhere = Estimate { value, low, high };
        self.is_measured(0).then(|| everywhere.scaled(1.0 / f64::from(self.lists.max(1))))
    }

    /// Loyalty, trust, authenticity and conversation on the common scale.
    #[must_use]
    pub fn mapped(&self) -> [Estimate; OF_CREATOR] {
        self.mapped.map(|steps| {
            let [value, low, high] = steps.map(|steps| f64::from(steps) / MAPPED_STEPS);
            Estimate { value, low, high }
        })
    }

    /// The components, with these values on their own scales in the order of [`OF_CREATOR`].
    #[must_use]
    pub fn components(&self, raw: [Estimate; OF_CREATOR]) -> Components {
        let mapped = self.mapped();
        let component = |one: usize| Component {
            status: if self.is_measured(one) { Status::Measured } else { Status::Insufficient },
            raw: raw[one],
            mapped: mapped[one],
        };
        Components {
            loyalty: component(0),
            trust: component(1),
            authenticity: component(2),
            conversation: component(3),
        }
    }

    /// People expected back within 90 days, in all niches together.
    #[must_use]
    pub fn loyal_reach(&self) -> f32 {
        self.reach[0]
    }

    /// Events, engagers and days of evidence.
    #[must_use]
    pub fn evidence(&self) -> [u32; 3] {
        [self.events, self.engagers, u32::from(self.days)]
    }

    /// Day of the last sign of life of the feed, if there was one.
    #[must_use]
    pub fn last_seen(&self) -> Option<Day> {
        Some(Day::from(self.seen_until.checked_sub(1)?))
    }

    /// Whether one of these is measured, by its place among them.
    #[must_use]
    pub fn is_measured(&self, component: usize) -> bool {
        self.measured >> component & 1 == 1
    }
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
            window: Some((0, 88)),
            ..CreatorStatistics::default()
        };
        let model = ScoringModel::published_default();
        let components = Components::of(Some(&sums), (None, None), &[], &model);
        let scores = Scores::of(Some(&sums), &components, 2);
        assert_eq!(scores.mapped(), components.in_order().map(|component| component.mapped));
        assert_eq!([0, 1, 2, 3].map(|one| scores.is_measured(one)), [true, false, true, true]);
        assert!((scores.reach().unwrap().value - 17.3 / 2.0).abs() < 1e-5);
        assert!((scores.loyal_reach() - 17.3).abs() < 1e-5);
        assert_eq!((scores.evidence(), scores.last_seen()), ([0, 80, 91], Some(88)));
        let unseen = Scores::of(None, &Components::of(None, (None, None), &[], &model), 1);
        assert_eq!((unseen.reach(), unseen.evidence(), unseen.last_seen()), (None, [0; 3], None));
    }

    #[test]
    fn the_share_of_sponsored_posts_outlives_other_scores() {
        let every = Platform::ALL.iter().fold(0, |bits, platform| bits | platform_bit(*platform));
        let hot = Hot::new(None, (0, 0, 0, every), Lengths::default(), Scores::default());
        assert_eq!((hot.scores.sponsored, hot.platforms()), (0, every));
        let known = hot.with_sponsored(Some(1.0 / 3.0)).with_scores(Scores::default());
        assert_eq!(known.scores.sponsored, 3_333);
    }

    #[test]
    fn what_is_read_of_every_candidate_stays_small() {
        assert!(size_of::<Hot>() <= 88, "{}", size_of::<Hot>());
    }
}
