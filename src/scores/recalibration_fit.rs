//! Fitting a recalibration to what became of people in windows that are over.

use super::{
    logistic::{chance, softplus},
    recalibration::{Recalibration, TERMS, log_odds_at},
};

/// Fewest returns worth fitting.
const MIN_RETURNS: u64 = 50;
/// How strongly each coefficient is drawn to the prior: as much as so many people whose return says something about it.
const PRIOR_STRENGTH: f64 = 4.0;
/// Most steps; four or five are the rule.
const MAX_STEPS: usize = 25;
/// Steps are small enough when no coefficient moves more.
const CLOSE: f64 = 1e-6;

/// People with the same regressors, and how many of them came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) regressors: [f64; TERMS],
    pub(super) people: u32,
    pub(super) returned: u32,
    /// Whether they had come back before.
    pub(super) is_loyal: bool,
}

/// The most likely recalibration given what became of people, with a normal prior around [`Recalibration::PRIOR`].
/// `None` with fewer than [`MIN_RETURNS`] returns, when people who come back would rank lower, or when the search fails.
///
/// Newton's method on the penalised likelihood of a logistic regression, which is concave (`McCullagh` and
/// Nelder, Generalized Linear Models, 1989, section 4.4); a step that goes too far is halved.
#[must_use]
pub(super) fn fit<'a>(outcomes: &(impl Iterator<Item = &'a Outcome> + Clone)) -> Option<Recalibration> {
    let returns: u64 = outcomes.clone().map(|outcome| u64::from(outcome.returned)).sum();
    if returns < MIN_RETURNS {
        return None;
    }
    let mut terms = Recalibration::PRIOR.terms();
    let mut value = objective(outcomes.clone(), &terms);
    for _ in 0..MAX_STEPS {
        let step = newton_step(outcomes.clone(), &terms)?;
        let (next, next_value) = shortened(outcomes, &terms, &step, value)?;
        let moved = terms.iter().zip(next).map(|(before, after)| (after - before).abs()).fold(0.0, f64::max);
        (terms, value) = (next, next_value);
        if moved < CLOSE {
            let found = Recalibration::from_terms(terms);
            // Nobody must rank lower for coming back.
            return (found.log_odds > 0.0).then_some(found);
        }
    }
    None
}

/// Goes along a step, halved until the objective does not rise.
fn shortened<'a>(
    outcomes: &(impl Iterator<Item = &'a Outcome> + Clone),
    terms: &[f64; TERMS],
    step: &[f64; TERMS],
    value: f64,
) -> Option<([f64; TERMS], f64)> {
    let mut share = 1.0;
    for _ in 0..30 {
        let next = std::array::from_fn(|term| terms[term] + share * step[term]);
        let next_value = objective(outcomes.clone(), &next);
        if next_value <= value + 1e-9 * value.abs() {
            return Some((next, next_value));
        }
        share /= 2.0;
    }
    None
}

/// Minus the logarithm of likelihood and prior.
fn objective<'a>(outcomes: impl Iterator<Item = &'a Outcome>, terms: &[f64; TERMS]) -> f64 {
    let of = |outcome: &Outcome| {
        let log_odds = log_odds_at(terms, &outcome.regressors);
        f64::from(outcome.people) * softplus(log_odds) - f64::from(outcome.returned) * log_odds
    };
    let likelihood: f64 = outcomes.map(of).sum();
    let distances =
        terms.iter().zip(Recalibration::PRIOR.terms()).map(|(term, prior)| (term - prior).powi(2));
    likelihood + PRIOR_STRENGTH * distances.sum::<f64>() / 2.0
}

fn newton_step<'a>(
    outcomes: impl Iterator<Item = &'a Outcome>,
    terms: &[f64; TERMS],
) -> Option<[f64; TERMS]> {
    let mut curvature = [[0.0; TERMS]; TERMS];
    let mut slope = [0.0; TERMS];
    for Outcome { regressors, people, returned, .. } in outcomes {
        let chance = chance(log_odds_at(terms, regressors));
        let (people, returned) = (f64::from(*people), f64::from(*returned));
        let weight = people * chance * (1.0 - chance);
        for ((row, slope), left) in curvature.iter_mut().zip(&mut slope).zip(regressors) {
            *slope += (returned - people * chance) * left;
            row.iter_mut().zip(regressors).for_each(|(entry, right)| *entry += weight * left * right);
        }
    }
    for (term, prior) in Recalibration::PRIOR.terms().into_iter().enumerate() {
        slope[term] -= PRIOR_STRENGTH * (terms[term] - prior);
        curvature[term][term] += PRIOR_STRENGTH;
    }
    solve(curvature, slope)
}

