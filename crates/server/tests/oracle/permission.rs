//! The decision procedure of `roles-privileges.md` 4, word for word, over plain sets of names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::filter::Path;
use crate::world::Class;

/// Who may read what: lists of privileges by resource (`ds`, `Book`, `Book.price`).
#[derive(Clone, Debug)]
pub struct Rules {
    pub restricted: bool,
    pub read: BTreeMap<String, BTreeSet<&'static str>>,
}

pub const ROLES: [(&str, &[&str]); 4] = [("None", &[]), ("One", &["p1"]), ("Two", &["p2"]), ("Both", &["p1", "p2"])];

impl Rules {
    fn satisfied(&self, resource: &str, privileges: &BTreeSet<&str>) -> Option<bool> {
        let list = self.read.get(resource).filter(|list| !list.is_empty())?;
        Some(list.iter().any(|privilege| privileges.contains(privilege)))
    }

    fn privileges(role: &str) -> BTreeSet<&'static str> {
        let of_role = ROLES.iter().find(|(name, _)| *name == role).map_or(&[] as &[_], |(_, privileges)| privileges);
        of_role.iter().copied().chain(["guest"]).collect()
    }

    pub fn class(&self, role: &str, class: Class) -> bool {
        let privileges = Self::privileges(role);
        self.satisfied(class.name(), &privileges).or_else(|| self.satisfied("ds", &privileges)).unwrap_or(!self.restricted)
    }

    /// A relation and its foreign key attribute show the same value: the lists of both must be satisfied.
    pub fn attribute(&self, role: &str, class: Class, name: &str) -> bool {
        let guises: &[&str] = if matches!((class, name), (Class::Book, "author" | "authorID")) { &["author", "authorID"] } else { &[name] };
        let satisfied = |name: &&str| self.satisfied(&format!("{}.{name}", class.name()), &Self::privileges(role)).unwrap_or(true);
        self.class(role, class) && guises.iter().all(satisfied)
    }

    /// May the role name this path in a filter or a sort of `class`: every relation, every dataclass crossed, and the attribute.
    pub fn path(&self, role: &str, class: Class, path: &Path) -> bool {
        let mut at = class;
        for (relation, _) in &path.steps {
            if !self.attribute(role, at, relation) {
                return false;
            }
            at = if *relation == "author" { Class::Author } else { Class::Book };
        }
        self.attribute(role, at, path.field.name)
    }

    /// The same as `roles.json`, with a role that may do all.
    pub fn file(&self) -> String {
        let lists = self.read.iter().map(|(resource, list)| {
            let kind = if resource == "ds" {
                "datastore"
            } else if resource.contains('.') {
                "attribute"
            } else {
                "dataclass"
            };
            let with_admin: Vec<&str> = list.iter().copied().chain(if list.is_empty() { None } else { Some("admin") }).collect();
            json!({ "applyTo": resource, "type": kind, "read": with_admin })
        });
        let mut allowed: Vec<Value> = lists.collect();
        allowed.push(json!({ "applyTo": "ds", "type": "datastore", "create": ["admin"], "update": ["admin"], "drop": ["admin"] }));
        let roles: Vec<Value> = ROLES.iter().map(|(role, privileges)| json!({ "role": role, "privileges": privileges })).collect();
        json!({ "restrictedByDefault": self.restricted,
                "privileges": [{ "privilege": "p1" }, { "privilege": "p2" }, { "privilege": "admin" }],
                "roles": roles, "permissions": { "allowed": allowed } })
        .to_string()
    }
}

/// Random rules over every resource of the world.
pub fn rules() -> impl Strategy<Value = Rules> {
    let mut resources = vec!["ds".to_owned()];
    for class in [Class::Author, Class::Book] {
        resources.push(class.name().to_owned());
        resources.extend(class.fields().iter().map(|field| format!("{}.{}", class.name(), field.name)));
        resources.extend(class.relations().iter().map(|relation| format!("{}.{relation}", class.name())));
    }
    let list = prop::sample::subsequence(vec!["p1", "p2", "guest"], 0..=3).prop_map(|list| list.into_iter().collect::<BTreeSet<_>>());
    let entry = prop_oneof![3 => Just(None), 1 => list.prop_map(Some)];
    (any::<bool>(), prop::collection::vec(entry, resources.len())).prop_map(move |(restricted, lists)| Rules {
        restricted,
        read: resources.iter().cloned().zip(lists).filter_map(|(resource, list)| list.map(|list| (resource, list))).collect(),
    })
}
