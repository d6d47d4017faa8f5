//! Sums that follow what changes, without looking at all that did not.

use super::{CreatorStatistics, wider};
use crate::{
    ids::EngagerKey,
    relationships::{Relationship, days::DaySet},
    scores::{ScoringModel, discounts::Found},
};

impl CreatorStatistics {
    /// The sums after some relationships grew; before, `None`: it is new. Only what changed is looked at, so the cost does
    /// not grow with the creator. `None` when everything has to be summed up anew, because the model or its edge weights are
    /// others or something was seen later than ever, which moves every chance of return.
    ///
    /// Engagement on a day on which nobody had engaged moves every chance, too, but only a little: the feed counts as
    /// alive as before until all is summed up anew.
    #[must_use]
    pub fn followed<'a>(
        &self,
        changes: impl Iterator<Item = (EngagerKey, Option<&'a Relationship>, &'a Relationship)>,
        own: &[EngagerKey],
        (days, found): (&DaySet, Found),
        model: &ScoringModel,
    ) -> Option<Followed> {
        if self.model_version != model.version || self.is_otherwise_weighted(model) {
            return None;
        }
        let (until, mut window) = self.until.zip(self.window)?;
        let (mut sums, mut new_days) = (self.clone(), DaySet::default());
        let discounts = self.discounts(found);
        let (mut is_behind, mut newcomers) = (false, 0);
        for (engager, before, after) in changes {
            let seen = after.seen().unwrap_or(window);
            window = wider(window, seen);
            sums.first_event = sums.first_event.into_iter().chain([seen.0]).min();
            if seen.1 > until {
                return None;
            }
            if engager.is_somebody_but(own) {
                let was_counted = before.is_some_and(|before| !discounts.dismisses(engager, before));
                let is_dismissed = discounts.dismisses(engager, after);
                is_behind |= was_counted && is_dismissed;
                newcomers += i32::from(!before.is_some_and(has_come) && has_come(after));
                let counted = discounts.counted_days(engager, after).iter();
                let new = counted.filter(|day| !is_dismissed && !days.contains(**day));
                new.for_each(|day| new_days.insert(*day));
            }
            if own.contains(&engager) {
                continue;
            }
            if let Some(before) = before {
                sums.count(engager, before, (&discounts, model), -1);
            }
            sums.count(engager, after, (&discounts, model), 1);
        }
        sums.window = Some(window);
        // Rounding may leave a trace of what went away.
        sums.expected_back = sums.expected_back.max(0.0);
        sums.expected_back_variance = sums.expected_back_variance.max(0.0);
        // Fewer than a tenth more are no crowd beside those who are there.
        let many_came = newcomers >= MANY_NEWCOMERS && newcomers.saturating_mul(10) >= sums.engagers;
        let is_behind = is_behind || !new_days.is_empty() || many_came;
        Some(Followed { sums, new_days, is_behind })
    }
}

/// Sums that followed what changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// The sums, for a feed as alive as before.
    pub sums: CreatorStatistics,
    /// Days on which somebody engaged now and nobody had before.
    pub new_days: DaySet,
    /// Whether all should be summed up anew before long: the feed has become more or less alive, or a crowd may be coming.
    pub is_behind: bool,
}

/// People who come for the first time within one change, at which a crowd may be coming.
const MANY_NEWCOMERS: i32 = 10;

fn has_come(relationship: &Relationship) -> bool {
    !relationship.active_days().is_empty()
}
