//! Tells a service what was before a cut, and holds its answers against what came after.

use super::{
    super::{
        checks::Checks,
        database,
        harness::{Failure, report::shown, stage::Stage},
        history::{self, Act, Declared, History as Acts, creator_id, person_id},
    },
    rankings::{auc, ndcg, spearman},
    split::{People, Split},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use voci::{
    db::Tx,
    ids::{CreatorKey, EngagerKey},
    relationships::days::Day,
    scores::{
        ScoringModel, clock,
        discounts::{Discounts, store::found_of},
        liveness::Liveness,
        model::LOYALTY_PRIOR_WEIGHT,
        recalibration::History,
        refit,
        store::models::in_force,
    },
};

/// Requests under way at once.
const CLIENTS: usize = 8;
/// Least people of creators that are ranked.
const RANKED: f64 = 5.0;
/// Places that count in a ranking.
const PLACES: usize = 50;
/// Returns of a tenth of the relationships at which its calibration says something.
const TELLING_RETURNS: f64 = 50.0;
/// Bands of creators by expected returns, from this many on.
const BANDS: [f64; 3] = [5.0, 10.0, 20.0];
/// Fewest creators of a band; smaller ones join the one before.
const TELLING_CREATORS: usize = 20;
/// A count is taken as spread evenly over one unit, in so many steps.
const STEPS: u32 = 100;

/// How well one cut was judged.
pub(crate) struct Judged {
    pub(crate) reach_ndcg50: f64,
    pub(crate) reach_gain: f64,
    pub(crate) share_ndcg50: f64,
    pub(crate) share_vs_er: f64,
    pub(crate) pair_auc: f64,
    pub(crate) spearman_gain: f64,
    pub(crate) calibration: f64,
    pub(crate) coverage: f64,
    pub(crate) people_ndcg50: f64,
    pub(crate) rate_ndcg50: f64,
    /// Expected and seen share of people who return, by tenths of the relationships from the least expected on.
    pub(crate) tenths: Vec<(f64, f64)>,
    relationships: usize,
    returns: usize,
    bands: Vec<(f64, usize, f64)>,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bands = self.bands.iter().map(|(from, creators, held)| {
            format!("{creators} creators from {from} expected: {}", shown(*held))
        });
        write!(
            f,
            "{} relationships, {} returns; reach {} (+{}), share {} ({} x), AUC {}, Spearman +{}, calibration {}, \
             coverage {}",
            self.relationships,
            self.returns,
            shown(self.reach_ndcg50),
            shown(self.reach_gain),
            shown(self.share_ndcg50),
            shown(self.share_vs_er),
            shown(self.pair_auc),
            shown(self.spearman_gain),
            shown(self.calibration),
            bands.collect::<Vec<_>>().join(", ")
        )
    }
}

/// What the service says of a creator, and what its people did.
struct Creator {
    id: u32,
    reach: f64,
    loyalty: f64,
    low: f64,
    high: f64,
    mature: f64,
    people: f64,
    acts: f64,
    returned: f64,
    loyal_returned: f64,
    /// The loyalty that is usual in its niches.
    usual: f64,
}

/// A relationship: its chance of return, and whether it came true.
type Pair = (f64, bool);

/// Judges one cut.
pub(crate) async fn judge(history: &Acts, split: &Split<'_>, checks: &mut Checks) -> Result<Judged, Failure> {
    let stage = Stage::start(2).await?;
    let people = split.people();
    let declared = history::declared(split.past);
    load_past(&stage, history, split, &declared).await?;
    clock::advance_all(stage.pool()).await?;
    refit::refit_all(stage.pool()).await?;
    database::wait_until_folded(stage.pool()).await?;
    let model = in_force(&stage.pool().get().await?, stage.tenant).await?.model;
    let creators = answers(&stage, split, &people, |creator| usual(&model, &declared, creator)).await?;
    let pairs = pairs(&stage, split, &people, &model).await?;
    check(checks, &creators, &pairs, split);
    stage.stop().await?;
    let pairs: Vec<Pair> = pairs.into_values().flatten().map(|judged| judged.pair).collect();
    Ok(judged(&creators, &pairs))
}

/// The loyalty that is usual in the niches of a creator.
fn usual(model: &ScoringModel, declared: &Declared, creator: u32) -> f64 {
    model.rates_for(&history::declared_by(declared, creator)).loyalty
}

async fn load_past(
    stage: &Stage,
    history: &Acts,
    split: &Split<'_>,
    declared: &Declared,
) -> Result<(), Failure> {
    history::register(stage, history, split.past.iter().map(|act| act.creator), declared).await?;
    split.tell(stage, "past", split.past).await?;
    database::wait_until_folded(stage.pool()).await
}

