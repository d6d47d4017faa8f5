//! `/v1/creators/{creator_id}/scores`.

mod then;
mod views;

pub use self::views::{ComponentView, PartView, component_views, trusted_evidence};

use self::{
    then::receipt_then,
    views::{CommunityView, TopicsView},
};
use super::{
    components::{Component, Components, Evidence, Status, authenticity_factors},
    discounts::views::DiscountsView,
    model::ScoringModel,
    outlook::{self, Improvement, improvements},
    peers::Peers,
    receipt::{Score, Weights},
    statistics::CreatorStatistics,
    store::{
        self,
        models::{InForce, in_force},
    },
};
use crate::{
    annotations::{
        self,
        http::AnnotationView,
        model::{Annotation, Decision},
    },
    conversations::views::ConversationView,
    creators::{Platform, Tier, http::not_found},
    db::Pools,
    edge_weights::http::EdgeWeightsView,
    http::{
        auth::{Caller, Read},
        cached,
        params::{PathId, Query},
        problem::{Problem, ProblemDocument},
        version::Conditions,
    },
    ids::CreatorKey,
    posts::views::ExposureView,
    recommendations::reasons::{Told, of_creator},
    relationships::days::date_of,
    snapshot::{Snapshots, TenantSnapshot, packed::evidence_of},
    sponsorship::http::SponsorshipView,
    trust::http::TrustSumsView,
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The scores of a creator, without a brief: fit is left out, and the other weights are scaled to a sum of 1.
///
/// Of the past there are score, interval, components, loyal reach and model version; all else is known of now only.
#[derive(Default, Serialize, ToSchema)]
pub struct ScoreReceipt {
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Of the past: the UTC day at whose end this was published, and since when it stayed so until what was asked for; absent
    /// for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-11-01")]
    as_of: Option<Date>,
    /// Version of the scoring model; `GET /v1/model` shows it, unless it is one of the past.
    #[schema(example = 3, minimum = 0)]
    model_version: i32,
    /// How much an act of each kind counts in strengths; those of trust are under the weights of its generation. Absent of the
    /// past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    edge_weights: Option<EdgeWeightsView>,
    /// When the sums over relationships were computed; absent before the first event, and of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    computed_at: Option<Timestamp>,
    /// Sum of the contributions.
    #[schema(example = 0.58, minimum = 0.0, maximum = 1.0)]
    score: f64,
    /// 10 % quantile of the score.
    #[schema(example = 0.49)]
    low: f64,
    /// 90 % quantile of the score.
    #[schema(example = 0.67)]
    high: f64,
    /// `low - score`.
    #[schema(example = -0.09, maximum = 0.0)]
    uncertainty: f64,
    /// Loyalty, trust, authenticity and conversation.
    #[schema(min_items = 4, max_items = 4)]
    components: Vec<ComponentView>,
    /// Of the past: people expected back within 90 days. Of now, `statistics` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 96.4, minimum = 0.0)]
    loyal_reach: Option<f64>,
    /// What it says of itself, the newest period first, but for what was declined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    annotations: Vec<AnnotationView>,
    /// What there is to say of it, in plain English, the most telling first; absent for the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10, example = json!([
        "143 of 412 people came back on another day, and 96 of them are expected again within 90 days: 3.1 times the loyalty usual in Sustainable fashion"]))]
    reasons: Option<Vec<String>>,
    /// What would raise the score, the most first, and then what is not measured yet; absent for the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10)]
    improvements: Option<Vec<Improvement>>,
    /// With whom its values are compared; absent with fewer than 30 of them. For reading only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    peers: Option<PeersView>,
    /// The sums from which the components are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    statistics: Option<StatisticsView>,
    /// Its trusted people, from which trust is computed; absent before the first generation that found any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    trust: Option<TrustSumsView>,
    /// In which niches its people are elsewhere; absent while none of them engages with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    community: Option<CommunityView>,
    /// What it posts about; absent as long as no topics of its posts could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    topics: Option<TopicsView>,
    /// Its sponsored posts and who comes back after them; absent while there are none. Looked at once an hour at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sponsorship: Option<SponsorshipView>,
    /// What the counts of its posts amount to; absent while there are no posts. Shown, never part of a score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exposure: Option<ExposureView>,
}

