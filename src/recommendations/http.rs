//! `/v1/recommendations`.

use super::{
    brief::{Query as RankQuery, RecommendationRequest, WeightedNiche},
    rank::{self, Position, Ranked},
    reasons::reasons,
    unmatched::{Unmatched, unmatched},
};
use crate::{
    creators::Tier,
    error::FieldError,
    http::{
        auth::{Caller, Read},
        body::Json,
        cursor::CursorSigner,
        params::{self, Query},
        problem::{Kind, Problem, ProblemDocument},
    },
    ids::TenantId,
    scores::{
        components::authenticity_factors,
        fit::AskedNiche,
        http::{ComponentView, component_views, trusted_evidence},
    },
    snapshot::{Snapshots, registry::Published},
};
use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A page of recommended creators, best first.
#[derive(Serialize, ToSchema)]
pub struct RecommendationPage {
    /// Everything committed up to this moment is considered.
    as_of: Timestamp,
    /// Names the state of the data that was ranked; all pages of one query come from one state.
    #[schema(example = "5d0c7b1f22aa-17", max_length = 64)]
    snapshot: String,
    /// The brief as it was understood.
    brief: BriefView,
    /// The creators.
    #[schema(max_items = 200)]
    items: Vec<RecommendationItem>,
    /// Why there are no creators at all: filters that alone let nobody through, or `/filters` when only all of them together
    /// do, or the niches of the brief. Absent when there are creators.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    nothing_matches: Vec<Unmatched>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    next_cursor: Option<String>,
}

/// A brief as it was understood.
#[derive(Serialize, ToSchema)]
pub struct BriefView {
    /// Its niches.
    #[schema(max_items = 20)]
    niches: Vec<AskedNicheView>,
}

/// A niche of a brief.
#[derive(Serialize, ToSchema)]
pub struct AskedNicheView {
    /// The niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    id: String,
    /// Its part of the weights of all niches of the brief.
    #[schema(example = 1.0, minimum = 0.0, maximum = 1.0)]
    share: f64,
    /// Creators in its list whose loyal reach is measured: those who declare it, or whose community is much in it.
    #[schema(example = 140, minimum = 0)]
    measured_creators: i64,
    /// Loyal reach that is usual among them: the geometric mean, of one person more each.
    #[schema(example = 11.4, minimum = 0.0)]
    usual_reach: f64,
}

impl BriefView {
    fn new(request: &RecommendationRequest, query: &RankQuery) -> Self {
        let view = |(asked, niche): (&WeightedNiche, &AskedNiche)| AskedNicheView {
            id: asked.id.clone(),
            share: niche.share,
            measured_creators: niche.measured,
            usual_reach: niche.usual,
        };
        Self { niches: request.brief.niches.iter().zip(&query.asked.niches).map(view).collect() }
    }
}

/// A recommended creator.
#[derive(Serialize, ToSchema)]
pub struct RecommendationItem {
    /// Place in the list, from 1.
    #[schema(example = 1, minimum = 1)]
    rank: usize,
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// People expected back within 90 days, in each of the niches in whose lists the creator stands: what authority looks at.
    /// Absent where loyalty is not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 48.2, minimum = 0.0)]
    reach_per_niche: Option<f64>,
    /// Name of the creator.
    #[schema(example = "Ana Verde", max_length = 200)]
    display_name: String,
    /// Sum of the contributions of all components, 0 to 1.
    #[schema(example = 0.71, minimum = 0.0, maximum = 1.0)]
    score: f64,
    /// 10 % quantile of the score. The list is sorted by it: a creator who is known to be good stands above one who may be.
    #[schema(example = 0.64)]
    low: f64,
    /// 90 % quantile of the score.
    #[schema(example = 0.78)]
    high: f64,
    /// Size class of the audience; never part of the rank.
    tier: Tier,
    /// What uncertainty takes off: `low - score`. All contributions and this line add up to `low`.
    #[schema(example = -0.07, maximum = 0.0)]
    uncertainty: f64,
    /// The parts of the score: fit, loyalty, trust, authenticity, conversation.
    #[schema(min_items = 5, max_items = 5)]
    components: Vec<ComponentView>,
    /// Why this creator, in plain English, the most telling first.
    #[schema(max_items = 10, example = json!(["Declares Sustainable fashion, the niche of the brief (fit 100 %)",
        "143 of 412 people came back on another day, and 96 of them are expected again within 90 days: 3.1 times the loyalty usual in Sustainable fashion"]))]
    reasons: Vec<String>,
}

/// The one-line query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NicheQuery {
    /// Id of the niche.
    #[param(example = "gaming", max_length = 64)]
    niche: String,
    /// Creators on a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 10)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 2048, nullable = false)]
    cursor: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Page {
    snapshot: String,
    rank: usize,
    low_bits: u64,
    creator_id: String,
}

/// Recommend creators for a niche
///
/// Micro-creators (1,000 to 50,000 followers) of one niche, with default weights; POST takes a whole brief.
#[utoipa::path(operation_id = "recommendForNiche", tag = "recommendations", params(NicheQuery),
    responses(
        (status = 200, body = RecommendationPage, description = "A page of creators, best first"),
        (status = 410, body = ProblemDocument, description = "The snapshot of the cursor is gone", content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, description = "The niche is not known", content_type = "application/problem+json")))]
#[get("/v1/recommendations")]
pub(crate) async fn recommend_for_niche(
    caller: Caller<Read>,
    query: Query<NicheQuery>,
    snapshots: Data<Snapshots>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    let NicheQuery { niche, limit, cursor } = query.0;
    params::limit(limit)?;
    let request = RecommendationRequest::of_niche(niche, limit, cursor);
    let mut page = page(caller.tenant().id, &request, &snapshots, &signer).map_err(of_parameter)?;
    // Pointers into a body say nothing to who sent none.
    page.nothing_matches.clear();
    Ok(HttpResponse::Ok().json(page))
}