async fn answers(
    stage: &Stage,
    split: &Split<'_>,
    people: &BTreeMap<u32, People>,
    usual: impl Fn(u32) -> f64,
) -> Result<Vec<Creator>, Failure> {
    let mut acts: BTreeMap<u32, u32> = BTreeMap::new();
    split.past.iter().for_each(|act| *acts.entry(act.creator).or_default() += 1);
    let asked = stream::iter(people).map(async |(id, people)| {
        let receipt: Value = stage.api.get(&format!("/v1/creators/{}/scores", creator_id(*id))).await?;
        let back = |engager: &u32| split.back.contains(&(*engager, *id));
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let loyalty = &receipt["components"][0];
        Ok::<_, Failure>(Creator {
            id: *id,
            reach: number(&receipt["statistics"]["loyal_reach"]),
            mature: number(&receipt["statistics"]["mature_engagers"]),
            people: number(&receipt["statistics"]["engagers"]),
            loyalty: number(&loyalty["value"]),
            low: number(&loyalty["low"]),
            high: number(&loyalty["high"]),
            acts: f64::from(acts.get(id).copied().unwrap_or_default()),
            returned: people.keys().filter(|engager| back(engager)).count() as f64,
            loyal_returned: people.iter().filter(|(engager, days)| days.len() > 1 && back(engager)).count()
                as f64,
            usual: usual(*id),
        })
    });
    let mut creators: Vec<Creator> = asked.buffer_unordered(CLIENTS).try_collect().await?;
    creators.sort_by_key(|creator| creator.id);
    Ok(creators)
}

/// A relationship as the service should see it: whether its person is loyal, what it counts as, its chance of return and
/// whether it came true.
struct Judgement {
    is_loyal: bool,
    weight: f64,
    pair: Pair,
}

/// Chances of return as anybody can recompute them from the published model, by creator.
async fn pairs(
    stage: &Stage,
    split: &Split<'_>,
    people: &BTreeMap<u32, People>,
    model: &ScoringModel,
) -> Result<BTreeMap<u32, Vec<Judgement>>, Failure> {
    let keys: Vec<CreatorKey> =
        people.keys().map(|creator| CreatorKey::derive(stage.tenant, &creator_id(*creator))).collect();
    let tx = Tx::begin_snapshot(stage.pool()).await?;
    let mut found = found_of(&tx, &keys).await?;
    tx.rollback().await?;
    // The service was told of everything so many days later: weeks begin on other days.
    let later = split.days_later();
    let key = |engager: &u32| EngagerKey::derive(&stage.secrets.engagers, &person_id(*engager));
    let of = |((creator, people), creator_key): ((&u32, &People), &CreatorKey)| {
        let found = found.remove(creator_key).unwrap_or_default();
        let came = |days: &BTreeSet<Day>| Some(days.first()? + later);
        let people_came = people.iter().filter_map(|(engager, days)| Some((key(engager), came(days)?)));
        let discounts = Discounts::of_arrivals(people_came, found, &[]);
        let weight = |engager: &u32, days: &BTreeSet<Day>| {
            discounts.discount_since(key(engager), came(days)).map_or(1.0, |discount| discount.weight)
        };
        let weighed = people.iter().map(|(engager, days)| (engager, days, weight(engager, days)));
        (*creator, judgements(*creator, &weighed.collect::<Vec<_>>(), split, model))
    };
    Ok(people.iter().zip(&keys).map(of).collect())
}

fn judgements(
    creator: u32,
    people: &[(&u32, &BTreeSet<Day>, f64)],
    split: &Split<'_>,
    model: &ScoringModel,
) -> Vec<Judgement> {
    // The service's clock: the last day on which anything was seen.
    let until = split.past.last().map_or(split.cut, Act::day);
    let counted = people.iter().filter(|(.., weight)| *weight >= 0.5);
    let engaged: BTreeSet<Day> = counted.flat_map(|(_, days, _)| days.iter().copied()).collect();
    let liveness = Liveness::at(until, &engaged.into_iter().collect::<Vec<_>>());
    let judged = people.iter().filter_map(|(engager, days, weight)| {
        let days: Vec<Day> = days.iter().copied().collect();
        let chance = model.chance_of_return(History::of(&days, until)?, liveness);
        let pair = (chance, split.back.contains(&(**engager, creator)));
        Some(Judgement { is_loyal: days.len() > 1, weight: *weight, pair })
    });
    judged.collect()
}

fn check(
    checks: &mut Checks,
    creators: &[Creator],
    pairs: &BTreeMap<u32, Vec<Judgement>>,
    split: &Split<'_>,
) {
    let reach = |id: &u32| -> f64 {
        let pairs = pairs.get(id).into_iter().flatten();
        pairs.filter(|judged| judged.is_loyal).map(|judged| judged.weight * judged.pair.0).sum()
    };
    let wrong = |creator: &&Creator| {
        let off = (creator.reach - reach(&creator.id)).abs();
        off.is_nan() || off > 1e-6 * creator.reach.max(1.0)
    };
    let wrong: Vec<u32> = creators.iter().filter(wrong).map(|creator| creator.id).collect();
    let name = format!(
        "returns at day {}: every loyal reach is what the published model makes of the history",
        split.cut
    );
    checks.equal(name, &wrong, &Vec::new());
}

