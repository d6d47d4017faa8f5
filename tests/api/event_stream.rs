//! Streams of events: every line answered, whatever comes before and after it.

use crate::support::{App, Encoding, Upload, days_ago, event, eventually, lines, profile, violations};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};
use voci::keys::Scope;

const PATH: &str = "/v1/events/stream";

/// A service with the creator `ana`.
async fn app() -> App {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app
}

fn like(id: &str) -> Value {
    event(id, "ana", json!({}))
}

fn likes(ids: std::ops::Range<usize>) -> Vec<Value> {
    ids.map(|id| like(&format!("e{id}"))).collect()
}

/// Sends a whole stream; the lines of the answer.
async fn stream(app: &App, body: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut upload = Upload::open(app, PATH).await;
    upload.send(body).await;
    upload.end();
    upload.rest().await
}

/// Line, status, and pointer and code of what is wrong.
fn told(line: &Value) -> (u64, &str, Vec<(String, String)>) {
    let wrong = if line["problem"]["errors"].is_array() { violations(&line["problem"]) } else { Vec::new() };
    (line["line"].as_u64().unwrap(), line["status"].as_str().unwrap(), wrong)
}

fn summary(counts: [usize; 4]) -> Value {
    let [stored, duplicate, conflict, invalid] = counts;
    let lines: usize = counts.iter().sum();
    json!({"summary": {
        "lines": lines, "stored": stored, "duplicate": duplicate, "conflict": conflict, "invalid": invalid
    }})
}

#[tokio::test]
async fn a_stream_is_answered_line_by_line_and_ends_with_a_summary() {
    let app = app().await;
    app.send(&[like("old"), like("taken")]).await;
    let sent = [
        like("new").to_string(),
        String::new(),
        like("old").to_string() + "\r",
        event("taken", "ana", json!({"kind": "save"})).to_string(),
        "  ".to_owned(),
        like("new").to_string(),
        event("lost", "nobody", json!({})).to_string(),
        like("last").to_string(),
    ];
    let answer = stream(&app, sent.join("\n")).await;
    assert_eq!(answer[0], json!({"line": 1, "event_id": "new", "status": "stored"}));
    assert_eq!(answer[1], json!({"line": 3, "event_id": "old", "status": "duplicate"}));
    assert_eq!((told(&answer[2]).0, told(&answer[2]).1), (4, "conflict"));
    assert_eq!(answer[2]["problem"]["code"], "event_conflict");
    assert_eq!(answer[3], json!({"line": 6, "event_id": "new", "status": "duplicate"}));
    let unknown = vec![("/creator_id".to_owned(), "unknown_creator".to_owned())];
    assert_eq!(told(&answer[4]), (7, "invalid", unknown));
    assert_eq!(answer[5], json!({"line": 8, "event_id": "last", "status": "stored"}));
    assert_eq!(answer[6..], [summary([2, 2, 1, 1])]);
    assert_eq!(app.count("events").await, 4);
}

#[tokio::test]
async fn an_empty_stream_has_an_empty_summary() {
    let app = app().await;
    for nothing in ["", "\n", "\r\n \n"] {
        assert_eq!(stream(&app, nothing).await, [summary([0; 4])]);
    }
}