/// Solves `matrix * x = right` for a symmetric, positive definite matrix by elimination; `None` when it is not.
fn solve(mut matrix: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> Option<[f64; TERMS]> {
    for pivot in 0..TERMS {
        let eliminated = matrix[pivot];
        if eliminated[pivot].is_nan() || eliminated[pivot] <= 0.0 {
            return None;
        }
        for row in pivot + 1..TERMS {
            let factor = matrix[row][pivot] / eliminated[pivot];
            matrix[row].iter_mut().zip(eliminated).for_each(|(entry, above)| *entry -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = [0.0; TERMS];
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// People spread over the regressors, of whom as many came back as a recalibration says.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of people is a number of people"
    )]
    fn world(truth: &Recalibration, people: u32) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for log_odds in [-8.0, -5.0, -3.0, -1.0, 0.5] {
            for single in [0.0, 1.0] {
                for (recent, lasting) in [(-4.6, -1.0), (-1.0, 0.5), (0.0, 0.2), (1.5, 3.0), (3.0, 3.5)] {
                    let regressors = [1.0, log_odds, single, recent, lasting];
                    let chance = chance(log_odds_at(&truth.terms(), &regressors));
                    let returned = (f64::from(people) * chance).round() as u32;
                    outcomes.push(Outcome { regressors, people, returned, is_loyal: true });
                }
            }
        }
        outcomes
    }

    #[test]
    fn what_people_were_drawn_from_is_found_again() {
        let truth = Recalibration { intercept: -0.5, log_odds: 0.8, single: -0.4, recent: 0.3, lasting: 0.1 };
        let found = fit(&world(&truth, 100_000).iter()).unwrap();
        for (found, truth) in found.terms().into_iter().zip(truth.terms()) {
            assert!((found - truth).abs() < 0.02, "{found} {truth}");
        }
    }

    #[test]
    fn a_past_in_which_those_who_come_back_stay_away_is_not_believed() {
        let odd = Recalibration { intercept: -5.0, log_odds: -0.5, single: 0.0, recent: 0.1, lasting: 0.1 };
        assert_eq!(fit(&world(&odd, 100_000).iter()), None);
    }

    #[test]
    fn few_returns_leave_the_prior() {
        let outcome =
            Outcome { regressors: [1.0, -3.0, 0.0, 1.0, 2.0], people: 1_000, returned: 49, is_loyal: true };
        assert_eq!(fit(&[outcome].iter()), None);
    }

    proptest! {
        #[test]
        fn a_fit_is_calibrated_on_what_it_was_fitted_to(
            counts in prop::collection::vec((100_u32..2_000, 1_u32..100, -8.0..2.0_f64, any::<bool>(), -4.0..4.0_f64, -4.0..4.0_f64), 10..40),
        ) {
            let outcomes: Vec<Outcome> = counts.into_iter().map(|(people, returned, log_odds, single, recent, lasting)| {
                let single = if single { 1.0 } else { 0.0 };
                Outcome { regressors: [1.0, log_odds, single, recent, lasting], people, returned, is_loyal: true }
            }).collect();
            prop_assume!(outcomes.iter().map(|outcome| outcome.returned).sum::<u32>() >= 50);
            let Some(found) = fit(&outcomes.iter()) else { return Ok(()) };
            let expected: f64 = outcomes.iter().map(|outcome| {
                f64::from(outcome.people) * chance(log_odds_at(&found.terms(), &outcome.regressors))
            }).sum();
            let returned: f64 = outcomes.iter().map(|outcome| f64::from(outcome.returned)).sum();
            // But for what the prior takes.
            prop_assert!((expected - returned).abs() < 0.1 * returned + 30.0, "{} {}", expected, returned);
        }
    }
}
