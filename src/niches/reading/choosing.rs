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
const TOLD: f64 = 0.2;
/// But this where it is a name of its own: "food for puppies" is about dogs too, beside the food of pets.
const NAMED: f64 = 0.6;
/// What evidence for a top-level niche counts beside others: where the same is said of one of its children, that one is meant.
const TOP_LEVEL: f64 = 0.7;

/// A niche that a text is about.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) niche: u32,
    /// Roots of evidence: saying something in more words does not make it so much more important.
    pub(super) weight: f64,
    /// What its words say, but for those that tell another niche of its family.
    pub(super) said: BTreeMap<usize, Said>,
}

/// The niche with the most evidence, then the one with the most evidence beside that, and so on.
pub(super) fn chosen(glossary: &Glossary, evidence: &Evidence) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut least = LEAST_FIRST;
    while chosen.len() < MAX_NICHES {
        let candidates = evidence.niches.iter().filter(|(niche, _)| !is_chosen(&chosen, **niche));
        let weighed = candidates.map(|(niche, said)| (weight(glossary, &chosen, *niche, said), *niche));
        let weighed = weighed.filter(|(weight, _)| *weight >= least);
        let rank = |(weight, niche): &(f64, u32)| {
            if is_top_level(glossary, *niche) { weight * TOP_LEVEL } else { *weight }
        };
        // Of two with the same evidence the one with the lower number.
        let best = weighed.max_by(|a, b| rank(a).total_cmp(&rank(b)).then(b.1.cmp(&a.1)));
        let Some((weight, niche)) = best else { break };
        if chosen.is_empty() {
            least = LEAST.max(weight * LEAST_PART);
        }
        let said = evidence.niches[&niche].iter();
        let said = said.filter(|(word, said)| counts(glossary, &chosen, niche, **word, said) > 0.0);
        let said = said.map(|(word, said)| (*word, *said)).collect();
        chosen.push(Chosen { niche, weight: weight.sqrt(), said });
    }
    without_told_parents(glossary, evidence, chosen)
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
            let said = &evidence.niches[&child.niche];
            child.niche != parent.niche
                && glossary.niches[child.niche as usize].family == parent.niche
                && parent.said.keys().all(|word| said.contains_key(word) || !evidence.tells(*word))
        })
    };
    let told: Vec<bool> = chosen.iter().map(is_told).collect();
    chosen.into_iter().zip(told).filter(|(_, told)| !told).map(|(niche, _)| niche).collect()
}
