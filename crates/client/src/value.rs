//! Values of attributes, parameters and arguments, and their JSON (`rest-dialect.md` 5.4, 15.4; CL-3).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Number, Value as Json, json};

use crate::catalog::AttributeType;
use crate::entity::Entity;
use crate::selection::Selection;
use crate::{Error, Result};

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

/// An image or blob that the server has; read it with [`Entity::bytes`].
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

    fn plain(&self) -> Json {
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
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What an attribute's value can be read as.
pub trait FromValue: Sized {
    /// None when the value is something else.
    fn from_value(value: Value) -> Option<Self>;

    /// What was expected, in words.
    fn expected() -> &'static str;
}

/// Reads a value as what is wanted.
pub(crate) fn convert<T: FromValue>(value: Value, of: &str) -> Result<T> {
    let found = value.name();
    T::from_value(value).ok_or_else(|| Error::Misuse(format!("\"{of}\" is {found}, not {}.", T::expected())))
}

macro_rules! from_value {
    ($($type:ty, $expected:literal, $pattern:pat => $made:expr;)*) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value { $pattern => $made, _ => None }
            }

            fn expected() -> &'static str { $expected }
        }
    )*};
}

from_value! {
    bool, "a boolean", Value::Bool(is) => Some(is);
    String, "a text", Value::Text(text) => Some(text);
    Number, "a number", Value::Number(number) => Some(number);
    f64, "a number", Value::Number(number) => number.as_f64();
    i64, "a whole number", Value::Number(number) => whole(&number);
    i32, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    i16, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u64, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u32, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    usize, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u16, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    u8, "a whole number", Value::Number(number) => whole(&number).and_then(|n| n.try_into().ok());
    Date, "a date", Value::Date(date) => Some(date);
    Timestamp, "a point in time", Value::Instant(at) => Some(at);
    SignedDuration, "a duration", Value::Duration(length) => Some(length);
    Media, "an image or blob", Value::Media(media) => Some(media);
}

impl FromValue for Value {
    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }

    fn expected() -> &'static str {
        "a value"
    }
}

impl FromValue for Json {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Entity(_) | Value::Selection(_) | Value::Media(_) | Value::Upload(_) => value.written().ok(),
            plain => Some(plain.plain()),
        }
    }

    fn expected() -> &'static str {
        "JSON"
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }

    fn expected() -> &'static str {
        T::expected()
    }
}

/// `7` and `7.0`, not `7.5`.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        let (whole, rest) = text.split_once('.')?;
        rest.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
    })
}

macro_rules! into_value {
    ($($type:ty, $name:ident => $made:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($name: $type) -> Self { $made }
        }
    )*};
}

into_value! {
    bool, is => Self::Bool(is);
    i8, n => Self::Number(n.into());
    i16, n => Self::Number(n.into());
    i32, n => Self::Number(n.into());
    i64, n => Self::Number(n.into());
    u8, n => Self::Number(n.into());
    u16, n => Self::Number(n.into());
    u32, n => Self::Number(n.into());
    u64, n => Self::Number(n.into());
    usize, n => Self::Number(n.into());
    Number, n => Self::Number(n);
    &str, text => Self::Text(text.to_owned());
    String, text => Self::Text(text);
    &String, text => Self::Text(text.clone());
    Date, date => Self::Date(date);
    Timestamp, at => Self::Instant(at);
    SignedDuration, length => Self::Duration(length);
    Upload, upload => Self::Upload(upload);
    Media, media => Self::Media(media);
    Selection, selection => Self::Selection(selection);
    &Selection, selection => Self::Selection(selection.clone());
    &Entity, entity => Self::Entity(Box::new(entity.as_value()));
    Entity, entity => Self::Entity(Box::new(entity.as_value()));
}

/// Infinite numbers and NaN have no JSON; they become null.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or(Self::Null, Self::Number)
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::read(&json, AttributeType::Other)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Json(values.into_iter().map(|value| value.into().as_param().unwrap_or_default()).collect())
    }
}

impl<T: Into<Value> + Clone, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        Self::from(values.to_vec())
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

/// The key of an entity: a number, a text, or the text of `__KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(pub(crate) String);

macro_rules! into_key {
    ($($type:ty),*) => {$(
        impl From<$type> for Key {
            fn from(key: $type) -> Self { Self(key.to_string()) }
        }
    )*};
}

into_key!(&str, String, &String, i16, i32, i64, u16, u32, u64, usize);

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
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
