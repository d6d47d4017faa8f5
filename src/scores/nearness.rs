//! Nearness: how near a creator's niches are to those of a brief.
//!
//! A niche is a vector with 1 on itself and 1/2 on its parent, so that neighbours in the taxonomy are near each other.
//! A brief sums its niches by weight. A creator has two such vectors, each of length 1: one sums the niches it
//! declares, the other the niches its people engage with elsewhere; the more people, the more the second counts, up to
//! as much as the first. Nearness is the cosine of brief and creator. With declared niches alone, the same niche gives 1,
//! parent and child 0.45, two children of one parent 0.2.

use super::interval::{Estimate, NORMAL, beta_variance};

/// What a niche shares with its parent.
pub const PARENT_SHARE: f64 = 0.5;
/// Candidates with less nearness are not recommended, whatever else they have.
pub const MIN_NEARNESS: f64 = 0.25;
/// Most that the community counts, against what the creator declares.
pub const MAX_COMMUNITY_SHARE: f64 = 0.5;
/// Share of a community at which a creator stands in a niche's list without declaring it.
pub const LISTED_SHARE: f64 = 0.2;
/// People at which the community counts half of its most.
pub const COMMUNITY_HALF: f64 = 20.0;

/// A niche by number, with the number of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NichePlace {
    /// Number of the niche.
    pub niche: u32,
    /// Number of its parent.
    pub parent: Option<u32>,
}

/// A vector over niches: few entries, sorted by niche.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NicheVector {
    entries: Vec<(u32, f64)>,
}

impl NicheVector {
    /// The sum of weighted niches, scaled to length 1; empty for none.
    #[must_use]
    pub fn of(places: impl Iterator<Item = (NichePlace, f64)>) -> Self {
        let mut vector = Self::default();
        for (place, weight) in places {
            vector.add(place.niche, weight);
            if let Some(parent) = place.parent {
                vector.add(parent, weight * PARENT_SHARE);
            }
        }
        let length = vector.dot(&vector).sqrt();
        if length > 0.0 {
            vector.entries.iter_mut().for_each(|entry| entry.1 /= length);
        }
        vector
    }

    fn add(&mut self, niche: u32, weight: f64) {
        match self.entries.binary_search_by_key(&niche, |entry| entry.0) {
            Ok(place) => self.entries[place].1 += weight,
            Err(place) => self.entries.insert(place, (niche, weight)),
        }
    }

    /// The scalar product; the cosine, since both have length 1.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.entries.as_slice(), other.entries.as_slice());
        let mut sum = 0.0;
        while let ([(a, x), ..], [(b, y), ..]) = (left, right) {
            if a == b {
                sum += x * y;
            }
            left = &left[usize::from(a <= b)..];
            right = &right[usize::from(b <= a)..];
        }
        sum
    }

    /// True for the vector of no niche.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The niches of a creator: what it declares and what its people engage with elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatorNiches {
    declared: NicheVector,
    community: NicheVector,
    people: u32,
    share: f64,
    length: f64,
}

/// How near a creator is to a brief, with its two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    /// Cosine of brief and creator, with an 80 % interval that carries how few people the community was seen in.
    pub estimate: Estimate,
    /// Cosine of the brief and the declared niches.
    pub declared: f64,
    /// Cosine of the brief and the niches of the community.
    pub community: f64,
    /// How much the community counts, 0 to 1; what is declared counts the rest.
    pub share: f64,
    /// People the community was seen in.
    pub people: u32,
}

impl CreatorNiches {
    /// The niches of a creator whose community was seen in `people`.
    #[must_use]
    pub fn new(declared: NicheVector, community: NicheVector, people: u32) -> Self {
        let seen = f64::from(people);
        let share = match (declared.is_empty(), community.is_empty()) {
            (_, true) => 0.0,
            (true, false) => 1.0,
            (false, false) => MAX_COMMUNITY_SHARE * seen / (seen + COMMUNITY_HALF),
        };
        let cross = 2.0 * share * (1.0 - share) * declared.dot(&community);
        let length = (share * share + (1.0 - share) * (1.0 - share) + cross).sqrt();
        Self { declared, community, people, share, length }
    }

