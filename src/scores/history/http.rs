//! `/v1/creators/{creator_id}/scores/history`.

use super::{asked, model::Published, store};
use crate::{
    creators::http::not_found,
    db::Pools,
    http::{
        auth::{Caller, Read},
        params::{PathId, Query},
        problem::Problem,
    },
    ids::CreatorKey,
    relationships::days::{Day, date_of, day_at},
    scores::components::{Component, NAMES, Status},
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// From when to when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// First UTC day; without it, the first one that is kept.
    #[param(format = Date, max_length = 10, nullable = false)]
    from: Option<String>,
    /// Last UTC day; without it, the last one that has ended.
    #[param(format = Date, max_length = 10, nullable = false)]
    to: Option<String>,
}

/// A component on a day.
#[derive(Serialize, ToSchema)]
pub struct ComponentPoint {
    /// `loyalty`, `trust`, `authenticity` or `conversation`.
    #[schema(example = "loyalty", max_length = 32)]
    name: &'static str,
    /// Whether there was enough evidence.
    status: Status,
    /// The value on the component's own scale.
    #[schema(example = 0.12, minimum = 0.0, maximum = 1.0)]
    value: f64,
    /// 10 % quantile of the value.
    #[schema(example = 0.09, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of the value.
    #[schema(example = 0.15, minimum = 0.0, maximum = 1.0)]
    high: f64,
}

/// What was published at the end of a day.
#[derive(Serialize, ToSchema)]
pub struct ScorePoint {
    /// The UTC day. What was published stayed the same until the day of the next point.
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    day: Date,
    /// Version of the scoring model in force. Another one moves scores though nothing happened.
    #[schema(example = 3, minimum = 0)]
    model_version: i32,
    /// The score of a receipt: sum of weight x value on the common scale, as mapped on that day, under the default weights of
    /// today without fit, scaled to a sum of 1.
    #[schema(example = 0.58, minimum = 0.0, maximum = 1.0)]
    score: f64,
    /// 10 % quantile of the score.
    #[schema(example = 0.49)]
    low: f64,
    /// 90 % quantile of the score.
    #[schema(example = 0.67)]
    high: f64,
    /// Loyal reach: people expected back within 90 days.
    #[schema(example = 96.4, minimum = 0.0)]
    loyal_reach: f64,
    /// Loyalty, trust, authenticity and conversation.
    #[schema(min_items = 4, max_items = 4)]
    components: Vec<ComponentPoint>,
}

impl From<(Day, Published)> for ScorePoint {
    fn from((day, published): (Day, Published)) -> Self {
        let score = published.score();
        let named = NAMES.into_iter().skip(1).zip(published.components.in_order());
        let component = |(name, of): (_, Component)| ComponentPoint {
            name,
            status: of.status,
            value: of.raw.value,
            low: of.raw.low,
            high: of.raw.high,
        };
        Self {
            day: date_of(day),
            model_version: published.model_version,
            score: score.score,
            low: score.low,
            high: score.high,
            loyal_reach: published.loyal_reach,
            components: named.map(component).collect(),
        }
    }
}

/// The scores of a creator over time.
#[derive(Serialize, ToSchema)]
pub struct ScoreTimeline {
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// In the order of days. Days without a point were like the one before, within a ten-thousandth. The first point may be of
    /// a day before `from`: it is what held then.
    #[schema(max_items = 200)]
    points: Vec<ScorePoint>,
}

/// Get the scores of a creator over time
///
/// For charts: a point for each UTC day at whose end something was another than before; events and people by more than a
/// hundredth. Each of the last 90 days is kept; before that the last one of each ISO week, up to two years; and the last one
/// that is older. Today is not among them: it has not ended. Days are recorded in the first minutes of the next one, or when
/// workers run again, from the day on which the creator was registered.
#[utoipa::path(operation_id = "getScoreHistory", tag = "scores",
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128), HistoryQuery),
    responses((status = 200, body = ScoreTimeline, description = "The timeline")))]
#[get("/v1/creators/{creator_id}/scores/history")]
pub(crate) async fn get_score_history(
    caller: Caller<Read>,
    id: PathId,
    query: Query<HistoryQuery>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let HistoryQuery { from, to } = query.0;
    let today = day_at(Timestamp::now());
    let days = asked::range(from.as_deref(), to.as_deref(), today).map_err(asked::wrong)?;
    let creator = CreatorKey::derive(caller.tenant().id, &id.0);
    let client = pools.reads.get().await?;
    let found = store::between(&client, creator, days).await?.ok_or_else(not_found)?;
    let points = found.into_iter().map(ScorePoint::from).collect();
    Ok(HttpResponse::Ok().json(ScoreTimeline { creator_id: id.0, points }))
}
