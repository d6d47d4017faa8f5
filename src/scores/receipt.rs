//! From components to the number that ranks, as a sum that anyone can check.

use super::{components::NAMES, interval::Estimate};

/// How much each component counts, in the order of [`NAMES`]; at least 0, with sum 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights(pub [f64; 5]);

impl Weights {
    /// The published default.
    pub const DEFAULT: Self = Self([0.35, 0.25, 0.15, 0.15, 0.10]);

    /// The default without a brief: fit is left out, and the others are scaled to a sum of 1.
    #[must_use]
    pub fn without_fit() -> Self {
        let [_, loyalty, trust, authenticity, conversation] = Self::DEFAULT.0;
        Self::normalised([0.0, loyalty, trust, authenticity, conversation]).unwrap_or(Self::DEFAULT)
    }

    /// Weights in proportion to these numbers; `None` unless all are finite, none is negative and one is above 0.
    #[must_use]
    pub fn normalised(parts: [f64; 5]) -> Option<Self> {
        let sum: f64 = parts.iter().sum();
        let usable =
            parts.iter().all(|part| part.is_finite() && *part >= 0.0) && sum > 0.0 && sum.is_finite();
        usable.then(|| Self(parts.map(|part| part / sum)))
    }
}

/// A score with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Sum of weight x value on the common scale.
    pub score: f64,
    /// 10 % quantile: what ranks.
    pub low: f64,
    /// 90 % quantile.
    pub high: f64,
}

impl Score {
    /// The score of components on the common scale, in the order of [`NAMES`].
    ///
    /// Components err independently, so the half-widths of the weighted interval add up as squares, to either side by
    /// itself (exact for normal errors).
    #[must_use]
    pub fn of(weights: &Weights, mapped: &[Estimate; NAMES.len()]) -> Self {
        let (mut score, mut below, mut above) = (0.0, 0.0, 0.0);
        for (weight, estimate) in weights.0.iter().zip(mapped) {
            score += weight * estimate.value;
            below += (weight * (estimate.value - estimate.low)).powi(2);
            above += (weight * (estimate.high - estimate.value)).powi(2);
        }
        Self { score, low: score - f64::sqrt(below), high: score + f64::sqrt(above) }
    }

    /// What uncertainty takes off the score: never above 0. Contributions and uncertainty add up to `low`.
    #[must_use]
    pub fn uncertainty(&self) -> f64 {
        self.low - self.score
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::interval::tests::any_estimate;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn contributions_and_uncertainty_add_up_to_what_ranks(
            parts in prop::array::uniform5(0.0..10.0_f64),
            mapped in prop::array::uniform5(any_estimate()),
        ) {
            prop_assume!(parts.iter().sum::<f64>() > 0.0);
            let weights = Weights::normalised(parts).unwrap();
            let score = Score::of(&weights, &mapped);
            let contributions: f64 = weights.0.iter().zip(&mapped).map(|(weight, part)| weight * part.value).sum();
            prop_assert!((contributions + score.uncertainty() - score.low).abs() < 1e-9);
            prop_assert!(score.low <= score.score && score.score <= score.high);
            prop_assert!(score.uncertainty() <= 0.0);
        }
    }

    #[test]
    fn default_weights_add_up_to_one() {
        assert!((Weights::DEFAULT.0.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((Weights::without_fit().0.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(Weights::normalised([0.0; 5]), None);
        assert_eq!(Weights::normalised([-1.0, 2.0, 0.0, 0.0, 0.0]), None);
        assert_eq!(Weights::normalised([f64::NAN, 1.0, 0.0, 0.0, 0.0]), None);
    }
}
