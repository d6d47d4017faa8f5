//! `/v1/quality`.

use super::{
    model::{Counts, DELAY_BOUNDS, TIME_IN_FUTURE, UNKNOWN_CREATOR},
    recorder::Sighting,
    store::{self, Silent},
};
use crate::{
    db::Pools,
    error::FieldError,
    http::{
        auth::{Caller, Read},
        params::Query,
        problem::{Kind, Problem},
    },
    relationships::days::{Day, date_of, day_at},
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Days of a report unless the caller says otherwise.
const DEFAULT_DAYS: u32 = 7;
/// Most days of a report. More: larger answers; fewer: no view of a whole season.
const MOST_DAYS: u32 = 90;
/// Reasons told; there are about twenty.
const MOST_REASONS: usize = 30;

/// Which report.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QualityQuery {
    /// How many UTC days, today included.
    #[param(minimum = 1, maximum = 90, default = 7, nullable = false)]
    days: Option<u32>,
}

/// Events that were refused for a reason.
#[derive(Serialize, ToSchema)]
pub struct RefusalReason {
    /// Code of the first rule that they break, as in `errors` of a problem.
    #[schema(example = "unknown_creator", max_length = 64)]
    code: String,
    /// How many.
    #[schema(example = 12, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    events: i64,
}

/// Stored events that came in within a time after they were done.
#[derive(Serialize, ToSchema)]
pub struct DelayBucket {
    /// They came in this many seconds after they were done, at most, and later than those of the bucket before. Absent
    /// in the last bucket, which has all that came later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 60, nullable = false, minimum = 1, maximum = 2_592_000)]
    up_to_seconds: Option<i64>,
    /// How many.
    #[schema(example = 310, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    events: i64,
}

/// What became of events, and when they came.
#[derive(Serialize, ToSchema)]
pub struct QualityCounts {
    /// All that came in: stored, duplicate, conflict and invalid together. Dry runs do not count, nor does what is not
    /// answered for: a request that fails as a whole.
    #[schema(example = 1014, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    received: i64,
    /// New and committed.
    #[schema(example = 1000, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    stored: i64,
    /// Committed before.
    #[schema(example = 2, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    duplicate: i64,
    /// Refused, because another content has the identity.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    conflict: i64,
    /// Refused, because a rule is broken.
    #[schema(example = 12, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    invalid: i64,
    /// Of the invalid ones: those of creators who are not registered.
    #[schema(example = 12, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    unknown_creator: i64,
    /// Of the invalid ones: those whose time is more than 5 minutes ahead of our clock.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    refused_future: i64,
    /// The invalid ones by reason, most frequent first. Each event counts once.
    #[schema(max_items = 30)]
    reasons: Vec<RefusalReason>,
    /// Of the stored ones: those without an engager. They never count as loyalty.
    #[schema(example = 120, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    anonymous: i64,
    /// `anonymous` as a share of `stored`; absent when nothing was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.12, nullable = false, minimum = 0.0, maximum = 1.0)]
    anonymous_share: Option<f64>,
    /// Of the stored ones: those whose time is ahead of our clock.
    #[schema(example = 3, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    ahead: i64,
    /// How many seconds they were ahead at most; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1.25, nullable = false, minimum = 0.0, maximum = 300.0)]
    ahead_most_seconds: Option<f64>,
    /// Of the stored ones: those that came in more than a day after they were done.
    #[schema(example = 8, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    late: i64,
    /// Half of the stored ones came in within so many seconds, which is the bound of a bucket; absent when nothing was
    /// stored, and when it is beyond the last bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 60, nullable = false, minimum = 1, maximum = 2_592_000)]
    median_delay_up_to_seconds: Option<i64>,
    /// The same for 99 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3600, nullable = false, minimum = 1, maximum = 2_592_000)]
    p99_delay_up_to_seconds: Option<i64>,
    /// The stored ones by how long after they were done they came in.
    #[schema(min_items = 10, max_items = 10)]
    delays: Vec<DelayBucket>,
}

impl From<&Counts> for QualityCounts {
    fn from(counts: &Counts) -> Self {
        let stored = counts.stored;
        Self {
            received: counts.received(),
            stored,
            duplicate: counts.duplicate,
            conflict: counts.conflict,
            invalid: counts.invalid(),
            unknown_creator: counts.refused_as(UNKNOWN_CREATOR),
            refused_future: counts.refused_as(TIME_IN_FUTURE),
            reasons: reasons(counts),
            anonymous: counts.anonymous,
            anonymous_share: (stored > 0).then(|| counts.anonymous as f64 / stored as f64),
            ahead: counts.ahead,
            ahead_most_seconds: (counts.ahead > 0).then(|| counts.ahead_most_ms as f64 / 1e3),
            late: counts.late(),
            median_delay_up_to_seconds: counts.delay_quantile(0.5),
            p99_delay_up_to_seconds: counts.delay_quantile(0.99),
            delays: delays(counts),
        }
    }
}

fn reasons(counts: &Counts) -> Vec<RefusalReason> {
    let named = |(code, events): (&String, &i64)| RefusalReason { code: code.clone(), events: *events };
    let mut reasons: Vec<RefusalReason> = counts.invalid.iter().map(named).collect();
    // Stable, so that equally frequent ones are in the order of their names.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.events));
    reasons.truncate(MOST_REASONS);
    reasons
}

fn delays(counts: &Counts) -> Vec<DelayBucket> {
    let bounds = DELAY_BOUNDS.into_iter().map(Some).chain([None]);
    bounds.zip(counts.delays).map(|(up_to_seconds, events)| DelayBucket { up_to_seconds, events }).collect()
}

