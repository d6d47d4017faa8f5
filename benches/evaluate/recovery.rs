//! Can a creator's niche be told from its people alone?
//!
//! What a creator declares takes no part in what is observed of its own people, so the declared niche is hidden from that
//! by construction: it is looked for among the three niches its people engage with most elsewhere.

use super::{
    harness::{Failure, report::Measure, stage::Stage},
    story::Story,
};
use std::collections::{BTreeMap, HashMap};
use voci::scores::communities::count_all;

/// Least people of creators whose niche is looked for.
const PEOPLE: i32 = 20;
/// Niches among which it is to be.
const TOP: usize = 3;

/// How often it is found, times how often it would be by naming the three most common niches for everybody.
pub(crate) async fn measure(stage: &Stage, story: &Story) -> Result<Measure, Failure> {
    count_all(stage.pool()).await?;
    let declared: HashMap<&str, &str> = story
        .creators
        .iter()
        .filter_map(|(path, profile)| Some((path.rsplit('/').next()?, profile["niches"][0].as_str()?)))
        .collect();
    let mut common: BTreeMap<&str, usize> = BTreeMap::new();
    for niche in declared.values() {
        *common.entry(niche).or_default() += 1;
    }
    let mut common: Vec<(&str, usize)> = common.into_iter().collect();
    common.sort_by_key(|(_, creators)| std::cmp::Reverse(*creators));
    let common: Vec<&str> = common.into_iter().take(TOP).map(|(niche, _)| niche).collect();

    let sql = "select c.creator_id, m.niches from creators c join creator_statistics s using (creator_key)
               join creator_communities m using (creator_key) where s.engagers >= $1";
    let rows = stage.pool().get().await?.query(sql, &[&PEOPLE]).await?;
    let observed: Vec<(&str, Vec<String>)> = rows
        .iter()
        .filter_map(|row| Some((*declared.get(row.get::<_, &str>(0))?, row.get::<_, Vec<String>>(1))))
        .collect();
    let share = |found: usize| found as f64 / observed.len() as f64;
    let found =
        share(observed.iter().filter(|(niche, seen)| seen.iter().take(TOP).any(|one| one == niche)).count());
    let guessed = share(observed.iter().filter(|(niche, _)| common.contains(niche)).count());
    let note = format!(
        "declared niche among the three observed most, {} creators with {PEOPLE} or more people: {found:.2}; by naming the \
         three most common niches for everybody: {guessed:.2}",
        observed.len()
    );
    Ok(Measure { name: "niche.recovery_at3", value: found / guessed, unit: "x", note })
}
