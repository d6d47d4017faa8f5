use super::{Estimate, TAIL};
use proptest::prelude::*;
use statrs::function::beta::{beta_reg, inv_beta_reg};

/// Whether `end` is the quantile at `level`: to 1e-3 of probability or 1e-6
/// of the share, or widened to the mean beyond which the quantile lies.
fn is_quantile(alpha: f64, beta: f64, end: f64, level: f64) -> bool {
    let chance = |share: f64| beta_reg(alpha, beta, share.clamp(0.0, 1.0));
    let mean = alpha / (alpha + beta);
    let reached = chance(end + 1e-6) >= level - 1e-3;
    let not_passed = chance(end - 1e-6) <= level + 1e-3;
    let widened = (end - mean).abs() <= 1e-12;
    let low_end = level < 0.5;
    (reached || (widened && low_end)) && (not_passed || (widened && !low_end))
}

prop_compose! {
    /// Any estimate whose ends are in order.
    pub(crate) fn any_estimate()(mut ascending in prop::array::uniform3(0.0..=1.0_f64)) -> Estimate {
        ascending.sort_by(f64::total_cmp);
        let [low, value, high] = ascending;
        Estimate { value, low, high }
    }
}

fn shapes() -> impl Strategy<Value = f64> {
    (-9.0..15.0_f64).prop_map(f64::exp)
}

fn is_ordered(estimate: &Estimate) -> bool {
    let Estimate { value, low, high } = *estimate;
    0.0 <= low && low <= value && value <= high && high <= 1.0
}

#[test]
fn agrees_with_quantiles_in_closed_form() {
    // Beta(1, b) has the quantile 1 - (1 - level)^(1 / b).
    for b in [0.5, 1.0, 2.0, 7.0, 40.0] {
        let estimate = Estimate::from_beta(1.0, b);
        assert!((estimate.low - (1.0 - 0.9_f64.powf(1.0 / b))).abs() < 1e-3);
        assert!((estimate.high - (1.0 - 0.1_f64.powf(1.0 / b))).abs() < 1e-3);
    }
}

#[test]
fn agrees_with_the_exact_inverse() {
    let shapes = [0.3, 0.7, 1.0, 1.5, 3.0, 8.0, 11.9, 12.0, 40.0, 300.0];
    for alpha in shapes {
        for beta in shapes {
            let estimate = Estimate::from_beta(alpha, beta);
            let low = inv_beta_reg(alpha, beta, TAIL).min(estimate.value);
            let high = inv_beta_reg(alpha, beta, 1.0 - TAIL).max(estimate.value);
            assert!((estimate.low - low).abs() < 1e-3, "{alpha} {beta} {estimate:?} {low}");
            assert!((estimate.high - high).abs() < 1e-3, "{alpha} {beta} {estimate:?} {high}");
        }
    }
}

#[test]
fn small_shapes_give_wide_intervals() {
    let even = Estimate::from_beta(1e-3, 1e-3);
    assert!(even.low < 1e-9 && even.high > 1.0 - 1e-9, "{even:?}");
    let rare = Estimate::from_beta(1e-6, 1.0);
    assert!(rare.low < 1e-12 && is_ordered(&rare), "{rare:?}");
}

#[test]
fn without_variance_the_interval_is_the_mean() {
    for variance in [0.0, -1.0, f64::NAN] {
        let estimate = Estimate::from_mean_and_variance(0.3, variance);
        assert_eq!(estimate, Estimate { value: 0.3, low: 0.3, high: 0.3 });
    }
    let none = Estimate { value: 0.0, low: 0.0, high: 0.0 };
    assert_eq!(Estimate::from_mean_and_variance(0.0, 0.1), none);
    let all = Estimate { value: 1.0, low: 1.0, high: 1.0 };
    assert_eq!(Estimate::from_mean_and_variance(1.0, 0.1), all);
}

#[test]
fn odd_arguments_never_give_nan() {
    let odd = [f64::NAN, f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1e-300, 0.5, 1.0, 1e300, f64::INFINITY];
    for first in odd {
        for second in odd {
            assert!(is_ordered(&Estimate::from_beta(first, second)), "{first} {second}");
            let matched = Estimate::from_mean_and_variance(first, second);
            assert!(is_ordered(&matched), "{first} {second} {matched:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_ends_are_quantiles(alpha in shapes(), beta in shapes()) {
        let estimate = Estimate::from_beta(alpha, beta);
        prop_assert!(is_ordered(&estimate), "{estimate:?}");
        prop_assert!(is_quantile(alpha, beta, estimate.low, TAIL), "{estimate:?}");
        prop_assert!(is_quantile(alpha, beta, estimate.high, 1.0 - TAIL), "{estimate:?}");
    }

    #[test]
    fn turning_the_share_round_turns_the_interval(alpha in shapes(), beta in shapes()) {
        let (one, other) = (Estimate::from_beta(alpha, beta), Estimate::from_beta(beta, alpha));
        prop_assert!((one.low - (1.0 - other.high)).abs() < 1e-9);
    }

    #[test]
    fn moments_give_ordered_intervals(mean in 0.0..=1.0_f64, log in -40.0..1.0_f64) {
        let estimate = Estimate::from_mean_and_variance(mean, log.exp());
        prop_assert!(is_ordered(&estimate), "{estimate:?}");
        prop_assert!((estimate.value - mean).abs() < 1e-15);
    }

    #[test]
    fn more_evidence_narrows_the_interval(mean in 0.05..0.95_f64, nu in 5.0..500.0_f64) {
        let width = |nu: f64| {
            let matched = Estimate::from_mean_and_variance(mean, mean * (1.0 - mean) / (nu + 1.0));
            matched.high - matched.low
        };
        prop_assert!(width(2.0 * nu) < width(nu));
    }
}

proptest! {
    #[test]
    fn a_part_holds_its_value_and_is_at_most_the_whole(a in 0.1..500.0_f64, b in 0.1..500.0_f64, factor in 0.0..=1.0_f64) {
        let share = Estimate::from_beta(a, b);
        let part = share.times(factor);
        prop_assert!(0.0 <= part.low && part.low <= part.value && part.value <= part.high);
        prop_assert!(part.high <= share.high && part.value <= share.value);
        prop_assert_eq!(share.times(1.0), share);
    }
}
