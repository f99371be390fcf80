//! Deleting entities (`rest-dialect.md` 13.1, `data-model.md` RE-8).

use std::collections::HashSet;

use claviger_model::{Attribute, ClassId, Dataclass, Integrity, Kind, RelatedEntity, Storage, Value};
use claviger_query::{Base, Delete, Error, ErrorItem, Reach};
use rusqlite::types::ValueRef;

use crate::bind::Bind as Sql;

use super::database::{Broken, Database};
use super::row::{ROW, StoredRow};
use super::save::Refusal;
use super::{Session, Verdict, errors};
use crate::error::StoreError;
use crate::guard::{EntityGuard, Held};
use crate::layout::{STAMP, StampSource, TIMESTAMP, quote};
use crate::sql::operand::Column;
use crate::sql::select;
use crate::sqlite::stamps::key_blob;

/// Entities whose deletion is under way, outermost first.
type Path = Vec<(ClassId, Vec<Sql>)>;

/// What is to be deleted, and who must be asked.
#[derive(Clone, Copy)]
struct Order<'a> {
    delete: &'a Delete,
    guard: &'a dyn EntityGuard,
}

/// Relations that a cascade follows at most, one after the other.
const DEEPEST: usize = 64;

/// What became of a [`Delete`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DeleteOutcome {
    /// Entities that are gone; none when an atomic deletion failed. Without those that followed by cascade.
    pub deleted: u64,
    /// One per entity that stays although it was to be deleted.
    pub errors: Vec<Error>,
    /// Who holds the first entity that stays, when it is held itself; not when another one is that the deletion reaches.
    pub held: Option<Held>,
    /// Of each of these errors, the entity's place among the keys that were to be deleted ([`Delete::keys`], else as they were found).
    pub stayed: Vec<usize>,
    /// Places of entities that are not any more what events looked at ([`Delete::seen`]): they stay, to be looked at again.
    pub overtaken: Vec<usize>,
}

/// One entity to delete.
struct Wanted {
    /// Its place among the keys of the deletion.
    at: usize,
    /// Its key columns, or that there is none.
    key: Result<Vec<Sql>, Error>,
}

impl<D: Database> Session<D> {
    /// Deletes one entity, or all that the filter finds. Atomic: the first failure undoes all.
    pub fn delete(&self, delete: &Delete, guard: &dyn EntityGuard) -> Result<(DeleteOutcome, Verdict), StoreError> {
        let order = Order { delete, guard };
        let class = self.model.dataclass(delete.class());
        if !class.is_writable() {
            return Err(errors::read_only(class).into());
        }
        let mut outcome = DeleteOutcome::default();
        guard.none_deleted();
        for Wanted { at, key } in self.keys_to_delete(class, delete)? {
            let result = match key {
                Ok(key) => {
                    let result =
                        self.part(|session| match session.delete_entity(order, class, &key, delete.seen(at), &mut Vec::new()) {
                            Ok(true) => Ok((Ok(true), Verdict::Keep)),
                            // Gone by the cascade of one before it.
                            Ok(false) => Ok((Ok(false), Verdict::Keep)),
                            Err(Refusal::Conflict { error, is_overtaken, .. }) => Ok((Err((error, is_overtaken)), Verdict::Undo)),
                            Err(Refusal::Error(error)) => Ok((Err((error, false)), Verdict::Undo)),
                            Err(Refusal::Held(held)) => {
                                if outcome.errors.is_empty() {
                                    outcome.held = Some(held);
                                }
                                Ok((Err((errors::locked_deletion(class, &stored_text(&key)), false)), Verdict::Undo))
                            }
                            Err(Refusal::Store(error)) => Err(error),
                        })?;
                    guard.deleted(result.is_ok());
                    result
                }
                Err(error) => Err((error, false)),
            };
            match result {
                Ok(was_there) => outcome.deleted += u64::from(was_there),
                Err((error, is_overtaken)) => {
                    if is_overtaken {
                        outcome.overtaken.push(at);
                    } else {
                        outcome.errors.push(error);
                        outcome.stayed.push(at);
                    }
                    if delete.is_atomic() {
                        guard.none_deleted();
                        return Ok((DeleteOutcome { deleted: 0, ..outcome }, Verdict::Undo));
                    }
                }
            }
        }
        Ok((outcome, Verdict::Keep))
    }

