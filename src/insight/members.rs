//! Members of a niche, as the serving snapshot has them. Nothing else here knows how that lays out its rows.

use crate::{
    creators::codes,
    scores::{authority::NicheReach, interval::Estimate},
    snapshot::{Row, TenantSnapshot, towns::Town},
};

/// A creator in the list of a niche.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member<'a> {
    /// The caller's id.
    pub creator_id: &'a str,
    /// Name shown to brands.
    pub display_name: &'a str,
    /// Whether it declares the niche; if not, its topics or its community are much in it.
    pub declares: bool,
    /// Country code.
    pub country: &'a str,
    /// City, when it names one.
    pub town: Option<&'a Town>,
    /// Days from its first event to the last observed day.
    pub days: u32,
    /// What is measured of its people, once there are enough.
    pub measured: Option<Measured>,
}

/// What is measured of a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Share of its people who are expected back.
    pub loyalty: Estimate,
    /// People expected back in this niche: its loyal reach, divided evenly over the niches in whose lists it stands.
    pub reach: Estimate,
}

/// The members of a niche and what loyal reach is usual among them; nobody in a niche that does not exist.
#[must_use]
pub fn members<'a>(snapshot: &'a TenantSnapshot, niche: &str) -> (Vec<Member<'a>>, NicheReach) {
    let Some(place) = snapshot.place(niche) else { return (Vec::new(), NicheReach::default()) };
    let of_row = |row: u32| Some(member(snapshot.row(row)?, snapshot.town(row), place.niche));
    let members = snapshot.members(place.niche).filter_map(of_row).collect();
    (members, snapshot.reach(place.niche))
}

fn member<'a>(row: Row<'a>, town: Option<&'a Town>, niche: u32) -> Member<'a> {
    let (display_name, [loyalty, ..]) = row.shown();
    let [_, _, days] = row.hot.scores.evidence();
    Member {
        creator_id: row.creator_id(),
        display_name,
        declares: row.niches().declared.iter().any(|one| one.niche() == niche),
        country: codes::country(row.hot.country).unwrap_or_default(),
        town,
        days,
        measured: loyalty.zip(row.hot.scores.reach()).map(|(loyalty, reach)| Measured { loyalty, reach }),
    }
}
