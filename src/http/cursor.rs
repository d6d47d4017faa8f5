//! Opaque page cursors: where a page ended, signed, and bound to the query it belongs to.

use super::problem::{Kind, Problem};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

const MAC_LENGTH: usize = 16;

/// Signs cursors; the same on every replica, because it is made from the master key.
#[derive(Clone)]
pub struct CursorSigner {
    key: [u8; 32],
}

impl CursorSigner {
    /// A signer with this key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A cursor that only [`CursorSigner::open`] with the same scope accepts. The scope names tenant and filters.
    pub fn seal<T: Serialize>(&self, scope: &[u8], position: &T) -> String {
        let mut bytes =
            serde_json::to_vec(position).expect("positions are plain structs of numbers and strings");
        let mac = self.mac(scope, &bytes);
        bytes.extend_from_slice(&mac);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor after a page of `limit` items, of which one more was looked for to know whether there is a next page;
    /// that one is taken off.
    pub fn seal_page<T, P: Serialize>(
        &self,
        scope: &[u8],
        found: &mut Vec<T>,
        limit: usize,
        position: impl Fn(&T) -> P,
    ) -> Option<String> {
        let more = found.len() > limit;
        found.truncate(limit);
        found.last().filter(|_| more).map(|last| self.seal(scope, &position(last)))
    }

    /// The position in a cursor of this scope.
    pub fn open<T: DeserializeOwned>(&self, scope: &[u8], cursor: &str) -> Result<T, Problem> {
        self.try_open(scope, cursor).ok_or_else(|| {
            Problem::new(
                Kind::InvalidCursor,
                "The cursor was not given for this query; send it with the same parameters, or start without one",
            )
        })
    }

    fn try_open<T: DeserializeOwned>(&self, scope: &[u8], cursor: &str) -> Option<T> {
        use subtle::ConstantTimeEq;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (position, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LENGTH)?)?;
        let genuine: bool = self.mac(scope, position).ct_eq(mac).into();
        genuine.then(|| serde_json::from_slice(position).ok()).flatten()
    }

    fn mac(&self, scope: &[u8], position: &[u8]) -> [u8; MAC_LENGTH] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(scope.len() as u64).to_le_bytes()).update(scope).update(position);
        let mut mac = [0; MAC_LENGTH];
        mac.copy_from_slice(&hasher.finalize().as_bytes()[..MAC_LENGTH]);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_in_its_own_scope_and_unchanged() {
        let signer = CursorSigner::new([1; 32]);
        let cursor = signer.seal(b"tenant 1", &("ana", 3));
        assert_eq!(signer.open::<(String, i32)>(b"tenant 1", &cursor).unwrap(), ("ana".to_owned(), 3));
        assert!(signer.open::<(String, i32)>(b"tenant 2", &cursor).is_err());
        assert!(CursorSigner::new([2; 32]).open::<(String, i32)>(b"tenant 1", &cursor).is_err());
        assert!(signer.open::<(String, i32)>(b"tenant 1", "").is_err());
        assert!(signer.open::<(String, i32)>(b"tenant 1", "AAAA").is_err());
        let forged = format!("B{}", &cursor[1..]);
        assert!(signer.open::<(String, i32)>(b"tenant 1", &forged).is_err());
    }
}
