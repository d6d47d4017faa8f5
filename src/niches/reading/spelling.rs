//! Words that are not in the glossary as they are written: other forms, and slips of the pen.

use super::glossary::{Glossary, Language, Root, Term};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

/// Part of the longer of two words with one stem that is the same at least, for them to be surely forms of one.
const SAME_PART: f64 = 0.6;
/// How sure it is that they are otherwise.
const UNLIKE: f64 = 0.6;
/// How sure it is that another form of a word means the same.
const OTHER_FORM: f64 = 0.8;
/// Letters that two forms of a word have in common at least.
const COMMON_LETTERS: usize = 5;
/// Part of the longer one that they have in common at least.
const COMMON_PART: f64 = 0.6;
/// Letters of the shorter one that may be others.
const OTHER_LETTERS: usize = 2;

/// A word of terms, as it is written there.
#[derive(Debug)]
struct Spelling {
    word: Box<str>,
    letters: usize,
    /// A bit for each letter that occurs: what has other bits is another word without a closer look.
    mask: u32,
    roots: Vec<Root>,
    niches: Vec<u32>,
}

/// All words of terms.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    all: Vec<Spelling>,
    by_first: HashMap<char, Vec<u32>>,
    by_trigram: HashMap<[char; 3], Vec<u32>>,
    by_root: HashMap<Root, Vec<u32>>,
}

impl Spellings {
    pub(super) fn of(spelled: BTreeMap<String, HashSet<Root>>, terms: &[Term]) -> Self {
        let mut niches: HashMap<Root, Vec<u32>> = HashMap::new();
        for term in terms {
            for root in &term.roots {
                niches.entry(*root).or_default().push(term.niche);
            }
        }
        let mut spellings = Self::default();
        for (number, (word, roots)) in (0..).zip(spelled) {
            let mut roots: Vec<Root> = roots.into_iter().collect();
            roots.sort_unstable();
            let mut of_word: Vec<u32> = roots.iter().flat_map(|root| &niches[root]).copied().collect();
            of_word.sort_unstable();
            of_word.dedup();
            spellings.by_first.entry(first(&word)).or_default().push(number);
            for trigram in trigrams(&word) {
                spellings.by_trigram.entry(trigram).or_default().push(number);
            }
            for root in &roots {
                spellings.by_root.entry(*root).or_default().push(number);
            }
            let (letters, mask) = (word.chars().count(), mask(&word));
            spellings.all.push(Spelling { word: word.into(), letters, mask, roots, niches: of_word });
        }
        spellings
    }

    /// Roots of the words nearest to one that is perhaps misspelled, and how sure that is.
    fn corrected(&self, word: &str) -> Vec<(Root, f64)> {
        let letters = word.chars().count();
        let most = match letters {
            ..4 => return Vec::new(),
            4..8 => 1,
            _ => 2,
        };
        let own = mask(word);
        let mut nearest = (most + 1, Vec::new());
        for candidate in self.with_similar_start(word) {
            let differ = (candidate.mask ^ own).count_ones() as usize;
            if candidate.letters.abs_diff(letters) > most || differ > 2 * most {
                continue;
            }
            let distance = strsim::osa_distance(word, &candidate.word);
            if distance < nearest.0 {
                nearest = (distance, Vec::new());
            }
            if distance == nearest.0 && distance <= most {
                nearest.1.push(candidate);
            }
        }
        let roots = |candidate: &Spelling| {
            let sure = sureness(word, &candidate.word, nearest.0);
            candidate.roots.iter().map(|root| (*root, sure)).collect::<Vec<_>>()
        };
        nearest.1.into_iter().flat_map(roots).collect()
    }

    /// How much a word looks like one of those with a root, 0 to 1: the part of the longer one with which both begin.
    fn likeness(&self, root: Root, word: &str) -> f64 {
        let spelled = self.by_root.get(&root).into_iter().flatten().map(|number| &self.all[*number as usize]);
        let part = |spelling: &Spelling| {
            let same = word.chars().zip(spelling.word.chars()).take_while(|(a, b)| a == b).count();
            same as f64 / word.chars().count().max(spelling.letters) as f64
        };
        spelled.map(part).fold(0.0, f64::max)
    }

