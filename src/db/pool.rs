//! Connection pools. A connection whose statement was given up is cancelled and closed, never reused: its outcome is
//! unknown and the next user would wait behind it.

use super::{
    CopyRows, DbError,
    connect::ConnectSettings,
    error::{is_lost, is_refusal},
};
use bytes::Bytes;
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, PoolConfig, QueueMode, RecyclingMethod, Runtime,
    Timeouts,
};
use futures_util::SinkExt;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio_postgres::{Row, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a request waits for a free connection. Longer: overload turns into long queues; shorter: bursts are shed.
const WAIT: Duration = Duration::from_millis(500);
/// How long opening a connection may take.
const CREATE: Duration = Duration::from_secs(2);
/// How long checking a used connection may take.
const RECYCLE: Duration = Duration::from_secs(1);
/// Age at which a connection is replaced, so that server-side memory and stale plans do not live for ever.
const MAX_AGE: Duration = Duration::from_mins(30);

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The pools of a process, separate so that one kind of work cannot starve another.
#[derive(Clone)]
pub struct Pools {
    /// Writes of events, creators and niches.
    pub ingest: Pool,
    /// Reads for requests.
    pub reads: Pool,
    /// Folding, statistics, snapshot, administration.
    pub background: Pool,
}

impl Pools {
    /// Pools onto a database; connections open when they are needed.
    #[must_use]
    pub fn open(settings: &ConnectSettings, request_size: usize, background_size: usize) -> Self {
        Self {
            ingest: Pool::open(settings, "voci ingest", Duration::from_secs(5), request_size),
            reads: Pool::open(settings, "voci reads", Duration::from_secs(5), request_size),
            background: Pool::open(settings, "voci background", Duration::from_mins(2), background_size),
        }
    }

    /// How much each pool is used, by name.
    #[must_use]
    pub fn usage(&self) -> [(&'static str, Usage); 3] {
        [
            ("ingest", self.ingest.usage()),
            ("reads", self.reads.usage()),
            ("background", self.background.usage()),
        ]
    }

    /// Closes all connections that are not in use, and the others when they come back.
    pub fn close(&self) {
        for pool in [&self.ingest, &self.reads, &self.background] {
            pool.pool.close();
        }
    }
}

/// How much a pool is used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Connections that something is done with.
    pub in_use: usize,
    /// Connections that are open.
    pub open: usize,
    /// Connections that may be open.
    pub most: usize,
    /// Who waits for one.
    pub waiting: usize,
}

/// A pool of connections.
#[derive(Clone)]
pub struct Pool {
    pool: deadpool_postgres::Pool,
    tls: MakeRustlsConnect,
}

impl Pool {
    fn open(settings: &ConnectSettings, name: &str, statement_timeout: Duration, size: usize) -> Self {
        let manager = Manager::from_config(
            settings.config(name, statement_timeout),
            settings.tls(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let timeouts = Timeouts { wait: Some(WAIT), create: Some(CREATE), recycle: Some(RECYCLE) };
        let pool = deadpool_postgres::Pool::builder(manager)
            // The connection that was used last is used next: a turn through all of them would find in none the processor's
            // caches warm, and each is a process with page tables of its own.
            .config(PoolConfig { max_size: size, timeouts, queue_mode: QueueMode::Lifo })
            .pre_recycle(Hook::sync_fn(|_, metrics| {
                if metrics.age() > MAX_AGE { Err(HookError::message("connection is old")) } else { Ok(()) }
            }))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a pool with a runtime and a size above zero can be built");
        Self { pool, tls: settings.tls() }
    }

    fn usage(&self) -> Usage {
        let status = self.pool.status();
        Usage {
            in_use: status.size.saturating_sub(status.available),
            open: status.size,
            most: status.max_size,
            waiting: status.waiting,
        }
    }

    /// A connection, or an error within the limits above.
    pub async fn get(&self) -> Result<Client, DbError> {
        let object = self.pool.get().await?;
        Ok(Client {
            object: Some(object),
            tls: self.tls.clone(),
            in_flight: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        })
    }
}

/// A connection from a pool.
pub struct Client {
    object: Option<Object>,
    tls: MakeRustlsConnect,
    in_flight: AtomicBool,
    broken: AtomicBool,
}

impl Client {
    /// Rows of a statement, which is prepared once per connection.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        match self.query_once(sql, params).await {
            Err(DbError::Failed(error)) if error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) => {
                // "cached plan must not change result type": a migration changed a table under a prepared statement.
                self.object().statement_cache.clear();
                self.query_once(sql, params).await
            }
            result => result,
        }
    }

    async fn query_once(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        self.watched(async {
            let statement = self.object().prepare_cached(sql).await?;
            self.object().query(&statement, params).await
        })
        .await
    }

    /// The single row of a statement, if there is one.
    pub async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs a statement; the number of rows it touched.
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, DbError> {
        self.watched(async {
            let statement = self.object().prepare_cached(sql).await?;
            self.object().execute(&statement, params).await
        })
        .await
    }

    /// Runs statements without parameters that are not worth preparing.
    pub async fn batch(&self, sql: &str) -> Result<(), DbError> {
        self.watched(self.object().batch_execute(sql)).await
    }

    /// Copies rows into a table; the number of rows.
    pub async fn copy(&self, sql: &str, rows: CopyRows) -> Result<u64, DbError> {
        self.watched(async {
            let statement = self.object().prepare_cached(sql).await?;
            let sink = self.object().copy_in::<_, Bytes>(&statement).await?;
            let mut sink = std::pin::pin!(sink);
            sink.send(rows.finish()).await?;
            sink.finish().await
        })
        .await
    }

    async fn watched<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DbError> {
        self.in_flight.store(true, Ordering::Relaxed);
        let result = statement.await;
        self.in_flight.store(false, Ordering::Relaxed);
        result.map_err(|error| {
            if is_lost(&error) || error.code().is_some_and(is_refusal) {
                self.discard();
            }
            error.into()
        })
    }

    /// Makes sure that this connection is closed instead of going back to the pool.
    pub(super) fn discard(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    fn object(&self) -> &Object {
        self.object.as_ref().expect("the connection is taken only when the client is dropped")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let given_up = self.in_flight.load(Ordering::Relaxed);
        if !given_up && !self.broken.load(Ordering::Relaxed) {
            return;
        }
        let Some(object) = self.object.take() else { return };
        let wrapper = Object::take(object);
        if given_up && tokio::runtime::Handle::try_current().is_ok() {
            let (cancel, tls) = (wrapper.cancel_token(), self.tls.clone());
            tokio::spawn(async move {
                // A cancel that does not get through is no worse than none: the statement timeout ends the statement.
                let _ = tokio::time::timeout(CREATE, cancel.cancel_query(tls)).await;
            });
        }
    }
}
