//! Authority: which part of a niche's loyal reach is a creator's, against an equal part for everybody.
//!
//! The loyal reach of a niche is the sum of the loyal reaches of the creators in its list: the people expected back, and
//! somebody loyal to two creators counts for both. It is kept in thousandths of a person, as whole numbers, so that it is
//! the same in whatever order creators came and changed.

use super::interval::Estimate;

/// What creators of a niche are expected to see again, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NicheReach {
    thousandths: i64,
    creators: i64,
}

impl NicheReach {
    /// Adds a creator's loyal reach, or with -1 takes it away again; one that is not measured is not counted.
    pub fn count(&mut self, reach: Option<f64>, times: i64) {
        let Some(reach) = reach else { return };
        self.thousandths += times * thousandths(reach);
        self.creators += times;
    }

    /// Authority of a creator of the niche, 0 to 1: x / (1 + x) for x times an equal part of the niche's loyal reach. An
    /// equal part gives 0.5, and so does what is not measured, with everything as interval.
    #[must_use]
    pub fn authority(&self, reach: Option<f64>) -> Estimate {
        let Some(reach) = reach.filter(|_| self.thousandths > 0) else {
            return Estimate { value: 0.5, low: 0.0, high: 1.0 };
        };
        let parts = reach * 1e3 * self.creators as f64 / self.thousandths as f64;
        Estimate::exactly(parts / (1.0 + parts))
    }
}

/// Never negative, and far from the end of the type for any number of creators.
#[expect(clippy::cast_possible_truncation, reason = "held within 1e12")]
fn thousandths(reach: f64) -> i64 {
    (reach.clamp(0.0, 1e9) * 1e3).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn niche(reaches: &[f64]) -> NicheReach {
        let mut niche = NicheReach::default();
        for reach in reaches {
            niche.count(Some(*reach), 1);
        }
        niche
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn an_equal_part_is_the_middle_and_nine_of_them_are_near_the_top() {
        assert!(near(niche(&[5.0; 4]).authority(Some(5.0)).value, 0.5));
        assert!(near(niche(&[9.0, 0.0, 0.0]).authority(Some(9.0)).value, 0.75));
        assert!(near(niche(&[9.0, 0.0, 0.0]).authority(Some(0.0)).value, 0.0));
    }

    #[test]
    fn what_is_not_measured_is_taken_as_an_equal_part_and_left_open() {
        let open = Estimate { value: 0.5, low: 0.0, high: 1.0 };
        assert_eq!(niche(&[5.0]).authority(None), open);
        assert_eq!(niche(&[0.0]).authority(Some(0.0)), open, "nobody is expected back to anybody");
    }

    proptest! {
        #[test]
        fn a_niche_is_the_same_in_any_order_and_after_coming_and_going(
            reaches in prop::collection::vec(0.0..1e4_f64, 1..20), gone in 0.0..1e4_f64,
        ) {
            let mut backwards = niche(&[gone]);
            for reach in reaches.iter().rev() {
                backwards.count(Some(*reach), 1);
            }
            backwards.count(Some(gone), -1);
            backwards.count(None, 1);
            prop_assert_eq!(niche(&reaches), backwards);
        }

        #[test]
        fn more_loyal_reach_is_never_less_authority(
            reaches in prop::collection::vec(0.0..1e4_f64, 1..20), a in 0.0..1e4_f64, b in 0.0..1e4_f64,
        ) {
            let niche = niche(&reaches);
            let (less, more) = (niche.authority(Some(a.min(b))), niche.authority(Some(a.max(b))));
            prop_assert!(less.value <= more.value && more.value <= 1.0);
        }
    }
}
