//! Comparing the statistics of a creator with its relationships.

use super::{
    super::{
        CreatorStatistics, ScoringModel,
        discounts::{Discounts, store::found_of},
        liveness::{Liveness, engaged_days},
        statistics::wider,
    },
    Kept, Waiting, known_statistics,
    models::{InForce, in_force_in},
};
use crate::{
    db::{DbError, Tx},
    ids::{CreatorKey, EngagerKey},
    posts::store::exposure::feed_windows,
    relationships::{
        Relationship,
        days::{Day, DaySet},
    },
};

/// What a creator's statistics are to be compared with.
pub struct Audit {
    creator: Waiting,
    model: ScoringModel,
    stored: Option<Kept>,
    is_waiting: bool,
    sums: CreatorStatistics,
    discounts: Discounts,
    feed: Option<(Day, Day)>,
    events: Option<(Day, Day)>,
    days: DaySet,
}

/// Begins to compare the statistics of a creator with its relationships; `None`: it is not registered.
pub async fn audit(tx: &Tx, creator: CreatorKey) -> Result<Option<Audit>, DbError> {
    let Some((creator, stored)) = known_statistics(tx, [creator].iter()).await?.remove(&creator) else {
        return Ok(None);
    };
    let feed = feed_windows(tx, &[creator.key]).await?.remove(&creator.key);
    let InForce { model, .. } = in_force_in(tx, creator.tenant).await?;
    let sql = "/* scores::audit */ select 1 from score_queue where lane = $1 and creator_key = $2 limit 1";
    let is_queued = tx.query_opt(sql, &[&creator.key.lane(), &creator.key.0]).await?.is_some();
    // Sums under other edge weights wait as well: workers look for them.
    let is_waiting =
        is_queued || stored.as_ref().is_some_and(|(stored, _)| stored.is_otherwise_weighted(&model));
    let before = stored.as_ref().map(|(stored, _)| stored.emptied(model.version));
    let sums = before.unwrap_or_else(|| CreatorStatistics {
        model_version: model.version,
        ..CreatorStatistics::default()
    });
    let found = found_of(tx, &[creator.key]).await?.remove(&creator.key).unwrap_or_default();
    let discounts = sums.discounts(found);
    let (events, days) = (None, DaySet::default());
    Ok(Some(Audit { creator, model, stored, is_waiting, sums, discounts, feed, events, days }))
}

impl Audit {
    /// Takes in some of the creator's relationships.
    pub fn take_in<'a>(
        &mut self,
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)> + Clone,
    ) {
        let windows = relationships.clone().filter_map(|(_, relationship)| relationship.seen());
        self.events = self.events.into_iter().chain(windows).reduce(wider);
        let own = &self.creator.own;
        let people = relationships.clone().filter(|(engager, _)| engager.is_somebody_but(own));
        self.days.merge(&engaged_days(people, &self.discounts));
        self.sums.take_in(relationships, own, &self.discounts, &self.model);
    }

    /// Whether the statistics agree with all that was taken in; `None`: they wait to be computed anew.
    #[must_use]
    pub fn agrees(self) -> Option<bool> {
        // Summed up as of the stored day, how alive the feed is said to have been and when crowds are said to have come:
        // another day or other days of engagement make a difference, whatever the sums are.
        let window = self.events.into_iter().chain(self.feed).reduce(wider);
        let until = self.sums.until.max(window.map(|(_, end)| end));
        let right = CreatorStatistics {
            window,
            first_event: self.events.map(|(first, _)| first),
            until,
            liveness: until.map_or(Liveness::default(), |until| Liveness::at(until, self.days.as_slice())),
            ..self.sums
        };
        let agrees = |(stored, days): Kept| stored.agrees_with(&right) && days == self.days;
        (!self.is_waiting).then(|| self.stored.is_some_and(agrees))
    }
}
