//! `/v1/niches`.

use super::{
    model::{Aliases, Names, Niche, NicheTree, Taxonomy, is_valid_niche_id},
    store::{self, Stored},
};
use crate::{
    db::{Pools, detached},
    error::not_null,
    http::{
        auth::{Caller, CreatorsWrite, Read},
        body::Json,
        cursor::CursorSigner,
        params::{PathId, Query},
        problem::{Kind, Problem},
    },
    ids::TenantId,
    insight::{self, http::NicheInsight},
    keys::Tenant,
    snapshot::Snapshots,
};
use actix_web::{
    HttpResponse, get, put,
    web::{self, Data},
};
use serde::{Deserialize, Serialize};
use std::ops::Bound;
use utoipa::{IntoParams, ToSchema};

/// A niche, as it is told to callers.
#[derive(Serialize, ToSchema)]
pub struct NicheView {
    /// Id of the niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    id: String,
    /// Id of the niche it is part of; absent for top-level niches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "fashion", nullable = false, max_length = 64)]
    parent: Option<String>,
    /// Names per language.
    names: Names,
    /// Other words for it, per language.
    aliases: Aliases,
    /// True for niches that are part of Voci, false for the tenant's own.
    built_in: bool,
    /// What is seen in it; only when it is read by itself, and absent while a service that was just started reads its snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    insight: Option<NicheInsight>,
}

impl NicheView {
    fn new(niche: &Niche, built_in: bool) -> Self {
        Self {
            id: niche.id.clone(),
            parent: niche.parent.clone(),
            names: niche.names.clone(),
            aliases: niche.aliases.clone(),
            built_in,
            insight: None,
        }
    }
}

/// A page of niches, in the order of their ids.
#[derive(Serialize, ToSchema)]
pub struct NichePage {
    /// The niches.
    #[schema(max_items = 200)]
    items: Vec<NicheView>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    next_cursor: Option<String>,
}

/// A niche of the tenant's own, as it is sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "parent": "fashion",
    "names": {"en": "Upcycled denim", "ro": "Denim reciclat"},
    "aliases": {"en": ["reworked jeans"], "ro": ["blugi reciclați"]}
}))]
pub struct NicheInput {
    /// Id of the niche it is part of.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "fashion", nullable = false, max_length = 64)]
    parent: Option<String>,
    /// Names per language.
    names: Names,
    /// Other words for it, per language.
    #[serde(default)]
    aliases: Aliases,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 2048, nullable = false)]
    cursor: Option<String>,
}

impl PageQuery {
    /// Items on the page, 50 unless given.
    fn limit(&self) -> Result<usize, Problem> {
        crate::http::params::limit(self.limit)
    }
}

/// List niches
///
/// The built-in taxonomy and the tenant's own niches, in the order of their ids.
#[utoipa::path(operation_id = "listNiches", tag = "niches", params(PageQuery),
    responses((status = 200, body = NichePage, description = "A page of niches")))]
#[get("/v1/niches")]
pub(crate) async fn list_niches(
    caller: Caller<Read>,
    page: Query<PageQuery>,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
    signer: Data<CursorSigner>,
) -> Result<HttpResponse, Problem> {
    let limit = page.0.limit()?;
    let scope = format!("niches of {}", caller.tenant().id.0);
    let after: Option<String> =
        page.0.cursor.as_deref().map(|cursor| signer.open(scope.as_bytes(), cursor)).transpose()?;
    let tree = tree(&pools, taxonomy, caller.tenant()).await?;
    let all = tree.all();
    let start = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = all.range::<str, _>((start, Bound::Unbounded));
    let items: Vec<_> =
        rest.by_ref().take(limit).map(|(_, (niche, built_in))| NicheView::new(niche, *built_in)).collect();
    let next_cursor = rest.next().and(items.last()).map(|last| signer.seal(scope.as_bytes(), &last.id));
    Ok(HttpResponse::Ok().json(NichePage { items, next_cursor }))
}

/// Get a niche
///
/// With insight: its members and their loyalty, how evenly its loyal reach is spread, authorities, voices by place, emerging
/// creators, related niches, rising topics and words.
#[utoipa::path(operation_id = "getNiche", tag = "niches",
    params(("niche_id" = String, Path, description = "Id of the niche", example = "gaming", max_length = 64)),
    responses((status = 200, body = NicheView, description = "The niche")))]
