//! `/v1/model`: everything needed to recompute a score.

mod formulas;

use self::formulas::FORMULAS;
use super::{
    components::NAMES,
    discounts::views::DiscountParameters,
    fit::{AUTHORITY_SHARE, VALUES_SHARE},
    loyalty::HORIZON_DAYS,
    model::{
        ANSWER_PRIOR_WEIGHT, AUTHENTICITY_PRIOR, AUTHENTICITY_PRIOR_WEIGHT, AUTHENTICITY_SPREAD,
        LOYALTY_PRIOR_WEIGHT, MIN_ENGAGERS, MIN_WINDOW_DAYS, Rates, ScoringModel, Spread, TALK_PRIOR_WEIGHT,
    },
    nearness::{
        COMMUNITY_HALF, LISTED_SHARE, MAX_COMMUNITY_SHARE, MAX_TOPICS_SHARE, MIN_NEARNESS, PARENT_SHARE,
        TOPICS_HALF,
    },
    recalibration::Recalibration,
    receipt::Weights,
    store::models::{InForce, in_force},
};
use crate::{
    db::Pools,
    events::Kind,
    http::{
        auth::{Caller, Read},
        problem::Problem,
    },
    relationships::{model::HALF_LIFE_DAYS, purchases},
    sponsorship::http::SponsorshipParameters,
    topics,
    trust::http::TrustParameters,
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

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
    /// Returns that were seen in windows that are over: with fewer than 50, the correction is that of the model before.
    #[schema(example = 1_780, minimum = 0)]
    fitted_on_returns: u64,
    /// Default weights by component.
    #[schema(example = json!({"fit": 0.35, "loyalty": 0.25, "trust": 0.15, "authenticity": 0.15, "conversation": 0.1}))]
    weights: BTreeMap<&'static str, f64>,
    /// How much an act of each kind adds to the strength of a relationship; the tenant may set its own.
    #[schema(example = json!({"like": 1.0, "comment": 4.0}))]
    edge_weights: BTreeMap<&'static str, f64>,
    /// Version of the edge weights: 1 is the built-in one.
    #[schema(example = 1, minimum = 1)]
    edge_weights_version: i32,
    /// The built-in weights, under which relationships are folded.
    #[schema(example = json!({"like": 1.0, "comment": 4.0}))]
    built_in_edge_weights: BTreeMap<&'static str, f64>,
    /// How much the amount of a purchase makes of it.
    purchases: PurchaseParameters,
    /// Days in which strength decays to a half.
    #[schema(example = 30.0)]
    half_life_days: f64,
    /// Parameters of the chance of return.
    return_model: ReturnModelView,
    /// How that chance is corrected by what came true before.
    recalibration: RecalibrationView,
    /// Parameters of fit.
    fit: FitParameters,
    /// Parameters of loyalty.
    loyalty: ComponentParameters,
    /// Parameters of trust.
    trust: TrustParameters,
    /// Parameters of authenticity.
    authenticity: ComponentParameters,
    /// Parameters of trust under sponsorship, a factor of authenticity.
    sponsorship: SponsorshipParameters,
    /// Parameters of conversation; its priors are of the share of people who talk.
    conversation: ComponentParameters,
    /// Parameters of the share of people who talk that the creator answers, for conversation.
    answers: AnswerParameters,
    /// Parameters of discounts.
    discounts: DiscountParameters,
    /// Each formula, with its source.
    #[schema(example = json!({"low": "score - sqrt(sum over components of (weight (mapped - map(low)))^2)"}))]
    formulas: BTreeMap<&'static str, &'static str>,
}

/// How much the amount of a purchase makes of it.
#[derive(Serialize, ToSchema)]
pub struct PurchaseParameters {
    /// Version of these parameters.
    #[schema(example = 1, minimum = 1)]
    version: i32,
    /// Least factor.
    #[schema(example = 0.5)]
    least: f64,
    /// Most.
    #[schema(example = 4.0)]
    most: f64,
    /// Amount of an ordinary purchase by currency, in its minor units.
    #[schema(example = json!({"EUR": 3_000, "JPY": 5_000, "RON": 15_000}))]
    ordinary: BTreeMap<&'static str, i64>,
}

