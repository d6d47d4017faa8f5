//! Why posts are refused.

use super::store::PostError;
use crate::{
    creators::http::not_found,
    error::FieldError,
    http::problem::{Kind, Problem},
};

/// Other counts are stored as of the same time.
pub(super) fn metrics_conflict() -> Problem {
    let detail = "Other counts of this post are stored as of the same time; they stay as they are, and nothing was changed";
    Problem::new(Kind::MetricsConflict, detail)
}

/// Counts are stored from before the time of publication that was sent.
pub(super) fn counted_before_publication() -> Problem {
    let detail = "counts of this post are stored from before that time";
    Problem::field("/published_at", "not_allowed", detail)
}

impl From<PostError<Self>> for Problem {
    fn from(error: PostError<Self>) -> Self {
        match error {
            PostError::Database(error) => error.into(),
            PostError::NoCreator => not_found(),
            PostError::NoPost => Self::new(Kind::PostNotFound, "The creator has no post of this id"),
            PostError::MetricsConflict => metrics_conflict(),
            PostError::CountedBeforePublication => counted_before_publication(),
            PostError::Refused(problem) => problem,
        }
    }
}

/// The creator of a post in a stream is not registered.
pub(super) fn unknown_creator() -> Problem {
    let detail = "no creator is registered under this id; register it with PUT /v1/creators/{creator_id}";
    Problem::invalid(vec![FieldError::new("/creator_id", "unknown_creator", detail)])
}
