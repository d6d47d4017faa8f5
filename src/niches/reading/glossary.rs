//! The terms of all niches that a tenant sees, by their words.
//!
//! Beside names, aliases and the words of ids there is a vocabulary of built-in niches (`vocabulary.txt`): what else people
//! speak of when they mean one, without it being called so. It is folded; terms stand between spaces, with hyphens in them,
//! English ones before the bar.

use super::{
    common::{self, Say},
    relations::{self, Related},
    spelling::Spellings,
    stems, text,
};
use crate::niches::{Niche, NicheTree};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a word of a term tells that every brief has.
pub(super) const LITTLE: f64 = 0.1;
/// What a term of the vocabulary counts, beside a name or an alias.
const RELATED: f64 = 0.75;
/// What an ordinary word of the vocabulary counts: alone it makes no text be about a niche.
const ORDINARY: f64 = 0.45;
/// Least letters of two words that are also known as one.
const JOINED_LETTERS: usize = 7;

pub(super) const VOCABULARY: &str = include_str!("vocabulary.txt");

/// The language of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Language {
    English,
    Romanian,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Romanian];

    /// The stem of a folded word.
    pub(super) fn stem(self, word: &str) -> String {
        match self {
            Self::English => stems::english(word),
            Self::Romanian => stems::romanian(word),
        }
    }
}

/// Number of a stem of a language.
pub(super) type Root = u32;

/// Where a root is in a term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) term: u32,
    /// Which word of the term.
    pub(super) slot: u8,
    /// How it is written there.
    pub(super) spelling: u32,
}

/// A niche as it is looked for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    /// Number of the top-level niche it is part of, its own if it is one.
    pub(super) family: u32,
}

/// A name, an alias, the words of an id, or a term of the vocabulary.
#[derive(Clone, Debug)]
pub(super) struct Term {
    /// Number of its niche.
    pub(super) niche: u32,
    /// As it stands in the taxonomy.
    pub(super) text: String,
    /// Its words but those that only hold it together.
    pub(super) roots: Vec<Root>,
    /// What it counts.
    pub(super) weight: f64,
    /// True when no part of it tells anything: one word with others that only hold it together, such as "off-road".
    pub(super) only_whole: bool,
}

/// The words of all niches that a tenant sees.
#[derive(Debug)]
pub struct Glossary {
    pub(super) niches: Vec<Entry>,
    pub(super) terms: Vec<Term>,
    /// Where each root is that says something by itself.
    pub(super) uses: Vec<Vec<Use>>,
    /// How much each root tells, 0 to 1: the fewer niches have it, the more.
    pub(super) tells: Vec<f64>,
    /// Roots by their stems, in each language.
    pub(super) roots: [BTreeMap<String, Root>; 2],
    /// The language of each root.
    pub(super) languages: Vec<Language>,
    pub(super) spellings: Spellings,
    /// The niches that are meant along with each one.
    pub(super) related: Vec<Vec<Related>>,
}

impl Glossary {
    /// The glossary of a tree of niches.
    #[must_use]
    pub fn of(tree: &NicheTree) -> Self {
        let all: Vec<&Niche> = tree.all().into_values().map(|(niche, _)| niche).collect();
        let numbers: HashMap<&str, u32> =
            (0..).zip(&all).map(|(number, niche)| (niche.id.as_str(), number)).collect();
        let vocabulary: HashMap<&str, &str> =
            VOCABULARY.lines().filter_map(|line| line.split_once(':')).collect();
        let mut writing = Writing::default();
        let mut niches = Vec::with_capacity(all.len());
        for (number, niche) in (0..).zip(&all) {
            let parent = niche.parent.as_deref().and_then(|parent| numbers.get(parent).copied());
            let (id, name) = (niche.id.clone(), niche.names.en.clone());
            niches.push(Entry { id, name, family: parent.unwrap_or(number) });
            writing.add_niche(number, niche, vocabulary.get(niche.id.as_str()).copied().unwrap_or_default());
        }
        writing.finished(niches, relations::related(&numbers))
    }
}

/// A glossary that is being written.
#[derive(Default)]
struct Writing {
    terms: Vec<Term>,
    roots: [BTreeMap<String, Root>; 2],
    /// How much a root may say, and the niches that have it, which come one after the other.
    known: Vec<(Say, Vec<u32>)>,
    languages: Vec<Language>,
    spellings: Spellings,
    uses: Vec<Vec<Use>>,
}

