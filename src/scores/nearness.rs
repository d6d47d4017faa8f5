//! Nearness: how near a creator's niches are to those of a brief.
//!
//! A niche is a vector with 1 on itself and 1/2 on its parent, so that neighbours in the taxonomy are near each other.
//! A brief sums its niches by weight. A creator has three such vectors, each of length 1: one sums the niches it declares, one
//! those that the topics of its posts are about, one those that its people engage with elsewhere. The more posts, the more the
//! second counts, up to as much as the first; the more people, the more the third counts, up to as much as both together.
//! Nearness is the cosine of brief and creator. With declared niches alone, the same niche gives 1, parent and child 0.45, two
//! children of one parent 0.2.
//!
//! Nearness is asked for of every candidate, so a creator is kept as its niches and the lengths of its vectors, and a brief
//! as a table of what being in each niche has in common with it: the products are sums over a creator's few niches.

use super::interval::{Estimate, NORMAL, beta_variance};

/// What a niche shares with its parent.
pub const PARENT_SHARE: f64 = 0.5;
/// Candidates with less nearness are not recommended, whatever else they have.
pub const MIN_NEARNESS: f64 = 0.25;
/// Most that the community counts, against what the creator tells: what it declares and what it posts about.
pub const MAX_COMMUNITY_SHARE: f64 = 0.5;
/// People at which the community counts half of its most.
pub const COMMUNITY_HALF: f64 = 20.0;
/// Most that topics count, against what the creator declares.
pub const MAX_TOPICS_SHARE: f64 = 0.5;
/// Posts at which topics count half of their most.
pub const TOPICS_HALF: f64 = 10.0;
/// Share of topics or of a community at which a creator stands in a niche's list without declaring it.
pub const LISTED_SHARE: f64 = 0.2;
/// Shares are kept in so many parts.
const SHARE_PARTS: f64 = u16::MAX as f64;
/// Binary digits of what is kept of how many posts were read, beside people in one number.
const POSTS_DIGITS: u32 = 8;
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
        niches.iter().map(|one| one.share() * self.of(one.niche())).sum()
    }
}

/// That a creator, its posts or its community are in a niche. In few bytes: every creator has some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InNiche {
    niche: [u8; 3],
    share: [u8; 2],
}

impl InNiche {
    /// In a niche by number, with this share of the posts or of the community, rounded to 1/65,535.
    ///
    /// # Panics
    ///
    /// With a number of 2^24 or more.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is a number from 0 to 1"
    )]
    pub fn new(niche: u32, share: f64) -> Self {
        let [first, second, third, rest] = niche.to_le_bytes();
        assert_eq!(rest, 0, "memory ends long before 2^24 niches");
        let parts = (share.clamp(0.0, 1.0) * SHARE_PARTS).round() as u16;
        Self { niche: [first, second, third], share: parts.to_le_bytes() }
    }

    /// In a niche that is declared.
    #[must_use]
    pub fn declared(niche: u32) -> Self {
        Self::new(niche, 1.0)
    }

    /// Number of the niche.
    #[must_use]
    pub fn niche(self) -> u32 {
        let [first, second, third] = self.niche;
        u32::from_le_bytes([first, second, third, 0])
    }

    /// Share of the posts or of the community; 1 for a niche that is declared.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(u16::from_le_bytes(self.share)) / SHARE_PARTS
    }
}

/// The niches of a creator: what it declares, what it posts about, and what its people engage with elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct CreatorNiches<'a> {
    /// Those it declares.
    pub declared: &'a [InNiche],
    /// Those of its topics.
    pub topics: &'a [InNiche],
    /// Those of its community.
    pub community: &'a [InNiche],
    /// How long the vectors of the three are.
    pub lengths: &'a Lengths,
}

/// Lengths of a creator's vectors, and how much each counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lengths {
    /// 1 / length of the sum of the niches of each side: declared, topics, community; 0 without any.
    sides: [f32; 3],
    /// 1 / length of all together.
    whole: f32,
    /// What was looked at.
    seen: Seen,
}

