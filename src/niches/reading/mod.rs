//! Reading a brief: which niches a free text in English or Romanian is about, and by which of its words.
//!
//! Nothing is learnt: a text is held against the names and aliases of all niches that a tenant sees, so that every reading can
//! be told by the words that made it, and an alias that a tenant adds is understood at once. Words are compared by their stems
//! in both languages, without diacritics; a word that matches nothing is taken for another form or a slip of a known one, but
//! for ordinary words (`ordinary.txt`), which are neither. A term whose words stand together counts most; a part of a term counts
//! by how much it tells. The niche with the most evidence explains its words, and the next one has to do with the others; up to
//! three niches also count what is said by words that are explained, and what goes along with the niches that are chosen.

mod choosing;
mod common;
mod evidence;
mod fingerprint;
mod glossary;
mod meaning;
mod relations;
mod spelling;
mod standing;
mod stems;
mod text;

pub use fingerprint::fingerprint;
pub use glossary::Glossary;

use choosing::{Chosen, FILLED, NOT_FILLED};
use evidence::Evidence;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

/// Most niches that are suggested for a text that was not understood.
const MAX_SUGGESTIONS: usize = 5;
/// Least part of the trigrams of two words that similar ones have in common.
const SIMILAR: f64 = 0.3;

/// What a text is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The niches, the most evident first; none: nothing was understood.
    pub niches: Vec<ReadNiche>,
    /// Words of the text that were not understood, as they stand there. Words that say nothing of niches are no part of it.
    pub ignored_words: Vec<String>,
}

/// A niche that a text is about.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadNiche {
    /// Id of the niche.
    pub id: String,
    /// How much the text is about it; all shares add up to 1.
    pub share: f64,
    /// The words of the text that tell it, or the niche that it goes along with, as they stand there.
    pub matched_words: Vec<String>,
    /// The names and aliases that they match, as they stand in the taxonomy.
    pub matched_terms: Vec<String>,
}

/// A niche with words like those of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Id of the niche.
    pub id: String,
    /// Its English name.
    pub name: String,
}

impl Glossary {
    /// What a text is about. Costs some steps per use of each of its words in the taxonomy; a word that is not in it, one
    /// comparison with each word of about its length that begins alike.
    #[must_use]
    pub fn read(&self, text: &str) -> Reading {
        let evidence = Evidence::of(self, text);
        let chosen = choosing::chosen(self, &evidence, FILLED);
        let all: f64 = chosen.iter().map(|niche| niche.weight).sum();
        let terms = |niche: &Chosen| {
            niche.matched.values().map(|said| said.term).collect::<BTreeSet<_>>().into_iter()
        };
        let read = |niche: &Chosen| ReadNiche {
            id: self.niches[niche.niche as usize].id.clone(),
            share: niche.weight / all,
            matched_words: evidence.words_as_written(|word| niche.matched.contains_key(&word)),
            matched_terms: terms(niche).map(|term| self.terms[term as usize].text.clone()).collect(),
        };
        let ignored = |word: usize| {
            evidence.tells(word) && !chosen.iter().any(|niche| niche.matched.contains_key(&word))
        };
        Reading {
            niches: chosen.iter().map(read).collect(),
            ignored_words: evidence.words_as_written(ignored),
        }
    }

    /// The niches that a tag names, with their shares, which add up to 1. Less than a brief with these words means: nothing that
    /// goes along with what is named.
    #[must_use]
    pub fn named(&self, tag: &str) -> Vec<(String, f64)> {
        let chosen = choosing::chosen(self, &Evidence::of(self, tag), NOT_FILLED);
        let all: f64 = chosen.iter().map(|niche| niche.weight).sum();
        let named = |niche: &Chosen| (self.niches[niche.niche as usize].id.clone(), niche.weight / all);
        chosen.iter().map(named).collect()
    }

    /// Niches with words that look like those of a text, the most similar first.
    #[must_use]
    pub fn suggestions(&self, text: &str) -> Vec<Suggestion> {
        let mut best: HashMap<u32, f64> = HashMap::new();
        for word in Evidence::of(self, text).telling_words() {
            for (niche, similarity) in self.spellings.similar(word) {
                let known = best.entry(niche).or_default();
                *known = known.max(similarity);
            }
        }
        // Similarities are positive, and so their bits are in their order.
        let mut order: Vec<(Reverse<u64>, u32)> = best
            .into_iter()
            .filter(|(_, similarity)| *similarity >= SIMILAR)
            .map(|(niche, similarity)| (Reverse(similarity.to_bits()), niche))
            .collect();
        order.sort_unstable();
        let suggestion = |(_, niche): &(_, u32)| {
            let entry = &self.niches[*niche as usize];
            Suggestion { id: entry.id.clone(), name: entry.name.clone() }
        };
        order.iter().take(MAX_SUGGESTIONS).map(suggestion).collect()
    }
}

#[cfg(test)]
mod tests;
