//! Communities: what people engage with elsewhere, against a count made here, and what it does to fit.

use crate::support::{App, event};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use voci::ids::{CreatorKey, TenantId};

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

/// People, and niches with their shares in order.
type Counted = BTreeMap<String, (i32, Vec<(String, f64)>)>;

/// What a person does elsewhere than with a creator, by the words of the definition: split evenly over the other creators who
/// declare niches, and each of those over its niches.
fn elsewhere(pairs: &BTreeSet<(&str, u32)>, person: u32, but: &str) -> Option<(f64, BTreeMap<String, f64>)> {
    let niches: BTreeMap<&str, &[&str]> = CREATORS.into_iter().collect();
    let declaring = pairs.iter().filter(|(of, who)| *who == person && *of != but && !niches[of].is_empty());
    let others: Vec<&str> = declaring.map(|(of, _)| *of).collect();
    let mut votes: BTreeMap<String, f64> = BTreeMap::new();
    for other in &others {
        for niche in niches[other] {
            *votes.entry((*niche).to_owned()).or_default() += 1.0 / niches[other].len() as f64;
        }
    }
    (!others.is_empty()).then_some((others.len() as f64, votes))
}

/// Share of each niche in what people do.
fn usual(pairs: &BTreeSet<(&str, u32)>) -> BTreeMap<String, f64> {
    let people: BTreeSet<u32> = pairs.iter().map(|(_, person)| *person).collect();
    let all: Vec<_> = people.into_iter().filter_map(|person| elsewhere(pairs, person, "")).collect();
    let mut usual: BTreeMap<String, f64> = BTreeMap::new();
    for (creators, votes) in &all {
        for (niche, votes) in votes {
            *usual.entry(niche.clone()).or_default() += votes / creators / all.len() as f64;
        }
    }
    usual
}

/// Shares and their order by the words of the definition.
fn counted_here(pairs: &BTreeSet<(&str, u32)>) -> Counted {
    let (usual, mut communities) = (usual(pairs), BTreeMap::new());
    for (creator, _) in CREATORS {
        let people = pairs.iter().filter(|(of, _)| *of == creator);
        let people: Vec<_> = people.filter_map(|(_, person)| elsewhere(pairs, *person, creator)).collect();
        let share = |niche: &String| {
            let shares =
                people.iter().map(|(creators, votes)| votes.get(niche).copied().unwrap_or(0.0) / creators);
            shares.sum::<f64>() / people.len() as f64
        };
        let evidence = |niche: &String| {
            let speaks = |(creators, votes): &(f64, BTreeMap<String, f64>)| {
                let votes = votes.get(niche).copied().unwrap_or(0.0);
                (4.0 * votes / (creators.sqrt() * usual[niche])).ln_1p()
            };
            usual[niche].ln() + people.iter().map(speaks).sum::<f64>()
        };
        let mut niches: Vec<&String> = usual.keys().filter(|niche| share(niche) >= 0.02).collect();
        niches.sort_by(|a, b| evidence(b).total_cmp(&evidence(a)));
        if !people.is_empty() {
            let shares = niches.into_iter().map(|niche| (niche.clone(), share(niche))).collect();
            communities.insert(creator.to_owned(), (i32::try_from(people.len()).unwrap(), shares));
        }
    }
    communities
}

async fn counted_by_the_service(app: &App) -> Counted {
    app.count_communities().await;
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
        let (counted_people, counted_shares) = &counted[&creator];
        assert_eq!(*counted_people, people, "{creator}");
        let names =
            |shares: &[(String, f64)]| shares.iter().map(|(niche, _)| niche.clone()).collect::<Vec<_>>();
        assert_eq!(names(counted_shares), names(&shares), "{creator}");
        for ((niche, share), (_, counted)) in shares.iter().zip(counted_shares) {
            assert!((counted - share).abs() < 1e-12, "{creator} {niche}");
        }
    }
}

#[tokio::test]
async fn a_few_people_of_each_creator_leave_marks() {
    let app = App::start().await;
    for (creator, niches) in CREATORS {
        app.put_creator(creator, json!({"niches": niches})).await;
    }
    let act = |(creator, person): &(&'static str, u32)| {
        event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
    };
    app.send(&engaged().iter().map(act).collect::<Vec<_>>()).await;
    app.put_creator("unseen", json!({"niches": ["travel"]})).await;
    app.settle().await;
    counted_by_the_service(&app).await;
    let rows = app
        .sql(
            "select c.creator_id, to_json(m.people_sample), json_agg(r.engager_key)
             from creator_communities m join creators c using (creator_key) join relationships r using (creator_key)
             group by c.creator_id, m.people_sample order by c.creator_id",
        )
        .await;
    assert_eq!(
        rows.iter().map(|row| row[0].as_deref().unwrap()).collect::<Vec<_>>(),
        CREATORS.map(|(id, _)| id)
    );
    for row in rows {
        let numbers =
            |column: usize| serde_json::from_str::<Vec<i64>>(row[column].as_deref().unwrap()).unwrap();
        let (sample, people) = (numbers(1), numbers(2));
        let mark = |place: i64| {
            let least = people.iter().filter(|key| (**key >> 10) & 15 == place).min();
            least.map_or(0, |least| u8::try_from(1 + ((least >> 14) & 0xffff) % 255).unwrap())
        };
        let marks: Vec<u8> = (0..16).map(mark).collect();
        let counted: Vec<u8> = sample.iter().flat_map(|eight| eight.to_le_bytes()).collect();
        assert_eq!(counted, marks, "{:?}", row[0]);
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
        let authority =
            fit["parts"].as_array().unwrap().iter().find(|part| part["name"] == "authority").unwrap();
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
async fn a_receipt_shows_first_what_tells_most_and_not_what_is_popular_everywhere() {
    let app = App::start().await;
    app.put_creators(&["star-a", "star-b", "star-c"], json!({"niches": ["fashion"]})).await;
    app.put_creators(&["gamer-a", "gamer-b"], json!({"niches": ["gaming"]})).await;
    app.put_creators(&["quiet", "unseen"], json!({"niches": []})).await;
    let act = |creator: &str, person: usize| {
        event(&format!("{creator}-{person}"), creator, json!({"engager_id": format!("p{person}")}))
    };
    let stars = (0..120).flat_map(|person| ["star-a", "star-b", "star-c"].map(|star| act(star, person)));
    let gamers = (0..30).flat_map(|person| ["gamer-a", "gamer-b", "quiet"].map(|one| act(one, person)));
    app.send(&stars.collect::<Vec<_>>()).await;
    app.send(&gamers.collect::<Vec<_>>()).await;
    app.settle().await;
    counted_by_the_service(&app).await;
    let community = app.get("/v1/creators/quiet/scores").await.ok()["community"].clone();
    assert_eq!(community["people"], 30);
    let seen = |place: usize| {
        (community["niches"][place]["id"].as_str(), community["niches"][place]["share"].as_f64())
    };
    assert_eq!(
        [seen(0), seen(1)],
        [(Some("gaming"), Some(0.4)), (Some("fashion"), Some(0.6))],
        "{community}"
    );
    assert_eq!(app.get("/v1/creators/unseen/scores").await.ok().get("community"), None);
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
