//! Statistics of one creator.

use super::{
    comparison::{Comparison, median},
    drawn::number,
    harness::report::Measure,
};
use jiff::Timestamp;
use std::{hint::black_box, time::Instant};
use voci::{
    events::Kind,
    ids::{EngagerKey, PostKey},
    relationships::{Fact, Relationship, days::Day},
    scores::{CreatorStatistics, ScoringModel, statistics::Setting},
};

/// Relationships of the creator.
const RELATIONSHIPS: i64 = 10_000;
/// Days on which something can happen.
const DAYS: u64 = 400;
const FIRST_DAY: Day = 20_000;
const REPETITIONS: usize = 50;

/// Time for the statistics of a creator, beside a plain count of its events.
pub(crate) fn creator() -> Comparison {
    let relationships: Vec<(EngagerKey, Relationship)> = (1..=RELATIONSHIPS).map(relationship).collect();
    let model = ScoringModel::published_default();
    let statistics = median_ms(|| {
        let all = relationships.iter().map(|(engager, relationship)| (*engager, relationship));
        CreatorStatistics::of(all, Setting::default(), &model)
    });
    let count =
        median_ms(|| relationships.iter().map(|(_, relationship)| relationship.events()).sum::<u64>());
    let note = "statistics of a creator with 10,000 relationships in memory, one thread; baseline: counting their events";
    let measure = Measure { name: "scores.creator_ms", value: statistics, unit: "ms", note: note.to_owned() };
    Comparison::new(measure, Some(count))
}

/// A person with one to five acts on random days.
pub(crate) fn relationship(person: i64) -> (EngagerKey, Relationship) {
    let mut relationship = Relationship::default();
    for act in 0..=number(person.unsigned_abs(), 20, 5) {
        let day =
            Day::try_from(number(person.unsigned_abs(), 30 + act, DAYS)).unwrap_or_default() + FIRST_DAY;
        let kind = if act % 3 == 2 { Kind::Comment } else { Kind::Like };
        let occurred_at =
            Timestamp::from_second(i64::from(day) * 86_400).expect("the day is of the year 2024 or 2025");
        let post = Some(PostKey(person + i64::try_from(act).unwrap_or_default()));
        relationship.absorb(&Fact { post, ..Fact::new(kind, occurred_at) });
    }
    (EngagerKey(person), relationship)
}

fn median_ms<T>(work: impl Fn() -> T) -> f64 {
    let time = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    };
    median(&mut (0..REPETITIONS).map(time).collect::<Vec<f64>>())
}
