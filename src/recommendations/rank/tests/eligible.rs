//! Who is eligible, by the words of a request.

use super::{Person, id};
use crate::{
    niches::words::folded,
    recommendations::{
        brief::RecommendationRequest,
        filters::{DEFAULT_BAND, Filters},
    },
    snapshot::TenantSnapshot,
};

/// Filters to be put together at will; of those of one name, the last one.
pub(super) const NARROWING: [(&str, &str); 20] = [
    ("tiers", r#"["micro","mega"]"#),
    ("tiers", r#"["nano"]"#),
    ("regions", r#"["CLUJ"]"#),
    ("cities", r#"["Bucureşti","cluj-napoca"]"#),
    ("niches", r#"["fashion"]"#),
    ("niches", r#"["minimalism","gaming"]"#),
    ("exclude_niches", r#"["conscious-parenting"]"#),
    ("exclude_niches", r#"["sustainable-fashion"]"#),
    ("values", r#"["Repair"]"#),
    ("min_scores", r#"{"fit":0.6}"#),
    ("min_scores", r#"{"loyalty":0.5,"authenticity":0.9}"#),
    ("min_scores", r#"{"trust":0.5,"conversation":0.4}"#),
    ("min_evidence", r#"{"engagers":11}"#),
    ("min_evidence", r#"{"events":20,"days":91}"#),
    ("min_loyal_reach", "2.5"),
    ("max_sponsored_share", "0.25"),
    ("active_since", r#""1970-03-02""#),
    ("growth", r#"{"min":0.1}"#),
    ("growth", r#"{"min":-0.5}"#),
    ("growth", r#"{"min":-1.0}"#),
];

/// Whether somebody with these components passes all filters.
pub(super) fn is_eligible(
    snapshot: &TenantSnapshot,
    request: &RecommendationRequest,
    (index, person): (usize, &Person),
    mapped: [f64; 5],
) -> bool {
    let filters = &request.filters;
    has_the_audience(filters, person)
        && is_there(filters, person)
        && is_about(snapshot, filters, person)
        && is_measured(filters, person, mapped)
        && !request.exclude_creators.contains(&id(index))
}

fn has_the_audience(filters: &Filters, person: &Person) -> bool {
    let on_platform = filters.platforms.is_empty() || filters.platforms.contains(&person.platform);
    let followers = person.followers.filter(|_| on_platform);
    let band = match filters.followers {
        None if filters.tiers.is_empty() => Some(DEFAULT_BAND),
        None => None,
        Some(band) if band.min.is_none() && band.max.is_none() => None,
        Some(band) => Some((band.min.unwrap_or(0), band.max.unwrap_or(u32::MAX))),
    };
    let in_band =
        band.is_none_or(|(min, max)| followers.is_some_and(|followers| min <= followers && followers <= max));
    let tier = match followers {
        None => "unknown",
        Some(..1_000) => "nano",
        Some(..=50_000) => "micro",
        Some(..500_000) => "mid",
        Some(..1_000_000) => "macro",
        Some(_) => "mega",
    };
    let tiers = serde_json::to_value(&filters.tiers).unwrap();
    let tiers = tiers.as_array().unwrap();
    on_platform && in_band && (tiers.is_empty() || tiers.iter().any(|asked| asked == tier))
}

fn is_there(filters: &Filters, person: &Person) -> bool {
    let named = |asked: &[String], name: Option<&str>| {
        asked.is_empty() || asked.iter().any(|asked| name.is_some_and(|name| folded(asked) == folded(name)))
    };
    let given = |asked: &[String], code: &str| asked.is_empty() || asked.iter().any(|asked| asked == code);
    given(&filters.countries, person.country)
        && given(&filters.languages, person.language)
        && named(&filters.regions, person.region)
        && named(&filters.cities, person.city)
}

fn is_about(snapshot: &TenantSnapshot, filters: &Filters, person: &Person) -> bool {
    // Half of the topics and of the community is in each of their niches: much.
    let observed = || person.topics.iter().chain(&person.community).map(|(niche, _)| niche);
    let own = || person.niches.iter().chain(observed());
    let is_in = |asked: &String| own().any(|own| own == asked || snapshot.tree.parent(own) == Some(asked));
    let shares = |asked: &String| person.values.iter().any(|value| folded(value) == folded(asked));
    (filters.niches.is_empty() || filters.niches.iter().any(is_in))
        && !filters.exclude_niches.iter().any(is_in)
        && (filters.values.is_empty() || filters.values.iter().any(shares))
}

fn is_measured(filters: &Filters, person: &Person, mapped: [f64; 5]) -> bool {
    let is_seen = person.engagers > 0;
    let scores = filters.min_scores.unwrap_or_default().parts();
    let reach = f64::from(person.loyal.min(person.engagers)) * 0.5;
    let evidence = filters.min_evidence.unwrap_or_default();
    let days = if is_seen { 91 } else { 0 };
    let events = if is_seen { person.events } else { 0 };
    let since = filters.active_since.as_ref().map(|_| 60);
    let grows = |min: f64| {
        person.before.is_some_and(|before| {
            if before > 0.0 { reach / before - 1.0 >= min } else { reach > 0.0 || min <= 0.0 }
        })
    };
    mapped.iter().zip(scores).all(|(value, least)| least.is_none_or(|least| *value >= least))
        && evidence.events.is_none_or(|least| events >= i64::from(least))
        && evidence.engagers.is_none_or(|least| i64::from(person.engagers) >= i64::from(least))
        && evidence.days.is_none_or(|least| days >= least)
        && filters.min_loyal_reach.is_none_or(|least| reach >= least)
        && filters.max_sponsored_share.is_none_or(|most| person.sponsored.is_none_or(|share| share <= most))
        && since.is_none_or(|since| is_seen && person.last_seen >= since)
        && filters.growth.is_none_or(|growth| grows(growth.min))
}