    /// Key columns of the entities to delete; an error for each key that no entity has.
    fn keys_to_delete(&self, class: &Dataclass, delete: &Delete) -> Result<Vec<Wanted>, StoreError> {
        let listed = delete.keys();
        let wanted = |(at, key)| Wanted { at, key };
        match delete.base() {
            Base::Key { parts, text } if delete.filter().is_none() => {
                let row = match parts {
                    Some(parts) => self.find_seen(delete.restrictions(), class, parts, &[])?,
                    None => None,
                };
                let Some(row) = row else { return Err(errors::absent(class, text).into()) };
                return Ok(vec![Wanted { at: 0, key: Ok(row.key) }]);
            }
            // Only keys: each is looked up by itself.
            Base::All if delete.filter().is_none() && listed.is_some() => {
                let keys = listed.unwrap_or_default().iter().map(|key| self.listed_key(delete, class, key.as_deref()));
                let keys = keys.collect::<Result<Vec<_>, _>>()?;
                return Ok(keys.into_iter().enumerate().map(wanted).collect());
            }
            _ => {}
        }
        let sql = select::keys(
            self.tables().seen_through(delete.restrictions()),
            delete.class(),
            delete.scopes(),
            delete.base(),
            delete.filter(),
        );
        let found: Vec<Vec<Sql>> = self.db.rows(&sql.text, &sql.binds)?;
        if found.is_empty()
            && let Base::Key { text, .. } | Base::Unique { text, .. } = delete.base()
        {
            return Err(errors::absent(class, text).into());
        }
        let Some(listed) = listed else { return Ok(found.into_iter().map(Ok).enumerate().map(wanted).collect()) };
        // The filter's entities among those listed.
        let found: HashSet<Vec<u8>> = found.iter().map(|key| blob(key)).collect();
        let mut both = Vec::with_capacity(listed.len());
        for (at, key) in listed.iter().enumerate() {
            if let Ok(key) = self.listed_key(delete, class, key.as_deref())?
                && found.contains(&blob(&key))
            {
                both.push(wanted((at, Ok(key))));
            }
        }
        Ok(both)
    }

    fn listed_key(&self, delete: &Delete, class: &Dataclass, key: Option<&[Value]>) -> Result<Result<Vec<Sql>, Error>, StoreError> {
        let row = match key {
            Some(key) => self.find_seen(delete.restrictions(), class, key, &[])?,
            None => None,
        };
        let text = || key.map_or_else(String::new, key_text);
        Ok(row.map(|row| row.key).ok_or_else(|| errors::absent(class, &text())))
    }

    /// Deletes one entity with what its relations ask for; false when there is none with this key.
    /// `seen`: the stamp that events saw. `path`: the entities whose deletion brought it about.
    fn delete_entity(&self, order: Order<'_>, class: &Dataclass, key: &[Sql], seen: Option<i64>, path: &mut Path) -> Result<bool, Refusal> {
        if path.iter().any(|(id, above)| *id == class.id && above == key) {
            // A circle of relations: it is on its way out already.
            return Ok(false);
        }
        let reach = reach(order.delete, class)?;
        if let Some(denied) = reach.denied() {
            return Err(denied.clone().into());
        }
        let relations = self.relations_to(class.id);
        let guarded: Vec<(&Storage, &Error)> =
            reach.guarded().iter().filter_map(|(attribute, error)| Some((class.attribute(*attribute).storage()?, error))).collect();
        let mut columns: Vec<&Storage> = guarded.iter().map(|(storage, _)| *storage).collect();
        let first_target = columns.len();
        for (_, _, relation) in &relations {
            columns.extend(relation.target_key.iter().filter_map(|part| class.attribute(*part).storage()));
        }
        let Some(row) = self.find_stored(class, key, &columns)? else { return Ok(false) };
        order.guard.may_delete(class.id, &self.key_values(class.id, &row.key)).map_err(|held| self.held_on_the_way(path, held))?;
        if let Some(stamp) = order.delete.stamp().filter(|stamp| path.is_empty() && *stamp != row.stamp) {
            return Err(errors::conflict_of_deletion(class, &stored_text(key), stamp).into());
        }
        if let Some(seen) = seen.filter(|seen| *seen != row.stamp) {
            return Err(Refusal::Conflict { error: errors::conflict(class, &stored_text(key), seen), key: row.key, is_overtaken: true });
        }
        // Rule A-5 of the roles: an entity with a value there stays.
        if let Some(((_, denied), _)) = guarded.iter().zip(&row.values).find(|(_, value)| **value != Sql::Null) {
            return Err((*denied).clone().into());
        }
        path.push((class.id, row.key.clone()));
        let mut at = first_target;
        for (source, attribute, relation) in &relations {
            let referred = &row.values[at..at + relation.target_key.len()];
            at += relation.target_key.len();
            self.follow(order, class, &row, source, attribute, relation, referred, path)?;
        }
        path.pop();
        let layout = self.layout.class(class.id);
        let sql = format!("DELETE FROM {} AS {ROW} WHERE {}", layout.table_sql(), self.stored_key_condition(class, ROW, 1));
        self.db.execute(&sql, &row.key).map_err(|broken| match broken {
            Broken::Constraint(_) => Refusal::Error(errors::still_referred(class, &stored_text(key), None)),
            Broken::Store(error) => error.into(),
        })?;
        // A row of the stamps file stays: the deletion may not be committed, and a later row of this key must count on from there.
        Ok(true)
    }

