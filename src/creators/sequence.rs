//! Creators put one after another within one transaction: what becomes of each, and what is to be written in the end.

use super::{Profile, store::StoredCreator};
use crate::ids::CreatorKey;
use std::collections::{BTreeMap, HashMap};

/// A profile that shall be there under an id.
pub(super) struct Wanted<'a> {
    /// The creator.
    pub key: CreatorKey,
    /// The caller's id.
    pub creator_id: &'a str,
    /// The profile.
    pub profile: &'a Profile,
    /// Places of the niches it declares that do not exist.
    pub unknown_niches: Vec<usize>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Created,
    /// It replaced another profile.
    Replaced,
    /// It was there already.
    Unchanged,
    /// These declared niches (by place in the list) do not exist.
    UnknownNiches(Vec<usize>),
    /// An erasure of the same id has not ended.
    BeingErased,
}

/// A creator as it is to be written.
#[derive(Debug)]
pub(super) struct Registration<'a> {
    /// The creator.
    pub key: CreatorKey,
    /// The caller's id.
    pub creator_id: &'a str,
    /// The profile.
    pub profile: &'a Profile,
    /// The version it shall have.
    pub version: i64,
}

/// Keys of all creators that are named, sorted, each once.
pub(super) fn keys(wanted: &[Wanted<'_>]) -> Vec<CreatorKey> {
    let mut keys: Vec<CreatorKey> = wanted.iter().map(|wanted| wanted.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Keys of the creators that are not there and would be, unless they are being erased.
pub(super) fn new_keys(
    wanted: &[Wanted<'_>],
    present: &HashMap<CreatorKey, StoredCreator>,
) -> Vec<CreatorKey> {
    let valid = wanted.iter().filter(|wanted| wanted.unknown_niches.is_empty()).map(|wanted| wanted.key);
    let mut new: Vec<CreatorKey> = valid.filter(|key| !present.contains_key(key)).collect();
    new.sort_unstable();
    new.dedup();
    new
}

/// What becomes of each, in order, and what is to be written. `version_before` has the version that a new creator's goes
/// on from, and none while its id is being erased.
pub(super) fn apply<'a>(
    wanted: &[Wanted<'a>],
    present: &HashMap<CreatorKey, StoredCreator>,
    version_before: impl Fn(CreatorKey) -> Option<i64>,
) -> (Vec<Put>, Vec<Registration<'a>>) {
    let mut last: BTreeMap<CreatorKey, &Wanted<'a>> = BTreeMap::new();
    let outcomes = wanted.iter().map(|wanted| {
        let before = present.get(&wanted.key).map(|present| &present.profile);
        let state = last.get(&wanted.key).map(|put| put.profile).or(before);
        if state == Some(wanted.profile) {
            return Put::Unchanged;
        }
        if !wanted.unknown_niches.is_empty() {
            return Put::UnknownNiches(wanted.unknown_niches.clone());
        }
        if state.is_none() && version_before(wanted.key).is_none() {
            return Put::BeingErased;
        }
        let put = if state.is_some() { Put::Replaced } else { Put::Created };
        last.insert(wanted.key, wanted);
        put
    });
    let outcomes = outcomes.collect();
    let registrations = last.values().filter_map(|wanted| {
        let before = match present.get(&wanted.key) {
            // Put back to what it was.
            Some(present) if present.profile == *wanted.profile => return None,
            Some(present) => present.version,
            None => version_before(wanted.key)?,
        };
        let Wanted { key, creator_id, profile, .. } = **wanted;
        Some(Registration { key, creator_id, profile, version: before + 1 })
    });
    (outcomes, registrations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use jiff::Timestamp;
    use proptest::prelude::*;

    const IDS: [&str; 3] = ["ana", "bea", "carmen"];

    fn profile(bio: u8) -> Profile {
        Profile {
            display_name: "Ana".to_owned(),
            bio: bio.to_string(),
            country: "RO".to_owned(),
            region: None,
            city: None,
            languages: Vec::new(),
            values: Vec::new(),
            niches: Vec::new(),
            accounts: Vec::new(),
        }
    }

    fn key(id: usize) -> CreatorKey {
        CreatorKey::derive(TenantId(1), IDS[id])
    }

    fn stored(id: usize, bio: u8, version: i64) -> StoredCreator {
        let (created_at, updated_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        StoredCreator {
            creator_id: IDS[id].to_owned(),
            profile: profile(bio),
            version,
            created_at,
            updated_at,
        }
    }

    proptest! {
        #[test]
        fn together_they_leave_what_they_would_leave_one_by_one(
            puts in proptest::collection::vec((0..3_usize, 0..3_u8, proptest::bool::weighted(0.2)), 0..12),
            there in proptest::collection::vec(proptest::option::of(0..3_u8), 3),
            erased in proptest::collection::vec(prop_oneof![Just(None), Just(Some(0)), Just(Some(7_i64))], 3),
        ) {
            let profiles: Vec<Profile> = (0..3).map(profile).collect();
            let wanted: Vec<Wanted<'_>> = puts.iter().map(|(id, bio, unknown)| Wanted {
                key: key(*id),
                creator_id: IDS[*id],
                profile: &profiles[usize::from(*bio)],
                unknown_niches: if *unknown { vec![0] } else { Vec::new() },
            }).collect();
            let present: HashMap<CreatorKey, StoredCreator> = (0..3)
                .filter_map(|id| Some((key(id), stored(id, there[id]?, 5))))
                .collect();
            let version_before = |key_: CreatorKey| erased[(0..3).find(|id| key(*id) == key_).unwrap()];

            let (together, registrations) = apply(&wanted, &present, version_before);

            let (mut state, mut one_by_one) = (present.clone(), Vec::new());
            for put in &wanted {
                let (outcome, written) = apply(std::slice::from_ref(put), &state, version_before);
                one_by_one.extend(outcome);
                for Registration { key, profile, version, .. } in written {
                    let id = IDS.iter().position(|id| *id == put.creator_id).unwrap();
                    state.insert(key, StoredCreator { profile: profile.clone(), ..stored(id, 0, version) });
                }
            }
            prop_assert_eq!(together, one_by_one);
            let mut left = present.clone();
            for Registration { key, creator_id, profile, version } in registrations {
                let before = left.get(&key).map_or_else(|| version_before(key).unwrap(), |left| left.version);
                prop_assert_eq!(version, before + 1, "a version for each that is written");
                let id = IDS.iter().position(|id| *id == creator_id).unwrap();
                left.insert(key, StoredCreator { profile: profile.clone(), ..stored(id, 0, version) });
            }
            let profiles_of = |state: &HashMap<CreatorKey, StoredCreator>| -> BTreeMap<CreatorKey, String> {
                state.iter().map(|(key, stored)| (*key, stored.profile.bio.clone())).collect()
            };
            prop_assert_eq!(profiles_of(&left), profiles_of(&state));
        }
    }

    #[test]
    fn only_ids_that_would_be_new_have_their_tombstones_looked_for() {
        let profile = profile(1);
        let wanted = |id: usize, unknown: &[usize]| Wanted {
            key: key(id),
            creator_id: IDS[id],
            profile: &profile,
            unknown_niches: unknown.to_vec(),
        };
        let present = HashMap::from([(key(0), stored(0, 1, 1))]);
        let all = [wanted(0, &[]), wanted(1, &[0]), wanted(2, &[0]), wanted(2, &[])];
        assert_eq!(new_keys(&all, &present), [key(2)]);
        assert_eq!(keys(&all).len(), 3);
    }
}
