//! Requests by operation: how many, how they ended, how long they took.
//!
//! Every series is made at the start, so that counting one request looks nothing up but its route.

use crate::http::fallback::RouteTable;
use actix_web::{dev::ServiceRequest, http::StatusCode, web::Data};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::time::{Duration, Instant};

use super::Metrics;

/// Upper bounds of the latency buckets in seconds: from an answer out of memory to the deadline of a request.
const LATENCIES: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 40.0];

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OperationLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

struct Operation {
    by_class: [Counter; CLASSES.len()],
    duration: Histogram,
}

/// Counts the requests of every operation.
pub struct Requests {
    operations: Vec<Operation>,
    /// Unknown paths, wrong methods, documentation pages.
    others: Operation,
}

impl Requests {
    /// Counters for every operation of the table.
    pub fn register(routes: &RouteTable, registry: &mut Registry) -> Self {
        let counts: Family<RequestLabels, Counter> = Family::default();
        let durations: Family<OperationLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(LATENCIES));
        registry.register(
            "http_requests",
            "Requests by operation and status class; route none: everything that is no operation of the API",
            counts.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer; an answer that is streamed takes longer than this",
            Unit::Seconds,
            durations.clone(),
        );
        let operation = |(method, route): (&'static str, &str)| {
            let route = route.to_owned();
            let labels = |status| RequestLabels { method, route: route.clone(), status };
            Operation {
                by_class: CLASSES.map(|status| counts.get_or_create_owned(&labels(status))),
                duration: durations.get_or_create_owned(&OperationLabels { method, route: route.clone() }),
            }
        };
        Self {
            operations: routes.operations().map(operation).collect(),
            others: operation(("other", "none")),
        }
    }

    fn count(&self, operation: Option<usize>, status: StatusCode, took: Duration) {
        let operation = operation.and_then(|number| self.operations.get(number)).unwrap_or(&self.others);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(CLASSES.len() - 1);
        operation.by_class[class].inc();
        operation.duration.observe(took.as_secs_f64());
    }
}

/// A request that is under way.
pub struct Started {
    metrics: Data<Metrics>,
    operation: Option<usize>,
    at: Instant,
}

impl Started {
    /// The request begins now.
    #[must_use]
    pub fn now(request: &ServiceRequest) -> Self {
        let metrics = request.app_data::<Data<Metrics>>().expect("the application registers its metrics");
        let routes = request.app_data::<Data<RouteTable>>().expect("the application registers its routes");
        let operation = routes.operation(request.path(), request.method().as_str());
        Self { metrics: metrics.clone(), operation, at: Instant::now() }
    }

    /// The request was answered.
    pub fn answered(self, status: StatusCode) {
        self.metrics.requests().count(self.operation, status, self.at.elapsed());
    }
}
