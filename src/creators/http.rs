//! `/v1/creators`.

use super::{
    bulk::{BulkCreatorInput, CreatorLines, CreatorStreamLine},
    model::{AccountInput, CreatorInput, Profile, Tier, audience},
    patch::{self, PatchError},
    store::{self, PutError, StoredCreator},
};
use crate::{
    db::{Pools, detached},
    error::FieldError,
    http::{
        auth::{Caller, CreatorsWrite, Read},
        body::{self, Json},
        cursor::CursorSigner,
        ndjson::{NdjsonBody, NdjsonBytes, ResultsQuery},
        params::{self, PathId, Query},
        problem::{Kind, Problem, ProblemDocument},
        version::{Conditions, etag},
    },
    niches::Taxonomy,
    privacy::{self, store::EraseError},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header,
    patch, post, put,
    web::{Data, Payload},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A registered creator.
#[derive(Serialize, ToSchema)]
pub struct CreatorView {
    /// The id it was registered under.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Name shown to brands.
    #[schema(example = "Ana Verde", max_length = 200)]
    display_name: String,
    /// Self-description.
    #[schema(example = "Slow fashion, mending and thrift finds from Cluj.", max_length = 5000)]
    bio: String,
    /// Country, ISO 3166-1 alpha-2.
    #[schema(example = "RO", max_length = 2)]
    country: String,
    /// Region within the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Cluj", nullable = false, max_length = 100)]
    region: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Cluj-Napoca", nullable = false, max_length = 100)]
    city: Option<String>,
    /// Languages, ISO 639-1.
    #[schema(example = json!(["ro", "en"]), max_items = 10)]
    languages: Vec<String>,
    /// What the creator stands for.
    #[schema(example = json!(["transparency"]), max_items = 20)]
    values: Vec<String>,
    /// Declared niches.
    #[schema(example = json!(["sustainable-fashion"]), max_items = 20)]
    niches: Vec<String>,
    /// Accounts on platforms; engager ids are never given back.
    #[schema(max_items = 20)]
    accounts: Vec<AccountInput>,
    /// Size class of the largest account.
    tier: Tier,
    /// When it was registered.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

impl From<StoredCreator> for CreatorView {
    fn from(stored: StoredCreator) -> Self {
        let tier = Tier::of(audience(&stored.profile.accounts, |_| true));
        let CreatorInput { display_name, bio, country, region, city, languages, values, niches, accounts } =
            patch::as_input(&stored.profile);
        let StoredCreator { creator_id, created_at, updated_at, .. } = stored;
        Self {
            creator_id,
            display_name,
            bio,
            country,
            region,
            city,
            languages,
            values,
            niches,
            accounts,
            tier,
            created_at,
            updated_at,
        }
    }
}

/// A page of creators, in the order of their ids.
#[derive(Serialize, ToSchema)]
pub struct CreatorPage {
    /// The creators.
    #[schema(max_items = 200)]
    items: Vec<CreatorView>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    next_cursor: Option<String>,
}

/// Which page of creators.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CreatorQuery {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 2048, nullable = false)]
    cursor: Option<String>,
}

/// Register or replace a creator
///
/// Under the caller's own id. Sending the same profile again changes nothing.
#[utoipa::path(operation_id = "putCreator", tag = "creators", request_body = CreatorInput,
    params(
        ("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128),
        ("If-Match" = Option<String>, Header, description = "Replace only this version", example = "\"v1\""),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only register, never replace")),
    responses(
        (status = 201, body = CreatorView, description = "Registered", headers(("ETag" = String, description = "Version"))),
        (status = 200, body = CreatorView, description = "Replaced, or the same already", headers(("ETag" = String, description = "Version"))),
        (status = 409, body = ProblemDocument, description = "The id is being erased", content_type = "application/problem+json"),
        (status = 412, body = ProblemDocument, description = "Another version is there", content_type = "application/problem+json")))]
#[put("/v1/creators/{creator_id}")]
pub(crate) async fn put_creator(
    caller: Caller<CreatorsWrite>,
    id: PathId,
    conditions: Conditions,
    body: Json<CreatorInput>,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
) -> Result<HttpResponse, Problem> {
    let profile = Profile::parse(body.0, &caller.tenant().secrets.engagers).map_err(Problem::invalid)?;
    let change = move |present: Option<&StoredCreator>| {
        conditions.check_write(present.map(|present| present.version)).map(|()| profile)
    };
    let modify = store::modify(pools.ingest.clone(), taxonomy.into_inner(), caller.tenant().id, id.0, change);
    let (stored, created) = detached(modify).await?;
    Ok(answer(if created { HttpResponse::Created() } else { HttpResponse::Ok() }, stored))
}

const BULK_EXAMPLE: &str = r#"{"creator_id":"ana-verde","display_name":"Ana Verde","country":"RO","languages":["ro"],"niches":["sustainable-fashion"],"accounts":[]}
"#;

/// Register or replace creators in bulk
///
/// NDJSON of any length: one creator per line, of at most 64 KiB; blank lines are skipped. Each is registered or replaced
/// as by `PUT /v1/creators/{creator_id}`, a few hundred in one transaction; of lines with the same id the later one wins.
/// Each line is answered by a line of its own as soon as it is committed.
///
/// Read the answer while you send, or ask for `results=problems`: while results are not taken, nothing more is read.
///
/// The last line is a `summary`. Without it the stream ended early, and the last line may say why in `problem`: creators
/// without a result may or may not be stored. Send them again; that is harmless.
#[utoipa::path(operation_id = "putCreatorsBulk", tag = "creators", params(ResultsQuery),
    request_body(description = "One creator per line", content(
        (BulkCreatorInput = "application/x-ndjson"), (BulkCreatorInput = "application/ndjson"),
        (NdjsonBytes = "application/octet-stream", example = json!(BULK_EXAMPLE)))),
    responses((status = 200, body = CreatorStreamLine, content_type = "application/x-ndjson",
        description = "One result per line that was sent, in order; last a summary")))]
