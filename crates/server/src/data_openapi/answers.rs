//! Answers: what requests can be answered besides what they ask for (`rest-dialect.md` 4; `api-keys.md` 7.1).

use serde_json::{Value, json};

use super::{Members, reference};

/// Refusals, by the names that [`of`] refers to.
pub(super) fn errors() -> Members {
    let (error, refusal) = (reference("rest.Error"), reference("rest.Refusal"));
    let any = json!({ "anyOf": [error.clone(), refusal.clone(), reference("rest.Invalid")] });
    let rows = [
        ("Malformed", "The request cannot be understood, or carries no key.", any.clone()),
        ("Denied", "The key is not valid or expired, or a permission is missing.", any),
        ("Forbidden", "The key may not be used from this address.", refusal.clone()),
        ("NotFound", "No such dataclass, attribute, entity or entity set.", json!({ "anyOf": [error.clone(), reference("rest.Invalid")] })),
        ("TooLarge", "The body or the answer is larger than the server allows.", error.clone()),
        ("Sessions", "The key has as many sessions as it may have.", error.clone()),
        (
            "TooMany",
            "Too many refused requests from this address, or as many entity sets as there may be.",
            json!({ "oneOf": [error.clone(), refusal] }),
        ),
        (
            "Failed",
            "A value breaks a rule, or the stamp has changed, or somebody else holds the entity, or the server failed.",
            json!({ "anyOf": [error.clone(), reference("rest.Invalid")] }),
        ),
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
        "402": refused("Sessions"),
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

/// Bytes of an image or blob; the entity where no bytes are asked for.
pub(super) fn bytes(entity: Value, is_image: bool) -> Value {
    let mut responses =
        cached("The bytes, empty where there are none; the entity where neither `$imageformat` nor `$binary` asks for them", entity);
    responses["200"]["content"]["application/octet-stream"] = json!({});
    responses["206"] = json!({ "description": "A part of the bytes, for `Range`.", "content": { "application/octet-stream": {} } });
    responses["416"] = json!({ "description": "The range lies outside of the bytes.",
        "content": { "application/json": { "schema": reference("rest.Error") } } });
    if is_image {
        for status in ["200", "206"] {
            responses[status]["content"]["image/*"] = json!({});
        }
    }
    responses
}

/// The same with another body for one status.
pub(super) fn with(mut responses: Value, status: &str, about: &str, schema: &Value) -> Value {
    responses[status] = json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    responses
}
