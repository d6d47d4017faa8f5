//! API keys and scopes. A key reads `voci_<env>_<key id>_<secret and checksum>`; only a hash of it is stored.

use crate::ids::TenantId;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Register, change and erase creators and niches.
    CreatorsWrite,
    /// Send engagement events.
    EventsWrite,
    /// Send purchases that count as verified.
    PurchasesVerify,
    /// Read everything but administration.
    Read,
    /// Make campaign plans.
    Plan,
    /// Administer keys and tenants.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::CreatorsWrite, Self::EventsWrite, Self::PurchasesVerify, Self::Read, Self::Plan, Self::Admin];

    /// The name used in keys' scope lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreatorsWrite => "creators:write",
            Self::EventsWrite => "events:write",
            Self::PurchasesVerify => "purchases:verify",
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.name() == name)
            .ok_or_else(|| format!("unknown scope; the scopes are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// One customer of the service.
#[derive(Debug)]
pub struct Tenant {
    /// Its number.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// How many days of events are taken; `None`: any age.
    pub retention_days: Option<i32>,
    /// What makes its engager pseudonyms.
    pub secrets: TenantSecrets,
}

/// Keys derived from a tenant's secret, one for each use.
#[derive(Clone)]
pub struct TenantSecrets {
    /// Makes engager keys.
    pub engagers: [u8; 32],
    /// Makes hashes of event contents, so that stored hashes say nothing about contents.
    pub contents: [u8; 32],
}

impl TenantSecrets {
    /// Derives the keys from the tenant's secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        Self {
            engagers: blake3::derive_key("voci 2026 tenant engager pseudonyms", secret),
            contents: blake3::derive_key("voci 2026 tenant event contents", secret),
        }
    }
}

impl fmt::Debug for TenantSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TenantSecrets(..)")
    }
}

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The tenant of the key.
    pub tenant: Arc<Tenant>,
    /// What the key may do.
    pub scopes: Arc<[Scope]>,
}

impl Principal {
    /// True when the key has the scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A whole API key, as its holder has it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    id: String,
    environment: String,
    text: SecretString,
}

/// The key does not have the form of a key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an API key reads voci_<env>_<key id>_<secret>, with at least 16 characters of secret")]
pub struct MalformedKey;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;

impl ApiKey {
    /// A new key from 44 random bytes. The checksum lets secret scanners and people tell a mistyped key.
    #[must_use]
    pub fn from_random(environment: &str, random: &[u8; ID_LENGTH + SECRET_LENGTH]) -> Self {
        // 256 is no multiple of 62: some letters are a little likelier, which costs 32 letters about one bit of 190.
        let letters: String =
            random.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])).collect();
        let (id, secret) = letters.split_at(ID_LENGTH);
        let body = format!("voci_{environment}_{id}_{secret}");
        let text = format!("{body}{}", checksum(&body));
        Self { id: id.to_owned(), environment: environment.to_owned(), text: text.into() }
    }

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let mut parts = text.splitn(4, '_');
        let (Some("voci"), Some(environment), Some(id), Some(secret)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(MalformedKey);
        };
        let word = |part: &str, longest: usize| {
            (1..=longest).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let secret_fits =
            (16..=256).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if !word(environment, 16) || !word(id, 64) || !secret_fits {
            return Err(MalformedKey);
        }
        Ok(Self { id: id.to_owned(), environment: environment.to_owned(), text: text.to_owned().into() })
    }

    /// The public part, which names the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the key is for, such as `live` or `test`.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// SHA-256 of the whole key. Keys are long and random, so a slow hash would add nothing.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.expose_secret().as_bytes()).into()
    }

    /// The key itself, to show it to its holder once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

fn checksum(body: &str) -> String {
    let hash = blake3::hash(body.as_bytes());
    hash.as_bytes()[..CHECKSUM_LENGTH]
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % 62]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn made_keys_can_be_read(random in proptest::array::uniform32(any::<u8>())) {
            let mut bytes = [3; ID_LENGTH + SECRET_LENGTH];
            bytes[..32].copy_from_slice(&random);
            let made = ApiKey::from_random("live", &bytes);
            let read = ApiKey::parse(made.expose()).unwrap();
            prop_assert_eq!(made.id(), read.id());
            prop_assert_eq!(made.hash(), read.hash());
            prop_assert_eq!(read.environment(), "live");
        }

        #[test]
        fn other_text_is_refused_without_panic(text in "\\PC{0,60}") {
            prop_assume!(!text.starts_with("voci_"));
            prop_assert!(ApiKey::parse(&text).is_err());
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let key = ApiKey::from_random("live", &[9; 44]);
        assert!(!format!("{key:?}").contains(key.expose()));
    }
}
