//! What the best of several entries of a list have, taken one by one.

use super::{
    entry::{Entry, UNMEASURED},
    sketch::PLACES,
};

/// The most of each number among several entries: together they tell the most that any of them can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Values of loyalty, trust, authenticity and conversation.
    pub values: [u8; 4],
    /// The least of how far their lower bounds lie below them.
    pub spreads: [u8; 4],
    /// Values less half of that.
    pub sure: [u8; 4],
    /// A quarter of all of these of one together.
    pub surest: u8,
    /// Least and most step of nearness to the niche.
    pub near: (u8, u8),
    /// Parts in other niches, by their places, as far as those are known.
    pub others: [u8; PLACES],
    /// At which places there are parts in niches in whose lists they do not stand, one bit each.
    pub aside_at: u32,
    /// The most at any of these places.
    pub aside: u8,
    /// Parts in niches at places that are not known.
    pub rest: u8,
    /// Parts in all of them together.
    pub total: u8,
    /// Step of loyal reach, [`UNMEASURED`] when it is not measured of any.
    pub reach: u8,
    /// Least and most followers.
    pub followers: (u16, u16),
    /// One bit of many for each country.
    pub countries: u32,
    /// Whether it is not measured of any.
    pub unmeasured: bool,
}

impl Most {
    /// Nobody.
    pub const NOBODY: Self = Self {
        values: [0; 4],
        spreads: [u8::MAX; 4],
        sure: [0; 4],
        surest: 0,
        near: (u8::MAX, 0),
        others: [0; PLACES],
        aside_at: 0,
        aside: 0,
        rest: 0,
        total: 0,
        reach: 0,
        followers: (u16::MAX, 0),
        countries: 0,
        unmeasured: false,
    };

    /// One alone.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let [others, aside] = entry.others.places();
        let is_there = |place: &usize| aside[*place] > 0;
        Self {
            values: entry.values,
            spreads: entry.spreads,
            sure: entry.sure(),
            surest: quarter(entry.sure()),
            near: (entry.near, entry.near),
            others,
            aside_at: (0..PLACES).filter(is_there).fold(0, |bits, place| bits | 1 << place),
            aside: aside.into_iter().fold(0, u8::max),
            rest: entry.others.rest(),
            total: entry.others.total(),
            reach: entry.reach,
            followers: (entry.followers, entry.followers),
            countries: country_bit(entry.country),
            unmeasured: entry.reach == UNMEASURED,
        }
    }

    /// Whether loyal reach is measured of any.
    #[must_use]
    pub fn is_any_measured(&self) -> bool {
        self.reach != UNMEASURED
    }

    /// Both together.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self {
            values: larger(self.values, other.values),
            spreads: std::array::from_fn(|at| self.spreads[at].min(other.spreads[at])),
            sure: larger(self.sure, other.sure),
            surest: self.surest.max(other.surest),
            near: (self.near.0.min(other.near.0), self.near.1.max(other.near.1)),
            others: larger(self.others, other.others),
            aside_at: self.aside_at | other.aside_at,
            aside: self.aside.max(other.aside),
            rest: self.rest.max(other.rest),
            total: self.total.max(other.total),
            reach: self.reach.max(other.reach),
            followers: (self.followers.0.min(other.followers.0), self.followers.1.max(other.followers.1)),
            countries: self.countries | other.countries,
            unmeasured: self.unmeasured | other.unmeasured,
        }
    }
}

impl Entry {
    /// Values less half of how far their lower bounds lie below them. The root of a sum of four squares is at least half of the sum,
    /// so that the lower bound of a score is at most the weighted sum of these.
    #[must_use]
    pub fn sure(&self) -> [u8; 4] {
        std::array::from_fn(|one| self.values[one].saturating_sub(self.spreads[one] / 2))
    }
}

/// A quarter of four steps together, not less than it is.
fn quarter(steps: [u8; 4]) -> u8 {
    let all: u16 = steps.map(u16::from).iter().sum();
    u8::try_from(all.div_ceil(4)).unwrap_or(u8::MAX)
}

/// One bit of 32 for a country; several share one.
#[must_use]
pub fn country_bit(country: u8) -> u32 {
    1 << (u32::from(country) % u32::BITS)
}

fn larger<const N: usize>(one: [u8; N], other: [u8; N]) -> [u8; N] {
    std::array::from_fn(|at| one[at].max(other[at]))
}
