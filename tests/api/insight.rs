//! Insight into niches: what is said of members against their receipts, related niches where people are shared and not where
//! they only may be, rising topics of enough creators and never of fewer.

use crate::{
    scores::{component, near, number},
    support::{App, Client, at_noon, community, event, eventually, post},
};
use serde_json::{Value, json};
use voci::{ids::TenantId, insight::rounds::renew, niches::words::folded};

/// Looks at the niches of a tenant, as workers do once in an hour.
async fn look_as(app: &App, tenant: &str) {
    app.settle().await;
    let id = app.sql(&format!("select tenant_id from tenants where name = '{tenant}'")).await;
    let foundation = app.foundation().await;
    renew(&foundation.pools.background, TenantId(id[0][0].as_deref().unwrap().parse().unwrap()))
        .await
        .unwrap();
    foundation.close().await.unwrap();
}

async fn look(app: &App) {
    look_as(app, "default").await;
}

async fn insight(client: &Client, niche: &str) -> Value {
    client.get(&format!("/v1/niches/{niche}")).await.ok()["insight"].clone()
}

fn items(list: &Value) -> &Vec<Value> {
    list.as_array().unwrap()
}

/// A field of each item, in their order.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    items(list).iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// Four known creators of a niche, one who is new and whose people come back, and one of whom nothing was seen.
async fn a_niche(app: &App) {
    for (creator, country, niches) in [
        ("ana", "RO", json!(["gaming"])),
        ("bea", "RO", json!(["gaming"])),
        ("cia", "RO", json!(["gaming", "travel"])),
        ("dan", "MD", json!(["gaming"])),
        ("new", "RO", json!(["gaming"])),
        ("nil", "RO", json!(["gaming"])),
    ] {
        app.put_creator(creator, json!({"country": country, "niches": niches})).await;
    }
    app.send(&community("ana", 12, &[1, 30, 120])).await;
    app.send(&community("bea", 30, &[2, 130])).await;
    app.send(&community("cia", 8, &[1, 10, 40, 150])).await;
    app.send(&community("dan", 20, &[145])).await;
    let passers_by = |person: usize| {
        let by = json!({"engager_id": format!("passer-{person}"), "occurred_at": at_noon(100)});
        event(&format!("dan-passer-{person}"), "dan", by)
    };
    app.send(&(0..20).map(passers_by).collect::<Vec<_>>()).await;
    app.send(&community("new", 40, &[1, 5, 9, 14, 20, 26, 33, 40])).await;
    app.settle().await;
}

#[tokio::test]
async fn what_is_said_of_members_is_what_their_receipts_say() {
    let app = App::start().await;
    a_niche(&app).await;
    let gaming = insight(&app, "gaming").await;
    assert_eq!(
        [&gaming["members"], &gaming["declaring_members"], &gaming["measured_members"]],
        [&json!(6), &json!(6), &json!(5)]
    );
    let mut loyalty = Vec::new();
    let mut reaches = Vec::new();
    for creator in ["ana", "bea", "cia", "dan", "new"] {
        let receipt = app.get(&format!("/v1/creators/{creator}/scores")).await.ok();
        assert_eq!(component(&receipt, "loyalty")["status"], "measured");
        loyalty.push(number(&component(&receipt, "loyalty")["value"]));
        // What is expected of somebody in two niches is divided over both.
        let niches = if creator == "cia" { 2.0 } else { 1.0 };
        reaches.push((number(&receipt["statistics"]["loyal_reach"]) / niches, creator));
    }
    loyalty.sort_unstable_by(f64::total_cmp);
    for (quartile, index) in [("lower_quartile", 1), ("median", 2), ("upper_quartile", 3)] {
        near(&gaming["loyalty"][quartile], loyalty[index], 1e-6);
    }
    // The snapshot keeps seven digits.
    reaches.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let reach: f64 = reaches.iter().map(|(reach, _)| reach).sum();
    let of = &gaming["concentration"];
    near(&of["loyal_reach"], reach, 1e-5);
    near(&of["top_1_percent_share"], reaches[0].0 / reach, 1e-5);
    near(&of["top_10_share"], 1.0, 1e-6);
    let herfindahl: f64 = reaches.iter().map(|(of_one, _)| (of_one / reach).powi(2)).sum();
    near(&of["effective_voices"], 1.0 / herfindahl, 1e-5);
    let largest: Vec<_> = reaches.iter().map(|(_, creator)| *creator).collect();
    assert_eq!(each(&gaming["authorities"], "creator_id"), largest);
    for (authority, (reach, _)) in items(&gaming["authorities"]).iter().zip(&reaches) {
        near(&authority["loyal_reach"], *reach, 1e-5);
        assert!(number(&authority["low"]) <= number(&authority["authority"]));
    }
}

