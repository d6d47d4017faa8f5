//! The published model: every parameter that turns statistics into scores, versioned per tenant.

use super::{
    liveness::Liveness,
    loyalty::ReturnModel,
    maps::Map,
    recalibration::{History, Recalibration},
};
use crate::{edge_weights::EdgeWeights, relationships::days::Day};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// People the niche's loyalty rate counts as, in each creator's loyalty.
pub const LOYALTY_PRIOR_WEIGHT: f64 = 20.0;
/// People the niche's share of talkers counts as, in each creator's conversation.
pub const TALK_PRIOR_WEIGHT: f64 = 10.0;
/// People who talk that the niche's share of answered ones counts as, in each creator's conversation. As many as
/// [`TALK_PRIOR_WEIGHT`], or more: with fewer, somebody who begins to talk and is not answered could lower the value.
pub const ANSWER_PRIOR_WEIGHT: f64 = 10.0;
/// Authenticity of a creator of whom nothing is known: most are not in rings.
pub const AUTHENTICITY_PRIOR: f64 = 0.95;
/// People it counts as, in each creator's authenticity.
pub const AUTHENTICITY_PRIOR_WEIGHT: f64 = 10.0;
/// How authenticity is spread over creators: a weak assumption, as it is not learnt.
pub const AUTHENTICITY_SPREAD: Spread = Spread { low: 0.8, high: 1.0 };
/// Least people for a component to be measured.
pub const MIN_ENGAGERS: i32 = 5;
/// Least days from the first event to the last observed day for loyalty to be measured.
pub const MIN_WINDOW_DAYS: u32 = 14;
/// Spread of creators beyond what their people explain, as a share of the value (coefficient of variation), before there
/// is a past to learn it from: that of the community [`ReturnModel::PRIOR`] was fitted to.
pub const PRIOR_CREATOR_EFFECT: f64 = 0.6;

/// Rates of a group of creators.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Expected returns within 90 days per mature engager.
    pub loyalty: f64,
    /// Share of engaged people with a substantive comment or a reply.
    pub talk: f64,
    /// Share of those whom their creator answered.
    #[serde(default)]
    pub answer: f64,
}

impl Rates {
    /// Share of engaged people in a conversation: who talks counts half, who is answered counts whole.
    #[must_use]
    pub fn conversation(&self) -> f64 {
        self.talk * (1.0 + self.answer) / 2.0
    }
}

/// How a component is spread over creators: 10 % and 90 % quantile of its raw value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// 10 % quantile.
    pub low: f64,
    /// 90 % quantile.
    pub high: f64,
}

/// What a model was fitted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Engaged people the tenant had.
    pub engagers: i64,
    /// Creators in the sample.
    pub creators: u64,
    /// Relationships in the sample.
    pub relationships: u64,
    /// The last observed day.
    #[serde(default)]
    pub until: Option<Day>,
    /// Returns seen in windows that were over: what the correction was fitted to, when they were enough.
    #[serde(default)]
    pub returns: u64,
}

/// A version of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoringModel {
    /// 0: the published default; higher: fitted to the tenant's data.
    pub version: i32,
    /// Parameters of the chance of return.
    pub return_model: ReturnModel,
    /// What became true of it before.
    #[serde(default = "prior_recalibration")]
    pub recalibration: Recalibration,
    /// Spread of creators beyond what their people explain, as a share of the value.
    #[serde(default = "prior_creator_effect")]
    pub creator_effect: f64,
    /// Rates over all creators of the tenant, of any size.
    pub rates: Rates,
    /// Rates of single niches with enough data, of creators of any size.
    pub niches: BTreeMap<String, Rates>,
    /// Map of loyalty to 0-1.
    pub loyalty_map: Map,
    /// Map of authenticity to 0-1; not learnt, since nearly all creators have nearly all of it.
    #[serde(default = "authenticity_map")]
    pub authenticity_map: Map,
    /// Map of conversation to 0-1.
    pub conversation_map: Map,
    /// Spread of loyalty over creators.
    pub loyalty_spread: Spread,
    /// Spread of conversation over creators.
    pub conversation_spread: Spread,
    /// What it was fitted on.
    pub basis: Basis,
    /// How much an act of each kind counts. Set by the tenant and not fitted, so it is stored by itself.
    #[serde(skip)]
    pub edge_weights: EdgeWeights,
}

// Models that were stored before these were fitted stay readable until they are fitted anew.
fn prior_recalibration() -> Recalibration {
    Recalibration::PRIOR
}

