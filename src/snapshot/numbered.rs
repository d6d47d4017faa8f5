//! Niches by number, with which are part of which.

use super::builder::number_of;
use crate::niches::NicheTree;
use std::collections::HashMap;

/// Niches by number.
#[derive(Clone, Default)]
pub(super) struct Numbered {
    pub(super) numbers: HashMap<String, u32>,
    pub(super) names: Vec<String>,
    pub(super) parents: Vec<Option<u32>>,
    pub(super) children: Vec<Vec<u32>>,
}

impl Numbered {
    /// Gives a niche that is new a number.
    pub(super) fn add(&mut self, niche: &str, parent: Option<u32>) -> u32 {
        let number = number_of(self.names.len());
        self.numbers.insert(niche.to_owned(), number);
        self.names.push(niche.to_owned());
        self.parents.push(parent);
        self.children.push(Vec::new());
        if let Some(parent) = parent {
            self.children[parent as usize].push(number);
        }
        number
    }

    /// Takes over which niches are part of which.
    pub(super) fn relink(&mut self, tree: &NicheTree) {
        self.children.iter_mut().for_each(Vec::clear);
        for (number, niche) in self.names.iter().enumerate() {
            let parent = tree.parent(niche).and_then(|parent| self.numbers.get(parent).copied());
            self.parents[number] = parent;
            if let Some(parent) = parent {
                self.children[parent as usize].push(number_of(number));
            }
        }
    }
}
