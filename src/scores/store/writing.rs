//! SQL that writes statistics.

use super::{super::CreatorStatistics, Waiting};
use crate::{
    db::{DbError, Tx},
    relationships::days::{Day, date_of},
};
use jiff::civil::Date;
use tokio_postgres::types::{Json, ToSql};
use uuid::Uuid;

/// Statistics to be written.
pub(super) type Computed = (Waiting, CreatorStatistics);

fn column<T>(computed: &[Computed], pick: fn(&CreatorStatistics) -> T) -> Vec<T> {
    computed.iter().map(|(_, sums)| pick(sums)).collect()
}

/// Writes statistics that were summed up anew, and the days on which anybody engaged.
pub(super) async fn write(tx: &Tx, computed: &[Computed], days: &[Vec<u8>]) -> Result<(), DbError> {
    let until = column(computed, |sums| sums.until.map(date_of));
    let (recent, lasting) =
        (column(computed, |sums| sums.liveness.recent), column(computed, |sums| sums.liveness.lasting));
    write_with(tx, include_str!("../write.sql"), computed, &[&until, &recent, &lasting, &days]).await
}

/// Writes statistics of creators who have some already, and whose last observed day is the same: that costs less. Days
/// on which anybody engaged, `None`: they are the same, too.
pub(super) async fn replace(tx: &Tx, followed: &[Computed], days: &[Option<Vec<u8>>]) -> Result<(), DbError> {
    write_with(tx, include_str!("../replace.sql"), followed, &[&days]).await
}

async fn write_with(
    tx: &Tx,
    sql: &str,
    computed: &[Computed],
    more: &[&(dyn ToSql + Sync)],
) -> Result<(), DbError> {
    if computed.is_empty() {
        return Ok(());
    }
    let day = |pick: fn((Day, Day)) -> Day| -> Vec<Option<Date>> {
        computed.iter().map(|(_, sums)| sums.window.map(|window| date_of(pick(window)))).collect()
    };
    let keys: Vec<Uuid> = computed.iter().map(|(creator, ..)| creator.key.0).collect();
    let tenants: Vec<i32> = computed.iter().map(|(creator, ..)| creator.tenant.0).collect();
    let (versions, events) =
        (column(computed, |sums| sums.model_version), column(computed, |sums| sums.events));
    let anonymous = column(computed, |sums| sums.anonymous_events);
    let people: [Vec<i32>; 4] = [
        column(computed, |sums| sums.engagers),
        column(computed, |sums| sums.mature_engagers),
        column(computed, |sums| sums.loyal_engagers),
        column(computed, |sums| sums.talking_engagers),
    ];
    let [engagers, mature, loyal, talking] = &people;
    let (back, variance) =
        (column(computed, |sums| sums.expected_back), column(computed, |sums| sums.expected_back_variance));
    let (first, last) = (day(|window| window.0), day(|window| window.1));
    let first_event = column(computed, |sums| sums.first_event.map(date_of));
    let discounted = column(computed, |sums| sums.discounted.clone().map(Json));
    let (answered, talk_events) =
        (column(computed, |sums| sums.answered_engagers), column(computed, |sums| sums.talk_events));
    let common: [&(dyn ToSql + Sync); 17] = [
        &keys,
        &tenants,
        &versions,
        &events,
        &anonymous,
        engagers,
        mature,
        loyal,
        talking,
        &back,
        &variance,
        &first,
        &last,
        &first_event,
        &discounted,
        &answered,
        &talk_events,
    ];
    tx.execute(sql, &[&common, more].concat()).await?;
    Ok(())
}
