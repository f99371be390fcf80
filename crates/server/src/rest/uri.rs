//! Links in answers: relative, starting with `/rest/` (`rest-dialect.md` 2.1, 2.3).

use claviger_model::value::{DateStyle, key_text as part_text, write_cell};
use claviger_model::{Cell, Value};
use claviger_store::sets::SetId;

/// How entity keys stand in emitted links (setting `rest.entity_uri`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EntityUri {
    /// `Book[12]`, `Country[%22FR%22]`
    #[default]
    Brackets,
    /// `Book(12)`, `Country(FR)`; keys of several parts keep their brackets.
    Parentheses,
}

/// Writes `/rest/{dataclass}{key}`.
pub(super) fn write_entity_uri(out: &mut Vec<u8>, style: EntityUri, dataclass: &str, key: &[Cell<'_>]) {
    out.extend_from_slice(b"/rest/");
    write_encoded(out, dataclass.as_bytes());
    if let [Cell::Int(number)] = key {
        let (open, close) = if style == EntityUri::Brackets { (b'[', b']') } else { (b'(', b')') };
        out.push(open);
        out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        out.push(close);
        return;
    }
    let mut text = Vec::with_capacity(24);
    if let (EntityUri::Parentheses, [part]) = (style, key) {
        out.push(b'(');
        write_encoded(out, part_text(*part).as_bytes());
        out.push(b')');
        return;
    }
    for (index, part) in key.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write_cell(&mut text, *part, DateStyle::Dialect);
    }
    out.push(b'[');
    write_encoded(out, &text);
    out.push(b']');
}

/// Writes `/rest/{dataclass}/$entityset/{id}`.
pub(super) fn write_set_uri(out: &mut Vec<u8>, dataclass: &str, id: SetId) {
    out.extend_from_slice(b"/rest/");
    write_encoded(out, dataclass.as_bytes());
    out.extend_from_slice(b"/$entityset/");
    out.extend_from_slice(id.to_string().as_bytes());
}

/// Percent-encodes everything but unreserved characters and the comma (which separates key parts).
pub(super) fn write_encoded(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' => out.push(*byte),
            _ => out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

/// `__KEY`: the key value as text; a key of several parts is the JSON array as text (`interface.md` 7). Not JSON-quoted.
pub(super) fn write_key_text(out: &mut Vec<u8>, key: &[Cell<'_>]) {
    if let [part] = key {
        out.extend_from_slice(part_text(*part).as_bytes());
        return;
    }
    write_key_json(out, key);
}

/// `__KEY` of stored key parts.
pub(crate) fn key_text(key: &[Value]) -> String {
    if let [Value::Int(number)] = key {
        return number.to_string();
    }
    let mut scratch = vec![String::new(); key.len()];
    let cells: Vec<Cell<'_>> = key.iter().zip(&mut scratch).map(|(part, scratch)| part.as_cell(scratch)).collect();
    let mut text = Vec::with_capacity(24);
    write_key_text(&mut text, &cells);
    String::from_utf8_lossy(&text).into_owned()
}

/// The key in its native JSON type (`$asArray`): the value, or an array of the parts.
pub(crate) fn write_key_json(out: &mut Vec<u8>, key: &[Cell<'_>]) {
    if let [part] = key {
        write_cell(out, *part, DateStyle::Dialect);
        return;
    }
    out.push(b'[');
    for (index, part) in key.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_cell(out, *part, DateStyle::Dialect);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(style: EntityUri, key: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        write_entity_uri(&mut out, style, "Country", key);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_bare_and_texts_quoted_and_encoded() {
        assert_eq!(uri(EntityUri::Brackets, &[Cell::Int(7)]), "/rest/Country[7]");
        assert_eq!(uri(EntityUri::Brackets, &[Cell::Text("FR")]), "/rest/Country[%22FR%22]");
        assert_eq!(uri(EntityUri::Brackets, &[Cell::Text("a/b\"é")]), "/rest/Country[%22a%2Fb%5C%22%C3%A9%22]");
        assert_eq!(uri(EntityUri::Brackets, &[Cell::Int(1), Cell::Int(3402)]), "/rest/Country[1,3402]");
    }

    #[test]
    fn parentheses_are_an_option() {
        assert_eq!(uri(EntityUri::Parentheses, &[Cell::Int(7)]), "/rest/Country(7)");
        assert_eq!(uri(EntityUri::Parentheses, &[Cell::Text("F R")]), "/rest/Country(F%20R)");
        assert_eq!(uri(EntityUri::Parentheses, &[Cell::Int(1), Cell::Int(2)]), "/rest/Country[1,2]");
    }

    #[test]
    fn keys_as_text() {
        let mut out = Vec::new();
        write_key_text(&mut out, &[Cell::Int(1), Cell::Text("x")]);
        assert_eq!(out, b"[1,\"x\"]");
    }
}
