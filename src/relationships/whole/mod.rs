//! The whole of a relationship: its base, which is what remains of raw events that are gone, and the raw events since.

mod store;

use super::{
    model::{Pair, Relationship},
    queue::{self, QueuedEvent},
    store::{Found, Table, load_some, write},
};
use crate::{
    db::{DbError, Tx},
    ids::{CreatorKey, EngagerKey, EventKey},
    relationships::days::Day,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};

/// Events put into a base in one transaction, unless a single day has more. More: the lane is held longer; fewer: more
/// commits.
const SUMMED_AT_ONCE: i64 = 200_000;

/// Some of a creator's engagers.
#[derive(Clone, Copy, Debug)]
pub enum Engagers<'a> {
    /// All of them.
    All,
    /// These.
    These(&'a [EngagerKey]),
    /// Those of a part. Keys are hashes, so parts are about equally large.
    Part(Part),
}

impl Engagers<'_> {
    /// The condition in SQL, on [`Engagers::params`] as parameters 2 to 4. What does not apply is folded away when the
    /// statement is planned and so does not spoil its estimates.
    pub(super) const CONDITION: &'static str = "($2::int8[] is null or engager_key = any ($2))
        and ($3::int8 = 0 or engager_key & $3::int8 = $4::int8)";

    pub(super) fn params(self) -> (Option<Vec<i64>>, i64, i64) {
        match self {
            Self::All => (None, 0, 0),
            Self::These(engagers) => (Some(engagers.iter().map(|engager| engager.0).collect()), 0, 0),
            Self::Part(Part { mask, number }) => (None, mask, number),
        }
    }
}

/// One of several parts of a creator's engagers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    mask: i64,
    number: i64,
}

impl Part {
    /// Parts of about `size` engagers at most, when there are so many of them.
    pub fn of(engagers: u64, size: u64) -> impl Iterator<Item = Self> {
        let parts = engagers.div_ceil(size.max(1)).max(1).next_power_of_two();
        let parts = i64::try_from(parts).unwrap_or(1 << 62);
        (0..parts).map(move |number| Self { mask: parts - 1, number })
    }
}

/// Relationships as base and raw events make them; events that wait to be folded or were taken back are not in it. Those
/// whose base cannot be read are told apart.
///
/// Needs the lane, or a transaction in which every statement sees the same state. Reads all raw events of the creator, as
/// they are not indexed by engager: ask for many engagers at once.
pub async fn read(tx: &Tx, creator: CreatorKey, engagers: Engagers<'_>) -> Result<Found, DbError> {
    let mut found = load_some(tx, Table::Base, creator, engagers).await?;
    if !found.damaged.is_empty() {
        tracing::error!(rows = found.damaged.len(), "bases of relationships cannot be read");
    }
    store::open(tx, creator, engagers, None).await?;
    // Looked at after the events: what is stored in between is then known to wait, and nothing leaves a locked lane.
    let waiting: HashSet<(EventKey, Day)> = queue::store::waiting_of(tx.client(), creator)
        .await?
        .iter()
        .map(|event| (event.event, event.day()))
        .collect();
    store::each(tx, |event| {
        if !waiting.contains(&(event.event, event.day())) && !found.damaged.contains(&event.pair) {
            found.relationships.entry(event.pair).or_default().absorb(&event.fact);
        }
    })
    .await?;
    Ok(found)
}

/// How far a creator's events were put into its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summed {
    /// As far as asked.
    All,
    /// Not yet: there is more.
    Some,
    /// Not now: something that concerns these events waits to be folded, or the creator is being erased.
    Later,
}

/// Puts raw events of a creator from before `until` into its base, oldest first; from then on they count as gone. No event
/// from before that day may arrive any more. Needs the lane.
pub async fn sum_up(tx: &Tx, creator: CreatorKey, until: Date) -> Result<Summed, DbError> {
    let Some(base) = store::base_of(tx, creator).await? else { return Ok(Summed::Later) };
    if base.through.is_some_and(|through| through >= until) {
        return Ok(Summed::All);
    }
    let to = first_days(&store::events_by_day(tx, creator, base.through, until).await?, until);
    store::open(tx, creator, Engagers::All, Some(to)).await?;
    if is_awaited(tx, creator, base.through, to).await? {
        return Ok(Summed::Later);
    }
    let mut folded: BTreeMap<Pair, Relationship> = BTreeMap::new();
    store::each(tx, |event| folded.entry(event.pair).or_default().absorb(&event.fact)).await?;
    merge_into_base(tx, creator, folded).await?;
    store::set_through(tx, creator, to).await?;
    Ok(if to == until { Summed::All } else { Summed::Some })
}

/// The end of the first days that together have no more than [`SUMMED_AT_ONCE`] events; of one day at least.
fn first_days(days: &[(Date, i64)], until: Date) -> Date {
    let mut events = 0;
    let next = days.iter().enumerate().find(|(place, (_, count))| {
        events += count;
        *place > 0 && events > SUMMED_AT_ONCE
    });
    next.map_or(until, |(_, (day, _))| *day)
}

/// True when any of these events waits to be folded, or to be taken back.
async fn is_awaited(tx: &Tx, creator: CreatorKey, from: Option<Date>, to: Date) -> Result<bool, DbError> {
    let waiting = queue::store::waiting_of(tx.client(), creator).await?;
    let end = super::days::day_of(to);
    if waiting.iter().any(|event| event.day() < end) {
        return Ok(true);
    }
    let taken_back: Vec<EventKey> =
        waiting.iter().filter_map(QueuedEvent::taken_back).map(|(_, event)| event).collect();
    Ok(!taken_back.is_empty() && store::has_any(tx, creator, &taken_back, from, to).await?)
}

async fn merge_into_base(
    tx: &Tx,
    creator: CreatorKey,
    mut folded: BTreeMap<Pair, Relationship>,
) -> Result<(), DbError> {
    let engagers: Vec<EngagerKey> = folded.keys().map(|pair| pair.1).collect();
    let base = load_some(tx, Table::Base, creator, Engagers::These(&engagers)).await?;
    if !base.damaged.is_empty() {
        // Writing over it would lose for good what may still be mended by hand.
        return Err(DbError::Damaged("the base of a relationship cannot be read".into()));
    }
    for (pair, kept) in &base.relationships {
        folded.entry(*pair).or_default().merge(kept);
    }
    write(tx, Table::Base, &folded).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_base_grows_by_whole_days_and_never_by_none() {
        let (a, b, c, end) = (date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 9), date(2024, 2, 1));
        assert_eq!(first_days(&[], end), end);
        assert_eq!(first_days(&[(a, 3), (b, 4), (c, 5)], end), end);
        assert_eq!(first_days(&[(a, SUMMED_AT_ONCE), (b, 1), (c, 1)], end), b);
        assert_eq!(first_days(&[(a, SUMMED_AT_ONCE * 2), (c, 1)], end), c);
        assert_eq!(first_days(&[(a, SUMMED_AT_ONCE * 2)], end), end);
        assert_eq!(first_days(&[(a, SUMMED_AT_ONCE - 1), (b, 1), (c, 1)], end), c);
    }

    proptest! {
        #[test]
        fn every_engager_is_in_one_part(engager in any::<i64>(), engagers in 0_u64..10_000, size in 1_u64..100) {
            let parts: Vec<Part> = Part::of(engagers, size).collect();
            prop_assert!(parts.len() as u64 * size >= engagers);
            prop_assert_eq!(parts.iter().filter(|part| engager & part.mask == part.number).count(), 1);
        }
    }
}