#[post("/v1/creators/bulk")]
pub(crate) async fn put_creators_bulk(
    caller: Caller<CreatorsWrite>,
    query: Query<ResultsQuery>,
    body: NdjsonBody,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
) -> HttpResponse {
    let lines = CreatorLines::new(pools.ingest.clone(), taxonomy.into_inner(), caller.tenant().clone());
    body.answer(caller, &query.0, lines)
}

/// Get a creator
#[utoipa::path(operation_id = "getCreator", tag = "creators",
    params(
        ("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128),
        ("If-None-Match" = Option<String>, Header, description = "Version the caller has already")),
    responses(
        (status = 200, body = CreatorView, description = "The creator", headers(("ETag" = String, description = "Version"))),
        (status = 304, description = "The caller has this version already")))]
#[get("/v1/creators/{creator_id}")]
pub(crate) async fn get_creator(
    caller: Caller<Read>,
    id: PathId,
    conditions: Conditions,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let client = pools.reads.get().await?;
    let stored = store::get(&client, caller.tenant().id, &id.0).await?.ok_or_else(not_found)?;
    if conditions.is_fresh(stored.version) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag(stored.version))).finish());
    }
    Ok(answer(HttpResponse::Ok(), stored))
}

/// Change parts of a creator
///
/// JSON Merge Patch (RFC 7396): fields that are sent replace, `null` removes an optional field.
#[utoipa::path(operation_id = "patchCreator", tag = "creators",
    request_body(content(
        (serde_json::Value = "application/merge-patch+json", example = json!({"bio": "Mending, in Romanian.", "city": null})),
        (serde_json::Value = "application/json", example = json!({"bio": "Mending, in Romanian."})))),
    params(
        ("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128),
        ("If-Match" = Option<String>, Header, description = "Change only this version", example = "\"v1\"")),
    responses(
        (status = 200, body = CreatorView, description = "Changed", headers(("ETag" = String, description = "Version"))),
        (status = 412, body = ProblemDocument, description = "Another version is there", content_type = "application/problem+json")))]
#[patch("/v1/creators/{creator_id}")]
pub(crate) async fn patch_creator(
    caller: Caller<CreatorsWrite>,
    id: PathId,
    conditions: Conditions,
    request: HttpRequest,
    payload: Payload,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
) -> Result<HttpResponse, Problem> {
    let accepted = ["application/merge-patch+json", "application/json"];
    let bytes = body::read(&request, payload.into_inner(), body::BODY_LIMIT, &accepted).await?;
    let patch: serde_json::Value = body::parse(&bytes)?;
    if !patch.is_object() {
        return Err(Problem::field("", "wrong_type", "a merge patch of a creator is a JSON object"));
    }
    let secret = caller.tenant().secrets.engagers;
    let change = move |present: Option<&StoredCreator>| {
        let present = present.ok_or_else(not_found)?;
        conditions.check_write(Some(present.version))?;
        Ok(patch::apply(&present.profile, &patch, &secret)?)
    };
    let modify = store::modify(pools.ingest.clone(), taxonomy.into_inner(), caller.tenant().id, id.0, change);
    let (stored, _) = detached(modify).await?;
    Ok(answer(HttpResponse::Ok(), stored))
}

