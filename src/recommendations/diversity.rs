//! Diversity: many different voices instead of the same one many times. Pure.
//!
//! Maximal marginal relevance (Carbonell and Goldstein 1998): the next place goes to whoever has most of
//! `(1 - diversity) relevance + diversity novelty`, where novelty is how little somebody resembles the most similar one that was
//! chosen before. When a brief names several niches, half of novelty is calibration (after Steck 2018): how much somebody adds
//! in the niches that have fewer of the places than their share of the brief.

use crate::{
    scores::{
        nearness::{NicheVector, narrow},
        people_sample::PeopleSample,
    },
    snapshot::tenant::{NOWHERE, Place},
};

/// How much two creators resemble each other by their niches, their people, their places and their languages. Two share nobody as far
/// as nobody is known of one of them: who is new is not held to be like everybody.
const BY_NICHES: f64 = 0.4;
const BY_PEOPLE: f64 = 0.3;
const BY_PLACE: f64 = 0.2;
const BY_LANGUAGE: f64 = 0.1;
/// How much two of a country are in the same place when their regions or cities are not.
const ELSEWHERE: f64 = 0.5;

/// What is compared of a creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// What ranks it.
    pub relevance: f64,
    /// Its niches.
    pub niches: NicheVector,
    /// A few of its people.
    pub people: PeopleSample,
    /// The country where it lives.
    pub country: u8,
    /// Region and city, as far as they are known.
    pub home: Place,
    /// Number of its set of languages.
    pub languages: u32,
    /// How its nearness is made up of the niches of the brief; adds up to 1, or is empty when the brief names one niche.
    pub of_brief: Vec<f64>,
}

/// Numbers that are multiplied together.
const TOGETHER: usize = 8;

/// Voices that are compared with each other, which is most of what choosing costs: their niches lie in rows of numbers, one for each
/// niche that several of them have to do with.
struct Compared<'a> {
    voices: &'a [Voice],
    niches: Vec<[f32; TOGETHER]>,
    /// How long a row is.
    width: usize,
}

impl<'a> Compared<'a> {
    fn new(voices: &'a [Voice]) -> Self {
        let mut all: Vec<u32> =
            voices.iter().flat_map(|voice| voice.niches.entries()).map(|(niche, _)| *niche).collect();
        all.sort_unstable();
        let shared: Vec<u32> = all
            .chunk_by(|one, other| one == other)
            .filter(|same| same.len() > 1)
            .map(|same| same[0])
            .collect();
        let width = shared.len().div_ceil(TOGETHER);
        let mut niches = vec![[0.0; TOGETHER]; voices.len() * width];
        for (number, voice) in voices.iter().enumerate() {
            for (niche, weight) in voice.niches.entries() {
                if let Ok(at) = shared.binary_search(niche) {
                    niches[number * width + at / TOGETHER][at % TOGETHER] = narrow(*weight);
                }
            }
        }
        Self { voices, niches, width }
    }

    /// How much two of them resemble each other, from 0 to 1.
    fn resemblance(&self, one: usize, other: usize) -> f64 {
        let [a, b] = [one, other].map(|voice| &self.voices[voice]);
        let by_language = if a.languages == b.languages { BY_LANGUAGE } else { 0.0 };
        let shared = a.people.shared_with(&b.people);
        BY_NICHES * self.cosine(one, other) + BY_PEOPLE * shared + BY_PLACE * a.near(b) + by_language
    }

    fn cosine(&self, one: usize, other: usize) -> f64 {
        let row = |voice: usize| &self.niches[voice * self.width..(voice + 1) * self.width];
        let mut sums = [0.0; TOGETHER];
        for (a, b) in row(one).iter().zip(row(other)) {
            for at in 0..TOGETHER {
                sums[at] += a[at] * b[at];
            }
        }
        f64::from(sums.iter().sum::<f32>())
    }
}

impl Voice {
    /// How much two are in the same place, as far as it is known: by their cities or else by their regions.
    fn near(&self, other: &Self) -> f64 {
        let is_known = |(one, other): &(&u64, &u64)| **one != NOWHERE && **other != NOWHERE;
        let finest = self.home.iter().zip(&other.home).rfind(is_known);
        match self.country == other.country {
            false => 0.0,
            true if finest.is_some_and(|(one, other)| one != other) => ELSEWHERE,
            true => 1.0,
        }
    }
}

/// The first `wanted` voices in the order in which they are chosen, as places in the list given, which is the order of
/// relevance; ties keep that order. Diversity 0 keeps it whole. `shares` are those of the brief's niches.
///
/// Costs a look at all voices for each one wanted; only those are compared with others that could be the best by what was known of
/// them.
#[must_use]
pub fn ordered(voices: &[Voice], shares: &[f64], diversity: f64, wanted: usize) -> Vec<usize> {
    let mut left = Left::new(voices, shares.len(), diversity);
    let mut filled = vec![0.0; shares.len()];
    let wanted = wanted.min(voices.len());
    let mut order: Vec<usize> = Vec::with_capacity(wanted);
    while order.len() < wanted {
        let chosen = left.best(&lacking(shares, &filled, order.len()), &order);
        filled.iter_mut().zip(&voices[chosen].of_brief).for_each(|(filled, part)| *filled += part);
        left.take(chosen);
        order.push(chosen);
    }
    order
}

