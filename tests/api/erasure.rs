//! Erasure, and that people are never stored in clear.

use crate::support::{App, Client, at_noon, community, event, eventually, hex, post, profile};
use reqwest::Method;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

const TABLES: [&str; 21] = [
    "creators",
    "events",
    "posts",
    "post_metrics",
    "fold_queue",
    "retractions",
    "relationships",
    "score_queue",
    "topic_queue",
    "creator_communities",
    "creator_statistics",
    "creator_exposure",
    "creator_bases",
    "relationship_base",
    "edge_discounts",
    "creator_trust",
    "creator_conversations",
    "creator_sponsorship",
    "creator_score_history",
    "creator_growth",
    "annotations",
];

async fn rows_left(app: &App) -> Vec<(&'static str, i64)> {
    let mut left = Vec::new();
    for table in TABLES {
        let count = app.count(table).await;
        if count > 0 {
            left.push((table, count));
        }
    }
    left
}

#[tokio::test]
async fn a_deleted_creator_is_gone_from_every_table_and_every_answer() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 7, &[1, 10, 40])).await;
    app.send(&[event("r", "ana", json!({"kind": "retract", "in_reply_to": "ana-0-1"}))]).await;
    let metrics = json!({"as_of": at_noon(1), "reach": 5, "likes": 1});
    let of_ana = post(json!({"metrics": metrics, "topics": ["ana"]}));
    app.put("/v1/creators/ana/posts/of-ana", &of_ana).await.expect(201);
    app.settle().await;
    assert_eq!(app.count("creator_exposure").await, 1);
    let said = json!({"from": &at_noon(9)[..10], "to": &at_noon(2)[..10], "reason": "TV"});
    app.post("/v1/creators/ana/annotations", &said).await.expect(201);
    assert_eq!(app.get("/v1/recommendations?niche=gaming").await.ok()["items"].as_array().unwrap().len(), 1);
    for fill in [
        "insert into edge_discounts select creator_key, 7, tenant_id, 1, 0 from creators",
        "insert into creator_trust select creator_key, tenant_id, 5, 1, 1, 1 from creators",
        "insert into creator_conversations (creator_key, tenant_id, comments) select creator_key, tenant_id, 5 from creators
         on conflict (creator_key) do update set comments = 5",
        "insert into creator_sponsorship select creator_key, tenant_id, 1, 1, '{ana}', 1, 1, 1, 1, now() from creators",
        "insert into creator_growth select creator_key, 5 from creators",
        "insert into creator_score_history select creator_key, 1, 1, '2026-11-01', 0, 1, 1, 1, '' from creators",
    ] {
        app.sql(fill).await;
    }
    app.delete("/v1/creators/ana").await.expect(204);
    assert_eq!(rows_left(&app).await, []);
    app.get("/v1/creators/ana").await.problem(404, "creator_not_found");
    app.get("/v1/creators/ana/scores").await.problem(404, "creator_not_found");
    app.get("/v1/creators/ana/posts").await.problem(404, "creator_not_found");
    app.get("/v1/creators/ana/posts/of-ana").await.problem(404, "creator_not_found");
    app.put("/v1/creators/ana/posts/of-ana", &of_ana).await.problem(404, "creator_not_found");
    app.delete("/v1/creators/ana").await.problem(404, "creator_not_found");
    let refused = app.post("/v1/events", &event("late", "ana", json!({}))).await.violations();
    assert_eq!(refused[0].1, "unknown_creator");
    eventually("nobody is recommended", async || {
        let page = app.get("/v1/recommendations?niche=gaming").await.ok();
        page["items"].as_array()?.is_empty().then_some(())
    })
    .await;
    let dump = app.dump().await;
    assert!(!dump.contains("ana") && !dump.contains("Creator ana"), "{dump}");
}

#[tokio::test]
async fn an_erased_creator_leaves_its_neighbours_alone() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&community("ana", 3, &[1, 10])).await;
    app.send(&community("bea", 3, &[1, 10])).await;
    app.settle().await;
    app.delete("/v1/creators/ana").await.expect(204);
    assert_eq!((app.count("events").await, app.count("relationships").await), (6, 3));
    assert_eq!(app.get("/v1/creators/bea/scores").await.ok()["statistics"]["events"], 6);
}

#[tokio::test]
async fn the_id_of_an_erased_creator_can_be_registered_again_and_starts_from_nothing() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 6, &[1, 10, 40])).await;
    app.settle().await;
    app.delete("/v1/creators/ana").await.expect(204);
    let again = app.put("/v1/creators/ana", &profile("ana", json!({}))).await;
    assert_eq!(again.header("etag"), "\"v2\"");
    again.expect(201);
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 0);
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert_eq!(page["items"][0]["components"][1]["evidence"]["events"], 0, "{page}");
    // Events of before are new events of a new creator.
    app.send(&community("ana", 6, &[1, 10, 40])).await;
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 18);
}

#[tokio::test]
async fn events_that_stream_in_while_a_creator_is_erased_leave_nothing() {
    let app = App::start().await;
    for round in 0..3 {
        app.put_creator("ana", json!({})).await;
        let erased = AtomicBool::new(false);
        let erase = async {
            // In the middle of the stream.
            eventually("events are stored", async || (app.count("events").await >= 40).then_some(())).await;
            app.delete("/v1/creators/ana").await.expect(204);
            erased.store(true, Ordering::Relaxed);
        };
        let streams = (0..3).map(|stream| stream_events(&app, format!("{round}-{stream}"), &erased));
        futures_util::future::join(erase, futures_util::future::join_all(streams)).await;
        eventually("nothing is left", async || rows_left(&app).await.is_empty().then_some(())).await;
    }
    app.settle().await;
    assert_eq!(rows_left(&app).await, []);
}

