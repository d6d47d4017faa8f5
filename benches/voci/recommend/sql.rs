//! The same ranking as SQL: everything that ranking reads in one table, indexed by niche.
//!
//! It is given an advantage: nearness and authority are taken as computed already, and names and reasons are left out.

use crate::{
    drawn::{creator_id, number, questions::weights},
    harness::{Failure, stage::Stage},
    ingest::copy::connect,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 8;

/// Makes the table from what is stored: a row per creator and niche it declares.
pub(super) async fn prepare(stage: &Stage) -> Result<(), Failure> {
    let columns = "fit, fit_low, loyalty, loyalty_low, trust, trust_low, authenticity, authenticity_low, conversation, conversation_low";
    let value = "(hashtextextended(creator_id, 0) >> $ & 1023) / 1023.0::real";
    let values: Vec<String> = (0..5)
        .flat_map(|part| {
            let value = value.replace('$', &(part * 10).to_string());
            [value.clone(), format!("0.8::real * {value}")]
        })
        .collect();
    let columns: Vec<&str> = columns.split(", ").collect();
    let selected: Vec<String> =
        values.iter().zip(&columns).map(|(value, column)| format!("({value})::real as {column}")).collect();
    let sql = format!(
        "create table flat as
         select niche, creator_id, country, ((accounts -> 0) ->> 'followers')::int as followers, {}
         from creators, unnest(niches) as niche;
         create index on flat (niche); vacuum (analyze) flat",
        selected.join(", ")
    );
    let client = connect(stage.pool()).await?;
    for statement in sql.split(';') {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// Answers per second for the 200 best of a niche, niches drawn as they are for the service.
pub(super) async fn rate(stage: &Stage, niches: &Arc<Vec<String>>, span: Duration) -> Result<f64, Failure> {
    let (next, mut tasks) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(connect(stage.pool()).await?);
    }
    let start = Instant::now();
    for client in clients {
        let (niches, next) = (niches.clone(), next.clone());
        tasks.spawn(async move {
            let statement = client.prepare(QUESTION).await?;
            let mut answers = 0.0;
            while start.elapsed() < span {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                let niche = &niches[usize::try_from(seed)? % niches.len()];
                let weights = weights(seed);
                let weight = |name: &str| weights[name].as_f64().unwrap_or_default();
                let [fit, loyalty, trust, authenticity, conversation] =
                    ["fit", "loyalty", "trust", "authenticity", "conversation"].map(weight);
                client
                    .query(&statement, &[niche, &fit, &loyalty, &trust, &authenticity, &conversation])
                    .await?;
                answers += 1.0;
            }
            Ok::<f64, Failure>(answers)
        });
    }
    let answers: Result<Vec<f64>, Failure> = tasks.join_all().await.into_iter().collect();
    Ok(answers?.iter().sum::<f64>() / start.elapsed().as_secs_f64())
}

const QUESTION: &str = "
    select creator_id, fit, loyalty, trust, authenticity, conversation,
           $2::float8 * fit + $3::float8 * loyalty + $4::float8 * trust + $5::float8 * authenticity + $6::float8 * conversation
           - sqrt(($2::float8 * (fit - fit_low)) ^ 2 + ($3::float8 * (loyalty - loyalty_low)) ^ 2 + ($4::float8 * (trust - trust_low)) ^ 2
                  + ($5::float8 * (authenticity - authenticity_low)) ^ 2 + ($6::float8 * (conversation - conversation_low)) ^ 2) as low
    from flat
    where niche = $1 and followers between 1000 and 50000 and country = 'RO'
    order by low desc, creator_id
    limit 200";

/// Changes the statistics of so many creators a second, spread over all of them, until it fails.
pub(super) async fn change_forever(stage: &Stage, creators: u64, rate: u64) -> Failure {
    match change(stage, creators, rate).await {
        Ok(()) => "changing ended".into(),
        Err(failure) => failure,
    }
}

/// How many times a second.
const STEPS: u64 = 10;

async fn change(stage: &Stage, creators: u64, rate: u64) -> Result<(), Failure> {
    let client = connect(stage.pool()).await?;
    let mut due = tokio::time::interval(Duration::from_millis(1_000 / STEPS));
    for step in 0.. {
        due.tick().await;
        let changed: Vec<uuid::Uuid> = (0..rate / STEPS)
            .map(|place| {
                let creator = creator_id(number(step, 130 + place, creators));
                voci::ids::CreatorKey::derive(stage.tenant, &creator).0
            })
            .collect();
        let sql = "with written as (
                       update creator_statistics
                       set events = events + 1, engagers = engagers + 1, expected_back = expected_back * 1.001,
                           changed_xid = pg_current_xact_id()::text::bigint
                       where creator_key = any($1) returning creator_key)
                   insert into statistics_changes (creator_keys) select array_agg(creator_key) from written";
        client.execute(sql, &[&changed]).await?;
    }
    Ok(())
}