    /// Words with the same first letter, or with the first two the other way round: hardly anybody misses the first one.
    fn with_similar_start(&self, word: &str) -> impl Iterator<Item = &Spelling> {
        let mut start = word.chars();
        let (first, second) = (start.next(), start.next());
        let same = first.and_then(|letter| self.by_first.get(&letter));
        let turned =
            second.filter(|letter| Some(*letter) != first).and_then(|letter| self.by_first.get(&letter));
        let turned = turned.into_iter().flatten().map(|number| &self.all[*number as usize]);
        let turned = turned.filter(move |candidate| candidate.word.chars().nth(1) == first);
        same.into_iter().flatten().map(|number| &self.all[*number as usize]).chain(turned)
    }

    /// Niches with words like this one, each with the share of trigrams in common with the nearest of its words.
    pub(super) fn similar(&self, word: &str) -> HashMap<u32, f64> {
        let wanted = trigrams(word);
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for number in wanted.iter().filter_map(|trigram| self.by_trigram.get(trigram)).flatten() {
            *shared.entry(*number).or_default() += 1;
        }
        let mut similar: HashMap<u32, f64> = HashMap::new();
        for (number, shared) in shared {
            let candidate = &self.all[number as usize];
            let share = 2.0 * shared as f64 / (wanted.len() + trigrams(&candidate.word).len()) as f64;
            for niche in &candidate.niches {
                let best = similar.entry(*niche).or_default();
                *best = best.max(share);
            }
        }
        similar
    }
}

/// Short words are near to many others, unless they have the same letters in another order.
fn sureness(word: &str, meant: &str, distance: usize) -> f64 {
    match (word.chars().count(), distance) {
        (..8, _) if has_same_letters(word, meant) => 0.7,
        (..6, _) => 0.35,
        (6..8, _) => 0.5,
        (_, 1) => 0.8,
        _ => 0.6,
    }
}

fn has_same_letters(one: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(one) == sorted(other)
}

fn first(word: &str) -> char {
    word.chars().next().unwrap_or_default()
}

fn mask(word: &str) -> u32 {
    word.chars().fold(0, |mask, letter| mask | 1 << (letter as u32 % 32))
}

/// Each three letters in a row, with a space before and after the word.
fn trigrams(word: &str) -> HashSet<[char; 3]> {
    let letters: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect();
    letters.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
}

impl Glossary {
    /// Roots of a folded word, and how sure it is that they are meant: its own, else those of other forms of it, else those
    /// of words it may be a slip of. In a text whose language is known, words of the other one are known as they are written only:
    /// endings of one language make other words in the other.
    pub(super) fn meant(&self, word: &str, language: Option<Language>) -> Vec<(Root, f64)> {
        let own = self.own(word, language);
        if !own.is_empty() {
            return own;
        }
        let forms = self.other_forms(word, language);
        if forms.is_empty() { self.spellings.corrected(word) } else { forms }
    }

    /// Roots of a folded word that is known.
    pub(super) fn own(&self, word: &str, language: Option<Language>) -> Vec<(Root, f64)> {
        let of = |of: Language| {
            let root = *self.roots[of as usize].get(&of.stem(word))?;
            let likeness = self.spellings.likeness(root, word);
            let is_foreign = language.is_some_and(|language| language != of);
            match likeness {
                1.0.. => Some((root, 1.0)),
                _ if is_foreign => None,
                SAME_PART.. => Some((root, 1.0)),
                _ => Some((root, UNLIKE)),
            }
        };
        Language::ALL.into_iter().filter_map(of).collect()
    }

    fn other_forms(&self, word: &str, language: Option<Language>) -> Vec<(Root, f64)> {
        let mut forms = Vec::new();
        for of in Language::ALL.into_iter().filter(|of| language.is_none_or(|language| language == *of)) {
            let stem = of.stem(word);
            let Some((end, _)) = stem.char_indices().nth(COMMON_LETTERS) else { continue };
            let start = &stem[..end];
            let known = self.roots[of as usize].range::<str, _>((Bound::Included(start), Bound::Unbounded));
            let alike = known.take_while(|(other, _)| other.starts_with(start));
            forms.extend(
                alike.filter(|(other, _)| is_other_form(&stem, other)).map(|(_, root)| (*root, OTHER_FORM)),
            );
        }
        forms
    }
}

fn is_other_form(stem: &str, other: &str) -> bool {
    let (stem, other): (Vec<char>, Vec<char>) = (stem.chars().collect(), other.chars().collect());
    let common = stem.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (shorter, longer) = (stem.len().min(other.len()), stem.len().max(other.len()));
    common >= COMMON_LETTERS
        && shorter - common <= OTHER_LETTERS
        && common as f64 >= COMMON_PART * longer as f64
}
