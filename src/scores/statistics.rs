//! What a creator's relationships amount to: sums from which every component is computed.

use super::loyalty::ReturnModel;
use crate::{
    ids::EngagerKey,
    relationships::{Relationship, days::Day},
};

/// Days after which somebody who came once counts as a chance to come back that was not used.
pub const MATURE_DAYS: Day = 30;

/// Sums over the relationships of one creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatorStatistics {
    /// Version of the model whose chances of return are summed.
    pub model_version: i32,
    /// Events of people other than the creator's own accounts.
    pub events: i64,
    /// Events whose engager is not known.
    pub anonymous_events: i64,
    /// People with at least one active day.
    pub engagers: i32,
    /// Those whose first active day is 30 days before the end of the window, or who came back.
    pub mature_engagers: i32,
    /// Those with two or more active days.
    pub loyal_engagers: i32,
    /// Those with a substantive comment or a reply.
    pub talking_engagers: i32,
    /// Loyal reach: sum of the chances that loyal people come back within 90 days.
    pub expected_back: f64,
    /// Variance of that sum, for independent people.
    pub expected_back_variance: f64,
    /// Observed window: first and last day with any event of the creator.
    pub window: Option<(Day, Day)>,
}

impl CreatorStatistics {
    /// Sums up relationships. Acts of the creator's own accounts and of nobody in particular are signs of life but no
    /// engagement of people.
    pub fn of<'a>(
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)> + Clone,
        own: &[EngagerKey],
        model: &ReturnModel,
        model_version: i32,
    ) -> Self {
        let window = relationships.clone().filter_map(|(_, relationship)| relationship.seen()).reduce(wider);
        let mut sums = Self { model_version, window, ..Self::default() };
        let Some((_, end)) = window else { return sums };
        for (engager, relationship) in relationships {
            if engager == EngagerKey::NOBODY {
                sums.anonymous_events += i64::try_from(relationship.events()).unwrap_or(i64::MAX);
            } else if !own.contains(&engager) {
                sums.add(relationship, end, model);
            }
        }
        sums
    }

    fn add(&mut self, relationship: &Relationship, end: Day, model: &ReturnModel) {
        self.events += i64::try_from(relationship.events()).unwrap_or(i64::MAX);
        let Some((first, last)) = relationship.active_days().span() else { return };
        let repeats = relationship.active_days().len() - 1;
        let age = end - first;
        self.engagers += 1;
        self.talking_engagers += i32::from(relationship.talk() > 0);
        self.mature_engagers += i32::from(repeats > 0 || age >= MATURE_DAYS);
        if repeats > 0 {
            let chance = model.chance_of_return(repeats, (last - first).unsigned_abs(), age.unsigned_abs());
            self.loyal_engagers += 1;
            self.expected_back += chance;
            self.expected_back_variance += chance * (1.0 - chance);
        }
    }

    /// Days of the observed window, both ends included.
    #[must_use]
    pub fn window_days(&self) -> u32 {
        self.window.map_or(0, |(first, last)| (last - first).unsigned_abs() + 1)
    }
}

fn wider(a: (Day, Day), b: (Day, Day)) -> (Day, Day) {
    (a.0.min(b.0), a.1.max(b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{events::Kind, relationships::Fact};
    use jiff::Timestamp;

    fn relationship(kind: Kind, days: &[Day]) -> Relationship {
        let mut relationship = Relationship::default();
        for day in days {
            let occurred_at = Timestamp::from_second(i64::from(*day) * 86_400).unwrap();
            relationship.absorb(&Fact {
                kind,
                occurred_at,
                day: *day,
                post: None,
                substance: None,
                verified: false,
            });
        }
        relationship
    }

    fn sum(relationships: &[(i64, Relationship)], own: &[EngagerKey]) -> CreatorStatistics {
        let all = relationships.iter().map(|(key, relationship)| (EngagerKey(*key), relationship));
        CreatorStatistics::of(all, own, &ReturnModel::PRIOR, 0)
    }

    #[test]
    fn one_day_visitors_and_viewers_add_nothing_to_loyal_reach() {
        let sums = sum(
            &[(1, relationship(Kind::Like, &[100])), (2, relationship(Kind::View, &[100, 110, 140]))],
            &[],
        );
        assert_eq!((sums.engagers, sums.mature_engagers, sums.loyal_engagers), (1, 1, 0));
        assert!(sums.expected_back.abs() < f64::EPSILON);
    }

    #[test]
    fn own_accounts_and_nobody_are_never_scored() {
        let mine = relationship(Kind::Comment, &[100, 120, 150]);
        let sums = sum(&[(7, mine.clone()), (0, mine)], &[EngagerKey(7)]);
        assert_eq!((sums.engagers, sums.talking_engagers, sums.events, sums.anonymous_events), (0, 0, 0, 3));
        assert_eq!(sums.window, Some((100, 150)));
    }

    #[test]
    fn people_who_come_back_make_loyal_reach() {
        let sums = sum(
            &[(1, relationship(Kind::Comment, &[100, 110, 120, 130])), (2, relationship(Kind::Like, &[125]))],
            &[],
        );
        assert_eq!(
            (sums.engagers, sums.mature_engagers, sums.loyal_engagers, sums.talking_engagers),
            (2, 1, 1, 1)
        );
        assert!(sums.expected_back > 0.3 && sums.expected_back < 1.0);
    }
}
