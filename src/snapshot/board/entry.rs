//! What the list of a niche keeps of each creator: few and rounded numbers that tell the most it can reach under any weights.
//!
//! Numbers that lift a creator are rounded up and those that lower it down, so that what they tell is never too little.

use super::sketch::Sketch;
use crate::{
    scores::{
        interval::Estimate,
        nearness::{CreatorNiches, NichePlace},
    },
    snapshot::hot::Hot,
};
use std::sync::LazyLock;

/// Numbers from 0 to 1 are kept in so many steps.
pub const STEPS: f64 = 255.0;
/// Nearness is kept in one step less, and exactly 1 is a step of its own: most creators declare one niche, and nothing else can be
/// said of those.
pub const NEAR_STEPS: f64 = STEPS - 1.0;
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
    /// Step of its loyal reach in the niche.
    pub reach: u8,
    /// Its other niches.
    pub others: Sketch,
    /// Step of its followers.
    pub followers: u16,
    /// Number of its country.
    pub country: u8,
}

/// The lists in which a creator stands, with its entry in each.
#[must_use]
pub(in crate::snapshot) fn entries(
    row: u32,
    hot: &Hot,
    niches: &CreatorNiches<'_>,
    parents: &[Option<u32>],
) -> Vec<(u32, Entry)> {
    let (vector, parts) = (niches.vector(parents), niches.parts(parents));
    let lists: Vec<u32> = niches.lists().collect();
    let mapped = hot.scores.mapped();
    let entry = |niche: &u32| Entry {
        row,
        values: mapped.map(|estimate| up(estimate.value)),
        spreads: mapped.map(|estimate| down(estimate.value - estimate.low)),
        near: near_step(vector.dot(&NichePlace::among(parents, *niche).vector())),
        reach: reach_step(hot.scores.reach()),
        others: Sketch::of(&parts, *niche, &lists),
        followers: hot.followers().map_or(UNKNOWN, followers_step),
        country: hot.country,
    };
    lists.iter().map(|niche| (*niche, entry(niche))).collect()
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
pub(super) fn up(number: f64) -> u8 {
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
