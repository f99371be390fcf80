//! What the server answered, with the checks that many tests share.

use http::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
    /// The same as text; what is none is shown by replacement characters.
    pub(crate) text: String,
    /// What was asked, for messages.
    pub(crate) asked: String,
}

impl Answer {
    /// The body as JSON; members keep their order and numbers their digits.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{self}\nis no JSON: {error}"))
    }

    /// The body without insignificant blanks: what is left is members, their order and their exact values.
    #[track_caller]
    pub(crate) fn compact(&self) -> String {
        self.json().to_string()
    }

    /// Checks that the request was processed.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{self}");
        self
    }

    /// Checks status, numbers and shape of a refusal that is nothing but `__ERROR` (`rest-dialect.md` 4.1).
    #[track_caller]
    pub(crate) fn refused(self, status: u16, codes: &[u64]) -> Self {
        assert_eq!((self.status, self.codes()), (status, codes.to_vec()), "{self}");
        assert_eq!(self.members(), ["__ERROR"], "{self}");
        self
    }

    /// Checks a syntax error, whose exact number is not what matters (`rest-dialect.md` 9.2 "Errors").
    #[track_caller]
    pub(crate) fn syntax_error(self) -> Self {
        assert_eq!(self.status, 400, "{self}");
        assert!(matches!(self.codes().last(), Some(1162 | 1201 | 1204)), "{self}");
        self
    }

    /// The numbers in `__ERROR`, root cause first. Checks the three members of each item.
    #[track_caller]
    pub(crate) fn codes(&self) -> Vec<u64> {
        codes(&self.json()["__ERROR"], &self.asked)
    }

    /// The text of the root cause.
    #[track_caller]
    pub(crate) fn message(&self) -> String {
        self.json()["__ERROR"][0]["message"].as_str().unwrap_or_else(|| panic!("{self}\nhas no error message")).to_owned()
    }

    /// A header, which must be there.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{self}\nhas no header {name}")).to_str().unwrap()
    }

    /// Names of the members of the body, in order.
    #[track_caller]
    pub(crate) fn members(&self) -> Vec<String> {
        members(&self.json())
    }

    /// `ID` of each entity of a page, in order.
    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<i64> {
        assert_eq!(self.status, 200, "{self}");
        let body = self.json();
        let list = body["__ENTITIES"].as_array().unwrap_or_else(|| panic!("{self}\nis no page"));
        list.iter().map(|entity| entity["ID"].as_i64().unwrap_or_else(|| panic!("{self}\nhas an entity without ID"))).collect()
    }

    /// `__COUNT`, `__FIRST`, `__SENT`.
    #[track_caller]
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        assert_eq!(self.status, 200, "{self}");
        let body = self.json();
        let number = |name: &str| body[name].as_u64().unwrap_or_else(|| panic!("{self}\nhas no {name}"));
        (number("__COUNT"), number("__FIRST"), number("__SENT"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}\nanswered {}\n{}", self.asked, self.status, self.text)
    }
}

/// Names of the members of an object, in order.
#[track_caller]
pub(crate) fn members(object: &Value) -> Vec<String> {
    object.as_object().unwrap_or_else(|| panic!("{object} is no object")).keys().cloned().collect()
}

/// The numbers in an `__ERROR` array.
#[track_caller]
pub(crate) fn codes(errors: &Value, asked: &str) -> Vec<u64> {
    let list = errors.as_array().unwrap_or_else(|| panic!("{asked}\nhas no __ERROR: {errors}"));
    list.iter()
        .map(|item| {
            assert_eq!(members(item), ["message", "componentSignature", "errCode"], "{asked}: {item}");
            assert!(item["message"].as_str().is_some_and(|text| !text.is_empty()), "{asked}: {item}");
            assert!(matches!(item["componentSignature"].as_str(), Some("dbmg" | "rest" | "ds")), "{asked}: {item}");
            item["errCode"].as_u64().unwrap_or_else(|| panic!("{asked}: {item}"))
        })
        .collect()
}
