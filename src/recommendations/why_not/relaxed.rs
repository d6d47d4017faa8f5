//! Filters in words, and by how little each would have to ask less for a creator to pass.

use super::model::Case;
use crate::{
    creators::codes,
    recommendations::{
        eligibility::{Filter, counted_platforms, row_growth},
        rank,
        reasons::words::Grouped,
    },
    relationships::days::date_of,
    snapshot::hot::SHARE_STEPS,
};
use serde_json::{Value, json};

/// What a filter asks and what the creator has.
#[must_use]
pub fn told(filter: Filter, case: &Case<'_>) -> String {
    let filters = &case.request.filters;
    match filter {
        Filter::Platforms => {
            let asked: Vec<&str> = filters.platforms.iter().map(|platform| platform.name()).collect();
            let own: Vec<&str> = case.row.head().accounts().map(|(platform, _)| platform.name()).collect();
            format!("Asked is an account on {}; its accounts are on {}", any_of(&asked), all_of(&own))
        }
        Filter::Followers => {
            format!("Asked are {}; it has {}", band(case.query.band), followers(audience(case)))
        }
        Filter::Tiers => format!(
            "Asked are creators of another size class; it has {} followers",
            followers(audience(case))
        ),
        Filter::Countries => {
            let asked: Vec<&str> = filters.countries.iter().map(String::as_str).collect();
            format!("Asked are creators of {}; it is of {}", any_of(&asked), country(case))
        }
        Filter::Regions => told_of_place("regions", case),
        Filter::Cities => told_of_place("cities", case),
        Filter::Languages => {
            let asked: Vec<&str> = filters.languages.iter().map(String::as_str).collect();
            let own = case.snapshot.languages(&case.row);
            format!("Asked are creators who speak {}; it speaks {}", any_of(&asked), all_of(&own))
        }
        Filter::Niches => format!("Asked are other niches; it is in {}", all_of(&own_niches(case))),
        Filter::ExcludeNiches => {
            format!("Creators of some niches are left out; it is in {}", all_of(&own_niches(case)))
        }
        Filter::Values => "It names none of the values that are asked for".to_owned(),
        Filter::ActiveSince => {
            let seen = case.row.hot.scores.last_seen().map(|day| date_of(day).to_string());
            format!("Nothing was seen of it since; last on {}", seen.as_deref().unwrap_or("no day at all"))
        }
        Filter::MinEvidence(_) | Filter::MinLoyalReach | Filter::MinScore(_) => {
            format!("Asked is more; it has {}", shown(own_number(filter, case)))
        }
        Filter::Growth => {
            let own = own_number(filter, case).map_or_else(
                || "its loyal reach of 30 days ago is not known".to_owned(),
                |growth| format!("its growth is {growth:.3}"),
            );
            format!("Asked is more growth; {own}")
        }
        Filter::MaxSponsoredShare => {
            format!("Asked is a smaller share of sponsored posts; its is {}", shown(own_number(filter, case)))
        }
        Filter::ExcludeCreators => "It is left out by name".to_owned(),
    }
}

/// What stands at the place of a filter in a merge patch of the request that asks just so much less, and the same in words.
/// Null lifts the filter.
#[must_use]
pub fn relaxed(filter: Filter, case: &Case<'_>) -> (Value, String) {
    let filters = &case.request.filters;
    match filter {
        Filter::Platforms => match case.row.main_platform() {
            Some(own) => (with(&filters.platforms, &own), format!("Add the platform {}", own.name())),
            None => (Value::Null, "Ask for any platform".to_owned()),
        },
        Filter::Followers => wider_band(case),
        Filter::Countries => {
            let own = country(case);
            (with(&filters.countries, &own), format!("Add the country {own}"))
        }
        Filter::Languages => match case.snapshot.languages(&case.row).first() {
            Some(own) => (with(&filters.languages, &(*own).to_owned()), format!("Add the language {own}")),
            None => (Value::Null, "Ask for any language".to_owned()),
        },
        Filter::Niches => match own_niches(case).first() {
            Some(own) => (with(&filters.niches, &(*own).to_owned()), format!("Add the niche {own}")),
            None => lifted(filter),
        },
        Filter::ActiveSince => match case.row.hot.scores.last_seen().map(|day| date_of(day).to_string()) {
            Some(seen) => (json!(seen), format!("Ask for creators active since {seen}")),
            None => lifted(filter),
        },
        Filter::MinEvidence(_)
        | Filter::MinLoyalReach
        | Filter::MinScore(_)
        | Filter::Growth
        | Filter::MaxSponsoredShare => match own_number(filter, case).filter(|own| own.is_finite()) {
            Some(own) if filter == Filter::Growth => (json!({"min": own}), format!("Ask for {own:.3}")),
            Some(own) => (number(filter, own), format!("Ask for {}", shown(Some(own)))),
            None => lifted(filter),
        },
        Filter::Tiers | Filter::Regions | Filter::Cities | Filter::ExcludeNiches | Filter::Values => {
            lifted(filter)
        }
        Filter::ExcludeCreators => {
            let others = case.request.exclude_creators.iter().filter(|id| *id != case.row.creator_id());
            (json!(others.collect::<Vec<_>>()), "Take it out of exclude_creators".to_owned())
        }
    }
}

