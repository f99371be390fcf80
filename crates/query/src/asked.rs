//! Which permissions planning asked for, and what each answer was: the material of explanations (`roles-privileges.md` 10). Written down by the
//! planner itself where it asks, so that an explanation cannot differ from the decision.

use std::cell::RefCell;

use claviger_access::{Action, Protected};

/// A permission that planning asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Asked {
    /// What is to be done.
    pub action: Action,
    /// To what.
    pub on: Protected,
    /// Granted.
    pub allowed: bool,
    /// What follows when it is denied.
    pub bearing: Bearing,
}

/// What a denied permission means to the request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bearing {
    /// The request, or the entity of a body, is refused.
    Needed,
    /// The answer does not carry the attribute (`roles-privileges.md` 6.3).
    Sent,
    /// An entity is refused when the value given differs from the one stored (4.4).
    Changed,
    /// An entity is not deleted when it has a value in the attribute (rule A-5), or when entities of the dataclass refer to it.
    Reached,
}

/// Where the planner writes down what it asks. Repetitions (a body of many entities) are written once.
#[derive(Debug, Default)]
pub(crate) struct Notes(RefCell<Vec<Asked>>);

impl Notes {
    pub(crate) fn add(&self, asked: Asked) {
        let mut known = self.0.borrow_mut();
        // What is granted has no consequence that would differ.
        let is_same = |other: &Asked| {
            let bearing = if asked.allowed { other.bearing } else { asked.bearing };
            *other == Asked { bearing, ..asked }
        };
        if !known.iter().any(is_same) {
            known.push(asked);
        }
    }

    pub(crate) fn into_asked(self) -> Vec<Asked> {
        self.0.into_inner()
    }
}
