//! Engagement that does not look like that of people counts less, whoever sent it; and the answers say so.

use crate::support::{App, at_noon, community, event};
use serde_json::{Value, json};
use voci::{ids::TenantId, keys::Scope, relationships::rebuild::rebuild, scores::discounts::look::look};

/// So many people who like one post each, in the week of that many days ago.
fn likes(creator: &str, people: usize, days: i64) -> Vec<Value> {
    let like = |person: usize| {
        let by = json!({"engager_id": format!("liker-{days}-{person}"), "occurred_at": at_noon(days)});
        event(&format!("{creator}-{days}-{person}"), creator, by)
    };
    (0..people).map(like).collect()
}

/// A small community of half a year, in which somebody new comes now and then; on whatever day of the week it is asked, nobody in
/// the week of 39 days ago.
fn honest(creator: &str) -> Vec<Value> {
    let passers_by = (0..24).flat_map(|week| likes(creator, 1, 46 + 7 * week));
    [community(creator, 12, &[200, 150, 90, 30, 5]), passers_by.collect()].concat()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

/// Looks at all creators, as workers do once an hour, and waits until those are scored anew of whom it found something.
async fn look_at_all(app: &App) {
    look_at_so_many(app, 1).await;
}

/// The same in a tenant with so many engaged people: in passes, when they are many.
async fn look_at_so_many(app: &App, engagers: i64) {
    let foundation = app.foundation().await;
    let tenant = app.sql("select tenant_id from tenants").await[0][0].as_deref().unwrap().parse().unwrap();
    look(&foundation.pools.background, TenantId(tenant), engagers).await.unwrap();
    foundation.close().await.unwrap();
    app.settle().await;
}

async fn differences(app: &App) -> u64 {
    let foundation = app.foundation().await;
    let report = rebuild(&foundation.pools.background, false, |_| {}).await.unwrap();
    foundation.close().await.unwrap();
    assert!(report.statistics.compared > 0);
    report.differences()
}

#[tokio::test]
async fn a_crowd_neither_helps_nor_harms_whoever_it_is_sent_to() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&honest("ana")).await;
    app.send(&honest("bea")).await;
    app.send(&likes("ana", 900, 39)).await;
    app.settle().await;
    let [ana, bea] = [receipt(&app, "ana").await, receipt(&app, "bea").await];
    assert_eq!((&ana["statistics"]["engagers"], &bea["statistics"]["engagers"]), (&json!(936), &json!(36)));
    assert!(bea["statistics"].get("discounts").is_none());
    let discounts = &ana["statistics"]["discounts"];
    assert_eq!(discounts["patterns"], json!([{"pattern": "crowd", "people": 900}]));
    let crowd = &discounts["crowds"][0];
    assert!(crowd["people"] == 900 && number(&crowd["usual"]) < 2.0, "{crowd}");
    assert!(
        crowd["from"].as_str() <= Some(&at_noon(39)[..10])
            && crowd["to"].as_str() >= Some(&at_noon(39)[..10])
    );
    assert_eq!((&discounts["counted_engagers"], &crowd["shared"]), (&json!(36.0), &json!(0)));
    assert!(number(&discounts["strength_kept"]) < 0.5);
    for number_of in ["score", "low", "high"] {
        let (ana, bea) = (number(&ana[number_of]), number(&bea[number_of]));
        assert!((ana - bea).abs() < 1e-12, "{number_of}: {ana} {bea}");
    }
    // Who comes later is followed, for the crowd as well as for others.
    app.send(&likes("ana", 1, 38)).await;
    app.send(&likes("ana", 1, 10)).await;
    app.settle().await;
    assert_eq!(differences(&app).await, 0);
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    let told = |item: &Value| item["reasons"].to_string().contains("came in crowds");
    let items = page["items"].as_array().unwrap();
    assert!(items.iter().all(|item| told(item) == (item["creator_id"] == "ana")), "{page}");
}

