//! Second step of reading: relations (`data-model.md` 3.4).

use super::members::Members;
use super::{Draft, Pending};
use crate::attribute::{
    Attribute, Calculated, Computation, DateForm, IndexKind, Integrity, Kind, RelatedEntities, RelatedEntity, Rules, Storage,
};
use crate::model::{AttrId, AttrRef, ClassId, Key};
use crate::names;

/// Behind the relation's name: the hidden attribute that holds its key (M-4).
const FOREIGN_KEY_ENDING: &str = "__fk";

impl<'a> Draft<'a> {
    /// Links the N -> 1 attributes of all dataclasses, then the 1 -> N ones, which need them.
    pub(super) fn link_relations(&mut self) {
        for class in 0..self.classes.len() {
            for index in 0..self.classes[class].pending.len() {
                if let Pending::RelatedEntity(members) = &self.classes[class].pending[index] {
                    let members = members.clone();
                    let kind = self.related_entity(class, index, &members).map(Kind::RelatedEntity);
                    self.settle(class, index, kind);
                }
            }
        }
        for class in 0..self.classes.len() {
            for index in 0..self.classes[class].pending.len() {
                if let Pending::RelatedEntities(members) = &self.classes[class].pending[index] {
                    let members = members.clone();
                    let kind = self.related_entities(class, index, &members).map(Kind::RelatedEntities);
                    self.settle(class, index, kind);
                }
            }
        }
    }

    pub(super) fn settle(&mut self, class: usize, index: usize, kind: Option<Kind>) {
        let class = &mut self.classes[class];
        class.pending[index] = if kind.is_some() { Pending::Done } else { Pending::Broken };
        if let Some(kind) = kind {
            class.class.attributes[index].kind = kind;
        }
    }

    fn related_entity(&mut self, class: usize, index: usize, members: &Members<'a>) -> Option<RelatedEntity> {
        let ty = members.text("type", &mut self.report);
        let path = members.text("path", &mut self.report);
        let (name, property) = match (path, ty) {
            (Some(path), _) => (path, "path"),
            (None, Some(ty)) => (ty, "type"),
            (None, None) => {
                self.report.error(&members.at("path"), "missing", "a relation needs the dataclass that it leads to (type and path)");
                return None;
            }
        };
        let Some(target) = self.class_index(name) else {
            self.report.error(&members.at(property), "unknown-dataclass", format!("there is no dataclass {name}"));
            return None;
        };
        if ty.is_some_and(|ty| self.class_index(ty) != Some(target)) {
            self.report.error(&members.at("type"), "relation", "type and path name different dataclasses");
            return None;
        }
        self.note_composition(members);
        let target_key = self.target_key(target, members)?;
        let written = members.names("foreignKey", &mut self.report);
        let explicit = written.is_some();
        let foreign_key = match written {
            Some(names) => self.explicit_key(class, members, &names, target, &target_key)?,
            None => self.implicit_key(class, index, members, target, &target_key),
        };
        let integrity = match members.text("integrity", &mut self.report) {
            None => Integrity::None,
            Some(name) => Integrity::from_name(name).unwrap_or_else(|| {
                self.report.error(&members.at("integrity"), "integrity", format!("{name} is none of none, reject, cascade, setNull"));
                Integrity::None
            }),
        };
        Some(RelatedEntity { target: ClassId(target as u16), foreign_key, target_key, inverse: None, integrity, explicit })
    }

    /// Parts of a whole, in the ancestor: no more than a relation here.
    fn note_composition(&mut self, members: &Members<'a>) {
        if members.is("composition", &mut self.report) {
            let message = format!(
                "{}: composition has no effect: related entities are sent when they are asked for, and deleted when integrity says so",
                members.text_of("name")
            );
            self.report.warning(&members.at("composition"), "composition", message);
        }
    }

    /// Attributes of the target that are referred to: `targetKey`, or its key.
    fn target_key(&mut self, target: usize, members: &Members<'a>) -> Option<Vec<AttrId>> {
        let target_class = &self.classes[target];
        let name = target_class.class.name.clone();
        match members.names("targetKey", &mut self.report) {
            Some(names) => {
                let mut ids = Vec::new();
                for attribute in names {
                    let index = target_class.attribute_index(attribute);
                    match index.filter(|index| target_class.class.attributes[*index].storage().is_some()) {
                        Some(index) => ids.push(AttrId(index as u16)),
                        None if target_class.extends => return None,
                        None => {
                            let message = format!("{attribute} is no storage attribute of {name}");
                            self.report.error(&members.at("targetKey"), "unknown-attribute", message);
                            return None;
                        }
                    }
                }
                Some(ids)
            }
            None => match &target_class.class.key {
                Key::Attributes(parts) => {
                    let is_sound = parts.iter().all(|part| target_class.class.attribute(*part).storage().is_some());
                    is_sound.then(|| parts.clone())
                }
                Key::None if target_class.extends => None,
                Key::RowId | Key::None => {
                    // A target whose missing key is itself an error is said there; this one may have none on purpose.
                    let message = format!("{name} has no key that a relation could refer to");
                    self.report.error(&members.at("path"), "relation", message);
                    None
                }
            },
        }
    }

