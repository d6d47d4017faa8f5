//! What there is to say of a creator without a brief.

use super::{
    name,
    words::{Grouped, Listed, Percent},
};
use crate::{
    scores::{
        Components, CreatorStatistics,
        components::{Component, Status},
        discounts::Pattern,
        interval::Estimate,
        model::Rates,
    },
    snapshot::TenantSnapshot,
    sponsorship::{UnderSponsorship, model::RETURN_DAYS},
};

/// A creator of whom is told.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// Sums over its relationships.
    pub statistics: Option<&'a CreatorStatistics>,
    /// Its components.
    pub components: &'a Components,
    /// Declared niches.
    pub niches: &'a [&'a str],
    /// Its people after sponsored posts.
    pub sponsorship: Option<&'a UnderSponsorship>,
}

/// What there is to say of a creator without a brief, the most telling first. English.
#[must_use]
pub fn of_creator(snapshot: &TenantSnapshot, told: Told<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(sums) = told.statistics {
        let usual = Usual::of(snapshot, told.niches);
        reasons.extend(loyalty_reason(sums, told, &usual));
        reasons.extend(conversation_reason(sums, told, &usual));
        reasons.extend(answers_reason(sums, told, &usual));
    }
    reasons.extend(told.sponsorship.and_then(sponsorship_reason));
    reasons.extend(discount_reasons(told));
    reasons.extend(evidence_reason(told));
    reasons
}

/// What a creator is compared with.
struct Usual {
    rates: Rates,
    place: String,
}

impl Usual {
    fn of(snapshot: &TenantSnapshot, niches: &[&str]) -> Self {
        Self { rates: snapshot.model.rates_for(niches), place: place_of_rates(snapshot, niches) }
    }
}

fn loyalty_reason(sums: &CreatorStatistics, told: Told<'_>, usual: &Usual) -> Option<String> {
    let loyalty = &told.components.loyalty;
    is_measured(loyalty).then(|| {
        let compared = compared_with_usual(&loyalty.raw, usual.rates.loyalty, &usual.place);
        returning(sums.loyal_engagers, sums.engagers, sums.expected_back, &compared)
    })
}

/// How many people came back and how many of those are expected again.
fn returning(loyal: i32, engagers: i32, expected: f64, compared: &str) -> String {
    let people = Grouped::of(engagers);
    let came = format_args!("{} of {people} people came back on another day, and", Grouped::of(loyal));
    let then = format_args!("expected again within 90 days: {compared}");
    match expected.round() {
        _ if loyal == 0 => format!("None of {people} people came back on another day: {compared}"),
        ..1.0 => format!("{came} none of them is {then}"),
        1.0 => format!("{came} 1 of them is {then}"),
        many => format!("{came} {} of them are {then}", Grouped::near(many)),
    }
}

fn compared_with_usual(loyalty: &Estimate, usual: f64, place: &str) -> String {
    let ratio = loyalty.value / usual.max(1e-9);
    let times = match ratio {
        10.0.. => format!("{ratio:.0} times"),
        0.1.. => format!("{ratio:.1} times"),
        _ => "less than a tenth of".to_owned(),
    };
    if loyalty.low > usual {
        format!("{times} the loyalty usual {place}")
    } else if loyalty.high < usual && ratio >= 0.1 {
        format!("only {times} the loyalty usual {place}")
    } else if loyalty.high < usual {
        format!("{times} the loyalty usual {place}")
    } else {
        format!("about the loyalty usual {place}")
    }
}

fn conversation_reason(sums: &CreatorStatistics, told: Told<'_>, usual: &Usual) -> Option<String> {
    let is_told = is_measured(&told.components.conversation) && sums.talking_engagers > 0;
    is_told.then(|| {
        let share = Percent(sums.counted_talking() / sums.counted_engagers().max(1.0));
        let (usual, place) = (Percent(usual.rates.talk), &usual.place);
        format!(
            "{share} of its people talk, in replies or comments that say something; {usual} is usual {place}"
        )
    })
}

