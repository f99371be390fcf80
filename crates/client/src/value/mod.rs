//! Values of attributes, parameters and arguments, and their JSON (`rest-dialect.md` 5.4, 15.4; CL-3).

mod convert;
mod key;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Number, Value as Json, json};

use crate::catalog::AttributeType;
use crate::selection::Selection;
use crate::{Error, Result};

pub use convert::FromValue;
pub(crate) use convert::convert;
pub use key::Key;

/// A value. `From` makes one of most things; [`FromValue`] makes most things of one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// `bool`.
    Bool(bool),
    /// Any number, with the digits that it came with.
    Number(Number),
    /// `string`, `uuid`.
    Text(String),
    /// A date without time of day.
    Date(Date),
    /// A date with time of day.
    Instant(Timestamp),
    /// A duration, in whole milliseconds.
    Duration(SignedDuration),
    /// An object or a collection.
    Json(Json),
    /// An image or blob that the server has.
    Media(Media),
    /// An image or blob that was uploaded for an attribute.
    Upload(Upload),
    /// An entity: as an attribute's value, a parameter or an argument.
    Entity(Box<EntityValue>),
    /// A selection: as an argument.
    Selection(Selection),
}

/// An image or blob that the server has; read it with [`Entity::bytes`](crate::Entity::bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where it is.
    pub uri: String,
    /// An image.
    pub is_image: bool,
}

/// Bytes that wait on the server for an attribute or a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The server's name for it.
    pub id: String,
}

/// An entity as a value: which one, and what of it is not saved.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityValue {
    /// Empty when not known.
    pub dataclass: String,
    /// None for a new one.
    pub key: Option<String>,
    /// Its version.
    pub stamp: i64,
    /// What is not saved, as the wire has it.
    pub touched: Map<String, Json>,
}

impl Value {
    /// From an answer. What does not fit its type stays what it is.
    pub(crate) fn read(json: &Json, kind: AttributeType) -> Self {
        match (kind, json) {
            (_, Json::Null) => Self::Null,
            (AttributeType::Date, Json::String(text)) if is_empty_date(text) => Self::Null,
            (AttributeType::Date, Json::String(text)) => date(text).map_or_else(|| Self::Text(text.clone()), Self::Date),
            (AttributeType::Instant, Json::String(text)) => text.parse().map_or_else(|_| Self::Text(text.clone()), Self::Instant),
            (AttributeType::Duration, Json::Number(ms)) => {
                ms.as_i64().map_or_else(|| Self::Number(ms.clone()), |ms| Self::Duration(SignedDuration::from_millis(ms)))
            }
            (AttributeType::Image | AttributeType::Blob, Json::Object(members)) => {
                media(members).map_or_else(|| Self::Json(json.clone()), Self::Media)
            }
            (AttributeType::Entity, Json::Object(members)) => {
                let inner = members.get("__deferred").and_then(Json::as_object).unwrap_or(members);
                let key = inner.get("__KEY").and_then(key_text);
                let stamp = members.get("__STAMP").and_then(Json::as_i64).unwrap_or(0);
                Self::Entity(Box::new(EntityValue { dataclass: String::new(), key, stamp, touched: Map::new() }))
            }
            (_, Json::Bool(is)) => Self::Bool(*is),
            (_, Json::Number(number)) => Self::Number(number.clone()),
            (_, Json::String(text)) => Self::Text(text.clone()),
            (_, other) => Self::Json(other.clone()),
        }
    }

    /// As an attribute's value in a body.
    pub(crate) fn written(&self) -> Result<Json> {
        Ok(match self {
            Self::Date(date) => json!(format!("{}!{}!{}", date.day(), date.month(), date.year())),
            Self::Upload(upload) => json!({ "ID": upload.id }),
            Self::Media(media) => json!({ "__deferred": { "uri": media.uri, "image": media.is_image } }),
            Self::Entity(entity) => match &entity.key {
                Some(key) => json!({ "__KEY": key }),
                None => return Err(Error::Misuse("An entity that is not saved cannot be the value of a relation.".to_owned())),
            },
            Self::Selection(_) => return Err(Error::Misuse("A selection cannot be the value of an attribute.".to_owned())),
            other => other.plain(),
        })
    }

    /// As a value of `$params`.
    pub(crate) fn as_param(&self) -> Result<Json> {
        Ok(match self {
            Self::Entity(entity) => entity.key.clone().map(Json::String).unwrap_or_default(),
            Self::Selection(_) | Self::Upload(_) | Self::Media(_) => {
                return Err(Error::Misuse("Selections, images and blobs cannot be compared with.".to_owned()));
            }
            other => other.plain(),
        })
    }

    /// As an argument of a function; a selection becomes an entity set.
    pub(crate) async fn as_argument(&self) -> Result<Json> {
        Ok(match self {
            Self::Entity(entity) => {
                let mut members = Map::new();
                members.insert("__DATACLASS".to_owned(), json!(entity.dataclass));
                members.insert("__ENTITY".to_owned(), json!(true));
                if let Some(key) = &entity.key {
                    members.insert("__KEY".to_owned(), json!(key));
                    members.insert("__STAMP".to_owned(), json!(entity.stamp));
                }
                members.extend(entity.touched.clone());
                Json::Object(members)
            }
            Self::Selection(selection) => json!({ "__ENTITIES": true, "__DATASET": selection.set_id().await? }),
            Self::Upload(upload) => json!({ "ID": upload.id }),
            Self::Media(_) => return Err(Error::Misuse("An image of the server cannot be an argument.".to_owned())),
            other => other.plain(),
        })
    }

