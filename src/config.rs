//! Every setting of the service: a command-line flag and an environment variable each.
//!
//! A limit says what happens when it is set too high and too low.

use crate::replicas::Address;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// Where the database is and how it is reached; shared by all commands.
#[derive(Args, Clone, Debug)]
pub struct DatabaseConfig {
    /// PostgreSQL 15 to 18 to use. Without it Voci starts a private one in its data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// Directory of the private PostgreSQL and of the generated secret key.
    #[arg(long, env = "VOCI_DATA_DIR", default_value = ".voci")]
    pub data_dir: PathBuf,

    /// Directory of PostgreSQL's server programs, when they should not be looked for.
    #[arg(long, env = "VOCI_PG_BIN")]
    pub pg_bin: Option<PathBuf>,

    /// Secret of at least 16 characters that protects the tenants' secrets; required with `DATABASE_URL`.
    #[arg(long, env = "VOCI_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<SecretString>,

    /// File that holds the secret key, instead of `VOCI_SECRET_KEY`.
    #[arg(long, env = "VOCI_SECRET_KEY_FILE")]
    pub secret_key_file: Option<PathBuf>,

    /// Run on a PostgreSQL whose settings may lose acknowledged events (`fsync` or `synchronous_commit` off).
    #[arg(long, env = "VOCI_ACCEPT_DATA_LOSS", default_value_t = false)]
    pub accept_data_loss: bool,

    /// Database connections of each of the two request pools (ingest, reads). Too low: requests wait and are shed
    /// with 503; too high: PostgreSQL spends its time switching between them.
    #[arg(long, env = "VOCI_POOL_SIZE", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub pool_size: u16,
}

/// A secret setting that is there; an empty one, as container tools pass for "not set", is not.
#[must_use]
pub fn given(secret: Option<&SecretString>) -> Option<&SecretString> {
    secret.filter(|secret| !secret.expose_secret().trim().is_empty())
}

/// What `voci serve` needs besides the database.
#[derive(Args, Clone, Debug)]
pub struct ServeConfig {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "VOCI_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Host and port under which other replicas on the same database reach this one, to pass on requests for pages that it
    /// keeps. Needed when it listens on all addresses and PostgreSQL sees it under another one than they do (behind NAT, a
    /// connection pooler or a mapped port), or when it listens where only a balancer beside it gets to.
    #[arg(long, env = "VOCI_ADVERTISE")]
    pub advertise: Option<Address>,

    /// Address to serve `/metrics` on, instead of the one above; port 0 takes a free one.
    #[arg(long, env = "VOCI_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// API key to create with all scopes for the default tenant at first start; else one is made and printed.
    #[arg(long, env = "VOCI_BOOTSTRAP_KEY", hide_env_values = true)]
    pub bootstrap_key: Option<SecretString>,

    /// Threads that answer HTTP. Too low: cores stand idle; too high: they fight for cores.
    #[arg(long, env = "VOCI_HTTP_WORKERS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=512))]
    pub http_workers: u16,

    /// Seconds an event may wait to be folded before callers who send more for the same creators are answered 429.
    /// 0: never. Too low: bursts are refused that would have been folded soon; too high: scores lag for as long.
    #[arg(long, env = "VOCI_FOLD_LAG_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub fold_lag_seconds: u32,

    /// Seconds a stopping service waits for requests in flight. Too low: they are cut; too high: stops take long.
    #[arg(long, env = "VOCI_DRAIN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=600))]
    pub drain_seconds: u16,

    /// NDJSON streams open at once; more are refused with 503. Too low: feeds are refused; too high: memory, up to
    /// 15 MB for each.
    #[arg(long, env = "VOCI_MAX_STREAMS", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub max_streams: u16,

    /// Seconds without a byte after which a stream is ended, and seconds in which nothing of an answer is taken after
    /// which a connection is. Too low: quiet feeds have to come again and again; too high: callers who are gone without
    /// a word keep their place.
    #[arg(long, env = "VOCI_STREAM_IDLE_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub stream_idle_seconds: u16,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help text of the whole command")]
    pub work: WorkConfig,
}

/// What the fold and score workers need.
#[derive(Args, Clone, Debug)]
pub struct WorkConfig {
    /// Workers that fold events and compute statistics. 0: this process only answers requests. Too low: scores lag
    /// behind events; too high: they take cores and connections from requests.
    #[arg(long, env = "VOCI_WORKERS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=64))]
    pub workers: u16,

    /// Events folded in one transaction. Too low: commits dominate; too high: memory and lag grow.
    #[arg(long, env = "VOCI_FOLD_BATCH", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub fold_batch: u32,

    /// Seconds between looks at whether a tenant's model should be fitted anew, and at what was posted. Too low: work for nothing;
    /// too high: priors, maps and topics lag behind the data.
    #[arg(long, env = "VOCI_MODEL_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub model_seconds: u32,
}

/// What `voci demo` needs.
#[derive(Args, Clone, Debug)]
pub struct DemoConfig {
    /// Address of the service, such as `http://127.0.0.1:8080`; from `VOCI_LISTEN` unless it is given.
    #[arg(long, env = "VOCI_URL")]
    pub url: Option<String>,

    /// Address the service on this machine listens on.
    #[arg(long, env = "VOCI_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// API key of the tenant to load the story into. Without it the demo makes a tenant and a key of its own in the
    /// database of the service.
    #[arg(long, env = "VOCI_KEY", hide_env_values = true)]
    pub key: Option<SecretString>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "a doc comment here would become the help text of the whole command")]
    pub database: DatabaseConfig,
}

impl DemoConfig {
    /// Where the service is. One that listens on all addresses is found on the loopback one.
    #[must_use]
    pub fn address(&self) -> String {
        let mut listen = self.listen;
        if listen.ip().is_unspecified() {
            listen.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let given = self.url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        given.unwrap_or_else(|| format!("http://{listen}"))
    }
}
