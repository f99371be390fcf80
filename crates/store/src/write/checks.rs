//! What is checked against other rows before and while an entity is saved, and what a refusal of the database means.

use crate::bind::Bind as Sql;
use claviger_model::{Attribute, Dataclass, Key, Kind, Value};
use claviger_query::{Assign, Error, Restrictions};

use super::database::{Broken, Constraint, ConstraintKind, Database};
use super::row::ROW;
use super::save::Refusal;
use super::{Session, errors};
use crate::error::StoreError;
use crate::layout::Dialect;
use crate::sql::{Binds, Tables};

impl<D: Database> Session<D> {
    /// A relation that is given a key must find its entity, and the caller must see it: the same error says that there is none. A foreign key
    /// attribute written by itself need not (RE-5), so that storing it tells nothing either; the relation then reads as null.
    pub(super) fn check_relations(
        &self,
        restrictions: &Restrictions,
        class: &Dataclass,
        values: &[Assign],
        is_changed: impl Fn(claviger_model::AttrId) -> bool,
    ) -> Result<(), Refusal> {
        let mut seen = Vec::new();
        for assign in values {
            let Some(relation) = assign.relation().filter(|relation| !seen.contains(relation)) else { continue };
            seen.push(relation);
            let Kind::RelatedEntity(related) = &class.attribute(relation).kind else { continue };
            let given: Option<Vec<&Value>> = related
                .foreign_key
                .iter()
                .map(|part| values.iter().find(|assign| assign.attribute() == *part).map(Assign::value))
                .collect();
            let Some(given) = given else { continue };
            if given.contains(&&Value::Null) || !related.foreign_key.iter().any(|part| is_changed(*part)) {
                continue;
            }
            let target = self.model.dataclass(related.target);
            let tables: Tables<'_> = self.tables();
            let columns: Vec<_> = related.target_key.iter().map(|part| tables.column(target.at(*part), ROW)).collect();
            let conditions: Vec<String> = columns.iter().enumerate().map(|(index, column)| column.equals_parameter(index + 1)).collect();
            let binds: Vec<Sql> = columns.iter().zip(given).map(|(column, value)| column.bind_key(value)).collect();
            let mut sql = format!("SELECT 1 FROM {} AS {ROW} WHERE {}", tables.table(target.id), conditions.join(" AND "));
            if self.layout.is_owned() && self.layout.dialect() != Dialect::Sqlite {
                // To the end of the change nobody deletes it. In tables of others the role may have no right to say so, and foreign keys do.
                sql.push_str(&format!(" FOR KEY SHARE OF {ROW}"));
            }
            if self.db.rows(&sql, &binds)?.is_empty() || !self.sees(restrictions, target, || conditions.join(" AND "), &binds)? {
                return Err(errors::unknown_related(class, &class.attribute(relation).name, target).into());
            }
        }
        Ok(())
    }

    /// A caller with these restrictions sees an entity, its row [`ROW`], under the condition.
    pub(super) fn sees(
        &self,
        restrictions: &Restrictions,
        class: &Dataclass,
        condition: impl FnOnce() -> String,
        binds: &[Sql],
    ) -> Result<bool, StoreError> {
        let tables = self.tables().seen_through(restrictions);
        if !tables.hides(class.id) {
            return Ok(true);
        }
        let mut more = Binds::behind(self.layout.dialect(), binds.len());
        let source = tables.source(class.id, &mut more);
        let sql = format!("SELECT 1 FROM {source} AS {ROW} WHERE {}", condition());
        let binds: Vec<Sql> = binds.iter().cloned().chain(more.into_values()).collect();
        Ok(!self.db.rows(&sql, &binds)?.is_empty())
    }

    /// Attached tables may lack the unique index that the model speaks of; owned ones have it.
    pub(super) fn check_unique<'a>(
        &self,
        class: &Dataclass,
        cells: impl Iterator<Item = (&'a Attribute, &'a Sql)>,
        own_key: Option<&[Sql]>,
    ) -> Result<(), Refusal> {
        if self.layout.is_owned() {
            return Ok(());
        }
        let layout = self.layout.class(class.id);
        for (attribute, value) in cells {
            let Some(storage) = attribute.storage().filter(|storage| storage.rules.unique && *value != Sql::Null) else { continue };
            let column = self.column(class, storage, ROW);
            let mut sql = format!("SELECT 1 FROM {} AS {ROW} WHERE {}", layout.table_sql(), column.equals_stored(1));
            let mut binds = vec![value.clone()];
            if let Some(key) = own_key {
                sql.push_str(&format!(" AND NOT ({})", self.stored_key_condition(class, ROW, 2)));
                binds.extend(key.iter().cloned());
            }
            if !self.db.rows(&sql, &binds)?.is_empty() {
                return Err(not_unique(class, attribute).into());
            }
        }
        Ok(())
    }

    /// What a refusal of the database means.
    pub(super) fn refused(&self, class: &Dataclass, broken: Broken) -> Refusal {
        let Constraint { kind, columns } = match broken {
            Broken::Constraint(constraint) => constraint,
            Broken::Store(error) => return error.into(),
        };
        let attribute = class
            .attributes
            .iter()
            .find(|attribute| attribute.storage().is_some_and(|storage| columns.iter().any(|c| c.eq_ignore_ascii_case(&storage.column))));
        let key_columns = &self.layout.class(class.id).key;
        let is_key = !columns.is_empty() && columns.len() == key_columns.len() && columns.iter().all(|column| key_columns.contains(column));
        let error = match (kind, attribute) {
            (ConstraintKind::Key, _) => duplicate_key(class),
            (ConstraintKind::Unique, _) if is_key => duplicate_key(class),
            (ConstraintKind::Unique, Some(_)) if columns.len() > 1 => not_unique_together(class, &columns),
            (ConstraintKind::Unique, Some(attribute)) => not_unique(class, attribute),
            (ConstraintKind::NotNull, Some(attribute)) => {
                errors::rule(class, format!("\"{}\" is mandatory and has no value ({})", attribute.name, class.name))
            }
            (ConstraintKind::Reference, _) => {
                errors::rule(class, format!("A relation of {} refers to an entity that does not exist", class.name))
            }
            _ => errors::constraint(class),
        };
        error.into()
    }
}

fn duplicate_key(class: &Dataclass) -> Error {
    let names: Vec<String> = match &class.key {
        Key::Attributes(parts) => parts.iter().map(|part| format!("\"{}\"", class.attribute(*part).name)).collect(),
        Key::RowId | Key::None => Vec::new(),
    };
    errors::rule(class, format!("An entity of {} with this key exists already ({})", class.name, names.join(", ")))
}

/// Attributes that the caller does not know of are not named.
fn not_unique_together(class: &Dataclass, columns: &[String]) -> Error {
    let is_one = |attribute: &&Attribute| {
        attribute.exposed
            && attribute.storage().is_some_and(|storage| columns.iter().any(|name| name.eq_ignore_ascii_case(&storage.column)))
    };
    let names: Vec<String> = class.attributes.iter().filter(is_one).map(|attribute| format!("\"{}\"", attribute.name)).collect();
    errors::rule(class, format!("An entity of {} with the same {} exists already", class.name, names.join(", ")))
}

fn not_unique(class: &Dataclass, attribute: &Attribute) -> Error {
    errors::rule(class, format!("\"{}\" must be unique and its value exists already ({})", attribute.name, class.name))
}
