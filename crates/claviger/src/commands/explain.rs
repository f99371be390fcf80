//! `claviger explain`: would this request be allowed, by which rule, and which attributes are left out. Nothing is run: the request goes
//! through the same rules, parser and planner as in the server, and stops where the store would be asked.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Args};
use claviger_access::explain::{Caller, Resource, explain};
use claviger_access::key::KeyRecord;
use claviger_access::{Action, Grants, KeyType, Roles, key};
use claviger_model::{ClassId, Kind, Model};
use claviger_query::{Ask, Change, Error, ErrorKind, Options, Request, Source, Verb};
use claviger_server::settings::{Catalog, Settings};
use serde::Serialize;

use super::keys;
use crate::clock;
use crate::failure::Usage;
use crate::folder::Folder;
use crate::output::Output;

#[derive(Args)]
#[command(group(ArgGroup::new("caller").required(true).args(["key", "role"])))]
pub(crate) struct Explain {
    /// Ask for this key, with its allowed hosts and expiry.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Ask for a Standard key with this role.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// GET, POST, PUT, PATCH or DELETE.
    method: String,
    /// Path with query, as in `/rest/Book?$top=2`.
    path: String,
    /// The address that the request comes from.
    #[arg(long, value_name = "IP")]
    from: Option<IpAddr>,
    /// The time of the request, like `2026-05-31T12:00:00Z`; now when absent.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The body of the request; an empty object stands for it when absent.
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
}

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explanation {
    allowed: bool,
    /// HTTP status of a refusal, as far as it is known without running the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The refusal's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_code: Option<u16>,
    /// The rules that decided: one when refused, all that were needed when allowed.
    rules: Vec<Rule>,
    /// Attributes of the dataclasses read that the answer does not carry.
    left_out: Vec<Rule>,
}

/// A permission and what granted or denied it.
#[derive(Serialize)]
struct Rule {
    action: String,
    resource: String,
    by: String,
}

impl Explanation {
    fn refused(status: u16, message: impl Into<String>, rule: Rule) -> Self {
        Self {
            allowed: false,
            status: Some(status),
            message: Some(message.into()),
            err_code: None,
            rules: vec![rule],
            left_out: Vec::new(),
        }
    }
}

impl Explain {
    pub(crate) fn run(&self, folder: &Folder, output: &Output) -> Result<()> {
        let settings = folder.settings()?.settings;
        let model = folder.model(&settings.name)?;
        let roles = folder.roles(&model, &settings)?;
        let at = self.at.as_deref().map_or_else(|| Ok(clock::now()), clock::parse)?;
        let explanation = match (&self.key, &self.role) {
            (Some(id), _) => {
                let record = keys::record(folder, &settings, id)?;
                match gate(&record, self.from, at) {
                    Some(refused) => refused,
                    None => {
                        let administration = record.key_type == KeyType::Administration;
                        let caller = if administration { Caller::Administration } else { Caller::Role(record.role.as_deref()) };
                        self.ask(&settings, &model, &roles, caller)?
                    }
                }
            }
            (None, Some(name)) => {
                if roles.role(name).is_none() {
                    bail!("no role \"{name}\" is declared: see `claviger roles check`");
                }
                self.ask(&settings, &model, &roles, Caller::Role(Some(name)))?
            }
            (None, None) => return Err(Usage("explain needs --key ID or --role NAME".to_owned()).into()),
        };
        output.result(&explanation, text)
    }

