//! Keeps the snapshots fresh: reads everything at start and then, a few times a second, what changed.
//!
//! All looks use one connection. When it is lost, everything is read again: PostgreSQL may have crashed or another
//! server may have taken its place, and both give transaction ids out again that were seen before, so that looking
//! only for newer ones would miss changes.

use super::{builder::TenantBuilder, registry::Snapshots, store};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::TenantId,
    niches::Taxonomy,
    scores,
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    fmt::Display,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::Row;

/// Least time between looks. Longer: events are ranked later; shorter: more queries for nothing.
const INTERVAL: Duration = Duration::from_millis(100);
/// After a look that took long, because much changed, a part of as long passes until the next one: reading what changes all the
/// time must not take the cores from those who change it. A smaller part: more is read for the same; a larger one: events are
/// ranked later.
const REST: f64 = 0.5;

/// Creators of whom is asked at once what became of them. More: memory, after rounds that change them all; fewer: more round trips.
const ASKED: usize = 5_000;
/// Pages that are read ahead at start. More: memory; fewer: reading waits for taking in, and the other way round.
const AHEAD: usize = 4;
/// Entries that come into lists for which a thread more is worth its start.
const WORTH_A_THREAD: usize = 100_000;
/// How long it is kept which statistics changed. Longer: the list of them grows; shorter: a replica that was held up, or for
/// so long in reading everything, has to read everything again.
const CHANGES_KEPT: Duration = Duration::from_hours(1);
/// After this long without a look, what changed since may be forgotten, so everything is read again.
const TOO_LONG: Duration = Duration::from_mins(50);

/// How much less than others the thread gets of a busy machine, as `nice` counts it. More: events are ranked later while it is busy;
/// less: answers wait longer while much changes.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

/// Keeps the snapshots fresh until it is dropped, on a thread of its own: taking in what changed takes longer than most answers, and
/// whoever waits for one shall not wait for that.
pub async fn run(pool: Pool, taxonomy: Arc<Taxonomy>, snapshots: Arc<Snapshots>) {
    let (dropped, is_dropped) = oneshot::channel::<()>();
    let (ended, has_ended) = oneshot::channel::<()>();
    let kept_fresh = move || {
        let _ended = ended;
        give_way();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                tokio::select! {
                    _ = is_dropped => {}
                    () = keep_fresh(pool, taxonomy, snapshots) => {}
                }
            }),
            Err(error) => tracing::error!(%error, "snapshots cannot be kept fresh"),
        }
    };
    match thread::Builder::new().name("snapshots".to_owned()).spawn(kept_fresh) {
        Ok(_) => drop(has_ended.await),
        Err(error) => tracing::error!(%error, "snapshots cannot be kept fresh"),
    }
    drop(dropped);
}

/// Lets all other threads go first, where threads have priorities of their own.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let thread = Some(rustix::thread::gettid());
        let nicer = |nice: i32| setpriority_process(thread, (nice + NICE).min(NICEST));
        if let Err(error) = getpriority_process(thread).and_then(nicer) {
            tracing::warn!(%error, "snapshots are kept fresh with the priority of answers");
        }
    }
}

