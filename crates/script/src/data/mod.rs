//! What functions reach: the datastore, the session, `response` and `fetch`. `functions.md` 2.
//!
//! JavaScript that runs in the worker and asks the server ([`crate::Host`]) for everything; it decides nothing about permissions. It runs once, when
//! a worker loads functions; what it makes then is frozen, and what belongs to one call is in variables that nothing outside can reach.
//!
//! Selections live at the server and are loaded in pages. Entities that were loaded together load what they are related to together.

use claviger_model::{AttrId, Attribute, Dataclass, Key, Kind, Model};
use serde::Serialize;

use crate::protocol::Prelude;

/// The files are parts of one function, in this order. It makes the data API of the application itself, and of each that is opened from it.
const PARTS: &str = concat!(
    include_str!("state.js"),
    include_str!("values.js"),
    include_str!("objects.js"),
    include_str!("entity.js"),
    include_str!("saving.js"),
    include_str!("selection.js"),
    include_str!("dataclass.js"),
    include_str!("datastore.js"),
    include_str!("link.js"),
    include_str!("events.js"),
    include_str!("response.js"),
    include_str!("fetch.js"),
    include_str!("remote.js"),
    include_str!("session.js"),
    include_str!("call.js"),
);

/// The script for the functions of a model, with its globals `ds`, `session`, `response`, `fetch` and `openDatastore`.
pub fn prelude(model: &Model) -> Prelude {
    let dataclasses: Vec<_> = model.dataclasses().iter().map(|class| Described::of(model, class)).collect();
    let dataclasses = serde_json::to_string(&dataclasses).unwrap_or_else(|_| "[]".to_owned());
    Prelude {
        text: format!(
            "(function dataApi(host, tools, model) {{\n\"use strict\";\nconst MODEL = model ?? {{ dataclasses: {dataclasses} }};\n{PARTS}}})"
        ),
        globals: ["ds", "session", "response", "fetch", "openDatastore"].map(str::to_owned).to_vec(),
    }
}

/// A dataclass, as the JavaScript knows it.
#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    /// Attributes of the key; none where a row's number is the key.
    key: Vec<&'a str>,
    attributes: Vec<DescribedAttribute<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedAttribute<'a> {
    name: &'a str,
    kind: &'static str,
    /// Of what stands in rows.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    simple_date: bool,
    /// The dataclass that a relation leads to, or an alias whose last step is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    /// It gives a selection.
    #[serde(skip_serializing_if = "is_false")]
    many: bool,
    /// N -> 1: the attributes that hold the reference, where they are attributes of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign_key: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    read_only: bool,
}

/// What entities have without the operator's classes: not what only those compute, nor what is declared and nothing computes.
pub(crate) fn is_known(attribute: &Attribute) -> bool {
    !attribute.implicit && !matches!(&attribute.kind, Kind::Calculated(calculated) if calculated.expression().is_none())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl<'a> Described<'a> {
    fn of(model: &'a Model, class: &'a Dataclass) -> Self {
        let key = match &class.key {
            Key::Attributes(parts) => parts.iter().map(|id| class.attribute(*id).name.as_str()).collect(),
            Key::RowId | Key::None => Vec::new(),
        };
        let attributes = class.attributes.iter().filter(|attribute| is_known(attribute));
        Self { name: &class.name, key, attributes: attributes.map(|attribute| DescribedAttribute::of(model, class, attribute)).collect() }
    }
}

impl<'a> DescribedAttribute<'a> {
    fn of(model: &'a Model, class: &'a Dataclass, attribute: &'a Attribute) -> Self {
        let alias = match &attribute.kind {
            Kind::Alias(alias) => Some(alias),
            _ => None,
        };
        // Never an alias: steps are resolved.
        let meant = alias.and_then(|alias| alias.steps.last()).map_or(attribute, |step| model.attribute(*step));
        let (ty, simple_date) = match &meant.kind {
            Kind::Storage(storage) => (Some(storage.ty.name()), storage.simple_date),
            Kind::Calculated(calculated) => (Some(calculated.ty.name()), calculated.simple_date),
            _ => (None, false),
        };
        let own = |id: &AttrId| Some(class.attribute(*id)).filter(|part| !part.implicit).map(|part| part.name.as_str());
        let (kind, foreign_key) = match &attribute.kind {
            Kind::Storage(_) => ("storage", None),
            Kind::Calculated(_) => ("calculated", None),
            Kind::RelatedEntity(relation) => ("relatedEntity", relation.foreign_key.iter().map(own).collect()),
            Kind::RelatedEntities(_) => ("relatedEntities", None),
            Kind::Alias(_) => ("alias", None),
        };
        let target = meant.target().map(|target| model.dataclass(target).name.as_str());
        Self {
            name: &attribute.name,
            kind,
            ty,
            simple_date,
            target,
            many: target.is_some() && (alias.is_some_and(|alias| alias.many) || matches!(meant.kind, Kind::RelatedEntities(_))),
            foreign_key,
            path: alias.map(|alias| alias.path.as_str()),
            read_only: attribute.read_only,
        }
    }
}
