//! SQL of models and clocks.

use super::super::ScoringModel;
use crate::{
    db::{Client, DbError, Pool, Tx},
    edge_weights::store::{self as edge_weights, weights_of},
    ids::{LANES, TenantId},
    relationships::days::{Day, date_of, day_of},
};
use jiff::{Timestamp, civil::Date};
use std::collections::{HashMap, hash_map::Entry};
use tokio_postgres::{Row, types::Json};

/// What a tenant's creators are scored with.
pub struct InForce {
    /// The model, the published default before one is fitted; with the tenant's edge weights.
    pub model: ScoringModel,
    /// When it was fitted.
    pub fitted_at: Option<Timestamp>,
    /// The tenant's clock: the last day on which anything was seen of any of its creators.
    pub clock: Option<Day>,
}

fn in_force_sql() -> String {
    format!(
        "/* scores::in_force */
         select m.version, m.body, m.fitted_at, t.observed_until, {}
         from tenants t left join lateral (
             select version, body, fitted_at from models where tenant_id = t.tenant_id order by version desc limit 1
         ) m on true {}
         where t.tenant_id = $1",
        edge_weights::COLUMNS,
        edge_weights::IN_FORCE
    )
}

/// What the creators of a tenant are scored with.
pub async fn in_force(client: &Client, tenant: TenantId) -> Result<InForce, DbError> {
    read(client.query_opt(&in_force_sql(), &[&tenant.0]).await?.as_ref())
}

/// The same as of a transaction.
pub async fn in_force_in(tx: &Tx, tenant: TenantId) -> Result<InForce, DbError> {
    read(tx.query_opt(&in_force_sql(), &[&tenant.0]).await?.as_ref())
}

fn read(row: Option<&Row>) -> Result<InForce, DbError> {
    let clock = row.and_then(|row| row.get::<_, Option<Date>>(3)).map(day_of);
    let edge_weights = row.map(weights_of).transpose()?.unwrap_or_default();
    let Some((row, version)) = row.and_then(|row| Some((row, row.get::<_, Option<i32>>(0)?))) else {
        let model = ScoringModel { edge_weights, ..ScoringModel::published_default() };
        return Ok(InForce { model, fitted_at: None, clock });
    };
    let model: ScoringModel = serde_json::from_value(row.get(1))
        .map_err(|error| DbError::Damaged(format!("a stored model: {error}")))?;
    Ok(InForce { model: ScoringModel { version, edge_weights, ..model }, fitted_at: Some(row.get(2)), clock })
}

/// What is in force for the tenants that come up in a transaction, each read once.
#[derive(Default)]
pub(super) struct Models(HashMap<TenantId, InForce>);

impl Models {
    pub(super) async fn of(&mut self, tx: &Tx, tenant: TenantId) -> Result<&InForce, DbError> {
        Ok(match self.0.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(in_force_in(tx, tenant).await?),
        })
    }
}

/// Publishes a model and asks for all statistics of the tenant to be computed with it. False: another process
/// published this version first.
pub async fn publish(pool: &Pool, tenant: TenantId, model: &ScoringModel) -> Result<bool, DbError> {
    let tx = Tx::begin(pool).await?;
    let published = tx
        .execute(
            "/* scores::publish */
             insert into models (tenant_id, version, body) values ($1, $2, $3) on conflict do nothing",
            &[&tenant.0, &model.version, &Json(model)],
        )
        .await?;
    if published == 1 {
        tx.execute(
            "/* scores::publish: enqueue */
             insert into score_queue (lane, creator_key)
             select (get_byte(uuid_send(creator_key), 15) % $2)::int2, creator_key from creators where tenant_id = $1",
            &[&tenant.0, &i32::from(LANES)],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(published == 1)
}

/// Versions of the models in force, by tenant.
pub async fn model_versions(tx: &Tx) -> Result<Vec<(TenantId, i32)>, DbError> {
    let sql = "/* scores::model_versions */ select tenant_id, max(version) from models group by tenant_id";
    Ok(tx.query(sql, &[]).await?.iter().map(|row| (TenantId(row.get(0)), row.get(1))).collect())
}

/// Engaged people of each tenant, over all its creators, as far as they are not discounted.
pub async fn engagers_by_tenant(client: &Client) -> Result<Vec<(TenantId, i64)>, DbError> {
    let sql = "/* scores::engagers_by_tenant */
               select tenant_id,
                      (sum(engagers) - coalesce(sum((discounted #>> '{taken,engagers}')::float8), 0))::int8
               from creator_statistics group by tenant_id order by tenant_id";
    Ok(client.query(sql, &[]).await?.iter().map(|row| (TenantId(row.get(0)), row.get(1))).collect())
}

/// Tenants of whom something was seen on a later day than their clocks say, and that day.
pub async fn late_clocks(client: &Client) -> Result<Vec<(TenantId, Day)>, DbError> {
    let sql = "/* scores::late_clocks */
               select t.tenant_id, latest.day from tenants t
               join (select tenant_id, max(last_day) as day from creator_statistics group by tenant_id) latest
                    using (tenant_id)
               where latest.day > coalesce(t.observed_until, '-infinity')
               order by t.tenant_id";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| (TenantId(row.get(0)), day_of(row.get(1)))).collect())
}

/// Puts a clock forward.
pub async fn set_clock(client: &Client, tenant: TenantId, day: Day) -> Result<(), DbError> {
    let sql = "/* scores::set_clock */
               update tenants set observed_until = $2
               where tenant_id = $1 and (observed_until is null or observed_until < $2)";
    client.execute(sql, &[&tenant.0, &date_of(day)]).await?;
    Ok(())
}

/// Asks for creators whose statistics are behind the clock to be scored, unless they wait already; how many. They are due
/// an hour later: until then, those to whom something happened go first.
pub async fn enqueue_behind(client: &Client) -> Result<u64, DbError> {
    let sql = "/* scores::enqueue_behind */
               insert into score_queue (lane, creator_key, enqueued_at)
               select (get_byte(uuid_send(s.creator_key), 15) % $1)::int2, s.creator_key, now() + interval '1 hour'
               from creator_statistics s join tenants t using (tenant_id)
               where (s.observed_until is null or s.observed_until < t.observed_until)
                 and not exists (select from score_queue q where q.creator_key = s.creator_key)";
    client.execute(sql, &[&i32::from(LANES)]).await
}