/// How many people and posts were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Seen(u32);

impl Seen {
    /// More than can be kept count as many as can.
    fn new(posts: u32, people: u32) -> Self {
        Self(people.min(u32::MAX >> POSTS_DIGITS) << POSTS_DIGITS | posts.min((1 << POSTS_DIGITS) - 1))
    }

    fn people(self) -> u32 {
        self.0 >> POSTS_DIGITS
    }

    fn posts(self) -> u32 {
        self.0 & ((1 << POSTS_DIGITS) - 1)
    }
}

/// How near a creator is to a brief, with its sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    /// Cosine of brief and creator, with an 80 % interval that carries how few people and posts were seen.
    pub estimate: Estimate,
    /// What it declares.
    pub declared: Side,
    /// What it posts about.
    pub topics: Side,
    /// What its people engage with elsewhere.
    pub community: Side,
    /// People the community was seen in.
    pub people: u32,
    /// Posts whose topics were read.
    pub posts: u32,
}

/// One side of nearness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Cosine of the brief and the niches of this side.
    pub cosine: f64,
    /// How much it counts; all sides add up to 1.
    pub share: f64,
}

impl Lengths {
    /// Those of a creator who declares these niches, whose topics, read in so many posts, and whose community, seen in so many
    /// people, have these shares.
    #[must_use]
    pub fn of(
        declared: impl Iterator<Item = NichePlace>,
        (topics, posts): (impl Iterator<Item = (NichePlace, f64)>, u32),
        (community, people): (impl Iterator<Item = (NichePlace, f64)>, u32),
    ) -> Self {
        let sides = [
            NicheVector::with_length(declared.map(|place| (place, 1.0))),
            NicheVector::with_length(topics),
            NicheVector::with_length(community),
        ];
        let inverses = [0, 1, 2].map(|side: usize| inverse(sides[side].1));
        let lengths = Self { sides: inverses, whole: 0.0, seen: Seen::new(posts, people) };
        let shares = lengths.shares();
        let square =
            |side: usize, other: usize| shares[side] * shares[other] * sides[side].0.dot(&sides[other].0);
        let alone: f64 =
            (0..3).filter(|side| inverses[*side] > 0.0).map(|side| shares[side] * shares[side]).sum();
        let whole = (alone + 2.0 * (square(0, 1) + square(0, 2) + square(1, 2))).sqrt();
        Self { whole: inverse(whole), ..lengths }
    }

    /// How much each side counts: declared, topics, community.
    fn shares(&self) -> [f64; 3] {
        let [declared, topics, community] = self.sides.map(|length| length > 0.0);
        let part = |seen: u32, half: f64| f64::from(seen) / (f64::from(seen) + half);
        let of_community = match (declared || topics, community) {
            (_, false) => 0.0,
            (false, true) => 1.0,
            (true, true) => MAX_COMMUNITY_SHARE * part(self.seen.people(), COMMUNITY_HALF),
        };
        let of_topics = match (declared, topics) {
            (_, false) => 0.0,
            (false, true) => 1.0,
            (true, true) => MAX_TOPICS_SHARE * part(self.seen.posts(), TOPICS_HALF),
        };
        let told = 1.0 - of_community;
        [told * (1.0 - of_topics), told * of_topics, of_community]
    }

    /// People the community was seen in.
    #[must_use]
    pub fn people(&self) -> u32 {
        self.seen.people()
    }

    /// Posts whose topics were read.
    #[must_use]
    pub fn posts(&self) -> u32 {
        self.seen.posts()
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
        let (cosines, shares) = (self.cosines(brief), self.lengths.shares());
        let (people, posts) = (self.lengths.people(), self.lengths.posts());
        let value = self.weighed(cosines, shares);
        let of_side =
            |side: usize, seen: u32| shares[side].powi(2) * beta_variance(cosines[side], f64::from(seen));
        let spread = (of_side(1, posts) + of_side(2, people)).sqrt();
        let half = NORMAL * spread * f64::from(self.lengths.whole);
        let estimate = Estimate { value, low: (value - half).max(0.0), high: (value + half).min(1.0) };
        let side = |side: usize| Side { cosine: cosines[side], share: shares[side] };
        Nearness { estimate, declared: side(0), topics: side(1), community: side(2), people, posts }
    }

