//! What the return model says, corrected by what came true before.
//!
//! The model knows one relationship and nothing around it. It is too hard on frequent people who pause, and it cannot know
//! that a creator posts less than before. A logistic regression on its own log-odds mends both; five numbers, fitted to
//! the tenant's own past.

use super::{liveness::Liveness, logistic::chance, loyalty::ReturnModel};
use crate::relationships::days::Day;
use serde::{Deserialize, Serialize};

/// How many numbers a recalibration has.
pub(super) const TERMS: usize = 5;
/// Added to days of engagement, so that the logarithm of none is finite.
const NO_DAYS: f64 = 0.01;
/// Log-odds beyond which a chance counts as 0 or 1.
const MOST: f64 = 30.0;

/// Coefficients of a logistic regression.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalibration {
    /// The same for everybody.
    pub intercept: f64,
    /// For each unit of the return model's log-odds.
    pub log_odds: f64,
    /// For people with one active day.
    pub single: f64,
    /// For each unit of the logarithm of [`Liveness::recent`] + 0.01.
    pub recent: f64,
    /// For each unit of the logarithm of [`Liveness::lasting`] + 0.01.
    pub lasting: f64,
}

/// The history of one relationship, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct History {
    /// Active days after the first.
    pub repeats: u32,
    /// From the first to the last active day.
    pub recency: u32,
    /// From the first active day to now.
    pub age: u32,
}

impl History {
    /// The history in active days, ascending, that lie on or before a day; `None` when none does.
    #[must_use]
    pub fn of(days: &[Day], until: Day) -> Option<Self> {
        let past = &days[..days.partition_point(|day| *day <= until)];
        let (first, last) = (*past.first()?, *past.last()?);
        let repeats = u32::try_from(past.len() - 1).unwrap_or(u32::MAX);
        Some(Self { repeats, recency: (last - first).unsigned_abs(), age: (until - first).unsigned_abs() })
    }
}

impl Recalibration {
    /// The one to start from when a tenant has no past to learn from: fitted to the community of [`ReturnModel::PRIOR`].
    pub const PRIOR: Self =
        Self { intercept: -1.83, log_odds: 0.39, single: -0.85, recent: 0.86, lasting: -0.47 };

    pub(super) const fn from_terms([intercept, log_odds, single, recent, lasting]: [f64; TERMS]) -> Self {
        Self { intercept, log_odds, single, recent, lasting }
    }

    pub(super) const fn terms(&self) -> [f64; TERMS] {
        [self.intercept, self.log_odds, self.single, self.recent, self.lasting]
    }

    /// The chance, within 0..=1, of another active day within 90 days.
    #[must_use]
    pub fn chance(&self, model: &ReturnModel, history: History, liveness: Liveness) -> f64 {
        chance_at(self, &regressors(model, history, liveness))
    }
}

/// The chance at these regressors.
pub(super) fn chance_at(recalibration: &Recalibration, regressors: &[f64; TERMS]) -> f64 {
    chance(log_odds_at(&recalibration.terms(), regressors))
}

/// The log-odds at these regressors.
pub(super) fn log_odds_at(terms: &[f64; TERMS], regressors: &[f64; TERMS]) -> f64 {
    terms.iter().zip(regressors).map(|(term, regressor)| term * regressor).sum()
}

/// What each term is multiplied with.
pub(super) fn regressors(model: &ReturnModel, history: History, liveness: Liveness) -> [f64; TERMS] {
    let chance = model.chance_of_return(history.repeats, history.recency, history.age);
    let log_odds = (chance.ln() - (-chance).ln_1p()).clamp(-MOST, MOST);
    let single = if history.repeats == 0 { 1.0 } else { 0.0 };
    [1.0, log_odds, single, (liveness.recent + NO_DAYS).ln(), (liveness.lasting + NO_DAYS).ln()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A recalibration that changes nothing.
    const NONE: Recalibration = Recalibration::from_terms([0.0, 1.0, 0.0, 0.0, 0.0]);

    prop_compose! {
        fn history()(repeats in 0..200_u32, gaps in 0..2_000_u32, silence in 0..2_000_u32) -> History {
            let recency = if repeats == 0 { 0 } else { repeats + gaps };
            History { repeats, recency, age: recency + silence }
        }
    }

    proptest! {
        #[test]
        fn every_chance_is_one(history in history(), recent in 0.0..130.0_f64, more in 0.0..400.0_f64) {
            let liveness = Liveness { recent, lasting: recent + more };
            let chance = Recalibration::PRIOR.chance(&ReturnModel::PRIOR, history, liveness);
            prop_assert!((0.0..=1.0).contains(&chance), "{}", chance);
        }

        #[test]
        fn without_a_correction_the_model_stands(history in history()) {
            let plain = ReturnModel::PRIOR.chance_of_return(history.repeats, history.recency, history.age);
            let corrected = NONE.chance(&ReturnModel::PRIOR, history, Liveness::default());
            prop_assert!((plain - corrected).abs() < 1e-9, "{} {}", plain, corrected);
        }
    }

    #[test]
    fn a_feed_that_is_alive_sees_more_people_back() {
        let history = History { repeats: 3, recency: 60, age: 100 };
        let of = |recent| {
            Recalibration::PRIOR.chance(&ReturnModel::PRIOR, history, Liveness { recent, lasting: 20.0 })
        };
        assert!(of(10.0) > 2.0 * of(1.0));
    }
}