/// Failed looks are repeated; the snapshots stay as they are meanwhile.
async fn keep_fresh(pool: Pool, taxonomy: Arc<Taxonomy>, snapshots: Arc<Snapshots>) {
    let mut feed = Feed { pool, taxonomy, snapshots, tenants: HashMap::new(), kept: None };
    let mut failing = false;
    loop {
        let started = Instant::now();
        let look = feed.look().await;
        let pause = if look.is_ok() { INTERVAL.max(started.elapsed().mul_f64(REST)) } else { INTERVAL };
        match look {
            Ok(()) if failing => {
                tracing::info!("snapshot is kept fresh again");
                failing = false;
            }
            Ok(()) => {}
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "snapshot cannot be kept fresh");
                }
                failing = true;
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Forgets which statistics changed so long ago that no look asks for them.
pub async fn forget_changes(pool: &Pool) -> Result<(), DbError> {
    let minutes = i32::try_from(CHANGES_KEPT.as_secs() / 60).unwrap_or(i32::MAX);
    store::forget_changes(&pool.get().await?, minutes).await
}

struct Feed {
    pool: Pool,
    taxonomy: Arc<Taxonomy>,
    snapshots: Arc<Snapshots>,
    tenants: HashMap<TenantId, TenantBuilder>,
    kept: Option<(Client, Look)>,
}

/// What a look leaves for the next one.
#[derive(Clone, Copy)]
struct Look {
    watermark: i64,
    at: Instant,
}

impl Feed {
    async fn look(&mut self) -> Result<(), DbError> {
        let (client, last) = match self.kept.take() {
            Some((client, last)) => (client, Some(last)),
            None => (self.pool.get().await?, None),
        };
        let tx = Tx::begin_snapshot_on(client).await?;
        // Taken before the transaction's view of the database, so that everything committed by then is in the view.
        let as_of = Timestamp::now();
        let look = Look { watermark: store::watermark(&tx).await?, at: Instant::now() };
        match last.filter(|last| last.at.elapsed() < TOO_LONG) {
            Some(last) => self.read_changes(&tx, last.watermark).await?,
            None => self.read_all(&tx).await?,
        }
        self.kept = Some((tx.into_client().await?, look));
        let builders = self.tenants.iter_mut();
        let fresh = builders.filter_map(|(id, builder)| Some((*id, builder.publish()?))).collect();
        self.snapshots.publish(fresh, as_of);
        Ok(())
    }

    async fn read_all(&mut self, tx: &Tx) -> Result<(), DbError> {
        let started = Instant::now();
        // Emptied and not forgotten, so that a tenant of whom nothing is left gets an empty snapshot.
        for tenant in self.tenants.values_mut() {
            *tenant = tenant.started_again(self.taxonomy.clone());
        }
        store::take_time(tx).await?;
        self.read_niches(tx, 0).await?;
        self.read_models(tx).await?;
        for (tenant, creators) in store::counts(tx).await? {
            self.tenant(tenant).expect_creators(creators);
        }
        let (pages, coming) = mpsc::channel(AHEAD);
        let taking_in = self.take_in(coming);
        let (read, taken_in) = tokio::join!(read_pages(tx, pages), taking_in);
        let creators = read?;
        taken_in?;
        tracing::info!(creators, load_ms = started.elapsed().as_secs_f64() * 1e3, "snapshot loaded");
        Ok(())
    }

    /// Takes pages of creators in on a thread that ends with them: what is freed on the way serves what comes next, and what is left of
    /// it in the end is given back.
    async fn take_in(&mut self, mut pages: mpsc::Receiver<Vec<Row>>) -> Result<(), DbError> {
        let (mut tenants, taxonomy) = (std::mem::take(&mut self.tenants), self.taxonomy.clone());
        let (done, is_done) = oneshot::channel();
        let take_in = move || {
            while let Some(page) = pages.blocking_recv() {
                for (tenant, creator) in page.iter().map(store::source) {
                    builder(&mut tenants, tenant, &taxonomy).apply_creator(creator);
                }
            }
            // By now the database has nothing left to do.
            let cores = thread::available_parallelism().map_or(1, usize::from);
            for tenant in tenants.values_mut() {
                tenant.file_coming(cores.min(1 + tenant.coming() / WORTH_A_THREAD));
            }
            // Nobody waits for them when the service stops.
            drop(done.send(tenants));
        };
        let failed = |error: &dyn Display| DbError::Damaged(format!("creators are not taken in: {error}"));
        thread::Builder::new().name("creators".to_owned()).spawn(take_in).map_err(|error| failed(&error))?;
        self.tenants = is_done.await.map_err(|error| failed(&error))?;
        Ok(())
    }

    async fn read_changes(&mut self, tx: &Tx, since: i64) -> Result<(), DbError> {
        self.read_niches(tx, since).await?;
        self.read_models(tx).await?;
        for (tenant, creator) in store::erased(tx, since).await? {
            self.tenant(tenant).remove_creator(creator);
        }
        for keys in store::changed_creators(tx, since).await?.chunks(ASKED) {
            for (tenant, row) in store::creators(tx, keys).await? {
                self.tenant(tenant).apply_creator(row);
            }
        }
        for keys in store::changed_statistics(tx, since).await?.chunks(ASKED) {
            for (tenant, statistics) in store::statistics_of(tx, keys).await? {
                self.tenant(tenant).apply_statistics(statistics);
            }
        }
        Ok(())
    }

    async fn read_niches(&mut self, tx: &Tx, since: i64) -> Result<(), DbError> {
        for (tenant, niche) in store::changed_niches(tx, since).await? {
            self.tenant(tenant).apply_niche(niche);
        }
        Ok(())
    }

    async fn read_models(&mut self, tx: &Tx) -> Result<(), DbError> {
        for (tenant, version) in scores::store::models::model_versions(tx).await? {
            if self.tenant(tenant).model_version() != version {
                let model = scores::store::models::in_force_in(tx, tenant).await?.model;
                self.tenant(tenant).apply_model(model);
            }
        }
        Ok(())
    }

    fn tenant(&mut self, tenant: TenantId) -> &mut TenantBuilder {
        builder(&mut self.tenants, tenant, &self.taxonomy)
    }
}

/// Hands all creators over, page by page; how many there are.
async fn read_pages(tx: &Tx, pages: mpsc::Sender<Vec<Row>>) -> Result<usize, DbError> {
    store::open(tx).await?;
    let mut creators = 0;
    loop {
        let page = store::page(tx).await?;
        creators += page.len();
        // Whoever does not take them in says why.
        if page.is_empty() || pages.send(page).await.is_err() {
            return Ok(creators);
        }
    }
}

fn builder<'a>(
    tenants: &'a mut HashMap<TenantId, TenantBuilder>,
    tenant: TenantId,
    taxonomy: &Arc<Taxonomy>,
) -> &'a mut TenantBuilder {
    tenants.entry(tenant).or_insert_with(|| TenantBuilder::new(tenant, taxonomy.clone()))
}
