//! `$extendedAttributes=true` with a body (`rest-dialect.md` 19): a mobile client's way to say which attributes it wants. Never an update.

use serde_json::Value as Json;

use crate::ask::{Ask, Verb};
use crate::error::{Error, ErrorKind};
use crate::url::{Method, Resource};

/// How deep the description of attributes may nest; relations expanded deeper are refused anyway.
const DEEPEST: usize = 16;

/// The request with the attributes of its body in place of `$attributes`; `None` when it is no such request, or its body says nothing.
pub(crate) fn attributes(ask: &Ask, body: Option<&Json>) -> Result<Option<Ask>, Error> {
    let reads = matches!(ask.parameters.method, None | Some(Method::EntitySet | Method::SubEntitySet));
    let is_extended = ask.parameters.extended && ask.verb == Verb::Post && reads;
    if !is_extended || !matches!(ask.resource, Resource::Data(_)) {
        return Ok(None);
    }
    let attrs = match body {
        Some(Json::Object(members)) => members.get("attrs").filter(|attrs| !attrs.is_null()),
        _ => None,
    };
    let Some(attrs) = attrs else { return Ok(None) };
    let mut paths = Vec::new();
    collect(attrs, "", 0, &mut paths)?;
    let mut ask = ask.clone();
    ask.parameters.attributes = Some(paths.join(","));
    Ok(Some(ask))
}

/// A text (`"title,author.*"`), an array of such descriptions, or an object whose members name attributes and whose values describe what is
/// wanted of a relation.
fn collect(attrs: &Json, before: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), Error> {
    match attrs {
        _ if depth > DEEPEST => Err(wrong()),
        Json::String(list) => {
            paths.extend(list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| format!("{before}{name}")));
            Ok(())
        }
        Json::Array(items) => items.iter().try_for_each(|item| collect(item, before, depth + 1, paths)),
        Json::Object(members) => members.iter().try_for_each(|(name, below)| match below {
            Json::Bool(false) => Ok(()),
            // A relation may be described as a request again.
            Json::Object(inner) if !inner.is_empty() => {
                let below = inner.get("attrs").filter(|_| inner.len() == 1).unwrap_or(below);
                collect(below, &format!("{before}{name}."), depth + 1, paths)
            }
            Json::Array(inner) if !inner.is_empty() => collect(below, &format!("{before}{name}."), depth + 1, paths),
            _ => {
                paths.push(format!("{before}{name}"));
                Ok(())
            }
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) => Err(wrong()),
    }
}

fn wrong() -> Error {
    Error::new(ErrorKind::Malformed, 1806, "attrs must be a list of attributes, or an object that names them.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Json) -> Result<Option<String>, i64> {
        let ask = Ask::parse(Verb::Post, "Book", Some("$extendedAttributes=true")).unwrap();
        attributes(&ask, Some(body)).map(|ask| ask.and_then(|ask| ask.parameters.attributes)).map_err(|error| error.code())
    }

    #[test]
    fn attributes_in_every_form() {
        for (body, list) in [
            (json!({ "attrs": "title, author.fullName" }), "title,author.fullName"),
            (json!({ "attrs": ["title", "price"] }), "title,price"),
            (json!({ "attrs": { "author": { "fullName": true, "born": false }, "title": {} } }), "author.fullName,title"),
            (json!({ "attrs": { "author": { "attrs": ["fullName", "born"] } } }), "author.fullName,author.born"),
            (json!({ "attrs": ["title", { "author": ["*"] }] }), "title,author.*"),
        ] {
            assert_eq!(read(&body), Ok(Some(list.to_owned())), "{body}");
        }
        assert_eq!(read(&json!({ "title": "x" })), Ok(None));
        assert_eq!(read(&json!({ "attrs": 7 })), Err(1806));
        let plain = Ask::parse(Verb::Post, "Book", Some("$method=update&$extendedAttributes=true")).unwrap();
        assert!(attributes(&plain, Some(&json!({ "attrs": "title" }))).unwrap().is_none());
    }
}
