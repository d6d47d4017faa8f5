//! Components as shown.

use crate::{
    conversations::views::ConversationView,
    scores::{
        communities::Community,
        components::{Component, Evidence, NAMES, Status},
        fit::{AUTHORITY_SHARE, Fit, VALUES_SHARE},
        receipt::Weights,
    },
    topics::Topics,
    trust::TrustSums,
};
use serde::Serialize;
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
    /// Share of peers whose measured value is lower; absent where it is not measured, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.87, minimum = 0.0, maximum = 1.0)]
    pub(super) peer_percentile: Option<f64>,
    /// The value if nobody were discounted, of loyalty, authenticity and conversation. Absent where nobody is, where too few people
    /// would count even so, in lists, and of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.14, minimum = 0.0, maximum = 1.0)]
    pub(super) undiscounted: Option<f64>,
    /// What the value rests on. For fit: people of the creator who engage with other creators, too. For trust: people with any.
    evidence: Evidence,
    /// What fit is made of, or authenticity where trust under sponsorship is measured; absent otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    parts: Vec<PartView>,
    /// How people and the creator talk with each other; absent for the other components, in lists, and before the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) conversation: Option<ConversationView>,
}

/// The community around a creator: what its people engage with elsewhere. Counted once an hour at most.
#[derive(Serialize, ToSchema)]
pub(super) struct CommunityView {
    /// People who engage with this creator and with others.
    #[schema(example = 230, minimum = 1)]
    people: u32,
    /// The largest niches in what they do elsewhere. First the one for which they speak most, given how popular each is among all
    /// people (naive Bayes: ln usual share + the sum over people of ln(1 + 4 x votes / (root of others x usual share)), where
    /// everybody has one vote for each of the others they engage with, split over its niches).
    #[schema(max_items = 8)]
    niches: Vec<ObservedNicheView>,
}

/// What a creator posts about: its newest 50 posts that have topics, without those that somebody paid for. Topics are read with the words by
/// which briefs are, once a minute as a rule, and anew within an hour after a niche of the tenant has changed.
#[derive(Serialize, ToSchema)]
pub(super) struct TopicsView {
    /// Those of these posts some of whose topics name a niche.
    #[schema(example = 31, minimum = 1, maximum = 50)]
    posts: u32,
    /// The niches that make up a twentieth or more of what these posts are about, the largest first, four at most.
    #[schema(max_items = 4)]
    niches: Vec<ObservedNicheView>,
}

/// A niche in which people or posts of a creator are.
#[derive(Serialize, ToSchema)]
pub(super) struct ObservedNicheView {
    /// The niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    id: String,
    /// Its share: of what the people do elsewhere, or of the posts, each of which counts once, in equal parts for its topics.
    #[schema(example = 0.34, minimum = 0.02, maximum = 1.0)]
    share: f64,
}

impl TopicsView {
    /// That of posts whose topics could be read, if there are any.
    pub(super) fn of(Topics { posts, shares }: &Topics) -> Option<Self> {
        (*posts > 0).then(|| Self { posts: *posts, niches: observed(shares) })
    }
}

fn observed(shares: &[(String, f64)]) -> Vec<ObservedNicheView> {
    shares.iter().map(|(id, share)| ObservedNicheView { id: id.clone(), share: *share }).collect()
}

impl CommunityView {
    /// That of people who engage with others, too, if there are any.
    pub(super) fn of(Community { people, shares, .. }: &Community) -> Option<Self> {
        (*people > 0).then(|| Self { people: *people, niches: observed(shares) })
    }
}

/// A part of fit, or one of the two factors of authenticity.
#[derive(Serialize, ToSchema)]
pub struct PartView {
    /// Of fit: `declared` (niches the creator names), `topics` (niches its posts are about), `community` (niches its people engage
    /// with elsewhere), `authority` (its
    /// loyal reach beside what is usual in the niches of the brief) or `values` (those of the brief that it names, when the brief
    /// names any). Of authenticity: `outside_rings` (what is not lost to rings) or `under_sponsorship` (less than 1 where people
    /// stay away after sponsored posts beyond chance).
    #[schema(example = "community", max_length = 32)]
    name: &'static str,
    /// How much it counts; all parts of fit add up to 1. Absent for factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.4, minimum = 0.0, maximum = 1.0)]
    share: Option<f64>,
    /// Declared, topics and community: cosine of the brief and this side alone. Authority: x / (1 + x) for x times the
    /// loyal reach that is usual in the niche. Values: cosine of the brief's and the creator's. Of authenticity: the factor.
    #[schema(example = 0.9, minimum = 0.0, maximum = 1.0)]
    value: f64,
}

/// The components as shown. Evidence goes with what is measured on people; without a brief there is no fit.
#[must_use]
pub fn component_views(
    components: &[Component; NAMES.len()],
    weights: &Weights,
    (evidence, trusted): (Evidence, Evidence),
    fit: Option<&Fit>,
    factors: Option<[f64; 2]>,
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
            peer_percentile: None,
            undiscounted: None,
            evidence: match *name {
                "trust" => trusted,
                "loyalty" | "authenticity" | "conversation" => evidence,
                "fit" => fit.map_or(Evidence::default(), fit_evidence),
                _ => Evidence::default(),
            },
            parts: match *name {
                "fit" => fit.map_or(Vec::new(), fit_parts),
                "authenticity" => factors.map_or(Vec::new(), factor_parts),
                _ => Vec::new(),
            },
            conversation: None,
        })
        .collect()
}

/// What trust rests on: trusted people.
#[must_use]
pub fn trusted_evidence(trust: Option<&TrustSums>) -> Evidence {
    Evidence { engagers: trust.map_or(0, |sums| sums.people), ..Evidence::default() }
}

fn fit_evidence(fit: &Fit) -> Evidence {
    let people = i32::try_from(fit.nearness.people).unwrap_or(i32::MAX);
    Evidence { engagers: people, ..Evidence::default() }
}

fn fit_parts(fit: &Fit) -> Vec<PartView> {
    let (near, share) = (&fit.nearness, fit.nearness_share());
    let part = |name, share, value| PartView { name, share: Some(share), value };
    let mut parts = vec![
        part("declared", share * near.declared.share, near.declared.cosine),
        part("topics", share * near.topics.share, near.topics.cosine),
        part("community", share * near.community.share, near.community.cosine),
        part("authority", AUTHORITY_SHARE, fit.authority.value),
    ];
    parts.extend(fit.values.map(|value| part("values", VALUES_SHARE, value)));
    parts
}

fn factor_parts(factors: [f64; 2]) -> Vec<PartView> {
    let names = ["outside_rings", "under_sponsorship"];
    names.into_iter().zip(factors).map(|(name, value)| PartView { name, share: None, value }).collect()
}
