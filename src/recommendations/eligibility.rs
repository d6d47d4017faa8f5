//! Who is eligible: what the filters of a request ask of a creator.

use super::{brief::Query, filters::ANY_PLATFORM, rank};
use crate::{
    relationships::days::Day,
    scores::{components::NAMES, history::growth::growth},
    snapshot::Row,
};

/// What filters ask beside followers, countries, languages and platforms, against one snapshot.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Bands of followers; empty: any, unknown included.
    pub tiers: Vec<(u32, u32)>,
    /// For each place by number, whether it is in any of the regions; `None`: any region.
    pub regions: Option<Vec<bool>>,
    /// For each place by number, whether it is in any of the cities; `None`: any city.
    pub cities: Option<Vec<bool>>,
    /// For each niche by number, whether it is asked for; `None`: any niche.
    pub niches: Option<Vec<bool>>,
    /// For each niche by number, whether it is excluded; `None`: no niche.
    pub without_niches: Option<Vec<bool>>,
    /// Numbers of values; empty: any.
    pub values: Vec<u64>,
    /// Least values of components on the common scale, in the order of their names.
    pub min_scores: [Option<f64>; NAMES.len()],
    /// Least events, engagers and days.
    pub min_evidence: [Option<u32>; EVIDENCE.len()],
    /// Least loyal reach.
    pub min_loyal_reach: Option<f32>,
    /// Most sponsored posts, in steps of a share.
    pub max_sponsored: Option<u16>,
    /// Earliest day of the last sign of life.
    pub active_since: Option<Day>,
    /// Least growth of loyal reach.
    pub min_growth: Option<f64>,
}

/// A filter that removes a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// No account on any of the platforms.
    Platforms,
    /// Another country.
    Countries,
    /// Another region, or not known.
    Regions,
    /// Another city, or not known.
    Cities,
    /// None of the languages.
    Languages,
    /// Nothing to be seen of it since.
    ActiveSince,
    /// Less evidence, by its place among events, engagers and days.
    MinEvidence(usize),
    /// Less loyal reach.
    MinLoyalReach,
    /// Less growth, or not known.
    Growth,
    /// A larger share of sponsored posts.
    MaxSponsoredShare,
    /// A lower component, by its place among their names.
    MinScore(usize),
    /// Followers outside the band, or not known.
    Followers,
    /// Another size class of audience, or not known.
    Tiers,
    /// None of the niches.
    Niches,
    /// One of the niches that are excluded.
    ExcludeNiches,
    /// None of the values.
    Values,
    /// Left out by name.
    ExcludeCreators,
}

const EVIDENCE: [&str; 3] =
    ["/filters/min_evidence/events", "/filters/min_evidence/engagers", "/filters/min_evidence/days"];
const SCORES: [&str; NAMES.len()] = [
    "/filters/min_scores/fit",
    "/filters/min_scores/loyalty",
    "/filters/min_scores/trust",
    "/filters/min_scores/authenticity",
    "/filters/min_scores/conversation",
];
/// The place of fit among the components: the only one that depends on the brief.
const FIT: usize = 0;

/// The filters that a request uses, those that cost least first.
#[derive(Clone, Debug, Default)]
pub struct InUse {
    /// Those that look at what lies together.
    pub early: Vec<Filter>,
    /// Those that take reading or computing more.
    pub late: Vec<Filter>,
}

impl InUse {
    /// The filters that a query uses.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        let used =
            |filters: Vec<Filter>| filters.into_iter().filter(|filter| filter.is_used(query)).collect();
        Self { early: used(Filter::early()), late: used(Filter::late()) }
    }
}

