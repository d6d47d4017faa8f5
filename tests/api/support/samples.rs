//! Sample profiles and events.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

/// A valid profile with changes: fields that are given replace, `null` removes.
pub(crate) fn profile(id: &str, change: Value) -> Value {
    merged(
        json!({
            "display_name": format!("Creator {id}"), "country": "RO", "languages": ["ro"], "niches": ["gaming"],
            "accounts": [{"platform": "instagram", "handle": id, "followers": 12_000}]
        }),
        change,
    )
}

/// A valid event with changes: a like of nobody in particular, yesterday at noon.
pub(crate) fn event(id: &str, creator: &str, change: Value) -> Value {
    merged(json!({"event_id": id, "creator_id": creator, "kind": "like", "occurred_at": at_noon(1)}), change)
}

/// A valid post with changes: on Instagram, two days ago at noon.
pub(crate) fn post(change: Value) -> Value {
    merged(json!({"published_at": at_noon(2), "platform": "instagram"}), change)
}

/// Comments of so many people, each on all of these days.
pub(crate) fn community(creator: &str, people: usize, days: &[i64]) -> Vec<Value> {
    let of_person = |person: usize| {
        days.iter().map(move |day| {
            let id = format!("{creator}-{person}-{day}");
            let engager = format!("fan-{person}-of-{creator}");
            event(
                &id,
                creator,
                json!({"engager_id": engager, "kind": "comment", "occurred_at": at_noon(*day)}),
            )
        })
    };
    (0..people).flat_map(of_person).collect()
}

/// Noon, UTC, so many days ago; at least one, because today's noon may lie ahead.
pub(crate) fn at_noon(days: i64) -> String {
    assert!(days > 0);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    format!("{}T12:00:00Z", today.checked_sub(days.days()).unwrap())
}

/// This moment, so many days ago.
pub(crate) fn days_ago(days: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(24 * days)).to_string()
}

/// A text as the bytes of it are printed in a dump of the database.
pub(crate) fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn merged(mut base: Value, change: Value) -> Value {
    let Value::Object(change) = change else { panic!("changes are an object") };
    let fields = base.as_object_mut().unwrap();
    for (name, value) in change {
        if value.is_null() {
            fields.remove(&name)
        } else {
            fields.insert(name, value)
        };
    }
    base
}
