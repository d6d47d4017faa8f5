//! Can a creator's niche be told from its people alone?
//!
//! What a creator declares takes no part in what is observed of its own people, so the declared niche is hidden from that
//! by construction: it is looked for among the three niches its people engage with most elsewhere.

use super::{
    checks::Checks,
    database,
    harness::{Failure, client::BatchReceipt, report::Measure, stage::Stage},
    history::{self, creator_id},
    load,
    story::{Story, most_frequent},
};
use std::collections::HashMap;
use voci::scores::communities::count_all;

/// Least people of creators whose niche is looked for.
const PEOPLE: i32 = 20;
/// Niches among which it is to be.
const TOP: usize = 3;

/// Asks it of the creators of a story that a service was told, once it knows what people liked before, too.
pub(crate) async fn of_story(stage: &Stage, story: &Story, checks: &mut Checks) -> Result<Measure, Failure> {
    let told = load::total(&load::send_all(&stage.api, story.earlier.iter()).await?);
    let stored = BatchReceipt { stored: story.earlier_likes, ..BatchReceipt::default() };
    checks.equal("likes of before are new and stored", &told, &stored);
    database::wait_until_folded(stage.pool()).await?;
    let declared = story.creators.iter().filter_map(|(path, profile)| {
        Some((path.rsplit('/').next()?.to_owned(), profile["niches"][0].as_str()?.to_owned()))
    });
    measure(stage, &declared.collect()).await
}

/// Asks it of a history whose acts tell niches, if there is one; all of it, as if it had ended yesterday.
pub(crate) async fn run(measures: &mut Vec<Measure>) -> Result<(), Failure> {
    let Some(directory) = history::find() else { return Ok(()) };
    let history = history::read(&directory)?;
    let (acts, declared) = (&history.acts, history::declared(&history.acts));
    let (Some(last), false) = (acts.last(), declared.is_empty()) else { return Ok(()) };
    let stage = Stage::start(2).await?;
    history::register(&stage, &history, acts.iter().map(|act| act.creator), &declared).await?;
    // It ended yesterday: what is still to come is refused.
    history::tell(&stage, "act", acts, history::today() - 1 - last.day()).await?;
    database::wait_until_folded(stage.pool()).await?;
    let first = declared
        .into_iter()
        .filter_map(|(creator, niches)| Some((creator_id(creator), niches.into_iter().next()?)));
    measures.push(measure(&stage, &first.collect()).await?);
    stage.stop().await
}

/// How often the niche that each declares first is found, times how often it would be by naming the three most common ones for
/// everybody.
async fn measure(stage: &Stage, declared: &HashMap<String, String>) -> Result<Measure, Failure> {
    count_all(stage.pool()).await?;
    let sql = "select c.creator_id, m.niches from creators c join creator_statistics s using (creator_key)
               join creator_communities m using (creator_key) where s.engagers >= $1 and m.people > 0";
    let rows = stage.pool().get().await?.query(sql, &[&PEOPLE]).await?;
    let observed: Vec<(&String, Vec<String>)> = rows
        .iter()
        .filter_map(|row| Some((declared.get(row.get::<_, &str>(0))?, row.get::<_, Vec<String>>(1))))
        .collect();
    let share = |found: usize| found as f64 / observed.len() as f64;
    let found =
        share(observed.iter().filter(|(niche, seen)| seen.iter().take(TOP).any(|one| one == *niche)).count());
    let common = most_frequent(&declared.values().collect::<Vec<_>>(), TOP);
    let own = most_frequent(&observed.iter().map(|(niche, _)| *niche).collect::<Vec<_>>(), TOP);
    let guessed =
        |niches: &[&String]| share(observed.iter().filter(|(niche, _)| niches.contains(niche)).count());
    let note = format!(
        "declared niche among the three observed most, {} creators with {PEOPLE} or more people: {found:.3}; by naming the three \
         most common niches of all creators for everybody: {:.3}, by naming those of these creators: {:.3}, by naming the \
         most common one: {:.3}",
        observed.len(),
        guessed(&common),
        guessed(&own),
        guessed(common.get(..1).unwrap_or_default()),
    );
    Ok(Measure { name: "niche.recovery_at3", value: found / guessed(&common), unit: "x", note })
}
