//! Events as they are sent, and what makes one valid.

use super::{
    model::{Event, Kind},
    substance::has_substance,
};
use crate::{
    creators::Platform,
    error::{FieldError, Violations, not_null},
    ids::{CreatorKey, EngagerKey, EventKey, PostKey},
    keys::Tenant,
    time::{is_ahead, sent_time},
};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use utoipa::ToSchema;

/// Longest text of a comment.
const MAX_TEXT: usize = 10_000;
/// Largest value in minor units.
const MAX_VALUE: i64 = 1_000_000_000_000;

/// One act on one creator.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "event_id": "ig-comment-99812", "creator_id": "ana-verde", "engager_id": "u-1203", "kind": "comment",
    "occurred_at": "2026-11-20T18:04:31Z", "post_id": "ig-post-771", "platform": "instagram",
    "text": "Where did you find the linen fabric?"
}))]
pub struct EventInput {
    /// The caller's id of the event. Sending the same event again is harmless.
    #[schema(example = "ig-comment-99812", min_length = 1, max_length = 128)]
    pub event_id: String,
    /// The creator it was done to.
    #[schema(example = "ana-verde", min_length = 1, max_length = 128)]
    pub creator_id: String,
    /// Who did it; stored as a pseudonym only. Without it the event counts as engagement, never as loyalty.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "u-1203", nullable = false, min_length = 1, max_length = 128)]
    pub engager_id: Option<String>,
    /// What was done.
    pub kind: Kind,
    /// When it was done, with offset or `Z`.
    #[schema(example = "2026-11-20T18:04:31Z")]
    pub occurred_at: String,
    /// The post it was done on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "ig-post-771", nullable = false, min_length = 1, max_length = 128)]
    pub post_id: Option<String>,
    /// The event it answers; for `retract`, the event it takes back: every event of the creator with this id, on
    /// whatever date and also if it comes later. A retract cannot itself be taken back, and it has no effect on an event
    /// that is older than the tenant's retention: that one is no longer kept by itself, and stays counted.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "ig-comment-99801", nullable = false, min_length = 1, max_length = 128)]
    pub in_reply_to: Option<String>,
    /// Where it was done.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub platform: Option<Platform>,
    /// Words of a comment or reply. Voci measures whether they say something and drops them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "Where did you find the linen fabric?", nullable = false, max_length = 10_000)]
    pub text: Option<String>,
    /// Value of a purchase in minor units of the currency (1999 is 19.99).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 1999, nullable = false, minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub value: Option<i64>,
    /// Currency of the value, ISO 4217.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "RON", nullable = false, pattern = "^[A-Z]{3}$")]
    pub currency: Option<String>,
}

/// What an event is checked against.
#[derive(Clone, Copy)]
pub struct Reception<'a> {
    /// Whose event it is.
    pub tenant: &'a Tenant,
    /// When it came in.
    pub now: Timestamp,
    /// True when purchases of this caller count as verified.
    pub verifies: bool,
}

impl EventInput {
    /// The valid event, or everything that is wrong with it.
    pub fn accept(&self, reception: &Reception<'_>) -> Result<Event, Vec<FieldError>> {
        let mut violations = Violations::default();
        self.check_ids(&mut violations);
        self.check_contents(&mut violations);
        let occurred_at = accept_time(&mut violations, &self.occurred_at, reception);
        violations.finish()?;
        let secrets = &reception.tenant.secrets;
        let creator = CreatorKey::derive(reception.tenant.id, &self.creator_id);
        Ok(Event {
            creator,
            event: EventKey::derive(creator, &self.event_id),
            engager: self
                .engager_id
                .as_deref()
                .map_or(EngagerKey::NOBODY, |id| EngagerKey::derive(&secrets.engagers, id)),
            kind: self.kind,
            occurred_at,
            post: self.post_id.as_deref().map(|id| PostKey::derive(creator, id)),
            reference: self.in_reply_to.as_deref().map(|id| EventKey::derive(creator, id)),
            platform: self.platform.map(Platform::code),
            substance: self.text.as_deref().map(has_substance),
            verified: self.kind == Kind::Purchase && reception.verifies,
            amount: self.value,
            content_hash: self.content_hash(&secrets.contents, occurred_at),
            currency: self.currency.clone(),
        })
    }

    fn check_ids(&self, violations: &mut Violations) {
        violations.id("/event_id", &self.event_id);
        violations.id("/creator_id", &self.creator_id);
        let optional = [
            ("/engager_id", &self.engager_id),
            ("/post_id", &self.post_id),
            ("/in_reply_to", &self.in_reply_to),
        ];
        for (pointer, id) in optional {
            if let Some(id) = id {
                violations.id(pointer, id);
            }
        }
        if self.kind == Kind::Retract && self.in_reply_to.is_none() {
            violations.add("/in_reply_to", "required", "a retract names the event it takes back");
        }
        if self.in_reply_to.as_ref() == Some(&self.event_id) {
            violations.add("/in_reply_to", "not_allowed", "an event cannot refer to itself");
        }
    }

    fn check_contents(&self, violations: &mut Violations) {
        if let Some(text) = &self.text {
            violations.text("/text", text, 0, MAX_TEXT);
        }
        if self.value.is_some_and(|value| !(0..=MAX_VALUE).contains(&value)) {
            violations.add(
                "/value",
                "out_of_range",
                format!("must be between 0 and {MAX_VALUE} minor units"),
            );
        }
        if self.value.is_some() && self.kind != Kind::Purchase {
            violations.add("/value", "not_allowed", "only a purchase has a value");
        }
        let well_formed =
            |code: &String| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !self.currency.as_ref().is_none_or(well_formed) {
            violations.add("/currency", "unknown_value", "must be an ISO 4217 code, such as RON");
        }
        match (&self.value, &self.currency) {
            (Some(_), None) => violations.add("/currency", "required", "a value needs its currency"),
            (None, Some(_)) => violations.add("/value", "required", "a currency needs a value"),
            _ => {}
        }
    }