    /// The value of the nearness alone, for less.
    #[must_use]
    pub fn near(&self, brief: &Common) -> f64 {
        self.weighed(self.cosines(brief), self.lengths.shares())
    }

    fn weighed(&self, cosines: [f64; 3], shares: [f64; 3]) -> f64 {
        let sum: f64 = cosines.iter().zip(shares).map(|(cosine, share)| cosine * share).sum();
        snapped(sum * f64::from(self.lengths.whole))
    }

    fn cosines(&self, brief: &Common) -> [f64; 3] {
        let (sides, lengths) = (self.sides(), self.lengths.sides);
        [0, 1, 2].map(|side: usize| snapped(brief.sum(sides[side]) * f64::from(lengths[side])))
    }

    /// Declared, topics, community.
    fn sides(&self) -> [&[InNiche]; 3] {
        [self.declared, self.topics, self.community]
    }

    /// All of them, side by side: a niche stands there once for each side that is in it.
    pub fn all(&self) -> impl Iterator<Item = &InNiche> {
        self.sides().into_iter().flatten()
    }

    /// The vector of the creator, given the parents of all niches by number; empty without any niche.
    #[must_use]
    pub fn vector(&self, parents: &[Option<u32>]) -> NicheVector {
        NicheVector::of(self.weighted().map(|(niche, weight)| (NichePlace::among(parents, niche), weight)))
    }

    /// Its niches, each with what it counts before all of them are scaled.
    fn weighted(&self) -> impl Iterator<Item = (u32, f64)> {
        let (shares, lengths) = (self.lengths.shares(), self.lengths.sides);
        (0..3).flat_map(move |side: usize| {
            let weight = shares[side] * f64::from(lengths[side]);
            self.sides()[side].iter().map(move |one| (one.niche(), weight * one.share()))
        })
    }

    /// The vector of the creator as a sum of niches, each a vector of length 1 that is taken so often, the largest part first.
    #[must_use]
    pub fn parts(&self, parents: &[Option<u32>]) -> Vec<(u32, f64)> {
        let whole = f64::from(self.lengths.whole);
        let mut parts: Vec<(u32, f64)> = Vec::new();
        for (niche, weight) in self.weighted() {
            let part = weight * whole * NichePlace::among(parents, niche).length();
            match parts.iter_mut().find(|(other, _)| *other == niche) {
                Some((_, sum)) => *sum += part,
                None => parts.push((niche, part)),
            }
        }
        parts.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        parts
    }

    /// Whether the creator stands in the list of a niche: it declares it, or its topics or its community are much in it.
    #[must_use]
    pub fn is_listed(&self, niche: u32) -> bool {
        self.listed().any(|one| one == niche)
    }

    /// The niches in whose lists it stands, each once.
    pub fn lists(&self) -> impl Iterator<Item = u32> {
        self.listed().enumerate().filter_map(|(at, niche)| {
            let is_first = self.listed().take(at).all(|before| before != niche);
            is_first.then_some(niche)
        })
    }

    /// The same for less: each as often as there are sides for which it stands there.
    pub fn listed(&self) -> impl Iterator<Item = u32> {
        let observed = self.topics.iter().chain(self.community);
        let listed = self.declared.iter().chain(observed.filter(|one| is_much(**one)));
        listed.map(|one| one.niche())
    }
}

fn is_much(one: InNiche) -> bool {
    one.share() >= LISTED_SHARE
}

fn snapped(cosine: f64) -> f64 {
    // The sum of nothing is -0, which added to 0 is 0.
    if cosine > 1.0 - SNAP { 1.0 } else { cosine.max(0.0) + 0.0 }
}

#[cfg(test)]
mod tests;
