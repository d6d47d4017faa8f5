//! Nearness: how near a creator's niches are to those of a brief.
//!
//! A niche is a vector with 1 on itself and 1/2 on its parent, so that neighbours in the taxonomy are near each other.
//! A brief sums its niches by weight. A creator has two such vectors, each of length 1: one sums the niches it
//! declares, the other the niches its people engage with elsewhere; the more people, the more the second counts, up to
//! as much as the first. Nearness is the cosine of brief and creator. With declared niches alone, the same niche gives 1,
//! parent and child 0.45, two children of one parent 0.2.
//!
//! Nearness is asked for of every candidate, so a creator is kept as its niches and the lengths of its vectors, and a brief
//! as a table of what being in each niche has in common with it: the products are sums over a creator's few niches.

use super::interval::{Estimate, NORMAL, beta_variance};

/// What a niche shares with its parent.
pub const PARENT_SHARE: f64 = 0.5;
/// Candidates with less nearness are not recommended, whatever else they have.
pub const MIN_NEARNESS: f64 = 0.25;
/// Most that the community counts, against what the creator declares.
pub const MAX_COMMUNITY_SHARE: f64 = 0.5;
/// Share of a community at which a creator stands in a niche's list without declaring it.
pub const LISTED_SHARE: f64 = 0.2;
/// People at which the community counts half of its most.
pub const COMMUNITY_HALF: f64 = 20.0;
/// Cosines so near to 1 are 1: lengths are kept with seven digits, and a receipt that says 0.99999994 only puzzles.
const SNAP: f64 = 1e-6;

/// A niche by number, with the number of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NichePlace {
    /// Number of the niche.
    pub niche: u32,
    /// Number of its parent.
    pub parent: Option<u32>,
}

impl NichePlace {
    /// A niche by number, given the parents of all niches.
    #[must_use]
    pub fn among(parents: &[Option<u32>], niche: u32) -> Self {
        Self { niche, parent: parents.get(niche as usize).copied().flatten() }
    }

    /// How long its vector is before it is scaled.
    #[must_use]
    pub fn length(self) -> f64 {
        if self.parent.is_some() { (1.0 + PARENT_SHARE * PARENT_SHARE).sqrt() } else { 1.0 }
    }

    /// The niche alone, as a vector of length 1.
    #[must_use]
    pub fn vector(self) -> NicheVector {
        NicheVector::of(std::iter::once((self, 1.0)))
    }
}

/// A vector over niches: few entries, sorted by niche.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NicheVector {
    entries: Vec<(u32, f64)>,
}

impl NicheVector {
    /// The sum of weighted niches, scaled to length 1; empty for none.
    #[must_use]
    pub fn of(places: impl Iterator<Item = (NichePlace, f64)>) -> Self {
        Self::with_length(places).0
    }

    /// The same, and the length of the sum before it was scaled.
    #[must_use]
    pub fn with_length(places: impl Iterator<Item = (NichePlace, f64)>) -> (Self, f64) {
        let mut vector = Self::default();
        for (place, weight) in places {
            vector.add(place.niche, weight);
            if let Some(parent) = place.parent {
                vector.add(parent, weight * PARENT_SHARE);
            }
        }
        let length = vector.dot(&vector).sqrt();
        if length > 0.0 {
            vector.entries.iter_mut().for_each(|entry| entry.1 /= length);
        }
        (vector, length)
    }

    fn add(&mut self, niche: u32, weight: f64) {
        match self.entries.binary_search_by_key(&niche, |entry| entry.0) {
            Ok(place) => self.entries[place].1 += weight,
            Err(place) => self.entries.insert(place, (niche, weight)),
        }
    }

    /// Niches with their weights, by niche.
    #[must_use]
    pub fn entries(&self) -> &[(u32, f64)] {
        &self.entries
    }