/// The events that came in on a day.
#[derive(Serialize, ToSchema)]
pub struct QualityDay {
    /// The UTC day on which they came in.
    #[schema(value_type = String, format = Date, example = "2026-11-20")]
    day: Date,
    /// What became of them.
    counts: QualityCounts,
}

/// An id under which events came in and no creator is registered.
#[derive(Serialize, ToSchema)]
pub struct UnknownCreator {
    /// The id as it was sent.
    #[schema(example = "ana-verd", max_length = 128)]
    creator_id: String,
    /// Events since it was first seen, about: of many ids at once not every event is counted here.
    #[schema(example = 12, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    events: i64,
    /// When it was first seen, since it is kept.
    #[schema(example = "2026-11-18T09:12:00Z")]
    first_seen: Timestamp,
    /// When it was last seen.
    #[schema(example = "2026-11-20T18:04:33Z")]
    last_seen: Timestamp,
}

impl From<(String, Sighting)> for UnknownCreator {
    fn from((creator_id, seen): (String, Sighting)) -> Self {
        let Sighting { events, first_seen, last_seen } = seen;
        Self { creator_id, events, first_seen, last_seen }
    }
}

/// A creator with a regular feed that has fallen silent.
#[derive(Serialize, ToSchema)]
pub struct SilentFeed {
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// UTC day of the last event.
    #[schema(value_type = String, format = Date, example = "2026-10-02")]
    last_day: Date,
    /// Days between its events, on average.
    #[schema(example = 0.4, minimum = 0.0, maximum = 100_000.0)]
    usual_gap_days: f64,
}

impl From<Silent> for SilentFeed {
    fn from(silent: Silent) -> Self {
        let usual_gap_days = (silent.usual_gap * 100.0).round() / 100.0;
        Self { creator_id: silent.creator_id, last_day: silent.last_day, usual_gap_days }
    }
}

/// How good the data is that was sent.
#[derive(Serialize, ToSchema)]
pub struct QualityReport {
    /// First UTC day.
    #[schema(value_type = String, format = Date, example = "2026-11-14")]
    from: Date,
    /// Last UTC day: today.
    #[schema(value_type = String, format = Date, example = "2026-11-20")]
    to: Date,
    /// All days together.
    total: QualityCounts,
    /// Every day, oldest first, also those on which nothing came in.
    #[schema(min_items = 1, max_items = 90)]
    daily: Vec<QualityDay>,
    /// Ids in events of these days under which no creator is registered up to now, latest first: the latest 100. They are
    /// kept for 30 days after they were last seen.
    #[schema(max_items = 100)]
    unknown_creators: Vec<UnknownCreator>,
    /// How many creators had a regular feed (10 events or more over 14 days or more) and have fallen silent: no sign of
    /// life for 14 days, and for 4 times their usual gap, before the latest event of all creators. Whatever `days` is.
    #[schema(example = 1, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    silent: i64,
    /// Those of them that fell silent last, 100 at most.
    #[schema(max_items = 100)]
    silent_feeds: Vec<SilentFeed>,
}

/// Get a report on the quality of your data
///
/// What became of the events you sent, day by day; how late they come and how clocks differ; ids of creators that are not
/// registered; creators whose feed has fallen silent. Counts are a few seconds old. They are statistics: those of the
/// last seconds before a crash are missing, while events that were acknowledged never are.
#[utoipa::path(operation_id = "getQuality", tag = "quality", params(QualityQuery),
    responses((status = 200, body = QualityReport, description = "The report")))]
#[get("/v1/quality")]
pub(crate) async fn get_quality(
    caller: Caller<Read>,
    query: Query<QualityQuery>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let days = days(query.0.days)?;
    let to = day_at(Timestamp::now());
    let from = to - days + 1;
    let tenant = caller.tenant().id;
    let since = date_of(from).to_zoned(TimeZone::UTC).map_err(|_| out_of_range())?.timestamp();
    let client = pools.reads.get().await?;
    let counts = store::counts(&client, tenant, (from, to)).await?;
    let unknown = store::unknown_creators(&client, tenant, since).await?;
    let (silent, feeds) = store::silent_feeds(&client, tenant).await?;
    Ok(HttpResponse::Ok().json(QualityReport {
        from: date_of(from),
        to: date_of(to),
        total: (&total(&counts)).into(),
        daily: daily(&counts, from, to),
        unknown_creators: unknown.into_iter().map(UnknownCreator::from).collect(),
        silent,
        silent_feeds: feeds.into_iter().map(SilentFeed::from).collect(),
    }))
}

fn days(given: Option<u32>) -> Result<Day, Problem> {
    let days = given.unwrap_or(DEFAULT_DAYS);
    let allowed = (1..=MOST_DAYS).contains(&days);
    Day::try_from(days).ok().filter(|_| allowed).ok_or_else(out_of_range)
}

fn out_of_range() -> Problem {
    let error = FieldError::new("?days", "out_of_range", "must be between 1 and 90");
    Problem::new(Kind::InvalidQuery, "days may be 1 to 90").with_errors(vec![error])
}

fn total(days: &BTreeMap<Day, Counts>) -> Counts {
    let mut total = Counts::default();
    for counts in days.values() {
        total.merge(counts);
    }
    total
}

fn daily(days: &BTreeMap<Day, Counts>, from: Day, to: Day) -> Vec<QualityDay> {
    let nothing = Counts::default();
    let day = |day| QualityDay { day: date_of(day), counts: days.get(&day).unwrap_or(&nothing).into() };
    (from..=to).map(day).collect()
}
