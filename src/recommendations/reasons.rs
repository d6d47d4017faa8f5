//! Why a creator is in the list, in words for a marketer.

use crate::{
    scores::{
        components::{Component, Status},
        fit::Fit,
    },
    snapshot::{TenantSnapshot, chunk::Row},
};

/// Reasons, the most telling first. English.
#[must_use]
pub fn reasons(snapshot: &TenantSnapshot, asked: &[String], row: &Row, fit: &Fit) -> Vec<String> {
    let mut reasons = vec![fit_reason(snapshot, asked, row, fit.estimate.value)];
    reasons.extend(community_reason(asked, row, fit));
    reasons.extend(loyalty_reason(snapshot, row));
    reasons.extend(conversation_reason(row));
    reasons.extend(evidence_reason(row));
    reasons
}

fn name<'a>(snapshot: &'a TenantSnapshot, niche: &'a str) -> &'a str {
    snapshot.tree.get(niche).map_or(niche, |niche| niche.names.en.as_str())
}

fn fit_reason(snapshot: &TenantSnapshot, asked: &[String], row: &Row, fit: f64) -> String {
    let percent = percent(fit);
    let shared: Vec<&str> = row
        .cold
        .niches
        .iter()
        .filter(|niche| asked.contains(niche))
        .map(|niche| name(snapshot, niche))
        .collect();
    if shared.is_empty() {
        let near: Vec<&str> = row.cold.niches.iter().map(|niche| name(snapshot, niche)).take(3).collect();
        return format!("Declares {}, next to what the brief asks for (fit {percent})", listed(&near));
    }
    format!("Declares {}, which the brief asks for (fit {percent})", listed(&shared))
}

/// Least people of a community that is worth a sentence.
const TOLD_PEOPLE: u32 = 10;

fn community_reason(asked: &[String], row: &Row, fit: &Fit) -> Option<String> {
    let shares = row.cold.community.shares.iter().filter(|(niche, _)| asked.contains(niche));
    let share = percent(shares.map(|(_, share)| share).sum());
    let people = fit.people;
    let told = people >= TOLD_PEOPLE && fit.share > 0.0;
    told.then(|| {
        format!("{people} of its people also engage with other creators: {share} of that is in these niches")
    })
}

fn loyalty_reason(snapshot: &TenantSnapshot, row: &Row) -> Option<String> {
    let sums = row.cold.statistics.as_ref()?;
    let loyalty = &row.cold.components.loyalty;
    if loyalty.status == Status::Insufficient {
        return None;
    }
    let back = sums.expected_back.round();
    let usual = snapshot.model.rates_for(&row.cold.niches).loyalty;
    let compared = compared_with_usual(loyalty, usual);
    Some(format!("{} people engaged, {back} are expected back within 90 days: {compared}", sums.engagers))
}

fn compared_with_usual(loyalty: &Component, usual: f64) -> String {
    let ratio = loyalty.raw.value / usual.max(1e-9);
    if loyalty.raw.low > usual {
        format!("{ratio:.1} times the loyalty usual in these niches")
    } else if loyalty.raw.high < usual {
        format!("less loyal than usual in these niches ({ratio:.1} times)")
    } else {
        "about the loyalty usual in these niches".to_owned()
    }
}

fn conversation_reason(row: &Row) -> Option<String> {
    let sums = row.cold.statistics.as_ref()?;
    let talkers = sums.talking_engagers;
    let told = row.cold.components.conversation.status == Status::Measured && talkers > 0;
    let share = percent(f64::from(talkers) / f64::from(sums.engagers.max(1)));
    told.then(|| format!("{talkers} of them talk, with comments that say something or replies ({share})"))
}

fn evidence_reason(row: &Row) -> Option<String> {
    let engagers = row.cold.statistics.as_ref().map_or(0, |sums| sums.engagers);
    let unmeasured = row.cold.components.loyalty.status == Status::Insufficient;
    unmeasured.then(|| match engagers {
        0 => "No engagement seen yet: loyalty is taken as usual in these niches".to_owned(),
        1 => "Only 1 person seen so far: loyalty is taken as usual in these niches".to_owned(),
        _ => format!("{engagers} people seen so far, too few or too briefly to measure loyalty: taken as usual in these niches"),
    })
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "no niche".to_owned(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
