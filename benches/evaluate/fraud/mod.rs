//! Does fraud pay, and does it harm others?
//!
//! To the past of each cut, hired accounts are added that behave like honest people (see `attack`). A service is told what
//! they do besides, and everybody's place is taken. Then they do what they are hired for: 10,000 bought likes, a pod of 30,
//! a burst of 500 in lockstep; each for a cheater in the middle of the ranking and, as sabotage, for a rival above. Places
//! are counted among all creators who have nothing to do with it.

mod attack;

use self::attack::{Hired, KINDS, Targets};
use super::{
    checks::Checks,
    database,
    harness::{
        Failure,
        report::{Measure, shown},
        stage::Stage,
    },
    history::{self, Act, COMMON, DAY, Declared, History, creator_id, person_id},
    recommend,
    returns::{CUTS, rankings::auc, split::Split},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use voci::{
    db::{DbError, Tx, patiently},
    ids::{CreatorKey, EngagerKey},
    relationships::store::load_creator,
    scores::{
        CreatorStatistics, clock, communities,
        discounts::{look::look, store as discounts},
        refit,
        store::scored,
    },
};

/// How long workers may be in the way, and time between trials.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(100);
/// Least people of creators whose losses are looked at.
const TELLING: i32 = 5;
/// Places between targets, from the middle of the ranking on; fewer where there are fewer creators.
const APART: usize = 40;
/// How many targets there are.
const TARGETS: usize = 6;

/// How one cut was judged.
struct Judged {
    auc: [f64; 3],
    gained: [f64; 3],
    lost: [f64; 3],
    honest_loss: (f64, f64),
}

/// Judges the discounts on one history, if there is one.
pub(crate) async fn run(measures: &mut Vec<Measure>, checks: &mut Checks) -> Result<(), Failure> {
    let Some(directory) = history::find() else { return Ok(()) };
    let history = history::read(&directory)?;
    let mut judged = Vec::new();
    for cut in CUTS {
        let Some(split) = Split::at(&history.acts, cut) else { continue };
        let Some(found) = judge(&history, &split, checks).await? else {
            println!("fraud: cut at {cut} %: not measured, there are too few creators to cheat among");
            continue;
        };
        println!("fraud: cut at {cut} %: {}", told(&found));
        judged.push(found);
    }
    if !judged.is_empty() {
        measures.extend(worst(&judged));
    }
    Ok(())
}

fn told(judged: &Judged) -> String {
    let each = |values: &[f64; 3]| {
        let each = KINDS.iter().zip(values).map(|(kind, value)| format!("{kind} {}", shown(*value)));
        each.collect::<Vec<_>>().join(", ")
    };
    format!(
        "AUC {}; places gained: {}; lost: {}; honest loss {}, 95 % of them less than {}",
        each(&judged.auc),
        each(&judged.gained),
        each(&judged.lost),
        shown(judged.honest_loss.0),
        shown(judged.honest_loss.1)
    )
}

/// `None`: there are too few creators to cheat among.
async fn judge(history: &History, split: &Split<'_>, checks: &mut Checks) -> Result<Option<Judged>, Failure> {
    let stage = Stage::start(2).await?;
    let hired = Hired::among(history, split.past);
    let creators = split.past.iter().map(|act| act.creator).chain(hired.pod_creators());
    // Everybody declares the same, so that all are in one ranking.
    history::register(&stage, history, creators, &Declared::new()).await?;
    split.tell(&stage, "past", split.past).await?;
    split.tell(&stage, "besides", &hired.camouflage).await?;
    settle(&stage).await?;
    let before = recommend::ranking(&stage.api, COMMON).await?;
    let Some(targets) = targets(&before, split.past) else {
        stage.stop().await?;
        return Ok(None);
    };
    let cut = i64::from(split.cut) * DAY;
    let acts = hired.acts(&targets, history, cut);
    for (kind, acts) in KINDS.iter().zip(&acts) {
        split.tell(&stage, kind, acts).await?;
    }
    settle(&stage).await?;
    let after = recommend::ranking(&stage.api, COMMON).await?;
    let involved: BTreeSet<String> = targets
        .iter()
        .flat_map(|targets| [targets.cheater, targets.rival])
        .chain(hired.pod_creators())
        // What is found out of those who were hired changes them, too.
        .chain(hired.meanwhile(cut).map(|act| act.creator))
        .map(creator_id)
        .collect();
    let place = |ranking: &[String], creator: u32| {
        let above = ranking.iter().take_while(|other| **other != creator_id(creator));
        above.filter(|other| !involved.contains(*other)).count() as f64
    };
    let moved = |creator: u32| place(&before, creator) - place(&after, creator);
    // So many creators are read that background work may have all connections for a while.
    let relationships = patiently(PATIENCE, PAUSE, || relationships(&stage, &after)).await?;
    let edge = |act: &Act| {
        let creator = CreatorKey::derive(stage.tenant, &creator_id(act.creator));
        (creator, EngagerKey::derive(&stage.secrets.engagers, &person_id(act.engager)))
    };
    let hired_edges = acts.each_ref().map(|acts| acts.iter().map(edge).collect::<BTreeSet<Edge>>());
    let all_hired = hired_edges.iter().flatten().copied().collect();
    let judged = Judged {
        auc: [0, 1, 2].map(|kind| relationships.auc(&hired_edges[kind], &all_hired)),
        gained: targets.map(|targets| moved(targets.cheater).max(0.0)),
        lost: targets.map(|targets| (-moved(targets.rival)).max(0.0)),
        honest_loss: relationships.honest_loss(&involved),
    };
    let name = format!("fraud at day {}: everybody is still ranked", split.cut);
    checks.equal(name, &after.len(), &before.len());
    stage.stop().await?;
    Ok(Some(judged))
}

/// Waits until everything is folded, looked through and scored, and the answers know it.
async fn settle(stage: &Stage) -> Result<(), Failure> {
    database::wait_until_folded(stage.pool()).await?;
    patiently(PATIENCE, PAUSE, || clock::advance_all(stage.pool())).await?;
    // What is dismissed is known before models are fitted to the rest.
    patiently(PATIENCE, PAUSE, || look(stage.pool(), stage.tenant, 1)).await?;
    database::wait_until_folded(stage.pool()).await?;
    patiently(PATIENCE, PAUSE, || refit::refit_all(stage.pool())).await?;
    patiently(PATIENCE, PAUSE, || communities::count_all(stage.pool())).await?;
    database::wait_until_folded(stage.pool()).await?;
    recommend::wait_until_current(&stage.api, COMMON).await?;
    Ok(())
}

/// Cheaters from the middle of the ranking on of those who have enough people to be measured, each with a rival above, and each far
/// from the next.
fn targets(ranking: &[String], past: &[Act]) -> Option<[Targets; 3]> {
    let mut people: HashMap<u32, BTreeSet<u32>> = HashMap::new();
    for act in past {
        people.entry(act.creator).or_default().insert(act.engager);
    }
    let measured = people.iter().filter(|(_, people)| people.len() >= 2 * TELLING as usize);
    let known: HashMap<String, u32> = measured.map(|(creator, _)| (creator_id(*creator), *creator)).collect();
    let honest: Vec<u32> = ranking.iter().filter_map(|id| known.get(id).copied()).collect();
    let (middle, apart) = (honest.len() / 2, APART.min(honest.len() / 2 / TARGETS));
    let at = |place: usize| honest[middle + place * apart];
    let pair = |number: usize| Targets { rival: at(2 * number), cheater: at(2 * number + 1) };
    (apart > 0).then(|| [0, 1, 2].map(pair))
}

/// A relationship.
type Edge = (CreatorKey, EngagerKey);

/// All relationships as the service sees them.
struct Relationships {
    /// What each of them is taken away for, 0 to 1.
    taken: BTreeMap<Edge, f64>,
    /// Statistics of each creator.
    creators: BTreeMap<String, CreatorStatistics>,
}

async fn relationships(stage: &Stage, creators: &[String]) -> Result<Relationships, DbError> {
    let mut all = Relationships { taken: BTreeMap::new(), creators: BTreeMap::new() };
    let tx = Tx::begin_snapshot(stage.pool()).await?;
    for id in creators {
        let key = CreatorKey::derive(stage.tenant, id);
        let scored = scored(tx.client(), key).await?.and_then(|scored| scored.statistics);
        let Some(sums) = scored else { continue };
        let found = discounts::found_of(&tx, &[key]).await?.remove(&key).unwrap_or_default();
        let discounts = sums.discounts(found);
        for (pair, relationship) in load_creator(&tx, key).await?.relationships {
            all.taken.insert(pair, 1.0 - discounts.weight(pair.1, &relationship));
        }
        all.creators.insert(id.clone(), sums);
    }
    tx.rollback().await?;
    Ok(all)
}

impl Relationships {
    /// The chance that a relationship of hired accounts is discounted more than one of anybody else, ties half. What
    /// hired accounts do for others is neither.
    fn auc(&self, hired: &BTreeSet<Edge>, all_hired: &BTreeSet<Edge>) -> f64 {
        let judged = self.taken.iter().filter(|(edge, _)| hired.contains(edge) || !all_hired.contains(edge));
        let (taken, is_hired): (Vec<f64>, Vec<bool>) =
            judged.map(|(edge, taken)| (*taken, hired.contains(edge))).unzip();
        auc(&taken, &is_hired)
    }

    /// What honest creators lose by discounts, of the strength of their relationships: half of them lose less than the first,
    /// 95 % less than the second.
    fn honest_loss(&self, involved: &BTreeSet<String>) -> (f64, f64) {
        let honest =
            self.creators.iter().filter(|(id, sums)| !involved.contains(*id) && sums.engagers >= TELLING);
        let loss = |sums: &CreatorStatistics| {
            sums.discounted.as_ref().map_or(0.0, |discounted| 1.0 - discounted.kept())
        };
        let mut losses: Vec<f64> = honest.map(|(_, sums)| loss(sums)).collect();
        losses.sort_by(f64::total_cmp);
        let of = |share: usize| losses.get((losses.len() - 1) * share / 100).copied().unwrap_or(f64::NAN);
        (of(50), of(95))
    }
}

/// The worst of all cuts.
fn worst(judged: &[Judged]) -> Vec<Measure> {
    let measure = |name, unit, value: f64, all: Vec<f64>, what: &str| {
        let all: Vec<String> = all.into_iter().map(shown).collect();
        Measure { name, value, unit, note: format!("{what}; cuts: {}", all.join(", ")) }
    };
    let aucs = ["fraud.likes_auc", "fraud.pod_auc", "fraud.lockstep_auc"].into_iter().enumerate();
    let aucs = aucs.map(|(kind, name)| {
        let all: Vec<f64> = judged.iter().map(|judged| judged.auc[kind]).collect();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        measure(name, "", least, all, "AUC of edge discounts, hired against all other relationships")
    });
    let most = |name, unit, of: fn(&Judged) -> f64, what| {
        let all: Vec<f64> = judged.iter().map(of).collect();
        let worst = all.iter().copied().reduce(f64::max).unwrap_or(f64::NAN);
        measure(name, unit, worst, all, what)
    };
    aucs.chain([
        most(
            "fraud.places_gained",
            "places",
            |judged| judged.gained.iter().copied().fold(0.0, f64::max),
            "by a cheater in the default ranking, the best of the three frauds",
        ),
        most(
            "fraud.places_lost",
            "places",
            |judged| judged.lost.iter().copied().fold(0.0, f64::max),
            "by a creator to whom fraud is sent by others, the worst of the three",
        ),
        most(
            "fraud.honest_loss",
            "share",
            |judged| judged.honest_loss.0,
            "of the strength of their relationships that honest creators lose by discounts, median",
        ),
    ])
    .collect()
}
