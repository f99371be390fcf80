//! What is checked against other rows before and while an entity is saved, and what a refusal of the database means.

use crate::bind::Bind as Sql;
use claviger_model::{AttrId, Attribute, Dataclass, Key, Kind, RelatedEntity, Value};
use claviger_query::{Assign, Error, Restrictions};

use super::database::{Broken, Constraint, ConstraintKind, Database};
use super::row::ROW;
use super::save::Refusal;
use super::{Session, errors};
use crate::error::StoreError;
use crate::layout::Dialect;
use crate::sql::operand::Column;
use crate::sql::{Binds, Tables};

impl<D: Database> Session<D> {
    /// A relation that is given a key must find its entity, and the caller must see it: the same error says that there is none. A foreign key
    /// attribute written by itself need not (RE-5), so that storing it tells nothing either; the relation then reads as null.
    pub(super) fn check_relations(
        &self,
        restrictions: &Restrictions,
        class: &Dataclass,
        values: &[Assign],
        is_changed: impl Fn(AttrId) -> bool,
    ) -> Result<(), Refusal> {
        for (relation, related, places) in assigned_relations(class, values) {
            let given: Vec<&Value> = places.iter().map(|place| values[*place].value()).collect();
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

    /// N -> 1 attributes that are set to null and have an entity that the caller does not see: he posts back what he received, which is no
    /// change. Nor may he learn which entity it is by posting its key: the key of one that he does not see is unknown, changed or not.
    pub(super) fn unseen_relations(
        &self,
        restrictions: &Restrictions,
        class: &Dataclass,
        values: &[Assign],
        stored: &[Sql],
    ) -> Result<Vec<AttrId>, Refusal> {
        let tables = self.tables().seen_through(restrictions);
        let mut unseen = Vec::new();
        if !tables.is_restricted() {
            return Ok(unseen);
        }
        for (relation, related, places) in assigned_relations(class, values) {
            let target = self.model.dataclass(related.target);
            if !tables.hides(target.id) {
                continue;
            }
            let columns: Vec<Column> = related.target_key.iter().map(|part| tables.column(target.at(*part), ROW)).collect();
            let condition = |one: fn(&Column, usize) -> String| {
                let conditions: Vec<String> = columns.iter().enumerate().map(|(index, column)| one(column, index + 1)).collect();
                conditions.join(" AND ")
            };
            if places.iter().any(|place| *values[*place].value() == Value::Null) {
                let key: Vec<Sql> = places.iter().filter_map(|place| stored.get(*place).cloned()).collect();
                if !key.contains(&Sql::Null) && !self.sees(restrictions, target, || condition(Column::equals_stored), &key)? {
                    unseen.push(relation);
                }
                continue;
            }
            let key: Vec<Sql> = columns.iter().zip(&places).map(|(column, place)| column.bind_key(values[*place].value())).collect();
            if !self.sees(restrictions, target, || condition(Column::equals_parameter), &key)? {
                return Err(errors::unknown_related(class, &class.attribute(relation).name, target).into());
            }
        }
        Ok(unseen)
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

/// N -> 1 attributes that are given a key, and where the values of their foreign keys stand.
fn assigned_relations<'c>(class: &'c Dataclass, values: &[Assign]) -> Vec<(AttrId, &'c RelatedEntity, Vec<usize>)> {
    let mut found: Vec<(AttrId, &RelatedEntity, Vec<usize>)> = Vec::new();
    for assign in values {
        let Some(relation) = assign.relation().filter(|relation| !found.iter().any(|(known, ..)| known == relation)) else { continue };
        let Kind::RelatedEntity(related) = &class.attribute(relation).kind else { continue };
        let places = related.foreign_key.iter().map(|part| values.iter().position(|assign| assign.attribute() == *part));
        if let Some(places) = places.collect() {
            found.push((relation, related, places));
        }
    }
    found
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
