//! `$params` (`rest-dialect.md` 9.3): what placeholders stand for.

use serde_json::{Map, Value as Json};

use super::ast::{ArrayMark, PathAsk, Step};
use super::cursor::Cursor;
use super::syntax;
use crate::error::{Error, ErrorKind};

/// The parameters of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parameters<'a> {
    /// None were given.
    None,
    /// An array: element *n* fills `:n`.
    List(&'a [Json]),
    /// `{"parameters": {…}, "attributes": {…}}`: named placeholders for values and for paths.
    Named { values: Option<&'a Map<String, Json>>, paths: Option<&'a Map<String, Json>> },
}

impl<'a> Parameters<'a> {
    /// What the parameter `$params` holds.
    pub(crate) fn of(params: Option<&'a Json>) -> Self {
        match params {
            Some(Json::Array(list)) => Self::List(list),
            Some(Json::Object(members)) => Self::Named {
                values: members.get("parameters").and_then(Json::as_object),
                paths: members.get("attributes").and_then(Json::as_object),
            },
            _ => Self::None,
        }
    }

    /// What a placeholder stands for as a value; missing or null: 1279.
    pub(crate) fn value(self, name: &str) -> Result<&'a Json, Error> {
        let found = match self {
            Self::List(list) => number(name).and_then(|number| list.get(number - 1)),
            Self::Named { values, .. } => values.and_then(|values| values.get(name)),
            Self::None => None,
        };
        found.filter(|json| !json.is_null()).ok_or_else(|| missing(name))
    }

    /// The path that a placeholder stands for: a text, or an array of texts, step by step.
    pub(crate) fn path(self, name: &str) -> Result<Vec<Step>, Error> {
        let named = match self {
            Self::Named { paths, .. } => paths.and_then(|paths| paths.get(name)),
            _ => None,
        };
        let json = match named {
            Some(json) => json,
            None => self.value(name)?,
        };
        match json {
            Json::String(text) => path_of_text(text),
            Json::Array(steps) if !steps.is_empty() && steps.len() <= super::MOST_STEPS => {
                steps.iter().map(|step| step.as_str().map(array_step).ok_or_else(|| wrong_type(name, "a path"))).collect()
            }
            _ => Err(wrong_type(name, "a path")),
        }
    }
}

/// `:1` to `:128`.
fn number(name: &str) -> Option<usize> {
    name.parse().ok().filter(|number| (1..=128).contains(number))
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::Malformed, 1279, format!("The placeholder :{name} has no value in $params, or it is null"))
}

/// 1280
pub(crate) fn wrong_type(name: &str, wanted: &str) -> Error {
    Error::new(ErrorKind::Malformed, 1280, format!("The value of the placeholder :{name} is not {wanted}"))
}

/// A path in one text. What is no path by the grammar is one name, so that names with blanks or operators can be reached.
fn path_of_text(text: &str) -> Result<Vec<Step>, Error> {
    if text.trim().is_empty() {
        return Err(syntax(1, "a placeholder stands for an empty path"));
    }
    let mut cursor = Cursor::new(text.trim());
    if let Ok(PathAsk::Steps(steps)) = cursor.path()
        && cursor.is_end()
    {
        return Ok(steps);
    }
    Ok(vec![Step { name: text.to_owned(), index: None, array: None }])
}

/// A step of an array: any name, with `[]` or `[a]` behind it when it speaks of array elements.
fn array_step(text: &str) -> Step {
    let plain = |name: &str, array| Step { name: name.to_owned(), index: None, array };
    if let Some(name) = text.strip_suffix("[]") {
        return plain(name, Some(ArrayMark::Any));
    }
    if let Some((name, letter)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('['))
        && let [letter] = letter.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        return plain(name, Some(ArrayMark::Letter(letter.to_ascii_lowercase())));
    }
    plain(text, None)
}
