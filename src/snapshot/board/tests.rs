use super::{
    entry::{UNKNOWN, followers_step},
    sketch::{PARTS, Sketch},
    *,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An entry of a row that is the same for the same version.
fn entry(row: u32, version: u8) -> Entry {
    let dice = |of: u8| {
        u8::try_from(row % 251)
            .unwrap()
            .wrapping_mul(37)
            .wrapping_add(version.wrapping_mul(91))
            .wrapping_mul(of)
            % 7
            * 40
    };
    let values = [dice(3), dice(5), 200, dice(7)];
    Entry {
        row,
        values,
        spreads: values.map(|value| value / 2),
        near: dice(11),
        reach: dice(19),
        others: Sketch {
            names: [dice(13), dice(17), dice(23), dice(29)],
            parts: [dice(3), dice(11), 0, 0],
            rest: dice(5),
            listed: dice(7) % (1 << (PARTS + 1)),
        },
        followers: if row.is_multiple_of(9) { UNKNOWN } else { followers_step(row * 100) },
        country: if row.is_multiple_of(3) { 7 } else { 40 },
    }
}

/// Every node tells the most of what is below it, leaves are not larger than they may be, and all entries are these.
fn check(board: &Board, expected: &BTreeSet<(u32, u8)>) {
    let mut found = Vec::new();
    let mut open: Vec<u32> = board.root().into_iter().collect();
    while let Some(node) = open.pop() {
        match board.inside(node) {
            Inside::Entries(entries) => {
                assert!(entries.len() <= LEAF);
                assert_eq!(*board.most(node), most_of(entries));
                found.extend_from_slice(entries);
            }
            Inside::Nodes(nodes) => {
                assert_eq!(*board.most(node), board.most(nodes[0]).with(board.most(nodes[1])));
                open.extend(nodes);
            }
        }
    }
    found.sort_unstable_by_key(|entry| entry.row);
    let expected: Vec<Entry> = expected.iter().map(|(row, version)| entry(*row, *version)).collect();
    assert_eq!(found, expected);
    assert_eq!(board.len(), expected.len());
    let mut rows: Vec<u32> = board.rows().collect();
    rows.sort_unstable();
    assert_eq!(rows, expected.iter().map(|entry| entry.row).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn creators_who_come_change_and_go_are_in_the_list_as_they_are_and_copies_stay_as_they_were(
        first in 0..400_u32, steps in prop::collection::vec((0..400_u32, 0..4_u8), 0..300),
    ) {
        let mut present: BTreeSet<(u32, u8)> = (0..first).map(|row| (row, 0)).collect();
        let all = present.iter().map(|(row, version)| entry(*row, *version));
        let (many, few): (Vec<Entry>, Vec<Entry>) = all.partition(|one| one.row % 5 > 0);
        let mut board = Board::of(many);
        for entry in few {
            board.insert(entry);
        }
        let (before, before_present) = (board.clone(), present.clone());
        for (row, version) in steps {
            if let Some(old) = present.iter().find(|(other, _)| *other == row).copied() {
                board.remove(&entry(old.0, old.1));
                present.remove(&old);
            }
            if version > 0 {
                board.insert(entry(row, version));
                present.insert((row, version));
            }
        }
        check(&board, &present);
        check(&before, &before_present);
    }

    #[test]
    fn more_followers_are_never_a_lower_step(one in any::<u32>(), other in any::<u32>()) {
        prop_assert!(followers_step(one.min(other)) <= followers_step(one.max(other)));
        prop_assert!(followers_step(u32::MAX) < UNKNOWN);
    }
}

#[test]
fn who_is_seldom_asked_for_lies_apart_from_the_others() {
    let board = Board::of((0..2_000).map(|row| entry(row, 1)).collect());
    let (least, most) = (followers_step(1_000), followers_step(50_000));
    let mut leaves = 0;
    for node in 0..u32::try_from(board.nodes.len()).unwrap() {
        if let Inside::Entries(entries) = board.inside(node) {
            let side = |entry: &Entry| (entry.followers < least, entry.followers > most);
            assert!(entries.iter().all(|entry| side(entry) == side(&entries[0])));
            leaves += 1;
        }
    }
    assert!(leaves > 2_000 / LEAF);
}

#[test]
fn what_a_search_reads_of_nodes_stays_small() {
    assert_eq!((size_of::<Most>(), size_of::<Node>()), (64, 88));
}

#[test]
fn entries_that_are_the_same_but_for_their_rows_are_divided_all_the_same() {
    let mut board = Board::default();
    for row in 0..1_000 {
        board.insert(Entry { row, ..entry(1, 1) });
    }
    assert!(board.nodes.len() > 1_000 / LEAF);
    for row in 0..1_000 {
        board.remove(&Entry { row, ..entry(1, 1) });
    }
    assert!(board.is_empty());
    assert_eq!(board.nodes.len() - 2 * board.free.len(), 1, "all leaves have become one");
}

#[test]
fn creators_who_were_measured_after_they_came_are_divided_by_what_they_are_now() {
    let new = |row| Entry { row, ..entry(1, 1) };
    let measured = |row: u32| Entry { values: row.wrapping_mul(2_654_435_761).to_be_bytes(), ..new(row) };
    let mut board = Board::of((0..4_000).map(new).collect());
    for row in 0..4_000 {
        board.remove(&new(row));
        board.insert(measured(row));
    }
    let at_once = Board::of((0..4_000).map(measured).collect());
    // Leaves that have to be looked at to find the best.
    let least = at_once.most(ROOT).surest / 8 * 7;
    let leaves = |board: &Board| {
        let is_one = |node: &&Node| matches!(node.part, Part::Leaf(_)) && node.most.surest >= least;
        board.nodes.iter().filter(is_one).count()
    };
    assert!(leaves(&board) < leaves(&at_once) * 2, "{} {}", leaves(&board), leaves(&at_once));
}

#[test]
fn leaves_that_only_a_copy_has_count_as_copied_when_a_list_is_built_anew() {
    let mut board = Board::of((0..1_000).map(|row| entry(row, 1)).collect());
    let before = board.clone();
    let copied: u64 = (1_000..2_000).map(|row| board.insert(entry(row, 1))).sum();
    assert_eq!(copied, 1_000 * size_of::<Entry>() as u64);
    assert!(before.leaves().all(|leaf| Arc::strong_count(leaf) == 1));
}