    /// As plain JSON: dates and instants as ISO 8601 texts, durations in milliseconds; null for what is no plain value.
    pub fn plain(&self) -> Json {
        match self {
            Self::Bool(is) => json!(is),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Text(text) => json!(text),
            Self::Date(date) => json!(date.to_string()),
            Self::Instant(at) => json!(format!("{at:.3}")),
            Self::Duration(length) => json!(i64::try_from(length.as_millis()).unwrap_or(i64::MAX)),
            Self::Json(json) => json.clone(),
            _ => Json::Null,
        }
    }

    /// No value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What it is, for errors.
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::Instant(_) => "a point in time",
            Self::Duration(_) => "a duration",
            Self::Json(_) => "an object or collection",
            Self::Media(_) | Self::Upload(_) => "an image or blob",
            Self::Entity(_) => "an entity",
            Self::Selection(_) => "a selection",
        }
    }
}

fn is_empty_date(text: &str) -> bool {
    text.is_empty() || text == "0!0!0" || text == "!!0000-00-00!!"
}

/// `4!8!1991`, `!!1991-08-04!!`, `1991-08-04`, or an instant whose time does not count.
fn date(text: &str) -> Option<Date> {
    let text = text.trim_matches('!');
    if let [day, month, year] = text.split('!').collect::<Vec<_>>()[..] {
        return Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    }
    text.get(..10)?.parse().ok()
}

fn media(members: &Map<String, Json>) -> Option<Media> {
    let deferred = members.get("__deferred")?;
    let uri = deferred.get("uri")?.as_str()?.to_owned();
    Some(Media { uri, is_image: deferred.get("image") == Some(&Json::Bool(true)) })
}

pub(crate) fn key_text(key: &Json) -> Option<String> {
    match key {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An object of an attribute from what serde can write.
pub(crate) fn object(value: &impl Serialize) -> Result<Json> {
    serde_json::to_value(value).map_err(|error| Error::Misuse(format!("The value cannot be written as JSON: {error}.")))
}

/// Values for placeholders or arguments: `params![20, "Lem@"]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Number, json};

    use super::{Value, convert};
    use crate::catalog::AttributeType as Type;

    #[test]
    fn values_are_read_by_their_type_and_written_as_the_dialect_wants() {
        for (json, kind, back) in [
            (json!("4!8!1991"), Type::Date, json!("4!8!1991")),
            (json!("!!1991-08-04!!"), Type::Date, json!("4!8!1991")),
            (json!("1991-08-04T23:00:00.000Z"), Type::Date, json!("4!8!1991")),
            (json!("2024-02-28T16:40:00.250Z"), Type::Instant, json!("2024-02-28T16:40:00.250Z")),
            (json!(5_400_000), Type::Duration, json!(5_400_000)),
            (json!(9_007_199_254_740_993_i64), Type::Integer, json!(9_007_199_254_740_993_i64)),
            (json!("0!0!0"), Type::Date, json!(null)),
            (json!("no date"), Type::Date, json!("no date")),
            (json!({ "__deferred": { "uri": "/rest/Author[7]", "__KEY": "7" } }), Type::Entity, json!({ "__KEY": "7" })),
            (json!({ "a": [1] }), Type::Object, json!({ "a": [1] })),
        ] {
            assert_eq!(Value::read(&json, kind).written().unwrap(), back, "{json}");
        }
    }

    #[test]
    fn dates_of_parameters_are_iso() {
        assert_eq!(Value::from(day(1991, 8, 4)).as_param().unwrap(), json!("1991-08-04"));
        assert_eq!(
            Value::from("1991-08-04T00:00:00Z".parse::<Timestamp>().unwrap()).as_param().unwrap(),
            json!("1991-08-04T00:00:00.000Z")
        );
        assert_eq!(Value::from(vec!["a", "b"]).as_param().unwrap(), json!(["a", "b"]));
        assert_eq!(Value::from(f64::NAN).as_param().unwrap(), json!(null));
    }

    #[test]
    fn types_are_checked_when_read() {
        assert_eq!(convert::<i64>(Value::from(7), "x").unwrap(), 7);
        assert_eq!(convert::<Option<String>>(Value::Null, "x").unwrap(), None);
        assert_eq!(convert::<i64>(Value::Number(serde_json::from_str::<Number>("7.0").unwrap()), "x").unwrap(), 7);
        assert!(convert::<i64>(Value::from(7.5), "x").is_err());
        assert!(convert::<i16>(Value::from(70_000), "x").is_err());
        let error = convert::<String>(Value::from(SignedDuration::ZERO), "playTime").unwrap_err();
        assert_eq!(error.to_string(), "\"playTime\" is a duration, not a text.");
    }
}