/// Creators like one: who declare its first niche and, as far as there are 30 of them, have their largest account on the same
/// platform and in the same size class.
#[derive(Serialize, ToSchema)]
pub struct PeersView {
    /// The niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    niche: String,
    /// The platform; absent when there are too few on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    platform: Option<Platform>,
    /// The size class; absent when there are too few of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tier: Option<Tier>,
    /// How many there are, the creator included.
    #[schema(example = 412, minimum = 30)]
    creators: usize,
}

impl From<&Peers<'_>> for PeersView {
    fn from(peers: &Peers<'_>) -> Self {
        let Peers { niche, platform, tier, .. } = *peers;
        Self { niche: niche.to_owned(), platform, tier, creators: peers.creators() }
    }
}

/// Sums over the relationships of a creator.
#[derive(Serialize, ToSchema)]
pub struct StatisticsView {
    /// Events of known people, the creator's own accounts left out.
    #[schema(example = 2310, minimum = 0)]
    events: i64,
    /// Events whose engager is not known; they count as engagement, never as loyalty.
    #[schema(example = 120, minimum = 0)]
    anonymous_events: i64,
    /// People with at least one active day.
    #[schema(example = 412, minimum = 0)]
    engagers: i32,
    /// Those who first came 30 or more days before the last observed day, or who came back.
    #[schema(example = 388, minimum = 0)]
    mature_engagers: i32,
    /// Those with two or more active days.
    #[schema(example = 143, minimum = 0)]
    loyal_engagers: i32,
    /// Those with a substantive comment or a reply.
    #[schema(example = 97, minimum = 0)]
    talking_engagers: i32,
    /// Those of them whom the creator answered.
    #[schema(example = 41, minimum = 0)]
    answered_engagers: i32,
    /// Loyal reach: people expected back within 90 days.
    #[schema(example = 96.4, minimum = 0.0)]
    loyal_reach: f64,
    /// Variance of the loyal reach, for independent people.
    #[schema(example = 31.0, minimum = 0.0)]
    loyal_reach_variance: f64,
    /// Days of the observed window: from the first to the last event, post or count of a post.
    #[schema(example = 180, minimum = 0)]
    window_days: u32,
    /// Last observed day (UTC): the last one on which anything was seen of any creator of the tenant. Ages reach to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-11-20")]
    observed_until: Option<Date>,
    /// Days with engagement, each counting half as much 90 days later: how alive the feed is.
    #[schema(example = 41.3, minimum = 0.0)]
    live_recent: f64,
    /// The same with 365 days.
    #[schema(example = 77.0, minimum = 0.0)]
    live_lasting: f64,
    /// What is discounted, and by which pattern; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    discounts: Option<DiscountsView>,
}

impl From<&CreatorStatistics> for StatisticsView {
    fn from(sums: &CreatorStatistics) -> Self {
        Self {
            events: sums.events,
            anonymous_events: sums.anonymous_events,
            engagers: sums.engagers,
            mature_engagers: sums.mature_engagers,
            loyal_engagers: sums.loyal_engagers,
            talking_engagers: sums.talking_engagers,
            answered_engagers: sums.answered_engagers,
            loyal_reach: sums.expected_back,
            loyal_reach_variance: sums.expected_back_variance,
            window_days: sums.window_days(),
            observed_until: sums.until.map(date_of),
            live_recent: sums.liveness.recent,
            live_lasting: sums.liveness.lasting,
            discounts: sums.discounted.as_ref().map(|discounted| DiscountsView::new(sums, discounted)),
        }
    }
}

/// Of when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScoresQuery {
    /// A UTC day such as `2026-11-01`, for what held when it ended, or a time such as `2026-11-01T18:04:31Z`, for what held
    /// when the day before it ended. Without it: now.
    #[param(max_length = 64, nullable = false)]
    as_of: Option<String>,
}

/// Get the scores of a creator
///
/// A receipt: every component with interval and evidence, and the sums from which anyone can recompute it with
/// `GET /v1/model`. With `as_of`: what was published in the past, as far as it is kept (see the history of scores).
#[utoipa::path(operation_id = "getCreatorScores", tag = "scores",
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128), ScoresQuery,
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of a receipt that the caller has already")),
    responses((status = 200, body = ScoreReceipt, description = "The receipt",
            headers(("ETag" = String, description = "Names what it says"))),
        (status = 304, description = "The receipt that the caller has already still holds"),
        (status = 404, body = ProblemDocument, description = "There is no such creator, or no scores of it are kept of that time",
            content_type = "application/problem+json")))]
