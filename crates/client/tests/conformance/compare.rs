//! Whether results are as a case says.

use serde_json::Value as Json;

/// Equal, numbers by their value.
pub(crate) fn equal(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::Number(one), Json::Number(other)) => {
            let (one, other) = (one.to_string(), other.to_string());
            let is_whole = |text: &str| !text.contains(['.', 'e', 'E']);
            one == other || !(is_whole(&one) && is_whole(&other)) && one.parse::<f64>().ok() == other.parse::<f64>().ok()
        }
        (Json::Array(one), Json::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other)),
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len() && other.iter().all(|(name, wanted)| one.get(name).is_some_and(|found| equal(found, wanted)))
        }
        _ => found == wanted,
    }
}

/// Has these members, at any depth; of lists, these items at their beginning.
pub(crate) fn has(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::Object(found), Json::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| has(found, wanted)))
        }
        (Json::Array(found), Json::Array(wanted)) => {
            found.len() >= wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| has(found, wanted))
        }
        _ => equal(found, wanted),
    }
}
