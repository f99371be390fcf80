//! What differs between two models: what an import changes in the one that was there.

use std::fmt;

use crate::attribute::{Attribute, IndexKind, Integrity, Kind};
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
                (storage.index == IndexKind::BTree, " indexed"),
                (storage.index == IndexKind::Keywords, " indexed by words"),
                (storage.index == IndexKind::ObjectPath, " indexed by paths"),
            ] {
                if holds {
                    text.push_str(word);
                }
            }
            if storage.column != attribute.name {
                text.push_str(&format!(" in column {}", storage.column));
            }
            text
        }
        Kind::RelatedEntity(relation) => {
            let mut text = format!("relation to {}", model.dataclass(relation.target).name);
            if relation.integrity != Integrity::None {
                text.push_str(&format!(" with integrity {}", relation.integrity.name()));
            }
            text
        }
        Kind::RelatedEntities(relation) => format!("relation to many {}", model.dataclass(relation.target).name),
        Kind::Alias(alias) => format!("alias of {}", alias.path),
        Kind::Calculated(calculated) => format!("calculated {}", calculated.ty.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(attributes: &str) -> Model {
        let file =
            format!(r#"{{"dataClasses":[{{"name":"A","attributes":[{{"name":"ID","type":"long","primKey":true}},{attributes}]}}]}}"#);
        Model::from_json(&file, "m").unwrap().0
    }

    fn lines(old: &Model, new: &Model) -> Vec<String> {
        differences(old, new).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn attributes_are_compared_by_name() {
        let old = model(r#"{"name":"x","type":"string"},{"name":"gone","type":"bool"}"#);
        let new = model(r#"{"name":"x","type":"string","indexKind":"btree","not_null":true},{"name":"made","type":"number","scale":2}"#);
        assert_eq!(lines(&old, &old), [""; 0]);
        assert_eq!(lines(&old, &new), ["~ A.x: string is now string mandatory indexed", "+ A.made", "- A.gone"]);
    }

    #[test]
    fn dataclasses_and_keys_are_compared() {
        let old = model(r#"{"name":"x","type":"string"}"#);
        let text = old.to_json().replace(r#""name": "A""#, r#""name": "B""#);
        let renamed = Model::from_json(&text, "m").unwrap().0;
        assert_eq!(lines(&old, &renamed), ["+ B", "- A"]);
        let text = r#"{"dataClasses":[{"name":"A","rowid":true,"attributes":[{"name":"ID","type":"long","unique":true,"not_null":true},{"name":"x","type":"string"}]}]}"#;
        let keyless = Model::from_json(text, "m").unwrap().0;
        assert_eq!(lines(&old, &keyless), ["~ A: the primary key differs"]);
    }
}
