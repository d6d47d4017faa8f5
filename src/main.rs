//! The command line.

mod cli;

use clap::{Args, Parser, Subcommand};
use std::{
    fmt,
    io::Write,
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, Instant},
};
use voci::{
    app::{self, Application, Foundation, StartError},
    config::{DatabaseConfig, DemoConfig, ServeConfig, WorkConfig},
    db::DbError,
    demo::{self, DemoError},
    ids::{ID_RULE, is_valid_id},
    keys::{
        Scope,
        store::{self as keys, KeyStoreError},
    },
    openapi,
    relationships::{self, rebuild::Report},
    telemetry, worker,
};

/// Requests make many small things and drop them: the system's allocator takes a tenth of their time, this one half of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// Voci finds the small voices that communities trust.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer HTTP and do the background work.
    Serve {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        serve: ServeConfig,
    },
    /// Do the background work only: fold events, compute statistics, fit models.
    Work {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        work: WorkConfig,
    },
    /// Bring the schema of the database up to date and end.
    Migrate {
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// Compare relationships and statistics with the events they are made of and mend them, beside a running service.
    Rebuild {
        #[command(flatten)]
        database: DatabaseConfig,
        /// Only compare; fail when anything differs.
        #[arg(long)]
        verify: bool,
    },
    /// Load creators, posts or events from a file, by the way of the streams of the API. Loading the same again is harmless.
    Import(cli::Import),
    /// Write creators, posts or events as NDJSON.
    Export(cli::Export),
    /// Make, list and revoke API keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Make, change and list tenants.
    #[command(subcommand)]
    Tenants(TenantsCommand),
    /// Load a small story into the running service and ask it three questions.
    Demo {
        #[command(flatten)]
        demo: DemoConfig,
    },
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make a key and print it, once.
    Create {
        #[command(flatten)]
        database: DatabaseConfig,
        /// Name of the tenant.
        #[arg(long, default_value = keys::DEFAULT_TENANT)]
        tenant: String,
        /// What the key is for.
        #[arg(long, default_value = "")]
        label: String,
        /// Part of the key that tells where it belongs, such as live or test.
        #[arg(long, default_value = "live", value_parser = environment)]
        env: String,
        /// What the key may do.
        #[arg(long, value_delimiter = ',', default_value = "creators:write,events:write,read")]
        scopes: Vec<Scope>,
    },
    /// List the keys of a tenant; secrets are not stored and so not shown.
    List {
        #[command(flatten)]
        database: DatabaseConfig,
        /// Name of the tenant.
        #[arg(long, default_value = keys::DEFAULT_TENANT)]
        tenant: String,
    },
    /// Revoke a key; running services believe it for at most 30 seconds more.
    Revoke {
        #[command(flatten)]
        database: DatabaseConfig,
        /// Id of the key: the third part, between underscores.
        key_id: String,
    },
}

#[derive(Subcommand)]
enum TenantsCommand {
    /// Make a tenant.
    Create(CreateTenant),
    /// Change for how long events of a tenant are kept; running services learn of it within 30 seconds.
    ///
    /// What a shorter retention ends goes within about an hour, and does not come back with a longer one.
    Update {
        #[command(flatten)]
        database: DatabaseConfig,
        /// Its name.
        name: String,
        /// Days of events it takes, or `unlimited`.
        #[arg(long, value_parser = retention)]
        retention: Retention,
    },
    /// List all tenants.
    List {
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

#[derive(Args)]
struct CreateTenant {
    #[command(flatten)]
    database: DatabaseConfig,
    /// Its name.
    #[arg(value_parser = tenant_name)]
    name: String,
    /// Days of events it takes, or `unlimited`.
    #[arg(long, default_value = "400", value_parser = retention)]
    retention: Retention,
}

#[derive(Clone, Copy)]
struct Retention(Option<i32>);

impl fmt::Display for Retention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(days) => write!(formatter, "{days} days"),
            None => formatter.write_str("unlimited"),
        }
    }
}

