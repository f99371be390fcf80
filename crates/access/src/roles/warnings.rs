//! Warnings of RL-5 that need the whole file or the model.

use claviger_model::{Attribute, Dataclass, Model};
use rustc_hash::FxHashSet;

use super::finding::{Finding, Severity};
use super::lines::Lines;
use super::{GUEST, ListAction, PrivilegeSet, ResourceType, Roles};
use crate::decide::Decider;
use crate::grants::Action;

pub(super) fn add(roles: &Roles, text: &str, model: &Model, findings: &mut Vec<Finding>) {
    let lines = Lines::of(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut warn = |path: String, code: &'static str, message: String| {
        let line = lines.line(&path);
        findings.push(Finding { path, line, code, message, severity: Severity::Warning });
    };
    cycles(roles, &mut warn);
    unused(roles, &mut warn);
    guest(roles, &mut warn);
    unknown(roles, model, &mut warn);
    for (index, role) in roles.0.roles.iter().enumerate() {
        let held = roles.session(Some(role.name()));
        inconsistent(roles, &held, model, &format!("roles[{index}]"), role.name(), &mut warn);
    }
}

/// Path of the declaration of a privilege. Declarations come first in the list, in file order.
fn declared_at(id: usize) -> String {
    format!("privileges[{id}]")
}

fn cycles(roles: &Roles, warn: &mut impl FnMut(String, &'static str, String)) {
    for (id, privilege) in roles.0.privileges.iter().enumerate() {
        if roles.closure(privilege.includes.iter().copied()).contains(id) {
            let message = format!("The privilege \"{}\" includes itself, directly or through others.", privilege.name);
            warn(format!("{}.includes", declared_at(id)), "inclusion_cycle", message);
        }
    }
}

fn unused(roles: &Roles, warn: &mut impl FnMut(String, &'static str, String)) {
    let mut used = PrivilegeSet::default();
    for role in &roles.0.roles {
        used.unite(&roles.session(Some(role.name())));
    }
    for of in [ResourceType::Method, ResourceType::SingletonMethod] {
        for name in roles.named(of) {
            if let Some(list) = roles.lists(of, name).and_then(|lists| lists.get(ListAction::Promote)) {
                used.unite(&roles.closure(list.privileges.iter()));
            }
        }
    }
    let declared = roles.0.source["privileges"].as_array().map_or(0, Vec::len);
    for (id, privilege) in roles.0.privileges.iter().enumerate().take(declared) {
        let reserved = roles.privilege(GUEST) == Some(id) || roles.web_admin() == Some(id);
        if !used.contains(id) && !reserved {
            let message = format!("The privilege \"{}\" is in no role and is never promoted: nobody holds it.", privilege.name);
            warn(declared_at(id), "unused_privilege", message);
        }
    }
}

fn guest(roles: &Roles, warn: &mut impl FnMut(String, &'static str, String)) {
    if let Some(id) = roles.privilege(GUEST)
        && !roles.0.privileges[id].includes.is_empty()
    {
        warn(format!("{}.includes", declared_at(id)), "guest_includes", "Everybody holds what \"guest\" includes.".to_owned());
    }
}

/// Entries for dataclasses, attributes and functions that are not there. Of functions only when the model was given any: a file is also checked
/// where they are not loaded.
fn unknown(roles: &Roles, model: &Model, warn: &mut impl FnMut(String, &'static str, String)) {
    let entries = roles.0.source["permissions"]["allowed"].as_array();
    for (index, entry) in entries.into_iter().flatten().enumerate() {
        let (Some(apply_to), Some(of)) = (entry["applyTo"].as_str(), entry["type"].as_str().and_then(ResourceType::from_name)) else {
            continue;
        };
        let (scope, member) = apply_to.split_once('.').unwrap_or((apply_to, ""));
        let path = format!("permissions.allowed[{index}].applyTo");
        let functions = model.functions();
        let no_function = |path| warn_function(path, apply_to);
        let found = match of {
            ResourceType::Datastore => None,
            ResourceType::Method if scope == "ds" => {
                if functions.datastore().has(member) || member == "authentify" {
                    None
                } else {
                    no_function(path)
                }
            }
            ResourceType::Dataclass | ResourceType::Attribute | ResourceType::Method => match model.find(scope) {
                None => Some((path, "unknown_dataclass", format!("The model has no dataclass \"{scope}\"."))),
                Some(class) if of == ResourceType::Attribute && class.find(member).is_none() => {
                    Some((path, "unknown_attribute", format!("The dataclass \"{scope}\" has no attribute \"{member}\".")))
                }
                Some(class) if of == ResourceType::Method && !functions.of(class.id).is_some_and(|functions| functions.has(member)) => {
                    no_function(path)
                }
                Some(_) => None,
            },
            ResourceType::Singleton if functions.singleton(apply_to).is_some() => None,
            ResourceType::SingletonMethod if functions.singleton(scope).is_some_and(|singleton| singleton.functions.has(member)) => None,
            ResourceType::Singleton | ResourceType::SingletonMethod => no_function(path),
        };
        let is_told = |code: &str| code != UNKNOWN_FUNCTION || !functions.is_empty();
        if let Some((path, code, message)) = found.filter(|(_, code, _)| is_told(code)) {
            warn(path, code, message);
        }
    }
}

const UNKNOWN_FUNCTION: &str = "unknown_function";

fn warn_function(path: String, apply_to: &str) -> Option<(String, &'static str, String)> {
    Some((path, UNKNOWN_FUNCTION, format!("There is no function \"{apply_to}\" in functions/.")))
}

/// A role that may change or delete what it may not read (section 3), or that reads entities without their key (6.3).
fn inconsistent(
    roles: &Roles,
    held: &PrivilegeSet,
    model: &Model,
    path: &str,
    role: &str,
    warn: &mut impl FnMut(String, &'static str, String),
) {
    let decider = Decider::new(roles, held);
    let mut blind = FxHashSet::default();
    for class in model.dataclasses().iter().filter(|class| class.exposed) {
        let may = |action| decider.dataclass(&class.name, action).allowed;
        if (may(Action::Update) || may(Action::Drop)) && !may(Action::Read) {
            blind.insert(&class.name);
            let message = format!("The role \"{role}\" may change or delete {} but not read it, so it can do neither.", class.name);
            warn(path.to_owned(), "write_without_read", message);
        }
        if may(Action::Read) && key_unreadable(&decider, class) {
            let message = format!("The role \"{role}\" may read {} but not its key; __KEY is sent all the same.", class.name);
            warn(path.to_owned(), "key_unreadable", message);
        }
        let changes = |attribute: &&Attribute| {
            let may = |action| decider.attribute(&class.name, &attribute.name, action).allowed;
            (may(Action::Update) || may(Action::Drop)) && !may(Action::Read)
        };
        if !blind.contains(&class.name) {
            for attribute in class.attributes.iter().filter(|attribute| attribute.exposed).filter(changes) {
                let message = format!("The role \"{role}\" may change {}.{} but not read it.", class.name, attribute.name);
                warn(path.to_owned(), "write_without_read", message);
            }
        }
    }
}

fn key_unreadable(decider: &Decider<'_>, class: &Dataclass) -> bool {
    class.key_attributes().iter().any(|id| !decider.attribute(&class.name, &class.attribute(*id).name, Action::Read).allowed)
}
