//! `/v1/recommendations/why-not`.

use super::{
    changes::{Change, ChangeKind},
    input::WhyNotRequest,
    model::{Case, Obstacle, WhyNot},
    needed, relaxed,
};
use crate::{
    creators::http::not_found,
    http::{
        auth::{Caller, Read},
        body::Json,
        problem::{Problem, ProblemDocument},
    },
    ids::{CreatorKey, TenantId},
    recommendations::{
        http::{check_loaded, component_views_of},
        reading::problem,
    },
    scores::{components::NAMES, http::ComponentView, nearness::MIN_NEARNESS},
    snapshot::Snapshots,
};
use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Why a creator is not in a list, or where it is.
#[derive(Serialize, ToSchema)]
pub struct WhyNotAnswer {
    /// Everything committed up to this moment is considered.
    as_of: Timestamp,
    /// Names the state of the data that was ranked.
    #[schema(example = "5d0c7b1f22aa-17", max_length = 64)]
    snapshot: String,
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Whether it is in the list.
    #[schema(example = false)]
    is_listed: bool,
    /// How long the list is.
    #[schema(example = 10, minimum = 1, maximum = 200)]
    limit: usize,
    /// Its place among all who pass, from 1; absent when it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 14, minimum = 1)]
    rank: Option<usize>,
    /// The place it would have if the filters that remove it asked just so much less that it passes; others come in with it.
    /// Absent when it is not removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 3, minimum = 1)]
    rank_without_filters: Option<usize>,
    /// Everything that removes it, each by itself.
    #[schema(max_items = 50)]
    removed_by: Vec<RemovalView>,
    /// Sum of the contributions of all components, 0 to 1.
    #[schema(example = 0.71, minimum = 0.0, maximum = 1.0)]
    score: f64,
    /// 10 % quantile of the score: what ranks it.
    #[schema(example = 0.64)]
    low: f64,
    /// 90 % quantile of the score.
    #[schema(example = 0.78)]
    high: f64,
    /// What uncertainty takes off: `low - score`.
    #[schema(example = -0.07, maximum = 0.0)]
    uncertainty: f64,
    /// The parts of the score: fit, loyalty, trust, authenticity, conversation.
    #[schema(min_items = 5, max_items = 5)]
    components: Vec<ComponentView>,
    /// What ranks the creator on the last place of the list; absent while the list is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.66)]
    last_listed: Option<f64>,
    /// The smallest changes, each of which would bring it into the list with everything else as it is; empty when it is there.
    #[schema(max_items = 8)]
    changes: Vec<ChangeView>,
    /// Components that would not be enough even at 1, and `certainty` when a score that is known exactly would not.
    #[schema(max_items = 6, example = json!(["conversation"]))]
    not_enough: Vec<&'static str>,
}

/// Something that removes a creator.
#[derive(Serialize, ToSchema)]
pub struct RemovalView {
    /// Where it stands in the request.
    #[schema(example = "/filters/followers", max_length = 64)]
    pointer: &'static str,
    /// The name of the filter; `nearness`: its niches are too far from the brief; `niche_lists`: they are near enough, but it
    /// neither declares one that is looked through for the brief, nor are its topics or its community much in one.
    #[schema(example = "followers", max_length = 32)]
    code: &'static str,
    /// What is asked and what the creator has.
    #[schema(example = "Asked are 1,000 to 10,000 followers; it has 12,400", max_length = 4096)]
    detail: String,
}

/// A change that would bring a creator into the list.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    /// `filters` ask less, the `brief` names one of its niches, or, together with those where there are any that remove it: the
    /// `limit` is higher, a `component` is better, or the same score is known with `certainty`.
    kind: ChangeKind,
    /// In words.
    #[schema(example = "Ask for 1,000 to 12,400 followers", max_length = 4096)]
    summary: String,
    /// What changes in the request, as a merge patch (RFC 7396); absent when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, nullable = false, example = json!({"filters": {"followers": {"max": 12400}}}))]
    request_patch: Option<Value>,
    /// The place it would then have; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 3, minimum = 1)]
    rank: Option<usize>,
    /// The component that would be better.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "loyalty", max_length = 32)]
    component: Option<&'static str>,
    /// The least value that would be enough on the common scale, with an interval as wide as it is, in the steps that values
    /// are rounded to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.81, minimum = 0.0, maximum = 1.0)]
    mapped: Option<f64>,
    /// The least value on the component's own scale that maps to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.12, minimum = 0.0, maximum = 1.0)]
    value: Option<f64>,
}

