//! `/v1/creators/{creator_id}/scores` and `/v1/model`.

use super::{
    components::{Component, Components, Evidence, NAMES, Status},
    fit::{COMMUNITY_HALF, Fit, MAX_COMMUNITY_SHARE, MIN_FIT, PARENT_SHARE},
    loyalty::HORIZON_DAYS,
    model::{
        CREATOR_EFFECT, LOYALTY_PRIOR_WEIGHT, MIN_ENGAGERS, MIN_WINDOW_DAYS, Rates, ScoringModel, Spread,
        TALK_PRIOR_WEIGHT,
    },
    receipt::{Score, Weights},
    statistics::{CreatorStatistics, MATURE_DAYS},
    store,
};
use crate::{
    creators::http::not_found,
    db::Pools,
    events::Kind,
    http::{
        auth::{Caller, Read},
        params::PathId,
        problem::Problem,
    },
    ids::CreatorKey,
    relationships::model::HALF_LIFE_DAYS,
    snapshot::chunk::evidence_of,
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One part of a score.
#[derive(Serialize, ToSchema)]
pub struct ComponentView {
    /// `fit`, `loyalty`, `trust`, `authenticity` or `conversation`.
    #[schema(example = "loyalty", max_length = 32)]
    name: &'static str,
    /// Whether there is enough evidence.
    status: Status,
    /// The value on the component's own scale, 0 to 1. With status `insufficient`: the mean of comparable creators.
    #[schema(example = 0.12, minimum = 0.0, maximum = 1.0)]
    value: f64,
    /// 10 % quantile of the value.
    #[schema(example = 0.09, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of the value.
    #[schema(example = 0.15, minimum = 0.0, maximum = 1.0)]
    high: f64,
    /// The value on the common scale: `value` through the published map of the component.
    #[schema(example = 0.81, minimum = 0.0, maximum = 1.0)]
    mapped: f64,
    /// How much the component counts; all weights add up to 1.
    #[schema(example = 0.25, minimum = 0.0, maximum = 1.0)]
    weight: f64,
    /// `weight` x `mapped`.
    #[schema(example = 0.2025, minimum = 0.0, maximum = 1.0)]
    contribution: f64,
    /// What the value rests on. For fit: people of the creator who engage with other creators, too.
    evidence: Evidence,
    /// What fit is made of; absent for the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    parts: Vec<PartView>,
}

/// One of the two sides of fit.
#[derive(Serialize, ToSchema)]
pub struct PartView {
    /// `declared` (niches the creator names) or `community` (niches its people engage with elsewhere).
    #[schema(example = "community", max_length = 32)]
    name: &'static str,
    /// How much it counts; the two add up to 1.
    #[schema(example = 0.4, minimum = 0.0, maximum = 1.0)]
    share: f64,
    /// Cosine of the brief and this side alone.
    #[schema(example = 0.9, minimum = 0.0, maximum = 1.0)]
    value: f64,
}

/// The components as shown. Evidence goes with what is measured on people; without a brief there is no fit.
#[must_use]
pub fn component_views(
    components: &[Component; NAMES.len()],
    weights: &Weights,
    evidence: Evidence,
    fit: Option<&Fit>,
) -> Vec<ComponentView> {
    let views = NAMES.iter().zip(components).zip(weights.0);
    views
        .map(|((name, component), weight)| ComponentView {
            name,
            status: component.status,
            value: component.raw.value,
            low: component.raw.low,
            high: component.raw.high,
            mapped: component.mapped.value,
            weight,
            contribution: weight * component.mapped.value,
            evidence: match *name {
                "loyalty" | "conversation" => evidence,
                "fit" => fit.map_or(Evidence::default(), fit_evidence),
                _ => Evidence::default(),
            },
            parts: fit.filter(|_| *name == "fit").map_or(Vec::new(), fit_parts),
        })
        .collect()
}

fn fit_evidence(fit: &Fit) -> Evidence {
    Evidence { engagers: i32::try_from(fit.people).unwrap_or(i32::MAX), ..Evidence::default() }
}

fn fit_parts(fit: &Fit) -> Vec<PartView> {
    vec![
        PartView { name: "declared", share: 1.0 - fit.share, value: fit.declared },
        PartView { name: "community", share: fit.share, value: fit.community },
    ]
}

/// The scores of a creator, without a brief: fit is left out, and the other weights are scaled to a sum of 1.
#[derive(Serialize, ToSchema)]
pub struct ScoreReceipt {
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Version of the scoring model; `GET /v1/model` shows it.
    #[schema(example = 3, minimum = 0)]
    model_version: i32,
    /// When the sums over relationships were computed; absent before the first event.
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
    /// The sums from which the components are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    statistics: Option<StatisticsView>,
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
    /// Those who first came 30 or more days before the end of the window, or who came back.
    #[schema(example = 388, minimum = 0)]
    mature_engagers: i32,
    /// Those with two or more active days.
    #[schema(example = 143, minimum = 0)]
    loyal_engagers: i32,
    /// Those with a substantive comment or a reply.
    #[schema(example = 97, minimum = 0)]
    talking_engagers: i32,
    /// Loyal reach: people expected back within 90 days.
    #[schema(example = 96.4, minimum = 0.0)]
    loyal_reach: f64,
    /// Variance of the loyal reach, for independent people.
    #[schema(example = 31.0, minimum = 0.0)]
    loyal_reach_variance: f64,
    /// Days of the observed window, from the first to the last event.
    #[schema(example = 180, minimum = 0)]
    window_days: u32,
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
            loyal_reach: sums.expected_back,
            loyal_reach_variance: sums.expected_back_variance,
            window_days: sums.window_days(),
        }
    }
}