    /// Somebody else holds an entity. One that another leads to may be unknown to the caller: he learns nothing of it but that it is in the way.
    fn held_on_the_way(&self, path: &Path, held: Held) -> Refusal {
        match path.first() {
            None => held.into(),
            Some((class, key)) => errors::locked_deletion(self.model.dataclass(*class), &stored_text(key)).into(),
        }
    }

    /// What one relation wants when an entity that it leads to is deleted.
    fn follow(
        &self,
        order: Order<'_>,
        class: &Dataclass,
        row: &StoredRow,
        source: &Dataclass,
        attribute: &Attribute,
        relation: &RelatedEntity,
        referred: &[Sql],
        path: &mut Path,
    ) -> Result<(), Refusal> {
        if relation.integrity == Integrity::None || referred.contains(&Sql::Null) || source.table.read_only {
            return Ok(());
        }
        let reach = reach(order.delete, source)?;
        let still_referred = || {
            let by = reach.is_named(attribute.id).then_some((source, attribute));
            Refusal::Error(errors::still_referred(class, &stored_text(&row.key), by))
        };
        let layout = self.layout.class(source.id);
        let foreign: Vec<&Storage> = relation.foreign_key.iter().filter_map(|part| source.attribute(*part).storage()).collect();
        let columns = foreign.iter().map(|storage| self.column(source, storage, ROW));
        let conditions: Vec<String> = columns.enumerate().map(|(index, column)| column.equals_stored(index + 1)).collect();
        let (table, conditions) = (layout.table_sql(), conditions.join(" AND "));
        // An entity that refers to itself is no obstacle to its own deletion.
        let itself = if source.id == class.id {
            format!(" AND NOT ({})", self.stored_key_condition(source, ROW, referred.len() + 1))
        } else {
            String::new()
        };
        let mut binds: Vec<Sql> = referred.to_vec();
        if source.id == class.id {
            binds.extend(row.key.iter().cloned());
        }
        match relation.integrity {
            Integrity::None => Ok(()),
            Integrity::Reject => {
                let sql = format!("SELECT 1 FROM {table} AS {ROW} WHERE {conditions}{itself} LIMIT 1");
                if !self.db.rows(&sql, &binds)?.is_empty() {
                    return Err(still_referred());
                }
                Ok(())
            }
            Integrity::SetNull => {
                if let Some(denied) = reach.kept(attribute.id) {
                    let sql = format!("SELECT 1 FROM {table} AS {ROW} WHERE {conditions}{itself} LIMIT 1");
                    let is_referred = !self.db.rows(&sql, &binds)?.is_empty();
                    return if is_referred { Err(denied.clone().into()) } else { Ok(()) };
                }
                let mut sets: Vec<String> = foreign.iter().map(|storage| format!("{} = NULL", quote(&storage.column))).collect();
                if layout.stamps == StampSource::Columns {
                    binds.push(Sql::Integer(self.now()));
                    sets.push(format!("{} = {} + 1", quote(STAMP), quote(STAMP)));
                    sets.push(format!("{} = {}", quote(TIMESTAMP), self.layout.dialect().parameter(binds.len())));
                }
                let sql = format!("UPDATE {table} AS {ROW} SET {} WHERE {conditions}{itself}", sets.join(", "));
                // A mandatory foreign key keeps its entity, and so this one.
                let refused = |broken| match broken {
                    Broken::Constraint(_) => still_referred(),
                    Broken::Store(error) => error.into(),
                };
                if layout.key.is_empty() {
                    return self.db.execute(&sql, &binds).map(drop).map_err(refused);
                }
                // Asked when the rows are held: nobody can take a lock on them between this and the end of the change.
                for key in self.db.rows(&format!("{sql} RETURNING {}", self.key_returned(source)), &binds).map_err(refused)? {
                    let asked = order.guard.may_update(source.id, &self.key_values(source.id, &key));
                    asked.map_err(|held| self.held_on_the_way(path, held))?;
                }
                Ok(())
            }
            Integrity::Cascade => {
                if path.len() > DEEPEST {
                    return Err(errors::rule(class, format!("Deleting {} would follow more than {DEEPEST} relations", class.name)).into());
                }
                if layout.key.is_empty() {
                    return Err(still_referred());
                }
                for key in self.referring(source, &conditions, &itself, &binds)? {
                    self.delete_entity(order, source, &key, None, path)?;
                }
                Ok(())
            }
        }
    }

