//! `voci export`.

use super::{BUFFER, Kind, failed, unusable};
use crate::{CommandError, on_database};
use clap::Args;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};
use voci::{app::Foundation, config::DatabaseConfig, keys::store as keys, transfer::export};

/// What `voci export` needs.
#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    database: DatabaseConfig,
    /// What is written. Creators and posts have the form that `import` takes, creators without engager ids, which are
    /// never given back; events have keys in place of ids and cannot be imported.
    kind: Kind,
    /// File to write; standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Name of the tenant.
    #[arg(long, default_value = keys::DEFAULT_TENANT)]
    tenant: String,
}

impl Export {
    /// Writes what is stored.
    pub(crate) async fn run(self) -> Result<(), CommandError> {
        let out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(File::create(path).map_err(|error| unusable(path, &error))?),
            None => Box::new(io::stdout()),
        };
        let mut out = BufWriter::with_capacity(BUFFER, out);
        on_database(&self.database, async |foundation: &Foundation| {
            let pool = &foundation.pools.background;
            let tenant = keys::find_tenant(pool, &self.tenant).await?.ok_or(keys::KeyStoreError::NoTenant)?;
            let written = match self.kind {
                Kind::Creators => export::write_creators(pool, tenant, &mut out).await,
                Kind::Posts => export::write_posts(pool, tenant, &mut out).await,
                Kind::Events => export::write_events(pool, tenant, &mut out).await,
            };
            written.map(drop).map_err(|error| failed(&error))
        })
        .await
    }
}
