//! The conversation component: do people talk, and does the creator answer?

use super::{
    CreatorStatistics,
    components::are_few,
    interval::{Estimate, beta_variance},
    model::{ANSWER_PRIOR_WEIGHT, Rates, TALK_PRIOR_WEIGHT},
};

/// `talk (1 + answer) / 2`: expected share of engaged people in a conversation, where who talks counts half and who is
/// answered counts whole. Shares of people who talk and of those who are answered are Beta-binomial, each drawn towards the
/// niche's.
///
/// Given the counts the two shares are independent, as their priors are: whom the creator answers is seen only of people who
/// talk, whatever their share. So mean and variance of the product follow exactly from those of the two; the interval is
/// that of a Beta with both.
#[must_use]
pub fn conversation(sums: &CreatorStatistics, prior: Rates) -> Option<Estimate> {
    if are_few(sums.counted_engagers()) {
        return None;
    }
    let talking = sums.counted_talking();
    let talk = Posterior::of((talking, sums.counted_engagers()), (prior.talk, TALK_PRIOR_WEIGHT));
    let answer = Posterior::of((sums.counted_answered(), talking), (prior.answer, ANSWER_PRIOR_WEIGHT));
    let whole = 1.0 + answer.mean;
    let variance = talk.variance * (answer.variance + whole.powi(2)) + talk.mean.powi(2) * answer.variance;
    Some(Estimate::from_mean_and_variance(talk.mean * whole / 2.0, variance / 4.0))
}

/// Mean and variance of a share with the posterior Beta(some + weight prior, others + weight (1 - prior)).
struct Posterior {
    mean: f64,
    variance: f64,
}

impl Posterior {
    fn of((some, all): (f64, f64), (prior, weight): (f64, f64)) -> Self {
        let mean = (some + weight * prior) / (all + weight);
        Self { mean, variance: beta_variance(mean, all + weight) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn statistics()(engagers in 0..2_000_i32, [talking, answered] in prop::array::uniform2(0..=100_i32)) -> CreatorStatistics {
            let talking_engagers = engagers * talking / 100;
            let answered_engagers = talking_engagers * answered / 100;
            CreatorStatistics { engagers, talking_engagers, answered_engagers, ..CreatorStatistics::default() }
        }
    }

    fn ordered(estimate: Estimate) -> bool {
        0.0 <= estimate.low
            && estimate.low <= estimate.value
            && estimate.value <= estimate.high
            && estimate.high <= 1.0
    }

    prop_compose! {
        fn rates()([loyalty, talk, answer] in prop::array::uniform3(0.0..=1.0_f64)) -> Rates {
            Rates { loyalty, talk, answer }
        }
    }

    proptest! {
        #[test]
        fn more_people_who_talk_or_are_answered_is_never_worse(sums in statistics(), rates in rates(), more in 1..50_i32) {
            let Some(before) = conversation(&sums, rates) else { return Ok(()) };
            prop_assert!(ordered(before), "{:?}", before);
            let CreatorStatistics { engagers, talking_engagers: talking, answered_engagers: answered, .. } = sums;
            let talkative = CreatorStatistics { talking_engagers: engagers.min(talking + more), ..sums.clone() };
            let responsive = CreatorStatistics { answered_engagers: talking.min(answered + more), ..sums.clone() };
            for better in [talkative, responsive] {
                let after = conversation(&better, rates).unwrap();
                prop_assert!(after.value >= before.value - 1e-12, "{:?} {:?}", before, after);
            }
        }

        #[test]
        fn where_no_answers_are_known_everybody_gets_the_same_factor(sums in statistics(), talk in 0.0..=1.0_f64) {
            let sums = CreatorStatistics { answered_engagers: 0, ..sums };
            let rates = Rates { loyalty: 0.1, talk, answer: 0.0 };
            if let Some(found) = conversation(&sums, rates) {
                let (some, all) = (f64::from(sums.talking_engagers), f64::from(sums.engagers));
                let share = (some + TALK_PRIOR_WEIGHT * talk) / (all + TALK_PRIOR_WEIGHT);
                prop_assert!((found.value - share / 2.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_interval_of_a_conversation_is_as_wide_as_both_shares_leave_it() {
        let sums = CreatorStatistics {
            engagers: 80,
            talking_engagers: 30,
            answered_engagers: 12,
            ..CreatorStatistics::default()
        };
        let found = conversation(&sums, Rates { loyalty: 0.1, talk: 0.25, answer: 0.5 }).unwrap();
        // Two million draws of Beta(32.5, 57.5) and Beta(17, 23): mean 0.2573, 10 % 0.2087, 90 % 0.3076.
        assert!((found.value - 0.2573).abs() < 1e-4, "{found:?}");
        assert!((found.low - 0.2087).abs() < 1e-3 && (found.high - 0.3076).abs() < 1e-3, "{found:?}");
    }
}
