//! Entry points for hostile input: each takes anything, must return, and must not panic.

use claviger_access::Grants;
use claviger_model::Model;

use crate::ask::{Ask, Options, Verb};

/// Any path and query string through the URL language and, when it parses, the planner.
pub fn url(model: &Model, grants: &Grants, verb: Verb, path: &str, query: Option<&str>) {
    if let Ok(ask) = Ask::parse(verb, path, query) {
        let _ = ask.plan(model, grants, &Options::default(), None);
    }
}

/// Any text through the filter language, as filter and as order.
pub fn filter(text: &str) {
    let _ = crate::filter::parse(text);
    let _ = crate::filter::parse_order(text);
}

/// Any filter and parameters planned over a dataclass.
pub fn planned_filter(model: &Model, grants: &Grants, class: &str, text: &str, params: Option<serde_json::Value>) {
    if let Ok(mut ask) = Ask::parse(Verb::Get, class, Some("$queryplan=true")) {
        ask.parameters.filter = Some(text.to_owned());
        ask.parameters.params = params;
        let _ = ask.plan(model, grants, &Options::default(), None);
    }
}

/// Any bytes as the body of an update and of a deletion.
pub fn body(model: &Model, grants: &Grants, class: &str, bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    for method in ["update", "insert", "delete"] {
        if let Ok(ask) = Ask::parse(Verb::Post, class, Some(&format!("$method={method}"))) {
            let _ = ask.plan(model, grants, &Options::default(), Some(body.clone()));
        }
    }
}
