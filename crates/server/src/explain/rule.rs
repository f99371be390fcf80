//! The answer's shape.

use claviger_access::explain::Decision;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a request would be allowed, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// True when nothing refuses the request, as far as that is known without running it.
    pub allowed: bool,
    /// HTTP status of a refusal; null when it would be let through.
    #[schema(required = true)]
    pub status: Option<u16>,
    /// The refusal's text.
    #[schema(required = true)]
    pub message: Option<String>,
    /// The dialect's number of the refusal; null for a refusal by the gate.
    #[schema(required = true)]
    pub err_code: Option<i64>,
    /// What was asked, in the order of asking. A refused request ends at the rule that refused it, when it was refused by a rule.
    pub rules: Vec<Rule>,
    /// Attributes that the answer would not carry, because they may not be read.
    pub left_out: Vec<Rule>,
}

/// A permission, or a rule of the gate, and what granted or denied it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// `request` for a rule of the gate, else `read`, `create`, `update`, `drop`, `execute`, `describe`.
    pub action: String,
    /// The key's ID for a rule of the gate, `guest` where keys are not checked; else `Book` or `Book.price`.
    pub resource: String,
    /// Granted.
    pub allowed: bool,
    /// What decided: the path of a list in `roles.json` (`permissions.allowed[3].read`), `restrictedByDefault`, `administration`,
    /// `allowed hosts: …`, `expires on …`, `forceLogin`, or a setting.
    pub by: String,
    /// One sentence for people.
    pub reason: String,
}

impl Rule {
    /// Of a decision of the roles.
    pub(crate) fn of(action: &str, resource: String, decision: Decision) -> Self {
        Self { action: action.to_owned(), resource, allowed: decision.allowed, by: decision.by, reason: decision.reason }
    }
}
