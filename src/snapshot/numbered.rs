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
    /// One bit of many for each niche without a parent and all below it. Niches that have no such bit in common have nothing in common.
    pub(super) families: Vec<u32>,
}

impl Numbered {
    /// Gives a niche that is new a number.
    pub(super) fn add(&mut self, niche: &str, parent: Option<u32>) -> u32 {
        let number = number_of(self.names.len());
        self.numbers.insert(niche.to_owned(), number);
        self.names.push(niche.to_owned());
        self.parents.push(parent);
        self.children.push(Vec::new());
        self.families.push(0);
        self.families[number as usize] = self.family(number);
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
        self.families = (0..number_of(self.names.len())).map(|niche| self.family(niche)).collect();
    }

    /// The bit of the niche at the top of those above a niche: as many in turn as there are bits.
    fn family(&self, niche: u32) -> u32 {
        let mut top = niche as usize;
        while let Some(parent) = self.parents[top] {
            top = parent as usize;
        }
        let before = self.parents[..top].iter().filter(|parent| parent.is_none()).count();
        1 << (number_of(before) % u32::BITS)
    }
}
