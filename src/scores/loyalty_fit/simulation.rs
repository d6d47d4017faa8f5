//! Simulated relationships for the tests of the fit.

use super::super::loyalty::HORIZON_DAYS;
use super::Cell;
use std::collections::BTreeMap;

/// A linear congruential generator with the constants of Knuth's MMIX.
struct Draws(u64);

impl Draws {
    /// Uniform within 0..1, ends excluded.
    fn uniform(&mut self) -> f64 {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        (f64::from(u32::try_from(self.0 >> 32).unwrap()) + 0.5) / 4_294_967_296.0
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Gamma(1/2, rate): half a squared normal.
    fn half_gamma(&mut self, rate: f64) -> f64 {
        let turn = (std::f64::consts::TAU * self.uniform()).cos();
        self.exponential(rate) * turn.powi(2)
    }

    /// Beta(1, b).
    fn beta_from_one(&mut self, b: f64) -> f64 {
        1.0 - self.uniform().powf(1.0 / b)
    }
}

/// A simulated relationship: its history, and whether it returned.
pub(super) struct Simulated {
    pub(super) history: (u32, u32, u32),
    pub(super) returned: bool,
}

/// Follows one relationship of MBG/NBD(1/2, alpha, 1, b) for `age` days and
/// the horizon after them.
fn simulate(draws: &mut Draws, alpha: f64, b: f64, age: u32) -> Simulated {
    let (rate, ends) = (draws.half_gamma(alpha), draws.beta_from_one(b));
    let (mut time, mut days) = (0.0_f64, vec![0.0]);
    let window = f64::from(age) + 1.0;
    let mut returned = false;
    while draws.uniform() > ends {
        time += draws.exponential(rate);
        if time >= window {
            returned = time < window + HORIZON_DAYS;
            break;
        }
        days.push(time.floor());
    }
    days.dedup();
    let recency = (0..=age).rfind(|day| f64::from(*day) <= days[days.len() - 1]);
    let x = u32::try_from(days.len() - 1).unwrap();
    Simulated { history: (x, recency.unwrap(), age), returned }
}

pub(super) fn simulate_many(seed: u64, number: u32, alpha: f64, b: f64) -> Vec<Simulated> {
    let mut draws = Draws(seed);
    let ages = [60, 200, 400, 700];
    (0..number).map(|i| simulate(&mut draws, alpha, b, ages[i as usize % ages.len()])).collect()
}

pub(super) fn histogram(relationships: &[Simulated]) -> Vec<Cell> {
    let mut counts = BTreeMap::new();
    for one in relationships {
        *counts.entry(one.history).or_insert(0) += 1;
    }
    let cell = |((x, recency, age), count)| Cell { x, recency, age, count };
    counts.into_iter().map(cell).collect()
}
