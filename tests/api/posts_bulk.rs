//! Posts as a stream: each line does what PUT of a single post does, after the lines before it.

use crate::support::{App, Upload, at_noon, eventually, lines, post, profile, violations};
use serde_json::{Value, json};

const PATH: &str = "/v1/posts/bulk";

async fn with_creators(ids: &[&str]) -> App {
    let app = App::start().await;
    app.put_creators(ids, json!({})).await;
    app
}

/// A post as a line.
fn line(creator: &str, id: &str, change: Value) -> Value {
    let mut line = post(change);
    line["creator_id"] = json!(creator);
    line["post_id"] = json!(id);
    line
}

fn counted(creator: &str, id: &str, days: i64, likes: i64) -> Value {
    let metrics = json!({"as_of": at_noon(days), "reach": 100, "likes": likes});
    line(creator, id, json!({"published_at": at_noon(9), "metrics": metrics}))
}

/// Sends a whole stream; the lines of the answer.
async fn bulk(app: &App, body: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut upload = Upload::open(app, PATH).await;
    upload.send(body).await;
    upload.end();
    upload.rest().await
}

fn statuses(answer: &[Value]) -> Vec<&str> {
    answer.iter().filter_map(|line| line["status"].as_str()).collect()
}

fn summary(counts: [usize; 5]) -> Value {
    let [created, replaced, unchanged, conflict, invalid] = counts;
    let lines: usize = counts.iter().sum();
    json!({"summary": {"lines": lines, "created": created, "replaced": replaced, "unchanged": unchanged,
        "conflict": conflict, "invalid": invalid}})
}

#[tokio::test]
async fn each_line_is_applied_after_the_lines_before_it_and_told_of() {
    let app = with_creators(&["ana", "bea"]).await;
    let sent = [
        line("ana", "p1", json!({"topics": ["Old"]})),
        line("bea", "p1", json!({})),
        line("ana", "p1", json!({"topics": [" old"]})),
        line("ana", "p1", json!({"topics": ["new"], "sponsored": true, "brand": "b"})),
        counted("ana", "p2", 5, 1),
        counted("ana", "p2", 5, 2),
        counted("ana", "p2", 3, 3),
        line("ana", "p2", json!({"published_at": at_noon(4)})),
        line("nobody", "p1", json!({})),
        counted("ana", "p2", 5, 1),
    ];
    let answer = bulk(&app, lines(&sent)).await;
    let told = [
        "created",
        "created",
        "unchanged",
        "replaced",
        "created",
        "conflict",
        "replaced",
        "invalid",
        "invalid",
        "unchanged",
    ];
    assert_eq!(statuses(&answer), told);
    assert_eq!(answer[0], json!({"line": 1, "creator_id": "ana", "post_id": "p1", "status": "created"}));
    assert_eq!(answer[5]["problem"]["code"], "metrics_conflict");
    let wrong = |place: usize| violations(&answer[place]["problem"]);
    assert_eq!(wrong(7), [("/published_at".to_owned(), "not_allowed".to_owned())]);
    assert_eq!(wrong(8), [("/creator_id".to_owned(), "unknown_creator".to_owned())]);
    assert_eq!(answer[10..], [summary([3, 2, 2, 1, 2])]);
    let stored = app.get("/v1/creators/ana/posts/p1").await.ok();
    assert_eq!((&stored["topics"], &stored["brand"]), (&json!(["new"]), &json!("b")));
    assert_eq!(app.get("/v1/creators/ana/posts/p2").await.ok()["metrics"]["likes"], 3);
    assert_eq!((app.count("posts").await, app.count("post_metrics").await), (3, 2));
    app.settle().await;
    let exposure = &app.get("/v1/creators/ana/scores").await.ok()["exposure"];
    assert_eq!((&exposure["posts"], &exposure["engagement_rate"]["median"]), (&json!(2), &json!(0.03)));
}

