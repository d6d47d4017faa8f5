//! Do those come back whom Voci expects back?
//!
//! A history is cut at three moments. What was before each is told to a service of its own, shifted in time so that the cut
//! is now; then its answers are held against what people really did in the 90 days after. Nothing that came later is sent to
//! the service, so its fits know nothing of it. The priors they are drawn to were made from one such history, whole; with
//! as many returns as there are in it they weigh next to nothing.

mod judge;
pub(crate) mod rankings;
pub(crate) mod split;

use self::judge::Judged;
use super::{
    checks::Checks,
    harness::{
        Failure,
        report::{Measure, shown},
    },
    history,
    plots::{Line, against, bars},
};
use split::Split;

/// Where histories are cut: per cent of all acts, in the order of time.
pub(crate) const CUTS: [usize; 3] = [60, 70, 80];

/// Judges the loyalty of one history, if there is one.
pub(crate) async fn run(measures: &mut Vec<Measure>, checks: &mut Checks) -> Result<(), Failure> {
    let Some(directory) = history::find() else {
        println!("returns: no history in the data directory; left out");
        return Ok(());
    };
    let history = history::read(&directory)?;
    let mut judged = Vec::new();
    for cut in CUTS {
        let Some(split) = Split::at(&history.acts, cut) else {
            println!("returns: less than 90 days after {cut} % of the acts; this cut is left out");
            continue;
        };
        let found = judge::judge(&history, &split, checks).await?;
        println!("returns: cut at {cut} %: {found}");
        judged.push((cut, found));
    }
    if judged.is_empty() {
        return Ok(());
    }
    let plotted = plot(&judged);
    let judged: Vec<Judged> = judged.into_iter().map(|(_, found)| found).collect();
    measures.extend(worst(&judged));
    plotted
}

/// Plots what was judged at each cut: rankings beside simpler ones, and expected returns beside seen ones.
fn plot(judged: &[(usize, Judged)]) -> Result<(), Failure> {
    let groups = |of: fn(&Judged) -> Vec<f64>| -> Vec<(String, Vec<f64>)> {
        judged.iter().map(|(cut, found)| (format!("cut at {cut} %"), of(found))).collect()
    };
    bars(
        "reach.svg",
        "Who sees most people again within 90 days: nDCG@50",
        &["loyal reach", "number of people"],
        &groups(|found| vec![found.reach_ndcg50, found.people_ndcg50]),
    )?;
    bars(
        "share.svg",
        "Whose people return in the largest share: nDCG@50",
        &["loyalty", "engagement rate"],
        &groups(|found| vec![found.share_ndcg50, found.rate_ndcg50]),
    )?;
    // Shares of nothing have no place on a logarithmic scale.
    let seen = |found: &Judged| found.tenths.iter().copied().filter(|(_, seen)| *seen > 0.0).collect();
    let line = |(cut, found): &(usize, Judged)| Line { name: format!("cut at {cut} %"), points: seen(found) };
    let lines: Vec<Line> = judged.iter().map(line).collect();
    let axes = ("expected share of people who return", "seen share");
    against("calibration.svg", "Tenths of all relationships: expected and seen", axes, &lines)
}

/// The worst of all cuts.
fn worst(judged: &[Judged]) -> Vec<Measure> {
    let each = |of: fn(&Judged) -> f64| judged.iter().map(of).collect::<Vec<f64>>();
    let measure = |name, unit, value: f64, all: &[f64], what: &str| {
        let all: Vec<String> = all.iter().copied().map(shown).collect();
        Measure { name, value, unit, note: format!("{what}; cuts: {}", all.join(", ")) }
    };
    let least = |name, unit, of: fn(&Judged) -> f64, what| {
        let all = each(of);
        measure(name, unit, all.iter().copied().fold(f64::INFINITY, f64::min), &all, what)
    };
    let calibration = each(|judged| judged.calibration);
    let coverage = each(|judged| judged.coverage);
    let off = |coverage: &f64| (coverage - 0.8).abs();
    let known = coverage.iter().copied().filter(|coverage| coverage.is_finite());
    let furthest = known.max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(f64::NAN);
    vec![
        least(
            "loyalty.reach_ndcg50",
            "",
            |judged| judged.reach_ndcg50,
            "loyal reach against returning people, nDCG@50, creators with 5 or more people",
        ),
        least(
            "loyalty.reach_gain",
            "",
            |judged| judged.reach_gain,
            "the same minus that of the number of people",
        ),
        least(
            "loyalty.share_ndcg50",
            "",
            |judged| judged.share_ndcg50,
            "loyalty against the share of people returning, nDCG@50",
        ),
        least(
            "loyalty.share_vs_er",
            "x",
            |judged| judged.share_vs_er,
            "the same divided by that of the engagement rate (acts per person)",
        ),
        least(
            "loyalty.pair_auc",
            "",
            |judged| judged.pair_auc,
            "AUC of the chance of return over relationships",
        ),
        least(
            "loyalty.spearman_gain",
            "",
            |judged| judged.spearman_gain,
            "Spearman of loyal reach and returning people, minus that of the number of people",
        ),
        measure(
            "loyalty.calibration",
            "x",
            calibration.iter().copied().reduce(f64::max).unwrap_or(f64::NAN),
            &calibration,
            "expected against seen returns, or the other way round, in the worst tenth of the relationships with 50 or \
             more returns",
        ),
        measure(
            "loyalty.coverage",
            "",
            furthest,
            &coverage,
            "how often the 80 % interval of loyalty holds what was seen, in the worst band of creators by expected returns, \
             5 or more",
        ),
    ]
}