fn retention(text: &str) -> Result<Retention, String> {
    if text == "unlimited" {
        return Ok(Retention(None));
    }
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    days.map(|days| Retention(Some(days))).ok_or_else(|| "must be 1 to 36500 days, or unlimited".to_owned())
}

fn tenant_name(text: &str) -> Result<String, String> {
    if is_valid_id(text) { Ok(text.to_owned()) } else { Err(format!("must be {ID_RULE}")) }
}

fn environment(text: &str) -> Result<String, String> {
    let fits = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 16 letters and digits".to_owned()) }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("cannot print: {0}")]
    Print(#[from] std::io::Error),
    #[error("{0}")]
    Failed(String),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start_logging(match cli.command {
        Command::Demo { .. } => telemetry::QUIET,
        _ => telemetry::USUAL,
    });
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve { database, serve } => serve_until_signal(&database, &serve).await,
        Command::Work { work, .. } if work.workers == 0 => Err(CommandError::Failed(
            "voci work without workers has nothing to do: VOCI_WORKERS must be above 0".into(),
        )),
        Command::Work { database, work } => {
            let stop = tokio::spawn(stop_signal());
            let foundation = Foundation::open(&database, usize::from(work.workers) + 16).await?;
            tokio::select! {
                () = worker::run(foundation.pools.background.clone(), work) => {}
                _ = stop => {}
            }
            Ok(foundation.close().await?)
        }
        Command::Migrate { database } => Ok(Foundation::open(&database, 2).await?.close().await?),
        Command::Rebuild { database, verify } => rebuild(&database, verify).await,
        Command::Import(import) => import.run().await,
        Command::Export(export) => export.run().await,
        Command::Keys(command) => manage_keys(command).await,
        Command::Tenants(command) => manage_tenants(command).await,
        Command::Demo { demo } => Ok(demo::run(&demo, &mut std::io::stdout()).await?),
        Command::Openapi => print(&openapi::to_text(&app::document())),
    }
}

async fn serve_until_signal(database: &DatabaseConfig, config: &ServeConfig) -> Result<(), CommandError> {
    // From here on, so that a signal during a long start is not lost.
    let stop = tokio::spawn(stop_signal());
    let application = Application::build(database, config).await?;
    let address = application.address();
    tracing::info!(%address, docs = format!("http://{address}/docs/"), "listening");
    if let Some(key) = application.first_key() {
        print(&welcome(key.expose(), address))?;
    }
    Ok(application.run_until(async { drop(stop.await) }).await?)
}

/// What is shown once, at the first start: the key, and a line that registers a creator and gets it recommended.
fn welcome(key: &str, address: SocketAddr) -> String {
    let auth = format!("-H 'Authorization: Bearer {key}'");
    let creator = r#"{"display_name":"Ana Verde","bio":"Slow fashion from Cluj","country":"RO","languages":["ro"],"niches":["sustainable-fashion"],"accounts":[{"platform":"instagram","handle":"ana.verde","followers":12400}]}"#;
    format!(
        "\nYour API key, shown this once:\n\n  {key}\n\nRegister a creator and get it recommended; paste this line:\n\n  \
         curl -s -X PUT {auth} -H 'Content-Type: application/json' http://{address}/v1/creators/ana-verde -d '{creator}' \
         && sleep 1 && curl -s {auth} 'http://{address}/v1/recommendations?niche=sustainable-fashion&limit=3'\n\n"
    )
}

/// Completes at the first SIGTERM or SIGINT; a second one ends the process at once.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals keep their default effect, which is to end the process.
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("stopping; a second signal stops at once");
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(130);
    });
}

