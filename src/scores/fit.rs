//! Fit: how well a creator suits a brief: how near its niches are, its authority in them, and the values they share.

use super::{
    authority::{NicheReach, authority},
    interval::Estimate,
    nearness::{Common, CreatorNiches, Nearness, NichePlace, NicheVector},
};

/// How much authority counts in fit. It follows size, though of loyal people and not of followers: so it counts little.
pub const AUTHORITY_SHARE: f64 = 0.1;
/// How much shared values count in fit, when the brief names values.
pub const VALUES_SHARE: f64 = 0.15;

/// What a brief asks for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The niches by their weights, as a vector of length 1.
    pub vector: NicheVector,
    /// What being in each niche has in common with the brief.
    pub common: Common,
    /// The niches one by one.
    pub niches: Vec<AskedNiche>,
    /// Numbers of the values named.
    pub values: Vec<u64>,
}

/// A niche of a brief.
#[derive(Clone, Debug)]
pub struct AskedNiche {
    /// The niche.
    pub place: NichePlace,
    /// Its part of the weights of all niches of the brief.
    pub share: f64,
    /// How much nearness to this niche alone counts in nearness to the brief.
    pub pull: f64,
    /// What being in each niche has in common with this one.
    pub common: Common,
    /// Creators in its list whose loyal reach is measured.
    pub measured: i64,
    /// The loyal reach that is usual among them.
    pub usual: f64,
}

/// What fit reads of a creator.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its niches.
    pub niches: CreatorNiches<'a>,
    /// Its loyal reach in each of the niches in whose lists it stands, where loyalty is measured.
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

impl AskedNiche {
    /// What authority in this niche counts in authority in the brief, for a creator in its list with such a loyal reach.
    #[must_use]
    pub fn counted_authority(&self, reach: Option<Estimate>) -> f64 {
        self.share * authority(self.usual, reach).value
    }
}

impl Asked {
    /// The niches of a brief with their weights, and the values it names, given the parents of all niches by number.
    #[must_use]
    pub fn new(niches: &[(NichePlace, f64, NicheReach)], values: Vec<u64>, parents: &[Option<u32>]) -> Self {
        let weighted = niches.iter().map(|(place, weight, _)| (*place, *weight));
        let (vector, length) = NicheVector::with_length(weighted);
        let all: f64 = niches.iter().map(|(_, weight, _)| weight).sum();
        let asked = |&(place, weight, reach): &(NichePlace, f64, NicheReach)| {
            let (alone, of_one) = NicheVector::with_length(std::iter::once((place, 1.0)));
            AskedNiche {
                place,
                share: weight / all,
                pull: weight * of_one / length,
                common: alone.common(parents),
                measured: reach.creators(),
                usual: reach.usual(),
            }
        };
        let niches = niches.iter().map(asked).collect();
        Self { common: vector.common(parents), vector, niches, values }
    }

    /// Whether a niche is one of those of the brief.
    #[must_use]
    pub fn names(&self, niche: u32) -> bool {
        self.niches.iter().any(|asked| asked.place.niche == niche)
    }

    /// How much nearness, authority and shared values count.
    #[must_use]
    pub fn shares(&self) -> [f64; 3] {
        let of_values = if self.values.is_empty() { 0.0 } else { VALUES_SHARE };
        [1.0 - AUTHORITY_SHARE - of_values, AUTHORITY_SHARE, of_values]
    }

    /// The value of a fit with such parts, as if all values of the brief were shared: the most that it can be.
    #[must_use]
    pub fn most(&self, nearness: f64, authority: f64) -> f64 {
        let [of_nearness, of_authority, of_values] = self.shares();
        of_nearness * nearness + of_authority * authority + of_values
    }

    /// Authority in the niches of the brief, by their shares; none in a niche in whose list the creator does not stand.
    fn authority(&self, niches: &CreatorNiches, reach: Option<Estimate>) -> Estimate {
        let parts = self.niches.iter().filter(|asked| niches.is_listed(asked.place.niche));
        parts.fold(Estimate::exactly(0.0), |sum, niche| {
            weighted([(1.0, sum), (niche.share, authority(niche.usual, reach))])
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
    /// The fit of a creator.
    #[must_use]
    pub fn of(asked: &Asked, creator: &Candidate) -> Self {
        let nearness = creator.niches.nearness(&asked.common);
        let (authority, values) = (asked.authority(&creator.niches, creator.reach), asked.values(creator));
        let [of_nearness, of_authority, of_values] = asked.shares();
        let estimate = weighted([
            (of_nearness, nearness.estimate),
            (of_authority, authority),
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
