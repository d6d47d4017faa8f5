//! The database goes away and comes back.

use crate::support::{Answer, App, at_noon, event, eventually, post, profile};
use serde_json::{Value, json};

/// Checks that an answer says: not now, try again.
fn try_again(answer: Answer) {
    assert_eq!(answer.header("retry-after"), "1");
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    assert!(["database_unavailable", "outcome_unknown"].contains(&code.as_str()), "{code}");
    answer.problem(503, &code);
}

async fn ready(app: &App) {
    eventually("the service is ready", async || (app.get("/readyz").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn without_its_database_the_service_is_not_ready_and_gets_ready_again_by_itself() {
    let app = App::start().await;
    ready(&app).await;
    app.database().take_away().await;
    try_again(app.get("/readyz").await);
    try_again(app.get("/readyz").await);
    app.get("/livez").await.expect(200);
    app.database().give_back().await;
    ready(&app).await;
}

#[tokio::test]
async fn requests_during_an_outage_can_be_sent_again_after_it() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[event("before", "ana", json!({"engager_id": "u1"}))]).await;
    let post_path = "/v1/creators/ana/posts/p1";
    app.put(post_path, &post(json!({}))).await.expect(201);
    app.settle().await;
    app.database().take_away().await;
    let counted = post(json!({"metrics": {"as_of": at_noon(1), "likes": 3}}));
    let sent = event("during", "ana", json!({"engager_id": "u2"}));
    let batch = json!({"events": [sent]});
    try_again(app.post("/v1/events", &sent).await);
    try_again(app.post("/v1/events/batch", &batch).await);
    try_again(app.put("/v1/creators/bea", &profile("bea", json!({}))).await);
    try_again(app.patch("/v1/creators/ana", &json!({"bio": "new"})).await);
    try_again(app.get("/v1/creators/ana").await);
    try_again(app.put(post_path, &counted).await);
    try_again(app.get(post_path).await);
    try_again(app.get("/v1/creators/ana/posts").await);
    try_again(app.delete(post_path).await);
    try_again(app.delete("/v1/creators/ana").await);
    app.database().give_back().await;
    ready(&app).await;
    app.post("/v1/events", &sent).await.expect(201);
    assert_eq!(app.post("/v1/events/batch", &batch).await.expect(207)["duplicate"], 1);
    app.put("/v1/creators/bea", &profile("bea", json!({}))).await.expect(201);
    assert_eq!(app.put(post_path, &counted).await.expect(200)["metrics"]["likes"], 3);
    assert_eq!(app.get("/v1/creators/ana").await.header("etag"), "\"v1\"");
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 2);
    assert_eq!(app.count("events").await, 2);
}

#[tokio::test]
async fn recommendations_are_answered_from_memory_while_the_database_is_away() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.settle().await;
    let before = app.get("/v1/recommendations?niche=gaming").await.ok();
    app.database().take_away().await;
    let during = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert_eq!((&during["items"], &during["snapshot"]), (&before["items"], &before["snapshot"]));
    // A key that the service has not seen yet cannot be checked.
    let unseen = app.with_key(Some("voci_test_unseen_0123456789abcdefghij0123456789"));
    try_again(unseen.get("/v1/recommendations?niche=gaming").await);
    app.database().give_back().await;
}

#[tokio::test]
async fn events_that_were_stored_before_an_outage_are_folded_after_it() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creator("ana", json!({})).await;
    let events: Vec<Value> =
        (0..50).map(|number| event(&format!("e{number}"), "ana", json!({"engager_id": "u1"}))).collect();
    app.send(&events).await;
    assert_eq!(app.sql("select sum(events) from fold_queue").await[0][0].as_deref(), Some("50"));
    app.database().take_away().await;
    app.database().give_back().await;
    let _worker = app.another().await;
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 50);
}
