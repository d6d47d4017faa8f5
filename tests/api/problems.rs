//! Every failure is a problem document that says where and why, and nothing more.

use crate::{
    provocations::provoke,
    support::{App, event},
};
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::json;
use std::io::Write;
use voci::http::problem::Kind;

#[tokio::test]
async fn every_kind_of_problem_is_answered_as_documented() {
    let all = stream::iter(Kind::ALL.iter().copied());
    all.for_each_concurrent(3, async |kind| {
        let answer = provoke(kind).await;
        let status = kind.status().as_u16();
        let retries = matches!(status, 429 | 503) || kind == Kind::CreatorBeingErased;
        assert_eq!(answer.headers.contains_key("retry-after"), retries, "{}", kind.code());
        assert_eq!(answer.header("cache-control"), "no-store");
        answer.problem(status, kind.code());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let app = App::start().await;
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/creators/",
        "/v1/creators/ana/",
        "/v1/creators/ana/events",
        "/v2/creators",
        "/docs/nothing",
        "/docs/..%2F",
        "/%00",
        "/%FF",
        "/openapi.yaml",
    ] {
        app.get(path).await.problem(404, "not_found");
        app.delete(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let app = App::start().await;
    let cases = [
        (Method::DELETE, "/v1/creators", "GET, HEAD"),
        (Method::POST, "/v1/creators/ana", "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::POST, "/v1/creators/ana/scores", "GET, HEAD"),
        (Method::POST, "/v1/creators/ana/posts", "GET, HEAD"),
        (Method::PATCH, "/v1/creators/ana/posts/p1", "GET, HEAD, PUT, DELETE"),
        (Method::POST, "/v1/creators/ana/events/e1", "GET, HEAD"),
        (Method::GET, "/v1/events", "POST"),
        (Method::HEAD, "/v1/events/batch", "POST"),
        (Method::PATCH, "/v1/niches/gaming", "GET, HEAD, PUT"),
        (Method::PUT, "/v1/recommendations", "GET, HEAD, POST"),
        (Method::TRACE, "/v1/model", "GET, HEAD"),
        (Method::OPTIONS, "/v1/model", "GET, HEAD"),
        (Method::POST, "/livez", "GET, HEAD"),
        (Method::PUT, "/openapi.json", "GET, HEAD"),
    ];
    for (method, path, allowed) in cases {
        let answer = app.request(method.clone(), path).send().await;
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        if method == Method::HEAD {
            assert_eq!(answer.status, 405);
        } else {
            answer.problem(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    // Between the two answers nothing changes any more.
    app.settle().await;
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs/",
        "/v1/creators",
        "/v1/creators/ana",
        "/v1/creators/ana/posts",
        "/v1/creators/ana/posts/p1",
        "/v1/model",
        "/v1/niches/gaming",
        "/v1/recommendations?niche=gaming",
        "/v1/nothing",
    ] {
        let (get, head) = (app.get(path).await, app.request(Method::HEAD, path).send().await);
        assert_eq!((get.status, head.body.len()), (head.status, 0), "{path}");
        assert_eq!(get.headers.get("content-type"), head.headers.get("content-type"), "{path}");
        assert_eq!(get.headers.get("etag"), head.headers.get("etag"), "{path}");
    }
}

#[tokio::test]
async fn broken_json_is_told_by_line_and_column() {
    let app = App::start().await;
    let detail = async |body: &[u8]| {
        let problem = app.post_raw("/v1/events", body).await.problem(400, "invalid_json");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail(b"{\n  \"event_id\": oops\n}").await.contains("line 2, column 1"));
    assert!(detail(b"").await.contains("line 1, column 0"));
    assert!(detail(b"{\"event_id\":\"\xff\xfe\"}").await.contains("line 1"));
    assert!(detail(b"{\"event_id\":\"\\ud800\"}").await.contains("line 1"));
    let followed = event("e1", "ana", json!({})).to_string() + "\n{}";
    assert!(detail(followed.as_bytes()).await.contains("line 2"));
    assert!(detail(b"\xef\xbb\xbf{}").await.contains("line 1"));
    let batch = app.post_raw("/v1/events/batch", b"{\"events\":[\"\xff\"]}".as_slice()).await;
    batch.problem(400, "invalid_json");
}

#[tokio::test]
async fn an_array_is_not_taken_for_an_object() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let wrong = [(String::new(), "wrong_type".to_owned())];
    let event = event("e1", "ana", json!({}));
    assert_eq!(app.post("/v1/events/batch", &json!([[event]])).await.violations(), wrong);
    assert_eq!(app.post("/v1/events/batch", &json!([event])).await.violations(), wrong);
    assert_eq!(
        app.post("/v1/recommendations", &json!([{"niches": [{"id": "gaming"}]}])).await.violations(),
        wrong
    );
    assert_eq!(
        app.put("/v1/creators/bea", &json!(["Bea", "", "RO", null, null, []])).await.violations(),
        wrong
    );
    assert_eq!(app.count("events").await, 0);
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for path in ["/v1/events", "/v1/events/batch", "/v1/recommendations"] {
        let answer = app.post_raw(path, deep.clone()).await;
        assert!(matches!(answer.status, 400 | 422), "{answer:?}");
    }
    let objects = format!("{}1{}", "{\"bio\":".repeat(100_000), "}".repeat(100_000));
    let patch = app.request(Method::PATCH, "/v1/creators/ana").body("application/json", objects).send().await;
    patch.problem(400, "invalid_json");
    app.get("/livez").await.expect(200);
}

#[tokio::test]
async fn a_query_parameter_that_is_wrong_is_named() {
    let app = App::start().await;
    let wrong = async |path: &str| {
        let problem = app.get(path).await.problem(400, "invalid_query");
        let error = &problem["errors"][0];
        format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
    };
    assert_eq!(wrong("/v1/creators?page=2").await, "?page unknown_parameter");
    assert_eq!(wrong("/v1/niches?limit=x").await, "?limit wrong_type");
    assert_eq!(wrong("/v1/niches?limit=1&limit=2").await, "?limit duplicate");
    assert_eq!(wrong("/v1/recommendations").await, "?niche required");
    assert_eq!(wrong("/v1/recommendations?niche=gaming&limit=1000").await, "?limit out_of_range");
    assert_eq!(wrong("/v1/recommendations?niche=gaming&country=RO").await, "?country unknown_parameter");
    assert_eq!(wrong("/v1/model?verbose").await, "?verbose unknown_parameter");
}

#[tokio::test]
async fn a_body_of_another_type_or_encoding_is_refused() {
    let app = App::start().await;
    let events = app.request(Method::POST, "/v1/events").json(&event("e1", "ana", json!({})));
    events.header("content-encoding", "lzma").send().await.problem(415, "unsupported_media_type");
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/merge-patch+json",
    ] {
        let answer = app.request(Method::POST, "/v1/events").body(content_type, "{}").send().await;
        answer.problem(415, "unsupported_media_type");
    }
    app.request(Method::POST, "/v1/events").send().await.problem(415, "unsupported_media_type");
    let with_charset =
        app.request(Method::POST, "/v1/events").body("Application/JSON; charset=utf-8", "{}").send().await;
    with_charset.problem(422, "validation_failed");
}

#[tokio::test]
async fn a_body_is_counted_after_inflation() {
    let spaces = vec![b' '; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..200).for_each(|_| gzip.write_all(&spaces).unwrap());
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let zstd_bomb = zstd::encode_all(vec![b' '; 200 << 20].as_slice(), 3).unwrap();
    let app = App::start().await;
    for (encoding, body) in [("gzip", bomb), ("zstd", zstd_bomb)] {
        for path in ["/v1/events", "/v1/events/batch"] {
            let request = app.request(Method::POST, path).header("content-encoding", encoding);
            request.body("application/json", body.clone()).send().await.problem(413, "payload_too_large");
        }
    }
    app.get("/livez").await.expect(200);
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own_whatever_it_is_answered() {
    let app = App::start().await;
    let first = app.get("/livez").await.header("x-request-id").to_owned();
    let second = app.get("/v1/nothing").await.header("x-request-id").to_owned();
    assert_ne!(first, second);
}
