//! First step of reading: dataclasses, the names and kinds of their attributes, keys (`data-model.md` 2, 4.2, MF-2).

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::members::Members;
use super::report::Report;
use super::storage::Found;
use super::{Draft, DraftClass, MAX_HANDLES, Pending};
use crate::attach::DEFAULT_TOP_SIZE;
use crate::attribute::{Alias, Attribute, Calculated, Computation, IndexKind, Kind, StorageType};
use crate::model::{AttrId, ClassId, CompositeIndex, Dataclass, Key, Table};
use crate::names;

impl<'a> Draft<'a> {
    /// Reads `dataClasses` with everything that needs no other dataclass.
    pub(super) fn read_classes(&mut self, root: &Members<'a>) {
        let Some(objects) = root.objects("dataClasses", &mut self.report) else {
            if root.get("dataClasses").is_none() {
                self.report.warning("dataClasses", "empty", "there are no dataclasses");
            }
            return;
        };
        if objects.len() > MAX_HANDLES {
            self.report.error("dataClasses", "too-many", format!("there are more than {MAX_HANDLES} dataclasses"));
            return;
        }
        let mut taken: HashMap<String, String> = HashMap::new();
        for members in objects {
            let id = ClassId(self.classes.len() as u16);
            let Some(class) = read_class(&self.database, id, members, &mut self.report) else { continue };
            let path = class.members.at("name");
            if let Some(other) = taken.insert(class.class.name.to_lowercase(), class.class.name.clone()) {
                let message = format!("there is already a dataclass {other} (upper and lower case count as the same)");
                self.report.error(&path, "duplicate-name", message);
            }
            // 1 -> N relations name their target by it.
            let selection = &class.class.collection_name;
            if self.classes.iter().any(|other| other.class.collection_name == *selection) {
                let message = format!("there is already a dataclass with the selection {selection}");
                self.report.error(&class.members.at("collectionName"), "duplicate-name", message);
            }
            self.classes.push(class);
        }
    }
}

fn read_class<'a>(database: &str, id: ClassId, members: Members<'a>, report: &mut Report) -> Option<DraftClass<'a>> {
    let Some(name) = members.text("name", report) else {
        if members.get("name").is_none() {
            report.error(&members.at("name"), "missing", "a dataclass needs a name");
        }
        return None;
    };
    if name != names::DELETED_RECORDS {
        check_name(name, &members.at("name"), report);
    }
    let extends = members.get("extends").is_some();
    if extends {
        report.error(
            &members.at("extends"),
            "extends",
            "a dataclass that extends another one is not supported; repeat the attributes here",
        );
    }
    note_events(&members, name, report);
    note_methods(&members, name, report);
    let text = |property: &str, otherwise: String, report: &mut Report| members.text(property, report).map_or(otherwise, str::to_owned);
    let exposed = is_public(&members, report) && members.flag("exposed", report).unwrap_or(true);
    let class = Dataclass {
        id,
        class_name: text("className", name.to_owned(), report),
        collection_name: text("collectionName", format!("{name}Selection"), report),
        exposed,
        uuid: text("uuid", names::derive_uuid(&[database, name]), report),
        default_top_size: members.count("defaultTopSize", report).filter(|size| *size > 0).unwrap_or(DEFAULT_TOP_SIZE),
        table_number: members.count("tableNumber", report).unwrap_or(u32::from(id.0) + 1),
        table: Table { name: text("matchTable", name.to_owned(), report), read_only: members.is("readOnly", report) },
        attributes: Vec::new(),
        key: Key::None,
        restricted: false,
        indexes: Vec::new(),
        by_name: HashMap::new(),
        name: name.to_owned(),
    };
    let mut draft = DraftClass { class, members, pending: Vec::new(), extends };
    let marked = draft.read_attributes(database, report);
    draft.read_key(marked, report);
    draft.read_indexes(report);
    Some(draft)
}

