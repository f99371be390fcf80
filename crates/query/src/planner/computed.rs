//! Computed attributes (`functions.md` 1): what their code is given, and what it says in the place of conditions and orders.

use std::sync::Arc;

use claviger_model::{AttrRef, Attribute, Dataclass, Kind};

use super::context::{Asker, Context};
use super::denial::malformed;
use super::path::{Resolved, Tail};
use super::project;
use crate::error::{Error, ErrorKind};
use crate::need::{InPlace, Need};
use crate::projection::Projection;

/// What is said may name computed attributes in whose place something is said again, so many times.
const DEEPEST: u8 = 8;

/// What decides in the place of a computed attribute.
pub(super) enum Place<'a> {
    /// A text of the operator's code.
    Said(&'a InPlace),
    /// Something that the code was not asked yet: whatever is planned comes to nothing.
    Unknown,
    /// The value of each entity, like a column's.
    Values,
}

/// The way to a computed attribute: N -> 1 relations of an alias, then the attribute; and whether it passes a 1 -> N relation.
pub(super) fn way(context: Context<'_>, class: &Dataclass, attribute: &Attribute) -> Option<(Vec<AttrRef>, bool)> {
    let (steps, many) = match &attribute.kind {
        Kind::Alias(alias) => (alias.steps.clone(), alias.many),
        _ => (vec![class.at(attribute.id)], false),
    };
    let last = steps.last()?;
    context.attribute_at(*last).getter().map(|_| (steps, many))
}

/// What the code is given of a row: all that has a value in it, whatever the caller may read (`data-model.md` 3.5).
pub(super) fn given(context: Context<'_>, class: &Dataclass) -> Result<Arc<Projection>, Error> {
    project::row_values(context.of_code(), class)
}

/// What decides at the end of a path; nothing where that is no computed attribute. `need` is what the attribute's code is asked, when it has
/// something to say.
pub(super) fn place<'a>(
    context: Context<'a>,
    path: &Resolved,
    need: impl FnOnce(AttrRef) -> Result<Option<Need>, Error>,
) -> Result<Option<Place<'a>>, Error> {
    let Some(at) = path.computed else { return Ok(None) };
    let need = if path.tail == Tail::Attribute(at) { need(at)? } else { None };
    match need.map(|need| context.outside.said(&need)) {
        Some(None) => return Ok(Some(Place::Unknown)),
        Some(Some(Some(said))) => return Ok(Some(Place::Said(said))),
        Some(Some(None)) | None => {}
    }
    context.outside.touch_values(at);
    Ok(Some(Place::Values))
}

/// One level below `depth`.
pub(super) fn deeper(depth: u8) -> Result<u8, Error> {
    if depth < DEEPEST {
        return Ok(depth + 1);
    }
    Err(malformed(1162, format!("Computed attributes lead from one to another more than {DEEPEST} times")))
}

/// What the code says cannot be used: not the caller's mistake. `list`: where it says so.
pub(super) fn wrong(context: Context<'_>, at: AttrRef, list: &str, error: Error) -> Error {
    let (class, attribute) = (&context.dataclass(at.class).name, &context.attribute_at(at).name);
    let error = error.then(1046, format!("What the computed attribute {class}.{attribute} says in {list} cannot be used"));
    Error { kind: ErrorKind::Failed, ..error }
}

impl Context<'_> {
    /// The operator's code asks: everything exists and may be read.
    pub(super) fn of_code(self) -> Self {
        Self { grants: self.all, notes: None, asker: Asker::Function, ..self }
    }
}
