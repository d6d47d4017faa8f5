//! Receipts: anyone can recompute a score from the published model and the statistics.

use crate::support::{App, at_noon, community, event, profile};
use serde_json::{Value, json};
use statrs::distribution::{Beta, ContinuousCDF};
use voci::{
    ids::LANES,
    relationships::rebuild::rebuild,
    scores::store::{Turn, score_lane},
};

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The component of this name.
pub(crate) fn component<'a>(receipt: &'a Value, name: &str) -> &'a Value {
    let components = receipt["components"].as_array().unwrap();
    components.iter().find(|component| component["name"] == name).unwrap()
}

pub(crate) fn near(found: &Value, expected: f64, tolerance: f64) {
    assert!((number(found) - expected).abs() < tolerance, "{found} instead of {expected}");
}

/// Through the knots of a published map.
fn mapped(parameters: &Value, value: f64) -> f64 {
    let knots: Vec<(f64, f64)> = parameters["map"]
        .as_array()
        .unwrap()
        .iter()
        .map(|knot| (number(&knot["value"]), number(&knot["mapped"])))
        .collect();
    let above = knots.partition_point(|knot| knot.0 <= value).clamp(1, knots.len() - 1);
    let (left, right) = (knots[above - 1], knots[above]);
    let share = ((value - left.0) / (right.0 - left.0)).clamp(0.0, 1.0);
    ((left.1 + share * (right.1 - left.1)) * 50_000.0).round() / 50_000.0
}

/// `chance_of_return` as published, for somebody with two or more active days.
fn chance_of_return(model: &Value, [x, t_x, age]: [f64; 3], [recent, lasting]: [f64; 2]) -> f64 {
    let of = &model["return_model"];
    let [r, alpha, a, b] = ["r", "alpha", "a", "b"].map(|name| number(&of[name]));
    let alive = 1.0 / (1.0 + a / (b + x) * ((alpha + age) / (alpha + t_x)).powf(r + x));
    let plain = alive * (1.0 - ((alpha + age) / (alpha + age + number(&of["horizon_days"]))).powf(r + x));
    let of = |name: &str| number(&model["recalibration"][name]);
    let log_odds = of("intercept")
        + of("log_odds") * (plain / (1.0 - plain)).ln()
        + of("recent") * (recent + 0.01).ln()
        + of("lasting") * (lasting + 0.01).ln();
    1.0 / (1.0 + (-log_odds).exp())
}

/// Mean and 10 % and 90 % quantile.
pub(crate) type Interval = (f64, f64, f64);

/// `loyalty` as published.
fn loyalty(model: &Value, statistics: &Value) -> Interval {
    let of = &model["loyalty"];
    let (weight, prior) = (number(&of["prior_weight"]), number(&of["prior"]));
    let people = number(&statistics["mature_engagers"]) + weight;
    let mean = (number(&statistics["loyal_reach"]) + weight * prior) / people;
    let by_chance =
        (number(&statistics["loyal_reach_variance"]) + weight * prior * (1.0 - prior)) / people.powi(2);
    let variance = by_chance + (number(&of["creator_effect"]) * mean).powi(2);
    let concentration = mean * (1.0 - mean) / variance - 1.0;
    beta(mean * concentration, (1.0 - mean) * concentration)
}

/// `conversation` as published.
fn conversation(model: &Value, statistics: &Value) -> Interval {
    let people = |name: &str| number(&statistics[name]);
    // Mean and variance of the posterior.
    let share = |of: &Value, some: f64, all: f64| {
        let (weight, prior) = (number(&of["prior_weight"]), number(&of["prior"]));
        let mean = (some + weight * prior) / (all + weight);
        (mean, mean * (1.0 - mean) / (all + weight + 1.0))
    };
    let talk = share(&model["conversation"], people("talking_engagers"), people("engagers"));
    let answer = share(&model["answers"], people("answered_engagers"), people("talking_engagers"));
    let mean = talk.0 * (1.0 + answer.0) / 2.0;
    let variance = (talk.1 * answer.1 + talk.1 * (1.0 + answer.0).powi(2) + talk.0.powi(2) * answer.1) / 4.0;
    let concentration = mean * (1.0 - mean) / variance - 1.0;
    beta(mean * concentration, (1.0 - mean) * concentration)
}