#[tokio::test]
async fn an_accepted_annotation_lifts_the_discount_of_its_period() {
    let app = App::start().await;
    app.put_creators(&["ana"], json!({})).await;
    app.send(&honest("ana")).await;
    app.send(&likes("ana", 300, 39)).await;
    app.settle().await;
    let discounted = receipt(&app, "ana").await;
    assert!(discounted["statistics"]["discounts"].is_object());
    let said =
        json!({"from": &at_noon(41)[..10], "to": &at_noon(38)[..10], "reason": "A video was shown on TV"});
    let made = app.post("/v1/creators/ana/annotations", &said).await.expect(201);
    assert_eq!((&made["status"], &made["reason"]), (&json!("open"), &said["reason"]));
    app.settle().await;
    let open = receipt(&app, "ana").await;
    assert_eq!((&open["statistics"], &open["annotations"][0]), (&discounted["statistics"], &made));
    let path = format!("/v1/creators/ana/annotations/{}", made["id"].as_str().unwrap());
    let author = app.client_with("default", &[Scope::CreatorsWrite, Scope::Read]).await;
    author.patch(&path, &json!({"status": "accepted"})).await.problem(403, "missing_scope");
    let decided = app.patch(&path, &json!({"status": "accepted"})).await.expect(200);
    assert!(decided["status"] == "accepted" && decided["decided_at"].is_string());
    app.settle().await;
    let lifted = receipt(&app, "ana").await;
    assert!(lifted["statistics"].get("discounts").is_none(), "{lifted}");
    assert_eq!(lifted["annotations"][0]["status"], "accepted");
    assert_eq!(differences(&app).await, 0);
    app.patch(&path, &json!({"status": "declined"})).await.expect(200);
    app.settle().await;
    let declined = receipt(&app, "ana").await;
    assert_eq!(declined["statistics"], discounted["statistics"]);
    assert!(declined.get("annotations").is_none());
    let answer = app.get("/v1/creators/ana/annotations").await.ok();
    assert_eq!(
        (&answer["items"][0]["status"], answer["items"].as_array().map(Vec::len)),
        (&json!("declined"), Some(1))
    );
    let wrong = json!({"from": "2026-11-02", "to": "2026-10-02", "reason": ""});
    let violations = app.post("/v1/creators/ana/annotations", &wrong).await.violations();
    assert_eq!(
        violations,
        [("/to".to_owned(), "out_of_range".to_owned()), ("/reason".to_owned(), "too_short".to_owned())]
    );
    app.post("/v1/creators/bea/annotations", &said).await.problem(404, "creator_not_found");
    let other = app.tenant("another").await;
    other.get("/v1/creators/ana/annotations").await.problem(404, "creator_not_found");
    other.patch(&path, &json!({"status": "accepted"})).await.problem(404, "creator_not_found");
}

/// Newcomers of the week of 39 days ago, to this creator only, who come back.
fn newcomers(creator: &str) -> Vec<Value> {
    let act = |(person, days): (usize, i64)| {
        let by = json!({"engager_id": format!("new-{creator}-{person}"), "kind": "comment", "occurred_at": at_noon(days)});
        event(&format!("{creator}-new-{person}-{days}"), creator, by)
    };
    (0..3).flat_map(|person| [39, 20, 8].map(|days| (person, days))).map(act).collect()
}

