//! Paging through recommendations: all pages of a query come from one snapshot, whatever happens meanwhile.

use crate::support::{App, community};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PAGE: &str = "/v1/recommendations";

fn brief(cursor: Option<&str>) -> Value {
    let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}, "limit": 20});
    if let Some(cursor) = cursor {
        request["cursor"] = json!(cursor);
    }
    request
}

async fn with_creators(count: usize) -> App {
    let app = App::start().await;
    for number in 0..count {
        app.put_creator(&format!("c{number:03}"), json!({})).await;
    }
    app
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_everything_changes() {
    let app = with_creators(130).await;
    for number in (0..130).step_by(9) {
        app.send(&community(&format!("c{number:03}"), 6 + number % 7, &[2, 20, 50])).await;
    }
    app.settle().await;
    let whole =
        app.post(PAGE, &json!({"brief": {"niches": [{"id": "gaming"}]}, "limit": 200})).await.expect(200);
    let mut items: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = app.post(PAGE, &brief(cursor.as_deref())).await.expect(200);
        assert_eq!(page["snapshot"], whole["snapshot"]);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = Some(next.to_owned());
        shake(&app, items.len()).await;
    }
    assert_eq!(json!(items), whole["items"]);
    let fresh = app.post(PAGE, &brief(None)).await.expect(200);
    assert_ne!(fresh["snapshot"], whole["snapshot"]);
}

/// Changes the data so that another snapshot is published: new and erased creators, other scores, other niches.
async fn shake(app: &App, round: usize) {
    app.put_creator(&format!("new{round}"), json!({})).await;
    app.delete(&format!("/v1/creators/c{:03}", 129 - round / 10)).await.expect(204);
    app.put_creator(&format!("c{round:03}"), json!({"niches": ["minimalism"]})).await;
    app.send(&community(&format!("new{round}"), 9, &[3, 30])).await;
    app.settle().await;
}

#[tokio::test]
async fn the_last_page_has_no_cursor_even_when_it_is_full() {
    let app = with_creators(40).await;
    app.settle().await;
    let first = app.post(PAGE, &brief(None)).await.expect(200);
    let second = app.post(PAGE, &brief(first["next_cursor"].as_str())).await.expect(200);
    assert_eq!(second["items"].as_array().unwrap().len(), 20);
    assert_eq!(second["items"][0]["rank"], 21);
    assert!(second.get("next_cursor").is_none());
    let ids: BTreeSet<_> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["creator_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 40);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query_but_the_size_of_pages_may_change() {
    let app = with_creators(25).await;
    app.settle().await;
    let first = app.post(PAGE, &brief(None)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let mut other = brief(Some(cursor));
    other["limit"] = json!(3);
    let page = app.post(PAGE, &other).await.expect(200);
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["rank"]), (3, &json!(21)));
    for (field, value) in [
        ("brief", json!({"niches": [{"id": "minimalism"}]})),
        ("brief", json!({"niches": [{"id": "gaming", "weight": 2.0}, {"id": "minimalism"}]})),
        ("filters", json!({"countries": ["RO"]})),
        ("weights", json!({"fit": 1.0})),
        ("exclude_creators", json!(["c001"])),
    ] {
        let mut other = brief(Some(cursor));
        other[field] = value;
        app.post(PAGE, &other).await.problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn a_cursor_that_was_touched_or_made_up_is_refused() {
    let app = with_creators(21).await;
    app.settle().await;
    let first = app.post(PAGE, &brief(None)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    for place in [0, cursor.len() / 2, cursor.len() - 2] {
        let mut bytes = cursor.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let touched = String::from_utf8(bytes).unwrap();
        app.post(PAGE, &brief(Some(&touched))).await.problem(400, "invalid_cursor");
    }
    for made_up in ["", "AAAA", "c020", "%%%", &"A".repeat(4_000)] {
        app.post(PAGE, &brief(Some(made_up))).await.problem(400, "invalid_cursor");
    }
    // A cursor of another list.
    let creators = app.get("/v1/creators?limit=1").await.ok();
    app.post(PAGE, &brief(creators["next_cursor"].as_str())).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_cursor_whose_snapshot_is_gone_says_so() {
    let app = with_creators(21).await;
    app.settle().await;
    let first = app.post(PAGE, &brief(None)).await.expect(200);
    // A service that was started anew knows the signature but not the snapshot.
    let restarted = app.another().await;
    app.stopped().await;
    restarted.settle().await;
    restarted.post(PAGE, &brief(first["next_cursor"].as_str())).await.problem(410, "snapshot_expired");
}
