//! Conversations: who is answered, how soon, and how deep threads go.

use crate::support::{App, at_noon, community, event};
use serde_json::{Value, json};
use voci::{conversations::rounds::count_all, relationships::rebuild::rebuild};

/// So many minutes after noon, so many days ago.
fn at(days: i64, minutes: i64) -> String {
    at_noon(days).replace("T12:00:00", &format!("T{:02}:{:02}:00", 12 + minutes / 60, minutes % 60))
}

/// Somebody writes or is answered.
fn talk(id: &str, kind: &str, who: &str, when: &str, answers: Option<&str>) -> Value {
    let answered = answers.map_or(Value::Null, Value::from);
    event(id, "ana", json!({"kind": kind, "engager_id": who, "occurred_at": when, "in_reply_to": answered}))
}

/// Answers to the first people of a community, half an hour after their comments of a day.
fn answers(creator: &str, people: usize, day: i64) -> Vec<Value> {
    let answer = |person: usize| {
        let to = json!({"kind": "creator_reply", "engager_id": format!("fan-{person}-of-{creator}"),
            "in_reply_to": format!("{creator}-{person}-{day}"), "occurred_at": at(day, 30)});
        event(&format!("answer-{person}-{day}"), creator, to)
    };
    (0..people).map(answer).collect()
}

/// Counts conversations, as workers do once a minute for whom it is time.
async fn count(app: &App) {
    let foundation = app.foundation().await;
    count_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
}

async fn an_hour_passes(app: &App) {
    app.sql("update creator_conversations set claimed_at = claimed_at - interval '61 minutes'").await;
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

/// What is said of the conversations of a creator.
async fn conversation(app: &App, creator: &str) -> Value {
    receipt(app, creator).await["components"][3]["conversation"].clone()
}

#[tokio::test]
async fn answers_their_delay_and_the_depth_of_threads_are_shown() {
    let app = App::start().await;
    let accounts =
        json!([{"platform": "x", "handle": "ana", "followers": 2_000, "engager_id": "ana-herself"}]);
    app.put_creator("ana", json!({"accounts": accounts})).await;
    assert_eq!(conversation(&app, "ana").await, Value::Null);
    app.send(&[
        // Answered after 10 minutes, and again; somebody goes on.
        talk("c1", "comment", "p1", &at(3, 0), None),
        talk("a1", "creator_reply", "p1", &at(3, 10), Some("c1")),
        talk("a2", "creator_reply", "p1", &at(3, 50), Some("c1")),
        talk("r1", "reply", "p2", &at(3, 90), Some("a1")),
        // Answered after two hours.
        talk("c2", "comment", "p3", &at(2, 0), None),
        talk("a3", "creator_reply", "p3", &at(2, 120), Some("c2")),
        // Answered, and the answer is taken back.
        talk("c3", "comment", "p4", &at(2, 0), None),
        talk("a4", "creator_reply", "p4", &at(2, 20), Some("c3")),
        talk("x1", "retract", "p4", &at(2, 30), Some("a4")),
        // Nobody known, the creator itself, and somebody of long ago.
        event("c4", "ana", json!({"kind": "comment", "occurred_at": at(1, 0)})),
        talk("c5", "comment", "ana-herself", &at(1, 0), None),
        talk("c6", "comment", "p6", &at(120, 0), None),
        talk("a6", "creator_reply", "p6", &at(119, 0), Some("c6")),
        // Likes are no talk.
        talk("l1", "like", "p7", &at(1, 0), None),
    ])
    .await;
    app.settle().await;
    let people = json!({"people_who_talk": 5, "people_answered": 3, "answer_rate": 0.6});
    assert_eq!(conversation(&app, "ana").await, people, "at once; the rest is counted in the background");
    count(&app).await;
    let mut shown = conversation(&app, "ana").await;
    assert!(shown.as_object_mut().unwrap().remove("as_of").is_some());
    let expected = json!({"people_who_talk": 5, "people_answered": 3, "answer_rate": 0.6, "comments": 5,
        "comments_answered": 2, "median_answer_delay_s": 600, "mean_depth": 1.75, "max_depth": 3});
    assert_eq!(shown, expected);
    // Of the others, nothing of the kind is said.
    let receipt = receipt(&app, "ana").await;
    assert!(receipt["components"][0].get("conversation").is_none(), "{receipt}");
}

#[tokio::test]
async fn conversations_are_counted_anew_when_somebody_talked_and_once_an_hour() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    app.send(&community("ana", 6, &[1, 10, 40])).await;
    app.send(&community("bea", 6, &[1, 10, 40])).await;
    app.send(&[event("like", "cia", json!({"engager_id": "p1"}))]).await;
    app.settle().await;
    count(&app).await;
    assert_eq!(app.count("creator_conversations").await, 2, "nobody talks with cia");
    let [ana, bea] = [conversation(&app, "ana").await, conversation(&app, "bea").await];
    assert_eq!((&ana["comments"], &ana["comments_answered"]), (&json!(18), &json!(0)));
    let like = event("late-like", "bea", json!({"engager_id": "p1"}));
    app.send(&[answers("ana", 2, 10), vec![like]].concat()).await;
    app.settle().await;
    count(&app).await;
    assert_eq!(conversation(&app, "ana").await["comments_answered"], 0, "counted less than an hour ago");
    an_hour_passes(&app).await;
    count(&app).await;
    let after = conversation(&app, "ana").await;
    assert_eq!((&after["comments_answered"], &after["median_answer_delay_s"]), (&json!(2), &json!(1_800)));
    assert_eq!(conversation(&app, "bea").await, bea, "nobody talked with bea meanwhile");
    // What is counted leaves when it is a week too old.
    app.sql("update creator_conversations set through = through - 7, comments = 1").await;
    an_hour_passes(&app).await;
    count(&app).await;
    assert_eq!(conversation(&app, "bea").await["comments"], 18);
}

