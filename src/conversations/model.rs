//! Threads: what comments, replies and answers amount to when it is known which answers which.

use crate::{events::Kind, ids::EventKey};
use jiff::Timestamp;
use std::collections::HashMap;

/// Acts of a thread's longest branch that are counted. More: longer ways up for every act; nobody reads deeper.
pub const MOST_DEPTH: i32 = 8;

/// A comment, a reply or an answer of the creator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Act {
    /// The event.
    pub event: EventKey,
    /// Which of the three.
    pub kind: Kind,
    /// When.
    pub occurred_at: Timestamp,
    /// The event it answers.
    pub answers: Option<EventKey>,
    /// Whether an account of the creator itself did it.
    pub is_own: bool,
}

impl Act {
    /// Whether a person wrote it, known or not.
    fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::Comment | Kind::Reply) && !self.is_own
    }
}

/// What the threads of a creator amount to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Threads {
    /// Comments and replies of people.
    pub comments: i32,
    /// Those of them that the creator answered.
    pub comments_answered: i32,
    /// Median of the seconds from a comment to the first answer, of those that were answered; the lower one of two.
    pub median_answer_delay_s: Option<i64>,
    /// Mean over threads of the acts in the longest branch; a comment that nobody answers is a thread of 1.
    pub mean_depth: Option<f64>,
    /// The deepest one, at most [`MOST_DEPTH`].
    pub max_depth: i32,
}

impl Threads {
    /// Threads of these acts, in whatever order they come.
    #[must_use]
    pub fn of(acts: &[Act]) -> Self {
        let known = Known::of(acts);
        let mut delays: Vec<i64> = known.delays().into_values().collect();
        delays.sort_unstable();
        let depths = known.depths();
        let comments = acts.iter().filter(|act| act.is_comment()).count();
        let sum = depths.values().map(|depth| i64::from(*depth)).sum::<i64>() as f64;
        Self {
            comments: i32::try_from(comments).unwrap_or(i32::MAX),
            comments_answered: i32::try_from(delays.len()).unwrap_or(i32::MAX),
            median_answer_delay_s: delays.get(delays.len().saturating_sub(1) / 2).copied(),
            mean_depth: (!depths.is_empty()).then(|| sum / depths.len() as f64),
            max_depth: depths.into_values().max().unwrap_or_default(),
        }
    }
}

/// Acts, and where each event is among them. Of an id that was used on several days, the first is the one that is answered.
struct Known<'a> {
    acts: &'a [Act],
    places: HashMap<EventKey, usize>,
}

impl<'a> Known<'a> {
    fn of(acts: &'a [Act]) -> Self {
        let mut places: HashMap<EventKey, usize> = HashMap::with_capacity(acts.len());
        for (place, act) in acts.iter().enumerate() {
            let first = places.entry(act.event).or_insert(place);
            if act.occurred_at < acts[*first].occurred_at {
                *first = place;
            }
        }
        Self { acts, places }
    }

    /// What an act answers, as far as it is among these.
    fn answered_by(&self, act: &Act) -> Option<usize> {
        self.places.get(&act.answers?).copied()
    }

    /// Seconds to the first answer of the creator, by comment. Clocks of platforms differ: an answer from before its comment
    /// took no time.
    fn delays(&self) -> HashMap<usize, i64> {
        let mut delays = HashMap::new();
        for answer in self.acts.iter().filter(|act| act.kind == Kind::CreatorReply) {
            let Some(place) = self.answered_by(answer).filter(|place| self.acts[*place].is_comment()) else {
                continue;
            };
            let delay = answer.occurred_at.duration_since(self.acts[place].occurred_at).as_secs().max(0);
            delays.entry(place).and_modify(|least: &mut i64| *least = delay.min(*least)).or_insert(delay);
        }
        delays
    }

    /// Acts of the longest branch, by the comment with which a thread begins.
    fn depths(&self) -> HashMap<usize, i32> {
        let mut depths: HashMap<usize, i32> = HashMap::new();
        for place in 0..self.acts.len() {
            let (top, depth) = self.climb(place);
            let begins = self.answered_by(&self.acts[top]).is_none() && self.acts[top].is_comment();
            if begins {
                let deepest = depths.entry(top).or_default();
                *deepest = depth.max(*deepest);
            }
        }
        depths
    }

    /// From an act up to where its thread begins, or as far as depth is counted: acts that answer each other in a circle
    /// have no beginning.
    fn climb(&self, place: usize) -> (usize, i32) {
        let (mut top, mut depth) = (place, 1);
        while depth < MOST_DEPTH
            && let Some(above) = self.answered_by(&self.acts[top])
        {
            top = above;
            depth += 1;
        }
        (top, depth)
    }
}

#[cfg(test)]
mod tests;
