//! What a deletion reaches beside its own dataclass, and what the caller may not do there: deleting by cascade and setting to null need the
//! same permissions as deleting and changing by oneself (`roles-privileges.md` 3, 4.4; `data-model.md` RE-8).

use claviger_access::{Action, Protected};
use claviger_model::{AttrId, Attribute, Dataclass, Integrity, Kind};

use super::context::Context;
use super::denial;
use crate::asked::Bearing;
use crate::change::Reach;
use crate::error::Error;

/// The dataclass itself, and all that its deletion may reach.
pub(super) fn of(context: Context<'_>, class: &Dataclass) -> Vec<Reach> {
    let walk = Walk { context, root: class };
    let mut reaches = vec![walk.reach(class)];
    walk.note_guarded(class);
    let mut deleted = vec![class.id];
    let mut next = 0;
    while let Some(target) = deleted.get(next).copied() {
        next += 1;
        for source in context.model.dataclasses() {
            for attribute in &source.attributes {
                let Kind::RelatedEntity(relation) = &attribute.kind else { continue };
                if relation.target != target || relation.integrity == Integrity::None {
                    continue;
                }
                if !reaches.iter().any(|reach| reach.class == source.id) {
                    reaches.push(walk.reach(source));
                }
                walk.note(source, attribute, relation.integrity);
                if relation.integrity == Integrity::Cascade && !deleted.contains(&source.id) {
                    deleted.push(source.id);
                }
            }
        }
    }
    reaches
}

struct Walk<'a> {
    context: Context<'a>,
    /// The dataclass that the request names.
    root: &'a Dataclass,
}

impl Walk<'_> {
    fn reach(&self, class: &Dataclass) -> Reach {
        let relations = || class.attributes.iter().filter(|attribute| matches!(attribute.kind, Kind::RelatedEntity(_)));
        Reach {
            class: class.id,
            denied: self.missing(class, Action::Drop),
            guarded: self.guarded(class),
            kept: relations().filter_map(|relation| Some((relation.id, self.kept(class, relation)?))).collect(),
            named: relations().filter(|relation| self.is_named(class, relation)).map(|relation| relation.id).collect(),
        }
    }

    /// Changing and deleting need reading, too: the read error comes first.
    fn missing(&self, class: &Dataclass, action: Action) -> Option<Error> {
        let missing = [Action::Read, action].into_iter().find(|action| !self.context.grants.dataclass(class.id, *action))?;
        Some(if self.is_known(class) {
            denial::dataclass(class, missing)
        } else {
            denial::unnamed(denial::dataclass(class, action), self.root)
        })
    }

    /// Writes down what is asked of entities that refer to a deleted one.
    fn note(&self, class: &Dataclass, relation: &Attribute, integrity: Integrity) {
        if self.context.notes.is_none() {
            return;
        }
        let of_class = |action| {
            let allowed = self.context.grants.dataclass(class.id, action);
            self.context.note(action, Protected::Dataclass(class.id), allowed, Bearing::Reached);
        };
        match integrity {
            // Reading and deleting the dataclass itself were asked before.
            Integrity::Cascade if class.id == self.root.id => {}
            Integrity::Cascade => {
                of_class(Action::Read);
                of_class(Action::Drop);
                self.note_guarded(class);
            }
            Integrity::SetNull => {
                of_class(Action::Read);
                of_class(Action::Update);
                let at = class.at(relation.id);
                for action in [Action::Read, self.to_null(class, relation)] {
                    let allowed = self.context.grants.attribute(at, action);
                    self.context.note(action, Protected::Attribute(class.at(relation.id)), allowed, Bearing::Reached);
                }
            }
            Integrity::Reject | Integrity::None => {}
        }
    }

    fn note_guarded(&self, class: &Dataclass) {
        if self.context.notes.is_none() {
            return;
        }
        for attribute in class.attributes.iter().filter(|attribute| self.is_guarded(class, attribute)) {
            self.context.note(Action::Drop, Protected::Attribute(class.at(attribute.id)), false, Bearing::Reached);
        }
    }

    fn is_guarded(&self, class: &Dataclass, attribute: &Attribute) -> bool {
        let (grants, at) = (self.context.grants, class.at(attribute.id));
        grants.has_own_list(at, Action::Drop) && !grants.attribute(at, Action::Drop)
    }

    /// Null needs the attribute's `drop` list where there is one, else updating.
    fn to_null(&self, class: &Dataclass, relation: &Attribute) -> Action {
        if self.context.grants.has_own_list(class.at(relation.id), Action::Drop) { Action::Drop } else { Action::Update }
    }

    /// Attributes with a `drop` list that the caller does not satisfy; of a relation, its foreign key.
    fn guarded(&self, class: &Dataclass) -> Vec<(AttrId, Error)> {
        let mut guarded: Vec<(AttrId, Error)> = Vec::new();
        let mut add = |part: AttrId, error: Error| {
            if !guarded.iter().any(|(known, _)| *known == part) {
                guarded.push((part, error));
            }
        };
        for attribute in class.attributes.iter().filter(|attribute| self.is_guarded(class, attribute)) {
            match &attribute.kind {
                Kind::Storage(_) => {
                    // A hidden foreign key is spoken of by its relation's name.
                    let named = Some(attribute)
                        .filter(|attribute| self.context.is_visible(attribute))
                        .or_else(|| self.relation_over(class, attribute.id));
                    add(attribute.id, self.refused(class, attribute.id, named, Action::Drop));
                }
                Kind::RelatedEntity(relation) => {
                    relation
                        .foreign_key
                        .iter()
                        .for_each(|part| add(*part, self.refused(class, attribute.id, Some(attribute), Action::Drop)));
                }
                Kind::RelatedEntities(_) | Kind::Alias(_) | Kind::Calculated(_) => {}
            }
        }
        guarded
    }

    /// Why a relation may not be set to null.
    fn kept(&self, class: &Dataclass, relation: &Attribute) -> Option<Error> {
        let at = class.at(relation.id);
        self.missing(class, Action::Update).or_else(|| {
            let needed = self.to_null(class, relation);
            let missing = [Action::Read, needed].into_iter().find(|action| !self.context.grants.attribute(at, *action))?;
            Some(self.refused(class, relation.id, Some(relation), missing))
        })
    }

    /// A refusal about an attribute, spoken of by the name of `named` where the caller may know it.
    fn refused(&self, class: &Dataclass, about: AttrId, named: Option<&Attribute>, action: Action) -> Error {
        match named.filter(|named| self.context.is_visible(named) && self.is_known(class)) {
            Some(named) => denial::attribute(class, named.id, action),
            None => denial::unnamed(denial::attribute(class, about, action), self.root),
        }
    }

    fn is_known(&self, class: &Dataclass) -> bool {
        class.id == self.root.id || class.exposed && self.context.grants.dataclass(class.id, Action::Read)
    }

    fn is_named(&self, class: &Dataclass, relation: &Attribute) -> bool {
        self.is_known(class) && self.context.is_visible(relation) && self.context.may_read(class.at(relation.id))
    }

    /// The relation over a foreign key attribute, where one exists for who asks.
    fn relation_over<'c>(&self, class: &'c Dataclass, part: AttrId) -> Option<&'c Attribute> {
        class.attributes.iter().find(|attribute| {
            self.context.is_visible(attribute)
                && matches!(&attribute.kind, Kind::RelatedEntity(relation) if relation.foreign_key.contains(&part))
        })
    }
}
