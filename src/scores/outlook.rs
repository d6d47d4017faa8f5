//! What would raise a score: the formulas asked again with a little more of everything.

use super::{
    Components, CreatorStatistics, ScoringModel,
    components::{Component, Status},
    model::{MIN_ENGAGERS, MIN_WINDOW_DAYS},
    receipt::{Score, Weights},
};
use crate::{
    sponsorship::UnderSponsorship,
    trust::{TrustSums, model::MIN_TRUSTED},
};
use serde::Serialize;
use utoipa::ToSchema;

/// People of whom something else is supposed.
const SUPPOSED: i32 = 10;

/// Something that would raise a score.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Improvement {
    /// The component it would raise.
    #[schema(example = "loyalty", max_length = 32)]
    component: &'static str,
    /// What would have to be different, in plain English.
    #[schema(
        example = "10 of the people who came on one day come back, and as often as the others who did",
        max_length = 200
    )]
    change: String,
    /// How much higher `low` would be; absent where it depends on what is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.02)]
    gain: Option<f64>,
}

/// A creator as it is scored.
#[derive(Clone, Copy)]
pub struct Scored<'a> {
    /// Sums over its relationships.
    pub sums: &'a CreatorStatistics,
    /// Its trusted people.
    pub trust: Option<&'a TrustSums>,
    /// Its people after sponsored posts.
    pub sponsorship: Option<&'a UnderSponsorship>,
    /// Declared niches.
    pub niches: &'a [&'a str],
    /// What it is scored with.
    pub model: &'a ScoringModel,
    /// How much each component counts.
    pub weights: &'a Weights,
}

/// What would raise a score, the most first, and then what is not measured yet.
#[must_use]
pub fn improvements(scored: Scored<'_>) -> Vec<Improvement> {
    let now = low(scored, scored.sums);
    let supposed = [returning(scored.sums), talking(scored.sums), answered(scored.sums), open(scored.sums)];
    let supposed = supposed.into_iter().flatten().map(|(component, change, sums)| Improvement {
        component,
        change,
        gain: Some(low(scored, &sums) - now),
    });
    let supposed = supposed.chain(trusting(scored, now));
    let mut found: Vec<Improvement> = supposed.filter(|one| one.gain > Some(0.0)).collect();
    found.sort_by(|a, b| b.gain.unwrap_or_default().total_cmp(&a.gain.unwrap_or_default()));
    found.extend(unmeasured(scored));
    found
}

fn low(scored: Scored<'_>, sums: &CreatorStatistics) -> f64 {
    let components =
        Components::of(Some(sums), (scored.trust, scored.sponsorship), scored.niches, scored.model);
    let all = components.with_fit(Component::UNMEASURED);
    Score::of(scored.weights, &all.map(|component| component.mapped)).low
}

