//! What a creator is in a snapshot: where it stands, and what its sums amount to under the model in force.

use crate::{
    scores::{
        Components,
        communities::Community,
        components::unmeasured,
        nearness::{CreatorNiches, InNiche, Lengths, NichePlace, narrow},
    },
    snapshot::{
        board::entry::{Entry, entries},
        chunk::{NewRow, Row},
        hot::Scores,
        packed::{self, Details, Sums},
        tenant::TenantSnapshot,
    },
};

impl TenantSnapshot {
    /// Where a creator stands: the niches it declares, then those of its community, how many are declared, and the lengths of
    /// the two as vectors.
    pub(super) fn located(&self, niches: &[String], community: &Community) -> (Vec<InNiche>, usize, Lengths) {
        let declared: Vec<NichePlace> = niches.iter().filter_map(|niche| self.place(niche)).collect();
        let shares = community.shares.iter();
        let observed: Vec<(NichePlace, f32)> =
            shares.filter_map(|(niche, share)| Some((self.place(niche)?, narrow(*share)))).collect();
        let exact = observed.iter().map(|(place, share)| (*place, f64::from(*share)));
        let lengths = Lengths::of(declared.iter().copied(), exact, community.people);
        let of_declared = declared.iter().map(|place| InNiche { niche: place.niche, share: 1.0 });
        let of_community =
            observed.iter().map(|(place, share)| InNiche { niche: place.niche, share: *share });
        (of_declared.chain(of_community).collect(), declared.len(), lengths)
    }

    /// A creator in each of the lists in which it stands.
    pub(super) fn entries(&self, number: u32, row: &Row<'_>) -> Vec<(u32, Entry)> {
        entries(number, row.hot, &row.niches(), self.parents())
    }

    pub(super) fn entries_of_new(&self, number: u32, row: &NewRow) -> Vec<(u32, Entry)> {
        entries(number, &row.hot, &niches_of(&row.niches, row.declared, &row.hot.lengths), self.parents())
    }

    /// The lengths of a creator's vectors, now that niches have moved.
    pub(super) fn lengths(&self, niches: &CreatorNiches<'_>) -> Lengths {
        let place = |one: &InNiche| self.placed(one.niche);
        let declared = niches.declared.iter().map(place);
        let community = niches.community.iter().map(|one| (place(one), f64::from(one.share)));
        Lengths::of(declared, community, niches.lengths.people())
    }

    /// What is known of a creator by itself.
    #[must_use]
    pub fn details(&self, row: &Row<'_>) -> Details {
        row.details(&unmeasured(&self.declared(row), &self.model))
    }

    pub(super) fn detailed(&self, display_name: String, niches: &[&str], sums: Sums) -> Details {
        let of_people = (sums.trust.as_ref(), sums.sponsorship.as_ref());
        let components = Components::of(sums.statistics.as_ref(), of_people, niches, &self.model);
        Details { display_name, components, sums }
    }

    /// A creator of whom other sums are known.
    pub(super) fn summed_up(&self, row: &Row<'_>, (display_name, sums): (String, Sums)) -> NewRow {
        let details = self.detailed(display_name, &self.declared(row), sums);
        let niches = row.niches();
        let scores =
            Scores::of(details.sums.statistics.as_ref(), &details.components, niches.lists().count());
        NewRow {
            hot: row.hot.with_scores(scores),
            niches: [niches.declared, niches.community].concat(),
            declared: niches.declared.len(),
            packed: packed::packed_again(row.packed(), &details),
        }
    }
}

pub(super) fn niches_of<'a>(
    niches: &'a [InNiche],
    declared: usize,
    lengths: &'a Lengths,
) -> CreatorNiches<'a> {
    let (declared, community) = niches.split_at(declared);
    CreatorNiches { declared, community, lengths }
}
