//! Communities: what people engage with elsewhere, against a count made here, and what it does to fit.

use crate::support::{App, event};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use voci::{
    ids::{CreatorKey, TenantId},
    scores::communities::count_all,
};

const CREATORS: [(&str, &[&str]); 6] = [
    ("ana", &["gaming"]),
    ("bea", &["gaming", "minimalism"]),
    ("cia", &["minimalism"]),
    ("dan", &[]),
    ("eva", &["fashion", "gaming", "minimalism"]),
    ("fox", &["travel"]),
];

/// Who engages with whom: every pair for which the seed says so.
fn engaged() -> BTreeSet<(&'static str, u32)> {
    let mut state = 7_u64;
    let mut pairs = BTreeSet::new();
    for person in 0..30 {
        for (creator, _) in CREATORS {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if state >> 62 == 0 {
                pairs.insert((creator, person));
            }
        }
    }
    pairs
}

/// Shares by the words of the definition: every person splits what they do elsewhere evenly over the other creators
/// who declare niches, and each of those over its niches.
fn counted_here(pairs: &BTreeSet<(&str, u32)>) -> BTreeMap<String, (i32, BTreeMap<String, f64>)> {
    let niches: BTreeMap<&str, &[&str]> = CREATORS.into_iter().collect();
    let mut communities = BTreeMap::new();
    for (creator, _) in CREATORS {
        let mut shares: BTreeMap<String, f64> = BTreeMap::new();
        let mut people = 0;
        for (_, person) in pairs.iter().filter(|(of, _)| *of == creator) {
            let declaring = pairs.iter().filter(|(of, who)| who == person && !niches[of].is_empty());
            let others: Vec<&str> = declaring.map(|(of, _)| *of).filter(|of| *of != creator).collect();
            if others.is_empty() {
                continue;
            }
            people += 1;
            for other in &others {
                for niche in niches[other] {
                    *shares.entry((*niche).to_owned()).or_default() +=
                        1.0 / others.len() as f64 / niches[other].len() as f64;
                }
            }
        }
        for share in shares.values_mut() {
            *share /= f64::from(people);
        }
        shares.retain(|_, share| *share >= 0.02);
        if people > 0 {
            communities.insert(creator.to_owned(), (people, shares));
        }
    }
    communities
}

async fn counted_by_the_service(app: &App) -> BTreeMap<String, (i32, BTreeMap<String, f64>)> {
    let foundation = app.foundation().await;
    count_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
    let rows = app
        .sql(
            "select c.creator_id, m.people, to_json(m.niches), to_json(m.shares)
              from creator_communities m join creators c using (creator_key) where m.people > 0",
        )
        .await;
    rows.into_iter()
        .map(|row| {
            let text = |column: usize| row[column].clone().unwrap();
            let niches: Vec<String> = serde_json::from_str(&text(2)).unwrap();
            let shares: Vec<f64> = serde_json::from_str(&text(3)).unwrap();
            (text(0), (text(1).parse().unwrap(), niches.into_iter().zip(shares).collect()))
        })
        .collect()
}

#[tokio::test]
async fn communities_are_counted_as_defined() {
    let app = App::start().await;
    for (creator, niches) in CREATORS {
        app.put_creator(creator, json!({"niches": niches})).await;
    }
    let pairs = engaged();
    let events: Vec<Value> = pairs
        .iter()
        .map(|(creator, person)| {
            event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
        })
        .collect();
    app.send(&events).await;
    // What nobody in particular does, and what people only look at, is nobody's engagement.
    app.send(&[event("n", "fox", json!({})), event("v", "fox", json!({"kind": "view", "engager_id": "p1"}))])
        .await;
    app.settle().await;
    let (expected, counted) = (counted_here(&pairs), counted_by_the_service(&app).await);
    assert_eq!(counted.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (creator, (people, shares)) in expected {
        assert_eq!(counted[&creator].0, people, "{creator}");
        assert_eq!(
            counted[&creator].1.keys().collect::<Vec<_>>(),
            shares.keys().collect::<Vec<_>>(),
            "{creator}"
        );
        for (niche, share) in shares {
            assert!((counted[&creator].1[&niche] - share).abs() < 1e-12, "{creator} {niche}");
        }
    }
}

#[tokio::test]
async fn who_fits_without_saying_so_is_found_and_an_impostor_sinks() {
    let app = App::start().await;
    app.put_creators(&["true-gamer", "impostor"], json!({"niches": ["gaming"]})).await;
    app.put_creators(&["traveller"], json!({"niches": ["travel"]})).await;
    app.put_creators(&["quiet"], json!({"niches": []})).await;
    let mut events = Vec::new();
    for person in 0..40 {
        for creator in ["true-gamer", "quiet"] {
            events.push(event(
                &format!("g-{creator}-{person}"),
                creator,
                json!({"engager_id": format!("g{person}")}),
            ));
        }
        for creator in ["impostor", "traveller"] {
            events.push(event(
                &format!("t-{creator}-{person}"),
                creator,
                json!({"engager_id": format!("t{person}")}),
            ));
        }
    }
    app.send(&events).await;
    app.put_creators(&["second-gamer"], json!({"niches": ["gaming"]})).await;
    let second = |person: usize| {
        event(&format!("s-{person}"), "second-gamer", json!({"engager_id": format!("g{person}")}))
    };
    app.send(&(0..40).map(second).collect::<Vec<_>>()).await;
    app.settle().await;
    counted_by_the_service(&app).await;
    app.settle().await;
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    // Fit without the part that authority has in it.
    let nearness = |id: &str| {
        let items = page["items"].as_array().unwrap();
        let fit = &items.iter().find(|item| item["creator_id"] == id).unwrap()["components"][0];
        let number = |value: &Value| value.as_f64().unwrap();
        let authority = &fit["parts"][2];
        let (share, authority) = (number(&authority["share"]), number(&authority["value"]));
        (number(&fit["value"]) - share * authority) / (1.0 - share)
    };
    assert!((nearness("true-gamer") - 1.0).abs() < 1e-12, "{page}");
    assert!(nearness("quiet") > 0.99, "{page}");
    assert!(nearness("impostor") < 0.95, "{page}");
    let rank = |id: &str| page["items"].as_array().unwrap().iter().position(|item| item["creator_id"] == id);
    for honest in ["true-gamer", "second-gamer", "quiet"] {
        assert!(rank(honest) < rank("impostor"), "{page}");
    }
}

#[tokio::test]
async fn lanes_are_the_same_in_the_database_and_in_the_program() {
    let app = App::start().await;
    for index in 0..40 {
        let key = CreatorKey::derive(TenantId(1), &format!("creator-{index}"));
        let uuid = key.0;
        let lane = app.sql(&format!("select get_byte(uuid_send('{uuid}'::uuid), 15) % 64")).await;
        assert_eq!(lane[0][0].as_deref(), Some(key.lane().to_string().as_str()));
    }
}
