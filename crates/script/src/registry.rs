//! Which functions there are. `functions.md` 1 and 4.
//!
//! Made once when functions are loaded, from what the classes really are after their modules have run; a request's name is looked up here and nowhere
//! else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::source::{Finding, Module};

/// What an exported class is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClassKind {
    /// `DataStore`.
    Datastore,
    /// Named like a dataclass.
    Dataclass,
    /// A dataclass's name with `Selection`.
    Selection,
    /// A dataclass's name with `Entity`.
    Entity,
    /// `static singleton = "shared"`.
    SharedSingleton,
    /// `static singleton = "session"`.
    SessionSingleton,
}

/// An exported class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Class {
    /// What it is.
    pub kind: ClassKind,
    /// The dataclass that a dataclass, selection or entity class belongs to.
    pub dataclass: Option<String>,
    /// The file.
    pub path: String,
    /// Of the class.
    pub line: u32,
    /// `exposed`: functions and computed attributes that can be reached from outside.
    pub exposed: BTreeSet<String>,
    /// `onHttpGet`.
    pub on_http_get: BTreeSet<String>,
    /// `events`.
    pub events: BTreeSet<String>,
    /// `types` of computed attributes.
    pub types: BTreeMap<String, String>,
    /// Methods, inherited ones too.
    pub methods: BTreeSet<String>,
    /// Getters.
    pub getters: BTreeSet<String>,
    /// Setters.
    pub setters: BTreeSet<String>,
    /// Computed attributes with a function in `query`.
    pub query: BTreeSet<String>,
    /// Computed attributes with a function in `orderBy`.
    pub order_by: BTreeSet<String>,
}

/// All classes, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// By the exported name.
    pub classes: BTreeMap<String, Class>,
}

/// An export, as the engine describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Described {
    pub(crate) path: String,
    pub(crate) name: String,
    is_class: bool,
    singleton: Option<String>,
    /// Statics that should be lists of texts and are not.
    wrong: Vec<String>,
    exposed: Vec<String>,
    on_http_get: Vec<String>,
    events: Vec<String>,
    types: BTreeMap<String, String>,
    methods: BTreeSet<String>,
    getters: BTreeSet<String>,
    setters: BTreeSet<String>,
    query: BTreeSet<String>,
    order_by: BTreeSet<String>,
}

/// Names of events. `functions.md` 1.
const EVENTS: [&str; 6] = ["validateSave", "saving", "afterSave", "validateDrop", "dropping", "afterDrop"];
const RESTRICT: &str = "restrict";

/// What a class is by its name.
fn kind(described: &Described, dataclasses: &BTreeSet<&str>) -> Result<(ClassKind, Option<String>), String> {
    let name = described.name.as_str();
    let of = |suffix: &str| name.strip_suffix(suffix).filter(|name| dataclasses.contains(name)).map(str::to_owned);
    let named = if name == "DataStore" {
        Some((ClassKind::Datastore, None))
    } else if dataclasses.contains(name) {
        Some((ClassKind::Dataclass, Some(name.to_owned())))
    } else if let Some(dataclass) = of("Selection") {
        Some((ClassKind::Selection, Some(dataclass)))
    } else {
        of("Entity").map(|dataclass| (ClassKind::Entity, Some(dataclass)))
    };
    match (named, described.singleton.as_deref()) {
        (Some(_), Some(_)) => Err(format!("{name} is the name of a datastore or dataclass class and cannot be a singleton")),
        (Some(named), None) => Ok(named),
        (None, Some("shared")) => Ok((ClassKind::SharedSingleton, None)),
        (None, Some("session")) => Ok((ClassKind::SessionSingleton, None)),
        (None, Some(_)) => Err("singleton is \"shared\" or \"session\"".to_owned()),
        (None, None) => {
            Err(format!("{name} is no dataclass (alone or with Selection or Entity), not DataStore, and has no static singleton"))
        }
    }
}

/// Puts exported classes into a registry; or says all that is wrong.
pub(crate) fn register(
    described: Vec<Described>,
    modules: &BTreeMap<&str, Module>,
    dataclasses: &[String],
) -> Result<Registry, Vec<Finding>> {
    let dataclasses: BTreeSet<&str> = dataclasses.iter().map(String::as_str).collect();
    let mut registry = Registry::default();
    let mut findings = Vec::new();
    for class in described {
        // What is not a class is for other modules.
        if !class.is_class {
            continue;
        }
        let module = modules.get(class.path.as_str());
        let place = module.and_then(|module| module.classes.get(&class.name));
        let line =
            place.map(|place| place.line).or_else(|| module.and_then(|module| module.exports.get(&class.name).copied())).unwrap_or(1);
        let mut find = |line: u32, message: String| findings.push(Finding { path: class.path.clone(), line, message });
        let of_text = |member: &str, text: &str| {
            place.map_or(line, |place| {
                place.texts.get(&(member.to_owned(), text.to_owned())).or_else(|| place.members.get(member)).copied().unwrap_or(line)
            })
        };
        let (kind, dataclass) = match kind(&class, &dataclasses) {
            Ok(found) => found,
            Err(message) => {
                find(line, message);
                continue;
            }
        };
        for wrong in &class.wrong {
            find(of_text(wrong, ""), format!("static {wrong} of {} has the wrong form", class.name));
        }
        let is_entity = kind == ClassKind::Entity;
        for name in &class.exposed {
            let has = class.methods.contains(name) || (is_entity && class.getters.contains(name));
            if !has {
                find(of_text("exposed", name), format!("{} exposes {name}, which it does not have", class.name));
            }
        }
        for name in &class.on_http_get {
            if !class.exposed.contains(name) || !class.methods.contains(name) {
                find(of_text("onHttpGet", name), format!("{} has {name} in onHttpGet, which is no exposed function", class.name));
            }
        }
        for name in &class.events {
            let is_known = match kind {
                ClassKind::Entity => EVENTS.contains(&name.as_str()),
                ClassKind::Dataclass => name == RESTRICT,
                _ => false,
            };
            if !is_known || !class.methods.contains(name) {
                find(
                    of_text("events", name),
                    format!("{} has the event {name}, which is no event of such a class or no method", class.name),
                );
            }
        }
        let computed = class.types.keys().map(|name| ("types", name)).chain(class.query.iter().map(|name| ("query", name)));
        for (member, name) in computed.chain(class.order_by.iter().map(|name| ("orderBy", name))) {
            if !(is_entity && class.getters.contains(name)) {
                find(of_text(member, name), format!("{} has {name} in {member}, which is no computed attribute", class.name));
            }
        }
        if is_entity {
            for name in class.exposed.iter().filter(|name| class.getters.contains(*name) && !class.types.contains_key(*name)) {
                find(of_text("exposed", name), format!("the type of the computed attribute {name} is missing in static types"));
            }
        }
        if let Some(before) = registry.classes.get(&class.name) {
            find(line, format!("{} is exported by {}:{} too", class.name, before.path, before.line));
            continue;
        }
        registry.classes.insert(
            class.name,
            Class {
                kind,
                dataclass,
                path: class.path,
                line,
                exposed: class.exposed.into_iter().collect(),
                on_http_get: class.on_http_get.into_iter().collect(),
                events: class.events.into_iter().collect(),
                types: class.types,
                methods: class.methods,
                getters: class.getters,
                setters: class.setters,
                query: class.query,
                order_by: class.order_by,
            },
        );
    }
    if findings.is_empty() { Ok(registry) } else { Err(findings) }
}