    /// Parses and plans the request as this caller.
    fn ask(&self, settings: &Settings, model: &Model, roles: &Roles, caller: Caller<'_>) -> Result<Explanation> {
        let verb = verb(&self.method)?;
        let rest = self.path.strip_prefix("/rest/").or_else(|| self.path.strip_prefix("rest/"));
        let rest = rest.ok_or_else(|| Usage(format!("the path \"{}\" does not begin with /rest/", self.path)))?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let grants = match caller {
            Caller::Administration => Grants::administration(model),
            Caller::Role(role) => Grants::for_role(roles, role, model),
        };
        let body = match &self.body {
            Some(text) => serde_json::from_str(text).context("--body is no JSON")?,
            None => serde_json::json!({}),
        };
        let planned = Ask::parse(verb, path, query).and_then(|ask| {
            let body = ask.wants_body().then_some(body);
            ask.plan(model, &grants, &options(settings), body)
        });
        let request = match planned {
            Ok(request) => request,
            Err(error) => return Ok(refusal(&error, roles, caller)),
        };
        let (classes, action) = reach(&request, model);
        let mut explanation =
            Explanation { allowed: true, status: None, message: None, err_code: None, rules: Vec::new(), left_out: Vec::new() };
        for (index, class) in classes.iter().map(|id| model.dataclass(*id)).enumerate() {
            let resource = Resource::Dataclass(class.name.clone());
            // What is written is the first one; the others are only looked at.
            for asked in actions(if index == 0 { action } else { Action::Read }) {
                let decision = explain(roles, caller, &resource, *asked);
                explanation.rules.push(Rule { action: asked.name().to_owned(), resource: class.name.clone(), by: decision.by });
                if !decision.allowed {
                    // A single entity of a list can be refused while the request as a whole is not.
                    explanation.allowed = false;
                    explanation.status = Some(401);
                }
            }
            for attribute in class.attributes.iter().filter(|it| it.exposed && !grants.attribute(class.at(it.id), Action::Read)) {
                let decision = explain(roles, caller, &Resource::Attribute(class.name.clone(), attribute.name.clone()), Action::Read);
                let resource = format!("{}.{}", class.name, attribute.name);
                explanation.left_out.push(Rule { action: "read".to_owned(), resource, by: decision.by });
            }
        }
        Ok(explanation)
    }
}

/// Allowed hosts and expiry of a key (`api-keys.md` 7, steps 3 and 4).
fn gate(record: &KeyRecord, from: Option<IpAddr>, at: i64) -> Option<Explanation> {
    let rule = |by: String| Rule { action: "request".to_owned(), resource: record.id.to_string(), by };
    if let Some(address) = from.filter(|address| !record.allowed_hosts.contains(*address)) {
        let refused = format!("allowed hosts do not contain {address}");
        return Some(Explanation::refused(403, "403 - Forbidden", rule(refused)));
    }
    let now = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    if key::is_expired(record.expires_on, now) {
        return Some(Explanation::refused(401, "Api-key expired", rule(format!("expired after {}", record.expires_on))));
    }
    None
}

fn verb(method: &str) -> Result<Verb> {
    Ok(match method.to_ascii_uppercase().as_str() {
        "GET" => Verb::Get,
        "POST" => Verb::Post,
        "PUT" => Verb::Put,
        "PATCH" => Verb::Patch,
        "DELETE" => Verb::Delete,
        _ => return Err(Usage(format!("\"{method}\" is no method of the dialect: use GET, POST, PUT, PATCH or DELETE")).into()),
    })
}

/// The settings that change what a request means.
pub(crate) fn options(settings: &Settings) -> Options {
    let rest = &settings.rest;
    Options {
        star_wildcard: rest.star_wildcard,
        allow_delete_all: rest.allow_delete_all,
        allow_get_delete: rest.allow_get_delete,
        strict_attributes: rest.strict_attributes,
        catalog_readable: rest.catalog == Catalog::Readable,
        max_top: rest.max_top,
    }
}