/// Get the scores of a creator
///
/// A receipt: every component with interval and evidence, and the sums from which anyone can recompute it with
/// `GET /v1/model`.
#[utoipa::path(operation_id = "getCreatorScores", tag = "scores",
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128)),
    responses((status = 200, body = ScoreReceipt, description = "The receipt")))]
#[get("/v1/creators/{creator_id}/scores")]
pub(crate) async fn get_creator_scores(
    caller: Caller<Read>,
    id: PathId,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let client = pools.reads.get().await?;
    let tenant = caller.tenant().id;
    let scored = store::scored(&client, CreatorKey::derive(tenant, &id.0)).await?.ok_or_else(not_found)?;
    let (model, _) = store::model(&client, tenant).await?;
    Ok(HttpResponse::Ok().json(receipt(id.0, &scored, &model)))
}

fn receipt(creator_id: String, scored: &store::Scored, model: &ScoringModel) -> ScoreReceipt {
    let own = Components::of(scored.statistics.as_ref(), &scored.niches, model);
    let components =
        [Component::UNMEASURED, own.loyalty, Component::UNMEASURED, Component::UNMEASURED, own.conversation];
    let [_, loyalty, trust, authenticity, conversation] = Weights::DEFAULT.0;
    let weights =
        Weights::normalised([0.0, loyalty, trust, authenticity, conversation]).unwrap_or(Weights::DEFAULT);
    let score = Score::of(&weights, &components.map(|component| component.mapped));
    let evidence = scored.statistics.as_ref().map_or(Evidence::default(), evidence_of);
    let mut views = component_views(&components, &weights, evidence, None);
    views.remove(0);
    ScoreReceipt {
        creator_id,
        model_version: model.version,
        computed_at: scored.computed_at,
        score: score.score,
        low: score.low,
        high: score.high,
        uncertainty: score.uncertainty(),
        components: views,
        statistics: scored.statistics.as_ref().map(StatisticsView::from),
    }
}

/// Everything needed to recompute a score.
#[derive(Serialize, ToSchema)]
pub struct ModelView {
    /// 0: the published default; higher: fitted to the tenant's data.
    #[schema(example = 3, minimum = 0)]
    version: i32,
    /// When it was fitted; absent for the published default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fitted_at: Option<Timestamp>,
    /// Engaged people of the tenant it was fitted on.
    #[schema(example = 91_000, minimum = 0)]
    fitted_on_engagers: i64,
    /// Default weights by component.
    #[schema(example = json!({"fit": 0.35, "loyalty": 0.25, "trust": 0.15, "authenticity": 0.15, "conversation": 0.1}))]
    weights: BTreeMap<&'static str, f64>,
    /// How much an act of each kind adds to the strength of a relationship.
    #[schema(example = json!({"like": 1.0, "comment": 4.0}))]
    edge_weights: BTreeMap<&'static str, f64>,
    /// Days in which strength decays to a half.
    #[schema(example = 30.0)]
    half_life_days: f64,
    /// Parameters of the chance of return.
    return_model: ReturnModelView,
    /// Parameters of fit.
    fit: FitParameters,
    /// Parameters of loyalty.
    loyalty: ComponentParameters,
    /// Parameters of conversation.
    conversation: ComponentParameters,
    /// Each formula, with its source.
    #[schema(example = json!({"low": "score - sqrt(sum over components of (weight (mapped - map(low)))^2)"}))]
    formulas: BTreeMap<&'static str, &'static str>,
}

