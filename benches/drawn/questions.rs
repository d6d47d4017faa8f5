//! What is asked: niches as often as creators are in them, with random weights, so that no answer is one that was given
//! before.

use super::{number, population::Population};
use serde_json::{Value, json};

/// A kind of question.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// One niche, three filters, 20 creators.
    Simple,
    /// Three niches, half of diversity, 50 creators.
    Brief,
    /// One niche, two filters, 200 creators: what SQL is asked, too.
    Long,
}

impl Kind {
    /// Creators asked for.
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Simple => 20,
            Self::Brief => 50,
            Self::Long => 200,
        }
    }

    fn niches(self) -> u64 {
        if matches!(self, Self::Brief) { 3 } else { 1 }
    }
}

/// The question of a number.
pub(crate) fn question(population: &Population, kind: Kind, seed: u64) -> Value {
    let share = |purpose| number(seed, purpose, 1 << 20) as f64 / f64::from(1 << 20);
    let mut niches: Vec<&str> =
        (0..kind.niches()).map(|place| population.niche(share(110 + place))).collect();
    niches.sort_unstable();
    niches.dedup();
    let niches: Vec<Value> = niches.iter().map(|niche| json!({"id": niche})).collect();
    let filters = match kind {
        Kind::Simple => {
            json!({"followers": {"min": 1000, "max": 50_000}, "countries": ["RO", "MD"], "languages": ["ro"]})
        }
        Kind::Brief => json!({}),
        Kind::Long => json!({"followers": {"min": 1000, "max": 50_000}, "countries": ["RO"]}),
    };
    let diversity = if matches!(kind, Kind::Brief) { 0.5 } else { 0.0 };
    json!({"brief": {"niches": niches}, "filters": filters, "weights": weights(seed), "diversity": diversity,
           "limit": kind.limit()})
}

/// The weights of the question of a number.
pub(crate) fn weights(seed: u64) -> Value {
    let weight = |purpose| 0.05 + number(seed, purpose, 1_000) as f64 / 1_000.0;
    json!({"fit": weight(120), "loyalty": weight(121), "trust": weight(122), "authenticity": weight(123),
           "conversation": weight(124)})
}