impl Writing {
    fn add_niche(&mut self, number: u32, niche: &Niche, vocabulary: &str) {
        let mut seen = HashSet::new();
        let id = niche.id.replace('-', " ");
        let english = niche.aliases.en.iter().chain([&niche.names.en, &id]);
        let romanian = niche.aliases.ro.iter().chain([&niche.names.ro]);
        let called = english.map(|term| (Language::English, term.as_str(), 1.0));
        let called = called.chain(romanian.map(|term| (Language::Romanian, term.as_str(), 1.0)));
        let related = Language::ALL.into_iter().zip(vocabulary.split('|'));
        let related = related.flat_map(|(language, terms)| {
            let counts = |term| if common::is_ordinary(term) { ORDINARY } else { RELATED };
            terms.split_whitespace().map(move |term| (language, term, counts(term)))
        });
        for (language, text, weight) in called.chain(related) {
            let words: Vec<String> = text::tokens(text).into_iter().map(|token| token.folded).collect();
            if seen.insert((language, words.clone())) {
                let term = Term {
                    niche: number,
                    text: text.to_owned(),
                    roots: Vec::new(),
                    weight,
                    only_whole: false,
                };
                self.add_term(term, language, &words);
            }
        }
    }

    fn add_term(&mut self, term: Term, language: Language, words: &[String]) {
        let says = |say: Say| words.iter().filter(move |word| common::of_term(word) == say);
        // A term of words that are in every brief would be found in every brief.
        if says(Say::Much).next().is_none() {
            return;
        }
        let mut told: Vec<&String> =
            words.iter().filter(|word| common::of_term(word) != Say::Nothing).collect();
        // Of "me time" and "fara carne" the word that is left would tell something else.
        let only_whole = told.len() == 1 && words.len() > 1;
        if only_whole {
            told = words.iter().collect();
        }
        let term = Term { only_whole, ..term };
        if let [first, second] = told[..]
            && first.len() + second.len() >= JOINED_LETTERS
        {
            let joined = [format!("{first}{second}")];
            self.push(Term { only_whole: false, ..term.clone() }, language, joined.iter());
        }
        self.push(term, language, told.into_iter().take(usize::from(u8::MAX)));
    }

    fn push<'a>(&mut self, term: Term, language: Language, words: impl Iterator<Item = &'a String>) {
        let number = u32::try_from(self.terms.len()).expect("a taxonomy has fewer than 2^32 terms");
        let mut roots = Vec::new();
        for (slot, word) in (0..).zip(words) {
            let (root, spelling) = self.root(term.niche, language, word);
            // Every text has the words that hold sentences together.
            if common::of_term(word) != Say::Nothing {
                self.uses[root as usize].push(Use { term: number, slot, spelling });
            }
            roots.push(root);
        }
        self.terms.push(Term { roots, ..term });
    }

    fn root(&mut self, niche: u32, language: Language, word: &str) -> (Root, u32) {
        let next = Root::try_from(self.known.len()).expect("a taxonomy has fewer than 2^32 words");
        let root = *self.roots[language as usize].entry(language.stem(word)).or_insert(next);
        if root == next {
            self.known.push((Say::Nothing, Vec::new()));
            self.languages.push(language);
            self.uses.push(Vec::new());
        }
        let (say, niches) = &mut self.known[root as usize];
        *say = common::of_term(word).max(*say);
        if niches.last() != Some(&niche) {
            niches.push(niche);
        }
        (root, self.spellings.add(word, root, niche))
    }

    fn finished(self, niches: Vec<Entry>, related: Vec<Vec<Related>>) -> Glossary {
        let all = niches.len() as f64;
        let tell = |(say, niches): &(Say, Vec<u32>)| match say {
            Say::Much => (all / niches.len() as f64).ln_1p() / all.ln_1p(),
            _ => LITTLE,
        };
        Glossary {
            niches,
            tells: self.known.iter().map(tell).collect(),
            uses: self.uses,
            spellings: self.spellings,
            terms: self.terms,
            roots: self.roots,
            languages: self.languages,
            related,
        }
    }
}