/// The MBG/NBD model of returning people.
#[derive(Serialize, ToSchema)]
pub struct ReturnModelView {
    /// Shape of the rates of active days over people.
    #[schema(example = 0.125, minimum = 0.0)]
    r: f64,
    /// Scale of those rates, in days.
    #[schema(example = 2.0, minimum = 0.0)]
    alpha: f64,
    /// First parameter of the chances to leave.
    #[schema(example = 2.9, minimum = 0.0)]
    a: f64,
    /// Second parameter of the chances to leave.
    #[schema(example = 1.76, minimum = 0.0)]
    b: f64,
    /// Days within which a return counts.
    #[schema(example = 90.0)]
    horizon_days: f64,
}

/// Coefficients of a logistic regression, fitted to what became of people in up to four windows of 90 days that are over.
#[derive(Serialize, ToSchema)]
pub struct RecalibrationView {
    /// The same for everybody.
    #[schema(example = -1.83)]
    intercept: f64,
    /// For each unit of the log-odds of the return model's chance.
    #[schema(example = 0.39)]
    log_odds: f64,
    /// For people with one active day.
    #[schema(example = -0.85)]
    single: f64,
    /// For each unit of ln(`live_recent` + 0.01).
    #[schema(example = 0.86)]
    recent: f64,
    /// For each unit of ln(`live_lasting` + 0.01).
    #[schema(example = -0.47)]
    lasting: f64,
}

/// Parameters of fit.
#[derive(Serialize, ToSchema)]
pub struct FitParameters {
    /// What a niche shares with its parent.
    #[schema(example = 0.5)]
    parent_share: f64,
    /// Least nearness of a candidate.
    #[schema(example = 0.25)]
    minimum: f64,
    /// How much authority counts.
    #[schema(example = 0.1)]
    authority_share: f64,
    /// How much shared values count, when the brief names values.
    #[schema(example = 0.15)]
    values_share: f64,
    /// Most that topics count, against what the creator declares.
    #[schema(example = 0.5)]
    topics_share_max: f64,
    /// Posts at which topics count half of their most.
    #[schema(example = 10.0)]
    topics_half: f64,
    /// Newest posts whose topics are read.
    #[schema(example = 50)]
    topics_posts: i64,
    /// Most niches that topics are in.
    #[schema(example = 4)]
    topics_niches: usize,
    /// Least share of a niche in topics.
    #[schema(example = 0.05)]
    topics_least_share: f64,
    /// Most that the community counts, against what the creator tells: what it declares and what it posts about.
    #[schema(example = 0.5)]
    community_share_max: f64,
    /// People at which the community counts half of its most.
    #[schema(example = 20.0)]
    community_half: f64,
    /// Share of topics or of a community at which a creator is a candidate for a niche without declaring it.
    #[schema(example = 0.2)]
    listed_share: f64,
}

/// Parameters of a component that is measured on people.
#[derive(Serialize, ToSchema)]
pub struct ComponentParameters {
    /// People that the niche's rate counts as.
    #[schema(example = 20.0)]
    prior_weight: f64,
    /// Rate over all creators of the tenant.
    #[schema(example = 0.0044)]
    prior: f64,
    /// Rates of niches with enough data.
    #[schema(example = json!({"gaming": 0.02}))]
    niche_priors: BTreeMap<String, f64>,
    /// Interval of creators with insufficient evidence: 10 % quantile over creators.
    #[schema(example = 0.001)]
    spread_low: f64,
    /// Interval of creators with insufficient evidence: 90 % quantile over creators.
    #[schema(example = 0.02)]
    spread_high: f64,
    /// Least people for the component to be measured.
    #[schema(example = 5, minimum = 0)]
    minimum_engagers: i32,
    /// Least days from the first event to the last observed day for the component to be measured.
    #[schema(example = 14, minimum = 0)]
    minimum_window_days: u32,
    /// Spread of creators beyond what their people explain, as a share of the value (coefficient of variation).
    #[schema(example = 0.6, minimum = 0.0)]
    creator_effect: f64,
    /// Knots of the map to the common scale, ascending; linear between them.
    #[schema(max_items = 64)]
    map: Vec<Knot>,
}

/// Parameters of the share of people who talk that the creator answers.
#[derive(Serialize, ToSchema)]
pub struct AnswerParameters {
    /// People who talk that the niche's rate counts as.
    #[schema(example = 10.0)]
    prior_weight: f64,
    /// Rate over all creators of the tenant; 0 before answers are known.
    #[schema(example = 0.3)]
    prior: f64,
    /// Rates of niches with enough data.
    #[schema(example = json!({"gaming": 0.4}))]
    niche_priors: BTreeMap<String, f64>,
}

