//! Raw events go under kills, and nothing that was made of them changes.

use crate::support::{Dice, PATIENCE, Place, Process, number, until};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_postgres::Client;

const SECRET: (&str, &str) = ("VOCI_SECRET_KEY", "a secret that only tests use");
const CREATORS: usize = 60;
const MONTHS: i64 = 6;

fn work(place: &Place) -> Process {
    let mut command = place.voci(&["work"]);
    command.envs([SECRET, ("VOCI_WORKERS", "1"), ("VOCI_MODEL_SECONDS", "3600")]);
    place.start(command)
}

fn run(place: &Place, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| place.run(arguments, &[SECRET])).output()
}

/// Likes and comments of past years, some of them taken back.
fn story(dice: &mut Dice) -> Vec<Value> {
    let start = jiff::Timestamp::now().as_second() - (MONTHS * 30 + 60) * 86_400;
    let events = (0..6_000).map(|index| {
        let kind = ["like", "comment", "view"][dice.below(3)];
        let second =
            start + i64::try_from(dice.below(usize::try_from(MONTHS * 30 * 86_400).unwrap())).unwrap();
        let mut event = json!({
            "event_id": format!("e{index}"), "creator_id": format!("creator-{}", index % CREATORS),
            "engager_id": format!("person-{}", dice.below(40)), "kind": kind,
            "occurred_at": jiff::Timestamp::from_second(second).unwrap().to_string(),
            "post_id": format!("post-{}", dice.below(60)),
        });
        if dice.below(30) == 0 && index >= CREATORS {
            event["kind"] = json!("retract");
            event["in_reply_to"] = json!(format!("e{}", index - CREATORS));
        }
        event
    });
    events.collect()
}

async fn made(client: &Client) -> Vec<String> {
    let sql =
        "select r::text from relationships r union all select s::text from creator_statistics s order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

const LEFT: &str = "select count(*) from events where occurred_on < current_date - 63";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_while_raw_events_go_leaves_everything_right() {
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "0")]);
    run(&place, &["tenants", "update", "default", "--retention", "unlimited"]);
    let client = place.connect().await;
    for creator in 0..CREATORS {
        service.api.put_creator(&format!("creator-{creator}")).await;
    }
    let mut dice = Dice::new(7);
    for batch in story(&mut dice).chunks(1_000) {
        assert_eq!(service.api.batch(batch).await.unwrap().body["stored"], batch.len());
    }
    // The second worker fits a model to everything, so that later ones leave it at that.
    for models in [0, 1] {
        let worker = work(&place);
        let waiting = "select (select count(*) from fold_queue) + (select count(*) from score_queue)";
        until("all is folded and scored", PATIENCE, async || {
            number(&client, "select count(*) from models").await == models
                && number(&client, waiting).await == 0
        })
        .await;
        worker.kill();
    }
    let before = made(&client).await;
    let verified = run(&place, &["rebuild", "--verify"]);
    assert!(verified.ends_with(" 0 differences found\n"), "{verified}");

    run(&place, &["tenants", "update", "default", "--retention", "30"]);
    let (mut kills, mut in_the_middle) = (0, 0);
    let all = number(&client, LEFT).await;
    while number(&client, LEFT).await > 0 {
        let worker = work(&place);
        // Kills it some time after it has begun to do something, or has ended.
        let moved =
            "select coalesce(sum(through - date '2000-01-01'), 0)::int8 + count(*) from creator_bases";
        let (begun, left) = (number(&client, moved).await, number(&client, LEFT).await);
        until("something happens", PATIENCE, async || {
            number(&client, moved).await != begun || number(&client, LEFT).await != left
        })
        .await;
        tokio::time::sleep(Duration::from_millis(u64::try_from(dice.below(40)).unwrap())).await;
        worker.kill();
        kills += 1;
        let some = "select (count(distinct through) > 1 or count(*) < 60)::int4::int8 from creator_bases";
        in_the_middle += number(&client, some).await;
        assert_eq!(made(&client).await, before, "after {kills} kills");
        if kills % 4 == 0 {
            assert_eq!(run(&place, &["rebuild", "--verify"]), verified, "after {kills} kills");
        }
        assert!(kills < 400, "{} of {all} events are left", number(&client, LEFT).await);
    }
    assert!(in_the_middle > 0, "none of {kills} kills met a worker in the middle of it");
    assert_eq!(made(&client).await, before);
    assert_eq!(run(&place, &["rebuild", "--verify"]), verified);
    let months = "select count(*) from pg_class where relkind = 'r' and relname ~ '^events_[0-9]{4}'
                  and to_date(right(relname, 7), 'YYYY_MM') < current_date - 95";
    let worker = work(&place);
    until("the months are gone", PATIENCE, async || number(&client, months).await == 0).await;
    worker.kill();
    assert_eq!(run(&place, &["rebuild", "--verify"]), verified);
}
