//! IDs of sessions: 32 hexadecimal digits that the server knows again without having kept them.
//!
//! Two bytes say the minute, six are a number, eight are a keyed digest over these and the key that the ID was made for. Whoever wants to use
//! another's session needs its key and all of that.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_access::Digester;
use claviger_store::control::Random;
use subtle::ConstantTimeEq as _;

/// Length of an ID as text.
pub(crate) const LENGTH: usize = 32;

/// A session's ID.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId([u8; 16]);

impl SessionId {
    /// From the value of a cookie.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != LENGTH {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).map(|digit| digit as u8);
            *byte = digit(0)? << 4 | digit(1)?;
        }
        Some(Self(bytes))
    }

    /// Its text, upper case.
    pub(crate) fn text(self) -> [u8; LENGTH] {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let mut text = [0; LENGTH];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        text
    }

    /// It was made less than `life` milliseconds ago.
    pub(crate) fn is_fresh(self, life: i64, now: i64) -> bool {
        let made = u16::from_be_bytes([self.0[0], self.0[1]]);
        i64::from(minute_of(now).wrapping_sub(made)) * 60_000 < life
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for SessionId {
    /// Not the ID: without keys it is all that a session is known by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

/// Makes IDs and knows them again.
pub(crate) struct Minter {
    digester: Digester,
    /// The next one's; it begins somewhere, so that it does not tell how many there were.
    next: AtomicU64,
}

impl Minter {
    /// With a secret of this process.
    pub(crate) fn new(random: &Random) -> Self {
        let mut secret = [0; 32];
        random(&mut secret);
        let mut start = [0; 8];
        random(&mut start);
        Self { digester: Digester::new(&secret), next: AtomicU64::new(u64::from_be_bytes(start)) }
    }

    /// A fresh one for a key.
    pub(crate) fn mint(&self, holder: &str, now: i64) -> SessionId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&minute_of(now).to_be_bytes());
        bytes[2..8].copy_from_slice(&self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes()[2..]);
        let tag = self.tag(&bytes[..8], holder);
        bytes[8..].copy_from_slice(&tag);
        SessionId(bytes)
    }

    /// It was made here, for this key.
    pub(crate) fn is_of(&self, id: SessionId, holder: &str) -> bool {
        self.tag(&id.0[..8], holder).ct_eq(&id.0[8..]).into()
    }

    fn tag(&self, made: &[u8], holder: &str) -> [u8; 8] {
        // IDs of keys are shorter.
        let mut text = [0; 40];
        let holder = &holder.as_bytes()[..holder.len().min(32)];
        text[..8].copy_from_slice(made);
        text[8..8 + holder.len()].copy_from_slice(holder);
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.digester.digest(&text[..8 + holder.len()])[..8]);
        tag
    }
}

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minter")
    }
}

/// Minutes since 1970, the lowest 16 bits: they come again after 45 days.
fn minute_of(now: i64) -> u16 {
    now.div_euclid(60_000) as u16
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU8;

    use super::*;

    fn minter() -> Minter {
        let next = AtomicU8::new(1);
        let random: Random = Arc::new(move |buffer: &mut [u8]| buffer.fill_with(|| next.fetch_add(7, Ordering::Relaxed)));
        Minter::new(&random)
    }

    #[test]
    fn an_id_is_known_again_for_its_key_only() {
        let minter = minter();
        let id = minter.mint("key_1", 0);
        let text = id.to_string();
        assert!(text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)), "{text}");
        assert_eq!(SessionId::parse(&text.to_lowercase()), Some(id));
        assert!(minter.is_of(id, "key_1"));
        for other in ["key_2", "key_", ""] {
            assert!(!minter.is_of(id, other), "{other}");
        }
        for at in 0..16 {
            let mut changed = id;
            changed.0[at] ^= 1;
            assert!(!minter.is_of(changed, "key_1"), "{at}");
        }
        assert_ne!(minter.mint("key_1", 0), id);
        let random: Random = Arc::new(|buffer: &mut [u8]| buffer.fill(9));
        let stranger = Minter::new(&random);
        assert!(!stranger.is_of(id, "key_1"));
        for unusable in ["", "12", "G2345678901234567890123456789012", "é234567890123456789012345678901"] {
            assert_eq!(SessionId::parse(unusable), None, "{unusable}");
        }
    }

    #[test]
    fn an_id_is_fresh_for_the_time_out() {
        let minter = minter();
        let made = 65_535 * 60_000 + 30_000;
        let id = minter.mint("", made);
        assert!(id.is_fresh(3_600_000, made) && id.is_fresh(3_600_000, made + 59 * 60_000));
        assert!(!id.is_fresh(3_600_000, made + 60 * 60_000));
    }
}
