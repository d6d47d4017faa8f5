//! What becomes of posts that are sent together: each is applied to what is there after the one before.

use super::model::{Counts, Outcome, Post, PostRef, Snapshot, Submission};
use crate::ids::CreatorKey;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A post that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// The post.
    pub post: Post,
    /// Its version before anything was applied; `None`: it is new.
    pub version: Option<i64>,
    /// What there is of its counts.
    pub counted: Option<Counted>,
}

/// What there is of the counts of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Time of the first.
    pub first: Timestamp,
    /// Time of the newest.
    pub newest: Timestamp,
    /// How many snapshots.
    pub snapshots: i32,
}

impl Counted {
    fn with(before: Option<Self>, as_of: Timestamp) -> Self {
        let Self { first, newest, snapshots } =
            before.unwrap_or(Self { first: as_of, newest: as_of, snapshots: 0 });
        Self { first: first.min(as_of), newest: newest.max(as_of), snapshots: snapshots.saturating_add(1) }
    }
}

/// Posts and counts, as far as they matter for what is sent, and what is to be written.
#[derive(Debug, Default)]
pub struct Ledger {
    creators: HashSet<CreatorKey>,
    posts: HashMap<PostRef, Present>,
    counts: HashMap<(PostRef, Timestamp), Counts>,
    ids: BTreeMap<PostRef, String>,
    added: BTreeSet<(PostRef, Timestamp)>,
    retold: BTreeSet<CreatorKey>,
}

impl Ledger {
    /// A ledger of what is there: of what is named, the registered creators, the posts, and the counts as of the times
    /// that are named.
    #[must_use]
    pub fn new(
        creators: HashSet<CreatorKey>,
        posts: HashMap<PostRef, Present>,
        counts: HashMap<(PostRef, Timestamp), Counts>,
    ) -> Self {
        Self { creators, posts, counts, ..Self::default() }
    }

    /// True for a registered creator.
    #[must_use]
    pub fn knows(&self, creator: CreatorKey) -> bool {
        self.creators.contains(&creator)
    }

    /// The version of a post before anything was applied; `None`: it is not there.
    #[must_use]
    pub fn version(&self, post_ref: PostRef) -> Option<i64> {
        self.posts.get(&post_ref)?.version
    }

    /// Applies what was sent, all of it or nothing.
    pub fn apply(&mut self, sent: &Submission) -> Outcome {
        if !self.knows(sent.post_ref.0) {
            return Outcome::UnknownCreator;
        }
        let present = self.posts.get(&sent.post_ref);
        let counted = present.and_then(|present| present.counted);
        if counted.is_some_and(|counted| counted.first < sent.post.published_at) {
            return Outcome::CountedBeforePublication;
        }
        let known = sent.metrics.and_then(|metrics| self.counts.get(&(sent.post_ref, metrics.as_of)));
        if known.is_some_and(|known| sent.metrics.is_some_and(|metrics| metrics.counts != *known)) {
            return Outcome::MetricsConflict;
        }
        let new_metrics = sent.metrics.filter(|_| known.is_none());
        let outcome = match present {
            None => Outcome::Created,
            Some(present) if present.post == sent.post && new_metrics.is_none() => return Outcome::Unchanged,
            Some(_) => Outcome::Replaced,
        };
        self.note(sent, new_metrics);
        outcome
    }

    fn note(&mut self, sent: &Submission, new_metrics: Option<Snapshot>) {
        let before = self.posts.get(&sent.post_ref);
        let (version, counted) = before.map_or((None, None), |before| (before.version, before.counted));
        if tells_otherwise(before.map(|before| &before.post), &sent.post) {
            self.retold.insert(sent.post_ref.0);
        }
        let counted = new_metrics.map(|metrics| Counted::with(counted, metrics.as_of)).or(counted);
        self.posts.insert(sent.post_ref, Present { post: sent.post.clone(), version, counted });
        self.ids.insert(sent.post_ref, sent.post_id.clone());
        if let Some(metrics) = new_metrics {
            self.counts.insert((sent.post_ref, metrics.as_of), metrics.counts);
            self.added.insert((sent.post_ref, metrics.as_of));
        }
    }

    /// Posts to be written with their ids, in the order of their keys.
    pub fn changed(&self) -> impl Iterator<Item = (PostRef, &str, &Present)> {
        self.ids.iter().map(|(post_ref, id)| (*post_ref, id.as_str(), &self.posts[post_ref]))
    }

    /// Counts to be written, in the order of their keys.
    pub fn added(&self) -> impl Iterator<Item = (PostRef, Timestamp, &Counts)> {
        self.added.iter().map(|key| (key.0, key.1, &self.counts[key]))
    }

    /// Creators with posts to be written.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<CreatorKey> {
        self.ids.keys().map(|post_ref| post_ref.0).collect()
    }

    /// Those of them who may post about something else than before.
    #[must_use]
    pub fn retold(&self) -> &BTreeSet<CreatorKey> {
        &self.retold
    }
}

