//! Loading the story, and waiting until it is ranked.

use super::{
    DemoError,
    cast::Character,
    client::{Client, Model, Statistics},
    story::{self, Counted, StoryEvent},
};
use crate::events::http::MAX_BATCH;
use jiff::{Timestamp, tz::TimeZone};
use std::time::{Duration, Instant};

/// Longest wait for the events to be folded and scored. Longer: a service without workers is told of late; shorter:
/// a busy machine is taken for a broken one.
const RANKED_WITHIN: Duration = Duration::from_mins(2);
/// Longest wait for a model of the tenant's own; services look once a minute unless they are told otherwise.
const FITTED_WITHIN: Duration = Duration::from_secs(90);
/// Time between looks.
const LOOK: Duration = Duration::from_millis(100);
/// A model counts as fitted to all people when it saw at least one of this many of them: services fit anew only when
/// there are a fifth more.
const GROWTH: f64 = 1.2;

/// What was loaded.
pub struct Loaded {
    /// The story.
    pub events: Vec<StoryEvent>,
    /// Events that were new.
    pub stored: usize,
    /// Events that were there already.
    pub duplicate: usize,
    /// How long sending them took.
    pub took: Duration,
    /// The day as of which the story is told.
    pub day: jiff::civil::Date,
}

/// Registers the creators and sends the events.
pub async fn load(client: &Client, cast: &[Character]) -> Result<Loaded, DemoError> {
    let mut registered = Timestamp::UNIX_EPOCH;
    for (place, character) in cast.iter().enumerate() {
        let created_at = client.put_creator(&character.id, &character.profile).await?.created_at;
        if place == 0 {
            registered = created_at;
        }
    }
    let day = registered.to_zoned(TimeZone::UTC).date();
    let events = story::events(cast, day);
    let started = Instant::now();
    let (mut stored, mut duplicate) = (0, 0);
    for batch in events.chunks(MAX_BATCH) {
        let receipt = client.send(batch).await?;
        let refused: Vec<_> = receipt.results.iter().filter_map(|result| result.problem.as_ref()).collect();
        if let Some(first) = refused.first() {
            return Err(DemoError::Refused(refused.len(), first.to_string()));
        }
        stored += receipt.stored;
        duplicate += receipt.duplicate;
    }
    Ok(Loaded { stored, duplicate, took: started.elapsed(), day, events })
}

/// Waits until the statistics of every creator count all of its events.
pub async fn until_ranked(
    client: &Client,
    cast: &[Character],
    events: &[StoryEvent],
) -> Result<(), DemoError> {
    let deadline = Instant::now() + RANKED_WITHIN;
    for (id, counted) in story::counted(cast, events) {
        while !is_counted(client, &id, counted).await? {
            pause(deadline).await?;
        }
    }
    until_seen(client).await
}

/// Whether the statistics of a creator count these events.
async fn is_counted(client: &Client, id: &str, wanted: Counted) -> Result<bool, DemoError> {
    let found = client.scores(id).await?.statistics.map_or_else(Counted::default, |sums| Counted {
        events: sums.events,
        anonymous: sums.anonymous_events,
    });
    Ok(found == wanted)
}

async fn pause(deadline: Instant) -> Result<(), DemoError> {
    if Instant::now() > deadline {
        return Err(DemoError::NotRanked(RANKED_WITHIN.as_secs()));
    }
    tokio::time::sleep(LOOK).await;
    Ok(())
}

/// Waits until what is committed now is ranked: the look under way may have begun before, the one after it did not.
async fn until_seen(client: &Client) -> Result<(), DemoError> {
    const ANY: &str = r#"{"brief": {"niches": [{"id": "gaming"}]}, "limit": 1}"#;
    let deadline = Instant::now() + RANKED_WITHIN;
    let mut last = client.recommend(ANY).await?.as_of;
    for _ in 0..2 {
        let before = last;
        while last == before {
            pause(deadline).await?;
            last = client.recommend(ANY).await?.as_of;
        }
    }
    Ok(())
}

/// Waits for a model that is fitted to about all people of the cast, and for scores that follow from it; the model in
/// force, whichever it is when the wait is over.
pub async fn until_fitted(client: &Client, cast: &[Character]) -> Result<Model, DemoError> {
    let deadline = Instant::now() + FITTED_WITHIN;
    loop {
        let model = client.model().await?;
        if is_followed(client, cast, &model).await? || Instant::now() > deadline {
            until_seen(client).await?;
            return Ok(model);
        }
        tokio::time::sleep(LOOK * 10).await;
    }
}

/// Whether a model is fitted to about as many people as the cast has, and all scores were computed after that.
pub async fn is_followed(client: &Client, cast: &[Character], model: &Model) -> Result<bool, DemoError> {
    let mut people = 0.0;
    for character in cast.iter().filter(|character| character.events > 0) {
        let scores = client.scores(&character.id).await?;
        people += scores.statistics.as_ref().map_or(0.0, Statistics::people);
        if scores.computed_at < model.fitted_at {
            return Ok(false);
        }
    }
    Ok(people <= model.fitted_on_engagers as f64 * GROWTH)
}