fn lifted(filter: Filter) -> (Value, String) {
    (Value::Null, format!("Ask without {}", filter.pointer()))
}

/// The number of the creator that a filter compares, where there is one.
fn own_number(filter: Filter, case: &Case<'_>) -> Option<f64> {
    let (query, row) = (case.query, &case.row);
    let scores = &row.hot.scores;
    match filter {
        Filter::MinEvidence(which) => Some(f64::from(scores.evidence()[which])),
        Filter::MinLoyalReach => Some(f64::from(scores.loyal_reach())),
        Filter::MinScore(component) => {
            Some(rank::mapped(row, rank::fit(query, row).estimate)[component].value)
        }
        Filter::Growth => row_growth(row),
        Filter::MaxSponsoredShare => Some(f64::from(row.hot.scores.sponsored) / SHARE_STEPS),
        _ => None,
    }
}

/// Evidence is asked for in whole numbers.
fn number(filter: Filter, own: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it was a whole number of 32 bits")]
    let whole = own as i64;
    if matches!(filter, Filter::MinEvidence(_)) { json!(whole) } else { json!(own) }
}

fn shown(number: Option<f64>) -> String {
    number.map_or_else(
        || "none that is known".to_owned(),
        |number| {
            let digits = format!("{number:.4}");
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        },
    )
}

fn told_of_place(of: &str, case: &Case<'_>) -> String {
    let own = case.snapshot.town(case.number).map(|town| town.name.as_str());
    format!("Asked are other {of}; it lives in {}", own.unwrap_or("a place that it does not name"))
}

fn own_niches<'a>(case: &Case<'a>) -> Vec<&'a str> {
    case.row.niches().lists().map(|niche| case.snapshot.niche(niche)).collect()
}

fn wider_band(case: &Case<'_>) -> (Value, String) {
    let Some((followers, (min, max))) = audience(case).zip(case.query.band) else {
        return (json!({"min": null, "max": null}), format!("Ask for {}", band(None)));
    };
    // Naming one end lifts the default of the other.
    let mut wider = match case.request.filters.followers {
        Some(_) => json!({}),
        None => json!({"min": min, "max": max}),
    };
    wider[if followers < min { "min" } else { "max" }] = json!(followers);
    (wider, format!("Ask for {}", band(Some((min.min(followers), max.max(followers))))))
}

fn audience(case: &Case<'_>) -> Option<u32> {
    case.row.audience(counted_platforms(case.query, &case.row))
}

fn band(asked: Option<(u32, u32)>) -> String {
    match asked {
        None => "any number of followers".to_owned(),
        Some((min, u32::MAX)) => format!("{} followers or more", Grouped::of(min)),
        Some((0, max)) => format!("up to {} followers", Grouped::of(max)),
        Some((min, max)) => format!("{} to {} followers", Grouped::of(min), Grouped::of(max)),
    }
}

fn followers(audience: Option<u32>) -> String {
    audience
        .map_or_else(|| "a number that is not known".to_owned(), |audience| Grouped::of(audience).to_string())
}

fn country(case: &Case<'_>) -> String {
    codes::country(case.row.hot.country).unwrap_or_default().to_owned()
}

fn with<T: serde::Serialize>(list: &[T], one: &T) -> Value {
    json!(list.iter().chain([one]).collect::<Vec<_>>())
}

fn any_of(names: &[&str]) -> String {
    match names {
        [head @ .., last] if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        _ => names.concat(),
    }
}

fn all_of(names: &[&str]) -> String {
    if names.is_empty() { "none that is known".to_owned() } else { names.join(", ") }
}

/// Writes a value to a place of a merge patch.
pub fn put(patch: &mut Value, pointer: &str, value: Value) {
    let mut place = patch;
    for name in pointer.split('/').skip(1) {
        place = &mut place[name];
    }
    *place = value;
}
