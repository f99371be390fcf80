//! Shapes that belong to no dataclass (`rest-dialect.md` 4, 5, 7, 8, 10; `api-keys.md` 7.1).

use serde_json::{Value, json};

use super::{Members, reference};

/// Schemas that belong to no dataclass.
pub(super) fn shapes() -> Members {
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
                            "componentSignature": { "type": "string", "enum": ["dbmg", "rest", "ds"], "description": "ds: a function." },
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
                    "status": {
                        "type": "integer",
                        "enum": [1, 2, 3, 4, 5],
                        "description": "1: permission error, 2: the stamp has changed, 3: locked by somebody else, 4: other error, 5: the entity is gone."
                    },
                    "statusText": { "type": "string" },
                    "lockKind": { "type": "integer" },
                    "lockKindText": { "type": "string" },
                    "lockInfo": { "type": "object", "description": "Who holds the lock, as far as it is told." }
                }
            }),
        ),
        (
            "rest.Locked",
            json!({
                "type": "object",
                "required": ["result", "__STATUS"],
                "properties": {
                    "result": { "type": "boolean", "description": "False: somebody else holds the lock, or the entity is gone." },
                    "__STATUS": { "type": "object", "properties": { "success": { "type": "boolean", "const": true } } }
                }
            }),
        ),
        (
            "rest.Invalid",
            json!({
                "type": "object",
                "description": "Answer to `$method=validate`: what would not be saved, and why.",
                "required": ["__ENTITIES"],
                "properties": { "__ENTITIES": { "type": "array", "items": {
                    "type": "object",
                    "properties": { "__KEY": { "type": "string" }, "__ERROR": { "$ref": "#/components/schemas/rest.Error/properties/__ERROR" } }
                } } }
            }),
        ),
        ("rest.Result", json!({ "type": "object", "required": ["result"], "properties": { "result": {} } })),
        (
            "rest.Upload",
            json!({ "type": "object", "required": ["ID"], "properties": { "ID": { "type": "string", "pattern": "^[0-9A-F]{32}$" } } }),
        ),
        ("rest.Info", info()),
        ("rest.Ok", json!({ "type": "object", "required": ["ok"], "properties": { "ok": { "type": "boolean", "const": true } } })),
        (
            "rest.Array",
            json!({
                "type": "array",
                "description": "A page with `$asArray`: entities whose `__KEY` has its own type, without `__TIMESTAMP`.",
                "items": { "type": "object" }
            }),
        ),
        ("rest.Scalar", json!({ "anyOf": [{ "type": "number" }, { "type": "string" }, { "type": "boolean" }, { "type": "null" }] })),
        (
            "rest.Computed",
            json!({
                "type": "object",
                "description": "What was computed, by attribute: a value, or with `$all` a value for each computation.",
                "additionalProperties": { "anyOf": [
                    reference("rest.Scalar"),
                    { "type": "object", "additionalProperties": reference("rest.Scalar") }
                ] }
            }),
        ),
        (
            "rest.Looker",
            json!({
                "type": "object",
                "description": "A page with `$format=looker`.",
                "required": ["schema", "rows", "filtersApplied", "__COUNT", "__FIRST"],
                "properties": {
                    "schema": { "type": "array", "items": {
                        "type": "object",
                        "required": ["name", "dataType", "semantics"],
                        "properties": {
                            "name": { "type": "string" },
                            "dataType": { "type": "string", "enum": ["NUMBER", "STRING", "BOOLEAN"] },
                            "semantics": { "type": "object", "properties": {
                                "conceptType": { "type": "string", "enum": ["METRIC", "DIMENSION"] },
                                "semanticGroup": { "type": "string" },
                                "semanticType": { "type": "string" }
                            } }
                        }
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
        ("rest.Catalog", catalog()),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The catalog: each dataclass short, or with its attributes.
fn catalog() -> Value {
    let dataclass = json!({
        "type": "object",
        "required": ["name", "dataURI"],
        "properties": {
            "name": { "type": "string" },
            "uri": { "type": "string" },
            "dataURI": { "type": "string" },
            "className": { "type": "string" },
            "collectionName": { "type": "string" },
            "exposed": { "type": "boolean", "const": true },
            "tableNumber": { "type": "integer" },
            "scope": { "type": "string", "const": "public" },
            "uuid": { "type": "string" },
            "defaultTopSize": { "type": "integer" },
            "methods": methods(),
            "attributes": { "type": "array", "items": described() },
            "key": { "type": "array", "items": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } } }
        }
    });
    json!({
        "type": "object",
        "required": ["__UNIQID", "__BASEID", "__NAME", "properties", "dataClasses"],
        "properties": {
            "__UNIQID": { "type": "string" },
            "__BASEID": { "type": "null" },
            "__NAME": { "type": "string" },
            "properties": { "type": "object", "properties": {
                "supportJSONEntityKey": { "type": "boolean", "const": true },
                "supportDeleteStamp": { "type": "boolean", "const": true, "description": "`$stamp` is compared at deletions." }
            } },
            "methods": methods(),
            "singletons": { "type": "array", "items": {
                "type": "object",
                "required": ["name", "methods"],
                "properties": { "name": { "type": "string" }, "methods": methods() }
            } },
            "dataClasses": { "type": "array", "items": dataclass }
        }
    })
}

/// Functions of the catalog.
fn methods() -> Value {
    let mut properties = json!({ "name": { "type": "string" }, "scope": { "type": "string", "const": "public" } });
    properties["applyTo"] = json!({ "type": "string", "enum": ["dataStore", "dataClass", "entity", "entityCollection"] });
    properties["from"] = json!({ "type": "string", "const": "remoteServer" });
    properties["allowedOnHTTPGET"] = json!({ "type": "boolean" });
    properties["exposed"] = json!({ "type": "boolean", "const": true });
    json!({ "type": "array", "items": { "type": "object", "required": ["name", "allowedOnHTTPGET"], "properties": properties } })
}

/// An attribute of the catalog; members that would be false are absent.
fn described() -> Value {
    let mut properties = json!({
        "name": { "type": "string" },
        "kind": { "type": "string", "enum": ["storage", "calculated", "alias", "relatedEntity", "relatedEntities"] },
        "type": { "type": "string", "description": "Of a relation: the dataclass, or its collection." },
        "fieldPos": { "type": "integer" },
        "scope": { "type": "string", "const": "public" },
        "simpleDate": { "type": "boolean", "description": "Of a date: without time." }
    });
    for name in ["uuid", "path", "foreignKey", "inverseName"] {
        properties[name] = json!({ "type": "string" });
    }
    for name in ["exposed", "indexed", "unique", "not_null", "autosequence", "identifying", "readOnly", "reversePath"] {
        properties[name] = json!({ "type": "boolean", "const": true });
    }
    json!({ "type": "object", "required": ["name", "kind", "type"], "properties": properties })
}

/// What the server holds in memory.
fn info() -> Value {
    let listed = |names: &[&str]| {
        let properties: Members = names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        json!({ "type": "array", "items": { "type": "object", "properties": properties } })
    };
    json!({
        "type": "object",
        "properties": {
            "cacheSize": { "type": "integer", "description": "Bytes that entity sets may take." },
            "usedCache": { "type": "integer" },
            "entitySetCount": { "type": "integer" },
            "entitySet": listed(&["id", "dataClass", "tableName", "selectionSize", "sorted", "refreshed", "expires"]),
            "ProgressInfo": listed(&["UserInfo", "sessions", "percent"]),
            "sessionInfo": listed(&["sessionID", "userName", "lifeTime", "expiration"]),
            "privileges": { "type": "object" }
        }
    })
}
