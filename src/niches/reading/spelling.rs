//! The words of all terms as they are written there, and how other words look beside them.

use super::glossary::Root;
use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

/// Part of the longer of two words with one stem that is the same at least, for them to be surely forms of one.
const SAME_PART: f64 = 0.6;
/// How sure it is then, and how sure otherwise.
const FORM: f64 = 0.95;
const UNLIKE: f64 = 0.6;

/// A word of terms, as it is written there.
#[derive(Debug)]
struct Spelling {
    word: Box<str>,
    /// A bit for each letter that occurs: what has other bits is another word without a closer look.
    mask: u32,
    roots: Vec<Root>,
    niches: Vec<u32>,
}

/// All words of terms.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    all: Vec<Spelling>,
    by_word: HashMap<Box<str>, u32>,
    /// By the first letter and the number of letters.
    by_start: HashMap<(char, usize), Vec<u32>>,
    by_root: HashMap<Root, Vec<u32>>,
    /// Made when it is first asked for: few texts are not understood.
    by_trigram: OnceLock<HashMap<[char; 3], Vec<u32>>>,
}

impl Spellings {
    /// Adds a word with a root, and tells its number. Niches come one after the other.
    pub(super) fn add(&mut self, word: &str, root: Root, niche: u32) -> u32 {
        let known = self.by_word.get(word).copied();
        let number = known.unwrap_or_else(|| self.add_new(word));
        let spelling = &mut self.all[number as usize];
        if spelling.niches.last() != Some(&niche) {
            spelling.niches.push(niche);
        }
        if !spelling.roots.contains(&root) {
            spelling.roots.push(root);
            self.by_root.entry(root).or_default().push(number);
        }
        number
    }

    fn add_new(&mut self, word: &str) -> u32 {
        let number = u32::try_from(self.all.len()).expect("a taxonomy has fewer than 2^32 words");
        let (letters, mask) = (word.chars().count(), mask(word));
        self.all.push(Spelling { word: word.into(), mask, roots: Vec::new(), niches: Vec::new() });
        self.by_word.insert(word.into(), number);
        self.by_start.entry((first(word), letters)).or_default().push(number);
        number
    }

    /// Roots of the words nearest to one that is perhaps misspelled, of those that may be meant, and how sure that is. Words of
    /// four letters and fewer are near to too many others.
    pub(super) fn corrected(&self, word: &str, may_be_meant: impl Fn(&Root) -> bool) -> Vec<(Root, f64)> {
        let letters = word.chars().count();
        let most = match letters {
            ..5 => return Vec::new(),
            5..8 => 1,
            _ => 2,
        };
        let own = mask(word);
        let mut nearest = (most + 1, Vec::new());
        let alike =
            (letters - most..=letters + most).flat_map(|letters| self.with_similar_start(word, letters));
        for candidate in alike {
            let differ = (candidate.mask ^ own).count_ones() as usize;
            if differ > 2 * most || !candidate.roots.iter().any(&may_be_meant) {
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
            candidate
                .roots
                .iter()
                .filter(|root| may_be_meant(root))
                .map(|root| (*root, sure))
                .collect::<Vec<_>>()
        };
        nearest.1.into_iter().flat_map(roots).collect()
    }

    /// How much a word looks like one of those with a root.
    pub(super) fn likeness(&self, root: Root, word: &str) -> f64 {
        let spelled = self.by_root.get(&root).into_iter().flatten();
        spelled.map(|number| self.likeness_to(*number, word)).fold(0.0, f64::max)
    }

    /// How much a word looks like another, 0 to 1: the part of the longer one with which both begin.
    fn likeness_to(&self, spelling: u32, word: &str) -> f64 {
        let other = &self.all[spelling as usize].word;
        let same = word.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        same as f64 / word.len().max(other.len()) as f64
    }

    /// How sure it is that a known word is meant as another with the same stem.
    pub(super) fn same(&self, spelling: u32, word: &str, only_as_written: bool) -> f64 {
        match self.likeness_to(spelling, word) {
            1.0.. => 1.0,
            _ if only_as_written => 0.0,
            SAME_PART.. => FORM,
            _ => UNLIKE,
        }
    }

    /// Words of so many letters with the same first one, or with the first two the other way round: hardly anybody misses the
    /// first one.
    fn with_similar_start(&self, word: &str, letters: usize) -> impl Iterator<Item = &Spelling> {
        let mut start = word.chars();
        let (first, second) = (start.next(), start.next());
        let with_first = move |first: char| {
            let numbers = self.by_start.get(&(first, letters));
            numbers.into_iter().flatten().map(|number| &self.all[*number as usize])
        };
        let same = first.into_iter().flat_map(with_first);
        let turned = second.filter(|letter| Some(*letter) != first).into_iter().flat_map(with_first);
        same.chain(turned.filter(move |candidate| candidate.word.chars().nth(1) == first))
    }

    /// Niches with words like this one, each with the share of trigrams in common with the nearest of its words.
    pub(super) fn similar(&self, word: &str) -> HashMap<u32, f64> {
        let wanted = trigrams(word);
        let by_trigram = self.by_trigram.get_or_init(|| self.numbers_by_trigram());
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for number in wanted.iter().filter_map(|trigram| by_trigram.get(trigram)).flatten() {
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

    fn numbers_by_trigram(&self) -> HashMap<[char; 3], Vec<u32>> {
        let mut by_trigram: HashMap<[char; 3], Vec<u32>> = HashMap::new();
        for (number, spelling) in (0..).zip(&self.all) {
            for trigram in trigrams(&spelling.word) {
                by_trigram.entry(trigram).or_default().push(number);
            }
        }
        by_trigram
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
