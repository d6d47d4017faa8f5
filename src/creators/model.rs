//! What a creator's profile is and what makes one valid.

use super::{codes, platform::Platform};
use crate::{
    error::{FieldError, Violations, not_null},
    ids::EngagerKey,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

const MAX_BIO: usize = 5_000;
const MAX_LANGUAGES: usize = 10;
const MAX_VALUES: usize = 20;
const MAX_NICHES: usize = 20;
const MAX_ACCOUNTS: usize = 20;
const MAX_FOLLOWERS: i64 = 2_000_000_000;

/// A creator's profile, as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "display_name": "Ana Verde", "bio": "Slow fashion, mending and thrift finds from Cluj.",
    "country": "RO", "region": "Cluj", "city": "Cluj-Napoca", "languages": ["ro", "en"],
    "values": ["transparency", "repair"], "niches": ["sustainable-fashion"],
    "accounts": [{"platform": "instagram", "handle": "ana.verde", "followers": 12400, "engager_id": "u-4711"}]
}))]
pub struct CreatorInput {
    /// Name shown to brands.
    #[schema(example = "Ana Verde", min_length = 1, max_length = 200)]
    pub display_name: String,
    /// What the creator says about themselves.
    #[serde(default)]
    #[schema(example = "Slow fashion, mending and thrift finds from Cluj.", max_length = 5000)]
    pub bio: String,
    /// Country the creator works from, ISO 3166-1 alpha-2.
    #[schema(example = "RO", pattern = "^[A-Z]{2}$")]
    pub country: String,
    /// Region within the country.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = "Cluj", nullable = false, min_length = 1, max_length = 100)]
    pub region: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = "Cluj-Napoca", nullable = false, min_length = 1, max_length = 100)]
    pub city: Option<String>,
    /// Languages the creator speaks to the audience in, ISO 639-1.
    #[schema(example = json!(["ro", "en"]), max_items = 10)]
    pub languages: Vec<String>,
    /// What the creator stands for.
    #[serde(default)]
    #[schema(example = json!(["transparency", "repair"]), max_items = 20)]
    pub values: Vec<String>,
    /// Ids of the niches the creator declares.
    #[schema(example = json!(["sustainable-fashion"]), max_items = 20)]
    pub niches: Vec<String>,
    /// Accounts on platforms.
    #[schema(max_items = 20)]
    pub accounts: Vec<AccountInput>,
}

/// An account on a platform, as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountInput {
    /// The platform.
    pub platform: Platform,
    /// Name of the account there.
    #[schema(example = "ana.verde", min_length = 1, max_length = 128)]
    pub handle: String,
    /// Followers of the account; absent when unknown. Decides who is eligible for a brief, never the rank.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 12400, nullable = false, minimum = 0, maximum = 2_000_000_000_i64)]
    pub followers: Option<i64>,
    /// The id this account has as an engager: what it does on its own creator is never scored. Stored as a pseudonym
    /// and never given back.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = "u-4711", nullable = false, max_length = 128)]
    pub engager_id: Option<String>,
}

/// A valid profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name shown to brands.
    pub display_name: String,
    /// Self-description.
    pub bio: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Region.
    pub region: Option<String>,
    /// City.
    pub city: Option<String>,
    /// ISO 639-1, without repeats.
    pub languages: Vec<String>,
    /// What the creator stands for.
    pub values: Vec<String>,
    /// Declared niches, without repeats.
    pub niches: Vec<String>,
    /// Accounts.
    pub accounts: Vec<Account>,
}

/// A valid account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The platform.
    pub platform: Platform,
    /// Its name there.
    pub handle: String,
    /// Its followers, when known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub followers: Option<u32>,
    /// Pseudonym under which it engages with creators.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub engager_key: Option<i64>,
}

impl Profile {
    /// A profile from what was sent. Whether its niches exist is for the store to say.
    pub fn parse(input: CreatorInput, engager_secret: &[u8; 32]) -> Result<Self, Vec<FieldError>> {
        let mut violations = Violations::default();
        violations.text("/display_name", input.display_name.trim(), 1, 200);
        violations.text("/bio", &input.bio, 0, MAX_BIO);
        if !codes::is_country(&input.country) {
            violations.add("/country", "unknown_value", "must be an ISO 3166-1 alpha-2 code, such as RO");
        }
        for (pointer, place) in [("/region", &input.region), ("/city", &input.city)] {
            if let Some(place) = place {
                violations.text(pointer, place, 1, 100);
            }
        }
        check_lists(&mut violations, &input);
        check_accounts(&mut violations, &input.accounts);
        violations.finish()?;
        Ok(Self {
            display_name: input.display_name,
            bio: input.bio,
            country: input.country,
            region: input.region,
            city: input.city,
            languages: input.languages,
            values: input.values,
            niches: input.niches,
            accounts: input
                .accounts
                .into_iter()
                .map(|account| Account::new(account, engager_secret))
                .collect(),
        })
    }

    /// Pseudonyms of the creator's own accounts; what they do is stored but never scored.
    #[must_use]
    pub fn own_engagers(&self) -> Vec<EngagerKey> {
        self.accounts.iter().filter_map(|account| account.engager_key).map(EngagerKey).collect()
    }
}

impl Account {
    fn new(input: AccountInput, engager_secret: &[u8; 32]) -> Self {
        Self {
            platform: input.platform,
            handle: input.handle,
            followers: input.followers.and_then(|followers| u32::try_from(followers).ok()),
            engager_key: input.engager_id.map(|id| EngagerKey::derive(engager_secret, &id).0),
        }
    }
}

