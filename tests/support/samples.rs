//! Creators and events.

use serde_json::{Value, json};

/// A creator of the niche gaming with an audience in the default band.
pub(crate) fn profile(id: &str) -> Value {
    json!({
        "display_name": id, "bio": "", "country": "RO", "languages": ["ro"], "niches": ["gaming"],
        "accounts": [{"platform": "instagram", "handle": id, "followers": 12_400}],
    })
}

/// A time that the default tenant accepts, this many days ago.
pub(crate) fn days_ago(days: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string()
}

/// A like of a person.
pub(crate) fn like(event: &str, creator: &str, engager: &str, days: i64) -> Value {
    json!({
        "event_id": event, "creator_id": creator, "engager_id": engager, "kind": "like",
        "occurred_at": days_ago(days),
    })
}
