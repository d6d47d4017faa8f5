//! What creators post about: read from the topics of their posts, and a part of how well they fit.

use crate::{
    niches::all_niches,
    scores::{near, number},
    support::{App, at_noon, event, post},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Posts of a creator, one a day, each with these topics.
async fn publish(app: &App, creator: &str, posts: i64, topics: Value) {
    for number in 0..posts {
        let post = post(json!({"published_at": at_noon(1 + number), "topics": topics}));
        app.put(&format!("/v1/creators/{creator}/posts/{number}"), &post).await.expect(201);
    }
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

async fn found(app: &App, niche: &str) -> Vec<Value> {
    let page = app.get(&format!("/v1/recommendations?niche={niche}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["creator_id"].as_str().unwrap()).collect()
}

fn part<'a>(item: &'a Value, name: &str) -> &'a Value {
    let parts = item["components"][0]["parts"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == name).unwrap()
}

#[tokio::test]
async fn who_posts_about_a_niche_is_found_and_who_only_declares_it_sinks() {
    let app = App::start().await;
    app.put_creators(&["honest", "impostor"], json!({"niches": ["sustainable-fashion"]})).await;
    app.put_creators(&["quiet"], json!({"niches": ["travel"]})).await;
    app.put_creators(&["silent"], json!({"niches": []})).await;
    app.settle().await;
    assert_eq!(ids(&found(&app, "sustainable-fashion").await), ["honest", "impostor"]);
    publish(&app, "honest", 12, json!(["slow fashion", "#fyp"])).await;
    publish(&app, "impostor", 12, json!(["gaming"])).await;
    publish(&app, "quiet", 40, json!(["Slow Fashion"])).await;
    publish(&app, "silent", 6, json!(["moda sustenabila"])).await;
    app.read_topics().await;
    let items = found(&app, "sustainable-fashion").await;
    assert_eq!(ids(&items), ["honest", "silent", "impostor", "quiet"]);
    near(&part(&items[0], "topics")["value"], 1.0, 1e-6);
    near(&part(&items[2], "topics")["value"], 0.0, 1e-6);
    let reasons = items[3]["reasons"].to_string();
    assert!(
        reasons
            .contains("40 of its newest posts name niches by their topics: 100 % of that is in these niches"),
        "{reasons}"
    );
    assert!(items[1]["reasons"].to_string().contains("Declares no niche"), "{}", items[1]["reasons"]);
    assert!(ids(&found(&app, "gaming").await).contains(&"impostor"));
    let shown = &receipt(&app, "quiet").await["topics"];
    assert_eq!(shown, &json!({"posts": 40, "niches": [{"id": "sustainable-fashion", "share": 1.0}]}));
    let like_it = app.get("/v1/creators/silent/similar").await.ok();
    assert_eq!(like_it["items"][0]["creator_id"], "honest", "{like_it}");
}

/// A vector over niches, scaled to length 1.
fn vector(
    of: impl Iterator<Item = (String, f64)>,
    parents: &BTreeMap<String, String>,
) -> BTreeMap<String, f64> {
    let mut sum: BTreeMap<String, f64> = BTreeMap::new();
    for (niche, weight) in of {
        if let Some(parent) = parents.get(&niche) {
            *sum.entry(parent.clone()).or_default() += weight * 0.5;
        }
        *sum.entry(niche).or_default() += weight;
    }
    let length = sum.values().map(|part| part * part).sum::<f64>().sqrt();
    sum.into_iter().map(|(niche, part)| (niche, part / length)).collect()
}

fn dot(one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) -> f64 {
    one.iter().filter_map(|(niche, part)| Some(part * other.get(niche)?)).sum()
}

#[tokio::test]
async fn fit_can_be_recomputed_from_what_is_declared_and_what_is_posted() {
    let app = App::start().await;
    app.put_creator("ana", json!({"niches": ["sustainable-fashion", "travel"]})).await;
    publish(&app, "ana", 7, json!(["slow fashion", "reteta vegana", "minimalism"])).await;
    app.read_topics().await;
    let model = app.get("/v1/model").await.ok();
    let parents: BTreeMap<String, String> = all_niches(&app)
        .await
        .iter()
        .filter_map(|niche| Some((niche["id"].as_str()?.to_owned(), niche["parent"].as_str()?.to_owned())))
        .collect();
    let topics = receipt(&app, "ana").await["topics"].clone();
    assert_eq!(topics["posts"], 7);
    let shares = topics["niches"].as_array().unwrap().iter();
    let shares = shares.map(|niche| (niche["id"].as_str().unwrap().to_owned(), number(&niche["share"])));
    let told = |niches: &[&str]| vector(niches.iter().map(|niche| ((*niche).to_owned(), 1.0)), &parents);
    let (brief, declared) = (told(&["sustainable-fashion"]), told(&["sustainable-fashion", "travel"]));
    let posted = vector(shares, &parents);
    let fit = &model["fit"];
    let share = number(&fit["topics_share_max"]) * 7.0 / (7.0 + number(&fit["topics_half"]));
    let mut whole: BTreeMap<String, f64> = BTreeMap::new();
    for (side, share) in [(&declared, 1.0 - share), (&posted, share)] {
        for (niche, part) in side {
            *whole.entry(niche.clone()).or_default() += part * share;
        }
    }
    let length = dot(&whole, &whole).sqrt();
    let items = found(&app, "sustainable-fashion").await;
    near(&part(&items[0], "declared")["value"], dot(&brief, &declared), 1e-6);
    near(&part(&items[0], "topics")["value"], dot(&brief, &posted), 1e-6);
    let without_authority = 1.0 - number(&fit["authority_share"]);
    near(&part(&items[0], "topics")["share"], without_authority * share, 1e-9);
    let authority = part(&items[0], "authority");
    let nearness = dot(&brief, &whole) / length;
    let value = without_authority * nearness + number(&authority["share"]) * number(&authority["value"]);
    let shown = &items[0]["components"][0];
    near(&shown["value"], value, 1e-6);
    // As wide as so few posts leave it open, beside authority, which is not known at all.
    let cosine = dot(&brief, &posted);
    let half = 1.281_551_6 * share * (cosine * (1.0 - cosine) / 8.0).sqrt() / length;
    near(&shown["low"], without_authority * (nearness - half), 1e-6);
}

#[tokio::test]
async fn topics_follow_what_becomes_of_posts() {
    let app = App::start().await;
    app.put_creators(&["ana"], json!({"niches": ["travel"]})).await;
    let read = async || {
        app.read_topics().await;
        receipt(&app, "ana").await["topics"].clone()
    };
    let put = async |id: &str, change: Value| {
        app.put(&format!("/v1/creators/ana/posts/{id}"), &post(change)).await;
    };
    put("1", json!({"published_at": at_noon(3), "topics": ["yoga"]})).await;
    put("2", json!({"published_at": at_noon(2), "topics": ["yoga"], "sponsored": true})).await;
    put("3", json!({"published_at": at_noon(2), "topics": ["monday", "fyp"]})).await;
    put("4", json!({"published_at": at_noon(2)})).await;
    let yoga = json!({"posts": 1, "niches": [{"id": "yoga-pilates", "share": 1.0}]});
    assert_eq!(read().await, yoga, "neither what was paid for nor what names no niche");
    assert_eq!(app.count("topic_queue").await, 0);
    // Counts alone say nothing of topics, and neither does a post that has none.
    let counts = json!({"as_of": at_noon(1), "views": 7});
    put("1", json!({"published_at": at_noon(3), "topics": ["yoga"], "metrics": counts})).await;
    put("4", json!({"published_at": at_noon(1)})).await;
    assert_eq!(app.count("topic_queue").await, 0);
    put("2", json!({"published_at": at_noon(2), "topics": ["gaming"]})).await;
    put("5", json!({"published_at": at_noon(2), "topics": ["gaming"]})).await;
    assert_eq!(app.count("topic_queue").await, 2);
    let shown = read().await;
    assert_eq!((&shown["posts"], &shown["niches"][0]["id"]), (&json!(3), &json!("gaming")));
    for id in ["2", "5"] {
        app.delete(&format!("/v1/creators/ana/posts/{id}")).await.expect(204);
    }
    assert_eq!(read().await, yoga);
    app.delete("/v1/creators/ana/posts/1").await.expect(204);
    assert_eq!(read().await, Value::Null);
}

#[tokio::test]
async fn topics_are_read_again_when_a_niche_gets_other_words() {
    let app = App::start().await;
    app.put_creators(&["ana"], json!({"niches": ["travel"]})).await;
    publish(&app, "ana", 30, json!(["brrzkt"])).await;
    app.read_topics().await;
    assert_eq!(receipt(&app, "ana").await["topics"], Value::Null);
    let niche = json!({"names": {"en": "Brrzkt", "ro": "Brrzkt"}, "aliases": {"en": [], "ro": []}});
    app.put("/v1/niches/brrzkt-games", &niche).await.expect(201);
    let an_hour_later = "update topic_rounds set claimed_at = now() - interval '2 hours'";
    app.sql(an_hour_later).await;
    app.read_topics().await;
    let shown = receipt(&app, "ana").await["topics"].clone();
    assert_eq!(shown, json!({"posts": 30, "niches": [{"id": "brrzkt-games", "share": 1.0}]}));
    assert_eq!(ids(&found(&app, "brrzkt-games").await), ["ana"]);
    // The same words again ask for nothing.
    let version = "select changed_xid from creator_communities";
    let before = app.sql(version).await;
    app.sql(an_hour_later).await;
    app.read_topics().await;
    assert_eq!(app.sql(version).await, before);
}

/// What is stored of each creator: people and niches of its community, posts and niches of its topics.
async fn observed(app: &App) -> BTreeMap<String, [Option<String>; 4]> {
    let sql = "select c.creator_id, m.people, m.niches, m.topic_posts,
                      array_to_string(m.topic_niches, ',') || array_to_string(m.topic_shares, ',')
               from creator_communities m join creators c using (creator_key)";
    let row = |row: Vec<Option<String>>| {
        let [id, people, niches, posts, topics] = row.try_into().unwrap();
        (id.unwrap(), [people, niches, posts, topics])
    };
    app.sql(sql).await.into_iter().map(row).collect()
}

#[tokio::test]
async fn many_creators_are_read_at_once_and_each_keeps_its_own() {
    let app = App::start().await;
    let kinds = [
        (json!(["yoga"]), Some("yoga-pilates1")),
        (json!(["fyp"]), None),
        (json!(["yoga", "gaming", "minimalism"]), Some("gaming,minimalism,yoga-pilates0.3333333333333333")),
        (json!([]), None),
    ];
    let kind = |number: usize| &kinds[number % kinds.len()];
    // More than go into one transaction.
    for number in 0..110 {
        let id = format!("creator-{number}");
        app.put_creator(&id, json!({"niches": ["travel"]})).await;
        publish(&app, &id, 1, kind(number).0.clone()).await;
    }
    app.read_topics().await;
    let read = observed(&app).await;
    for number in 0..110 {
        let topics = read.get(&format!("creator-{number}")).and_then(|row| row[3].as_deref());
        let (_, expected) = kind(number);
        assert_eq!(topics.is_some(), expected.is_some(), "{number}");
        assert!(topics.is_none_or(|topics| topics.starts_with(expected.unwrap())), "{number} {topics:?}");
    }
    assert_eq!(read.len(), 55, "of whom nothing is known there is nothing");
}

#[tokio::test]
async fn communities_and_topics_leave_each_other_alone() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({"niches": ["travel"]})).await;
    let acts = |creator: &'static str| {
        (0..4).map(move |person| {
            event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
        })
    };
    app.send(&acts("ana").chain(acts("bea")).collect::<Vec<_>>()).await;
    for creator in ["ana", "cia"] {
        publish(&app, creator, 2, json!(["yoga"])).await;
    }
    app.settle().await;
    let text = |text: &str| Some(text.to_owned());
    let community = [text("4"), text("{travel}")];
    let expected = |topics: &str| {
        let topics = [text("2"), text(topics)];
        let row = |[people, niches]: [Option<String>; 2], [posts, topics]: [Option<String>; 2]| {
            [people, niches, posts, topics]
        };
        BTreeMap::from([
            ("ana".to_owned(), row(community.clone(), topics.clone())),
            ("bea".to_owned(), row(community.clone(), [text("0"), text("")])),
            ("cia".to_owned(), row([text("0"), text("{}")], topics)),
        ])
    };
    app.count_communities().await;
    app.read_topics().await;
    assert_eq!(observed(&app).await, expected("yoga-pilates1"));
    for creator in ["ana", "cia"] {
        for id in 0..2 {
            let other = post(json!({"published_at": at_noon(1), "topics": ["gaming"]}));
            app.put(&format!("/v1/creators/{creator}/posts/{id}"), &other).await.expect(200);
        }
    }
    app.read_topics().await;
    app.sql("update community_counts set counted_at = now() - interval '2 hours'").await;
    app.count_communities().await;
    assert_eq!(observed(&app).await, expected("gaming1"));
}