/// The dataclasses that a request reaches, the one it is about first, and what is done to that one.
fn reach(request: &Request, model: &Model) -> (Vec<ClassId>, Action) {
    let (first, scopes, action) = match request {
        Request::Catalog(_) => return (Vec::new(), Action::Describe),
        Request::Read(plan) => (plan.class(), Some(plan.scopes()), Action::Read),
        Request::Write(Change::Save(save)) => (save.class(), None, Action::Update),
        Request::Write(Change::Delete(delete)) => (delete.class(), Some(delete.scopes()), Action::Drop),
    };
    let mut classes = vec![first];
    for scope in scopes.map(|scopes| scopes.all()).unwrap_or_default() {
        let class = match &scope.source {
            Source::Root(class) => *class,
            Source::ToOne(at) | Source::ToMany(at) => match &model.attribute(*at).kind {
                Kind::RelatedEntity(relation) => relation.target,
                Kind::RelatedEntities(relation) => relation.target,
                _ => continue,
            },
            Source::Elements(_) => continue,
        };
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    (classes, action)
}

/// Permissions of the dataclass that an action needs (`roles-privileges.md` 4.4).
fn actions(action: Action) -> &'static [Action] {
    match action {
        Action::Update => &[Action::Create, Action::Read, Action::Update],
        Action::Drop => &[Action::Read, Action::Drop],
        Action::Describe => &[],
        _ => &[Action::Read],
    }
}

/// A refused request, with the list that denied it where it was a permission.
fn refusal(error: &Error, roles: &Roles, caller: Caller<'_>) -> Explanation {
    let item = error.items.iter().find(|item| matches!(item.code, 1557..=1561 | 1607..=1611)).or(error.items.first());
    let message = item.map(|item| item.message.clone()).unwrap_or_default();
    let status = match error.kind {
        ErrorKind::Malformed => 400,
        ErrorKind::Denied => 401,
        ErrorKind::NotFound => 404,
        ErrorKind::Failed => 500,
        ErrorKind::TooLarge => 413,
        ErrorKind::Busy => 503,
    };
    let rules = denied(&message).map(|(action, resource, shown)| {
        let by = explain(roles, caller, &resource, action).by;
        Rule { action: action.name().to_owned(), resource: shown, by }
    });
    Explanation {
        allowed: false,
        status: Some(status),
        message: Some(message),
        err_code: item.map(|item| item.code),
        rules: rules.into_iter().collect(),
        left_out: Vec::new(),
    }
}

/// What a permission error is about: its text is fixed (`roles-privileges.md` 6.1).
fn denied(message: &str) -> Option<(Action, Resource, String)> {
    let (verb, what) = message.strip_prefix("No permission to ")?.split_once(" for ")?;
    let action = if verb == "remove" { Action::Drop } else { Action::from_name(verb)? };
    if let Some(class) = what.strip_prefix("the ").and_then(|rest| rest.strip_suffix(" dataclass")) {
        return Some((action, Resource::Dataclass(class.to_owned()), class.to_owned()));
    }
    let (attribute, class) = what.strip_prefix('"')?.split_once("\" attribute in the ")?;
    let class = class.strip_suffix(" dataclass")?;
    Some((action, Resource::Attribute(class.to_owned(), attribute.to_owned()), format!("{class}.{attribute}")))
}

fn text(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    let number = explanation.err_code.map(|code| format!(" [{code}]")).unwrap_or_default();
    match (explanation.allowed, explanation.status, &explanation.message) {
        (true, ..) => lines.push("allowed".to_owned()),
        (false, Some(status), Some(message)) => lines.push(format!("refused: {status} {message}{number}")),
        (false, ..) => lines.push("refused in part".to_owned()),
    }
    lines.extend(explanation.rules.iter().map(|rule| format!("  {} {}: {}", rule.action, rule.resource, rule.by)));
    if !explanation.left_out.is_empty() {
        lines.push("left out of the answer:".to_owned());
        lines.extend(explanation.left_out.iter().map(|rule| format!("  {}: {}", rule.resource, rule.by)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_error_says_what_it_is_about() {
        let (action, resource, shown) = denied("No permission to remove for the Book dataclass").unwrap();
        assert_eq!((action, shown.as_str()), (Action::Drop, "Book"));
        assert_eq!(resource, Resource::Dataclass("Book".to_owned()));
        let (action, resource, shown) = denied("No permission to read for \"price\" attribute in the Book dataclass").unwrap();
        assert_eq!((action, shown.as_str()), (Action::Read, "Book.price"));
        assert_eq!(resource, Resource::Attribute("Book".to_owned(), "price".to_owned()));
        assert!(denied("The \"Users\" dataclass cannot be found").is_none());
    }
}