#[get("/v1/niches/{niche_id}")]
pub(crate) async fn get_niche(
    caller: Caller<Read>,
    id: PathId,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
    snapshots: Data<Snapshots>,
) -> Result<HttpResponse, Problem> {
    let tenant = caller.tenant();
    let tree = tree(&pools, taxonomy, tenant).await?;
    let all = tree.all();
    let (niche, built_in) = all.get(id.0.as_str()).ok_or_else(|| {
        Problem::new(Kind::NicheNotFound, "There is no niche of this id; GET /v1/niches lists them")
    })?;
    let insight = insight(&pools, tenant.id, &id.0, &snapshots).await?;
    Ok(HttpResponse::Ok().json(NicheView { insight, ..NicheView::new(niche, *built_in) }))
}

async fn insight(
    pools: &Pools,
    tenant: TenantId,
    niche: &str,
    snapshots: &Snapshots,
) -> Result<Option<NicheInsight>, Problem> {
    if !snapshots.is_loaded() {
        return Ok(None);
    }
    let client = pools.reads.get().await?;
    let looked_at = insight::store::looked_at(&client, tenant).await?;
    let found = insight::store::found_of(&client, tenant, niche).await?;
    drop(client);
    let published = snapshots.current(tenant);
    let as_of = snapshots.as_of(tenant, &published);
    let niche = niche.to_owned();
    // Passes over all members of the niche, and others wait for this thread.
    let insight = web::block(move || NicheInsight::new(&niche, (&published, as_of), found, looked_at)).await;
    insight.map(Some).map_err(|error| Problem::internal(&error.to_string()))
}

/// Make or replace a niche of your own
///
/// Built-in niches cannot be replaced. The parent must exist and must itself be a top-level niche.
#[utoipa::path(operation_id = "putNiche", tag = "niches", request_body = NicheInput,
    params(("niche_id" = String, Path, description = "Id of the niche: 1 to 64 of a-z 0-9 -", example = "upcycled-denim", max_length = 64)),
    responses(
        (status = 201, body = NicheView, description = "Made"),
        (status = 200, body = NicheView, description = "Replaced"),
        (status = 409, body = crate::http::problem::ProblemDocument, description = "The niche is built in", content_type = "application/problem+json")))]
#[put("/v1/niches/{niche_id}")]
pub(crate) async fn put_niche(
    caller: Caller<CreatorsWrite>,
    id: PathId,
    body: Json<NicheInput>,
    pools: Data<Pools>,
    taxonomy: Data<Taxonomy>,
) -> Result<HttpResponse, Problem> {
    if !is_valid_niche_id(&id.0) {
        return Err(Problem::field(
            "{niche_id}",
            "invalid_id",
            "must be 1 to 64 of the characters a-z 0-9 -",
        ));
    }
    if taxonomy.get(&id.0).is_some() {
        return Err(Problem::new(
            Kind::BuiltInNiche,
            "This niche is built in; choose another id for your own",
        ));
    }
    let Json(NicheInput { parent, names, aliases }) = body;
    let niche = Niche { id: id.0, parent, names, aliases };
    niche.check().map_err(Problem::invalid)?;
    check_place(&tree(&pools, taxonomy, caller.tenant()).await?, &niche)?;
    let stored = detached(store::put(pools.ingest.clone(), caller.tenant().id, niche.clone())).await?;
    let mut response = match stored {
        Stored::Created => HttpResponse::Created(),
        Stored::Replaced => HttpResponse::Ok(),
    };
    Ok(response.json(NicheView::new(&niche, false)))
}

/// The tree has two levels: a parent is top-level, and a niche with children stays so.
fn check_place(tree: &NicheTree, niche: &Niche) -> Result<(), Problem> {
    let Some(parent) = &niche.parent else { return Ok(()) };
    let Some(parent) = tree.get(parent) else {
        return Err(Problem::field("/parent", "unknown_niche", "there is no niche of this id"));
    };
    let has_children =
        tree.all().values().any(|(other, _)| other.parent.as_deref() == Some(niche.id.as_str()));
    if parent.parent.is_some() || has_children {
        return Err(Problem::field(
            "/parent",
            "not_allowed",
            "niches have two levels: the parent must be top-level",
        ));
    }
    Ok(())
}

async fn tree(pools: &Pools, taxonomy: Data<Taxonomy>, tenant: &Tenant) -> Result<NicheTree, Problem> {
    let client = pools.reads.get().await?;
    Ok(NicheTree::new(taxonomy.into_inner(), store::list_own(&client, tenant.id).await?))
}
