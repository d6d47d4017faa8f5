//! Weights as they are sent, and what makes them valid.

use super::model::{MOST, weighted_kinds};
use crate::{
    error::{FieldError, Violations, not_null, object},
    events::Kind,
};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Weights of a tenant's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"weights": {"like": 0.5, "purchase": 20.0}}))]
pub struct EdgeWeightsInput {
    /// Weights by kind.
    #[serde(deserialize_with = "by_kind")]
    pub weights: KindWeights,
}

/// An object, and no array of weights in the order of the fields.
fn by_kind<'de, D: Deserializer<'de>>(value: D) -> Result<KindWeights, D::Error> {
    object(value).map(Option::unwrap_or_default)
}

/// How much an act of each kind counts. A kind that is left out has its built-in weight; at least one must count. Kinds that
/// are not here make no active day and never count.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KindWeights {
    /// Of a like.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 1.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub like: Option<f64>,
    /// Of a comment.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 4.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub comment: Option<f64>,
    /// Of a reply in a thread.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 5.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub reply: Option<f64>,
    /// Of passing a post on.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 4.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub share: Option<f64>,
    /// Of keeping a post.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 3.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub save: Option<f64>,
    /// Of following a link.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 1.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub click: Option<f64>,
    /// Of beginning to follow.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 2.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub follow: Option<f64>,
    /// Of an ordinary purchase.
    #[serde(deserialize_with = "not_null")]
    #[schema(example = 10.0, nullable = false, minimum = 0.0, maximum = 100.0)]
    pub purchase: Option<f64>,
}

impl KindWeights {
    fn given(&self, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Like => self.like,
            Kind::Comment => self.comment,
            Kind::Reply => self.reply,
            Kind::Share => self.share,
            Kind::Save => self.save,
            Kind::Click => self.click,
            Kind::Follow => self.follow,
            Kind::Purchase => self.purchase,
            Kind::View | Kind::CreatorReply | Kind::Unfollow | Kind::Mention | Kind::Retract => None,
        }
    }
}

impl EdgeWeightsInput {
    /// The weights of all active kinds, `None` when they are the built-in ones; or everything that is wrong with them.
    pub fn accept(&self) -> Result<Option<BTreeMap<Kind, f64>>, Vec<FieldError>> {
        let mut violations = Violations::default();
        let weight = |kind: Kind| (kind, self.weights.given(kind).unwrap_or(kind.weight()));
        let weights: BTreeMap<Kind, f64> = weighted_kinds().map(weight).collect();
        for (kind, weight) in &weights {
            if !(0.0..=MOST).contains(weight) {
                let pointer = format!("/weights/{}", kind.name());
                violations.add(pointer, "out_of_range", format!("must be between 0 and {MOST}"));
            }
        }
        if !weights.values().any(|weight| *weight > 0.0) {
            violations.add("/weights", "out_of_range", "at least one kind must count more than 0");
        }
        let built_in = weighted_kinds().map(|kind| (kind, kind.weight())).collect();
        violations.into_result((weights != built_in).then_some(weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn accept(weights: &Value) -> Result<Option<BTreeMap<Kind, f64>>, Vec<FieldError>> {
        let input: EdgeWeightsInput = serde_json::from_value(json!({"weights": weights})).unwrap();
        input.accept()
    }

    fn every_kind(weight: f64) -> Value {
        weighted_kinds()
            .map(|kind| (kind.name().to_owned(), json!(weight)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    #[test]
    fn every_kind_with_a_weight_can_be_given_one_and_keeps_its_own_otherwise() {
        let all = accept(&every_kind(7.0)).unwrap().unwrap();
        assert!(weighted_kinds().all(|kind| (all[&kind] - 7.0).abs() < f64::EPSILON), "{all:?}");
        let one = accept(&json!({"like": 0})).unwrap().unwrap();
        assert!(one[&Kind::Like].abs() < f64::EPSILON);
        let others = weighted_kinds().filter(|kind| *kind != Kind::Like);
        assert!(others.into_iter().all(|kind| (one[&kind] - kind.weight()).abs() < f64::EPSILON), "{one:?}");
        for built_in in [json!({}), json!({"like": 1, "purchase": 10.0})] {
            assert_eq!(accept(&built_in), Ok(None));
        }
    }

    #[test]
    fn every_rule_names_its_field() {
        let wrong = |weights: &Value| -> Vec<String> {
            accept(weights).err().unwrap_or_default().into_iter().map(|error| error.pointer).collect()
        };
        assert_eq!(wrong(&json!({"like": 100, "save": 0})), Vec::<String>::new());
        assert_eq!(wrong(&json!({"like": 100.1, "save": -0.1})), ["/weights/like", "/weights/save"]);
        assert_eq!(wrong(&every_kind(0.0)), ["/weights"]);
    }
}