    /// The nearness to a brief.
    #[must_use]
    pub fn nearness(&self, brief: &NicheVector) -> Nearness {
        let (declared, community) = (snapped(brief.dot(&self.declared)), snapped(brief.dot(&self.community)));
        let value = snapped(((1.0 - self.share) * declared + self.share * community) / self.length);
        let spread = beta_variance(community, f64::from(self.people)).sqrt();
        let half = NORMAL * self.share * spread / self.length;
        let estimate = Estimate { value, low: (value - half).max(0.0), high: (value + half).min(1.0) };
        Nearness { estimate, declared, community, share: self.share, people: self.people }
    }
}

/// Equal vectors give 1 but for rounding, and a receipt that says 0.9999999999999998 only puzzles.
fn snapped(cosine: f64) -> f64 {
    if cosine > 1.0 - 1e-12 { 1.0 } else { cosine.max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAMING: NichePlace = NichePlace { niche: 1, parent: None };
    const RETRO: NichePlace = NichePlace { niche: 2, parent: Some(1) };
    const MOBILE: NichePlace = NichePlace { niche: 3, parent: Some(1) };
    const TRAVEL: NichePlace = NichePlace { niche: 4, parent: None };

    fn vector(places: &[(NichePlace, f64)]) -> NicheVector {
        NicheVector::of(places.iter().copied())
    }

    fn even(places: &[NichePlace]) -> NicheVector {
        NicheVector::of(places.iter().map(|place| (*place, 1.0)))
    }

    fn declares(places: &[NichePlace]) -> CreatorNiches {
        CreatorNiches::new(even(places), NicheVector::default(), 0)
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-3
    }

    #[test]
    fn neighbours_in_the_taxonomy_are_near() {
        let fit = |brief: NichePlace, declared: NichePlace| {
            declares(&[declared]).nearness(&even(&[brief])).estimate.value
        };
        assert!(near(fit(RETRO, RETRO), 1.0));
        assert!(near(fit(GAMING, RETRO), 0.447));
        assert!(near(fit(RETRO, GAMING), 0.447));
        assert!(near(fit(RETRO, MOBILE), 0.2) && 0.2 < MIN_NEARNESS);
        assert!(near(fit(RETRO, TRAVEL), 0.0));
        assert!(near(declares(&[]).nearness(&even(&[TRAVEL])).estimate.value, 0.0));
    }

    #[test]
    fn a_community_elsewhere_lowers_an_impostor_and_lifts_who_fits_without_saying_so() {
        let impostor = CreatorNiches::new(even(&[GAMING]), even(&[TRAVEL]), 10_000);
        let honest = CreatorNiches::new(even(&[GAMING]), even(&[GAMING]), 10_000);
        let brief = even(&[GAMING]);
        assert!(near(honest.nearness(&brief).estimate.value, 1.0));
        assert!(near(impostor.nearness(&brief).estimate.value, 0.708));
        assert!(near(impostor.nearness(&even(&[TRAVEL])).estimate.value, 0.706));
    }

    #[test]
    fn few_people_say_little_and_leave_it_open() {
        let community = vector(&[(GAMING, 0.5), (TRAVEL, 0.5)]);
        let few = CreatorNiches::new(even(&[GAMING]), community.clone(), 5).nearness(&even(&[GAMING]));
        let many = CreatorNiches::new(even(&[GAMING]), community, 5_000).nearness(&even(&[GAMING]));
        assert!(few.share < many.share && many.share < MAX_COMMUNITY_SHARE);
        assert!(few.estimate.high - few.estimate.low > many.estimate.high - many.estimate.low);
    }

    proptest! {
        #[test]
        fn nearness_lies_in_its_interval_within_0_and_1_and_ignores_the_scale_of_weights(
            weights in prop::collection::vec(0.01..10.0_f64, 1..4), scale in 0.1..10.0_f64,
            declared in 0..5_usize, community in 0..5_usize, people in 0..10_000_u32,
        ) {
            let places = [RETRO, GAMING, TRAVEL, MOBILE];
            let creator = CreatorNiches::new(even(&places[..declared.min(4)]), even(&places[4 - community.min(4)..]), people);
            let brief: Vec<_> = places.into_iter().zip(weights.iter().copied()).collect();
            let scaled: Vec<_> = brief.iter().map(|(place, weight)| (*place, weight * scale)).collect();
            let fit = creator.nearness(&vector(&brief)).estimate;
            prop_assert!(0.0 <= fit.low && fit.low <= fit.value && fit.value <= fit.high && fit.high <= 1.0, "{fit:?}");
            prop_assert!((fit.value - creator.nearness(&vector(&scaled)).estimate.value).abs() < 1e-9);
        }
    }
}
