//! `/v1/creators/{creator_id}/posts`.

use super::{
    input::PostInput,
    model::{Counts, Snapshot, Submission, post_ref},
    store::{self, Place, PostError, StoredPost},
};
use crate::{
    creators::{Platform, http::not_found},
    db::{Pools, detached},
    http::{
        auth::{Caller, EventsWrite, Read},
        body::Json,
        cursor::CursorSigner,
        params::{self, PathId, PathIds, Query},
        problem::{Kind, Problem, ProblemDocument},
        version::{Conditions, etag},
    },
    ids::{CreatorKey, PostKey},
};
use actix_web::{HttpResponse, HttpResponseBuilder, delete, get, http::header, put, web::Data};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A post.
#[derive(Serialize, ToSchema)]
pub struct PostView {
    /// The caller's id of it.
    #[schema(example = "ig-post-771", max_length = 128)]
    post_id: String,
    /// When it was published.
    published_at: Timestamp,
    /// Where.
    platform: Platform,
    /// What it is about, in lower case.
    #[schema(example = json!(["slow fashion", "mending"]), max_items = 20)]
    topics: Vec<String>,
    /// Whether somebody paid for it.
    #[schema(example = true)]
    sponsored: bool,
    /// Who paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "linen-and-co", nullable = false, max_length = 128)]
    brand: Option<String>,
    /// The newest counts; absent before there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metrics: Option<MetricsView>,
    /// When it was first sent.
    created_at: Timestamp,
    /// When it or its counts were changed last.
    updated_at: Timestamp,
}

/// What a platform counts of a post, as of a time.
#[derive(Serialize, ToSchema)]
pub struct MetricsView {
    /// When the platform gave these counts.
    as_of: Timestamp,
    /// Times the post was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 9120, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    views: Option<i64>,
    /// People who saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7040, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    reach: Option<i64>,
    /// Those of them who do not follow the creator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1830, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    reach_non_followers: Option<i64>,
    /// Likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 402, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    likes: Option<i64>,
    /// Comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 31, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    comments: Option<i64>,
    /// Times it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 55, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    saves: Option<i64>,
    /// Times it was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    shares: Option<i64>,
}

impl From<Snapshot> for MetricsView {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { as_of, counts } = snapshot;
        let Counts { views, reach, reach_non_followers, likes, comments, saves, shares } = counts;
        Self { as_of, views, reach, reach_non_followers, likes, comments, saves, shares }
    }
}

impl From<StoredPost> for PostView {
    fn from(stored: StoredPost) -> Self {
        let StoredPost { post_id, post, metrics, created_at, updated_at, .. } = stored;
        Self {
            post_id,
            published_at: post.published_at,
            platform: post.platform,
            topics: post.topics,
            sponsored: post.sponsored,
            brand: post.brand,
            metrics: metrics.map(MetricsView::from),
            created_at,
            updated_at,
        }
    }
}

/// A page of posts, newest first.
#[derive(Serialize, ToSchema)]
pub struct PostPage {
    /// The posts.
    #[schema(max_items = 200)]
    items: Vec<PostView>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    next_cursor: Option<String>,
}

/// Which page of posts.
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
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| signer.seal(scope.as_bytes(), &(last.post.published_at, last.key.0)));
    Ok(HttpResponse::Ok()
        .json(PostPage { items: found.into_iter().map(PostView::from).collect(), next_cursor }))
}

fn place((time, key): (Timestamp, i64)) -> Place {
    (time, PostKey(key))
}

fn answer(mut builder: HttpResponseBuilder, stored: StoredPost) -> HttpResponse {
    builder.insert_header((header::ETAG, etag(stored.version))).json(PostView::from(stored))
}

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
