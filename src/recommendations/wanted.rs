//! The niches of a brief: those that it names, and those that its text is about.

use super::brief::Brief;
use crate::{
    error::{FieldError, Violations},
    niches::{
        NicheTree,
        reading::{Reading, Suggestion},
    },
    scores::nearness::NichePlace,
    snapshot::TenantSnapshot,
};
use std::collections::BTreeSet;

/// Most niches that a brief may name.
const MAX_NAMED: usize = 20;
/// Most characters of a text.
pub const MAX_TEXT: usize = 2_000;

/// The niches of a brief.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// The named ones in their order, then those of the text, the most evident first.
    pub niches: Vec<WantedNiche>,
    /// Words of the text that were not understood; `None` without a text.
    pub ignored_words: Option<Vec<String>>,
}

/// A niche of a brief.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedNiche {
    /// Its id.
    pub id: String,
    /// Where it is in the snapshot.
    pub place: NichePlace,
    /// How much it matters, relative to the others. A text as a whole matters as much as a niche that is named without a weight.
    pub weight: f64,
    /// The words of the text that tell it, or the niche that it goes along with; `None` for niches that are named.
    pub matched_words: Option<Vec<String>>,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// It breaks rules.
    Invalid(Vec<FieldError>),
    /// It names no niche, and its text tells none; these have words like those of the text.
    NotUnderstood(Vec<Suggestion>),
}

impl Refusal {
    /// The refusal of a text that tells no niche.
    #[must_use]
    pub fn not_understood(text: Option<&str>, tree: &NicheTree) -> Self {
        Self::NotUnderstood(text.map_or_else(Vec::new, |text| tree.glossary().suggestions(text)))
    }
}

/// Notes what is wrong with a text; the text when nothing is.
pub fn checked_text<'a>(violations: &mut Violations, pointer: &str, text: &'a str) -> Option<&'a str> {
    let mut own = Violations::default();
    own.text(pointer, text, 1, MAX_TEXT);
    match own.finish() {
        Ok(()) => Some(text),
        Err(errors) => {
            violations.extend(errors);
            None
        }
    }
}

impl Brief {
    /// The niches of the brief. A niche that is named and read counts as it is named.
    pub(super) fn wanted(&self, violations: &mut Violations, snapshot: &TenantSnapshot) -> Wanted {
        if self.niches.is_empty() && self.text.is_none() {
            violations.add(
                "/brief/niches",
                "required",
                "name at least one niche, or say in text what is looked for",
            );
        }
        let mut wanted = Wanted { niches: self.named(violations, snapshot), ignored_words: None };
        let text = self.text.as_deref().and_then(|text| checked_text(violations, "/brief/text", text));
        if let Some(text) = text {
            wanted.add(snapshot.tree.glossary().read(text), snapshot);
        }
        wanted
    }

    fn named(&self, violations: &mut Violations, snapshot: &TenantSnapshot) -> Vec<WantedNiche> {
        violations.at_most("/brief/niches", self.niches.len(), MAX_NAMED);
        let mut seen = BTreeSet::new();
        let mut named = Vec::new();
        for (index, wanted) in self.niches.iter().enumerate().take(MAX_NAMED) {
            if !(0.001..=1_000.0).contains(&wanted.weight) {
                let pointer = format!("/brief/niches/{index}/weight");
                violations.add(pointer, "out_of_range", "must be between 0.001 and 1000");
            }
            let pointer = format!("/brief/niches/{index}/id");
            match snapshot.place(&wanted.id) {
                _ if !seen.insert(&wanted.id) => {
                    violations.add(pointer, "duplicate", "is in the brief already");
                }
                Some(place) => {
                    let (id, weight) = (wanted.id.clone(), wanted.weight);
                    named.push(WantedNiche { id, place, weight, matched_words: None });
                }
                None => violations.add(
                    pointer,
                    "unknown_niche",
                    "there is no niche of this id; GET /v1/niches lists them",
                ),
            }
        }
        named
    }
}

impl Wanted {
    fn add(&mut self, reading: Reading, snapshot: &TenantSnapshot) {
        self.ignored_words = Some(reading.ignored_words);
        for read in reading.niches {
            let is_named = self.niches.iter().any(|named| named.id == read.id);
            if let Some(place) = snapshot.place(&read.id).filter(|_| !is_named) {
                let matched_words = Some(read.matched_words);
                self.niches.push(WantedNiche { id: read.id, place, weight: read.share, matched_words });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use crate::{niches::Taxonomy, recommendations::brief::WeightedNiche, snapshot::TenantBuilder};
    use std::sync::Arc;

    fn wanted(text: Option<&str>, named: &[(&str, f64)]) -> Result<Wanted, Vec<FieldError>> {
        let snapshot = TenantBuilder::new(TenantId(1), Arc::new(Taxonomy::built_in())).snapshot();
        let niche = |(id, weight): &(&str, f64)| WeightedNiche { id: (*id).to_owned(), weight: *weight };
        let niches = named.iter().map(niche).collect();
        let brief = Brief { text: text.map(str::to_owned), niches, values: Vec::new() };
        let mut violations = Violations::default();
        let wanted = brief.wanted(&mut violations, &snapshot);
        violations.into_result(wanted)
    }

    #[test]
    fn a_text_weighs_as_much_as_one_niche_beside_those_that_are_named() {
        let wanted = wanted(Some("pisici, panouri solare"), &[("gaming", 2.0)]).unwrap();
        assert_eq!((wanted.niches[0].weight, &wanted.niches[0].matched_words), (2.0, &None));
        let of_text: f64 = wanted.niches[1..].iter().map(|niche| niche.weight).sum();
        assert!(wanted.niches.len() >= 3 && (of_text - 1.0).abs() < 1e-12, "{wanted:?}");
        assert!(wanted.niches[1..].iter().all(|niche| niche.matched_words.is_some()), "{wanted:?}");
    }

    #[test]
    fn a_niche_that_is_named_and_read_counts_as_it_is_named() {
        let wanted = wanted(Some("pisici"), &[("cats", 3.0)]).unwrap();
        let of_cats: Vec<f64> =
            wanted.niches.iter().filter(|niche| niche.id == "cats").map(|niche| niche.weight).collect();
        assert_eq!(of_cats, [3.0]);
        assert_eq!(wanted.ignored_words, Some(Vec::new()));
    }

    #[test]
    fn a_brief_has_a_text_or_a_niche() {
        let codes = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.code).collect::<Vec<_>>();
        assert_eq!(codes(wanted(None, &[]).unwrap_err()), ["required"]);
        assert_eq!(codes(wanted(Some(""), &[]).unwrap_err()), ["too_short"]);
        assert_eq!(codes(wanted(Some(&"a".repeat(MAX_TEXT + 1)), &[]).unwrap_err()), ["too_long"]);
        assert_eq!(wanted(Some(&"a".repeat(MAX_TEXT)), &[]).unwrap().niches, []);
    }
}
