//! A request that the gate let through: parsed and planned as in the server, with every permission that the planner asked for.

use claviger_access::explain::{Caller, explain_protected};
use claviger_access::{Action, Grants, Protected, Roles};
use claviger_model::{Model, Value};
use claviger_query::{Ask, Asked, Assign, Bearing, Change, Error, Request, Save, SaveItem};

use super::gate;
use super::rule::{Explanation, Rule};
use super::target::Target;
use crate::rest;
use crate::settings::Settings;

/// What a request is planned against.
pub(super) struct Asking<'a> {
    pub(super) model: &'a Model,
    pub(super) roles: &'a Roles,
    pub(super) caller: Caller<'a>,
    pub(super) grants: &'a Grants,
    /// The caller comes without key.
    pub(super) is_guest: bool,
    pub(super) settings: &'a Settings,
}

impl Asking<'_> {
    /// `rules`: what the gate asked.
    pub(super) fn ask(&self, target: &Target, body: Option<&str>, mut rules: Vec<Rule>) -> Explanation {
        let (refusal, asked) = match self.plan(target, body, &mut rules) {
            Ok((request, asked)) => (certain_refusal(&request).cloned(), asked),
            Err((error, asked)) => (Some(error), asked),
        };
        let is_left_out = |asked: &&Asked| asked.bearing == Bearing::Sent && !asked.allowed;
        rules.extend(asked.iter().filter(|asked| !is_left_out(asked)).map(|asked| self.rule(asked)));
        let left_out = asked.iter().filter(is_left_out).map(|asked| self.rule(asked)).collect();
        match refusal {
            None => Explanation { allowed: true, status: None, message: None, err_code: None, rules, left_out },
            Some(error) => Explanation {
                allowed: false,
                status: Some(rest::status(error.kind).as_u16()),
                message: error.items.first().map(|item| item.message.clone()),
                err_code: Some(error.code()),
                rules,
                left_out,
            },
        }
    }

    /// In the order of the server: path and parameters, the login of guests, body, names and permissions.
    fn plan(&self, target: &Target, body: Option<&str>, rules: &mut Vec<Rule>) -> Result<(Request, Vec<Asked>), (Error, Vec<Asked>)> {
        let unasked = |error| (error, Vec::new());
        let rest = &self.settings.rest;
        let verb = rest::verb(&target.method).map_err(unasked)?;
        let ask = Ask::parse(verb, target.rest(), target.uri.query()).map_err(unasked)?;
        if self.is_guest && self.roles.force_login() {
            rules.push(gate::login(ask.is_open_to_guests(self.model)));
            rest::ask_for_login(&ask, self.roles, self.model).map_err(unasked)?;
        }
        let posted = body.is_some_and(|text| !text.is_empty());
        let body = match body {
            _ if !ask.wants_body(self.model) => None,
            None => ask.needs_body(self.model).then(|| serde_json::json!({})),
            Some(text) if text.len() > rest.max_body_bytes => return Err(unasked(rest::body_too_large(rest.max_body_bytes))),
            Some(text) => rest::parse_body(text.as_bytes()).map_err(unasked)?,
        };
        let (planned, asked) = ask.plan_asked(self.model, self.grants, &rest.options(), body, posted);
        match planned {
            Ok(request) => Ok((request, asked)),
            Err(error) => Err((error, asked)),
        }
    }

    /// The permission as somebody reads it, with the list that granted or denied it.
    fn rule(&self, asked: &Asked) -> Rule {
        let (resource, decision) = explain_protected(self.roles, self.caller, self.model, asked.on, asked.action);
        let reason = match condition(asked, &resource) {
            Some(condition) if decision.reason.is_empty() => condition,
            Some(condition) => format!("{} {condition}", decision.reason),
            None => decision.reason,
        };
        Rule { action: asked.action.name().to_owned(), resource, allowed: asked.allowed, by: decision.by, reason }
    }
}

/// Under which condition a missing permission refuses, where it does not always.
fn condition(asked: &Asked, resource: &str) -> Option<String> {
    if asked.allowed {
        return None;
    }
    match (asked.bearing, asked.on, asked.action) {
        (Bearing::Needed | Bearing::Sent, ..) => None,
        (Bearing::Changed, ..) => Some("Refused unless the value given is the one that is stored.".to_owned()),
        (Bearing::Reached, Protected::Attribute(_), Action::Drop) => {
            Some("Refused where an entity that is reached has a value in it.".to_owned())
        }
        (Bearing::Reached, ..) => {
            let class = resource.split('.').next().unwrap_or_default();
            Some(format!("Refused where entities of {class} refer to one that is deleted."))
        }
    }
}

/// A save is planned as a whole although its entities are refused one by one; the first refusal decides the answer's status. An update that
/// names a value which may not be changed counts as refused: whoever sends it means to change it.
fn certain_refusal(request: &Request) -> Option<&Error> {
    let Request::Write(Change::Save(save)) = request else { return None };
    first_refused(save)
}

fn first_refused(save: &Save) -> Option<&Error> {
    save.items().iter().find_map(|item| match item {
        SaveItem::Refused { error, .. } => Some(error),
        // Null is a new entity's value anyway.
        SaveItem::Create(values) => values.iter().filter(|assign| *assign.value() != Value::Null).find_map(Assign::denied),
        SaveItem::Update { values, .. } => values.iter().find_map(Assign::denied),
    })
}
