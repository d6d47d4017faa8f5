//! What makes a post and its counts valid; each rule names the place and a code, and nothing is stored.

use crate::support::{App, at_noon, post};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

const POST: &str = "/v1/creators/ana/posts/p1";
const MOST: i64 = 1 << 40;

fn metrics(change: &Value) -> Value {
    let mut metrics = json!({"as_of": at_noon(1), "likes": 1});
    json_patch_like(&mut metrics, change);
    json!({"metrics": metrics})
}

/// Fields that are given replace, also by `null`.
fn json_patch_like(base: &mut Value, change: &Value) {
    base.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
}

fn ahead(by: SignedDuration) -> String {
    (Timestamp::now() + by).to_string()
}

async fn with_ana() -> App {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.settle().await;
    app
}

async fn refused(app: &App, change: &Value) -> Vec<(String, String)> {
    let mut body = post(json!({}));
    json_patch_like(&mut body, change);
    app.put(POST, &body).await.violations()
}

async fn nothing_is_stored(app: &App) {
    for table in ["posts", "post_metrics", "score_queue"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn every_rule_of_posts_names_its_field() {
    let app = with_ana().await;
    let far = ahead(SignedDuration::from_mins(6));
    let topics: Vec<String> = (0..21).map(|number| format!("t{number}")).collect();
    let cases = [
        (json!({"published_at": "yesterday"}), "/published_at", "invalid_time"),
        (json!({"published_at": "2026-11-20T10:00:00"}), "/published_at", "invalid_time"),
        (json!({"published_at": "2026-11-20T10:00:00+25:00"}), "/published_at", "invalid_time"),
        (json!({"published_at": "\u{0}"}), "/published_at", "invalid_time"),
        (json!({"published_at": far}), "/published_at", "time_in_future"),
        (json!({"published_at": "1969-12-31T23:59:59Z"}), "/published_at", "time_too_old"),
        (json!({"topics": topics}), "/topics", "too_many"),
        (json!({"topics": ["a", " \t"]}), "/topics/1", "too_short"),
        (json!({"topics": ["x".repeat(65)]}), "/topics/0", "too_long"),
        (json!({"topics": ["a\u{0}"]}), "/topics/0", "nul_character"),
        (json!({"brand": "b"}), "/brand", "not_allowed"),
        (json!({"sponsored": true, "brand": ""}), "/brand", "invalid_id"),
        (json!({"sponsored": true, "brand": "a b"}), "/brand", "invalid_id"),
        (json!({"sponsored": true, "brand": "\u{0}"}), "/brand", "nul_character"),
        (json!({"sponsored": true, "brand": "x".repeat(129)}), "/brand", "invalid_id"),
        (metrics(&json!({"as_of": "now"})), "/metrics/as_of", "invalid_time"),
        (metrics(&json!({"as_of": far})), "/metrics/as_of", "time_in_future"),
        (metrics(&json!({"as_of": at_noon(3)})), "/metrics/as_of", "not_allowed"),
        (json!({"metrics": {"as_of": at_noon(1)}}), "/metrics", "required"),
        (metrics(&json!({"reach_non_followers": 1})), "/metrics/reach", "required"),
        (
            metrics(&json!({"reach": 1, "reach_non_followers": 2})),
            "/metrics/reach_non_followers",
            "out_of_range",
        ),
        (metrics(&json!({"views": -1})), "/metrics/views", "out_of_range"),
        (metrics(&json!({"views": i64::MIN})), "/metrics/views", "out_of_range"),
        (metrics(&json!({"reach": MOST + 1})), "/metrics/reach", "out_of_range"),
        (metrics(&json!({"likes": i64::MAX})), "/metrics/likes", "out_of_range"),
        (metrics(&json!({"comments": -1})), "/metrics/comments", "out_of_range"),
        (metrics(&json!({"saves": -1})), "/metrics/saves", "out_of_range"),
        (metrics(&json!({"shares": -1})), "/metrics/shares", "out_of_range"),
    ];
    for (change, pointer, code) in cases {
        let told = format!("{change:.120}");
        assert_eq!(refused(&app, &change).await, [(pointer.to_owned(), code.to_owned())], "{told}");
    }
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn a_post_of_another_shape_is_refused_by_field() {
    let app = with_ana().await;
    let cases = [
        (json!({"published_at": null}), "/published_at", "wrong_type"),
        (json!({"published_at": 1_795_000_000}), "/published_at", "wrong_type"),
        (json!({"platform": "myspace"}), "/platform", "unknown_value"),
        (json!({"platform": null}), "/platform", "wrong_type"),
        (json!({"platform": {"instagram": null}}), "/platform", "wrong_type"),
        (json!({"topics": "mending"}), "/topics", "wrong_type"),
        (json!({"topics": null}), "/topics", "wrong_type"),
        (json!({"topics": ["a", 7]}), "/topics/1", "wrong_type"),
        (json!({"sponsored": "yes"}), "/sponsored", "wrong_type"),
        (json!({"sponsored": null}), "/sponsored", "wrong_type"),
        (json!({"brand": null}), "/brand", "wrong_type"),
        (json!({"metrics": null}), "/metrics", "wrong_type"),
        (json!({"metrics": []}), "/metrics", "wrong_type"),
        (json!({"metrics": [at_noon(1), 5]}), "/metrics", "wrong_type"),
        (json!({"metrics": 7}), "/metrics", "wrong_type"),
        (json!({"metrics": {"likes": 1}}), "/metrics/as_of", "required"),
        (metrics(&json!({"likes": null})), "/metrics/likes", "wrong_type"),
        (metrics(&json!({"likes": "7"})), "/metrics/likes", "wrong_type"),
        (metrics(&json!({"likes": 1.5})), "/metrics/likes", "wrong_type"),
        (metrics(&json!({"likes": 1e30})), "/metrics/likes", "wrong_type"),
        (metrics(&json!({"likes": u64::MAX})), "/metrics/likes", "wrong_type"),
        (metrics(&json!({"impressions": 7})), "/metrics/impressions", "unknown_field"),
        (json!({"creator_id": "ana"}), "/creator_id", "unknown_field"),
        (json!({"likes": 1}), "/likes", "unknown_field"),
    ];
    for (change, pointer, code) in cases {
        let told = change.to_string();
        assert_eq!(refused(&app, &change).await, [(pointer.to_owned(), code.to_owned())], "{told}");
    }
    let body = app.put(POST, &json!({})).await.violations();
    assert_eq!(body, [("/published_at".to_owned(), "required".to_owned())]);
    let body = app.put(POST, &json!([at_noon(1), "tiktok", [], false])).await.violations();
    assert_eq!(body, [(String::new(), "wrong_type".to_owned())]);
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_no_value_is_repeated() {
    let app = with_ana().await;
    let wrong = json!({"published_at": "secret", "topics": ["secret\u{0}"], "brand": "secret brand",
        "metrics": {"as_of": "secret", "views": -424_242, "reach_non_followers": 3}});
    let answer = app.put(POST, &post(wrong)).await;
    assert!(!answer.text().contains("secret") && !answer.text().contains("424242"), "{}", answer.text());
    let mut pointers: Vec<String> = answer.violations().into_iter().map(|(pointer, _)| pointer).collect();
    pointers.dedup();
    let expected =
        ["/published_at", "/topics/0", "/brand", "/metrics/as_of", "/metrics/views", "/metrics/reach"];
    assert_eq!(pointers, expected);
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn broken_bodies_are_refused() {
    let app = with_ana().await;
    let put = async |content_type: &str, body: Vec<u8>| {
        app.request(Method::PUT, POST).body(content_type, body).send().await
    };
    put("application/json", b"{".to_vec()).await.problem(400, "invalid_json");
    put("application/json", b"{\"topics\":[\"\\ud800\"]}".to_vec()).await.problem(400, "invalid_json");
    put("application/json", b"{\"topics\":[\"\xff\"]}".to_vec()).await.problem(400, "invalid_json");
    put("text/plain", b"{}".to_vec()).await.problem(415, "unsupported_media_type");
    put("application/json", vec![b' '; (2 << 20) + 1]).await.problem(413, "payload_too_large");
    let twice = format!(r#"{{"published_at":"{0}","published_at":"{0}","platform":"x"}}"#, at_noon(1));
    let told = put("application/json", twice.into_bytes()).await.violations();
    assert_eq!(told, [("/published_at".to_owned(), "duplicate".to_owned())]);
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn the_largest_allowed_post_is_taken() {
    let app = with_ana().await;
    let topics: Vec<String> = (0..20).map(|number| format!("{number}{}", "ș".repeat(62))).collect();
    let counts = json!({"as_of": ahead(SignedDuration::from_mins(4)), "views": MOST, "reach": MOST, "reach_non_followers": MOST,
        "likes": MOST, "comments": MOST, "saves": MOST, "shares": MOST});
    let largest = json!({"published_at": ahead(SignedDuration::from_mins(3)), "topics": topics, "sponsored": true,
        "brand": "x".repeat(128), "metrics": counts});
    let stored = app.put(POST, &post(largest.clone())).await.expect(201);
    assert_eq!((&stored["topics"], &stored["metrics"]["shares"]), (&largest["topics"], &json!(MOST)));
    app.settle().await;
    let exposure = &app.get("/v1/creators/ana/scores").await.ok()["exposure"];
    assert_eq!(exposure["engagement_rate"], json!({"median": 4.0, "posts": 1}));
    app.put("/v1/creators/ana/posts/p2", &post(json!({"published_at": "1970-01-01T00:00:00Z"})))
        .await
        .expect(201);
}
