//! The list of creators.

use crate::support::App;
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["creator_id"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Value) -> Option<String> {
    page["next_cursor"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_creators_come_and_go() {
    let app = App::start().await;
    // In the order of bytes, whatever the collation of the database.
    let all = ["B", "a", "a-1", "a.1", "a1", "aa", "b", "c", "~z"];
    app.put_creators(&all, json!({})).await;
    let mut expected: Vec<String> = all.map(str::to_owned).to_vec();
    expected.sort();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let cursor_part = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = app.get(&format!("/v1/creators?limit=2{cursor_part}")).await.ok();
        seen.extend(ids(&page));
        cursor = next(&page);
        if cursor.is_none() {
            break;
        }
        // What comes and goes before the place that was read, and changes after it, moves nothing.
        app.put_creator(&format!("0{}", seen.len()), json!({})).await;
        app.delete(&format!("/v1/creators/{}", seen[0])).await;
        app.patch("/v1/creators/~z", &json!({"bio": format!("{}", seen.len())})).await.expect(200);
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_full_last_page_has_no_cursor() {
    let app = App::start().await;
    app.put_creators(&["a", "b", "c", "d"], json!({})).await;
    let first = app.get("/v1/creators?limit=2").await.ok();
    let second = app.get(&format!("/v1/creators?limit=2&cursor={}", next(&first).unwrap())).await.ok();
    assert_eq!((ids(&second), next(&second)), (vec!["c".to_owned(), "d".to_owned()], None));
    assert_eq!(ids(&app.get("/v1/creators").await.ok()).len(), 4);
}

#[tokio::test]
async fn a_cursor_that_was_touched_or_is_of_another_list_is_refused() {
    let app = App::start().await;
    app.put_creators(&["a", "b"], json!({})).await;
    let page = app.get("/v1/creators?limit=1").await.ok();
    let cursor = next(&page).unwrap();
    let touched = format!("{}A", &cursor[..cursor.len() - 1]);
    let last = if touched == cursor { format!("{}E", &cursor[..cursor.len() - 1]) } else { touched };
    for wrong in [last.as_str(), "", "AAAA", "b", "%00"] {
        app.get(&format!("/v1/creators?limit=1&cursor={wrong}")).await.problem(400, "invalid_cursor");
    }
    let of_niches = next(&app.get("/v1/niches?limit=1").await.ok()).unwrap();
    app.get(&format!("/v1/creators?cursor={of_niches}")).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_page_has_one_to_200_creators() {
    let app = App::start().await;
    for limit in ["0", "201", "4294967296", "-1", "ten", ""] {
        let problem = app.get(&format!("/v1/creators?limit={limit}")).await.problem(400, "invalid_query");
        assert_eq!(problem["errors"][0]["pointer"], "?limit", "{limit}");
    }
    app.get("/v1/creators?limit=1").await.expect(200);
    app.get("/v1/creators?limit=200").await.expect(200);
}
