//! Creators like one: planted lookalikes by niches and by people.

use crate::support::{App, event, profile};
use serde_json::{Value, json};

/// Likes of these people, one each.
fn likes(creator: &str, people: std::ops::Range<usize>) -> Vec<Value> {
    let like = |person: usize| {
        event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
    };
    people.map(like).collect()
}

async fn similar(app: &App, id: &str, query: &str) -> Value {
    app.get(&format!("/v1/creators/{id}/similar{query}")).await.expect(200)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["creator_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn without_people_niches_decide_and_the_creator_itself_is_left_out() {
    let app = App::start().await;
    app.put_creator("ana", json!({"niches": ["gaming", "minimalism"]})).await;
    app.put_creator("twin", json!({"niches": ["minimalism", "gaming"]})).await;
    app.put_creator("half", json!({"niches": ["gaming"]})).await;
    app.put_creator("cook", json!({"niches": ["healthy-cooking"]})).await;
    app.put_creator("blank", json!({"niches": []})).await;
    app.settle().await;
    let answer = similar(&app, "ana", "").await;
    assert_eq!(ids(&answer), ["twin", "half"]);
    assert_eq!((&answer["by_people"], &answer["compared"]), (&json!(false), &json!(2)));
    let (twin, half) = (&answer["items"][0], &answer["items"][1]);
    assert_eq!((&twin["similarity"], &twin["niche_cosine"]), (&json!(1.0), &json!(1.0)));
    assert!(half["niche_cosine"].as_f64().unwrap() < 0.9 && twin.get("shared_people").is_none(), "{answer}");
    assert_eq!(twin["reasons"], json!(["Declares Minimalism and Gaming, too (niches 100 % alike)"]));
    assert_eq!(ids(&similar(&app, "ana", "?limit=1").await), ["twin"]);
    assert_eq!(similar(&app, "blank", "").await["items"], json!([]));
}

#[tokio::test]
async fn of_creators_of_one_niche_those_with_the_same_people_are_first() {
    let app = App::start().await;
    app.put_creators(&["ana", "few", "lookalike", "stranger"], json!({})).await;
    app.send(&likes("ana", 0..40)).await;
    app.send(&likes("lookalike", 20..50)).await;
    app.send(&likes("few", 36..70)).await;
    app.send(&likes("stranger", 100..140)).await;
    // What nobody in particular does, and what people only look at, makes nobody engaged.
    app.send(&[event("n", "stranger", json!({}))]).await;
    let views = (0..40).map(|person| {
        let view = json!({"engager_id": format!("p{person}"), "kind": "view"});
        event(&format!("v-{person}"), "stranger", view)
    });
    app.send(&views.collect::<Vec<_>>()).await;
    app.settle().await;
    let answer = similar(&app, "ana", "").await;
    assert_eq!(ids(&answer), ["lookalike", "few", "stranger"]);
    assert_eq!(answer["by_people"], true);
    let first = &answer["items"][0];
    assert_eq!((&first["shared_people"], &first["sampled_people"]), (&json!(20), &json!(40)));
    assert!((first["overlap"].as_f64().unwrap() - 20.0 / 30.0).abs() < 1e-12);
    let expected = f64::midpoint(first["niche_cosine"].as_f64().unwrap(), 20.0 / 30.0);
    assert!((first["similarity"].as_f64().unwrap() - expected).abs() < 1e-12, "{answer}");
    let reason = "About 20 people engage with both: 67 % of those of the one who has fewer";
    assert_eq!(first["reasons"][1], reason);
    // Four people could be known one by one.
    for other in [1, 2] {
        let item = &answer["items"][other];
        assert_eq!([item.get("shared_people"), item.get("overlap"), item.get("sampled_people")], [None; 3]);
        assert_eq!(item["reasons"].as_array().unwrap().len(), 1, "{item}");
        let half = item["niche_cosine"].as_f64().unwrap() / 2.0;
        assert!((item["similarity"].as_f64().unwrap() - half).abs() < 1e-12);
    }
    assert!(!answer.to_string().contains("p20"), "never who the people are");
}

#[tokio::test]
async fn a_creators_own_accounts_are_not_its_people() {
    let app = App::start().await;
    let account = |person: usize| json!({"platform": "instagram", "handle": format!("h{person}"), "followers": 9_000, "engager_id": format!("p{person}")});
    app.put_creator("ana", json!({"accounts": (0..6).map(account).collect::<Vec<_>>()})).await;
    app.put_creators(&["bea"], json!({})).await;
    app.send(&likes("ana", 0..12)).await;
    app.send(&likes("bea", 0..12)).await;
    app.settle().await;
    assert_eq!(similar(&app, "ana", "").await["items"][0]["shared_people"], 6);
}

#[tokio::test]
async fn no_more_people_are_read_than_the_sample_has() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&likes("ana", 0..60)).await;
    app.settle().await;
    app.sql(
        "insert into relationships select gen_random_uuid(), engager_key, strength, first_seen, last_seen, counts,
                active_days, posts from relationships cross join generate_series(1, 200)",
    )
    .await;
    app.sql("analyze relationships").await;
    let plan = app
        .sql(
            "explain select array(select r.engager_key from relationships r
                                  where r.creator_key = wanted.creator_key and r.engager_key < below
                                    and r.engager_key <> 0 and r.active_days <> '' order by r.engager_key limit 2000)
             from (select creator_key, 0 from creators limit 200) as wanted (creator_key, below)",
        )
        .await;
    let plan: Vec<String> = plan.into_iter().filter_map(|row| row[0].clone()).collect();
    let plan = plan.join("\n");
    // Whether by index or by bitmap: both columns of the key are conditions of the index.
    let condition = "Index Cond: ((creator_key = wanted.creator_key) AND (engager_key < wanted.below))";
    assert!(plan.contains("relationships_pkey") && plan.contains(condition), "{plan}");
}

#[tokio::test]
async fn lookalikes_are_the_tenants_own() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&likes("ana", 0..10)).await;
    app.send(&likes("bea", 0..10)).await;
    other.get("/v1/creators/ana/similar").await.problem(404, "creator_not_found");
    for id in ["ana", "theirs"] {
        other.put(&format!("/v1/creators/{id}"), &profile(id, json!({}))).await.expect(201);
    }
    app.settle().await;
    assert_eq!(ids(&similar(&app, "ana", "").await), ["bea"]);
    let theirs = other.get("/v1/creators/ana/similar").await.expect(200);
    assert_eq!((ids(&theirs), &theirs["by_people"]), (vec!["theirs"], &json!(false)));
    app.get("/v1/creators/nobody/similar").await.problem(404, "creator_not_found");
}

#[tokio::test]
async fn how_many_is_1_to_50() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.settle().await;
    for query in ["?limit=0", "?limit=51", "?limit=many", "?people=all"] {
        app.get(&format!("/v1/creators/ana/similar{query}")).await.problem(400, "invalid_query");
    }
    similar(&app, "ana", "?limit=50").await;
}