#[tokio::test]
async fn posts_that_are_sent_while_a_creator_is_erased_leave_nothing() {
    let app = App::start().await;
    for _ in 0..3 {
        app.put_creator("ana", json!({})).await;
        let erased = AtomicBool::new(false);
        let erase = async {
            eventually("posts are stored", async || (app.count("posts").await >= 20).then_some(())).await;
            app.delete("/v1/creators/ana").await.expect(204);
            erased.store(true, Ordering::Relaxed);
        };
        let senders = (0..3).map(|sender| send_posts(&app, sender, &erased));
        futures_util::future::join(erase, futures_util::future::join_all(senders)).await;
        assert_eq!(rows_left(&app).await, []);
    }
}

/// Sends posts until some time after the creator was erased.
async fn send_posts(client: &Client, sender: usize, erased: &AtomicBool) {
    let mut after = 0;
    for number in 0.. {
        let metrics = json!({"as_of": at_noon(1), "likes": number});
        let path = format!("/v1/creators/ana/posts/{sender}-{number}");
        let answer = client.put(&path, &post(json!({"metrics": metrics}))).await;
        assert!(matches!(answer.status, 201 | 404), "{answer:?}");
        after += usize::from(erased.load(Ordering::Relaxed));
        if after == 3 {
            return;
        }
    }
}

#[tokio::test]
async fn an_erasure_waits_for_a_post_that_is_being_written_and_takes_it_along() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    // Holds the post back between its lock on the creator and its commit.
    let held = app.database().connect().await;
    held.batch_execute("begin; lock table posts in share mode").await.unwrap();
    let put = async {
        let answer = app.put("/v1/creators/ana/posts/p1", &post(json!({}))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    };
    let erase = async {
        eventually("the post waits", async || {
            (app.count("pg_locks where not granted and relation = 'posts'::regclass").await > 0).then_some(())
        })
        .await;
        let delete = app.delete("/v1/creators/ana");
        let release = async {
            let waiting = "pg_stat_activity where wait_event_type = 'Lock' and query like '%begin_erasure%'";
            eventually("the erasure waits", async || (app.count(waiting).await > 0).then_some(())).await;
            held.batch_execute("rollback").await.unwrap();
        };
        futures_util::future::join(delete, release).await.0.expect(204);
    };
    futures_util::future::join(put, erase).await;
    assert_eq!(rows_left(&app).await, []);
}

/// Sends batches until some time after the creator was erased.
async fn stream_events(client: &Client, name: String, erased: &AtomicBool) {
    let mut after = 0;
    for batch in 0.. {
        let events: Vec<_> = (0..20)
            .map(|number| {
                event(&format!("{name}-{batch}-{number}"), "ana", json!({"engager_id": format!("u{number}")}))
            })
            .collect();
        let answer = client.post("/v1/events/batch", &json!({"events": events})).await;
        assert!(matches!(answer.status, 207 | 503), "{answer:?}");
        after += usize::from(erased.load(Ordering::Relaxed));
        if after == 3 {
            return;
        }
    }
}

#[tokio::test]
async fn an_erasure_that_was_interrupted_is_finished_by_the_next_start() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 3, &[1, 10])).await;
    app.settle().await;
    // What a process leaves that dies right after the first step.
    app.sql("insert into erasures (creator_key, tenant_id, version) select creator_key, tenant_id, version from creators")
        .await;
    app.sql("delete from creators").await;
    let answer = app.put("/v1/creators/ana", &profile("ana", json!({}))).await;
    answer.problem(409, "creator_being_erased");
    let _next = app.another().await;
    eventually("the erasure is finished", async || rows_left(&app).await.is_empty().then_some(())).await;
    app.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
}

#[tokio::test]
async fn people_never_come_back_and_are_stored_nowhere_in_clear() {
    let app = App::start().await;
    let accounts =
        json!([{"platform": "x", "handle": "ana", "followers": 2_000, "engager_id": "person-own"}]);
    let mut answers = vec![app.put_creator("ana", json!({"accounts": accounts})).await.to_string()];
    let by = |id: &str, engager: &str| event(id, "ana", json!({"engager_id": engager, "kind": "comment"}));
    app.send(&(0..9).map(|n| by(&format!("e{n}"), &format!("person-{n}"))).collect::<Vec<_>>()).await;
    app.settle().await;
    answers.push(app.patch("/v1/creators/ana", &json!({"bio": "x"})).await.expect(200).to_string());
    for path in
        ["/v1/creators/ana", "/v1/creators", "/v1/creators/ana/scores", "/v1/recommendations?niche=gaming"]
    {
        answers.push(app.get(path).await.text());
    }
    let refused =
        app.request(Method::PUT, "/v1/creators/bea").json(&json!({"engager_id": "person-own"})).send().await;
    answers.push(refused.text());
    assert!(answers.iter().all(|answer| !answer.contains("engager_key")), "{answers:?}");
    let dump = app.dump().await;
    assert!(dump.contains("relationships "), "the dump holds data: {dump}");
    for text in answers.iter().chain([&dump]) {
        assert!(!text.contains("person-"), "{text}");
        assert!(!text.contains(&hex("person-")), "{text}");
    }
}