#[tokio::test]
async fn a_stream_that_is_sent_again_changes_nothing() {
    let app = with_creators(&["ana", "bea"]).await;
    // More than a chunk.
    let sent: Vec<Value> = (0..2_500)
        .map(|number| {
            counted(
                ["ana", "bea"][number % 2],
                &format!("p{}", number / 3),
                5 - i64::try_from(number % 3).unwrap(),
                7,
            )
        })
        .collect();
    let first = bulk(&app, lines(&sent)).await;
    let made: usize = app.count("posts").await.try_into().unwrap();
    assert_eq!(first[2_500..], [summary([made, 2_500 - made, 0, 0, 0])]);
    assert_eq!(app.count("post_metrics").await, 2_500);
    app.settle().await;
    let before = app.sql("select post_key, version, updated_at from posts order by 1").await;
    let again = bulk(&app, lines(&sent)).await;
    assert_eq!(again[2_500..], [summary([0, 0, 2_500, 0, 0])]);
    assert_eq!(app.sql("select post_key, version, updated_at from posts order by 1").await, before);
    assert_eq!(app.count("score_queue").await, 0);
}

#[tokio::test]
async fn a_bad_line_is_named_and_hurts_no_other() {
    let app = with_creators(&["ana"]).await;
    let with = |change: Value| line("ana", "bad", change).to_string().into_bytes();
    let without = |field: &str| {
        let mut line = line("ana", "bad", json!({}));
        line.as_object_mut().unwrap().remove(field);
        line.to_string().into_bytes()
    };
    let metrics = |change: &str| {
        let counts = format!(r#""metrics":{{"as_of":"{}",{change}}}"#, at_noon(1));
        let line = line("ana", "bad", json!({})).to_string();
        format!("{},{counts}}}", line.strip_suffix('}').unwrap()).into_bytes()
    };
    let cases: [(Vec<u8>, &str, &str); 20] = [
        (vec![b'x'; (64 << 10) + 1], "", "too_long"),
        (b"[]".to_vec(), "", "wrong_type"),
        (b"7".to_vec(), "", "wrong_type"),
        (with(json!({"topics": ["\u{0}"]})), "/topics/0", "nul_character"),
        (with(json!({"topics": ["x".repeat(65)]})), "/topics/0", "too_long"),
        (with(json!({"published_at": "noon"})), "/published_at", "invalid_time"),
        (with(json!({"note": "x"})), "/note", "unknown_field"),
        (with(json!({"brand": "b"})), "/brand", "not_allowed"),
        (without("creator_id"), "/creator_id", "required"),
        (without("platform"), "/platform", "required"),
        (line("a b", "bad", json!({})).to_string().into_bytes(), "/creator_id", "invalid_id"),
        (line("ana", "", json!({})).to_string().into_bytes(), "/post_id", "invalid_id"),
        (line("ana", "\u{0}", json!({})).to_string().into_bytes(), "/post_id", "nul_character"),
        (metrics(r#""likes":-1"#), "/metrics/likes", "out_of_range"),
        (metrics(r#""likes":null"#), "/metrics/likes", "wrong_type"),
        (metrics(r#""likes":99999999999999999999"#), "/metrics/likes", "wrong_type"),
        (metrics(r#""reach":1,"reach_non_followers":2"#), "/metrics/reach_non_followers", "out_of_range"),
        (
            with(json!({"topics": ["HERE"]}))
                .iter()
                .flat_map(|byte| if *byte == b'H' { vec![0xff] } else { vec![*byte] })
                .collect(),
            "",
            "invalid_text",
        ),
        (
            String::from_utf8(with(json!({"topics": ["HERE"]})))
                .unwrap()
                .replace("HERE", "\\ud800")
                .into_bytes(),
            "",
            "invalid_text",
        ),
        (with(json!({"metrics": []})), "/metrics", "wrong_type"),
    ];
    let mut body = Vec::new();
    for (index, (text, ..)) in cases.iter().enumerate() {
        body.extend_from_slice(text);
        body.extend_from_slice(
            format!("\n{}\n\n", line("ana", &format!("good-{index}"), json!({}))).as_bytes(),
        );
    }
    let answer = bulk(&app, body).await;
    for (index, (_, pointer, code)) in cases.iter().enumerate() {
        let (bad, good) = (&answer[2 * index], &answer[2 * index + 1]);
        assert_eq!((&bad["line"], &bad["status"]), (&json!(3 * index + 1), &json!("invalid")), "{bad}");
        assert_eq!(violations(&bad["problem"]), [((*pointer).to_owned(), (*code).to_owned())], "{bad}");
        assert_eq!(good["status"], "created", "{good}");
    }
    assert_eq!(answer[40..], [summary([20, 0, 0, 0, 20])]);
    assert_eq!((app.count("posts").await, app.count("post_metrics").await), (20, 0));
}

#[tokio::test]
async fn a_line_is_answered_when_it_is_committed_while_the_stream_is_open() {
    let app = with_creators(&["ana"]).await;
    let mut upload = Upload::open(&app, PATH).await;
    for number in 0..3 {
        upload.send_lines(&[line("ana", &format!("p{number}"), json!({}))]).await;
        assert_eq!(upload.line().await.unwrap()["status"], "created");
        assert_eq!(app.count("posts").await, number + 1);
    }
    upload.end();
    assert_eq!(upload.rest().await, [summary([3, 0, 0, 0, 0])]);
}

#[tokio::test]
async fn streams_and_single_posts_of_the_same_creators_get_through_side_by_side() {
    let creators = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let app = with_creators(&creators).await;
    let stream = |turn: usize| {
        let app = &app;
        async move {
            // Each names the creators in another order.
            let sent: Vec<Value> = (0..600)
                .map(|number| {
                    let creator =
                        creators[(if turn.is_multiple_of(2) { number } else { 600 - number } + turn) % 8];
                    counted(creator, &format!("p{}", number % 50), 2, 7)
                })
                .collect();
            let answer = bulk(app, lines(&sent)).await;
            assert!(
                answer[600]["summary"]["invalid"] == 0 && answer[600]["summary"]["conflict"] == 0,
                "{}",
                answer[600]
            );
        }
    };
    let single = |number: usize| {
        let app = &app;
        async move {
            let path = format!("/v1/creators/{}/posts/single", creators[number % 8]);
            let body = post(json!({"topics": [format!("t{number}")]}));
            let answer = app.put(&path, &body).await;
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        }
    };
    let streams = futures_util::future::join_all((0..4).map(stream));
    let singles = async {
        for number in 0..40 {
            single(number).await;
        }
    };
    futures_util::future::join(streams, singles).await;
    let posts = app.count("posts").await;
    assert_eq!(app.count("posts where post_id = 'single'").await, 8);
    assert_eq!(app.count("post_metrics").await, posts - 8);
}

#[tokio::test]
async fn posts_that_stream_in_while_their_creator_is_erased_leave_nothing() {
    let app = with_creators(&["ana"]).await;
    let mut upload = Upload::open(&app, PATH).await;
    let chunk = |from: usize| {
        (from..from + 50).map(|number| counted("ana", &format!("p{number}"), 2, 1)).collect::<Vec<_>>()
    };
    upload.send_lines(&chunk(0)).await;
    eventually("posts are stored", async || (app.count("posts").await > 0).then_some(())).await;
    let erase = async { app.delete("/v1/creators/ana").await.expect(204) };
    let send = async {
        for number in 1..10 {
            upload.send_lines(&chunk(50 * number)).await;
        }
        upload.end();
    };
    futures_util::future::join(erase, send).await;
    let answer = upload.rest().await;
    let told = answer.last().unwrap()["summary"].clone();
    assert!(told["invalid"].as_u64().unwrap() + told["created"].as_u64().unwrap() == 500, "{told}");
    for table in ["posts", "post_metrics", "score_queue", "creator_exposure", "creator_statistics"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_stream_reaches_the_posts_of_its_own_tenant_only() {
    let app = with_creators(&["ana", "bea"]).await;
    let other = app.tenant("other").await;
    other.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    bulk(&app, lines(&[counted("ana", "p1", 2, 1)])).await;
    let mut upload = Upload::open(&other, PATH).await;
    upload.send_lines(&[counted("ana", "p1", 2, 9), counted("bea", "p1", 2, 9)]).await;
    upload.end();
    let answer = upload.rest().await;
    assert_eq!(statuses(&answer), ["created", "invalid"]);
    assert_eq!(app.get("/v1/creators/ana/posts/p1").await.ok()["metrics"]["likes"], 1);
    assert_eq!(other.get("/v1/creators/ana/posts/p1").await.ok()["metrics"]["likes"], 9);
}
