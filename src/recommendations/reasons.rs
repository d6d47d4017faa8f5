//! Why a creator is in the list, in words for a marketer.

use crate::{
    scores::{
        Components, CreatorStatistics,
        components::{Component, Status},
        discounts::Pattern,
        fit::Fit,
        interval::Estimate,
        model::Rates,
        nearness::Nearness,
    },
    snapshot::{Row, TenantSnapshot, packed::Details},
    sponsorship::{UnderSponsorship, model::RETURN_DAYS},
};
use std::fmt::Display;

/// Reasons, the most telling first. English.
#[must_use]
pub fn reasons(
    snapshot: &TenantSnapshot,
    asked: &[String],
    (row, details): (&Row<'_>, &Details),
    fit: &Fit,
) -> Vec<String> {
    let niches = snapshot.declared(row);
    let mut reasons = vec![fit_reason(snapshot, asked, &niches, fit.nearness.estimate.value)];
    reasons.extend(community_reason(snapshot, asked, row, &fit.nearness));
    reasons.extend(authority_reason(snapshot, asked, &fit.authority));
    reasons.extend(values_reason(fit.values));
    let told = Told {
        statistics: details.sums.statistics.as_ref(),
        components: &details.components,
        niches: &niches,
        sponsorship: details.sums.sponsorship.as_ref(),
    };
    reasons.extend(of_creator(snapshot, told));
    reasons
}

/// A creator of whom is told.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// Sums over its relationships.
    pub statistics: Option<&'a CreatorStatistics>,
    /// Its components.
    pub components: &'a Components,
    /// Declared niches.
    pub niches: &'a [String],
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

fn name<'a>(snapshot: &'a TenantSnapshot, niche: &'a str) -> &'a str {
    snapshot.tree.get(niche).map_or(niche, |niche| niche.names.en.as_str())
}

fn fit_reason(snapshot: &TenantSnapshot, asked: &[String], niches: &[String], fit: f64) -> String {
    let named = |wanted: bool| -> Vec<&str> {
        let niches = niches.iter().filter(|niche| asked.contains(niche) == wanted);
        niches.map(|niche| name(snapshot, niche)).collect()
    };
    declared(&named(true), &named(false), asked.len(), &percent(fit))
}

/// Which niches of the brief a creator declares, and which besides: both move the fit.
fn declared(shared: &[&str], besides: &[&str], asked: usize, fit: &str) -> String {
    let besides = listed(besides);
    let part = match (shared.len(), asked) {
        (0, _) if besides.is_empty() => {
            return format!("Declares no niche; its people are near the brief (nearness {fit})");
        }
        (0, _) => return format!("Declares {besides}, next to what the brief asks for (nearness {fit})"),
        (1, 1) => "the niche of the brief".to_owned(),
        (2, 2) => "both niches of the brief".to_owned(),
        (shared, asked) if shared == asked => format!("all {asked} niches of the brief"),
        (shared, asked) => format!("{shared} of the {asked} niches of the brief"),
    };
    let besides = if besides.is_empty() { besides } else { format!(", and {besides} besides") };
    format!("Declares {}, {part}{besides} (nearness {fit})", listed(shared))
}

/// Which niches two creators declare both, and how much alike all their niches are.
#[must_use]
pub fn declaring_too(snapshot: &TenantSnapshot, own: &Row<'_>, other: &Row<'_>, cosine: f64) -> String {
    let (own, theirs) = (snapshot.declared(own), snapshot.declared(other));
    let both: Vec<&str> =
        theirs.iter().filter(|niche| own.contains(niche)).map(|niche| name(snapshot, niche)).collect();
    let alike = percent(cosine);
    match (&both[..], &theirs[..]) {
        ([], []) => format!("Its people engage with much the same (niches {alike} alike)"),
        ([], _) => {
            let theirs: Vec<&str> = theirs.iter().map(|niche| name(snapshot, niche)).collect();
            format!("Declares {}, next to it (niches {alike} alike)", listed(&theirs))
        }
        (both, _) => format!("Declares {}, too (niches {alike} alike)", listed(both)),
    }
}

/// How many people engage with two creators.
#[must_use]
pub fn sharing_people(people: i64, overlap: f64) -> String {
    let (people, share) = (grouped(people), percent(overlap));
    format!("About {people} people engage with both: {share} of those of the one who has fewer")
}

/// Least people of a community that is worth a sentence.
const TOLD_PEOPLE: u32 = 10;

fn community_reason(
    snapshot: &TenantSnapshot,
    asked: &[String],
    row: &Row<'_>,
    near: &Nearness,
) -> Option<String> {
    let is_asked = |niche: u32| asked.iter().any(|asked| asked == snapshot.niche(niche));
    let shares = row.niches().community.iter().filter(|one| is_asked(one.niche));
    let share = percent(shares.map(|one| f64::from(one.share)).sum());
    let people = near.people;
    let told = people >= TOLD_PEOPLE && near.share > 0.0;
    told.then(|| {
        format!("{people} of its people also engage with other creators: {share} of that is in these niches")
    })
}

/// Authority that is worth a sentence: twice the usual loyal reach.
const TOLD_AUTHORITY: f64 = 2.0 / 3.0;

/// In a brief of several niches it is a mean, of which no such sentence is true.
fn authority_reason(snapshot: &TenantSnapshot, asked: &[String], authority: &Estimate) -> Option<String> {
    let [niche] = asked else { return None };
    (authority.low >= TOLD_AUTHORITY).then(|| {
        let times = authority.value / (1.0 - authority.value);
        format!("{times:.1} times the loyal people that are usual in {}", name(snapshot, niche))
    })
}

fn values_reason(shared: Option<f64>) -> Option<String> {
    let shared = shared.filter(|shared| *shared > 0.0)?;
    Some(format!("Shares values of the brief ({})", percent(shared)))
}

/// What a creator is compared with.
struct Usual {
    rates: Rates,
    place: String,
}

impl Usual {
    fn of(snapshot: &TenantSnapshot, niches: &[String]) -> Self {
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
    let people = grouped(engagers);
    let expected = match (loyal, expected.round()) {
        (0, _) => return format!("None of {people} people came back on another day: {compared}"),
        (_, ..1.0) => "none of them is".to_owned(),
        (_, 1.0) => "1 of them is".to_owned(),
        (_, many) => format!("{} of them are", grouped(many)),
    };
    let loyal = grouped(loyal);
    format!(
        "{loyal} of {people} people came back on another day, and {expected} expected again within 90 days: {compared}"
    )
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
        let share = percent(sums.counted_talking() / sums.counted_engagers().max(1.0));
        let (usual, place) = (percent(usual.rates.talk), &usual.place);
        format!(
            "{share} of its people talk, in replies or comments that say something; {usual} is usual {place}"
        )
    })
}

