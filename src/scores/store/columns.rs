//! Statistics as they stand in rows.

use crate::{
    db::Columns,
    relationships::days::day_of,
    scores::{CreatorStatistics, discounts::discounted::Discounted, liveness::Liveness},
};
use jiff::civil::Date;
use tokio_postgres::types::Json;

/// Columns of statistics, in the order of [`statistics`]; every column of the table is prefixed with `s.`.
pub const STATISTICS_COLUMNS: &str = "s.model_version, s.events, s.anonymous_events, s.engagers, s.mature_engagers, \
    s.loyal_engagers, s.talking_engagers, s.answered_engagers, s.talk_events, s.expected_back, s.expected_back_variance, \
    s.first_day, s.last_day, s.first_event, s.observed_until, s.live_recent, s.live_lasting, s.discounted";

/// Statistics from the columns of [`STATISTICS_COLUMNS`]; `None` when the outer join found none.
#[must_use]
pub fn statistics(row: &impl Columns) -> Option<CreatorStatistics> {
    let model_version: Option<i32> = row.get("model_version");
    let day = |column| row.get::<Option<Date>>(column).map(day_of);
    Some(CreatorStatistics {
        model_version: model_version?,
        events: row.get("events"),
        anonymous_events: row.get("anonymous_events"),
        engagers: row.get("engagers"),
        mature_engagers: row.get("mature_engagers"),
        loyal_engagers: row.get("loyal_engagers"),
        talking_engagers: row.get("talking_engagers"),
        answered_engagers: row.get("answered_engagers"),
        talk_events: row.get("talk_events"),
        expected_back: row.get("expected_back"),
        expected_back_variance: row.get("expected_back_variance"),
        window: day("first_day").zip(day("last_day")),
        first_event: day("first_event"),
        until: day("observed_until"),
        liveness: Liveness { recent: row.get("live_recent"), lasting: row.get("live_lasting") },
        discounted: row.get::<Option<Json<Box<Discounted>>>>("discounted").map(|json| json.0),
    })
}
