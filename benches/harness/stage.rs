//! Where a run takes place: a service on a new PostgreSQL in a temporary directory, with a tenant of its own.

use super::{
    Failure,
    client::Api,
    service::{Service, database},
};
use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt};
use tempfile::TempDir;
use voci::{
    app::Foundation,
    db::{Pool, Pools},
    ids::TenantId,
    keys::{ApiKey, Scope, model::TenantSecrets, store as keys},
};

/// Everything a run uses. Dropped at any time, it leaves nothing behind: fields are dropped in their order, so
/// connections end before the server does, and the directory goes last.
pub(crate) struct Stage {
    /// The tenant; it takes events of any age.
    pub(crate) tenant: TenantId,
    /// A client with the tenant's key.
    pub(crate) api: Api,
    /// What makes the tenant's pseudonyms.
    pub(crate) secrets: TenantSecrets,
    /// Where it listens, and the key, for clients of other kinds.
    pub(crate) entry: (SocketAddr, String),
    foundation: Foundation,
    workers: Option<Service>,
    service: Service,
    directory: TempDir,
}

impl Stage {
    /// Starts a service with this many workers.
    pub(crate) async fn start(workers: u16) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        // As root, PostgreSQL runs as another user, who must get through here.
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o711))?;
        let data_dir = directory.path().join("voci");
        let mut service = Service::start(&data_dir, "serve", workers)?;
        let address = service.address().await?;
        let foundation = Foundation::open(&database(&data_dir), 4).await?;
        let (tenant, key) = new_tenant(&foundation).await?;
        let api = Api::new(address, &key)?;
        let made = ApiKey::parse(&key)?;
        let live = keys::find_live_key(&foundation.pools.background, &foundation.master, made.id()).await?;
        let secrets = live.ok_or("the key that was just made is gone")?.tenant.secrets;
        Ok(Self {
            tenant,
            api,
            secrets,
            entry: (address, key),
            foundation,
            workers: None,
            service,
            directory,
        })
    }

    /// Connections beside the service, to look into the database.
    pub(crate) fn pool(&self) -> &Pool {
        &self.foundation.pools.background
    }

    /// Pools beside those of the service.
    pub(crate) fn pools(&self) -> &Pools {
        &self.foundation.pools
    }

    /// Starts workers in a process of their own.
    pub(crate) fn start_workers(&mut self, workers: u16) -> Result<(), Failure> {
        self.workers = Some(Service::start(&self.directory.path().join("voci"), "work", workers)?);
        Ok(())
    }

    /// Stops the workers.
    fn stop_workers(&mut self) -> Result<(), Failure> {
        self.workers.take().map_or(Ok(()), |mut workers| workers.stop())
    }

    /// The most memory that the service and its workers have had so far, in MB; each of the two has had its own most.
    pub(crate) fn peak_memory_mb(&self) -> Option<f64> {
        let workers = self.workers.as_ref().map_or(Some(0.0), Service::peak_memory_mb);
        Some(self.service.peak_memory_mb()? + workers?)
    }

    /// Stops everything and tells when that fails.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.stop_workers()?;
        self.foundation.close().await?;
        self.service.stop()?;
        Ok(self.directory.close()?)
    }
}

async fn new_tenant(foundation: &Foundation) -> Result<(TenantId, String), Failure> {
    let pool = &foundation.pools.background;
    let tenant = keys::create_tenant(pool, &foundation.master, "measured", None).await?;
    let key = keys::new_key("test")?;
    keys::store_key(pool, tenant, &key, "measured", &Scope::ALL).await?;
    Ok((tenant, key.expose().to_owned()))
}
