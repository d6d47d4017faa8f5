use super::super::loyalty::ReturnModel;
use super::simulation::{Simulated, histogram, simulate_many};
use super::{Cell, fit, log_likelihood};
use proptest::prelude::*;
use statrs::function::{beta::beta, gamma::gamma};

/// Fits a simulation and compares chances, and returns, with the truth.
fn check_recovery(seed: u64, alpha: f64, b: f64) {
    let relationships = simulate_many(seed, 20_000, alpha, b);
    let truth = ReturnModel::new(0.5, alpha, 1.0, b).unwrap();
    let found = fit(&histogram(&relationships)).unwrap();
    assert!(found.converged && found.relationships == 20_000, "{found:?}");
    let (mut error, mut predicted, mut returned) = (0.0, 0.0, 0.0);
    for Simulated { history: (x, recency, age), returned: again } in &relationships {
        let chance = found.model.chance_of_return(*x, *recency, *age);
        error += (chance - truth.chance_of_return(*x, *recency, *age)).abs();
        predicted += chance;
        returned += f64::from(*again);
    }
    assert!(error / 20_000.0 < 0.02, "{error} {found:?}");
    assert!((predicted / returned - 1.0).abs() < 0.08, "{predicted} {returned} {found:?}");
}

#[test]
fn recovers_the_chances_of_simulated_relationships() {
    check_recovery(7, 60.0, 2.0);
    check_recovery(8, 30.0, 5.0);
    check_recovery(9, 100.0, 1.0);
}

#[test]
fn likelihood_agrees_with_the_formula_written_out() {
    let [r, alpha, a, b] = [0.525_f64, 6.183, 0.891, 1.614];
    let model = ReturnModel::new(r, alpha, a, b).unwrap();
    for (x, recency, age) in [(0_u32, 0_u32, 39_u32), (2, 30, 38), (7, 35, 35)] {
        let shape = r + f64::from(x);
        let alive = beta(a, b + f64::from(x) + 1.0) / (alpha + f64::from(age)).powf(shape);
        let ended = beta(a + 1.0, b + f64::from(x)) / (alpha + f64::from(recency)).powf(shape);
        let likelihood = gamma(shape) * alpha.powf(r) / gamma(r) * (alive + ended) / beta(a, b);
        let cell = Cell { x, recency, age, count: 3 };
        let expected = 3.0 * likelihood.ln();
        assert!((log_likelihood(&model, &[cell]) - expected).abs() < 1e-9);
    }
}

#[test]
fn needs_enough_relationships() {
    let silent = Cell { x: 0, recency: 0, age: 100, count: 150 };
    let repeating = Cell { x: 1, recency: 10, age: 100, count: 50 };
    assert!(fit(&[]).is_none());
    assert!(fit(&[silent, repeating]).is_some());
    assert!(fit(&[Cell { count: 149, ..silent }, repeating]).is_none());
    assert!(fit(&[Cell { count: 500, ..silent }, Cell { count: 49, ..repeating }]).is_none());
}

#[test]
fn impossible_cells_are_left_out() {
    let good =
        [Cell { x: 0, recency: 0, age: 100, count: 150 }, Cell { x: 1, recency: 10, age: 100, count: 50 }];
    let mut cells = good.to_vec();
    cells.push(Cell { x: 3, recency: 0, age: 100, count: 900 });
    cells.push(Cell { x: 1, recency: 200, age: 100, count: 900 });
    cells.push(Cell { x: 0, recency: 5, age: 100, count: 900 });
    assert_eq!(fit(&cells), fit(&good));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn thin_or_odd_data_give_sane_models(
        rows in prop::collection::vec((0..40_u32, 0..3_000_u32, 0..3_000_u32, 1..200_u32), 1..40),
    ) {
        let possible = |(x, first, second, count): (u32, u32, u32, u32)| {
            let recency = if x == 0 { 0 } else { first.max(x) };
            Cell { x, recency, age: recency + second, count }
        };
        let mut cells: Vec<Cell> = rows.into_iter().map(possible).collect();
        cells.push(Cell { x: 0, recency: 0, age: 30, count: 150 });
        cells.push(Cell { x: 1, recency: 1, age: 1, count: 50 });
        let found = fit(&cells).unwrap();
        prop_assert!(found.log_likelihood.is_finite() && found.log_likelihood < 0.0);
        prop_assert!(found.repeating <= found.relationships);
        let before = log_likelihood(&ReturnModel::PRIOR, &cells);
        prop_assert!(found.log_likelihood >= before - 1e-6);
        for (parameter, prior) in found.model.parameters().iter().zip(ReturnModel::PRIOR.parameters()) {
            prop_assert!((parameter / prior).ln().abs() < 12.0, "{found:?}");
        }
    }

    #[test]
    fn order_and_splitting_of_cells_do_not_matter(count in 30..500_u32, age in 20..900_u32) {
        let first = Cell { x: 0, recency: 0, age, count: count + 200 };
        let second = Cell { x: 2, recency: 15, age, count: count + 50 };
        let half = Cell { count: 25, ..second };
        let rest = Cell { count: count + 25, ..second };
        let whole = fit(&[first, second]).unwrap();
        let split = fit(&[rest, first, half]).unwrap();
        prop_assert_eq!(whole.relationships, split.relationships);
        let chance = |model: ReturnModel| model.chance_of_return(2, 15, age);
        prop_assert!((chance(whole.model) - chance(split.model)).abs() < 1e-3);
    }
}
