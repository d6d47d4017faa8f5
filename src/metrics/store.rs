//! SQL of what only the database knows.

use super::Metrics;
use crate::db::{DbError, Pool};
use std::time::Duration;

/// Time between looks. Longer: operators see less; shorter: more queries for nothing.
const LOOK: Duration = Duration::from_secs(1);

/// Rows counted at most, so that a long queue does not make looking at it slow.
const MOST_COUNTED: i64 = 100_000;

/// Looks at the queue of statistics again and again, until it is dropped.
pub async fn watch(pool: Pool, metrics: &Metrics) {
    loop {
        match waiting_statistics(&pool).await {
            Ok(waiting) => metrics.set_statistics_queue(waiting),
            // What was known stays; the snapshot's age and `/readyz` tell that the database is away.
            Err(error) => tracing::debug!(%error, "the queue of statistics cannot be looked at"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn waiting_statistics(pool: &Pool) -> Result<i64, DbError> {
    let sql =
        "/* metrics::waiting_statistics */ select count(*) from (select from score_queue limit $1) waiting";
    Ok(pool.get().await?.query(sql, &[&MOST_COUNTED]).await?[0].get(0))
}
