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

/// Most lanes of a turn. More: a turn is longer, and what comes in meanwhile waits for its end; fewer: what each turn costs
/// however little there is to do takes the time of those who wait.
const AT_ONCE: usize = 4;

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
        let busy = self.round().take();
        (!busy.is_empty()).then(|| Turn { rounds: self, busy, rest: None })
    }

    fn round(&self) -> MutexGuard<'_, Round> {
        // Whoever panicked here left no lane half changed.
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lanes in the hands of a worker, until it is dropped.
pub(super) struct Turn<'a> {
    rounds: &'a Rounds,
    /// The lanes and what they have to do.
    pub(super) busy: Vec<BusyLane>,
    rest: Option<Duration>,
}

impl Turn<'_> {
    /// Leaves the lanes out of rounds for a time, so that they do not hold up the others.
    pub(super) fn rest(mut self, pause: Duration) {
        self.rest = Some(pause);
    }

    /// Gives each of the lanes its next turn by itself, as one of them may fail every time; the one that did so by itself rests.
    pub(super) fn failed(mut self, pause: Duration) {
        self.rounds.round().alone.extend(self.busy.iter().map(|busy| busy.lane));
        self.rest = (self.busy.len() == 1).then_some(pause);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let rest_until = self.rest.map(|pause| Instant::now() + pause);
        let mut round = self.rounds.round();
        for busy in &self.busy {
            round.release(busy.lane, rest_until);
        }
    }
}

#[derive(Default)]
struct Round {
    first: i16,
    left: VecDeque<BusyLane>,
    in_hand: HashSet<i16>,
    resting: HashMap<i16, Instant>,
    /// Lanes whose next turn is theirs alone.
    alone: HashSet<i16>,
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

    /// The next lanes, but no more than half of what is left, so that others have something to do, too.
    fn take(&mut self) -> Vec<BusyLane> {
        let most = self.left.len().div_ceil(2).min(AT_ONCE);
        let together =
            self.left.iter().take(most).take_while(|busy| !self.alone.contains(&busy.lane)).count();
        let taken: Vec<BusyLane> = self.left.drain(..together.max(1).min(most)).collect();
        for BusyLane { lane, .. } in &taken {
            self.alone.remove(lane);
            self.in_hand.insert(*lane);
        }
        taken
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

    fn turn(round: &mut Round) -> Vec<i16> {
        round.take().iter().map(|busy| busy.lane).collect()
    }

    fn round(round: &mut Round) -> Vec<i16> {
        let turns = std::iter::from_fn(|| Some(turn(round)).filter(|turn| !turn.is_empty()));
        turns.flatten().collect()
    }

    #[test]
    fn every_lane_has_its_turn_once_beginning_at_the_first() {
        let mut rounds = Round { first: 5, ..Round::default() };
        rounds.fill(busy(&[1, 4, 5, 63]), Instant::now());
        assert_eq!(round(&mut rounds), [5, 63, 1, 4]);
    }

    #[test]
    fn a_turn_has_some_lanes_and_leaves_as_many_to_others() {
        let mut rounds = Round::default();
        rounds.fill(busy(&(0..20).collect::<Vec<_>>()), Instant::now());
        let turns: Vec<usize> =
            std::iter::from_fn(|| Some(rounds.take().len()).filter(|len| *len > 0)).collect();
        assert_eq!(turns, [4, 4, 4, 4, 2, 1, 1]);
    }

    #[test]
    fn lanes_of_a_turn_that_failed_have_their_next_one_alone() {
        let rounds = Rounds::starting_at(0);
        let fill = || rounds.round().fill(busy(&[0, 1, 2, 3, 4, 5, 6, 7]), Instant::now());
        fill();
        let pause = Duration::from_mins(1);
        rounds.take().unwrap().failed(pause);
        let next = || rounds.take().map(|turn| turn.busy.iter().map(|busy| busy.lane).collect::<Vec<_>>());
        assert_eq!([next(), next(), next()], [Some(vec![4, 5]), Some(vec![6]), Some(vec![7])]);
        fill();
        rounds.take().unwrap().failed(pause);
        assert_eq!([next(), next(), next()], [Some(vec![1]), Some(vec![2]), Some(vec![3])]);
        assert_eq!(next(), Some(vec![4, 5]));
        fill();
        assert_eq!(next(), Some(vec![1, 2, 3, 4]), "the one that failed alone rests");
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
        assert_eq!(turn(&mut rounds), [1]);
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