    fn explicit_key(
        &mut self,
        class: usize,
        members: &Members<'a>,
        written: &[&str],
        target: usize,
        target_key: &[AttrId],
    ) -> Option<Vec<AttrId>> {
        let path = members.at("foreignKey");
        if written.len() != target_key.len() {
            let message = format!("{} attributes cannot hold a key of {} parts", written.len(), target_key.len());
            self.report.error(&path, "foreign-key", message);
            return None;
        }
        let mut ids = Vec::new();
        for (name, target_part) in written.iter().zip(target_key) {
            let own = &self.classes[class];
            let Some(index) = own.attribute_index(name) else {
                if own.extends {
                    return None;
                }
                self.report.error(&path, "unknown-attribute", format!("there is no attribute {name} in {}", own.class.name));
                return None;
            };
            let Some(storage) = own.class.attributes[index].storage() else {
                if !matches!(own.pending[index], Pending::Broken) {
                    self.report.error(&path, "foreign-key", format!("{name} is no storage attribute"));
                }
                return None;
            };
            let target_attribute = self.classes[target].class.attribute(*target_part);
            if target_attribute.storage().is_some_and(|target| target.value_type() != storage.value_type()) {
                let message = format!("{name} is not of the type of {}.{}", self.classes[target].class.name, target_attribute.name);
                self.report.warning(&path, "foreign-key", message);
            }
            ids.push(AttrId(index as u16));
        }
        Some(ids)
    }

    /// Appends the hidden attributes that hold the key (RE-4): `{name}__fk`, for a key of several parts `{name}__{part}__fk`.
    fn implicit_key(&mut self, class: usize, index: usize, members: &Members<'a>, target: usize, target_key: &[AttrId]) -> Vec<AttrId> {
        let not_null = members.is("not_null", &mut self.report);
        let column = members.text("matchColumn", &mut self.report);
        let relation = self.classes[class].class.attributes[index].name.clone();
        let parts: Vec<(String, Storage)> = target_key
            .iter()
            .filter_map(|part| {
                let part = self.classes[target].class.attribute(*part);
                part.storage().map(|storage| (part.name.clone(), storage.clone()))
            })
            .collect();
        let is_single = parts.len() == 1;
        let mut ids = Vec::new();
        for (part, storage) in parts {
            let name =
                if is_single { format!("{relation}{FOREIGN_KEY_ENDING}") } else { format!("{relation}__{part}{FOREIGN_KEY_ENDING}") };
            let storage = Storage {
                column: column.filter(|_| is_single).unwrap_or(&name).to_owned(),
                date_form: DateForm::Native,
                generated: false,
                rules: Rules { not_null, ..Rules::default() },
                index: if ids.is_empty() { IndexKind::BTree } else { IndexKind::None },
                ..storage
            };
            ids.push(self.append(class, name, false, Kind::Storage(storage)));
        }
        ids
    }

    /// Appends an attribute that is not in the file.
    fn append(&mut self, class: usize, wanted: String, exposed: bool, kind: Kind) -> AttrId {
        let draft = &mut self.classes[class];
        let name = names::first_free(&wanted, |candidate| draft.attribute_index(candidate).is_none());
        let id = AttrId(draft.class.attributes.len() as u16);
        let uuid = names::derive_uuid(&[&self.database, &draft.class.name, &name]);
        let read_only = matches!(kind, Kind::RelatedEntities(_));
        draft.class.attributes.push(Attribute { id, name, exposed, uuid, read_only, implicit: true, kind });
        draft.pending.push(Pending::Done);
        id
    }

