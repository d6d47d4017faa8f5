//! SQL of tenants and keys.

use super::{
    ApiKey, Scope, Tenant,
    master::{MasterKey, MasterKeyError},
    model::TenantSecrets,
};
use crate::{
    db::{DbError, Pool, Tx},
    ids::TenantId,
};
use jiff::Timestamp;
use tokio_postgres::Row;

/// Why tenants or keys cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The master key.
    #[error(transparent)]
    Master(#[from] MasterKeyError),
    /// No randomness from the system.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// The name is taken.
    #[error("there is a tenant of this name already")]
    TenantExists,
    /// No such tenant.
    #[error("there is no tenant of this name; `voci tenants list` shows them")]
    NoTenant,
    /// Two keys with one id.
    #[error("there is a key with this id already, and it is another one")]
    KeyTaken,
}

/// A key as stored, for listing.
pub struct StoredKey {
    /// Its public id.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// Its environment.
    pub environment: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A live key with its tenant, for authentication.
pub struct LiveKey {
    /// SHA-256 of the whole key.
    pub secret_hash: Vec<u8>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Its tenant.
    pub tenant: Tenant,
}

/// Refuses a master key that is not the one this database was set up with; the first one is remembered.
pub async fn check_master(pool: &Pool, master: &MasterKey) -> Result<(), KeyStoreError> {
    let client = pool.get().await?;
    let check = master.check_value();
    client
        .execute(
            "/* keys::check_master */ insert into service_identity (key_check) values ($1) on conflict do nothing",
            &[&check.as_slice()],
        )
        .await?;
    let rows = client.query("/* keys::check_master */ select key_check from service_identity", &[]).await?;
    match rows.first() {
        Some(row) if row.get::<_, &[u8]>(0) == check => Ok(()),
        _ => Err(MasterKeyError::Wrong.into()),
    }
}

/// Makes a tenant with a secret of its own.
pub async fn create_tenant(
    pool: &Pool,
    master: &MasterKey,
    name: &str,
    retention_days: Option<i32>,
) -> Result<TenantId, KeyStoreError> {
    let mut secret = [0; 32];
    let mut nonce = [0; 12];
    getrandom::fill(&mut secret).map_err(KeyStoreError::Random)?;
    getrandom::fill(&mut nonce).map_err(KeyStoreError::Random)?;
    let wrapped = master.wrap(name, &secret, nonce);
    let row = pool
        .get()
        .await?
        .query_opt(
            "/* keys::create_tenant */
             insert into tenants (name, wrapped_secret, retention_days) values ($1, $2, $3)
             on conflict (name) do nothing returning tenant_id",
            &[&name, &wrapped, &retention_days],
        )
        .await?;
    row.map(|row| TenantId(row.get(0))).ok_or(KeyStoreError::TenantExists)
}

/// Changes for how many days a tenant's events are taken and kept; `None`: for ever.
pub async fn set_retention(
    pool: &Pool,
    name: &str,
    retention_days: Option<i32>,
) -> Result<(), KeyStoreError> {
    let sql = "/* keys::set_retention */ update tenants set retention_days = $2 where name = $1";
    let changed = pool.get().await?.execute(sql, &[&name, &retention_days]).await?;
    if changed == 1 { Ok(()) } else { Err(KeyStoreError::NoTenant) }
}

/// The number of a tenant.
pub async fn find_tenant(pool: &Pool, name: &str) -> Result<Option<TenantId>, DbError> {
    let client = pool.get().await?;
    let row = client
        .query_opt("/* keys::find_tenant */ select tenant_id from tenants where name = $1", &[&name])
        .await?;
    Ok(row.map(|row| TenantId(row.get(0))))
}

/// A tenant with its secrets, for commands that act for it.
pub async fn open_tenant(pool: &Pool, master: &MasterKey, name: &str) -> Result<Tenant, KeyStoreError> {
    let sql = "/* keys::open_tenant */ select tenant_id, retention_days, wrapped_secret from tenants where name = $1";
    let row = pool.get().await?.query_opt(sql, &[&name]).await?.ok_or(KeyStoreError::NoTenant)?;
    let secret = master.unwrap(name, row.get(2))?;
    Ok(Tenant {
        id: TenantId(row.get(0)),
        name: name.to_owned(),
        retention_days: row.get(1),
        secrets: TenantSecrets::derive(&secret),
    })
}

/// Names and retentions of all tenants.
pub async fn list_tenants(pool: &Pool) -> Result<Vec<(TenantId, String, Option<i32>)>, DbError> {
    let client = pool.get().await?;
    let sql =
        "/* keys::list_tenants */ select tenant_id, name, retention_days from tenants order by tenant_id";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| (TenantId(row.get(0)), row.get(1), row.get(2))).collect())
}