/// The one-line query has no body: what is wrong with the niche of its brief is wrong with a parameter.
fn of_parameter(problem: Problem) -> Problem {
    let named = |error: FieldError| FieldError {
        pointer: error.pointer.replace("/brief/niches/0/id", "?niche"),
        ..error
    };
    let errors = problem.document(None, None).errors.into_iter().map(named).collect();
    problem.with_errors(errors)
}

/// Recommend creators for a brief
///
/// Creators who fit the niches of the brief and pass the filters, ranked by the lower bound of their score. Followers
/// decide who is eligible and never move the rank.
#[utoipa::path(operation_id = "recommendCreators", tag = "recommendations", request_body = RecommendationRequest,
    responses(
        (status = 200, body = RecommendationPage, description = "A page of creators, best first"),
        (status = 410, body = ProblemDocument, description = "The snapshot of the cursor is gone", content_type = "application/problem+json")))]
#[post("/v1/recommendations")]
pub(crate) async fn recommend_creators(
    caller: Caller<Read>,
    body: Json<RecommendationRequest>,
    snapshots: Data<Snapshots>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(page(caller.tenant().id, &body.0, &snapshots, &signer)?))
}

/// The page that a request asks for.
pub fn page(
    tenant: TenantId,
    request: &RecommendationRequest,
    snapshots: &Snapshots,
    signer: &CursorSigner,
) -> Result<RecommendationPage, Problem> {
    if !snapshots.is_loaded() {
        return Err(Problem::new(
            Kind::NotReady,
            "The snapshot is being read from the database; try again in a moment",
        ));
    }
    let out_of_range = |_| Problem::field("/limit", "out_of_range", "must be between 1 and 200");
    let limit = params::limit(request.limit).map_err(out_of_range)?;
    let scope = cursor_scope(tenant, request);
    let page: Option<Page> =
        request.cursor.as_deref().map(|cursor| signer.open(&scope, cursor)).transpose()?;
    let published = match &page {
        Some(page) => snapshots.named(tenant, &page.snapshot).ok_or_else(expired)?,
        None => snapshots.current(tenant),
    };
    let query = request.query(tenant, &published.tenant).map_err(Problem::invalid)?;
    let after = page
        .as_ref()
        .map(|page| Position { low: f64::from_bits(page.low_bits), creator_id: page.creator_id.clone() });
    let (ranked, more) = rank::rank(&published.tenant, &query, after.as_ref(), limit);
    let is_unmatched = ranked.is_empty() && page.is_none();
    let ranks_before = page.map_or(0, |page| page.rank);
    let items = items(&published, request, &query, &ranked, ranks_before);
    let next_cursor = items.last().filter(|_| more).map(|last| {
        snapshots.keep(tenant, &published);
        let page = Page {
            snapshot: published.id.clone(),
            rank: last.rank,
            low_bits: last.low.to_bits(),
            creator_id: last.creator_id.clone(),
        };
        signer.seal(&scope, &page)
    });
    let as_of = snapshots.as_of(tenant, &published);
    Ok(RecommendationPage {
        as_of,
        snapshot: published.id.clone(),
        brief: BriefView::new(request, &query),
        items,
        nothing_matches: if is_unmatched {
            unmatched(&published.tenant, &request.filters, &query)
        } else {
            Vec::new()
        },
        next_cursor,
    })
}

/// A cursor belongs to a tenant and to everything in the request that decides what is on which place.
fn cursor_scope(tenant: TenantId, request: &RecommendationRequest) -> Vec<u8> {
    let fixed = RecommendationRequest { limit: None, cursor: None, ..request.clone() };
    let mut scope = format!("recommendations of {} ", tenant.0).into_bytes();
    scope.extend(serde_json::to_vec(&fixed).expect("a request is plain JSON"));
    blake3::hash(&scope).as_bytes().to_vec()
}

fn expired() -> Problem {
    Problem::new(
        Kind::SnapshotExpired,
        "The data of this cursor is not kept any more (5 minutes at most, less while much changes); start again without a cursor",
    )
}

fn items(
    published: &Arc<Published>,
    request: &RecommendationRequest,
    query: &RankQuery,
    ranked: &[Ranked],
    ranks_before: usize,
) -> Vec<RecommendationItem> {
    let asked: Vec<String> = request.brief.niches.iter().map(|niche| niche.id.clone()).collect();
    let item = |(index, ranked): (usize, &Ranked)| {
        let row = published.tenant.row(ranked.row)?;
        let details = row.details();
        let sums = &details.sums;
        Some(RecommendationItem {
            rank: ranks_before + index + 1,
            creator_id: row.creator_id().to_owned(),
            reach_per_niche: row.hot.scores.reach().map(|reach| reach.value),
            score: ranked.score.score,
            low: ranked.score.low,
            high: ranked.score.high,
            tier: row.tier(query.platforms),
            uncertainty: ranked.score.uncertainty(),
            components: component_views(
                &rank::components(&details, &ranked.fit),
                &query.weights,
                (details.evidence(), trusted_evidence(sums.trust.as_ref())),
                Some(&ranked.fit),
                authenticity_factors(sums.statistics.as_ref(), sums.sponsorship.as_ref()),
            ),
            reasons: reasons(&published.tenant, &asked, (&row, &details), &ranked.fit),
            display_name: details.display_name,
        })
    };
    ranked.iter().enumerate().filter_map(item).collect()
}