/// Does something with the database and closes it, whatever became of that.
async fn on_database<T>(
    config: &DatabaseConfig,
    work: impl AsyncFnOnce(&Foundation) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let foundation = Foundation::open(config, 2).await?;
    let done = work(&foundation).await;
    let closed = foundation.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn rebuild(database: &DatabaseConfig, verify: bool) -> Result<(), CommandError> {
    let rebuild = async |foundation: &Foundation| {
        let mut told = Instant::now();
        let tell = |report: &Report| {
            if told.elapsed() > PROGRESS {
                let Report { creators, relationships, statistics } = report;
                tracing::info!(
                    creators,
                    relationships = relationships.compared,
                    differences = relationships.differences + statistics.differences,
                    "comparing"
                );
                told = Instant::now();
            }
        };
        Ok(relationships::rebuild::rebuild(&foundation.pools.background, !verify, tell).await?)
    };
    let report = on_database(database, rebuild).await?;
    print(&compared(&report, if verify { "found" } else { "mended" }))?;
    if verify && report.differences() > 0 {
        return Err(CommandError::Failed(
            "relationships or statistics do not agree with the events; `voci rebuild` mends them".into(),
        ));
    }
    Ok(())
}

fn compared(report: &Report, done: &str) -> String {
    let Report { creators, relationships, statistics } = report;
    format!(
        "{creators} creators, {} relationships compared, {} differences {done}; \
         {} statistics compared, {} differences {done}\n",
        relationships.compared, relationships.differences, statistics.compared, statistics.differences
    )
}

async fn manage_keys(command: KeysCommand) -> Result<(), CommandError> {
    match command {
        KeysCommand::Create { database, tenant, label, env, scopes } => {
            let key = keys::new_key(&env)?;
            let store = async |foundation: &Foundation| {
                let pool = &foundation.pools.background;
                let tenant = keys::find_tenant(pool, &tenant).await?.ok_or(KeyStoreError::NoTenant)?;
                Ok(keys::store_key(pool, tenant, &key, &label, &scopes).await?)
            };
            on_database(&database, store).await?;
            print(&format!("{}\n", key.expose()))
        }
        KeysCommand::List { database, tenant } => {
            let list = async |foundation: &Foundation| {
                let pool = &foundation.pools.background;
                let tenant = keys::find_tenant(pool, &tenant).await?.ok_or(KeyStoreError::NoTenant)?;
                Ok(keys::list_keys(pool, tenant).await?)
            };
            on_database(&database, list).await?.iter().try_for_each(|key| print(&described(key)))
        }
        KeysCommand::Revoke { database, key_id } => {
            let revoke = async |foundation: &Foundation| {
                Ok(keys::revoke_key(&foundation.pools.background, &key_id).await?)
            };
            let revoked = on_database(&database, revoke).await?;
            if revoked { Ok(()) } else { Err(CommandError::Failed("there is no live key of this id".into())) }
        }
    }
}

fn described(key: &keys::StoredKey) -> String {
    let state = key.revoked_at.map_or("live".to_owned(), |at| format!("revoked {at:.0}"));
    let (id, environment, label) = (&key.id, &key.environment, &key.label);
    format!("{id}  {environment}  {state}  made {:.0}  {}  {label}\n", key.created_at, key.scopes.join(","))
}

async fn manage_tenants(command: TenantsCommand) -> Result<(), CommandError> {
    match command {
        TenantsCommand::Create(CreateTenant { database, name, retention }) => {
            let create = async |foundation: &Foundation| {
                let Foundation { pools, master, .. } = foundation;
                Ok(keys::create_tenant(&pools.background, master, &name, retention.0).await?)
            };
            on_database(&database, create).await?;
            print(&format!("tenant {name} made; `voci keys create --tenant {name}` makes a key for it\n"))
        }
        TenantsCommand::Update { database, name, retention } => {
            let update = async |foundation: &Foundation| {
                Ok(keys::set_retention(&foundation.pools.background, &name, retention.0).await?)
            };
            on_database(&database, update).await?;
            print(&format!(
                "tenant {name}: retention {retention}; running services learn of it within 30 seconds\n"
            ))
        }
        TenantsCommand::List { database } => {
            let list =
                async |foundation: &Foundation| Ok(keys::list_tenants(&foundation.pools.background).await?);
            on_database(&database, list).await?.iter().try_for_each(|(id, name, retention)| {
                print(&format!("{}  {name}  {}\n", id.0, Retention(*retention)))
            })
        }
    }
}

fn print(text: &str) -> Result<(), CommandError> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
