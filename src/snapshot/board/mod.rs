//! The list of a niche: its creators in a tree, similar ones together, so that the best of them under any weights and filters are
//! found by looking at few.
//!
//! A leaf holds up to 64 entries. When one more comes, the leaf is divided along what differs most in it, as the nodes above were; two
//! leaves that have become small are one again. So the way to an entry follows from the entry itself, and nothing has to
//! remember where it lies.

pub mod entry;
pub mod most;
pub mod sketch;
mod split;

use entry::Entry;
use most::Most;
use split::Split;
use std::sync::Arc;

/// Entries of a leaf. More: more is looked at for each one found; fewer: more nodes.
const LEAF: usize = 64;
/// Entries of two leaves that become one.
const FEW: usize = LEAF / 2;
/// Room that a leaf that grows gets at once.
const ROOM: usize = 4;
/// The node from which all others are reached.
const ROOT: u32 = 0;

/// The creators in the list of a niche.
#[derive(Clone, Debug, Default)]
pub struct Board {
    nodes: Vec<Node>,
    free: Vec<u32>,
    entries: usize,
}

#[derive(Clone, Debug)]
struct Node {
    most: Most,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Leaf(Arc<Vec<Entry>>),
    Halves(Split, [u32; 2]),
}

/// What a node consists of.
#[derive(Clone, Copy, Debug)]
pub enum Inside<'a> {
    /// Entries.
    Entries(&'a [Entry]),
    /// Two other nodes.
    Nodes([u32; 2]),
}

impl Board {
    /// How many creators there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The node from which all others are reached; `None`: there is nobody.
    #[must_use]
    pub fn root(&self) -> Option<u32> {
        (!self.is_empty()).then_some(ROOT)
    }

    /// The most of everything below a node.
    #[must_use]
    pub fn most(&self, node: u32) -> &Most {
        &self.nodes[node as usize].most
    }

    /// What a node consists of.
    #[must_use]
    pub fn inside(&self, node: u32) -> Inside<'_> {
        match &self.nodes[node as usize].part {
            Part::Leaf(entries) => Inside::Entries(entries),
            Part::Halves(_, nodes) => Inside::Nodes(*nodes),
        }
    }

    /// The rows of all creators, those who are similar together.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        let leaves = self.nodes.iter().filter_map(|node| match &node.part {
            Part::Leaf(entries) => Some(entries.as_slice()),
            Part::Halves(..) => None,
        });
        leaves.flatten().map(|entry| entry.row)
    }

    /// Bytes of its nodes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.nodes.as_slice())
    }

    /// A list of these.
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        let mut board = Self { entries: entries.len(), ..Self::default() };
        if !entries.is_empty() {
            board.add_all(&mut entries);
            board.nodes.shrink_to_fit();
        }
        board
    }

    /// A node with all of these below it.
    fn add_all(&mut self, entries: &mut [Entry]) -> u32 {
        if entries.len() <= LEAF {
            return self.add(entries.to_vec());
        }
        let at = self.add(Vec::new());
        let split = Split::of(entries);
        let (low, high) = split.divide(entries);
        let halves = [self.add_all(low), self.add_all(high)];
        self.nodes[at as usize] =
            Node { most: self.most(halves[0]).with(self.most(halves[1])), part: Part::Halves(split, halves) };
        at
    }

    /// Adds an entry; the bytes that were copied for it.
    pub(super) fn insert(&mut self, entry: Entry) -> u64 {
        if self.nodes.is_empty() {
            self.add(Vec::new());
        }
        self.entries += 1;
        self.insert_at(ROOT, entry)
    }

    /// Takes an entry out; the bytes that were copied for it.
    pub(super) fn remove(&mut self, entry: &Entry) -> u64 {
        if self.is_empty() { 0 } else { self.remove_at(ROOT, entry) }
    }

    fn insert_at(&mut self, at: u32, entry: Entry) -> u64 {
        let node = &mut self.nodes[at as usize];
        node.most = node.most.with(&Most::of(&entry));
        match &mut node.part {
            Part::Halves(split, [low, high]) => {
                let next = if split.is_low(&entry) { *low } else { *high };
                self.insert_at(next, entry)
            }
            Part::Leaf(entries) => {
                let (entries, copied) = own(entries);
                if entries.len() == entries.capacity() {
                    entries.reserve_exact(ROOM);
                }
                entries.push(entry);
                if entries.len() > LEAF {
                    self.divide(at);
                }
                copied
            }
        }
    }

    fn remove_at(&mut self, at: u32, entry: &Entry) -> u64 {
        let copied = match &mut self.nodes[at as usize].part {
            Part::Halves(split, [low, high]) => {
                let next = if split.is_low(entry) { *low } else { *high };
                self.remove_at(next, entry)
            }
            Part::Leaf(entries) => {
                let (entries, copied) = own(entries);
                if let Some(place) = entries.iter().position(|other| other.row == entry.row) {
                    entries.swap_remove(place);
                    self.entries -= 1;
                }
                copied
            }
        };
        self.unite(at);
        self.nodes[at as usize].most = self.most_inside(at);
        copied
    }

    fn most_inside(&self, at: u32) -> Most {
        match self.inside(at) {
            Inside::Entries(entries) => most_of(entries),
            Inside::Nodes([low, high]) => self.most(low).with(self.most(high)),
        }
    }

    /// Makes two leaves of one.
    fn divide(&mut self, at: u32) {
        let Inside::Entries(entries) = self.inside(at) else { return };
        let (split, mut entries) = (Split::of(entries), entries.to_vec());
        let (low, high) = split.divide(&mut entries);
        let halves = [self.add(low.to_vec()), self.add(high.to_vec())];
        self.nodes[at as usize].part = Part::Halves(split, halves);
    }

    /// Makes one leaf of two that are small.
    fn unite(&mut self, at: u32) {
        let Inside::Nodes([low, high]) = self.inside(at) else { return };
        let (Inside::Entries(lower), Inside::Entries(higher)) = (self.inside(low), self.inside(high)) else {
            return;
        };
        if lower.len() + higher.len() > FEW {
            return;
        }
        let entries = [lower, higher].concat();
        self.nodes[at as usize].part = Part::Leaf(Arc::new(entries));
        for free in [low, high] {
            self.nodes[free as usize] = Node { most: Most::NOBODY, part: Part::Leaf(Arc::default()) };
            self.free.push(free);
        }
    }

    fn add(&mut self, entries: Vec<Entry>) -> u32 {
        let node = Node { most: most_of(&entries), part: Part::Leaf(Arc::new(entries)) };
        if let Some(free) = self.free.pop() {
            self.nodes[free as usize] = node;
            return free;
        }
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).expect("there are fewer nodes than rows")
    }
}

fn most_of(entries: &[Entry]) -> Most {
    entries.iter().fold(Most::NOBODY, |most, entry| most.with(&Most::of(entry)))
}

/// The entries of a leaf, to be changed: copied first when a published snapshot has them, too.
fn own(entries: &mut Arc<Vec<Entry>>) -> (&mut Vec<Entry>, u64) {
    let copied = if Arc::strong_count(entries) > 1 { size_of_val(entries.as_slice()) } else { 0 };
    (Arc::make_mut(entries), copied as u64)
}

#[cfg(test)]
mod tests;
