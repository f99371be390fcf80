//! Another application's model, as the data API in the worker takes one.

use claviger_client::{AttributeKind, AttributeType, Catalog, DataStore, MethodInfo};
use serde_json::{Value as Json, json};

use super::rows::{Column, Shape, Shapes};

/// `{dataclasses, functions, info}`.
pub(super) fn model(store: &DataStore, catalog: &Catalog, shapes: &Shapes, alias: &str) -> Json {
    let mut info = serde_json::to_value(store.get_info()).unwrap_or_default();
    info["localID"] = json!(alias);
    let functions: Vec<&str> = catalog.methods.iter().map(|method| method.name.as_str()).collect();
    json!({ "dataclasses": shapes.all().map(dataclass).collect::<Vec<_>>(), "functions": functions, "info": info })
}

fn dataclass(shape: &Shape) -> Json {
    let info = &shape.info;
    let functions = |apply_to: &str| -> Vec<&str> {
        info.methods.iter().filter(|method: &&MethodInfo| method.apply_to == apply_to).map(|method| method.name.as_str()).collect()
    };
    json!({
        "name": info.name,
        "key": info.key.iter().map(|part| &part.name).collect::<Vec<_>>(),
        "attributes": shape.columns.iter().map(attribute).collect::<Vec<_>>(),
        "functions": { "dataclass": functions("dataClass"), "selection": functions("entityCollection"), "entity": functions("entity") },
    })
}

fn attribute(column: &Column) -> Json {
    let Column { info, ty, target } = column;
    let kind = match info.kind {
        AttributeKind::RelatedEntity => "relatedEntity",
        AttributeKind::RelatedEntities => "relatedEntities",
        AttributeKind::Alias => "alias",
        AttributeKind::Calculated => "calculated",
        AttributeKind::Storage | AttributeKind::Other => "storage",
    };
    let mut described = json!({ "name": info.name, "kind": kind, "readOnly": info.read_only });
    match target {
        Some(target) => {
            described["target"] = json!(target.name);
            described["many"] = json!(target.many);
        }
        None => {
            described["type"] = json!(info.type_name);
            described["simpleDate"] = json!(*ty == AttributeType::Date);
        }
    }
    if kind == "alias" {
        described["path"] = json!(info.path);
    }
    described
}
