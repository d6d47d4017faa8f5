//! Recommendations over HTTP beside a constant answer of the same server.

use super::{
    comparison::{Comparison, median},
    harness::{Failure, client::Api, report::Measure, stage::Stage},
    rank::{NICHE, PAGE},
    synthetic,
};
use jiff::{Timestamp, civil::Date};
use serde::de::IgnoredAny;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_postgres::types::Json;
use voci::{
    creators::Account, db::Pool, ids::TenantId, relationships::days::date_of, snapshot::tenant::SourceRow,
};

/// Clients that ask at once.
const CLIENTS: usize = 8;
/// How long a rate is measured.
const SPAN: Duration = Duration::from_secs(2);
/// How often both rates are measured, by turns.
const ROUNDS: usize = 3;
/// Longest wait for the snapshot.
const PATIENCE: Duration = Duration::from_mins(1);
/// Creators stored by one statement.
const ROWS: usize = 10_000;

/// How fast many new creators show up, and how fast one niche is answered.
pub(crate) async fn over_http(stage: &Stage) -> Result<[Comparison; 2], Failure> {
    store(stage.pool(), stage.tenant).await?;
    let caught_up = wait_until_current(&stage.api).await?;
    let question = format!("/v1/recommendations?niche={NICHE}&limit={PAGE}");
    let (mut answers, mut constants) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        constants.push(rate(&stage.api, "/livez").await?);
        answers.push(rate(&stage.api, &question).await?);
    }
    let note = "from the commit of 100,000 new creators until all are in the answers";
    let catch_up =
        Measure { name: "snapshot.catch_up_s", value: caught_up, unit: "s", note: note.to_owned() };
    let note = "best 10 of one niche among 100,000 creators, 8 clients on the same cores; baseline: /livez, a constant answer";
    let simple = Measure {
        name: "recommend.simple.ratio",
        value: median(&mut answers),
        unit: "requests/s",
        note: note.to_owned(),
    };
    Ok([Comparison::new(catch_up, None), Comparison::new(simple, Some(median(&mut constants)))])
}

async fn rate(api: &Api, path: &str) -> Result<f64, Failure> {
    let (start, mut clients) = (Instant::now(), JoinSet::new());
    for _ in 0..CLIENTS {
        let (api, path) = (api.clone(), path.to_owned());
        clients.spawn(async move {
            let mut answers = 0.0;
            while start.elapsed() < SPAN {
                api.get::<IgnoredAny>(&path).await?;
                answers += 1.0;
            }
            Ok::<f64, Failure>(answers)
        });
    }
    let answers: Result<Vec<f64>, Failure> = clients.join_all().await.into_iter().collect();
    Ok(answers?.iter().sum::<f64>() / start.elapsed().as_secs_f64())
}

async fn wait_until_current(api: &Api) -> Result<f64, Failure> {
    let (start, now) = (Instant::now(), Timestamp::now());
    loop {
        let page: serde_json::Value = api.get(&format!("/v1/recommendations?niche={NICHE}&limit=1")).await?;
        if page["as_of"]
            .as_str()
            .is_some_and(|as_of| as_of.parse::<Timestamp>().is_ok_and(|as_of| as_of >= now))
        {
            return Ok(start.elapsed().as_secs_f64());
        }
        if start.elapsed() > PATIENCE {
            return Err("the snapshot does not follow the database".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Puts the creators straight into the database: registering them over HTTP is not what is measured here.
async fn store(pool: &Pool, tenant: TenantId) -> Result<(), Failure> {
    let creators: Vec<SourceRow> = synthetic::creators(tenant).collect();
    for rows in creators.chunks(ROWS) {
        store_profiles(pool, tenant, rows).await?;
        store_statistics(pool, tenant, rows).await?;
    }
    Ok(pool.get().await?.batch("analyze creators, creator_statistics").await?)
}

async fn store_profiles(pool: &Pool, tenant: TenantId, rows: &[SourceRow]) -> Result<(), Failure> {
    let keys: Vec<_> = rows.iter().map(|row| row.key.0).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.creator_id.as_str()).collect();
    let niches: Vec<String> = rows.iter().map(|row| row.profile.niches.join(",")).collect();
    let accounts: Vec<Json<&[Account]>> =
        rows.iter().map(|row| Json(row.profile.accounts.as_slice())).collect();
    let sql =
        "insert into creators (creator_key, tenant_id, creator_id, display_name, bio, country, languages,
                                     creator_values, niches, accounts, version)
               select key, $1, id, id, '', 'RO', '{ro}', '{}', string_to_array(niches, ','), accounts, 1
               from unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[]) as t (key, id, niches, accounts)";
    pool.get().await?.execute(sql, &[&tenant.0, &keys, &ids, &niches, &accounts]).await?;
    Ok(())
}

async fn store_statistics(pool: &Pool, tenant: TenantId, rows: &[SourceRow]) -> Result<(), Failure> {
    let known: Vec<_> = rows.iter().filter_map(|row| Some((row.key.0, row.statistics.as_ref()?))).collect();
    let keys: Vec<_> = known.iter().map(|(key, _)| *key).collect();
    let counts = |count: fn(&voci::scores::CreatorStatistics) -> i32| -> Vec<i32> {
        known.iter().map(|(_, sums)| count(sums)).collect()
    };
    let back: Vec<f64> = known.iter().map(|(_, sums)| sums.expected_back).collect();
    let variance: Vec<f64> = known.iter().map(|(_, sums)| sums.expected_back_variance).collect();
    let window: (Date, Date) = (date_of(20_000), date_of(20_200));
    let sql = "insert into creator_statistics (creator_key, tenant_id, model_version, events, anonymous_events, engagers,
                   mature_engagers, loyal_engagers, talking_engagers, expected_back, expected_back_variance, first_day, last_day)
               select key, $1, 0, engagers * 3, 0, engagers, engagers, loyal, talking, back, variance, $2, $3
               from unnest($4::uuid[], $5::int4[], $6::int4[], $7::int4[], $8::float8[], $9::float8[])
                   as t (key, engagers, loyal, talking, back, variance)";
    let (engagers, loyal, talking) = (
        counts(|sums| sums.engagers),
        counts(|sums| sums.loyal_engagers),
        counts(|sums| sums.talking_engagers),
    );
    let client = pool.get().await?;
    client
        .execute(
            sql,
            &[&tenant.0, &window.0, &window.1, &keys, &engagers, &loyal, &talking, &back, &variance],
        )
        .await?;
    Ok(())
}
