//! Create and update (`rest-dialect.md` 12, `data-model.md` 3.3, 6.2).

use std::borrow::Cow;

use crate::bind::Bind as Sql;
use claviger_model::{Attribute, Dataclass, SimpleDate, Storage, StorageType, Value, ValueType, rules};
use claviger_query::{Assign, Error, Save, SaveItem};
use rusqlite::params_from_iter;

use super::encode::{encode, encode_like};
use super::row::{RememberedStamp, StoredRow, first_stamp, is_same, is_shown_as, stored_key_condition};
use super::{Session, Verdict, errors};
use crate::error::StoreError;
use crate::layout::{STAMP, StampSource, TIMESTAMP, integer_primary_key, quote};
use crate::sink::Sink;
use crate::sqlite::functions::numbers::decimal_of;

/// Decimal digits that every binary number keeps.
const SURE_DIGITS: usize = 15;

/// What became of one entity of a [`Save`].
#[derive(Debug)]
pub struct SaveOutcome<S> {
    /// The entity as it is now: saved, or the current one of a conflict. Nothing after another failure.
    pub entity: Option<S>,
    /// The key as the caller wrote it; none for a new entity.
    pub key: Option<String>,
    /// How it ended.
    pub status: SaveStatus,
    /// The whole chain, root cause first; none when saved.
    pub error: Option<Error>,
}

/// How saving one entity ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaveStatus {
    /// Saved, or nothing was to be changed.
    Saved,
    /// The stamp is another one (`__STATUS` 2).
    Conflict,
    /// Anything else.
    Failed,
}

impl SaveStatus {
    fn verdict(self) -> Verdict {
        if self == Self::Saved { Verdict::Keep } else { Verdict::Undo }
    }
}

/// Why one entity is not saved.
pub(super) enum Refusal {
    /// The current entity goes with the answer.
    Conflict { error: Error, key: Vec<Sql> },
    /// A rule, a permission, an absent entity.
    Error(Error),
    /// The whole change fails.
    Store(StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A column to write.
struct Cell<'a> {
    attribute: &'a Attribute,
    column: &'a str,
    value: Sql,
}

impl Session {
    /// Saves all items in order. Atomic: the first failure undoes all, and what comes after is not processed and not listed.
    pub fn save<S: Sink>(&self, save: &Save, sink: &dyn Fn() -> S) -> Result<(Vec<SaveOutcome<S>>, Verdict), StoreError> {
        if let [item] = save.items() {
            // The change's own savepoint serves.
            let outcome = self.save_item(save, item, sink)?;
            let verdict = outcome.status.verdict();
            return Ok((vec![outcome], verdict));
        }
        let mut outcomes = Vec::with_capacity(save.items().len());
        for item in save.items() {
            let outcome = self.part(|session| {
                let outcome = session.save_item(save, item, sink)?;
                let verdict = outcome.status.verdict();
                Ok((outcome, verdict))
            })?;
            let failed = outcome.status != SaveStatus::Saved;
            outcomes.push(outcome);
            if failed && save.is_atomic() {
                return Ok((outcomes, Verdict::Undo));
            }
        }
        Ok((outcomes, Verdict::Keep))
    }

    fn save_item<S: Sink>(&self, save: &Save, item: &SaveItem, sink: &dyn Fn() -> S) -> Result<SaveOutcome<S>, StoreError> {
        let class = self.model.dataclass(save.class());
        let (key, result) = match item {
            SaveItem::Refused { text, error } => {
                return Ok(SaveOutcome { entity: None, key: text.clone(), status: SaveStatus::Failed, error: Some(error.clone()) });
            }
            SaveItem::Create(values) => (None, self.create(class, values)),
            SaveItem::Update { key, text, stamp, values } => (Some(text), self.update(class, key.as_deref(), text, *stamp, values)),
        };
        let read = |stored: &[Sql]| {
            let mut entity = sink();
            self.read_back(save.projection(), stored, &mut entity).map(|()| entity)
        };
        let (entity, status, error) = match result {
            Ok(stored) => (Some(read(&stored)?), SaveStatus::Saved, None),
            Err(Refusal::Conflict { error, key }) => (Some(read(&key)?), SaveStatus::Conflict, Some(error)),
            Err(Refusal::Error(error)) => (None, SaveStatus::Failed, Some(errors::not_saved(error, class, key.map(String::as_str)))),
            Err(Refusal::Store(error)) => return Err(error),
        };
        Ok(SaveOutcome { entity, key: key.cloned(), status, error })
    }

