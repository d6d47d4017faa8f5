//! The flow of trust. Pure.

use crate::scores::interval::Estimate;
use serde::{Deserialize, Serialize};

/// Share of trust that goes on in each round.
pub const DAMPING: f64 = 0.5;
/// Most trust that somebody gets in a round, as a share of what a seed has, before damping: in the round k at most
/// `CAP * DAMPING^k`, in all at most `CAP * DAMPING / (1 - DAMPING)`.
pub const CAP: f64 = 0.25;
/// Rounds end when less than this share of what seeds have still flows.
const REST: f64 = 1e-6;
/// Trust that the niche's rate counts as, in each creator's trust.
pub const TRUST_PRIOR_WEIGHT: f64 = 5.0;
/// Least trusted people for the component to be measured ...
pub const MIN_TRUSTED: i32 = 5;
/// ... and least trust of theirs: many people of next to none are no evidence.
pub const MIN_MASS: f64 = 0.5;

/// What somebody does with a creator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engagement {
    /// Number of the person.
    pub person: u32,
    /// Number of the creator.
    pub creator: u32,
    /// Strength of the relationship: trust goes to creators in proportion to it.
    pub strength: f64,
    /// Whether the creator answers, by a reply or by a verified purchase.
    pub answered: bool,
}

/// The trust of each person: 1 for seeds, and what came to them.
///
/// In each round, what came to somebody last goes to the creators engaged with, in proportion to strength, and from each
/// creator in equal parts to those it answers, damped and capped. Whoever is neither a seed nor answered gets nothing, so
/// any number of such accounts moves nobody; each answered one has at most `CAP * DAMPING / (1 - DAMPING)`. Costs the
/// engagements in each of about 20 rounds.
#[must_use]
pub fn trust(people: usize, creators: usize, seeds: &[u32], engagements: &[Engagement]) -> Vec<f64> {
    let mut given = vec![0.0; people];
    let mut answered = vec![0.0; creators];
    for engagement in engagements {
        given[engagement.person as usize] += engagement.strength;
        answered[engagement.creator as usize] += f64::from(u8::from(engagement.answered));
    }
    let mut fresh = vec![0.0; people];
    for seed in seeds {
        fresh[*seed as usize] = 1.0;
    }
    let mut all = fresh.clone();
    let (rest, mut cap) = (REST * seeds.len() as f64, CAP);
    while fresh.iter().sum::<f64>() > rest {
        cap *= DAMPING;
        fresh = next(&fresh, &given, &answered, engagements, cap);
        all.iter_mut().zip(&fresh).for_each(|(all, fresh)| *all += fresh);
    }
    all
}

fn next(fresh: &[f64], given: &[f64], answered: &[f64], engagements: &[Engagement], cap: f64) -> Vec<f64> {
    let mut of_creators = vec![0.0; answered.len()];
    for engagement in engagements.iter().filter(|engagement| engagement.strength > 0.0) {
        let person = engagement.person as usize;
        of_creators[engagement.creator as usize] += fresh[person] * engagement.strength / given[person];
    }
    let mut came = vec![0.0; fresh.len()];
    for engagement in engagements.iter().filter(|engagement| engagement.answered) {
        let creator = engagement.creator as usize;
        came[engagement.person as usize] += DAMPING * of_creators[creator] / answered[creator];
    }
    came.into_iter().map(|came: f64| came.min(cap)).collect()
}

/// The trusted people of a creator, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrustSums {
    /// People with any trust.
    pub people: i32,
    /// Their trust, of mature people and as far as they are not discounted.
    pub mass: f64,
    /// Trust that is expected back within 90 days.
    pub back: f64,
    /// Variance of that, for independent people.
    pub variance: f64,
}

impl TrustSums {
    /// Adds somebody: trust, whether mature, and the chance of coming back.
    pub fn add(&mut self, trust: f64, is_mature: bool, chance: f64) {
        if trust > 0.0 {
            self.people += 1;
            self.mass += if is_mature { trust } else { 0.0 };
            self.back += trust * chance;
            self.variance += trust * trust * chance * (1.0 - chance);
        }
    }

