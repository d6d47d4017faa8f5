//! How the database is reached: settings from a URL or the private server, TLS, and limits on every connection.

use super::embedded::EmbeddedServer;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Longest wait for a lock. Longer: one stuck transaction holds up many; shorter: busy tables give errors.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// Where and how to connect.
#[derive(Clone)]
pub struct ConnectSettings {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL.
    #[error(
        "DATABASE_URL cannot be read ({0}); write postgres://user:password@host:5432/database?sslmode=require"
    )]
    Url(String),
    /// The certificates.
    #[error("no TLS: {0}")]
    Tls(String),
}

impl ConnectSettings {
    /// Settings from a URL or from `key=value` pairs.
    pub fn from_url(url: &str) -> Result<Self, ConnectError> {
        let config: Config = without_verify_modes(url).parse().map_err(|error: tokio_postgres::Error| {
            // The driver's own message does not repeat the URL, which may hold a password.
            ConnectError::Url(
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string),
            )
        })?;
        Ok(Self { config, tls: tls()? })
    }

    /// Settings for a database of the private server.
    pub fn embedded(server: &EmbeddedServer, database: &str) -> Result<Self, ConnectError> {
        Ok(Self { config: server.config(database), tls: tls()? })
    }

    pub(super) fn config(&self, name: &str, statement_timeout: Duration) -> Config {
        let mut config = self.config.clone();
        let given = config.get_options().unwrap_or_default().to_owned();
        config
            .application_name(name)
            .connect_timeout(Duration::from_secs(2))
            // A peer that falls silent is noticed within half a minute instead of the system's quarter of an hour.
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(15))
            // To compile a page takes longer than to read it: it looks dear to PostgreSQL, which does not know how few rows are wanted. What
            // counts whole tables once in an hour would gain seconds at most.
            .options(format!(
                "{given} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout=30000 \
                 -c default_transaction_isolation=read\\ committed -c timezone=UTC -c jit=off",
                statement_timeout.as_millis(),
                LOCK_TIMEOUT.as_millis(),
            ));
        config
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }

    /// A single connection outside the pools, without a statement timeout: for migrations and start-up checks.
    pub async fn connect(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let mut config = self.config.clone();
        config.application_name("voci start").connect_timeout(Duration::from_secs(5));
        let (client, connection) = config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "start-up connection ended");
            }
        });
        Ok(client)
    }
}

/// The driver refuses `verify-ca` and `verify-full`. The TLS library always verifies, so `require` is as strict.
fn without_verify_modes(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

/// TLS that trusts the system's certificates (or those in `SSL_CERT_FILE`).
fn tls() -> Result<MakeRustlsConnect, ConnectError> {
    let mut roots = rustls::RootCertStore::empty();
    // A machine without certificates can still use Unix sockets and sslmode=disable.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_full_is_understood() {
        assert!(ConnectSettings::from_url("postgres://u@h/d?sslmode=verify-full").is_ok());
    }

    #[test]
    fn a_broken_url_is_refused_without_repeating_it() {
        let error = ConnectSettings::from_url("postgres://u:hunter2@h:notaport/d").err().unwrap().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