#[tokio::test]
async fn a_process_with_other_built_in_words_leaves_topics_alone() {
    let app = App::start().await;
    app.put_creators(&["ana"], json!({"niches": ["travel"]})).await;
    app.read_topics().await;
    app.sql("update topic_rounds set words = 'of another version.'").await;
    publish(&app, "ana", 1, json!(["yoga"])).await;
    app.read_topics().await;
    assert_eq!(
        (receipt(&app, "ana").await["topics"].clone(), app.count("topic_queue").await),
        (Value::Null, 1)
    );
    // Within an hour its own words are those that count.
    app.sql("update topic_rounds set claimed_at = now() - interval '2 hours'").await;
    app.read_topics().await;
    assert_eq!(
        (receipt(&app, "ana").await["topics"]["posts"].clone(), app.count("topic_queue").await),
        (json!(1), 0)
    );
}

#[tokio::test]
async fn an_erased_creator_leaves_no_topics() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({"niches": ["travel"]})).await;
    for creator in ["ana", "bea"] {
        publish(&app, creator, 2, json!(["yoga"])).await;
    }
    app.read_topics().await;
    app.put("/v1/creators/ana/posts/new", &post(json!({"topics": ["gaming"]}))).await.expect(201);
    app.delete("/v1/creators/ana").await.expect(204);
    assert_eq!((app.count("topic_queue").await, app.count("creator_communities").await), (0, 1));
    assert_eq!(receipt(&app, "bea").await["topics"]["posts"], 2);
}
