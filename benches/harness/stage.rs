//! Where a run takes place: a service on a new PostgreSQL in a temporary directory, with a tenant of its own.

use super::{
    Failure,
    client::Api,
    service::{Service, database},
};
use std::{fs::Permissions, os::unix::fs::PermissionsExt};
use tempfile::TempDir;
use voci::{
    app::Foundation,
    db::Pool,
    ids::TenantId,
    keys::{Scope, store as keys},
};

/// Everything a run uses. Dropped at any time, it leaves nothing behind: fields are dropped in their order, so
/// connections end before the server does, and the directory goes last.
pub(crate) struct Stage {
    /// The tenant; it takes events of any age.
    pub(crate) tenant: TenantId,
    /// A client with the tenant's key.
    pub(crate) api: Api,
    foundation: Foundation,
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
        let service = Service::start(&data_dir, workers).await?;
        let foundation = Foundation::open(&database(&data_dir), 4).await?;
        let (tenant, key) = new_tenant(&foundation).await?;
        let api = Api::new(service.address, &key)?;
        Ok(Self { tenant, api, foundation, service, directory })
    }

    /// Connections beside the service, to look into the database.
    pub(crate) fn pool(&self) -> &Pool {
        &self.foundation.pools.background
    }

    /// Stops everything and tells when that fails.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
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
