//! The ancestor's model files in their XML form, `<EntityModelCatalog>`: element by element the members that the JSON form has
//! (`data-model.md` 4.1 to 4.3).

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use super::Source;
use super::xml::Element;

/// Members that are arrays in the JSON form, also with a single element.
const ARRAYS: [&str; 9] = ["dataClasses", "attributes", "methods", "events", "key", "onGet", "onSet", "onQuery", "onSort"];
/// Members that are texts whatever they look like.
const TEXTS: [&str; 12] =
    ["name", "type", "path", "from", "className", "collectionName", "uuid", "pattern", "matchColumn", "kind", "scope", "format"];
/// Members that take a value of the attribute's type.
const VALUES: [&str; 3] = ["defaultValue", "minValue", "maxValue"];
/// The serialiser's own mark.
const MARK: &str = "____objectunic";

pub(super) fn read(root: &Element) -> Source {
    let mut lines = HashMap::new();
    let mut json = object(root, "", &mut lines);
    let mut name = None;
    if let Json::Object(members) = &mut json {
        members.shift_insert(0, "toJSON".to_owned(), json!(true));
        if let Some(info) = root.first("dbInfo") {
            if let Some(uuid) = info.get("uuid") {
                members.insert("uuid".to_owned(), json!(uuid));
            }
            name = info.get("name").map(str::to_owned);
        }
    }
    Source { json, lines, problems: Vec::new(), name }
}

/// An element as an object: its attributes, then its children by name.
fn object(element: &Element, path: &str, lines: &mut HashMap<String, usize>) -> Json {
    lines.insert(path.to_owned(), element.line);
    let ty = element.get("type").unwrap_or_default();
    let mut members: Map<String, Json> =
        element.attributes.iter().filter(|(name, _)| name != MARK).map(|(name, text)| (name.clone(), scalar(name, text, ty))).collect();
    for child in &element.children {
        let at = if path.is_empty() { child.name.clone() } else { format!("{path}.{}", child.name) };
        let is_list = ARRAYS.contains(&child.name.as_str());
        match members.get_mut(&child.name) {
            Some(Json::Array(list)) => {
                let item = object(child, &format!("{at}[{}]", list.len()), lines);
                list.push(item);
            }
            // A second element of a name that usually stands alone: both are kept.
            Some(_) => {
                let item = object(child, &format!("{at}[1]"), lines);
                let first = members.insert(child.name.clone(), Json::Null).unwrap_or_default();
                members.insert(child.name.clone(), json!([first, item]));
            }
            None if is_list => {
                lines.insert(at.clone(), child.line);
                let item = object(child, &format!("{at}[0]"), lines);
                members.insert(child.name.clone(), json!([item]));
            }
            None => {
                let item = object(child, &at, lines);
                members.insert(child.name.clone(), item);
            }
        }
    }
    Json::Object(members)
}

/// An attribute of XML as a member: what says true or false, and numbers where a number belongs.
fn scalar(name: &str, text: &str, ty: &str) -> Json {
    if TEXTS.contains(&name) {
        return json!(text);
    }
    let as_number = || serde_json::from_str::<serde_json::Number>(text).ok().map(Json::Number);
    if VALUES.contains(&name) {
        return match ty {
            "bool" => text.parse::<bool>().map_or_else(|_| json!(text), Json::from),
            "byte" | "word" | "long" | "long64" | "number" | "duration" => as_number().unwrap_or_else(|| json!(text)),
            _ => json!(text),
        };
    }
    match text {
        "true" => json!(true),
        "false" => json!(false),
        _ => as_number().unwrap_or_else(|| json!(text)),
    }
}