    /// Keys of the entities that refer to one, under the conditions of [`follow`](Self::follow), in their order: which of them goes first
    /// may decide whether another can.
    fn referring(&self, source: &Dataclass, conditions: &str, itself: &str, binds: &[Sql]) -> Result<Vec<Vec<Sql>>, Broken> {
        let layout = self.layout.class(source.id);
        let key = self.tables().key(source.id, ROW);
        let columns = key.iter().map(Column::selected).collect::<Vec<_>>().join(", ");
        let order = key.iter().map(Column::key_term).collect::<Vec<_>>().join(", ");
        self.db.rows(&format!("SELECT {columns} FROM {} AS {ROW} WHERE {conditions}{itself} ORDER BY {order}", layout.table_sql()), binds)
    }

    /// N -> 1 relations of the whole model that lead to a dataclass and do something at deletion.
    fn relations_to(&self, target: ClassId) -> Vec<(&Dataclass, &Attribute, &RelatedEntity)> {
        let all = self.model.dataclasses().iter().flat_map(|class| class.attributes.iter().map(move |attribute| (class, attribute)));
        all.filter_map(|(class, attribute)| match &attribute.kind {
            Kind::RelatedEntity(relation) if relation.target == target && relation.integrity != Integrity::None => {
                Some((class, attribute, relation))
            }
            _ => None,
        })
        .collect()
    }
}

/// What the caller may not do to a dataclass that the deletion reaches.
fn reach<'a>(delete: &'a Delete, class: &Dataclass) -> Result<&'a Reach, StoreError> {
    delete.reach(class.id).ok_or_else(|| StoreError::Internal(format!("a deletion reaches {}, which was not authorised", class.name)))
}

fn blob(key: &[Sql]) -> Vec<u8> {
    key_blob(key.iter().map(ValueRef::from))
}

fn key_text(key: &[Value]) -> String {
    let text = |part: &Value| match part {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    };
    match key {
        [only] => text(only),
        parts => format!("[{}]", parts.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}

fn stored_text(key: &[Sql]) -> String {
    let text = |part: &Sql| match part {
        Sql::Text(text) => text.clone(),
        Sql::Integer(number) => number.to_string(),
        Sql::Real(number) => number.to_string(),
        Sql::Blob(bytes) => super::encode::hexadecimal(bytes),
        Sql::Null => String::new(),
    };
    match key {
        [only] => text(only),
        parts => format!("[{}]", parts.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}

impl DeleteOutcome {
    /// The errors as one, the first entity's deciding the status; none when all went well.
    pub fn error(&self) -> Option<Error> {
        let first = self.errors.first()?;
        let items: Vec<ErrorItem> = self.errors.iter().flat_map(|error| error.items.iter().cloned()).collect();
        Some(Error { kind: first.kind, items })
    }
}
