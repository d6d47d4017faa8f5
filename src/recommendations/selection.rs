//! Which creators stand on a page: the ranking itself, or made diverse stretch by stretch, with places kept for creators of whom
//! little is known. Pages never skip or repeat anybody: each continues two lists that have nobody in common.

use super::{
    brief::Query,
    diversity::{Voice, ordered},
    rank::{Position, Ranked, Ranking, rank_lists},
};
use crate::{
    scores::{nearness::CreatorNiches, people_sample::PeopleSample},
    snapshot::{Row, TenantSnapshot},
};
use serde::{Deserialize, Serialize};

/// Creators that are put into another order together. More: more diverse lists, but all of them have to be found, even for a short
/// page.
pub const STRETCH: usize = 100;

/// How far a list has been read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Where the stretch before ended in the ranking; none: this is the first.
    after: Option<Position>,
    /// How many of this stretch were read.
    read: usize,
}

/// How far both lists have been read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bookmarks {
    main: Bookmark,
    explored: Bookmark,
}

/// A creator on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selected {
    /// The creator.
    pub ranked: Ranked,
    /// Whether it has its place because little is known of it.
    pub explored: bool,
}

/// A page of `limit` creators from the bookmarks on, and those of the next page, if there is one.
#[must_use]
pub fn select(
    snapshot: &TenantSnapshot,
    query: &Query,
    bookmarks: &Bookmarks,
    limit: usize,
) -> (Vec<Selected>, Option<Bookmarks>) {
    let Bookmarks { main, explored } = bookmarks;
    let is_diverse = query.diversity > 0.0;
    let stretches = (main.read + limit).div_ceil(STRETCH);
    let read = [
        (main.after.as_ref(), if is_diverse { stretches * STRETCH } else { limit }),
        (explored.after.as_ref(), if query.explore > 0 { limit } else { 0 }),
    ];
    let [known, unknown] = rank_lists(snapshot, query, read);
    let known = if is_diverse {
        Reading::diverse((snapshot, query), known, main, limit)
    } else {
        Reading::plain(known)
    };
    let unknown = Reading::plain(unknown);
    // Either list may end before the other: then the other fills the page.
    let places = query.explore.min(limit).min(unknown.items.len());
    let of_known = (limit - places).min(known.items.len());
    let of_unknown = (limit - of_known).min(unknown.items.len());
    let next = Bookmarks {
        main: known.bookmark(snapshot, main, of_known),
        explored: unknown.bookmark(snapshot, explored, of_unknown),
    };
    let more = known.is_more(of_known) || unknown.is_more(of_unknown);
    (mixed(&known.items[..of_known], &unknown.items[..of_unknown]), more.then_some(next))
}

/// The rest of a list from a bookmark on.
struct Reading {
    /// Creators that were not read yet, in their order.
    items: Vec<Ranked>,
    /// In a list in another order than the ranking: who is last of each whole stretch in the ranking.
    ends: Option<Vec<Ranked>>,
    more: bool,
}

impl Reading {
    fn plain(Ranking { ranked, more }: Ranking) -> Self {
        Self { items: ranked, ends: None, more }
    }

    /// Stretches, each put into its order as far as it may be read.
    fn diverse(
        (snapshot, query): (&TenantSnapshot, &Query),
        Ranking { ranked, more }: Ranking,
        start: &Bookmark,
        limit: usize,
    ) -> Self {
        let (mut items, mut read_before) = (Vec::new(), start.read);
        for stretch in ranked.chunks(STRETCH) {
            let wanted = read_before + limit - items.len();
            items.extend(in_order(snapshot, query, stretch, wanted).into_iter().skip(read_before));
            read_before = 0;
        }
        let ends = ranked.chunks_exact(STRETCH).map(|stretch| stretch[STRETCH - 1]).collect();
        // What was not put in order is not on this page.
        let is_left = items.len() < ranked.len().saturating_sub(start.read);
        Self { items, ends: Some(ends), more: more || is_left }
    }

    /// Where reading so many leaves the reader.
    fn bookmark(&self, snapshot: &TenantSnapshot, start: &Bookmark, read: usize) -> Bookmark {
        let Some(last) = read.checked_sub(1) else { return start.clone() };
        let after = |ranked: &Ranked| Some(Position::of(snapshot, ranked));
        let Some(ends) = &self.ends else { return Bookmark { after: after(&self.items[last]), read: 0 } };
        let read = start.read + read;
        match (read / STRETCH).checked_sub(1) {
            None => Bookmark { read, ..start.clone() },
            Some(stretch) => Bookmark { after: after(&ends[stretch]), read: read % STRETCH },
        }
    }

    fn is_more(&self, read: usize) -> bool {
        self.more || read < self.items.len()
    }
}

fn in_order(snapshot: &TenantSnapshot, query: &Query, stretch: &[Ranked], wanted: usize) -> Vec<Ranked> {
    // Ranking has read the rest of them; people are waited for together.
    let known = |ranked: &Ranked| snapshot.row(ranked.row).map(|row| (row, row.head().people()));
    let rows: Vec<Option<(Row<'_>, PeopleSample)>> = stretch.iter().map(known).collect();
    let voice = |(ranked, known): (&Ranked, &Option<(Row<'_>, PeopleSample)>)| {
        known
            .as_ref()
            .map_or_else(Voice::default, |(row, people)| voice(snapshot, query, ranked, (row, *people)))
    };
    let voices: Vec<Voice> = stretch.iter().zip(&rows).map(voice).collect();
    let shares: Vec<f64> = query.asked.niches.iter().map(|niche| niche.share).collect();
    let order = ordered(&voices, &shares, query.diversity, wanted);
    order.into_iter().map(|place| stretch[place]).collect()
}

fn voice(
    snapshot: &TenantSnapshot,
    query: &Query,
    ranked: &Ranked,
    (row, people): (&Row<'_>, PeopleSample),
) -> Voice {
    let niches = row.niches();
    Voice {
        relevance: ranked.by,
        niches: niches.vector(snapshot.parents()),
        people,
        country: row.hot.country,
        home: snapshot.home(row),
        languages: row.hot.languages,
        of_brief: of_brief(query, &niches),
    }
}

/// How the nearness of a creator is made up of the niches of the brief.
fn of_brief(query: &Query, niches: &CreatorNiches<'_>) -> Vec<f64> {
    let [_, _, ..] = query.asked.niches[..] else { return Vec::new() };
    let mut near: Vec<f64> = query.asked.niches.iter().map(|asked| niches.near(&asked.common)).collect();
    let all: f64 = near.iter().sum();
    for near in &mut near {
        *near = if all > 0.0 { *near / all } else { 0.0 };
    }
    near
}

/// The two lists as one: those explored at equal distances, the last of them last.
fn mixed(known: &[Ranked], unknown: &[Ranked]) -> Vec<Selected> {
    let all = known.len() + unknown.len();
    let (mut known, mut unknown_left) = (known.iter(), unknown.iter().enumerate().peekable());
    let place_of = |number: usize| (number + 1) * all / unknown.len() - 1;
    let selected = |place: usize| {
        let explored = unknown_left.next_if(|(number, _)| place_of(*number) == place);
        let ranked = explored.map(|(_, ranked)| ranked).or_else(|| known.next())?;
        Some(Selected { ranked: *ranked, explored: explored.is_some() })
    };
    (0..all).filter_map(selected).collect()
}

#[cfg(test)]
mod tests;
