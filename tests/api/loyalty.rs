//! What the ranking is for: quality of the relationship beats the number of followers.

use crate::support::{App, at_noon, community, event, eventually};
use serde_json::{Value, json};

fn with_followers(followers: u32) -> Value {
    json!({"accounts": [{"platform": "instagram", "handle": "h", "followers": followers}]})
}

/// One like of each of so many people, spread over 60 days.
fn one_day_likes(creator: &str, people: i64) -> Vec<Value> {
    let like = |person| {
        let engager = format!("passer-by-{person}");
        let at = at_noon(1 + person % 60);
        event(&format!("{creator}-{person}"), creator, json!({"engager_id": engager, "occurred_at": at}))
    };
    (0..people).map(like).collect()
}

async fn ranked(app: &App) -> Vec<String> {
    let page = app.get("/v1/recommendations?niche=gaming").await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["creator_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_small_creator_whose_people_come_back_stands_above_a_big_one_whose_people_do_not() {
    let app = App::start().await;
    app.put_creator("small-loyal", with_followers(1_200)).await;
    app.put_creator("big-indifferent", with_followers(50_000)).await;
    app.send(&community("small-loyal", 30, &[2, 9, 16, 30, 44, 58])).await;
    app.send(&one_day_likes("big-indifferent", 3_000)).await;
    app.settle().await;
    assert_eq!(ranked(&app).await, ["small-loyal", "big-indifferent"]);
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    let loyalty = |rank: usize| page["items"][rank]["components"][1]["value"].as_f64().unwrap();
    assert!(loyalty(0) > 10.0 * loyalty(1), "{page}");
    let reasons = page["items"][0]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|reason| reason.as_str().unwrap().contains("expected again")), "{reasons:?}");
}

#[tokio::test]
async fn bought_likes_move_nobody() {
    let app = App::start().await;
    app.put_creators(&["honest", "median", "cheat"], json!({})).await;
    app.send(&community("honest", 12, &[2, 20, 40, 60])).await;
    app.send(&community("median", 12, &[2, 60])).await;
    app.send(&community("cheat", 4, &[2, 60])).await;
    app.settle().await;
    let before = ranked(&app).await;
    app.send(&one_day_likes("cheat", 4_000)).await;
    app.settle().await;
    assert_eq!(ranked(&app).await[0], before[0]);
    let place = |list: &[String]| list.iter().position(|id| id == "cheat");
    assert!(place(&ranked(&app).await) >= place(&before));
}

#[tokio::test]
async fn followers_inside_the_band_never_move_the_rank() {
    let app = App::start().await;
    let ids = ["ana", "bea", "cia", "dan"];
    app.put_creators(&ids, json!({})).await;
    for (people, id) in [14, 5, 9, 21].into_iter().zip(ids) {
        app.send(&community(id, people, &[3, 17, 45])).await;
    }
    app.settle().await;
    let before = app.get("/v1/recommendations?niche=gaming").await.ok();
    for (id, followers) in ids.into_iter().zip([50_000, 1_000, 49_999, 1_001]) {
        app.patch(&format!("/v1/creators/{id}"), &with_followers(followers)).await.expect(200);
    }
    app.settle().await;
    let after = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert_ne!(before["snapshot"], after["snapshot"]);
    assert_eq!(before["items"], after["items"]);
}

#[tokio::test]
async fn followers_across_tiers_never_move_the_rank_either() {
    let app = App::start().await;
    let ids = ["ana", "bea", "cia"];
    app.put_creators(&ids, json!({})).await;
    for (people, id) in [14, 5, 9].into_iter().zip(ids) {
        app.send(&community(id, people, &[3, 17, 45])).await;
    }
    app.settle().await;
    let any = json!({"brief": {"niches": [{"id": "gaming"}]}, "filters": {"followers": {}}});
    let list = async || {
        let page = app.post("/v1/recommendations", &any).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| (item["creator_id"].clone(), item["low"].clone())).collect::<Vec<_>>()
    };
    let before = list().await;
    for (id, followers) in ids.into_iter().zip([3, 2_000_000, 700_000]) {
        app.patch(&format!("/v1/creators/{id}"), &with_followers(followers)).await.expect(200);
    }
    eventually("the new tier is shown", async || {
        let page = app.post("/v1/recommendations", &any).await.expect(200);
        page["items"].as_array()?.iter().any(|item| item["tier"] == "mega").then_some(())
    })
    .await;
    app.settle().await;
    assert_eq!(list().await, before);
}
