//! A large tenant: creators in 200 niches of very different size, with all that the snapshot reads of them.

use crate::{
    harness::{Failure, stage::Stage},
    ingest::copy::connect,
    synthetic::{self, keys, number},
};
use jiff::civil::Date;
use tokio_postgres::types::Json;
use voci::{
    creators::{Account, Platform, Profile},
    ids::{CreatorKey, TenantId},
    relationships::days::date_of,
    scores::{CreatorStatistics, communities::Community, liveness::Liveness},
    snapshot::source::SourceRow,
};

/// Niches that creators are in.
const NICHES: usize = 200;
/// The niche on place k has 1 / k^SKEW as many creators as the first: about 141,000 of 1,000,000 are in that one.
const SKEW: f64 = 0.9;
/// Creators stored by one statement.
const ROWS: u64 = 10_000;
/// Countries with their languages, likelier ones more than once.
const PLACES: [(&str, &str); 10] = [
    ("RO", "ro"),
    ("RO", "ro"),
    ("RO", "ro"),
    ("RO", "ro"),
    ("MD", "ro"),
    ("US", "en"),
    ("GB", "en"),
    ("DE", "de"),
    ("FR", "fr"),
    ("HU", "hu"),
];
const PLATFORMS: [Platform; 4] =
    [Platform::Instagram, Platform::Instagram, Platform::TikTok, Platform::YouTube];

/// Where creators come from.
pub(super) struct Population {
    niches: Vec<String>,
    /// Share of the creators in the niches up to each one.
    shares: Vec<f64>,
}

impl Population {
    pub(super) fn new() -> Self {
        let niches: Vec<String> = synthetic::niches().into_iter().take(NICHES).collect();
        let sizes = (1..=niches.len()).map(|place| (place as f64).powf(-SKEW));
        let mut shares: Vec<f64> = sizes
            .scan(0.0, |sum, size| {
                *sum += size;
                Some(*sum)
            })
            .collect();
        let all = shares.last().copied().unwrap_or(1.0);
        for share in &mut shares {
            *share /= all;
        }
        Self { niches, shares }
    }

    /// A niche by a random share from 0 to 1: larger ones more often.
    pub(super) fn niche(&self, share: f64) -> &str {
        &self.niches[self.shares.partition_point(|sum| *sum <= share).min(self.niches.len() - 1)]
    }

    /// A creator, the same for the same number.
    pub(super) fn creator(&self, tenant: TenantId, seed: u64) -> SourceRow {
        let creator_id = synthetic::creator_id(seed);
        let dice = keys(seed, 90);
        SourceRow {
            key: CreatorKey::derive(tenant, &creator_id),
            profile: self.profile(seed, &dice),
            statistics: (dice[0] < 180).then(|| statistics(seed)),
            community: (dice[1] < 150).then(|| self.community(seed)),
            trust: None,
            sponsorship: None,
            sponsored_share: None,
            reach_before: None,
            stamp: (0, None, None, None, None, None),
            creator_id,
        }
    }

    fn drawn(&self, seed: u64, purpose: u64) -> String {
        self.niche(number(seed, purpose, 1 << 30) as f64 / f64::from(1 << 30)).to_owned()
    }

    fn profile(&self, seed: u64, dice: &[u8; 32]) -> Profile {
        let count = 1 + u64::from(dice[2] < 90) + u64::from(dice[3] < 30);
        let mut niches: Vec<String> = Vec::new();
        for purpose in 0..count {
            let niche = self.drawn(seed, 91 + purpose);
            if !niches.contains(&niche) {
                niches.push(niche);
            }
        }
        let (country, language) = PLACES[usize::from(dice[4]) % PLACES.len()];
        // From 300 to some 200,000: as many of each order of magnitude.
        let followers = 300.0 * (f64::from(u16::from_be_bytes([dice[5], dice[6]])) / 65_536.0 * 6.5).exp();
        let account = |place: u8| Account {
            platform: PLATFORMS[usize::from(dice[7].wrapping_add(place * 2)) % PLATFORMS.len()],
            handle: format!("handle.{seed}"),
            followers: Some(synthetic::whole(followers) / (1 + u32::from(place))),
            engager_key: None,
        };
        Profile {
            display_name: format!("Creator number {seed}"),
            bio: String::new(),
            country: country.to_owned(),
            region: None,
            city: None,
            languages: vec![language.to_owned()],
            values: Vec::new(),
            niches,
            accounts: (0..=dice[8] % 2).map(account).collect(),
        }
    }