    fn related_entities(&mut self, class: usize, index: usize, members: &Members<'a>) -> Option<RelatedEntities> {
        let ty = members.text("type", &mut self.report);
        let path = members.text("path", &mut self.report);
        let (Some(ty), Some(path)) = (ty, path) else {
            let missing = if ty.is_none() { "type" } else { "path" };
            self.report.error(
                &members.at(missing),
                "missing",
                "a 1 -> N relation needs the selection's name (type) and the N -> 1 attribute (path)",
            );
            return None;
        };
        let by_selection = self.classes.iter().position(|class| class.class.collection_name == ty);
        let Some(target) = by_selection.or_else(|| self.class_index(ty)) else {
            self.report.error(&members.at("type"), "unknown-dataclass", format!("no dataclass has the selection {ty}"));
            return None;
        };
        self.note_composition(members);
        let target_class = &self.classes[target];
        let target_name = &target_class.class.name;
        let Some(via) = target_class.attribute_index(path) else {
            if target_class.extends {
                return None;
            }
            self.report.error(&members.at("path"), "unknown-attribute", format!("there is no attribute {path} in {target_name}"));
            return None;
        };
        match &target_class.class.attributes[via].kind {
            Kind::RelatedEntity(relation) if usize::from(relation.target.0) == class => {}
            Kind::RelatedEntity(_) => {
                let message = format!("{target_name}.{path} does not lead to {}", self.classes[class].class.name);
                self.report.error(&members.at("path"), "relation", message);
                return None;
            }
            _ if matches!(target_class.pending[via], Pending::Broken) => return None,
            _ => {
                self.report.error(&members.at("path"), "relation", format!("{target_name}.{path} is no N -> 1 relation"));
                return None;
            }
        }
        if let Kind::RelatedEntity(relation) = &mut self.classes[target].class.attributes[via].kind {
            relation.inverse.get_or_insert(AttrId(index as u16));
        }
        Some(RelatedEntities { target: ClassId(target as u16), via: AttrId(via as u16) })
    }

    /// RE-1: a relation whose file names only the N -> 1 end gets the other one, `{Name}Selection`; a second one adds `_` and the N -> 1 name.
    pub(super) fn add_inverses(&mut self) {
        let mut missing = Vec::new();
        for class in &self.classes {
            for attribute in &class.class.attributes {
                if let Kind::RelatedEntity(RelatedEntity { inverse: None, target, .. }) = attribute.kind {
                    missing.push((AttrRef { class: class.class.id, attr: attribute.id }, usize::from(target.0)));
                }
            }
        }
        for (via, target) in missing {
            let source = usize::from(via.class.0);
            let class = &self.classes[source].class;
            let attribute = class.attribute(via.attr);
            let exposed = attribute.exposed;
            let mut name = format!("{}Selection", class.name);
            if self.classes[target].attribute_index(&name).is_some() {
                name = format!("{name}_{}", attribute.name);
            }
            let kind = Kind::RelatedEntities(RelatedEntities { target: via.class, via: via.attr });
            let inverse = self.append(target, name, exposed, kind);
            if let Kind::RelatedEntity(relation) = &mut self.classes[source].class.attributes[usize::from(via.attr.0)].kind {
                relation.inverse = Some(inverse);
            }
        }
    }

    /// What does not exist for the API (AT-3, DC-6, M-10): everything in a hidden dataclass, relations to one, and aliases that pass something hidden.
    pub(super) fn settle_exposure(&mut self) {
        let is_exposed: Vec<bool> = self.classes.iter().map(|class| class.class.exposed).collect();
        for class in &mut self.classes {
            for attribute in &mut class.class.attributes {
                if let Kind::Calculated(Calculated { by: Computation::Missing(Some(waiting)), .. }) = &mut attribute.kind {
                    waiting.exposed = attribute.exposed && class.class.exposed;
                }
                attribute.exposed &= class.class.exposed
                    && match &attribute.kind {
                        Kind::RelatedEntity(relation) => is_exposed[usize::from(relation.target.0)],
                        Kind::RelatedEntities(relation) => is_exposed[usize::from(relation.target.0)],
                        Kind::Calculated(calculated) => calculated.expression().is_some(),
                        Kind::Storage(_) | Kind::Alias(_) => true,
                    };
            }
        }
        let mut hidden = Vec::new();
        for class in &self.classes {
            for attribute in class.class.attributes.iter().filter(|attribute| attribute.exposed) {
                let Kind::Alias(alias) = &attribute.kind else { continue };
                let is_open = |step: &AttrRef| self.classes[usize::from(step.class.0)].class.attribute(step.attr).exposed;
                if !alias.steps.iter().all(is_open) {
                    hidden.push((class.class.at(attribute.id), class.path_of(&attribute.name)));
                }
            }
        }
        for (at, path) in hidden {
            let attribute = &mut self.classes[usize::from(at.class.0)].class.attributes[usize::from(at.attr.0)];
            attribute.exposed = false;
            let message = format!("alias {} is not exposed, because its path passes something that is not", attribute.name);
            self.report.warning(&path, "hidden-alias", message);
        }
    }
}
