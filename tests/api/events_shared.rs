//! Single events that share commits, and callers who are slowed down.

use crate::support::{App, event, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};
use voci::ids::{CreatorKey, TenantId};

#[tokio::test]
async fn events_at_the_same_time_share_commits_and_each_is_told_its_own_result() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.post("/v1/events", &event("there", "ana", json!({"engager_id": "u1"}))).await.expect(201);
    let mut events: Vec<Value> = (0..300).map(|n| event(&format!("e{n}"), "bea", json!({}))).collect();
    events.extend((0..20).map(|_| event("there", "ana", json!({"engager_id": "u1"}))));
    events.extend((0..20).map(|_| event("there", "ana", json!({"engager_id": "u2"}))));
    events.extend((0..20).map(|n| event(&format!("x{n}"), "nobody", json!({}))));
    let answers = join_all(events.iter().map(async |event| app.post("/v1/events", event).await)).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses[..300], [201; 300]);
    assert_eq!(statuses[300..320], [200; 20]);
    assert_eq!(statuses[320..340], [409; 20]);
    assert_eq!(statuses[340..], [422; 20]);
    for (event, answer) in events.iter().zip(&answers).take(320) {
        assert_eq!(answer.json()["event_id"], event["event_id"]);
    }
    assert_eq!(app.count("events").await, 301);
    let commits = app.count("(select distinct xmin::text from events) shared").await;
    // How many go together depends on how busy the machine is; that they do at all does not.
    assert!(commits < 301, "{commits} commits for 301 events");
}

#[tokio::test]
async fn callers_are_slowed_down_where_folding_is_behind_and_nowhere_else() {
    let app = App::start_with(|_, serve| {
        serve.work.workers = 0;
        serve.fold_lag_seconds = 1;
    })
    .await;
    let lane = |id: &str| CreatorKey::derive(TenantId(1), id).lane();
    let elsewhere = (0..100).map(|n| format!("c{n}")).find(|id| lane(id) != lane("ana")).unwrap();
    app.put_creators(&["ana", &elsewhere], json!({})).await;
    app.post("/v1/events", &event("e0", "ana", json!({}))).await.expect(201);
    let mut number = 0;
    let refused = eventually("the caller is told to wait", async || {
        number += 1;
        let answer = app.post("/v1/events", &event(&format!("e{number}"), "ana", json!({}))).await;
        (answer.status != 201).then_some(answer)
    })
    .await;
    assert_eq!(refused.header("retry-after"), "5");
    refused.problem(429, "folding_behind");
    let stored = app.count("events").await;
    let both = json!({"events": [event("f1", "ana", json!({})), event("f1", &elsewhere, json!({}))]});
    app.post("/v1/events/batch", &both).await.problem(429, "folding_behind");
    assert_eq!(app.count("events").await, stored, "a refused batch stores nothing");
    app.post("/v1/events", &event("f1", &elsewhere, json!({}))).await.expect(201);

    let _worker = app.another().await;
    eventually("the caller is let through again", async || {
        let answer = app.post("/v1/events", &event("g1", "ana", json!({}))).await;
        (answer.status == 201).then_some(())
    })
    .await;
}