/// Stores a key of a tenant. Storing the same key again changes nothing.
pub async fn store_key(
    pool: &Pool,
    tenant: TenantId,
    key: &ApiKey,
    label: &str,
    scopes: &[Scope],
) -> Result<(), KeyStoreError> {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    let client = pool.get().await?;
    client
        .execute(
            "/* keys::store_key */
             insert into api_keys (key_id, tenant_id, label, environment, secret_hash, scopes)
             values ($1, $2, $3, $4, $5, $6) on conflict (key_id) do nothing",
            &[&key.id(), &tenant.0, &label, &key.environment(), &key.hash().as_slice(), &names],
        )
        .await?;
    let row = client
        .query_opt(
            "/* keys::store_key */ select 1 from api_keys where key_id = $1 and tenant_id = $2 and secret_hash = $3",
            &[&key.id(), &tenant.0, &key.hash().as_slice()],
        )
        .await?;
    row.map(drop).ok_or(KeyStoreError::KeyTaken)
}

/// All keys of a tenant.
pub async fn list_keys(pool: &Pool, tenant: TenantId) -> Result<Vec<StoredKey>, DbError> {
    let client = pool.get().await?;
    let rows = client
        .query(
            "/* keys::list_keys */
             select key_id, label, environment, scopes, created_at, revoked_at
             from api_keys where tenant_id = $1 order by created_at, key_id",
            &[&tenant.0],
        )
        .await?;
    Ok(rows.iter().map(stored_key).collect())
}

fn stored_key(row: &Row) -> StoredKey {
    StoredKey {
        id: row.get(0),
        label: row.get(1),
        environment: row.get(2),
        scopes: row.get(3),
        created_at: row.get(4),
        revoked_at: row.get(5),
    }
}

/// Revokes a key; false when there is no live key of this id.
pub async fn revoke_key(pool: &Pool, key_id: &str) -> Result<bool, DbError> {
    let client = pool.get().await?;
    let sql = "/* keys::revoke_key */ update api_keys set revoked_at = now() where key_id = $1 and revoked_at is null";
    Ok(client.execute(sql, &[&key_id]).await? > 0)
}

/// True when any key was ever made.
pub async fn any_key(pool: &Pool) -> Result<bool, DbError> {
    let client = pool.get().await?;
    Ok(client.query_opt("/* keys::any_key */ select 1 from api_keys limit 1", &[]).await?.is_some())
}

/// A live key and its tenant.
pub async fn find_live_key(
    pool: &Pool,
    master: &MasterKey,
    key_id: &str,
) -> Result<Option<LiveKey>, KeyStoreError> {
    let client = pool.get().await?;
    let row = client
        .query_opt(
            "/* keys::find_live_key */
             select k.secret_hash, k.scopes, t.tenant_id, t.name, t.retention_days, t.wrapped_secret
             from api_keys k join tenants t using (tenant_id) where k.key_id = $1 and k.revoked_at is null",
            &[&key_id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let name: String = row.get(3);
    let secret = master.unwrap(&name, row.get(5))?;
    let scopes = row.get::<_, Vec<String>>(1);
    Ok(Some(LiveKey {
        secret_hash: row.get(0),
        scopes: scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
        tenant: Tenant {
            id: TenantId(row.get(2)),
            name,
            retention_days: row.get(4),
            secrets: TenantSecrets::derive(&secret),
        },
    }))
}

/// Makes the default tenant and its first key, unless there are keys. Returns the key when it was made here.
pub async fn bootstrap(
    pool: &Pool,
    master: &MasterKey,
    given: Option<ApiKey>,
) -> Result<Option<ApiKey>, KeyStoreError> {
    // One process at a time, so that two replicas starting together do not make two keys.
    let tx = Tx::begin(pool).await?;
    tx.execute("/* keys::bootstrap */ select pg_advisory_xact_lock($1)", &[&BOOTSTRAP_LOCK]).await?;
    let made = bootstrap_alone(pool, master, given).await;
    tx.commit().await?;
    made
}

const BOOTSTRAP_LOCK: i64 = 0x766f_6362;

/// Name of the tenant that is made at first start.
pub const DEFAULT_TENANT: &str = "default";

/// Days of events a tenant takes unless it was made with another number.
pub const DEFAULT_RETENTION_DAYS: i32 = 400;

async fn bootstrap_alone(
    pool: &Pool,
    master: &MasterKey,
    given: Option<ApiKey>,
) -> Result<Option<ApiKey>, KeyStoreError> {
    let tenant = match find_tenant(pool, DEFAULT_TENANT).await? {
        Some(tenant) => tenant,
        None => create_tenant(pool, master, DEFAULT_TENANT, Some(DEFAULT_RETENTION_DAYS)).await?,
    };
    match given {
        Some(key) => {
            store_key(pool, tenant, &key, "bootstrap", &Scope::ALL).await?;
            Ok(None)
        }
        None if any_key(pool).await? => Ok(None),
        None => {
            let key = new_key("live")?;
            store_key(pool, tenant, &key, "bootstrap", &Scope::ALL).await?;
            Ok(Some(key))
        }
    }
}

/// A new random key.
pub fn new_key(environment: &str) -> Result<ApiKey, KeyStoreError> {
    let mut random = [0; 44];
    getrandom::fill(&mut random).map_err(KeyStoreError::Random)?;
    Ok(ApiKey::from_random(environment, &random))
}
