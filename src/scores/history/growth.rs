//! How much more people are expected back than before. Pure.

use crate::relationships::days::Day;

/// Days over which loyal reach is compared.
pub const DAYS: Day = 30;
/// Loyal reach below it is none: sums that were added and taken away again leave traces.
const NOBODY: f32 = 0.01;

/// What came to loyal reach, as a share of what it was. From nobody to somebody is growth without end.
#[must_use]
pub fn growth(before: f32, now: f32) -> f64 {
    match (before >= NOBODY, now >= NOBODY) {
        (true, _) => f64::from(now) / f64::from(before) - 1.0,
        (false, true) => f64::INFINITY,
        (false, false) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_a_share_of_what_there_was() {
        assert!((growth(20.0, 22.0) - 0.1).abs() < 1e-12);
        assert!((growth(20.0, 5.0) + 0.75).abs() < 1e-12);
        assert!((growth(20.0, 0.0) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn from_nobody_it_has_no_end_and_to_nobody_it_is_none() {
        assert!(growth(0.0, 3.0).is_infinite());
        assert!(growth(1e-9, 2e-9).abs() < 1e-12);
    }
}
