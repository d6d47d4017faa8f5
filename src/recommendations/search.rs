//! Where the best candidates of a query are: the lists of its niches and of those near to them, the most promising first.
//!
//! Every node of a list tells the most that anybody below it can reach under the query's weights, and every entry what its creator
//! can. A search opens what can reach most, as far as steps of it tell, again and again, and ends when nobody can reach what is wanted:
//! exact, and it looks at few. An entry takes a look at memory that was read just now, and a creator one at memory that was not: so
//! entries wait for their turn, too. Those of a leaf wait together, behind the best of them: most never have their turn, and
//! putting all of them in order would cost more than finding the next one in the few of a leaf.

use super::{
    agenda::Agenda,
    bounds::{Bounds, OfQuery},
    brief::Query,
    candidates::near_niches,
    guess::Guess,
};
use crate::{
    scores::nearness::{CreatorNiches, narrow},
    snapshot::{
        TenantSnapshot,
        board::{
            Board, Inside,
            entry::{Entry, UNMEASURED},
        },
    },
};
use std::rc::Rc;

/// Creators that are found together. More: fewer waits for memory; fewer: fewer are looked at who turn out to be needless.
const FEW: usize = 16;

/// What creators must reach at least: those whose loyalty is measured, and the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    pub measured: f64,
    pub unmeasured: f64,
}

impl Least {
    /// The same for everybody.
    pub(super) fn of_all(least: f64) -> Self {
        Self { measured: least, unmeasured: least }
    }

    /// The same, or more.
    fn raised(self, least: f64) -> Self {
        Self { measured: self.measured.max(least), unmeasured: self.unmeasured.max(least) }
    }

    /// What any of such creators must reach at least.
    fn of(&self, any_measured: bool, any_unmeasured: bool) -> f64 {
        let measured = if any_measured { self.measured } else { f64::INFINITY };
        if any_unmeasured { measured.min(self.unmeasured) } else { measured }
    }
}

/// A search for the best candidates of a query.
pub(super) struct Search<'a> {
    lists: Vec<List<'a>>,
    open: Agenda<Open>,
    waiting: Vec<Waiting>,
    guess: Guess,
}

struct List<'a> {
    board: &'a Board,
    bounds: Bounds<'a>,
}

/// What was not looked at yet, with the most it can reach.
#[derive(Clone, Copy)]
struct Open {
    reach: f64,
    list: u32,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// With what fit makes of what anybody there reaches at most.
    Node { node: u32, fit: f32 },
    /// Those of a leaf who wait, by their places; the best of them has the first.
    Leaf { first: u32, end: u32 },
}

/// A creator whose turn has not come.
#[derive(Clone, Copy)]
struct Waiting {
    reach: f64,
    row: u32,
    is_measured: bool,
}

/// A creator who may be a candidate.
#[derive(Clone, Copy)]
pub(super) struct Promising {
    /// Its row.
    pub row: u32,
    /// Whether its loyalty is measured.
    pub is_measured: bool,
    /// The most it can reach.
    pub reach: f64,
    list: u32,
}

impl<'a> Search<'a> {
    /// Whoever reaches less than the guess may be left out.
    pub(super) fn new(snapshot: &'a TenantSnapshot, query: &'a Query, guess: Guess) -> Self {
        let niches = near_niches(snapshot, query);
        let of_query = Rc::new(OfQuery::new(snapshot, query, niches.clone()));
        let list = |niche: &u32| {
            let board = snapshot.board(*niche).filter(|board| !board.is_empty())?;
            Some(List { board, bounds: Bounds::new(snapshot, of_query.clone(), snapshot.placed(*niche)) })
        };
        let lists = niches.iter().filter_map(list).collect();
        let mut search = Self { lists, open: Agenda::new(), waiting: Vec::new(), guess };
        for list in 0..u32::try_from(search.lists.len()).unwrap_or(u32::MAX) {
            if let Some(root) = search.lists[list as usize].board.root() {
                search.add_node(list, (root, f64::INFINITY), Least::of_all(f64::NEG_INFINITY));
            }
        }
        search
    }

    /// What is guessed that has to be reached.
    pub(super) fn guessed(&self) -> f64 {
        self.guess.least()
    }

    /// Whether a creator is looked at in the list where it was found.
    pub(super) fn is_home(&self, found: &Promising, creator: CreatorNiches<'_>) -> bool {
        self.lists[found.list as usize].bounds.is_home(creator)
    }

    /// The most promising creators who may reach so much, a few of them; none: nobody does.
    pub(super) fn next_few(&mut self, least: Least) -> Vec<Promising> {
        std::iter::from_fn(|| self.next(least)).take(FEW).collect()
    }

    fn next(&mut self, least: Least) -> Option<Promising> {
        loop {
            let least = least.raised(self.guess.least());
            let Open { reach, list, what } = self.open.pop(least.of(true, true))?;
            if reach < least.of(true, true) {
                continue;
            }
            match what {
                What::Node { node, fit } => self.look_into(list, (node, f64::from(fit)), least),
                What::Leaf { first, end } => {
                    let Waiting { row, is_measured, .. } = self.waiting[first as usize];
                    self.wait(list, (first + 1, end));
                    if reach >= least.of(is_measured, !is_measured) {
                        return Some(Promising { row, is_measured, reach, list });
                    }
                }
            }
        }
    }

    /// Puts the best of those of a leaf who wait first, and all of them behind what can reach more.
    fn wait(&mut self, list: u32, (first, end): (u32, u32)) {
        let waiting = &mut self.waiting[first as usize..end as usize];
        let Some(at) = best(waiting) else { return };
        waiting.swap(at, 0);
        let reach = waiting[0].reach;
        self.open.push(reach, Open { reach, list, what: What::Leaf { first, end } });
    }

    fn look_into(&mut self, list: u32, (node, most_fit): (u32, f64), least: Least) {
        let List { board, bounds } = &self.lists[list as usize];
        match board.inside(node) {
            Inside::Nodes(nodes) => {
                for node in nodes {
                    self.add_node(list, (node, most_fit), least);
                }
            }
            Inside::Entries(entries) => {
                let first = place(self.waiting.len());
                for entry in entries {
                    let Some(waiting) = waiting(bounds, entry, least) else { continue };
                    if bounds.is_told(entry) {
                        self.guess.add(waiting.reach);
                    }
                    self.waiting.push(waiting);
                }
                self.wait(list, (first, place(self.waiting.len())));
            }
        }
    }

    fn add_node(&mut self, list: u32, (node, most_fit): (u32, f64), least: Least) {
        let List { board, bounds } = &self.lists[list as usize];
        let most = board.most(node);
        let least = least.of(most.is_any_measured(), most.unmeasured);
        if let Some((reach, fit)) = bounds.of_node(most, most_fit, least) {
            self.open.push(reach, Open { reach, list, what: What::Node { node, fit: narrow(fit) } });
        }
    }
}

fn waiting(bounds: &Bounds<'_>, entry: &Entry, least: Least) -> Option<Waiting> {
    let (row, is_measured) = (entry.row, entry.reach != UNMEASURED);
    let least = least.of(is_measured, !is_measured);
    Some(Waiting { reach: bounds.of_entry(entry, least)?, row, is_measured })
}

fn best(waiting: &[Waiting]) -> Option<usize> {
    (0..waiting.len()).max_by(|one, other| waiting[*one].reach.total_cmp(&waiting[*other].reach))
}

fn place(waiting: usize) -> u32 {
    u32::try_from(waiting).expect("nobody waits twice in a list, and there are fewer than 2^32 creators")
}
