//! What counts of posts amount to: shown beside the scores, and never part of them.

use crate::support::{App, at_noon, community, post};
use serde_json::{Value, json};

/// Sends a post of so many days ago, counted yesterday.
async fn put(app: &App, creator: &str, id: &str, days: i64, change: Value, counts: Value) {
    let mut body = post(change);
    body["published_at"] = json!(at_noon(days));
    if let Value::Object(mut counts) = counts {
        counts.insert("as_of".to_owned(), json!(at_noon(1)));
        body["metrics"] = Value::Object(counts);
    }
    app.put(&format!("/v1/creators/{creator}/posts/{id}"), &body).await.ok();
}

async fn exposure(app: &App, creator: &str) -> Value {
    app.settle().await;
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()["exposure"].clone()
}

#[tokio::test]
async fn exposure_is_computed_as_documented() {
    let app = App::start().await;
    let accounts = json!([
        {"platform": "instagram", "handle": "a", "followers": 1_000}, {"platform": "instagram", "handle": "b", "followers": 10},
        {"platform": "tiktok", "handle": "a"},
    ]);
    app.put_creator("ana", json!({"accounts": accounts})).await;
    assert_eq!(exposure(&app, "ana").await, Value::Null);
    let counts = json!({"views": 900, "reach": 400, "reach_non_followers": 100, "likes": 20, "comments": 10, "saves": 6, "shares": 4});
    put(&app, "ana", "whole", 3, json!({}), counts).await;
    put(&app, "ana", "views-only", 4, json!({"platform": "tiktok"}), json!({"views": 500, "likes": 10}))
        .await;
    put(&app, "ana", "paid", 5, json!({"sponsored": true}), json!({"reach": 9_000, "likes": 2_700})).await;
    put(&app, "ana", "seen", 6, json!({}), json!({"reach": 600})).await;
    put(&app, "ana", "uncounted", 7, json!({}), Value::Null).await;
    // The window ends yesterday, with the counts: the first of its last 90 days is 90 days ago.
    put(&app, "ana", "first-day", 90, json!({}), json!({"reach": 800, "likes": 0})).await;
    put(&app, "ana", "too-old", 91, json!({"sponsored": true}), json!({"reach": 999_999, "likes": 999_999}))
        .await;
    let expected = json!({
        "posts": 6, "sponsored_share": 1.0 / 6.0,
        "engagement_rate": {"median": f64::midpoint(0.1, 0.02), "posts": 4},
        "reach_per_follower": {"median": 0.6, "posts": 3},
        "non_follower_share": {"median": 0.25, "posts": 1},
    });
    assert_eq!(exposure(&app, "ana").await, expected);
}

#[tokio::test]
async fn newer_counts_other_followers_and_deleted_posts_change_what_is_shown() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let counted = |days: i64, reach: i64| {
        post(json!({"published_at": at_noon(9), "metrics": {"as_of": at_noon(days), "reach": reach}}))
    };
    let reach = async || exposure(&app, "ana").await["reach_per_follower"]["median"].as_f64().unwrap();
    app.put("/v1/creators/ana/posts/p1", &counted(3, 6_000)).await.expect(201);
    assert!((reach().await - 0.5).abs() < 1e-9, "the sample has 12,000 followers");
    app.put("/v1/creators/ana/posts/p1", &counted(2, 3_000)).await.expect(200);
    assert!((reach().await - 0.25).abs() < 1e-9);
    app.put("/v1/creators/ana/posts/p1", &counted(5, 12_000)).await.expect(200);
    assert!((reach().await - 0.25).abs() < 1e-9, "late counts of earlier are not the newest");
    let accounts = json!([{"platform": "instagram", "handle": "ana", "followers": 3_000}]);
    app.patch("/v1/creators/ana", &json!({"accounts": accounts})).await.ok();
    assert!((reach().await - 1.0).abs() < 1e-9);
    app.delete("/v1/creators/ana/posts/p1").await.expect(204);
    assert_eq!(exposure(&app, "ana").await, Value::Null);
}

/// Everything of a receipt and a recommendation that ranks.
async fn ranked(app: &App) -> (Value, Value) {
    app.settle().await;
    let mut receipt = app.get("/v1/creators/ana/scores").await.ok();
    let fields = receipt.as_object_mut().unwrap();
    fields.remove("exposure");
    fields.remove("computed_at");
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    (receipt, page["items"].clone())
}

#[tokio::test]
async fn engagement_rate_and_exposure_never_move_a_score_or_a_rank() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    for creator in ["ana", "bea"] {
        app.send(&community(creator, 6, &[1, 10, 40])).await;
    }
    let before = ranked(&app).await;
    // Inside the window that the events have already.
    for creator in ["ana", "bea"] {
        let likes = if creator == "ana" { 1 } else { 900 };
        let counts = json!({"reach": 1_000, "reach_non_followers": likes, "likes": likes, "shares": likes});
        put(&app, creator, "p1", 30, json!({}), counts).await;
        put(&app, creator, "p2", 20, json!({"sponsored": true, "brand": "b"}), json!({"views": 1_i64 << 40}))
            .await;
    }
    let rate = |exposure: &Value| exposure["engagement_rate"]["median"].as_f64().unwrap();
    assert!(rate(&exposure(&app, "bea").await) > 800.0 * rate(&exposure(&app, "ana").await));
    assert_eq!(ranked(&app).await, before);
}

#[tokio::test]
async fn a_feed_whose_last_sign_of_life_is_a_post_keeps_its_window_open() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 6, &[60, 70, 100])).await;
    let statistics = async || {
        app.settle().await;
        app.get("/v1/creators/ana/scores").await.ok()["statistics"].clone()
    };
    let loyal_reach = |statistics: &Value| statistics["loyal_reach"].as_f64().unwrap();
    let silent = statistics().await;
    assert_eq!(silent["window_days"], 41);
    app.put("/v1/creators/ana/posts/p1", &post(json!({"published_at": at_noon(30)}))).await.expect(201);
    let published = statistics().await;
    assert_eq!(published["window_days"], 71);
    assert!(loyal_reach(&published) < loyal_reach(&silent), "nobody came for a month");
    let metrics = json!({"as_of": at_noon(2), "views": 0});
    let counted = post(json!({"published_at": at_noon(30), "metrics": metrics}));
    app.put("/v1/creators/ana/posts/p1", &counted).await.expect(200);
    let counted = statistics().await;
    assert_eq!(counted["window_days"], 99);
    assert!(loyal_reach(&counted) < loyal_reach(&published), "nobody came for two");
    app.delete("/v1/creators/ana/posts/p1").await.expect(204);
    assert_eq!(statistics().await, silent);
}

#[tokio::test]
async fn posts_of_before_the_first_event_make_no_evidence_of_people() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 9, &[1, 2, 3])).await;
    app.put("/v1/creators/ana/posts/p1", &post(json!({"published_at": "2019-05-01T00:00:00Z"})))
        .await
        .expect(201);
    app.settle().await;
    let receipt = app.get("/v1/creators/ana/scores").await.ok();
    assert!(receipt["statistics"]["window_days"].as_i64().unwrap() > 2_000);
    let loyalty = &receipt["components"][0];
    assert_eq!((&loyalty["name"], &loyalty["status"]), (&json!("loyalty"), &json!("insufficient")));
    assert_eq!(loyalty["evidence"]["days"], 3);
}
