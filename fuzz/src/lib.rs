//! What the targets share: the library that the planner's own tests use, and somebody who may do all.

use std::sync::LazyLock;

use claviger_access::Grants;
use claviger_model::Model;

/// The model to plan against.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let text = include_str!("../../crates/query/tests/planner/library.json");
    Model::from_json(text, "library").expect("the model is sound").0
});

/// Permissions of an Administration key.
pub fn grants() -> Grants {
    Grants::administration(&MODEL)
}