#[tokio::test]
async fn local_voices_and_emerging_creators_are_told() {
    let app = App::start().await;
    a_niche(&app).await;
    let gaming = insight(&app, "gaming").await;
    assert_eq!(gaming["cities"], json!([]), "nobody says where it lives");
    // One member in Moldova is too few to be told.
    assert_eq!(each(&gaming["countries"], "country"), ["RO"]);
    let romania = &gaming["countries"][0];
    assert_eq!((&romania["members"], romania["voices"][0]["creator_id"].as_str()), (&json!(5), Some("new")));
    assert_eq!(items(&romania["voices"]).len(), 3);
    assert_eq!(each(&gaming["emerging"], "creator_id"), ["new"], "{gaming}");
    let new = &gaming["emerging"][0];
    assert!(number(&new["low"]) > number(&gaming["loyalty"]["median"]));
    assert_eq!(new["observed_days"], 40);
    for (creator, city) in
        [("ana", "Iași"), ("bea", "iasi"), ("nil", "Iaşi"), ("cia", "Cluj-Napoca"), ("dan", "Iași")]
    {
        app.patch(&format!("/v1/creators/{creator}"), &json!({"city": city})).await.expect(200);
    }
    app.settle().await;
    let gaming = insight(&app, "gaming").await;
    let [iasi] = &items(&gaming["cities"])[..] else { panic!("{gaming}") };
    assert_eq!((&iasi["country"], &iasi["members"]), (&json!("RO"), &json!(3)));
    assert_eq!(folded(iasi["city"].as_str().unwrap()), "iasi");
    assert_eq!(items(&iasi["voices"]).len(), 2, "of the third nothing was seen: {iasi}");
    // Nobody is new where everything is.
    for creator in ["ana", "bea", "dan"] {
        app.delete(&format!("/v1/creators/{creator}")).await.expect(204);
    }
    app.put_creator("also-new", json!({})).await;
    app.send(&community("also-new", 10, &[1, 30])).await;
    app.settle().await;
    let gaming = insight(&app, "gaming").await;
    assert_eq!((&gaming["measured_members"], items(&gaming["emerging"]).len()), (&json!(3), 0), "{gaming}");
}

#[tokio::test]
async fn followers_change_nothing_in_a_niche() {
    let app = App::start().await;
    a_niche(&app).await;
    let strip = |mut insight: Value| {
        insight["as_of"].take();
        insight
    };
    let before = strip(insight(&app, "gaming").await);
    for (creator, followers) in [("dan", 900_000), ("ana", 1_001)] {
        let accounts = json!([{"platform": "instagram", "handle": creator, "followers": followers}]);
        app.patch(&format!("/v1/creators/{creator}"), &json!({"accounts": accounts})).await.expect(200);
    }
    app.settle().await;
    assert_eq!(strip(insight(&app, "gaming").await), before);
}

#[tokio::test]
async fn a_niche_without_members_has_nothing_to_tell() {
    let app = App::start().await;
    app.settle().await;
    let empty = insight(&app, "gaming").await;
    assert_eq!((&empty["members"], &empty["measured_members"]), (&json!(0), &json!(0)));
    for absent in ["loyalty", "concentration"] {
        assert!(empty.get(absent).is_none(), "{empty}");
    }
    for list in ["authorities", "countries", "cities", "emerging", "related", "rising_topics", "rising_words"]
    {
        assert_eq!(empty[list], json!([]), "{empty}");
    }
    // Only who asks for one niche is told of it.
    let listed = app.get("/v1/niches?limit=1").await.ok();
    assert!(listed["items"][0].get("insight").is_none());
}

#[tokio::test]
async fn niches_are_looked_at_when_a_service_starts() {
    let app = App::start().await;
    app.settle().await;
    eventually("the niches were looked at", async || {
        insight(&app, "gaming").await["looked_at"].as_str().map(drop)
    })
    .await;
}

const NICHES: [&str; 4] = ["fashion", "gaming", "minimalism", "travel"];

/// Five creators of each of four niches.
async fn put_niches(client: &Client) {
    for niche in NICHES {
        for number in 0..5 {
            let id = format!("{niche}-{number}");
            let profile = crate::support::profile(&id, json!({"niches": [niche]}));
            client.put(&format!("/v1/creators/{id}"), &profile).await.expect(201);
        }
    }
}

