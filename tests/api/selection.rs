//! Recommendations: other orders than the ranking, and places for creators who are hardly known.

use crate::support::{App, community, event};
use serde_json::{Value, json};

async fn page(app: &App, more: Value) -> Value {
    let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post("/v1/recommendations", &request).await.expect(200)
}

fn of_items<'a>(page: &'a Value, field: &str) -> Vec<&'a Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[field]).collect()
}

/// All pages of a request, and how often a cursor was followed.
async fn all(app: &App, more: Value) -> Vec<Value> {
    let (mut items, mut more) = (Vec::new(), more);
    loop {
        let page = page(app, more.clone()).await;
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page.get("next_cursor") else { return items };
        more["cursor"] = cursor.clone();
    }
}

#[tokio::test]
async fn the_mean_ranks_who_may_be_good_above_who_is_known_to_be() {
    let app = App::start().await;
    app.put_creators(&["known", "promising", "other"], json!({})).await;
    app.send(&community("known", 60, &[1, 10, 20, 40])).await;
    app.send(&community("promising", 10, &[1, 10, 20, 40])).await;
    app.settle().await;
    for (rank_by, field) in [("lower_bound", "low"), ("mean", "score")] {
        let page = page(&app, json!({"rank_by": rank_by})).await;
        let numbers: Vec<f64> =
            of_items(&page, field).iter().map(|number| number.as_f64().unwrap()).collect();
        assert_eq!(numbers.len(), 3);
        assert!(numbers.is_sorted_by(|a, b| a >= b), "{rank_by} {page}");
    }
}

#[tokio::test]
async fn a_diverse_list_begins_with_the_best_and_goes_on_with_somebody_else() {
    let app = App::start().await;
    app.put_creators(&["a1", "a2", "a3"], json!({"country": "RO", "niches": ["gaming"]})).await;
    app.put_creators(
        &["b1"],
        json!({"country": "DE", "languages": ["de"], "niches": ["gaming", "minimalism"]}),
    )
    .await;
    app.settle().await;
    let order = async |diversity: f64| {
        let page = page(&app, json!({"diversity": diversity})).await;
        of_items(&page, "creator_id")
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(order(0.0).await, "a1 a2 a3 b1");
    assert_eq!(order(0.8).await, "a1 b1 a2 a3");
}

#[tokio::test]
async fn who_has_the_same_people_as_the_best_one_comes_after_who_has_others() {
    let app = App::start().await;
    app.put_creators(&["a1", "a2", "b1"], json!({"country": "RO", "niches": ["gaming"]})).await;
    let people = |creator: &'static str, first: usize| {
        (first..first + 40).map(move |person| {
            event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
        })
    };
    let all = people("a1", 0).chain(people("a2", 0)).chain(people("b1", 100));
    app.send(&all.collect::<Vec<_>>()).await;
    app.settle().await;
    app.count_communities().await;
    app.settle().await;
    let order = async |diversity: f64| {
        let page = page(&app, json!({"diversity": diversity})).await;
        of_items(&page, "creator_id").into_iter().cloned().collect::<Vec<Value>>()
    };
    assert_eq!(order(0.0).await, ["a1", "a2", "b1"]);
    assert_eq!(order(0.8).await, ["a1", "b1", "a2"]);
    let receipt = app.get("/v1/creators/b1/scores").await.ok();
    assert_eq!(receipt.get("community"), None, "its people engage with nobody else");
}

#[tokio::test]
async fn niches_of_a_brief_share_the_places_of_a_diverse_list() {
    let app = App::start().await;
    let (gamers, travellers): (Vec<String>, Vec<String>) =
        (0..8).map(|number| (format!("g{number}"), format!("t{number}"))).unzip();
    let ids = |names: &'static str, all: &[String]| all.iter().filter(|id| id.starts_with(names)).count();
    for (all, niche) in [(&gamers, "gaming"), (&travellers, "travel")] {
        let names: Vec<&str> = all.iter().map(String::as_str).collect();
        app.put_creators(&names, json!({"niches": [niche]})).await;
    }
    app.settle().await;
    let brief = json!({"niches": [{"id": "gaming", "weight": 3.0}, {"id": "travel", "weight": 2.0}]});
    let list = async |diversity: f64| {
        let page = page(&app, json!({"brief": brief, "diversity": diversity, "limit": 8})).await;
        of_items(&page, "creator_id").iter().map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("g", &list(0.0).await), 8, "the ranking takes the heavier niche first");
    let diverse = list(0.7).await;
    assert!((4..=6).contains(&ids("g", &diverse)), "{diverse:?}");
}

#[tokio::test]
async fn explored_places_are_declared_and_pages_hold_everybody_once() {
    let app = App::start().await;
    let known: Vec<String> = (0..7).map(|number| format!("known-{number}")).collect();
    let unknown: Vec<String> = (0..5).map(|number| format!("new-{number}")).collect();
    for all in [&known, &unknown] {
        app.put_creators(&all.iter().map(String::as_str).collect::<Vec<_>>(), json!({})).await;
    }
    for id in &known {
        app.send(&community(id, 12, &[1, 10, 20, 40])).await;
    }
    app.settle().await;
    let first = page(&app, json!({"explore": 1, "limit": 4})).await;
    assert_eq!(
        of_items(&first, "explored"),
        [&Value::Null, &Value::Null, &Value::Null, &json!(true)],
        "{first}"
    );
    assert!(first["items"][3]["creator_id"].as_str().unwrap().starts_with("new-"));
    for diversity in [0.0, 0.5] {
        let items = all(&app, json!({"explore": 1, "limit": 4, "diversity": diversity})).await;
        let mut ids: Vec<&str> = items.iter().map(|item| item["creator_id"].as_str().unwrap()).collect();
        let ranks: Vec<u64> = items.iter().map(|item| item["rank"].as_u64().unwrap()).collect();
        assert_eq!(ranks, (1..=12).collect::<Vec<u64>>());
        ids.sort_unstable();
        let mut expected: Vec<&str> = known.iter().chain(&unknown).map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(ids, expected);
    }
    let without = page(&app, json!({})).await;
    assert!(of_items(&without, "explored").iter().all(|explored| explored.is_null()));
}

#[tokio::test]
async fn values_out_of_range_are_told_with_their_place() {
    let app = App::start().await;
    for (more, pointer) in [
        (json!({"diversity": 1.1}), "/diversity"),
        (json!({"diversity": -0.1}), "/diversity"),
        (json!({"explore": 21}), "/explore"),
    ] {
        let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let problem = app.post("/v1/recommendations", &request).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let unknown = json!({"brief": {"niches": [{"id": "gaming"}]}, "rank_by": "followers"});
    app.post("/v1/recommendations", &unknown).await.expect(422);
}
