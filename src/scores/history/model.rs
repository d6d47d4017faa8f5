//! What is kept of a day, and when it is another than before. Pure.

use crate::{
    scores::{
        Components, CreatorStatistics, ScoringModel,
        components::{Component, Evidence, Status},
        receipt::{Score, Weights},
    },
    snapshot::packed::evidence_of,
    sponsorship::UnderSponsorship,
    trust::TrustSums,
};

/// Least difference of a number from 0 to 1 that makes another row; of the loyal reach, as a share of it.
const NOTICEABLE: f64 = 1e-4;
/// Least difference of events and people, as a share of what they were: a like a day alone would make a row a day.
const MANY: f64 = 0.01;

/// What is published of a creator at the end of a day, as far as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Version of the model in force.
    pub model_version: i32,
    /// The components.
    pub components: Components,
    /// What they rest on.
    pub evidence: Evidence,
    /// What trust rests on.
    pub trusted_people: i32,
    /// People expected back within 90 days.
    pub loyal_reach: f64,
}

impl Published {
    /// What is published of a creator with these sums.
    #[must_use]
    pub fn of(
        statistics: Option<&CreatorStatistics>,
        (trust, sponsorship): (Option<&TrustSums>, Option<&UnderSponsorship>),
        niches: &[&str],
        model: &ScoringModel,
    ) -> Self {
        Self {
            model_version: model.version,
            components: Components::of(statistics, (trust, sponsorship), niches, model),
            evidence: statistics.map_or(Evidence::default(), evidence_of),
            trusted_people: trust.map_or(0, |sums| sums.people),
            loyal_reach: statistics.map_or(0.0, |sums| sums.expected_back),
        }
    }

    /// The score under the default weights, without fit: that of a receipt.
    #[must_use]
    pub fn score(&self) -> Score {
        let components = self.components.with_fit(Component::UNMEASURED);
        Score::of(&Weights::without_fit(), &components.map(|component| component.mapped))
    }

    /// Whether there is anything in it that a row before does not say. Days of evidence pass by themselves: they are none.
    #[must_use]
    pub fn differs_from(&self, before: &Self) -> bool {
        let known = |of: &Self| (of.model_version, of.trusted_people, of.statuses());
        let counts = |of: &Self| [of.evidence.events as f64, f64::from(of.evidence.engagers)];
        let counted = counts(self).into_iter().zip(counts(before));
        let moved = self.numbers().into_iter().zip(before.numbers());
        let reach = (self.loyal_reach - before.loyal_reach).abs();
        known(self) != known(before)
            || counted.into_iter().any(|(now, then)| (now - then).abs() > MANY * then)
            || moved.into_iter().any(|(now, then)| (now - then).abs() > NOTICEABLE)
            || reach > NOTICEABLE * before.loyal_reach.max(1.0)
    }

    fn statuses(&self) -> [Status; 4] {
        self.components.in_order().map(|component| component.status)
    }

    fn numbers(&self) -> [f64; 24] {
        let mut numbers = [0.0; 24];
        let all = self.components.in_order().into_iter().flat_map(numbers_of);
        numbers.iter_mut().zip(all).for_each(|(place, number)| *place = number);
        numbers
    }
}

/// The numbers of a component, each from 0 to 1.
#[must_use]
pub fn numbers_of(component: Component) -> [f64; 6] {
    let Component { raw, mapped, .. } = component;
    [raw.value, raw.low, raw.high, mapped.value, mapped.low, mapped.high]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(sums: &CreatorStatistics) -> Published {
        Published::of(Some(sums), (None, None), &[], &ScoringModel::published_default())
    }

    fn sums() -> CreatorStatistics {
        CreatorStatistics {
            events: 400,
            engagers: 100,
            mature_engagers: 90,
            loyal_engagers: 30,
            talking_engagers: 20,
            expected_back: 12.0,
            expected_back_variance: 5.0,
            first_event: Some(0),
            until: Some(200),
            ..CreatorStatistics::default()
        }
    }

    #[test]
    fn rounding_and_days_that_pass_make_no_other_row() {
        let before = published(&sums());
        assert!(!before.differs_from(&before));
        let later = CreatorStatistics { until: Some(201), expected_back: 12.000_001, ..sums() };
        assert!(!published(&later).differs_from(&before));
    }

    #[test]
    fn whatever_else_moves_makes_another_row() {
        let before = published(&sums());
        let fewer_back = CreatorStatistics { expected_back: 11.9, ..sums() };
        let more_views = CreatorStatistics { events: 405, ..sums() };
        for now in [fewer_back, more_views] {
            assert!(published(&now).differs_from(&before), "{now:?}");
        }
        assert!(Published { model_version: 1, ..before.clone() }.differs_from(&before));
        assert!(Published { trusted_people: 1, ..before.clone() }.differs_from(&before));
    }

    #[test]
    fn a_few_more_events_make_no_other_row_and_many_do() {
        let with = |events| published(&CreatorStatistics { events, ..sums() });
        assert!(!with(404).differs_from(&with(400)), "a hundredth");
        assert!(with(405).differs_from(&with(400)) && with(395).differs_from(&with(400)));
        assert!(with(1).differs_from(&with(0)) && !with(0).differs_from(&with(0)));
        let people = |engagers| {
            let evidence = Evidence { engagers, ..Evidence::default() };
            Published { evidence, ..published(&sums()) }
        };
        assert!(
            !people(10_100).differs_from(&people(10_000)) && people(10_101).differs_from(&people(10_000))
        );
    }

    #[test]
    fn a_slow_drift_is_noticed_in_the_end() {
        let (first, mut rows) = (published(&sums()), 0);
        let mut last = first;
        for day in 0..100 {
            let now = published(&CreatorStatistics { expected_back: 12.0 - 5e-4 * f64::from(day), ..sums() });
            if now.differs_from(&last) {
                (last, rows) = (now, rows + 1);
            }
        }
        assert!((5..50).contains(&rows), "{rows}");
    }
}