/// Events are code of the original, which does not run here (4.2).
fn note_events(members: &Members<'_>, class: &str, report: &mut Report) {
    let Some(events) = members.objects("events", report) else { return };
    let kinds: Vec<&str> = events.iter().filter_map(|event| event.text("kind", report)).collect();
    let (filters, others): (Vec<&str>, Vec<&str>) = kinds.into_iter().partition(|kind| *kind == "onRestrictingQuery");
    if !filters.is_empty() {
        let message = format!("{class}: the row filter of onRestrictingQuery is not applied: all rows can be reached");
        report.warning(&members.at("events"), "restricting-query", message);
    }
    if !others.is_empty() {
        report.warning(&members.at("events"), "not-implemented", format!("{class}: {} declared, not implemented", list(&others)));
    }
}

/// Methods load as declarations without code (4.2).
pub(super) fn note_methods(members: &Members<'_>, owner: &str, report: &mut Report) {
    let Some(methods) = members.objects("methods", report) else { return };
    let mut names = Vec::new();
    for method in &methods {
        let Some(name) = method.text("name", report) else {
            if method.get("name").is_none() {
                report.error(&method.at("name"), "missing", "a method needs a name");
            }
            continue;
        };
        if names.contains(&name) {
            report.error(&method.at("name"), "duplicate-name", format!("there is already a method {name} of {owner}"));
        }
        names.push(name);
        if let Some(other) = method.text("applyTo", report)
            && !["dataClass", "entity", "entityCollection", "dataStore"].contains(&other)
        {
            let message = format!("{other} is nothing that a method applies to: dataClass, entity or entityCollection");
            report.warning(&method.at("applyTo"), "apply-to", message);
        }
        is_public(method, report);
    }
    if !names.is_empty() {
        report.warning(
            &members.at("methods"),
            "not-implemented",
            format!("methods of {owner}: {} declared, not implemented", list(&names)),
        );
    }
}