#[tokio::test]
async fn what_is_summed_up_in_a_base_is_not_counted_whether_its_rows_are_there_or_not() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&community("ana", 6, &[1, 10, 40])).await;
    app.settle().await;
    app.sql("insert into creator_bases select creator_key, current_date - 10 from creators").await;
    count(&app).await;
    assert_eq!(conversation(&app, "ana").await["comments"], 12);
}

#[tokio::test]
async fn who_answers_stands_above_who_does_not_and_both_are_told() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    for creator in ["ana", "bea"] {
        app.send(&community(creator, 12, &[1, 10, 40])).await;
    }
    app.settle().await;
    let value = |receipt: &Value| receipt["components"][3]["value"].as_f64().unwrap();
    let [before, other] = [receipt(&app, "ana").await, receipt(&app, "bea").await];
    assert!((value(&before) - value(&other)).abs() < 1e-12, "without answers both talk alike");
    let told = |receipt: &Value, words: &str| receipt["reasons"].to_string().contains(words);
    assert!(!told(&before, "answered"), "{before}");

    app.send(&answers("bea", 9, 10)).await;
    app.settle().await;
    let [ana, bea] = [receipt(&app, "ana").await, receipt(&app, "bea").await];
    assert!(value(&bea) > value(&ana) && (value(&ana) - value(&before)).abs() < 1e-12);
    assert!(told(&bea, "9 of the 12 people who talk were answered"), "{bea}");
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert_eq!(page["items"][0]["creator_id"], "bea", "{page}");
    let change = |receipt: &Value, words: &str| {
        let improvements = receipt["improvements"].as_array().unwrap();
        let found = improvements.iter().find(|one| one["change"] == words);
        found.unwrap_or_else(|| panic!("{receipt}"))["gain"].as_f64().unwrap()
    };
    assert!(change(&ana, "10 more of the people who talk are answered by the creator") > 0.0);
    assert!(change(&bea, "3 more of the people who talk are answered by the creator") > 0.0);

    // An answer that is taken back is none.
    let gone = |person: usize| {
        event(
            &format!("gone-{person}"),
            "bea",
            json!({"kind": "retract", "in_reply_to": format!("answer-{person}-10")}),
        )
    };
    app.send(&(0..9).map(gone).collect::<Vec<_>>()).await;
    app.settle().await;
    assert_eq!(conversation(&app, "bea").await["people_answered"], 0);
    let foundation = app.foundation().await;
    let report = rebuild(&foundation.pools.background, false, |_| {}).await.unwrap();
    foundation.close().await.unwrap();
    assert_eq!((report.differences(), report.statistics.compared), (0, 2));
}

#[tokio::test]
async fn conversations_of_another_tenant_are_not_mixed_with_ours() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put_creator("ana", json!({})).await;
    other.put("/v1/creators/ana", &crate::support::profile("ana", json!({}))).await.expect(201);
    app.send(&community("ana", 6, &[1, 10])).await;
    let theirs = community("ana", 3, &[1]);
    other.post("/v1/events/batch", &json!({"events": theirs})).await.expect(207);
    app.settle().await;
    count(&app).await;
    let of = |receipt: &Value| receipt["components"][3]["conversation"]["comments"].clone();
    assert_eq!(of(&receipt(&app, "ana").await), 12);
    assert_eq!(of(&other.get("/v1/creators/ana/scores").await.ok()), 3);
}