    /// `(back + 5 prior) / (mass + 5)`: loyalty in which each person counts as much as they are trusted. `None` for too
    /// few people, or too little trust.
    #[must_use]
    pub fn estimate(&self, prior: f64, creator_effect: f64) -> Option<Estimate> {
        if self.people < MIN_TRUSTED || self.mass < MIN_MASS {
            return None;
        }
        let mass = self.mass + TRUST_PRIOR_WEIGHT;
        let mean = (self.back + TRUST_PRIOR_WEIGHT * prior) / mass;
        let by_chance = (self.variance + TRUST_PRIOR_WEIGHT * prior * (1.0 - prior)) / (mass * mass);
        Some(Estimate::from_mean_and_variance(mean, by_chance + (creator_effect * mean).powi(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEOPLE: u32 = 30;
    const CREATORS: u32 = 10;
    /// Most that can come to somebody.
    const MOST: f64 = CAP * DAMPING / (1.0 - DAMPING);

    prop_compose! {
        fn engagement(people: std::ops::Range<u32>)(
            person in people, creator in 0..CREATORS, strength in 0.1..100.0_f64, answered in any::<bool>(),
        ) -> Engagement {
            Engagement { person, creator, strength, answered }
        }
    }

    fn honest() -> impl Strategy<Value = Vec<Engagement>> {
        prop::collection::vec(engagement(0..PEOPLE), 0..200)
    }

    fn made_up() -> impl Strategy<Value = Vec<Engagement>> {
        prop::collection::vec(engagement(PEOPLE..3 * PEOPLE), 0..200)
    }

    fn flow(engagements: &[Engagement]) -> Vec<f64> {
        trust(3 * PEOPLE as usize, CREATORS as usize, &[0, 1, 2], engagements)
    }

    proptest! {
        #[test]
        fn accounts_nobody_answers_move_nobody(honest in honest(), made_up in made_up()) {
            let unanswered = made_up.into_iter().map(|one| Engagement { answered: false, ..one });
            let attacked: Vec<Engagement> = honest.iter().copied().chain(unanswered).collect();
            prop_assert_eq!(flow(&honest), flow(&attacked), "to the last bit");
        }

        #[test]
        fn each_answer_brings_made_up_accounts_a_bounded_trust(honest in honest(), made_up in made_up()) {
            let answers = made_up.iter().filter(|one| one.answered).count();
            let trust = flow(&[honest, made_up].concat());
            let captured: f64 = trust[PEOPLE as usize..].iter().sum();
            prop_assert!(captured <= answers as f64 * MOST + 1e-9, "{} by {} answers", captured, answers);
        }

        #[test]
        fn trust_is_bounded_and_starts_at_seeds(engagements in honest()) {
            let flowed = flow(&engagements);
            prop_assert!(flowed.iter().take(3).all(|trust| (1.0..=1.0 + MOST).contains(trust)));
            prop_assert!(flowed.iter().skip(3).all(|trust| (0.0..=MOST).contains(trust)));
            let without = trust(3 * PEOPLE as usize, CREATORS as usize, &[], &engagements);
            prop_assert!(without.iter().all(|trust| *trust == 0.0));
        }

        #[test]
        fn the_order_of_engagements_does_not_matter(engagements in honest()) {
            let reversed: Vec<Engagement> = engagements.iter().rev().copied().collect();
            let both = flow(&engagements).into_iter().zip(flow(&reversed));
            prop_assert!(both.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }

    #[test]
    fn trust_reaches_those_whom_a_trusted_creator_answers() {
        let engage = |person, creator, answered| Engagement { person, creator, strength: 1.0, answered };
        // A seed and a fan engage with creator 0, who answers the fan; the fan engages with creator 1, who answers nobody.
        let flowed = trust(
            4,
            2,
            &[0],
            &[engage(0, 0, false), engage(1, 0, true), engage(1, 1, false), engage(2, 1, false)],
        );
        // Of the seed's trust half comes to the fan, but not more than an eighth; half of what came goes on to creator 0 and
        // back.
        assert!((flowed[0] - 1.0).abs() < 1e-12 && flowed[2..].iter().all(|trust| *trust <= 0.0));
        assert!(flowed[1] > 0.125 && flowed[1] < 0.2, "{}", flowed[1]);
    }

    #[test]
    fn trust_weighs_people_by_who_they_are() {
        let mut sums = TrustSums::default();
        for chance in [0.9, 0.9, 0.9, 0.9] {
            sums.add(1.0, true, chance);
        }
        assert_eq!(sums.estimate(0.01, 0.0), None, "four people are too few");
        sums.add(1.0, true, 0.9);
        (0..10_000).for_each(|_| sums.add(0.0, true, 0.0));
        let estimate = sums.estimate(0.01, 0.0).unwrap();
        assert!((estimate.value - (4.5 + 0.05) / 10.0).abs() < 1e-12 && sums.people == 5);
    }
}