/// Erase a creator
///
/// Removes the creator, its events, relationships and scores for good.
#[utoipa::path(operation_id = "deleteCreator", tag = "creators",
    params(
        ("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128),
        ("If-Match" = Option<String>, Header, description = "Erase only this version", example = "\"v1\"")),
    responses(
        (status = 204, description = "Erased"),
        (status = 412, body = ProblemDocument, description = "Another version is there", content_type = "application/problem+json")))]
#[delete("/v1/creators/{creator_id}")]
pub(crate) async fn delete_creator(
    caller: Caller<CreatorsWrite>,
    id: PathId,
    conditions: Conditions,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let check = move |version| conditions.check_write(Some(version));
    let tenant = caller.tenant().id;
    detached(privacy::store::erase_creator(pools.background.clone(), tenant, id.0, check)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List creators
///
/// All creators of the tenant, in the order of their ids.
#[utoipa::path(operation_id = "listCreators", tag = "creators", params(CreatorQuery),
    responses((status = 200, body = CreatorPage, description = "A page of creators")))]
#[get("/v1/creators")]
pub(crate) async fn list_creators(
    caller: Caller<Read>,
    query: Query<CreatorQuery>,
    pools: Data<Pools>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    let limit = params::limit(query.0.limit)?;
    let tenant = caller.tenant().id;
    let scope = format!("creators of {}", tenant.0);
    let after: Option<String> =
        query.0.cursor.as_deref().map(|cursor| signer.open(scope.as_bytes(), cursor)).transpose()?;
    let client = pools.reads.get().await?;
    // One more than asked for tells whether there is a next page.
    let wanted = i64::try_from(limit + 1).expect("a page is short");
    let mut found = store::list(&client, tenant, after.as_deref().unwrap_or(""), wanted).await?;
    let next_cursor = signer.seal_page(scope.as_bytes(), &mut found, limit, |last| last.creator_id.clone());
    let mut response = HttpResponse::Ok();
    Ok(response.json(CreatorPage { items: found.into_iter().map(CreatorView::from).collect(), next_cursor }))
}

fn answer(mut builder: actix_web::HttpResponseBuilder, stored: StoredCreator) -> HttpResponse {
    builder.insert_header((header::ETAG, etag(stored.version))).json(CreatorView::from(stored))
}

/// The creator is not there.
#[must_use]
pub fn not_found() -> Problem {
    Problem::new(Kind::CreatorNotFound, "No creator is registered under this id")
}

impl From<PutError<Problem>> for Problem {
    fn from(error: PutError<Problem>) -> Self {
        match error {
            PutError::Database(error) => error.into(),
            PutError::Refused(problem) => problem,
            PutError::BeingErased => being_erased(),
            PutError::UnknownNiches(places) => unknown_niches(&places),
        }
    }
}

/// An erasure of the id has not ended.
pub(super) fn being_erased() -> Problem {
    Problem::new(Kind::CreatorBeingErased, "A creator of this id is being erased; try again in a moment")
}

/// The declared niches at these places do not exist.
pub(super) fn unknown_niches(places: &[usize]) -> Problem {
    let detail =
        "there is no niche of this id; GET /v1/niches lists them, PUT /v1/niches/{niche_id} makes one";
    let error = |place: &usize| FieldError::new(format!("/niches/{place}"), "unknown_niche", detail);
    Problem::invalid(places.iter().map(error).collect())
}

impl From<EraseError<Problem>> for Problem {
    fn from(error: EraseError<Problem>) -> Self {
        match error {
            EraseError::Database(error) => error.into(),
            EraseError::NotFound => not_found(),
            EraseError::Refused(problem) => problem,
        }
    }
}

impl From<PatchError> for Problem {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::Shape(error) => Self::invalid(vec![error]),
            PatchError::Rules(errors) => Self::invalid(errors),
        }
    }
}
