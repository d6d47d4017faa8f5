//! Two facts about the database driver that the service is built around. When one ceases to hold, so may its remedy.

use crate::support::{Database, eventually};
use std::time::Duration;
use tokio::time::timeout;
use voci::db::{Pools, Tx, connect::ConnectSettings};

const TABLE: &str = "create table numbers (n integer)";
const FAILING: &str = "select 1 / 0";

async fn pools(database: &Database) -> Pools {
    database.connect().await.batch_execute(TABLE).await.unwrap();
    Pools::open(&ConnectSettings::from_url(&database.url()).unwrap(), 1, 1)
}

async fn rows(database: &Database) -> i64 {
    let row = database.connect().await.query_one("select count(*) from numbers", &[]).await.unwrap();
    row.get(0)
}

#[tokio::test]
async fn the_drivers_commit_reports_success_for_a_transaction_that_was_rolled_back() {
    let database = Database::create().await;
    let mut client = database.connect().await;
    client.batch_execute(TABLE).await.unwrap();
    let transaction = client.transaction().await.unwrap();
    transaction.execute("insert into numbers values (1)", &[]).await.unwrap();
    transaction.batch_execute(FAILING).await.unwrap_err();
    transaction.commit().await.expect("the driver sees no failure");
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn our_commit_fails_for_a_transaction_that_was_rolled_back() {
    let database = Database::create().await;
    let pools = pools(&database).await;
    let tx = Tx::begin(&pools.ingest).await.unwrap();
    tx.execute("insert into numbers values (1)", &[]).await.unwrap();
    tx.batch(FAILING).await.unwrap_err();
    tx.commit().await.unwrap_err();
    assert_eq!(rows(&database).await, 0);
    let tx = Tx::begin(&pools.ingest).await.unwrap();
    tx.execute("insert into numbers values (1)", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows(&database).await, 1);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing_to_the_next_user_of_its_connection() {
    let database = Database::create().await;
    let pools = pools(&database).await;
    let tx = Tx::begin(&pools.ingest).await.unwrap();
    tx.execute("insert into numbers values (1)", &[]).await.unwrap();
    drop(tx);
    let client = pools.ingest.get().await.unwrap();
    client.execute("insert into numbers values (2)", &[]).await.unwrap();
    assert_eq!(rows(&database).await, 1);
}

#[tokio::test]
async fn a_query_whose_future_is_dropped_still_runs() {
    let database = Database::create().await;
    let client = database.connect().await;
    client.batch_execute(TABLE).await.unwrap();
    let slow = "insert into numbers select 1 from pg_sleep(0.5)";
    timeout(Duration::from_millis(100), client.execute(slow, &[])).await.unwrap_err();
    eventually("it has run", async || (rows(&database).await == 1).then_some(())).await;
}

#[tokio::test]
async fn a_connection_whose_query_was_dropped_is_cancelled_and_never_handed_out_again() {
    let database = Database::create().await;
    let pools = pools(&database).await;
    let client = pools.ingest.get().await.unwrap();
    let backend = client.query("select pg_backend_pid()", &[]).await.unwrap()[0].get::<_, i32>(0);
    let slow = "insert into numbers select 1 from pg_sleep(4)";
    timeout(Duration::from_millis(100), client.execute(slow, &[])).await.unwrap_err();
    drop(client);
    let next = timeout(Duration::from_secs(2), async {
        let client = pools.ingest.get().await.unwrap();
        client.query("select pg_backend_pid()", &[]).await.unwrap()[0].get::<_, i32>(0)
    });
    assert_ne!(next.await.expect("it does not wait behind the other"), backend);
    let observer = database.connect().await;
    let gone = "select not exists (select from pg_stat_activity where pid = $1)";
    eventually("the backend is gone", async || {
        observer.query_one(gone, &[&backend]).await.unwrap().get::<_, bool>(0).then_some(())
    })
    .await;
    assert_eq!(rows(&database).await, 0);
}
