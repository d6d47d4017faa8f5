//! How far creators differ beyond what their people explain.

use super::simplex::minimise;
use statrs::function::gamma::ln_gamma;

/// Fewest creators worth fitting.
const MIN_CREATORS: usize = 30;
/// Least expected returns of a creator that says something about it.
const MIN_EXPECTED: f64 = 1.0;
/// The effect is held within this range: less is not to be told from none, more would leave intervals that say nothing.
const RANGE: (f64, f64) = (0.05, 2.0);
/// Most steps of the search.
const MAX_ITERATIONS: u32 = 200;

/// People of a creator that were expected back in a window that is over, and how many were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Returns {
    pub(super) expected: f64,
    pub(super) seen: u32,
}

/// The most likely effect of a creator on the returns of all its people, as a coefficient of variation: returns are
/// negative binomial around what was expected, with `1 / effect^2` as shape (Cameron and Trivedi, Regression Analysis of
/// Count Data, 1998, section 3.3). `None` with fewer than [`MIN_CREATORS`] creators with [`MIN_EXPECTED`] expected returns.
#[must_use]
pub(super) fn fit(returns: &[Returns]) -> Option<f64> {
    let telling: Vec<&Returns> = returns.iter().filter(|returns| returns.expected >= MIN_EXPECTED).collect();
    if telling.len() < MIN_CREATORS {
        return None;
    }
    let objective = |[log_effect]: &[f64; 1]| {
        let shape = (-2.0 * log_effect.clamp(RANGE.0.ln(), RANGE.1.ln())).exp();
        -telling.iter().map(|returns| log_likelihood(returns, shape)).sum::<f64>()
    };
    let found = minimise(&objective, [0.5_f64.ln()], 0.5, MAX_ITERATIONS);
    Some(found.point[0].exp().clamp(RANGE.0, RANGE.1))
}

/// Logarithm of the chance of so many returns, but for a factor without the shape.
fn log_likelihood(returns: &Returns, shape: f64) -> f64 {
    let (expected, seen) = (returns.expected, f64::from(returns.seen));
    ln_gamma(seen + shape)
        - ln_gamma(shape)
        - shape * (expected / shape).ln_1p()
        - seen * (shape + expected).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creators of whose people so many come back for each hundred that were expected.
    fn world(hundredths: &[u32]) -> Vec<Returns> {
        let creators = (0..400).map(|number| hundredths[number % hundredths.len()]);
        creators.map(|hundredths| Returns { expected: 200.0, seen: 2 * hundredths }).collect()
    }

    #[test]
    fn the_spread_of_creators_is_found_again() {
        // Their mean is 100, their standard deviation 48.
        let effect = fit(&world(&[40, 70, 90, 120, 180])).unwrap();
        assert!((effect - 0.48).abs() < 0.05, "{effect}");
    }

    #[test]
    fn creators_that_do_as_expected_have_next_to_no_effect() {
        let effect = fit(&world(&[97, 100, 103])).unwrap();
        assert!(effect < 0.1, "{effect}");
    }

    #[test]
    fn few_creators_say_nothing() {
        assert_eq!(fit(&world(&[100])[..29]), None);
        let small = vec![Returns { expected: 0.9, seen: 3 }; 1_000];
        assert_eq!(fit(&small), None);
    }
}
