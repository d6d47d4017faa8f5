//! Made-up fraud among real people: whoever is hired behaves like somebody honest, but for what he is hired for.

use super::super::history::{Act, DAY, History, MADE_UP};
use std::collections::{BTreeMap, BTreeSet};
use voci::demo::random::Random;

/// Accounts that sell likes.
const LIKERS: u32 = 10_000;
/// Accounts that come all at once.
const LOCKSTEP: u32 = 500;
const FIRST_OF_POD: u32 = LIKERS + LOCKSTEP;
/// Creators who engage with each other, the cheater included.
const POD: u32 = 30;
/// Acts towards others that each hired account copies from somebody honest, at most.
const CAMOUFLAGE: usize = 5;
/// Days before the cut in which crowds are told: from the first week of bought likes on.
const MEANWHILE_DAYS: i64 = 67;
/// Days before the cut on which bought likes begin and end, a burst comes, and a pod begins.
const LIKES_DAYS: (i64, i64) = (60, 30);
const LOCKSTEP_DAY: i64 = 45;
const POD_DAY: i64 = 90;
/// Numbers from here on are those of hired accounts and made-up creators. A made-up creator and its account have the same.
const FIRST: u32 = MADE_UP | 1 << 30;

/// Whom fraud is sent to: whoever pays for it, and whoever it shall harm.
#[derive(Clone, Copy)]
pub(crate) struct Targets {
    pub(crate) cheater: u32,
    pub(crate) rival: u32,
}

/// The kinds of fraud.
pub(crate) const KINDS: [&str; 3] = ["likes", "pod", "lockstep"];

/// Hired accounts with what they do besides.
pub(crate) struct Hired {
    /// What they do besides, by which they look like people.
    pub(crate) camouflage: Vec<Act>,
    likers: Vec<Model>,
    lockstep: Vec<Model>,
    pod: Vec<Model>,
}

/// A hired account: whom it is, and the honest relationship whose days and kinds it copies.
struct Model {
    account: u32,
    acts: Vec<Act>,
}

impl Hired {
    /// Hires accounts, each of which copies somebody honest.
    pub(crate) fn among(history: &History, past: &[Act]) -> Self {
        let mut by_person: BTreeMap<u32, Vec<Act>> = BTreeMap::new();
        for act in past {
            by_person.entry(act.engager).or_default().push(*act);
        }
        let people: Vec<Vec<Act>> = by_person.into_values().collect();
        let mut hired = Self { camouflage: vec![], likers: vec![], lockstep: vec![], pod: vec![] };
        let mut random = Random::new(history.acts.len() as u64);
        for number in 0..FIRST_OF_POD + POD - 1 {
            let Some(honest) = random.pick(&people) else { break };
            let account = FIRST + number;
            hired
                .camouflage
                .extend(honest.iter().rev().take(CAMOUFLAGE).map(|act| Act { engager: account, ..*act }));
            let one = random.pick(honest).map_or(0, |act| act.creator);
            let acts = honest.iter().filter(|act| act.creator == one).copied().collect();
            let group = match number {
                0..LIKERS => &mut hired.likers,
                LIKERS..FIRST_OF_POD => &mut hired.lockstep,
                _ => &mut hired.pod,
            };
            group.push(Model { account, acts });
        }
        hired.camouflage.sort_by_key(|act| act.second);
        hired
    }

    /// The creators of the pod, but for the cheater: their accounts are hired ones of the same number.
    pub(crate) fn pod_creators(&self) -> impl Iterator<Item = u32> {
        self.pod.iter().map(|model| model.account)
    }

    /// Everything that hired accounts do for those who hired them, before a cut in seconds; for each kind of fraud.
    pub(crate) fn acts(&self, targets: &[Targets; 3], history: &History, cut: i64) -> [Vec<Act>; 3] {
        let mut random = Random::new(cut.unsigned_abs());
        // What somebody does besides is done for others. In these weeks it would be lost with the fraud: it counted before, and that
        // would be taken for a gain or a loss by fraud. Rings are told by what their members do to each other alone.
        let is_target = |creator: u32| targets.iter().any(|of| creator == of.cheater || creator == of.rival);
        let busy: BTreeSet<u32> =
            self.meanwhile(cut).filter(|act| is_target(act.creator)).map(|act| act.engager).collect();
        let is_free = |model: &&Model| !busy.contains(&model.account);
        let [likes, pod, lockstep] = targets;
        let (from, to) = (cut - LIKES_DAYS.0 * DAY, cut - LIKES_DAYS.1 * DAY);
        let mut begin = || from + i64::from(random.below(u32::try_from(to - from).unwrap_or(1)));
        let both = |targets: &Targets| [targets.cheater, targets.rival];
        let likes = self.likers.iter().filter(is_free).flat_map(|model| {
            let begin = begin();
            both(likes).into_iter().flat_map(move |target| model.acts_for(target, begin, cut))
        });
        let likes = likes.collect();
        let mut second = || cut - LOCKSTEP_DAY * DAY + i64::from(random.below(3_600));
        let lockstep = self.lockstep.iter().filter(is_free).flat_map(|model| {
            let begin = second();
            both(lockstep).into_iter().flat_map(move |target| model.acts_for(target, begin, cut))
        });
        let lockstep = lockstep.collect();
        [likes, self.pod_acts(*pod, history, cut, &mut random), lockstep]
    }

    /// What hired accounts do besides in the weeks of the fraud.
    pub(crate) fn meanwhile(&self, cut: i64) -> impl Iterator<Item = &Act> {
        self.camouflage.iter().filter(move |act| act.second >= cut - MEANWHILE_DAYS * DAY)
    }

    /// Every member of a pod engages with every other one, and all of them with the rival, who does not answer.
    fn pod_acts(&self, targets: Targets, history: &History, cut: i64, random: &mut Random) -> Vec<Act> {
        let cheater = Model { account: history.account(targets.cheater), acts: vec![] };
        let mut acts = Vec::new();
        for model in self.pod.iter().chain([&cheater]) {
            let others = self.pod_creators().chain([targets.cheater]);
            let others = others.filter(|other| history.account(*other) != model.account);
            let rival = (model.account != cheater.account).then_some(targets.rival);
            for target in others.chain(rival) {
                let begin = cut - POD_DAY * DAY + i64::from(random.below(30 * 86_400));
                let pattern = random.pick(&self.pod).unwrap_or(model);
                acts.extend(
                    Model { account: model.account, acts: pattern.acts.clone() }.acts_for(target, begin, cut),
                );
            }
        }
        acts
    }
}

impl Model {
    /// The copied relationship, with another creator and from another moment on, as far as it lies before the cut.
    fn acts_for(&self, creator: u32, begin: i64, cut: i64) -> Vec<Act> {
        let Some(first) = self.acts.first().map(|act| act.second) else { return Vec::new() };
        let moved = self.acts.iter().map(|act| Act {
            engager: self.account,
            creator,
            second: begin + act.second - first,
            ..*act
        });
        moved.filter(|act| act.second < cut).collect()
    }
}
