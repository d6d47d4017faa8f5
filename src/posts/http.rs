//! `/v1/creators/{creator_id}/posts`.

use super::{
    bulk::{BulkPostInput, PostLines, PostStreamLine},
    input::PostInput,
    model::{Submission, post_ref},
    store::{self, Place, StoredPost},
    views::{MetricsPage, MetricsView, PostPage, PostView},
};
use crate::{
    creators::http::not_found,
    db::{Pools, detached},
    http::{
        auth::{Caller, EventsWrite, Read},
        body::Json,
        cursor::CursorSigner,
        ndjson::{NdjsonBody, NdjsonBytes, ResultsQuery},
        params::{self, PathId, PathIds, Query},
        problem::{Problem, ProblemDocument},
        version::{Conditions, etag},
    },
    ids::{CreatorKey, PostKey},
};
use actix_web::{HttpResponse, HttpResponseBuilder, delete, get, http::header, post, put, web::Data};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PostQuery {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 2048, nullable = false)]
    cursor: Option<String>,
}

/// Send or replace a post
///
/// Under the caller's own id. Sending the same again changes nothing. Counts (`metrics`) are kept as snapshots in time:
/// those of earlier times stay, a post without counts takes none away, and what is shown is the newest.
#[utoipa::path(operation_id = "putPost", tag = "posts", request_body = PostInput,
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        ("post_id" = String, Path, description = "The caller's id of the post", example = "ig-post-771", max_length = 128),
        ("If-Match" = Option<String>, Header, description = "Replace only this version", example = "\"v1795196402113870\""),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only make, never replace")),
    responses(
        (status = 201, body = PostView, description = "Made", headers(("ETag" = String, description = "Version"))),
        (status = 200, body = PostView, description = "Replaced, or the same already", headers(("ETag" = String, description = "Version"))),
        (status = 409, body = ProblemDocument, description = "Other counts are stored as of the same time; nothing was changed", content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, description = "Another version is there", content_type = "application/problem+json")))]
#[put("/v1/creators/{creator_id}/posts/{post_id}")]
pub(crate) async fn put_post(
    caller: Caller<EventsWrite>,
    ids: PathIds,
    conditions: Conditions,
    body: Json<PostInput>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let (post, metrics) = body.0.accept(Timestamp::now()).map_err(Problem::invalid)?;
    let PathIds(creator_id, post_id) = ids;
    let post_ref = post_ref(caller.tenant().id, &creator_id, &post_id);
    let sent = Submission { post_ref, post_id, post, metrics };
    let check = move |present| conditions.check_write(present);
    let (stored, created) = detached(store::put(pools.ingest.clone(), sent, check)).await?;
    Ok(answer(if created { HttpResponse::Created() } else { HttpResponse::Ok() }, stored))
}

/// Get a post
///
/// With its newest counts.
#[utoipa::path(operation_id = "getPost", tag = "posts",
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        ("post_id" = String, Path, description = "The caller's id of the post", example = "ig-post-771", max_length = 128),
        ("If-None-Match" = Option<String>, Header, description = "Version the caller has already")),
    responses(
        (status = 200, body = PostView, description = "The post", headers(("ETag" = String, description = "Version"))),
        (status = 304, description = "The caller has this version already")))]
#[get("/v1/creators/{creator_id}/posts/{post_id}")]
pub(crate) async fn get_post(
    caller: Caller<Read>,
    ids: PathIds,
    conditions: Conditions,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let client = pools.reads.get().await?;
    let stored = store::get::<Problem>(&client, post_ref(caller.tenant().id, &ids.0, &ids.1)).await?;
    if conditions.is_fresh(stored.version) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag(stored.version))).finish());
    }
    Ok(answer(HttpResponse::Ok(), stored))
}

/// Delete a post
///
/// Removes the post and all its counts. Events on it stay.
#[utoipa::path(operation_id = "deletePost", tag = "posts",
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        ("post_id" = String, Path, description = "The caller's id of the post", example = "ig-post-771", max_length = 128),
        ("If-Match" = Option<String>, Header, description = "Delete only this version", example = "\"v1795196402113870\"")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 412, body = ProblemDocument, description = "Another version is there", content_type = "application/problem+json")))]
#[delete("/v1/creators/{creator_id}/posts/{post_id}")]
pub(crate) async fn delete_post(
    caller: Caller<EventsWrite>,
    ids: PathIds,
    conditions: Conditions,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let post_ref = post_ref(caller.tenant().id, &ids.0, &ids.1);
    let check = move |version| conditions.check_write(Some(version));
    detached(store::delete(pools.ingest.clone(), post_ref, check)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the posts of a creator
///
/// Newest first, each with its newest counts.
#[utoipa::path(operation_id = "listPosts", tag = "posts",
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        PostQuery),
    responses((status = 200, body = PostPage, description = "A page of posts")))]
