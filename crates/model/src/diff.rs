//! What differs between two models: for `model diff` and for telling what a migration does. (Written by the lead.)

use std::fmt;

use crate::attribute::{Attribute, Kind};
use crate::model::{Dataclass, Model};

/// One difference, from the old model to the new one. Prints as one line.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "dataclass and attribute names, old and new descriptions")]
pub enum Difference {
    DataclassAdded(String),
    DataclassRemoved(String),
    KeyChanged { dataclass: String },
    AttributeAdded { dataclass: String, attribute: String },
    AttributeRemoved { dataclass: String, attribute: String },
    AttributeChanged { dataclass: String, attribute: String, from: String, to: String },
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataclassAdded(name) => write!(out, "+ {name}"),
            Self::DataclassRemoved(name) => write!(out, "- {name}"),
            Self::KeyChanged { dataclass } => write!(out, "~ {dataclass}: the primary key differs"),
            Self::AttributeAdded { dataclass, attribute } => write!(out, "+ {dataclass}.{attribute}"),
            Self::AttributeRemoved { dataclass, attribute } => write!(out, "- {dataclass}.{attribute}"),
            Self::AttributeChanged { dataclass, attribute, from, to } => write!(out, "~ {dataclass}.{attribute}: {from} is now {to}"),
        }
    }
}

/// Compares by name, in the order of the new model, what was removed last.
pub fn differences(old: &Model, new: &Model) -> Vec<Difference> {
    let mut found = Vec::new();
    for dataclass in new.dataclasses() {
        match old.find(&dataclass.name) {
            None => found.push(Difference::DataclassAdded(dataclass.name.clone())),
            Some(before) => compare(old, before, new, dataclass, &mut found),
        }
    }
    let removed = old.dataclasses().iter().filter(|dataclass| new.find(&dataclass.name).is_none());
    found.extend(removed.map(|dataclass| Difference::DataclassRemoved(dataclass.name.clone())));
    found
}

fn compare(old: &Model, before: &Dataclass, new: &Model, after: &Dataclass, found: &mut Vec<Difference>) {
    let dataclass = &after.name;
    let key = |class: &Dataclass| class.key_attributes().iter().map(|id| class.attribute(*id).name.clone()).collect::<Vec<_>>();
    if key(before) != key(after) || std::mem::discriminant(&before.key) != std::mem::discriminant(&after.key) {
        found.push(Difference::KeyChanged { dataclass: dataclass.clone() });
    }
    for attribute in &after.attributes {
        let name = attribute.name.clone();
        match before.find(&name) {
            None => found.push(Difference::AttributeAdded { dataclass: dataclass.clone(), attribute: name }),
            Some(was) => {
                let (from, to) = (describe(old, was), describe(new, attribute));
                if from != to {
                    found.push(Difference::AttributeChanged { dataclass: dataclass.clone(), attribute: name, from, to });
                }
            }
        }
    }
    let removed = before.attributes.iter().filter(|attribute| after.find(&attribute.name).is_none());
    found.extend(removed.map(|was| Difference::AttributeRemoved { dataclass: dataclass.clone(), attribute: was.name.clone() }));
}

/// What of an attribute matters to tables and clients, in words.
fn describe(model: &Model, attribute: &Attribute) -> String {
    match &attribute.kind {
        Kind::Storage(storage) => {
            let mut text = storage.ty.name().to_owned();
            if let Some((precision, scale)) = storage.decimal {
                text.push_str(&format!("({precision},{scale})"));
            }
            for (holds, word) in [
                (storage.simple_date, " without time"),
                (storage.rules.not_null, " mandatory"),
                (storage.rules.unique, " unique"),
                (storage.rules.autosequence, " autosequence"),
                (storage.rules.autogenerate, " autogenerate"),
                (storage.generated, " generated"),
            ] {
                if holds {
                    text.push_str(word);
                }
            }
            text
        }
        Kind::RelatedEntity(relation) => format!("relation to {}", model.dataclass(relation.target).name),
        Kind::RelatedEntities(relation) => format!("relation to many {}", model.dataclass(relation.target).name),
        Kind::Alias(alias) => format!("alias of {}", alias.path),
        Kind::Calculated(calculated) => format!("calculated {}", calculated.ty.name()),
    }
}
