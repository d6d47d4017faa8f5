//! The one error type at the edge: RFC 9457 problem documents.

use crate::{
    db::DbError,
    error::{FieldError, prefixed},
};
use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use std::{borrow::Cow, fmt};
use utoipa::ToSchema;

macro_rules! problem_kinds {
    ($($kind:ident $code:literal $status:ident $title:literal;)*) => {
        /// Every way in which a request can fail; the code is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $title] $kind,)* }

        impl Kind {
            /// All kinds, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Stable machine-readable name.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$kind => $code,)* } }

            /// The HTTP status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode { match self { $(Self::$kind => StatusCode::$status,)* } }

            fn title(self) -> &'static str { match self { $(Self::$kind => $title,)* } }
        }
    };
}

problem_kinds! {
    InvalidRequest "invalid_request" BAD_REQUEST "The request cannot be read";
    InvalidJson "invalid_json" BAD_REQUEST "The body is not JSON";
    InvalidQuery "invalid_query" BAD_REQUEST "A query parameter is wrong";
    InvalidCursor "invalid_cursor" BAD_REQUEST "The cursor does not belong to this query";
    Unauthorized "unauthorized" UNAUTHORIZED "A valid API key is needed";
    MissingScope "missing_scope" FORBIDDEN "The API key lacks a scope";
    NotFound "not_found" NOT_FOUND "There is nothing at this path";
    CreatorNotFound "creator_not_found" NOT_FOUND "The creator is not registered";
    PostNotFound "post_not_found" NOT_FOUND "The post is not known";
    NicheNotFound "niche_not_found" NOT_FOUND "The niche is not known";
    TrustSeedNotFound "trust_seed_not_found" NOT_FOUND "Nobody of this id is named as trusted";
    AnnotationNotFound "annotation_not_found" NOT_FOUND "The creator has no annotation of this id";
    EventNotFound "event_not_found" NOT_FOUND "No event is stored under this id";
    NoScoreThen "no_score_then" NOT_FOUND "No scores of that time are kept";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The path does not take this method";
    EventConflict "event_conflict" CONFLICT "Another event has this identity";
    MetricsConflict "metrics_conflict" CONFLICT "Other counts are stored as of this time";
    CreatorBeingErased "creator_being_erased" CONFLICT "The creator is being erased";
    BuiltInNiche "built_in_niche" CONFLICT "Built-in niches cannot be changed";
    SnapshotExpired "snapshot_expired" GONE "The snapshot of this cursor is gone";
    PreconditionFailed "precondition_failed" PRECONDITION_FAILED "The version is another one";
    PayloadTooLarge "payload_too_large" PAYLOAD_TOO_LARGE "The body is too large";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The content type is not supported";
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY "The input breaks a rule";
    BriefNotUnderstood "brief_not_understood" UNPROCESSABLE_ENTITY "The text names no niche";
    FoldingBehind "folding_behind" TOO_MANY_REQUESTS "Events come faster than they are folded";
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong here";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Too much work at once";
    DatabaseUnavailable "database_unavailable" SERVICE_UNAVAILABLE "The database cannot be reached";
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE "The outcome is not known";
    NotReady "not_ready" SERVICE_UNAVAILABLE "The service is not ready";
}

impl Kind {
    /// Seconds after which the same request may succeed.
    fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::CreatorBeingErased => Some("1"),
            Self::FoldingBehind => Some("5"),
            kind => (kind.status() == StatusCode::SERVICE_UNAVAILABLE).then_some("1"),
        }
    }
}

/// A failed request: what is told to the caller. Causes are logged where they arise and never told.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    suggestions: Vec<String>,
    allow: Option<String>,
}

