//! Everything about a creator that only answers need, packed into bytes: there are millions of creators and a page shows a
//! few of them.

use super::hot::Scores;
use crate::{
    creators::{Account, Platform},
    scores::{
        Components, CreatorStatistics,
        components::{Evidence, OF_CREATOR, Status},
        history::codec,
        interval::Estimate,
        nearness::narrow,
        people_sample::PeopleSample,
    },
    sponsorship::UnderSponsorship,
    trust::TrustSums,
};
use serde::{Deserialize, Serialize};

/// Which versions of its rows a creator was read from: profile, statistics, community, trust, sponsorship, growth.
pub type Stamp = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// Bytes of an account: platform, followers and whether they are known.
const ACCOUNT: usize = 6;
const VALUE: usize = 8;
/// Why bytes can be read.
const OWN: &str = "the bytes are those that were packed here";

/// What filters may ask of a few candidates, before the rest: it is read where it lies.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Head<'a> {
    /// The caller's id.
    pub creator_id: &'a str,
    accounts: &'a [u8],
    values: &'a [u8],
    people: &'a [u8],
    /// Loyal reach as it was published 30 days ago, when it was.
    pub reach_before: Option<f32>,
}

/// What goes into a head besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadParts<'a> {
    /// Its accounts.
    pub accounts: &'a [Account],
    /// Numbers of the values it names.
    pub values: &'a [u64],
    /// A few of its people.
    pub people: PeopleSample,
    /// Loyal reach as it was published 30 days ago, when it was.
    pub reach_before: Option<f64>,
}

/// What is only shown, as it is written: of the components that are measured just what is not beside it among the scores.
#[derive(Serialize)]
struct Written<'a> {
    stamp: Stamp,
    display_name: &'a str,
    raw: &'a [u8],
    sums: &'a Sums,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Read<'a> {
    stamp: Stamp,
    display_name: &'a str,
    raw: &'a [u8],
    sums: Sums,
}

/// What was summed up about a creator, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Sums over relationships, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// Its trusted people, once trust was looked at.
    pub trust: Option<TrustSums>,
    /// Its people after sponsored posts, once they were looked at.
    pub sponsorship: Option<UnderSponsorship>,
    /// Transactions that wrote the rows it was read from. They stand before the rest, to be read alone.
    #[serde(skip)]
    pub stamp: Stamp,
}

/// The components that are measured, on their own scales.
pub type Measured = [Option<Estimate>; OF_CREATOR];

/// What is known of a creator by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// Name shown to brands.
    pub display_name: String,
    /// Components that depend on the creator alone.
    pub components: Components,
    /// What they are computed from.
    pub sums: Sums,
}

impl Details {
    /// What the components rest on.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.sums.statistics.as_ref().map_or(Evidence::default(), evidence_of)
    }
}

/// What statistics rest on.
#[must_use]
pub fn evidence_of(sums: &CreatorStatistics) -> Evidence {
    Evidence { events: sums.events, engagers: sums.engagers, days: sums.observed_days() }
}

/// The bytes of a creator.
#[must_use]
pub fn pack(creator_id: &str, parts: HeadParts<'_>, details: &Details) -> Vec<u8> {
    let accounts: Vec<u8> = parts.accounts.iter().flat_map(account_bytes).collect();
    let values: Vec<u8> = parts.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let head = Head {
        creator_id,
        accounts: &accounts,
        values: &values,
        people: parts.people.bytes(),
        reach_before: parts.reach_before.map(narrow),
    };
    with_tail(postcard::to_allocvec(&head).expect(GROWS), details)
}

/// The bytes of a creator of whom other things are known by now.
#[must_use]
pub fn packed_again(before: &[u8], details: &Details) -> Vec<u8> {
    let (_, tail) = split(before);
    with_tail(before[..before.len() - tail.len()].to_vec(), details)
}

/// Why writing bytes does not fail.
const GROWS: &str = "memory grows and all fields can be written";

fn with_tail(head: Vec<u8>, details: &Details) -> Vec<u8> {
    let Details { display_name, components, sums } = details;
    let measured = components.in_order().into_iter().filter(|one| one.status == Status::Measured);
    let raw: Vec<u8> = measured.flat_map(|component| codec::encode_estimate(component.raw)).collect();
    let tail = Written { stamp: sums.stamp, display_name, raw: &raw, sums };
    postcard::to_extend(&tail, head).expect(GROWS)
}

/// The first part of a creator's bytes.
#[must_use]
pub fn head(packed: &[u8]) -> Head<'_> {
    split(packed).0
}

fn split(packed: &[u8]) -> (Head<'_>, &[u8]) {
    postcard::take_from_bytes(packed).expect(OWN)
}

/// The name and the measured components of the other part, without the rest.
#[must_use]
pub fn shown<'a>(packed: &'a [u8], scores: &Scores) -> (&'a str, Measured) {
    let ((_, display_name, raw), _): ((Stamp, &str, &[u8]), _) =
        postcard::take_from_bytes(split(packed).1).expect(OWN);
    (display_name, measured(raw, scores))
}

/// The other part, given what stands in for components that are not measured.
#[must_use]
pub fn details(packed: &[u8], scores: &Scores, stand_ins: &[Estimate; OF_CREATOR]) -> Details {
    let Read { stamp, display_name, raw, sums } = read(packed);
    let measured = measured(raw, scores);
    let components = scores.components(std::array::from_fn(|one| {
        measured[one].unwrap_or_else(|| codec::rounded(stand_ins[one]))
    }));
    Details { display_name: display_name.to_owned(), components, sums: Sums { stamp, ..sums } }
}

