//! Diversity: many different voices instead of the same one many times. Pure.
//!
//! Maximal marginal relevance (Carbonell and Goldstein 1998): the next place goes to whoever has most of
//! `(1 - diversity) relevance + diversity novelty`, where novelty is how little somebody resembles the most similar one that was
//! chosen before. When a brief names several niches, half of novelty is calibration (after Steck 2018): how much somebody adds
//! in the niches that have fewer of the places than their share of the brief.

use crate::scores::nearness::NicheVector;

/// How much two creators resemble each other by their niches, their places and their languages.
const BY_NICHES: f64 = 0.6;
const BY_PLACE: f64 = 0.25;
const BY_LANGUAGE: f64 = 0.15;

/// What is compared of a creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    /// What ranks it.
    pub relevance: f64,
    /// Its niches.
    pub niches: NicheVector,
    /// Where it lives.
    pub country: u8,
    /// Number of its set of languages.
    pub languages: u32,
    /// How its nearness is made up of the niches of the brief; adds up to 1, or is empty when the brief names one niche.
    pub of_brief: Vec<f64>,
}

impl Voice {
    fn resembles(&self, other: &Self) -> f64 {
        BY_NICHES * self.niches.dot(&other.niches)
            + if self.country == other.country { BY_PLACE } else { 0.0 }
            + if self.languages == other.languages { BY_LANGUAGE } else { 0.0 }
    }
}

/// The first `wanted` voices in the order in which they are chosen, as places in the list given, which is the order of
/// relevance; ties keep that order. Diversity 0 keeps it whole. `shares` are those of the brief's niches.
///
/// Costs a look at all voices for each one wanted; only those are compared that are better than those before by what was known of
/// them.
#[must_use]
pub fn ordered(voices: &[Voice], shares: &[f64], diversity: f64, wanted: usize) -> Vec<usize> {
    let relevance = relevances(voices);
    let mut nearest = vec![Nearest::default(); voices.len()];
    let mut left: Vec<usize> = (0..voices.len()).collect();
    let mut filled = vec![0.0; shares.len()];
    let mut order: Vec<usize> = Vec::with_capacity(wanted.min(voices.len()));
    while order.len() < wanted && !left.is_empty() {
        let lacking = lacking(shares, &filled, order.len());
        let value = |voice: usize, nearest: &Nearest| {
            let novelty = novelty(1.0 - nearest.resembles, &voices[voice], &lacking);
            (1.0 - diversity) * relevance[voice] + diversity * novelty
        };
        let (mut best, mut best_at) = (f64::NEG_INFINITY, 0);
        for (at, voice) in left.iter().copied().enumerate() {
            // With those who were chosen since it was compared last, it can only have less.
            if value(voice, &nearest[voice]) > best {
                nearest[voice].compare(voices, voice, &order);
                let value = value(voice, &nearest[voice]);
                if value > best {
                    (best, best_at) = (value, at);
                }
            }
        }
        let chosen = left.remove(best_at);
        filled.iter_mut().zip(&voices[chosen].of_brief).for_each(|(filled, part)| *filled += part);
        order.push(chosen);
    }
    order
}

/// How much a voice resembles the most similar one of those that were chosen first.
#[derive(Clone, Copy, Default)]
struct Nearest {
    resembles: f64,
    compared: usize,
}