/// `authenticity` as published, for a creator without sponsored posts.
pub(crate) fn authenticity(model: &Value, statistics: &Value) -> Interval {
    let of = &model["authenticity"];
    let (weight, prior) = (number(&of["prior_weight"]), number(&of["prior"]));
    let discounts = &statistics["discounts"];
    let (people, share) = if discounts.is_null() {
        (number(&statistics["engagers"]), 1.0)
    } else {
        let lost = number(&discounts["people_lost_to_rings"]);
        (number(&discounts["counted_engagers"]) + lost, number(&discounts["share_outside_rings"]))
    };
    beta(people * share + weight * prior, people * (1.0 - share) + weight * (1.0 - prior))
}

fn beta(alpha: f64, beta: f64) -> Interval {
    let quantiles = Beta::new(alpha, beta).unwrap();
    (alpha / (alpha + beta), quantiles.inverse_cdf(0.1), quantiles.inverse_cdf(0.9))
}

/// Checks a component against what it should be, and returns its part of score, low and high.
fn check(model: &Value, receipt: &Value, name: &str, (mean, low, high): Interval) -> Interval {
    let shown = component(receipt, name);
    assert_eq!(shown["status"], "measured");
    near(&shown["value"], mean, 1e-9);
    // The quantiles are computed to a thousandth of a probability.
    near(&shown["low"], low, 2e-3);
    near(&shown["high"], high, 2e-3);
    near(&shown["mapped"], mapped(&model[name], mean), 1e-9);
    let weight = number(&shown["weight"]);
    near(&shown["contribution"], weight * mapped(&model[name], mean), 1e-9);
    let at = |bound: &str| mapped(&model[name], number(&shown[bound]));
    (weight * at("value"), weight * (at("value") - at("low")), weight * (at("high") - at("value")))
}

/// A community of people with different days, some of whom the creator answers, and passers-by.
fn story() -> Vec<Value> {
    let mut events = community("ana", 15, &[2, 9, 30, 55]);
    let like = |person: i64| {
        let by = json!({"engager_id": format!("passer-by-{person}"), "occurred_at": at_noon(1 + person)});
        event(&format!("like-{person}"), "ana", by)
    };
    events.extend((0..60).map(like));
    let answer = |person: i64| {
        let to = json!({"kind": "creator_reply", "engager_id": format!("fan-{person}-of-ana"),
            "in_reply_to": format!("ana-{person}-30"), "occurred_at": at_noon(29)});
        event(&format!("answer-{person}"), "ana", to)
    };
    events.extend((0..6).map(answer));
    events
}

