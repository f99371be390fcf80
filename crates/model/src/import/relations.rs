//! Relations of table definitions become the two relation attributes (`data-model.md` 4.5, RE-8).

use serde_json::json;

use super::classes::Making;
use super::structure::Relation;
use crate::attribute::Integrity;
use crate::names;

impl Making<'_> {
    pub(super) fn add_relations(&mut self) {
        let structure = self.structure;
        for relation in &structure.relations {
            if let Err((code, why)) = self.add_relation(relation) {
                let title = relation.title();
                self.warn(relation.line, &title, code, format!("the relation {title} is left out: {why}"));
            }
        }
    }

    /// Adds both ends.
    fn add_relation(&mut self, relation: &Relation) -> Result<(), (&'static str, String)> {
        let left_out = |why: &str| Err(("relation-left-out", why.to_owned()));
        if !relation.active {
            return Err(("inactive-relation", "it is not active".to_owned()));
        }
        let (Some(source), Some(destination)) = (&relation.source, &relation.destination) else {
            return left_out("it does not name the fields of both sides");
        };
        let (Some((source_table, source_field)), Some((target_table, target_field))) =
            (self.structure.find(source), self.structure.find(destination))
        else {
            return left_out("one of its fields does not exist");
        };
        let position = |table: usize| self.classes.iter().position(|class| class.table == table);
        let (Some(source), Some(target)) = (position(source_table), position(target_table)) else {
            return left_out("one of its tables is not part of the model");
        };
        let (Some(foreign_key), Some(target_key)) =
            (self.classes[source].names.get(&source_field).cloned(), self.classes[target].names.get(&target_field).cloned())
        else {
            return left_out("one of its fields is not part of the model");
        };
        let (source_name, target_name) = (self.classes[source].name.clone(), self.classes[target].name.clone());
        let mut members = vec![("type", json!(target_name)), ("path", json!(target_name)), ("foreignKey", json!(foreign_key))];
        // A relation that does not lead to the key says where it leads to.
        let is_key = self.structure.tables[target_table].key_fields() == [Some(target_field)];
        if !is_key {
            members.push(("targetKey", json!(target_key)));
        }
        let integrity = relation.integrity.as_deref().unwrap_or("none");
        match Integrity::from_name(integrity) {
            Some(Integrity::None) => {}
            Some(known) => members.push(("integrity", json!(known.name()))),
            None => {
                let message = format!("{integrity} is no integrity of a relation: deleting leaves the foreign keys as they are");
                self.warn(relation.line, relation.title(), "integrity", message);
            }
        }
        let or_default = |written: &str, default: String| if written.is_empty() { default } else { written.to_owned() };
        let to_one = or_default(&relation.to_one, names::lower_first(&target_name));
        let to_many = or_default(&relation.to_many, format!("{}Selection", names::lower_first(&source_name)));
        let one = self.classes[source].add(&to_one, "relatedEntity", members, relation.line);
        let members = vec![("type", json!(format!("{source_name}Selection"))), ("reversePath", json!(true)), ("path", json!(one))];
        let many = self.classes[target].add(&to_many, "relatedEntities", members, relation.line);
        for (class, written, name) in [(&source_name, &relation.to_one, one), (&target_name, &relation.to_many, many)] {
            if !written.is_empty() && *written != name {
                self.warn(
                    relation.line,
                    format!("{class}.{written}"),
                    "renamed",
                    format!("the relation {class}.{written} is named {name} here"),
                );
            }
        }
        Ok(())
    }
}
