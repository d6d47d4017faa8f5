//! Loyalty: the chance that somebody who engaged with a creator comes back.
//!
//! One relationship is one engager with one creator. It is summed up by three
//! numbers:
//!
//! * `x`: active days after the first one (active days - 1);
//! * `recency`: days from the first to the last active day;
//! * `age`: days from the first active day to the last observed day.
//!
//! The model is the MBG/NBD ("buy till you die") of Batislam, Denizel and
//! Filiztekin, "Empirical validation and comparison of models for customer
//! base analysis", International Journal of Research in Marketing 24 (2007),
//! 201-209, a variant of the BG/NBD of Fader, Hardie and Lee, Marketing Science
//! 24 (2005), 275-284. While a relationship lives, active days come at a rate
//! drawn from Gamma(r, alpha); after every active day, the first included, it
//! ends with a chance drawn from Beta(a, b).

use super::logistic::chance;
use crate::relationships::days::Day;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Horizon of the chance of return, in days.
pub const HORIZON_DAYS: f64 = 90.0;
/// The same as a whole number.
pub const HORIZON: Day = 90;

/// Every parameter lies within this range, so that no score can overflow.
const PARAMETER_RANGE: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// Parameters of the MBG/NBD model, each within 1e-6..=1e6.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parameters")]
pub struct ReturnModel {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
}

/// Parameters as stored, not checked yet.
#[derive(Deserialize)]
struct Parameters {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
}

/// A parameter is not a number or lies outside 1e-6..=1e6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterError;

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter of the return model lies outside 1e-6..=1e6")
    }
}

impl std::error::Error for ParameterError {}

impl TryFrom<Parameters> for ReturnModel {
    type Error = ParameterError;

    fn try_from(raw: Parameters) -> Result<Self, Self::Error> {
        Self::new(raw.r, raw.alpha, raw.a, raw.b)
    }
}

impl ReturnModel {
    /// The model to start from when a platform has too few relationships of
    /// its own.
    ///
    /// Fitted on 506,550 interactions of a question-and-answer community,
    /// 2009-2016, of which 390,441 are between two different people. The
    /// 489,122 relationships (96,515 with a second active day) are those seen
    /// at 60 %, 70 % and 80 % of these interactions, each observed to that
    /// moment. With ages that end at the last interaction of each creator
    /// instead, the model expects four to six times too many people back.
    pub const PRIOR: Self = Self { r: 0.125, alpha: 2.0, a: 2.9, b: 1.76 };

    /// A model with the given parameters.
    ///
    /// * `r`: shape of the rate of active days over relationships;
    /// * `alpha`: its inverse scale, in days, so that the mean rate is
    ///   `r / alpha` active days per day;
    /// * `a`, `b`: shapes of the chance to end after an active day, whose mean
    ///   is `a / (a + b)`.
    ///
    /// # Errors
    ///
    /// When a parameter is not within 1e-6..=1e6.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self, ParameterError> {
        let valid = [r, alpha, a, b].iter().all(|parameter| PARAMETER_RANGE.contains(parameter));
        if valid { Ok(Self { r, alpha, a, b }) } else { Err(ParameterError) }
    }

    /// The parameters, in the order r, alpha, a, b.
    #[must_use]
    pub const fn parameters(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }

    /// The chance, within 0..=1, that a relationship has at least one more
    /// active day within [`HORIZON_DAYS`] after the last observed day.
    ///
    /// `x` counts active days after the first, `recency` and `age` are days,
    /// `recency` at most `age` (a greater one counts as `age`). Never falls
    /// when `recency` grows, never grows with `age`.
    ///
    /// The chance to be alive times the chance that a Gamma(r + x, alpha +
    /// age) rate brings an active day within the horizon h:
    ///
    /// `p = P(alive) * (1 - ((alpha + age) / (alpha + age + h))^(r + x))`
    #[must_use]
    pub fn chance_of_return(&self, x: u32, recency: u32, age: u32) -> f64 {
        let shape = self.r + f64::from(x);
        let wait = (HORIZON_DAYS / (self.alpha + f64::from(age))).ln_1p();
        self.chance_alive(x, recency, age) * -(-shape * wait).exp_m1()
    }

    /// The chance, within 0..=1, that a relationship has not ended by the last
    /// observed day; arguments as for [`Self::chance_of_return`].
    ///
    /// Batislam et al. (2007), appendix A, equation (5):
    ///
    /// `P(alive) = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + recency))^(r + x))`
    #[must_use]
    pub fn chance_alive(&self, x: u32, recency: u32, age: u32) -> f64 {
        chance(-self.log_odds_ended(x, recency, age))
    }

    /// Logarithm of the odds that a relationship has ended by the end of the
    /// window.
    pub(super) fn log_odds_ended(&self, x: u32, recency: u32, age: u32) -> f64 {
        let days = f64::from(x);
        let silence = f64::from(age.saturating_sub(recency));
        let start = self.alpha + f64::from(recency.min(age));
        (self.a / (self.b + days)).ln() + (self.r + days) * (silence / start).ln_1p()
    }
}

#[cfg(test)]
mod tests;
