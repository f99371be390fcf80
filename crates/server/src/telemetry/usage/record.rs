//! A refused request becomes a record: paths lose their values, texts that may hold data become a sentence, and the list of a missing
//! permission is named.

use claviger_access::explain::{Caller, explain_protected};
use claviger_model::Model;
use claviger_query::{Denied, redact};
use claviger_store::control::{LiveKey, RefusalRecord, Rules};

use super::Told;
use crate::explain::Rule;
use crate::telemetry::access_log::masked;

/// The record of a refused request.
pub(super) fn record(rules: &Rules, told: &Told) -> RefusalRecord {
    let key = told.key.as_deref();
    let message = told.message.as_deref().filter(|message| told.denied.is_some() || redact::is_absent_dataclass(message));
    let decided: Vec<Rule> = told.denied.map(|denied| rule(rules, key, denied)).into_iter().collect();
    RefusalRecord {
        request_id: masked(told.id()).into_owned(),
        at: told.at,
        method: told.method.to_owned(),
        path: kept_path(&rules.model, told.path()),
        status: told.status,
        reason: told.reason.name().to_owned(),
        err_code: told.err_code,
        key_id: key.map(|key| key.id.to_string()),
        role: key.and_then(|key| key.slot.role()).map(str::to_owned),
        address: told.address.map(|address| address.to_string()),
        rules: serde_json::to_string(&decided).unwrap_or_else(|_| "[]".to_owned()),
        message: Some(message.unwrap_or_else(|| told.reason.sentence()).to_owned()),
    }
}

/// The path of a request as it may be kept: names of the model stay, values go.
pub(crate) fn kept_path(model: &Model, raw: &str) -> String {
    let is_known = |name: &str| model.dataclasses().iter().any(|class| class.name == name || class.find(name).is_some());
    match raw.strip_prefix("/rest/") {
        Some(rest) => format!("/rest/{}", redact::path(rest, is_known)),
        None => "/rest".to_owned(),
    }
}

/// What decided, and which resource in the words of `roles.json`. A reload of the roles between the request and this is seen here: the list
/// named is that of the roles now in force.
pub(crate) fn rule(rules: &Rules, key: Option<&LiveKey>, denied: Denied) -> Rule {
    let caller = key.map_or(Caller::Role(None), |key| rules.caller(key.slot.key_type(), key.slot.role()));
    let (shown, decision) = explain_protected(&rules.roles, caller, &rules.model, denied.on, denied.action);
    Rule::of(denied.action.name(), shown, decision)
}