#[tokio::test]
async fn a_receipt_can_be_recomputed_from_the_published_model() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&story()).await;
    app.settle().await;
    let model = app.get("/v1/model").await.ok();
    let receipt = app.get("/v1/creators/ana/scores").await.ok();
    let statistics = &receipt["statistics"];
    assert_eq!(receipt["model_version"], model["version"]);

    // 15 people with 4 active days, from 55 to 2 days ago; the last observed day is that of the last event, 1 day ago, and
    // somebody engaged on each of the 60 days before.
    let live =
        [90.0, 365.0].map(|half_life| (0..60).map(|day| (f64::from(-day) / half_life).exp2()).sum::<f64>());
    let chance = chance_of_return(&model, [3.0, 53.0, 54.0], live);
    near(&statistics["live_recent"], live[0], 1e-9);
    near(&statistics["live_lasting"], live[1], 1e-9);
    near(&statistics["loyal_reach"], 15.0 * chance, 1e-9);
    near(&statistics["loyal_reach_variance"], 15.0 * chance * (1.0 - chance), 1e-9);
    // Of the passers-by, those who came 31 to 60 days ago are mature.
    let expected = json!({"events": 126, "anonymous_events": 0, "engagers": 75, "mature_engagers": 45,
        "loyal_engagers": 15, "talking_engagers": 15, "answered_engagers": 6, "window_days": 60, "observed_until": &at_noon(1)[..10],
        "live_recent": statistics["live_recent"], "live_lasting": statistics["live_lasting"],
        "loyal_reach": statistics["loyal_reach"], "loyal_reach_variance": statistics["loyal_reach_variance"]});
    assert_eq!(*statistics, expected);

    let loyalty = check(&model, &receipt, "loyalty", loyalty(&model, statistics));
    let conversation = check(&model, &receipt, "conversation", conversation(&model, statistics));
    let weight = |name: &str| number(&model["weights"][name]);
    let scale = 1.0 - weight("fit");
    near(&component(&receipt, "loyalty")["weight"], weight("loyalty") / scale, 1e-9);
    let authenticity = check(&model, &receipt, "authenticity", authenticity(&model, statistics));
    // Without seeds trust is what the loyalty of comparable creators is.
    let share = weight("trust") / scale;
    let at = |of: &str| mapped(&model["loyalty"], number(&model["loyalty"][of]));
    let trust = (
        share * at("prior"),
        share * (at("prior") - at("spread_low")),
        share * (at("spread_high") - at("prior")),
    );
    let parts = [loyalty, conversation, authenticity, trust];
    let score: f64 = parts.iter().map(|part| part.0).sum();
    let spread = |of: fn(&Interval) -> f64| parts.iter().map(|part| of(part).powi(2)).sum::<f64>().sqrt();
    near(&receipt["score"], score, 1e-9);
    near(&receipt["low"], score - spread(|part| part.1), 1e-9);
    near(&receipt["high"], score + spread(|part| part.2), 1e-9);
    near(&receipt["uncertainty"], number(&receipt["low"]) - number(&receipt["score"]), 1e-12);
}

#[tokio::test]
async fn contributions_and_uncertainty_add_up_to_what_ranks() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({"niches": ["gaming", "minimalism"]})).await;
    app.send(&story()).await;
    app.send(&community("bea", 3, &[1, 20])).await;
    app.settle().await;
    let weights = json!({"fit": 3.0, "loyalty": 1.0, "trust": 0.3, "authenticity": 0.0, "conversation": 7.0});
    for more in [json!({}), json!({"weights": weights})] {
        let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let page = app.post("/v1/recommendations", &request).await.expect(200);
        for item in page["items"].as_array().unwrap() {
            let sum = |of: &dyn Fn(&Value) -> f64| {
                item["components"].as_array().unwrap().iter().map(of).sum::<f64>()
            };
            let contributions = sum(&|component| number(&component["contribution"]));
            near(&item["score"], contributions, 1e-9);
            near(&item["low"], contributions + number(&item["uncertainty"]), 1e-9);
            near(&item["score"], sum(&|part| number(&part["weight"]) * number(&part["mapped"])), 1e-9);
            assert!(number(&item["uncertainty"]) <= 0.0 && number(&item["high"]) >= number(&item["score"]));
        }
    }
}

