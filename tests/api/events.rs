//! Single events: stored, repeated, in conflict, and what is kept of them.

use crate::support::{App, at_noon, community, days_ago, event, eventually, hex};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_new_event_is_stored_a_repeat_is_a_duplicate_and_other_content_a_conflict() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let first = event("e1", "ana", json!({"engager_id": "u1"}));
    let stored = app.post("/v1/events", &first).await.expect(201);
    assert_eq!(stored, json!({"event_id": "e1", "status": "stored"}));
    let again = app.post("/v1/events", &first).await.expect(200);
    assert_eq!(again, json!({"event_id": "e1", "status": "duplicate"}));
    let other = event("e1", "ana", json!({"engager_id": "u2"}));
    app.post("/v1/events", &other).await.problem(409, "event_conflict");
    app.post("/v1/events", &first).await.expect(200);
    assert_eq!(app.count("events").await, 1);
}

#[tokio::test]
async fn every_kind_of_event_is_taken() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    for kind in voci::events::Kind::ALL {
        let id = format!("a-{}", kind.name());
        let mut sent =
            event(&id, "ana", json!({"kind": kind.name(), "engager_id": "u1", "in_reply_to": "b"}));
        if kind.name() == "purchase" {
            sent["value"] = json!(1_999);
            sent["currency"] = json!("RON");
        }
        app.post("/v1/events", &sent).await.expect(201);
    }
    assert_eq!(app.count("events where verified").await, 1);
}

#[tokio::test]
async fn of_identical_requests_at_once_exactly_one_is_stored() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    for round in 0..5 {
        let same = event(&format!("e{round}"), "ana", json!({"engager_id": "u1"}));
        let answers = join_all((0..8).map(|_| send_patiently(&app, same.clone()))).await;
        assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| matches!(status, 200 | 201)), "{answers:?}");
    }
    assert_eq!(app.count("events").await, 5);
}

/// Sends an event as a caller should: again, when told that the service is busy.
async fn send_patiently(app: &App, event: serde_json::Value) -> u16 {
    eventually("the event is taken", async || {
        let answer = app.post("/v1/events", &event).await;
        (answer.status != 503).then_some(answer.status)
    })
    .await
}

#[tokio::test]
async fn the_text_of_a_comment_is_never_stored() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let comment = json!({"kind": "comment", "engager_id": "u1", "text": "Xylophonic linen from Huedin"});
    app.send(&[event("e1", "ana", comment)]).await;
    app.settle().await;
    let dump = app.dump().await;
    assert!(!dump.contains("Xylophonic") && !dump.contains(&hex("Xylophonic")), "{dump}");
}

#[tokio::test]
async fn only_comments_that_say_something_count_as_conversation() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let comment = |id, text| event(id, "ana", json!({"kind": "comment", "engager_id": id, "text": text}));
    app.send(&[comment("u1", "Where did you find the linen fabric?"), comment("u2", "wow so nice!!! 🔥🔥")])
        .await;
    app.settle().await;
    let statistics = &app.get("/v1/creators/ana/scores").await.ok()["statistics"];
    assert_eq!((&statistics["engagers"], &statistics["talking_engagers"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn events_without_an_engager_count_as_engagement_and_never_as_loyalty() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let anonymous = |day| event(&format!("e{day}"), "ana", json!({"occurred_at": at_noon(day)}));
    app.send(&(1..40).map(anonymous).collect::<Vec<_>>()).await;
    app.settle().await;
    let statistics = &app.get("/v1/creators/ana/scores").await.ok()["statistics"];
    assert_eq!(statistics["anonymous_events"], 39);
    for name in ["events", "engagers", "mature_engagers", "loyal_engagers", "talking_engagers"] {
        assert_eq!(statistics[name], 0, "{name}");
    }
    assert_eq!(statistics["loyal_reach"], 0.0);
    assert_eq!(statistics["window_days"], 39);
}

#[tokio::test]
async fn what_a_creators_own_accounts_do_is_stored_and_never_scored() {
    let app = App::start().await;
    let accounts =
        json!([{"platform": "instagram", "handle": "ana", "followers": 5_000, "engager_id": "ana-self"}]);
    app.put_creator("ana", json!({"accounts": accounts})).await;
    let own = |day| {
        let by_herself = json!({"engager_id": "ana-self", "kind": "comment", "occurred_at": at_noon(day)});
        event(&format!("e{day}"), "ana", by_herself)
    };
    app.send(&(1..30).map(own).collect::<Vec<_>>()).await;
    app.send(&[event("fan", "ana", json!({"engager_id": "fan"}))]).await;
    app.settle().await;
    assert_eq!(app.count("events").await, 30);
    let statistics = &app.get("/v1/creators/ana/scores").await.ok()["statistics"];
    assert_eq!((&statistics["engagers"], &statistics["events"]), (&json!(1), &json!(1)));
    assert_eq!(statistics["loyal_engagers"], 0);
}

#[tokio::test]
async fn an_account_that_turns_out_to_be_the_creators_own_stops_counting() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[
        event("e1", "ana", json!({"engager_id": "u1"})),
        event("e2", "ana", json!({"engager_id": "u2"})),
    ])
    .await;
    app.settle().await;
    let engagers = async || app.get("/v1/creators/ana/scores").await.ok()["statistics"]["engagers"].clone();
    assert_eq!(engagers().await, 2);
    let accounts =
        json!([{"platform": "instagram", "handle": "ana", "followers": 5_000, "engager_id": "u1"}]);
    app.patch("/v1/creators/ana", &json!({"accounts": accounts})).await.expect(200);
    app.settle().await;
    assert_eq!(engagers().await, 1);
}

#[tokio::test]
async fn an_acknowledged_event_is_in_the_scores_and_in_the_ranking_within_two_seconds() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 6, &[1, 5, 20, 40])).await;
    app.settle().await;
    let mut waits = Vec::new();
    for round in 0..5_i64 {
        let sent =
            event(&format!("e{round}"), "ana", json!({"engager_id": "u1", "occurred_at": days_ago(round)}));
        app.post("/v1/events", &sent).await.expect(201);
        let acknowledged = Instant::now();
        eventually("the event is in the scores and in the ranking", async || {
            let scores = app.get("/v1/creators/ana/scores").await.ok();
            let page = app.get("/v1/recommendations?niche=gaming").await.ok();
            let ranked = &page["items"][0]["components"][1]["evidence"]["events"];
            let expected = json!(24 + round + 1);
            (scores["statistics"]["events"] == expected && *ranked == expected).then_some(())
        })
        .await;
        waits.push(acknowledged.elapsed());
    }
    waits.sort();
    // The middle one, because a busy machine may be late once.
    assert!(waits[2] < Duration::from_secs(2), "{waits:?}");
}
