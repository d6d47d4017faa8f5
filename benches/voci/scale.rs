//! What a whole tenant of 1,000,000 creators and 50,000,000 relationships costs: scoring all of them anew while events and
//! queries come in, and a round of trust.

use super::{
    comparison::{Comparison, Results, measure},
    drawn,
    harness::{Failure, stage::Stage},
    ingest::copy::{connect, copy_in},
    scores::relationship,
    synthetic,
};
use jiff::Timestamp;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use voci::{
    db::CopyRows,
    events::Kind,
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::{
        Fact,
        codec::Stored,
        store::{copy_row, copy_statement},
    },
    trust::rounds::renew,
};

const CREATORS: u64 = 1_000_000;
/// Relationships of each creator.
const PEOPLE: u64 = 50;
/// People who have them: about five each.
const EVERYBODY: u64 = 10_000_000;
/// Creators registered, or whose relationships are copied, at once.
const PIECE: u64 = 1_000;
/// Relationships of which all are copies.
const TEMPLATES: i64 = 20_000;
/// Connections that fill the tables.
const CONNECTIONS: u64 = 2;
/// Tasks that score.
const WORKERS: u16 = 2;
/// Longest wait for all creators.
const PATIENCE: Duration = Duration::from_hours(1);
/// Time between two events, and between two queries.
const EVERY: Duration = Duration::from_millis(50);
/// How long both are asked for while nothing else is done.
const QUIET: Duration = Duration::from_secs(20);

/// It takes some twenty minutes and 15 GB of disk; `VOCI_BENCH_SCALE=false` leaves it out.
pub(crate) fn is_asked_for() -> bool {
    !std::env::var("VOCI_BENCH_SCALE").is_ok_and(|asked| asked == "false")
}

/// All measures of a large tenant.
pub(crate) async fn all(results: &mut Results) -> Result<(), Failure> {
    let mut stage = Stage::start(0).await?;
    fill(&stage).await?;
    results.push(rescore(&mut stage).await?);
    trust(&stage).await?.into_iter().for_each(|result| results.push(result));
    stage.stop().await
}

/// Fills the tables behind the service's back: taking events in is not what is measured here.
async fn fill(stage: &Stage) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for part in 0..CONNECTIONS {
        let (client, tenant, pool) = (connect(stage.pool()).await?, stage.tenant, stage.pool().clone());
        tasks.spawn(async move {
            let niches = drawn::niches();
            let templates: Vec<Stored> = (1..=TEMPLATES).map(template).collect();
            for piece in (0..CREATORS / PIECE).filter(|piece| piece % CONNECTIONS == part) {
                let creators = piece * PIECE..(piece + 1) * PIECE;
                synthetic::register(&pool, tenant, creators.clone(), &niches).await?;
                copy_in(&client, &copy_statement(), rows(tenant, creators, &templates)).await?;
            }
            Ok(())
        });
    }
    let done: Result<Vec<()>, Failure> = tasks.join_all().await.into_iter().collect();
    done?;
    for upkeep in ["vacuum (analyze) relationships", "vacuum (analyze) creators", "checkpoint"] {
        connect(stage.pool()).await?.batch_execute(upkeep).await?;
    }
    Ok(())
}

/// One to five acts on random days; one of ten people is answered, one of a hundred bought something.
fn template(number: i64) -> Stored {
    let (_, mut relationship) = relationship(number);
    let last = relationship.seen().map_or(0, |seen| seen.1);
    let occurred_at = Timestamp::from_second(i64::from(last) * 86_400).unwrap_or_default();
    let mut add = |kind, verified| {
        relationship.absorb(&Fact { verified, ..Fact::new(kind, occurred_at) });
    };
    if number % 10 == 0 {
        add(Kind::CreatorReply, false);
    }
    if number % 100 == 1 {
        add(Kind::Purchase, true);
    }
    Stored::from(&relationship)
}

fn rows(tenant: TenantId, creators: std::ops::Range<u64>, templates: &[Stored]) -> CopyRows {
    let mut rows = CopyRows::new(8);
    for creator in creators {
        let key = CreatorKey::derive(tenant, &drawn::creator_id(creator));
        for person in 0..PEOPLE {
            let hash = drawn::keys(creator * PEOPLE + person, 70);
            let number = |at: usize| u64::from_le_bytes(hash[at..at + 8].try_into().unwrap_or_default());
            // Two people of one creator may be the same: the stripe of each makes them differ.
            let engager = number(0) % (EVERYBODY / PEOPLE) * PEOPLE + person + 1;
            let stored = &templates[usize::try_from(number(8)).unwrap_or_default() % templates.len()];
            copy_row(&mut rows, (key, EngagerKey(engager.cast_signed())), stored);
        }
    }
    rows
}

