//! Work that one process at a time does.

use super::{Client, DbError, Pool};

/// A lock of the server that lasts longer than a transaction: until this is dropped or its process dies.
pub struct Turn {
    client: Client,
}

impl Turn {
    /// Takes the lock of this number unless another process has it.
    pub async fn take(pool: &Pool, lock: i64) -> Result<Option<Self>, DbError> {
        // Kept as a turn from before the lock is asked for: given up in between, the connection is closed.
        let turn = Self { client: pool.get().await? };
        let rows = turn.client.query("/* turn::take */ select pg_try_advisory_lock($1)", &[&lock]).await?;
        Ok(Some(turn).filter(|_| rows[0].get(0)))
    }

    /// The connection that has the lock. Nobody uses it afterwards, so settings of its session may be changed.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Given back to the pool it would keep the lock.
        self.client.discard();
    }
}
