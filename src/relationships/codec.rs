//! How a relationship is stored: small, because relationships are what there is most of.
//!
//! Counts and day sets are variable-length numbers (LEB128); days as the first one and then the gaps between them.

use super::{
    days::DaySet,
    model::{Relationship, SLOTS},
    posts::PostSample,
};

/// The columns of a relationship row.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Forward-decayed strength.
    pub strength: f64,
    /// First and last day with any event.
    pub seen: (i32, i32),
    /// Counts, trailing zeros left out.
    pub counts: Vec<u8>,
    /// Active days.
    pub active_days: Vec<u8>,
    /// Keys of posts, eight bytes each.
    pub posts: Vec<u8>,
}

/// A stored relationship that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored relationship is damaged")]
pub struct Damaged;

impl From<&Relationship> for Stored {
    fn from(relationship: &Relationship) -> Self {
        Self {
            strength: relationship.strength,
            seen: relationship.seen.unwrap_or_default(),
            counts: encode_counts(&relationship.counts),
            active_days: encode_days(&relationship.active_days),
            posts: relationship.posts.as_slice().iter().flat_map(|key| key.to_be_bytes()).collect(),
        }
    }
}

impl Stored {
    /// The relationship in these columns.
    pub fn decode(&self) -> Result<Relationship, Damaged> {
        let counts = decode_counts(&self.counts)?;
        Ok(Relationship {
            counts,
            active_days: decode_days(&self.active_days)?,
            posts: decode_posts(&self.posts)?,
            strength: self.strength,
            seen: counts.iter().any(|count| *count > 0).then_some(self.seen),
        })
    }
}

fn encode_counts(counts: &[u32; SLOTS]) -> Vec<u8> {
    let used = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    let mut bytes = Vec::with_capacity(used);
    counts[..used].iter().for_each(|count| push(&mut bytes, *count));
    bytes
}

fn decode_counts(bytes: &[u8]) -> Result<[u32; SLOTS], Damaged> {
    let mut counts = [0; SLOTS];
    let numbers = numbers(bytes)?;
    counts.get_mut(..numbers.len()).ok_or(Damaged)?.copy_from_slice(&numbers);
    Ok(counts)
}

/// Days as the first one and the gaps between them.
#[must_use]
pub fn encode_days(days: &DaySet) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = 0;
    for day in days.as_slice() {
        // Only the first gap can be negative, for days before 1970, and it survives the round trip through u32.
        push(&mut bytes, day.wrapping_sub(before).cast_unsigned());
        before = *day;
    }
    bytes
}

/// Days from what [`encode_days`] made of them.
pub fn decode_days(bytes: &[u8]) -> Result<DaySet, Damaged> {
    let mut before = 0_i32;
    let days = numbers(bytes)?.into_iter().map(|gap| {
        before = before.wrapping_add(gap.cast_signed());
        before
    });
    let days: Vec<i32> = days.collect();
    if days.is_sorted_by(|a, b| a < b) { Ok(DaySet::from_sorted(days)) } else { Err(Damaged) }
}

fn decode_posts(bytes: &[u8]) -> Result<PostSample, Damaged> {
    let (keys, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(Damaged);
    }
    Ok(PostSample::from_sorted(keys.iter().map(|key| u64::from_be_bytes(*key)).collect()))
}

fn push(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn numbers(bytes: &[u8]) -> Result<Vec<u32>, Damaged> {
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0_u32, 0);
    for byte in bytes {
        let part = u32::from(byte & 0x7f).checked_shl(shift).ok_or(Damaged)?;
        number |= part;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(number);
            (number, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(numbers) } else { Err(Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_survive_storage(days in prop::collection::btree_set(-30_000_i32..60_000, 0..400)) {
            let set = DaySet::from_sorted(days.into_iter().collect());
            prop_assert_eq!(decode_days(&encode_days(&set)), Ok(set));
        }

        #[test]
        fn counts_survive_storage(counts in prop::array::uniform15(any::<u32>())) {
            prop_assert_eq!(decode_counts(&encode_counts(&counts)), Ok(counts));
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let stored = Stored { strength: 0.0, seen: (0, 0), counts: bytes.clone(), active_days: bytes.clone(), posts: bytes };
            let _ = stored.decode();
        }
    }

    #[test]
    fn a_typical_relationship_is_small() {
        let days = DaySet::from_sorted(vec![20_400, 20_407, 20_421]);
        assert_eq!(encode_days(&days).len(), 5);
        assert_eq!(encode_counts(&[1, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).len(), 4);
    }
}
