//! What can be wrong with filters, contradictions included: those that can match nobody, whoever there is.

use super::{AudienceTier, Band, Filters, day};
use crate::{
    creators::codes,
    error::Violations,
    niches::words,
    scores::{components::NAMES, nearness::NichePlace},
    snapshot::TenantSnapshot,
};

const MAX_LIST: usize = 50;
const MAX_REACH: f64 = 1e9;
const MAX_GROWTH: f64 = 100.0;
/// Code of filters that nobody can pass together.
const CONTRADICTION: &str = "contradiction";

impl Filters {
    /// Notes everything that is wrong.
    pub(in crate::recommendations) fn check(&self, violations: &mut Violations, snapshot: &TenantSnapshot) {
        self.check_followers(violations);
        self.check_codes(violations);
        violations.at_most("/filters/platforms", self.platforms.len(), MAX_LIST);
        let texts =
            [("regions", &self.regions, 100), ("cities", &self.cities, 100), ("values", &self.values, 64)];
        for (name, list, longest) in texts {
            check_texts(violations, name, list, longest);
        }
        self.check_niches(violations, snapshot);
        self.check_numbers(violations);
        if self.active_since.as_deref().is_some_and(|text| day(text).is_none()) {
            let detail = "must be a date such as 2026-11-01";
            violations.add("/filters/active_since", "invalid_time", detail);
        }
    }

    fn check_followers(&self, violations: &mut Violations) {
        violations.at_most("/filters/tiers", self.tiers.len(), MAX_LIST);
        let Some(Band { min, max }) = self.followers else { return };
        let (min, max) = (min.unwrap_or(0), max.unwrap_or(u32::MAX));
        if min > max {
            violations.add("/filters/followers", "out_of_range", "min is above max: no creator can match");
            return;
        }
        let is_outside = |tier: &AudienceTier| {
            let (least, most) = tier.band();
            most < min || max < least
        };
        if !self.tiers.is_empty() && self.tiers.iter().all(is_outside) {
            let detail = "all lie outside the band of followers: no creator can match";
            violations.add("/filters/tiers", CONTRADICTION, detail);
        }
    }

    fn check_codes(&self, violations: &mut Violations) {
        violations.at_most("/filters/countries", self.countries.len(), MAX_LIST);
        violations.at_most("/filters/languages", self.languages.len(), MAX_LIST);
        for (index, _) in
            self.countries.iter().enumerate().filter(|(_, code)| !codes::is_country(code)).take(MAX_LIST)
        {
            let detail = "must be an ISO 3166-1 alpha-2 code, such as RO";
            violations.add(format!("/filters/countries/{index}"), "unknown_value", detail);
        }
        let unknown = |code: &&String| codes::language_number(code).is_none();
        for (index, _) in self.languages.iter().enumerate().filter(|(_, code)| unknown(code)).take(MAX_LIST) {
            let detail = "must be an ISO 639-1 code, such as ro";
            violations.add(format!("/filters/languages/{index}"), "unknown_value", detail);
        }
    }

    fn check_niches(&self, violations: &mut Violations, snapshot: &TenantSnapshot) {
        let wanted = places(violations, "niches", &self.niches, snapshot);
        let excluded = places(violations, "exclude_niches", &self.exclude_niches, snapshot);
        let is_excluded = |niche: u32| excluded.iter().any(|(_, excluded)| excluded.niche == niche);
        for (index, NichePlace { niche, parent }) in wanted {
            if is_excluded(niche) || parent.is_some_and(is_excluded) {
                let detail =
                    "is excluded by exclude_niches, or part of a niche that is: no creator can match";
                violations.add(format!("/filters/niches/{index}"), CONTRADICTION, detail);
            }
        }
    }

    fn check_numbers(&self, violations: &mut Violations) {
        let scores = self.min_scores.unwrap_or_default().parts();
        for (name, score) in NAMES.iter().zip(scores) {
            within(violations, &format!("/filters/min_scores/{name}"), score, (0.0, 1.0));
        }
        within(violations, "/filters/min_loyal_reach", self.min_loyal_reach, (0.0, MAX_REACH));
        within(violations, "/filters/max_sponsored_share", self.max_sponsored_share, (0.0, 1.0));
        within(violations, "/filters/growth/min", self.growth.map(|growth| growth.min), (-1.0, MAX_GROWTH));
    }
}

fn within(violations: &mut Violations, pointer: &str, number: Option<f64>, (least, most): (f64, f64)) {
    if number.is_some_and(|number| !(least..=most).contains(&number)) {
        violations.add(pointer, "out_of_range", format!("must be between {least} and {most}"));
    }
}

fn check_texts(violations: &mut Violations, name: &str, list: &[String], longest: usize) {
    violations.at_most(&format!("/filters/{name}"), list.len(), MAX_LIST);
    for (index, text) in list.iter().enumerate().take(MAX_LIST) {
        let pointer = format!("/filters/{name}/{index}");
        violations.text(&pointer, text, 0, longest);
        // Marks alone would be compared as nothing.
        if words::folded(text).is_empty() {
            violations.add(pointer, "too_short", "must have at least 1 characters");
        }
    }
}

/// The niches of a list that exist, and where they stand in it.
fn places(
    violations: &mut Violations,
    name: &str,
    ids: &[String],
    snapshot: &TenantSnapshot,
) -> Vec<(usize, NichePlace)> {
    violations.at_most(&format!("/filters/{name}"), ids.len(), MAX_LIST);
    let mut places = Vec::new();
    for (index, id) in ids.iter().enumerate().take(MAX_LIST) {
        match snapshot.place(id) {
            Some(place) => places.push((index, place)),
            None => violations.add(
                format!("/filters/{name}/{index}"),
                "unknown_niche",
                "there is no niche of this id; GET /v1/niches lists them",
            ),
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::AudienceTier;
    use crate::creators::Tier;

    #[test]
    fn tiers_that_are_asked_for_are_those_that_are_shown() {
        let all = [
            (AudienceTier::Nano, Tier::Nano),
            (AudienceTier::Micro, Tier::Micro),
            (AudienceTier::Mid, Tier::Mid),
            (AudienceTier::Macro, Tier::Macro),
            (AudienceTier::Mega, Tier::Mega),
        ];
        let mut next = Some(0);
        for (asked, shown) in all {
            let (least, most) = asked.band();
            assert_eq!([least, most].map(|followers| Tier::of(Some(followers))), [shown; 2]);
            assert_eq!(Some(least), next, "no audience is between two tiers");
            next = most.checked_add(1);
        }
        assert_eq!(next, None);
    }
}