fn list(names: &[&str]) -> String {
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// `scope`: `public`, `publicOnServer`, or `private`, which is read like the second (M-9).
pub(super) fn is_public(members: &Members<'_>, report: &mut Report) -> bool {
    match members.text("scope", report) {
        None | Some("public") => true,
        Some("publicOnServer" | "private" | "protected") => false,
        Some(other) => {
            report.error(&members.at("scope"), "scope", format!("{other} is no scope: public or publicOnServer"));
            false
        }
    }
}

fn check_name(name: &str, path: &str, report: &mut Report) {
    if name.starts_with("__") {
        report.error(path, "reserved-name", format!("{name}: names that begin with __ are reserved"));
    } else if !names::is_valid_name(name) {
        report.error(path, "bad-name", format!("{name:?} is no name: a letter, then letters, digits, _ or $"));
    }
}

/// Columns that attributes have taken.
#[derive(Default)]
struct Columns {
    exact: HashSet<String>,
    folded: HashSet<String>,
}

impl Columns {
    /// One column has one attribute. Names that differ in case only are two columns in PostgreSQL and one in SQLite.
    fn add(&mut self, column: &str, path: &str, report: &mut Report) {
        let is_first = self.folded.insert(column.to_ascii_lowercase());
        if !self.exact.insert(column.to_owned()) {
            report.error(path, "duplicate-column", format!("there is already an attribute for the column {column}"));
        } else if !is_first {
            let message =
                format!("there is already an attribute for the column {column}, but for upper and lower case: SQLite cannot have both");
            report.warning(path, "duplicate-column", message);
        }
    }
}

impl<'a> DraftClass<'a> {
    /// Answers the positions of the attributes with `primKey`.
    fn read_attributes(&mut self, database: &str, report: &mut Report) -> Vec<usize> {
        let mut marked = Vec::new();
        let Some(objects) = self.members.objects("attributes", report) else {
            if self.members.get("attributes").is_none() {
                report.error(&self.members.at("attributes"), "missing", "a dataclass needs attributes");
            }
            return marked;
        };
        if objects.len() > MAX_HANDLES {
            report.error(&self.members.at("attributes"), "too-many", format!("there are more than {MAX_HANDLES} attributes"));
            return marked;
        }
        let mut taken = HashSet::new();
        let mut columns = Columns::default();
        for members in objects {
            let Some(name) = members.text("name", report) else {
                if members.get("name").is_none() {
                    report.error(&members.at("name"), "missing", "an attribute needs a name");
                }
                continue;
            };
            if !is_tracking_name(&self.class.name, name) {
                check_name(name, &members.at("name"), report);
            }
            if !taken.insert(name) {
                report.error(&members.at("name"), "duplicate-name", format!("there is already an attribute {name} in {}", self.class.name));
                continue;
            }
            let Some((kind, pending, own_read_only)) = read_kind(name, &members, report) else { continue };
            if let Kind::Storage(storage) = &kind {
                columns.add(&storage.column, &members.at("name"), report);
            }
            let is_calculated = matches!(pending, Pending::Calculated(_));
            // AT-5: calculated attributes are exposed only when declared so.
            let exposed = members.flag("exposed", report).unwrap_or(!is_calculated) && is_public(&members, report);
            let uuid = members.text("uuid", report).map_or_else(|| names::derive_uuid(&[database, &self.class.name, name]), str::to_owned);
            let id = AttrId(self.class.attributes.len() as u16);
            if members.is("primKey", report) {
                marked.push(usize::from(id.0));
            }
            let read_only = own_read_only || members.is("readOnly", report);
            self.class.attributes.push(Attribute { id, name: name.to_owned(), exposed, uuid, read_only, implicit: false, kind });
            self.pending.push(pending);
        }
        marked
    }

    /// M-1: `primKey` on attributes, or `key` on the dataclass. Of this project: several parts in `key`, an empty `key` (a view), `rowid`.
    fn read_key(&mut self, marked: Vec<usize>, report: &mut Report) {
        let path = self.members.at("key");
        let parts = match self.members.names("key", report) {
            Some(names) => {
                let mut parts = Vec::new();
                for name in names {
                    match self.attribute_index(name) {
                        Some(part) if !parts.contains(&part) => parts.push(part),
                        Some(_) => report.error(&path, "key", format!("{name} stands twice in the key")),
                        None => report.error(&path, "key", format!("the key names {name}, which is no attribute of {}", self.class.name)),
                    }
                }
                if !marked.is_empty() && !marked.iter().all(|part| parts.contains(part)) {
                    report.error(&path, "key", "key and primKey do not name the same attributes");
                }
                if parts.is_empty() {
                    self.class.key = if self.members.is("rowid", report) { Key::RowId } else { Key::None };
                    return;
                }
                parts
            }
            None if self.members.get("key").is_some() => return,
            None if marked.is_empty() && self.members.is("rowid", report) => {
                self.class.key = Key::RowId;
                return;
            }
            None => match marked.as_slice() {
                [_] => marked,
                [] if self.extends => return,
                [] => {
                    let message = format!("{} has no primary key: mark one attribute with primKey", self.class.name);
                    return report.error(&self.members.at("attributes"), "no-key", message);
                }
                _ => {
                    let message =
                        format!("{} has several primary keys; one key of several parts is written as \"key\": [...]", self.class.name);
                    return report.error(&self.members.at("attributes"), "several-keys", message);
                }
            },
        };
        let is_single = parts.len() == 1;
        for (position, part) in parts.iter().enumerate() {
            let attribute = &mut self.class.attributes[*part];
            match &mut attribute.kind {
                Kind::Storage(storage) if storage.ty.can_be_key() => {
                    storage.rules.not_null = true;
                    storage.rules.unique |= is_single;
                    if position == 0 && storage.index == IndexKind::None {
                        storage.index = IndexKind::BTree;
                    }
                }
                Kind::Storage(storage) => {
                    report.error(&path, "key-type", format!("{} is of type {} and cannot be a key", attribute.name, storage.ty.name()));
                }
                _ if matches!(self.pending[*part], Pending::Broken) => {}
                _ => report.error(&path, "key-type", format!("{} is no storage attribute and cannot be a key", attribute.name)),
            }
        }
        self.class.key = Key::Attributes(parts.into_iter().map(|part| AttrId(part as u16)).collect());
    }
}

impl DraftClass<'_> {
    /// `indexes`, an addition of this project (4.5): `[{"attributes": ["a", "b"], "unique": true}]`.
    fn read_indexes(&mut self, report: &mut Report) {
        for index in self.members.objects("indexes", report).unwrap_or_default() {
            let path = index.at("attributes");
            let Some(names) = index.names("attributes", report) else {
                if index.get("attributes").is_none() {
                    report.error(&path, "missing", "an index needs attributes");
                }
                continue;
            };
            let mut attributes: Vec<AttrId> = Vec::new();
            for name in &names {
                match self.attribute_index(name).filter(|found| self.class.attributes[*found].storage().is_some()) {
                    Some(found) if attributes.contains(&AttrId(found as u16)) => {
                        report.error(&path, "duplicate-name", format!("{name} stands twice in the index"));
                    }
                    Some(found) => attributes.push(AttrId(found as u16)),
                    None => report.error(&path, "unknown-attribute", format!("{name} is no storage attribute of {}", self.class.name)),
                }
            }
            if attributes.is_empty() || attributes.len() < names.len() {
                continue;
            }
            self.class.indexes.push(CompositeIndex { attributes, unique: index.is("unique", report) });
        }
    }
}

