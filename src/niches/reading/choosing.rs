//! Which niches a text is about, given what its words say for each.

use super::{
    evidence::{Evidence, Said},
    glossary::Glossary,
};
use std::collections::BTreeMap;

/// Most niches of a text.
const MAX_NICHES: usize = 5;
/// Least evidence for the first niche: a text about none has words of some by chance.
const LEAST_FIRST: f64 = 0.5;
/// Least evidence for each other niche: part of a term that tells little is none.
const LEAST: f64 = 0.3;
/// Least evidence as a part of that for the first niche.
const LEAST_PART: f64 = 0.25;
/// What a word counts that tells a niche of another family already. In the same family it counts nothing: of a niche, its
/// parent and its siblings, one is meant.
const TOLD: f64 = 0.15;
/// But this where it is a name of its own: "food for puppies" is about dogs too, beside the food of pets.
const NAMED: f64 = 0.6;
/// What evidence for a top-level niche counts beside others: where the same is said of one of its children, that one is meant.
const TOP_LEVEL: f64 = 0.7;

/// Niches that are looked for in a brief beyond what the words say that are left: it seldom means one niche only.
pub(super) const FILLED: usize = 3;
/// In a tag nothing is looked for beyond: it says one thing.
pub(super) const NOT_FILLED: usize = 1;
/// What words count there that tell another niche already. In a parent they count nothing: its child is meant.
const TOLD_AGAIN: f64 = 0.4;
/// What a niche counts there that goes along with one that is chosen, as part of the weight of that.
const ALONG: f64 = 0.35;
/// What it counts there that a chosen niche goes along with one that words tell too, as part of the other way round.
const BACK: f64 = 0.3;
/// Least evidence there, as a part of the least otherwise.
const LEAST_FILLED: f64 = 0.5;
/// What a niche is worth that has little more than that, beside one that words tell.
const WORTH_FILLED: f64 = 0.2;

/// A niche that a text is about.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) niche: u32,
    /// Roots of evidence: saying something in more words does not make it so much more important.
    pub(super) weight: f64,
    /// What its words say, but for those that tell another niche of its family.
    said: BTreeMap<usize, Said>,
    /// The words that tell it, or else the niche that it goes along with.
    pub(super) matched: BTreeMap<usize, Said>,
}

/// A niche that may be chosen.
struct Candidate {
    niche: u32,
    /// The evidence for it beside those that are chosen.
    own: f64,
    /// This with what is counted beyond.
    filled: f64,
}

/// The niche with the most evidence, then the one with the most evidence beside that, and so on; up to so many are looked for
/// beyond what the words say that are left.
pub(super) fn chosen(glossary: &Glossary, evidence: &Evidence, filled: usize) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut least = LEAST_FIRST;
    while chosen.len() < MAX_NICHES {
        let rank = |candidate: &Candidate| {
            let factor = if is_top_level(glossary, candidate.niche) { TOP_LEVEL } else { 1.0 };
            candidate.filled * factor
        };
        let is_filled = (1..filled).contains(&chosen.len());
        let least_here = if is_filled { least * LEAST_FILLED } else { least };
        let candidates = candidates(glossary, evidence, &chosen, is_filled);
        let candidates = candidates.filter(|candidate| candidate.filled >= least_here);
        // Of two with the same evidence the one with the lower number.
        let best = candidates.max_by(|a, b| rank(a).total_cmp(&rank(b)).then(b.niche.cmp(&a.niche)));
        let Some(best) = best else { break };
        if chosen.is_empty() {
            least = LEAST.max(best.own * LEAST_PART);
        }
        let next = as_chosen(glossary, evidence, &chosen, &best);
        chosen.push(next);
    }
    without_told_parents(glossary, evidence, chosen)
}

/// The niches that words tell, and where that is wanted those that go along with the chosen ones.
fn candidates<'a>(
    glossary: &'a Glossary,
    evidence: &'a Evidence,
    chosen: &'a [Chosen],
    is_filled: bool,
) -> impl Iterator<Item = Candidate> + 'a {
    let along =
        chosen.iter().filter(move |_| is_filled).flat_map(|other| &glossary.related[other.niche as usize]);
    let along = along.map(|related| related.niche).filter(|niche| !evidence.niches.contains_key(niche));
    let niches = evidence.niches.keys().copied().chain(along);
    niches.filter(|niche| !is_chosen(chosen, *niche)).map(move |niche| {
        let own = evidence.niches.get(&niche).map_or(0.0, |said| weight(glossary, chosen, niche, said));
        let beyond = if is_filled { beyond(glossary, evidence, chosen, niche, own) } else { 0.0 };
        Candidate { niche, own, filled: own + beyond }
    })
}

