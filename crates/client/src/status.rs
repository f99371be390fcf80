//! What came of saving, deleting or locking (`data-model.md` 6.4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::error::{RemoteError, errors_of};

/// The result object of `save`, `drop`, `lock` and `reload`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// It was done.
    pub success: bool,
    /// Why not: 2 changed meanwhile, 3 locked by somebody else, 4 another error, 5 deleted meanwhile, 6 could not be merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
    /// Changes of others on other attributes were kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub auto_merged: bool,
    /// The entity was read again before it was locked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub was_reloaded: bool,
    /// With status 3: 7 by a session, 1 by the server itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_kind: Option<i64>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_kind_text: Option<String>,
    /// Who locked it, as far as the server tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_info: Option<Json>,
    /// With status 4: what the server said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RemoteError>,
}

impl Status {
    /// Done.
    pub(crate) fn done() -> Self {
        Self { success: true, ..Self::default() }
    }

    /// Not done, with the dialect's words.
    pub(crate) fn failed(status: i64) -> Self {
        let text = match status {
            2 => "Stamp has changed",
            3 => "Already Locked",
            5 => "Entity does not exist anymore",
            6 => "Auto merge failed",
            _ => "Other error",
        };
        Self { status: Some(status), status_text: Some(text.to_owned()), ..Self::default() }
    }

    /// `__STATUS` of an answer, with its errors. Older servers send the errors alone: 1263 is a changed stamp.
    pub(crate) fn of(body: &Map<String, Json>) -> Option<Self> {
        let errors = errors_of(body);
        let mut status = match body.get("__STATUS") {
            Some(told) => Self::deserialize(told).ok()?,
            None if errors.iter().any(|error| error.err_code == 1263) => Self::failed(2),
            None => return None,
        };
        status.errors = errors;
        Some(status)
    }

    /// Somebody else was there: 2, 3, 5 or 6.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self.status, Some(2 | 3 | 5 | 6))
    }
}