#[tokio::test]
async fn without_evidence_a_component_is_insufficient_and_stands_where_its_niche_is() {
    let app = App::start().await;
    app.put_creators(&["nobody-seen", "few-seen", "briefly-seen"], json!({})).await;
    app.send(&community("few-seen", 4, &[1, 20, 50])).await;
    app.send(&community("briefly-seen", 9, &[1, 2, 3])).await;
    app.settle().await;
    let model = app.get("/v1/model").await.ok();
    for (id, of_people) in
        [("nobody-seen", "insufficient"), ("few-seen", "insufficient"), ("briefly-seen", "measured")]
    {
        let receipt = app.get(&format!("/v1/creators/{id}/scores")).await.ok();
        for name in ["loyalty", "trust"] {
            assert_eq!(component(&receipt, name)["status"], "insufficient", "{id} {name}");
        }
        for name in ["authenticity", "conversation"] {
            assert_eq!(component(&receipt, name)["status"], of_people, "{id} {name}");
        }
        let loyalty = component(&receipt, "loyalty");
        near(&loyalty["value"], number(&model["loyalty"]["prior"]), 1e-12);
        near(&loyalty["low"], number(&model["loyalty"]["spread_low"]), 1e-12);
        near(&loyalty["high"], number(&model["loyalty"]["spread_high"]), 1e-12);
    }
    let nobody = app.get("/v1/creators/nobody-seen/scores").await.ok();
    assert_eq!(component(&nobody, "loyalty")["evidence"], json!({"events": 0, "engagers": 0, "days": 0}));
}

#[tokio::test]
async fn a_model_fitted_to_the_tenants_data_is_published_and_used() {
    let app = App::start_with(|_, serve| serve.work.model_seconds = 1).await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&community("ana", 400, &[1, 5, 20])).await;
    let likes: Vec<Value> = (0..800)
        .map(|person| {
            event(
                &format!("like-{person}"),
                "bea",
                json!({"engager_id": format!("p{person}"), "occurred_at": at_noon(1 + person % 50)}),
            )
        })
        .collect();
    app.send(&likes).await;
    crate::support::eventually("a model is fitted and the scores follow", async || {
        let model = app.get("/v1/model").await.ok();
        let receipt = app.get("/v1/creators/ana/scores").await.ok();
        let page = app.get("/v1/recommendations?niche=gaming").await.ok();
        let ranked = page["items"].as_array()?.iter().find(|item| item["creator_id"] == "ana")?;
        let value = |of: &Value| number(&component(of, "loyalty")["value"]);
        let agree = (value(ranked) - value(&receipt)).abs() < 1e-6;
        (model["version"].as_i64()? > 0
            && receipt["model_version"] == model["version"]
            && agree
            && model["fitted_at"].is_string()
            && receipt["statistics"]["engagers"] == 400)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn people_of_a_creator_that_falls_silent_grow_old_while_others_are_seen() {
    let app = App::start_with(|_, serve| serve.work.model_seconds = 1).await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.send(&community("ana", 12, &[100, 110, 130])).await;
    app.settle().await;
    let before = app.get("/v1/creators/ana/scores").await.ok();
    assert_eq!(before["statistics"]["observed_until"], at_noon(100)[..10]);
    app.send(&community("bea", 1, &[1])).await;
    let after = crate::support::eventually("the clock goes forward", async || {
        let receipt = app.get("/v1/creators/ana/scores").await.ok();
        (receipt["statistics"]["observed_until"] == at_noon(1)[..10]).then_some(receipt)
    })
    .await;
    let reach = |receipt: &Value| number(&receipt["statistics"]["loyal_reach"]);
    assert!(reach(&after) < 0.7 * reach(&before), "{} {}", reach(&after), reach(&before));
    assert_eq!(after["statistics"]["window_days"], before["statistics"]["window_days"]);
    // Everything agrees with what it should be, as of the day it says.
    let foundation = app.foundation().await;
    let report = rebuild(&foundation.pools.background, false, |_| {}).await.unwrap();
    foundation.close().await.unwrap();
    assert_eq!((report.differences(), report.statistics.compared), (0, 2));
}

#[tokio::test]
async fn a_day_of_engagement_that_is_heard_of_late_counts_as_one_that_was_heard_of_in_time() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    let of = |creator: &str| {
        let late = json!({"engager_id": "late", "occurred_at": at_noon(40)});
        (community(creator, 12, &[60, 30, 2]), vec![event("late", creator, late)])
    };
    let (early, late) = of("ana");
    app.send(&early).await;
    app.settle().await;
    let before = app.get("/v1/creators/ana/scores").await.ok();
    app.send(&late).await;
    let (early, late) = of("bea");
    app.send(&[early, late].concat()).await;
    app.settle().await;
    let [ana, bea] =
        [app.get("/v1/creators/ana/scores").await.ok(), app.get("/v1/creators/bea/scores").await.ok()];
    assert_eq!(ana["statistics"], bea["statistics"]);
    let alive = |receipt: &Value| number(&receipt["statistics"]["live_recent"]);
    assert!(alive(&ana) > alive(&before) && ana["statistics"]["engagers"] == 13);
}

#[tokio::test]
async fn values_are_shown_beside_those_of_peers() {
    let app = App::start().await;
    let ids: Vec<String> = (0..31).map(|number| format!("creator-{number:02}")).collect();
    let mut events = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let platform = if number == 30 { "youtube" } else { "instagram" };
        let account = json!({"platform": platform, "handle": id, "followers": 12_000});
        app.put_creator(id, json!({"accounts": [account], "niches": ["gaming"]})).await;
        // The higher the number, the more people come back.
        events.extend(community(id, 5 + number, &[60, 2]));
        let passers_by = (0..20).map(|person| {
            let by =
                json!({"engager_id": format!("{id}-passes-{person}"), "occurred_at": at_noon(60 - person)});
            event(&format!("{id}-passes-{person}"), id, by)
        });
        events.extend(passers_by);
    }
    app.put_creator("elsewhere", json!({"niches": ["minimalism"]})).await;
    for events in events.chunks(1_000) {
        app.send(events).await;
    }
    app.settle().await;
    let receipt = async |id: &str| app.get(&format!("/v1/creators/{id}/scores")).await.ok();
    let middle = receipt("creator-15").await;
    let peers = json!({"niche": "gaming", "platform": "instagram", "tier": "micro", "creators": 30});
    assert_eq!(middle["peers"], peers);
    near(&component(&middle, "loyalty")["peer_percentile"], 15.5 / 30.0, 1e-9);
    assert!(component(&middle, "trust").get("peer_percentile").is_none(), "nobody's trust is measured");
    let alone_on_its_platform = receipt("creator-30").await;
    assert_eq!(alone_on_its_platform["peers"], json!({"niche": "gaming", "creators": 31}));
    near(&component(&alone_on_its_platform, "loyalty")["peer_percentile"], 30.5 / 31.0, 1e-9);
    assert!(receipt("elsewhere").await.get("peers").is_none());
}