/// What counts for a niche beyond its evidence beside those that are chosen.
fn beyond(glossary: &Glossary, evidence: &Evidence, chosen: &[Chosen], niche: u32, own: f64) -> f64 {
    let said = evidence.niches.get(&niche);
    let told = said.filter(|_| !is_top_level(glossary, niche));
    let told = told.map_or(0.0, |said| said.values().map(|said| said.weight).sum::<f64>() - own);
    let back = if said.is_some() { BACK } else { 0.0 };
    let likely = |other: &Chosen| {
        let back = back * likely_along(glossary, niche, other.niche);
        likely_along(glossary, other.niche, niche).max(back)
    };
    let along: f64 = chosen.iter().map(|other| other.weight * likely(other)).sum();
    TOLD_AGAIN * told + ALONG * along
}

/// How likely the second niche goes along with the first.
fn likely_along(glossary: &Glossary, niche: u32, other: u32) -> f64 {
    let related = glossary.related[niche as usize].iter().find(|related| related.niche == other);
    related.map_or(0.0, |related| related.likely)
}

fn as_chosen(glossary: &Glossary, evidence: &Evidence, chosen: &[Chosen], candidate: &Candidate) -> Chosen {
    let niche = candidate.niche;
    let all = evidence.niches.get(&niche).cloned().unwrap_or_default();
    let counted = |(word, said): &(&usize, &Said)| counts(glossary, chosen, niche, **word, said) > 0.0;
    let said: BTreeMap<usize, Said> = all.iter().filter(counted).map(|(word, said)| (*word, *said)).collect();
    let matched = if !said.is_empty() {
        said.clone()
    } else if !all.is_empty() {
        all
    } else {
        let likely = |other: &&Chosen| likely_along(glossary, other.niche, niche);
        let told_by = chosen.iter().max_by(|a, b| likely(a).total_cmp(&likely(b)));
        told_by.map(|other| other.matched.clone()).unwrap_or_default()
    };
    let weight = candidate.own.sqrt().max(candidate.filled.sqrt() * WORTH_FILLED);
    Chosen { niche, weight, said, matched }
}

fn is_chosen(chosen: &[Chosen], niche: u32) -> bool {
    chosen.iter().any(|other| other.niche == niche)
}

/// The evidence for a niche beside those that are chosen.
fn weight(glossary: &Glossary, chosen: &[Chosen], niche: u32, said: &BTreeMap<usize, Said>) -> f64 {
    said.iter().map(|(word, said)| counts(glossary, chosen, niche, *word, said)).sum()
}

fn is_top_level(glossary: &Glossary, niche: u32) -> bool {
    glossary.niches[niche as usize].family == niche
}

/// What a word counts for a niche beside those that are chosen.
fn counts(glossary: &Glossary, chosen: &[Chosen], niche: u32, word: usize, said: &Said) -> f64 {
    let family = |niche: u32| glossary.niches[niche as usize].family;
    let factor = |other: &Chosen| {
        let told = other.said.get(&word)?;
        let is_sibling = family(other.niche) == family(niche);
        Some(if !is_sibling {
            TOLD
        } else if said.names && !told.names {
            NAMED
        } else {
            0.0
        })
    };
    said.weight * chosen.iter().filter_map(factor).fold(1.0, f64::min)
}

/// Leaves out top-level niches all of whose telling words also tell one of their children.
fn without_told_parents(glossary: &Glossary, evidence: &Evidence, chosen: Vec<Chosen>) -> Vec<Chosen> {
    let is_told = |parent: &Chosen| {
        chosen.iter().any(|child| {
            let Some(said) = evidence.niches.get(&child.niche) else { return false };
            child.niche != parent.niche
                && !parent.said.is_empty()
                && glossary.niches[child.niche as usize].family == parent.niche
                && parent.said.keys().all(|word| said.contains_key(word) || !evidence.tells(*word))
        })
    };
    let told: Vec<bool> = chosen.iter().map(is_told).collect();
    chosen.into_iter().zip(told).filter(|(_, told)| !told).map(|(niche, _)| niche).collect()
}
