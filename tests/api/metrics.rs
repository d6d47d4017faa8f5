//! Metrics: that they can be read, what they count, and that they name nobody.

use crate::support::{App, Client, community, event, eventually};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The samples of an exposition, by name and labels as written, after every rule of the format was checked.
struct Samples(BTreeMap<String, f64>);

impl Samples {
    async fn of(client: &Client) -> Self {
        let answer = client.with_key(None).get("/metrics").await;
        assert_eq!(answer.status, 200);
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.header("content-type"), content_type);
        Self::parse(&answer.text())
    }

    fn parse(text: &str) -> Self {
        let lines = text.strip_suffix("# EOF\n").expect("the end is marked").lines();
        let (mut types, mut helps, mut units) = (HashMap::new(), HashSet::new(), HashMap::new());
        let mut samples = BTreeMap::new();
        for line in lines {
            if let Some(described) = line.strip_prefix("# ") {
                let [what, name, value] = described.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                    panic!("{line}")
                };
                match what {
                    "TYPE" => assert!(types.insert(name, value).is_none(), "{line}"),
                    "UNIT" => assert!(units.insert(name, value).is_none(), "{line}"),
                    "HELP" => assert!(helps.insert(name) && value.len() > 10, "{line}"),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = families(name).find(|(family, kind)| types.get(family) == Some(kind));
            let (family, _) = family.unwrap_or_else(|| panic!("{line} belongs to no family"));
            assert!(helps.contains(family), "{line} has no help");
            assert!(units.get(family).is_none_or(|unit| family.ends_with(*unit)), "{line}");
            assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{line} twice");
        }
        Self(samples)
    }

    fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no {series} among {:?}", self.0.keys()))
    }

    fn count(&self, series: &str) -> u64 {
        let value = self.value(series);
        assert!(value >= 0.0 && value.fract() == 0.0, "{series} {value}");
        format!("{value}").parse().unwrap()
    }

    fn events(&self) -> [u64; 4] {
        ["stored", "duplicate", "conflict", "invalid"]
            .map(|outcome| self.count(&format!("voci_events_total{{outcome=\"{outcome}\"}}")))
    }

    fn requests(&self, method: &str, route: &str, status: &str) -> u64 {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        self.count(&format!("voci_http_requests_total{{{labels}}}"))
    }
}

/// The families that a sample may belong to by its name, with the type each must have.
fn families(name: &str) -> impl Iterator<Item = (&str, &'static str)> {
    let ending = |suffix: &str, kind| name.strip_suffix(suffix).map(|family| (family, kind));
    let possible = [
        ending("_total", "counter"),
        ending("_bucket", "histogram"),
        ending("_sum", "histogram"),
        ending("_count", "histogram"),
        ending("_info", "info"),
    ];
    possible.into_iter().flatten().chain([(name, "gauge")])
}

#[tokio::test]
async fn events_are_counted_by_what_became_of_them_however_they_came() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    assert_eq!(Samples::of(&app).await.events(), [0; 4]);
    let first = event("e1", "ana", json!({}));
    app.post("/v1/events", &first).await.expect(201);
    app.post("/v1/events", &first).await.expect(200);
    app.post("/v1/events", &event("e1", "ana", json!({"kind": "save"}))).await.expect(409);
    app.post("/v1/events", &event("e1", "nobody", json!({}))).await.expect(422);
    app.post("/v1/events", &event("e1", "ana", json!({"note": 1}))).await.expect(422);
    app.post_raw("/v1/events", "{").await.problem(400, "invalid_json");
    assert_eq!(Samples::of(&app).await.events(), [1, 1, 1, 3]);
    let batch = json!({"events": [first, event("e2", "ana", json!({})), event("e2", "ana", json!({})),
                                  event("e3", "nobody", json!({})), event("a b", "ana", json!({})), 7]});
    app.post("/v1/events/batch", &batch).await.expect(207);
    assert_eq!(Samples::of(&app).await.events(), [2, 3, 1, 6]);
    app.post("/v1/events/batch?dry_run=true", &batch).await.expect(207);
    app.post("/v1/events?dry_run=true", &first).await.expect(200);
    app.post("/v1/events/batch", &json!({"events": []})).await.problem(422, "validation_failed");
    assert_eq!(Samples::of(&app).await.events(), [2, 3, 1, 6]);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_class() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let route = "/v1/creators/{creator_id}";
    app.get("/v1/creators/ana").await.expect(200);
    app.request(Method::HEAD, "/v1/creators/ana").send().await.expect(200);
    app.get("/v1/creators/bea").await.expect(404);
    app.with_key(None).get("/v1/creators/ana").await.expect(401);
    app.get("/v1/creators/ana?x=1").await.expect(400);
    app.post("/v1/creators/ana", &json!({})).await.expect(405);
    app.get("/v1/nothing/ana").await.expect(404);
    let seen = Samples::of(&app).await;
    assert_eq!(seen.requests("GET", route, "2xx"), 2);
    assert_eq!(seen.requests("GET", route, "4xx"), 3);
    assert_eq!(seen.requests("GET", route, "5xx"), 0);
    assert_eq!(seen.requests("PUT", route, "2xx"), 1);
    assert_eq!(seen.requests("other", "none", "4xx"), 2);
    let duration = |suffix: &str, labels: &str| {
        format!("voci_http_request_duration_seconds_{suffix}{{method=\"GET\",route=\"{route}\"{labels}}}")
    };
    assert_eq!(seen.count(&duration("count", "")), 5);
    assert!(seen.value(&duration("sum", "")) > 0.0);
    let buckets: Vec<u64> = ["0.0005", "0.01", "0.25", "40.0", "+Inf"]
        .iter()
        .map(|bound| {
            let bucket = format!(
                "voci_http_request_duration_seconds_bucket{{le=\"{bound}\",method=\"GET\",route=\"{route}\"}}"
            );
            seen.count(&bucket)
        })
        .collect();
    assert!(buckets.is_sorted() && buckets[4] == 5, "{buckets:?}");
}

