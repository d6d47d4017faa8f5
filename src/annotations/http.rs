//! `/v1/creators/{creator_id}/annotations`.

use super::{
    model::{Annotation, AnnotationInput, Decision, DecisionInput, MAX_ANNOTATIONS},
    store::{self, AnnotateError},
};
use crate::{
    creators::http::not_found,
    db::{Pools, detached},
    http::{
        auth::{Admin, Caller, CreatorsWrite, Read},
        body::Json,
        params::{PathId, PathIds},
        problem::{Kind, Problem, ProblemDocument},
    },
    ids::CreatorKey,
};
use actix_web::{HttpResponse, get, patch, post, web::Data};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

/// An annotation of a creator.
#[derive(Serialize, ToSchema)]
pub struct AnnotationView {
    /// Its id.
    #[schema(example = "8d4e3b1c-5a0f-4c8e-9b1d-0c6f3a2e7d10", max_length = 36)]
    id: String,
    /// First day (UTC).
    #[schema(example = "2026-11-02")]
    from: Date,
    /// Last day (UTC).
    #[schema(example = "2026-11-09")]
    to: Date,
    /// What happened.
    #[schema(example = "The mending video was shown on national TV", max_length = 1000)]
    reason: String,
    /// What became of it.
    status: Decision,
    /// When it was made.
    created_at: Timestamp,
    /// When it was decided; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decided_at: Option<Timestamp>,
}

impl From<Annotation> for AnnotationView {
    fn from(annotation: Annotation) -> Self {
        let Annotation { id, period, status, created_at, decided_at } = annotation;
        let ((from, to), reason) = (period.days, period.reason);
        Self { id: id.to_string(), from, to, reason, status, created_at, decided_at }
    }
}

/// The annotations of a creator.
#[derive(Serialize, ToSchema)]
pub struct AnnotationList {
    /// The newest period first.
    #[schema(max_items = 100)]
    items: Vec<AnnotationView>,
}

impl From<AnnotateError> for Problem {
    fn from(error: AnnotateError) -> Self {
        match error {
            AnnotateError::Database(error) => error.into(),
            AnnotateError::UnknownCreator => not_found(),
            AnnotateError::TooMany => {
                Self::field("", "too_many", &format!("a creator may have {MAX_ANNOTATIONS} annotations"))
            }
            AnnotateError::NotFound => {
                Self::new(Kind::AnnotationNotFound, "The creator has no annotation of this id")
            }
        }
    }
}

/// Say why many people came
///
/// Crowds of the weeks that a period touches count whole once it is accepted (see `PATCH`). Until then nothing changes.
#[utoipa::path(operation_id = "annotateCreator", tag = "creators", request_body = AnnotationInput,
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128)),
    responses((status = 201, body = AnnotationView, description = "Made, and open")))]
#[post("/v1/creators/{creator_id}/annotations")]
pub(crate) async fn annotate_creator(
    caller: Caller<CreatorsWrite>,
    id: PathId,
    body: Json<AnnotationInput>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let period = body.0.accept().map_err(Problem::invalid)?;
    let creator = CreatorKey::derive(caller.tenant().id, &id.0);
    let made = detached(store::add(pools.ingest.clone(), creator, period)).await?;
    Ok(HttpResponse::Created().json(AnnotationView::from(made)))
}

/// List what creators say of themselves
#[utoipa::path(operation_id = "listAnnotations", tag = "creators",
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128)),
    responses((status = 200, body = AnnotationList, description = "All annotations of the creator")))]
#[get("/v1/creators/{creator_id}/annotations")]
pub(crate) async fn list_annotations(
    caller: Caller<Read>,
    id: PathId,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let creator = CreatorKey::derive(caller.tenant().id, &id.0);
    let found = store::of_creator(&pools.reads.get().await?, creator).await?.ok_or_else(not_found)?;
    Ok(HttpResponse::Ok().json(AnnotationList { items: found.into_iter().map(Into::into).collect() }))
}

/// Decide on an annotation
///
/// Accepting it lifts the discount of crowds in the weeks that its period touches, declining or opening it again puts it
/// back; the creator is scored anew at once.
#[utoipa::path(operation_id = "decideAnnotation", tag = "creators", request_body = DecisionInput,
    params(
        ("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128),
        ("annotation_id" = String, Path, description = "Id of the annotation",
            example = "8d4e3b1c-5a0f-4c8e-9b1d-0c6f3a2e7d10", max_length = 128)),
    responses(
        (status = 200, body = AnnotationView, description = "Decided"),
        (status = 404, body = ProblemDocument, description = "There is no such creator or annotation", content_type = "application/problem+json")))]
#[patch("/v1/creators/{creator_id}/annotations/{annotation_id}")]
pub(crate) async fn decide_annotation(
    caller: Caller<Admin>,
    ids: PathIds,
    body: Json<DecisionInput>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let creator = CreatorKey::derive(caller.tenant().id, &ids.0);
    let id = ids.1.parse().map_err(|_| AnnotateError::NotFound)?;
    let decided = detached(store::decide(pools.ingest.clone(), creator, id, body.0.status)).await?;
    Ok(HttpResponse::Ok().json(AnnotationView::from(decided)))
}