/// The MBG/NBD model of returning people.
#[derive(Serialize, ToSchema)]
pub struct ReturnModelView {
    /// Shape of the rates of active days over people.
    #[schema(example = 0.14, minimum = 0.0)]
    r: f64,
    /// Scale of those rates, in days.
    #[schema(example = 2.5, minimum = 0.0)]
    alpha: f64,
    /// First parameter of the chances to leave.
    #[schema(example = 3.1, minimum = 0.0)]
    a: f64,
    /// Second parameter of the chances to leave.
    #[schema(example = 2.5, minimum = 0.0)]
    b: f64,
    /// Days within which a return counts.
    #[schema(example = 90.0)]
    horizon_days: f64,
}

/// Parameters of fit.
#[derive(Serialize, ToSchema)]
pub struct FitParameters {
    /// What a niche shares with its parent.
    #[schema(example = 0.5)]
    parent_share: f64,
    /// Least fit of a candidate.
    #[schema(example = 0.25)]
    minimum: f64,
    /// Most that the community counts, against what the creator declares.
    #[schema(example = 0.5)]
    community_share_max: f64,
    /// People at which the community counts half of its most.
    #[schema(example = 20.0)]
    community_half: f64,
}

/// Parameters of a component that is measured on people.
#[derive(Serialize, ToSchema)]
pub struct ComponentParameters {
    /// People that the niche's rate counts as.
    #[schema(example = 20.0)]
    prior_weight: f64,
    /// Rate over all creators of the tenant.
    #[schema(example = 0.018)]
    prior: f64,
    /// Rates of niches with enough data.
    #[schema(example = json!({"gaming": 0.02}))]
    niche_priors: BTreeMap<String, f64>,
    /// Interval of creators with insufficient evidence: 10 % quantile over creators.
    #[schema(example = 0.005)]
    spread_low: f64,
    /// Interval of creators with insufficient evidence: 90 % quantile over creators.
    #[schema(example = 0.05)]
    spread_high: f64,
    /// Least people for the component to be measured.
    #[schema(example = 5, minimum = 0)]
    minimum_engagers: i32,
    /// Least days of observed window for the component to be measured.
    #[schema(example = 14, minimum = 0)]
    minimum_window_days: u32,
    /// Spread of creators beyond chance, as a share of the value.
    #[schema(example = 0.15)]
    creator_effect: f64,
    /// Knots of the map to the common scale, ascending; linear between them.
    #[schema(max_items = 64)]
    map: Vec<Knot>,
}

/// A knot of a map.
#[derive(Serialize, ToSchema)]
pub struct Knot {
    /// On the component's own scale.
    #[schema(example = 0.02)]
    value: f64,
    /// On the common scale.
    #[schema(example = 0.55)]
    mapped: f64,
}

/// Get the scoring model
///
/// Parameters, maps, weights and formulas in force for the tenant: enough to recompute any receipt.
#[utoipa::path(operation_id = "getModel", tag = "scores",
    responses((status = 200, body = ModelView, description = "The model")))]
#[get("/v1/model")]
pub(crate) async fn get_model(caller: Caller<Read>, pools: Data<Pools>) -> Result<HttpResponse, Problem> {
    let client = pools.reads.get().await?;
    let (model, fitted_at) = store::model(&client, caller.tenant().id).await?;
    Ok(HttpResponse::Ok().json(ModelView::new(&model, fitted_at)))
}

