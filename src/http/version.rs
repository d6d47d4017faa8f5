//! Row versions as strong entity tags, and the conditions callers put on them (RFC 9110, section 13).

use super::problem::{Kind, Problem};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName},
};
use std::future::{Ready, ready};

/// The entity tag of a row version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// `If-Match` and `If-None-Match` of a request.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    if_match: Option<Vec<String>>,
    if_none_match: Option<Vec<String>>,
}

impl Conditions {
    /// Checks the conditions of a write against the present version; `None`: nothing is there.
    pub fn check_write(&self, present: Option<i64>) -> Result<(), Problem> {
        if self.if_match.as_deref().is_some_and(|tags| !matches(tags, present)) {
            return Err(Problem::new(
                Kind::PreconditionFailed,
                "If-Match names another version; read it again",
            ));
        }
        if self.if_none_match.as_deref().is_some_and(|tags| matches(tags, present)) {
            return Err(Problem::new(
                Kind::PreconditionFailed,
                "If-None-Match forbids what is there already",
            ));
        }
        Ok(())
    }

    /// True when a reader has what this weak tag names, and is answered 304.
    #[must_use]
    pub fn know(&self, tag: &str) -> bool {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        self.if_none_match.as_deref().is_some_and(|tags| tags.iter().any(|tag| tag == "*" || tag == opaque))
    }

    /// True when a reader has this version already and is answered 304.
    #[must_use]
    pub fn is_fresh(&self, present: i64) -> bool {
        self.if_none_match.as_deref().is_some_and(|tags| matches(tags, Some(present)))
    }
}

fn matches(tags: &[String], present: Option<i64>) -> bool {
    present.is_some_and(|version| tags.iter().any(|tag| tag == "*" || *tag == etag(version)))
}

impl FromRequest for Conditions {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self {
            if_match: tags(request, &header::IF_MATCH),
            // Compared weakly, because a cache between here and the caller may have weakened the tag.
            if_none_match: tags(request, &header::IF_NONE_MATCH).map(strengthened),
        }))
    }
}

fn tags(request: &HttpRequest, name: &HeaderName) -> Option<Vec<String>> {
    let values: Vec<_> = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return None;
    }
    Some(values.iter().flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect())
}

fn strengthened(tags: Vec<String>) -> Vec<String> {
    tags.into_iter().map(|tag| tag.strip_prefix("W/").map_or(tag.clone(), str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(if_match: Option<&str>, if_none_match: Option<&str>) -> Conditions {
        let list = |tag: Option<&str>| tag.map(|tag| vec![tag.to_owned()]);
        Conditions { if_match: list(if_match), if_none_match: list(if_none_match) }
    }

    #[test]
    fn writes_go_ahead_only_on_the_named_version() {
        assert!(conditions(Some("\"v2\""), None).check_write(Some(2)).is_ok());
        assert!(conditions(Some("\"v2\""), None).check_write(Some(3)).is_err());
        assert!(conditions(Some("*"), None).check_write(None).is_err());
        assert!(conditions(None, Some("*")).check_write(None).is_ok());
        assert!(conditions(None, Some("*")).check_write(Some(1)).is_err());
        assert!(conditions(None, None).check_write(Some(1)).is_ok());
    }
}