#[get("/v1/creators/{creator_id}/posts")]
pub(crate) async fn list_posts(
    caller: Caller<Read>,
    id: PathId,
    query: Query<PostQuery>,
    pools: Data<Pools>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    let limit = params::limit(query.0.limit)?;
    let creator = CreatorKey::derive(caller.tenant().id, &id.0);
    let scope = format!("posts of {creator:?}");
    let after = query.0.cursor.as_deref().map(|cursor| signer.open(scope.as_bytes(), cursor)).transpose()?;
    let client = pools.reads.get().await?;
    // One more than asked for tells whether there is a next page.
    let wanted = i64::try_from(limit + 1).expect("a page is short");
    let mut found = store::list(&client, creator, after.map(place), wanted).await?.ok_or_else(not_found)?;
    let place = |last: &StoredPost| (last.post.published_at, last.key.0);
    let next_cursor = signer.seal_page(scope.as_bytes(), &mut found, limit, place);
    Ok(HttpResponse::Ok()
        .json(PostPage { items: found.into_iter().map(PostView::from).collect(), next_cursor }))
}

/// List the counts of a post
///
/// All that were sent, newest first, as of their times. Of a post with more than 500 of them, those that are not among
/// the newest 250 are thinned out to about 126, evenly and with the first of all.
#[utoipa::path(operation_id = "listPostMetrics", tag = "posts",
    params(
        ("creator_id" = String, Path, description = "The caller's id of the creator", example = "ana-verde", max_length = 128),
        ("post_id" = String, Path, description = "The caller's id of the post", example = "ig-post-771", max_length = 128),
        PostQuery),
    responses((status = 200, body = MetricsPage, description = "A page of counts")))]
#[get("/v1/creators/{creator_id}/posts/{post_id}/metrics")]
pub(crate) async fn list_post_metrics(
    caller: Caller<Read>,
    ids: PathIds,
    query: Query<PostQuery>,
    pools: Data<Pools>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    let limit = params::limit(query.0.limit)?;
    let post_ref = post_ref(caller.tenant().id, &ids.0, &ids.1);
    let scope = format!("metrics of {:?} of {:?}", post_ref.1, post_ref.0);
    let after: Option<Timestamp> =
        query.0.cursor.as_deref().map(|cursor| signer.open(scope.as_bytes(), cursor)).transpose()?;
    let client = pools.reads.get().await?;
    let wanted = i64::try_from(limit + 1).expect("a page is short");
    let mut found = store::history::<Problem>(&client, post_ref, after, wanted).await?;
    let next_cursor = signer.seal_page(scope.as_bytes(), &mut found, limit, |last| last.as_of);
    let items = found.into_iter().map(MetricsView::from).collect();
    Ok(HttpResponse::Ok().json(MetricsPage { items, next_cursor }))
}

const BULK_EXAMPLE: &str = r#"{"creator_id":"ana-verde","post_id":"ig-post-772","published_at":"2026-11-20T17:00:00Z","platform":"instagram"}
{"creator_id":"ana-verde","post_id":"ig-post-773","published_at":"2026-11-20T18:00:00Z","platform":"instagram","metrics":{"as_of":"2026-11-21T17:00:00Z","views":310}}
"#;

/// Send or replace posts in bulk
///
/// NDJSON of any length: one post per line, with the ids of its creator and of itself, of at most 64 KiB; blank lines are
/// skipped. Each line does what PUT of a single post does, after the lines before it. Posts are committed as they come, up
/// to a thousand at a time, and each line is answered by a line of its own as soon as it is committed.
///
/// Read the answer while you send, or ask for `results=problems`: while results are not taken, nothing more is read.
///
/// The last line is a `summary`. Without it the stream ended early, and the last line may say why in `problem`: posts
/// without a result may or may not be stored. Send them again; that is harmless.
#[utoipa::path(operation_id = "putPostsBulk", tag = "posts", params(ResultsQuery),
    request_body(description = "One post per line", content(
        (BulkPostInput = "application/x-ndjson"), (BulkPostInput = "application/ndjson"),
        (NdjsonBytes = "application/octet-stream", example = json!(BULK_EXAMPLE)))),
    responses((status = 200, body = PostStreamLine, content_type = "application/x-ndjson",
        description = "One result per line that was sent, in order; last a summary")))]
#[post("/v1/posts/bulk")]
pub(crate) async fn put_posts_bulk(
    caller: Caller<EventsWrite>,
    query: Query<ResultsQuery>,
    body: NdjsonBody,
    pools: Data<Pools>,
) -> HttpResponse {
    let lines = PostLines::new(pools.ingest.clone(), caller.tenant().id);
    body.answer(caller, &query.0, lines)
}

fn place((time, key): (Timestamp, i64)) -> Place {
    (time, PostKey(key))
}

fn answer(mut builder: HttpResponseBuilder, stored: StoredPost) -> HttpResponse {
    builder.insert_header((header::ETAG, etag(stored.version))).json(PostView::from(stored))
}
