//! Puts a large tenant straight into the database: registering its creators over HTTP is not what is measured here.

use crate::{
    drawn::population::Population,
    harness::{Failure, stage::Stage},
    ingest::copy::connect,
};
use jiff::civil::Date;
use tokio_postgres::types::{Json, ToSql};
use voci::{
    creators::Account,
    relationships::days::date_of,
    scores::{CreatorStatistics, communities::Community, people_sample::PeopleSample},
    snapshot::source::SourceRow,
};

/// Creators stored by one statement.
const ROWS: u64 = 10_000;

/// Puts so many creators into the database.
pub(super) async fn store(stage: &Stage, population: &Population, creators: u64) -> Result<(), Failure> {
    for first in (0..creators).step_by(usize::try_from(ROWS)?) {
        let rows: Vec<SourceRow> =
            (first..first + ROWS).map(|seed| population.creator(stage.tenant, seed)).collect();
        store_profiles(stage, &rows).await?;
        store_statistics(stage, &rows).await?;
        store_observed(stage, &rows).await?;
    }
    let upkeep = "vacuum (analyze) creators; vacuum (analyze) creator_statistics; vacuum (analyze) creator_communities; checkpoint";
    // It takes longer than a statement of the service may.
    let client = connect(stage.pool()).await?;
    for one in upkeep.split("; ") {
        client.batch_execute(one).await?;
    }
    Ok(())
}

async fn store_profiles(stage: &Stage, rows: &[SourceRow]) -> Result<(), Failure> {
    let keys: Vec<_> = rows.iter().map(|row| row.key.0).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.creator_id.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.profile.display_name.as_str()).collect();
    let countries: Vec<&str> = rows.iter().map(|row| row.profile.country.as_str()).collect();
    let languages: Vec<String> = rows.iter().map(|row| row.profile.languages.join(",")).collect();
    let niches: Vec<String> = rows.iter().map(|row| row.profile.niches.join(",")).collect();
    let accounts: Vec<Json<&[Account]>> =
        rows.iter().map(|row| Json(row.profile.accounts.as_slice())).collect();
    let sql = "insert into creators (creator_key, tenant_id, creator_id, display_name, bio, country, languages,
                   creator_values, niches, accounts, version)
               select key, $1, id, name, '', country, string_to_array(languages, ','), '{}', string_to_array(niches, ','), accounts, 1
               from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
                   as t (key, id, name, country, languages, niches, accounts)";
    let client = stage.pool().get().await?;
    client
        .execute(sql, &[&stage.tenant.0, &keys, &ids, &names, &countries, &languages, &niches, &accounts])
        .await?;
    Ok(())
}

async fn store_statistics(stage: &Stage, rows: &[SourceRow]) -> Result<(), Failure> {
    let known: Vec<_> = rows.iter().filter_map(|row| Some((row.key.0, row.statistics.as_ref()?))).collect();
    let keys: Vec<_> = known.iter().map(|(key, _)| *key).collect();
    let counts = |count: fn(&CreatorStatistics) -> i32| -> Vec<i32> {
        known.iter().map(|(_, sums)| count(sums)).collect()
    };
    let back: Vec<f64> = known.iter().map(|(_, sums)| sums.expected_back).collect();
    let variance: Vec<f64> = known.iter().map(|(_, sums)| sums.expected_back_variance).collect();
    let window: (Date, Date) = (date_of(20_000), date_of(20_200));
    let sql = "insert into creator_statistics (creator_key, tenant_id, model_version, events, anonymous_events, engagers,
                   mature_engagers, loyal_engagers, talking_engagers, answered_engagers, expected_back, expected_back_variance,
                   first_day, last_day)
               select key, $1, 0, engagers * 3, 0, engagers, engagers, loyal, talking, answered, back, variance, $2, $3
               from unnest($4::uuid[], $5::int4[], $6::int4[], $7::int4[], $8::int4[], $9::float8[], $10::float8[])
                   as t (key, engagers, loyal, talking, answered, back, variance)";
    let (engagers, loyal, talking, answered) = (
        counts(|sums| sums.engagers),
        counts(|sums| sums.loyal_engagers),
        counts(|sums| sums.talking_engagers),
        counts(|sums| sums.answered_engagers),
    );
    let client = stage.pool().get().await?;
    let values: [&(dyn ToSql + Sync); 10] = [
        &stage.tenant.0,
        &window.0,
        &window.1,
        &keys,
        &engagers,
        &loyal,
        &talking,
        &answered,
        &back,
        &variance,
    ];
    client.execute(sql, &values).await?;
    Ok(())
}

async fn store_observed(stage: &Stage, rows: &[SourceRow]) -> Result<(), Failure> {
    let is_known = |row: &&SourceRow| row.community.is_some() || row.topics.posts > 0;
    let known: Vec<(&SourceRow, Community)> =
        rows.iter().filter(is_known).map(|row| (row, row.community.clone().unwrap_or_default())).collect();
    let keys: Vec<_> = known.iter().map(|(row, _)| row.key.0).collect();
    let people: Vec<i32> =
        known.iter().map(|(_, community)| i32::try_from(community.people).unwrap_or_default()).collect();
    let posts: Vec<i32> =
        known.iter().map(|(row, _)| i32::try_from(row.topics.posts).unwrap_or_default()).collect();
    let of_communities: Vec<&[_]> = known.iter().map(|(_, community)| &community.shares[..]).collect();
    let [niches, shares] = joined(&of_communities);
    let of_topics: Vec<&[_]> = known.iter().map(|(row, _)| &row.topics.shares[..]).collect();
    let [topics, of_topics] = joined(&of_topics);
    let (low, high): (Vec<i64>, Vec<i64>) =
        known.iter().map(|(_, community)| numbers(&community.sample)).unzip();
    let sql = "insert into creator_communities (creator_key, tenant_id, people, niches, shares, people_sample, topic_posts,
                                                topic_niches, topic_shares)
               select key, $1, people, string_to_array(niches, ','), string_to_array(shares, ',')::float8[], array[low, high],
                      posts, string_to_array(topics, ','), string_to_array(of_topics, ',')::float8[]
               from unnest($2::uuid[], $3::int4[], $4::text[], $5::text[], $6::int8[], $7::int8[], $8::int4[], $9::text[],
                           $10::text[]) as t (key, people, niches, shares, low, high, posts, topics, of_topics)";
    let client = stage.pool().get().await?;
    let values: [&(dyn ToSql + Sync); 10] =
        [&stage.tenant.0, &keys, &people, &niches, &shares, &low, &high, &posts, &topics, &of_topics];
    client.execute(sql, &values).await?;
    Ok(())
}

/// Niches, and their shares, of each creator in one text: arrays of arrays would be flattened.
fn joined(all: &[&[(String, f64)]]) -> [Vec<String>; 2] {
    let each = |of: fn(&(String, f64)) -> String| {
        all.iter().map(|shares| shares.iter().map(of).collect::<Vec<_>>().join(",")).collect()
    };
    [each(|(niche, _)| niche.clone()), each(|(_, share)| share.to_string())]
}

/// A sample as the database has it.
fn numbers(sample: &PeopleSample) -> (i64, i64) {
    let mut numbers = sample.bytes().as_chunks().0.iter().map(|marks| i64::from_le_bytes(*marks));
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}