#[tokio::test]
async fn a_bad_line_is_named_and_hurts_no_other() {
    let app = app().await;
    let with = |change: Value| event("bad", "ana", change).to_string().into_bytes();
    let broken = |from: &str, to: &[u8]| {
        let text = with(json!({"kind": "comment", "text": "HERE"}));
        let place = text.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        [&text[..place], to, &text[place + from.len()..]].concat()
    };
    let cases: [(Vec<u8>, &str, &str); 12] = [
        (vec![b'x'; (64 << 10) + 1], "", "too_long"),
        (vec![b'x'; 1 << 20], "", "too_long"),
        (broken("HERE", b"\xff\xfe"), "", "invalid_text"),
        (broken("HERE", b"\\ud800"), "", "invalid_text"),
        (broken("HERE", b"a\\u0000b"), "/text", "nul_character"),
        (with(json!({"note": "x"})), "/note", "unknown_field"),
        (with(json!({"kind": "applause"})), "/kind", "unknown_value"),
        (with(json!({"event_id": null})), "/event_id", "required"),
        (with(json!({"occurred_at": days_ago(401)})), "/occurred_at", "time_too_old"),
        (b"[]".to_vec(), "", "wrong_type"),
        (b"7".to_vec(), "", "wrong_type"),
        (with(json!({"creator_id": "nobody"})), "/creator_id", "unknown_creator"),
    ];
    let mut body = Vec::new();
    for (index, (line, ..)) in cases.iter().enumerate() {
        body.extend_from_slice(line);
        body.extend_from_slice(format!("\n{}\n", like(&format!("good-{index}"))).as_bytes());
    }
    let answer = stream(&app, body).await;
    for (index, (_, pointer, code)) in cases.iter().enumerate() {
        let number = 2 * index as u64 + 1;
        let wrong = vec![((*pointer).to_owned(), (*code).to_owned())];
        assert_eq!(told(&answer[2 * index]), (number, "invalid", wrong));
        assert_eq!(told(&answer[2 * index + 1]), (number + 1, "stored", Vec::new()));
    }
    assert_eq!(answer[24..], [summary([12, 0, 0, 12])]);
}

#[tokio::test]
async fn a_line_that_is_no_json_is_told_from_one_that_breaks_a_rule() {
    let app = app().await;
    for broken in ["{", "{\"event_id\":", "{} {}", "event", "{\"event_id\":\"\0\"}"] {
        let answer = stream(&app, format!("{broken}\n{}", like("e1"))).await;
        assert_eq!(answer[0]["status"], "invalid");
        assert!(matches!(answer[0]["problem"]["status"].as_u64(), Some(400 | 422)), "{}", answer[0]);
        assert!(answer[2]["summary"].is_object());
    }
}

#[tokio::test]
async fn every_encoding_is_read_however_it_is_cut() {
    let app = app().await;
    let events = likes(0..300);
    let plain = lines(&events);
    for (run, name) in ["gzip", "deflate", "br", "zstd"].into_iter().enumerate() {
        for size in [1, 1_000, 1 << 20] {
            let mut encoding = Encoding::named(name);
            let mut body = encoding.piece(&plain);
            body.extend(encoding.end());
            let mut upload = Upload::encoded(&app, PATH, name).await;
            for piece in body.chunks(size) {
                upload.send(piece).await;
            }
            upload.end();
            let answer = upload.rest().await;
            let counts = if (run, size) == (0, 1) { [300, 0, 0, 0] } else { [0, 300, 0, 0] };
            assert_eq!(answer.last(), Some(&summary(counts)), "{name} in pieces of {size}");
        }
    }
}

#[tokio::test]
async fn a_slow_feed_gets_its_results_before_it_ends() {
    let app = app().await;
    let mut upload = Upload::open(&app, PATH).await;
    for id in ["a", "b", "c"] {
        upload.send_lines(&[like(id)]).await;
        assert_eq!(upload.line().await.unwrap()["event_id"], id);
        assert_eq!(app.count("events").await, i64::from(id.as_bytes()[0] - b'a') + 1, "told is committed");
    }
    upload.end();
    assert_eq!(upload.rest().await, [summary([3, 0, 0, 0])]);
    for name in ["gzip", "deflate", "br", "zstd"] {
        let mut encoding = Encoding::named(name);
        let mut upload = Upload::encoded(&app, PATH, name).await;
        for id in ["a", "b"] {
            upload.send(encoding.piece(&lines(&[like(id)]))).await;
            assert_eq!(upload.line().await.unwrap()["event_id"], id, "{name}");
        }
        upload.send(encoding.end()).await;
        upload.end();
        assert_eq!(upload.rest().await, [summary([0, 2, 0, 0])], "{name}");
    }
}

