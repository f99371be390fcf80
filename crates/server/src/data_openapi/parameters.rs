//! Parameters of requests (`rest-dialect.md` 7, 9, 10, 12).

use std::sync::LazyLock;

use claviger_model::{Dataclass, Kind, StorageType};
use serde_json::{Value, json};

use super::{Members, View, visible};

/// Everything that requests can carry, by the name that [`named`] refers to.
pub(super) static COMPONENTS: LazyLock<Members> = LazyLock::new(components);

fn components() -> Members {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "format": "int64", "minimum": 0 });
    let flag = json!({ "type": "boolean", "default": false });
    let rows = [
        (
            "filter",
            text.clone(),
            "Which entities. Text is compared without case and accents, `@` stands for any characters, paths go over relations, `:1` or `:name` for a value of `$params`.",
            None,
        ),
        (
            "params",
            text.clone(),
            "Values for the placeholders of `$filter` and `$orderby`: a JSON array, or an object with names.",
            Some(json!("[10,\"A@\"]")),
        ),
        ("orderby", text.clone(), "Order, by attributes of the entity or of one related entity; ties are broken by the key.", None),
        ("top", count.clone(), "Largest number of entities to send; the dataclass's own page size when absent.", Some(json!(10))),
        ("limit", count.clone(), "The same as `$top`; of the two the smaller counts.", None),
        ("skip", count, "Number of entities to pass over.", Some(json!(0))),
        (
            "attributes",
            text.clone(),
            "Which attributes to send, separated by commas. A relation named here is sent expanded, `author.name` sends one attribute of it, `author.*` all.",
            None,
        ),
        ("expand", text.clone(), "Relations to send with all their attributes instead of a link.", None),
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
        ("atomic", flag.clone(), "All or nothing: with one entity refused nothing is written.", None),
        ("clean", flag.clone(), "Without the places of entities that are gone.", None),
        ("refresh", flag.clone(), "Computes what would be saved, and saves nothing.", None),
        ("binary", flag.clone(), "The bytes as they are stored.", None),
        ("lock", json!({ "type": "boolean" }), "`true` takes the lock of the entity, `false` gives it back, instead of reading it.", None),
        (
            "stamp",
            json!({ "type": "integer", "minimum": 0 }),
            "With a deletion: the entity goes only when it has this `__STAMP`; else the answer has `__STATUS.status` 2.",
            None,
        ),
        ("timeout", json!({ "type": "integer", "minimum": 1 }), "Seconds for which what is made stays when it is not used.", None),
        ("savedfilter", text.clone(), "The `$filter` that the set was made with: makes it again when it is gone.", None),
        ("savedorderby", text.clone(), "The `$orderby` that the set was made with.", None),
        ("subOrderby", text.clone(), "Order of the related entities.", None),
        (
            "logicOperator",
            json!({ "type": "string", "enum": ["AND", "OR", "EXCEPT", "INTERSECT"] }),
            "Combines the set with `$otherCollection`; `INTERSECT` tells whether they share an entity.",
            None,
        ),
        ("otherCollection", text.clone(), "ID of the other set.", None),
        (
            "imageformat",
            json!({ "type": "string", "enum": ["best", "gif", "png", "jpeg", "tiff"] }),
            "The bytes in this form; `best` is the stored one.",
            None,
        ),
        ("version", json!({ "type": "integer" }), "The stamp, for caches that look at addresses.", None),
        ("rawPict", text.clone(), "`true`, or the type of the image: the body is one.", None),
        ("atOnce", flag, "The same as `$atomic`.", None),
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

/// `$method` with the values that fit here. What saves may leave it out.
pub(super) fn method(values: &[&str], about: &str) -> Value {
    json!({ "name": "$method", "in": "query", "required": !values.contains(&"update"), "description": about, "schema": { "type": "string", "enum": values } })
}

/// `$method` for requests that read.
pub(super) fn reading(values: &[&str], about: &str) -> Value {
    json!({ "name": "$method", "in": "query", "required": false, "description": about, "schema": { "type": "string", "enum": values } })
}

/// A parameter of the path.
pub(super) fn in_path(name: &str, about: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
}

/// The body of a request, as JSON.
pub(super) fn body(schema: Value, is_required: bool) -> Value {
    json!({ "required": is_required, "content": { "application/json": { "schema": schema } } })
}

/// `$filter`, `$orderby` and `$attributes` of a page, with examples that the dataclass can answer.
pub(super) fn of_class(view: View<'_>, class: &Dataclass) -> Vec<Value> {
    let examples = examples(view, class);
    let with_example = |(name, example): (&str, Option<String>)| {
        let mut parameter = COMPONENTS.get(name).cloned().unwrap_or_default();
        if let Some(example) = example {
            parameter["example"] = example.into();
        }
        parameter
    };
    examples.into_iter().map(with_example).collect()
}

/// Values by the parameter's name; `None` where the caller reads no attribute that would do.
pub(super) fn examples(view: View<'_>, class: &Dataclass) -> [(&'static str, Option<String>); 3] {
    let stored: Vec<(&str, StorageType)> = visible(class)
        .filter(|attribute| view.reads_attribute(class, attribute))
        .filter_map(|attribute| attribute.storage().map(|storage| (attribute.name.as_str(), storage.ty)))
        .filter(|(_, ty)| !matches!(ty, StorageType::Object | StorageType::Image | StorageType::Blob))
        .collect();
    let first = stored.first().map(|(name, _)| *name);
    let text = stored.iter().find(|(_, ty)| *ty == StorageType::String).map(|(name, _)| *name);
    let related = visible(class).filter(|attribute| view.reads_attribute(class, attribute)).find_map(|attribute| {
        let Kind::RelatedEntity(relation) = &attribute.kind else { return None };
        let target = Some(view.model.dataclass(relation.target)).filter(|target| target.exposed && view.reads(target))?;
        let end = visible(target).find(|end| end.storage().is_some() && view.reads_attribute(target, end))?;
        Some(format!("{}.{}", attribute.name, end.name))
    });
    let filter = text.map(|name| format!("\"{name} = '@a@'\"")).or_else(|| first.map(|name| format!("\"{name} != null\"")));
    let order = text.or(first).map(|name| format!("{name} asc"));
    let list: Vec<String> = text.or(first).map(str::to_owned).into_iter().chain(related).collect();
    [("filter", filter), ("orderby", order), ("attributes", Some(list.join(",")).filter(|list| !list.is_empty()))]
}
