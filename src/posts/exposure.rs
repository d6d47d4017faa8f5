//! What the counts of a creator's posts amount to: how many people posts get to see, and how many of these act.
//!
//! Shown beside the scores and never part of one: counts have no identities, so they say nothing of who comes back, and
//! they are cheap to buy.

use super::model::Counts;
use crate::{creators::Platform, relationships::days::Day};

/// Days before the end of the observed window, its last day included, of which posts count. More: steadier numbers;
/// fewer: numbers that follow a change sooner.
pub const EXPOSURE_DAYS: Day = 90;

/// Newest posts of those days that count. More: creators with very many posts take longer to compute; fewer: their
/// numbers rest on the last days alone.
pub const EXPOSURE_POSTS: i64 = 1_000;

/// What exposure needs to know of a post.
#[derive(Clone, Copy, Debug)]
pub struct RecentPost {
    /// Where it was published.
    pub platform: Platform,
    /// Whether somebody paid for it.
    pub sponsored: bool,
    /// Its newest counts.
    pub counts: Option<Counts>,
}

/// A median over posts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// The median.
    pub value: f64,
    /// Posts it was taken of.
    pub posts: i32,
}

/// What the counts of a creator's posts amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    /// Posts of the last 90 days of the window.
    pub posts: i32,
    /// Those that somebody paid for.
    pub sponsored_posts: i32,
    /// Likes, comments, saves and shares per person reached, else per view.
    pub engagement_rate: Option<Median>,
    /// People reached per follower of the account on the post's platform, by posts that nobody paid for.
    pub reach_per_follower: Option<Median>,
    /// Share of non-followers among the people reached, by posts that nobody paid for.
    pub non_follower_share: Option<Median>,
}

impl Exposure {
    /// Sums up posts; `followers` says how many the creator has on a platform, where that is known.
    #[must_use]
    pub fn of(posts: &[RecentPost], followers: impl Fn(Platform) -> Option<u32>) -> Self {
        // Reach of a sponsored post may be paid for, too.
        let organic = || posts.iter().filter(|post| !post.sponsored);
        Self {
            posts: count(posts.len()),
            sponsored_posts: count(posts.len() - organic().count()),
            engagement_rate: median(posts.iter().filter_map(|post| engagement_rate(&post.counts?))),
            reach_per_follower: median(organic().filter_map(|post| {
                let followers = followers(post.platform).filter(|followers| *followers > 0)?;
                Some(post.counts?.reach? as f64 / f64::from(followers))
            })),
            non_follower_share: median(organic().filter_map(|post| {
                let counts = post.counts?;
                share(counts.reach_non_followers?, counts.reach)
            })),
        }
    }

    /// Share of posts that somebody paid for; `None` without posts.
    #[must_use]
    pub fn sponsored_share(&self) -> Option<f64> {
        (self.posts > 0).then(|| f64::from(self.sponsored_posts) / f64::from(self.posts))
    }
}

/// Acts per person reached, or per view where the reach is not known. Kinds of acts that the platform does not count add
/// nothing; without any there is no rate.
fn engagement_rate(counts: &Counts) -> Option<f64> {
    let acts = [counts.likes, counts.comments, counts.saves, counts.shares];
    let sum = acts.into_iter().flatten().reduce(i64::saturating_add)?;
    share(sum, counts.reach).or_else(|| share(sum, counts.views))
}

fn share(part: i64, whole: Option<i64>) -> Option<f64> {
    whole.filter(|whole| *whole > 0).map(|whole| part as f64 / whole as f64)
}

fn median(values: impl Iterator<Item = f64>) -> Option<Median> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(Median { value: f64::midpoint(lower, upper), posts: count(sorted.len()) })
}

