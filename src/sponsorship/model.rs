//! Do the same people come back after sponsored posts? Pure.

use crate::{
    ids::EngagerKey,
    relationships::days::{Day, DaySet},
    scores::{
        interval::{Estimate, NORMAL, beta_variance},
        statistics::MATURE_DAYS,
    },
};
use serde::{Deserialize, Serialize};

/// Days of posts that count for the share of sponsored ones, the last observed day included.
pub const POSTS_DAYS: Day = 365;
/// Days of engagement that are looked at, the last one of the creator's window included: retention keeps them, and who was different years
/// ago may be forgiven.
pub const LOOKED_AT_DAYS: Day = 180;
/// Days within which a return counts. Engagement of the last days is left out: those days are not over for everybody, and
/// who came back early would stand for those who may still.
pub const RETURN_DAYS: Day = MATURE_DAYS.cast_signed();
/// Least people after sponsored posts, and least after ordinary ones, for anything to be concluded.
pub const MIN_PEOPLE: i32 = 20;
/// People of whom it is supposed beforehand that they come back after sponsored posts as after ordinary ones.
pub const PRIOR_PEOPLE: f64 = 50.0;
/// Least that is left of authenticity: whoever can send people who look loyal and stay away can bring about as much.
pub const LEAST_KEPT: f64 = 0.9;

/// Loyal people after posts of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// People of whom a day is looked at.
    pub people: i32,
    /// Those with another active day within 30 days after it.
    pub returned: i32,
}

impl Returns {
    /// The share that comes back: Beta posterior of a uniform prior.
    #[must_use]
    pub fn share(&self) -> Estimate {
        let missed = self.people - self.returned;
        Estimate::from_beta(f64::from(self.returned) + 1.0, f64::from(missed) + 1.0)
    }
}

/// The loyal people of a creator after sponsored posts, beside those after ordinary ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderSponsorship {
    /// After sponsored posts.
    pub sponsored: Returns,
    /// After posts that nobody paid for.
    pub ordinary: Returns,
}

/// A day on which somebody engaged with posts, and whether any of them was sponsored.
pub type Encounter = (Day, bool);

impl UnderSponsorship {
    /// Takes in somebody with active days and encounters, as of the last day of the creator's window: when its feed has ended,
    /// nobody can be seen coming back.
    ///
    /// One day of each sort is looked at, of those on which it was the second active day or a later one. The first ones
    /// would do wrong: sponsored posts are fewer, so people meet the first of them later in their time with the creator.
    /// What remains is that whoever stays longer is more likely to meet one at all, which errs in favour of the creator.
    /// Which day is decided by the pseudonym, a hash: any day may be it, and nobody outside can know.
    pub fn add(&mut self, engager: EngagerKey, active: &DaySet, encounters: &[Encounter], until: Day) {
        for (is_sponsored, returns) in [(true, &mut self.sponsored), (false, &mut self.ordinary)] {
            let of_sort = encounters.iter().filter(|(_, sponsored)| *sponsored == is_sponsored);
            let usable = |day: &Day| is_loyal_on(active, *day) && *day <= until - RETURN_DAYS;
            let mut days: Vec<Day> = of_sort.map(|(day, _)| *day).filter(usable).collect();
            days.sort_unstable();
            if let Some(day) = picked(engager, &days) {
                returns.people += 1;
                returns.returned += i32::from(comes_back(active, day));
            }
        }
    }

    /// What is left of trust under sponsorship, within 0..=1: the share that comes back after sponsored posts, drawn
    /// towards the one after ordinary posts, as a part of the latter. `None` for too few people.
    ///
    /// Interval: normal, by the delta method, each share with the variance of its Beta posterior.
    #[must_use]
    pub fn kept(&self) -> Option<Estimate> {
        let (sponsored, ordinary) = (f64::from(self.sponsored.people), f64::from(self.ordinary.people));
        if self.sponsored.people.min(self.ordinary.people) < MIN_PEOPLE {
            return None;
        }
        let usual = (f64::from(self.ordinary.returned) + 1.0) / (ordinary + 2.0);
        let own = f64::from(self.sponsored.returned) / (sponsored + PRIOR_PEOPLE);
        let share = own + PRIOR_PEOPLE * usual / (sponsored + PRIOR_PEOPLE);
        let variance = beta_variance(share, sponsored + PRIOR_PEOPLE) / usual.powi(2)
            + (own / usual.powi(2)).powi(2) * beta_variance(usual, ordinary + 2.0);
        let (ratio, spread) = (share / usual, NORMAL * variance.sqrt());
        let [low, value, high] = [ratio - spread, ratio, ratio + spread].map(|at| at.clamp(0.0, 1.0));
        Some(Estimate { value, low, high })
    }

    /// What authenticity is multiplied by, within 0.9..=1: what is left at best. Whoever loses nobody beyond chance loses
    /// nothing by having enough people to tell. `None` for too few people.
    #[must_use]
    pub fn factor(&self) -> Option<f64> {
        self.kept().map(|kept| kept.high.max(LEAST_KEPT))
    }
}

/// Whether a day is the second active one or a later one. One that waits to be folded is none yet.
fn is_loyal_on(active: &DaySet, day: Day) -> bool {
    active.contains(day) && active.span().is_some_and(|(first, _)| first < day)
}

fn comes_back(active: &DaySet, day: Day) -> bool {
    active.as_slice().iter().any(|other| (day + 1..=day + RETURN_DAYS).contains(other))
}

fn picked(engager: EngagerKey, days: &[Day]) -> Option<Day> {
    // The last bits decide who is in a sample.
    let place = (engager.0.unsigned_abs() >> 16).checked_rem(days.len() as u64)?;
    days.get(usize::try_from(place).ok()?).copied()
}

/// What is known of a creator's sponsored posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sponsorship {
    /// Posts of the last 365 days.
    pub posts: i32,
    /// Those that somebody paid for.
    pub sponsored_posts: i32,
    /// Who paid for most of them, the first one most; no more than 20.
    pub brands: Vec<String>,
    /// Who comes back after them.
    pub returns: UnderSponsorship,
}

impl Sponsorship {
    /// Share of posts that somebody paid for; `None` without posts.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.posts > 0).then(|| f64::from(self.sponsored_posts) / f64::from(self.posts))
    }
}

#[cfg(test)]
mod tests;
