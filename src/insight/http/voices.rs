//! Members of a niche, as shown.

use crate::{
    insight::model::{Place, Voice},
    scores::interval::Estimate,
    snapshot::towns::Town,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A member with much loyal reach in the niche.
#[derive(Serialize, ToSchema)]
pub struct AuthorityView {
    /// The caller's id.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Name shown to brands.
    #[schema(example = "Ana Verde", max_length = 200)]
    display_name: String,
    /// Its loyal reach in the niche.
    #[schema(example = 61.5, minimum = 0.0)]
    loyal_reach: f64,
    /// Its authority: x / (1 + x) for x times the loyal reach that is usual in the niche, one person more each.
    #[schema(example = 0.84, minimum = 0.0, maximum = 1.0)]
    authority: f64,
    /// 10 % quantile of its authority.
    #[schema(example = 0.79, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of its authority.
    #[schema(example = 0.88, minimum = 0.0, maximum = 1.0)]
    high: f64,
}

/// A member with its loyalty.
#[derive(Serialize, ToSchema)]
pub struct VoiceView {
    /// The caller's id.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Name shown to brands.
    #[schema(example = "Ana Verde", max_length = 200)]
    display_name: String,
    /// Share of its people who are expected back within 90 days.
    #[schema(example = 0.21, minimum = 0.0, maximum = 1.0)]
    loyalty: f64,
    /// 10 % quantile of its loyalty.
    #[schema(example = 0.17, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of its loyalty.
    #[schema(example = 0.25, minimum = 0.0, maximum = 1.0)]
    high: f64,
}

/// A member that is new, with its loyalty.
#[derive(Serialize, ToSchema)]
pub struct EmergingView {
    /// The caller's id.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Name shown to brands.
    #[schema(example = "Ana Verde", max_length = 200)]
    display_name: String,
    /// Days from its first event to the last observed day.
    #[schema(example = 41, minimum = 0, maximum = 90)]
    observed_days: u32,
    /// Share of its people who are expected back within 90 days.
    #[schema(example = 0.21, minimum = 0.0, maximum = 1.0)]
    loyalty: f64,
    /// 10 % quantile of its loyalty.
    #[schema(example = 0.17, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of its loyalty.
    #[schema(example = 0.25, minimum = 0.0, maximum = 1.0)]
    high: f64,
}

/// A country with the members who live there.
#[derive(Serialize, ToSchema)]
pub struct CountryVoices {
    /// Country code.
    #[schema(example = "RO", min_length = 2, max_length = 2)]
    country: String,
    /// Members who live there.
    #[schema(example = 23, minimum = 3)]
    members: usize,
    /// Their loyal reach in the niche.
    #[schema(example = 340.2, minimum = 0.0)]
    loyal_reach: f64,
    /// Those with the highest lower bounds of loyalty.
    #[schema(max_items = 3)]
    voices: Vec<VoiceView>,
}

/// A city with the members who live there.
#[derive(Serialize, ToSchema)]
pub struct CityVoices {
    /// Country code.
    #[schema(example = "RO", min_length = 2, max_length = 2)]
    country: String,
    /// Name of the city, as one of its creators writes it.
    #[schema(example = "Cluj-Napoca", max_length = 100)]
    city: String,
    /// Members who live there.
    #[schema(example = 9, minimum = 3)]
    members: usize,
    /// Their loyal reach in the niche.
    #[schema(example = 120.6, minimum = 0.0)]
    loyal_reach: f64,
    /// Those with the highest lower bounds of loyalty.
    #[schema(max_items = 3)]
    voices: Vec<VoiceView>,
}

impl From<(Voice<'_>, Estimate)> for AuthorityView {
    fn from((voice, authority): (Voice, Estimate)) -> Self {
        let Estimate { value, low, high } = authority;
        Self {
            creator_id: voice.member.creator_id.to_owned(),
            display_name: voice.member.display_name.to_owned(),
            loyal_reach: voice.reach.value,
            authority: value,
            low,
            high,
        }
    }
}

impl From<Voice<'_>> for VoiceView {
    fn from(voice: Voice) -> Self {
        let Estimate { value, low, high } = voice.loyalty;
        Self {
            creator_id: voice.member.creator_id.to_owned(),
            display_name: voice.member.display_name.to_owned(),
            loyalty: value,
            low,
            high,
        }
    }
}

impl From<Voice<'_>> for EmergingView {
    fn from(voice: Voice) -> Self {
        let observed_days = voice.member.days;
        let VoiceView { creator_id, display_name, loyalty, low, high } = voice.into();
        Self { creator_id, display_name, observed_days, loyalty, low, high }
    }
}

impl From<Place<'_, &str>> for CountryVoices {
    fn from(Place { place, members, reach, voices }: Place<'_, &str>) -> Self {
        Self {
            country: place.to_owned(),
            members,
            loyal_reach: reach,
            voices: voices.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Place<'_, &Town>> for CityVoices {
    fn from(Place { place, members, reach, voices }: Place<'_, &Town>) -> Self {
        Self {
            country: place.country.clone(),
            city: place.name.clone(),
            members,
            loyal_reach: reach,
            voices: voices.into_iter().map(Into::into).collect(),
        }
    }
}
