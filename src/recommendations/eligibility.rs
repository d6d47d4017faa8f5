//! Who is eligible: what the filters of a request ask of a creator.

use super::brief::{ANY_PLATFORM, Query};
use crate::snapshot::Row;

/// A filter that removes a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// No account on any of the platforms.
    Platforms,
    /// Followers outside the band, or not known.
    Followers,
    /// Another country.
    Countries,
    /// None of the languages.
    Languages,
    /// Left out by name.
    ExcludeCreators,
}

impl Filter {
    /// Every filter.
    pub const ALL: [Self; 5] =
        [Self::Platforms, Self::Followers, Self::Countries, Self::Languages, Self::ExcludeCreators];

    /// Where it stands in the request.
    #[must_use]
    pub fn pointer(self) -> &'static str {
        match self {
            Self::Platforms => "/filters/platforms",
            Self::Followers => "/filters/followers",
            Self::Countries => "/filters/countries",
            Self::Languages => "/filters/languages",
            Self::ExcludeCreators => "/exclude_creators",
        }
    }
}

/// The first filter that removes a creator, those that cost least first. Followers decide who is eligible, and nothing else.
#[must_use]
pub fn removed_by(query: &Query, row: &Row<'_>) -> Option<Filter> {
    let hot = row.hot;
    if query.platforms != ANY_PLATFORM && hot.platforms & query.platforms == 0 {
        Some(Filter::Platforms)
    } else if !query.countries.is_empty() && !query.countries.contains(&hot.country) {
        Some(Filter::Countries)
    } else if query.languages.as_ref().is_some_and(|speaks| !speaks[hot.languages as usize]) {
        Some(Filter::Languages)
    } else if query.band.is_some_and(|band| !is_within(row, query.platforms, band)) {
        Some(Filter::Followers)
    } else {
        None
    }
}

/// The same for filters that take reading more than what lies together: to be asked last.
#[must_use]
pub fn removed_late_by(query: &Query, row: &Row<'_>) -> Option<Filter> {
    let is_excluded = !query.excluded.is_empty() && query.excluded.contains(&row.head().key());
    is_excluded.then_some(Filter::ExcludeCreators)
}

/// All filters that remove a creator, each asked by itself.
#[must_use]
pub fn all_removing(query: &Query, row: &Row<'_>) -> Vec<Filter> {
    Filter::ALL.into_iter().filter(|filter| does_remove(*filter, query, row)).collect()
}

fn does_remove(filter: Filter, query: &Query, row: &Row<'_>) -> bool {
    match filter {
        Filter::Platforms => query.platforms != ANY_PLATFORM && row.hot.platforms & query.platforms == 0,
        Filter::Followers => {
            query.band.is_some_and(|band| !is_within(row, counted_platforms(query, row), band))
        }
        Filter::Countries => !query.countries.is_empty() && !query.countries.contains(&row.hot.country),
        Filter::Languages => {
            query.languages.as_ref().is_some_and(|speaks| !speaks[row.hot.languages as usize])
        }
        Filter::ExcludeCreators => query.excluded.contains(&row.head().key()),
    }
}

/// The platforms whose followers are looked at: of a creator on none of those asked for, all. Otherwise the band would say
/// once more what the filter of platforms says.
#[must_use]
pub fn counted_platforms(query: &Query, row: &Row<'_>) -> u32 {
    if row.hot.platforms & query.platforms == 0 { ANY_PLATFORM } else { query.platforms }
}

fn is_within(row: &Row<'_>, platforms: u32, (min, max): (u32, u32)) -> bool {
    row.audience(platforms).is_some_and(|followers| (min..=max).contains(&followers))
}