fn check_lists(violations: &mut Violations, input: &CreatorInput) {
    violations.at_most("/languages", input.languages.len(), MAX_LANGUAGES);
    violations.at_most("/values", input.values.len(), MAX_VALUES);
    violations.at_most("/niches", input.niches.len(), MAX_NICHES);
    for (index, language) in input.languages.iter().enumerate().take(MAX_LANGUAGES) {
        if codes::language_number(language).is_none() {
            violations.add(
                format!("/languages/{index}"),
                "unknown_value",
                "must be an ISO 639-1 code, such as ro",
            );
        }
    }
    for (index, value) in input.values.iter().enumerate().take(MAX_VALUES) {
        violations.text(&format!("/values/{index}"), value, 1, 64);
    }
    for (index, niche) in input.niches.iter().enumerate().take(MAX_NICHES) {
        if !crate::niches::model::is_valid_niche_id(niche) {
            violations.add(
                format!("/niches/{index}"),
                "unknown_niche",
                "there is no niche of this id; see GET /v1/niches",
            );
        }
    }
    for (pointer, list) in
        [("/languages", &input.languages), ("/values", &input.values), ("/niches", &input.niches)]
    {
        if let Some(index) = first_repeat(list.iter()) {
            violations.add(format!("{pointer}/{index}"), "duplicate", "is in the list already");
        }
    }
}

fn check_accounts(violations: &mut Violations, accounts: &[AccountInput]) {
    violations.at_most("/accounts", accounts.len(), MAX_ACCOUNTS);
    for (index, account) in accounts.iter().enumerate().take(MAX_ACCOUNTS) {
        violations.text(&format!("/accounts/{index}/handle"), account.handle.trim(), 1, 128);
        if account.followers.is_some_and(|followers| !(0..=MAX_FOLLOWERS).contains(&followers)) {
            let detail = format!("must be between 0 and {MAX_FOLLOWERS}; leave it out when unknown");
            violations.add(format!("/accounts/{index}/followers"), "out_of_range", detail);
        }
        if let Some(id) = &account.engager_id {
            violations.id(&format!("/accounts/{index}/engager_id"), id);
        }
    }
    if let Some(index) =
        first_repeat(accounts.iter().map(|account| (account.platform, account.handle.as_str())))
    {
        violations.add(format!("/accounts/{index}"), "duplicate", "this account is in the list already");
    }
}

fn first_repeat<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> Option<usize> {
    let mut seen = HashSet::new();
    items.enumerate().find_map(|(index, item)| (!seen.insert(item)).then_some(index))
}

/// Size class of an audience. Shown and filtered by; never part of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Followers are not known.
    Unknown,
    /// Under 1,000.
    Nano,
    /// 1,000 to 50,000.
    Micro,
    /// Up to 499,999.
    Mid,
    /// 500,000 to 999,999.
    Macro,
    /// 1,000,000 and more.
    Mega,
}

impl Tier {
    /// The tier of an audience of this size.
    #[must_use]
    pub fn of(followers: Option<u32>) -> Self {
        match followers {
            None => Self::Unknown,
            Some(0..1_000) => Self::Nano,
            Some(1_000..=50_000) => Self::Micro,
            Some(50_001..500_000) => Self::Mid,
            Some(500_000..1_000_000) => Self::Macro,
            Some(1_000_000..) => Self::Mega,
        }
    }
}

/// The audience of a creator: followers of the largest account whose platform is among those asked for.
#[must_use]
pub fn audience(accounts: &[Account], asked: impl Fn(Platform) -> bool) -> Option<u32> {
    accounts.iter().filter(|account| asked(account.platform)).filter_map(|account| account.followers).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> CreatorInput {
        serde_json::from_value(serde_json::json!({
            "display_name": "Ana", "country": "RO", "languages": ["ro"], "niches": ["gaming"],
            "accounts": [{"platform": "instagram", "handle": "ana", "followers": 10, "engager_id": "u1"}]
        }))
        .unwrap()
    }

    fn pointers(input: CreatorInput) -> Vec<String> {
        Profile::parse(input, &[0; 32]).unwrap_err().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut wrong = input();
        wrong.display_name = " ".to_owned();
        wrong.country = "ro".to_owned();
        wrong.languages.push("ro".to_owned());
        wrong.accounts[0].followers = Some(-1);
        assert_eq!(pointers(wrong), ["/display_name", "/country", "/languages/1", "/accounts/0/followers"]);
    }

    #[test]
    fn own_accounts_are_known_by_pseudonym_only() {
        let profile = Profile::parse(input(), &[0; 32]).unwrap();
        assert_eq!(profile.own_engagers(), [EngagerKey::derive(&[0; 32], "u1")]);
        assert!(!format!("{profile:?}").contains("u1"));
    }

    #[test]
    fn tiers_have_the_documented_bounds() {
        let tiers = [
            (None, Tier::Unknown),
            (Some(999), Tier::Nano),
            (Some(1_000), Tier::Micro),
            (Some(50_000), Tier::Micro),
        ];
        let larger = [(Some(50_001), Tier::Mid), (Some(500_000), Tier::Macro), (Some(1_000_000), Tier::Mega)];
        for (followers, tier) in tiers.into_iter().chain(larger) {
            assert_eq!(Tier::of(followers), tier);
        }
    }
}
