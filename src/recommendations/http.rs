//! `/v1/recommendations`.

use super::{
    brief::{Query as RankQuery, RecommendationRequest},
    paging::{self, Page, Place, cursor_scope},
    rank::{self, Ranked},
    reading::problem,
    reasons::reasons,
    selection::{Selected, select},
    unmatched::{Unmatched, unmatched},
    wanted::WantedNiche,
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
        version::Conditions,
    },
    ids::TenantId,
    replicas::Replicas,
    scores::{
        components::authenticity_factors,
        fit::AskedNiche,
        http::{ComponentView, component_views, trusted_evidence},
    },
    snapshot::{Row, Snapshots, packed::Details, registry::Published},
};
use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Bytes of most creators on a page, as JSON.
const ITEM: usize = 2 << 10;

/// A page of recommended creators, best first.
#[derive(Serialize, ToSchema)]
pub struct RecommendationPage {
    /// Everything committed up to this moment is considered. While nothing changes it moves on, and `ETag` does not.
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
    /// Its niches: those that are named, then those of its text.
    #[schema(max_items = 25)]
    niches: Vec<AskedNicheView>,
    /// Words of its text that were not understood, as they stand there; absent without a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1000, example = json!(["blorp"]))]
    ignored_words: Option<Vec<String>>,
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
    /// Creators in its list whose loyal reach is measured: those who declare it, or whose topics or community are much in it.
    #[schema(example = 140, minimum = 0)]
    measured_creators: i64,
    /// Loyal reach that is usual among them: the geometric mean, of one person more each.
    #[schema(example = 11.4, minimum = 0.0)]
    usual_reach: f64,
    /// The words of the text that tell it, or the niche that it goes along with, as they stand there; absent for niches that are
    /// named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1000, example = json!(["haine", "eco"]))]
    matched_words: Option<Vec<String>>,
}

impl BriefView {
    fn new(query: RankQuery) -> Self {
        let view = |(wanted, niche): (WantedNiche, &AskedNiche)| AskedNicheView {
            id: wanted.id,
            share: niche.share,
            measured_creators: niche.measured,
            usual_reach: niche.usual,
            matched_words: wanted.matched_words,
        };
        Self {
            niches: query.wanted.niches.into_iter().zip(&query.asked.niches).map(view).collect(),
            ignored_words: query.wanted.ignored_words,
        }
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
    /// True when the creator has its place because little is known of it (`explore`); absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = true, default = false)]
    explored: bool,
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
    /// Id of the niche. This or `text` is needed.
    #[param(example = "gaming", max_length = 64, nullable = false)]
    niche: Option<String>,
    /// What is looked for in words, English or Romanian, instead of a niche.
    #[param(min_length = 1, max_length = 2000, nullable = false)]
    text: Option<String>,
    /// Creators on a page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 10)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 2048, nullable = false)]
    cursor: Option<String>,
}

/// What both questions need of the application.
type Shared = (Data<Snapshots>, Data<CursorSigner>, Data<Replicas>);

/// What becomes of a request.
pub enum Answer {
    /// It is answered here.
    Given(HttpResponse),
    /// The replica of this series has the data.
    Elsewhere(String),
}

/// Recommend creators for a niche
///
/// Micro-creators (1,000 to 50,000 followers) of one niche, or of those that a text is about, with default weights; POST takes
/// a whole brief. All pages come from the snapshot of the first, whichever replica is asked for them.
///
/// `ETag` names what is said: it stays the same as long as the ranking does, while `as_of` moves on.
#[utoipa::path(operation_id = "recommendForNiche", tag = "recommendations",
    params(NicheQuery, ("If-None-Match" = Option<String>, Header, description = "`ETag` of an answer that the caller has already")),
    responses(
        (status = 200, body = RecommendationPage, description = "A page of creators, best first",
            headers(("ETag" = String, description = "Names snapshot and query"))),
        (status = 304, description = "What the caller has already still holds"),
        (status = 410, body = ProblemDocument, description = "The snapshot of the cursor is gone", content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, description = "The niche is not known, or the text names none", content_type = "application/problem+json")))]
