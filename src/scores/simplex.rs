//! Minimisation without derivatives for a handful of parameters.
//!
//! The downhill simplex of Nelder and Mead, "A simplex method for function
//! minimization", The Computer Journal 7 (1965), 308-313, with the usual
//! coefficients: reflection 1, expansion 2, contraction 1/2, shrinkage 1/2.

/// The simplex has converged when no coordinate differs by more than this.
const POINT_TOLERANCE: f64 = 1e-4;
/// ... and when the values at its corners differ by no more than this.
const VALUE_TOLERANCE: f64 = 1e-4;

/// Where a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Minimum<const N: usize> {
    /// The best point seen.
    pub(super) point: [f64; N],
    /// The objective there.
    pub(super) value: f64,
    /// Steps of the simplex taken.
    pub(super) iterations: u32,
    /// Whether the simplex became small before the limit of steps.
    pub(super) converged: bool,
}

#[derive(Debug, Clone, Copy)]
struct Corner<const N: usize> {
    point: [f64; N],
    value: f64,
}

impl<const N: usize> Corner<N> {
    /// Evaluates the objective; a value that is not a number counts as infinite.
    fn new(objective: &impl Fn(&[f64; N]) -> f64, point: [f64; N]) -> Self {
        let value = objective(&point);
        let value = if value.is_nan() { f64::INFINITY } else { value };
        Self { point, value }
    }
}

/// Minimises `objective` from `start` with a simplex of edge `step`, in at
/// most `limit` steps.
pub(super) fn minimise<const N: usize>(
    objective: &impl Fn(&[f64; N]) -> f64,
    start: [f64; N],
    step: f64,
    limit: u32,
) -> Minimum<N> {
    let origin = Corner::new(objective, start);
    let mut simplex = surround(objective, origin, step);
    let mut iterations = 0;
    while iterations < limit && !is_small(&simplex) {
        advance(objective, &mut simplex);
        simplex.sort_by(|left, right| left.value.total_cmp(&right.value));
        iterations += 1;
    }
    let best = simplex.first().copied().unwrap_or(origin);
    Minimum { point: best.point, value: best.value, iterations, converged: is_small(&simplex) }
}

/// The origin and one neighbour along each axis, best first.
fn surround<const N: usize>(
    objective: &impl Fn(&[f64; N]) -> f64,
    origin: Corner<N>,
    step: f64,
) -> Vec<Corner<N>> {
    let neighbour = |axis: usize| {
        let mut point = origin.point;
        if let Some(coordinate) = point.get_mut(axis) {
            *coordinate += step;
        }
        Corner::new(objective, point)
    };
    let mut simplex: Vec<_> = (0..N).map(neighbour).collect();
    simplex.push(origin);
    simplex.sort_by(|left, right| left.value.total_cmp(&right.value));
    simplex
}

/// Whether every corner is close to the best one, in place and in value.
fn is_small<const N: usize>(simplex: &[Corner<N>]) -> bool {
    let Some((best, others)) = simplex.split_first() else {
        return true;
    };
    others.iter().all(|corner| {
        let near =
            corner.point.iter().zip(best.point).all(|(left, right)| (left - right).abs() <= POINT_TOLERANCE);
        near && corner.value - best.value <= VALUE_TOLERANCE
    })
}

/// One step: replaces the worst corner, or shrinks towards the best one.
/// Expects the corners sorted, best first; leaves them unsorted.
fn advance<const N: usize>(objective: &impl Fn(&[f64; N]) -> f64, simplex: &mut Vec<Corner<N>>) {
    let Some(worst) = simplex.pop() else {
        return;
    };
    let (Some(best), Some(second)) = (simplex.first().copied(), simplex.last().copied()) else {
        simplex.push(worst);
        return;
    };
    let centre = centroid(simplex);
    let along = |factor: f64| Corner::new(objective, blend(&centre, &worst.point, -factor));
    let reflected = along(1.0);
    if reflected.value < best.value {
        let expanded = along(2.0);
        simplex.push(better(expanded, reflected));
    } else if reflected.value < second.value {
        simplex.push(reflected);
    } else {
        let contracted = along(if reflected.value < worst.value { 0.5 } else { -0.5 });
        if contracted.value < reflected.value.min(worst.value) {
            simplex.push(contracted);
        } else {
            simplex.push(worst);
            shrink(objective, simplex, best);
        }
    }
}

fn better<const N: usize>(left: Corner<N>, right: Corner<N>) -> Corner<N> {
    if left.value < right.value { left } else { right }
}

/// `from + share * (to - from)`, coordinate by coordinate.
fn blend<const N: usize>(from: &[f64; N], to: &[f64; N], share: f64) -> [f64; N] {
    let mut point = *from;
    for (coordinate, target) in point.iter_mut().zip(to) {
        *coordinate += share * (target - *coordinate);
    }
    point
}

/// The mean of the corners.
fn centroid<const N: usize>(corners: &[Corner<N>]) -> [f64; N] {
    let mut centre = [0.0; N];
    let mut seen = 0.0;
    for corner in corners {
        seen += 1.0;
        centre = blend(&centre, &corner.point, 1.0 / seen);
    }
    centre
}

/// Halves the distance of every corner to the best one.
fn shrink<const N: usize>(objective: &impl Fn(&[f64; N]) -> f64, simplex: &mut [Corner<N>], best: Corner<N>) {
    for corner in simplex.iter_mut().skip(1) {
        *corner = Corner::new(objective, blend(&best.point, &corner.point, 0.5));
    }
}

#[cfg(test)]
mod tests;
