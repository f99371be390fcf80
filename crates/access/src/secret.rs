//! The secret of a key: minted, checked for typing errors, never printed (`interface.md` 6, `api-keys.md` 8.2).

use std::fmt;

use zeroize::Zeroizing;

/// Begins every generated secret, so that secret scanners can know it.
pub const PREFIX: &str = "claviger_";
/// Characters that carry the 256 random bits.
const RANDOM_LEN: usize = 43;
/// Characters of the checksum.
const CHECKSUM_LEN: usize = 6;
/// Length of a generated secret in characters.
pub const SECRET_LEN: usize = PREFIX.len() + RANDOM_LEN + CHECKSUM_LEN;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text that a client sends in the `api-key` header. It has no `Display`, its `Debug` is masked, and its memory is overwritten
/// when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// A text that cannot be a generated secret: no look-up is needed to refuse it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not a well-formed API key")]
pub struct Malformed;

impl Secret {
    /// A new secret with 256 bits from the random source, which fills the buffer it is given.
    pub fn mint(rng: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut random = Zeroizing::new([0u8; 32]);
        rng(&mut random[..]);
        let mut text = Zeroizing::new(String::with_capacity(SECRET_LEN));
        text.push_str(PREFIX);
        push_base62(&mut text, &random);
        let checksum = crc32fast::hash(text.as_bytes());
        text.push_str(std::str::from_utf8(&checksum_text(checksum)).unwrap_or_default());
        Self(text)
    }

    /// Refuses what is not a generated secret: prefix, length, alphabet, checksum. Allocates nothing.
    pub fn check(text: &str) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        if bytes.len() != SECRET_LEN || !bytes.starts_with(PREFIX.as_bytes()) {
            return Err(Malformed);
        }
        let (body, checksum) = bytes.split_at(PREFIX.len() + RANDOM_LEN);
        let alphabetic = body[PREFIX.len()..].iter().all(u8::is_ascii_alphanumeric);
        if alphabetic && checksum == checksum_text(crc32fast::hash(body)) { Ok(()) } else { Err(Malformed) }
    }

    /// Takes a text as a secret after [`Secret::check`].
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        Self::check(text)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself. Only for the answer to creation, regeneration and reveal, and for digest and seal.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text that was sealed by us: taken as it is.
    pub(crate) fn unsealed(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****************)")
    }
}

/// The 256 bits as one number in base 62, most significant digit first: 43 digits hold 256.03 bits.
fn push_base62(text: &mut String, random: &[u8; 32]) {
    let mut number = Zeroizing::new(*random);
    let mut digits = Zeroizing::new([0u8; RANDOM_LEN]);
    for digit in digits.iter_mut().rev() {
        let mut rest = 0u32;
        for byte in number.iter_mut() {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 62) as u8;
            rest = value % 62;
        }
        *digit = ALPHABET[rest as usize];
    }
    text.extend(digits.iter().map(|digit| char::from(*digit)));
}

/// CRC-32 in base 62, left-padded with `0`.
fn checksum_text(mut checksum: u32) -> [u8; CHECKSUM_LEN] {
    let mut text = [b'0'; CHECKSUM_LEN];
    for digit in text.iter_mut().rev() {
        *digit = ALPHABET[(checksum % 62) as usize];
        checksum /= 62;
    }
    text
}

/// `len` base62 characters, each equally likely.
pub(crate) fn base62(rng: &mut dyn FnMut(&mut [u8]), len: usize) -> String {
    let mut text = String::with_capacity(len);
    let mut byte = [0u8; 1];
    while text.len() < len {
        rng(&mut byte);
        // 248 is the greatest multiple of 62 in a byte: what lies above would favour some characters.
        if byte[0] < 248 {
            text.push(char::from(ALPHABET[usize::from(byte[0] % 62)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn random(buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }

    #[test]
    fn a_hundred_thousand_secrets_differ_and_are_well_formed() {
        let mut seen = HashSet::new();
        for _ in 0..100_000 {
            let secret = Secret::mint(&mut random);
            Secret::check(secret.expose()).unwrap();
            assert!(seen.insert(secret.expose().to_owned()));
        }
    }

    #[test]
    fn the_form_is_that_of_the_interface() {
        // Worked out by another program: 0 and 2^256 - 1 in base 62, each with its checksum.
        let zeros = Secret::mint(&mut |buffer: &mut [u8]| buffer.fill(0));
        assert_eq!(zeros.expose(), "claviger_00000000000000000000000000000000000000000002qv5FB");
        let ones = Secret::mint(&mut |buffer: &mut [u8]| buffer.fill(0xff));
        assert_eq!(ones.expose(), "claviger_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp10subJx");
        // "check value" of CRC-32 (IEEE): 0xcbf43926 for the digits 1 to 9.
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
        assert_eq!(&checksum_text(0), b"000000");
        assert_eq!(&checksum_text(61), b"00000z");
        assert_eq!(&checksum_text(62), b"000010");
        assert_eq!(&checksum_text(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn every_random_bit_reaches_the_text() {
        let with_bit = |bit: usize| {
            Secret::mint(&mut |buffer: &mut [u8]| {
                buffer.fill(0);
                buffer[bit / 8] = 1 << (bit % 8);
            })
            .expose()
            .to_owned()
        };
        let all: HashSet<String> = (0..256).map(with_bit).collect();
        assert_eq!(all.len(), 256);
    }

    #[test]
    fn every_mistyped_character_is_noticed() {
        let secret = Secret::mint(&mut random);
        for at in 0..SECRET_LEN {
            for wrong in [b'0', b'z', b'_', b' ', b'-'] {
                let mut text = secret.expose().as_bytes().to_vec();
                if text[at] != wrong {
                    text[at] = wrong;
                    assert_eq!(Secret::check(std::str::from_utf8(&text).unwrap()), Err(Malformed), "{at}");
                }
            }
        }
        assert_eq!(Secret::check(""), Err(Malformed));
        assert_eq!(Secret::check(&secret.expose()[1..]), Err(Malformed));
        assert_eq!(Secret::check(&format!("{}0", secret.expose())), Err(Malformed));
        assert_eq!(Secret::check(&"é".repeat(29)), Err(Malformed));
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::mint(&mut random);
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains(secret.expose()));
    }
}
