//! How the words of a term stand in a text: together, apart, or only some of them.

use super::{glossary::Term, meaning::Meant};

/// What the words of a longer term count when they stand together, and when they stand apart.
const TOGETHER: f64 = 1.2;
const APART: f64 = 0.6;
/// How many other words may stand among the words of a term.
const BETWEEN: u32 = 1;

/// A word at its place, or two that are written as one in a term.
pub(super) struct Unit {
    pub(super) words: Vec<usize>,
    pub(super) place: u32,
    /// How it is compared.
    pub(super) written: String,
    pub(super) meant: Vec<Meant>,
}

/// A unit that is perhaps meant as a word of a term.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    pub(super) term: u32,
    /// Which word of the term.
    pub(super) slot: u8,
    pub(super) unit: usize,
    pub(super) sure: f64,
}

/// The words that hold a term together, which are not looked up by themselves: every text has them.
fn words_between(term: &Term, units: &[Unit], hits: &[Hit]) -> Vec<Hit> {
    let mut between = Vec::new();
    for (slot, root) in (0..).zip(&term.roots).filter(|(slot, _)| !hits.iter().any(|hit| hit.slot == *slot)) {
        let has_root = |unit: &Unit| unit.meant.iter().any(|meant| meant.root == *root);
        let found = units.iter().enumerate().filter(|(_, unit)| has_root(unit));
        between.extend(found.map(|(unit, _)| Hit { term: hits[0].term, slot, unit, sure: 1.0 }));
    }
    between
}

/// When all words of a term are there: how near to each other, as a factor, and where.
pub(super) fn whole(term: &Term, units: &[Unit], hits: &[Hit]) -> Option<(f64, Vec<Hit>)> {
    let slots = term.roots.len();
    let is_there = |slot| hits.iter().any(|hit| usize::from(hit.slot) == slot);
    match slots {
        1 => return Some((1.0, hits.to_vec())),
        // Most terms are not there as a whole.
        _ if !term.only_whole && !(0..slots).all(is_there) => return None,
        _ => {}
    }
    let window = if term.only_whole {
        tightest(slots, units, [hits, &words_between(term, units, hits)].concat())
    } else {
        tightest(slots, units, hits.to_vec())
    }?;
    let place = |hit: &Hit| units[hit.unit].place;
    let span = place(&window[window.len() - 1]) - place(&window[0]);
    let needed = u32::try_from(slots - 1).unwrap_or(u32::MAX);
    let together = match span.saturating_sub(needed) {
        0 => TOGETHER,
        _ if term.only_whole => return None,
        1..=BETWEEN => 1.0,
        _ => APART,
    };
    Some((together, window))
}

/// The hits of the shortest piece of the text that has every word of a term.
fn tightest(slots: usize, units: &[Unit], mut hits: Vec<Hit>) -> Option<Vec<Hit>> {
    let place = |hit: &Hit| units[hit.unit].place;
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
pub(super) fn told_part(term: &Term, hits: &[Hit], tells: impl Fn(u8) -> f64) -> f64 {
    let (mut told, mut all) = (0.0, 0.0);
    for (slot, _) in (0..).zip(&term.roots) {
        let of_slot = hits.iter().filter(|hit| hit.slot == slot);
        told += tells(slot) * of_slot.map(|hit| hit.sure).fold(0.0, f64::max);
        all += tells(slot);
    }
    told / all
}
