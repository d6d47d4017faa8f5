//! What discounts take away from the sums of a creator.

use super::{Discounts, Pattern, crowds::Crowd};
use crate::{
    edge_weights::{EdgeWeights, model::FIRST_VERSION},
    scores::statistics::Share,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is discounted of one creator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Discounted {
    /// Crowds, ascending by week.
    pub crowds: Vec<Crowd>,
    /// People, by pattern.
    #[serde(serialize_with = "all_patterns", deserialize_with = "by_pattern")]
    pub people: [i32; Pattern::ALL.len()],
    /// What is taken away from the sums.
    pub taken: Taken,
    /// People taken away for rings.
    pub in_rings: f64,
    /// Version of the edge weights that strengths are under.
    #[serde(default = "first_version")]
    pub edge_weights: i32,
    /// Strength of all relationships with people.
    pub strength: f64,
    /// Strength taken away, by pattern.
    #[serde(serialize_with = "all_patterns", deserialize_with = "by_pattern")]
    pub lost: [f64; Pattern::ALL.len()],
}

// Sums that were stored before tenants had weights of their own stay readable.
fn first_version() -> i32 {
    FIRST_VERSION
}

/// Numbers by pattern; of patterns that were not known yet when they were stored there is nothing.
fn by_pattern<'de, D: Deserializer<'de>, T: Copy + Default + Deserialize<'de>>(
    stored: D,
) -> Result<[T; Pattern::ALL.len()], D::Error> {
    let stored = Vec::<T>::deserialize(stored)?;
    Ok(std::array::from_fn(|pattern| stored.get(pattern).copied().unwrap_or_default()))
}

/// As a list, with its length where the format has one: what is read is one, too.
fn all_patterns<S: Serializer, T: Serialize>(
    numbers: &[T; Pattern::ALL.len()],
    format: S,
) -> Result<S::Ok, S::Error> {
    numbers.as_slice().serialize(format)
}

/// What is taken away from sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// Of people.
    pub engagers: f64,
    /// Of mature people.
    pub mature: f64,
    /// Of people who talk.
    pub talking: f64,
    /// Of people who talk and were answered.
    #[serde(default)]
    pub answered: f64,
    /// Of the loyal reach.
    pub expected_back: f64,
}

impl Discounted {
    /// Nothing taken away yet; `None` when nothing can be.
    #[must_use]
    pub fn by(discounts: &Discounts, edge_weights: &EdgeWeights) -> Option<Box<Self>> {
        let (crowds, edge_weights) = (discounts.crowds().to_vec(), edge_weights.version);
        (!discounts.are_none()).then(|| Box::new(Self { crowds, edge_weights, ..Self::default() }))
    }

    /// The same before anything was taken away.
    #[must_use]
    pub fn emptied(&self) -> Box<Self> {
        let edge_weights = self.edge_weights;
        Box::new(Self { crowds: self.crowds.clone(), edge_weights, ..Self::default() })
    }

    /// Share of the strength of relationships that discounts leave; all of it without any strength.
    #[must_use]
    pub fn kept(&self) -> f64 {
        left(self.lost.iter().sum(), self.strength)
    }

    /// Share of the strength that is not lost to rings, of what other patterns leave; and people taken away for rings.
    #[must_use]
    pub fn outside_rings(&self) -> (f64, f64) {
        let in_rings = self.lost[Pattern::Ring as usize];
        let others = self.lost.iter().sum::<f64>() - in_rings;
        (left(in_rings, self.strength - others), self.in_rings)
    }

    /// Puts rings aside, as if there were none.
    pub(in crate::scores) fn leave_rings(&mut self) {
        self.in_rings = 0.0;
        self.lost[Pattern::Ring as usize] = 0.0;
        self.people[Pattern::Ring as usize] = 0;
    }

    pub(in crate::scores) fn add(&mut self, share: &Share, times: i32) {
        let by = f64::from(times);
        self.strength += by * share.strength;
        let Some(discount) = share.discount else { return };
        let lost = by * (1.0 - discount.weight);
        self.people[discount.pattern as usize] += times * share.engagers;
        self.taken.engagers += lost * f64::from(share.engagers);
        self.taken.mature += lost * f64::from(share.mature);
        self.taken.talking += lost * f64::from(share.talking);
        self.taken.answered += lost * f64::from(share.answered);
        self.taken.expected_back += lost * share.chance;
        self.lost[discount.pattern as usize] += lost * share.strength;
        if discount.pattern == Pattern::Ring {
            self.in_rings += lost * f64::from(share.engagers);
        }
    }

    /// True when both say the same, with numbers that may be off by rounding.
    pub(in crate::scores) fn agrees_with(&self, other: &Self, close: impl Fn(f64, f64) -> bool) -> bool {
        let numbers = |of: &Self| {
            let Taken { engagers, mature, talking, answered, expected_back } = of.taken;
            let strength = of.strength.max(f64::MIN_POSITIVE);
            let lost = of.lost.map(|lost| lost / strength);
            let people = [engagers, mature, talking, answered];
            [&people[..], &[expected_back, of.in_rings, strength], &lost].concat()
        };
        self.crowds == other.crowds
            && self.edge_weights == other.edge_weights
            && self.people == other.people
            && numbers(self).into_iter().zip(numbers(other)).all(|(ours, theirs)| close(ours, theirs))
    }
}

/// What is left of a strength; all of it without any.
fn left(lost: f64, strength: f64) -> f64 {
    if strength > 0.0 { (1.0 - lost / strength).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_a_pattern_was_known_stays_readable() {
        let discounted = Discounted {
            people: [1, 2, 3, 4, 5, 0],
            lost: [0.1, 0.2, 0.3, 0.4, 0.5, 0.0],
            ..Discounted::default()
        };
        let mut stored = serde_json::to_value(&discounted).unwrap();
        for name in ["people", "lost"] {
            stored[name].as_array_mut().unwrap().pop();
        }
        assert_eq!(serde_json::from_value::<Discounted>(stored).unwrap(), discounted);
    }
}