/// All creators summed up anew, with single events and queries beside it.
async fn rescore(stage: &mut Stage) -> Result<Comparison, Failure> {
    let quiet = probe(stage, QUIET).await?;
    synthetic::claim_looks(stage.pool()).await?;
    let start = Instant::now();
    synthetic::ask_for_all(stage.pool()).await?;
    stage.start_workers(WORKERS)?;
    let done = async {
        let client = stage.pool().get().await?;
        while client.query("select exists (select from score_queue)", &[]).await?[0].get::<_, bool>(0) {
            if start.elapsed() > PATIENCE {
                return Err(Failure::from("creators are not scored"));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(start.elapsed().as_secs_f64())
    };
    let (mut events, mut queries) = (Vec::new(), Vec::new());
    let took = tokio::select! {
        took = done => took?,
        failed = probe_into(stage, &mut events, &mut queries) => return Err(failed),
    };
    let [before, during] = [quiet, (events, queries)].map(|(events, queries)| (p99(events), p99(queries)));
    let note = format!(
        "1,000,000 creators with 50,000,000 relationships summed up anew by 2 workers; meanwhile p99 of single events {:.0} ms \
         ({:.0} before), of recommendations for one niche of them {:.0} ms ({:.0} before), one of each every 50 ms",
        during.0, before.0, during.1, before.1
    );
    Ok(Comparison::new(measure("scores.full_rescore_s", took, "s", note), None))
}

/// Times of events and of queries, in milliseconds.
type Lags = (Vec<f64>, Vec<f64>);

async fn probe(stage: &Stage, span: Duration) -> Result<Lags, Failure> {
    let (mut events, mut queries) = (Vec::new(), Vec::new());
    tokio::select! {
        () = tokio::time::sleep(span) => Ok((events, queries)),
        failed = probe_into(stage, &mut events, &mut queries) => Err(failed),
    }
}

/// One event and one query after the other; ends only when one fails.
async fn probe_into(stage: &Stage, events: &mut Vec<f64>, queries: &mut Vec<f64>) -> Failure {
    let mut due = tokio::time::interval(EVERY);
    loop {
        due.tick().await;
        let number = Timestamp::now().as_microsecond();
        let event = json!({"event_id": format!("probe-{number}"), "creator_id": drawn::creator_id(number.unsigned_abs() % CREATORS),
                           "kind": "like", "engager_id": format!("prober-{number}"), "occurred_at": Timestamp::now()});
        let start = Instant::now();
        if let Err(failure) =
            stage.api.send::<IgnoredAny>(Method::POST, "/v1/events", event.to_string()).await
        {
            return failure;
        }
        events.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        let question =
            json!({"brief": {"niches": [{"id": "gaming"}]}, "filters": {"followers": {}}, "limit": 10})
                .to_string();
        if let Err(failure) =
            stage.api.send::<IgnoredAny>(Method::POST, "/v1/recommendations", question).await
        {
            return failure;
        }
        queries.push(start.elapsed().as_secs_f64() * 1e3);
    }
}

fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() - 1) * 99 / 100).copied().unwrap_or(f64::NAN)
}

/// A round of trust in this process, and the memory it takes.
async fn trust(stage: &Stage) -> Result<[Comparison; 2], Failure> {
    let before = memory_mb("VmRSS:").unwrap_or_default();
    // The high-water mark begins anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = Instant::now();
    let found = renew(stage.pool(), stage.tenant).await?;
    let took = start.elapsed().as_secs_f64();
    let most = memory_mb("VmHWM:").unwrap_or(f64::NAN) - before;
    let note = format!(
        "one round over all of them: {} seeds, {} people with any trust, sums of {} creators published",
        found.seeds, found.trusted, found.creators
    );
    Ok([
        Comparison::new(measure("trust.round_s", took, "s", note), None),
        Comparison::new(measure("trust.rss_mb", most, "MB", "most memory of that round"), None),
    ])
}

fn memory_mb(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1_024.0)
}
