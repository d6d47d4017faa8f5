//! Do accounts of which it is suspected that they sell stars act in one way only, more often than any others?
//!
//! The data (`starscout`) count what each account did on a code host, by kinds, and tell neither for whom nor when. So this is no
//! judgement of the discounts, only of their reason: that acting in one way only is telling among accounts that act very much.
//! One of the two rules by which accounts came under suspicion is that they do nothing but give stars, so that some of it is
//! true by construction.

use super::{
    harness::{Failure, report::Measure},
    source,
};
use std::path::Path;
use voci::scores::discounts::{
    one_kind::{MIXED, OfReach},
    store::MANY_CREATORS,
};

const DATA_SET: &str = "starscout";
const FILE: &str = "actor_events.csv.zst";

/// What accounts do for others, as kinds of engagement: a star is a like, a copy is shared, everything else is talk. What they
/// do for their own work is no engagement.
const KINDS: [&[&str]; 3] = [
    &["WatchEvent"],
    &["ForkEvent"],
    &[
        "CommitCommentEvent",
        "IssueCommentEvent",
        "IssuesEvent",
        "PullRequestEvent",
        "PullRequestReviewCommentEvent",
        "PullRequestReviewEvent",
    ],
];

/// Compares both, if the data are there.
pub(crate) fn run(measures: &mut Vec<Measure>) -> Result<(), Failure> {
    let Some(file) = source::find_file(DATA_SET, FILE) else {
        println!("one kind: no {DATA_SET} in the data directory; left out");
        return Ok(());
    };
    let [suspected, drawn] = of_reach(&file)?;
    let one = |of: OfReach| 1.0 - of.mixed as f64 / of.people as f64;
    let note = format!(
        "share of accounts with {MANY_CREATORS} or more acts, all of one kind: {:.3} of {} that are suspected to sell stars, {:.3} \
         of {} drawn at random (times that); of the latter {:.2} mix kinds, and from {MIXED} on the others are told apart: {}",
        one(suspected),
        suspected.people,
        one(drawn),
        drawn.people,
        1.0 - one(drawn),
        if drawn.tell_apart(false) { "they are" } else { "they are not" }
    );
    measures.push(Measure {
        name: "fraud.one_kind_lift",
        value: one(suspected) / one(drawn),
        unit: "x",
        note,
    });
    Ok(())
}

/// Accounts with very many acts: those that are suspected, and those drawn at random. Each act counts as if it were for another
/// creator, since nothing is told of for whom it was.
fn of_reach(file: &Path) -> Result<[OfReach; 2], Failure> {
    let mut table = source::open(file)?;
    let [set] = source::places(&mut table, ["set"])?;
    let headers = table.headers()?.clone();
    let mut of_sets = [OfReach::default(); 2];
    for record in table.records() {
        let record = record?;
        let mut counts = [0_i64; KINDS.len()];
        for (header, value) in headers.iter().zip(&record) {
            if let Some(kind) = KINDS.iter().position(|names| names.contains(&header)) {
                counts[kind] += value.parse::<i64>()?;
            }
        }
        if counts.iter().sum::<i64>() < MANY_CREATORS {
            continue;
        }
        let is_mixed = counts.iter().filter(|count| **count > 0).count() > 1;
        let place = usize::from(&record[set] != "suspected");
        of_sets[place] = of_sets[place].and(OfReach { people: 1, mixed: i64::from(is_mixed) });
    }
    Ok(of_sets)
}
