//! Answers that callers may keep, and ask again whether they still hold (RFC 9110, section 8.8.3; RFC 9111).
//!
//! Tags are weak: they name what is said and not its bytes. Compression makes other bytes of the same answer, and `as_of` of
//! a recommendation moves on while nothing changes; an answer that was kept is as true as when it was given.

use super::version::Conditions;
use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, ContentType},
};
use serde::Serialize;

/// Kept by the caller only, and never used without asking. With a lifetime, what was acknowledged would be missing for so
/// much longer than the two seconds of the contract; asking costs next to nothing.
const CACHE_CONTROL: &str = "private, no-cache";
/// What an answer depends on besides its address.
const VARY: &str = "Authorization, Accept-Encoding";

/// Room that most answers need.
const ROOM: usize = 8 << 10;

/// A weak entity tag.
#[derive(Debug)]
pub struct Tag(String);

impl Tag {
    /// The tag of what is the same whenever all of these parts are.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            // With their lengths, so that nothing can move from one part to the next.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(format!("W/\"{}\"", &hasher.finalize().to_hex()[..32]))
    }

    /// True when a reader has what it names.
    #[must_use]
    pub fn is_known(&self, conditions: &Conditions) -> bool {
        conditions.know(&self.0)
    }

    /// The answer to a reader who has it.
    #[must_use]
    pub fn not_modified(&self) -> HttpResponse {
        self.on(HttpResponse::NotModified()).finish()
    }

    /// The answer to others, with room for about so many bytes. More: memory; less: it is moved while it grows.
    pub fn answer(&self, body: impl Serialize, room: usize) -> HttpResponse {
        self.with_json(json(&body, room))
    }

    fn with_json(&self, json: Vec<u8>) -> HttpResponse {
        self.on(HttpResponse::Ok()).content_type(ContentType::json()).body(json)
    }

    fn on(&self, mut response: HttpResponseBuilder) -> HttpResponseBuilder {
        response.insert_header((header::ETAG, self.0.as_str()));
        response.insert_header((header::CACHE_CONTROL, CACHE_CONTROL));
        response.insert_header((header::VARY, VARY));
        response
    }
}

/// The answer with this body, or that the reader has it already: the tag is of the body itself.
pub fn answer(body: &impl Serialize, conditions: &Conditions) -> HttpResponse {
    let json = json(body, ROOM);
    let tag = Tag::of(&[&json]);
    if tag.is_known(conditions) {
        return tag.not_modified();
    }
    tag.with_json(json)
}

fn json(body: &impl Serialize, room: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(room);
    sonic_rs::to_writer(&mut json, body).expect("an answer is plain JSON, and memory grows");
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_same_for_the_same_parts_only() {
        let tag = |parts: &[&[u8]]| Tag::of(parts).0;
        assert_eq!(tag(&[b"a", b"b"]), tag(&[b"a", b"b"]));
        for other in [&[b"ab".as_slice(), b""], &[b"b".as_slice(), b"a"], &[b"a".as_slice(), b"c"]] {
            assert_ne!(tag(&[b"a", b"b"]), tag(other));
        }
        assert!(tag(&[]).starts_with("W/\"") && tag(&[]).ends_with('"'));
    }
}