#[tokio::test]
async fn what_callers_send_makes_no_new_series_and_shows_in_none() {
    let app = App::start().await;
    let other = app.tenant("tenant-of-xylo").await;
    let before: Vec<String> = Samples::of(&app).await.0.into_keys().collect();
    for number in 0..20 {
        other.get(&format!("/v1/creators/xylo-{number}")).await.expect(404);
        other.get(&format!("/xylo/{number}?xylo={number}")).await.expect(404);
        other.post("/v1/events", &event("xylo", &format!("xylo-{number}"), json!({}))).await.expect(422);
        let method = Method::from_bytes(format!("XYLO{number}").as_bytes()).unwrap();
        other.request(method, "/v1/creators").send().await.expect(405);
    }
    let after = app.get("/metrics").await.text();
    assert!(!after.to_lowercase().contains("xylo"));
    assert_eq!(Samples::parse(&after).0.into_keys().collect::<Vec<_>>(), before);
}

#[tokio::test]
async fn what_waits_to_be_folded_and_scored_shows_until_it_is_done() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&community("ana", 5, &[1, 2])).await;
    let waits = async || {
        let seen = Samples::of(&app).await;
        let waits = seen.value("voci_fold_lag_seconds") > 0.5
            && seen.count("voci_fold_queue_rows") == 1
            && seen.count("voci_statistics_queue_rows") >= 2;
        waits.then_some(())
    };
    eventually("the queues show", waits).await;
    let _worker = app.another().await;
    app.settle().await;
    let idle = async || {
        let seen = Samples::of(&app).await;
        let waiting = ["voci_fold_lag_seconds", "voci_fold_queue_rows", "voci_statistics_queue_rows"];
        waiting.iter().all(|series| seen.value(series) <= 0.0).then_some(())
    };
    eventually("the queues are empty", idle).await;
}

#[tokio::test]
async fn snapshots_and_connections_are_measured() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "eva"], json!({})).await;
    app.settle().await;
    let seen = Samples::of(&app).await;
    assert_eq!((seen.count("voci_snapshots"), seen.count("voci_snapshot_creators")), (1, 3));
    assert!(seen.value("voci_snapshot_age_seconds") < 10.0);
    app.delete("/v1/creators/bea").await.expect(204);
    eventually("the erased creator is gone", async || {
        (Samples::of(&app).await.count("voci_snapshot_creators") == 2).then_some(())
    })
    .await;
    let pool = |gauge: &str, pool: &str| {
        seen.count(&format!("voci_database_connections_{gauge}{{pool=\"{pool}\"}}"))
    };
    for (name, limit) in [("ingest", 3), ("reads", 3), ("background", 23)] {
        assert_eq!(pool("limit", name), limit, "{name}");
        assert!(pool("in_use", name) <= pool("open", name) && pool("open", name) <= limit, "{name}");
        assert_eq!(pool("waited_for", name), 0, "{name}");
    }
    assert!(pool("open", "background") > 0);
    let started = seen.value("process_start_time_seconds");
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!(started > now - 600.0 && started <= now + 1.0, "{started}");
    assert_eq!(seen.count(&format!("voci_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1);
}

#[tokio::test]
async fn single_events_are_counted_with_those_they_share_a_commit_with() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let events: Vec<_> = (0..50).map(|number| event(&format!("e{number}"), "ana", json!({}))).collect();
    join_all(events.iter().map(async |event| app.post("/v1/events", event).await.expect(201))).await;
    let seen = Samples::of(&app).await;
    assert_eq!(seen.count("voci_group_commit_events_sum"), 50);
    assert!((1..=50).contains(&seen.count("voci_group_commit_events_count")));
}

#[tokio::test]
async fn metrics_may_have_an_address_of_their_own() {
    let app = App::start_with(|_, serve| serve.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    assert_ne!(app.metrics().address(), app.address());
    app.get("/metrics").await.problem(404, "not_found");
    app.get("/v1/creators").await.expect(200);
    let seen = Samples::of(app.metrics()).await;
    assert_eq!(seen.requests("GET", "/v1/creators", "2xx"), 1);
    assert_eq!(seen.requests("GET", "/metrics", "4xx"), 1);
    for path in ["/", "/v1/creators", "/livez", "/openapi.json"] {
        app.metrics().with_key(Some(crate::support::KEY)).get(path).await.problem(404, "not_found");
    }
}
