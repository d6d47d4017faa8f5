//! The baseline of ingest: COPY, which is the fastest way into a table that PostgreSQL has.

use super::{sent::CLIENTS, synthetic::Act};
use crate::{
    drawn,
    harness::{Failure, stage::Stage},
};
use futures_util::SinkExt;
use jiff::tz::TimeZone;
use std::time::Instant;
use tokio::task::JoinSet;
use tokio_postgres::{
    Client, Config, NoTls,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};
use voci::{
    db::{CopyRows, Pool},
    ids::{CreatorKey, EventKey, PostKey, TenantId},
};

type Row = Vec<Box<dyn ToSql + Send + Sync>>;

const TYPES: [Type; 9] = [
    Type::UUID,
    Type::UUID,
    Type::DATE,
    Type::INT2,
    Type::BOOL,
    Type::TIMESTAMPTZ,
    Type::INT8,
    Type::INT8,
    Type::INT8,
];

/// Rows per second of COPY of the same events into a new table.
pub(crate) async fn rate(stage: &Stage, acts: &[Act]) -> Result<f64, Failure> {
    stage
        .pool()
        .get()
        .await?
        .batch(
            "drop table if exists copied; create table copied (like events including defaults);
         alter table copied add primary key (creator_key, event_key, occurred_on)",
        )
        .await?;
    let mut clients = Vec::new();
    for acts in acts.chunks(acts.len().div_ceil(CLIENTS)) {
        let rows: Vec<Row> = acts.iter().map(|act| row(stage.tenant, act)).collect();
        clients.push((connect(stage.pool()).await?, rows));
    }
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for (client, rows) in clients {
        tasks.spawn(copy(client, rows));
    }
    let copied: Result<Vec<u64>, Failure> = tasks.join_all().await.into_iter().collect();
    Ok(copied?.iter().sum::<u64>() as f64 / start.elapsed().as_secs_f64())
}

async fn copy(client: Client, rows: Vec<Row>) -> Result<u64, Failure> {
    let sql = "copy copied (creator_key, event_key, occurred_on, kind, verified, occurred_at, engager_key, post_key,
                            content_hash) from stdin (format binary)";
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(client.copy_in(sql).await?, &TYPES));
    for row in rows {
        writer.as_mut().write_raw(row).await?;
    }
    Ok(writer.finish().await?)
}

fn row(tenant: TenantId, act: &Act) -> Row {
    let creator = CreatorKey::derive(tenant, &drawn::creator_id(act.creator));
    let event = EventKey::derive(creator, &format!("event-{}", act.number));
    let post = PostKey::derive(creator, &format!("post-{}", act.number % 50));
    vec![
        Box::new(creator.0),
        Box::new(event.0),
        Box::new(act.occurred_at.to_zoned(TimeZone::UTC).date()),
        Box::new(act.kind.code()),
        Box::new(false),
        Box::new(act.occurred_at),
        Box::new(drawn::number(act.person, 40, u64::MAX).cast_signed()),
        Box::new(post.0),
        Box::new(drawn::number(act.number, 41, u64::MAX).cast_signed()),
    ]
}

/// Copies rows in a transaction of their own.
pub(crate) async fn copy_in(client: &Client, sql: &str, rows: CopyRows) -> Result<(), Failure> {
    let mut sink = std::pin::pin!(client.copy_in(sql).await?);
    sink.send(rows.finish()).await?;
    sink.finish().await?;
    Ok(())
}

/// A connection outside the pools: these do not speak COPY.
pub(crate) async fn connect(pool: &Pool) -> Result<Client, Failure> {
    let client = pool.get().await?;
    let rows = client.query("select current_setting('unix_socket_directories'), current_user::text, current_database()::text, current_setting('port')", &[]).await?;
    let [directory, user, database, port]: [&str; 4] = [0, 1, 2, 3].map(|column| rows[0].get(column));
    let mut config = Config::new();
    config.host_path(directory).user(user).dbname(database).port(port.parse()?);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