#[tokio::test]
async fn a_crowd_that_came_to_others_in_the_same_week_takes_no_honest_newcomers_along() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cleo"], json!({})).await;
    // One of those who are sold had been with Ana before, and another one with Bea.
    let earlier =
        [("ana", ["liker-39-0", "fan"]), ("bea", ["liker-39-1", "fan"]), ("cleo", ["fan", "friend"])];
    for (creator, people) in earlier {
        app.send(&honest(creator)).await;
        app.send(&newcomers(creator)).await;
        let like = |person| {
            event(
                &format!("{creator}-{person}"),
                creator,
                json!({"engager_id": person, "occurred_at": at_noon(60)}),
            )
        };
        app.send(&people.map(like)).await;
    }
    for creator in ["ana", "bea"] {
        app.send(&likes(creator, 300, 39)).await;
    }
    app.settle().await;
    let patterns = |receipt: &Value| receipt["statistics"]["discounts"]["patterns"].clone();
    let ana = receipt(&app, "ana").await;
    assert_eq!(patterns(&ana), json!([{"pattern": "crowd", "people": 302}]), "nothing tells them apart yet");
    look_at_all(&app).await;
    let cleo = receipt(&app, "cleo").await;
    for creator in ["ana", "bea"] {
        let attacked = receipt(&app, creator).await;
        assert_eq!(patterns(&attacked), json!([{"pattern": "lockstep", "people": 299}]));
        let discounts = &attacked["statistics"]["discounts"];
        assert_eq!(
            (&discounts["crowds"][0]["people"], &discounts["crowds"][0]["shared"]),
            (&json!(302), &json!(299))
        );
        assert_eq!(discounts["counted_engagers"], json!(41.0));
        for name in ["score", "low", "high"] {
            assert!((number(&attacked[name]) - number(&cleo[name])).abs() < 1e-12, "{name} of {creator}");
        }
        assert!(
            attacked["reasons"].to_string().contains("engaged with others who were crowded in the same week")
        );
    }
    // What was found explains the crowds and does not undo them: the next look finds the same.
    look_at_all(&app).await;
    assert_eq!(app.count("edge_discounts where pattern = 5").await, 600);
    app.send(&likes("ana", 1, 10)).await;
    app.settle().await;
    assert_eq!(differences(&app).await, 0);
    // Somebody in lockstep drifts, too: that counts where the crowd is accepted, which lifts all else before the next look.
    app.sql(
        "insert into edge_discounts (creator_key, engager_key, tenant_id, pattern, weight)
         select creator_key, engager_key, tenant_id, 3, 0.1 from edge_discounts join creators using (tenant_id, creator_key)
         where creator_id = 'ana' limit 1",
    )
    .await;
    let said = json!({"from": &at_noon(39)[..10], "to": &at_noon(39)[..10], "reason": "A video with Bea"});
    let made = app.post("/v1/creators/ana/annotations", &said).await.expect(201);
    let path = format!("/v1/creators/ana/annotations/{}", made["id"].as_str().unwrap());
    app.patch(&path, &json!({"status": "accepted"})).await.expect(200);
    app.settle().await;
    let lifted = receipt(&app, "ana").await;
    assert_eq!(patterns(&lifted), json!([{"pattern": "drifter", "people": 1}]));
    assert!((number(&lifted["statistics"]["discounts"]["counted_engagers"]) - 340.1).abs() < 1e-9);
    assert_eq!(patterns(&receipt(&app, "bea").await), json!([{"pattern": "lockstep", "people": 299}]));
    assert_eq!(differences(&app).await, 0);
    // An accepted crowd is no evidence any more.
    look_at_all(&app).await;
    assert!(receipt(&app, "ana").await["statistics"].get("discounts").is_none());
    assert_eq!(patterns(&receipt(&app, "bea").await), json!([{"pattern": "crowd", "people": 302}]));
}

/// A creator whose account is `fan-<id>`.
async fn put_with_account(app: &App, id: &str) {
    let account = json!({"platform": "instagram", "handle": id, "followers": 12_000, "engager_id": format!("fan-{id}")});
    app.put_creator(id, json!({"accounts": [account]})).await;
}

/// Comments of an account under a creator's posts.
fn visits(from: &str, to: &str, days: &[i64]) -> Vec<Value> {
    let comment = |day: &i64| {
        let by =
            json!({"engager_id": format!("fan-{from}"), "kind": "comment", "occurred_at": at_noon(*day)});
        event(&format!("{from}-{to}-{day}"), to, by)
    };
    days.iter().map(comment).collect()
}

