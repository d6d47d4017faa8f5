//! Where creators live, by their rows. Apart from the rows themselves, which ranking reads: only insight into niches asks for
//! it, and hardly anybody ever moves.

use crate::niches::words;
use std::{collections::HashMap, sync::Arc};

/// Rows that are copied together when one of them moves.
const TOGETHER: usize = 512;
/// Names of towns in which nobody lives any more are forgotten when there are so many more than creators.
const UNUSED: usize = 1_024;

/// A town, the same however it is written.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Town {
    /// Country code.
    pub country: String,
    folded: String,
    /// Its name as the first of its creators writes it.
    pub name: String,
}

/// The towns of a tenant's creators.
#[derive(Clone, Default)]
pub struct Towns {
    parts: Vec<Arc<Vec<Option<Arc<Town>>>>>,
}

impl Towns {
    /// Where the creator in a row lives.
    #[must_use]
    pub fn of(&self, row: u32) -> Option<&Town> {
        let row = row as usize;
        self.parts.get(row / TOGETHER)?.get(row % TOGETHER)?.as_deref()
    }

    /// Moves the creator in a row; how many bytes were copied because a snapshot shares them.
    pub(super) fn put(&mut self, row: u32, town: Option<Arc<Town>>) -> u64 {
        if self.of(row) == town.as_deref() {
            return 0;
        }
        let (part, place) = (row as usize / TOGETHER, row as usize % TOGETHER);
        if self.parts.len() <= part {
            self.parts.resize_with(part + 1, Arc::default);
        }
        let shared = Arc::strong_count(&self.parts[part]) > 1;
        let copied = if shared { size_of_val(self.parts[part].as_slice()) } else { 0 };
        let rows = Arc::make_mut(&mut self.parts[part]);
        if rows.len() <= place {
            rows.resize_with(place + 1, || None);
        }
        rows[place] = town;
        copied as u64
    }

    /// Bytes of all rows.
    pub(super) fn bytes(&self) -> u64 {
        self.parts.iter().map(|rows| size_of_val(rows.as_slice()) as u64).sum()
    }
}

/// The names of towns, each held once.
#[derive(Default)]
pub(super) struct TownNames(HashMap<(String, String), Arc<Town>>);

impl TownNames {
    /// The town of this name in a country.
    pub(super) fn town(&mut self, country: &str, name: &str, creators: usize) -> Arc<Town> {
        if self.0.len() > creators + UNUSED {
            self.0.retain(|_, town| Arc::strong_count(town) > 1);
        }
        let folded = words::folded(name);
        let known = self.0.entry((country.to_owned(), folded.clone()));
        let town = || Arc::new(Town { country: country.to_owned(), folded, name: name.trim().to_owned() });
        known.or_insert_with(town).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_is_the_same_however_it_is_written_and_another_one_in_another_country() {
        let mut names = TownNames::default();
        let iasi = names.town("RO", "Iași", 3);
        assert!(Arc::ptr_eq(&iasi, &names.town("RO", " iasi ", 3)));
        assert_eq!(iasi.name, "Iași");
        assert_ne!(iasi, names.town("US", "Iasi", 3));
    }

    #[test]
    fn names_that_nobody_uses_do_not_pile_up() {
        let mut names = TownNames::default();
        let kept = names.town("RO", "Cluj-Napoca", 1);
        for number in 0..10 * UNUSED {
            names.town("RO", &format!("Town {number}"), 1);
        }
        assert!(names.0.len() <= UNUSED + 2);
        assert!(Arc::ptr_eq(&kept, &names.town("RO", "cluj-napoca", 1)));
    }

    #[test]
    fn who_moves_does_so_in_later_snapshots_only() {
        let (mut names, mut towns) = (TownNames::default(), Towns::default());
        let [cluj, iasi] = ["Cluj-Napoca", "Iași"].map(|name| names.town("RO", name, 1));
        assert_eq!(towns.put(700, Some(cluj.clone())), 0);
        let before = towns.clone();
        assert_eq!(towns.put(700, Some(cluj)), 0, "nobody moved");
        assert!(towns.put(700, Some(iasi)) > 0);
        assert_eq!(before.of(700).map(|town| town.name.as_str()), Some("Cluj-Napoca"));
        assert_eq!(towns.of(700).map(|town| town.name.as_str()), Some("Iași"));
        assert_eq!((towns.of(0), towns.of(699), towns.of(70_000)), (None, None, None));
    }
}
