//! Every metric of the service, with its help text.

use super::requests::Requests;
use crate::{db::Pools, http::fallback::RouteTable, relationships::Backlog, snapshot::Snapshots};
use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use std::{fmt, sync::atomic::AtomicU64};

type Seconds = Gauge<f64, AtomicU64>;

/// Upper bounds of the buckets of commits, in events.
const GROUPS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1_000.0, 4_000.0, 16_000.0];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct PoolLabels {
    pool: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct BuildLabels {
    version: &'static str,
}

/// How many events came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// New and committed.
    pub stored: u64,
    /// Committed before.
    pub duplicate: u64,
    /// Another content has the identity.
    pub conflict: u64,
    /// A rule is broken, or the creator is not known.
    pub invalid: u64,
}

/// All metrics of a process.
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    stored: Counter,
    duplicate: Counter,
    conflict: Counter,
    invalid: Counter,
    group_commits: Histogram,
    gauges: Gauges,
}

/// What is read when somebody asks, and not counted.
struct Gauges {
    fold_lag: Seconds,
    fold_queue: Gauge,
    statistics_queue: Gauge,
    snapshot_age: Seconds,
    snapshots: Gauge,
    snapshot_creators: Gauge,
    connections_in_use: Family<PoolLabels, Gauge>,
    connections_open: Family<PoolLabels, Gauge>,
    connections_most: Family<PoolLabels, Gauge>,
    connections_waited_for: Family<PoolLabels, Gauge>,
}

impl Metrics {
    /// The metrics of a service with these operations, all at zero.
    #[must_use]
    pub fn new(routes: &RouteTable) -> Self {
        let mut registry = Registry::default();
        let started: Seconds = Gauge::default();
        started.set(Timestamp::now().as_microsecond() as f64 / 1e6);
        let help = "Unix time at which the service began";
        registry.register_with_unit("process_start_time", help, Unit::Seconds, started);
        let voci = registry.sub_registry_with_prefix("voci");
        let version = BuildLabels { version: env!("CARGO_PKG_VERSION") };
        voci.register("build", "Version of the program", Info::new(version));
        let requests = Requests::register(routes, voci);
        let events: Family<OutcomeLabels, Counter> = Family::default();
        voci.register(
            "events",
            "Events that came in, alone, in batches or in streams, by what became of them; dry runs do not count",
            events.clone(),
        );
        let events = |outcome| events.get_or_create_owned(&OutcomeLabels { outcome });
        let group_commits = Histogram::new(GROUPS);
        voci.register(
            "group_commit_events",
            "Events that were committed together, of one request or of several",
            group_commits.clone(),
        );
        Self {
            requests,
            stored: events("stored"),
            duplicate: events("duplicate"),
            conflict: events("conflict"),
            invalid: events("invalid"),
            group_commits,
            gauges: Gauges::register(voci),
            registry,
        }
    }

    /// Requests by operation.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Counts events that came in.
    pub fn count_events(&self, counts: OutcomeCounts) {
        self.stored.inc_by(counts.stored);
        self.duplicate.inc_by(counts.duplicate);
        self.conflict.inc_by(counts.conflict);
        self.invalid.inc_by(counts.invalid);
    }

    /// Sizes of commits, in events.
    #[must_use]
    pub fn group_commits(&self) -> Histogram {
        self.group_commits.clone()
    }

    /// How many creators wait for their statistics.
    pub fn set_statistics_queue(&self, waiting: i64) {
        self.gauges.statistics_queue.set(waiting);
    }

    /// Everything as OpenMetrics text, with gauges as of now.
    pub fn text(
        &self,
        pools: &Pools,
        snapshots: &Snapshots,
        backlog: &Backlog,
    ) -> Result<String, fmt::Error> {
        self.gauges.read(pools, snapshots, backlog);
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Gauges {
    fn register(registry: &mut Registry) -> Self {
        let seconds = |registry: &mut Registry, name: &str, help: &str| {
            let gauge = Seconds::default();
            registry.register_with_unit(name, help, Unit::Seconds, gauge.clone());
            gauge
        };
        let gauge = |registry: &mut Registry, name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let by_pool = |registry: &mut Registry, name: &str, help: &str| {
            let family = Family::default();
            registry.register(name, help, family.clone());
            family
        };
        Self {
            fold_lag: seconds(
                registry,
                "fold_lag",
                "Age of the oldest event that waits to be folded, as of at most a second ago",
            ),
            fold_queue: gauge(
                registry,
                "fold_queue_rows",
                "Rows of the queue that wait to be folded, about; a row has the events of one transaction for one lane",
            ),
            statistics_queue: gauge(
                registry,
                "statistics_queue_rows",
                "Creators whose statistics wait to be computed anew, counted up to 100000; one may wait many times",
            ),
            snapshot_age: seconds(
                registry,
                "snapshot_age",
                "Time since the snapshots were last compared with the database; NaN before the first time",
            ),
            snapshots: gauge(registry, "snapshots", "Tenants with a snapshot"),
            snapshot_creators: gauge(registry, "snapshot_creators", "Creators in all snapshots"),
            connections_in_use: by_pool(
                registry,
                "database_connections_in_use",
                "Connections that something is done with, by pool",
            ),
            connections_open: by_pool(
                registry,
                "database_connections_open",
                "Connections that are open, by pool",
            ),
            connections_most: by_pool(
                registry,
                "database_connections_limit",
                "Connections that may be open, by pool",
            ),
            connections_waited_for: by_pool(
                registry,
                "database_connections_waited_for",
                "Requests and tasks that wait for a connection, by pool",
            ),
        }
    }

    fn read(&self, pools: &Pools, snapshots: &Snapshots, backlog: &Backlog) {
        self.fold_lag.set(backlog.lag().as_secs_f64());
        self.fold_queue.set(count(backlog.rows()));
        let age = snapshots.age().map_or(f64::NAN, |age| age.as_secs_f64());
        self.snapshot_age.set(age);
        let (tenants, creators) = snapshots.size();
        self.snapshots.set(count(tenants));
        self.snapshot_creators.set(count(creators));
        for (pool, usage) in pools.usage() {
            let labels = PoolLabels { pool };
            self.connections_in_use.get_or_create(&labels).set(count(usage.in_use));
            self.connections_open.get_or_create(&labels).set(count(usage.open));
            self.connections_most.get_or_create(&labels).set(count(usage.most));
            self.connections_waited_for.get_or_create(&labels).set(count(usage.waiting));
        }
    }
}

fn count<N: TryInto<i64>>(number: N) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
