//! Where the secret could be shown, and is not (CI-6): in what tells errors, in logs, in excerpts.

use serde_json::Value as Json;

/// Stands where a secret was.
pub(crate) const HIDDEN: &str = "***";

/// Takes the secret out of what an answer tells of errors. Data stays as it is: a password may well be a word that stands in it.
pub(crate) fn hide_in_errors(body: &mut Json, secret: &str) {
    let Json::Object(members) = body else { return };
    for (name, value) in members {
        match name.as_str() {
            "error" | "__ERROR" | "__STATUS" => {
                hide(value, secret);
            }
            "__ENTITIES" => value.as_array_mut().into_iter().flatten().for_each(|item| hide_in_errors(item, secret)),
            _ => {}
        }
    }
}

/// JSON as text without the secret; what is no JSON, too.
pub(crate) fn hidden_json(text: &str, secret: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Json>(text) else { return text.replace(secret, HIDDEN) };
    if hide(&mut json, secret) { json.to_string() } else { text.to_owned() }
}

/// Takes the secret out of all texts; true when it was in one.
fn hide(value: &mut Json, secret: &str) -> bool {
    match value {
        Json::String(text) if text.contains(secret) => {
            *text = text.replace(secret, HIDDEN);
            true
        }
        Json::Array(items) => items.iter_mut().fold(false, |found, item| hide(item, secret) | found),
        Json::Object(members) => members.values_mut().fold(false, |found, value| hide(value, secret) | found),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{hidden_json, hide_in_errors};

    #[test]
    fn errors_are_told_without_the_secret_and_data_is_not_touched() {
        // As a password may be.
        for secret in ["1", "\"", "message", "errCode", "a", "e\\"] {
            let told = format!("before {secret} after");
            let mut body = json!({
                "__KEY": "1", "title": told, "message": secret, "errCode": 1,
                "__ERROR": [{ "errCode": 1151, "message": told, "componentSignature": "dbmg" }],
                "__STATUS": { "status": 2, "statusText": told, "success": false },
                "__ENTITIES": [{ "__KEY": "1", "a": told, "__ERROR": [{ "errCode": 1, "message": told }] }],
            });
            let was = body.clone();
            hide_in_errors(&mut body, secret);
            for path in ["/__ERROR/0/message", "/__STATUS/statusText", "/__ENTITIES/0/__ERROR/0/message"] {
                let text = body.pointer(path).unwrap().as_str().unwrap();
                assert!(text.contains("***") && !text.replace("***", "").contains(secret), "{text}");
            }
            for path in [
                "/__KEY",
                "/title",
                "/message",
                "/errCode",
                "/__ERROR/0/errCode",
                "/__STATUS/status",
                "/__ENTITIES/0/a",
                "/__ENTITIES/0/__KEY",
            ] {
                assert_eq!(body.pointer(path), was.pointer(path), "{path}");
            }
        }
    }

    #[test]
    fn json_without_the_secret_is_json() {
        assert_eq!(hidden_json(r#"{"a":"x\"y","n":1.50}"#, "x\"y"), r#"{"a":"***","n":1.50}"#);
        assert_eq!(hidden_json(r#"{"a": 1}"#, "1"), r#"{"a": 1}"#);
        assert_eq!(hidden_json("who is x?", "x"), "who is ***?");
    }
}
