//! How components are stored: a byte for the status and six numbers of three bytes each, as ten-millionths.
//!
//! That is finer than any difference that makes a row, and what is read is a short decimal.

use crate::scores::{
    Components,
    components::{Component, Status},
    interval::Estimate,
};

/// So many steps from 0 to 1.
const STEPS: f64 = 1e7;
/// Bytes of an estimate.
pub const ESTIMATE: usize = 9;
/// Bytes of a component.
const WIDTH: usize = 1 + 2 * ESTIMATE;

/// Stored components that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored components are damaged")]
pub struct Damaged;

/// The components as bytes.
#[must_use]
pub fn encode(components: &Components) -> Vec<u8> {
    components.in_order().into_iter().flat_map(encode_one).collect()
}

/// Components from what [`encode`] made of them.
pub fn decode(bytes: &[u8]) -> Result<Components, Damaged> {
    let (parts, []) = bytes.as_chunks::<WIDTH>() else { return Err(Damaged) };
    let [loyalty, trust, authenticity, conversation] = parts else { return Err(Damaged) };
    Ok(Components {
        loyalty: decode_one(loyalty)?,
        trust: decode_one(trust)?,
        authenticity: decode_one(authenticity)?,
        conversation: decode_one(conversation)?,
    })
}

fn encode_one(component: Component) -> Vec<u8> {
    let Component { status, raw, mapped } = component;
    [&[u8::from(status == Status::Measured)][..], &encode_estimate(raw), &encode_estimate(mapped)].concat()
}

fn decode_one(bytes: &[u8; WIDTH]) -> Result<Component, Damaged> {
    let [status, numbers @ ..] = bytes;
    let status = match status {
        0 => Status::Insufficient,
        1 => Status::Measured,
        _ => return Err(Damaged),
    };
    let ([raw, mapped], []) = numbers.as_chunks::<ESTIMATE>() else { return Err(Damaged) };
    Ok(Component { status, raw: decode_estimate(raw)?, mapped: decode_estimate(mapped)? })
}

/// An estimate as bytes.
#[must_use]
pub fn encode_estimate(Estimate { value, low, high }: Estimate) -> [u8; ESTIMATE] {
    let mut bytes = [0; ESTIMATE];
    for (place, number) in bytes.as_chunks_mut::<3>().0.iter_mut().zip([value, low, high]) {
        let [_, three @ ..] = steps(number).to_be_bytes();
        *place = three;
    }
    bytes
}

/// An estimate as it is read after it was written.
#[must_use]
pub fn rounded(Estimate { value, low, high }: Estimate) -> Estimate {
    let [value, low, high] = [value, low, high].map(|number| f64::from(steps(number)) / STEPS);
    Estimate { value, low, high }
}

/// An estimate from what [`encode_estimate`] made of it.
pub fn decode_estimate(bytes: &[u8; ESTIMATE]) -> Result<Estimate, Damaged> {
    let (places, _) = bytes.as_chunks::<3>();
    let number = |[high, middle, low]: [u8; 3]| f64::from(u32::from_be_bytes([0, high, middle, low])) / STEPS;
    let [value, low, high] = std::array::from_fn(|at| number(places[at]));
    let is_ordered = low <= value && value <= high && high <= 1.0;
    is_ordered.then_some(Estimate { value, low, high }).ok_or(Damaged)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most ten million steps"
)]
fn steps(number: f64) -> u32 {
    (number.clamp(0.0, 1.0) * STEPS).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::{history::model::numbers_of, interval::tests::any_estimate};
    use proptest::prelude::*;

    prop_compose! {
        fn component()(raw in any_estimate(), mapped in any_estimate(), is_measured in any::<bool>()) -> Component {
            Component { status: if is_measured { Status::Measured } else { Status::Insufficient }, raw, mapped }
        }
    }

    prop_compose! {
        fn components()([loyalty, trust, authenticity, conversation] in prop::array::uniform4(component())) -> Components {
            Components { loyalty, trust, authenticity, conversation }
        }
    }

    proptest! {
        #[test]
        fn components_survive_storage(components in components()) {
            let bytes = encode(&components);
            prop_assert_eq!(bytes.len(), 4 * WIDTH);
            let stored = decode(&bytes).unwrap();
            for (before, after) in components.in_order().into_iter().zip(stored.in_order()) {
                prop_assert_eq!(before.status, after.status);
                for (before, after) in numbers_of(before).into_iter().zip(numbers_of(after)) {
                    prop_assert!((before - after).abs() <= 0.5 / STEPS + 1e-12, "{} {}", before, after);
                }
            }
            prop_assert_eq!(encode(&stored), bytes, "what was stored is stored as it is");
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(components) = decode(&bytes) {
                prop_assert_eq!(encode(&components), bytes);
            }
        }
    }
}
