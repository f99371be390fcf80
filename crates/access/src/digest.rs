//! The keyed digest by which a secret is looked up (`api-keys.md` 8.2).
//!
//! Its key, the pepper, is 32 random bytes kept beside the keys. Equal secrets have equal digests, so the look-up is a single one; without
//! the pepper a digest says nothing about its secret, and comparing digests tells nobody how much of a guess was right.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// A digest: HMAC-SHA-256 of the secret's text.
pub type SecretDigest = [u8; 32];

/// Computes digests. The key schedule is done once; a digest allocates nothing.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

impl Digester {
    /// With the pepper.
    pub fn new(pepper: &[u8; 32]) -> Self {
        // A key shorter than the hash's block of 64 bytes counts as padded with zeros.
        let mut block = Zeroizing::new([0u8; 64]);
        block[..pepper.len()].copy_from_slice(pepper);
        Self(<Hmac<Sha256> as KeyInit>::new(&(*block).into()))
    }

    /// The digest of what a client presented.
    pub fn digest(&self, text: &[u8]) -> SecretDigest {
        let mut mac = self.0.clone();
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    /// The digest of a key's secret.
    pub fn of(&self, secret: &Secret) -> SecretDigest {
        self.digest(secret.expose().as_bytes())
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, its key padded with zeros to 32 bytes (which HMAC does with a short key itself).
    #[test]
    fn the_digest_is_hmac_sha_256() {
        let mut key = [0u8; 32];
        key[..4].copy_from_slice(b"Jefe");
        let digest = Digester::new(&key).digest(b"what do ya want for nothing?");
        let start = [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7];
        let end = [0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43];
        assert_eq!(digest[..], [start, end].concat());
    }

    #[test]
    fn another_pepper_gives_another_digest() {
        assert_ne!(Digester::new(&[1; 32]).digest(b"text"), Digester::new(&[2; 32]).digest(b"text"));
        assert_eq!(Digester::new(&[1; 32]).digest(b"text"), Digester::new(&[1; 32]).digest(b"text"));
    }
}
