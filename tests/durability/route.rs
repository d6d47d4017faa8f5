//! The ways into the service, and what is sent on them under each number.

use crate::support::{Dice, KINDS, Sent};
use std::fmt;

/// A way into the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// `POST /v1/events`.
    Single,
    /// `POST /v1/events/batch`.
    Batch,
    /// `POST /v1/events/stream`.
    Stream,
    /// `PUT /v1/creators/{creator_id}`, which is a transaction of several statements.
    Creator,
}

impl Route {
    pub(crate) const ALL: [Self; 4] = [Self::Single, Self::Batch, Self::Stream, Self::Creator];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Batch => "batch",
            Self::Stream => "stream",
            Self::Creator => "creator",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|route| route.name() == name).unwrap()
    }

    pub(crate) fn is_of_events(self) -> bool {
        self != Self::Creator
    }

    /// Clients that send on it at once.
    pub(crate) fn clients(self) -> usize {
        match self {
            Self::Single => 24,
            Self::Batch => 4,
            Self::Stream => 2,
            Self::Creator => 3,
        }
    }

    /// Most items that a request takes.
    pub(crate) fn most(self) -> usize {
        match self {
            Self::Single | Self::Creator => 1,
            Self::Batch => 1_000,
            Self::Stream => 6_000,
        }
    }

    /// How many items it takes in a round of so many events.
    pub(crate) fn share(self, events: usize) -> usize {
        match self {
            Self::Single => events.div_ceil(5),
            Self::Batch | Self::Stream => (2 * events).div_ceil(5),
            Self::Creator => events / 100 + 10,
        }
    }
}

/// Something that is sent, told apart from everything else by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) route: Route,
    pub(crate) number: usize,
}

/// Its id.
impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.route.name(), self.number)
    }
}

/// What the events tell: the same under the same number, however often it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// The second before which nothing happened.
    start: i64,
}

/// Creators with events.
const CREATORS: usize = 60;
/// People.
const PEOPLE: usize = 400;
/// Days that the story takes.
const DAYS: usize = 60;
/// One event of so many takes an earlier one back: seldom, as that costs a look at all events of the creator.
const RETRACTS: usize = 997;

impl Story {
    pub(crate) fn new() -> Self {
        Self { start: jiff::Timestamp::now().as_second() - 86_400 * i64::try_from(DAYS + 1).unwrap() }
    }

    /// Ids of the creators with events.
    pub(crate) fn creators() -> impl Iterator<Item = String> {
        (0..CREATORS).map(|creator| format!("known-{creator}"))
    }

    /// The event under a number.
    pub(crate) fn event(self, item: Item) -> Sent {
        let target = (item.number % RETRACTS == RETRACTS - 1)
            .then(|| Item { number: item.number - RETRACTS / 2, ..item });
        let mut dice = Dice::new(seed(item));
        let mut sent = Sent {
            id: item.to_string(),
            creator: format!("known-{}", dice.below(CREATORS)),
            engager: (dice.below(10) > 0).then(|| format!("person-{}", dice.below(PEOPLE))),
            kind: KINDS[dice.below(KINDS.len())],
            second: self.start + i64::try_from(dice.below(DAYS * 86_400)).unwrap(),
            takes_back: target.map(|target| target.to_string()),
        };
        if let Some(target) = target {
            sent.kind = "retract";
            sent.creator = self.event(target).creator;
        }
        sent
    }
}

fn seed(item: Item) -> u64 {
    let number = u64::try_from(item.number * Route::ALL.len()).unwrap();
    number + Route::ALL.iter().zip(1..).find(|(route, _)| **route == item.route).map_or(0, |(_, place)| place)
}