#[get("/v1/recommendations")]
pub(crate) async fn recommend_for_niche(
    caller: Caller<Read>,
    query: Query<NicheQuery>,
    conditions: Conditions,
    asked: HttpRequest,
    (snapshots, signer, replicas): Shared,
) -> Result<HttpResponse, Problem> {
    let NicheQuery { niche, text, limit, cursor } = query.0;
    params::limit(limit)?;
    let request = match (niche, text) {
        (Some(niche), None) => RecommendationRequest::of_niche(niche, limit, cursor),
        (None, Some(text)) => RecommendationRequest::of_text(text, limit, cursor),
        (None, None) => return Err(one_of_two("?niche", "required")),
        (Some(_), Some(_)) => return Err(one_of_two("?text", "not_allowed")),
    };
    let tenant = caller.tenant().id;
    let found = answer(tenant, &request, Some(&conditions), &snapshots, &signer).map_err(of_parameter)?;
    match found {
        Answer::Given(response) => Ok(response),
        Answer::Elsewhere(series) => Ok(replicas.pass_on(&series, &asked, None).await?),
    }
}

fn one_of_two(pointer: &str, code: &str) -> Problem {
    Problem::new(Kind::InvalidQuery, "A query parameter is wrong; see errors")
        .with_errors(vec![FieldError::new(pointer, code, "either a niche or a text is needed, and not both")])
}

/// The one-line query has no body: what is wrong with the niche of its brief is wrong with a parameter.
fn of_parameter(problem: Problem) -> Problem {
    let named = |error: FieldError| FieldError {
        pointer: error.pointer.replace("/brief/niches/0/id", "?niche").replace("/brief/text", "?text"),
        ..error
    };
    let errors = problem.document(None, None).errors.into_iter().map(named).collect();
    problem.with_errors(errors)
}

/// Recommend creators for a brief
///
/// Creators who fit the niches of the brief and pass the filters, ranked by the lower bound of their score. Followers
/// decide who is eligible and never move the rank. All pages come from the snapshot of the first, whichever replica is asked
/// for them.
#[utoipa::path(operation_id = "recommendCreators", tag = "recommendations", request_body = RecommendationRequest,
    responses(
        (status = 200, body = RecommendationPage, description = "A page of creators, best first",
            headers(("ETag" = String, description = "Names snapshot and query"))),
        (status = 410, body = ProblemDocument, description = "The snapshot of the cursor is gone", content_type = "application/problem+json"),
        (status = 422, body = ProblemDocument, description = "The input breaks a rule; or no niche is named and the text names none: `suggestions` has the nearest ones", content_type = "application/problem+json")))]
#[post("/v1/recommendations")]
pub(crate) async fn recommend_creators(
    caller: Caller<Read>,
    body: Json<RecommendationRequest>,
    asked: HttpRequest,
    (snapshots, signer, replicas): Shared,
) -> Result<HttpResponse, Problem> {
    match answer(caller.tenant().id, &body.0, None, &snapshots, &signer)? {
        Answer::Given(response) => Ok(response),
        Answer::Elsewhere(series) => {
            let json = serde_json::to_vec(&body.0).expect("a request is plain JSON");
            Ok(replicas.pass_on(&series, &asked, Some(json)).await?)
        }
    }
}

