//! Answers: what requests can be answered besides what they ask for (`rest-dialect.md` 4; `api-keys.md` 7.1).

use serde_json::{Value, json};

use super::{Members, reference};

/// Refusals, by the names that [`of`] refers to.
pub(super) fn errors() -> Members {
    let (error, refusal) = (reference("rest.Error"), reference("rest.Refusal"));
    let either = json!({ "oneOf": [error.clone(), refusal.clone()] });
    let rows = [
        ("Malformed", "The request cannot be understood, or carries no key.", either.clone()),
        ("Denied", "The key is not valid or expired, or a permission is missing.", either),
        ("Forbidden", "The key may not be used from this address.", refusal.clone()),
        ("NotFound", "No such dataclass, attribute or entity.", error.clone()),
        ("TooLarge", "The body or the answer is larger than the server allows.", error.clone()),
        ("TooMany", "Too many refused requests from this address.", refusal),
        ("Failed", "A value breaks a rule, or the stamp has changed, or the server failed.", error.clone()),
        ("Busy", "The server is busy, or the request took too long.", error),
    ];
    let response = |about: &str, schema: Value| json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    rows.into_iter().map(|(name, about, schema)| (name.to_owned(), response(about, schema))).collect()
}

/// The responses of a request: 200 with this schema, and every refusal.
pub(super) fn of(about: &str, schema: Value) -> Value {
    let refused = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    json!({
        "200": { "description": about, "content": { "application/json": { "schema": schema } } },
        "400": refused("Malformed"),
        "401": refused("Denied"),
        "403": refused("Forbidden"),
        "404": refused("NotFound"),
        "413": refused("TooLarge"),
        "429": refused("TooMany"),
        "500": refused("Failed"),
        "503": refused("Busy")
    })
}

/// The same for what the caller may keep: 304 when it is as it was.
pub(super) fn cached(about: &str, schema: Value) -> Value {
    let mut responses = of(about, schema);
    responses["200"]["headers"] = json!({ "etag": { "description": "For `If-None-Match`.", "schema": { "type": "string" } } });
    responses["304"] = json!({ "description": "As it was when the caller got this ETag." });
    responses
}
