//! Answers against the schemas of OpenAPI documents.

use std::sync::OnceLock;

use serde_json::Value;

use super::Answer;

/// Follows `#/…`.
pub fn resolve<'a>(document: &'a Value, reference: &str) -> &'a Value {
    document.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// What of a value does not fit a schema; the words of JSON Schema that the documents use.
pub fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str()
        && let Some(wrong) = misfit(document, resolve(document, reference), value, at)
    {
        return Some(wrong);
    }
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    let fits_type = match &schema["type"] {
        Value::Null => true,
        Value::String(name) => is(name),
        names => names.as_array().unwrap().iter().any(|name| is(name.as_str().unwrap())),
    };
    if !fits_type {
        return Some(format!("{at}: {value} is no {}", schema["type"]));
    }
    if schema.get("const").is_some_and(|wanted| wanted != value)
        || schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value))
    {
        return Some(format!("{at}: {value} is not what {schema} names"));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(wrong) = misfit(document, part, value, at) {
            return Some(wrong);
        }
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(forms) = schema[word].as_array() {
            let wrong: Vec<_> = forms.iter().filter_map(|form| misfit(document, form, value, at)).collect();
            if wrong.len() == forms.len() {
                return Some(wrong.join("; or "));
            }
        }
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !members.contains_key(name.as_str().unwrap()) {
                return Some(format!("{at}: {name} is missing"));
            }
        }
        for (name, value) in members {
            let member = &schema["properties"][name];
            if let Some(wrong) = misfit(document, member, value, &format!("{at}.{name}")).filter(|_| !member.is_null()) {
                return Some(wrong);
            }
        }
    }
    if let (Some(items), schema @ Value::Object(_)) = (value.as_array(), &schema["items"]) {
        return items.iter().find_map(|item| misfit(document, schema, item, &format!("{at}[]")));
    }
    None
}

/// The answer of the management API must fit its own document, and carry no member that the document does not name.
pub fn assert_described(path: &str, verb: &str, answer: &Answer) {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| serde_json::to_value(claviger_server::console::document()).unwrap());
    let schema = &document["paths"][path][verb]["responses"][answer.status.to_string()]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{verb} {path} {}", answer.status);
    assert_eq!(misfit(document, schema, &answer.json(), path), None, "{}", answer.text());
    assert_eq!(stranger(document, schema, &answer.json()), None, "{}", answer.text());
}

/// A member that its schema does not name.
fn stranger(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = schema["$ref"].as_str().map_or(schema, |reference| resolve(document, reference));
    if let Some(items) = value.as_array() {
        return items.iter().find_map(|item| stranger(document, &schema["items"], item));
    }
    let (members, named) = (value.as_object()?, schema["properties"].as_object()?);
    members.iter().find_map(|(name, value)| match named.get(name) {
        None if schema["additionalProperties"].is_object() => None,
        None => Some(name.clone()),
        Some(schema) => stranger(document, schema, value),
    })
}