/// Names that switch on change tracking (`data-model.md` 8) may begin with `__`.
fn is_tracking_name(class: &str, name: &str) -> bool {
    name == names::GLOBAL_STAMP || class == names::DELETED_RECORDS && names::DELETED_RECORDS_ATTRIBUTES.contains(&name)
}

/// The kind as far as it is known now, what is still to be done, and whether the kind makes it read only. `None`: the attribute is left out.
fn read_kind<'a>(name: &str, members: &Members<'a>, report: &mut Report) -> Option<(Kind, Pending<'a>, bool)> {
    let unlinked = Kind::Alias(Alias { path: String::new(), steps: Vec::new(), many: false });
    let declaration = || {
        let kind = Kind::Calculated(Calculated { ty: StorageType::Object, simple_date: false, by: Computation::Missing(None) });
        Some((kind, Pending::Done, true))
    };
    if members.flag("implemented", report) == Some(false) {
        report.warning(&members.path, "not-implemented", format!("{name} is declared, not implemented"));
        return declaration();
    }
    let has_dotted_path = members.get("path").and_then(Json::as_str).is_some_and(|path| path.contains('.'));
    match members.text("kind", report).unwrap_or("storage") {
        "storage" => match super::storage::read(name, members, report) {
            Found::Declared => declaration(),
            Found::Storage(storage) => {
                let generated = storage.generated;
                Some((Kind::Storage(storage), Pending::Done, generated))
            }
            Found::Broken => Some((unlinked, Pending::Broken, false)),
        },
        // Ancestor files write an N <-> N path this way; it is an alias in all but name.
        "relatedEntity" | "relatedEntities" if has_dotted_path => Some((unlinked, Pending::Alias(members.clone()), true)),
        "relatedEntity" => Some((unlinked, Pending::RelatedEntity(members.clone()), false)),
        "relatedEntities" => Some((unlinked, Pending::RelatedEntities(members.clone()), true)),
        "alias" => Some((unlinked, Pending::Alias(members.clone()), false)),
        "calculated" => {
            let ty = members.text("type", report).unwrap_or_default();
            if StorageType::from_name(ty).is_some() {
                return Some((unlinked, Pending::Calculated(members.clone()), true));
            }
            if members.get("sql").is_some() {
                report.error(&members.at("type"), "unknown-type", format!("{ty:?} is no type that an expression can have"));
                return Some((unlinked, Pending::Broken, true));
            }
            report.warning(
                &members.at("type"),
                "not-implemented",
                format!("calculated attribute {name} of type {ty:?} is declared, not implemented"),
            );
            declaration()
        }
        "removed" => {
            report.warning(&members.at("kind"), "removed", format!("{name}: attributes of kind removed are ignored"));
            None
        }
        other => {
            let message = format!("{other} is no kind of attribute");
            if report.declares(&members.path, &members.at("kind"), "unknown-kind", message) {
                return declaration();
            }
            Some((unlinked, Pending::Broken, false))
        }
    }
}
