//! Estimates with their uncertainty.

use super::logistic::chance;
use serde::{Deserialize, Serialize};
use statrs::function::beta::{checked_beta_reg, checked_ln_beta};

/// The lower end of the interval is the quantile at this level; the upper end
/// leaves the same chance above it.
const TAIL: f64 = 0.1;

/// The 90 % quantile of the standard normal.
pub const NORMAL: f64 = 1.281_551_565_544_600_4;
/// Shapes of a Beta are held within this range.
const SHAPES: (f64, f64) = (1e-12, 1e9);
/// The sum of the shapes of a Beta matched by moments is held within this range.
const CONCENTRATIONS: (f64, f64) = (1e-2, 1e9);
/// From this shape on the normal approximation alone is exact to 1e-3 of
/// probability.
const LARGE_SHAPE: f64 = 12.0;
/// Most steps towards a quantile; two or three are the rule.
const MAX_STEPS: u32 = 20;
/// A quantile is close enough when the next step, which squares the error,
/// would leave the logarithm of its level off by much less than 1e-3.
const CLOSE: f64 = 0.03;
/// Logits of a share beyond which it counts as 0 or 1; nearer to 1 the
/// difference to 1 would lose its digits.
const LOGITS: (f64, f64) = (-700.0, 25.0);
/// Longest step down, in logits, lest a flat stretch throws the search far off.
const LONGEST_STEP: f64 = 30.0;

/// A share with its 80 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean, within 0..=1.
    pub value: f64,
    /// The 10 % quantile, within 0..=1, at most the mean.
    pub low: f64,
    /// The 90 % quantile, within 0..=1, at least the mean.
    pub high: f64,
}

/// Variance of a Beta with this mean and this sum of its shapes.
#[must_use]
pub fn beta_variance(mean: f64, shapes: f64) -> f64 {
    (mean * (1.0 - mean) / (shapes + 1.0)).max(0.0)
}

impl Estimate {
    /// A value without doubt.
    #[must_use]
    pub fn exactly(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// The same, so many times; not negative.
    #[must_use]
    pub fn scaled(self, times: f64) -> Self {
        Self { value: self.value * times, low: self.low * times, high: self.high * times }
    }

    /// The share with the posterior Beta(alpha, beta), such as successes and
    /// failures with those of a prior added.
    ///
    /// Shapes are held within 1e-12..=1e9; one that is not a number counts as
    /// the least. When a Beta is so skewed that its mean lies outside the 10 %
    /// and 90 % quantiles, the interval is widened to the mean.
    #[must_use]
    pub fn from_beta(alpha: f64, beta: f64) -> Self {
        let alpha = hold(alpha, SHAPES);
        let beta = hold(beta, SHAPES);
        let value = alpha / (alpha + beta);
        let ln_beta = checked_ln_beta(alpha, beta).unwrap_or(0.0);
        let low = lower_quantile(alpha, beta, ln_beta);
        let high = 1.0 - lower_quantile(beta, alpha, ln_beta);
        Self { value, low: low.clamp(0.0, value), high: high.clamp(value, 1.0) }
    }

    /// The share with this mean and variance, taken as a Beta with the same
    /// two moments: `nu = mean (1 - mean) / variance - 1`, shapes `mean nu`
    /// and `(1 - mean) nu`, `nu` held within 1e-2..=1e9.
    ///
    /// The mean is held within 0..=1; without variance the interval is the
    /// mean itself. A mean that is not a number counts as 0, a variance that
    /// is not a number as none.
    #[must_use]
    pub fn from_mean_and_variance(mean: f64, variance: f64) -> Self {
        let value = hold(mean, (0.0, 1.0));
        let most = value * (1.0 - value);
        if variance.is_nan() || variance <= 0.0 || most <= 0.0 {
            return Self { value, low: value, high: value };
        }
        let nu = (most / variance - 1.0).clamp(CONCENTRATIONS.0, CONCENTRATIONS.1);
        let matched = Self::from_beta(value * nu, (1.0 - value) * nu);
        Self { value, low: matched.low.min(value), high: matched.high.max(value) }
    }

    /// The share times a factor within 0..=1 that is taken as exact. Times 1 it is the same to the last bit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// The value within the range; one that is not a number becomes the least.
fn hold(value: f64, (least, most): (f64, f64)) -> f64 {
    if value.is_nan() { least } else { value.clamp(least, most) }
}

/// The 10 % quantile of Beta(a, b), given the logarithm of B(a, b).
///
/// Exact to 1e-3 of probability or 1e-6 of the share. The logarithm of the
/// distribution function is concave in the logit of the share, hence Newton's
/// method on it cannot run away: after one step it climbs to the quantile.
fn lower_quantile(a: f64, b: f64, ln_beta: f64) -> f64 {
    if a.min(b) >= LARGE_SHAPE {
        return chance(normal_start(a, b));
    }
    let mut logit = start(a, b, ln_beta);
    if logit <= LOGITS.0 {
        return 0.0;
    }
    for _ in 0..MAX_STEPS {
        if logit >= LOGITS.1 {
            return 1.0;
        }
        let (gap, step) = newton_step(a, b, ln_beta, logit);
        logit = (logit - step.min(LONGEST_STEP)).clamp(LOGITS.0, LOGITS.1);
        if gap.abs() < CLOSE {
            break;
        }
    }
    chance(logit)
}

/// How far the logarithm of the distribution function at a logit is from that
/// of the level, and the step that would close the gap.
fn newton_step(a: f64, b: f64, ln_beta: f64, logit: f64) -> (f64, f64) {
    let level = checked_beta_reg(a, b, chance(logit)).unwrap_or(TAIL);
    let density = (-a * (-logit).exp().ln_1p() - b * logit.exp().ln_1p() - ln_beta).exp();
    let gap = (level.max(f64::MIN_POSITIVE) / TAIL).ln();
    let slope = (density / level.max(f64::MIN_POSITIVE)).max(1e-9);
    (gap, gap / slope)
}

/// A first logit for the 10 % quantile.
fn start(a: f64, b: f64, ln_beta: f64) -> f64 {
    if a > 1.0 && b > 1.0 {
        return normal_start(a, b);
    }
    // Near 0 the distribution function is x^a / (a B(a, b)) ...
    let left = (TAIL.ln() + a.ln() + ln_beta) / a;
    // ... and near 1 it is 1 - (1 - x)^b / (b B(a, b)).
    let right = ((1.0 - TAIL).ln() + b.ln() + ln_beta) / b;
    if left < right { left.min(0.0) } else { -right.min(0.0) }
}

/// The logit of the 10 % quantile by the normal approximation of Carter,
/// "Approximation to percentage points of the z-distribution", Biometrika 34
/// (1947), 352-358, as used in Algorithm AS 109 (Cran, Martin and Thomas 1977). For
/// shapes above 1.
fn normal_start(a: f64, b: f64) -> f64 {
    let curvature = (NORMAL * NORMAL - 3.0) / 6.0;
    let [of_a, of_b] = [a, b].map(|shape| 1.0 / (2.0 * shape - 1.0));
    let mean = 2.0 / (of_a + of_b);
    let spread = NORMAL * (mean + curvature).sqrt() / mean;
    let skew = (of_b - of_a) * (curvature + 5.0 / 6.0 - 2.0 / (3.0 * mean));
    (a / b).ln() - 2.0 * (spread - skew)
}

#[cfg(test)]
pub(crate) mod tests;
