//! What filters ask of what a list keeps of its creators.

use crate::{
    recommendations::{brief::Query, eligibility::Filter, filters::ANY_PLATFORM},
    snapshot::board::{
        entry::{Entry, down, followers_step},
        most::{Most, country_bit},
    },
};

/// Whether all that a filter asks is kept by lists.
pub(in crate::recommendations) fn is_kept(query: &Query, filter: Filter) -> bool {
    match filter {
        Filter::Followers => query.platforms == ANY_PLATFORM,
        Filter::Countries | Filter::MinScore(1..) => true,
        _ => false,
    }
}

/// What filters ask of what a list keeps. Who is kept back does not pass them; who is not may pass.
pub(super) struct Sieve {
    followers: Option<(u16, u16)>,
    /// One bit of many for each country.
    countries: Option<u32>,
    values: [u8; 4],
}

impl Sieve {
    pub(super) fn new(query: &Query) -> Self {
        // Followers of the largest account are those that count only where any platform does.
        let band = query.band.filter(|_| query.platforms == ANY_PLATFORM);
        let countries = query.countries.iter().fold(0, |bits, country| bits | country_bit(*country));
        let [_, least @ ..] = query.narrowing.min_scores;
        Self {
            followers: band.map(|(least, most)| (followers_step(least), followers_step(most))),
            countries: (!query.countries.is_empty()).then_some(countries),
            values: least.map(|least| least.map_or(0, down)),
        }
    }

    pub(super) fn lets_any_through(&self, most: &Most) -> bool {
        let (fewest, most_followers) = most.followers;
        self.followers.is_none_or(|(least, greatest)| most_followers >= least && fewest <= greatest)
            && self.countries.is_none_or(|countries| countries & most.countries != 0)
            && self.is_enough(most.values)
    }

    pub(super) fn lets_through(&self, query: &Query, entry: &Entry) -> bool {
        self.followers.is_none_or(|(least, greatest)| (least..=greatest).contains(&entry.followers))
            && (self.countries.is_none() || query.countries.contains(&entry.country))
            && self.is_enough(entry.values)
    }

    fn is_enough(&self, values: [u8; 4]) -> bool {
        self.values.iter().zip(values).all(|(least, value)| value >= *least)
    }
}
