//! What every command stands on: a migrated database, its pools and the master key.

use crate::{
    config::{self, DatabaseConfig},
    db::{
        DbError, Pools,
        connect::{ConnectError, ConnectSettings},
        embedded::{EmbeddedError, EmbeddedServer, Options},
        keeper::Keeper,
        migrate::{self, MigrateError},
    },
    keys::{
        master::{MasterKey, MasterKeyError},
        model::MalformedKey,
        store::{self as key_store, KeyStoreError},
    },
};
use secrecy::ExposeSecret;
use std::{io, net::SocketAddr, sync::Arc};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The private PostgreSQL.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The settings of the connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Schema and server.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The master key.
    #[error(transparent)]
    Master(#[from] MasterKeyError),
    /// The keys in the database.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The table of replicas.
    #[error("other replicas cannot be told of this one: {0}")]
    Replicas(DbError),
    /// `VOCI_BOOTSTRAP_KEY`.
    #[error("VOCI_BOOTSTRAP_KEY cannot be used: {0}")]
    BootstrapKey(#[from] MalformedKey),
    /// The address.
    #[error("cannot listen on {address}: {cause}; {setting} takes another address")]
    Listen {
        /// The setting that names it.
        setting: &'static str,
        /// Which one.
        address: SocketAddr,
        /// Why not.
        cause: io::Error,
    },
    /// The HTTP server ended by itself.
    #[error("the HTTP server ended by itself: {0}")]
    Ended(String),
    /// A task of the start-up ended early.
    #[error("the start was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// A migrated database, its pools and the master key: what every command needs.
pub struct Foundation {
    /// Connections.
    pub pools: Pools,
    /// The master key, checked against the database.
    pub master: Arc<MasterKey>,
    embedded: Option<Keeper>,
}

impl Foundation {
    /// Opens the database of the configuration, or starts the private one.
    pub async fn open(config: &DatabaseConfig, background_size: usize) -> Result<Self, StartError> {
        let (settings, master, embedded) = match config::given(config.database_url.as_ref()) {
            Some(url) => (ConnectSettings::from_url(url.expose_secret())?, given_master(config)?, None),
            None => open_embedded(config).await?,
        };
        let pools = Pools::open(&settings, usize::from(config.pool_size), background_size);
        let foundation = Self { pools, master: Arc::new(master), embedded };
        let checked = foundation.check(&settings, config.accept_data_loss).await;
        foundation.closed_on_failure(checked).await.map(|(foundation, ())| foundation)
    }

    async fn check(&self, settings: &ConnectSettings, accept_data_loss: bool) -> Result<(), StartError> {
        migrate::check_server(settings, accept_data_loss).await?;
        migrate::migrate(settings).await?;
        Ok(key_store::check_master(&self.pools.background, &self.master).await?)
    }

    /// Goes on with what a step of the start made, or closes everything when it failed.
    pub(super) async fn closed_on_failure<T>(
        self,
        step: Result<T, StartError>,
    ) -> Result<(Self, T), StartError> {
        match step {
            Ok(made) => Ok((self, made)),
            Err(error) => {
                if let Err(second) = self.close().await {
                    tracing::warn!(error = %second, "the database was not closed");
                }
                Err(error)
            }
        }
    }

    /// Closes the connections; stops the private PostgreSQL unless another process uses it.
    pub async fn close(self) -> Result<(), StartError> {
        self.pools.close();
        match self.embedded {
            Some(keeper) => Ok(keeper.stop().await?),
            None => Ok(()),
        }
    }
}

async fn open_embedded(
    config: &DatabaseConfig,
) -> Result<(ConnectSettings, MasterKey, Option<Keeper>), StartError> {
    let given = match given_master(config) {
        Err(MasterKeyError::Missing) => None,
        given => Some(given?),
    };
    let options =
        Options { data_dir: config.data_dir.clone(), programs: config.pg_bin.clone(), durable: true };
    let starting = options.clone();
    let server = tokio::task::spawn_blocking(move || EmbeddedServer::start_or_adopt(&starting)).await??;
    match prepare_embedded(&server, given, config).await {
        Ok((settings, master)) => Ok((settings, master, Some(Keeper::watch(server, options)))),
        Err(error) => {
            tokio::task::spawn_blocking(move || server.stop()).await??;
            Err(error)
        }
    }
}

async fn prepare_embedded(
    server: &EmbeddedServer,
    given: Option<MasterKey>,
    config: &DatabaseConfig,
) -> Result<(ConnectSettings, MasterKey), StartError> {
    let master = match given {
        Some(given) => given,
        None => MasterKey::from_file_or_new(&config.data_dir.join("secret.key"))?,
    };
    migrate::ensure_database(&ConnectSettings::embedded(server, "postgres")?, "voci").await?;
    Ok((ConnectSettings::embedded(server, "voci")?, master))
}

fn given_master(config: &DatabaseConfig) -> Result<MasterKey, MasterKeyError> {
    match (config::given(config.secret_key.as_ref()), &config.secret_key_file) {
        (Some(secret), _) => MasterKey::from_secret(secret),
        (None, Some(file)) => MasterKey::from_file(file),
        (None, None) => Err(MasterKeyError::Missing),
    }
}