    /// Changes an entity; returns its key columns.
    fn update(
        &self,
        class: &Dataclass,
        key: Option<&[Value]>,
        text: &str,
        stamp: Option<i64>,
        values: &[Assign],
    ) -> Result<Vec<Sql>, Refusal> {
        if !class.is_writable() {
            return Err(errors::read_only(class).into());
        }
        let columns: Vec<&Storage> = values.iter().filter_map(|assign| class.attribute(assign.attribute()).storage()).collect();
        let row = match key {
            Some(key) => self.find(class, key, &columns)?,
            None => None,
        };
        let Some(row) = row else { return Err(errors::absent(class, text).into()) };
        if let Some(stamp) = stamp.filter(|stamp| *stamp != row.stamp) {
            return Err(Refusal::Conflict { error: errors::conflict(class, text, stamp), key: row.key });
        }
        let mut cells = Vec::with_capacity(values.len());
        for (assign, stored) in values.iter().zip(&row.values) {
            let attribute = class.attribute(assign.attribute());
            let Some(storage) = attribute.storage().filter(|storage| !storage.generated) else { continue };
            let value = or_empty(assign.value(), storage);
            if is_same(stored, &value, storage) || assign.given().is_some_and(|text| is_shown_as(stored, text, storage)) {
                continue;
            }
            if let Value::Bytes(bytes) = value.as_ref()
                && self.holds(class, &row, storage, bytes)?
            {
                continue;
            }
            if let Some(denied) = assign.denied() {
                return Err(denied.clone().into());
            }
            if class.key_attributes().contains(&attribute.id) {
                return Err(errors::rule(class, format!("\"{}\" is the key and cannot be changed", attribute.name)).into());
            }
            let column = storage.column.as_str();
            check(class, attribute, &value)?;
            cells.push(Cell { attribute, column, value: encode_like(&value, storage, self.layout.is_owned(), stored.into()) });
        }
        if cells.is_empty() {
            return Ok(row.key);
        }
        self.check_relations(class, values, |attribute| cells.iter().any(|cell| cell.attribute.id == attribute))?;
        let cells = &cells;
        self.check_unique(class, cells.iter().map(|cell| (cell.attribute, &cell.value)), Some(&row.key))?;
        let Some(next) = row.next_stamp else { return Err(errors::stamps_used_up(class, text).into()) };
        self.write_update(class, &row, next, cells)?;
        self.check_digits(class, &row.key, cells)?;
        if self.remember(class, &row.key, Some(&row))? == RememberedStamp::UsedUp {
            return Err(errors::stamps_used_up(class, text).into());
        }
        Ok(row.key)
    }

    fn write_update(&self, class: &Dataclass, row: &StoredRow, next: i64, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        let layout = self.layout.class(class.id);
        let mut sets: Vec<String> = Vec::with_capacity(cells.len() + 2);
        let mut binds: Vec<Sql> = Vec::with_capacity(cells.len() + 4);
        let mut set = |column: &str, value: Sql| {
            binds.push(value);
            sets.push(format!("{} = ?{}", quote(column), binds.len()));
        };
        for cell in cells {
            set(cell.column, cell.value.clone());
        }
        if layout.stamps == StampSource::Columns {
            set(STAMP, Sql::Integer(next));
            set(TIMESTAMP, Sql::Integer(self.now()));
        }
        let mut sql = format!("UPDATE {} SET {}", layout.table_sql(), sets.join(", "));
        sql.push_str(&format!(" WHERE {}", stored_key_condition(layout, "", binds.len() + 1)));
        binds.extend(row.key.iter().cloned());
        let changed = self.link.db.prepare_cached(&sql)?.execute(params_from_iter(binds)).map_err(|error| self.refused(class, error))?;
        match changed {
            1 => Ok(()),
            // A trigger of an attached database may have swallowed it.
            _ => Err(errors::constraint(class).into()),
        }
    }

