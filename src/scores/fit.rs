//! Fit: how well a creator suits a brief: how near its niches are, its authority in them, and the values they share.

use super::{
    authority::NicheReach,
    interval::Estimate,
    nearness::{Nearness, NichePlace, NicheVector},
};

/// How much authority counts in fit. It follows size, though of loyal people and not of followers: so it counts little.
pub const AUTHORITY_SHARE: f64 = 0.1;
/// How much shared values count in fit, when the brief names values.
pub const VALUES_SHARE: f64 = 0.15;

/// What a brief asks for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The niches as a vector.
    pub vector: NicheVector,
    /// The niches one by one.
    pub niches: Vec<AskedNiche>,
    /// Numbers of the values named.
    pub values: Vec<u64>,
}

/// A niche of a brief.
#[derive(Clone, Copy, Debug)]
pub struct AskedNiche {
    /// The niche.
    pub place: NichePlace,
    /// Its part of the weights of all niches of the brief.
    pub share: f64,
    /// What is usual in its list.
    pub reach: NicheReach,
}

/// What fit reads of a creator.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The niches in whose lists it stands.
    pub places: &'a [NichePlace],
    /// Its loyal reach in each of these, where loyalty is measured.
    pub reach: Option<Estimate>,
    /// Numbers of the values it names.
    pub values: &'a [u64],
}

/// How well a creator suits a brief, with its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The parts by their shares, with 80 % interval.
    pub estimate: Estimate,
    /// How near its niches are.
    pub nearness: Nearness,
    /// Its authority in the niches of the brief.
    pub authority: Estimate,
    /// Cosine of the values of the brief and those it names; `None`: the brief names none.
    pub values: Option<f64>,
}

impl Asked {
    /// The niches of a brief with their weights, and the values it names.
    #[must_use]
    pub fn new(niches: &[(NichePlace, f64, NicheReach)], values: Vec<u64>) -> Self {
        let all: f64 = niches.iter().map(|(_, weight, _)| weight).sum();
        let asked = |&(place, weight, reach): &_| AskedNiche { place, share: weight / all, reach };
        Self {
            vector: NicheVector::of(niches.iter().map(|(place, weight, _)| (*place, *weight))),
            niches: niches.iter().map(asked).collect(),
            values,
        }
    }

    /// Authority in the niches of the brief, by their shares; none in a niche in whose list the creator does not stand.
    fn authority(&self, creator: &Candidate) -> Estimate {
        let in_list =
            |niche: &&AskedNiche| creator.places.iter().any(|place| place.niche == niche.place.niche);
        let parts = self.niches.iter().filter(in_list);
        parts.fold(Estimate::exactly(0.0), |sum, niche| {
            weighted([(1.0, sum), (niche.share, niche.reach.authority(creator.reach))])
        })
    }

    /// The cosine, so that naming every value there is does not help.
    fn values(&self, creator: &Candidate) -> Option<f64> {
        let shared = self.values.iter().filter(|value| creator.values.contains(value)).count();
        let all = self.values.len() * creator.values.len().max(1);
        (!self.values.is_empty()).then(|| shared as f64 / (all as f64).sqrt())
    }
}

impl Fit {
    /// The fit of a creator whose nearness is known.
    #[must_use]
    pub fn of(asked: &Asked, creator: &Candidate, nearness: Nearness) -> Self {
        let (authority, values) = (asked.authority(creator), asked.values(creator));
        let of_values = values.map_or(0.0, |_| VALUES_SHARE);
        let estimate = weighted([
            (1.0 - AUTHORITY_SHARE - of_values, nearness.estimate),
            (AUTHORITY_SHARE, authority),
            (of_values, Estimate::exactly(values.unwrap_or_default())),
        ]);
        Self { estimate, nearness, authority, values }
    }

    /// How much nearness counts.
    #[must_use]
    pub fn nearness_share(&self) -> f64 {
        1.0 - AUTHORITY_SHARE - self.values.map_or(0.0, |_| VALUES_SHARE)
    }
}

/// The sum of weighted estimates, whose ends are reached together.
fn weighted<const N: usize>(parts: [(f64, Estimate); N]) -> Estimate {
    let sum = |of: fn(&Estimate) -> f64| parts.iter().map(|(weight, part)| weight * of(part)).sum();
    Estimate { value: sum(|part| part.value), low: sum(|part| part.low), high: sum(|part| part.high) }
}

#[cfg(test)]
mod tests;