type Supposed = Option<(&'static str, String, CreatorStatistics)>;

/// Some who came once come back as the loyal ones do.
fn returning(sums: &CreatorStatistics) -> Supposed {
    let people = SUPPOSED.min(sums.engagers - sums.loyal_engagers);
    let usual = |of: f64| of / f64::from(sums.loyal_engagers.max(1));
    let more = f64::from(people);
    let supposed = CreatorStatistics {
        loyal_engagers: sums.loyal_engagers + people,
        expected_back: sums.expected_back + more * usual(sums.expected_back),
        expected_back_variance: sums.expected_back_variance + more * usual(sums.expected_back_variance),
        ..sums.clone()
    };
    let change =
        format!("{people} of the people who came on one day come back, and as often as the others who did");
    (people > 0 && sums.loyal_engagers > 0).then_some(("loyalty", change, supposed))
}

fn talking(sums: &CreatorStatistics) -> Supposed {
    let people = SUPPOSED.min(sums.engagers - sums.talking_engagers);
    let supposed = CreatorStatistics { talking_engagers: sums.talking_engagers + people, ..sums.clone() };
    let change = format!("{people} more of its people reply, or comment with substance");
    (people > 0).then_some(("conversation", change, supposed))
}

fn answered(sums: &CreatorStatistics) -> Supposed {
    let people = SUPPOSED.min(sums.talking_engagers - sums.answered_engagers);
    let supposed = CreatorStatistics { answered_engagers: sums.answered_engagers + people, ..sums.clone() };
    let change = format!("{people} more of the people who talk are answered by the creator");
    (people > 0).then_some(("conversation", change, supposed))
}

/// The rings dissolve.
fn open(sums: &CreatorStatistics) -> Supposed {
    let mut supposed = sums.clone();
    let discounted = supposed.discounted.as_mut()?;
    let was_in_rings = discounted.in_rings > 0.0;
    discounted.leave_rings();
    let change = "its accounts engage with others than the creators of one ring".to_owned();
    was_in_rings.then_some(("authenticity", change, supposed))
}

/// People do not care who paid; told where they do beyond chance.
fn trusting(scored: Scored<'_>, now: f64) -> Option<Improvement> {
    scored.sponsorship?.factor().filter(|factor| *factor < 1.0)?;
    let supposed = Scored { sponsorship: None, ..scored };
    Some(Improvement {
        component: "authenticity",
        change: "its people come back after sponsored posts as often as after others".to_owned(),
        gain: Some(low(supposed, scored.sums) - now),
    })
}

fn unmeasured(scored: Scored<'_>) -> Vec<Improvement> {
    let components =
        Components::of(Some(scored.sums), (scored.trust, scored.sponsorship), scored.niches, scored.model);
    let needs = [
        (
            "loyalty",
            components.loyalty,
            format!("{MIN_ENGAGERS} or more people are seen for {MIN_WINDOW_DAYS} days or longer"),
        ),
        (
            "trust",
            components.trust,
            format!(
                "{MIN_TRUSTED} or more trusted people engage: buyers, people you name, and people whom trusted creators answer"
            ),
        ),
        ("conversation", components.conversation, format!("{MIN_ENGAGERS} or more people engage")),
    ];
    let missing = needs.into_iter().filter(|(_, component, _)| component.status == Status::Insufficient);
    missing.map(|(component, _, change)| Improvement { component, change, gain: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sponsorship::model::Returns;

    fn told(sums: &CreatorStatistics) -> Vec<Improvement> {
        told_with(sums, None)
    }

    fn told_with(sums: &CreatorStatistics, sponsorship: Option<&UnderSponsorship>) -> Vec<Improvement> {
        let (model, weights) = (ScoringModel::published_default(), Weights::DEFAULT);
        improvements(Scored { sums, trust: None, sponsorship, niches: &[], model: &model, weights: &weights })
    }

    fn community() -> CreatorStatistics {
        CreatorStatistics {
            engagers: 100,
            mature_engagers: 90,
            loyal_engagers: 20,
            talking_engagers: 20,
            answered_engagers: 5,
            expected_back: 5.0,
            expected_back_variance: 3.0,
            first_event: Some(0),
            until: Some(100),
            window: Some((0, 100)),
            ..CreatorStatistics::default()
        }
    }

    #[test]
    fn more_of_what_counts_is_told_with_what_it_brings() {
        let found = told(&community());
        let names: Vec<&str> = found.iter().map(|one| one.component).collect();
        assert!(names.contains(&"loyalty"), "{found:?}");
        assert_eq!(
            names.iter().filter(|name| **name == "conversation").count(),
            2,
            "who talks, who is answered"
        );
        assert!(found.iter().filter_map(|one| one.gain).all(|gain| gain > 0.0 && gain < 0.5));
        assert!(found.iter().filter_map(|one| one.gain).is_sorted_by(|a, b| a >= b));
        assert_eq!(found.last().map(|one| (one.component, one.gain)), Some(("trust", None)));
    }

    #[test]
    fn trust_that_is_lost_under_sponsorship_is_told_where_it_is_lost() {
        let tells = |returned| {
            let of = |returned| Returns { people: 100, returned };
            let returns = UnderSponsorship { sponsored: of(returned), ordinary: of(60) };
            let found = told_with(&community(), Some(&returns));
            found.iter().any(|one| one.component == "authenticity" && one.gain > Some(0.0))
        };
        assert!(tells(10) && !tells(100));
    }

    #[test]
    fn what_is_not_measured_says_what_it_takes() {
        let found = told(&CreatorStatistics { engagers: 2, ..CreatorStatistics::default() });
        let missing: Vec<&str> =
            found.iter().filter(|one| one.gain.is_none()).map(|one| one.component).collect();
        assert_eq!(missing, ["loyalty", "trust", "conversation"]);
    }

    #[test]
    fn nothing_is_supposed_of_people_who_are_not_there() {
        let all = CreatorStatistics {
            talking_engagers: 100,
            answered_engagers: 100,
            loyal_engagers: 100,
            ..community()
        };
        assert!(told(&all).iter().all(|one| one.gain.is_none()));
    }
}