/// Voices of which some are chosen. What is worth what lies in rows of numbers, one number for each voice.
struct Left<'a> {
    compared: Compared<'a>,
    diversity: f64,
    /// What relevance is worth; those who are chosen are worth nothing any more.
    relevance: Vec<f64>,
    /// How nearness is made up, a row for each niche of the brief; none in a brief of one niche.
    of_brief: Vec<Vec<f64>>,
    nearest: Vec<Nearest>,
    /// What each adds where something lacks.
    adds: Vec<f64>,
    /// What each would be worth if it resembled nobody else than is known: never less than it is.
    values: Vec<f64>,
}

impl<'a> Left<'a> {
    fn new(voices: &'a [Voice], niches: usize, diversity: f64) -> Self {
        let part = |voice: &Voice, niche: usize| voice.of_brief.get(niche).copied().unwrap_or_default();
        let row = |niche: usize| voices.iter().map(|voice| part(voice, niche)).collect();
        let rows = if niches < 2 { 0 } else { niches };
        Self {
            compared: Compared::new(voices),
            diversity,
            relevance: relevances(voices)
                .into_iter()
                .map(|relevance| (1.0 - diversity) * relevance)
                .collect(),
            of_brief: (0..rows).map(row).collect(),
            nearest: vec![Nearest::default(); voices.len()],
            adds: vec![0.0; voices.len()],
            values: vec![0.0; voices.len()],
        }
    }

    fn take(&mut self, voice: usize) {
        self.relevance[voice] = f64::NEG_INFINITY;
    }

    /// The first of those who are worth most beside those who are chosen.
    fn best(&mut self, lacking: &[f64], chosen: &[usize]) -> usize {
        self.value(lacking);
        // Most often the one who seems to be the best is.
        let likely = first_of_most(&self.values);
        let (mut best, mut most) = (likely, self.exact(likely, chosen));
        for voice in 0..self.values.len() {
            let can_be = self.values[voice] >= most && (self.values[voice] > most || voice < best);
            if can_be && voice != likely {
                let exact = self.exact(voice, chosen);
                if exact >= most && (exact > most || voice < best) {
                    (best, most) = (voice, exact);
                }
            }
        }
        best
    }

    /// What each is worth at most.
    fn value(&mut self, lacking: &[f64]) {
        self.adds.fill(0.0);
        for (row, lacking) in self.of_brief.iter().zip(lacking) {
            self.adds.iter_mut().zip(row).for_each(|(sum, part)| *sum += part * lacking);
        }
        let (diversity, is_one_niche) = (self.diversity, self.of_brief.is_empty());
        let known = self.relevance.iter().zip(&self.nearest).zip(&self.adds);
        for (value, ((relevance, nearest), adds)) in self.values.iter_mut().zip(known) {
            *value = relevance + diversity * nearest.novelty(*adds, is_one_niche);
        }
    }

    /// What one is worth, compared with all who are chosen.
    fn exact(&mut self, voice: usize, chosen: &[usize]) -> f64 {
        if self.nearest[voice].compared < chosen.len() {
            self.nearest[voice].compare(&self.compared, voice, chosen);
            let novelty = self.nearest[voice].novelty(self.adds[voice], self.of_brief.is_empty());
            self.values[voice] = self.relevance[voice] + self.diversity * novelty;
        }
        self.values[voice]
    }
}

fn first_of_most(values: &[f64]) -> usize {
    let first = |best: usize, at: usize| if values[at] > values[best] { at } else { best };
    (0..values.len()).fold(0, first)
}

/// How much a voice resembles the most similar one of those that were chosen first.
#[derive(Clone, Copy, Default)]
struct Nearest {
    resembles: f64,
    compared: usize,
}

impl Nearest {
    /// How little it resembles others and, in a brief of several niches, half by what it adds where something lacks.
    fn novelty(&self, adds: f64, is_one_niche: bool) -> f64 {
        let unlike = 1.0 - self.resembles;
        if is_one_niche { unlike } else { novelty(unlike, adds) }
    }

    /// Compares it with the others of those who are chosen.
    fn compare(&mut self, compared: &Compared<'_>, voice: usize, chosen: &[usize]) {
        let others = chosen[self.compared..].iter().map(|other| compared.resemblance(voice, *other));
        self.resembles = others.fold(self.resembles, f64::max);
        self.compared = chosen.len();
    }
}

/// Relevance among these voices, from 0 for the least to 1 for the most: scores lie close together.
fn relevances(voices: &[Voice]) -> Vec<f64> {
    let all = || voices.iter().map(|voice| voice.relevance);
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let span = if most > least { most - least } else { 1.0 };
    all().map(|relevance| (relevance - least) / span).collect()
}

/// Half by how little somebody resembles others, half by what they add where something lacks.
fn novelty(unlike: f64, adds: f64) -> f64 {
    0.5 * (unlike + adds)
}

/// How much each niche of the brief lacks of its share if one place more is filled: 1 for a whole place or more, 0 for none.
fn lacking(shares: &[f64], filled: &[f64], places: usize) -> Vec<f64> {
    let due = |share: &f64| share * (places as f64 + 1.0);
    shares.iter().zip(filled).map(|(share, filled)| (due(share) - filled).clamp(0.0, 1.0)).collect()
}

#[cfg(test)]
mod tests;