fn judged(creators: &[Creator], pairs: &[Pair]) -> Judged {
    let ranked: Vec<&Creator> = creators.iter().filter(|creator| creator.people >= RANKED).collect();
    let column = |of: fn(&Creator) -> f64| ranked.iter().map(|creator| of(creator)).collect::<Vec<f64>>();
    let (reach, people, returned) =
        (column(|one| one.reach), column(|one| one.people), column(|one| one.returned));
    let (loyalty, share) = (column(|one| one.loyalty), column(|one| one.returned / one.people));
    let engagement_rate = column(|one| one.acts / one.people);
    let (chances, back): (Vec<f64>, Vec<bool>) = pairs.iter().copied().unzip();
    let [reach_ndcg50, people_ndcg50] = [&reach, &people].map(|scores| ndcg(scores, &returned, PLACES));
    let [share_ndcg50, rate_ndcg50] = [&loyalty, &engagement_rate].map(|scores| ndcg(scores, &share, PLACES));
    let (bands, tenths) = (coverage(&ranked), tenths(pairs));
    let off = |(.., held): &&(f64, usize, f64)| (held - 0.8).abs();
    let full = bands.iter().filter(|(_, creators, _)| *creators > 0);
    Judged {
        reach_ndcg50,
        reach_gain: reach_ndcg50 - people_ndcg50,
        share_ndcg50,
        share_vs_er: share_ndcg50 / rate_ndcg50,
        pair_auc: auc(&chances, &back),
        spearman_gain: spearman(&reach, &returned) - spearman(&people, &returned),
        calibration: calibration(&tenths),
        coverage: full.max_by(|a, b| off(a).total_cmp(&off(b))).map_or(f64::NAN, |band| band.2),
        people_ndcg50,
        rate_ndcg50,
        tenths: tenths
            .iter()
            .map(|tenth| (tenth.expected / tenth.people, tenth.seen / tenth.people))
            .collect(),
        relationships: pairs.len(),
        returns: back.iter().filter(|back| **back).count(),
        bands,
    }
}

/// A tenth of the relationships: its people, and how many of them were expected and seen back.
struct Tenth {
    people: f64,
    expected: f64,
    seen: f64,
}

/// Tenths of the relationships, from the least expected on.
fn tenths(pairs: &[Pair]) -> Vec<Tenth> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let tenth = |tenth: &[Pair]| Tenth {
        people: tenth.len() as f64,
        expected: tenth.iter().map(|(chance, _)| chance).sum(),
        seen: tenth.iter().filter(|(_, back)| *back).count() as f64,
    };
    sorted.chunks(sorted.len().div_ceil(10).max(1)).map(tenth).collect()
}

/// How far off the expected returns are in the worst tenth that says something, as a factor; not a number when none does.
fn calibration(tenths: &[Tenth]) -> f64 {
    let telling = tenths.iter().filter(|tenth| tenth.seen >= TELLING_RETURNS);
    let factors = telling.map(|tenth| (tenth.expected / tenth.seen).max(tenth.seen / tenth.expected));
    factors.reduce(f64::max).unwrap_or(f64::NAN)
}

/// How often the interval holds the loyalty that was seen: first expected returns, creators and share of each band.
fn coverage(creators: &[&Creator]) -> Vec<(f64, usize, f64)> {
    let mut bands: Vec<(f64, Vec<f64>)> = Vec::new();
    for (place, from) in BANDS.into_iter().enumerate() {
        let to = BANDS.get(place + 1).copied().unwrap_or(f64::INFINITY);
        let members = creators.iter().filter(|creator| (from..to).contains(&creator.reach));
        let held: Vec<f64> = members.map(|creator| held(creator)).collect();
        match bands.last_mut() {
            Some((_, before)) if held.len() < TELLING_CREATORS => before.extend(held),
            _ => bands.push((from, held)),
        }
    }
    bands
        .into_iter()
        .map(|(from, held)| (from, held.len(), held.iter().sum::<f64>() / held.len() as f64))
        .collect()
}

/// How much of what was seen lies in the interval. A count is a whole number: it is taken as spread evenly around itself,
/// so that few returns do not make intervals look better or worse than they are.
fn held(creator: &Creator) -> f64 {
    let inside = (0..STEPS).filter(|step| {
        let seen = creator.loyal_returned + (f64::from(*step) + 0.5) / f64::from(STEPS) - 0.5;
        let loyalty = (seen + LOYALTY_PRIOR_WEIGHT * creator.usual) / (creator.mature + LOYALTY_PRIOR_WEIGHT);
        (creator.low..creator.high).contains(&loyalty)
    });
    inside.count() as f64 / f64::from(STEPS)
}
