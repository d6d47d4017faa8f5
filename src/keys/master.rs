//! The master key, from outside the database. It wraps each tenant's secret, so a copy of the database alone gives
//! nobody's identity away, and it can be rotated without making every engager new.

use crate::http::cursor::CursorSigner;
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

const NONCE_LENGTH: usize = 12;
const MIN_LENGTH: usize = 16;

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Neither setting is there.
    #[error(
        "VOCI_SECRET_KEY or VOCI_SECRET_KEY_FILE is required with DATABASE_URL: set one to a random secret and keep it, \
             it protects the pseudonyms of engagers (for example: openssl rand -hex 32)"
    )]
    Missing,
    /// Too easy to guess.
    #[error("the secret key must have at least {MIN_LENGTH} characters")]
    TooShort,
    /// A file cannot be used.
    #[error("the secret key file {path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Another key was used with this database.
    #[error(
        "the secret key is not the one this database was set up with; use that one (VOCI_SECRET_KEY, \
             VOCI_SECRET_KEY_FILE or the file secret.key in the data directory)"
    )]
    Wrong,
}

/// The master key.
pub struct MasterKey {
    wrapping: [u8; 32],
    cursors: [u8; 32],
    check: [u8; 32],
}

impl MasterKey {
    /// The key from a secret text of at least 16 characters.
    pub fn from_secret(secret: &SecretString) -> Result<Self, MasterKeyError> {
        let secret = secret.expose_secret().trim();
        if secret.len() < MIN_LENGTH {
            return Err(MasterKeyError::TooShort);
        }
        Ok(Self {
            wrapping: blake3::derive_key(
                "voci 2026 master key, wrapping of tenant secrets",
                secret.as_bytes(),
            ),
            cursors: blake3::derive_key("voci 2026 master key, signing of cursors", secret.as_bytes()),
            check: blake3::derive_key("voci 2026 master key, check value", secret.as_bytes()),
        })
    }

    /// The key from a file.
    pub fn from_file(path: &Path) -> Result<Self, MasterKeyError> {
        let read = fs::read_to_string(path).map_err(|cause| file_error(path, cause))?;
        Self::from_secret(&read.into())
    }

    /// The key from a file, which is made when it is not there.
    pub fn from_file_or_new(path: &Path) -> Result<Self, MasterKeyError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| file_error(path, io::Error::other(error)))?;
        let text = blake3::Hash::from_bytes(random).to_hex();
        let created = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match created.and_then(|mut file| write_synced(&mut file, text.as_bytes())) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(file_error(path, cause)),
        }
        Self::from_file(path)
    }

    /// A value that tells this key from others without giving it away; kept in the database.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        self.check
    }

    /// Signs page cursors.
    #[must_use]
    pub fn cursor_signer(&self) -> CursorSigner {
        CursorSigner::new(self.cursors)
    }

    /// Wraps a tenant's secret for the database. The tenant's name is bound to it, so wrapped secrets cannot be swapped.
    #[must_use]
    pub fn wrap(&self, tenant: &str, secret: &[u8; 32], nonce: [u8; NONCE_LENGTH]) -> Vec<u8> {
        let cipher = ChaCha20Poly1305::new(&self.wrapping.into());
        let payload = Payload { msg: secret, aad: tenant.as_bytes() };
        let sealed =
            cipher.encrypt(&nonce.into(), payload).expect("32 bytes are far below the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens a wrapped secret.
    pub fn unwrap(&self, tenant: &str, wrapped: &[u8]) -> Result<[u8; 32], MasterKeyError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LENGTH>().ok_or(MasterKeyError::Wrong)?;
        let cipher = ChaCha20Poly1305::new(&self.wrapping.into());
        let payload = Payload { msg: sealed, aad: tenant.as_bytes() };
        let opened = cipher.decrypt(&(*nonce).into(), payload).map_err(|_| MasterKeyError::Wrong)?;
        opened.try_into().map_err(|_| MasterKeyError::Wrong)
    }
}

fn write_synced(file: &mut fs::File, text: &[u8]) -> io::Result<()> {
    use io::Write;
    file.write_all(text)?;
    file.sync_all()
}

fn file_error(path: &Path, cause: io::Error) -> MasterKeyError {
    MasterKeyError::File { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> MasterKey {
        MasterKey::from_secret(&text.to_owned().into()).unwrap()
    }

    #[test]
    fn secrets_open_only_with_the_same_key_and_tenant() {
        let wrapped = key("a long enough secret").wrap("acme", &[5; 32], [1; 12]);
        assert_eq!(key("a long enough secret").unwrap("acme", &wrapped).unwrap(), [5; 32]);
        assert!(key("a long enough secret").unwrap("other", &wrapped).is_err());
        assert!(key("another long secret").unwrap("acme", &wrapped).is_err());
        assert!(key("a long enough secret").unwrap("acme", &wrapped[..5]).is_err());
    }

    #[test]
    fn short_secrets_are_refused() {
        assert!(MasterKey::from_secret(&"short".to_owned().into()).is_err());
    }

    #[test]
    fn a_made_key_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret.key");
        let made = MasterKey::from_file_or_new(&path).unwrap();
        assert_eq!(made.check_value(), MasterKey::from_file_or_new(&path).unwrap().check_value());
    }
}