#[tokio::test]
async fn a_steady_feed_gets_its_results_though_it_never_pauses() {
    let app = app().await;
    let mut upload = Upload::open(&app, PATH).await;
    upload.send_lines(&[like("first")]).await;
    let mut sent = 0;
    let first = loop {
        // Always something on its way, and never a whole chunk.
        upload.send(" ").await;
        sent += 1;
        assert!(sent < 10_000, "no result for {sent} pieces");
        if let Ok(line) = tokio::time::timeout(Duration::from_millis(2), upload.line()).await {
            break line.unwrap();
        }
    };
    assert_eq!(first["event_id"], "first");
}

#[tokio::test]
async fn what_follows_a_compressed_body_is_not_dropped_silently() {
    let app = app().await;
    for name in ["gzip", "deflate", "br", "zstd"] {
        let whole = |events: &[Value]| {
            let mut encoding = Encoding::named(name);
            [encoding.piece(&lines(events)), encoding.end()].concat()
        };
        let first = whole(&[like("a")]);
        for rest in [b"garbage that is not compressed".to_vec(), first[..first.len() - 3].to_vec()] {
            let mut upload = Upload::encoded(&app, PATH, name).await;
            upload.send([first.clone(), rest].concat()).await;
            upload.end();
            let answer = upload.rest().await;
            let last = answer.last().unwrap();
            assert_eq!(last["problem"]["code"], "invalid_request", "{name} {answer:?}");
        }
        // A body that was cut off before its end.
        let mut upload = Upload::encoded(&app, PATH, name).await;
        upload.send(&first[..first.len() - 3]).await;
        upload.end();
        assert_eq!(upload.rest().await.last().unwrap()["problem"]["code"], "invalid_request", "{name}");
    }
    let two = ["a", "b"].map(|id| {
        let mut encoding = Encoding::named("gzip");
        [encoding.piece(&lines(&[like(id)])), encoding.end()].concat()
    });
    let mut upload = Upload::encoded(&app, PATH, "gzip").await;
    upload.send(two.concat()).await;
    upload.end();
    assert_eq!(upload.rest().await.last().unwrap()["summary"]["lines"], 2, "members are one stream");
}

#[tokio::test]
async fn windows_of_many_megabytes_are_refused() {
    let app = app().await;
    let zstd = {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(&lines(&[like("a")])).unwrap();
        encoder.finish().unwrap()
    };
    // The header of a large window of 2^30 bytes, and nothing that matters after it.
    let brotli = [&[0x11, 0x1e][..], &[0; 64]].concat();
    for (name, body) in [("zstd", zstd), ("br", brotli)] {
        let mut upload = Upload::encoded(&app, PATH, name).await;
        upload.send(body).await;
        upload.end();
        let answer = upload.rest().await;
        assert_eq!(answer.last().unwrap()["problem"]["code"], "invalid_request", "{name} {answer:?}");
    }
    assert_eq!(app.count("events").await, 0);
}

#[tokio::test]
async fn many_chunks_are_one_stream() {
    let app = app().await;
    let mut events = likes(0..5_000);
    // A repeat of what an earlier chunk stored.
    events.push(like("e0"));
    let mut upload = Upload::open(&app, PATH).await;
    upload.send_lines(&events).await;
    upload.end();
    let answer = upload.rest().await;
    for (index, line) in answer[..5_000].iter().enumerate() {
        assert_eq!(*line, json!({"line": index + 1, "event_id": format!("e{index}"), "status": "stored"}));
    }
    assert_eq!(answer[5_000]["status"], "duplicate");
    assert_eq!(answer[5_001..], [summary([5_000, 1, 0, 0])]);
    assert_eq!(app.count("events").await, 5_000);
}

#[tokio::test]
async fn a_caller_may_send_everything_before_reading_when_only_problems_are_told() {
    let app = app().await;
    let mut body = lines(&likes(0..20_000));
    body.extend_from_slice(b"no event\n");
    let answer = app
        .request(Method::POST, "/v1/events/stream?results=problems")
        .body("application/x-ndjson", body)
        .send()
        .await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let text = answer.text();
    let told: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["line"], &told[0]["status"]), (&json!(20_001), &json!("invalid")));
    assert_eq!(told[1], summary([20_000, 0, 0, 1]));
}