#[get("/v1/creators/{creator_id}/scores")]
pub(crate) async fn get_creator_scores(
    caller: Caller<Read>,
    id: PathId,
    query: Query<ScoresQuery>,
    conditions: Conditions,
    pools: Data<Pools>,
    snapshots: Data<Snapshots>,
) -> Result<HttpResponse, Problem> {
    let client = pools.reads.get().await?;
    let tenant = caller.tenant().id;
    let key = CreatorKey::derive(tenant, &id.0);
    if let Some(as_of) = query.0.as_of {
        return Ok(cached::answer(&receipt_then(&client, key, id.0, &as_of).await?, &conditions));
    }
    let scored = store::scored(&client, key).await?.ok_or_else(not_found)?;
    let InForce { model, .. } = in_force(&client, tenant).await?;
    let published = snapshots.current(tenant);
    let said = annotations::store::of_creator(&client, key).await?.unwrap_or_default();
    let receipt = receipt((id.0, key), &scored, &model, &published.tenant);
    Ok(cached::answer(&ScoreReceipt { annotations: standing(said), ..receipt }, &conditions))
}

fn standing(annotations: Vec<Annotation>) -> Vec<AnnotationView> {
    let standing = annotations.into_iter().filter(|annotation| annotation.status != Decision::Declined);
    standing.map(AnnotationView::from).collect()
}

fn receipt(
    (creator_id, key): (String, CreatorKey),
    scored: &store::Scored,
    model: &ScoringModel,
    snapshot: &TenantSnapshot,
) -> ScoreReceipt {
    let peers = Peers::of(snapshot, key, &scored.niches);
    let (trust, statistics) = (scored.trust.as_ref(), scored.statistics.as_ref());
    let returns = scored.sponsorship.as_ref().map(|found| &found.returns);
    let niches: Vec<&str> = scored.niches.iter().map(String::as_str).collect();
    let own = Components::of(statistics, (trust, returns), &niches, model);
    let components = own.with_fit(Component::UNMEASURED);
    let weights = Weights::without_fit();
    let score = Score::of(&weights, &components.map(|component| component.mapped));
    let evidence = scored.statistics.as_ref().map_or(Evidence::default(), evidence_of);
    let trusted = trusted_evidence(trust);
    let told = Told { statistics, components: &own, niches: &niches, sponsorship: returns };
    let outlook = |sums| {
        let niches = niches.as_slice();
        improvements(outlook::Scored { sums, trust, sponsorship: returns, niches, model, weights: &weights })
    };
    let factors = authenticity_factors(statistics, returns);
    let mut views = component_views(&components, &weights, (evidence, trusted), None, factors);
    views.remove(0);
    for (place, (view, own)) in views.iter_mut().zip(&components[1..]).enumerate() {
        view.peer_percentile = peers.as_ref().and_then(|peers| peers.percentile(place, own));
    }
    let undiscounted = statistics.and_then(CreatorStatistics::undiscounted);
    // Trust is lost by the people it goes through, and what they would have without that is not known.
    let of = |sums| Components::of(Some(&sums), (None, returns), &niches, model).in_order();
    for (view, component) in views.iter_mut().zip(undiscounted.map(of).into_iter().flatten()) {
        view.undiscounted = (component.status == Status::Measured).then_some(component.raw.value);
    }
    if let Some(view) = views.last_mut() {
        view.conversation = statistics.map(|sums| ConversationView::new(sums, scored.threads.as_ref()));
    }
    ScoreReceipt {
        creator_id,
        as_of: None,
        model_version: model.version,
        edge_weights: Some(EdgeWeightsView::from(&model.edge_weights)),
        computed_at: scored.computed_at,
        score: score.score,
        low: score.low,
        high: score.high,
        uncertainty: score.uncertainty(),
        components: views,
        loyal_reach: None,
        annotations: Vec::new(),
        reasons: Some(of_creator(snapshot, told)),
        improvements: Some(scored.statistics.as_ref().map_or_else(Vec::new, outlook)),
        peers: peers.as_ref().map(PeersView::from),
        statistics: scored.statistics.as_ref().map(StatisticsView::from),
        trust: scored.trust.as_ref().map(TrustSumsView::from),
        community: scored.community.as_ref().and_then(CommunityView::of),
        topics: TopicsView::of(&scored.topics),
        sponsorship: scored.sponsorship.as_ref().map(SponsorshipView::from),
        exposure: scored.exposure.as_ref().map(ExposureView::from),
    }
}
