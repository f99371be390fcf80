//! `log.permissions = "denied"`: a line for each missing permission (`roles-privileges.md` 10, RV-4).

use claviger_query::Error;

use super::usage::record::rule;
use crate::app::AppState;
use crate::gate::Principal;

/// Tells what a 401 of an accepted key was about, and which list decided.
pub(crate) fn tell(state: &AppState, principal: &Principal, error: &Error) {
    let rules = state.keys().rules();
    for denied in error.items.iter().filter_map(|item| item.denied) {
        let rule = rule(&rules, principal.key(), denied);
        tracing::info!(
            key = principal.key_id().unwrap_or("(guest)"),
            role = principal.role(),
            resource = rule.resource,
            action = rule.action,
            by = rule.by,
            "permission denied"
        );
    }
}
