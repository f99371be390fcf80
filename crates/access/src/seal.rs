//! The sealed copy of a secret, for reveal (`api-keys.md` 8.2).
//!
//! The master key lives outside the control store. Who has only the store cannot open a seal; who has lost only the master key can
//! reveal nothing, but requests still work, because they are looked up by digest.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;

const NONCE_LEN: usize = 24;

/// The key that seals secrets. Overwritten in memory when dropped; never printed.
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

/// Why a sealed secret cannot be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the sealed secret cannot be opened: it was sealed with another master key, belongs to another key, or is damaged")]
pub struct CannotOpen;

impl MasterKey {
    /// From the content of the master key file or a key service.
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let kept = Zeroizing::new(bytes);
        bytes.zeroize();
        // A label before the key keeps this hash apart from any other use of the same bytes.
        let hash = Sha256::new().chain_update(b"claviger master key id\0").chain_update(&kept[..]).finalize();
        let id = hash[..6].iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        Self { bytes: kept, id }
    }

    /// From bytes of any length: `None` unless there are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Self::new)
    }

    /// A new one from the random source.
    pub fn mint(rng: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        rng(&mut bytes[..]);
        Self::new(*bytes)
    }

    /// Short public name of this master key (`sealKeyId`), by which a seal says what opens it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The 32 bytes, for writing the master key file.
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals the secret of a key: nonce (24 bytes), then XChaCha20-Poly1305 with the key's ID as associated data.
    pub fn seal(&self, key_id: &str, secret: &Secret, rng: &mut dyn FnMut(&mut [u8])) -> Vec<u8> {
        let mut sealed = vec![0u8; NONCE_LEN];
        rng(&mut sealed);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: key_id.as_bytes() };
        let nonce = nonce(&sealed);
        // Fails only for messages of 256 GiB and more.
        if let Ok(text) = self.cipher().encrypt(&nonce, payload) {
            sealed.extend_from_slice(&text);
        }
        sealed
    }

    /// Opens what [`MasterKey::seal`] made with the same master key for the same key.
    pub fn open(&self, key_id: &str, sealed: &[u8]) -> Result<Secret, CannotOpen> {
        let (nonce_bytes, text) = sealed.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
        let payload = Payload { msg: text, aad: key_id.as_bytes() };
        let bytes = self.cipher().decrypt(&nonce(nonce_bytes), payload).map_err(|_| CannotOpen)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            error.into_bytes().zeroize();
            CannotOpen
        })?;
        Ok(Secret::unsealed(Zeroizing::new(text)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.bytes).into())
    }
}

fn nonce(bytes: &[u8]) -> XNonce {
    let mut nonce = [0u8; NONCE_LEN];
    nonce.copy_from_slice(&bytes[..NONCE_LEN]);
    nonce.into()
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }

    #[test]
    fn a_seal_opens_with_the_same_master_key_for_the_same_key_only() {
        let (master, other) = (MasterKey::mint(&mut random), MasterKey::mint(&mut random));
        let secret = Secret::mint(&mut random);
        let sealed = master.seal("key_one", &secret, &mut random);
        assert_eq!(master.open("key_one", &sealed).unwrap().expose(), secret.expose());
        assert_eq!(master.open("key_two", &sealed).unwrap_err(), CannotOpen);
        assert_eq!(other.open("key_one", &sealed).unwrap_err(), CannotOpen);
        assert_ne!(master.id(), other.id());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(master.open("key_one", &damaged).unwrap_err(), CannotOpen, "{at}");
            assert_eq!(master.open("key_one", &sealed[..at]).unwrap_err(), CannotOpen, "{at}");
        }
    }

    #[test]
    fn two_seals_of_one_secret_differ_and_show_nothing_of_it() {
        let master = MasterKey::mint(&mut random);
        let secret = Secret::mint(&mut random);
        let (one, two) = (master.seal("key_one", &secret, &mut random), master.seal("key_one", &secret, &mut random));
        assert_ne!(one, two);
        assert!(!one.windows(9).any(|window| window == b"claviger_"));
    }

    #[test]
    fn the_id_is_stable_and_the_key_is_not_printed() {
        let master = MasterKey::new([7; 32]);
        assert_eq!(master.id(), MasterKey::new([7; 32]).id());
        assert_eq!(master.id().len(), 12);
        assert_eq!(format!("{master:?}"), format!("MasterKey({})", master.id()));
    }
}
