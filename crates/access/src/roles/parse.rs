//! Reading the file: errors of RL-4, and the warnings that can be seen without the model.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

use super::finding::{Finding, Severity, has_errors};
use super::lines::Lines;
use super::resource::{ListAction, ResourceType};
use super::{Content, Privilege, PrivilegeSet, Role, WEB_ADMIN};

/// Reads the text. `Err`: all findings, an error among them.
pub(super) fn parse(text: &str) -> Result<(Content, Vec<Finding>), Vec<Finding>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            return Err(vec![Finding {
                path: String::new(),
                line: error.line().max(1),
                code: "not_json",
                message: format!("This is not valid JSON: {error}."),
                severity: Severity::Error,
            }]);
        }
    };
    let mut reader = Reader::new(text);
    for (path, line) in std::mem::take(&mut reader.lines.repeated) {
        let message = "This property stands twice in the same object.".to_owned();
        reader.findings.push(Finding { path, line, code: "repeated_property", message, severity: Severity::Error });
    }
    let content = reader.file(source);
    match content {
        Some(content) if !has_errors(&reader.findings) => Ok((content, reader.findings)),
        _ => {
            reader.findings.sort_by_key(|finding| finding.line);
            Err(reader.findings)
        }
    }
}

/// A list of names as written, with the path of the array.
struct Names {
    path: String,
    names: Vec<String>,
}