    /// The scalar product; the cosine, since both have length 1.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.entries.as_slice(), other.entries.as_slice());
        let mut sum = 0.0;
        while let ([(a, x), ..], [(b, y), ..]) = (left, right) {
            if a == b {
                sum += x * y;
            }
            left = &left[usize::from(a <= b)..];
            right = &right[usize::from(b <= a)..];
        }
        sum
    }

    /// What being in each niche has in common with this vector, given the parents of all niches by number.
    #[must_use]
    pub fn common(&self, parents: &[Option<u32>]) -> Common {
        let mut own = vec![0.0; parents.len()];
        for (niche, weight) in &self.entries {
            own[*niche as usize] = *weight;
        }
        let parent = |parent: &Option<u32>| parent.map_or(0.0, |parent| PARENT_SHARE * own[parent as usize]);
        Common(own.iter().zip(parents).map(|(own, of)| own + parent(of)).collect())
    }
}

/// What being in each niche, by number, has in common with a brief.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common(Vec<f64>);

impl Common {
    /// What being in a niche has in common with the brief.
    #[must_use]
    pub fn of(&self, niche: u32) -> f64 {
        self.0.get(niche as usize).copied().unwrap_or_default()
    }

    /// The niches that have anything in common with it.
    pub fn niches(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.0).filter(|(_, common)| **common > 0.0).map(|(niche, _)| niche)
    }

    fn sum(&self, niches: &[InNiche]) -> f64 {
        niches.iter().map(|one| f64::from(one.share) * self.of(one.niche)).sum()
    }
}

/// That a creator or its community is in a niche.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InNiche {
    /// Number of the niche.
    pub niche: u32,
    /// Share of the community; 1 for a niche that is declared.
    pub share: f32,
}

/// The niches of a creator: what it declares and what its people engage with elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct CreatorNiches<'a> {
    /// Those it declares.
    pub declared: &'a [InNiche],
    /// Those of its community.
    pub community: &'a [InNiche],
    /// How long the vectors of the two are.
    pub lengths: &'a Lengths,
}

/// Lengths of a creator's vectors, and how much each counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lengths {
    /// 1 / length of the sum of the declared niches; 0 without any.
    declared: f32,
    /// 1 / length of the sum of those of the community; 0 without any.
    community: f32,
    /// 1 / length of both together.
    whole: f32,
    /// People the community was seen in.
    people: u32,
}

/// How near a creator is to a brief, with its two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    /// Cosine of brief and creator, with an 80 % interval that carries how few people the community was seen in.
    pub estimate: Estimate,
    /// Cosine of the brief and the declared niches.
    pub declared: f64,
    /// Cosine of the brief and the niches of the community.
    pub community: f64,
    /// How much the community counts, 0 to 1; what is declared counts the rest.
    pub share: f64,
    /// People the community was seen in.
    pub people: u32,
}

impl Lengths {
    /// Those of a creator who declares these niches and whose community, seen in so many people, has these shares.
    #[must_use]
    pub fn of(
        declared: impl Iterator<Item = NichePlace>,
        community: impl Iterator<Item = (NichePlace, f64)>,
        people: u32,
    ) -> Self {
        let (declared, declared_length) = NicheVector::with_length(declared.map(|place| (place, 1.0)));
        let (community, community_length) = NicheVector::with_length(community);
        let lengths = Self {
            declared: inverse(declared_length),
            community: inverse(community_length),
            people,
            whole: 0.0,
        };
        let share = lengths.share();
        let cross = 2.0 * share * (1.0 - share) * declared.dot(&community);
        let whole = (share * share + (1.0 - share) * (1.0 - share) + cross).sqrt();
        Self { whole: inverse(whole), ..lengths }
    }

    /// How much the community counts, 0 to 1; what is declared counts the rest.
    fn share(&self) -> f64 {
        let seen = f64::from(self.people);
        match (self.declared > 0.0, self.community > 0.0) {
            (_, false) => 0.0,
            (false, true) => 1.0,
            (true, true) => MAX_COMMUNITY_SHARE * seen / (seen + COMMUNITY_HALF),
        }
    }

    /// People the community was seen in.
    #[must_use]
    pub fn people(&self) -> u32 {
        self.people
    }
}

fn inverse(length: f64) -> f32 {
    if length > 0.0 { narrow(1.0 / length) } else { 0.0 }
}

