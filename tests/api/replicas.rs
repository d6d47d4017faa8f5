//! Several replicas behind a balancer that knows nothing of cursors: any of them answers for any page.

use crate::support::{Answer, App, Client, KEY, community, eventually, profile};
use reqwest::Method;
use serde_json::{Value, json};
use voci::{config::ServeConfig, keys::Scope};

const PAGE: &str = "/v1/recommendations";

fn brief(limit: usize, cursor: Option<&str>) -> Value {
    let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}, "limit": limit});
    if let Some(cursor) = cursor {
        request["cursor"] = json!(cursor);
    }
    request
}

fn query(limit: usize, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("{PAGE}?niche=gaming&limit={limit}{cursor}")
}

/// Two replicas that have seen so many creators.
async fn two_replicas(creators: usize) -> (App, App) {
    let first = App::start().await;
    for number in 0..creators {
        first.put_creator(&format!("c{number:03}"), json!({})).await;
    }
    let second = first.another().await;
    first.settle().await;
    second.settle().await;
    (first, second)
}

/// The cursor of the first page of a replica.
async fn cursor_of(replica: &Client) -> String {
    let page = replica.get(&query(1, None)).await.expect(200);
    page["next_cursor"].as_str().unwrap().to_owned()
}

/// Changes who is in the list and where.
async fn shake(app: &App, round: usize) {
    app.put_creator(&format!("new{round}"), json!({})).await;
    app.send(&community(&format!("new{round}"), 9, &[3, 30])).await;
    app.send(&community(&format!("c{round:03}"), 5, &[2, 20])).await;
    app.delete(&format!("/v1/creators/c{:03}", 104 - round)).await.expect(204);
}

/// All pages, asked of the replicas in turn, by GET and POST.
async fn round_robin(replicas: [&App; 2], by_get: bool, snapshot: &Value) -> (usize, Vec<Value>) {
    let (mut pages, mut items, mut cursor) = (0, Vec::new(), None::<String>);
    loop {
        let replica = replicas[pages % 2];
        let page = if by_get {
            replica.get(&query(5, cursor.as_deref())).await.expect(200)
        } else {
            replica.post(PAGE, &brief(5, cursor.as_deref())).await.expect(200)
        };
        assert_eq!(&page["snapshot"], snapshot);
        pages += 1;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { return (pages, items) };
        cursor = Some(next.to_owned());
        if by_get {
            shake(replicas[pages / 2 % 2], pages).await;
        }
        if pages % 5 == 0 {
            replicas[0].settle().await;
            replicas[1].settle().await;
        }
    }
}

#[tokio::test]
async fn pages_from_replicas_in_turn_neither_skip_nor_repeat_while_everything_changes() {
    let (first, second) = two_replicas(105).await;
    let mut whole = Value::Null;
    for by_get in [false, true] {
        whole = first.post(PAGE, &brief(200, None)).await.expect(200);
        let (pages, items) = round_robin([&first, &second], by_get, &whole["snapshot"]).await;
        assert_eq!((pages, items.len()), (21, 105));
        assert_eq!(json!(items), whole["items"]);
    }
    let fresh = first.post(PAGE, &brief(200, None)).await.expect(200);
    assert_ne!(fresh["items"], whole["items"]);
}