impl Filter {
    fn early() -> Vec<Self> {
        let places = [Self::Platforms, Self::Countries, Self::Regions, Self::Cities, Self::Languages];
        let evidence = (0..EVIDENCE.len()).map(Self::MinEvidence);
        let seen = [Self::MinLoyalReach, Self::MaxSponsoredShare];
        let scores = (FIT + 1..SCORES.len()).map(Self::MinScore);
        let rest = [Self::Followers, Self::Tiers, Self::Niches, Self::ExcludeNiches];
        places
            .into_iter()
            .chain([Self::ActiveSince])
            .chain(evidence)
            .chain(seen)
            .chain(scores)
            .chain(rest)
            .collect()
    }

    fn late() -> Vec<Self> {
        vec![Self::ExcludeCreators, Self::Growth, Self::Values, Self::MinScore(FIT)]
    }

    /// Where it stands in the request.
    #[must_use]
    pub fn pointer(self) -> &'static str {
        match self {
            Self::Platforms => "/filters/platforms",
            Self::Countries => "/filters/countries",
            Self::Regions => "/filters/regions",
            Self::Cities => "/filters/cities",
            Self::Languages => "/filters/languages",
            Self::ActiveSince => "/filters/active_since",
            Self::MinEvidence(which) => EVIDENCE[which],
            Self::MinLoyalReach => "/filters/min_loyal_reach",
            Self::Growth => "/filters/growth",
            Self::MaxSponsoredShare => "/filters/max_sponsored_share",
            Self::MinScore(component) => SCORES[component],
            Self::Followers => "/filters/followers",
            Self::Tiers => "/filters/tiers",
            Self::Niches => "/filters/niches",
            Self::ExcludeNiches => "/filters/exclude_niches",
            Self::Values => "/filters/values",
            Self::ExcludeCreators => "/exclude_creators",
        }
    }

    /// Whether a query asks anything of it.
    #[must_use]
    pub fn is_used(self, query: &Query) -> bool {
        let narrowing = &query.narrowing;
        match self {
            Self::Platforms => query.platforms != ANY_PLATFORM,
            Self::Countries => !query.countries.is_empty(),
            Self::Regions => narrowing.regions.is_some(),
            Self::Cities => narrowing.cities.is_some(),
            Self::Languages => query.languages.is_some(),
            Self::ActiveSince => narrowing.active_since.is_some(),
            Self::MinEvidence(which) => narrowing.min_evidence[which].is_some(),
            Self::MinLoyalReach => narrowing.min_loyal_reach.is_some(),
            Self::Growth => narrowing.min_growth.is_some(),
            Self::MaxSponsoredShare => narrowing.max_sponsored.is_some(),
            Self::MinScore(component) => narrowing.min_scores[component].is_some(),
            Self::Followers => query.band.is_some(),
            Self::Tiers => !narrowing.tiers.is_empty(),
            Self::Niches => narrowing.niches.is_some(),
            Self::ExcludeNiches => narrowing.without_niches.is_some(),
            Self::Values => !narrowing.values.is_empty(),
            Self::ExcludeCreators => !query.excluded.is_empty(),
        }
    }

    /// Whether it removes a creator, whatever other filters do. One that is not used removes nobody.
    #[must_use]
    pub fn removes(self, query: &Query, row: &Row<'_>) -> bool {
        self.removes_on(query.platforms, query, row)
    }

    /// The same when audiences are those on other platforms than the query's.
    fn removes_on(self, counted: u32, query: &Query, row: &Row<'_>) -> bool {
        let (hot, narrowing) = (row.hot, &query.narrowing);
        match self {
            Self::Platforms => query.platforms != ANY_PLATFORM && hot.platforms() & query.platforms == 0,
            Self::Countries => !query.countries.is_empty() && !query.countries.contains(&hot.country),
            Self::Regions => is_outside(narrowing.regions.as_deref(), hot.place),
            Self::Cities => is_outside(narrowing.cities.as_deref(), hot.place),
            Self::Languages => is_outside(query.languages.as_deref(), hot.languages),
            Self::ActiveSince => narrowing
                .active_since
                .is_some_and(|since| hot.scores.last_seen().is_none_or(|seen| seen < since)),
            Self::MinEvidence(which) => {
                narrowing.min_evidence[which].is_some_and(|least| hot.scores.evidence()[which] < least)
            }
            Self::MinLoyalReach => {
                narrowing.min_loyal_reach.is_some_and(|least| hot.scores.loyal_reach() < least)
            }
            Self::Growth => narrowing.min_growth.is_some_and(|least| !grows(row, least)),
            Self::MaxSponsoredShare => {
                narrowing.max_sponsored.is_some_and(|most| hot.scores.sponsored > most)
            }
            Self::MinScore(component) => narrowing.min_scores[component].is_some_and(|least| {
                let of_creator = || hot.scores.mapped()[component - 1];
                let is_fit = component == FIT;
                let value = if is_fit { rank::fit(query, row).estimate } else { of_creator() };
                value.value < least
            }),
            Self::Followers => query.band.is_some_and(|band| !is_within(row, counted, &[band])),
            Self::Tiers => !narrowing.tiers.is_empty() && !is_within(row, counted, &narrowing.tiers),
            Self::Niches => narrowing.niches.as_deref().is_some_and(|niches| !is_in_any(row, niches)),
            Self::ExcludeNiches => {
                narrowing.without_niches.as_deref().is_some_and(|niches| is_in_any(row, niches))
            }
            Self::Values => {
                let values = &narrowing.values;
                !values.is_empty() && !row.head().values().any(|value| values.contains(&value))
            }
            Self::ExcludeCreators => !query.excluded.is_empty() && query.excluded.contains(row.creator_id()),
        }
    }
}

