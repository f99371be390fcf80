//! Parameters of requests (`rest-dialect.md` 7, 9, 10, 12).

use serde_json::{Value, json};

use super::Members;

/// Everything that requests can carry, by the name that [`named`] refers to.
pub(super) fn components() -> Members {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "format": "int64", "minimum": 0 });
    let flag = json!({ "type": "boolean", "default": false });
    let rows = [
        (
            "filter",
            text.clone(),
            "Which entities. Text is compared without case and accents, `@` stands for any characters, paths go over relations, `:1` or `:name` for a value of `$params`.",
            Some(json!("\"price > 10 AND author.name = 'A@'\"")),
        ),
        (
            "params",
            text.clone(),
            "Values for the placeholders of `$filter` and `$orderby`: a JSON array, or an object with names.",
            Some(json!("[10,\"A@\"]")),
        ),
        (
            "orderby",
            text.clone(),
            "Order, by attributes of the entity or of one related entity; ties are broken by the key.",
            Some(json!("title asc, price desc")),
        ),
        ("top", count.clone(), "Largest number of entities to send; the dataclass's own page size when absent.", Some(json!(10))),
        ("skip", count, "Number of entities to pass over.", Some(json!(0))),
        (
            "attributes",
            text.clone(),
            "Which attributes to send, separated by commas. A relation named here is sent expanded, `author.name` sends one attribute of it, `author.*` all.",
            Some(json!("title,author.name")),
        ),
        ("expand", text.clone(), "Relations to send with all their attributes instead of a link.", Some(json!("author"))),
        (
            "compute",
            json!({ "type": "string", "enum": ["$all", "count", "sum", "average", "min", "max"] }),
            "Computes over the attributes of the path instead of sending entities.",
            None,
        ),
        ("distinct", flag.clone(), "Sends the distinct values of the attribute of the path instead of entities.", None),
        ("asArray", flag.clone(), "Sends a plain array of entities without the members of a page.", None),
        (
            "format",
            json!({ "type": "string", "enum": ["json", "looker"], "default": "json" }),
            "`looker` sends rows and their schema.",
            None,
        ),
        ("queryplan", flag.clone(), "Sends the filter as a tree with the page (`__queryPlan`).", None),
        ("querypath", flag.clone(), "Sends the filter as a tree with the number of matches of each condition (`__queryPath`).", None),
        ("atomic", flag, "All or nothing: with one entity refused nothing is written.", None),
    ];
    rows.into_iter()
        .map(|(name, schema, about, example)| {
            let mut parameter =
                json!({ "name": format!("${name}"), "in": "query", "required": false, "description": about, "schema": schema });
            if let Some(example) = example {
                parameter["example"] = example;
            }
            (name.to_owned(), parameter)
        })
        .collect()
}

/// References to some of them.
pub(super) fn named(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

/// `$method` with the values that fit here.
pub(super) fn method(values: &[&str], about: &str) -> Value {
    json!({ "name": "$method", "in": "query", "required": true, "description": about, "schema": { "type": "string", "enum": values } })
}

/// A parameter of the path.
pub(super) fn in_path(name: &str, about: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
}
