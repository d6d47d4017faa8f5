//! Whose turn it is: rounds through the lanes that have work, shared by the workers of a process.
//!
//! Workers with rounds of their own would meet, and one would find in each lane what came in since the other was there: next
//! to nothing, at almost the same cost, while the lanes behind them wait twice as long.

use crate::{
    db::{DbError, Pool},
    ids::LANES,
    relationships::queue::store::{BusyLane, busy_lanes},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The round that is under way.
pub(super) struct Rounds {
    round: Mutex<Round>,
    refilling: tokio::sync::Mutex<()>,
}

impl Rounds {
    /// Rounds that begin at a lane. Processes begin at different ones, so that they seldom ask for the same lane.
    pub(super) fn starting_at(first: i16) -> Self {
        Self {
            round: Mutex::new(Round { first, ..Round::default() }),
            refilling: tokio::sync::Mutex::default(),
        }
    }

    /// Whose turn it is; `None`: no lane has work that is not in the hands of others.
    pub(super) async fn next(&self, pool: &Pool) -> Result<Option<Turn<'_>>, DbError> {
        let _alone = self.refilling.lock().await;
        if let Some(turn) = self.take() {
            return Ok(Some(turn));
        }
        let busy = busy_lanes(&pool.get().await?).await?;
        self.round().fill(busy, Instant::now());
        Ok(self.take())
    }

    fn take(&self) -> Option<Turn<'_>> {
        let busy = self.round().take()?;
        Some(Turn { rounds: self, busy, rest: None })
    }

    fn round(&self) -> MutexGuard<'_, Round> {
        // Whoever panicked here left no lane half changed.
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane in the hands of a worker, until it is dropped.
pub(super) struct Turn<'a> {
    rounds: &'a Rounds,
    /// The lane and what it has to do.
    pub(super) busy: BusyLane,
    rest: Option<Duration>,
}

impl Turn<'_> {
    /// Leaves the lane out of rounds for a time, so that it does not hold up the others.
    pub(super) fn rest(mut self, pause: Duration) {
        self.rest = Some(pause);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.rounds.round().release(self.busy.lane, self.rest.map(|pause| Instant::now() + pause));
    }
}

#[derive(Default)]
struct Round {
    first: i16,
    left: VecDeque<BusyLane>,
    in_hand: HashSet<i16>,
    resting: HashMap<i16, Instant>,
}

impl Round {
    /// Begins a round through these lanes, but for those that somebody has or that rest. What is not due yet has its turn
    /// when nothing else is to be done, and then one lane only: a whole round of them would hold up for long what becomes due
    /// meanwhile.
    fn fill(&mut self, mut busy: Vec<BusyLane>, now: Instant) {
        self.resting.retain(|_, until| *until > now);
        busy.retain(|busy| !self.in_hand.contains(&busy.lane) && !self.resting.contains_key(&busy.lane));
        busy.sort_unstable_by_key(|busy| (busy.lane - self.first).rem_euclid(LANES));
        if busy.iter().any(BusyLane::is_due) {
            busy.retain(BusyLane::is_due);
        } else {
            busy.truncate(1);
        }
        self.left = busy.into();
    }

    fn take(&mut self) -> Option<BusyLane> {
        let next = self.left.pop_front()?;
        self.in_hand.insert(next.lane);
        Some(next)
    }

    fn release(&mut self, lane: i16, rest_until: Option<Instant>) {
        self.in_hand.remove(&lane);
        self.resting.extend(rest_until.map(|until| (lane, until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(lanes: &[i16]) -> Vec<BusyLane> {
        lanes.iter().map(|&lane| BusyLane { lane, folds: true, scores: false, later: false }).collect()
    }

    fn round(round: &mut Round) -> Vec<i16> {
        std::iter::from_fn(|| round.take()).map(|busy| busy.lane).collect()
    }

    #[test]
    fn every_lane_has_its_turn_once_beginning_at_the_first() {
        let mut rounds = Round { first: 5, ..Round::default() };
        rounds.fill(busy(&[1, 4, 5, 63]), Instant::now());
        assert_eq!(round(&mut rounds), [5, 63, 1, 4]);
    }

    #[test]
    fn what_is_not_due_has_its_turn_when_nothing_else_is_to_be_done() {
        let (mut rounds, now) = (Round::default(), Instant::now());
        let idle = BusyLane { lane: 3, folds: false, scores: false, later: true };
        rounds.fill([busy(&[1]), vec![idle]].concat(), now);
        assert_eq!(round(&mut rounds), [1]);
        rounds.release(1, None);
        rounds.fill(vec![idle], now);
        assert_eq!(round(&mut rounds), [3]);
    }

    #[test]
    fn what_becomes_due_waits_for_one_lane_that_is_not_and_no_more() {
        let (mut rounds, now) = (Round::default(), Instant::now());
        let idle = |lane| BusyLane { lane, folds: false, scores: false, later: true };
        rounds.fill(vec![idle(3), idle(4)], now);
        assert_eq!(round(&mut rounds), [3]);
        rounds.fill([busy(&[9]), vec![idle(3), idle(4)]].concat(), now);
        assert_eq!(round(&mut rounds), [9]);
    }

    #[test]
    fn a_lane_that_somebody_has_is_left_out_until_it_is_released() {
        let (mut rounds, now) = (Round::default(), Instant::now());
        rounds.fill(busy(&[1, 2]), now);
        assert_eq!(round(&mut rounds), [1, 2]);
        rounds.release(2, None);
        rounds.fill(busy(&[1, 2, 3]), now);
        assert_eq!(round(&mut rounds), [2, 3]);
    }

    #[test]
    fn a_lane_that_rests_does_not_hold_up_the_others() {
        let (mut rounds, now) = (Round::default(), Instant::now());
        rounds.fill(busy(&[1]), now);
        rounds.take();
        rounds.release(1, Some(now + Duration::from_secs(1)));
        rounds.fill(busy(&[1, 2]), now + Duration::from_millis(999));
        assert_eq!(round(&mut rounds), [2]);
        rounds.release(2, None);
        rounds.fill(busy(&[1, 2]), now + Duration::from_secs(1));
        assert_eq!(round(&mut rounds), [1, 2]);
    }

    #[test]
    fn a_turn_that_is_dropped_in_whatever_way_releases_its_lane() {
        let rounds = Rounds::starting_at(0);
        rounds.round().fill(busy(&[7]), Instant::now());
        let turn = rounds.take().unwrap();
        assert!(rounds.round().in_hand.contains(&7));
        drop(turn);
        assert!(!rounds.round().in_hand.contains(&7));
    }
}
