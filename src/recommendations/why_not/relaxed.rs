//! Filters in words, and by how little each would have to ask less for a creator to pass.

use super::model::Case;
use crate::recommendations::{
    eligibility::{Filter, counted_platforms},
    reasons::grouped,
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
        Filter::Countries => {
            let asked: Vec<&str> = filters.countries.iter().map(String::as_str).collect();
            format!("Asked are creators of {}; it is of {}", any_of(&asked), country(case))
        }
        Filter::Languages => {
            let asked: Vec<&str> = filters.languages.iter().map(String::as_str).collect();
            let own = case.snapshot.languages(&case.row);
            format!("Asked are creators who speak {}; it speaks {}", any_of(&asked), all_of(&own))
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
        Filter::ExcludeCreators => {
            let others = case.request.exclude_creators.iter().filter(|id| *id != case.row.creator_id());
            (json!(others.collect::<Vec<_>>()), "Take it out of exclude_creators".to_owned())
        }
    }
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
        Some((min, u32::MAX)) => format!("{} followers or more", grouped(min)),
        Some((0, max)) => format!("up to {} followers", grouped(max)),
        Some((min, max)) => format!("{} to {} followers", grouped(min), grouped(max)),
    }
}

fn followers(audience: Option<u32>) -> String {
    audience.map_or_else(|| "a number that is not known".to_owned(), grouped)
}

fn country(case: &Case<'_>) -> String {
    String::from_utf8_lossy(&case.row.hot.country).into_owned()
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
