//! Entities as they travel: keys, stamps and values as the wire has them (`rest-dialect.md` 5.1, 5.2).

use serde_json::{Map, Value as Json};

use crate::{Error, Result};

/// One entity as an answer has it. Values are JSON of the dialect: dates as `4!8!1991`, relations and media deferred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// `__KEY`; none for one that is not saved, that was deleted since its set was made, or that is of a view.
    pub key: Option<String>,
    /// `__STAMP`; 0 for one that is not saved.
    pub stamp: i64,
    /// `__TIMESTAMP`.
    pub timestamp: Option<String>,
    /// Attributes by name.
    pub values: Map<String, Json>,
}

impl Row {
    /// The place of an entity that was deleted since the set was made. Rows of a view have no key either, but values.
    pub fn is_gap(&self) -> bool {
        self.key.is_none() && self.values.is_empty()
    }

    /// From an entity object; members with `__` are not attributes.
    pub(crate) fn read(mut members: Map<String, Json>) -> Self {
        let mut row = Self::default();
        members.retain(|name, value| {
            if !name.starts_with("__") {
                return true;
            }
            match (name.as_str(), value.take()) {
                ("__KEY", Json::String(key)) => row.key = Some(key),
                ("__KEY", Json::Number(key)) => row.key = Some(key.to_string()),
                ("__STAMP", stamp) => row.stamp = stamp.as_i64().unwrap_or(0),
                ("__TIMESTAMP", Json::String(at)) => row.timestamp = Some(at),
                _ => {}
            }
            false
        });
        row.values = members;
        // A text key may be empty, but not of one that was never saved.
        if row.stamp == 0 {
            row.key = row.key.filter(|key| !key.is_empty());
        }
        row
    }
}

impl Row {
    /// From an update answer, which also has the entity's address: it is no attribute, unless the dataclass has one of that name.
    pub(crate) fn read_saved(members: Map<String, Json>, has_uri: bool) -> Self {
        let mut row = Self::read(members);
        if !has_uri {
            row.values.shift_remove("uri");
        }
        row
    }
}

/// Part of a selection.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// ID of the entity set that the request made.
    pub set: Option<String>,
    /// Size of the whole selection.
    pub count: usize,
    /// Its part, with the [gaps](Row::is_gap) of what was deleted since the set was made.
    pub rows: Vec<Row>,
}

impl Page {
    /// From a selection object.
    pub(crate) fn read(body: Json) -> Result<Self> {
        let wrong = |cause: &str, body: &Json| Error::Protocol { cause: cause.to_owned(), excerpt: excerpt(&body.to_string()) };
        let Json::Object(mut members) = body else { return Err(wrong("The answer is no selection", &body)) };
        let Some(Json::Array(entities)) = members.remove("__ENTITIES") else {
            return Err(wrong("The answer is no selection", &Json::Object(members)));
        };
        let Some(count) = members.get("__COUNT").and_then(Json::as_u64) else {
            return Err(wrong("The selection has no __COUNT", &Json::Object(members)));
        };
        let set = members.get("__ENTITYSET").and_then(Json::as_str).and_then(set_id);
        let rows = entities.into_iter().map(|entity| match entity {
            Json::Object(members) => Ok(Row::read(members)),
            other => Err(wrong("The selection holds what is no entity", &other)),
        });
        Ok(Self { set, count: usize::try_from(count).unwrap_or(usize::MAX), rows: rows.collect::<Result<_>>()? })
    }
}

/// `9A1C…` of `/rest/Book/$entityset/9A1C…`; a deferred URI is none.
fn set_id(uri: &str) -> Option<String> {
    let (_, id) = uri.split_once("/$entityset/")?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| id.to_owned())
}

/// The beginning of a text, for errors.
pub(crate) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Page;

    #[test]
    fn a_page_is_read_with_its_gaps() {
        let page = Page::read(json!({
            "__ENTITYSET": "/rest/Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586", "__DATACLASS": "Book", "__COUNT": 230, "__FIRST": 0,
            "__ENTITIES": [{ "__KEY": "12", "__STAMP": 3, "__TIMESTAMP": "t", "title": "x" }, { "__STAMP": 0 }], "__SENT": 2,
        }));
        let page = page.unwrap();
        assert_eq!((page.set.as_deref(), page.count), (Some("9A1C0D7E5B2F4836A7C4E0F1D2B39586"), 230));
        assert_eq!((page.rows[0].key.as_deref(), page.rows[0].stamp, page.rows[0].values.len()), (Some("12"), 3, 1));
        assert_eq!(page.rows[1].key, None);
        assert!(Page::read(json!({ "result": 1 })).is_err());
        assert!(Page::read(json!({ "__ENTITIES": [] })).is_err());
    }
}
