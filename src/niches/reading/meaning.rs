//! What a word may mean: a known word, another form of one, or a slip of the pen.

use super::{
    common,
    glossary::{Glossary, Language, Root},
};
use std::ops::Bound;

/// How sure it is that another form of a word means the same.
const OTHER_FORM: f64 = 0.8;
/// Letters that two forms of a word have in common at least.
const COMMON_LETTERS: usize = 5;
/// Part of the longer one that they have in common at least.
const COMMON_PART: f64 = 0.6;
/// Letters of the shorter one that may be others.
const OTHER_LETTERS: usize = 2;

/// A root that a word may be meant as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meant {
    pub(super) root: Root,
    sure: Sure,
}

/// How sure a meaning is.
#[derive(Clone, Copy, Debug)]
enum Sure {
    /// The stem is known: as sure as the words look alike, or as they are the same.
    Known { only_as_written: bool },
    /// It is another form or a slip of a known word.
    Perhaps(f64),
}

impl Glossary {
    /// What a folded word may mean: its own roots, else those of other forms of it, else those of words it may be a slip of.
    pub(super) fn meant(&self, word: &str, language: Option<Language>) -> Vec<Meant> {
        let own = self.own(word, language);
        if !own.is_empty() || common::is_ordinary(word) {
            return own;
        }
        let forms = self.other_forms(word, language);
        let perhaps = if forms.is_empty() {
            let of_language =
                |root: &Root| language.is_none_or(|language| self.languages[*root as usize] == language);
            self.spellings.corrected(word, of_language)
        } else {
            forms
        };
        perhaps.into_iter().map(|(root, sure)| Meant { root, sure: Sure::Perhaps(sure) }).collect()
    }

    /// Roots of a folded word that is known. In a text whose language is known, words of the other one are known as they are
    /// written only: endings of one language make other words in the other. So are ordinary words, which look like forms of
    /// many others.
    pub(super) fn own(&self, word: &str, language: Option<Language>) -> Vec<Meant> {
        let is_ordinary = common::is_ordinary(word);
        let of = |of: Language| {
            let root = *self.roots[of as usize].get(&of.stem(word))?;
            let only_as_written = is_ordinary || language.is_some_and(|language| language != of);
            let is_written_so = || self.spellings.likeness(root, word) >= 1.0;
            (!only_as_written || is_written_so())
                .then_some(Meant { root, sure: Sure::Known { only_as_written } })
        };
        Language::ALL.into_iter().filter_map(of).collect()
    }

    /// How sure it is that a word is meant as one that is written so, with a root that it may have.
    pub(super) fn sureness(&self, meant: &Meant, word: &str, spelling: u32) -> f64 {
        match meant.sure {
            Sure::Known { only_as_written } => self.spellings.same(spelling, word, only_as_written),
            Sure::Perhaps(sure) => sure,
        }
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