fn answers_reason(sums: &CreatorStatistics, told: Told<'_>, usual: &Usual) -> Option<String> {
    let Usual { rates, place } = usual;
    let usual = (rates.answer > 0.0).then_some((Percent(rates.answer), place.as_str()));
    let is_told = is_measured(&told.components.conversation);
    is_told.then(|| answered(sums.answered_engagers, sums.talking_engagers, usual))?
}

/// How many of those who talk the creator answered; nothing where no answers are known, as most feeds do not bring them.
fn answered(answered: i32, talking: i32, usual: Option<(Percent, &str)>) -> Option<String> {
    let is_told = talking > 0 && (answered > 0 || usual.is_some());
    if !is_told {
        return None;
    }
    let usual = usual.map_or_else(String::new, |(share, place)| format!("; {share} is usual {place}"));
    let people = match (answered, talking) {
        (0, 1) => "The only person who talks was not answered".to_owned(),
        (_, 1) => "The only person who talks was answered".to_owned(),
        (0, _) => format!("None of the {} people who talk was answered", Grouped::of(talking)),
        (1, _) => format!("1 of the {} people who talk was answered", Grouped::of(talking)),
        _ => {
            format!("{} of the {} people who talk were answered", Grouped::of(answered), Grouped::of(talking))
        }
    };
    Some(people + &usual)
}

/// Who came back after sponsored posts and after others, where there are enough of both.
fn sponsorship_reason(under: &UnderSponsorship) -> Option<String> {
    let UnderSponsorship { sponsored, ordinary } = under;
    under.factor().map(|factor| {
        let beyond = if factor < 1.0 { "a loss beyond chance" } else { "no loss beyond chance" };
        format!(
            "Of {} loyal people who engaged with sponsored posts, {} came back within {RETURN_DAYS} days; with ordinary ones, {} of {}: {beyond}",
            Grouped::of(sponsored.people),
            Grouped::of(sponsored.returned),
            Grouped::of(ordinary.returned),
            Grouped::of(ordinary.people),
        )
    })
}

fn discount_reasons(told: Told<'_>) -> Vec<String> {
    let discounted = told.statistics.and_then(|sums| sums.discounted.as_ref());
    let told = discounted.map(|discounted| Pattern::ALL.into_iter().zip(discounted.people));
    told.into_iter()
        .flatten()
        .filter(|(_, people)| *people > 0)
        .map(|(pattern, people)| discount(pattern, people))
        .collect()
}

/// Why people count less, without a judgement of the creator.
fn discount(pattern: Pattern, people: i32) -> String {
    let people = if people == 1 { "1 person".to_owned() } else { format!("{} people", Grouped::of(people)) };
    match pattern {
        Pattern::Crowd => {
            format!("{people} came in crowds, many times more than usual in a week: they do not count")
        }
        Pattern::Ring => format!(
            "{people} are other creators of a ring that engage with each other and hardly with others: they count less"
        ),
        Pattern::Member => format!("{people} came together from rings of creators: they count less"),
        Pattern::Drifter => {
            format!("{people} engage with very many creators and hardly come back to any: they count less")
        }
        Pattern::OneKind => {
            format!("{people} engage with very many creators, always in the same way: they count less")
        }
        Pattern::Lockstep => {
            format!(
                "{people} came in crowds and engaged with others who were crowded in the same week: they do not count"
            )
        }
    }
}

/// What the creator is compared with: its niches, as far as the model has rates of their own for them. Before a model
/// is fitted nothing is known of the tenant's creators, and the reason shall not claim it.
fn place_of_rates(snapshot: &TenantSnapshot, niches: &[&str]) -> String {
    let known = niches.iter().filter(|niche| snapshot.model.niches.contains_key(**niche));
    let known: Vec<&str> = known.map(|niche| name(snapshot, niche)).collect();
    match (&known[..], snapshot.model.version) {
        ([], 0) => "by the published default".to_owned(),
        ([], _) => "among all creators".to_owned(),
        (known, _) => format!("in {}", Listed(known)),
    }
}

