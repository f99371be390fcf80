//! The roles file: privileges, roles, permissions (`roles-privileges.md` 8).
//!
//! Names of privileges and roles are compared without regard to case; names of resources exactly (RL-7).

mod finding;
mod lines;
mod parse;
mod resource;
mod warnings;

use std::sync::Arc;

use claviger_model::Model;
use rustc_hash::FxHashMap;

use crate::grants::Scope;
use crate::key::KeyType;

pub use finding::{Finding, Severity, has_errors, report};
pub use resource::ResourceType;
pub(crate) use resource::{List, ListAction, Lists};

/// Name of the privilege that belongs to every session.
pub const GUEST: &str = "guest";
/// Reserved name (`roles-privileges.md` 5): what an Administration key holds, and nobody else over REST.
pub const WEB_ADMIN: &str = "WebAdmin";
/// Name of the role that a new key gets when none is named and it is declared (`api-keys.md` K-24).
pub const DEFAULT_ROLE: &str = "Admin";

/// A loaded roles file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Roles(Arc<Content>);

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) privileges: Vec<Privilege>,
    /// By lower-cased name; also `guest` and `WebAdmin` when not declared.
    pub(crate) privilege_ids: FxHashMap<String, usize>,
    pub(crate) roles: Vec<Role>,
    pub(crate) lists: FxHashMap<ResourceType, FxHashMap<String, Lists>>,
    pub(crate) restricted_by_default: bool,
    pub(crate) force_login: bool,
    /// The file as read, unknown properties included.
    pub(crate) source: serde_json::Value,
}

/// A declared privilege, or one of the two that need no declaration.
#[derive(Clone, Debug)]
pub(crate) struct Privilege {
    pub(crate) name: String,
    /// Known privileges that it includes.
    pub(crate) includes: Vec<usize>,
}

/// A declared role.
#[derive(Clone, Debug)]
pub struct Role {
    name: String,
    /// Known privileges named by it, `WebAdmin` left out.
    privileges: Vec<usize>,
}

impl Role {
    /// As declared.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A set of privileges of one [`Roles`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct PrivilegeSet(Vec<u64>);

impl PrivilegeSet {
    /// Adds one; false when it was there.
    pub(crate) fn insert(&mut self, id: usize) -> bool {
        let word = id / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let bit = 1 << (id % 64);
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    pub(crate) fn contains(&self, id: usize) -> bool {
        self.0.get(id / 64).is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    pub(crate) fn unite(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// True when the two share a privilege.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|id| self.contains(*id))
    }
}

impl Roles {
    /// Reads a roles file (8.1, 8.2). `Ok` carries the warnings; `Err` all findings, at least one of them an error. The model is needed
    /// for the warnings only: a file that names unknown dataclasses loads.
    pub fn parse(text: &str, model: &Model) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        let (content, mut findings) = parse::parse(text)?;
        let roles = Self(Arc::new(content));
        warnings::add(&roles, text, model, &mut findings);
        findings.sort_by_key(|finding| finding.line);
        Ok((roles, findings))
    }

    /// No file (RL-3): nothing is declared and everything is restricted.
    pub fn absent() -> Self {
        Self::empty(true)
    }

    /// No file, development only (RL-3): nothing is declared and nothing restricted.
    pub fn unrestricted() -> Self {
        Self::empty(false)
    }

    fn empty(restricted_by_default: bool) -> Self {
        let mut content = Content {
            privileges: Vec::new(),
            privilege_ids: FxHashMap::default(),
            roles: Vec::new(),
            lists: FxHashMap::default(),
            restricted_by_default,
            force_login: false,
            source: serde_json::Value::Null,
        };
        content.add_reserved();
        Self(Arc::new(content))
    }

    /// The file that `init` writes: restricted by default; roles Admin, Editor and Reader over privileges of the same meaning.
    pub fn starter() -> &'static str {
        include_str!("starter.json")
    }

    /// Names of the declared roles, in file order (K-23).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.roles.iter().map(Role::name)
    }

    /// A declared role, whatever the case of the name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        let wanted = name.to_lowercase();
        self.0.roles.iter().find(|role| role.name.to_lowercase() == wanted)
    }

    /// True when a key of this type and role names a role that is not declared: it works as a guest (O-9).
    pub fn is_missing(&self, key_type: KeyType, role: Option<&str>) -> bool {
        key_type == KeyType::Standard && role.is_none_or(|role| self.role(role).is_none())
    }

    /// The role that a key gets when none is named: `Admin` when it is declared (K-24).
    pub fn default_role(&self) -> Option<&Role> {
        self.role(DEFAULT_ROLE)
    }

    /// `restrictedByDefault`.
    pub fn restricted_by_default(&self) -> bool {
        self.0.restricted_by_default
    }

    /// `forceLogin`: concerns requests without a key only.
    pub fn force_login(&self) -> bool {
        self.0.force_login
    }

    /// The file as read, with properties that mean nothing here; null without a file.
    pub fn source(&self) -> &serde_json::Value {
        &self.0.source
    }

    /// Session privileges of a role (4.1). No role, or one that is not declared: `guest` only.
    pub(crate) fn session(&self, role: Option<&str>) -> PrivilegeSet {
        let named = role.and_then(|name| self.role(name)).map_or(&[][..], |role| &role.privileges);
        // `guest` is closed over as well: whoever holds a privilege holds what it includes.
        let guest = self.0.privilege_ids.get(GUEST).copied();
        self.closure(named.iter().copied().chain(guest))
    }

    /// A privilege, plus everything it includes; cycles allowed. `WebAdmin` is never reached this way (section 5).
    pub(crate) fn closure(&self, from: impl IntoIterator<Item = usize>) -> PrivilegeSet {
        let web_admin = self.web_admin();
        let mut set = PrivilegeSet::default();
        let mut waiting: Vec<usize> = from.into_iter().collect();
        while let Some(id) = waiting.pop() {
            if Some(id) != web_admin && set.insert(id) {
                waiting.extend(&self.0.privileges[id].includes);
            }
        }
        set
    }

    /// Names of the privileges of a set, as declared.
    pub(crate) fn privilege_names(&self, set: &PrivilegeSet) -> Vec<String> {
        set.iter().filter_map(|id| self.0.privileges.get(id)).map(|privilege| privilege.name.clone()).collect()
    }

    pub(crate) fn privilege(&self, name: &str) -> Option<usize> {
        self.0.privilege_ids.get(&name.to_lowercase()).copied()
    }

    fn web_admin(&self) -> Option<usize> {
        self.privilege(WEB_ADMIN)
    }

    /// The lists of a resource, if an entry names it.
    pub(crate) fn lists(&self, of: ResourceType, apply_to: &str) -> Option<&Lists> {
        self.0.lists.get(&of)?.get(apply_to)
    }

    /// What a function lends while it runs (section 7).
    pub(crate) fn promotes(&self, scope: Scope<'_>, function: &str) -> Option<&List> {
        self.lists(scope.resource_type(), &scope.path(function))?.get(ListAction::Promote)
    }

    /// Resources of a type that entries name, sorted.
    pub(crate) fn named(&self, of: ResourceType) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.lists.get(&of).into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names
    }
}

impl Content {
    /// The two privileges that need no declaration.
    fn add_reserved(&mut self) {
        for name in [GUEST, WEB_ADMIN] {
            let next = self.privileges.len();
            if let std::collections::hash_map::Entry::Vacant(entry) = self.privilege_ids.entry(name.to_lowercase()) {
                entry.insert(next);
                self.privileges.push(Privilege { name: name.to_owned(), includes: Vec::new() });
            }
        }
    }
}
