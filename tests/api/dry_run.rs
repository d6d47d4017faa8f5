//! Dry runs: what would become of events, and nothing written.

use crate::support::{App, at_noon, community, days_ago, event, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use voci::keys::Scope;

const SINGLE: &str = "/v1/events?dry_run=true";
const BATCH: &str = "/v1/events/batch?dry_run=true";

/// A service that has one event and does nothing by itself.
async fn with_one_event() -> App {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creator("ana", json!({})).await;
    app.send(&[event("old", "ana", json!({"engager_id": "u1"}))]).await;
    eventually("it is counted", async || (app.count("quality_counts").await > 0).then_some(())).await;
    app
}

/// Every row but the one by which the service says again and again that it is there, and the number of tables and indexes.
async fn traces(app: &App) -> (Vec<String>, i64) {
    let dump = app.dump().await;
    let rows = dump.lines().filter(|row| !row.starts_with("replicas "));
    (rows.map(str::to_owned).collect(), app.count("pg_class").await)
}

fn mixed() -> Vec<Value> {
    vec![
        event("old", "ana", json!({"engager_id": "u1"})),
        event("old", "ana", json!({"engager_id": "u2"})),
        event("new", "ana", json!({"engager_id": "u1"})),
        event("new", "ana", json!({"engager_id": "u1"})),
        event("new", "ana", json!({"engager_id": "u2"})),
        event("old", "ana", json!({"occurred_at": at_noon(200)})),
        event("e1", "nobody", json!({})),
        event("e2", "ana", json!({"occurred_at": days_ago(500)})),
        event("e3", "ana", json!({"kind": "applause"})),
        event("a b", "ana", json!({})),
        event("r1", "ana", json!({"kind": "retract", "in_reply_to": "old"})),
        json!([]),
    ]
}

/// A receipt without the one sentence in it that names a time.
fn timeless(mut receipt: Value) -> Value {
    receipt["results"][7]["problem"]["errors"][0]["detail"].take();
    receipt
}

#[tokio::test]
async fn a_dry_run_of_a_batch_tells_what_a_real_one_would_and_writes_nothing() {
    let app = with_one_event().await;
    let batch = json!({"events": mixed()});
    let before = traces(&app).await;
    let mut dry = app.post(BATCH, &batch).await.expect(207);
    assert_eq!(traces(&app).await, before);
    let statuses: Vec<&str> =
        dry["results"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect();
    let expected = [
        "duplicate",
        "conflict",
        "stored",
        "duplicate",
        "conflict",
        "stored",
        "invalid",
        "invalid",
        "invalid",
        "invalid",
        "stored",
        "invalid",
    ];
    assert_eq!(statuses, expected);
    assert_eq!(dry.as_object_mut().unwrap().remove("dry_run"), Some(json!(true)));
    assert_eq!(timeless(app.post("/v1/events/batch", &batch).await.expect(207)), timeless(dry));
    assert_eq!(app.post("/v1/events/batch?dry_run=false", &batch).await.expect(207)["stored"], 0);
}

#[tokio::test]
async fn a_dry_run_of_a_single_event_tells_what_would_become_of_it() {
    let app = with_one_event().await;
    let before = traces(&app).await;
    let dry = async |event: &Value| app.post(SINGLE, event).await.expect(200);
    let new = dry(&event("new", "ana", json!({"occurred_at": at_noon(200)}))).await;
    assert_eq!(new, json!({"event_id": "new", "status": "stored", "dry_run": true}));
    let again = dry(&event("old", "ana", json!({"engager_id": "u1"}))).await;
    assert_eq!(again, json!({"event_id": "old", "status": "duplicate", "dry_run": true}));
    let other = dry(&event("old", "ana", json!({"kind": "save"}))).await;
    assert_eq!((&other["status"], &other["problem"]["code"]), (&json!("conflict"), &json!("event_conflict")));
    let cases = [
        (event("e1", "nobody", json!({})), "/creator_id", "unknown_creator"),
        (event("e1", "ana", json!({"kind": "retract"})), "/in_reply_to", "required"),
        (event("e1", "ana", json!({"note": "x"})), "/note", "unknown_field"),
        (json!({"event_id": "e1"}), "/creator_id", "required"),
        (json!([]), "", "wrong_type"),
    ];
    for (sent, pointer, code) in cases {
        let told = dry(&sent).await;
        assert_eq!((&told["status"], &told["dry_run"]), (&json!("invalid"), &json!(true)), "{told}");
        let problem = &told["problem"];
        assert_eq!((&problem["status"], &problem["code"]), (&json!(422), &json!("validation_failed")));
        assert_eq!(problem["errors"][0]["pointer"], pointer);
        assert_eq!(problem["errors"][0]["code"], code);
    }
    assert_eq!(traces(&app).await, before);
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_a_problem_in_a_dry_run_too() {
    let app = with_one_event().await;
    for path in [SINGLE, BATCH] {
        app.post_raw(path, "{").await.problem(400, "invalid_json");
        app.post_raw(path, vec![b' '; (16 << 20) + 1]).await.problem(413, "payload_too_large");
    }
    app.post(BATCH, &json!({"events": []})).await.problem(422, "validation_failed");
    app.post("/v1/events?dry_run=1", &event("e1", "ana", json!({}))).await.problem(400, "invalid_query");
    app.post("/v1/events?dryrun=true", &event("e1", "ana", json!({}))).await.problem(400, "invalid_query");
    assert_eq!(app.count("events").await, 1);
}

#[tokio::test]
async fn a_dry_run_needs_the_same_key_and_sees_its_tenant_only() {
    let app = with_one_event().await;
    let sent = event("old", "ana", json!({"engager_id": "u1"}));
    let reader = app.client_with("default", &[Scope::Read]).await;
    reader.post(SINGLE, &sent).await.problem(403, "missing_scope");
    let other = app.tenant("other").await;
    let told = other.post(SINGLE, &sent).await.expect(200);
    assert_eq!(told["problem"]["errors"][0]["code"], "unknown_creator");
    let told = other.post(BATCH, &json!({"events": [sent]})).await.expect(207);
    assert_eq!((&told["invalid"], &told["duplicate"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_dry_run_takes_as_many_events_as_a_real_one() {
    let app = with_one_event().await;
    let told =
        app.post(BATCH, &json!({"events": community("ana", 100, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])})).await;
    assert_eq!(told.expect(207)["stored"], 1_000);
    assert_eq!((app.count("events").await, app.count("fold_queue").await), (1, 1));
}

#[tokio::test]
async fn a_dry_run_of_a_stream_tells_what_a_real_one_would_and_writes_nothing() {
    let app = with_one_event().await;
    let lines: Vec<String> = mixed().iter().map(Value::to_string).collect();
    let lines = lines.join("\n");
    let stream = async |path: &str| {
        let request = app.request(Method::POST, path).body("application/x-ndjson", lines.clone());
        let text = request.send().await.text();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let before = traces(&app).await;
    let mut dry = stream("/v1/events/stream?dry_run=true").await;
    assert_eq!(traces(&app).await, before);
    let summary = &mut dry.last_mut().unwrap()["summary"];
    assert_eq!(summary.as_object_mut().unwrap().remove("dry_run"), Some(json!(true)));
    assert_eq!((&summary["stored"], &summary["lines"]), (&json!(3), &json!(mixed().len())));
    let mut real = stream("/v1/events/stream").await;
    for told in [&mut dry, &mut real] {
        told[7]["problem"]["errors"][0]["detail"].take();
    }
    assert_eq!(real, dry);
    let problems = stream("/v1/events/stream?dry_run=true&results=problems").await;
    assert!(problems.len() < dry.len(), "{problems:?}");
    assert!(problems.iter().all(|line| line["problem"].is_object() || line["summary"].is_object()));
}
