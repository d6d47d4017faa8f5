//! What makes two events the same, and taking events back.

use crate::support::{App, at_noon, event};
use serde_json::{Value, json};

#[tokio::test]
async fn the_utc_date_is_part_of_an_events_identity() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let on = |time: String| event("e1", "ana", json!({"occurred_at": time}));
    let day = |days| at_noon(days)[..10].to_owned();
    app.post("/v1/events", &on(format!("{}T23:30:00Z", day(3)))).await.expect(201);
    app.post("/v1/events", &on(format!("{}T00:30:00Z", day(2)))).await.expect(201);
    // The same moment, written with another offset.
    app.post("/v1/events", &on(format!("{}T01:30:00+02:00", day(2)))).await.expect(200);
    // The same UTC date, another moment.
    app.post("/v1/events", &on(format!("{}T12:00:00Z", day(3)))).await.problem(409, "event_conflict");
    assert_eq!(app.count("events").await, 2);
}

#[tokio::test]
async fn the_same_event_id_of_another_creator_is_another_event() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.post("/v1/events", &event("e1", "ana", json!({}))).await.expect(201);
    app.post("/v1/events", &event("e1", "bea", json!({"kind": "save"}))).await.expect(201);
}

#[tokio::test]
async fn a_retract_takes_back_an_event_that_is_scored_already() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[by("u1", "e1", 1), by("u1", "e2", 5), by("u2", "e3", 1)]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (3, 2, 1));
    app.send(&[retract("r1", "e2", Some("u1"))]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (2, 2, 0));
    app.send(&[retract("r2", "e1", Some("u1"))]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (1, 1, 0));
}

#[tokio::test]
async fn a_retract_that_comes_before_its_event_takes_it_back_too() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[retract("r1", "e1", Some("u1"))]).await;
    app.settle().await;
    app.send(&[by("u1", "e1", 3), by("u1", "e2", 1)]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (1, 1, 0));
}

#[tokio::test]
async fn a_retract_in_the_same_batch_as_its_event_takes_it_back() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[
        by("u1", "e1", 1),
        retract("r1", "e1", Some("u1")),
        retract("r2", "e2", None),
        by("u2", "e2", 1),
    ])
    .await;
    app.send(&[by("u3", "e3", 1)]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (1, 1, 0));
}

#[tokio::test]
async fn taking_an_event_back_twice_is_the_same_as_once() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[by("u1", "e1", 1), by("u2", "e2", 1)]).await;
    app.send(&[retract("r1", "e1", Some("u1"))]).await;
    app.settle().await;
    app.post("/v1/events", &retract("r1", "e1", Some("u1"))).await.expect(200);
    app.send(&[retract("r2", "e1", Some("u1"))]).await;
    app.settle().await;
    assert_eq!(numbers(&app).await, (1, 1, 0));
}

#[tokio::test]
async fn an_event_without_an_engager_can_be_taken_back() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[event("e1", "ana", json!({})), event("e2", "ana", json!({}))]).await;
    app.settle().await;
    app.send(&[retract("r1", "e1", None)]).await;
    app.settle().await;
    let statistics = &app.get("/v1/creators/ana/scores").await.ok()["statistics"];
    assert_eq!(statistics["anonymous_events"], 1);
}

#[tokio::test]
async fn a_retract_reaches_no_other_creator() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&[by("u1", "e1", 1), event("e1", "bea", json!({"engager_id": "u1"}))]).await;
    app.send(&[retract("r1", "e1", Some("u1"))]).await;
    app.settle().await;
    let events = async |id: &str| {
        app.get(&format!("/v1/creators/{id}/scores")).await.ok()["statistics"]["events"].clone()
    };
    assert_eq!((events("ana").await, events("bea").await), (json!(0), json!(1)));
}

fn by(engager: &str, id: &str, days: i64) -> Value {
    event(id, "ana", json!({"engager_id": engager, "occurred_at": at_noon(days)}))
}

fn retract(id: &str, target: &str, engager: Option<&str>) -> Value {
    let mut retract = event(id, "ana", json!({"kind": "retract", "in_reply_to": target}));
    if let Some(engager) = engager {
        retract["engager_id"] = json!(engager);
    }
    retract
}

/// Events, engaged people and loyal people of Ana.
async fn numbers(app: &App) -> (i64, i64, i64) {
    let statistics = &app.get("/v1/creators/ana/scores").await.ok()["statistics"];
    let number = |name: &str| statistics[name].as_i64().unwrap();
    (number("events"), number("engagers"), number("loyal_engagers"))
}
