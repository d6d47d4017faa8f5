//! What the list of a niche keeps of each creator: few and rounded numbers that tell the most it can reach under any weights.
//!
//! Numbers that lift a creator are rounded up and those that lower it down, so that what they tell is never too little.

use crate::{
    scores::{
        interval::Estimate,
        nearness::{CreatorNiches, NicheVector, PARENT_SHARE},
    },
    snapshot::{hot::Hot, numbered::Numbered},
};
use std::sync::LazyLock;

/// Numbers from 0 to 1 are kept in so many steps.
pub const STEPS: f64 = 255.0;
/// Nearness is kept in one step less, and exactly 1 is a step of its own: most creators declare one niche, and nothing else can be
/// said of those.
const NEAR_STEPS: f64 = STEPS - 1.0;
/// Cosines so near to 1 are 1.
const ONE: f64 = 1.0 - 1e-6;
/// Steps of a logarithm of loyal reach.
const REACH_STEPS: f64 = 16.0;
/// The step of a loyal reach that is not measured.
pub const UNMEASURED: u8 = 0;
/// Followers of a creator of whom they are not known.
pub const UNKNOWN: u16 = u16::MAX;
/// Followers are kept with so many binary digits.
const DIGITS: u32 = 11;

/// A creator in the list of a niche.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its row.
    pub row: u32,
    /// Loyalty, trust, authenticity and conversation.
    pub values: [u8; 4],
    /// How far below them their lower bounds lie.
    pub spreads: [u8; 4],
    /// Step of how near it is to a brief of this niche alone.
    pub near: u8,
    /// The most that it is near to a brief of any one other niche.
    pub others: u8,
    /// The most that it is near to a brief of any one niche in whose list it does not stand.
    pub aside: u8,
    /// Step of its loyal reach in the niche.
    pub reach: u8,
    /// Families of the niches that it has to do with, one bit of many each.
    pub families: u32,
    /// Step of its followers.
    pub followers: u16,
    /// Code of its country.
    pub country: [u8; 2],
}

/// The lists in which a creator stands, with its entry in each.
#[must_use]
pub(in crate::snapshot) fn entries(
    row: u32,
    hot: &Hot,
    niches: &CreatorNiches<'_>,
    Numbered { parents, families, .. }: &Numbered,
) -> Vec<(u32, Entry)> {
    let near = near_to_each(niches, parents);
    let touched = niches.declared.iter().chain(niches.community);
    let lists: Vec<u32> = niches.lists().collect();
    let mapped = hot.scores.mapped();
    let most = |is_meant: &dyn Fn(u32) -> bool| {
        let meant = near.iter().filter(|(niche, _)| niche.is_none_or(is_meant));
        up(meant.map(|(_, cosine)| *cosine).fold(0.0, f64::max))
    };
    let entry = |niche: &u32| Entry {
        row,
        values: mapped.map(|estimate| up(estimate.value)),
        spreads: mapped.map(|estimate| down(estimate.value - estimate.low)),
        near: near
            .iter()
            .find(|(other, _)| *other == Some(*niche))
            .map_or(0, |(_, cosine)| near_step(*cosine)),
        others: most(&|other| other != *niche),
        aside: most(&|other| !lists.contains(&other)),
        reach: reach_step(hot.scores.reach()),
        families: touched.clone().fold(0, |bits, one| bits | families[one.niche as usize]),
        followers: hot.followers().map_or(UNKNOWN, followers_step),
        country: hot.country,
    };
    lists.iter().map(|niche| (*niche, entry(niche))).collect()
}

/// How near a creator is to a brief of each niche alone, as far as it is near at all; without a niche: to the children of a niche
/// that have nothing else to do with the creator.
fn near_to_each(niches: &CreatorNiches<'_>, parents: &[Option<u32>]) -> Vec<(Option<u32>, f64)> {
    let vector: NicheVector = niches.vector(parents);
    let length = (1.0 + PARENT_SHARE * PARENT_SHARE).sqrt();
    let of_niche = |&(niche, weight): &(u32, f64)| match parents[niche as usize] {
        Some(parent) => (Some(niche), (weight + PARENT_SHARE * vector.weight(parent)) / length),
        None => (Some(niche), weight),
    };
    let of_children = |&(_, weight): &(u32, f64)| (None, PARENT_SHARE * weight / length);
    vector.entries().iter().map(of_niche).chain(vector.entries().iter().map(of_children)).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most 254 steps"
)]
fn near_step(cosine: f64) -> u8 {
    if cosine >= ONE { u8::MAX } else { (cosine.max(0.0) * NEAR_STEPS).ceil() as u8 }
}

/// The least and the most nearness of a step.
#[must_use]
pub fn nearness(step: u8) -> (f64, f64) {
    let most = f64::from(step) / NEAR_STEPS;
    if step == u8::MAX { (1.0, 1.0) } else { ((most - 1.0 / NEAR_STEPS).max(0.0), most) }
}

/// A number from 0 to 1 in steps, not less than it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most 255 steps"
)]
fn up(number: f64) -> u8 {
    (number.clamp(0.0, 1.0) * STEPS).ceil() as u8
}

/// A number from 0 to 1 in steps, not more than it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 1 has at most 255 steps"
)]
#[must_use]
pub fn down(number: f64) -> u8 {
    (number.clamp(0.0, 1.0) * STEPS).floor() as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within the steps")]
fn reach_step(reach: Option<Estimate>) -> u8 {
    let Some(reach) = reach else { return UNMEASURED };
    (1.0 + reach.value.max(0.0).ln_1p() * REACH_STEPS).ceil().min(255.0) as u8
}

/// The most loyal reach of each step; the last one has no end.
pub static REACHES: LazyLock<[f64; 256]> = LazyLock::new(|| {
    std::array::from_fn(|step| match step {
        255 => f64::INFINITY,
        step => ((step as f64 - 1.0) / REACH_STEPS).exp_m1().max(0.0),
    })
});

/// The step of so many followers: more followers are never a lower step.
#[must_use]
pub fn followers_step(followers: u32) -> u16 {
    let exponent = (u32::BITS - followers.leading_zeros()).saturating_sub(DIGITS);
    let digits = followers >> exponent;
    // From 2^10 on, digits begin with a 1, so that the next exponent goes on where this one ends.
    u16::try_from((exponent << (DIGITS - 1)) + digits).unwrap_or(UNKNOWN)
}
