//! Schema migrations and the checks made at every start.

use super::connect::ConnectSettings;
use tokio_postgres::error::SqlState;

mod embedded {
    refinery::embed_migrations!("src/db/migrations");
}

/// Class of the advisory locks that guard the schema.
const SCHEMA_LOCK: i64 = 0x766f_6369;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection or a failed statement.
    #[error("the database cannot be set up: {}", super::chain(.0))]
    Database(#[from] tokio_postgres::Error),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(#[from] refinery::Error),
    /// The server is too old.
    #[error("PostgreSQL {0} is too old: 15 to 18 are supported")]
    Version(String),
    /// Names in other scripts cannot be stored.
    #[error(
        "the database has the encoding {0}; make one with UTF8: create database voci encoding 'UTF8' template template0"
    )]
    Encoding(String),
    /// The server may lose what it acknowledged.
    #[error(
        "this PostgreSQL may lose acknowledged events: {0} is off. Turn it on, or accept the loss with \
             VOCI_ACCEPT_DATA_LOSS=true"
    )]
    Weakened(&'static str),
}

/// Brings the schema up to date. Several processes may call it at once: an advisory lock lets one at a time through.
pub async fn migrate(settings: &ConnectSettings) -> Result<(), MigrateError> {
    let mut client = settings.connect().await?;
    client.execute("select pg_advisory_lock($1)", &[&SCHEMA_LOCK]).await?;
    let outcome = embedded::migrations::runner().run_async(&mut client).await;
    client.execute("select pg_advisory_unlock($1)", &[&SCHEMA_LOCK]).await?;
    let report = outcome?;
    for migration in report.applied_migrations() {
        tracing::info!(migration = %migration, "schema migrated");
    }
    Ok(())
}

/// Refuses servers that are too old or that may lose acknowledged events.
pub async fn check_server(settings: &ConnectSettings, accept_data_loss: bool) -> Result<(), MigrateError> {
    let client = settings.connect().await?;
    let row = client
        .query_one(
            "select current_setting('server_version_num')::int, current_setting('server_version'),
                    current_setting('fsync') = 'on', current_setting('synchronous_commit') <> 'off',
                    current_setting('full_page_writes') = 'on', current_setting('server_encoding')",
            &[],
        )
        .await?;
    if row.get::<_, i32>(0) < 150_000 {
        return Err(MigrateError::Version(row.get(1)));
    }
    if row.get::<_, &str>(5) != "UTF8" {
        return Err(MigrateError::Encoding(row.get(5)));
    }
    let settings = [("fsync", 2), ("synchronous_commit", 3), ("full_page_writes", 4)];
    match settings.into_iter().find(|(_, column)| !row.get::<_, bool>(*column)) {
        Some((name, _)) if !accept_data_loss => Err(MigrateError::Weakened(name)),
        _ => Ok(()),
    }
}

/// PostgreSQL finds out by its own check or, a moment later, by the unique index of its catalogue.
fn is_taken(code: &SqlState) -> bool {
    [SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION].contains(code)
}

/// Creates a database unless it is there.
pub async fn ensure_database(server: &ConnectSettings, name: &str) -> Result<(), MigrateError> {
    let client = server.connect().await?;
    let exists = client.query_opt("select 1 from pg_database where datname = $1", &[&name]).await?;
    if exists.is_some() {
        return Ok(());
    }
    match client.batch_execute(&format!("create database {name}")).await {
        // Another process was faster.
        Err(error) if error.code().is_some_and(is_taken) => Ok(()),
        result => Ok(result?),
    }
}
