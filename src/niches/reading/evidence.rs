//! What each word of a text says for each niche.

use super::{
    common::{self, Say},
    glossary::{Glossary, LITTLE, Language, Root, Term},
    text::{self, Token},
};
use std::collections::{BTreeMap, HashMap};

/// What a word tells at least where a whole term is there, however many niches have the word.
const WHOLE: f64 = 0.6;
/// What the words of a longer term count when they stand together, and when they stand apart.
const TOGETHER: f64 = 1.2;
const APART: f64 = 0.6;
/// How many other words may stand among the words of a term.
const BETWEEN: u32 = 1;
/// What a part of a term counts, beside how much of the term it tells.
const PART: f64 = 0.8;

/// What a word says for a niche.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) weight: f64,
    /// The term that it is a word of.
    pub(super) term: u32,
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

/// A word at its place, or two that are written as one in a term.
struct Unit {
    words: Vec<usize>,
    place: u32,
    meant: Vec<(Root, f64)>,
}

/// A unit that is perhaps meant as a word of a term.
#[derive(Clone, Copy)]
struct Hit {
    /// Which word of the term.
    slot: u8,
    unit: usize,
    sure: f64,
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
        let mut hits: BTreeMap<u32, Vec<Hit>> = BTreeMap::new();
        for (unit, found) in units.iter().enumerate() {
            for (root, sure) in &found.meant {
                for (term, slot) in &glossary.uses[*root as usize] {
                    hits.entry(*term).or_default().push(Hit { slot: *slot, unit, sure: *sure });
                }
            }
        }
        for (number, hits) in hits {
            let term = &glossary.terms[number as usize];
            self.weigh(glossary, (number, term), &units, hits);
        }
    }

    fn units(&self, glossary: &Glossary) -> Vec<Unit> {
        let meant: Vec<Vec<(Root, f64)>> =
            (0..self.folded.len()).map(|word| self.meant(glossary, word)).collect();
        let mut units: Vec<Unit> = Vec::with_capacity(2 * self.tokens.len());
        let mut place = 0;
        for (at, (token, word)) in self.tokens.iter().zip(&self.words).enumerate() {
            place += token.pause;
            units.push(Unit { words: vec![*word], place, meant: meant[*word].clone() });
            let before = at.checked_sub(1).filter(|_| token.pause == 0).map(|before| self.words[before]);
            let joined = before.map(|before| (before, format!("{}{}", self.folded[before], token.folded)));
            if let Some((before, joined)) = joined {
                units.push(Unit {
                    words: vec![before, *word],
                    place,
                    meant: glossary.own(&joined, self.language),
                });
            }
            place += u32::from(self.says[*word] != Say::Nothing);
        }
        units
    }

    /// Words that hold sentences together are no slips of others.
    fn meant(&self, glossary: &Glossary, word: usize) -> Vec<(Root, f64)> {
        match self.says[word] {
            Say::Much => glossary.meant(&self.folded[word], self.language),
            _ => glossary.own(&self.folded[word], self.language),
        }
    }

    /// Adds what the words say for the niche of a term, where it is more than they say by another term of it.
    fn weigh(&mut self, glossary: &Glossary, (number, term): (u32, &Term), units: &[Unit], hits: Vec<Hit>) {
        let tells = |slot: u8| glossary.tells[term.roots[usize::from(slot)] as usize];
        let is_telling = |hit: &Hit| units[hit.unit].words.iter().any(|word| self.says[*word] == Say::Much);
        if !hits.iter().any(is_telling) {
            return;
        }
        let weighed: Vec<(Hit, f64)> = if let Some((together, hits)) = whole(term, units, &hits) {
            let of_slot = |slot| if tells(slot) > LITTLE { tells(slot).max(WHOLE) } else { tells(slot) };
            hits.into_iter().map(|hit| (hit, of_slot(hit.slot) * hit.sure * together)).collect()
        } else {
            let hits: Vec<Hit> = hits.into_iter().filter(is_telling).collect();
            let part = told_part(term, &hits, tells);
            hits.into_iter().map(|hit| (hit, tells(hit.slot) * hit.sure * part * PART)).collect()
        };
        let said = self.niches.entry(term.niche).or_default();
        for (hit, weight) in weighed {
            let words = &units[hit.unit].words;
            let weight = term.weight * weight / words.len() as f64;
            for word in words {
                let best = said.entry(*word).or_insert(Said { weight, term: number });
                if weight > best.weight {
                    *best = Said { weight, term: number };
                }
            }
        }
    }
}

/// When all words of a term are there: how near to each other, as a factor, and where.
fn whole(term: &Term, units: &[Unit], hits: &[Hit]) -> Option<(f64, Vec<Hit>)> {
    let slots = term.roots.len();
    if slots == 1 {
        return Some((1.0, hits.to_vec()));
    }
    let window = tightest(slots, units, hits)?;
    let place = |hit: &Hit| units[hit.unit].place;
    let span = place(&window[window.len() - 1]) - place(&window[0]);
    let needed = u32::try_from(slots - 1).unwrap_or(u32::MAX);
    let together = match span.saturating_sub(needed) {
        0 => TOGETHER,
        1..=BETWEEN => 1.0,
        _ => APART,
    };
    Some((together, window))
}

/// The hits of the shortest piece of the text that has every word of a term.
fn tightest(slots: usize, units: &[Unit], hits: &[Hit]) -> Option<Vec<Hit>> {
    let place = |hit: &Hit| units[hit.unit].place;
    let mut hits = hits.to_vec();
    hits.sort_by_key(|hit| (place(hit), hit.slot));
    let mut counts = vec![0_usize; slots];
    let (mut start, mut missing) = (0, slots);
    let mut best: Option<(u32, usize, usize)> = None;
    for end in 0..hits.len() {
        let count = &mut counts[usize::from(hits[end].slot)];
        missing -= usize::from(*count == 0);
        *count += 1;
        while missing == 0 {
            let span = place(&hits[end]) - place(&hits[start]);
            if best.is_none_or(|(shortest, ..)| span < shortest) {
                best = Some((span, start, end));
            }
            let count = &mut counts[usize::from(hits[start].slot)];
            *count -= 1;
            missing += usize::from(*count == 0);
            start += 1;
        }
    }
    best.map(|(_, start, end)| hits[start..=end].to_vec())
}

/// How much of what a term tells is told by its words that are there.
fn told_part(term: &Term, hits: &[Hit], tells: impl Fn(u8) -> f64) -> f64 {
    let mut sure = vec![0.0_f64; term.roots.len()];
    for hit in hits {
        let best = &mut sure[usize::from(hit.slot)];
        *best = best.max(hit.sure);
    }
    let (mut told, mut all) = (0.0, 0.0);
    for (slot, sure) in (0..).zip(sure) {
        told += tells(slot) * sure;
        all += tells(slot);
    }
    told / all
}
