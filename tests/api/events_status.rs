//! What became of an event: queued, folded, taken back.

use crate::support::{App, Client, at_noon, event, eventually, profile};
use jiff::Timestamp;
use serde_json::{Value, json};
use voci::keys::Scope;

/// The occurrences of an event of Ana's.
async fn occurrences(client: &Client, id: &str) -> Vec<Value> {
    let view = client.get(&format!("/v1/creators/ana/events/{id}")).await.expect(200);
    assert_eq!((&view["creator_id"], &view["event_id"]), (&json!("ana"), &json!(id)));
    view["occurrences"].as_array().unwrap().clone()
}

async fn states(client: &Client, id: &str) -> Vec<String> {
    let found = occurrences(client, id).await;
    found.iter().map(|occurrence| occurrence["state"].as_str().unwrap().to_owned()).collect()
}

async fn without_workers() -> App {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creator("ana", json!({})).await;
    app
}

#[tokio::test]
async fn an_event_is_queued_then_folded_and_in_the_end_retracted() {
    let app = without_workers().await;
    app.send(&[event("e1", "ana", json!({"engager_id": "u1"}))]).await;
    assert_eq!(states(&app, "e1").await, ["queued"]);
    let _worker = app.another().await;
    app.settle().await;
    assert_eq!(states(&app, "e1").await, ["folded"]);
    app.send(&[event("r1", "ana", json!({"kind": "retract", "in_reply_to": "e1"}))]).await;
    assert_eq!(states(&app, "e1").await, ["retracted"]);
    eventually("the retract is folded", async || (states(&app, "r1").await == ["folded"]).then_some(()))
        .await;
    assert_eq!(states(&app, "e1").await, ["retracted"]);
}

#[tokio::test]
async fn an_event_that_was_retracted_before_it_came_is_told_as_retracted() {
    let app = without_workers().await;
    app.send(&[event("r1", "ana", json!({"kind": "retract", "in_reply_to": "e1"}))]).await;
    app.get("/v1/creators/ana/events/e1").await.problem(404, "event_not_found");
    app.send(&[event("e1", "ana", json!({"engager_id": "u1"}))]).await;
    assert_eq!(states(&app, "e1").await, ["retracted"]);
}

#[tokio::test]
async fn a_retract_cannot_be_taken_back() {
    let app = without_workers().await;
    app.send(&[
        event("r1", "ana", json!({"kind": "retract", "in_reply_to": "e1"})),
        event("r2", "ana", json!({"kind": "retract", "in_reply_to": "r1"})),
    ])
    .await;
    assert_eq!(states(&app, "r1").await, ["queued"]);
}

#[tokio::test]
async fn an_id_that_is_stored_on_several_dates_is_told_newest_first() {
    let app = without_workers().await;
    let on = |day: i64| event("e1", "ana", json!({"occurred_at": at_noon(day), "engager_id": "u1"}));
    app.send(&[on(40), on(20)]).await;
    // These two are taken for folded.
    app.sql("delete from fold_queue").await;
    app.send(&[on(1)]).await;
    let times: Vec<Value> =
        occurrences(&app, "e1").await.iter().map(|found| found["occurred_at"].clone()).collect();
    assert_eq!(times, [json!(at_noon(1)), json!(at_noon(20)), json!(at_noon(40))]);
    assert_eq!(states(&app, "e1").await, ["queued", "folded", "folded"]);
}

#[tokio::test]
async fn an_event_is_told_as_it_was_sent_but_never_by_whom() {
    let app = without_workers().await;
    let before = Timestamp::now();
    let comment = json!({"kind": "comment", "engager_id": "person-1", "platform": "instagram",
                         "text": "Where did you find the linen fabric?"});
    let purchase = json!({"kind": "purchase", "value": 1_999, "currency": "RON"});
    app.send(&[event("comment", "ana", comment), event("bought", "ana", purchase)]).await;
    let answer = app.get("/v1/creators/ana/events/comment").await;
    assert!(!answer.text().contains("person-1") && !answer.text().contains("linen"));
    let told = &occurrences(&app, "comment").await[0];
    let received: Timestamp = told["received_at"].as_str().unwrap().parse().unwrap();
    assert!(received >= before && received <= Timestamp::now());
    let expected = json!({"state": "queued", "occurred_at": at_noon(1), "received_at": told["received_at"],
        "kind": "comment", "platform": "instagram", "has_engager": true, "substance": true});
    assert_eq!(*told, expected);
    let told = &occurrences(&app, "bought").await[0];
    let expected = json!({"state": "queued", "occurred_at": at_noon(1), "received_at": told["received_at"],
        "kind": "purchase", "has_engager": false, "verified": true});
    assert_eq!(*told, expected);
}

#[tokio::test]
async fn what_is_not_stored_is_not_found() {
    let app = without_workers().await;
    app.get("/v1/creators/ana/events/e1").await.problem(404, "event_not_found");
    app.get("/v1/creators/nobody/events/e1").await.problem(404, "event_not_found");
    app.get("/v1/creators/ana/events/a%20b").await.problem(404, "not_found");
    app.get("/v1/creators/a%20b/events/e1").await.problem(404, "not_found");
    app.put("/v1/creators/bea", &profile("bea", json!({}))).await.expect(201);
    app.send(&[event("e1", "bea", json!({}))]).await;
    app.get("/v1/creators/ana/events/e1").await.problem(404, "event_not_found");
}

#[tokio::test]
async fn events_of_a_creator_that_is_being_erased_are_not_told_any_more() {
    let app = without_workers().await;
    app.send(&[event("e1", "ana", json!({}))]).await;
    app.sql("delete from creators").await;
    assert_eq!(app.count("events").await, 1);
    app.get("/v1/creators/ana/events/e1").await.problem(404, "event_not_found");
}

#[tokio::test]
async fn the_status_of_an_event_needs_the_scope_read() {
    let app = without_workers().await;
    app.send(&[event("e1", "ana", json!({}))]).await;
    let writer = app.client_with("default", &[Scope::EventsWrite]).await;
    writer.get("/v1/creators/ana/events/e1").await.problem(403, "missing_scope");
    let reader = app.client_with("default", &[Scope::Read]).await;
    reader.get("/v1/creators/ana/events/e1").await.expect(200);
}
