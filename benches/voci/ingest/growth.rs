//! What becomes of the rate when there is much already.

use super::{
    copy::{connect, copy_in},
    synthetic::{self, Acts},
};
use crate::{
    comparison::{Comparison, measure},
    drawn,
    harness::{Failure, stage::Stage},
};
use jiff::{Timestamp, tz::TimeZone};
use tokio::task::JoinSet;
use voci::{
    db::{CopyRows, partitions::Partitions},
    events::Kind,
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::{
        Fact, Relationship,
        codec::Stored,
        days::{Day, day_of},
        store::{copy_row, copy_statement},
    },
};

/// Events copied at once: what bounds the memory of this process.
const PIECE: u64 = 10_000;
/// Pieces, 50,000,000 events in all.
const EVENT_PIECES: u64 = 5_000;
/// People of each of 10,000 creators there are before the second measure; the first ones come from the measure before.
const PEOPLE: u64 = 1_000;
const FIRST_PERSON: u64 = synthetic::PEOPLE;
/// Creators whose relationships are copied at once.
const CREATORS: u64 = 20;
/// Days over which the events are spread.
const DAYS: u64 = 390;
/// Days on which acts are done, yesterday the last one.
const ACTIVE_DAYS: Day = 19;
/// Connections that fill the tables.
const CONNECTIONS: u64 = 2;

/// It takes some ten minutes and 20 GB of disk; `VOCI_BENCH_GROWTH=false` leaves it out.
pub(crate) fn is_asked_for() -> bool {
    !std::env::var("VOCI_BENCH_GROWTH").is_ok_and(|asked| asked == "false")
}

/// Fills the tables behind the service's back: taking events in is not what is measured here. From then on acts are of
/// the people of these relationships, too.
pub(crate) async fn fill(stage: &Stage, acts: &mut Acts) -> Result<(), Failure> {
    let today = day_of(Timestamp::now().to_zoned(TimeZone::UTC).date());
    let days = (0..DAYS).map(|day| today - Day::try_from(day).unwrap_or_default());
    Partitions::default().ensure(stage.pool(), days).await?;
    let mut tasks = JoinSet::new();
    for part in 0..CONNECTIONS {
        let (client, tenant, secret) = (connect(stage.pool()).await?, stage.tenant, stage.secrets.engagers);
        tasks.spawn(async move {
            let mine = |pieces: u64| (0..pieces).filter(move |piece| piece % CONNECTIONS == part);
            for piece in mine(EVENT_PIECES) {
                copy_in(&client, EVENTS, events(tenant, piece, today)).await?;
            }
            for creators in mine(synthetic::BUSY_CREATORS / CREATORS) {
                copy_in(&client, &copy_statement(), relationships(tenant, &secret, creators, today)).await?;
            }
            Ok(())
        });
    }
    let done: Result<Vec<()>, Failure> = tasks.join_all().await.into_iter().collect();
    done?;
    acts.widen(FIRST_PERSON + PEOPLE);
    // As the server does in the background when it has been at this size for a while.
    for upkeep in ["vacuum (analyze) events", "vacuum (analyze) relationships", "checkpoint"] {
        connect(stage.pool()).await?.batch_execute(upkeep).await?;
    }
    Ok(())
}

/// The measure beside the first million.
pub(crate) fn comparison(later: f64, first: f64) -> Comparison {
    let note = "the sustained rate with 50,000,000 more events and up to 10,000,000 relationships in the tables; baseline: \
                the sustained rate before that";
    Comparison::new(measure("ingest.growth_ratio", later, "events/s", note), Some(first))
}

const EVENTS: &str =
    "copy events (creator_key, event_key, occurred_on, kind, verified, occurred_at, engager_key, post_key,
                                   content_hash) from stdin (format binary)";
fn events(tenant: TenantId, piece: u64, today: Day) -> CopyRows {
    let mut rows = CopyRows::new(9);
    // In the order of time, as events come.
    let day = today - Day::try_from(DAYS - 1 - piece * DAYS / (EVENT_PIECES)).unwrap_or_default();
    for number in piece * PIECE..(piece + 1) * PIECE {
        let keys = drawn::keys(number, 60);
        let creator = drawn::creator_id(synthetic::skewed(number, 61, synthetic::BUSY_CREATORS));
        let creator = CreatorKey::derive(tenant, &creator);
        rows.row();
        rows.value(creator.0.as_bytes());
        rows.value(&keys[..16]);
        rows.date(day);
        rows.value(&2_i16.to_be_bytes());
        rows.value(&[0]);
        rows.timestamp(i64::from(day) * 86_400_000_000);
        rows.value(&keys[16..24]);
        rows.value(&keys[24..32]);
        rows.value(&keys[8..16]);
    }
    rows
}

/// One like of each person, on one of the days on which acts are done: a community that is as old as the first measure's.
fn relationships(tenant: TenantId, secret: &[u8; 32], creators: u64, today: Day) -> CopyRows {
    let mut rows = CopyRows::new(8);
    let liked: Vec<Stored> = (1..=ACTIVE_DAYS).map(|ago| liked_on(today - ago)).collect();
    for creator in creators * CREATORS..(creators + 1) * CREATORS {
        let key = CreatorKey::derive(tenant, &drawn::creator_id(creator));
        for person in FIRST_PERSON..FIRST_PERSON + PEOPLE {
            let engager = EngagerKey::derive(secret, &synthetic::person_id(creator, person));
            let liked = &liked[usize::try_from(person).unwrap_or_default() % liked.len()];
            let posts = drawn::keys(person, 62)[..8].to_vec();
            copy_row(&mut rows, (key, engager), &Stored { posts, ..liked.clone() });
        }
    }
    rows
}

fn liked_on(day: Day) -> Stored {
    let occurred_at = Timestamp::from_second(i64::from(day) * 86_400).unwrap_or_default();
    let mut relationship = Relationship::default();
    relationship.absorb(&Fact::new(Kind::Like, occurred_at));
    Stored::from(&relationship)
}
