//! Answers that callers keep, and ask again whether they still hold.

use crate::support::{Answer, App, Client, community, profile};
use reqwest::Method;
use serde_json::json;

const GAMING: &str = "/v1/recommendations?niche=gaming&limit=1";
const SCORES: &str = "/v1/creators/ana/scores";

async fn ask(client: &Client, path: &str, known: &str) -> Answer {
    client.request(Method::GET, path).header("if-none-match", known).send().await
}

async fn tag(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("vary"), "Authorization, Accept-Encoding");
    answer.header("etag").to_owned()
}

async fn with_two_creators() -> App {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.settle().await;
    app
}

#[tokio::test]
async fn an_answer_that_still_holds_is_not_sent_again() {
    let app = with_two_creators().await;
    for path in [GAMING, SCORES] {
        let known = tag(&app, path).await;
        let strong = known.strip_prefix("W/").unwrap();
        for sent in [&known, strong, "*", &format!("\"other\", {known}")] {
            let answer = ask(&app, path, sent).await;
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{sent}");
            assert_eq!(answer.header("etag"), known);
            assert_eq!(answer.header("cache-control"), "private, no-cache");
            assert_eq!(answer.header("vary"), "Authorization, Accept-Encoding");
        }
        ask(&app, path, "\"other\"").await.expect(200);
    }
}

#[tokio::test]
async fn a_tag_stays_while_time_passes_and_ends_with_a_change() {
    let app = with_two_creators().await;
    let (ranked, receipt) = (tag(&app, GAMING).await, tag(&app, SCORES).await);
    // Time passes: as_of moves on.
    app.settle().await;
    ask(&app, GAMING, &ranked).await.expect(304);
    ask(&app, SCORES, &receipt).await.expect(304);
    app.send(&community("ana", 9, &[3, 30])).await;
    app.settle().await;
    for (path, known) in [(GAMING, ranked), (SCORES, receipt)] {
        let answer = ask(&app, path, &known).await;
        assert_ne!(answer.header("etag"), known);
        answer.expect(200);
    }
}

#[tokio::test]
async fn a_tag_belongs_to_its_query_its_page_and_its_tenant() {
    let app = with_two_creators().await;
    let other = app.tenant("other").await;
    for id in ["ana", "bea"] {
        other.put(&format!("/v1/creators/{id}"), &profile(id, json!({}))).await.expect(201);
    }
    app.settle().await;
    let first = app.get(GAMING).await;
    let known = first.header("etag").to_owned();
    let page = first.expect(200);
    let next = format!("{GAMING}&cursor={}", page["next_cursor"].as_str().unwrap());
    let others =
        ["/v1/recommendations?niche=minimalism&limit=1", "/v1/recommendations?niche=gaming&limit=2", &next];
    for path in others {
        ask(&app, path, &known).await.expect(200);
    }
    ask(&other, GAMING, &known).await.expect(200);
    // The same query, written differently.
    let post =
        app.post("/v1/recommendations", &json!({"brief": {"niches": [{"id": "gaming"}]}, "limit": 1})).await;
    assert_eq!(post.header("etag"), known);
    ask(&app, "/v1/recommendations?limit=1&niche=gaming", &known).await.expect(304);
}

#[tokio::test]
async fn a_tag_is_the_same_however_the_answer_is_compressed() {
    let app = with_two_creators().await;
    let known = tag(&app, GAMING).await;
    let gzip = app.request(Method::GET, GAMING).header("accept-encoding", "gzip").send().await;
    assert_eq!((gzip.header("content-encoding"), gzip.header("etag")), ("gzip", known.as_str()));
    let again =
        app.request(Method::GET, GAMING).header("accept-encoding", "gzip").header("if-none-match", &known);
    let again = again.send().await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_whatever_the_caller_knows() {
    let app = with_two_creators().await;
    ask(&app, "/v1/recommendations?niche=nothing", "*").await.problem(422, "validation_failed");
    let limit = ask(&app, "/v1/recommendations?niche=gaming&limit=0", "*").await;
    limit.problem(400, "invalid_query");
    ask(&app, "/v1/creators/cia/scores", "*").await.problem(404, "creator_not_found");
    let problem = app.get("/v1/recommendations?niche=nothing").await;
    assert_eq!(problem.header("cache-control"), "no-store");
    assert!(!problem.headers.contains_key("etag"));
}