fn evidence_reason(told: Told<'_>) -> Option<String> {
    let engagers = told.statistics.map_or(0, |sums| sums.engagers);
    (!is_measured(&told.components.loyalty)).then(|| match engagers {
        0 => "No engagement seen yet: loyalty is taken as usual in these niches".to_owned(),
        1 => "Only 1 person seen so far: loyalty is taken as usual in these niches".to_owned(),
        _ => format!("{engagers} people seen so far, too few or too briefly to measure loyalty: taken as usual in these niches"),
    })
}

fn is_measured(component: &Component) -> bool {
    component.status == Status::Measured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sponsorship::model::Returns;

    #[test]
    fn people_who_come_back_are_counted_in_words() {
        assert_eq!(
            returning(46, 2_340, 25.2, "as usual"),
            "46 of 2,340 people came back on another day, and 25 of them are expected again within 90 days: as usual"
        );
        assert!(returning(3, 9, 0.6, "x").contains("1 of them is expected again"));
        assert!(returning(3, 9, 0.4, "x").contains("none of them is expected again"));
        assert_eq!(returning(0, 8, 0.0, "x"), "None of 8 people came back on another day: x");
    }

    #[test]
    fn people_who_are_answered_are_counted_in_words() {
        let usual = || Some((Percent(0.3), "in Gaming"));
        assert_eq!(
            answered(31, 58, usual()).unwrap(),
            "31 of the 58 people who talk were answered; 30 % is usual in Gaming"
        );
        assert_eq!(answered(1, 1_200, None).unwrap(), "1 of the 1,200 people who talk was answered");
        assert!(
            answered(0, 58, usual()).unwrap().starts_with("None of the 58 people who talk was answered;")
        );
        assert!(answered(0, 1, usual()).unwrap().starts_with("The only person who talks was not answered"));
        assert_eq!((answered(0, 58, None), answered(0, 0, usual())), (None, None));
    }

    #[test]
    fn loyalty_differs_from_the_usual_only_beyond_its_uncertainty() {
        let compared = |value, low, high| compared_with_usual(&Estimate { value, low, high }, 0.1, "here");
        assert_eq!(compared(0.31, 0.2, 0.4), "3.1 times the loyalty usual here");
        assert_eq!(compared(1.0, 0.9, 1.0), "10 times the loyalty usual here");
        assert_eq!(compared(0.31, 0.1, 0.4), "about the loyalty usual here");
        assert_eq!(compared(0.05, 0.0, 0.09), "only 0.5 times the loyalty usual here");
        assert_eq!(compared(0.003, 0.0, 0.09), "less than a tenth of the loyalty usual here");
    }

    #[test]
    fn discounts_are_told_without_a_judgement() {
        assert_eq!(
            discount(Pattern::Crowd, 2_340),
            "2,340 people came in crowds, many times more than usual in a week: they do not count"
        );
        assert!(discount(Pattern::Drifter, 1).starts_with("1 person"));
    }

    #[test]
    fn who_comes_back_after_sponsored_posts_is_told_in_numbers() {
        let of = |people, returned| Returns { people, returned };
        let told = |sponsored, ordinary| sponsorship_reason(&UnderSponsorship { sponsored, ordinary });
        assert_eq!(
            told(of(80, 41), of(1_000, 550)).as_deref(),
            Some(
                "Of 80 loyal people who engaged with sponsored posts, 41 came back within 30 days; with ordinary ones, 550 of 1,000: no loss beyond chance"
            )
        );
        let lost = told(of(80, 11), of(1_000, 550));
        assert!(lost.is_some_and(|told| told.ends_with("550 of 1,000: a loss beyond chance")));
        assert_eq!(told(of(19, 0), of(100, 55)), None, "nothing is concluded from few");
    }
}