#[tokio::test]
async fn answers_are_not_held_back_by_compression() {
    let app = app().await;
    let answer = app
        .request(Method::POST, PATH)
        .header("accept-encoding", "gzip, br, zstd")
        .body("application/ndjson", lines(&[like("a")]))
        .send()
        .await;
    assert_eq!(answer.header("content-encoding"), "identity");
    assert_eq!(answer.text().lines().count(), 2);
}

#[tokio::test]
async fn a_stream_needs_the_scope_a_content_type_and_a_known_encoding() {
    let app = app().await;
    let body = lines(&[like("a")]);
    let post = |client: &crate::support::Client, path: &str| client.request(Method::POST, path);
    let reader = app.client_with("default", &[Scope::Read, Scope::CreatorsWrite]).await;
    let refused = post(&reader, PATH).body("application/x-ndjson", body.clone()).send().await;
    refused.problem(403, "missing_scope");
    let stranger = app.with_key(None);
    let refused = post(&stranger, PATH).body("application/x-ndjson", body.clone()).send().await;
    refused.problem(401, "unauthorized");
    for content_type in ["application/json", "text/plain", "application/jsonlines"] {
        let refused = post(&app, PATH).body(content_type, body.clone()).send().await;
        refused.problem(415, "unsupported_media_type");
    }
    let compressed = post(&app, PATH).header("content-encoding", "compress");
    compressed.body("application/x-ndjson", body.clone()).send().await.problem(415, "unsupported_media_type");
    let path = format!("{PATH}?results=some");
    post(&app, &path).body("application/x-ndjson", body.clone()).send().await.problem(400, "invalid_query");
    assert_eq!(app.count("events").await, 0);
    for content_type in ["application/x-ndjson; charset=utf-8", "application/octet-stream"] {
        assert_eq!(post(&app, PATH).body(content_type, body.clone()).send().await.status, 200);
    }
}

#[tokio::test]
async fn nothing_of_a_stream_reaches_another_tenant() {
    let app = app().await;
    let other = app.tenant("other").await;
    let mut upload = Upload::open(&other, PATH).await;
    upload.send_lines(&[like("a")]).await;
    upload.end();
    let answer = upload.rest().await;
    assert_eq!(told(&answer[0]).2, [("/creator_id".to_owned(), "unknown_creator".to_owned())]);
    other.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    assert_eq!(stream(&app, lines(&[like("a")])).await[0]["status"], "stored");
    let mut upload = Upload::open(&other, PATH).await;
    upload.send_lines(&[like("a")]).await;
    upload.end();
    assert_eq!(upload.rest().await[0]["status"], "stored", "the same ids, another tenant");
}

#[tokio::test]
async fn purchases_are_verified_only_for_those_who_may() {
    let app = app().await;
    let purchase = |id: &str| event(id, "ana", json!({"kind": "purchase", "value": 1, "currency": "RON"}));
    stream(&app, lines(&[purchase("yes")])).await;
    let shop = app.client_with("default", &[Scope::EventsWrite]).await;
    let mut upload = Upload::open(&shop, PATH).await;
    upload.send_lines(&[purchase("no")]).await;
    upload.end();
    assert_eq!(upload.rest().await[0]["status"], "stored");
    assert_eq!((app.count("events where verified").await, app.count("events").await), (1, 2));
}

#[tokio::test]
async fn a_stream_whose_database_goes_away_has_no_summary_and_may_be_sent_again() {
    let app = app().await;
    let events = likes(0..10);
    let mut upload = Upload::open(&app, PATH).await;
    upload.send_lines(&events[..5]).await;
    for _ in 0..5 {
        assert_eq!(upload.line().await.unwrap()["status"], "stored");
    }
    app.database().take_away().await;
    upload.send_lines(&events[5..]).await;
    let last = upload.line().await.unwrap();
    assert!(last["line"].is_null(), "{last}");
    let code = last["problem"]["code"].as_str().unwrap();
    assert!(["database_unavailable", "outcome_unknown"].contains(&code), "{last}");
    assert_eq!(last["problem"]["instance"], PATH);
    assert!(last["problem"]["request_id"].is_string());
    assert_eq!(upload.line().await, None);

    app.database().give_back().await;
    let answer = eventually("the stream is taken", async || {
        let answer = stream(&app, lines(&events)).await;
        answer.last().is_some_and(|last| last["summary"].is_object()).then_some(answer)
    })
    .await;
    assert!(answer[..5].iter().all(|line| line["status"] == "duplicate"), "{answer:?}");
    assert_eq!(app.count("events").await, 10);
}