/// What every failed request is answered with (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// URI that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "tag:voci.dev,2026:validation_failed", max_length = 128)]
    pub problem_type: String,
    /// Stable machine-readable name of the kind of problem.
    #[schema(example = "validation_failed", max_length = 64)]
    pub code: String,
    /// Short summary, the same for every problem of the kind.
    #[schema(example = "The input breaks a rule", max_length = 128)]
    pub title: String,
    /// HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong this time and what to do.
    #[schema(example = "1 field is wrong; see errors", max_length = 2048)]
    pub detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/v1/creators/ana", max_length = 2048)]
    pub instance: Option<String>,
    /// Id of the request, also in the `X-Request-Id` header and in the service's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "019a9c5e-54a1-7d3c-9d63-5c1f0a3b7e11", max_length = 64)]
    pub request_id: Option<String>,
    /// Each thing that is wrong with the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub errors: Vec<FieldError>,
    /// Ids of what could have been meant, the likeliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5, example = json!(["gardening", "grow-your-own"]))]
    pub suggestions: Vec<String>,
}

impl Problem {
    /// A problem with a detail for the caller.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), suggestions: Vec::new(), allow: None }
    }

    /// The input broke rules.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let count = errors.len();
        let detail =
            if count == 1 { "1 field is wrong; see errors" } else { "several fields are wrong; see errors" };
        Self { errors, ..Self::new(Kind::ValidationFailed, detail) }
    }

    /// One field broke a rule.
    #[must_use]
    pub fn field(pointer: &str, code: &str, detail: &str) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// Something went wrong on our side: the cause is logged, not told.
    #[must_use]
    pub fn internal(cause: &str) -> Self {
        tracing::error!(cause, "request failed");
        Self::new(Kind::Internal, "The request could not be carried out; the operator's log has the cause")
    }

    /// The same problem with places in the request.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The same problem with ids of what could have been meant.
    #[must_use]
    pub fn with_suggestions(self, suggestions: Vec<String>) -> Self {
        Self { suggestions, ..self }
    }

    /// The same problem of a part of a document, with pointers into the document.
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        Self { errors: prefixed(prefix, self.errors), ..self }
    }

    /// The path exists, but not for this method.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        let problem = Self::new(Kind::MethodNotAllowed, format!("This path takes {allow}"));
        Self { allow: Some(allow), ..problem }
    }

    /// Each thing that is wrong with the input.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What kind of problem it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The document, as of a request.
    #[must_use]
    pub fn document(&self, instance: Option<String>, request_id: Option<String>) -> ProblemDocument {
        ProblemDocument {
            problem_type: format!("tag:voci.dev,2026:{}", self.kind.code()),
            code: self.kind.code().to_owned(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone().into_owned(),
            instance,
            request_id,
            errors: self.errors.clone(),
            suggestions: self.suggestions.clone(),
        }
    }

    /// The answer to a request.
    #[must_use]
    pub fn response(&self, instance: Option<String>, request_id: Option<String>) -> HttpResponse {
        let mut response = HttpResponse::build(self.kind.status());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.kind.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.kind == Kind::Unauthorized {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"voci\""));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.json(self.document(instance, request_id))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.code(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response(None, None)
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        Self::from(&error)
    }
}

impl From<&DbError> for Problem {
    fn from(error: &DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::new(
                Kind::DatabaseUnavailable,
                "The database cannot be reached. Send the request again: repeats are harmless",
            ),
            DbError::Busy => Self::new(
                Kind::Overloaded,
                "The database is busy. Send the request again: repeats are harmless",
            ),
            DbError::MonthLeaving => Self::new(
                Kind::Overloaded,
                "Old events of the month of this event are being dropped. Send the request again: repeats are harmless",
            ),
            DbError::OutcomeUnknown(_) => Self::new(
                Kind::OutcomeUnknown,
                "The database did not answer in time; the request may have taken effect. Send it again: repeats are harmless",
            ),
            DbError::Failed(cause) => Self::internal(&crate::db::chain(cause)),
            DbError::Damaged(cause) => Self::internal(cause),
        }
    }
}
