//! A JSON object of the model file and where it stands; asking it for a member of the wrong type is a finding.

use serde_json::{Map, Value as Json};

use super::report::Report;

/// One object of the file.
#[derive(Clone, Debug)]
pub(super) struct Members<'a> {
    pub(super) object: &'a Map<String, Json>,
    pub(super) path: String,
}

impl<'a> Members<'a> {
    /// The object, or a finding and nothing.
    pub(super) fn of(json: &'a Json, path: String, report: &mut Report) -> Option<Self> {
        if let Json::Object(object) = json {
            return Some(Self { object, path });
        }
        report.error(&path, "wrong-type", "an object was expected here");
        None
    }

    /// Path of one of its members.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The member, if it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        self.object.get(name).filter(|json| !json.is_null())
    }

    pub(super) fn text(&self, name: &str, report: &mut Report) -> Option<&'a str> {
        let json = self.get(name)?;
        self.expect(name, json.as_str(), "a text", report)
    }

    /// The member for a message.
    pub(super) fn text_of(&self, name: &str) -> &'a str {
        self.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// True or false; `"true"` and `"false"` occur in old files.
    pub(super) fn flag(&self, name: &str, report: &mut Report) -> Option<bool> {
        let json = self.get(name)?;
        let flag = json.as_bool().or_else(|| json.as_str().and_then(|text| text.parse().ok()));
        self.expect(name, flag, "true or false", report)
    }

    pub(super) fn is(&self, name: &str, report: &mut Report) -> bool {
        self.flag(name, report).unwrap_or(false)
    }

    /// A whole number from 0; a text of digits occurs in old files.
    pub(super) fn count(&self, name: &str, report: &mut Report) -> Option<u32> {
        let json = self.get(name)?;
        let number =
            json.as_u64().and_then(|number| u32::try_from(number).ok()).or_else(|| json.as_str().and_then(|text| text.parse().ok()));
        self.expect(name, number, "a whole number", report)
    }

    /// A text, or an array of texts or of objects with a `name`.
    pub(super) fn names(&self, name: &str, report: &mut Report) -> Option<Vec<&'a str>> {
        let json = self.get(name)?;
        let name_of = |item: &'a Json| item.as_str().or_else(|| item.get("name").and_then(Json::as_str));
        let names = match json {
            Json::Array(items) => items.iter().map(name_of).collect(),
            single => single.as_str().map(|single| vec![single]),
        };
        self.expect(name, names, "names", report)
    }

    /// The objects of an array.
    pub(super) fn objects(&self, name: &str, report: &mut Report) -> Option<Vec<Self>> {
        let json = self.get(name)?;
        let items = self.expect(name, json.as_array(), "an array", report)?;
        let path = self.at(name);
        Some(items.iter().enumerate().filter_map(|(index, item)| Self::of(item, format!("{path}[{index}]"), report)).collect())
    }

    fn expect<T>(&self, name: &str, found: Option<T>, expected: &str, report: &mut Report) -> Option<T> {
        if found.is_none() {
            report.error(&self.at(name), "wrong-type", format!("{expected} was expected here"));
        }
        found
    }
}
