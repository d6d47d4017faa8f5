//! Briefs with the niches that people say they mean, and how many of them are read so.

use serde::Deserialize;
use std::sync::Arc;
use voci::niches::{NicheTree, Taxonomy};

/// How many niches of a reading and of a label are looked at for recall.
const LOOKED_AT: usize = 3;

/// A text and what it means.
#[derive(Debug, Deserialize)]
pub(crate) struct Labelled {
    pub(crate) text: String,
    pub(crate) language: String,
    /// Ids of niches, the main one first; none: it means no niche.
    pub(crate) niches: Vec<String>,
}

impl Labelled {
    /// True for one that nobody looks at who adds words or rules, so that the others do not tell how well these are read. Its
    /// text tells which, and so nobody chooses.
    pub(crate) fn is_held_out(&self) -> bool {
        let letters: u32 = self.text.bytes().map(u32::from).sum();
        letters / 3 % 2 == 1
    }
}

/// A brief and the niches that it is read as.
pub(crate) struct Judged {
    pub(crate) brief: Labelled,
    pub(crate) read: Vec<String>,
}

/// All labelled briefs, read with the built-in niches.
pub(crate) fn judged() -> Result<Vec<Judged>, serde_json::Error> {
    let tree = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
    let briefs: Vec<Labelled> = serde_json::from_str(include_str!("../../tests/briefs.json"))?;
    let judged = |brief: Labelled| {
        let reading = tree.glossary().read(&brief.text);
        Judged { brief, read: reading.niches.into_iter().map(|niche| niche.id).collect() }
    };
    Ok(briefs.into_iter().map(judged).collect())
}

impl Judged {
    /// 1 when the first niche is one that is meant.
    pub(crate) fn precision1(&self) -> f64 {
        let is_meant = self.read.first().is_some_and(|first| self.brief.niches.contains(first));
        f64::from(u8::from(is_meant))
    }

    /// The part of the first three niches that are meant that is among the first three read.
    pub(crate) fn recall3(&self) -> f64 {
        let read = &self.read[..self.read.len().min(LOOKED_AT)];
        let meant = &self.brief.niches[..self.brief.niches.len().min(LOOKED_AT)];
        meant.iter().filter(|niche| read.contains(niche)).count() as f64 / meant.len() as f64
    }

    /// 1 when nothing is read.
    pub(crate) fn refused(&self) -> f64 {
        f64::from(u8::from(self.read.is_empty()))
    }
}

/// The mean of a measure over briefs that mean niches, or over those that mean none; of one language, or of all.
pub(crate) fn mean(
    judged: &[Judged],
    with_niches: bool,
    language: Option<&str>,
    of: fn(&Judged) -> f64,
) -> (f64, usize) {
    let is_counted = |judged: &&Judged| {
        judged.brief.niches.is_empty() != with_niches
            && language.is_none_or(|language| judged.brief.language == language)
    };
    let found: Vec<f64> = judged.iter().filter(is_counted).map(of).collect();
    (found.iter().sum::<f64>() / found.len().max(1) as f64, found.len())
}