#[tokio::test]
async fn creators_that_are_not_due_yet_wait_while_events_are_folded() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    let foundation = app.foundation().await;
    let pool = &foundation.pools.background;
    let score_all = async |turn| {
        let mut scored = 0;
        for lane in 0..LANES {
            scored += score_lane(pool, lane, turn).await.unwrap();
        }
        scored
    };
    assert_eq!(score_all(Turn::Due(0)).await, 2, "new creators are due");
    let put_off = "insert into score_queue (lane, creator_key, enqueued_at)
        select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key, now() + interval '1 hour' from creators";
    app.sql(put_off).await;
    assert_eq!(score_all(Turn::Due(0)).await, 0);
    assert_eq!(score_all(Turn::All).await, 2, "whoever has nothing to fold scores them");
    assert_eq!(app.sql("select count(*) from score_queue").await, [[Some("0".to_owned())]]);
    foundation.close().await.unwrap();
}

#[tokio::test]
async fn clocks_go_on_beside_a_tenant_of_whom_nothing_was_ever_seen() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let other = app.tenant("other").await;
    other.put("/v1/creators/bea", &profile("bea", json!({}))).await.ok();
    other.post("/v1/events/batch", &json!({"events": community("bea", 3, &[3])})).await.expect(207);
    app.settle().await;
    let foundation = app.foundation().await;
    voci::scores::clock::advance_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
    let clocks = app.sql("select observed_until is not null from tenants order by name").await;
    assert_eq!(clocks, [[Some("f".to_owned())], [Some("t".to_owned())]]);
}