/// A number as it is kept of every creator: seven digits are plenty for lengths, shares and people who are expected back.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub fn narrow(number: f64) -> f32 {
    number as f32
}

impl CreatorNiches<'_> {
    /// The nearness to a brief.
    #[must_use]
    pub fn nearness(&self, brief: &Common) -> Nearness {
        let Lengths { whole, people, .. } = *self.lengths;
        let (declared, community) = self.cosines(brief);
        let (share, whole) = (self.lengths.share(), f64::from(whole));
        let value = snapped(((1.0 - share) * declared + share * community) * whole);
        let spread = beta_variance(community, f64::from(people)).sqrt();
        let half = NORMAL * share * spread * whole;
        let estimate = Estimate { value, low: (value - half).max(0.0), high: (value + half).min(1.0) };
        Nearness { estimate, declared, community, share, people }
    }

    /// The value of the nearness alone, for less.
    #[must_use]
    pub fn near(&self, brief: &Common) -> f64 {
        let (declared, community) = self.cosines(brief);
        let share = self.lengths.share();
        snapped(((1.0 - share) * declared + share * community) * f64::from(self.lengths.whole))
    }

    fn cosines(&self, brief: &Common) -> (f64, f64) {
        let cosine = |niches, length: f32| snapped(brief.sum(niches) * f64::from(length));
        (cosine(self.declared, self.lengths.declared), cosine(self.community, self.lengths.community))
    }

    /// The vector of the creator, given the parents of all niches by number; empty without any niche.
    #[must_use]
    pub fn vector(&self, parents: &[Option<u32>]) -> NicheVector {
        let all = self.weighted().map(|(one, weight)| (one.niche, f64::from(weight * one.share)));
        NicheVector::of(all.map(|(niche, weight)| (NichePlace::among(parents, niche), weight)))
    }

    /// Its niches, each with what its share is multiplied with.
    fn weighted(&self) -> impl Iterator<Item = (&InNiche, f32)> {
        let Lengths { declared, community, .. } = *self.lengths;
        let share = narrow(self.lengths.share());
        let declared = self.declared.iter().map(move |one| (one, (1.0 - share) * declared));
        declared.chain(self.community.iter().map(move |one| (one, share * community)))
    }

    /// The vector of the creator as a sum of niches, each a vector of length 1 that is taken so often, the largest part first.
    #[must_use]
    pub fn parts(&self, parents: &[Option<u32>]) -> Vec<(u32, f64)> {
        let whole = f64::from(self.lengths.whole);
        let mut parts: Vec<(u32, f64)> = Vec::new();
        for (one, weight) in self.weighted() {
            let length = NichePlace::among(parents, one.niche).length();
            let part = f64::from(weight) * f64::from(one.share) * whole * length;
            match parts.iter_mut().find(|(niche, _)| *niche == one.niche) {
                Some((_, sum)) => *sum += part,
                None => parts.push((one.niche, part)),
            }
        }
        parts.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        parts
    }

    /// Whether the creator stands in the list of a niche: it declares it, or its community is much in it.
    #[must_use]
    pub fn is_listed(&self, niche: u32) -> bool {
        self.declared.iter().any(|one| one.niche == niche)
            || self.community.iter().any(|one| one.niche == niche && is_much(*one))
    }

    /// The niches in whose lists it stands.
    pub fn lists(&self) -> impl Iterator<Item = u32> {
        let declares = |niche: u32| self.declared.iter().any(|one| one.niche == niche);
        let observed = self.community.iter().filter(move |one| is_much(**one) && !declares(one.niche));
        self.declared.iter().chain(observed).map(|one| one.niche)
    }
}

fn is_much(one: InNiche) -> bool {
    f64::from(one.share) >= LISTED_SHARE
}

fn snapped(cosine: f64) -> f64 {
    // The sum of nothing is -0, which added to 0 is 0.
    if cosine > 1.0 - SNAP { 1.0 } else { cosine.max(0.0) + 0.0 }
}

#[cfg(test)]
mod tests;
