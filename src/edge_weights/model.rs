//! Weights of kinds, and what a relationship is worth under them.

use crate::{events::Kind, relationships::Relationship};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Largest weight. Only what weights are to each other means something, so this is a hundred likes to a purchase.
pub const MOST: f64 = 100.0;
/// Version of the built-in weights, with which every tenant begins.
pub const FIRST_VERSION: i32 = 1;

/// How much an act of each kind counts.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeWeights {
    /// Grows with every change of the tenant's.
    pub version: i32,
    /// When they were set; `None`: never.
    pub set_at: Option<Timestamp>,
    /// Weights of all active kinds; `None`: the built-in ones.
    own: Option<BTreeMap<Kind, f64>>,
}

impl Default for EdgeWeights {
    fn default() -> Self {
        Self { version: FIRST_VERSION, set_at: None, own: None }
    }
}

impl EdgeWeights {
    /// A version of a tenant's weights.
    #[must_use]
    pub fn new(version: i32, set_at: Timestamp, own: Option<BTreeMap<Kind, f64>>) -> Self {
        Self { version, set_at: Some(set_at), own }
    }

    /// The weights that are the tenant's own; `None`: they are built in.
    #[must_use]
    pub fn own(&self) -> Option<&BTreeMap<Kind, f64>> {
        self.own.as_ref()
    }

    /// The weight of a kind; 0 for those that make no active day.
    #[must_use]
    pub fn of(&self, kind: Kind) -> f64 {
        self.own.as_ref().map_or(kind.weight(), |own| own.get(&kind).copied().unwrap_or(0.0))
    }

    /// What a relationship is worth under these weights.
    ///
    /// Relationships are folded under the built-in weights, as there are far too many to fold them anew when a tenant
    /// changes its mind. Its strength is scaled by what its acts weigh here over what they weigh there, whatever their age:
    /// exact when all acts are of one kind or the kinds are mixed evenly over time, and never beyond the smallest and largest
    /// of the kinds' own ratios.
    #[must_use]
    pub fn strength(&self, relationship: &Relationship) -> f64 {
        if self.own.is_none() {
            return relationship.strength();
        }
        let (mut here, mut built_in) = (0.0, 0.0);
        for kind in Kind::ALL {
            let count = f64::from(relationship.count_of(*kind));
            here += count * self.of(*kind);
            built_in += count * kind.weight();
        }
        // Nothing that weighs: nothing to scale.
        if built_in > 0.0 { relationship.strength() * (here / built_in) } else { 0.0 }
    }
}

/// All kinds that have a weight.
pub fn weighted_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.is_active())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relationships::Fact;
    use proptest::prelude::*;

    prop_compose! {
        fn relationship()(acts in prop::collection::vec((prop::sample::select(Kind::ALL), 1_600_000_000_i64..1_800_000_000), 0..40)) -> Relationship {
            let mut relationship = Relationship::default();
            for (kind, second) in acts {
                let occurred_at = Timestamp::from_second(second).unwrap();
                relationship.absorb(&Fact::new(kind, occurred_at));
            }
            relationship
        }
    }

    prop_compose! {
        fn own()(weights in prop::collection::vec(0.0..=MOST, weighted_kinds().count())) -> BTreeMap<Kind, f64> {
            weighted_kinds().zip(weights).collect()
        }
    }

    fn weights(own: Option<BTreeMap<Kind, f64>>) -> EdgeWeights {
        EdgeWeights::new(2, Timestamp::UNIX_EPOCH, own)
    }

    proptest! {
        #[test]
        fn built_in_weights_leave_a_strength_as_it_is_to_the_last_bit(relationship in relationship()) {
            for built_in in [EdgeWeights::default(), weights(None)] {
                prop_assert_eq!(built_in.strength(&relationship).to_bits(), relationship.strength().to_bits());
            }
        }

        #[test]
        fn a_strength_stays_within_what_its_kinds_are_scaled_by(relationship in relationship(), own in own()) {
            let done = |kind: &Kind| relationship.count_of(*kind) > 0;
            let ratios: Vec<f64> = weighted_kinds().filter(done).map(|kind| own[&kind] / kind.weight()).collect();
            let strength = weights(Some(own)).strength(&relationship);
            let (least, most) = (ratios.iter().copied().fold(f64::MAX, f64::min), ratios.iter().copied().fold(0.0, f64::max));
            let scaled = relationship.strength();
            prop_assert!(strength <= scaled * most * (1.0 + 1e-12));
            prop_assert!(ratios.is_empty() || strength >= scaled * least * (1.0 - 1e-12));
        }

        #[test]
        fn acts_of_one_kind_are_scaled_exactly(own in own(), seconds in prop::collection::vec(1_600_000_000_i64..1_800_000_000, 1..20)) {
            for kind in weighted_kinds() {
                let mut relationship = Relationship::default();
                let mut expected = 0.0;
                for second in &seconds {
                    let occurred_at = Timestamp::from_second(*second).unwrap();
                    let before = relationship.strength();
                    relationship.absorb(&Fact::new(kind, occurred_at));
                    expected += (relationship.strength() - before) / kind.weight() * own[&kind];
                }
                let found = weights(Some(own.clone())).strength(&relationship);
                prop_assert!((found - expected).abs() <= 1e-6 * expected);
            }
        }

        #[test]
        fn only_what_weights_are_to_each_other_means_something(a in relationship(), b in relationship(), own in own(), times in 0.01..1.0_f64) {
            let scaled = own.iter().map(|(kind, weight)| (*kind, weight * times)).collect();
            let (plain, scaled) = (weights(Some(own)), weights(Some(scaled)));
            let cross = (plain.strength(&a) * scaled.strength(&b), plain.strength(&b) * scaled.strength(&a));
            prop_assert!((cross.0 - cross.1).abs() <= 1e-9 * cross.0.max(cross.1));
        }
    }

    #[test]
    fn kinds_that_make_no_active_day_weigh_nothing() {
        let own = weights(Some(weighted_kinds().map(|kind| (kind, 7.0)).collect()));
        for kind in Kind::ALL {
            for weights in [&own, &EdgeWeights::default()] {
                assert!((weights.of(*kind) > 0.0) == kind.is_active(), "{kind:?}");
            }
        }
    }
}
