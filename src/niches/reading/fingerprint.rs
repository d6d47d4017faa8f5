//! Telling words apart without making a glossary of them.

use super::{common::ORDINARY, glossary::VOCABULARY, relations::RELATED};
use crate::niches::Niche;

/// To be raised with every change of how words are read that is none of the words themselves: what was read before is read anew then.
const READING: &str = "1";

/// The same for the same niches: with these, texts are read alike.
///
/// # Panics
///
/// Never: niches are text.
#[must_use]
pub fn fingerprint<'a>(niches: impl Iterator<Item = &'a Niche>) -> String {
    let niches: Vec<_> =
        niches.map(|Niche { id, parent, names, aliases }| (id, parent, names, aliases)).collect();
    let all = serde_json::to_vec(&(READING, VOCABULARY, RELATED, ORDINARY, niches));
    blake3::hash(&all.expect("text can be written")).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn every_word_of_a_niche_makes_a_difference() {
        let plain = json!({"id": "a", "parent": null, "names": {"en": "A", "ro": "B"},
            "aliases": {"en": ["c"], "ro": []}});
        let of = |changes: &[(&str, Value)]| {
            let mut niche = plain.clone();
            for (pointer, value) in changes {
                *niche.pointer_mut(pointer).unwrap() = value.clone();
            }
            fingerprint([serde_json::from_value(niche).unwrap()].iter())
        };
        let changed = [
            of(&[]),
            of(&[("/id", json!("b"))]),
            of(&[("/parent", json!("b"))]),
            of(&[("/names/en", json!("B"))]),
            of(&[("/names/ro", json!("A"))]),
            of(&[("/aliases/en", json!([]))]),
            of(&[("/aliases/en", json!([])), ("/aliases/ro", json!(["c"]))]),
            of(&[("/aliases/en", json!(["c", "d"]))]),
            of(&[("/aliases/en", json!(["c\nd"]))]),
            of(&[("/aliases/en", json!(["c", "a"]))]),
            of(&[("/aliases/ro", json!(["a"]))]),
            fingerprint([].iter()),
        ];
        for (place, one) in changed.iter().enumerate() {
            assert_eq!(changed.iter().position(|other| other == one), Some(place));
        }
        assert_eq!(of(&[]), of(&[]));
    }
}
