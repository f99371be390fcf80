//! Pages of a dataclass, values of its attributes.

use claviger_model::Dataclass;
use serde_json::{Value, json};

use super::super::parameters::{named, of_class, reading};
use super::super::{View, answers, component, reference};
use super::id;

/// Parameters of a page that are alike everywhere; the others are [`of_class`].
const PAGE: &[&str] = &["params", "top", "limit", "skip", "expand", "asArray", "format", "queryplan", "querypath"];

pub(super) fn parameters(view: View<'_>, class: &Dataclass) -> Vec<Value> {
    let mut parameters = of_class(view, class);
    parameters.extend(named(PAGE));
    parameters
}

/// The forms that a page has: with its members, as a bare array, as rows.
pub(super) fn forms(class: &Dataclass) -> Vec<Value> {
    let name = component(&class.name);
    vec![reference(&format!("{name}.page")), reference("rest.Array"), reference("rest.Looker")]
}

/// The forms of pages, and those of values.
pub(super) fn value_forms(class: &Dataclass) -> Vec<Value> {
    let mut forms = forms(class);
    forms.extend([reference("rest.Computed"), json!({ "type": "array", "description": "Distinct values." }), reference("rest.Scalar")]);
    forms
}

/// With what makes an entity set of the whole result.
fn with_set(mut parameters: Vec<Value>) -> Vec<Value> {
    parameters.push(reading(&["entityset"], "Keeps the whole result as an entity set, whatever `$top` sends of it."));
    parameters.extend(named(&["timeout", "savedfilter", "savedorderby"]));
    parameters
}

pub(super) fn page(view: View<'_>, class: &Dataclass) -> Option<Value> {
    view.reads(class).then(|| {
        json!({
            "summary": format!("A page of {} entities", class.name),
            "operationId": id("list", class),
            "parameters": with_set(parameters(view, class)),
            "responses": answers::of("A page; an array with `$asArray`, rows with `$format=looker`", json!({ "oneOf": forms(class) }))
        })
    })
}

pub(super) fn values(view: View<'_>, class: &Dataclass) -> Value {
    let mut all = named(&["compute", "distinct"]);
    all.extend(with_set(parameters(view, class)));
    json!({
        "summary": format!("Some attributes of {}: a page of them, their distinct values, or what is computed over them", class.name),
        "operationId": id("values", class),
        "parameters": all,
        "responses": answers::of("A page, or values", json!({ "anyOf": value_forms(class) }))
    })
}
