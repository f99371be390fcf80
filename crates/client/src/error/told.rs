//! How answers tell errors (`rest-dialect.md` 4).

use serde::Deserialize as _;
use serde_json::{Map, Value as Json};

use crate::row::Row;
use crate::status::Status;

use super::{Error, Missing, Reason, RemoteError, texts};

/// `__ERROR` of an answer.
pub(crate) fn errors_of(body: &Map<String, Json>) -> Vec<RemoteError> {
    let items = body.get("__ERROR").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| RemoteError::deserialize(item).ok()).collect()
}

/// The error that an answer tells, if it tells one. `calls`: a function was called, so what is not found may be it.
pub(crate) fn told(http_status: u16, body: &Json, calls: bool) -> Option<Error> {
    let failed = http_status >= 400;
    let Json::Object(members) = body else {
        return failed.then(|| Error::Remote { http_status, errors: Vec::new() });
    };
    if !members.contains_key("__ERROR") {
        if !failed {
            return None;
        }
        let text = members.get("error").and_then(Json::as_str).unwrap_or_default();
        return Some(match http_status {
            402 | 429 => Error::TooMany { what: if text.is_empty() { format!("status {http_status}") } else { text.to_owned() } },
            400 | 401 | 403 if !text.is_empty() => Error::Unauthorized { reason: refused(http_status, text) },
            401 | 403 => Error::Unauthorized { reason: Reason::NotLoggedIn },
            _ => Error::Remote { http_status, errors: Vec::new() },
        });
    }
    let errors = errors_of(members);
    let has = |codes: &[i64]| errors.iter().any(|error| codes.contains(&error.err_code));
    if errors.iter().any(|error| error.message.contains("need to be logged in")) {
        return Some(Error::Unauthorized { reason: Reason::NotLoggedIn });
    }
    if http_status == 402 || http_status == 429 {
        return Some(Error::TooMany { what: texts(&errors, "requests") });
    }
    if http_status == 401 || has(&DENIALS) {
        return Some(denied(errors));
    }
    if let Some(status) = Status::of(members).filter(Status::is_conflict) {
        let entity = members.contains_key("__STAMP").then(|| Box::new(Row::read(members.clone())));
        return Some(Error::Conflict { status: Box::new(status), entity });
    }
    if http_status == 404 {
        let kind = missing_kind(&errors, calls);
        return Some(Error::NotFound { kind, errors });
    }
    if has(&[1517, 1534, 1569, 1570]) {
        return Some(Error::Validation { attribute: errors.first().and_then(|error| attribute_in(&error.message)), errors });
    }
    Some(Error::Remote { http_status, errors })
}

const DENIALS: [i64; 8] = [1557, 1558, 1559, 1560, 1561, 1607, 1608, 1609];

fn refused(http_status: u16, text: &str) -> Reason {
    let text = text.to_ascii_lowercase();
    if http_status == 403 {
        Reason::HostNotAllowed
    } else if text.contains("missing") {
        Reason::MissingKey
    } else if text.contains("expired") {
        Reason::ExpiredKey
    } else if text.contains("logged in") {
        Reason::NotLoggedIn
    } else {
        Reason::InvalidKey
    }
}

fn missing_kind(errors: &[RemoteError], calls: bool) -> Missing {
    for error in errors {
        match error.err_code {
            1800 => return Missing::Dataclass,
            1542 | 1543 => return Missing::Entity,
            1802 => return Missing::EntitySet,
            1827 => return Missing::Function,
            1500 | 1804 | 1805 => return if calls { Missing::Function } else { Missing::Attribute },
            _ => {}
        }
    }
    if calls { Missing::Function } else { Missing::Entity }
}

fn denied(errors: Vec<RemoteError>) -> Error {
    let first = errors.iter().find(|error| DENIALS.contains(&error.err_code)).or(errors.first());
    let action = first.and_then(|error| match error.err_code {
        1557 | 1607 => Some("read"),
        1558 | 1608 => Some("update"),
        1559 => Some("create"),
        1560 => Some("drop"),
        1561 => Some("execute"),
        1609 => Some("describe"),
        _ => None,
    });
    let message = first.map(|error| error.message.as_str()).unwrap_or_default();
    let dataclass =
        message.split(" the ").last().and_then(|rest| rest.strip_suffix(" dataclass")).map(|name| name.trim_matches('"').to_owned());
    let attribute = attribute_in(message);
    Error::PermissionDenied { action, dataclass, attribute, errors }
}

/// The first thing in double quotes.
fn attribute_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once('"')?;
    let (name, _) = rest.split_once('"')?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Error, Missing, Reason, told};

    fn coded(code: i64, message: &str) -> serde_json::Value {
        json!({ "__ERROR": [{ "message": message, "componentSignature": "dbmg", "errCode": code }] })
    }

    #[test]
    fn the_gates_texts_are_reasons() {
        for (status, text, reason) in [
            (400, "Some headers are missing, required headers [api-key]", Reason::MissingKey),
            (401, "Api-key Not Valid", Reason::InvalidKey),
            (401, "Api-key expired", Reason::ExpiredKey),
            (403, "403 - Forbidden", Reason::HostNotAllowed),
            (401, "You need to be logged in to perform this request.", Reason::NotLoggedIn),
        ] {
            let error = told(status, &json!({ "error": text }), false).unwrap();
            assert!(matches!(error, Error::Unauthorized { reason: found } if found == reason), "{error:?}");
            assert!(error.to_string().contains(&reason.to_string()));
        }
    }

    #[test]
    fn a_denial_names_action_dataclass_and_attribute() {
        let error = told(401, &coded(1607, "No permission to read for \"price\" attribute in the Book dataclass"), false).unwrap();
        let Error::PermissionDenied { action, dataclass, attribute, .. } = error else { panic!("{error:?}") };
        assert_eq!((action, dataclass.as_deref(), attribute.as_deref()), (Some("read"), Some("Book"), Some("price")));
        let error = told(401, &coded(1561, "No permission to execute the lendTo method of the Book dataclass"), true).unwrap();
        let Error::PermissionDenied { action, dataclass, attribute, .. } = error else { panic!("{error:?}") };
        assert_eq!((action, dataclass.as_deref(), attribute), (Some("execute"), Some("Book"), None));
    }

    #[test]
    fn what_is_not_found_has_a_kind() {
        for (code, calls, kind) in [
            (1800, false, Missing::Dataclass),
            (1542, false, Missing::Entity),
            (1802, false, Missing::EntitySet),
            (1500, false, Missing::Attribute),
            (1500, true, Missing::Function),
            (1827, true, Missing::Function),
        ] {
            assert!(told(404, &coded(code, "x"), calls).unwrap().is_missing(kind), "{code}");
        }
    }

    #[test]
    fn other_answers_are_remote_too_many_or_nothing() {
        assert!(matches!(told(429, &coded(9429, "entity sets"), false), Some(Error::TooMany { .. })));
        assert!(matches!(told(402, &coded(1823, "sessions"), false), Some(Error::TooMany { .. })));
        assert!(matches!(told(500, &coded(9510, "thrown"), true), Some(Error::Remote { http_status: 500, .. })));
        assert!(
            matches!(told(500, &coded(1534, "\"title\" is mandatory"), false), Some(Error::Validation { attribute: Some(name), .. }) if name == "title")
        );
        assert!(told(200, &json!({ "result": null }), false).is_none());
    }
}