/// A person likes these creators.
fn likes(person: &str, creators: &[String; 2]) -> Vec<Value> {
    let like =
        |creator: &String| event(&format!("{person}-{creator}"), creator, json!({"engager_id": person}));
    creators.iter().map(like).collect()
}

/// People who like two creators each, picked at random among all.
fn random_people(people: usize) -> Vec<Value> {
    let mut state = 11_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let creator = |number: usize| format!("{}-{}", NICHES[number / 5], number % 5);
    let of_person = |person: usize| {
        let first = next(20);
        let second = (first + 1 + next(19)) % 20;
        likes(&format!("anybody-{person}"), &[creator(first), creator(second)])
    };
    (0..people).flat_map(of_person).collect()
}

#[tokio::test]
async fn niches_are_related_where_people_are_shared_and_not_where_chance_brings_them() {
    let app = App::start().await;
    put_niches(&app).await;
    app.send(&random_people(400)).await;
    look(&app).await;
    let pairs = app.sql("select niche_id, related_id, low from niche_relations").await;
    assert!(pairs.is_empty(), "{pairs:?}");
    let shared = |person: usize| {
        let creators = [format!("fashion-{}", person % 5), format!("minimalism-{}", person % 4)];
        likes(&format!("shared-{person}"), &creators)
    };
    app.send(&(0..80).flat_map(shared).collect::<Vec<_>>()).await;
    look(&app).await;
    let (fashion, minimalism) = (insight(&app, "fashion").await, insight(&app, "minimalism").await);
    assert_eq!(
        (each(&fashion["related"], "id"), each(&minimalism["related"], "id")),
        (vec!["minimalism"], vec!["fashion"])
    );
    let related = &fashion["related"][0];
    assert_eq!(related["people"], minimalism["related"][0]["people"]);
    assert!(number(&related["people"]) >= 80.0 && number(&related["low"]) > 1.2, "{related}");
    assert!(number(&related["low"]) < number(&related["times_chance"]));
    assert_eq!(insight(&app, "travel").await["related"], json!([]));
    // Discounted people relate nothing.
    app.sql(
        "insert into edge_discounts select r.creator_key, r.engager_key, c.tenant_id, 1, 0
         from relationships r join creators c using (creator_key) where c.creator_id like 'fashion-%'",
    )
    .await;
    look(&app).await;
    assert_eq!(insight(&app, "fashion").await["related"], json!([]));
}

#[tokio::test]
async fn fewer_people_than_twenty_and_a_creator_by_itself_relate_nothing() {
    let app = App::start().await;
    put_niches(&app).await;
    app.put_creator("of-both", json!({"niches": ["fashion", "minimalism"]})).await;
    let creator = |niche: &str, person: usize| format!("{niche}-{}", person % 5);
    let mut events = Vec::new();
    for person in 0..19 {
        events.extend(likes(
            &format!("few-{person}"),
            &[creator("fashion", person), creator("minimalism", person)],
        ));
    }
    for person in 0..60 {
        // Their other creator is of another niche: that one creator declares two is no shared people.
        events
            .extend(likes(&format!("of-both-{person}"), &["of-both".to_owned(), creator("travel", person)]));
        events.extend(likes(
            &format!("of-one-{person}"),
            &[creator("gaming", person), creator("gaming", person + 1)],
        ));
    }
    app.send(&events).await;
    look(&app).await;
    let between = "niche_relations where niche_id = 'fashion' and related_id = 'minimalism'";
    assert_eq!(app.count(between).await, 0);
    app.send(&likes("one-more", &[creator("fashion", 0), creator("minimalism", 0)])).await;
    look(&app).await;
    assert_eq!(app.sql(&format!("select people from {between}")).await, [[Some("20".to_owned())]]);
}

/// Creators of gaming who post about linen as ever, and so many of them about mending now, each in its own spelling.
async fn put_posts(app: &App, creators: usize, mending: usize) {
    for creator in 0..creators {
        let id = format!("poster-{creator}");
        app.put_creator(&id, json!({})).await;
        for days in [3, 17, 40, 55, 70, 85, 100, 115] {
            put_post(app, &id, days, json!({"topics": ["linen", "slow fashion"]})).await;
        }
        if creator < mending {
            let topics = [["visible mending", "reparații"], ["mending  jeans", "reparatii"]][creator % 2];
            for days in [2, 9] {
                put_post(app, &id, days, json!({"topics": topics})).await;
            }
        }
    }
}

