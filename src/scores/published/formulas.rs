//! The formulas as published.

use crate::{
    posts::exposure::{EXPOSURE_DAYS, EXPOSURE_POSTS},
    scores::statistics::MATURE_DAYS,
};

/// The formulas, for people who recompute receipts. A test recomputes one from these.
pub(super) const FORMULAS: [(&str, &str); 17] = [
    (
        "chance_of_return",
        "For x active days after the first, t_x days from first to last active day, T days from the first active day to \
         the last observed day (the tenant's clock: the last day on which anything was seen of any of its creators), \
         p0 = P(alive) (1 - ((alpha + T) / (alpha + T + 90))^(r + x)), \
         P(alive) = 1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))^(r + x)). MBG/NBD: Batislam, Denizel and \
         Filiztekin 2007, after Fader, Hardie and Lee 2005. Then ln(p / (1 - p)) = intercept + log_odds ln(p0 / (1 - p0)), held within -30 and 30, \
         (+ single for people with one active day) + recent ln(live_recent + 0.01) + lasting ln(live_lasting + 0.01): a \
         logistic regression on what became of people in up to four windows of 90 days that are over.",
    ),
    (
        "live_recent, live_lasting",
        "How alive the creator's feed is: sum over the days on which somebody known, other than the creator, engaged of \
         2^(-d / 90), and of 2^(-d / 365), d days before the last observed day.",
    ),
    (
        "loyal_reach",
        "Sum of p x weight over people with two or more active days; weight is 1 unless discounted.",
    ),
    (
        "loyalty",
        "(loyal_reach + prior_weight prior) / (M + prior_weight), M = mature_engagers, or counted_mature when anybody is \
         discounted, prior = mean rate of the creator's niches. Interval: Beta with this mean and variance (loyal_reach_variance + prior_weight prior (1 - prior)) / \
         (M + prior_weight)^2 + (creator_effect loyalty)^2; creator_effect is fitted to returns of creators in windows \
         that are over, as negative binomial around what was expected.",
    ),
    (
        "conversation",
        "talk (1 + answer) / 2: who talks counts half, who is answered counts whole. talk is the mean of \
         Beta(talking_engagers + prior_weight prior, engagers - talking_engagers + prior_weight (1 - prior)), answer that of \
         Beta(answered_engagers + w q, talking_engagers - answered_engagers + w (1 - q)), w and q being prior_weight and prior of \
         answers; of counted people when anybody is discounted. Interval: Beta with this mean and variance (var_talk \
         var_answer + var_talk (1 + answer)^2 + talk^2 var_answer) / 4, exact for independent shares. With too few people: \
         prior (1 + q) / 2.",
    ),
    (
        "fit",
        "(1 - authority_share - v) nearness + authority_share authority + v values, v = values_share when the brief names \
         values, else 0. Nearness: cosine of brief and creator. A niche is a vector with 1 on itself and parent_share on its parent. The brief sums \
         its niches by weight. The creator is (1 - s) ((1 - u) D + u T) + s C: D sums its declared niches, T the niches its posts are \
         about and C those its people engage with elsewhere, both by their share (rounded to 1/65,535), each scaled to length 1; s = community_share_max n / (n + \
         community_half) for n people who engage with other creators, too (0 without them, 1 without D and T), u = topics_share_max m / \
         (m + topics_half) for m posts whose topics were read (0 without T, 1 without D). Its interval: nearness -+ 1.2816 \
         sqrt(s^2 c (1 - c) / (n + 1) + ((1 - s) u)^2 t (1 - t) / (m + 1)) / |creator|, c the cosine of brief and C, t that of brief \
         and T. Authority: the mean over the brief's niches by \
         share of (1 + r) / (1 + r + 1 + usual_reach), r = reach_per_niche, the loyal reach divided by the number of niches in whose \
         lists the creator stands, with loyal_reach -+ 1.2816 sqrt(loyal_reach_variance), not below 0, as interval; usual_reach = \
         exp(mean of ln(1 + r) over the measured creators in the niche's list) - 1, each logarithm rounded to millionths; 0 in a \
         niche in whose list the creator does not stand; 1/2 with interval 0 to 1 where its loyalty is not measured. Values: \
         cosine of the brief's and the creator's (shared / sqrt(asked named)). The ends of the interval of fit are the same \
         sum over the ends of its parts. \
         Candidates are creators who declare a niche of the brief, its parent or a child of it (and siblings, when the \
         brief names several niches of one parent), or whose topics or community have at least listed_share in one of these.",
    ),
    (
        "strength",
        "Sum over a person's acts of built_in_edge_weight x 2^(days since 2020-01-01 / half_life_days) (forward decay, Cormode et al. \
         2009), of a purchase times sqrt(amount / ordinary), held within least and most; times 1 without an amount, or in a \
         currency that is not listed. With edge weights of the tenant's own, times (sum over kinds of edge_weight x acts) / \
         (sum over kinds of built_in_edge_weight x acts): exact when all acts are of one kind, or kinds are mixed evenly over time. \
         Only shares of it mean something.",
    ),
    (
        "authenticity",
        "outside_rings x under_sponsorship. outside_rings: mean and quantiles of Beta(n s + prior_weight prior, n (1 \
         - s) + prior_weight (1 - prior)), s = share_outside_rings, the share of the strength of relationships that is \
         not lost to rings, of what other patterns leave (1 when nothing is discounted), n = counted_engagers + \
         people_lost_to_rings. What other patterns take away can be sent to anybody, so it says nothing about the \
         creator. low and high are those of outside_rings times under_sponsorship, which is taken as exact. Where \
         kept_under_sponsorship is insufficient, outside_rings alone.",
    ),
    (
        "under_sponsorship",
        "kept_high of kept_under_sponsorship, least_kept at least: what people who stay away take along beyond chance. Without \
         such a loss it is 1, however many people there are; and no more can be lost than a tenth, since people who look \
         loyal and stay away can be sent to anybody. It is the factor that sponsorship shows.",
    ),
    (
        "kept_under_sponsorship",
        "S / O within 0 and 1, O = (o + 1) / (no + 2), S = (s + prior_people O) / (ns + prior_people): of ns \
         loyal people after sponsored posts, and no after ordinary ones, s and o came back. Insufficient with fewer than \
         minimum_people of either. Of each person one day of each sort is looked at, return_days to looked_at_days - 1 \
         days before the end of the creator's window: one of those on which they acted on a sponsored post, and one of \
         those on which they acted on other posts only, as their second active day or a later one. Which one is decided by a hash \
         of the person. They came back with another active day within return_days; days after which that time is not over \
         are left out, whether somebody returned or not. So are people who are discounted to less than a half. Interval: \
         S / O -+ 1.2816 sqrt(S (1 - S) / ((ns + prior_people + 1) O^2) + (s / ((ns + prior_people) O^2))^2 O (1 - O) / \
         (no + 3)), within the same bounds: Beta posteriors, joined by the delta method.",
    ),
    (
        "discounts",
        "What a relationship counts as, its weight; the smallest one, if it shows several patterns. crowd: people whose \
         first active day lies in a week (Monday to Sunday, UTC) in which more than crowd_few + crowd_times usual people \
         came for the first time; weight = 0; usual = the mean of those of the 26 weeks before in which no crowd came (at \
         least 4; from the week in which the third person came), or the (lower) median of all of them if that is more; none \
         in weeks that an accepted annotation touches. lockstep: people who engage, in the week of such a crowd, with \
         lockstep_creators or more creators of the tenant who have a crowd in that week, and came with one of these crowds; \
         weight = 0 for those who came in it, shared = so many of them; of those who came before it, the days before their \
         first week with a crowd count. \
         The others of that week are no crowd, and count, when people - shared is at most crowd_few + crowd_times usual. \
         ring: accounts of creators who engage with each other; weight = (ring_closed - j) / (ring_closed - ring_open) within \
         0 and 1, j = creators in the company of both / creators in the company of either, for at least ring_members in both; the company of a creator \
         are those with whom engagement goes both ways, and itself. member: accounts of \
         creators whose mean weight over those is below a half, when ring_members or more of them engage with somebody else; \
         weight = that mean. drifter: people with drifter_creators or more mature \
         relationships; weight = share of those in which they came back / (drifter_share x that share over all people), in \
         steps of a tenth, at most 1. one_kind: people who engage with one_kind_creators or more creators, with all of them by \
         acts of one and the same kind (views aside) and never answered by any, where the tenant has one_kind_people or more of \
         such reach and a share of one_kind_mixed of them mix kinds (of one_kind_still_mixed while any are discounted for \
         it); weight = one_kind_weight. A day counts for live_recent \
         and live_lasting when somebody of at least half a weight engaged.",
    ),
    (
        "trust",
        "(back + prior_weight prior) / (mass + prior_weight), with prior, map and spread of loyalty: loyalty in which each \
         person counts as much as they are trusted. mass = sum of t x weight over mature people, back = sum of t x weight x \
         p, with weights for rings and members only and live_recent and live_lasting by the days of trusted people alone, so \
         that nobody else moves anything. Interval as that of loyalty, with variance = sum of (t x weight)^2 p (1 - p). Trust t is 1 for seeds (people with \
         verified purchases, or named by the tenant), and what comes to them: in each round, what came to somebody last \
         goes to the creators engaged with in proportion to strength x weight, and from each creator in equal parts to those it \
         answers by a reply or a verified purchase (of a weight of at least a half), times damping, in the round k at most cap x damping^k for each. So \
         accounts that nobody answers have none, and each answered one at most cap x damping / (1 - damping).",
    ),
    (
        "mapped, map(...)",
        "The value, linearly between the knots of the component's map, rounded to 1/50,000. In lists value, low and high are \
         shown rounded to 1e-7.",
    ),
    ("score", "Sum over components of weight x mapped; weights are scaled to a sum of 1."),
    (
        "low, high",
        "score - sqrt(sum of (weight (mapped - map(low)))^2) and score + sqrt(sum of (weight (map(high) - mapped))^2): \
         10 % and 90 % quantile for components that err independently. Lists are sorted by low, ties by creator_id.",
    ),
    (
        "exposure",
        "Shown and never part of a score: counts have no identities. Of posts of the last 90 days of the window, each with \
         its newest counts, at most the newest 1000: engagement_rate = median of (likes + comments + saves + shares) / \
         reach, or / views without a reach above 0; of those that are not sponsored, reach_per_follower = median of reach \
         / followers of the largest account on the post's platform, non_follower_share = median of reach_non_followers / \
         reach. Acts that are not given count as 0, posts without any act or without the divisor do not count. \
         sponsored_share = sponsored posts / posts.",
    ),
    (
        "maturity",
        "A person is mature when the first active day lies 30 days or more before the last observed day, or with a second \
         active day. Views, unfollows, mentions and the creator's own replies make no active day.",
    ),
];

const _: () = assert!(MATURE_DAYS == 30, "the formulas speak of 30 days");
const _: () =
    assert!(EXPOSURE_DAYS == 90 && EXPOSURE_POSTS == 1_000, "the formulas speak of 90 days and 1000 posts");
