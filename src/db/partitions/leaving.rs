//! The way of a month out: it refuses events, is detached while others go on, and is dropped. Whoever is killed leaves
//! a state that [`super::all`] shows and from which the next one goes on.

use super::{Month, PARTITION_LOCK, State, TRIGGER, table_of};
use crate::db::{Client, DbError, Pool, Tx};
use jiff::civil::Date;
use std::time::Duration;

/// Longest wait for readers of a month in one attempt. Longer: whoever makes a partition meanwhile waits behind it; shorter:
/// it never succeeds beside longer statements.
const WAIT_FOR_READERS: Duration = Duration::from_millis(500);
/// Attempts at a look.
const ATTEMPTS: u32 = 20;
/// Pause between attempts, in which others get the locks.
const PAUSE: Duration = Duration::from_millis(500);

/// Has a month refuse events from now on; every insert that was under way has ended.
pub async fn refuse(pool: &Pool, month: Date) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    let table = table_of(month);
    tx.batch(&format!(
        "create trigger {TRIGGER} before insert on {table} for each row execute function refuse_leaving_month()"
    ))
    .await?;
    tx.commit().await
}

/// Has a month take events again.
pub async fn reopen(pool: &Pool, month: Date) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    tx.batch(&format!("drop trigger {TRIGGER} on {}", table_of(month))).await?;
    tx.commit().await
}

/// Detaches a month that refuses events, and drops it. `client` is a connection that nobody uses afterwards. False:
/// statements that read the month go on for so long that it is left for another look.
pub async fn drop_month(client: &Client, month: Month) -> Result<bool, DbError> {
    client.batch(&format!("set lock_timeout = {}", WAIT_FOR_READERS.as_millis())).await?;
    for _ in 0..ATTEMPTS {
        let state = super::all(client).await?.into_iter().find(|found| found.first == month.first);
        let Some(Month { state, .. }) = state else { return Ok(true) };
        match step(client, month.first, state).await {
            Ok(()) => {}
            Err(DbError::Busy) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Detaching is done in two transactions by the server: after the first one the month is no longer read, the second one
/// waits for older readers and can be asked for again.
async fn step(client: &Client, month: Date, state: State) -> Result<(), DbError> {
    let table = table_of(month);
    match state {
        State::Open => Err(DbError::Damaged(format!("{table} takes events and is not to be dropped"))),
        State::Refusing => {
            client.batch(&format!("alter table events detach partition {table} concurrently")).await
        }
        State::Detaching => {
            client.batch(&format!("alter table events detach partition {table} finalize")).await
        }
        State::Detached => drop_table(client, &table).await,
    }
}

/// Under the lock of partitions, as a new one of this name may be wanted at the same moment. Statements that are sent
/// together are one transaction.
async fn drop_table(client: &Client, table: &str) -> Result<(), DbError> {
    client.batch(&format!("select pg_advisory_xact_lock({PARTITION_LOCK}); drop table {table}")).await
}