    fn community(&self, seed: u64) -> Community {
        let count = 1 + number(seed, 95, 4);
        let mut shares: Vec<(String, f64)> = Vec::new();
        for place in 0..count {
            let niche = self.drawn(seed, if place == 0 { 91 } else { 96 + place });
            if shares.iter().all(|(other, _)| *other != niche) {
                shares.push((niche, 0.6 / (1.0 + place as f64)));
            }
        }
        Community { people: 5 + u32::try_from(number(seed, 100, 500)).unwrap_or_default(), shares }
    }
}

fn statistics(seed: u64) -> CreatorStatistics {
    let some = |purpose, bound| i32::try_from(number(seed, purpose, bound)).unwrap_or_default();
    let engagers = 10 + some(3, 1_000);
    let loyal = engagers / (2 + some(4, 20));
    let back = f64::from(loyal) * f64::from(some(5, 1_000)) / 1_000.0;
    let talking = loyal * some(6, 100) / 100;
    CreatorStatistics {
        model_version: 0,
        events: i64::from(engagers) * 3,
        engagers,
        mature_engagers: engagers,
        loyal_engagers: loyal,
        talking_engagers: talking,
        answered_engagers: talking / 2,
        talk_events: i64::from(loyal),
        expected_back: back,
        expected_back_variance: back * 0.7,
        window: Some((20_000, 20_200)),
        first_event: Some(20_000),
        until: Some(20_200),
        liveness: Liveness { recent: 60.0, lasting: 120.0 },
        ..CreatorStatistics::default()
    }
}

/// Puts so many creators straight into the database: registering them over HTTP is not what is measured here.
pub(super) async fn store(stage: &Stage, population: &Population, creators: u64) -> Result<(), Failure> {
    for first in (0..creators).step_by(usize::try_from(ROWS)?) {
        let rows: Vec<SourceRow> =
            (first..first + ROWS).map(|seed| population.creator(stage.tenant, seed)).collect();
        store_profiles(stage, &rows).await?;
        store_statistics(stage, &rows).await?;
        store_communities(stage, &rows).await?;
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
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
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

async fn store_communities(stage: &Stage, rows: &[SourceRow]) -> Result<(), Failure> {
    let known: Vec<_> = rows.iter().filter_map(|row| Some((row.key.0, row.community.as_ref()?))).collect();
    let keys: Vec<_> = known.iter().map(|(key, _)| *key).collect();
    let people: Vec<i32> =
        known.iter().map(|(_, community)| i32::try_from(community.people).unwrap_or_default()).collect();
    let joined = |of: fn(&(String, f64)) -> String| -> Vec<String> {
        known
            .iter()
            .map(|(_, community)| community.shares.iter().map(of).collect::<Vec<_>>().join(","))
            .collect()
    };
    let (niches, shares) = (joined(|(niche, _)| niche.clone()), joined(|(_, share)| share.to_string()));
    let sql = "insert into creator_communities (creator_key, tenant_id, people, niches, shares)
               select key, $1, people, string_to_array(niches, ','), string_to_array(shares, ',')::float8[]
               from unnest($2::uuid[], $3::int4[], $4::text[], $5::text[]) as t (key, people, niches, shares)";
    stage.pool().get().await?.execute(sql, &[&stage.tenant.0, &keys, &people, &niches, &shares]).await?;
    Ok(())
}
