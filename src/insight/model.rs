//! What the members of a niche amount to. Followers are no part of it.

use super::members::{Measured, Member};
use crate::scores::{
    authority::{NicheReach, authority},
    interval::Estimate,
};
use std::{cmp::Ordering, collections::HashMap, hash::Hash};

/// Authorities told.
const AUTHORITIES: usize = 5;
/// Emerging creators told.
const EMERGING: usize = 10;
/// Days from its first event in which a creator is new.
pub const NEW_DAYS: u32 = 90;
/// Places told.
const PLACES: usize = 10;
/// Least members of a place that is told.
pub const MIN_OF_PLACE: usize = 3;
/// Voices told of a place.
const OF_PLACE: usize = 3;
/// Largest voices whose share is told beside that of a hundredth of all.
pub const TOP: usize = 10;

/// The members of a niche.
pub struct Voices<'a> {
    members: Vec<Member<'a>>,
    usual: NicheReach,
}

/// A member of whom enough is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice<'a> {
    /// Who it is.
    pub member: Member<'a>,
    /// Share of its people who are expected back.
    pub loyalty: Estimate,
    /// Its loyal reach in the niche.
    pub reach: Estimate,
}

/// Where members live.
#[derive(Clone, Debug, PartialEq)]
pub struct Place<'a, P> {
    /// The place.
    pub place: P,
    /// How many members live there.
    pub members: usize,
    /// Their loyal reach in the niche, of those that are measured.
    pub reach: f64,
    /// Those with the highest lower bound of loyalty.
    pub voices: Vec<Voice<'a>>,
}

impl<'a> Voices<'a> {
    /// The members of a niche, and the loyal reach that is usual among them.
    #[must_use]
    pub fn new((members, usual): (Vec<Member<'a>>, NicheReach)) -> Self {
        Self { members, usual }
    }

    /// How many there are.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// How many of them declare the niche.
    #[must_use]
    pub fn declaring(&self) -> usize {
        self.members.iter().filter(|member| member.declares).count()
    }

    /// Those of whom enough is measured.
    pub fn measured(&self) -> impl Iterator<Item = Voice<'a>> {
        self.members.iter().filter_map(voice)
    }

    /// Quartiles of loyalty.
    #[must_use]
    pub fn loyalty(&self) -> Option<Quartiles> {
        Quartiles::of(self.measured().map(|voice| voice.loyalty.value).collect())
    }

    /// How the loyal reach of the niche is spread over its voices.
    #[must_use]
    pub fn concentration(&self) -> Option<Concentration> {
        Concentration::of(self.measured().map(|voice| voice.reach.value).collect())
    }

    /// Those with the largest loyal reach in the niche, each with its authority.
    #[must_use]
    pub fn authorities(&self) -> Vec<(Voice<'a>, Estimate)> {
        let largest = best(self.measured().collect(), AUTHORITIES, |voice| voice.reach.value);
        largest.into_iter().map(|voice| (voice, authority(self.usual.usual(), Some(voice.reach)))).collect()
    }

    /// Members that were first seen in the last 90 days, and of whom it is as good as certain already that more of their people
    /// come back than to half of the niche.
    ///
    /// The lower bound carries how few their people are, so that luck is not taken for promise. Growth is no part of it: who
    /// is new grows from nothing. Where most were first seen lately, it is the feed that is new, and nobody is told.
    #[must_use]
    pub fn emerging(&self) -> Vec<Voice<'a>> {
        let Some(Quartiles { middle, .. }) = self.loyalty() else { return Vec::new() };
        let (new, known): (Vec<_>, Vec<_>) = self.measured().partition(|voice| voice.member.days <= NEW_DAYS);
        if new.len() > known.len() {
            return Vec::new();
        }
        let promising = new.into_iter().filter(|voice| voice.loyalty.low > middle).collect();
        best(promising, EMERGING, |voice| voice.loyalty.low)
    }

    /// The places with most members.
    pub fn places<P: Copy + Eq + Hash + Ord>(
        &self,
        place_of: impl Fn(&Member<'a>) -> Option<P>,
    ) -> Vec<Place<'a, P>> {
        let mut places: HashMap<P, Vec<&Member<'a>>> = HashMap::new();
        for member in &self.members {
            if let Some(place) = place_of(member) {
                places.entry(place).or_default().push(member);
            }
        }
        let mut places: Vec<_> =
            places.into_iter().filter(|(_, members)| members.len() >= MIN_OF_PLACE).collect();
        places.sort_unstable_by_key(|(place, members)| (std::cmp::Reverse(members.len()), *place));
        places.truncate(PLACES);
        places.into_iter().map(|(place, members)| of_place(place, &members)).collect()
    }
}

