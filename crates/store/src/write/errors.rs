//! Failures of writing in the dialect's words (`rest-dialect.md` 4.2, 12.5, 12.7). Messages name dataclass, attribute and the caller's own
//! key; never what another entity holds.

use claviger_model::{Attribute, Dataclass};
use claviger_query::{Error, ErrorKind};

/// No entity with this key: 1542.
pub fn absent(class: &Dataclass, key: &str) -> Error {
    Error::absent(&class.name, key)
}

/// The stored stamp is another one: 1263, 1046, 1517.
pub fn conflict(class: &Dataclass, key: &str, stamp: i64) -> Error {
    let name = &class.name;
    Error::new(ErrorKind::Failed, 1263, format!("{name} {key} was changed since stamp {stamp}"))
        .then(1046, format!("{name} {key} could not be written"))
        .then(1517, format!("Saving entity {key} of {name} failed"))
}

/// The same at a deletion: 1263, 1046.
pub fn conflict_of_deletion(class: &Dataclass, key: &str, stamp: i64) -> Error {
    let name = &class.name;
    Error::new(ErrorKind::Failed, 1263, format!("{name} {key} was changed since stamp {stamp}"))
        .then(1046, format!("{name} {key} could not be deleted"))
}

/// Somebody else holds the entity: 1046.
pub fn locked(class: &Dataclass, key: &str) -> Error {
    Error::new(ErrorKind::Locked, 1046, format!("{} {key} is locked by somebody else", class.name))
}

/// The same at a deletion, which may reach entities that the caller knows nothing of.
pub fn locked_deletion(class: &Dataclass, key: &str) -> Error {
    let what = format!("{} {key} cannot be deleted: it, or an entity that refers to it, is locked by somebody else", class.name);
    Error::new(ErrorKind::Locked, 1046, what)
}

/// The general end of a failed save: 1517 for an existing entity (`key`), 1534 for a new one. Added once.
pub fn not_saved(error: Error, class: &Dataclass, key: Option<&str>) -> Error {
    if error.items.last().is_some_and(|item| matches!(item.code, 1517 | 1534)) || error.code() == 1542 && error.kind == ErrorKind::NotFound
    {
        return error;
    }
    match key {
        Some(key) => error.then(1517, format!("Saving entity {key} of {} failed", class.name)),
        None => error.then(1534, format!("Saving a new entity of {} failed", class.name)),
    }
}

/// A value breaks a rule: 1569, 1570. `what` names the attribute and the rule.
pub fn rule(class: &Dataclass, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Failed, 1569, what.to_string()).then(1570, format!("The entity of {} is not valid", class.name))
}

/// The relation is given a key that no entity of its target has: 1542, without the status of an absent entity.
pub fn unknown_related(class: &Dataclass, relation: &str, target: &Dataclass) -> Error {
    Error::new(
        ErrorKind::Failed,
        1542,
        format!("\"{relation}\" of {}: no entity of the {} dataclass has such a key", class.name, target.name),
    )
}

/// A constraint of the database that no attribute can be named for.
pub fn constraint(class: &Dataclass) -> Error {
    rule(class, format!("A constraint of the database on {} does not hold", class.name))
}

/// A deferred constraint that shows only at the commit.
pub fn broken_reference() -> Error {
    Error::new(ErrorKind::Failed, 1569, "A reference between entities would lead nowhere").then(1046, "The record could not be saved")
}

/// Stamps are used up (`data-model.md` M-11).
pub fn stamps_used_up(class: &Dataclass, key: &str) -> Error {
    Error::new(ErrorKind::Failed, 1046, format!("{} {key} has been saved as often as its stamp can count", class.name))
}

/// Neither created nor updated nor deleted: a view, or a table without key.
pub fn read_only(class: &Dataclass) -> Error {
    Error::new(ErrorKind::Failed, 1046, format!("The \"{}\" dataclass is read only", class.name))
}

/// Entities refer to the one to be deleted, and their relation says `reject` (RE-8). `by`: the relation, when the caller knows of it.
pub fn still_referred(class: &Dataclass, key: &str, by: Option<(&Dataclass, &Attribute)>) -> Error {
    let by = by.map_or_else(|| "other entities refer".to_owned(), |(source, relation)| format!("{}.{} refers", source.name, relation.name));
    Error::new(ErrorKind::Failed, 1569, format!("{} {key} cannot be deleted: {by} to it", class.name))
        .then(1046, format!("{} {key} could not be deleted", class.name))
}
