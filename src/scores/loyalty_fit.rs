//! Fitting the return model to a histogram of relationships.

use super::logistic::softplus;
use super::loyalty::ReturnModel;
use super::simplex::{Minimum, minimise};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// Fewest relationships worth fitting.
pub const MIN_RELATIONSHIPS: u64 = 200;
/// Fewest relationships with a second active day worth fitting.
pub const MIN_REPEATING: u64 = 50;

/// Standard deviation of the logarithm of each parameter around the prior: a
/// factor of about 4.5 either way costs half a unit of log-likelihood, which a
/// few hundred relationships outweigh.
const LOG_PRIOR_DEVIATION: f64 = 1.5;
/// Edges of the simplex, in logarithms: a wide search, then two checks around
/// what the one before has found.
const STEPS: [f64; 3] = [0.7, 0.2, 0.2];
/// Most steps of one search.
const MAX_ITERATIONS: u32 = 600;

/// Relationships with the same history, in exact days: `x <= recency <= age`,
/// and no recency without a second active day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Active days after the first one.
    pub x: u32,
    /// Days from the first to the last active day.
    pub recency: u32,
    /// Days from the first active day to the last observed day.
    pub age: u32,
    /// Number of relationships with this history.
    pub count: u32,
}

impl Cell {
    /// Whether a relationship can have this history. Active days without the
    /// days they take would make the likelihood infinite.
    fn is_possible(&self) -> bool {
        let room = self.x <= self.recency && self.recency <= self.age;
        room && (self.x > 0 || self.recency == 0)
    }
}

/// A fitted model and how the fit went.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The fitted model.
    pub model: ReturnModel,
    /// Natural logarithm of the likelihood of the relationships, without the
    /// penalty that keeps the parameters near the prior.
    pub log_likelihood: f64,
    /// Relationships used.
    pub relationships: u64,
    /// Those with a second active day.
    pub repeating: u64,
    /// Steps of the optimiser.
    pub iterations: u32,
    /// Whether the optimiser ended before its limit.
    pub converged: bool,
}

/// The most likely model given the relationships, with a weak log-normal
/// prior around [`ReturnModel::PRIOR`] that keeps the parameters finite on
/// thin data.
///
/// Cells that no relationship can have are left out. None with fewer than
/// [`MIN_RELATIONSHIPS`] relationships or fewer than [`MIN_REPEATING`] of them
/// with a second active day.
#[must_use]
pub fn fit(cells: &[Cell]) -> Option<Fit> {
    let mut sorted: Vec<Cell> = cells.iter().copied().filter(Cell::is_possible).collect();
    sorted.sort_unstable();
    let relationships = total(&sorted, |_| true);
    let repeating = total(&sorted, |cell| cell.x > 0);
    if relationships < MIN_RELATIONSHIPS || repeating < MIN_REPEATING {
        return None;
    }
    let found = search(&sorted);
    let model = model_at(&found.point)?;
    Some(Fit {
        model,
        log_likelihood: log_likelihood(&model, &sorted),
        relationships,
        repeating,
        iterations: found.iterations,
        converged: found.converged,
    })
}

/// Number of relationships in the cells that pass.
fn total(cells: &[Cell], pass: impl Fn(&Cell) -> bool) -> u64 {
    let passing = cells.iter().filter(|cell| pass(cell));
    passing.map(|cell| u64::from(cell.count)).sum()
}

/// Searches from the prior, then again from what was found, since a simplex
/// can collapse early.
fn search(cells: &[Cell]) -> Minimum<4> {
    let objective = |point: &[f64; 4]| match model_at(point) {
        Some(model) => penalty(point) - log_likelihood(&model, cells),
        None => f64::INFINITY,
    };
    let begin = Minimum {
        point: ReturnModel::PRIOR.parameters().map(f64::ln),
        value: f64::INFINITY,
        iterations: 0,
        converged: false,
    };
    STEPS.iter().fold(begin, |before, step| {
        let found = minimise(&objective, before.point, *step, MAX_ITERATIONS);
        Minimum { iterations: before.iterations + found.iterations, ..found }
    })
}

/// The model with these logarithms of parameters, if they are in range.
fn model_at(point: &[f64; 4]) -> Option<ReturnModel> {
    let [r, alpha, a, b] = point.map(f64::exp);
    ReturnModel::new(r, alpha, a, b).ok()
}

/// Minus the logarithm of the prior density, up to a constant.
fn penalty(point: &[f64; 4]) -> f64 {
    let prior = ReturnModel::PRIOR.parameters();
    let distances = point.iter().zip(prior).map(|(log, centre)| log - centre.ln());
    distances.map(|distance| (distance / LOG_PRIOR_DEVIATION).powi(2) / 2.0).sum()
}

/// Natural logarithm of the likelihood of the cells; fastest when cells with
/// the same `x` are neighbours.
///
/// Batislam et al. (2007), for one relationship:
///
/// ```text
/// L = Γ(r + x) alpha^r / Γ(r)
///     * [ B(a, b + x + 1) / B(a, b) (alpha + age)^-(r + x)
///       + B(a + 1, b + x) / B(a, b) (alpha + recency)^-(r + x) ]
/// ```
///
/// With `B(a + 1, b + x) = B(a, b + x + 1) a / (b + x)` the bracket is its
/// first term times one plus the odds that the relationship has ended.
fn log_likelihood(model: &ReturnModel, cells: &[Cell]) -> f64 {
    let [r, alpha, _, _] = model.parameters();
    let mut sum = 0.0;
    for group in cells.chunk_by(|left, right| left.x == right.x) {
        let Some(x) = group.first().map(|cell| cell.x) else {
            continue;
        };
        let common = log_of_common_factor(model, x);
        for cell in group {
            let age = (alpha + f64::from(cell.age)).ln();
            let ended = softplus(model.log_odds_ended(x, cell.recency, cell.age));
            let one = common - (r + f64::from(x)) * age + ended;
            sum += f64::from(cell.count) * one;
        }
    }
    sum
}

/// Logarithm of `Γ(r + x) alpha^r / Γ(r) * B(a, b + x + 1) / B(a, b)`.
fn log_of_common_factor(model: &ReturnModel, x: u32) -> f64 {
    let [r, alpha, a, b] = model.parameters();
    let x = f64::from(x);
    let rate = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln();
    let ending = ln_gamma(a + b) + ln_gamma(b + x + 1.0) - ln_gamma(b) - ln_gamma(a + b + x + 1.0);
    rate + ending
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
