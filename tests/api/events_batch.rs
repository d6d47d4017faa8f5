//! Batches: one result for each event, in order, and a bad one never hurts its neighbours.

use crate::support::{Answer, App, at_noon, days_ago, event};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

#[tokio::test]
async fn a_batch_is_answered_event_by_event_in_order() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[event("old", "ana", json!({})), event("taken", "ana", json!({}))]).await;
    let batch = json!({"events": [
        event("new", "ana", json!({})),
        event("old", "ana", json!({})),
        event("taken", "ana", json!({"kind": "save"})),
        event("new", "ana", json!({})),
        event("new", "ana", json!({"kind": "save"})),
        event("lost", "nobody", json!({})),
        event("last", "ana", json!({})),
    ]});
    let receipt = app.post("/v1/events/batch", &batch).await.expect(207);
    let statuses = ["stored", "duplicate", "conflict", "duplicate", "conflict", "invalid", "stored"];
    let ids = ["new", "old", "taken", "new", "new", "lost", "last"];
    for (index, (status, id)) in statuses.into_iter().zip(ids).enumerate() {
        let result = &receipt["results"][index];
        assert_eq!(
            *result,
            json!({"index": index, "event_id": id, "status": status, "problem": result["problem"]})
                .without_null_problem(),
            "{receipt}"
        );
    }
    let counts = ["stored", "duplicate", "conflict", "invalid"].map(|name| receipt[name].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 2, 1]);
    assert_eq!(receipt["results"][4]["problem"]["code"], "event_conflict");
    assert_eq!(wrong(&receipt, 5), ("/events/5/creator_id", "unknown_creator"));
    assert_eq!(app.count("events").await, 4);
}

trait WithoutNull {
    fn without_null_problem(self) -> Self;
}

impl WithoutNull for Value {
    fn without_null_problem(mut self) -> Self {
        if self["problem"].is_null() {
            self.as_object_mut().unwrap().remove("problem");
        }
        self
    }
}

