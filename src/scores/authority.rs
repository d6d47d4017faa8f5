//! Authority: how a creator's loyal reach in a niche compares with what is usual there.
//!
//! A creator's loyal reach is divided evenly over the niches in whose lists it stands, so that naming more of them does not
//! make more of it. What is usual in a niche is the geometric mean over its list, of one person more each: the arithmetic
//! one would follow whoever is largest, and one large creator could take the authority of all others away. It is kept as a
//! sum of logarithms in millionths, as whole numbers, so that it is the same in whatever order creators came and changed.

use super::interval::Estimate;

/// What creators of a niche are expected to see again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NicheReach {
    logarithms: i64,
    creators: i64,
}

impl NicheReach {
    /// Adds a creator's loyal reach in the niche, or with -1 takes it away again; one that is not measured is not counted.
    pub fn count(&mut self, reach: Option<Estimate>, times: i64) {
        let Some(reach) = reach else { return };
        self.logarithms += times * millionths(reach.value.max(0.0).ln_1p());
        self.creators += times;
    }

    /// Creators whose loyal reach is measured.
    #[must_use]
    pub fn creators(&self) -> i64 {
        self.creators
    }

    /// The loyal reach that is usual in the niche; 0 without any that is measured.
    #[must_use]
    pub fn usual(&self) -> f64 {
        (self.logarithms as f64 / 1e6 / self.creators.max(1) as f64).exp_m1()
    }
}

/// Authority of a creator of a niche where so much loyal reach is usual, with its own loyal reach there, 0 to 1: x / (1 + x) for x
/// times what is usual, one person more each. The usual reach gives 0.5, and so does what is not measured, with everything as
/// interval.
#[must_use]
pub fn authority(usual: f64, reach: Option<Estimate>) -> Estimate {
    let Some(Estimate { value, low, high }) = reach else {
        return Estimate { value: 0.5, low: 0.0, high: 1.0 };
    };
    // The same as a quotient of both by reach, so that it has an end where reach has none.
    let of = |reach: f64| 1.0 / (1.0 + (1.0 + usual) / (1.0 + reach));
    Estimate { value: of(value), low: of(low), high: of(high) }
}

#[expect(clippy::cast_possible_truncation, reason = "logarithms of numbers are small")]
fn millionths(logarithm: f64) -> i64 {
    (logarithm * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn niche(reaches: &[f64]) -> NicheReach {
        let mut niche = NicheReach::default();
        for reach in reaches {
            niche.count(Some(Estimate::exactly(*reach)), 1);
        }
        niche
    }

    fn of(niche: &NicheReach, reach: f64) -> f64 {
        authority(niche.usual(), Some(Estimate::exactly(reach))).value
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-5
    }

    #[test]
    fn the_usual_reach_is_the_middle_and_three_times_as_much_three_quarters() {
        let niche = niche(&[5.0; 4]);
        assert!(near(niche.usual(), 5.0) && near(of(&niche, 5.0), 0.5));
        assert!(near(of(&niche, 17.0), 0.75));
    }

    #[test]
    fn what_is_not_measured_is_taken_as_usual_and_left_open() {
        let open = Estimate { value: 0.5, low: 0.0, high: 1.0 };
        assert_eq!(authority(niche(&[5.0]).usual(), None), open);
        assert!(near(of(&niche(&[0.0]), 0.0), 0.5), "nobody is expected back to anybody");
    }

    #[test]
    fn one_large_creator_does_not_take_the_authority_of_the_others() {
        let mut reaches = vec![10.0; 30];
        let before = of(&niche(&reaches), 10.0);
        reaches.push(5_000.0);
        let after = of(&niche(&reaches), 10.0);
        assert!(before - after < 0.06, "{before} {after}");
    }

    proptest! {
        #[test]
        fn a_niche_is_the_same_in_any_order_and_after_coming_and_going(
            reaches in prop::collection::vec(0.0..1e4_f64, 1..20), gone in 0.0..1e4_f64,
        ) {
            let mut backwards = niche(&[gone]);
            for reach in reaches.iter().rev() {
                backwards.count(Some(Estimate::exactly(*reach)), 1);
            }
            backwards.count(Some(Estimate::exactly(gone)), -1);
            backwards.count(None, 1);
            prop_assert_eq!(niche(&reaches), backwards);
        }

        #[test]
        fn more_loyal_reach_is_never_less_authority(
            reaches in prop::collection::vec(0.0..1e4_f64, 1..20), a in 0.0..1e4_f64, b in 0.0..1e4_f64,
        ) {
            let niche = niche(&reaches);
            prop_assert!(of(&niche, a.min(b)) <= of(&niche, a.max(b)));
            prop_assert!((0.0..=1.0).contains(&of(&niche, a)));
        }
    }
}
