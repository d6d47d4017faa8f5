//! A service in this process, on a thread of its own and a free port, and what tests do with it.

use super::{Client, Database, eventually, profile};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    ops::Deref,
    sync::Arc,
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;
use tokio_postgres::SimpleQueryMessage;
use voci::{
    app::{Application, Foundation},
    config::{DatabaseConfig, ServeConfig, WorkConfig},
    keys::{Scope, store as keys},
    scores::communities,
    topics,
};

/// The API key of the default tenant, with all scopes.
pub(crate) const KEY: &str = "voci_test_first_0123456789abcdefghij0123456789";
const SECRET: &str = "the master key of all tests";

/// A running service with its database. Requests go out with the key of the default tenant.
pub(crate) struct App {
    client: Client,
    metrics: Option<Client>,
    running: Running,
    database: Arc<Database>,
}

impl App {
    /// A service on a new database.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| {}).await
    }

    /// A service on a new database, with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut DatabaseConfig, &mut ServeConfig)) -> Self {
        let app = Self::on(Arc::new(Database::create().await), change).await;
        app.ready().await;
        app
    }

    /// Another service on the same database: a replica, or the next start.
    pub(crate) async fn another(&self) -> Self {
        let app = self.starting().await;
        app.ready().await;
        app
    }

    /// The same, not waited for until it is ready.
    pub(crate) async fn starting(&self) -> Self {
        Self::on(self.database.clone(), |_, _| {}).await
    }

    /// Waits until the first snapshot is read: before that, recommendations are refused.
    async fn ready(&self) {
        eventually("the service is ready", async || (self.get("/readyz").await.status == 200).then_some(()))
            .await;
    }

    async fn on(database: Arc<Database>, change: impl FnOnce(&mut DatabaseConfig, &mut ServeConfig)) -> Self {
        let (mut of_database, mut serve) = (database_config(&database), serve_config());
        change(&mut of_database, &mut serve);
        let (running, addresses) = Running::start(of_database, serve).await;
        let metrics = addresses.metrics.map(|address| Client::new(&address, None));
        Self { client: Client::new(&addresses.api, Some(KEY)), metrics, running, database }
    }

    /// A caller of the address that metrics have of their own.
    pub(crate) fn metrics(&self) -> &Client {
        self.metrics.as_ref().unwrap()
    }

    /// Tells the service to stop, and does not wait for it.
    pub(crate) fn begin_stop(&mut self) {
        self.running.stop.take();
    }

    /// Waits until the service has stopped.
    pub(crate) async fn stopped(mut self) {
        self.begin_stop();
        let thread = self.running.thread.take().unwrap();
        tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
    }

    /// The database of the service.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// A client with the key of a new tenant.
    pub(crate) async fn tenant(&self, name: &str) -> Client {
        self.tenant_with(name, Some(400)).await
    }

    /// A client with the key of a new tenant that keeps events for so many days.
    pub(crate) async fn tenant_with(&self, name: &str, retention_days: Option<i32>) -> Client {
        let foundation = self.foundation().await;
        let pool = &foundation.pools.background;
        keys::create_tenant(pool, &foundation.master, name, retention_days).await.unwrap();
        foundation.close().await.unwrap();
        self.client_with(name, &Scope::ALL).await
    }

    /// A client with a new key of a tenant that may do only this.
    pub(crate) async fn client_with(&self, tenant: &str, scopes: &[Scope]) -> Client {
        let foundation = self.foundation().await;
        let pool = &foundation.pools.background;
        let tenant = keys::find_tenant(pool, tenant).await.unwrap().unwrap();
        let key = keys::new_key("test").unwrap();
        keys::store_key(pool, tenant, &key, "test", scopes).await.unwrap();
        foundation.close().await.unwrap();
        self.client.with_key(Some(key.expose()))
    }

    /// The database of the service and its master key, as commands beside it open them.
    pub(crate) async fn foundation(&self) -> Foundation {
        Foundation::open(&database_config(&self.database), 1).await.unwrap()
    }

    /// Counts communities, as happens in the background once an hour.
    pub(crate) async fn count_communities(&self) {
        let foundation = self.foundation().await;
        communities::count_all(&foundation.pools.background).await.unwrap();
        foundation.close().await.unwrap();
    }

    /// Reads the topics of posts, as happens in the background every minute, and waits until answers know it.
    pub(crate) async fn read_topics(&self) {
        let foundation = self.foundation().await;
        topics::rounds::read_all(&foundation.pools.background).await.unwrap();
        foundation.close().await.unwrap();
        self.settle().await;
    }

    /// Runs SQL past the service; the rows as text.
    pub(crate) async fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let client = self.database.connect().await;
        let messages = client.simple_query(sql).await.unwrap();
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        rows.map(|row| (0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()).collect()
    }

    /// The number of rows of a table, or of `table where condition`.
    pub(crate) async fn count(&self, rows: &str) -> i64 {
        let found = self.sql(&format!("select count(*) from {rows}")).await;
        found[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// Everything in the database, as text.
    pub(crate) async fn dump(&self) -> String {
        let tables = "select relname from pg_class
                      where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace";
        let mut dump = String::new();
        for table in self.sql(tables).await {
            let table = table[0].as_deref().unwrap();
            for row in self.sql(&format!("select '{table} ' || t::text from {table} t")).await {
                dump.push_str(row[0].as_deref().unwrap());
                dump.push('\n');
            }
        }
        dump
    }

    /// Waits until all events are folded, all statistics computed, and the snapshot has seen it.
    pub(crate) async fn settle(&self) {
        let waiting = "select (select count(*) from fold_queue) + (select count(*) from score_queue)";
        eventually("the queues are empty", async || {
            (self.sql(waiting).await[0][0].as_deref() == Some("0")).then_some(())
        })
        .await;
        let now = Timestamp::now();
        eventually("the snapshot is fresh", async || {
            let answer = self.get("/v1/recommendations?niche=gaming&limit=1").await;
            // 503 until a service that was just started has read its snapshot.
            let page = (answer.status == 200).then(|| answer.json())?;
            let as_of: Timestamp = page["as_of"].as_str()?.parse().ok()?;
            (as_of > now).then_some(())
        })
        .await;
    }

    /// Creators of these ids in the niche gaming, unless `change` says otherwise.
    pub(crate) async fn put_creators(&self, ids: &[&str], change: Value) {
        for id in ids {
            self.put_creator(id, change.clone()).await;
        }
    }

    /// Registers or replaces a creator; the sample profile with these changes.
    pub(crate) async fn put_creator(&self, id: &str, change: Value) -> Value {
        self.put(&format!("/v1/creators/{id}"), &profile(id, change)).await.ok()
    }

    /// Sends events that are all new, as batches.
    pub(crate) async fn send(&self, events: &[Value]) {
        for batch in events.chunks(1_000) {
            let receipt = self.post("/v1/events/batch", &json!({"events": batch})).await.expect(207);
            assert_eq!(receipt["stored"], batch.len(), "{receipt}");
        }
    }
}

impl Deref for App {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

fn database_config(database: &Database) -> DatabaseConfig {
    DatabaseConfig {
        database_url: Some(database.url().into()),
        data_dir: "/nonexistent".into(),
        pg_bin: None,
        secret_key: Some(SECRET.into()),
        secret_key_file: None,
        accept_data_loss: true,
        pool_size: 3,
    }
}

fn serve_config() -> ServeConfig {
    ServeConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        advertise: None,
        metrics_listen: None,
        bootstrap_key: Some(KEY.into()),
        http_workers: 1,
        drain_seconds: 5,
        fold_lag_seconds: 0,
        max_streams: 64,
        stream_idle_seconds: 60,
        // Models are fitted at the start only, when there is nothing to fit them to.
        work: WorkConfig { workers: 1, fold_batch: 5_000, model_seconds: 86_400 },
    }
}

/// The thread of a service, which ends when this is dropped.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Addresses {
    api: String,
    metrics: Option<String>,
}

impl Running {
    async fn start(database: DatabaseConfig, serve: ServeConfig) -> (Self, Addresses) {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, addresses) = oneshot::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(&database, &serve).await.unwrap();
                let api = format!("http://{}", application.address());
                let metrics = application.metrics_address().map(|address| format!("http://{address}"));
                ready.send(Addresses { api, metrics }).unwrap_or_else(|_| panic!("nobody waits"));
                let stopped = async { drop(stopped.await) };
                application.run_until(stopped).await.unwrap();
            });
        });
        (Self { stop: Some(stop), thread: Some(thread) }, addresses.await.expect("the service starts"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A service that failed has said so on standard error.
            let _ = thread.join();
        }
    }
}
