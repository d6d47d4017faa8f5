//! How a full leaf of a list is divided: along what differs most in what it can make of a score, once all of its creators are of the
//! audience that is asked for unless somebody says otherwise, or none.

use super::entry::{Entry, followers_step};
use crate::recommendations::filters::DEFAULT_BAND;
use std::cmp::Ordering;

/// What leaves may be divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Whether an audience is smaller or larger than those that are asked for unless somebody says otherwise.
    Band,
    /// Loyalty, trust, authenticity or conversation, less half of its spread.
    Sure(u8),
    /// Nearness to the niche of the list.
    Near,
    Reach,
    Country,
    Followers,
    /// Tells entries apart that are the same otherwise.
    Row,
}

/// Dimensions with how much a difference there can make of a score. Callers choose weights, so all components are alike. Country and
/// followers are what filters ask most often, but those who pass are found among the best as well: what keeps apart who is good
/// and who is not counts more.
const DIMENSIONS: [(Dimension, f64); 8] = [
    (Dimension::Near, 0.2 / 255.0),
    (Dimension::Sure(0), 0.2 / 255.0),
    (Dimension::Sure(1), 0.2 / 255.0),
    (Dimension::Sure(2), 0.2 / 255.0),
    (Dimension::Sure(3), 0.2 / 255.0),
    (Dimension::Reach, 0.035 / 64.0),
    (Dimension::Country, 0.004 / 75.0),
    (Dimension::Followers, 0.002 / 3_000.0),
];

/// Entries of which a dimension is at most so much go one way, the others the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Split {
    pub by: Dimension,
    pub most_low: u32,
}

impl Split {
    /// The division of entries into two parts: first those who hardly anybody asks for from the others, then into parts of about the
    /// same size.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let bands = || entries.iter().map(|entry| Dimension::Band.of(entry));
        if let (Some(least), Some(most)) = (bands().min(), bands().max())
            && least < most
        {
            return Self { by: Dimension::Band, most_low: least };
        }
        let spread = |(dimension, times)| (dimension, times * deviation(entries, dimension));
        let widest = DIMENSIONS.into_iter().map(spread).max_by(|one, other| one.1.total_cmp(&other.1));
        let by =
            widest.filter(|(_, spread)| *spread > 0.0).map_or(Dimension::Row, |(dimension, _)| dimension);
        let mut keys: Vec<u32> = entries.iter().map(|entry| by.of(entry)).collect();
        keys.sort_unstable();
        let (middle, last) = (keys[keys.len() / 2], keys[keys.len() - 1]);
        // Somebody has to be left for the other side.
        let below = || keys[keys.partition_point(|key| *key < last).saturating_sub(1)];
        Self { by, most_low: if middle < last { middle } else { below() } }
    }

    /// Those that go one way, and the others.
    pub(super) fn divide(self, entries: &mut [Entry]) -> (&mut [Entry], &mut [Entry]) {
        let mut low = 0;
        for at in 0..entries.len() {
            if self.is_low(&entries[at]) {
                entries.swap(low, at);
                low += 1;
            }
        }
        entries.split_at_mut(low)
    }

    /// The half that an entry is in, given the first one.
    pub(super) fn half(self, first: u32, entry: &Entry) -> u32 {
        if self.is_low(entry) { first } else { first + 1 }
    }

    fn is_low(self, entry: &Entry) -> bool {
        self.by.of(entry) <= self.most_low
    }
}

impl Dimension {
    fn of(self, entry: &Entry) -> u32 {
        match self {
            Self::Band => band(entry.followers),
            Self::Sure(component) => u32::from(entry.sure()[usize::from(component)]),
            Self::Near => u32::from(entry.near),
            Self::Reach => u32::from(entry.reach),
            Self::Country => u32::from(entry.country),
            Self::Followers => u32::from(entry.followers),
            Self::Row => entry.row,
        }
    }
}

/// 1 for an audience within the default band as far as steps tell, 0 for a smaller one, 2 for a larger or unknown one.
fn band(step: u16) -> u32 {
    let (least, most) = DEFAULT_BAND;
    match (step.cmp(&followers_step(least)), step.cmp(&followers_step(most))) {
        (Ordering::Less, _) => 0,
        (_, Ordering::Greater) => 2,
        _ => 1,
    }
}

/// Mean distance from the mean.
fn deviation(entries: &[Entry], dimension: Dimension) -> f64 {
    let keys = || entries.iter().map(|entry| f64::from(dimension.of(entry)));
    let count = entries.len() as f64;
    let mean = keys().sum::<f64>() / count;
    keys().map(|key| (key - mean).abs()).sum::<f64>() / count
}
