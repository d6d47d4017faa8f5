//! Valid events and what becomes of them.

use crate::{
    error::by_name,
    ids::{CreatorKey, EngagerKey, EventKey, PostKey},
    relationships::days::{Day, day_at},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

macro_rules! kinds {
    ($($name:ident = $code:literal $text:literal $weight:literal $active:literal $doc:literal,)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Kind { $(#[doc = $doc] $name = $code,)* }

        impl<'de> Deserialize<'de> for Kind {
            fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                by_name(value, Self::ALL, &[$($text,)*])
            }
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name used in requests.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $(Self::$name => $text,)* } }

            /// How much one act adds to the strength of a relationship (edge weights, version 1).
            #[must_use]
            pub fn weight(self) -> f64 { match self { $(Self::$name => $weight,)* } }

            /// True for acts that make the day an active one: the engager did something, and did it towards the creator.
            #[must_use]
            pub fn is_active(self) -> bool { match self { $(Self::$name => $active,)* } }
        }
    };
}

kinds! {
    View = 1 "view" 0.0 false "Saw a post.",
    Like = 2 "like" 1.0 true "Liked a post.",
    Comment = 3 "comment" 4.0 true "Commented on a post.",
    Reply = 4 "reply" 5.0 true "Replied in a thread under a post.",
    CreatorReply = 5 "creator_reply" 0.0 false "The creator replied to the engager.",
    Share = 6 "share" 4.0 true "Passed a post on.",
    Save = 7 "save" 3.0 true "Kept a post.",
    Click = 8 "click" 1.0 true "Followed a link of a post or visited the profile.",
    Follow = 9 "follow" 2.0 true "Began to follow.",
    Unfollow = 10 "unfollow" 0.0 false "Ceased to follow.",
    Mention = 11 "mention" 0.0 false "Mentioned the creator elsewhere.",
    Purchase = 12 "purchase" 10.0 true "Bought through the creator.",
    Retract = 13 "retract" 0.0 false "Takes back the event that `in_reply_to` names: a deleted comment, a refund, an unlike.",
}

impl Kind {
    /// The number a kind is stored as.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The kind stored as a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// A valid event under the keys of its tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The creator.
    pub creator: CreatorKey,
    /// The event id.
    pub event: EventKey,
    /// Who acted, or [`EngagerKey::NOBODY`].
    pub engager: EngagerKey,
    /// What was done.
    pub kind: Kind,
    /// When, in microseconds.
    pub occurred_at: Timestamp,
    /// On which post.
    pub post: Option<PostKey>,
    /// The event this one answers or takes back.
    pub reference: Option<EventKey>,
    /// Stored number of the platform.
    pub platform: Option<i16>,
    /// Whether the text says something; `None` without a text.
    pub substance: Option<bool>,
    /// A purchase from a caller who may verify purchases.
    pub verified: bool,
    /// Value in minor units of the currency.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Keyed hash of everything the caller sent, to tell a resend from a conflict.
    pub content_hash: i64,
}

/// What makes two events the same one: creator, event id and UTC date.
pub type Identity = (CreatorKey, EventKey, Day);

impl Event {
    /// The UTC day, part of the identity.
    #[must_use]
    pub fn day(&self) -> Day {
        day_at(self.occurred_at)
    }

    /// The identity of the event.
    #[must_use]
    pub fn identity(&self) -> Identity {
        (self.creator, self.event, self.day())
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new and committed.
    Stored,
    /// It was there already with the same content.
    Duplicate,
    /// Another content has its identity; nothing was stored.
    Conflict,
    /// Its creator is not registered; nothing was stored.
    UnknownCreator,
    /// It is from before the days that its tenant takes events of; nothing was stored.
    TooOld,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_of_kinds_are_consistent() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::from_code(kind.code()), Some(*kind));
            assert!(kind.is_active() == (kind.weight() > 0.0), "only active kinds add strength");
        }
        assert_eq!(Kind::from_code(0), None);
    }
}
