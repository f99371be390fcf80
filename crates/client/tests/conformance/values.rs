//! Values of a case and values of the library.

use std::collections::HashMap;

use claviger_client::{Entity, Error, Outcome, Returned, Saved, Selection, Status, Value};
use jiff::SignedDuration;
use serde_json::{Map, Value as Json, json};

use crate::runner::Kept;

/// A value that a case gives.
pub(crate) fn value(json: &Json, kept: &HashMap<String, Kept>) -> Value {
    let Some((name, inner)) = json.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next()) else {
        return Value::from(json.clone());
    };
    let text = || inner.as_str().unwrap();
    match name.as_str() {
        "$date" => Value::Date(text().parse().unwrap()),
        "$instant" => Value::Instant(text().parse().unwrap()),
        "$duration" => Value::Duration(SignedDuration::from_millis(inner.as_i64().unwrap())),
        "$ref" => match kept.get(text()).unwrap_or_else(|| panic!("nothing is called {inner}")) {
            Kept::Entity(entity) => Value::from(&**entity),
            Kept::Selection(selection) => Value::from(selection),
            Kept::Upload(upload) => Value::from(upload.clone()),
            Kept::Store(_) | Kept::Cursor(_) => panic!("{inner} is no value"),
        },
        _ => Value::from(json.clone()),
    }
}

/// A value that the library gives.
pub(crate) fn shown(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(is) => json!(is),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!({ "$date": date.to_string() }),
        Value::Instant(at) => json!({ "$instant": format!("{at:.3}") }),
        Value::Duration(length) => json!({ "$duration": i64::try_from(length.as_millis()).unwrap() }),
        Value::Json(json) => json.clone(),
        Value::Media(media) => json!({ "$media": if media.is_image { "image" } else { "blob" } }),
        Value::Entity(entity) => json!({ "$key": entity.key }),
        other => panic!("{other:?} is no result"),
    }
}

pub(crate) fn entity(entity: &Entity) -> Json {
    json!({ "key": entity.key(), "stamp": entity.stamp(), "isNew": entity.is_new(), "dataclass": entity.dataclass().name() })
}

pub(crate) fn selection(selection: &Selection) -> Json {
    json!({ "length": selection.len(), "dataclass": selection.dataclass().name(), "isOrdered": selection.is_ordered() })
}

pub(crate) fn status(status: &Status) -> Json {
    serde_json::to_value(status).unwrap()
}

/// What a call would have given.
fn outcome(outcome: &Outcome) -> Json {
    let saved = |saved: &[Saved]| saved.iter().map(|saved| status(&saved.status)).collect();
    match outcome {
        Outcome::Status(found) => status(found),
        Outcome::Saved(found) => status(&found.status),
        Outcome::ManySaved(found) => saved(found),
        Outcome::Statuses(found) => found.iter().map(status).collect(),
        Outcome::Left(left) => selection(left),
        Outcome::Returned(found) => returned(found),
        _ => Json::Null,
    }
}

pub(crate) fn returned(returned: &Returned) -> Json {
    match returned {
        Returned::Value(value) => json!({ "value": value }),
        Returned::Entity(found) => json!({ "entity": entity(found) }),
        Returned::Selection(found) => json!({ "selection": selection(found) }),
        Returned::Response(response) => {
            let text = String::from_utf8(response.body.to_vec()).unwrap();
            json!({ "response": { "status": response.status, "contentType": response.content_type, "text": text } })
        }
    }
}

pub(crate) fn error(error: &Error) -> Json {
    let mut shown = Map::new();
    shown.insert("class".to_owned(), json!(error.class()));
    shown.insert("text".to_owned(), json!(error.to_string()));
    shown.insert("number".to_owned(), json!(error.number()));
    let more = match error {
        Error::Unreachable { host, .. } => json!({ "host": host }),
        Error::Unauthorized { reason } => json!({ "reason": reason }),
        Error::PermissionDenied { action, dataclass, attribute, .. } => {
            json!({ "action": action, "dataclass": dataclass, "attribute": attribute })
        }
        Error::NotFound { kind, .. } => json!({ "kind": kind }),
        Error::Conflict { status, .. } => json!({ "status": status.status, "statusText": status.status_text }),
        Error::Validation { attribute, .. } => json!({ "attribute": attribute }),
        Error::Remote { http_status, .. } => json!({ "httpStatus": http_status }),
        Error::SessionLost { locks, executed, result, .. } => {
            let mut shown = json!({ "locks": locks, "executed": executed });
            if let Some(result) = result {
                shown["result"] = outcome(result);
            }
            shown
        }
        _ => json!({}),
    };
    let Json::Object(more) = more else { unreachable!() };
    shown.extend(more);
    Json::Object(shown)
}
