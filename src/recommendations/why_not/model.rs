//! What keeps a creator out of a list, and where it stands.

use super::changes::{Change, Step};
use crate::{
    recommendations::{
        brief::{Query, RecommendationRequest},
        candidates,
        eligibility::{Filter, all_removing},
        rank::{self, Ranked, Standing},
    },
    scores::nearness::MIN_NEARNESS,
    snapshot::{Row, TenantSnapshot},
};

/// A creator and a request.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What is known.
    pub snapshot: &'a TenantSnapshot,
    /// The creator.
    pub row: Row<'a>,
    /// The number of its row.
    pub number: u32,
    /// The request.
    pub request: &'a RecommendationRequest,
    /// The query that the request is.
    pub query: &'a Query,
}

/// What keeps a creator out of a list, however long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A filter.
    Filter(Filter),
    /// Its niches are not near enough to the brief.
    Nearness,
    /// They are near enough, but it stands in none of the lists that are looked through.
    NicheLists,
}

/// Why a creator is not in a list.
pub struct WhyNot {
    /// Its score.
    pub own: Ranked,
    /// What keeps it out however long the list is.
    pub obstacles: Vec<Obstacle>,
    /// How many of those who pass rank above it.
    pub above: usize,
    /// The same without the filters that remove it.
    pub above_without_filters: usize,
    /// What ranks the creator on the last place.
    pub last_listed: Option<f64>,
    /// What would bring it into the list.
    pub changes: Vec<Change>,
    /// What would not.
    pub not_enough: Vec<&'static str>,
}

impl WhyNot {
    /// Why a creator is not in the list of this length.
    #[must_use]
    pub fn of(case: Case<'_>, limit: usize) -> Self {
        let (obstacles, own) = (case.obstacles(), case.scored());
        let standing = rank::standing(case.snapshot, case.query, &own, limit);
        let (above, passes) = (standing.above, obstacles.is_empty());
        let last_listed = last_listed(&standing, passes.then_some(&own), limit);
        let mut found = Self {
            own,
            obstacles,
            above,
            above_without_filters: above,
            last_listed,
            changes: Vec::new(),
            not_enough: Vec::new(),
        };
        if !found.is_listed(limit) {
            found.look_for_changes(case, standing, limit);
        }
        found
    }

    /// Whether it is in the list of this length.
    #[must_use]
    pub fn is_listed(&self, limit: usize) -> bool {
        self.obstacles.is_empty() && self.above < limit
    }

    fn look_for_changes(&mut self, case: Case<'_>, standing: Standing, limit: usize) {
        let removing = self.obstacles.iter().filter_map(|obstacle| match obstacle {
            Obstacle::Filter(filter) => Some(*filter),
            Obstacle::Nearness | Obstacle::NicheLists => None,
        });
        let Some(step) = Step::relaxing(case, removing) else { return };
        let standing = if step.is_nothing() { standing } else { step.standing(case, limit) };
        self.above_without_filters = standing.above;
        let reached = if step.case(case).obstacles().is_empty() {
            Some((step, standing))
        } else {
            // The nearest brief that it passes: with one of its niches.
            step.naming_a_niche(case).map(|step| {
                let standing = step.standing(case, limit);
                (step, standing)
            })
        };
        if let Some((step, standing)) = reached {
            (self.changes, self.not_enough) = step.changes(case, &standing, limit);
        }
    }
}

/// What ranks the last creator of a list with this one in it, if it passes.
fn last_listed(others: &Standing, own: Option<&Ranked>, limit: usize) -> Option<f64> {
    let mut listed: Vec<f64> = others.best.iter().map(|ranked| ranked.by).collect();
    if let Some(own) = own {
        listed.insert(others.above.min(listed.len()), own.by);
    }
    listed.truncate(limit);
    listed.last().copied()
}

impl<'a> Case<'a> {
    /// What keeps the creator out however long the list is.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let filters = all_removing(self.query, &self.row).into_iter().map(Obstacle::Filter);
        let niches = if self.nearness() < MIN_NEARNESS {
            Some(Obstacle::Nearness)
        } else {
            let is_candidate = candidates::is_candidate(self.snapshot, self.query, &self.row);
            (!is_candidate).then_some(Obstacle::NicheLists)
        };
        filters.chain(niches).collect()
    }

    /// How near its niches are to the brief.
    #[must_use]
    pub fn nearness(&self) -> f64 {
        self.row.niches().near(&self.query.asked.common)
    }

    /// Its score.
    #[must_use]
    pub fn scored(&self) -> Ranked {
        rank::scored(self.query, self.number, &self.row)
    }

    /// The same creator and another request.
    #[must_use]
    pub fn asking<'b>(&self, request: &'b RecommendationRequest, query: &'b Query) -> Case<'b>
    where
        'a: 'b,
    {
        let Self { snapshot, row, number, .. } = *self;
        Case { snapshot, row, number, request, query }
    }
}

#[cfg(test)]
mod tests;