#[tokio::test]
async fn creators_who_engage_with_each_other_only_are_a_ring_and_their_victims_are_not() {
    let app = App::start().await;
    let members: Vec<String> = (0..9).map(|number| format!("member-{number}")).collect();
    for id in members.iter().map(String::as_str).chain(["victim"]) {
        put_with_account(&app, id).await;
    }
    let mut events = community("victim", 6, &[100, 50, 10]);
    for from in &members {
        events.extend(visits(from, "victim", &[80, 40, 3]));
        for to in members.iter().filter(|to| *to != from) {
            events.extend(visits(from, to, &[90, 60, 30, 5]));
        }
    }
    app.send(&events).await;
    app.settle().await;
    let before = receipt(&app, "member-0").await;
    assert!(before["statistics"].get("discounts").is_none());
    look_at_all(&app).await;
    let [member, victim] = [receipt(&app, "member-0").await, receipt(&app, "victim").await];
    assert_eq!(victim["statistics"]["discounts"]["patterns"], json!([{"pattern": "member", "people": 9}]));
    assert!((number(&victim["statistics"]["discounts"]["counted_engagers"]) - 6.0).abs() < 1e-9);
    let discounts = &member["statistics"]["discounts"];
    assert_eq!(discounts["patterns"], json!([{"pattern": "ring", "people": 8}]));
    assert!(
        number(&discounts["share_outside_rings"]) < 1e-9 && number(&discounts["counted_engagers"]) < 1e-9
    );
    assert!(number(&member["statistics"]["loyal_reach"]) < 1e-9);
    let undiscounted = number(&discounts["undiscounted_loyal_reach"]);
    assert!(undiscounted > 0.0 && number(&before["statistics"]["loyal_reach"]) > undiscounted);
    let authenticity = |receipt: &Value| number(&receipt["components"][2]["value"]);
    assert!(authenticity(&member) < 0.6 && authenticity(&victim) > 0.95, "the victim never answered");
    let undiscounted = |receipt: &Value| -> Vec<Option<f64>> {
        receipt["components"].as_array().unwrap().iter().map(|one| one["undiscounted"].as_f64()).collect()
    };
    assert_eq!(undiscounted(&before), [None; 4]);
    let [loyalty, trust, authenticity, conversation] = undiscounted(&member)[..] else { panic!("{member}") };
    assert!(loyalty.unwrap() > number(&member["components"][0]["value"]));
    assert!(authenticity.unwrap() > 0.9 && trust.is_none() && conversation.is_some());
    // More of the same is discounted at once.
    app.send(&visits("member-1", "member-0", &[2])).await;
    app.settle().await;
    assert_eq!(differences(&app).await, 0);
}

#[tokio::test]
async fn somebody_who_drifts_through_very_many_creators_counts_nothing() {
    let app = App::start().await;
    let ids: Vec<String> = (0..50).map(|number| format!("creator-{number}")).collect();
    app.put_creators(&ids.iter().map(String::as_str).collect::<Vec<_>>(), json!({})).await;
    let mut events = community("creator-0", 12, &[100, 50, 10]);
    for id in &ids {
        for person in ["drifter", "regular"] {
            let at = |day: i64| {
                let by = json!({"engager_id": person, "occurred_at": at_noon(day)});
                event(&format!("{person}-{id}-{day}"), id, by)
            };
            events.push(at(60));
            events.extend((person == "regular").then(|| at(20)));
        }
    }
    app.send(&events).await;
    app.settle().await;
    let foundation = app.foundation().await;
    voci::scores::clock::advance_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
    look_at_all(&app).await;
    let receipt = receipt(&app, "creator-7").await;
    let discounts = &receipt["statistics"]["discounts"];
    assert_eq!(discounts["patterns"], json!([{"pattern": "drifter", "people": 1}]));
    assert!((number(&discounts["counted_engagers"]) - 1.0).abs() < 1e-9);
    assert_eq!(differences(&app).await, 0);
    // When they cannot be looked for, here because a day cannot be read, they stay, and others come and go.
    app.put_creator("other", json!({})).await;
    app.send(&likes("other", 1, 9)).await;
    app.sql(
        r"insert into edge_discounts select creator_key, 7, tenant_id, 1, 0.0 from creators where creator_id = 'creator-9'",
    )
    .await;
    app.settle().await;
    app.sql(
        r"update relationships r set active_days = '\x80' from creators c
          where c.creator_key = r.creator_key and c.creator_id = 'other'",
    )
    .await;
    look_at_all(&app).await;
    let left = app.sql("select pattern, count(*) from edge_discounts group by pattern").await;
    assert_eq!(left, [[Some("3".to_owned()), Some("50".to_owned())]]);
}

