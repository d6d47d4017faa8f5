//! Transactions that know whether they were committed.
//!
//! COMMIT of a transaction that failed answers ROLLBACK, which the driver reports as success. So a guard statement
//! goes right before COMMIT, in the same message: in a failed transaction it fails, COMMIT is then not run, and
//! [`Tx::commit`] fails.

use super::{Client, CopyRows, DbError, Pool, pool::Params};
use tokio_postgres::Row;

/// An open transaction. Dropped without [`Tx::commit`] or [`Tx::rollback`], its connection is closed, which rolls back.
pub struct Tx {
    client: Option<Client>,
    open: bool,
}

impl Tx {
    /// For [`Tx::begin_with`]: a transaction of background work that takes its work out of a queue and was promised to nobody.
    /// Its commit does not wait for the disk. A crash of the server may undo it as a whole, work and result together, and
    /// the work is then done again.
    pub const REPEATABLE: &str = "set local synchronous_commit = off";

    /// Opens a READ COMMITTED transaction.
    pub async fn begin(pool: &Pool) -> Result<Self, DbError> {
        Self::begin_as(pool.get().await?, "begin").await
    }

    /// Opens a READ COMMITTED transaction and runs statements without parameters, in one message.
    pub async fn begin_with(pool: &Pool, sql: &str) -> Result<Self, DbError> {
        Self::begin_as(pool.get().await?, &format!("begin; {sql}")).await
    }

    /// Opens a read-only transaction in which every statement sees the same state.
    pub async fn begin_snapshot(pool: &Pool) -> Result<Self, DbError> {
        Self::begin_snapshot_on(pool.get().await?).await
    }

    /// The same on a connection that the caller keeps; [`Tx::into_client`] gives it back.
    pub async fn begin_snapshot_on(client: Client) -> Result<Self, DbError> {
        Self::begin_as(client, "begin isolation level repeatable read read only").await
    }

    async fn begin_as(client: Client, begin: &str) -> Result<Self, DbError> {
        let tx = Self { client: Some(client), open: true };
        tx.client().batch(begin).await?;
        Ok(tx)
    }

    /// The connection of the transaction, for reads that also work outside one.
    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the connection is taken only when the transaction ends")
    }

    /// Rows of a statement.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.client().query(sql, params).await
    }

    /// The single row of a statement, if there is one.
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        self.client().query_opt(sql, params).await
    }

    /// Runs a statement; the number of rows it touched.
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.client().execute(sql, params).await
    }

    /// Copies rows into a table; the number of rows.
    pub async fn copy(&self, sql: &str, rows: CopyRows) -> Result<u64, DbError> {
        self.client().copy(sql, rows).await
    }

    /// Runs statements without parameters.
    pub async fn batch(&self, sql: &str) -> Result<(), DbError> {
        self.client().batch(sql).await
    }

    /// Commits; `Ok` means that the changes are there to stay.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let result = self.client().batch("select 1; commit").await;
        self.open = result.is_err();
        result
    }

    /// Gives everything up.
    pub async fn rollback(self) -> Result<(), DbError> {
        self.into_client().await.map(drop)
    }

    /// Gives everything up but the connection.
    pub async fn into_client(mut self) -> Result<Client, DbError> {
        self.client().batch("rollback").await?;
        self.open = false;
        Ok(self.client.take().expect("the connection is taken only here"))
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(client) = self.client.as_ref().filter(|_| self.open) {
            client.discard();
        }
    }
}
