//! Peers: creators like one, beside whom its values are shown. For reading only: nothing here moves a rank.

use super::components::{Component, Components, Status};
use crate::{
    creators::{Account, Platform, Tier},
    ids::CreatorKey,
    snapshot::{TenantSnapshot, chunk::Row},
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
    rows: Vec<&'a Row>,
}

impl<'a> Peers<'a> {
    /// The peers of a creator, by the first niche it declares; `None`: there are too few. Costs the creators of that niche.
    #[must_use]
    pub fn of(snapshot: &'a TenantSnapshot, creator: CreatorKey, niches: &'a [String]) -> Option<Self> {
        let niche = niches.first()?;
        let rows = snapshot.members(snapshot.place(niche)?.niche).iter();
        let rows: Vec<&Row> =
            rows.filter_map(|row| snapshot.row(*row)).filter(|row| row.cold.niches.contains(niche)).collect();
        let own = rows.iter().find(|row| row.hot.key == creator)?;
        let (platform, tier) = (main_platform(own), tier(own));
        let groups = [(platform, Some(tier)), (platform, None), (None, None)];
        groups.into_iter().find_map(|(platform, tier)| Self::among(niche, &rows, platform, tier))
    }

    fn among(
        niche: &'a str,
        rows: &[&'a Row],
        platform: Option<Platform>,
        of_tier: Option<Tier>,
    ) -> Option<Self> {
        let is_peer = |row: &&&Row| {
            platform.is_none_or(|platform| main_platform(row) == Some(platform))
                && of_tier.is_none_or(|of_tier| tier(row) == of_tier)
        };
        let rows: Vec<&Row> = rows.iter().filter(is_peer).copied().collect();
        (rows.len() >= ENOUGH).then_some(Self { niche, platform, tier: of_tier, rows })
    }

    /// How many there are, the creator included.
    #[must_use]
    pub fn creators(&self) -> usize {
        self.rows.len()
    }

    /// Share of those with a measured value who have a lower one, equal ones by half, 0 to 1; `None` when the value or too
    /// few of theirs are measured.
    #[must_use]
    pub fn percentile(&self, of: fn(&Components) -> &Component, own: &Component) -> Option<f64> {
        let measured = self.rows.iter().map(|row| of(&row.cold.components));
        let values: Vec<f64> = measured.filter(|one| is_measured(one)).map(|one| one.raw.value).collect();
        if !is_measured(own) || values.len() < ENOUGH {
            return None;
        }
        let lower = values.iter().filter(|value| **value < own.raw.value).count();
        let equal = values.iter().filter(|value| value.total_cmp(&own.raw.value).is_eq()).count();
        Some((lower as f64 + equal as f64 / 2.0) / values.len() as f64)
    }
}

fn is_measured(component: &Component) -> bool {
    component.status == Status::Measured
}

/// The platform of the largest account; of accounts of the same size, of the first.
fn main_platform(row: &Row) -> Option<Platform> {
    let larger =
        |best: Option<&'_ Account>, one: &'_ Account| best.is_none_or(|best| one.followers > best.followers);
    let mut best: Option<&Account> = None;
    for account in &row.cold.accounts {
        if larger(best, account) {
            best = Some(account);
        }
    }
    best.map(|account| account.platform)
}

fn tier(row: &Row) -> Tier {
    Tier::of(row.hot.followers)
}