    /// Hash over all that was sent. Each part is preceded by its length, so that parts cannot flow into each other.
    fn content_hash(&self, key: &[u8; 32], occurred_at: Timestamp) -> i64 {
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(&[self.kind as u8]).update(&occurred_at.as_microsecond().to_le_bytes());
        let value = self.value.map(|value| value.to_string());
        let platform = self.platform.map(|platform| platform.name().to_owned());
        for part in [
            &self.engager_id,
            &self.post_id,
            &self.in_reply_to,
            &self.text,
            &self.currency,
            &value,
            &platform,
        ] {
            let length = part.as_ref().map_or(u64::MAX, |part| part.len() as u64);
            hasher.update(&length.to_le_bytes()).update(part.as_deref().unwrap_or("").as_bytes());
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        i64::from_le_bytes(first)
    }
}

fn accept_time(violations: &mut Violations, text: &str, reception: &Reception<'_>) -> Timestamp {
    let pointer = "/occurred_at";
    let Some(time) = sent_time(violations, pointer, text) else { return Timestamp::UNIX_EPOCH };
    let oldest = oldest_accepted(reception);
    if !is_ahead(violations, pointer, time, reception.now) && time < oldest {
        let detail = format!("is before {oldest}, the end of this tenant's retention");
        violations.add(pointer, "time_too_old", detail);
    }
    time
}

fn oldest_accepted(reception: &Reception<'_>) -> Timestamp {
    let retention = reception.tenant.retention_days.map(|days| (i64::from(days) * 24).hours());
    retention.map_or(Timestamp::UNIX_EPOCH, |span| {
        reception.now.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH).max(Timestamp::UNIX_EPOCH)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::TenantId, keys::model::TenantSecrets};
    use serde_json::{Value, json};

    fn tenant() -> Tenant {
        Tenant {
            id: TenantId(1),
            name: "t".to_owned(),
            retention_days: Some(400),
            secrets: TenantSecrets::derive(&[1; 32]),
        }
    }

    fn accept(change: &Value) -> Result<Event, Vec<FieldError>> {
        let mut event = json!({"event_id": "e1", "creator_id": "ana", "kind": "like", "occurred_at": "2026-11-20T10:00:00Z"});
        json_patch::merge(&mut event, change);
        let input: EventInput = serde_json::from_value(event).unwrap();
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        input.accept(&Reception { tenant: &tenant(), now, verifies: true })
    }

    fn codes(change: &Value) -> Vec<(String, String)> {
        accept(change).unwrap_err().into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), code.to_owned())]
    }

    #[test]
    fn each_rule_names_its_field() {
        assert_eq!(codes(&json!({"event_id": "a b"})), one("/event_id", "invalid_id"));
        assert_eq!(codes(&json!({"engager_id": "a\0b"})), one("/engager_id", "nul_character"));
        assert_eq!(codes(&json!({"text": "a\0b"})), one("/text", "nul_character"));
        assert_eq!(codes(&json!({"text": "x".repeat(10_001)})), one("/text", "too_long"));
        assert_eq!(codes(&json!({"kind": "retract"})), one("/in_reply_to", "required"));
        assert_eq!(codes(&json!({"kind": "purchase", "value": 1})), one("/currency", "required"));
        assert_eq!(
            codes(&json!({"kind": "purchase", "value": -1, "currency": "RON"})),
            one("/value", "out_of_range")
        );
        assert_eq!(codes(&json!({"value": 1, "currency": "RON"})), one("/value", "not_allowed"));
        assert_eq!(codes(&json!({"occurred_at": "yesterday"})), one("/occurred_at", "invalid_time"));
        assert_eq!(
            codes(&json!({"occurred_at": "2026-11-20T10:00:00"})),
            one("/occurred_at", "invalid_time")
        );
        assert_eq!(
            codes(&json!({"occurred_at": "2026-11-23T00:05:01Z"})),
            one("/occurred_at", "time_in_future")
        );
        assert_eq!(
            codes(&json!({"occurred_at": "1999-01-01T00:00:00Z"})),
            one("/occurred_at", "time_too_old")
        );
    }

    #[test]
    fn no_event_refers_to_itself() {
        assert_eq!(codes(&json!({"in_reply_to": "e1"})), one("/in_reply_to", "not_allowed"));
    }

    #[test]
    fn any_other_content_has_another_hash() {
        let hash = |change: &Value| accept(change).unwrap().content_hash;
        let same = hash(&json!({}));
        assert_eq!(same, hash(&json!({"occurred_at": "2026-11-20T12:00:00+02:00"})));
        for other in [
            json!({"kind": "save"}),
            json!({"engager_id": "x"}),
            json!({"post_id": "x"}),
            json!({"in_reply_to": "x"}),
            json!({"text": "x"}),
            json!({"platform": "x"}),
            json!({"occurred_at": "2026-11-20T10:00:00.000001Z"}),
        ] {
            assert_ne!(same, hash(&other), "{other}");
        }
    }

    #[test]
    fn people_are_known_by_pseudonym_only() {
        let event =
            accept(&json!({"engager_id": "someone", "text": "someone wrote this long text"})).unwrap();
        assert!(!format!("{event:?}").contains("someone"));
    }
}
