//! A history cut in two: what a service may know, and what came after.

use super::super::{
    harness::{Failure, stage::Stage},
    history::{self, Act},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use voci::{relationships::days::Day, scores::loyalty::HORIZON};

/// A history cut at the beginning of a day.
pub(crate) struct Split<'a> {
    /// Everything before it.
    pub(crate) past: &'a [Act],
    /// The first day that is not known.
    pub(crate) cut: Day,
    /// Relationships with an act in the 90 days after the cut: engager and creator.
    pub(crate) back: HashSet<(u32, u32)>,
}

/// The people of one creator: on which days before the cut each was active.
pub(crate) type People = BTreeMap<u32, BTreeSet<Day>>;

impl<'a> Split<'a> {
    /// Cuts where so many per cent of the acts have been; `None` when less than 90 days come after.
    pub(crate) fn at(acts: &'a [Act], percent: usize) -> Option<Self> {
        let cut = acts.get(acts.len() * percent / 100)?.day();
        if acts.last()?.day() < cut + HORIZON {
            return None;
        }
        let end = |day: Day| acts.partition_point(|act| act.day() < day);
        let (past, future) = (&acts[..end(cut)], &acts[end(cut)..end(cut + HORIZON)]);
        let back =
            future.iter().filter(|act| act.kind.is_active()).map(|act| (act.engager, act.creator)).collect();
        Some(Self { past, cut, back })
    }

    /// Days from the cut to now, or to a day less than a week ago: whole weeks, so that weekdays stay what they were, and what is
    /// counted by weeks is the same whenever this runs.
    pub(crate) fn days_later(&self) -> Day {
        (history::today() - self.cut) / 7 * 7
    }

    /// Tells a service of acts, as if the cut were now; names keep the ids of several lists apart.
    pub(crate) async fn tell(&self, stage: &Stage, name: &str, acts: &[Act]) -> Result<(), Failure> {
        history::tell(stage, name, acts, self.days_later()).await
    }

    /// Everybody who engaged before the cut, by creator.
    pub(crate) fn people(&self) -> BTreeMap<u32, People> {
        let mut people: BTreeMap<u32, People> = BTreeMap::new();
        for act in self.past.iter().filter(|act| act.kind.is_active()) {
            people.entry(act.creator).or_default().entry(act.engager).or_default().insert(act.day());
        }
        people
    }
}
