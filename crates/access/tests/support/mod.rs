//! The sample model and its roles file.
#![expect(clippy::unwrap_used, reason = "fixtures")]
#![allow(dead_code, reason = "each test file uses some of it")]

use claviger_access::{Action, Finding, Roles};
use claviger_model::{AttrRef, Dataclass, Model};

pub(crate) const ROLES: &str = include_str!("../fixtures/library-roles.json");

pub(crate) fn model() -> Model {
    Model::from_json(include_str!("../fixtures/library-model.json"), "library").unwrap().0
}

pub(crate) fn roles(text: &str) -> Roles {
    Roles::parse(text, &model()).unwrap().0
}

pub(crate) fn class<'m>(model: &'m Model, name: &str) -> &'m Dataclass {
    model.find(name).unwrap()
}

pub(crate) fn attribute(model: &Model, class: &str, name: &str) -> AttrRef {
    let class = model.find(class).unwrap();
    class.at(class.find(name).unwrap().id)
}

pub(crate) fn action(name: &str) -> Action {
    Action::from_name(name).unwrap()
}

/// `code path` of each finding.
pub(crate) fn brief(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
}