struct Reader {
    lines: Lines,
    findings: Vec<Finding>,
    reported: FxHashSet<String>,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self { lines: Lines::of(text), findings: Vec::new(), reported: FxHashSet::default() }
    }

    fn add(&mut self, severity: Severity, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        let path = path.into();
        let line = self.lines.line(&path);
        self.findings.push(Finding { path, line, code, message: message.into(), severity });
    }

    fn error(&mut self, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.add(Severity::Error, path, code, message);
    }

    fn warn(&mut self, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.add(Severity::Warning, path, code, message);
    }

    /// Unknown properties are kept and reported once each.
    fn known_only(&mut self, object: &Map<String, Value>, path: &str, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            if self.reported.insert(name.clone()) {
                let path = join(path, name);
                self.warn(path, "unknown_property", format!("The property \"{name}\" is not known here and has no effect."));
            }
        }
    }

    fn file(&mut self, source: Value) -> Option<Content> {
        let Value::Object(file) = &source else {
            self.error("", "wrong_type", "The file must be one JSON object.");
            return None;
        };
        self.known_only(file, "", &["privileges", "roles", "permissions", "restrictedByDefault", "forceLogin"]);
        let mut content = Content {
            privileges: Vec::new(),
            privilege_ids: FxHashMap::default(),
            roles: Vec::new(),
            lists: FxHashMap::default(),
            restricted_by_default: self.boolean(file, "restrictedByDefault"),
            force_login: self.boolean(file, "forceLogin"),
            source: Value::Null,
        };
        self.privileges(file, &mut content);
        self.roles(file, &mut content);
        match file.get("permissions") {
            None => self.error("permissions", "missing_property", "The property \"permissions\" is required."),
            Some(Value::Object(permissions)) => {
                self.known_only(permissions, "permissions", &["allowed"]);
                self.allowed(permissions, &mut content);
            }
            Some(_) => self.error("permissions", "wrong_type", "This must be an object."),
        }
        content.source = source;
        Some(content)
    }

    fn privileges(&mut self, file: &Map<String, Value>, content: &mut Content) {
        let mut includes: Vec<(usize, Names)> = Vec::new();
        for (path, entry) in self.objects(file, "", "privileges", true) {
            self.known_only(entry, &path, &["privilege", "includes", "id"]);
            self.identifier(entry, &path);
            let Some(name) = self.name(entry, &path, "privilege") else { continue };
            let next = content.privileges.len();
            if content.privilege_ids.insert(name.to_lowercase(), next).is_some() {
                self.error(join(&path, "privilege"), "duplicate_privilege", format!("The privilege \"{name}\" is declared twice."));
            }
            content.privileges.push(Privilege { name, includes: Vec::new() });
            if let Some(names) = self.names(entry, &path, "includes") {
                includes.push((next, names));
            }
        }
        content.add_reserved();
        for (id, names) in includes {
            content.privileges[id].includes = self.ids(content, &names);
        }
    }

    fn roles(&mut self, file: &Map<String, Value>, content: &mut Content) {
        let mut seen = FxHashSet::default();
        for (path, entry) in self.objects(file, "", "roles", false) {
            self.known_only(entry, &path, &["role", "privileges", "id"]);
            self.identifier(entry, &path);
            let Some(name) = self.name(entry, &path, "role") else { continue };
            if !seen.insert(name.to_lowercase()) {
                self.error(join(&path, "role"), "duplicate_role", format!("The role \"{name}\" is declared twice."));
            }
            let names = self.names(entry, &path, "privileges");
            let mut privileges = names.map(|names| self.ids(content, &names)).unwrap_or_default();
            let web_admin = content.privilege_ids.get(&WEB_ADMIN.to_lowercase());
            if privileges.iter().any(|id| Some(id) == web_admin) {
                privileges.retain(|id| Some(id) != web_admin);
                self.warn(
                    join(&path, "privileges"),
                    "reserved_privilege",
                    format!("\"{WEB_ADMIN}\" is reserved and gives nothing through a role; use an Administration key."),
                );
            }
            content.roles.push(Role { name, privileges });
        }
    }

    fn allowed(&mut self, permissions: &Map<String, Value>, content: &mut Content) {
        let known = ["applyTo", "type", "read", "create", "update", "drop", "execute", "promote", "describe"];
        for (path, entry) in self.objects(permissions, "permissions", "allowed", true) {
            self.known_only(entry, &path, &known);
            let apply_to = self.name(entry, &path, "applyTo");
            let of = self.name(entry, &path, "type").and_then(|name| {
                let of = ResourceType::from_name(&name);
                if of.is_none() {
                    self.error(join(&path, "type"), "unknown_type", format!("There is no resource type \"{name}\"."));
                }
                of
            });
            if let (Some(apply_to), Some(of)) = (&apply_to, of)
                && !of.fits(apply_to)
            {
                let wanted = match of {
                    ResourceType::Datastore => "\"ds\"",
                    ResourceType::Dataclass | ResourceType::Singleton => "one name",
                    _ => "two names with a point between them",
                };
                let message = format!("\"{apply_to}\" does not fit the type \"{}\", which takes {wanted}.", of.name());
                self.error(join(&path, "applyTo"), "apply_to_mismatch", message);
            }
            for action in ListAction::ALL {
                let Some(list) = self.names(entry, &path, action.name()) else { continue };
                // An empty array means "nothing set" (4.2).
                if list.names.is_empty() {
                    continue;
                }
                let ids = self.ids(content, &list);
                let (Some(apply_to), Some(of)) = (&apply_to, of) else { continue };
                if !of.takes(action) {
                    let message = format!("\"{}\" has no meaning for the type \"{}\" and is ignored.", action.name(), of.name());
                    self.warn(list.path, "action_ignored", message);
                    continue;
                }
                let mut set = PrivilegeSet::default();
                for id in ids {
                    set.insert(id);
                }
                content.lists.entry(of).or_default().entry(apply_to.clone()).or_default().unite(action, list.path, set);
            }
        }
    }

    fn boolean(&mut self, object: &Map<String, Value>, property: &str) -> bool {
        match object.get(property) {
            None => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.error(property, "wrong_type", "This must be true or false.");
                false
            }
        }
    }

    /// The objects of an array property, each with its path.
    fn objects<'v>(
        &mut self,
        of: &'v Map<String, Value>,
        path: &str,
        property: &str,
        required: bool,
    ) -> Vec<(String, &'v Map<String, Value>)> {
        let path = join(path, property);
        let items = match of.get(property) {
            None => {
                if required {
                    self.error(path, "missing_property", format!("The property \"{property}\" is required."));
                }
                return Vec::new();
            }
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.error(path, "wrong_type", "This must be an array of objects.");
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match item {
                Value::Object(object) => objects.push((path, object)),
                _ => self.error(path, "wrong_type", "This must be an object."),
            }
        }
        objects
    }

    /// A required text property that is not empty.
    fn name(&mut self, object: &Map<String, Value>, path: &str, property: &str) -> Option<String> {
        let at = join(path, property);
        match object.get(property) {
            Some(Value::String(name)) if !name.trim().is_empty() => return Some(name.clone()),
            Some(Value::String(_)) => self.error(at, "empty_name", "This text must not be empty."),
            Some(_) => self.error(at, "wrong_type", "This must be a text."),
            None => self.error(at, "missing_property", format!("The property \"{property}\" is required.")),
        }
        None
    }

    /// `id` is written by a visual editor and means nothing here, but it must be a text.
    fn identifier(&mut self, object: &Map<String, Value>, path: &str) {
        if object.get("id").is_some_and(|id| !id.is_string()) {
            self.error(join(path, "id"), "wrong_type", "This must be a text.");
        }
    }

    /// An array of texts; `None` when absent or not one.
    fn names(&mut self, object: &Map<String, Value>, path: &str, property: &str) -> Option<Names> {
        let path = join(path, property);
        match object.get(property)? {
            Value::Array(items) => {
                let mut names = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Value::String(name) => names.push(name.clone()),
                        _ => self.error(format!("{path}[{index}]"), "wrong_type", "This must be a text."),
                    }
                }
                Some(Names { path, names })
            }
            _ => {
                self.error(path, "wrong_type", "This must be an array of texts.");
                None
            }
        }
    }

    /// The known privileges of a list; each other one gets a warning and counts for nothing.
    fn ids(&mut self, content: &Content, list: &Names) -> Vec<usize> {
        let mut ids = Vec::with_capacity(list.names.len());
        for (index, name) in list.names.iter().enumerate() {
            match content.privilege_ids.get(&name.to_lowercase()) {
                Some(id) => ids.push(*id),
                None => {
                    let message = format!("The privilege \"{name}\" is not declared; nobody holds it.");
                    self.warn(format!("{}[{index}]", list.path), "undeclared_privilege", message);
                }
            }
        }
        ids
    }
}

fn join(path: &str, property: &str) -> String {
    if path.is_empty() { property.to_owned() } else { format!("{path}.{property}") }
}
