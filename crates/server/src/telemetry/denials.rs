//! `log.permissions = "denied"`: a line for each missing permission (`roles-privileges.md` 10, RV-4).

use axum::body::Body;
use axum::response::Response;
use claviger_access::explain::{Caller, Resource, explain};
use claviger_access::{Action, KeyType};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::app::AppState;
use crate::gate::Principal;

/// Tells what a 401 of an accepted key was about, and which list decided; gives the answer back unchanged.
pub(crate) async fn tell(state: &AppState, principal: &Principal, response: Response) -> Response {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    for item in answer["__ERROR"].as_array().into_iter().flatten() {
        let message = item["message"].as_str().unwrap_or_default();
        let (resource, action, by) = match subject(message) {
            Some((resource, action)) => {
                let caller = match principal.key_type() {
                    KeyType::Administration => Caller::Administration,
                    KeyType::Standard => Caller::Role(principal.role()),
                };
                let decision = explain(&state.roles(), caller, &Resource::parse(&resource, state.model()), action);
                (resource, action.name(), decision.by)
            }
            None => continue,
        };
        tracing::info!(key = principal.key_id(), role = principal.role(), resource, action, by, "permission denied");
    }
    Response::from_parts(head, Body::from(bytes))
}

/// Resource and action of a denial's text (`roles-privileges.md` 6.1), which is the same for clients and for the log.
fn subject(message: &str) -> Option<(String, Action)> {
    let rest = message.strip_prefix("No permission to ")?;
    let (verb, rest) = rest.split_once(" for ")?;
    let action = if verb == "remove" { Action::Drop } else { Action::from_name(verb)? };
    let resource = match rest.strip_prefix('"') {
        Some(rest) => {
            let (attribute, rest) = rest.split_once("\" attribute in the ")?;
            format!("{}.{attribute}", rest.strip_suffix(" dataclass")?)
        }
        None => rest.strip_prefix("the ")?.strip_suffix(" dataclass")?.to_owned(),
    };
    Some((resource, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denials_text_names_its_subject() {
        let book = |action| Some(("Book".to_owned(), action));
        assert_eq!(subject("No permission to read for the Book dataclass"), book(Action::Read));
        assert_eq!(subject("No permission to remove for the Book dataclass"), book(Action::Drop));
        let price = Some(("Book.price".to_owned(), Action::Update));
        assert_eq!(subject("No permission to update for \"price\" attribute in the Book dataclass"), price);
        assert_eq!(subject("Something else"), None);
    }
}
