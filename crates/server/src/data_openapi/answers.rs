//! Answers: what all requests can be answered, and the shapes that all dataclasses share (`rest-dialect.md` 4, 5; `api-keys.md` 7.1).

use serde_json::{Value, json};

use super::{Members, reference};

/// Schemas that belong to no dataclass.
pub(super) fn common() -> Members {
    let schemas = [
        (
            "rest.Error",
            json!({
                "type": "object",
                "required": ["__ERROR"],
                "properties": { "__ERROR": {
                    "type": "array",
                    "description": "The cause first, the most general last.",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["message", "componentSignature", "errCode"],
                        "properties": {
                            "message": { "type": "string" },
                            "componentSignature": { "type": "string", "enum": ["dbmg", "rest"] },
                            "errCode": { "type": "integer" }
                        }
                    }
                } }
            }),
        ),
        (
            "rest.Refusal",
            json!({
                "type": "object",
                "description": "A refusal by the gate, before anything else is looked at.",
                "required": ["error"],
                "properties": { "error": { "type": "string" } }
            }),
        ),
        (
            "rest.Deferred",
            json!({
                "type": "object",
                "description": "A link in place of what is not sent.",
                "required": ["__deferred"],
                "properties": { "__deferred": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {
                        "uri": { "type": "string", "description": "Begins with /rest/." },
                        "__KEY": { "type": "string", "description": "Of the related entity." },
                        "image": { "type": "boolean" }
                    }
                } }
            }),
        ),
        (
            "rest.Status",
            json!({
                "type": "object",
                "required": ["success"],
                "properties": {
                    "success": { "type": "boolean" },
                    "status": { "type": "integer", "enum": [1, 2, 4], "description": "1: permission error, 2: the stamp has changed, 4: other error." },
                    "statusText": { "type": "string" }
                }
            }),
        ),
        ("rest.Ok", json!({ "type": "object", "required": ["ok"], "properties": { "ok": { "type": "boolean", "const": true } } })),
        (
            "rest.Looker",
            json!({
                "type": "object",
                "description": "A page with `$format=looker`.",
                "required": ["schema", "rows", "filtersApplied", "__COUNT", "__FIRST"],
                "properties": {
                    "schema": { "type": "array", "items": {
                        "type": "object",
                        "required": ["name", "dataType"],
                        "properties": { "name": { "type": "string" }, "dataType": { "type": "string", "enum": ["NUMBER", "STRING", "BOOLEAN"] } }
                    } },
                    "rows": { "type": "array", "items": {
                        "type": "object", "required": ["values"], "properties": { "values": { "type": "array" } }
                    } },
                    "filtersApplied": { "type": "boolean" },
                    "__COUNT": { "type": "integer" },
                    "__FIRST": { "type": "integer" }
                }
            }),
        ),
        (
            "rest.Catalog",
            json!({
                "type": "object",
                "required": ["__NAME", "dataClasses"],
                "properties": {
                    "__UNIQID": { "type": "string" },
                    "__BASEID": { "type": "null" },
                    "__NAME": { "type": "string" },
                    "properties": { "type": "object" },
                    "dataClasses": { "type": "array", "items": {
                        "type": "object",
                        "required": ["name", "dataURI"],
                        "properties": {
                            "name": { "type": "string" },
                            "uri": { "type": "string" },
                            "dataURI": { "type": "string" },
                            "className": { "type": "string" },
                            "collectionName": { "type": "string" },
                            "attributes": { "type": "array", "items": {
                                "type": "object",
                                "required": ["name", "kind"],
                                "properties": { "name": { "type": "string" }, "kind": { "type": "string" }, "type": { "type": "string" } }
                            } },
                            "key": { "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" } } } }
                        }
                    } }
                }
            }),
        ),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

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
