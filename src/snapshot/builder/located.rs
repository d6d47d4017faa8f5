//! What a creator is in a snapshot: where it stands, and what its sums amount to under the model in force.

use crate::{
    scores::{
        Components,
        communities::Community,
        components::unmeasured,
        nearness::{CreatorNiches, InNiche, Lengths},
    },
    snapshot::{
        board::entry::{Entry, entries},
        chunk::{NewRow, Row, Sides},
        hot::Scores,
        packed::{self, Details, Sums},
        tenant::TenantSnapshot,
    },
    topics::Topics,
};

impl TenantSnapshot {
    /// Where a creator stands: the niches it declares, those of its topics, and those of its community, how many are of which
    /// side, and the lengths of the three as vectors.
    pub(super) fn located(
        &self,
        niches: &[String],
        topics: &Topics,
        community: &Community,
    ) -> (Vec<InNiche>, Sides, Lengths) {
        let shares = |all: &[(String, f64)]| -> Vec<InNiche> {
            let share = |(niche, share): &(String, f64)| Some(InNiche::new(self.place(niche)?.niche, *share));
            all.iter().filter_map(share).collect()
        };
        let declared = niches.iter().filter_map(|niche| self.place(niche));
        let declared: Vec<InNiche> = declared.map(|place| InNiche::declared(place.niche)).collect();
        let (of_topics, of_community) = (shares(&topics.shares), shares(&community.shares));
        let count =
            |side: &[InNiche]| u8::try_from(side.len()).expect("profiles and what is observed are bounded");
        let sides = Sides { declared: count(&declared), topics: count(&of_topics) };
        let all = [declared, of_topics, of_community].concat();
        let lengths = self.lengths((&all, sides), topics.posts, community.people);
        (all, sides, lengths)
    }

    /// A creator in each of the lists in which it stands.
    pub(super) fn entries(&self, number: u32, row: &Row<'_>) -> Vec<(u32, Entry)> {
        entries(number, row.hot, &row.niches(), self.parents())
    }

    pub(super) fn entries_of_new(&self, number: u32, row: &NewRow) -> Vec<(u32, Entry)> {
        entries(number, &row.hot, &row.sides.of(&row.niches, &row.hot.lengths), self.parents())
    }

    /// The lengths of the vectors of a creator of whom so many posts and people were seen.
    pub(super) fn lengths(&self, (niches, sides): (&[InNiche], Sides), posts: u32, people: u32) -> Lengths {
        let unknown = Lengths::default();
        let CreatorNiches { declared, topics, community, .. } = sides.of(niches, &unknown);
        let place = |one: &InNiche| self.placed(one.niche());
        let shared = |one: &InNiche| (place(one), one.share());
        Lengths::of(
            declared.iter().map(place),
            (topics.iter().map(shared), posts),
            (community.iter().map(shared), people),
        )
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
        let lists = row.niches().lists().count();
        let scores = Scores::of(details.sums.statistics.as_ref(), &details.components, lists);
        let (niches, sides) = row.niches_as_kept();
        NewRow {
            hot: row.hot.with_scores(scores),
            niches: niches.to_vec(),
            sides,
            packed: packed::packed_again(row.packed(), &details),
        }
    }
}
