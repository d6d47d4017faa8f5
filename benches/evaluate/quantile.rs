//! Quantiles of measured times.

use std::time::Duration;

/// Times, to be summed up.
#[derive(Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// The time below which this share of all times lies, in milliseconds; 0 without any.
    pub(crate) fn quantile_ms(&mut self, share: f64) -> f64 {
        quantile(&mut self.0, share) * 1e3
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self(times.into_iter().map(|time| time.as_secs_f64()).collect())
    }
}

/// The value below which this share of the values lies (nearest rank); 0 without any.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let below = values
        .iter()
        .enumerate()
        .rev()
        .find(|(rank, _)| (*rank as f64) <= share * (values.len() as f64 - 1.0));
    below.map_or(0.0, |(_, value)| *value)
}