/// Likes of these people, one for each creator.
fn like_all(people: &[String], creators: &[String]) -> Vec<Value> {
    let like = |person: &String, creator: &String| {
        let by = json!({"engager_id": person, "occurred_at": at_noon(5)});
        event(&format!("{person}-{creator}"), creator, by)
    };
    people.iter().flat_map(|person| creators.iter().map(move |creator| like(person, creator))).collect()
}

#[tokio::test]
async fn somebody_who_only_likes_at_scale_counts_less_where_others_mix_kinds() {
    let app = App::start().await;
    let ids: Vec<String> = (0..50).map(|number| format!("creator-{number}")).collect();
    app.put_creators(&ids.iter().map(String::as_str).collect::<Vec<_>>(), json!({})).await;
    let people: Vec<String> = (0..20).map(|number| format!("person-{number}")).collect();
    app.send(&like_all(&people, &ids)).await;
    // However many they are.
    let likes = (0..130).map(|number| {
        let by = json!({"engager_id": "person-0", "occurred_at": at_noon(5)});
        event(&format!("more-{number}"), "creator-1", by)
    });
    app.send(&likes.collect::<Vec<_>>()).await;
    app.settle().await;
    look_at_all(&app).await;
    let before = receipt(&app, "creator-7").await;
    assert!(before["statistics"].get("discounts").is_none(), "where everybody only likes, that is usual");
    // Somewhere, all but one of them do something else, or are answered.
    let act = |person: &String| {
        let kind = if person == "person-1" { "creator_reply" } else { "comment" };
        let by = json!({"engager_id": person, "kind": kind, "occurred_at": at_noon(4)});
        event(&format!("act-{person}"), "creator-0", by)
    };
    app.send(&people[1..].iter().map(act).collect::<Vec<_>>()).await;
    app.settle().await;
    look_at_all(&app).await;
    let after = receipt(&app, "creator-7").await;
    let discounts = &after["statistics"]["discounts"];
    assert_eq!(discounts["patterns"], json!([{"pattern": "one_kind", "people": 1}]));
    assert!((number(&discounts["counted_engagers"]) - 19.5).abs() < 1e-9);
    assert!(after["reasons"].to_string().contains("always in the same way"), "{after}");
    assert_eq!(after["components"][2]["name"], "authenticity");
    assert!(number(&discounts["share_outside_rings"]) > 0.999, "it says nothing about the creator");
    assert_eq!(differences(&app).await, 0);
    // All people of such reach together say what is usual, in however many passes they are read.
    look_at_so_many(&app, 25_000_000).await;
    assert_eq!(app.count("edge_discounts where pattern = 4").await, 50);
    // A few more who only like do not end it, and would not begin it.
    let more: Vec<String> = (0..5).map(|number| format!("more-{number}")).collect();
    app.send(&like_all(&more, &ids)).await;
    app.settle().await;
    look_at_so_many(&app, 25_000_000).await;
    assert_eq!(app.count("edge_discounts where pattern = 4").await, 300, "19 of 25 mix kinds");
    app.sql("delete from edge_discounts").await;
    look_at_all(&app).await;
    assert_eq!(app.count("edge_discounts").await, 0);
}
