//! Looking into stored JSON. Stored text is never trusted to be valid: what is no JSON has no properties.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Text of the value under a path of member names; `None` when the document is no JSON or has no such member.
pub fn find<'a>(document: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut parser = serde_json::Deserializer::from_str(document);
    let found = Path(path).deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    found.map(RawValue::get)
}

/// The elements of an array, each as JSON text.
pub fn elements(array: &str) -> Option<Vec<&RawValue>> {
    if !array.trim_start().starts_with('[') {
        return None;
    }
    serde_json::from_str(array).ok()
}

/// A JSON text's string, when it is one.
pub fn string(json: &str) -> Option<String> {
    if !json.starts_with('"') {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// Walks down member names.
struct Path<'p>(&'p [&'p str]);

impl<'de> DeserializeSeed<'de> for Path<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() { <&RawValue>::deserialize(deserializer).map(Some) } else { deserializer.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for Path<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let (step, rest) = (self.0[0], &self.0[1..]);
        while let Some(is_it) = map.next_key_seed(Name(step))? {
            if is_it {
                found = map.next_value_seed(Path(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Compares a member name without copying it.
struct Name<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let document = r#"{"a": {"b": [1, "x"], "c": 1.50}, "n": 3, "s": "t"}"#;
        assert_eq!(find(document, &["a", "b"]), Some(r#"[1, "x"]"#));
        assert_eq!(find(document, &["a", "c"]), Some("1.50"));
        assert_eq!(find(document, &["n", "b"]), None);
        assert_eq!(find(document, &["s", "b"]), None);
        assert_eq!(find(document, &["a", "b", "x"]), None);
        assert_eq!(find(document, &[]), Some(document));
        assert_eq!(find("{\"a\": 1", &["a"]), None);
        assert_eq!(find("{\"a\": 1} x", &["a"]), None);
        assert_eq!(find("plain words", &["a"]), None);
    }

    #[test]
    fn elements_keep_their_digits() {
        let found: Vec<&str> = elements(r#" [1.500, "a", {"x":null}]"#).unwrap().into_iter().map(RawValue::get).collect();
        assert_eq!(found, ["1.500", "\"a\"", "{\"x\":null}"]);
        assert!(elements("{}").is_none());
        assert!(elements("[1,").is_none());
    }
}