async fn put_post(app: &App, creator: &str, days: i64, mut change: Value) {
    change["published_at"] = json!(at_noon(days));
    let count = app.count("posts").await;
    app.put(&format!("/v1/creators/{creator}/posts/p-{count}"), &post(change)).await.expect(201);
}

#[tokio::test]
async fn a_topic_that_many_creators_took_up_rises_and_one_that_is_as_usual_does_not() {
    let app = App::start().await;
    put_posts(&app, 8, 7).await;
    look(&app).await;
    let gaming = insight(&app, "gaming").await;
    assert_eq!(each(&gaming["rising_topics"], "term"), ["reparatii"], "{gaming}");
    let rising = &gaming["rising_topics"][0];
    assert_eq!(
        [&rising["creators"], &rising["posts"], &rising["posts_before"]],
        [&json!(7), &json!(14), &json!(0)]
    );
    // 30 posts lately and 48 before have topics: 14.5 of 31 beside 0.5 of 49.
    near(&rising["times_before"], (14.5 / 31.0) / (0.5 / 49.0), 1e-9);
    assert!(number(&rising["low"]) > 2.0, "{rising}");
    // Neither way to speak of mending has creators enough, but the word has.
    assert_eq!(each(&gaming["rising_words"], "term"), ["mending"], "{gaming}");
    assert!(insight(&app, "travel").await["rising_topics"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_fewer_than_five_creators_say_is_stored_nowhere() {
    let app = App::start().await;
    put_posts(&app, 8, 4).await;
    for days in [1, 2, 3] {
        for poster in ["poster-0", "poster-1"] {
            put_post(&app, poster, days, json!({"topics": ["whispered thing"]})).await;
        }
    }
    look(&app).await;
    assert_eq!(app.count("niche_terms").await, 0);
    // The fifth is paid for it, which does not count.
    put_post(&app, "poster-7", 2, json!({"topics": ["reparatii"], "sponsored": true})).await;
    look(&app).await;
    assert_eq!(app.count("niche_terms").await, 0);
    for days in [3, 4] {
        put_post(&app, "poster-7", days, json!({"topics": ["reparatii"]})).await;
    }
    look(&app).await;
    assert_eq!(each(&insight(&app, "gaming").await["rising_topics"], "term"), ["reparatii"]);
    assert_eq!(app.count("niche_terms where creators < 5 or term like '%whispered%'").await, 0);
}

#[tokio::test]
async fn an_erased_creator_is_no_part_of_what_is_found_next() {
    let app = App::start().await;
    put_posts(&app, 8, 5).await;
    put_niches(&app).await;
    app.send(&random_people(100)).await;
    let shared = |person: usize| {
        let creators = ["fashion-0".to_owned(), format!("minimalism-{}", person % 4)];
        likes(&format!("shared-{person}"), &creators)
    };
    app.send(&(0..60).flat_map(shared).collect::<Vec<_>>()).await;
    look(&app).await;
    let found = ["niche_terms where term = 'reparatii'", "niche_relations where niche_id = 'fashion'"];
    assert_eq!([app.count(found[0]).await, app.count(found[1]).await], [1, 1]);
    for creator in ["poster-0", "fashion-0"] {
        app.delete(&format!("/v1/creators/{creator}")).await.expect(204);
    }
    look(&app).await;
    assert_eq!([app.count(found[0]).await, app.count(found[1]).await], [0, 0]);
    assert_eq!(insight(&app, "fashion").await["members"], 4);
}

#[tokio::test]
async fn the_niches_of_another_tenant_are_looked_at_by_themselves() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    put_posts(&app, 8, 7).await;
    put_niches(&app).await;
    put_niches(&other).await;
    let shared =
        |person: usize| likes(&format!("shared-{person}"), &["fashion-0".to_owned(), "travel-0".to_owned()]);
    app.send(&random_people(100)).await;
    app.send(&(0..60).flat_map(shared).collect::<Vec<_>>()).await;
    look_as(&app, "other").await;
    look_as(&app, "default").await;
    look_as(&app, "other").await;
    let (ours, theirs) = (insight(&app, "fashion").await, insight(&other, "fashion").await);
    assert_eq!((each(&ours["related"], "id"), &theirs["related"]), (vec!["travel"], &json!([])));
    assert_eq!((&ours["members"], &theirs["measured_members"]), (&json!(5), &json!(0)));
    let (ours, theirs) = (insight(&app, "gaming").await, insight(&other, "gaming").await);
    assert_eq!((&ours["members"], &theirs["members"]), (&json!(13), &json!(5)));
    assert_eq!((items(&ours["rising_topics"]).len(), &theirs["rising_topics"]), (1, &json!([])));
}
