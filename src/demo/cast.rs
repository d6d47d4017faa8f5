//! Who plays in the story: 60 made-up creators of six niches, and what people say to them.

use crate::creators::{
    Platform, Tier,
    model::{AccountInput, CreatorInput},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How people behave towards a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A small community that comes back, talks and buys.
    Beloved,
    /// Some come back, most do not.
    Ordinary,
    /// A large audience that passes by: likes of people who come for one day.
    Indifferent,
    /// An ordinary creator with thousands of bought likes from throw-away accounts.
    Bought,
    /// Nobody has engaged yet.
    Silent,
}

/// A creator of the story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Character {
    /// The id it is registered under.
    pub id: String,
    /// How people behave towards it.
    pub role: Role,
    /// How many events the story has of it.
    pub events: usize,
    /// Its profile.
    pub profile: CreatorInput,
}

impl Character {
    /// Followers of the largest account among these platforms (empty: any).
    #[must_use]
    pub fn followers(&self, platforms: &[Platform]) -> Option<u32> {
        let asked = |account: &&AccountInput| platforms.is_empty() || platforms.contains(&account.platform);
        let largest =
            self.profile.accounts.iter().filter(asked).filter_map(|account| account.followers).max();
        largest.and_then(|followers| u32::try_from(followers).ok())
    }

    /// Size class of the largest account.
    #[must_use]
    pub fn tier(&self) -> Tier {
        Tier::of(self.followers(&[]))
    }
}

/// The creators of the story, niche by niche.
#[must_use]
pub fn cast() -> Vec<Character> {
    serde_json::from_str(include_str!("cast.json")).expect("the cast is part of the program and tested")
}

/// Remarks by topic and language. Topics are the niches, `praise` that says nothing, and `answer` of a creator.
#[derive(Debug, Deserialize)]
pub struct Words(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Words {
    /// The remarks of the story.
    #[must_use]
    pub fn load() -> Self {
        serde_json::from_str(include_str!("words.json"))
            .expect("the words are part of the program and tested")
    }

    /// Remarks on a topic in a language; English where the language has none.
    #[must_use]
    pub fn on(&self, topic: &str, language: &str) -> &[String] {
        let languages = self.0.get(topic);
        let remarks = languages.and_then(|languages| languages.get(language).or_else(|| languages.get("en")));
        remarks.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        creators::model::Profile, events::substance::has_substance, ids::is_valid_id, niches::Taxonomy,
    };
    use std::collections::BTreeSet;

    const NICHES: [&str; 6] = [
        "conscious-parenting",
        "gaming",
        "healthy-cooking",
        "interior-design",
        "minimalism",
        "sustainable-fashion",
    ];

    #[test]
    fn sixty_valid_creators_of_six_niches_and_every_tier() {
        let cast = cast();
        assert_eq!(cast.len(), 60);
        let taxonomy = Taxonomy::built_in();
        for character in &cast {
            assert!(is_valid_id(&character.id), "{}", character.id);
            Profile::parse(character.profile.clone(), &[0; 32]).unwrap();
            assert!(character.profile.niches.iter().all(|niche| taxonomy.get(niche).is_some()));
        }
        let ids: BTreeSet<&str> = cast.iter().map(|character| character.id.as_str()).collect();
        assert_eq!(ids.len(), 60);
        let niches: BTreeSet<&str> =
            cast.iter().flat_map(|character| &character.profile.niches).map(String::as_str).collect();
        assert_eq!(niches.into_iter().collect::<Vec<_>>(), NICHES);
        for tier in [Tier::Unknown, Tier::Nano, Tier::Micro, Tier::Mid, Tier::Macro, Tier::Mega] {
            assert!(cast.iter().any(|character| character.tier() == tier), "{tier:?}");
        }
    }

    #[test]
    fn remarks_on_niches_say_something_and_praise_says_nothing() {
        let words = Words::load();
        for language in ["ro", "en"] {
            for topic in NICHES.into_iter().chain(["answer"]) {
                let remarks = words.on(topic, language);
                assert!(remarks.len() >= 3 && remarks.iter().all(|remark| has_substance(remark)), "{topic}");
            }
            assert!(!words.on("praise", language).iter().any(|remark| has_substance(remark)));
        }
        assert_eq!(words.on("gaming", "sv"), words.on("gaming", "en"));
    }
}
