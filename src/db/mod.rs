//! PostgreSQL: connections with a limit on every wait, transactions that know whether they were committed, schema.

pub mod columns;
pub mod connect;
pub mod copy;
pub mod embedded;
pub mod error;
pub mod hourly;
pub mod keeper;
pub mod migrate;
pub mod partitions;
pub mod pool;
pub mod turn;
pub mod tx;

pub use columns::{Columns, InOrder};
pub use copy::CopyRows;
pub use error::{DbError, chain};
pub use hourly::claim_hourly;
pub use pool::{Client, Pool, Pools};
pub use turn::Turn;
pub use tx::Tx;

use std::time::{Duration, Instant};

/// Longest a caller waits for a write; the statement timeout ends statements before that. Longer: callers give up
/// first and never learn what happened; shorter: slow but good writes are reported as unknown.
const WRITE_DEADLINE: Duration = Duration::from_secs(7);

/// Runs a write in its own task, so that a caller who goes away does not leave it half-watched.
pub async fn detached<T: Send + 'static, E: From<DbError> + Send + 'static>(
    write: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    let task = tokio::spawn(tokio::time::timeout(WRITE_DEADLINE, write));
    match task.await {
        Ok(Ok(result)) => result,
        Ok(Err(_elapsed)) => Err(DbError::OutcomeUnknown("no answer in time".into()).into()),
        Err(join) => Err(DbError::OutcomeUnknown(join.to_string()).into()),
    }
}

/// Tries again while locks are in the way, until `patience` has passed.
pub async fn patiently<T, F: Future<Output = Result<T, DbError>>>(
    patience: Duration,
    pause: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, DbError> {
    let deadline = Instant::now() + patience;
    loop {
        match attempt().await {
            Err(DbError::Busy) if Instant::now() < deadline => tokio::time::sleep(pause).await,
            result => return result,
        }
    }
}
