//! Sending, reading, listing and deleting posts, and keeping their counts.

use crate::support::{Answer, App, at_noon, days_ago, event, post};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

const POST: &str = "/v1/creators/ana/posts/p1";

async fn with_ana() -> App {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app
}

async fn with_condition(app: &App, method: Method, condition: (&str, &str), body: Option<Value>) -> Answer {
    let request = app.request(method, POST).header(condition.0, condition.1);
    match body {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

fn counted(days: i64, counts: &Value) -> Value {
    let mut metrics = json!({"as_of": at_noon(days)});
    metrics.as_object_mut().unwrap().extend(counts.as_object().unwrap().clone());
    post(json!({"published_at": at_noon(9), "metrics": metrics}))
}

#[tokio::test]
async fn a_post_is_made_once_and_then_replaced() {
    let app = with_ana().await;
    let whole = json!({"published_at": "2026-11-20T19:00:00.1234567+02:00", "topics": [" Slow  Fashion", "mending", "MENDING"],
        "sponsored": true, "brand": "linen-and-co", "metrics": {"as_of": at_noon(1), "views": 10, "likes": 0}});
    let made = app.put(POST, &post(whole)).await;
    let first_tag = made.header("etag").to_owned();
    let mut made = made.expect(201);
    assert_eq!(made["created_at"], made["updated_at"]);
    let fields = made.as_object_mut().unwrap();
    for time in ["created_at", "updated_at"] {
        fields.remove(time);
    }
    let expected = json!({"post_id": "p1", "published_at": "2026-11-20T17:00:00.123456Z", "platform": "instagram",
        "topics": ["slow fashion", "mending"], "sponsored": true, "brand": "linen-and-co",
        "metrics": {"as_of": at_noon(1), "views": 10, "likes": 0}});
    assert_eq!(made, expected);
    let replaced = app.put(POST, &post(json!({"platform": "tiktok", "published_at": at_noon(3)}))).await;
    assert_ne!(replaced.header("etag"), first_tag);
    let tag = replaced.header("etag").to_owned();
    let replaced = replaced.expect(200);
    assert_eq!((&replaced["platform"], &replaced["topics"]), (&json!("tiktok"), &json!([])));
    assert!(replaced.get("brand").is_none() && replaced["sponsored"] == false, "PUT replaces the whole post");
    assert_eq!(replaced["metrics"], expected["metrics"], "but takes no counts away");
    let read = app.get(POST).await;
    assert_eq!(read.header("etag"), tag);
    assert_eq!(read.expect(200), replaced);
}

#[tokio::test]
async fn sending_the_same_post_again_changes_nothing() {
    let app = with_ana().await;
    let same = counted(2, &json!({"reach": 5, "reach_non_followers": 5}));
    let first = app.put(POST, &same).await;
    let tag = first.header("etag").to_owned();
    let body = first.expect(201);
    app.settle().await;
    let again = app.put(POST, &same).await;
    assert_eq!(again.header("etag"), tag);
    assert_eq!(again.expect(200), body);
    assert_eq!((app.count("posts").await, app.count("post_metrics").await), (1, 1));
}

#[tokio::test]
async fn put_get_and_delete_go_ahead_only_under_their_conditions() {
    let app = with_ana().await;
    let put = async |condition, topic: &str| {
        with_condition(&app, Method::PUT, condition, Some(post(json!({"topics": [topic]})))).await
    };
    put(("if-match", "\"v1\""), "a").await.problem(412, "precondition_failed");
    put(("if-match", "*"), "a").await.problem(412, "precondition_failed");
    let made = put(("if-none-match", "*"), "a").await;
    let first = made.header("etag").to_owned();
    made.expect(201);
    put(("if-none-match", "*"), "b").await.problem(412, "precondition_failed");
    let weak = format!("W/{first}");
    put(("if-match", &weak), "b").await.problem(412, "precondition_failed");
    let changed = put(("if-match", &first), "b").await;
    let second = changed.header("etag").to_owned();
    changed.expect(200);
    put(("if-match", &first), "c").await.problem(412, "precondition_failed");
    let either = format!("{first}, {second}");
    put(("if-match", &either), "c").await.expect(200);
    let third = app.get(POST).await.header("etag").to_owned();
    let fresh = with_condition(&app, Method::GET, ("if-none-match", &third), None).await;
    assert_eq!((fresh.status, fresh.header("etag"), fresh.body.len()), (304, third.as_str(), 0));
    assert_eq!(
        with_condition(&app, Method::GET, ("if-none-match", &second), None).await.expect(200)["topics"][0],
        "c"
    );
    let delete = async |tag: &str| with_condition(&app, Method::DELETE, ("if-match", tag), None).await;
    delete(&second).await.problem(412, "precondition_failed");
    delete(&third).await.expect(204);
    delete(&third).await.problem(404, "post_not_found");
}

#[tokio::test]
async fn of_two_changes_to_one_version_exactly_one_goes_ahead() {
    let app = with_ana().await;
    let tag = app.put(POST, &post(json!({}))).await.header("etag").to_owned();
    let change = |number: usize| {
        let (app, tag) = (&app, &tag);
        async move {
            let body = post(json!({"topics": [format!("change {number}")]}));
            with_condition(app, Method::PUT, ("if-match", tag), Some(body)).await.status
        }
    };
    let mut statuses = futures_util::future::join_all((0..3).map(change)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
    let make = |_| {
        let app = &app;
        async move {
            let request = app.request(Method::PUT, "/v1/creators/ana/posts/p2").header("if-none-match", "*");
            request.json(&post(json!({}))).send().await.status
        }
    };
    let mut statuses = futures_util::future::join_all((0..3).map(make)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412]);
}

#[tokio::test]
async fn a_tag_of_a_deleted_post_never_fits_a_new_one() {
    let app = with_ana().await;
    let first = app.put(POST, &counted(2, &json!({"likes": 1}))).await.header("etag").to_owned();
    app.delete(POST).await.expect(204);
    app.get(POST).await.problem(404, "post_not_found");
    assert_eq!((app.count("posts").await, app.count("post_metrics").await), (0, 0));
    let again = app.put(POST, &post(json!({}))).await;
    assert_ne!(again.header("etag"), first);
    assert!(again.expect(201).get("metrics").is_none(), "the counts went with the post");
}

#[tokio::test]
async fn counts_are_kept_as_of_their_times_and_the_newest_is_shown() {
    let app = with_ana().await;
    app.put(POST, &counted(5, &json!({"likes": 10}))).await.expect(201);
    let newer = app.put(POST, &counted(3, &json!({"likes": 7, "views": 90}))).await.expect(200);
    assert_eq!(newer["metrics"], json!({"as_of": at_noon(3), "likes": 7, "views": 90}), "counts may fall");
    let late = app.put(POST, &counted(4, &json!({"likes": 8}))).await.expect(200);
    assert_eq!(late["metrics"], newer["metrics"]);
    let all =
        json!([newer["metrics"], {"as_of": at_noon(4), "likes": 8}, {"as_of": at_noon(5), "likes": 10}]);
    assert_eq!(
        app.get(&format!("{POST}/metrics")).await.ok(),
        json!({"items": all}),
        "what was not given is not known"
    );
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let cursor_part = cursor.map_or(String::new(), |cursor: String| format!("&cursor={cursor}"));
        let page = app.get(&format!("{POST}/metrics?limit=1{cursor_part}")).await.ok();
        seen.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(json!(seen), all);
}

#[tokio::test]
async fn counts_of_a_post_are_listed_only_where_there_is_one() {
    let app = with_ana().await;
    app.get(&format!("{POST}/metrics")).await.problem(404, "post_not_found");
    app.get("/v1/creators/bea/posts/p1/metrics").await.problem(404, "creator_not_found");
    app.put(POST, &post(json!({}))).await.expect(201);
    assert_eq!(app.get(&format!("{POST}/metrics")).await.ok(), json!({"items": []}));
    app.put("/v1/creators/ana/posts/p2", &counted(1, &json!({"likes": 1}))).await.expect(201);
    app.put("/v1/creators/ana/posts/p2", &counted(2, &json!({"likes": 1}))).await.expect(200);
    let page = app.get("/v1/creators/ana/posts/p2/metrics?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    app.get(&format!("{POST}/metrics?cursor={cursor}")).await.problem(400, "invalid_cursor");
    app.get(&format!("/v1/creators/ana/posts?cursor={cursor}")).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn the_past_of_a_post_that_is_counted_very_often_gets_coarser_and_never_ends() {
    let app = with_ana().await;
    let start = Timestamp::now() - SignedDuration::from_hours(24 * 20);
    let published_at = start.to_string();
    app.put(POST, &post(json!({"published_at": published_at}))).await.expect(201);
    let sent = async |minute: i64| {
        let as_of = (start + SignedDuration::from_mins(minute)).to_string();
        let body = post(json!({"published_at": published_at, "metrics": {"as_of": as_of, "views": minute}}));
        app.put(POST, &body).await.expect(200)
    };
    // As after 499 snapshots, one a minute.
    app.sql(
        "insert into post_metrics (creator_key, post_key, as_of, views)
             select creator_key, post_key, published_at + make_interval(mins => minute), minute
             from posts, generate_series(1, 499) minute",
    )
    .await;
    app.sql("update posts set snapshots = 499, metrics_at = published_at + interval '499 minutes'").await;
    sent(500).await;
    assert_eq!(app.count("post_metrics").await, 500);
    let newest = sent(501).await;
    assert_eq!(newest["metrics"]["views"], 501);
    let kept = async || {
        let rows = app.sql("select views from post_metrics order by as_of").await;
        rows.iter().map(|row| row[0].as_ref().unwrap().parse().unwrap()).collect::<Vec<i64>>()
    };
    let (sparse, intact) = ((1..=251).step_by(2), 252..=501);
    assert_eq!(kept().await, sparse.chain(intact).collect::<Vec<_>>());
    let counted = app.sql("select snapshots from posts").await;
    assert_eq!(counted[0][0].as_deref(), Some("376"));
    // What was thinned out is taken again without complaint, and the post is not said to have been counted before.
    sent(2).await;
    assert_eq!((kept().await.len(), kept().await[..3].to_vec()), (377, vec![1, 2, 3]));
}

#[tokio::test]
async fn other_counts_as_of_the_same_time_are_a_conflict_and_change_nothing() {
    let app = with_ana().await;
    let first = app.put(POST, &counted(3, &json!({"likes": 10}))).await;
    let tag = first.header("etag").to_owned();
    let body = first.expect(201);
    for other in [json!({"likes": 11}), json!({"likes": 10, "views": 11}), json!({"views": 10})] {
        let mut other = counted(3, &other);
        other["topics"] = json!(["new"]);
        app.put(POST, &other).await.problem(409, "metrics_conflict");
    }
    let read = app.get(POST).await;
    assert_eq!(read.header("etag"), tag);
    assert_eq!(read.expect(200), body);
    // The same moment, written otherwise.
    let mut same = counted(3, &json!({"likes": 10}));
    same["metrics"]["as_of"] = json!(at_noon(3).replace("T12:00:00Z", "t14:00:00.000+02:00"));
    assert_eq!(app.put(POST, &same).await.header("etag"), tag);
}

#[tokio::test]
async fn a_post_is_not_published_after_it_was_counted() {
    let app = with_ana().await;
    app.put(POST, &counted(5, &json!({"likes": 10}))).await.expect(201);
    let moved = app.put(POST, &post(json!({"published_at": at_noon(4)}))).await.violations();
    assert_eq!(moved, [("/published_at".to_owned(), "not_allowed".to_owned())]);
    app.put(POST, &post(json!({"published_at": at_noon(5)}))).await.expect(200);
    app.put(POST, &post(json!({"published_at": at_noon(8)}))).await.expect(200);
}

#[tokio::test]
async fn posts_of_creators_who_are_not_registered_do_not_exist() {
    let app = with_ana().await;
    for path in ["/v1/creators/bea/posts/p1", "/v1/creators/bea/posts"] {
        app.get(path).await.problem(404, "creator_not_found");
    }
    app.put("/v1/creators/bea/posts/p1", &post(json!({}))).await.problem(404, "creator_not_found");
    let conditional = app.request(Method::PUT, "/v1/creators/bea/posts/p1").header("if-match", "*");
    conditional.json(&post(json!({}))).send().await.problem(404, "creator_not_found");
    app.delete("/v1/creators/bea/posts/p1").await.problem(404, "creator_not_found");
    app.delete(POST).await.problem(404, "post_not_found");
    app.get(POST).await.problem(404, "post_not_found");
    assert_eq!(app.get("/v1/creators/ana/posts").await.ok(), json!({"items": []}));
    assert_eq!(app.count("posts").await, 0);
}

#[tokio::test]
async fn posts_need_no_events_and_events_need_no_posts() {
    let app = with_ana().await;
    app.send(&[event("e1", "ana", json!({"post_id": "p1"}))]).await;
    app.get(POST).await.problem(404, "post_not_found");
    app.put(POST, &post(json!({}))).await.expect(201);
    app.delete(POST).await.expect(204);
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["anonymous_events"], 1);
}

#[tokio::test]
async fn every_character_of_ids_works_in_a_path_plain_or_encoded() {
    let app = with_ana().await;
    let id = "Az09.a_b:c@d+e=f~g-h";
    app.put(&format!("/v1/creators/ana/posts/{id}"), &post(json!({}))).await.expect(201);
    let encoded = id.bytes().fold(String::new(), |path, byte| path + &format!("%{byte:02X}"));
    assert_eq!(app.get(&format!("/v1/creators/%61na/posts/{encoded}")).await.expect(200)["post_id"], id);
    let long = "x".repeat(129);
    for impossible in [long.as_str(), "a%20b", "a%00b", "%FF", "a%2Fb"] {
        for path in [format!("ana/posts/{impossible}"), format!("{impossible}/posts/p1")] {
            let path = format!("/v1/creators/{path}");
            app.put(&path, &post(json!({}))).await.problem(404, "not_found");
            app.get(&path).await.problem(404, "not_found");
        }
    }
    assert_eq!(app.count("posts").await, 1);
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["post_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_newest_first_and_neither_skip_nor_repeat_while_posts_come_and_go() {
    let app = with_ana().await;
    app.put_creator("bea", json!({})).await;
    app.put("/v1/creators/bea/posts/other", &post(json!({}))).await.expect(201);
    let same_moment = at_noon(20);
    for number in 10..40 {
        let published_at = if (20..26).contains(&number) { same_moment.clone() } else { at_noon(number) };
        let metrics = json!({"as_of": at_noon(1), "views": number});
        let body = post(json!({"published_at": published_at, "metrics": metrics}));
        app.put(&format!("/v1/creators/ana/posts/p{number}"), &body).await.expect(201);
    }
    let all = app.get("/v1/creators/ana/posts?limit=200").await.ok();
    let times: Vec<&str> =
        all["items"].as_array().unwrap().iter().map(|item| item["published_at"].as_str().unwrap()).collect();
    assert_eq!(times.len(), 30);
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert_eq!(all["items"][0]["metrics"]["views"], 10);
    let (mut seen, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let cursor_part = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = app.get(&format!("/v1/creators/ana/posts?limit=4{cursor_part}")).await.ok();
        seen.extend(ids(&page));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
        // What comes and goes before the place that was read moves nothing.
        let newest = format!("/v1/creators/ana/posts/new{}", seen.len());
        app.put(&newest, &post(json!({"published_at": days_ago(0)}))).await.expect(201);
        app.delete(&format!("/v1/creators/ana/posts/{}", seen[0])).await;
    }
    assert_eq!(seen, ids(&all));
}

#[tokio::test]
async fn a_cursor_belongs_to_the_posts_of_its_creator() {
    let app = with_ana().await;
    app.put_creator("bea", json!({})).await;
    for path in ["ana/posts/a", "ana/posts/b", "bea/posts/a", "bea/posts/b"] {
        app.put(&format!("/v1/creators/{path}"), &post(json!({}))).await.expect(201);
    }
    let page = app.get("/v1/creators/ana/posts?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let last = app.get(&format!("/v1/creators/ana/posts?limit=1&cursor={cursor}")).await.ok();
    assert!(last.get("next_cursor").is_none(), "a full last page has no cursor");
    let creators = app.get("/v1/creators?limit=1").await.ok();
    let of_creators = creators["next_cursor"].as_str().unwrap();
    app.get(&format!("/v1/creators/bea/posts?cursor={cursor}")).await.problem(400, "invalid_cursor");
    for wrong in [of_creators, "", "AAAA", "%00"] {
        app.get(&format!("/v1/creators/ana/posts?cursor={wrong}")).await.problem(400, "invalid_cursor");
    }
    for (query, code) in
        [("limit=0", "out_of_range"), ("limit=201", "out_of_range"), ("page=1", "unknown_parameter")]
    {
        let problem = app.get(&format!("/v1/creators/ana/posts?{query}")).await.problem(400, "invalid_query");
        assert_eq!(problem["errors"][0]["code"], code);
    }
}