/// Name and sums of the other part.
#[must_use]
pub fn summed_up(packed: &[u8]) -> (String, Sums) {
    let Read { stamp, display_name, sums, .. } = read(packed);
    (display_name.to_owned(), Sums { stamp, ..sums })
}

fn read(packed: &[u8]) -> Read<'_> {
    postcard::from_bytes(split(packed).1).expect(OWN)
}

/// Which versions of its rows a creator was read from.
#[must_use]
pub fn stamp(packed: &[u8]) -> Stamp {
    postcard::take_from_bytes(split(packed).1).expect(OWN).0
}

fn measured(raw: &[u8], scores: &Scores) -> Measured {
    let mut raw = raw.as_chunks::<{ codec::ESTIMATE }>().0.iter();
    std::array::from_fn(|one| {
        scores.is_measured(one).then(|| codec::decode_estimate(raw.next().expect(OWN)).expect(OWN))
    })
}

fn account_bytes(account: &Account) -> [u8; ACCOUNT] {
    let [a, b, c, d] = account.followers.unwrap_or_default().to_le_bytes();
    [account.platform as u8, u8::from(account.followers.is_some()), a, b, c, d]
}

impl<'a> Head<'a> {
    /// Platforms and followers of the accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (Platform, Option<u32>)> + use<'a> {
        self.accounts.as_chunks::<ACCOUNT>().0.iter().filter_map(|[platform, is_known, followers @ ..]| {
            let followers = (*is_known == 1).then(|| u32::from_le_bytes(*followers));
            Some((Platform::from_code(i16::from(*platform))?, followers))
        })
    }

    /// Numbers of the values it names.
    pub fn values(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.values.as_chunks::<VALUE>().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// A few of its people.
    #[must_use]
    pub fn people(&self) -> PeopleSample {
        PeopleSample::of_bytes(self.people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scores::{
            ScoringModel,
            components::unmeasured,
            discounts::discounted::{Discounted, Taken},
        },
        sponsorship::model::Returns,
    };

    fn account(platform: Platform, followers: Option<u32>) -> Account {
        Account { platform, handle: "ana".to_owned(), followers, engager_key: None }
    }

    fn known() -> Details {
        let taken = Taken { engagers: 3.25, ..Taken::default() };
        let discounted =
            Discounted { taken, people: [1, 2, 3, 4, 5, 6], lost: [0.5; 6], ..Discounted::default() };
        let statistics = CreatorStatistics {
            engagers: 120,
            expected_back: 12.25,
            window: Some((19_000, 20_000)),
            discounted: Some(Box::new(discounted)),
            ..CreatorStatistics::default()
        };
        let returns = Returns { people: 30, returned: 11 };
        let model = ScoringModel::published_default();
        let components = Components::of(Some(&statistics), (None, None), &[], &model);
        Details {
            display_name: "Ana Verde, Cluj".to_owned(),
            components: codec::decode(&codec::encode(&components)).unwrap(),
            sums: Sums {
                statistics: Some(statistics),
                trust: Some(TrustSums { people: 7, mass: 1.5, ..TrustSums::default() }),
                sponsorship: Some(UnderSponsorship { sponsored: returns, ordinary: returns }),
                stamp: (17, Some(18), None, Some(-3), None, Some(4)),
            },
        }
    }

    fn scores() -> Scores {
        Scores::of(None, &known().components, 1)
    }

    fn unpacked(packed: &[u8]) -> Details {
        let stand_ins = unmeasured(&[], &ScoringModel::published_default());
        details(packed, &scores(), &stand_ins)
    }

    #[test]
    fn what_is_packed_is_read_as_it_was() {
        let accounts = [account(Platform::Instagram, Some(12_400)), account(Platform::TikTok, None)];
        let people = PeopleSample::of_bytes(&[9; 16]);
        let parts =
            HeadParts { accounts: &accounts, values: &[7, u64::MAX], people, reach_before: Some(0.0) };
        let packed = pack("ana-verde", parts, &known());
        let head = head(&packed);
        assert_eq!(head.creator_id, "ana-verde");
        let platforms = [(Platform::Instagram, Some(12_400)), (Platform::TikTok, None)];
        assert_eq!(head.accounts().collect::<Vec<_>>(), platforms);
        assert_eq!((head.values().collect::<Vec<_>>(), head.people()), (vec![7, u64::MAX], people));
        assert_eq!(head.reach_before, Some(0.0));
        assert_eq!(unpacked(&packed), known());
        let measured = known()
            .components
            .in_order()
            .map(|component| (component.status == Status::Measured).then_some(component.raw));
        assert_eq!(shown(&packed, &scores()), ("Ana Verde, Cluj", measured));
        assert!(measured.iter().any(Option::is_some) && measured.iter().any(Option::is_none));
    }

    #[test]
    fn what_is_known_changes_without_the_rest() {
        let accounts = [account(Platform::Instagram, Some(9))];
        let packed = pack("ana-verde", HeadParts { accounts: &accounts, ..HeadParts::default() }, &known());
        let after = Details { sums: Sums::default(), ..known() };
        let again = packed_again(&packed, &after);
        assert_eq!((unpacked(&again), head(&again).creator_id), (after, "ana-verde"));
        assert_eq!(head(&again).accounts().collect::<Vec<_>>(), [(Platform::Instagram, Some(9))]);
        assert!(again.len() < packed.len());
    }
}
