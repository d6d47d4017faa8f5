//! What operators and tools use: health, documentation, compression, an orderly stop.

use crate::support::{App, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_running_service_lives_and_gets_ready() {
    let app = App::start().await;
    let stranger = app.with_key(None);
    assert_eq!(stranger.get("/livez").await.expect(200), json!({"status": "ok"}));
    eventually("it is ready", async || (stranger.get("/readyz").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_stopping_service_finishes_the_requests_in_flight() {
    let mut app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let lock = app.database().connect().await;
    lock.batch_execute("begin; select from creators for update").await.unwrap();
    let client = app.with_key(Some(crate::support::KEY));
    let in_flight =
        tokio::spawn(async move { client.patch("/v1/creators/ana", &json!({"bio": "new"})).await });
    let waiting =
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    eventually("the request waits for the row", async || lock.query_opt(waiting, &[]).await.unwrap()).await;
    app.begin_stop();
    let address = app.address().to_owned();
    eventually("no new requests are taken", async || TcpStream::connect(&address).await.err()).await;
    lock.batch_execute("rollback").await.unwrap();
    assert_eq!(in_flight.await.unwrap().expect(200)["bio"], "new");
    app.stopped().await;
}

/// A receipt without what is counted in the background, by a worker of the new process perhaps.
fn without_threads(mut receipt: Value) -> Value {
    if let Some(component) = receipt.pointer_mut("/components/3") {
        component["conversation"] = Value::Null;
    }
    receipt
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&crate::support::community("ana", 9, &[1, 10, 40])).await;
    app.settle().await;
    let paths = ["/v1/creators", "/v1/creators/ana/scores", "/v1/model"];
    let mut before = Vec::new();
    for path in paths {
        before.push(without_threads(app.get(path).await.ok()));
    }
    let ranked = app.get("/v1/recommendations?niche=gaming").await.ok()["items"].clone();
    let next = app.another().await;
    app.stopped().await;
    next.settle().await;
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(without_threads(next.get(path).await.ok()), before, "{path}");
    }
    assert_eq!(next.get("/v1/recommendations?niche=gaming").await.ok()["items"], ranked);
}

#[tokio::test]
async fn the_documentation_is_served_without_anything_from_outside() {
    let app = App::start().await;
    let stranger = app.with_key(None);
    let page = stranger.get("/docs/").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let html = page.text();
    let links: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(links.len() >= 4, "{html}");
    for link in links {
        assert!(!link.contains("//"), "{link} is outside");
        let asset = stranger.get(&format!("/docs/{}", link.trim_start_matches("./"))).await;
        assert!(asset.status == 200 && !asset.body.is_empty(), "{link}");
    }
    let start = stranger.get("/docs/swagger-initializer.js").await.text();
    assert!(start.contains("/openapi.json") && !start.contains("http"), "{start}");
    // A browser that was sent there without the slash finds the page, too.
    assert_eq!(stranger.get("/docs").await.text(), html);
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let app = App::start().await;
    let plain = app.get("/openapi.json").await;
    assert!(!plain.headers.contains_key("content-encoding"));
    let asked = async |encoding| {
        let answer =
            app.request(Method::GET, "/openapi.json").header("accept-encoding", encoding).send().await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert!(answer.body.len() < plain.body.len() / 4);
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
        answer.body
    };
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(asked("gzip").await.as_slice()).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, plain.body);
    assert_eq!(zstd::decode_all(asked("zstd").await.as_slice()).unwrap(), plain.body);
    asked("br").await;
}

#[tokio::test]
async fn bodies_may_be_compressed() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let event = |id: &str| crate::support::event(id, "ana", json!({})).to_string();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(event("a").as_bytes()).unwrap();
    let zstd = zstd::encode_all(event("b").as_bytes(), 3).unwrap();
    for (encoding, body) in
        [("gzip", gzip.finish().unwrap()), ("zstd", zstd), ("identity", event("c").into())]
    {
        let request = app.request(Method::POST, "/v1/events").header("content-encoding", encoding);
        request.body("application/json", body).send().await.expect(201);
    }
}
