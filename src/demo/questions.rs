//! The three questions, and what their answers have to show.

use super::{cast::Character, client::Item};
use crate::creators::Platform;

/// A question to the service.
pub struct Question {
    /// What a marketer would ask.
    pub title: &'static str,
    /// What to look at.
    pub note: &'static str,
    /// The body of the request, as it is sent and shown.
    pub body: &'static str,
    /// Platforms whose followers are shown; empty: any.
    pub platforms: &'static [Platform],
    /// Creators whose reasons are shown.
    pub featured: &'static [&'static str],
    /// What has to hold.
    pub claims: fn(&[Character], &[Item]) -> Vec<Claim>,
}

/// Something the answer has to show.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim {
    /// What.
    pub text: String,
    /// Whether it does.
    pub holds: bool,
}

/// The creator with the small loyal community.
const LOVED: &str = "ana-verde";
/// The big one whose people pass by.
const BIG: &str = "bianca-glam";
/// The one with bought likes.
const BOUGHT: &str = "denisa-style";
/// The one who lives in both niches of the brief.
const BOTH: &str = "tata-vlad";

/// The questions.
pub const QUESTIONS: [Question; 3] = [
    Question {
        title: "1. Which small creators should a sustainable fashion brand work with?",
        note: "One niche, and the default band of 1,000 to 50,000 followers.",
        body: r#"{"brief": {"niches": [{"id": "sustainable-fashion"}]}, "limit": 4}"#,
        platforms: &[],
        featured: &[LOVED, "croitoria-irinei"],
        claims: loved_is_first,
    },
    Question {
        title: "2. Who can carry a campaign on healthy food for families, in Romanian, on Instagram?",
        note: "Two niches, the first counting twice; Romania, Romanian, Instagram; the same band, counted on Instagram.",
        body: r#"{"brief": {"niches": [{"id": "healthy-cooking", "weight": 2}, {"id": "conscious-parenting"}]},
     "filters": {"countries": ["RO"], "languages": ["ro"], "platforms": ["instagram"]}, "limit": 4}"#,
        platforms: &[Platform::Instagram],
        featured: &[BOTH, "bucataria-ioanei"],
        claims: filters_are_kept_and_both_niches_lead,
    },
    Question {
        title: "3. Sustainable fashion again, with any number of followers, unknown included.",
        note: "Bianca Glam has the most followers here; Denisa Style bought more than 2,000 likes. Nobody is marked as \
               a cheat: anybody could have bought them. Nobody of the crowds in which they came counts, so what is left \
               is an ordinary creator.",
        body: r#"{"brief": {"niches": [{"id": "sustainable-fashion"}]},
     "filters": {"followers": {}}, "limit": 20}"#,
        platforms: &[],
        featured: &[LOVED, BIG, BOUGHT],
        claims: loved_is_above_big_and_bought,
    },
];

fn loved_is_first(cast: &[Character], items: &[Item]) -> Vec<Claim> {
    let text = format!("{}, small and loved, is first", name(cast, LOVED));
    vec![Claim { text, holds: rank(items, LOVED) == Some(1) }]
}

fn filters_are_kept_and_both_niches_lead(cast: &[Character], items: &[Item]) -> Vec<Claim> {
    let suits = |item: &Item| {
        let character = cast.iter().find(|character| character.id == item.creator_id);
        character.is_some_and(|character| {
            let profile = &character.profile;
            profile.country == "RO"
                && profile.languages.iter().any(|language| language == "ro")
                && (character.followers(&[Platform::Instagram]))
                    .is_some_and(|followers| (1_000..=50_000).contains(&followers))
        })
    };
    vec![
        Claim {
            text: "all are in Romania, speak Romanian and have 1,000 to 50,000 followers on Instagram"
                .to_owned(),
            holds: !items.is_empty() && items.iter().all(suits),
        },
        Claim {
            text: format!("{}, at home in both niches, is first", name(cast, BOTH)),
            holds: rank(items, BOTH) == Some(1),
        },
    ]
}

fn loved_is_above_big_and_bought(cast: &[Character], items: &[Item]) -> Vec<Claim> {
    let above = |other: &str, what: &str| {
        let ranks = (rank(items, LOVED), rank(items, other));
        let holds = matches!(ranks, (Some(loved), Some(other)) if loved < other);
        Claim { text: format!("{} stands above {}, {what}", name(cast, LOVED), name(cast, other)), holds }
    };
    vec![above(BIG, "the big one whose people pass by"), above(BOUGHT, "the one with bought likes")]
}

fn rank(items: &[Item], id: &str) -> Option<usize> {
    items.iter().find(|item| item.creator_id == id).map(|item| item.rank)
}

fn name<'a>(cast: &'a [Character], id: &'a str) -> &'a str {
    let known = cast.iter().find(|character| character.id == id);
    known.map_or(id, |character| character.profile.display_name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        creators::Tier,
        demo::cast::{Role, cast},
        recommendations::brief::RecommendationRequest,
    };

    fn items(ids: &[&str]) -> Vec<Item> {
        let item = |(index, id): (usize, &&str)| Item {
            rank: index + 1,
            creator_id: (*id).to_owned(),
            display_name: (*id).to_owned(),
            score: 0.5,
            low: 0.4,
            high: 0.6,
            tier: Tier::Micro,
            reasons: Vec::new(),
        };
        ids.iter().enumerate().map(item).collect()
    }

    fn holding(question: usize, ids: &[&str]) -> Vec<bool> {
        (QUESTIONS[question].claims)(&cast(), &items(ids)).iter().map(|claim| claim.holds).collect()
    }

    #[test]
    fn questions_are_requests_of_the_api() {
        for question in &QUESTIONS {
            serde_json::from_str::<RecommendationRequest>(question.body).unwrap();
        }
    }

    #[test]
    fn those_who_are_compared_play_their_roles() {
        let cast = cast();
        let role = |id: &str| cast.iter().find(|character| character.id == id).map(|found| found.role);
        let roles = [LOVED, BIG, BOUGHT, BOTH].map(|id| role(id).unwrap());
        assert_eq!(roles, [Role::Beloved, Role::Indifferent, Role::Bought, Role::Beloved]);
    }

    #[test]
    fn claims_hold_only_for_the_right_order() {
        assert_eq!(holding(0, &[LOVED, BOUGHT]), [true]);
        assert_eq!(holding(0, &[BOUGHT, LOVED]), [false]);
        assert_eq!(holding(1, &[BOTH, "monica-rusu"]), [true, true]);
        assert_eq!(holding(1, &["olivia-marsh", BOTH]), [false, false]);
        assert_eq!(holding(1, &[]), [false, false]);
        assert_eq!(holding(2, &[LOVED, BIG, BOUGHT]), [true, true]);
        assert_eq!(holding(2, &[BIG, LOVED, BOUGHT]), [false, true]);
        assert_eq!(holding(2, &[LOVED]), [false, false]);
    }
}
