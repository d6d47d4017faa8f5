//! A measure beside its baseline.

use super::harness::report::{Measure, shown};
use serde::Serialize;

/// A measure and what it is compared with.
#[derive(Serialize)]
pub(crate) struct Comparison {
    #[serde(flatten)]
    measure: Measure,
    /// The same unit, measured in the same run; null where nothing does the same work.
    baseline: Option<f64>,
    /// Value divided by baseline.
    ratio: Option<f64>,
}

impl Comparison {
    /// A measure with its baseline.
    pub(crate) fn new(measure: Measure, baseline: Option<f64>) -> Self {
        let ratio = baseline.filter(|baseline| *baseline > 0.0).map(|baseline| measure.value / baseline);
        Self { measure, baseline, ratio }
    }

    /// One line of the table.
    fn print(&self) {
        let Measure { name, value, unit, note } = &self.measure;
        let [baseline, ratio] = [self.baseline, self.ratio].map(|number| number.map_or(String::new(), shown));
        println!("{name:<24} {:>10} {unit:<11} {baseline:>10} {ratio:>8}  {note}", shown(*value));
    }
}

/// What was measured so far; printed as it comes, because some of it takes minutes.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Results(Vec<Comparison>);

impl Results {
    /// Takes a result down.
    pub(crate) fn push(&mut self, result: Comparison) {
        result.print();
        self.0.push(result);
    }
}

/// A measure from its parts.
pub(crate) fn measure(
    name: &'static str,
    value: f64,
    unit: &'static str,
    note: impl Into<String>,
) -> Measure {
    Measure { name, value, unit, note: note.into() }
}

/// The middle one of some values; of an even number, the higher of the two in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
