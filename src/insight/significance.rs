//! What is more than chance: how many times as often as expected, and which of many such findings are to be believed.

use crate::scores::interval::{Estimate, NORMAL};
use statrs::function::erf::erfc;
use std::f64::consts::SQRT_2;

/// Of all findings that are told, so many are expected to be chance (false discovery rate). Higher: more is told that is not
/// so; lower: more is missed.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// How many times as often as expected something was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Seen through expected.
    pub value: f64,
    /// Standard deviation of its logarithm, which is taken as normal.
    pub spread: f64,
}

impl Ratio {
    /// The ratio with its 80 % interval.
    #[must_use]
    pub fn estimate(self) -> Estimate {
        let factor = (NORMAL * self.spread).exp();
        Estimate { value: self.value, low: self.value / factor, high: self.value * factor }
    }

    /// Chance of such a ratio or a higher one when nothing is more than expected.
    #[must_use]
    pub fn chance(self) -> f64 {
        erfc(self.value.ln() / self.spread / SQRT_2) / 2.0
    }
}

/// The findings that are to be believed, by the rule of Benjamini and Hochberg (1995). Each comes with its chance to be
/// seen when nothing is behind it.
///
/// Of thousands of topics some are seen twice as often as before by chance alone. The more findings there are beside one that
/// are as surprising, the less surprising it has to be itself.
#[must_use]
pub fn believed<T>(findings: Vec<(f64, T)>) -> Vec<T> {
    let mut chances: Vec<f64> = findings.iter().map(|(chance, _)| *chance).collect();
    chances.sort_unstable_by(f64::total_cmp);
    let all = chances.len() as f64;
    let line = |index: usize| (index + 1) as f64 / all * FALSE_DISCOVERIES;
    let last = (0..chances.len()).rev().find(|index| chances[*index] <= line(*index));
    let Some(highest) = last.map(|index| chances[index]) else { return Vec::new() };
    findings.into_iter().filter(|(chance, _)| *chance <= highest).map(|(_, finding)| finding).collect()
}

/// Findings told of a niche.
const MOST: usize = 10;

/// Something that is found of a niche.
pub trait Finding {
    /// The niche.
    fn niche(&self) -> &str;
    /// What is found, which decides between equals.
    fn name(&self) -> &str;
    /// How many times as often as expected it was seen.
    fn times(&self) -> Estimate;
}

/// The ten findings of each niche with the highest lower bounds, highest first.
#[must_use]
pub fn told<T: Finding>(mut findings: Vec<T>) -> Vec<T> {
    findings.sort_unstable_by(|a, b| {
        let bounds = b.times().low.total_cmp(&a.times().low);
        a.niche().cmp(b.niche()).then(bounds).then_with(|| a.name().cmp(b.name()))
    });
    let mut of_niche = 0;
    let mut last = String::new();
    findings.retain(|finding| {
        if finding.niche() != last {
            (of_niche, last) = (0, finding.niche().to_owned());
        }
        of_niche += 1;
        of_niche <= MOST
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found_in(chances: &[f64]) -> Vec<f64> {
        believed(chances.iter().map(|chance| (*chance, *chance)).collect())
    }

    #[test]
    fn the_rule_is_that_of_the_paper() {
        // Benjamini and Hochberg (1995), section 3.2: of these fifteen, the four lowest.
        let chances = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0000,
        ];
        assert_eq!(found_in(&chances), chances[..4]);
        assert!(found_in(&[]).is_empty());
    }

    #[test]
    fn a_ratio_of_one_says_nothing_and_a_large_one_of_many_everything() {
        let nothing = Ratio { value: 1.0, spread: 0.3 };
        let Estimate { low, high, .. } = nothing.estimate();
        assert!((nothing.chance() - 0.5).abs() < 1e-12 && low < 1.0 && high > 1.0);
        let sure = Ratio { value: 4.0, spread: 0.2 };
        assert!(sure.chance() < 1e-10 && sure.estimate().low > 3.0);
    }

    proptest! {
        #[test]
        fn who_is_believed_is_less_likely_chance_than_who_is_not(
            chances in prop::collection::vec(0.0..1.0_f64, 0..60),
        ) {
            let found = found_in(&chances);
            let highest = found.iter().copied().fold(0.0, f64::max);
            let left: Vec<f64> = chances.iter().copied().filter(|chance| !found.contains(chance)).collect();
            prop_assert!(highest <= FALSE_DISCOVERIES);
            prop_assert!(left.iter().all(|chance| *chance > highest));
            // What would be believed of so many by the cautious rule of Bonferroni is believed.
            let all = chances.len() as f64;
            prop_assert!(left.iter().all(|chance| *chance > FALSE_DISCOVERIES / all));
        }

        #[test]
        fn the_higher_and_the_surer_a_ratio_the_less_is_it_chance(
            value in 1.0..50.0_f64, more in 1.0..3.0_f64, spread in 0.01..2.0_f64, wider in 1.0..3.0_f64,
        ) {
            let chance = |value: f64, spread: f64| Ratio { value, spread }.chance();
            prop_assert!(chance(value * more, spread) <= chance(value, spread));
            prop_assert!(chance(value, spread * wider) >= chance(value, spread) - 1e-15);
            let Estimate { low, high, .. } = Ratio { value, spread }.estimate();
            prop_assert!(low <= value && value <= high);
        }
    }
}
