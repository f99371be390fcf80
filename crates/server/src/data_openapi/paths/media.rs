//! Bytes of images and blobs (`rest-dialect.md` 14.1 to 14.3).

use claviger_model::{Attribute, Dataclass, StorageType};
use serde_json::{Value, json};

use super::super::parameters::named;
use super::super::{View, answers, component, reference};
use super::id;

fn is_image(attribute: &Attribute) -> bool {
    attribute.storage().is_some_and(|storage| storage.ty == StorageType::Image)
}

pub(super) fn read(class: &Dataclass, attribute: &Attribute) -> Value {
    let image = is_image(attribute);
    let mut parameters = named(if image { &["imageformat"] } else { &[] });
    parameters.extend(named(&["binary", "version", "expand"]));
    json!({
        "summary": format!("The {} of one {}", attribute.name, class.name),
        "operationId": format!("{}.{}", id("bytes", class), component(&attribute.name)),
        "parameters": parameters,
        "responses": answers::bytes(reference(&component(&class.name)), image)
    })
}

pub(super) fn write(view: View<'_>, class: &Dataclass, attribute: &Attribute) -> Option<Value> {
    let name = component(&class.name);
    (view.updates(class) && view.sets_attribute(class, attribute)).then(|| {
        let mut parameters = named(if is_image(attribute) { &["rawPict"] } else { &[] });
        parameters.extend(named(&["binary", "attributes", "expand"]));
        // Without bytes a POST is answered as a GET.
        let results = json!({ "anyOf": [reference(&format!("{name}.saved")), reference(&name)] });
        let mut responses = answers::of("The entity as saved", results);
        responses["200"]["content"]["application/octet-stream"] = json!({});
        if is_image(attribute) {
            responses["200"]["content"]["image/*"] = json!({});
        }
        json!({
            "summary": format!("Stores the {} of one {}", attribute.name, class.name),
            "operationId": format!("{}.{}", id("store", class), component(&attribute.name)),
            "parameters": parameters,
            "requestBody": { "required": true, "content": { "application/octet-stream": {}, "image/*": {} } },
            "responses": responses
        })
    })
}
