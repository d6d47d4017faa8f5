//! Do the same people come back after sponsored posts?

use crate::{
    scores::{authenticity, component, near, number},
    support::{App, at_noon, event, eventually, post},
};
use serde_json::{Value, json};
use voci::{app::Foundation, ids::TenantId, scores::clock::advance_all, sponsorship::rounds::renew};

const PEOPLE: usize = 40;

/// Looks at sponsored posts, as workers do once in an hour; how many creators were looked at.
pub(crate) async fn look(app: &App) -> usize {
    app.settle().await;
    let foundation = app.foundation().await;
    let looked_at = look_with(app, &foundation).await;
    foundation.close().await.unwrap();
    app.settle().await;
    looked_at
}

async fn look_with(app: &App, foundation: &Foundation) -> usize {
    let tenant =
        app.sql("select min(tenant_id) from tenants").await[0][0].as_deref().unwrap().parse().unwrap();
    renew(&foundation.pools.background, TenantId(tenant)).await.unwrap()
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

/// Waits until workers have had the first round, which begins when a service does: nothing was there to be looked at.
pub(crate) async fn first_round(app: &App) {
    eventually("the first round", async || (app.count("sponsorship_rounds").await > 0).then_some(())).await;
}

/// A creator with three ordinary posts and a sponsored one.
async fn put_with_posts(app: &App, creator: &str) {
    first_round(app).await;
    app.put_creator(creator, json!({})).await;
    for (id, days) in [("before", 125), ("first", 105), ("second", 85)] {
        let of_day = post(json!({"published_at": at_noon(days)}));
        app.put(&format!("/v1/creators/{creator}/posts/{id}"), &of_day).await.expect(201);
    }
    let paid = post(json!({"published_at": at_noon(65), "sponsored": true, "brand": "linen-and-co"}));
    app.put(&format!("/v1/creators/{creator}/posts/paid"), &paid).await.expect(201);
}

fn like(creator: &str, person: usize, post: &str, days: i64) -> Value {
    let by = json!({"engager_id": format!("fan-{person}"), "post_id": post, "occurred_at": at_noon(days)});
    event(&format!("{creator}-{person}-{days}"), creator, by)
}

/// People who like every post, and how many of them come back after the sponsored one. Somebody is seen yesterday.
fn story(creator: &str, people: usize, faithful: usize) -> Vec<Value> {
    let posts = [("before", 120), ("first", 100), ("second", 80), ("paid", 60)];
    let all = (0..people).flat_map(|person| posts.map(|(post, days)| like(creator, person, post, days)));
    let back = (0..faithful).map(|person| like(creator, person, "of-nobody-knows", 40));
    let yesterday = event(&format!("{creator}-now"), creator, json!({"engager_id": "passer-by"}));
    all.chain(back).chain([yesterday]).collect()
}

/// `kept_under_sponsorship` and `under_sponsorship` as published: value, low, high, and the factor.
fn kept(model: &Value, sponsorship: &Value) -> [f64; 4] {
    let of = |name: &str| number(&model["sponsorship"][name]);
    let after = |sort: &str, of: &str| number(&sponsorship[sort][of]);
    let (sponsored, back) = (after("after_sponsored", "people"), after("after_sponsored", "returned"));
    let (ordinary, back_ordinary) = (after("after_ordinary", "people"), after("after_ordinary", "returned"));
    let prior = of("prior_people");
    let usual = (back_ordinary + 1.0) / (ordinary + 2.0);
    let share = (back + prior * usual) / (sponsored + prior);
    let by_sponsored = share * (1.0 - share) / ((sponsored + prior + 1.0) * usual.powi(2));
    let by_ordinary =
        (back / ((sponsored + prior) * usual.powi(2))).powi(2) * usual * (1.0 - usual) / (ordinary + 3.0);
    let spread = 1.281_551_6 * (by_sponsored + by_ordinary).sqrt();
    let [value, low, high] = [0.0, -spread, spread].map(|off| (share / usual + off).clamp(0.0, 1.0));
    [value, low, high, high.max(of("least_kept"))]
}

#[tokio::test]
async fn a_creator_whose_people_leave_after_sponsored_posts_has_less_of_authenticity() {
    let app = App::start().await;
    for (creator, faithful) in [("ana", 10), ("bea", PEOPLE)] {
        put_with_posts(&app, creator).await;
        app.send(&story(creator, PEOPLE, faithful)).await;
    }
    app.settle().await;
    let before = receipt(&app, "ana").await;
    assert!(before.get("sponsorship").is_none() && component(&before, "authenticity").get("parts").is_none());
    assert_eq!(look(&app).await, 2);
    let [ana, bea] = [receipt(&app, "ana").await, receipt(&app, "bea").await];
    let sponsorship = &ana["sponsorship"];
    assert_eq!((&sponsorship["posts"], &sponsorship["sponsored_posts"]), (&json!(4), &json!(1)));
    assert_eq!(
        (&sponsorship["sponsored_share"], &sponsorship["brands"]),
        (&json!(0.25), &json!(["linen-and-co"]))
    );
    let people = |sort: &str| (sponsorship[sort]["people"].clone(), sponsorship[sort]["returned"].clone());
    assert_eq!(people("after_sponsored"), (json!(40), json!(10)));
    assert_eq!(people("after_ordinary"), (json!(40), json!(40)));
    near(&sponsorship["after_sponsored"]["share"], 11.0 / 42.0, 1e-9);

    // As published.
    let model = app.get("/v1/model").await.ok();
    let [value, low, high, factor] = kept(&model, sponsorship);
    near(&sponsorship["kept_under_sponsorship"], value, 1e-9);
    near(&sponsorship["kept_low"], low, 1e-6);
    near(&sponsorship["kept_high"], high, 1e-6);
    near(&sponsorship["factor"], factor, 1e-6);
    assert!(value > 0.5 && value < 0.75 && factor < 1.0);
    assert_eq!(
        (&bea["sponsorship"]["kept_under_sponsorship"], &bea["sponsorship"]["factor"]),
        (&json!(1.0), &json!(1.0))
    );
    let open = authenticity(&model, &ana["statistics"]);
    let shown = component(&ana, "authenticity");
    near(&shown["value"], open.0 * factor, 1e-6);
    near(&shown["low"], open.1 * factor, 2e-3);
    near(&shown["high"], open.2 * factor, 2e-3);
    assert_eq!(shown["parts"][0]["name"], "outside_rings");
    near(&shown["parts"][0]["value"], open.0, 1e-9);
    assert_eq!(
        (&shown["parts"][1]["name"], &shown["parts"][1]["value"]),
        (&json!("under_sponsorship"), &sponsorship["factor"])
    );
    // Whose people are enough to tell, and come back, loses nothing to that.
    let other = receipt(&app, "bea").await;
    near(&component(&other, "authenticity")["low"], authenticity(&model, &other["statistics"]).1, 2e-3);

    // In words, and with what would raise it.
    let told = "Of 40 loyal people who engaged with sponsored posts, 10 came back within 30 days; with ordinary ones, 40 of 40: a loss beyond chance";
    assert!(ana["reasons"].as_array().unwrap().contains(&json!(told)), "{ana}");
    let raises =
        |receipt: &Value| receipt["improvements"].to_string().contains("come back after sponsored posts");
    assert!(raises(&ana) && number(&ana["low"]) < number(&before["low"]));
    // The list says the same.
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    let items = page["items"].as_array().unwrap();
    let listed = items.iter().find(|item| item["creator_id"] == "ana").unwrap();
    let in_list = component(listed, "authenticity");
    assert_eq!(in_list["parts"], shown["parts"]);
    // Lists round to seven digits.
    near(&in_list["value"], number(&shown["value"]), 1e-6);
    assert_eq!(items[0]["creator_id"], "bea");
}

#[tokio::test]
async fn nothing_is_concluded_from_few_people_and_from_days_that_are_not_over() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.send(&story("ana", 19, 0)).await;
    // These met the sponsored post less than 30 days ago.
    let lately = (100..150).flat_map(|person| {
        [("first", 100), ("paid", 25)].map(|(post, days)| like("ana", person, post, days))
    });
    app.send(&lately.collect::<Vec<_>>()).await;
    app.settle().await;
    let before = receipt(&app, "ana").await;
    look(&app).await;
    let after = receipt(&app, "ana").await;
    let sponsorship = &after["sponsorship"];
    assert_eq!(
        (&sponsorship["after_sponsored"]["people"], &sponsorship["status"]),
        (&json!(19), &json!("insufficient"))
    );
    assert_eq!((&sponsorship["kept_under_sponsorship"], &sponsorship["factor"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(component(&after, "authenticity"), component(&before, "authenticity"));
}

#[tokio::test]
async fn a_feed_that_ends_after_a_sponsored_post_loses_nobody_by_that() {
    let app = App::start().await;
    for creator in ["ana", "bea"] {
        put_with_posts(&app, creator).await;
        app.send(&story(creator, PEOPLE, 0)).await;
    }
    // Nothing comes from the platform of bea any more, while ana keeps the clock of the tenant going.
    let gone = json!({"kind": "retract", "in_reply_to": "bea-now", "occurred_at": at_noon(60)});
    app.send(&[event("gone", "bea", gone)]).await;
    app.settle().await;
    let foundation = app.foundation().await;
    advance_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
    look(&app).await;
    let [ana, bea] = [receipt(&app, "ana").await, receipt(&app, "bea").await];
    assert_eq!(ana["statistics"]["observed_until"], bea["statistics"]["observed_until"]);
    assert_eq!(ana["sponsorship"]["after_sponsored"]["people"], json!(PEOPLE));
    let sponsorship = &bea["sponsorship"];
    assert_eq!((&sponsorship["status"], &sponsorship["factor"]), (&json!("insufficient"), &json!(1.0)));
    assert_eq!(sponsorship["after_sponsored"]["people"], 0, "their time to come back was not over");
    assert_eq!((&sponsorship["posts"], &sponsorship["sponsored_posts"]), (&json!(4), &json!(1)));
}

#[tokio::test]
async fn creators_are_looked_at_again_when_their_posts_change() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.put_creator("bea", json!({})).await;
    app.put("/v1/creators/bea/posts/p1", &post(json!({}))).await.expect(201);
    app.send(&story("ana", PEOPLE, 0)).await;
    assert_eq!(look(&app).await, 1, "bea has no sponsored posts");
    assert_eq!(look(&app).await, 0);
    assert!(receipt(&app, "bea").await.get("sponsorship").is_none());
    let unpaid = post(json!({"published_at": at_noon(65)}));
    app.put("/v1/creators/ana/posts/paid", &unpaid).await.expect(200);
    assert_eq!(look(&app).await, 1);
    let sponsorship = receipt(&app, "ana").await["sponsorship"].clone();
    assert_eq!((&sponsorship["sponsored_posts"], &sponsorship["brands"]), (&json!(0), &json!([])));
    assert_eq!(
        (&sponsorship["after_sponsored"]["people"], &sponsorship["status"]),
        (&json!(0), &json!("insufficient"))
    );
}

#[tokio::test]
async fn counts_of_posts_are_no_reason_to_look_again_and_a_post_that_is_gone_is() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.send(&story("ana", PEOPLE, 0)).await;
    assert_eq!(look(&app).await, 1);
    let path = "/v1/creators/ana/posts/paid";
    let described = json!({"published_at": at_noon(65), "sponsored": true, "brand": "linen-and-co"});
    let counted = |likes: i64| {
        let mut counted = described.clone();
        counted["metrics"] = json!({"as_of": at_noon(10 - likes), "likes": likes});
        post(counted)
    };
    app.put(path, &counted(1)).await.expect(200);
    assert_eq!(look(&app).await, 0);
    let mut other = counted(2);
    other["brand"] = json!("cotton-and-co");
    app.put(path, &other).await.expect(200);
    assert_eq!((look(&app).await, look(&app).await), (1, 0));
    assert_eq!(receipt(&app, "ana").await["sponsorship"]["brands"], json!(["cotton-and-co"]));
    for id in ["paid", "before", "first", "second"] {
        app.delete(&format!("/v1/creators/ana/posts/{id}")).await.expect(204);
        assert_eq!((look(&app).await, look(&app).await), (1, 0), "{id}");
    }
    let sponsorship = receipt(&app, "ana").await["sponsorship"].clone();
    assert_eq!((&sponsorship["posts"], &sponsorship["sponsored_posts"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_post_that_goes_while_its_creator_is_looked_at_has_it_looked_at_again() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.send(&story("ana", PEOPLE, 0)).await;
    assert_eq!(look(&app).await, 1);
    app.delete("/v1/creators/ana/posts/paid").await.expect(204);
    app.settle().await;
    let foundation = app.foundation().await;
    // Another post goes, which is told when the look has been and is to be written.
    let other = app.database().connect().await;
    other.batch_execute("begin; update creator_sponsorship set looked_at = '-infinity'").await.unwrap();
    let goes = async {
        eventually("the look is to be written", async || {
            let waiting = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                           and query like '%sponsorship::write%'";
            (app.count(waiting).await > 0).then_some(())
        })
        .await;
        other.batch_execute("commit").await.unwrap();
    };
    tokio::join!(look_with(&app, &foundation), goes);
    assert_eq!((look_with(&app, &foundation).await, look_with(&app, &foundation).await), (1, 0));
    foundation.close().await.unwrap();
}

#[tokio::test]
async fn what_was_taken_back_is_no_engagement_with_a_sponsored_post() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.send(&story("ana", PEOPLE, 0)).await;
    // The like goes, the day stays: another act without a post was on it.
    let act = json!({"engager_id": "fan-0", "kind": "share", "occurred_at": at_noon(60)});
    let back = json!({"kind": "retract", "in_reply_to": "ana-0-60"});
    app.send(&[event("share", "ana", act), event("back", "ana", back)]).await;
    look(&app).await;
    assert_eq!(receipt(&app, "ana").await["sponsorship"]["after_sponsored"]["people"], 39);
}

#[tokio::test]
async fn people_whom_discounts_dismiss_take_no_trust_along() {
    let app = App::start().await;
    put_with_posts(&app, "ana").await;
    app.send(&story("ana", PEOPLE, PEOPLE / 2)).await;
    app.settle().await;
    app.sql(
        "insert into edge_discounts select creator_key, engager_key, tenant_id, 3, 0.1
         from relationships join creators using (creator_key) where last_seen < current_date - 50",
    )
    .await;
    look(&app).await;
    let after = receipt(&app, "ana").await["sponsorship"]["after_sponsored"].clone();
    assert_eq!((&after["people"], &after["returned"]), (&json!(20), &json!(20)));
}
