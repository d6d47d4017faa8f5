//! Looks into the database behind the service.

use super::harness::Failure;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use voci::{db::Pool, events::Kind, relationships::queue::store::busy_lanes};

/// Longest wait for the workers.
const PATIENCE: Duration = Duration::from_mins(10);
/// Time between looks at the queues.
const INTERVAL: Duration = Duration::from_millis(50);

/// Waits until every event is folded and every creator's statistics are computed.
pub(crate) async fn wait_until_folded(pool: &Pool) -> Result<(), Failure> {
    let start = Instant::now();
    while !busy_lanes(&pool.get().await?).await?.is_empty() {
        if start.elapsed() > PATIENCE {
            return Err("the workers do not finish".into());
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(())
}

/// Stored events of each kind.
pub(crate) async fn kinds(pool: &Pool) -> Result<BTreeMap<&'static str, u64>, Failure> {
    let rows = pool.get().await?.query("select kind, count(*) from events group by kind", &[]).await?;
    let count = |row: &tokio_postgres::Row| {
        let kind = Kind::from_code(row.get(0)).map_or("no kind at all", Kind::name);
        (kind, row.get::<_, i64>(1).unsigned_abs())
    };
    Ok(rows.iter().map(count).collect())
}

/// The number that a query counts.
pub(crate) async fn count(pool: &Pool, sql: &str) -> Result<u64, Failure> {
    Ok(pool.get().await?.query(sql, &[]).await?[0].get::<_, i64>(0).unsigned_abs())
}

/// Bytes of a table or of all its partitions, indexes included.
pub(crate) async fn bytes(pool: &Pool, table: &str) -> Result<u64, Failure> {
    let sql = format!(
        "select sum(pg_total_relation_size(part))::int8
         from (select relid from pg_partition_tree('{table}') union select '{table}'::regclass) as parts (part)"
    );
    count(pool, &sql).await
}