fn answers_reason(sums: &CreatorStatistics, told: Told<'_>, usual: &Usual) -> Option<String> {
    let Usual { rates, place } = usual;
    let usual = (rates.answer > 0.0).then(|| (percent(rates.answer), place.as_str()));
    let is_told = is_measured(&told.components.conversation);
    is_told.then(|| answered(sums.answered_engagers, sums.talking_engagers, usual))?
}

/// How many of those who talk the creator answered; nothing where no answers are known, as most feeds do not bring them.
fn answered(answered: i32, talking: i32, usual: Option<(String, &str)>) -> Option<String> {
    let is_told = talking > 0 && (answered > 0 || usual.is_some());
    if !is_told {
        return None;
    }
    let usual = usual.map_or_else(String::new, |(share, place)| format!("; {share} is usual {place}"));
    let people = match (answered, talking) {
        (0, 1) => "The only person who talks was not answered".to_owned(),
        (_, 1) => "The only person who talks was answered".to_owned(),
        (0, _) => format!("None of the {} people who talk was answered", grouped(talking)),
        (1, _) => format!("1 of the {} people who talk was answered", grouped(talking)),
        _ => format!("{} of the {} people who talk were answered", grouped(answered), grouped(talking)),
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
            grouped(sponsored.people),
            grouped(sponsored.returned),
            grouped(ordinary.returned),
            grouped(ordinary.people),
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
    let people = if people == 1 { "1 person".to_owned() } else { format!("{} people", grouped(people)) };
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
fn place_of_rates(snapshot: &TenantSnapshot, niches: &[String]) -> String {
    let known = niches.iter().filter(|niche| snapshot.model.niches.contains_key(*niche));
    let known: Vec<&str> = known.map(|niche| name(snapshot, niche)).collect();
    match (&known[..], snapshot.model.version) {
        ([], 0) => "by the published default".to_owned(),
        ([], _) => "among all creators".to_owned(),
        (known, _) => format!("in {}", listed(known)),
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

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.005 {
        return "under 1 %".to_owned();
    }
    format!("{:.0} %", share * 100.0)
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A whole number that is not negative, with commas between thousands.
pub(crate) fn grouped<N: Display>(number: N) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sponsorship::model::Returns;

    #[test]
    fn niches_of_the_brief_are_told_from_others() {
        assert_eq!(declared(&["A"], &[], 1, "100 %"), "Declares A, the niche of the brief (nearness 100 %)");
        assert_eq!(
            declared(&["A", "B"], &[], 2, "95 %"),
            "Declares A and B, both niches of the brief (nearness 95 %)"
        );
        assert_eq!(
            declared(&["A"], &["C", "D"], 2, "60 %"),
            "Declares A, 1 of the 2 niches of the brief, and C and D besides (nearness 60 %)"
        );
        assert_eq!(
            declared(&[], &["C"], 1, "45 %"),
            "Declares C, next to what the brief asks for (nearness 45 %)"
        );
    }

    #[test]
    fn people_who_are_shared_are_counted_in_words() {
        assert_eq!(
            sharing_people(1_430, 0.41),
            "About 1,430 people engage with both: 41 % of those of the one who has fewer"
        );
    }

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
        let usual = || Some(("30 %".to_owned(), "in Gaming"));
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

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [0, 999, 1_000, 20_000, 2_300_000].map(grouped),
            ["0", "999", "1,000", "20,000", "2,300,000"]
        );
        assert_eq!([0.0, 0.001, 0.05, 1.0].map(percent), ["0 %", "under 1 %", "5 %", "100 %"]);
        assert_eq!(listed(&["A", "B", "C"]), "A, B and C");
    }
}
