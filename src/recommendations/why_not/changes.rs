//! What would bring a creator into a list.
//!
//! A change is a merge patch of the request. It is asked as a request before it is told, so what is told is what will be
//! answered: others come in, too, when a filter asks less.

use super::{
    model::Case,
    needed::{needed, raw},
    relaxed::{self, put},
};
use crate::{
    http::params::MAX_LIMIT,
    recommendations::{
        brief::{Query, RecommendationRequest, WeightedNiche},
        eligibility::Filter,
        rank::{self, Ranked, Standing},
    },
    scores::{components::NAMES, receipt::Score},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What would bring a creator into the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Filters that ask less.
    Filters,
    /// A brief that names one of its niches.
    Brief,
    /// A longer list.
    Limit,
    /// A better component.
    Component,
    /// The same score, known exactly.
    Certainty,
}

/// A change that alone would bring a creator into the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What changes last.
    pub kind: ChangeKind,
    /// In words.
    pub words: Vec<String>,
    /// What changes in the request: a merge patch.
    pub patch: Value,
    /// The component, and the least value it needs on the common scale.
    pub component: Option<(usize, f64)>,
    /// The rank it would have, where the request decides it alone.
    pub rank: Option<usize>,
}

/// The request with a patch applied.
pub(super) struct Step {
    kind: ChangeKind,
    words: Vec<String>,
    patch: Value,
    request: RecommendationRequest,
    query: Query,
}

impl Step {
    /// The request with each of these filters asking just so much less that the creator passes; `None`: it would have to name
    /// more than a request may.
    pub(super) fn relaxing(case: Case<'_>, filters: impl Iterator<Item = Filter>) -> Option<Self> {
        let (mut patch, mut words) = (json!({}), Vec::new());
        for filter in filters {
            let (value, told) = relaxed::relaxed(filter, &case);
            put(&mut patch, filter.pointer(), value);
            words.push(told);
        }
        Self::asked(case, (ChangeKind::Filters, words, patch))
    }

    /// Whether nothing was to be relaxed.
    pub(super) fn is_nothing(&self) -> bool {
        self.words.is_empty()
    }

    fn asked(case: Case<'_>, (kind, words, patch): (ChangeKind, Vec<String>, Value)) -> Option<Self> {
        let request = patched(case.request, &patch);
        let query = request.query(case.snapshot).ok()?;
        Some(Self { kind, words, patch, request, query })
    }

    /// This step and then the first niche that the creator declares and the brief does not name, if it then passes.
    pub(super) fn naming_a_niche(&self, case: Case<'_>) -> Option<Self> {
        let named = &self.request.brief.niches;
        let weight = named.iter().map(|niche| niche.weight).fold(0.0, f64::max);
        let declared = case.snapshot.declared(&case.row).into_iter();
        let others = declared.filter(|id| named.iter().all(|niche| niche.id != *id));
        let mut steps = others.filter_map(|id| {
            let told = format!("Add the niche {id} to the brief");
            let niches: Vec<_> =
                named.iter().cloned().chain([WeightedNiche { id: id.to_owned(), weight }]).collect();
            let (mut patch, mut words) = (self.patch.clone(), self.words.clone());
            put(&mut patch, "/brief/niches", json!(niches));
            words.push(told);
            Self::asked(case, (ChangeKind::Brief, words, patch))
        });
        steps.find(|step| step.case(case).obstacles().is_empty())
    }

    /// The creator and this request.
    pub(super) fn case<'b>(&'b self, case: Case<'b>) -> Case<'b> {
        case.asking(&self.request, &self.query)
    }

    /// Where the creator stands then.
    pub(super) fn standing(&self, case: Case<'_>, limit: usize) -> Standing {
        rank::standing(case.snapshot, &self.query, &self.case(case).scored(), limit)
    }

    /// This step alone when it is enough, else with what else would be, and what would not.
    pub(super) fn changes(
        self,
        case: Case<'_>,
        standing: &Standing,
        limit: usize,
    ) -> (Vec<Change>, Vec<&'static str>) {
        let Some(bar) = standing.best.get(limit - 1).filter(|_| standing.above >= limit) else {
            let Self { kind, words, patch, .. } = self;
            let rank = Some(standing.above + 1);
            return (vec![Change { kind, words, patch, component: None, rank }], Vec::new());
        };
        let own = self.case(case).scored();
        let is_enough = |score: Score| {
            let ranked = Ranked { by: self.query.rank_by.of(&score), score, ..own };
            rank::compare(case.snapshot, &ranked, bar).is_lt()
        };
        let mut changes: Vec<Change> = self.longer_list(standing.above + 1).into_iter().collect();
        let (better, mut not_enough) = self.better_components(case, is_enough);
        changes.extend(better);
        let exactly = Score { low: own.score.score, ..own.score };
        if is_enough(exactly) {
            let told = "Its score would be enough if it were known exactly: more people, seen for longer";
            changes.push(self.then(ChangeKind::Certainty, told.to_owned()));
        } else {
            not_enough.push("certainty");
        }
        (changes, not_enough)
    }

    fn longer_list(&self, rank: usize) -> Option<Change> {
        (rank <= MAX_LIMIT).then(|| {
            let mut change = self.then(ChangeKind::Limit, format!("Ask for a list of {rank} creators"));
            put(&mut change.patch, "/limit", json!(rank));
            Change { rank: Some(rank), ..change }
        })
    }

    /// Components that alone would be enough, those with the shortest way first, and those that would not.
    fn better_components(
        &self,
        case: Case<'_>,
        is_enough: impl Fn(Score) -> bool,
    ) -> (Vec<Change>, Vec<&'static str>) {
        let mapped = rank::mapped(&case.row, self.case(case).scored().fit.estimate);
        let (mut better, mut not_enough) = (Vec::new(), Vec::new());
        for (component, name) in NAMES.into_iter().enumerate() {
            match needed(&self.query.weights, &mapped, component, &is_enough) {
                Some(value) => better.push((value - mapped[component].value, component, value)),
                None => not_enough.push(name),
            }
        }
        better.sort_by(|a, b| a.0.total_cmp(&b.0));
        let change = |(_, component, value): (f64, usize, f64)| {
            let own = raw(&case.snapshot.model, component, value).filter(|_| component > 0);
            let by_itself = own.map_or_else(String::new, |own| format!(", {own:.4} on its own"));
            let now = mapped[component].value;
            let told = format!(
                "Its {} would be enough at {value:.3} on the common scale{by_itself}, with all else as it is; it is {now:.3}",
                NAMES[component]
            );
            Change { component: Some((component, value)), ..self.then(ChangeKind::Component, told) }
        };
        (better.into_iter().map(change).collect(), not_enough)
    }

    /// This step and something else.
    fn then(&self, kind: ChangeKind, told: String) -> Change {
        let words = self.words.iter().cloned().chain([told]).collect();
        Change { kind, words, patch: self.patch.clone(), component: None, rank: None }
    }
}

/// The request with a merge patch (RFC 7396) applied.
pub(super) fn patched(request: &RecommendationRequest, patch: &Value) -> RecommendationRequest {
    let mut document = serde_json::to_value(request).expect("a request is plain JSON");
    json_patch::merge(&mut document, patch);
    serde_json::from_value(document).expect("patches are made of what a request may have")
}