fn count(posts: usize) -> i32 {
    i32::try_from(posts).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posts::input::MAX_COUNT;
    use proptest::prelude::*;

    const FOLLOWERS: u32 = 1_000;

    fn followers(platform: Platform) -> Option<u32> {
        match platform {
            Platform::Instagram => Some(FOLLOWERS),
            Platform::X => Some(0),
            _ => None,
        }
    }

    fn post(counts: Counts) -> RecentPost {
        RecentPost { platform: Platform::Instagram, sponsored: false, counts: Some(counts) }
    }

    fn of(posts: &[RecentPost]) -> Exposure {
        Exposure::of(posts, followers)
    }

    fn liked(likes: i64, reach: i64) -> Counts {
        Counts { likes: Some(likes), reach: Some(reach), ..Counts::default() }
    }

    #[test]
    fn engagement_is_per_reach_and_else_per_view() {
        let acts = Counts {
            likes: Some(4),
            comments: Some(3),
            saves: Some(2),
            shares: Some(1),
            ..Counts::default()
        };
        let rate = |counts| of(&[post(counts)]).engagement_rate.map(|median| median.value);
        assert_eq!(rate(Counts { reach: Some(100), views: Some(1_000), ..acts }), Some(0.1));
        assert_eq!(rate(Counts { views: Some(1_000), ..acts }), Some(0.01));
        assert_eq!(rate(Counts { reach: Some(0), views: Some(1_000), ..acts }), Some(0.01));
        assert_eq!(rate(acts), None);
        assert_eq!(rate(Counts { reach: Some(100), ..Counts::default() }), None);
        assert_eq!(rate(liked(0, 100)), Some(0.0));
    }

    #[test]
    fn one_post_that_everybody_saw_does_not_move_the_median() {
        let mut posts = vec![post(liked(3, 100)), post(liked(5, 100)), post(liked(4, 100))];
        assert_eq!(of(&posts).engagement_rate, Some(Median { value: 0.04, posts: 3 }));
        posts.push(post(liked(100, 100)));
        assert_eq!(of(&posts).engagement_rate, Some(Median { value: 0.045, posts: 4 }));
    }

    #[test]
    fn exposure_is_organic_and_relative_to_the_account_on_the_platform() {
        let counts = Counts { reach_non_followers: Some(200), ..liked(0, 500) };
        let paid = RecentPost { sponsored: true, ..post(liked(0, 100_000)) };
        let elsewhere = |platform| RecentPost { platform, ..post(counts) };
        let uncounted = RecentPost { counts: None, ..post(counts) };
        let all = [post(counts), paid, elsewhere(Platform::X), elsewhere(Platform::TikTok), uncounted];
        let exposure = of(&all);
        assert_eq!(exposure.reach_per_follower, Some(Median { value: 0.5, posts: 1 }));
        assert_eq!(exposure.non_follower_share, Some(Median { value: 0.4, posts: 3 }));
        assert_eq!((exposure.posts, exposure.sponsored_posts), (5, 1));
        assert_eq!(exposure.sponsored_share(), Some(0.2));
        assert_eq!(of(&[]), Exposure::default());
        assert_eq!(of(&[]).sponsored_share(), None);
    }

    prop_compose! {
        fn counts()(
            views in prop::option::of(0..=MAX_COUNT), reach in prop::option::of(0..=MAX_COUNT), part in 0.0..=1.0_f64,
            acts in prop::array::uniform4(prop::option::of(0..=MAX_COUNT)), parted in any::<bool>(),
        ) -> Counts {
            #[expect(clippy::cast_possible_truncation, reason = "a part of a count is a count")]
            let reach_non_followers = reach.filter(|_| parted).map(|reach| (reach as f64 * part) as i64);
            let [likes, comments, saves, shares] = acts;
            Counts { views, reach, reach_non_followers, likes, comments, saves, shares }
        }
    }

    prop_compose! {
        fn recent_post()(
            counts in prop::option::of(counts()), sponsored in any::<bool>(),
            platform in prop::sample::select(vec![Platform::Instagram, Platform::X, Platform::TikTok]),
        ) -> RecentPost {
            RecentPost { platform, sponsored, counts }
        }
    }

    fn medians(exposure: &Exposure) -> impl Iterator<Item = Median> {
        [exposure.engagement_rate, exposure.reach_per_follower, exposure.non_follower_share]
            .into_iter()
            .flatten()
    }

    proptest! {
        #[test]
        fn numbers_are_finite_and_rest_on_posts_there_are(posts in prop::collection::vec(recent_post(), 0..40)) {
            let exposure = of(&posts);
            for median in medians(&exposure) {
                prop_assert!(median.value.is_finite() && median.value >= 0.0, "{:?}", exposure);
                prop_assert!((1..=exposure.posts).contains(&median.posts), "{:?}", exposure);
            }
            prop_assert!(exposure.non_follower_share.is_none_or(|share| share.value <= 1.0));
            prop_assert!(exposure.sponsored_share().is_none_or(|share| (0.0..=1.0).contains(&share)));
        }

        #[test]
        fn the_order_of_posts_does_not_matter(posts in prop::collection::vec(recent_post(), 0..40), turn in 0_usize..40) {
            let mut turned = posts.clone();
            turned.rotate_left(turn.min(posts.len()));
            prop_assert_eq!(of(&posts), of(&turned));
        }

        #[test]
        fn more_likes_are_never_less_engagement(mut posts in prop::collection::vec(recent_post(), 1..20), more in 1_i64..1_000) {
            let before = of(&posts).engagement_rate;
            for counts in posts.iter_mut().filter_map(|post| post.counts.as_mut()) {
                counts.likes = counts.likes.map(|likes| likes + more);
            }
            let after = of(&posts).engagement_rate;
            prop_assert_eq!(before.map(|median| median.posts), after.map(|median| median.posts));
            prop_assert!(before.zip(after).is_none_or(|(before, after)| before.value <= after.value));
        }

        #[test]
        fn the_median_lies_between_the_rates_of_single_posts(posts in prop::collection::vec(recent_post(), 1..20)) {
            let single: Vec<f64> =
                posts.iter().filter_map(|post| of(&[*post]).engagement_rate).map(|median| median.value).collect();
            if let Some(median) = of(&posts).engagement_rate {
                prop_assert!(single.iter().any(|rate| *rate <= median.value));
                prop_assert!(single.iter().any(|rate| *rate >= median.value));
            }
        }
    }
}