impl ModelView {
    fn new(model: &ScoringModel, fitted_at: Option<Timestamp>) -> Self {
        let [r, alpha, a, b] = model.return_model.parameters();
        Self {
            version: model.version,
            fitted_at,
            fitted_on_engagers: model.basis.engagers,
            weights: NAMES.into_iter().zip(Weights::DEFAULT.0).collect(),
            edge_weights: Kind::ALL.iter().map(|kind| (kind.name(), kind.weight())).collect(),
            half_life_days: HALF_LIFE_DAYS,
            return_model: ReturnModelView { r, alpha, a, b, horizon_days: HORIZON_DAYS },
            fit: FitParameters {
                parent_share: PARENT_SHARE,
                minimum: MIN_FIT,
                community_share_max: MAX_COMMUNITY_SHARE,
                community_half: COMMUNITY_HALF,
            },
            loyalty: loyalty_parameters(model),
            conversation: conversation_parameters(model),
            formulas: FORMULAS.into_iter().collect(),
        }
    }
}

fn loyalty_parameters(model: &ScoringModel) -> ComponentParameters {
    let common = parameters(model, |rates| rates.loyalty, model.loyalty_spread, model.loyalty_map.knots());
    ComponentParameters {
        prior_weight: LOYALTY_PRIOR_WEIGHT,
        minimum_window_days: MIN_WINDOW_DAYS,
        creator_effect: CREATOR_EFFECT,
        ..common
    }
}

fn conversation_parameters(model: &ScoringModel) -> ComponentParameters {
    parameters(model, |rates| rates.talk, model.conversation_spread, model.conversation_map.knots())
}

fn parameters(
    model: &ScoringModel,
    rate: impl Fn(&Rates) -> f64,
    spread: Spread,
    knots: &[(f64, f64)],
) -> ComponentParameters {
    ComponentParameters {
        prior_weight: TALK_PRIOR_WEIGHT,
        prior: rate(&model.rates),
        niche_priors: model.niches.iter().map(|(niche, rates)| (niche.clone(), rate(rates))).collect(),
        spread_low: spread.low,
        spread_high: spread.high,
        minimum_engagers: MIN_ENGAGERS,
        minimum_window_days: 0,
        creator_effect: 0.0,
        map: knots.iter().map(|(value, mapped)| Knot { value: *value, mapped: *mapped }).collect(),
    }
}

/// The formulas, for people who recompute receipts. A test recomputes one from these.
const FORMULAS: [(&str, &str); 9] = [
    (
        "chance_of_return",
        "For x active days after the first, t_x days from first to last active day, T days from the first active day to \
         the end of the creator's observed window: p = P(alive) (1 - ((alpha + T) / (alpha + T + 90))^(r + x)), \
         P(alive) = 1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))^(r + x)). MBG/NBD: Batislam, Denizel and \
         Filiztekin 2007, after Fader, Hardie and Lee 2005.",
    ),
    ("loyal_reach", "Sum of p over people with two or more active days."),
    (
        "loyalty",
        "(loyal_reach + prior_weight prior) / (M + prior_weight), M = mature_engagers, prior = mean rate of the creator's \
         niches. Interval: Beta with this mean and variance (loyal_reach_variance + prior_weight prior (1 - prior)) / \
         (M + prior_weight)^2 + (creator_effect loyalty)^2.",
    ),
    (
        "conversation",
        "Mean and quantiles of Beta(talking_engagers + prior_weight prior, engagers - talking_engagers + prior_weight (1 - \
         prior)).",
    ),
    (
        "fit",
        "Cosine of brief and creator. A niche is a vector with 1 on itself and parent_share on its parent. The brief sums \
         its niches by weight. The creator is (1 - s) D + s C: D sums its declared niches, C the niches its people engage \
         with elsewhere by their share, each scaled to length 1; s = community_share_max n / (n + community_half) for n \
         people who engage with other creators, too (0 without them, 1 without declared niches). Interval: value -+ 1.2816 \
         s sqrt(c (1 - c) / (n + 1)) / |creator|, c the cosine of brief and C.",
    ),
    ("trust, authenticity", "Not measured yet: 0.5 with the interval 0.1 to 0.9 on the common scale."),
    ("score", "Sum over components of weight x mapped; weights are scaled to a sum of 1."),
    (
        "low, high",
        "score - sqrt(sum of (weight (mapped - map(low)))^2) and score + sqrt(sum of (weight (map(high) - mapped))^2): \
         10 % and 90 % quantile for components that err independently. Lists are sorted by low, ties by creator_id.",
    ),
    (
        "maturity",
        "A person is mature when the first active day lies 30 days or more before the end of the window, or with a second \
         active day. Views, unfollows, mentions and the creator's own replies make no active day.",
    ),
];

const _: () = assert!(MATURE_DAYS == 30, "the formulas speak of 30 days");