impl Nearest {
    /// Compares it with the others of those who are chosen.
    fn compare(&mut self, voices: &[Voice], voice: usize, chosen: &[usize]) {
        let others = chosen[self.compared..].iter().map(|other| voices[voice].resembles(&voices[*other]));
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

fn novelty(unlike: f64, voice: &Voice, lacking: &[f64]) -> f64 {
    if lacking.len() < 2 {
        return unlike;
    }
    let adds: f64 = voice.of_brief.iter().zip(lacking).map(|(part, lacking)| part * lacking).sum();
    f64::midpoint(unlike, adds)
}

/// How much each niche of the brief lacks of its share if one place more is filled: 1 for a whole place or more, 0 for none.
fn lacking(shares: &[f64], filled: &[f64], places: usize) -> Vec<f64> {
    let due = |share: &f64| share * (places as f64 + 1.0);
    shares.iter().zip(filled).map(|(share, filled)| (due(share) - filled).clamp(0.0, 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::nearness::NichePlace;
    use proptest::prelude::*;

    const RO: u8 = 1;
    const US: u8 = 2;

    fn voice(relevance: f64, niche: u32, country: u8) -> Voice {
        let niches = NichePlace { niche, parent: None }.vector();
        Voice { relevance, niches, country, languages: 0, of_brief: Vec::new() }
    }

    fn of_brief(relevance: f64, parts: [f64; 2]) -> Voice {
        Voice { of_brief: parts.to_vec(), ..voice(relevance, 1, RO) }
    }

    #[test]
    fn without_diversity_the_order_is_that_of_relevance() {
        let voices = [voice(0.9, 1, RO), voice(0.8, 1, RO), voice(0.7, 2, US)];
        assert_eq!(ordered(&voices, &[1.0], 0.0, 3), [0, 1, 2]);
    }

    #[test]
    fn another_voice_comes_before_one_that_says_the_same() {
        let voices = [voice(0.9, 1, RO), voice(0.89, 1, RO), voice(0.7, 2, US), voice(0.6, 1, RO)];
        assert_eq!(ordered(&voices, &[1.0], 0.5, 4), [0, 2, 1, 3]);
    }

    #[test]
    fn niches_of_a_brief_get_their_share_of_the_places() {
        let first = (0..30).map(|place| of_brief(0.9 - f64::from(place) * 1e-3, [1.0, 0.0]));
        let second = (0..30).map(|place| of_brief(0.8 - f64::from(place) * 1e-3, [0.0, 1.0]));
        let voices: Vec<Voice> = first.chain(second).collect();
        let of_second = |diversity| {
            let order = ordered(&voices, &[0.7, 0.3], diversity, 20);
            order.iter().filter(|place| **place >= 30).count()
        };
        assert_eq!(of_second(0.0), 0);
        assert!((5..=7).contains(&of_second(0.9)), "{}", of_second(0.9));
    }

    prop_compose! {
        fn any_voice()(relevance in 0.0..1.0_f64, niche in 0..4_u32, place in 0..3_u8, languages in 0..3_u32, part in 0.0..1.0_f64) -> Voice {
            Voice { languages, of_brief: vec![part, 1.0 - part], ..voice(relevance, niche, place) }
        }
    }

    proptest! {
        #[test]
        fn everybody_is_chosen_once_and_fewer_are_the_beginning_of_more(
            voices in prop::collection::vec(any_voice(), 0..30), diversity in 0.0..=1.0_f64, wanted in 0..30_usize,
        ) {
            let shares = [0.6, 0.4];
            let all = ordered(&voices, &shares, diversity, voices.len());
            let mut sorted = all.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..voices.len()).collect::<Vec<_>>());
            let fewer = ordered(&voices, &shares, diversity, wanted);
            prop_assert_eq!(&fewer[..], &all[..wanted.min(voices.len())]);
        }

        #[test]
        fn every_place_goes_to_the_first_of_those_who_have_most_when_all_are_compared(
            voices in prop::collection::vec(any_voice(), 0..30), diversity in 0.0..=1.0_f64,
        ) {
            let shares = [0.6, 0.4];
            let (order, relevance) = (ordered(&voices, &shares, diversity, voices.len()), relevances(&voices));
            for (places, chosen) in order.iter().enumerate() {
                let (before, filled) = (&order[..places], |niche: usize| {
                    order[..places].iter().fold(0.0, |sum, other| sum + voices[*other].of_brief[niche])
                });
                let lacking = lacking(&shares, &[filled(0), filled(1)], places);
                let value = |voice: usize| {
                    let alike = before.iter().map(|other| voices[voice].resembles(&voices[*other]));
                    let novelty = novelty(1.0 - alike.fold(0.0, f64::max), &voices[voice], &lacking);
                    (1.0 - diversity) * relevance[voice] + diversity * novelty
                };
                for other in order[places + 1..].iter().copied() {
                    let (best, other_value) = (value(*chosen), value(other));
                    prop_assert!(best > other_value || (best >= other_value && *chosen < other));
                }
            }
        }

        #[test]
        fn a_list_for_more_diversity_is_no_more_alike(
            mut voices in prop::collection::vec(any_voice(), 8..30),
        ) {
            voices.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
            let alike = |diversity| {
                let order = ordered(&voices, &[1.0], diversity, 2);
                voices[order[0]].resembles(&voices[order[1]])
            };
            prop_assert!(alike(1.0) <= alike(0.0) + 1e-12);
        }
    }
}
