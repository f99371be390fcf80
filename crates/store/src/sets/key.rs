//! Keys of rows as a set keeps them: a whole number as it is, anything else encoded.

use claviger_query::KeyList;

use crate::bind::Bind;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

/// Appends the parts of a key: each with its type, texts and bytes with their length.
pub fn encode(parts: &[Bind], out: &mut Vec<u8>) {
    for part in parts {
        let (tag, bytes): (u8, &[u8]) = match part {
            Bind::Null => {
                out.push(NULL);
                continue;
            }
            Bind::Integer(number) => {
                out.push(INTEGER);
                out.extend_from_slice(&number.to_le_bytes());
                continue;
            }
            Bind::Real(number) => {
                out.push(REAL);
                out.extend_from_slice(&number.to_le_bytes());
                continue;
            }
            Bind::Text(text) => (TEXT, text.as_bytes()),
            Bind::Blob(bytes) => (BLOB, bytes),
        };
        out.push(tag);
        let mut length = bytes.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(bytes);
    }
}

/// The parts of an encoded key; `None` for bytes that are none.
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Bind>> {
    let mut parts = Vec::with_capacity(2);
    while let Some((tag, rest)) = bytes.split_first() {
        bytes = rest;
        parts.push(match *tag {
            NULL => Bind::Null,
            INTEGER => Bind::Integer(i64::from_le_bytes(eight(&mut bytes)?)),
            REAL => Bind::Real(f64::from_le_bytes(eight(&mut bytes)?)),
            TEXT => Bind::Text(String::from_utf8(counted(&mut bytes)?.to_vec()).ok()?),
            BLOB => Bind::Blob(counted(&mut bytes)?.to_vec()),
            _ => return None,
        });
    }
    Some(parts)
}

fn eight(bytes: &mut &[u8]) -> Option<[u8; 8]> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*number)
}

fn counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(text)
}

/// Collects the keys of a set while the store walks the rows.
#[derive(Debug)]
pub struct Collector {
    whole: bool,
    numbers: Vec<i64>,
    bytes: Vec<u8>,
    ends: Vec<u32>,
    most_bytes: usize,
}

/// The keys take more memory than the set may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyKeys;

impl Collector {
    /// `whole`: every key is one whole number. `most_bytes`: memory that the list may take.
    pub fn new(whole: bool, most_bytes: usize) -> Self {
        Self { whole, numbers: Vec::new(), bytes: Vec::new(), ends: Vec::new(), most_bytes }
    }

    /// Adds the key of a row.
    pub fn push(&mut self, key: &[Bind]) -> Result<(), TooManyKeys> {
        if self.whole {
            // A key that is no whole number where all are cannot be looked for; it would be that of no row.
            if let [Bind::Integer(number)] = key {
                self.numbers.push(*number);
            }
        } else {
            encode(key, &mut self.bytes);
            self.ends.push(u32::try_from(self.bytes.len()).map_err(|_| TooManyKeys)?);
        }
        let held = self.numbers.len() * size_of::<i64>() + self.bytes.len() + self.ends.len() * size_of::<u32>();
        if held > self.most_bytes { Err(TooManyKeys) } else { Ok(()) }
    }

    /// The list.
    pub fn finish(self) -> KeyList {
        if self.whole { KeyList::whole(self.numbers) } else { KeyList::encoded(self.bytes, self.ends) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_as_they_were() {
        for key in [
            vec![Bind::Text("FR".to_owned())],
            vec![Bind::Integer(i64::MIN), Bind::Text(String::new()), Bind::Null],
            vec![Bind::Real(-0.5), Bind::Blob(vec![0, 255, 7])],
            vec![Bind::Text("x".repeat(300)), Bind::Text("\0".to_owned())],
            vec![],
        ] {
            let mut bytes = Vec::new();
            encode(&key, &mut bytes);
            assert_eq!(decode(&bytes), Some(key));
        }
    }

    #[test]
    fn cut_and_wrong_bytes_are_no_key() {
        let mut bytes = Vec::new();
        encode(&[Bind::Text("x".repeat(200)), Bind::Integer(1)], &mut bytes);
        for length in (1..bytes.len()).filter(|length| *length != 203) {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(decode(&[9]), None);
        assert_eq!(decode(&[TEXT, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), None);
    }

    #[test]
    fn a_list_stays_within_its_memory() {
        let mut collector = Collector::new(true, 24);
        for number in 0..3 {
            collector.push(&[Bind::Integer(number)]).unwrap();
        }
        assert_eq!(collector.push(&[Bind::Integer(3)]), Err(TooManyKeys));
        let mut collector = Collector::new(false, 20);
        collector.push(&[Bind::Text("ab".to_owned())]).unwrap();
        assert_eq!(collector.push(&[Bind::Text("0123456789".to_owned())]), Err(TooManyKeys));
    }
}
