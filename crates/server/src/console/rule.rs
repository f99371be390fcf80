//! A permission and what decided it, as explanations and refusals show it.

use claviger_access::explain::Decision;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A permission and what granted or denied it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Rule {
    /// `read`, `create`, `update`, `drop`, …
    pub(crate) action: String,
    /// `Book`, `Book.price`.
    pub(crate) resource: String,
    pub(crate) allowed: bool,
    /// The list's path in `roles.json`, `restrictedByDefault`, `administration`, …
    pub(crate) by: String,
    /// One sentence for people.
    pub(crate) reason: String,
}

impl Rule {
    /// Of a decision.
    pub(crate) fn new(action: &str, resource: String, decision: Decision) -> Self {
        Self { action: action.to_owned(), resource, allowed: decision.allowed, by: decision.by, reason: decision.reason }
    }
}
