//! Platforms on which creators have accounts.

use crate::error::by_name;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

macro_rules! platforms {
    ($($name:ident = $code:literal $text:literal,)*) => {
        /// A platform.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        #[repr(u8)]
        pub enum Platform { $(#[doc = $text] $name = $code,)* }

        impl<'de> Deserialize<'de> for Platform {
            fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
                by_name(value, Self::ALL, &[$($text,)*])
            }
        }

        impl Platform {
            /// Every platform.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name used in requests.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $(Self::$name => $text,)* } }
        }
    };
}

platforms! {
    Instagram = 1 "instagram",
    TikTok = 2 "tiktok",
    YouTube = 3 "youtube",
    Facebook = 4 "facebook",
    X = 5 "x",
    Twitch = 6 "twitch",
    LinkedIn = 7 "linkedin",
    Pinterest = 8 "pinterest",
    Snapchat = 9 "snapchat",
    Threads = 10 "threads",
    Reddit = 11 "reddit",
    Telegram = 12 "telegram",
    Discord = 13 "discord",
    Podcast = 14 "podcast",
    Blog = 15 "blog",
    Newsletter = 16 "newsletter",
    Other = 17 "other",
}

impl Platform {
    /// The number a platform is stored as.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The platform stored as a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.code() == code)
    }

    /// The platform with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_that_requests_use() {
        for platform in Platform::ALL {
            assert_eq!(serde_json::to_value(platform).unwrap(), platform.name());
            assert_eq!(Platform::named(platform.name()), Some(*platform));
            assert_eq!(Platform::from_code(platform.code()), Some(*platform));
        }
    }
}
