//! Why a creator is in the list, in words for a marketer.

mod creator;
pub(crate) mod words;

pub use self::creator::{Told, of_creator};

use self::words::{Grouped, Listed, Percent};
use crate::{
    scores::{
        fit::Fit,
        interval::Estimate,
        nearness::{InNiche, Nearness},
    },
    snapshot::{Row, TenantSnapshot, packed::Details},
};

/// Reasons, the most telling first. English.
#[must_use]
pub fn reasons(
    snapshot: &TenantSnapshot,
    asked: &[&str],
    (row, details): (&Row<'_>, &Details),
    fit: &Fit,
) -> Vec<String> {
    let niches = snapshot.declared(row);
    let mut reasons = vec![fit_reason(snapshot, asked, &niches, fit.nearness.estimate.value)];
    let is_asked = |one: &&InNiche| asked.contains(&snapshot.niche(one.niche()));
    reasons.extend(topics_reason(row.niches().topics.iter().filter(is_asked), &fit.nearness));
    reasons.extend(community_reason(row.niches().community.iter().filter(is_asked), &fit.nearness));
    reasons.extend(authority_reason(snapshot, asked, &fit.authority));
    reasons.extend(values_reason(fit.values));
    let told = Told {
        statistics: details.sums.statistics.as_ref(),
        components: &details.components,
        niches: &niches,
        sponsorship: details.sums.sponsorship.as_ref(),
    };
    reasons.extend(of_creator(snapshot, told));
    reasons
}

fn name<'a>(snapshot: &'a TenantSnapshot, niche: &'a str) -> &'a str {
    snapshot.tree.get(niche).map_or(niche, |niche| niche.names.en.as_str())
}

fn fit_reason(snapshot: &TenantSnapshot, asked: &[&str], niches: &[&str], fit: f64) -> String {
    let named = |wanted: bool| -> Vec<&str> {
        let niches = niches.iter().filter(|niche| asked.contains(niche) == wanted);
        niches.map(|niche| name(snapshot, niche)).collect()
    };
    declared(&named(true), &named(false), asked.len(), Percent(fit))
}

/// Which niches of the brief a creator declares, and which besides: both move the fit.
fn declared(shared: &[&str], besides: &[&str], asked: usize, fit: Percent) -> String {
    let (told, more) = (Listed(shared), Listed(besides));
    let part = match (shared.len(), asked) {
        (0, _) if besides.is_empty() => {
            return format!("Declares no niche; its posts or people are near the brief (nearness {fit})");
        }
        (0, _) => return format!("Declares {more}, next to what the brief asks for (nearness {fit})"),
        (1, 1) => "the niche of the brief".to_owned(),
        (2, 2) => "both niches of the brief".to_owned(),
        (shared, asked) if shared == asked => format!("all {asked} niches of the brief"),
        (shared, asked) => format!("{shared} of the {asked} niches of the brief"),
    };
    if besides.is_empty() {
        return format!("Declares {told}, {part} (nearness {fit})");
    }
    format!("Declares {told}, {part}, and {more} besides (nearness {fit})")
}

/// Which niches two creators declare both, and how much alike all their niches are.
#[must_use]
pub fn declaring_too(snapshot: &TenantSnapshot, own: &Row<'_>, other: &Row<'_>, cosine: f64) -> String {
    let (own, theirs) = (snapshot.declared(own), snapshot.declared(other));
    let both: Vec<&str> =
        theirs.iter().filter(|niche| own.contains(niche)).map(|niche| name(snapshot, niche)).collect();
    let alike = Percent(cosine);
    match (&both[..], &theirs[..]) {
        ([], []) => format!("Its posts or people are in much the same niches ({alike} alike)"),
        ([], _) => {
            let theirs: Vec<&str> = theirs.iter().map(|niche| name(snapshot, niche)).collect();
            format!("Declares {}, next to it (niches {alike} alike)", Listed(&theirs))
        }
        (both, _) => format!("Declares {}, too (niches {alike} alike)", Listed(both)),
    }
}

/// How many people engage with two creators.
#[must_use]
pub fn sharing_people(people: i64, overlap: f64) -> String {
    let (people, share) = (Grouped::of(people), Percent(overlap));
    format!("About {people} people engage with both: {share} of those of the one who has fewer")
}

/// Least posts whose topics are worth a sentence.
const TOLD_POSTS: u32 = 5;
/// Least people of a community that is worth one.
const TOLD_PEOPLE: u32 = 10;

fn topics_reason<'a>(asked: impl Iterator<Item = &'a InNiche>, near: &Nearness) -> Option<String> {
    let (posts, share) = (near.posts, Percent(sum(asked)));
    let told = posts >= TOLD_POSTS && near.topics.share > 0.0;
    told.then(|| {
        format!("{posts} of its newest posts name niches by their topics: {share} of that is in these niches")
    })
}

fn community_reason<'a>(asked: impl Iterator<Item = &'a InNiche>, near: &Nearness) -> Option<String> {
    let (people, share) = (near.people, Percent(sum(asked)));
    let told = people >= TOLD_PEOPLE && near.community.share > 0.0;
    told.then(|| {
        format!("{people} of its people also engage with other creators: {share} of that is in these niches")
    })
}

fn sum<'a>(niches: impl Iterator<Item = &'a InNiche>) -> f64 {
    niches.map(|one| one.share()).sum()
}

/// Authority that is worth a sentence: twice the usual loyal reach.
const TOLD_AUTHORITY: f64 = 2.0 / 3.0;

/// In a brief of several niches it is a mean, of which no such sentence is true.
fn authority_reason(snapshot: &TenantSnapshot, asked: &[&str], authority: &Estimate) -> Option<String> {
    let [niche] = asked else { return None };
    (authority.low >= TOLD_AUTHORITY).then(|| {
        let times = authority.value / (1.0 - authority.value);
        format!("{times:.1} times the loyal people that are usual in {}", name(snapshot, niche))
    })
}

fn values_reason(shared: Option<f64>) -> Option<String> {
    let shared = shared.filter(|shared| *shared > 0.0)?;
    Some(format!("Shares values of the brief ({})", Percent(shared)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn niches_of_the_brief_are_told_from_others() {
        assert_eq!(
            declared(&["A"], &[], 1, Percent(1.0)),
            "Declares A, the niche of the brief (nearness 100 %)"
        );
        assert_eq!(
            declared(&["A", "B"], &[], 2, Percent(0.95)),
            "Declares A and B, both niches of the brief (nearness 95 %)"
        );
        assert_eq!(
            declared(&["A"], &["C", "D"], 2, Percent(0.6)),
            "Declares A, 1 of the 2 niches of the brief, and C and D besides (nearness 60 %)"
        );
        assert_eq!(
            declared(&[], &["C"], 1, Percent(0.45)),
            "Declares C, next to what the brief asks for (nearness 45 %)"
        );
    }

    #[test]
    fn people_who_are_shared_are_counted_in_words() {
        assert_eq!(
            sharing_people(1_430, 0.41),
            "About 1,430 people engage with both: 41 % of those of the one who has fewer"
        );
    }
}