/// A knot of a map.
#[derive(Serialize, ToSchema)]
pub struct Knot {
    /// On the component's own scale.
    #[schema(example = 0.01)]
    value: f64,
    /// On the common scale.
    #[schema(example = 0.6)]
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
    let InForce { model, fitted_at, .. } = in_force(&client, caller.tenant().id).await?;
    Ok(HttpResponse::Ok().json(ModelView::new(&model, fitted_at)))
}

impl ModelView {
    fn new(model: &ScoringModel, fitted_at: Option<Timestamp>) -> Self {
        let [r, alpha, a, b] = model.return_model.parameters();
        let Recalibration { intercept, log_odds, single, recent, lasting } = model.recalibration;
        Self {
            version: model.version,
            fitted_at,
            fitted_on_engagers: model.basis.engagers,
            fitted_on_returns: model.basis.returns,
            weights: NAMES.into_iter().zip(Weights::DEFAULT.0).collect(),
            edge_weights: Kind::ALL.iter().map(|kind| (kind.name(), model.edge_weights.of(*kind))).collect(),
            edge_weights_version: model.edge_weights.version,
            built_in_edge_weights: Kind::ALL.iter().map(|kind| (kind.name(), kind.weight())).collect(),
            purchases: PurchaseParameters {
                version: purchases::VERSION,
                least: purchases::LEAST,
                most: purchases::MOST,
                ordinary: purchases::ORDINARY.into_iter().collect(),
            },
            half_life_days: HALF_LIFE_DAYS,
            return_model: ReturnModelView { r, alpha, a, b, horizon_days: HORIZON_DAYS },
            recalibration: RecalibrationView { intercept, log_odds, single, recent, lasting },
            fit: FitParameters {
                parent_share: PARENT_SHARE,
                minimum: MIN_NEARNESS,
                authority_share: AUTHORITY_SHARE,
                values_share: VALUES_SHARE,
                topics_share_max: MAX_TOPICS_SHARE,
                topics_half: TOPICS_HALF,
                topics_posts: topics::model::POSTS,
                topics_niches: topics::model::NICHES,
                topics_least_share: topics::model::LEAST_SHARE,
                community_share_max: MAX_COMMUNITY_SHARE,
                community_half: COMMUNITY_HALF,
                listed_share: LISTED_SHARE,
            },
            loyalty: loyalty_parameters(model),
            trust: TrustParameters::IN_FORCE,
            authenticity: authenticity_parameters(model),
            sponsorship: SponsorshipParameters::IN_FORCE,
            conversation: conversation_parameters(model),
            answers: AnswerParameters {
                prior_weight: ANSWER_PRIOR_WEIGHT,
                prior: model.rates.answer,
                niche_priors: niche_rates(model, |rates| rates.answer),
            },
            discounts: DiscountParameters::IN_FORCE,
            formulas: FORMULAS.into_iter().collect(),
        }
    }
}

fn loyalty_parameters(model: &ScoringModel) -> ComponentParameters {
    let common = parameters(model, |rates| rates.loyalty, model.loyalty_spread, model.loyalty_map.knots());
    ComponentParameters {
        prior_weight: LOYALTY_PRIOR_WEIGHT,
        minimum_window_days: MIN_WINDOW_DAYS,
        creator_effect: model.creator_effect,
        ..common
    }
}

fn authenticity_parameters(model: &ScoringModel) -> ComponentParameters {
    let common =
        parameters(model, |_| AUTHENTICITY_PRIOR, AUTHENTICITY_SPREAD, model.authenticity_map.knots());
    ComponentParameters { prior_weight: AUTHENTICITY_PRIOR_WEIGHT, niche_priors: BTreeMap::new(), ..common }
}

fn conversation_parameters(model: &ScoringModel) -> ComponentParameters {
    parameters(model, |rates| rates.talk, model.conversation_spread, model.conversation_map.knots())
}

fn niche_rates(model: &ScoringModel, rate: impl Fn(&Rates) -> f64) -> BTreeMap<String, f64> {
    model.niches.iter().map(|(niche, rates)| (niche.clone(), rate(rates))).collect()
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
        niche_priors: niche_rates(model, &rate),
        spread_low: spread.low,
        spread_high: spread.high,
        minimum_engagers: MIN_ENGAGERS,
        minimum_window_days: 0,
        creator_effect: 0.0,
        map: knots.iter().map(|(value, mapped)| Knot { value: *value, mapped: *mapped }).collect(),
    }
}
