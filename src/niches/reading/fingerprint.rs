//! Telling words apart without making a glossary of them.

use super::{common::ORDINARY, glossary::VOCABULARY, relations::RELATED};
use crate::niches::Niche;

/// To be raised with every change of how words are read that is none of the words themselves: what was read before is read anew then.
const READING: &str = "1";

/// The same for the same niches: with these, texts are read alike.
#[must_use]
pub fn fingerprint<'a>(niches: impl Iterator<Item = &'a Niche>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut update = |part: &str| {
        hasher.update(part.as_bytes()).update(b"\n");
    };
    for part in [READING, VOCABULARY, RELATED, ORDINARY] {
        update(part);
    }
    for Niche { id, parent, names, aliases } in niches {
        let parts = [id, parent.as_ref().unwrap_or(id), &names.en, &names.ro].into_iter();
        for part in parts.chain(&aliases.en).chain([id]).chain(&aliases.ro) {
            update(part);
        }
    }
    hasher.finalize().to_hex().to_string()
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
            fingerprint([].iter()),
        ];
        for (place, one) in changed.iter().enumerate() {
            assert_eq!(changed.iter().position(|other| other == one), Some(place));
        }
        assert_eq!(of(&[]), of(&[]));
    }
}
