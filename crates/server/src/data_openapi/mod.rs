//! An OpenAPI 3.1 document of the part of the data API that a caller reaches, and of nothing else (`interface.md` 3, 5).
//!
//! What OpenAPI has no words for stands in members that begin with `x-`: `x-kind` of an attribute (`storage`, `relatedEntity`, …), `x-related` (the
//! dataclass that a relation leads to), `x-key` (a part of the primary key), `x-mandatory` (a new entity needs a value), `x-foreign` (a part
//! of a foreign key).

mod answers;
mod attributes;
mod ids;
mod kept;
mod parameters;
mod paths;
pub mod postman;
mod schemas;
mod shapes;

pub(crate) use kept::Documents;

use claviger_access::{Action, Grants};
use claviger_model::{Attribute, Dataclass, Kind, Model, StorageType};
use serde_json::{Map, Value, json};

/// The document for a caller with these permissions. `server` is the endpoint's URL, without path.
pub fn document(model: &Model, grants: &Grants, server: &str) -> Value {
    debug_assert!(grants.is_for(model), "permissions over another model");
    let view = View { model, grants };
    let mut schemas = shapes::shapes();
    let reached: Vec<&Dataclass> = view.dataclasses().collect();
    let mut paths = paths::server::paths(view, &reached);
    paths::functions::of_server(view, &mut paths);
    for class in &reached {
        schemas::add(view, class, &mut schemas);
        paths::add(view, class, &mut paths);
    }
    ids::tell_apart(&mut paths);
    let tags: Vec<Value> = reached.iter().map(|class| json!({ "name": class.name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": model.name,
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The part of the data API that this caller can reach."
        },
        "servers": [ { "url": server } ],
        "security": [ { "apiKey": [] } ],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "apiKey": { "type": "apiKey", "in": "header", "name": "api-key" } },
            "parameters": *parameters::COMPONENTS,
            "responses": answers::errors(),
            "schemas": schemas
        }
    })
}

/// The model as one caller sees it.
#[derive(Clone, Copy)]
struct View<'a> {
    model: &'a Model,
    grants: &'a Grants,
}

impl<'a> View<'a> {
    /// Dataclasses that the caller can do anything with.
    fn dataclasses(self) -> impl Iterator<Item = &'a Dataclass> {
        self.model.dataclasses().iter().filter(move |class| class.exposed && (self.reads(class) || self.saves(class) || self.calls(class)))
    }

    /// There is a function of it that the caller may call.
    fn calls(self, class: &Dataclass) -> bool {
        let own = self.model.functions().of(class.id);
        own.is_some_and(|own| {
            [&own.dataclass, &own.selection, &own.entity].into_iter().any(|list| paths::functions::called(self, list).next().is_some())
        })
    }

    fn may(self, class: &Dataclass, action: Action) -> bool {
        self.grants.dataclass(class.id, action)
    }

    fn reads(self, class: &Dataclass) -> bool {
        self.may(class, Action::Read)
    }

    fn creates(self, class: &Dataclass) -> bool {
        class.is_writable() && self.may(class, Action::Create)
    }

    /// Changing needs reading, too (`roles-privileges.md` 3).
    fn updates(self, class: &Dataclass) -> bool {
        class.is_writable() && self.may(class, Action::Update) && self.reads(class)
    }

    fn saves(self, class: &Dataclass) -> bool {
        self.creates(class) || self.updates(class)
    }

    fn deletes(self, class: &Dataclass) -> bool {
        class.is_writable() && self.may(class, Action::Drop) && self.reads(class)
    }

    /// Images and blobs that the caller may read.
    fn media(self, class: &'a Dataclass) -> impl Iterator<Item = &'a Attribute> {
        visible(class).filter(move |attribute| is_media(attribute) && self.reads(class) && self.reads_attribute(class, attribute))
    }

    /// Relations to many whose entities the caller may read.
    fn to_many(self, class: &'a Dataclass) -> impl Iterator<Item = (&'a Attribute, &'a Dataclass)> {
        visible(class).filter(move |attribute| self.reads(class) && self.reads_attribute(class, attribute)).filter_map(move |attribute| {
            let Kind::RelatedEntities(relation) = &attribute.kind else { return None };
            let target = self.model.dataclass(relation.target);
            (target.exposed && self.reads(target)).then_some((attribute, target))
        })
    }

    /// Attributes other than the key that name one entity: `{dc}:{attr}({value})`.
    fn unique(self, class: &'a Dataclass) -> impl Iterator<Item = &'a Attribute> {
        let is_unique = |attribute: &Attribute| attribute.storage().is_some_and(|storage| storage.rules.unique);
        visible(class).filter(move |attribute| {
            is_unique(attribute)
                && !class.key_attributes().contains(&attribute.id)
                && self.reads(class)
                && self.reads_attribute(class, attribute)
        })
    }

    fn reads_attribute(self, class: &Dataclass, attribute: &Attribute) -> bool {
        self.grants.attribute(class.at(attribute.id), Action::Read)
    }

    fn sets_attribute(self, class: &Dataclass, attribute: &Attribute) -> bool {
        let may = |action| self.grants.attribute(class.at(attribute.id), action);
        !attribute.read_only
            && (self.creates(class) && may(Action::Create)
                || self.updates(class) && may(Action::Update) && self.reads_attribute(class, attribute))
    }
}

/// True for an image or a blob.
fn is_media(attribute: &Attribute) -> bool {
    attribute.storage().is_some_and(|storage| matches!(storage.ty, StorageType::Image | StorageType::Blob))
}

/// Attributes that exist for the API.
fn visible(class: &Dataclass) -> impl Iterator<Item = &Attribute> {
    class.attributes.iter().filter(|attribute| attribute.exposed && !attribute.implicit)
}

/// A dataclass's name as part of a component's name, which has fewer characters; a dot stands in no name of the dialect.
fn component(name: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().map(|character| if fits(character) { character.to_string() } else { format!(".u{:x}.", u32::from(character)) }).collect()
}

/// A reference to a schema: of a dataclass (`Book`), one of its forms (`Book.page`), or what is common (`rest.Error`).
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

type Members = Map<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_components_have_few_characters_and_stay_apart() {
        assert_eq!(component("Book_2"), "Book_2");
        assert_eq!(component("Bücher$"), "B.ufc.cher.u24.");
    }
}
