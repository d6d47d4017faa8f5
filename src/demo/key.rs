//! The key the demo works with: the one it was given, or one that it makes for a tenant of its own.

use super::DemoError;
use crate::{
    app::Foundation,
    config::{DatabaseConfig, DemoConfig},
    db::Pool,
    ids::TenantId,
    keys::{
        ApiKey, Scope,
        master::MasterKey,
        store::{self, KeyStoreError},
    },
};
use secrecy::{ExposeSecret, SecretString};

/// The tenant of the story, so that it stays apart from everything else.
const TENANT: &str = "demo";
const LABEL: &str = "voci demo";
const SCOPES: [Scope; 3] = [Scope::CreatorsWrite, Scope::EventsWrite, Scope::Read];

/// The key, and whether it was made just now.
pub async fn of(config: &DemoConfig) -> Result<(SecretString, bool), DemoError> {
    if let Some(given) = &config.key {
        return Ok((given.expose_secret().trim().into(), false));
    }
    let DatabaseConfig { database_url, data_dir, .. } = &config.database;
    if database_url.is_none() && !data_dir.exists() {
        // Opening it would make a new database, of which the service knows nothing.
        return Err(DemoError::NoData(data_dir.clone()));
    }
    let foundation = Foundation::open(&config.database, 2).await?;
    let made = new_key(&foundation.pools.background, &foundation.master).await;
    foundation.close().await?;
    Ok((made?.expose().into(), true))
}

/// A new key takes the place of the one the last run made.
async fn new_key(pool: &Pool, master: &MasterKey) -> Result<ApiKey, DemoError> {
    let tenant = tenant(pool, master).await?;
    for old in store::list_keys(pool, tenant).await? {
        if old.label == LABEL && old.revoked_at.is_none() {
            store::revoke_key(pool, &old.id).await?;
        }
    }
    let key = store::new_key("demo")?;
    store::store_key(pool, tenant, &key, LABEL, &SCOPES).await?;
    Ok(key)
}

/// The demo's tenant takes events of any age, so that a story of last year can still be told.
async fn tenant(pool: &Pool, master: &MasterKey) -> Result<TenantId, DemoError> {
    match store::create_tenant(pool, master, TENANT, None).await {
        Err(KeyStoreError::TenantExists) => {
            Ok(store::find_tenant(pool, TENANT).await?.ok_or(KeyStoreError::NoTenant)?)
        }
        made => Ok(made?),
    }
}