    /// A column of an attached table may be made a binary number by its affinity. Decimals are exact or refused (3.3), so what has more digits
    /// than a binary number surely keeps is looked at once more.
    fn check_digits(&self, class: &Dataclass, key: &[Sql], cells: &[Cell<'_>]) -> Result<(), Refusal> {
        if self.layout.is_owned() {
            return Ok(());
        }
        let layout = self.layout.class(class.id);
        for cell in cells {
            let Sql::Text(digits) = &cell.value else { continue };
            let is_decimal = cell.attribute.storage().is_some_and(|storage| storage.value_type() == ValueType::Decimal);
            if !is_decimal || digits.bytes().filter(u8::is_ascii_digit).count() <= SURE_DIGITS {
                continue;
            }
            let sql = format!("SELECT {} FROM {} WHERE {}", quote(cell.column), layout.table_sql(), stored_key_condition(layout, "", 1));
            let stored: Sql = self.link.db.prepare_cached(&sql)?.query_row(params_from_iter(key), |row| row.get(0))?;
            if decimal_of((&stored).into()) != decimal_of((&cell.value).into()) {
                let what = format!("\"{}\" of {} has more digits than its column can hold", cell.attribute.name, class.name);
                return Err(errors::rule(class, what).into());
            }
        }
        Ok(())
    }

    /// Makes an entity; returns its key columns.
    fn create(&self, class: &Dataclass, values: &[Assign]) -> Result<Vec<Sql>, Refusal> {
        if !class.is_writable() {
            return Err(errors::read_only(class).into());
        }
        if let Some(denied) = values.iter().filter(|assign| *assign.value() != Value::Null).find_map(Assign::denied) {
            return Err(denied.clone().into());
        }
        let layout = self.layout.class(class.id);
        let owned = self.layout.is_owned();
        let own_number = if owned { integer_primary_key(class) } else { None };
        let mut cells = Vec::with_capacity(class.attributes.len());
        for attribute in &class.attributes {
            let Some(storage) = attribute.storage().filter(|storage| !storage.generated) else { continue };
            let assigned = values.iter().find(|assign| assign.attribute() == attribute.id);
            let value = self.initial(class, attribute, storage, assigned)?;
            // The database numbers the row, or has a default of its own.
            let by_database = value == Value::Null
                && (own_number == Some(attribute.id)
                    || !owned && storage.rules.autosequence && layout.key_is_rowid && class.key_attributes() == [attribute.id]
                    || assigned.is_none() && storage.rules.database_default);
            if by_database {
                continue;
            }
            check(class, attribute, &value)?;
            if value == Value::Null && class.key_attributes().contains(&attribute.id) {
                return Err(errors::rule(class, format!("\"{}\" is the key and has no value", attribute.name)).into());
            }
            if value != Value::Null || owned || assigned.is_some() {
                cells.push(Cell { attribute, column: &storage.column, value: encode(&value, storage, owned) });
            }
        }
        self.check_relations(class, values, |_| true)?;
        self.check_unique(class, cells.iter().map(|cell| (cell.attribute, &cell.value)), None)?;
        let key = self.write_insert(class, &cells)?;
        self.check_digits(class, &key, &cells)?;
        if self.remember(class, &key, None)? == RememberedStamp::UsedUp {
            return Err(errors::stamps_used_up(class, "").into());
        }
        Ok(key)
    }

    /// The value that a new entity gets: the one given, else the default (only when it is absent); then a generated one where null asks
    /// for it.
    fn initial(&self, class: &Dataclass, attribute: &Attribute, storage: &Storage, assigned: Option<&Assign>) -> Result<Value, Refusal> {
        let value = match assigned {
            Some(assign) => assign.value().clone(),
            None => storage.rules.default_value.clone().unwrap_or(Value::Null),
        };
        if value != Value::Null {
            return Ok(value);
        }
        if storage.rules.autogenerate && matches!(storage.ty, StorageType::Uuid | StorageType::String) {
            return Ok(match new_uuid()? {
                uuid if storage.ty == StorageType::Uuid => Value::Uuid(uuid),
                uuid => Value::Text(super::encode::hexadecimal(&uuid)),
            });
        }
        let layout = self.layout.class(class.id);
        let numbered_by_database = layout.key_is_rowid && class.key_attributes() == [attribute.id];
        if storage.rules.autosequence && !numbered_by_database {
            let sql = format!("SELECT coalesce(max({}), 0) FROM {}", quote(&storage.column), layout.table_sql());
            let last: i64 = self.link.db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
            let next = last.checked_add(1).ok_or_else(|| numbers_used_up(class, attribute))?;
            return Ok(Value::Int(in_range(class, attribute, storage, next)?));
        }
        Ok(or_empty(&value, storage).into_owned())
    }

    fn write_insert(&self, class: &Dataclass, cells: &[Cell<'_>]) -> Result<Vec<Sql>, Refusal> {
        let layout = self.layout.class(class.id);
        let mut columns: Vec<String> = cells.iter().map(|cell| quote(cell.column)).collect();
        let mut binds: Vec<Sql> = cells.iter().map(|cell| cell.value.clone()).collect();
        for (column, value) in first_stamp(layout, self.now()) {
            columns.push(quote(column));
            binds.push(value);
        }
        let key = layout.key.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
        let table = layout.table_sql();
        let sql = if columns.is_empty() {
            format!("INSERT INTO {table} DEFAULT VALUES RETURNING {key}")
        } else {
            let places = (1..=binds.len()).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
            format!("INSERT INTO {table} ({}) VALUES ({places}) RETURNING {key}", columns.join(", "))
        };
        let mut statement = self.link.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(binds)).map_err(|error| self.refused(class, error))?;
        let row = rows.next().map_err(|error| self.refused(class, error))?;
        let Some(row) = row else { return Err(errors::constraint(class).into()) };
        let key: Vec<Sql> = (0..layout.key.len()).map(|index| row.get(index)).collect::<Result<_, _>>()?;
        // To the end: the statement checks its constraints there.
        rows.next().map_err(|error| self.refused(class, error))?;
        for (part, value) in class.key_attributes().iter().zip(&key) {
            // The database numbers rows beyond what the key's type can say; such an entity could not be asked for.
            let attribute = class.attribute(*part);
            if let (Some(storage), Sql::Integer(number)) = (attribute.storage(), value) {
                in_range(class, attribute, storage, *number)?;
            }
        }
        Ok(key)
    }
}

/// A generated number that the attribute's type can hold (`data-model.md` 3.2).
fn in_range(class: &Dataclass, attribute: &Attribute, storage: &Storage, number: i64) -> Result<i64, Refusal> {
    match Value::from_json(storage.value_type(), Some(storage.ty), &number.into()) {
        Err(_) if storage.value_type() == ValueType::Int => Err(numbers_used_up(class, attribute).into()),
        _ => Ok(number),
    }
}

fn numbers_used_up(class: &Dataclass, attribute: &Attribute) -> Error {
    errors::rule(class, format!("\"{}\" of {} has no number left that its type can hold", attribute.name, class.name))
}

/// The rules of one attribute (`data-model.md` 3.3), in their order.
fn check(class: &Dataclass, attribute: &Attribute, value: &Value) -> Result<(), Refusal> {
    rules::check(attribute, value).map_err(|broken| Refusal::Error(errors::rule(class, format!("{broken} ({})", class.name))))
}

/// Null is stored as the type's empty value where an imported structure says so (`data-model.md` 4.5).
fn or_empty<'a>(value: &'a Value, storage: &Storage) -> Cow<'a, Value> {
    if *value != Value::Null || !storage.rules.null_as_default {
        return Cow::Borrowed(value);
    }
    match storage.value_type() {
        ValueType::Text => Cow::Owned(Value::Text(String::new())),
        ValueType::Bool => Cow::Owned(Value::Bool(false)),
        ValueType::Int => Cow::Owned(Value::Int(0)),
        ValueType::Double => Cow::Owned(Value::Double(0.0)),
        ValueType::Decimal => Cow::Owned(Value::Decimal(0.into())),
        ValueType::Duration => Cow::Owned(Value::Duration(0)),
        ValueType::Date => Cow::Owned(Value::Date(SimpleDate { year: 0, month: 0, day: 0 })),
        ValueType::Uuid | ValueType::Instant | ValueType::Object | ValueType::Image | ValueType::Blob => Cow::Borrowed(value),
    }
}

/// A random UUID (version 4).
fn new_uuid() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Internal(format!("no random numbers: {error}")))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Ok(bytes)
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
