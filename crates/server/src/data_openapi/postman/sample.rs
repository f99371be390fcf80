//! Values of attributes that a save takes, made from their schemas.

use serde_json::{Value, json};

use super::pattern;

/// A value that keeps the schema's rules; `None` where none can be made. `again`: another one than the first, where there is one.
pub(super) fn value(name: &str, schema: &Value, again: bool) -> Option<Value> {
    if let Some(examples) = schema["examples"].as_array() {
        return examples.get(usize::from(again)).or(examples.first()).cloned();
    }
    match ty(schema)? {
        "string" => text(name, schema, again).map(Value::String),
        "integer" | "number" => Some(number(schema, again)),
        "boolean" => Some(json!(!again)),
        "object" => Some(json!({ "note": if again { "changed" } else { "made" } })),
        _ => None,
    }
}

/// The type, apart from null.
pub(super) fn ty(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn text(name: &str, schema: &Value, again: bool) -> Option<String> {
    if schema["format"] == "date-time" {
        return Some(if again { "2024-06-02T10:00:00.000Z" } else { "2024-06-01T10:00:00.000Z" }.to_owned());
    }
    let limit = |name: &str| schema[name].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let (least, most) = (limit("minLength").unwrap_or(0), limit("maxLength").unwrap_or(usize::MAX));
    if let Some(wanted) = schema["pattern"].as_str() {
        return pattern::text(wanted).filter(|made| (least..=most).contains(&made.chars().count()));
    }
    let made = if again { format!("Other {name}") } else { format!("Some {name}") };
    let mut made: String = made.chars().take(most).collect();
    while made.chars().count() < least {
        made.push('x');
    }
    Some(made)
}

fn number(schema: &Value, again: bool) -> Value {
    let bound = |name: &str| schema[name].as_f64();
    let wanted: f64 = if again { 2.0 } else { 1.0 };
    let least = bound("minimum").map_or(wanted, |least| wanted.max(least.ceil()));
    json!(bound("maximum").map_or(least, |most| least.min(most.floor())) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_the_rules() {
        let made = |schema: Value| value("title", &schema, false).unwrap_or_default();
        assert_eq!(made(json!({ "type": ["string", "null"] })), "Some title");
        assert_eq!(made(json!({ "type": ["string", "null"], "maxLength": 3 })), "Som");
        assert_eq!(made(json!({ "type": "string", "minLength": 12 })), "Some titlexx");
        assert_eq!(made(json!({ "type": "string", "pattern": "^(?:M[0-9]{5})$" })), "M99999");
        assert_eq!(made(json!({ "type": "string", "pattern": "^(?:M[0-9]{5})$", "maxLength": 3 })), Value::Null);
        assert_eq!(made(json!({ "type": ["integer", "null"], "minimum": 1400, "maximum": 2100 })), 1400);
        assert_eq!(made(json!({ "type": ["number", "null"], "maximum": 0.5 })), 0);
        assert_eq!(made(json!({ "type": "null" })), Value::Null);
    }
}