#[tokio::test]
async fn a_stopping_service_ends_streams_after_what_it_has_read() {
    let mut app = app().await;
    let mut upload = Upload::open(&app, PATH).await;
    upload.send_lines(&[like("a")]).await;
    assert_eq!(upload.line().await.unwrap()["status"], "stored");
    app.begin_stop();
    let last = upload.line().await.unwrap();
    assert_eq!(last["problem"]["code"], "not_ready");
    assert_eq!(upload.line().await, None);
    let begun = std::time::Instant::now();
    app.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "an open stream does not hold the stop up");
}

#[tokio::test]
async fn a_silent_stream_is_ended_and_blank_lines_keep_one_open() {
    let app = App::start_with(|_, serve| serve.stream_idle_seconds = 1).await;
    app.put_creator("ana", json!({})).await;
    let mut upload = Upload::open(&app, PATH).await;
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        upload.send("\n").await;
    }
    upload.send_lines(&[like("a")]).await;
    assert_eq!(upload.line().await.unwrap(), json!({"line": 7, "event_id": "a", "status": "stored"}));
    let last = upload.line().await.unwrap();
    assert_eq!(last["problem"]["code"], "invalid_request");
    assert_eq!(upload.line().await, None);
}

#[tokio::test]
async fn streams_over_the_limit_are_refused_until_one_ends() {
    let app = App::start_with(|_, serve| serve.max_streams = 1).await;
    app.put_creator("ana", json!({})).await;
    let mut open = Upload::open(&app, PATH).await;
    open.send_lines(&[like("a")]).await;
    assert_eq!(open.line().await.unwrap()["status"], "stored");
    let refused = app.request(Method::POST, PATH).body("application/x-ndjson", "").send().await;
    refused.problem(503, "overloaded");
    open.end();
    open.rest().await;
    assert_eq!(app.request(Method::POST, PATH).body("application/x-ndjson", "").send().await.status, 200);
    // A caller who goes away without a word gives the place back, too.
    let mut gone = Upload::open(&app, PATH).await;
    gone.send(lines(&likes(0..3_000))).await;
    drop(gone);
    eventually("the place is free", async || {
        let answer = app.request(Method::POST, PATH).body("application/x-ndjson", "").send().await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_takes_no_results_is_read_no_further() {
    let app = app().await;
    // Lines and results are each many times what the buffers of the connection take.
    let (events, key) = (300_000, crate::support::KEY);
    let address = app.address().to_owned();
    let sent = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: voci\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut sent = 0;
        while sent < events {
            let batch = format!("{sent:<300}\n").repeat(1_000);
            let piece = format!("{:x}\r\n{batch}\r\n", batch.len());
            if socket.write_all(piece.as_bytes()).is_err() {
                break;
            }
            sent += 1_000;
        }
        // Once results are read, the rest could go on.
        let mut some = [0; 4_096];
        assert!(socket.read(&mut some).unwrap() > 0);
        sent
    });
    let sent = sent.await.unwrap();
    assert!(sent < events, "all {sent} lines were taken");
    app.get("/livez").await.expect(200);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_caller_who_takes_nothing_for_long_loses_its_place() {
    let app = App::start_with(|_, serve| {
        serve.stream_idle_seconds = 2;
        serve.max_streams = 1;
    })
    .await;
    let (address, key) = (app.address().to_owned(), crate::support::KEY);
    let stalled = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: voci\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/x-ndjson\r\nContent-Length: 1000000000\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        let lines = "no event\n".repeat(10_000);
        while socket.write_all(lines.as_bytes()).is_ok() {}
        socket
    });
    let _stalled = stalled.await.unwrap();
    eventually("the place is free", async || {
        let answer = app.request(Method::POST, PATH).body("application/x-ndjson", "").send().await;
        (answer.status == 200).then_some(())
    })
    .await;
}
