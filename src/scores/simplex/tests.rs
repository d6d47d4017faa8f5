use super::minimise;
use proptest::prelude::*;

#[test]
fn finds_the_bottom_of_a_curved_valley() {
    let rosenbrock = |p: &[f64; 2]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0].powi(2)).powi(2);
    let found = minimise(&rosenbrock, [-1.2, 1.0], 0.5, 1_000);
    assert!(found.converged, "{found:?}");
    assert!((found.point[0] - 1.0).abs() < 0.01, "{found:?}");
    assert!((found.point[1] - 1.0).abs() < 0.02, "{found:?}");
}

#[test]
fn walks_away_from_undefined_values() {
    let objective = |p: &[f64; 1]| p[0].ln().powi(2);
    let found = minimise(&objective, [0.1], -0.2, 200);
    assert!(found.converged && (found.point[0] - 1.0).abs() < 0.02, "{found:?}");
}

#[test]
fn stops_at_the_limit() {
    let found = minimise(&|p: &[f64; 2]| p[0] + p[1], [0.0, 0.0], 1.0, 25);
    assert!(!found.converged && found.iterations == 25);
}

proptest! {
    #[test]
    fn finds_the_bottom_of_a_bowl(target in prop::array::uniform4(-5.0..5.0_f64)) {
        let bowl = |p: &[f64; 4]| {
            p.iter().zip(target).map(|(x, t)| (x - t).powi(2)).sum::<f64>()
        };
        let found = minimise(&bowl, [0.0; 4], 0.5, 2_000);
        prop_assert!(found.converged);
        for (x, t) in found.point.iter().zip(target) {
            prop_assert!((x - t).abs() < 0.02, "{found:?} {target:?}");
        }
    }
}