#[tokio::test]
async fn an_answer_of_another_replica_is_given_back_as_it_is() {
    let (first, second) = two_replicas(3).await;
    let path = query(1, Some(&cursor_of(&first).await));
    let here = first.get(&path).await;
    let there = second.get(&path).await;
    for header in ["content-type", "etag", "cache-control", "vary"] {
        assert_eq!(there.header(header), here.header(header), "{header}");
    }
    assert!(there.headers.contains_key("x-request-id"));
    let tag = here.header("etag").to_owned();
    let compressed = second.request(Method::GET, &path).header("accept-encoding", "gzip").send().await;
    assert_eq!((compressed.header("content-encoding"), compressed.header("etag")), ("gzip", tag.as_str()));
    let known = second.request(Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!((known.status, known.header("etag"), known.body.len()), (304, tag.as_str(), 0));
    let without_time = |answer: Answer| {
        let mut page = answer.expect(200);
        page["as_of"] = Value::Null;
        page
    };
    assert_eq!(without_time(there), without_time(here));
    // A problem names the path that was asked for and the id that its answer has.
    let unknown = second.post(PAGE, &json!({"brief": {"niches": []}, "cursor": "AAAA"})).await;
    unknown.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_cursor_of_another_replica_is_for_its_tenant_and_its_query_and_for_any_key_of_the_tenant() {
    let (first, second) = two_replicas(3).await;
    let stranger = first.tenant("other").await;
    for id in ["ana", "bea"] {
        stranger.put(&format!("/v1/creators/{id}"), &profile(id, json!({}))).await.expect(201);
    }
    let path = query(1, Some(&cursor_of(&first).await));
    let reader = first.client_with("default", &[Scope::Read]).await;
    assert_eq!(reader.at(&second).get(&path).await.expect(200)["items"][0]["rank"], 2);
    stranger.at(&second).get(&path).await.problem(400, "invalid_cursor");
    second.get(&path.replace("gaming", "minimalism")).await.problem(400, "invalid_cursor");
    let wrong = format!("{KEY}x");
    for key in [None, Some(wrong.as_str())] {
        second.with_key(key).get(&path).await.problem(401, "unauthorized");
    }
    let blind = first.client_with("default", &[Scope::EventsWrite]).await;
    blind.at(&second).get(&path).await.problem(403, "missing_scope");
}

#[tokio::test]
async fn the_replica_that_has_the_data_asks_by_itself_who_the_caller_is() {
    let (first, second) = two_replicas(3).await;
    let path = query(1, Some(&cursor_of(&first).await));
    let client = first.client_with("default", &[Scope::Read]).await;
    // Known to the second replica only, and revoked since.
    client.at(&second).get("/v1/creators").await.expect(200);
    first.sql("update api_keys set revoked_at = now() where label = 'test'").await;
    let refused = client.at(&second).get(&path).await;
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"voci\"");
    refused.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_request_is_passed_on_once() {
    let (first, second) = two_replicas(3).await;
    let path = query(1, Some(&cursor_of(&first).await));
    for mark in ["019a9c5e-54a1-7d3c-9d63-5c1f0a3b7e11", "", "yes"] {
        let marked = second.request(Method::GET, &path).header("voci-passed-on", mark);
        marked.send().await.problem(410, "snapshot_expired");
        // Where the data is, the mark changes nothing.
        first.request(Method::GET, &path).header("voci-passed-on", mark).send().await.expect(200);
    }
    second.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_cursor_of_a_replica_that_has_ended_says_so() {
    let (first, second) = two_replicas(3).await;
    assert_eq!(first.count("replicas").await, 2);
    let path = query(1, Some(&cursor_of(&first).await));
    second.get(&path).await.expect(200);
    first.stopped().await;
    assert_eq!(second.count("replicas").await, 1);
    let gone = second.get(&path).await.problem(410, "snapshot_expired");
    assert!(gone["detail"].as_str().unwrap().contains("start again without a cursor"), "{gone}");
    cursor_of(&second).await;
}

/// A replica with these settings and three creators.
async fn replica_with(change: impl FnOnce(&mut ServeConfig)) -> App {
    let app = App::start_with(|_, serve| change(serve)).await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    app.settle().await;
    app
}

#[tokio::test]
async fn a_replica_is_looked_for_where_it_says_and_nowhere_else() {
    // Nothing listens there.
    let first = replica_with(|serve| serve.advertise = Some("localhost:9".parse().unwrap())).await;
    let path = query(1, Some(&cursor_of(&first).await));
    let second = first.another().await;
    second.get(&path).await.problem(410, "snapshot_expired");
    let told = first.sql("select address from replicas order by address").await;
    assert_eq!(told[0][0].as_deref(), Some(second.address()));
    assert_eq!(told[1][0].as_deref(), Some("localhost:9"));
    for name in ["host", "x-forwarded-host", "forwarded"] {
        let request = second.request(Method::GET, &path).header(name, first.address());
        request.send().await.problem(410, "snapshot_expired");
    }
}

#[tokio::test]
async fn a_replica_that_listens_on_all_addresses_is_found_without_being_told_where_it_is() {
    let first = replica_with(|serve| serve.listen = "0.0.0.0:0".parse().unwrap()).await;
    let path = query(1, Some(&cursor_of(&first).await));
    let second = first.another().await;
    second.get(&path).await.expect(200);
    let port = first.address().rsplit(':').next().unwrap();
    assert_eq!(first.count(&format!("replicas where address = '127.0.0.1:{port}'")).await, 1);
}

#[tokio::test]
async fn what_answers_in_the_place_of_a_replica_is_not_believed() {
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((mut stream, _)) = elsewhere.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    });
    let first = replica_with(|serve| serve.advertise = Some(address.parse().unwrap())).await;
    let path = query(1, Some(&cursor_of(&first).await));
    first.another().await.get(&path).await.problem(410, "snapshot_expired");
}

#[tokio::test]
async fn replicas_of_whom_nothing_was_seen_for_a_day_are_forgotten() {
    let app = App::start().await;
    app.sql("insert into replicas values ('a', 'a:1', now() - interval '23 hours'), ('b', 'b:1', now() - interval '25 hours')")
        .await;
    eventually("the older one is gone", async || (app.count("replicas").await == 2).then_some(())).await;
    assert_eq!(app.count("replicas where series = 'a'").await, 1);
}

#[tokio::test]
async fn a_known_replica_answers_while_the_database_is_away() {
    let (first, second) = two_replicas(3).await;
    let path = query(1, Some(&cursor_of(&first).await));
    second.get(&path).await.expect(200);
    first.database().take_away().await;
    second.get(&path).await.expect(200);
    first.database().give_back().await;
}
