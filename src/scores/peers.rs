//! Peers: creators like one, beside whom its values are shown. For reading only: nothing here moves a rank.

use super::components::{Component, Status};
use crate::{
    creators::{Platform, Tier},
    ids::CreatorKey,
    snapshot::{Row, TenantSnapshot},
};

/// Least creators in a group, and least of them with a measured value.
pub const ENOUGH: usize = 30;

/// Creators who declare the same niche, and as far as there are enough of them, have their largest account on the same
/// platform and in the same size class.
pub struct Peers<'a> {
    /// The niche.
    pub niche: &'a str,
    /// The platform, if there are enough on it.
    pub platform: Option<Platform>,
    /// The size class, if there are enough of it.
    pub tier: Option<Tier>,
    rows: Vec<Row<'a>>,
}

impl<'a> Peers<'a> {
    /// The peers of a creator, by the first niche it declares; `None`: there are too few. Costs the creators of that niche.
    #[must_use]
    pub fn of(snapshot: &'a TenantSnapshot, creator: CreatorKey, niches: &'a [String]) -> Option<Self> {
        let niche = niches.first()?;
        let number = snapshot.place(niche)?.niche;
        let declares = |row: &Row<'_>| row.niches().declared.iter().any(|one| one.niche() == number);
        let rows = snapshot.members(number).filter_map(|row| snapshot.row(row));
        let rows: Vec<Row<'_>> = rows.filter(declares).collect();
        let own = snapshot.row(snapshot.find(creator)?).filter(declares)?;
        let (platform, tier) = (own.main_platform(), tier(&own));
        let groups = [(platform, Some(tier)), (platform, None), (None, None)];
        groups.into_iter().find_map(|(platform, tier)| Self::among(niche, &rows, platform, tier))
    }

    fn among(
        niche: &'a str,
        rows: &[Row<'a>],
        platform: Option<Platform>,
        of_tier: Option<Tier>,
    ) -> Option<Self> {
        let is_peer = |row: &&Row<'_>| {
            platform.is_none_or(|platform| row.main_platform() == Some(platform))
                && of_tier.is_none_or(|of_tier| tier(row) == of_tier)
        };
        let rows: Vec<Row<'_>> = rows.iter().filter(is_peer).copied().collect();
        (rows.len() >= ENOUGH).then_some(Self { niche, platform, tier: of_tier, rows })
    }

    /// How many there are, the creator included.
    #[must_use]
    pub fn creators(&self) -> usize {
        self.rows.len()
    }

    /// Share of those with a measured value of a component who have a lower one on the common scale, equal ones by half, 0 to 1;
    /// `None` when the value or too few of theirs are measured. Components by their place after fit.
    #[must_use]
    pub fn percentile(&self, component: usize, own: &Component) -> Option<f64> {
        let scores = self.rows.iter().map(|row| &row.hot.scores);
        let measured = scores.filter(|scores| scores.is_measured(component));
        let values: Vec<f64> = measured.map(|scores| scores.mapped()[component].value).collect();
        if own.status != Status::Measured || values.len() < ENOUGH {
            return None;
        }
        let lower = values.iter().filter(|value| **value < own.mapped.value).count();
        let equal = values.iter().filter(|value| value.total_cmp(&own.mapped.value).is_eq()).count();
        Some((lower as f64 + equal as f64 / 2.0) / values.len() as f64)
    }
}

fn tier(row: &Row<'_>) -> Tier {
    Tier::of(row.hot.followers())
}