fn voice<'a>(member: &Member<'a>) -> Option<Voice<'a>> {
    member.measured.map(|Measured { loyalty, reach }| Voice { member: *member, loyalty, reach })
}

fn of_place<'a, P>(place: P, members: &[&Member<'a>]) -> Place<'a, P> {
    let voices: Vec<_> = members.iter().filter_map(|member| voice(member)).collect();
    Place {
        place,
        members: members.len(),
        reach: voices.iter().map(|voice| voice.reach.value).sum(),
        voices: best(voices, OF_PLACE, |voice| voice.loyalty.low),
    }
}

/// The voices with the highest numbers, highest first, ties by creator id.
fn best(mut voices: Vec<Voice<'_>>, most: usize, number: impl Fn(&Voice) -> f64) -> Vec<Voice<'_>> {
    let order = |a: &Voice, b: &Voice| match number(b).total_cmp(&number(a)) {
        Ordering::Equal => a.member.creator_id.cmp(b.member.creator_id),
        other => other,
    };
    if voices.len() > most {
        voices.select_nth_unstable_by(most, order);
        voices.truncate(most);
    }
    voices.sort_unstable_by(order);
    voices
}

/// Where the quarters of numbers end, linear between neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter is lower.
    pub lower: f64,
    /// Half are lower.
    pub middle: f64,
    /// Three quarters are lower.
    pub upper: f64,
}

impl Quartiles {
    /// The quartiles of numbers; `None` without any.
    #[must_use]
    pub fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_unstable_by(f64::total_cmp);
        let last = numbers.len().checked_sub(1)?;
        let at = |quarter: usize| {
            let (whole, rest) = (last * quarter / 4, (last * quarter % 4) as f64 / 4.0);
            let (below, above) = (numbers[whole], numbers[(whole + 1).min(last)]);
            below + rest * (above - below)
        };
        Some(Self { lower: at(1), middle: at(2), upper: at(3) })
    }
}

/// How the loyal reach of a niche is spread over its voices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// All of it: people expected back within 90 days.
    pub reach: f64,
    /// Share of it that the largest hundredth of the voices has, one at least.
    pub top_hundredth: f64,
    /// Share of it that the ten largest have.
    pub top_ten: f64,
    /// As many voices of equal reach are as concentrated: one over the sum of squared shares (the inverse of Herfindahl's index;
    /// Laakso and Taagepera 1979).
    pub effective: f64,
}

impl Concentration {
    /// The concentration of the reaches of voices; `None` when nobody is expected back to any.
    #[must_use]
    pub fn of(mut reaches: Vec<f64>) -> Option<Self> {
        reaches.sort_unstable_by(|a, b| b.total_cmp(a));
        let reach: f64 = reaches.iter().sum();
        if reach <= 0.0 {
            return None;
        }
        // Sums in another order may be larger than the whole by a rounding.
        let share = |voices: usize| (reaches.iter().take(voices).sum::<f64>() / reach).min(1.0);
        Some(Self {
            reach,
            top_hundredth: share(reaches.len().div_ceil(100)),
            top_ten: share(TOP),
            effective: 1.0 / reaches.iter().map(|of_one| (of_one / reach).powi(2)).sum::<f64>(),
        })
    }
}

#[cfg(test)]
mod tests;