fn prior_creator_effect() -> f64 {
    PRIOR_CREATOR_EFFECT
}

fn authenticity_map() -> Map {
    map(&[(0.0, 0.0), (1.0, 1.0)])
}

impl ScoringModel {
    /// The model before there is data. Rates and spread of loyalty come from the community that
    /// [`ReturnModel::PRIOR`] was fitted on; those of conversation are weak assumptions. No answers are expected before some
    /// are known: most feeds do not bring them, and then nobody is worse for it.
    #[must_use]
    pub fn published_default() -> Self {
        Self {
            version: 0,
            return_model: ReturnModel::PRIOR,
            recalibration: Recalibration::PRIOR,
            creator_effect: PRIOR_CREATOR_EFFECT,
            rates: Rates { loyalty: 0.0044, talk: 0.2, answer: 0.0 },
            niches: BTreeMap::new(),
            loyalty_map: map(&[
                (0.0, 0.0),
                (0.001, 0.05),
                (0.002, 0.2),
                (0.0044, 0.5),
                (0.01, 0.6),
                (0.03, 0.72),
                (0.1, 0.84),
                (0.3, 0.94),
                (1.0, 1.0),
            ]),
            authenticity_map: authenticity_map(),
            conversation_map: map(&[
                (0.0, 0.0),
                (0.025, 0.15),
                (0.1, 0.5),
                (0.25, 0.85),
                (0.5, 0.95),
                (1.0, 1.0),
            ]),
            loyalty_spread: Spread { low: 0.001, high: 0.02 },
            conversation_spread: Spread { low: 0.02, high: 0.25 },
            basis: Basis::default(),
            edge_weights: EdgeWeights::default(),
        }
    }

    /// The chance, within 0..=1, that somebody comes back within 90 days.
    #[must_use]
    pub fn chance_of_return(&self, history: History, liveness: Liveness) -> f64 {
        self.recalibration.chance(&self.return_model, history, liveness)
    }

    /// The rates a creator with these niches is measured against: the mean of its niches' rates.
    #[must_use]
    pub fn rates_for(&self, niches: &[&str]) -> Rates {
        let known: Vec<&Rates> = niches.iter().filter_map(|niche| self.niches.get(*niche)).collect();
        if known.is_empty() {
            return self.rates;
        }
        let mean =
            |of: fn(&Rates) -> f64| known.iter().map(|rates| of(rates)).sum::<f64>() / known.len() as f64;
        Rates {
            loyalty: mean(|rates| rates.loyalty),
            talk: mean(|rates| rates.talk),
            answer: mean(|rates| rates.answer),
        }
    }
}

fn map(knots: &[(f64, f64)]) -> Map {
    Map::new(knots.to_vec()).expect("the published knots ascend; a test builds the default model")
}

/// True when a number has become `growth` times more, or that many times fewer.
#[must_use]
pub fn has_moved(before: i64, now: i64, growth: f64) -> bool {
    let (before, now) = (before as f64, now as f64);
    now > before * growth || now < before / growth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_model_survives_storage() {
        let model = ScoringModel::published_default();
        let stored = serde_json::to_value(&model).unwrap();
        assert_eq!(serde_json::from_value::<ScoringModel>(stored).unwrap(), model);
    }

    #[test]
    fn niches_without_data_are_measured_against_all_creators() {
        let mut model = ScoringModel::published_default();
        model.niches.insert("gaming".to_owned(), Rates { loyalty: 0.1, talk: 0.4, answer: 0.5 });
        assert_eq!(model.rates_for(&[]), model.rates);
        assert_eq!(model.rates_for(&["travel"]), model.rates);
        assert!((model.rates_for(&["gaming", "travel"]).loyalty - 0.1).abs() < 1e-12);
    }

    #[test]
    fn rates_that_were_stored_before_answers_were_counted_stay_readable() {
        let stored = serde_json::json!({"loyalty": 0.1, "talk": 0.4});
        let rates: Rates = serde_json::from_value(stored).unwrap();
        assert_eq!(rates, Rates { loyalty: 0.1, talk: 0.4, answer: 0.0 });
    }

    #[test]
    fn growth_and_shrinkage_are_noticed() {
        let moved = |before, now| has_moved(before, now, 1.1);
        assert!(moved(0, 1) && moved(100, 111) && moved(100, 90) && !moved(100, 105));
        assert!(!moved(0, 0));
    }
}
