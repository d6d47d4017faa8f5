//! The list of a niche: its creators in a tree, similar ones together, so that the best of them under any weights and filters are
//! found by looking at few.
//!
//! A leaf holds up to 64 entries. When one more comes, the leaf is divided, first by audience and then along what differs most in it,
//! as the nodes above were; two leaves that have become small are one again. So the way to an entry follows from the entry itself,
//! and nothing has to remember where it lies.
//!
//! Nodes are divided by what their creators were at that time, and those who have just registered differ in nothing that counts. So a
//! list is built anew when a part of it has come or changed since: that is done fast, and to search it is several times faster then.

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
/// The part of a list that may come or change before it is built anew. More: the list is built more often; fewer: it is worse
/// meanwhile.
const PART: usize = 4;
/// The node from which all others are reached.
const ROOT: u32 = 0;

/// The creators in the list of a niche.
#[derive(Clone, Debug, Default)]
pub struct Board {
    nodes: Vec<Node>,
    /// The first of each two nodes that nothing leads to.
    free: Vec<u32>,
    entries: usize,
    /// How many more may come or change before it is built anew.
    until_anew: usize,
}

#[derive(Clone, Debug)]
struct Node {
    most: Most,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Leaf(Arc<[Entry]>),
    /// The first half. The other one is next to it: who reads one reads both.
    Halves(Split, u32),
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
            Part::Halves(_, first) => Inside::Nodes([*first, first + 1]),
        }
    }

    /// The rows of all creators, those who are similar together.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        self.leaves().flat_map(|leaf| leaf.iter()).map(|entry| entry.row)
    }

    fn leaves(&self) -> impl Iterator<Item = &Arc<[Entry]>> {
        self.nodes.iter().filter_map(|node| match &node.part {
            Part::Leaf(entries) => Some(entries),
            Part::Halves(..) => None,
        })
    }

    /// Bytes of its nodes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.nodes)
    }

    /// A list of these.
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        // Lists that are built together come to their turn at different times.
        let until_anew = until_anew(entries.len()) * (32 + entries.len() % 32) / 64;
        let mut board = Self { entries: entries.len(), until_anew, ..Self::default() };
        if !entries.is_empty() {
            board.add_nodes(1);
            board.put_all(ROOT, &mut entries);
            board.nodes.shrink_to_fit();
        }
        board
    }

    /// Puts all of these below a node.
    fn put_all(&mut self, at: u32, entries: &mut [Entry]) {
        if entries.len() <= LEAF {
            self.put(at, most_of(entries), Part::Leaf(Arc::from(&*entries)));
            return;
        }
        let (split, first) = (Split::of(entries), self.pair());
        let (low, high) = split.divide(entries);
        self.put_all(first, low);
        self.put_all(first + 1, high);
        self.put(at, self.most_of_halves(first), Part::Halves(split, first));
    }

    /// Adds an entry; the bytes that were copied for it.
    pub(super) fn insert(&mut self, entry: Entry) -> u64 {
        let copied = self.add(entry);
        match self.until_anew.min(until_anew(self.entries)).checked_sub(1) {
            Some(left) => {
                self.until_anew = left;
                copied
            }
            None => copied + self.build_anew(),
        }
    }

    /// Builds it anew; the bytes of leaves that only published snapshots have then.
    fn build_anew(&mut self) -> u64 {
        let kept = self.leaves().map(copied).sum();
        let mut entries = Vec::with_capacity(self.entries);
        self.leaves().for_each(|leaf| entries.extend_from_slice(leaf));
        *self = Self::of(entries);
        kept
    }

    /// Puts an entry into its leaf; the bytes that were copied for it.
    fn add(&mut self, entry: Entry) -> u64 {
        if self.nodes.is_empty() {
            self.add_nodes(1);
        }
        self.entries += 1;
        let (mut at, most) = (ROOT, Most::of(&entry));
        loop {
            let node = &mut self.nodes[at as usize];
            node.most = node.most.with(&most);
            match &node.part {
                Part::Halves(split, first) => at = split.half(*first, &entry),
                Part::Leaf(before) => {
                    let (copied, mut entries) = (copied(before), [before, &[entry][..]].concat());
                    if entries.len() > LEAF {
                        self.put_all(at, &mut entries);
                    } else {
                        node.part = Part::Leaf(entries.into());
                    }
                    return copied;
                }
            }
        }
    }

    /// Takes an entry out; the bytes that were copied for it.
    pub(super) fn remove(&mut self, entry: &Entry) -> u64 {
        if self.is_empty() { 0 } else { self.remove_at(ROOT, entry) }
    }

    fn remove_at(&mut self, at: u32, entry: &Entry) -> u64 {
        match &self.nodes[at as usize].part {
            Part::Leaf(before) => {
                let entries: Arc<[Entry]> =
                    before.iter().filter(|other| other.row != entry.row).copied().collect();
                self.entries -= before.len() - entries.len();
                let copied = copied(before);
                self.put(at, most_of(&entries), Part::Leaf(entries));
                copied
            }
            Part::Halves(split, first) => {
                let (first, half) = (*first, split.half(*first, entry));
                let copied = self.remove_at(half, entry);
                match self.united(first) {
                    Some(entries) => {
                        self.put(at, most_of(&entries), Part::Leaf(entries));
                        self.leave(first);
                    }
                    None => self.nodes[at as usize].most = self.most_of_halves(first),
                }
                copied
            }
        }
    }

    /// What two leaves that are small hold together.
    fn united(&self, first: u32) -> Option<Arc<[Entry]>> {
        match (self.inside(first), self.inside(first + 1)) {
            (Inside::Entries(low), Inside::Entries(high)) if low.len() + high.len() <= FEW => {
                Some([low, high].concat().into())
            }
            _ => None,
        }
    }

    fn most_of_halves(&self, first: u32) -> Most {
        self.most(first).with(self.most(first + 1))
    }

    fn put(&mut self, at: u32, most: Most, part: Part) {
        self.nodes[at as usize] = Node { most, part };
    }

    /// The first of two nodes side by side that nothing leads to yet.
    fn pair(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| self.add_nodes(2))
    }

    /// The first of so many new nodes with nobody in them.
    fn add_nodes(&mut self, count: usize) -> u32 {
        let first = self.nodes.len();
        self.nodes.resize_with(first + count, Node::default);
        u32::try_from(first).expect("there are fewer nodes than rows")
    }

    /// Leaves two nodes to who needs some.
    fn leave(&mut self, first: u32) {
        for at in [first, first + 1] {
            self.nodes[at as usize] = Node::default();
        }
        self.free.push(first);
    }
}

/// How many of so many entries may come or change before their list is built anew.
fn until_anew(entries: usize) -> usize {
    (entries / PART).max(LEAF)
}

/// The bytes of a leaf that is replaced, as far as a published snapshot still has them.
fn copied(before: &Arc<[Entry]>) -> u64 {
    if Arc::strong_count(before) > 1 { size_of_val(&**before) as u64 } else { 0 }
}

impl Default for Node {
    fn default() -> Self {
        Self { most: Most::NOBODY, part: Part::Leaf(Arc::default()) }
    }
}

fn most_of(entries: &[Entry]) -> Most {
    entries.iter().fold(Most::NOBODY, |most, entry| most.with(&Most::of(entry)))
}

#[cfg(test)]
mod tests;
