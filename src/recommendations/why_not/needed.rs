//! What a component would have to be.

use crate::scores::{
    ScoringModel,
    components::{MAPPED_STEPS, NAMES},
    interval::Estimate,
    receipt::{Score, Weights},
};

/// The least value of a component on the common scale, in the steps it is rounded to, with which the score is enough while
/// everything else stays as it is, its own uncertainty included; `None`: not even 1 is enough.
#[must_use]
pub fn needed(
    weights: &Weights,
    mapped: &[Estimate; NAMES.len()],
    component: usize,
    is_enough: impl Fn(Score) -> bool,
) -> Option<f64> {
    let of = |steps: u32| f64::from(steps) / MAPPED_STEPS;
    let at = |steps: u32| Score::of(weights, &moved(mapped, component, of(steps)));
    let (mut short, mut enough) = (0, ALL_STEPS);
    if !is_enough(at(enough)) {
        return None;
    }
    while enough - short > 1 {
        let middle = u32::midpoint(short, enough);
        if is_enough(at(middle)) { enough = middle } else { short = middle }
    }
    Some(of(enough))
}

/// As many steps as [`MAPPED_STEPS`].
const ALL_STEPS: u32 = 50_000;

/// The components with another value of one, as uncertain as it is.
fn moved(mapped: &[Estimate; NAMES.len()], component: usize, value: f64) -> [Estimate; NAMES.len()] {
    let (mut moved, now) = (*mapped, mapped[component]);
    let by = value - now.value;
    moved[component] = Estimate { value, low: now.low + by, high: (now.high + by).min(1.0) };
    moved
}

/// The value on a component's own scale that maps to one on the common scale; `None`: the map in force has none.
#[must_use]
pub fn raw(model: &ScoringModel, component: usize, mapped: f64) -> Option<f64> {
    match NAMES[component] {
        "loyalty" | "trust" => model.loyalty_map.least_raw(mapped),
        "authenticity" => model.authenticity_map.least_raw(mapped),
        "conversation" => model.conversation_map.least_raw(mapped),
        // Fit is on the common scale by itself.
        _ => Some(mapped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::interval::tests::any_estimate;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_needed_is_enough_and_a_hair_less_is_not(
            parts in prop::array::uniform5(0.0..10.0_f64), mapped in prop::array::uniform5(any_estimate()),
            component in 0..5_usize, beyond in 0.0..0.5_f64,
        ) {
            prop_assume!(parts.iter().sum::<f64>() > 0.0);
            let weights = Weights::normalised(parts).unwrap();
            let bar = Score::of(&weights, &mapped).low + beyond;
            let low = |value| Score::of(&weights, &moved(&mapped, component, value)).low;
            match needed(&weights, &mapped, component, |score| score.low > bar) {
                Some(value) => {
                    prop_assert!(low(value) > bar);
                    prop_assert!(low(value - 1.0 / MAPPED_STEPS) <= bar);
                }
                None => prop_assert!(low(1.0) <= bar),
            }
        }

        #[test]
        fn a_value_of_its_own_scale_maps_to_what_is_needed(steps in 0..=ALL_STEPS, component in 1..5_usize) {
            let (model, mapped) = (ScoringModel::published_default(), f64::from(steps) / MAPPED_STEPS);
            let value = raw(&model, component, mapped).unwrap();
            let map = match component {
                1 | 2 => &model.loyalty_map,
                3 => &model.authenticity_map,
                _ => &model.conversation_map,
            };
            prop_assert!((map.apply(value) - mapped).abs() < 1e-9);
        }
    }

    #[test]
    fn the_steps_are_those_of_the_common_scale() {
        assert!((f64::from(ALL_STEPS) - MAPPED_STEPS).abs() < 1e-9);
    }
}