/// Whether a post tells something else of what its creator posts about than it did before.
fn tells_otherwise(before: Option<&Post>, now: &Post) -> bool {
    fn told(post: &Post) -> Option<(Timestamp, &[String])> {
        let tells = !post.topics.is_empty() && !post.sponsored;
        tells.then_some((post.published_at, post.topics.as_slice()))
    }
    before.and_then(told) != told(now)
}

#[cfg(test)]
mod tests {
    use super::{
        super::model::post_ref,
        Outcome::{CountedBeforePublication, Created, MetricsConflict, Replaced, Unchanged, UnknownCreator},
        *,
    };
    use crate::{creators::Platform, ids::TenantId};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn sent(id: &str, published: i64, metrics: Option<(i64, i64)>) -> Submission {
        Submission {
            post_ref: post_ref(TenantId(1), "ana", id),
            post_id: id.to_owned(),
            post: Post {
                published_at: at(published),
                platform: Platform::TikTok,
                topics: Vec::new(),
                sponsored: false,
                brand: None,
            },
            metrics: metrics.map(|(as_of, likes)| Snapshot {
                as_of: at(as_of),
                counts: Counts { likes: Some(likes), ..Counts::default() },
            }),
        }
    }

    fn empty() -> Ledger {
        let ana = post_ref(TenantId(1), "ana", "a").0;
        Ledger::new(HashSet::from([ana]), HashMap::new(), HashMap::new())
    }

    fn apply(ledger: &mut Ledger, all: &[Submission]) -> Vec<Outcome> {
        all.iter().map(|sent| ledger.apply(sent)).collect()
    }

    #[test]
    fn each_post_is_applied_to_what_the_one_before_left() {
        let all = [
            sent("a", 10, None),
            sent("a", 10, None),
            sent("a", 10, Some((20, 5))),
            sent("a", 10, Some((20, 5))),
            sent("a", 11, Some((20, 6))),
            sent("a", 12, None),
            sent("a", 21, None),
            sent("a", 12, Some((15, 1))),
            sent("b", 1, Some((1, 1))),
        ];
        let mut ledger = empty();
        let outcomes = [
            Created,
            Unchanged,
            Replaced,
            Unchanged,
            MetricsConflict,
            Replaced,
            CountedBeforePublication,
            Replaced,
            Created,
        ];
        assert_eq!(apply(&mut ledger, &all), outcomes);
        let a = &ledger.posts[&all[0].post_ref];
        let counted = Counted { first: at(15), newest: at(20), snapshots: 2 };
        assert_eq!((a.post.published_at, a.counted), (at(12), Some(counted)));
        assert_eq!((ledger.changed().count(), ledger.added().count(), ledger.touched().len()), (2, 3, 1));
    }

    #[test]
    fn a_creator_posts_about_something_else_when_topics_come_change_or_go() {
        let topic = |topics: &[&str], sponsored, metrics| {
            let mut sent = sent("a", 10, metrics);
            sent.post.topics = topics.iter().map(ToString::to_string).collect();
            sent.post.sponsored = sponsored;
            sent
        };
        let retold = |before: &Submission, now: &Submission| {
            let mut ledger = empty();
            ledger.apply(before);
            let mut after = Ledger { retold: BTreeSet::new(), ..ledger };
            after.apply(now);
            !after.retold().is_empty()
        };
        let [plain, yoga] = [topic(&[], false, None), topic(&["yoga"], false, None)];
        let (paid, counted) = (topic(&["yoga"], true, None), topic(&["yoga"], false, Some((20, 5))));
        assert!(
            retold(&plain, &yoga) && retold(&yoga, &plain) && retold(&yoga, &topic(&["diy"], false, None))
        );
        assert!(retold(&yoga, &paid) && retold(&paid, &yoga));
        assert!(!retold(&yoga, &yoga) && !retold(&yoga, &counted));
        assert!(!retold(&plain, &paid) && !retold(&paid, &topic(&["diy"], true, None)));
    }

    #[test]
    fn posts_of_unknown_creators_are_told_and_not_noted() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.apply(&sent("a", 1, None)), UnknownCreator);
        assert_eq!(ledger.changed().count(), 0);
    }

    proptest! {
        #[test]
        fn what_is_sent_again_right_away_changes_nothing(
            all in prop::collection::vec(("[ab]", 0_i64..3, prop::option::of((3_i64..6, 0_i64..2))), 1..20),
        ) {
            let mut ledger = empty();
            for (id, published, metrics) in all {
                let sent = sent(&id, published, metrics);
                let first = ledger.apply(&sent);
                let noted = (ledger.posts.clone(), ledger.counts.clone());
                let again = ledger.apply(&sent);
                let refused = matches!(first, MetricsConflict | CountedBeforePublication);
                prop_assert_eq!(again, if refused { first } else { Unchanged });
                prop_assert_eq!(noted, (ledger.posts.clone(), ledger.counts.clone()));
            }
        }
    }
}