/// The first filter that removes a creator, those that cost least first. Followers decide who is eligible, and nothing else.
#[must_use]
pub fn removed_by(query: &Query, row: &Row<'_>) -> Option<Filter> {
    query.in_use.early.iter().copied().find(|filter| filter.removes(query, row))
}

/// The same for filters that take reading more than what lies together: to be asked last.
#[must_use]
pub fn removed_late_by(query: &Query, row: &Row<'_>) -> Option<Filter> {
    query.in_use.late.iter().copied().find(|filter| filter.removes(query, row))
}

/// All filters that remove a creator, each asked by itself.
#[must_use]
pub fn all_removing(query: &Query, row: &Row<'_>) -> Vec<Filter> {
    let in_use = [query.in_use.early.as_slice(), &query.in_use.late].concat();
    // Of a creator on none of the platforms, followers would say once more what the filter of platforms says.
    let counted = counted_platforms(query, row);
    in_use.into_iter().filter(|filter| filter.removes_on(counted, query, row)).collect()
}

/// The platforms whose followers are looked at to tell why: of a creator on none of those asked for, all.
#[must_use]
pub fn counted_platforms(query: &Query, row: &Row<'_>) -> u32 {
    if row.hot.platforms() & query.platforms == 0 { ANY_PLATFORM } else { query.platforms }
}

/// Whether something of a number is none of those that are asked for.
fn is_outside(asked: Option<&[bool]>, number: u32) -> bool {
    asked.is_some_and(|asked| !asked[number as usize])
}

fn is_within(row: &Row<'_>, platforms: u32, bands: &[(u32, u32)]) -> bool {
    let is_in = |followers| bands.iter().any(|(min, max)| (*min..=*max).contains(&followers));
    row.audience(platforms).is_some_and(is_in)
}

fn is_in_any(row: &Row<'_>, niches: &[bool]) -> bool {
    row.niches().listed().any(|niche| niches[niche as usize])
}

fn grows(row: &Row<'_>, least: f64) -> bool {
    row_growth(row).is_some_and(|growth| growth >= least)
}

/// Growth of a creator's loyal reach, where it is known.
#[must_use]
pub fn row_growth(row: &Row<'_>) -> Option<f64> {
    let now = row.hot.scores.loyal_reach();
    row.head().reach_before.map(|before| growth(before, now))
}
