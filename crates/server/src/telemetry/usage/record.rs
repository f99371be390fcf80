//! A refused request becomes a record: paths lose their values, texts that may hold data become a sentence, and the list of a missing
//! permission is named.

use claviger_access::explain::{Caller, Decision, Resource, explain};
use claviger_access::{KeyType, Roles};
use claviger_query::{Denied, denied, redact};
use claviger_store::control::{LiveKey, RefusalRecord};

use super::Told;
use crate::app::AppState;
use crate::console::rule::Rule;
use crate::telemetry::access_log::masked;

/// The record of a refused request.
pub(super) fn record(state: &AppState, roles: &Roles, told: &Told) -> RefusalRecord {
    let key = told.key.as_deref();
    let message = told.message.as_deref().filter(|message| redact::is_about_names(message));
    let rules = match (key, message.and_then(denied)) {
        (Some(key), Some(denied)) => vec![rule(state, roles, key, &denied)],
        _ => Vec::new(),
    };
    RefusalRecord {
        request_id: masked(told.id()).into_owned(),
        at: told.at,
        method: told.method.to_owned(),
        path: path(told.path()),
        status: told.status,
        reason: told.reason.name().to_owned(),
        err_code: told.err_code,
        key_id: key.map(|key| key.id.to_string()),
        role: key.and_then(|key| key.slot.role()).map(str::to_owned),
        address: told.address.map(|address| address.to_string()),
        rules: serde_json::to_string(&rules).unwrap_or_else(|_| "[]".to_owned()),
        message: Some(message.unwrap_or_else(|| told.reason.sentence()).to_owned()),
    }
}

/// Names stay, values go.
fn path(raw: &str) -> String {
    match raw.strip_prefix("/rest/") {
        Some(rest) => format!("/rest/{}", redact::path(rest)),
        None => "/rest".to_owned(),
    }
}

/// What decided, and which resource in the words of `roles.json`.
pub(crate) fn rule(state: &AppState, roles: &Roles, key: &LiveKey, denied: &Denied<'_>) -> Rule {
    let class = denied.class.to_owned();
    let (resource, shown) = match denied.attribute {
        Some(attribute) => (Resource::Attribute(class, attribute.to_owned()), format!("{}.{attribute}", denied.class)),
        None => (Resource::Dataclass(class), denied.class.to_owned()),
    };
    let decision = match key.slot.key_type() {
        KeyType::Administration if state.settings().keys.admin_protection => Decision {
            allowed: false,
            by: "keys.admin_protection".to_owned(),
            reason: "The setting keys.admin_protection keeps data from Administration keys.".to_owned(),
        },
        KeyType::Administration => explain(roles, Caller::Administration, &resource, denied.action),
        KeyType::Standard => explain(roles, Caller::Role(key.slot.role()), &resource, denied.action),
    };
    Rule::new(denied.action.name(), shown, decision)
}
