//! Events as a test remembers them.

use serde_json::{Value, json};

/// The kinds of events but for retract.
pub(crate) const KINDS: [&str; 12] = [
    "view",
    "like",
    "comment",
    "reply",
    "creator_reply",
    "share",
    "save",
    "click",
    "follow",
    "unfollow",
    "mention",
    "purchase",
];

/// An event as a test remembers it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) creator: String,
    pub(crate) engager: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) second: i64,
    pub(crate) takes_back: Option<String>,
}

impl Sent {
    pub(crate) fn json(&self) -> Value {
        let mut event = json!({
            "event_id": self.id, "creator_id": self.creator, "kind": self.kind,
            "occurred_at": jiff::Timestamp::from_second(self.second).unwrap().to_string(),
            "post_id": format!("post-{}", self.second % 50),
        });
        if let Some(engager) = &self.engager {
            event["engager_id"] = json!(engager);
        }
        if let Some(reference) = &self.takes_back {
            event["in_reply_to"] = json!(reference);
        }
        event
    }
}
