//! What each word of a text says for each niche.

use super::{
    common::{self, Say},
    glossary::{Glossary, LITTLE, Language},
    meaning::Meant,
    standing::{Hit, Unit, told_part, whole},
    text::{self, Token},
};
use std::collections::{BTreeMap, HashMap};

/// What a word tells at least where a whole term is there, however many niches have the word.
const WHOLE: f64 = 0.6;
/// What a part of a term counts, beside how much of the term it tells.
const PART: f64 = 0.9;
/// What it counts where it is ordinary words only: of "best before" the second alone tells nothing of food.
const ORDINARY_PART: f64 = 0.6;

/// What a word says for a niche.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) weight: f64,
    /// The term that it is a word of.
    pub(super) term: u32,
    /// True when the word alone is a name or an alias of the niche.
    pub(super) names: bool,
}

/// Words of a text, held against a glossary. A word that occurs twice is one word.
pub(super) struct Evidence<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The number of the word that each token is.
    words: Vec<usize>,
    folded: Vec<String>,
    says: Vec<Say>,
    language: Option<Language>,
    /// For each niche, what is said by each word.
    pub(super) niches: BTreeMap<u32, BTreeMap<usize, Said>>,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(glossary: &Glossary, text: &'a str) -> Self {
        let tokens = text::tokens(text);
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut folded: Vec<String> = Vec::new();
        let mut words = Vec::with_capacity(tokens.len());
        for token in &tokens {
            words.push(*numbers.entry(&token.folded).or_insert_with(|| {
                folded.push(token.folded.clone());
                folded.len() - 1
            }));
        }
        // Each word as often as it occurs, so that the language is told by the text and not by its vocabulary.
        let all: Vec<&str> = tokens.iter().map(|token| token.folded.as_str()).collect();
        let mut says = vec![Say::Nothing; folded.len()];
        let language = common::language(&all);
        for (word, say) in words.iter().zip(common::of_text(&all, language)) {
            says[*word] = say;
        }
        let mut evidence = Self { text, tokens, words, folded, says, language, niches: BTreeMap::new() };
        evidence.gather(glossary);
        evidence
    }

    /// True for words that tell what a text is about, if they are understood.
    pub(super) fn tells(&self, word: usize) -> bool {
        self.says[word] == Say::Much && self.folded[word].chars().any(char::is_alphabetic)
    }

    /// All such words, folded.
    pub(super) fn telling_words(&self) -> impl Iterator<Item = &str> {
        (0..self.folded.len()).filter(|word| self.tells(*word)).map(|word| self.folded[word].as_str())
    }

    /// Some of the words as they stand in the text, each once.
    pub(super) fn words_as_written(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<String> {
        let mut seen = vec![false; self.folded.len()];
        let first =
            |(_, word): &(&Token, &usize)| is_wanted(**word) && !std::mem::replace(&mut seen[**word], true);
        let tokens = self.tokens.iter().zip(&self.words).filter(first);
        tokens.map(|(token, _)| self.text[token.range.clone()].to_owned()).collect()
    }

    fn gather(&mut self, glossary: &Glossary) {
        let units = self.units(glossary);
        let mut hits: Vec<Hit> = Vec::new();
        for (unit, found) in units.iter().enumerate() {
            for meant in &found.meant {
                for used in &glossary.uses[meant.root as usize] {
                    let sure = glossary.sureness(meant, &found.written, used.spelling);
                    if sure > 0.0 {
                        hits.push(Hit { term: used.term, slot: used.slot, unit, sure });
                    }
                }
            }
        }
        hits.sort_by_key(|hit| hit.term);
        for hits in hits.chunk_by(|one, other| one.term == other.term) {
            self.weigh(glossary, &units, hits);
        }
    }

    fn units(&self, glossary: &Glossary) -> Vec<Unit> {
        let meant: Vec<Vec<Meant>> = (0..self.folded.len()).map(|word| self.meant(glossary, word)).collect();
        let mut units: Vec<Unit> = Vec::with_capacity(2 * self.tokens.len());
        let mut place = 0;
        for (at, (token, word)) in self.tokens.iter().zip(&self.words).enumerate() {
            place += token.pause;
            let (written, meant) = (token.folded.clone(), meant[*word].clone());
            units.push(Unit { words: vec![*word], place, written, meant });
            let before = at.checked_sub(1).filter(|_| token.pause == 0).map(|before| self.words[before]);
            let says_something = |word: &usize| self.says[*word] != Say::Nothing;
            let before = before.filter(|before| says_something(before) && says_something(word));
            let joined = before.map(|before| (before, format!("{}{}", self.folded[before], token.folded)));
            if let Some((before, joined)) = joined {
                units.push(Unit {
                    words: vec![before, *word],
                    place,
                    meant: glossary.own(&joined, self.language),
                    written: joined,
                });
            }
            place += u32::from(self.says[*word] != Say::Nothing);
        }
        units
    }

    /// Words that hold sentences together are no slips of others.
    fn meant(&self, glossary: &Glossary, word: usize) -> Vec<Meant> {
        match self.says[word] {
            Say::Much => glossary.meant(&self.folded[word], self.language),
            _ => glossary.own(&self.folded[word], self.language),
        }
    }

    /// Adds what the words say for the niche of a term, where it is more than they say by another term of it.
    fn weigh(&mut self, glossary: &Glossary, units: &[Unit], hits: &[Hit]) {
        let number = hits[0].term;
        let term = &glossary.terms[number as usize];
        let tells = |slot: u8| glossary.tells[term.roots[usize::from(slot)] as usize];
        let is_telling = |hit: &Hit| units[hit.unit].words.iter().any(|word| self.says[*word] == Say::Much);
        if !hits.iter().any(is_telling) {
            return;
        }
        let weighed: Vec<(Hit, f64)> = if let Some((together, hits)) = whole(term, units, hits) {
            let of_slot = |slot| if tells(slot) > LITTLE { tells(slot).max(WHOLE) } else { tells(slot) };
            hits.into_iter().map(|hit| (hit, of_slot(hit.slot) * hit.sure * together)).collect()
        } else if term.only_whole {
            return;
        } else {
            let hits: Vec<Hit> = hits.iter().copied().filter(is_telling).collect();
            let is_ordinary = |hit: &Hit| common::is_ordinary(&units[hit.unit].written);
            let counts = if hits.iter().all(is_ordinary) { ORDINARY_PART } else { PART };
            let part = told_part(term, &hits, tells) * counts;
            hits.into_iter().map(|hit| (hit, tells(hit.slot) * hit.sure * part)).collect()
        };
        let names = term.roots.len() == 1 && term.weight >= 1.0;
        let said = self.niches.entry(term.niche).or_default();
        for (hit, weight) in weighed {
            let words = &units[hit.unit].words;
            let weight = term.weight * weight / words.len() as f64;
            for word in words {
                let best = said.entry(*word).or_insert(Said { weight, term: number, names });
                if weight > best.weight {
                    *best = Said { weight, term: number, names };
                }
            }
        }
    }
}
