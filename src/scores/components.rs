//! Components of a score: from a creator's statistics to values with intervals on the common scale 0-1.

use super::{
    conversation::conversation,
    interval::Estimate,
    maps::Map,
    model::{
        AUTHENTICITY_PRIOR, AUTHENTICITY_PRIOR_WEIGHT, AUTHENTICITY_SPREAD, LOYALTY_PRIOR_WEIGHT,
        MIN_ENGAGERS, MIN_WINDOW_DAYS, Rates, ScoringModel, Spread,
    },
    statistics::CreatorStatistics,
};
use crate::{sponsorship::UnderSponsorship, trust::TrustSums};
use serde::Serialize;
use utoipa::ToSchema;

/// Names of the components, in the order of every list of them.
pub const NAMES: [&str; 5] = ["fit", "loyalty", "trust", "authenticity", "conversation"];

/// Values on the common scale are rounded to so many steps: far finer than anything known of people, and two bytes each
/// in the snapshot, where ranking reads them of every candidate.
pub const MAPPED_STEPS: f64 = 50_000.0;

/// Whether there is enough evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured on the creator's own data.
    Measured,
    /// Too little evidence: the mean of comparable creators stands in, with their spread as interval.
    Insufficient,
}

/// What a value rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    /// Events.
    #[schema(example = 2310, minimum = 0)]
    pub events: i64,
    /// People.
    #[schema(example = 412, minimum = 0)]
    pub engagers: i32,
    /// Days from the first event to the last observed day.
    #[schema(example = 180, minimum = 0)]
    pub days: u32,
}

/// One component of a creator's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Whether there is enough evidence.
    pub status: Status,
    /// Value with 80 % interval on the component's own scale.
    pub raw: Estimate,
    /// The same on the common scale 0-1.
    pub mapped: Estimate,
}

impl Component {
    /// What was measured, or what stands in for it.
    fn of(measured: Option<Estimate>, stand_in: Estimate, map: &Map) -> Self {
        let status = if measured.is_some() { Status::Measured } else { Status::Insufficient };
        let raw = measured.unwrap_or(stand_in);
        Self { status, raw, mapped: mapped(raw, map) }
    }

    /// A component that nothing is measured for yet: the middle of the scale, with nearly all of it as interval.
    pub const UNMEASURED: Self = {
        let middle = Estimate { value: 0.5, low: 0.1, high: 0.9 };
        Self { status: Status::Insufficient, raw: middle, mapped: middle }
    };
}

fn mapped(raw: Estimate, map: &Map) -> Estimate {
    let mapped = |number| (map.apply(number) * MAPPED_STEPS).round() / MAPPED_STEPS;
    Estimate { value: mapped(raw.value), low: mapped(raw.low), high: mapped(raw.high) }
}

/// How many components depend on the creator alone: loyalty, trust, authenticity and conversation, in this order wherever they are
/// numbered.
pub const OF_CREATOR: usize = 4;

/// The components that depend on the creator alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Components {
    /// Do the same people come back?
    pub loyalty: Component,
    /// Do those come back who are known to be real?
    pub trust: Component,
    /// Is the engagement what it looks like, as far as it is in the creator's hands?
    pub authenticity: Component,
    /// Do people talk, and does the creator answer?
    pub conversation: Component,
}

impl Components {
    /// The components of a creator; `None`: nothing was ever seen of it.
    #[must_use]
    pub fn of(
        statistics: Option<&CreatorStatistics>,
        (trust, sponsorship): (Option<&TrustSums>, Option<&UnderSponsorship>),
        niches: &[&str],
        model: &ScoringModel,
    ) -> Self {
        let rates = model.rates_for(niches);
        let measured = [
            statistics.and_then(|sums| loyalty(sums, rates.loyalty, model.creator_effect)),
            trust.and_then(|sums| sums.estimate(rates.loyalty, model.creator_effect)),
            statistics.and_then(|sums| authenticity(sums, sponsorship)),
            statistics.and_then(|sums| conversation(sums, rates)),
        ];
        let ScoringModel { loyalty_map, authenticity_map, conversation_map, .. } = model;
        let maps = [loyalty_map, loyalty_map, authenticity_map, conversation_map];
        let stand_ins = stand_ins(rates, model);
        let [loyalty, trust, authenticity, conversation] =
            std::array::from_fn(|one| Component::of(measured[one], stand_ins[one], maps[one]));
        Self { loyalty, trust, authenticity, conversation }
    }

