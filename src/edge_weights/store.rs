//! SQL of edge weights.

use super::{EdgeWeights, model::FIRST_VERSION};
use crate::{
    db::{Client, DbError, Pool, Tx},
    events::Kind,
    ids::{LANES, TenantId},
};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::{Row, types::Json};

/// Joins the weights in force to a query of `tenants t`.
pub const IN_FORCE: &str = "left join lateral (
        select version as weights_version, weights, set_at from tenant_edge_weights
        where tenant_id = t.tenant_id order by version desc limit 1
    ) w on true";

/// Columns of [`weights_of`].
pub const COLUMNS: &str = "w.weights_version, w.weights, w.set_at";

/// The weights in the columns of [`COLUMNS`].
pub fn weights_of(row: &Row) -> Result<EdgeWeights, DbError> {
    let Some(version) = row.get("weights_version") else { return Ok(EdgeWeights::default()) };
    let own: Option<BTreeMap<Kind, f64>> = row
        .get::<_, Option<Value>>("weights")
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| DbError::Damaged(format!("stored edge weights: {error}")))?;
    Ok(EdgeWeights::new(version, row.get("set_at"), own))
}

/// The weights in force for a tenant.
pub(super) async fn in_force(client: &Client, tenant: TenantId) -> Result<EdgeWeights, DbError> {
    let sql = format!(
        "/* edge_weights::in_force */ select {COLUMNS} from tenants t {IN_FORCE} where t.tenant_id = $1"
    );
    client
        .query_opt(&sql, &[&tenant.0])
        .await?
        .as_ref()
        .map_or_else(|| Ok(EdgeWeights::default()), weights_of)
}

/// Makes these weights the ones in force, `None`: the built-in ones. A new version, unless they are so already.
pub(super) async fn set(
    pool: Pool,
    tenant: TenantId,
    own: Option<BTreeMap<Kind, f64>>,
) -> Result<EdgeWeights, DbError> {
    let tx = Tx::begin(&pool).await?;
    // Two callers at once make two versions, one after the other.
    let sql = "/* edge_weights::set */ select 1 from tenants where tenant_id = $1 for no key update";
    tx.query_opt(sql, &[&tenant.0]).await?;
    let before = in_force(tx.client(), tenant).await?;
    if before.own() == own.as_ref() {
        tx.rollback().await?;
        return Ok(before);
    }
    let sql = "/* edge_weights::set */
               insert into tenant_edge_weights (tenant_id, version, weights) values ($1, $2, $3) returning set_at";
    let version = before.version + 1;
    let rows = tx.query(sql, &[&tenant.0, &version, &own.as_ref().map(Json)]).await?;
    let weights = EdgeWeights::new(version, rows[0].get(0), own);
    tx.commit().await?;
    Ok(weights)
}

/// Asks for creators to be scored whose sums are under other weights than those in force, unless they wait already; how
/// many. Two days after a change nobody is left, and nobody is looked for. They are due an hour later: until then, those to
/// whom something happened go first.
pub(super) async fn enqueue_otherwise_weighted(client: &Client) -> Result<u64, DbError> {
    let sql = "/* edge_weights::enqueue_otherwise_weighted */
               insert into score_queue (lane, creator_key, enqueued_at)
               select (get_byte(uuid_send(s.creator_key), 15) % $1)::int2, s.creator_key, now() + interval '1 hour'
               from (select tenant_id, max(version) as version from tenant_edge_weights group by tenant_id
                     having max(set_at) > now() - interval '2 days') w
               join creator_statistics s using (tenant_id)
               where coalesce((s.discounted ->> 'edge_weights')::int4, $2) <> w.version and s.discounted is not null
                 and not exists (select from score_queue q where q.creator_key = s.creator_key)";
    client.execute(sql, &[&i32::from(LANES), &FIRST_VERSION]).await
}