/// Pointer and code of what is wrong with an event of a batch.
fn wrong(receipt: &Value, index: usize) -> (&str, &str) {
    let result = &receipt["results"][index];
    assert_eq!((&result["index"], &result["status"]), (&json!(index), &json!("invalid")), "{result}");
    let error = &result["problem"]["errors"][0];
    (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
}

/// Sends items as they are between two good events, which must be stored whatever is between them.
async fn between_good_ones(app: &App, items: &[String]) -> Value {
    app.put_creator("ana", json!({})).await;
    let good = |id: &str| event(id, "ana", json!({})).to_string();
    let mut all = vec![good("first")];
    for (index, item) in items.iter().enumerate() {
        all.extend([item.clone(), good(&format!("good-{index}"))]);
    }
    let answer = app.post_raw("/v1/events/batch", format!("{{\"events\":[{}]}}", all.join(","))).await;
    let receipt = answer.expect(207);
    assert_eq!(receipt["stored"], items.len() + 1);
    assert_eq!(receipt["invalid"], items.len());
    for index in (0..all.len()).step_by(2) {
        assert_eq!(receipt["results"][index]["status"], "stored");
    }
    assert_eq!(app.count("events").await, i64::try_from(items.len() + 1).unwrap());
    receipt
}

#[tokio::test]
async fn an_event_that_breaks_a_rule_is_named_and_its_neighbours_are_stored() {
    let app = App::start().await;
    let soon = (Timestamp::now() + SignedDuration::from_mins(6)).to_string();
    let cases = [
        (json!({"text": "a\u{0}b", "kind": "comment"}), "/text", "nul_character"),
        (json!({"engager_id": "a\u{0}b"}), "/engager_id", "nul_character"),
        (json!({"text": "x".repeat(1 << 20), "kind": "comment"}), "/text", "too_long"),
        (json!({"engager_id": "x".repeat(1 << 20)}), "/engager_id", "invalid_id"),
        (json!({"post_id": "a b"}), "/post_id", "invalid_id"),
        (json!({"occurred_at": soon}), "/occurred_at", "time_in_future"),
        (json!({"occurred_at": "9999-12-01T00:00:00Z"}), "/occurred_at", "time_in_future"),
        (json!({"occurred_at": days_ago(401)}), "/occurred_at", "time_too_old"),
        (json!({"occurred_at": "0001-01-01T00:00:00Z"}), "/occurred_at", "time_too_old"),
        (json!({"occurred_at": "yesterday"}), "/occurred_at", "invalid_time"),
        (json!({"creator_id": "nobody"}), "/creator_id", "unknown_creator"),
        (json!({"kind": "retract"}), "/in_reply_to", "required"),
        (json!({"kind": "purchase", "value": 1}), "/currency", "required"),
        (json!({"kind": "purchase", "currency": "RON"}), "/value", "required"),
        (json!({"kind": "purchase", "value": -1, "currency": "RON"}), "/value", "out_of_range"),
        (json!({"kind": "purchase", "value": 1, "currency": "lei"}), "/currency", "unknown_value"),
        (json!({"value": 1, "currency": "RON"}), "/value", "not_allowed"),
    ];
    let items: Vec<String> =
        cases.iter().map(|(change, ..)| event("bad", "ana", change.clone()).to_string()).collect();
    let receipt = between_good_ones(&app, &items).await;
    for (index, (_, pointer, code)) in cases.iter().enumerate() {
        let place = 2 * index + 1;
        assert_eq!(wrong(&receipt, place), (format!("/events/{place}{pointer}").as_str(), *code));
        assert_eq!(receipt["results"][place]["event_id"], "bad");
    }
}

#[tokio::test]
async fn an_item_that_is_no_event_is_named_and_its_neighbours_are_stored() {
    let app = App::start().await;
    let with = |change: Value| event("bad", "ana", change).to_string();
    let surrogate = with(json!({"text": "HERE", "kind": "comment"})).replace("HERE", "half \\ud800 a pair");
    let cases = [
        (surrogate, "", "invalid_text"),
        (with(json!({"note": "x"})), "/note", "unknown_field"),
        (with(json!({"event_id": null})), "/event_id", "required"),
        (with(json!({"event_id": 7})), "/event_id", "wrong_type"),
        (with(json!({"kind": "applause"})), "/kind", "unknown_value"),
        (with(json!({"platform": "myspace"})), "/platform", "unknown_value"),
        (with(json!({"kind": "purchase", "value": 1.5, "currency": "RON"})), "/value", "wrong_type"),
        (with(json!({})).replace("\"like\"", "\"like\",\"kind\":\"save\""), "/kind", "duplicate"),
        ("[]".to_owned(), "", "wrong_type"),
        ("null".to_owned(), "", "wrong_type"),
        ("\"event\"".to_owned(), "", "wrong_type"),
        (with(json!({"event_id": "DEEP"})).replace("\"DEEP\"", &nested(5_000)), "/event_id", "wrong_type"),
    ];
    let items: Vec<String> = cases.iter().map(|(item, ..)| item.clone()).collect();
    let receipt = between_good_ones(&app, &items).await;
    for (index, (item, pointer, code)) in cases.iter().enumerate() {
        let place = 2 * index + 1;
        assert_eq!(
            wrong(&receipt, place),
            (format!("/events/{place}{pointer}").as_str(), *code),
            "{item:.100}"
        );
    }
}

/// Arrays in arrays.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[tokio::test]
async fn a_single_event_is_refused_by_the_same_rules() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let refused =
        async |change: Value| app.post("/v1/events", &event("bad", "ana", change)).await.violations();
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused(json!({"creator_id": "nobody"})).await, one("/creator_id", "unknown_creator"));
    assert_eq!(refused(json!({"text": "x".repeat(1 << 20)})).await, one("/text", "too_long"));
    assert_eq!(refused(json!({"note": "x"})).await, one("/note", "unknown_field"));
    assert_eq!(refused(json!({"occurred_at": days_ago(401)})).await, one("/occurred_at", "time_too_old"));
    let many = refused(json!({"engager_id": "a\u{0}", "post_id": "", "occurred_at": "now"})).await;
    assert_eq!(many.len(), 3, "{many:?}");
    assert_eq!(app.count("events").await + app.count("fold_queue").await, 0);
}

#[tokio::test]
async fn null_is_not_taken_for_an_absent_field() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let mut with_null = event("e1", "ana", json!({}));
    with_null["engager_id"] = Value::Null;
    let refused = app.post("/v1/events", &with_null).await.violations();
    assert_eq!(refused, [("/engager_id".to_owned(), "wrong_type".to_owned())]);
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_events() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let batch = async |count: usize| -> Answer {
        let events: Vec<Value> = (0..count).map(|n| event(&format!("e{n}"), "ana", json!({}))).collect();
        app.post("/v1/events/batch", &json!({"events": events})).await
    };
    let out_of_range = [("/events".to_owned(), "out_of_range".to_owned())];
    assert_eq!(batch(0).await.violations(), out_of_range);
    assert_eq!(batch(1_001).await.violations(), out_of_range);
    assert_eq!(app.count("events").await, 0);
    assert_eq!(batch(1_000).await.expect(207)["stored"], 1_000);
}

#[tokio::test]
async fn a_batch_may_hold_events_of_many_months() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let events: Vec<Value> = (1..=13)
        .map(|month| event(&format!("e{month}"), "ana", json!({"occurred_at": at_noon(30 * month)})))
        .collect();
    app.send(&events).await;
    assert_eq!(app.count("events").await, 13);
}

#[tokio::test]
async fn a_tenant_without_retention_takes_events_of_any_age() {
    let app = App::start().await;
    let archive = app.tenant_with("archive", None).await;
    archive.put("/v1/creators/ana", &crate::support::profile("ana", json!({}))).await.expect(201);
    let old = event("e1", "ana", json!({"occurred_at": "2001-02-03T04:05:06Z"}));
    archive.post("/v1/events", &old).await.expect(201);
    let older = event("e2", "ana", json!({"occurred_at": "1969-12-31T23:59:59Z"}));
    archive.post("/v1/events", &older).await.problem(422, "validation_failed");
}
