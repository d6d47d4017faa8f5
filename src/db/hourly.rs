//! What is done once in an hour for each tenant, by whichever process comes first.

use super::{Client, DbError};
use crate::ids::TenantId;

/// A tenant for whom it was done an hour or more ago, or never, and is in our hands now. The table tells of each tenant when
/// that was (`tenant_id`, `claimed_at`).
pub async fn claim_hourly(client: &Client, table: &'static str) -> Result<Option<TenantId>, DbError> {
    let sql = format!(
        "/* db::claim_hourly */
         insert into {table} as r (tenant_id)
         select tenant_id from tenants left join {table} known using (tenant_id)
         where known.tenant_id is null or known.claimed_at < now() - interval '1 hour'
         order by known.claimed_at nulls first, tenant_id limit 1
         on conflict (tenant_id) do update set claimed_at = now()
         where r.claimed_at < now() - interval '1 hour'
         returning tenant_id"
    );
    Ok(client.query_opt(&sql, &[]).await?.map(|row| TenantId(row.get(0))))
}