    /// The components in the order of [`OF_CREATOR`].
    #[must_use]
    pub fn in_order(&self) -> [Component; OF_CREATOR] {
        let Self { loyalty, trust, authenticity, conversation } = *self;
        [loyalty, trust, authenticity, conversation]
    }

    /// All components, in the order of [`NAMES`].
    #[must_use]
    pub fn with_fit(&self, fit: Component) -> [Component; NAMES.len()] {
        let [loyalty, trust, authenticity, conversation] = self.in_order();
        [fit, loyalty, trust, authenticity, conversation]
    }
}

/// What stands in for components that are not measured: the mean of creators with these niches, with the spread of all.
#[must_use]
pub fn unmeasured(niches: &[&str], model: &ScoringModel) -> [Estimate; OF_CREATOR] {
    stand_ins(model.rates_for(niches), model)
}

fn stand_ins(rates: Rates, model: &ScoringModel) -> [Estimate; OF_CREATOR] {
    let of =
        |value: f64, Spread { low, high }| Estimate { value, low: low.min(value), high: high.max(value) };
    let loyalty = of(rates.loyalty, model.loyalty_spread);
    let authenticity = of(AUTHENTICITY_PRIOR, AUTHENTICITY_SPREAD);
    [loyalty, loyalty, authenticity, of(rates.conversation(), model.conversation_spread)]
}

/// Whether people are too few for a component to be measured. Weights leave traces of rounding.
pub(super) fn are_few(people: f64) -> bool {
    people < f64::from(MIN_ENGAGERS) - 1e-6
}

/// `(sum of p + 20 prior) / (M + 20)`: expected returns per mature engager, drawn towards the niche's rate. The
/// interval carries the chance of each return and an effect of the creator on all of them.
#[must_use]
pub fn loyalty(sums: &CreatorStatistics, prior: f64, creator_effect: f64) -> Option<Estimate> {
    if are_few(sums.counted_mature()) || sums.observed_days() < MIN_WINDOW_DAYS {
        return None;
    }
    let people = sums.counted_mature() + LOYALTY_PRIOR_WEIGHT;
    let mean = (sums.expected_back + LOYALTY_PRIOR_WEIGHT * prior) / people;
    let by_chance =
        (sums.expected_back_variance + LOYALTY_PRIOR_WEIGHT * prior * (1.0 - prior)) / (people * people);
    Some(Estimate::from_mean_and_variance(mean, by_chance + (creator_effect * mean).powi(2)))
}

/// What is not lost to rings, times what is left of trust under sponsorship at best, as far as there is enough to tell.
#[must_use]
pub fn authenticity(sums: &CreatorStatistics, sponsorship: Option<&UnderSponsorship>) -> Option<Estimate> {
    let open = outside_rings(sums)?;
    Some(sponsorship.and_then(UnderSponsorship::factor).map_or(open, |factor| open.times(factor)))
}

/// The factors of authenticity where there are two: what is not lost to rings, and what is left under sponsorship at best.
#[must_use]
pub fn authenticity_factors(
    sums: Option<&CreatorStatistics>,
    sponsorship: Option<&UnderSponsorship>,
) -> Option<[f64; 2]> {
    let under_sponsorship = sponsorship?.factor()?;
    Some([outside_rings(sums?)?.value, under_sponsorship])
}