/// Answers a request, or tells who can.
pub fn answer(
    tenant: TenantId,
    request: &RecommendationRequest,
    conditions: Option<&Conditions>,
    snapshots: &Snapshots,
    signer: &CursorSigner,
) -> Result<Answer, Problem> {
    check_loaded(snapshots)?;
    let out_of_range = |_| Problem::field("/limit", "out_of_range", "must be between 1 and 200");
    let limit = params::limit(request.limit).map_err(out_of_range)?;
    let scope = cursor_scope(tenant, request);
    let (published, page) = match Place::find(snapshots, signer, (tenant, &scope), request.cursor.as_deref())?
    {
        Place::Here(published, page) => (published, page),
        Place::Elsewhere(series) => return Ok(Answer::Elsewhere(series)),
    };
    let query = request.query(&published.tenant).map_err(|refusal| problem(refusal, "/brief/text"))?;
    let tag = paging::tag(&published, &scope, limit, request);
    if conditions.is_some_and(|conditions| tag.is_known(conditions)) {
        // As if it were given anew: it may have a cursor.
        snapshots.keep(tenant, &published);
        return Ok(Answer::Given(tag.not_modified()));
    }
    let (ranks_before, bookmarks) = page.map_or_else(Default::default, |page| (page.rank, page.bookmarks));
    let (selected, next) = select(&published.tenant, &query, &bookmarks, limit);
    let items = items(&published, &query, &selected, ranks_before);
    let next_cursor = next.map(|bookmarks| {
        snapshots.keep(tenant, &published);
        let rank = ranks_before + selected.len();
        signer.seal(&scope, &Page { snapshot: published.id.clone(), rank, bookmarks })
    });
    let as_of = snapshots.as_of(tenant, &published);
    // Pointers into a body say nothing to who sent none, as those do who send conditions.
    let is_unmatched = selected.is_empty() && ranks_before == 0 && conditions.is_none();
    let nothing_matches =
        if is_unmatched { unmatched(&published.tenant, &request.filters, &query) } else { Vec::new() };
    let (snapshot, brief) = (published.id.clone(), BriefView::new(query));
    let room = (items.len() + 1) * ITEM;
    let page = RecommendationPage { as_of, snapshot, brief, items, nothing_matches, next_cursor };
    Ok(Answer::Given(tag.answer(page, room)))
}

/// Refuses while the snapshot is not there.
pub(super) fn check_loaded(snapshots: &Snapshots) -> Result<(), Problem> {
    let not_ready = || {
        Problem::new(Kind::NotReady, "The snapshot is being read from the database; try again in a moment")
    };
    snapshots.is_loaded().then_some(()).ok_or_else(not_ready)
}

fn items(
    published: &Arc<Published>,
    query: &RankQuery,
    selected: &[Selected],
    ranks_before: usize,
) -> Vec<RecommendationItem> {
    let asked: Vec<&str> = query.wanted.niches.iter().map(|niche| niche.id.as_str()).collect();
    let rows = selected.iter().filter_map(|one| Some((one, published.tenant.row(one.ranked.row)?)));
    let rows: Vec<(&Selected, Row<'_>)> = rows.collect();
    for (_, row) in &rows {
        row.fetch_details();
    }
    let item = |(index, (Selected { ranked, explored }, row)): (usize, &(&Selected, Row<'_>))| {
        let details = published.tenant.details(row);
        RecommendationItem {
            rank: ranks_before + index + 1,
            explored: *explored,
            creator_id: row.creator_id().to_owned(),
            reach_per_niche: row.hot.scores.reach().map(|reach| reach.value),
            score: ranked.score.score,
            low: ranked.score.low,
            high: ranked.score.high,
            tier: row.tier(query.platforms),
            uncertainty: ranked.score.uncertainty(),
            components: component_views_of(query, ranked, &details),
            reasons: reasons(&published.tenant, &asked, (row, &details), &ranked.fit),
            display_name: details.display_name,
        }
    };
    rows.iter().enumerate().map(item).collect()
}

/// The components of a creator as a list shows them.
pub(super) fn component_views_of(
    query: &RankQuery,
    ranked: &Ranked,
    details: &Details,
) -> Vec<ComponentView> {
    let sums = &details.sums;
    component_views(
        &rank::components(details, &ranked.fit),
        &query.weights,
        (details.evidence(), trusted_evidence(sums.trust.as_ref())),
        Some(&ranked.fit),
        authenticity_factors(sums.statistics.as_ref(), sums.sponsorship.as_ref()),
    )
}
