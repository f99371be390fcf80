//! IDs of entity sets: 32 uppercase hexadecimal digits (`rest-dialect.md` 5.2).

use std::fmt;

/// An ID; read in any letter case, written in upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SetId([u8; 16]);

impl SetId {
    /// An ID of random bytes.
    pub fn random(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = [0; 16];
        fill(&mut bytes);
        Self(bytes)
    }

    /// The ID in a text; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032X}", u128::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_any_case_and_written_in_upper_case() {
        let id = SetId::parse("00a1b2c3d4e5f60718293a4b5c6d7e8f").unwrap();
        assert_eq!(id.to_string(), "00A1B2C3D4E5F60718293A4B5C6D7E8F");
        assert_eq!(SetId::parse(&id.to_string()), Some(id));
        for wrong in
            ["", "00A1", "00a1b2c3d4e5f60718293a4b5c6d7e8g", "+0a1b2c3d4e5f60718293a4b5c6d7e8f", "00a1b2c3d4e5f60718293a4b5c6d7e8f0"]
        {
            assert_eq!(SetId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(SetId::random(|bytes| bytes.fill(0xab)).to_string(), "AB".repeat(16));
    }
}