/// Posterior of the share of the strength of relationships that is not lost to rings: Beta, as many people as engaged and
/// are not discounted for other patterns.
///
/// A ring takes the creator's own accounts to return its engagement. Nothing else does: whoever wants to can send crowds to
/// anybody, so they are discounted and shown, but say nothing about the creator.
fn outside_rings(sums: &CreatorStatistics) -> Option<Estimate> {
    let (share, in_rings) =
        sums.discounted.as_ref().map_or((1.0, 0.0), |discounted| discounted.outside_rings());
    let people = sums.counted_engagers() + in_rings;
    if are_few(people) {
        return None;
    }
    let open = people * share + AUTHENTICITY_PRIOR_WEIGHT * AUTHENTICITY_PRIOR;
    let closed = people * (1.0 - share) + AUTHENTICITY_PRIOR_WEIGHT * (1.0 - AUTHENTICITY_PRIOR);
    Some(Estimate::from_beta(open, closed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sponsorship::model::Returns;
    use proptest::prelude::*;

    prop_compose! {
        fn statistics()(
            [one_day, quiet, loyal] in prop::array::uniform3(0..2_000_i32), talking in 0..100_i32,
            chance in 0.0..1.0_f64, days in 1..800_i32,
        ) -> CreatorStatistics {
            let engagers = one_day + quiet + loyal;
            CreatorStatistics {
                engagers,
                mature_engagers: quiet + loyal,
                loyal_engagers: loyal,
                talking_engagers: engagers * talking / 100,
                expected_back: f64::from(loyal) * chance,
                expected_back_variance: f64::from(loyal) * chance * (1.0 - chance),
                window: Some((0, days - 1)),
                first_event: Some(0),
                until: Some(days - 1),
                ..CreatorStatistics::default()
            }
        }
    }

    fn ordered(estimate: Estimate) -> bool {
        0.0 <= estimate.low
            && estimate.low <= estimate.value
            && estimate.value <= estimate.high
            && estimate.high <= 1.0
    }

    proptest! {
        #[test]
        fn every_interval_holds_its_value_within_0_and_1(sums in statistics()) {
            let components = Components::of(Some(&sums), (None, None), &[], &ScoringModel::published_default());
            for component in [components.loyalty, components.trust, components.authenticity, components.conversation] {
                prop_assert!(ordered(component.raw), "{:?}", component);
                prop_assert!(ordered(component.mapped), "{:?}", component);
            }
        }

        #[test]
        fn more_people_expected_back_is_never_worse(sums in statistics(), more in 0.0..5.0_f64) {
            let better = CreatorStatistics { expected_back: sums.expected_back + more, ..sums.clone() };
            if let (Some(before), Some(after)) = (loyalty(&sums, 0.02, 0.6), loyalty(&better, 0.02, 0.6)) {
                prop_assert!(after.value >= before.value);
            }
        }
    }

    #[test]
    fn people_who_are_enough_to_tell_cost_nothing_where_nothing_is_lost() {
        let sums = CreatorStatistics { engagers: 100, ..CreatorStatistics::default() };
        let of = |returned| Returns { people: 40, returned };
        let under =
            |sponsored, ordinary| UnderSponsorship { sponsored: of(sponsored), ordinary: of(ordinary) };
        assert_eq!(authenticity(&sums, Some(&under(20, 22))), authenticity(&sums, None));
        let [lost, whole] =
            [Some(&under(2, 38)), None].map(|sponsorship| authenticity(&sums, sponsorship).unwrap());
        assert!(lost.low < whole.low && lost.low > 0.89 * whole.low, "{lost:?} {whole:?}");
    }

    #[test]
    fn missing_evidence_is_the_mean_of_comparable_creators() {
        let model = ScoringModel::published_default();
        let components = Components::of(None, (None, None), &[], &model);
        assert_eq!(components.loyalty.status, Status::Insufficient);
        assert!((components.loyalty.raw.value - model.rates.loyalty).abs() < 1e-12);
        assert!(components.loyalty.mapped.low < components.loyalty.mapped.value);
    }
}