/// Ask why a creator is not recommended
///
/// Takes a request for recommendations and a creator: everything that removes it, the place it has among all who pass, and
/// the smallest changes that would bring it into the list. Every patch was asked before it is told, so asking again with it finds
/// the creator as long as the data stay as they are. A creator that was registered a moment ago may not be known yet.
#[utoipa::path(operation_id = "explainAbsence", tag = "recommendations", request_body = WhyNotRequest,
    responses(
        (status = 200, body = WhyNotAnswer, description = "Where the creator stands, and why"),
        (status = 404, body = ProblemDocument, description = "No creator is registered under this id", content_type = "application/problem+json")))]
#[post("/v1/recommendations/why-not")]
pub(crate) async fn explain_absence(
    caller: Caller<Read>,
    body: Json<WhyNotRequest>,
    snapshots: Data<Snapshots>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(answer(caller.tenant().id, body.0, &snapshots)?))
}

fn answer(tenant: TenantId, asked: WhyNotRequest, snapshots: &Snapshots) -> Result<WhyNotAnswer, Problem> {
    check_loaded(snapshots)?;
    let (limit, creator_id, request) = asked.parse()?;
    let published = snapshots.current(tenant);
    let snapshot = &published.tenant;
    let query = request.query(snapshot).map_err(|refusal| problem(refusal, "/brief/text"))?;
    let number = snapshot.find(CreatorKey::derive(tenant, &creator_id)).ok_or_else(not_found)?;
    let row = snapshot.row(number).ok_or_else(not_found)?;
    let case = Case { snapshot, row, number, request: &request, query: &query };
    let found = WhyNot::of(case, limit);
    let passes = found.obstacles.is_empty();
    let score = found.own.score;
    Ok(WhyNotAnswer {
        as_of: snapshots.as_of(tenant, &published),
        snapshot: published.id.clone(),
        creator_id,
        is_listed: found.is_listed(limit),
        limit,
        rank: passes.then_some(found.above + 1),
        rank_without_filters: (!passes).then_some(found.above_without_filters + 1),
        removed_by: found.obstacles.iter().map(|obstacle| removal(*obstacle, &case)).collect(),
        score: score.score,
        low: score.low,
        high: score.high,
        uncertainty: score.uncertainty(),
        components: component_views_of(&query, &found.own, &snapshot.details(&row)),
        last_listed: found.last_listed,
        changes: found.changes.into_iter().map(|change| change_view(change, &case)).collect(),
        not_enough: found.not_enough,
    })
}

fn removal(obstacle: Obstacle, case: &Case<'_>) -> RemovalView {
    let niches = "/brief/niches";
    match obstacle {
        Obstacle::Filter(filter) => {
            let pointer = filter.pointer();
            let code = pointer.rsplit('/').next().unwrap_or(pointer);
            RemovalView { pointer, code, detail: relaxed::told(filter, case) }
        }
        Obstacle::Nearness => RemovalView {
            pointer: niches,
            code: "nearness",
            detail: format!(
                "Asked is a nearness of {MIN_NEARNESS:.2} to the brief; it has {:.2}",
                case.nearness()
            ),
        },
        Obstacle::NicheLists => RemovalView {
            pointer: niches,
            code: "niche_lists",
            detail: "Asked is a niche of the brief or next to one, declared or with much of the topics or the community; it has none".to_owned(),
        },
    }
}

fn change_view(change: Change, case: &Case<'_>) -> ChangeView {
    let Change { kind, words, patch, component, rank } = change;
    let is_empty = patch.as_object().is_none_or(serde_json::Map::is_empty);
    ChangeView {
        kind,
        summary: words.join(". "),
        request_patch: (!is_empty).then_some(patch),
        rank,
        component: component.map(|(component, _)| NAMES[component]),
        mapped: component.map(|(_, mapped)| mapped),
        value: component.and_then(|(component, mapped)| needed::raw(&case.snapshot.model, component, mapped)),
    }
}
