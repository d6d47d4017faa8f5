//! Transactions that know whether they were committed.
//!
//! COMMIT of a transaction that failed answers ROLLBACK, which the driver reports as success. So a guard statement
//! goes right before COMMIT: in a failed transaction it fails, and so does [`Tx::commit`].

use super::{Client, DbError, Pool, pool::Params};
use tokio_postgres::Row;

/// An open transaction. Dropped without [`Tx::commit`] or [`Tx::rollback`], its connection is closed, which rolls back.
pub struct Tx {
    client: Client,
    open: bool,
}

impl Tx {
    /// Opens a READ COMMITTED transaction.
    pub async fn begin(pool: &Pool) -> Result<Self, DbError> {
        Self::begin_as(pool, "begin").await
    }

    /// Opens a read-only transaction in which every statement sees the same state.
    pub async fn begin_snapshot(pool: &Pool) -> Result<Self, DbError> {
        Self::begin_as(pool, "begin isolation level repeatable read read only").await
    }

    async fn begin_as(pool: &Pool, begin: &str) -> Result<Self, DbError> {
        let tx = Self { client: pool.get().await?, open: true };
        tx.client.batch(begin).await?;
        Ok(tx)
    }

    /// Rows of a statement.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.client.query(sql, params).await
    }

    /// The single row of a statement, if there is one.
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        self.client.query_opt(sql, params).await
    }

    /// Runs a statement; the number of rows it touched.
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.client.execute(sql, params).await
    }

    /// Runs statements without parameters.
    pub async fn batch(&self, sql: &str) -> Result<(), DbError> {
        self.client.batch(sql).await
    }

    /// Commits; `Ok` means that the changes are there to stay.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let result = self.client.guarded_commit().await;
        self.open = result.is_err();
        result
    }

    /// Gives everything up.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        let result = self.client.batch("rollback").await;
        self.open = result.is_err();
        result
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            self.client.discard();
        }
    }
}
