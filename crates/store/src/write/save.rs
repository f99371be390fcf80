//! Create and update (`rest-dialect.md` 12, `data-model.md` 3.3, 6.2).

use std::borrow::Cow;

use crate::bind::Bind as Sql;
use claviger_model::{AttrId, Attribute, Dataclass, SimpleDate, Storage, StorageType, Value, ValueType, rules};
use claviger_query::{Assign, Error, Save, SaveItem, Trial};

use super::database::{Broken, Database};
use super::encode::{encode, encode_like};
use super::row::{ROW, RememberedStamp, StoredRow, first_stamp, is_same, is_shown_as};
use super::{Session, Verdict, errors};
use crate::error::StoreError;
use crate::guard::{EntityGuard, Held};
use crate::layout::{Dialect, STAMP, StampSource, TIMESTAMP, integer_primary_key, quote};
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
    /// With [`SaveStatus::Locked`]: by whom.
    pub held: Option<Held>,
    /// With [`SaveStatus::Conflict`]: the entity is not any more what events looked at ([`SaveItem::Update::seen`]); the caller has said nothing that
    /// is in conflict.
    pub is_overtaken: bool,
}

/// How saving one entity ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaveStatus {
    /// Saved, or nothing was to be changed.
    Saved,
    /// The stamp is another one (`__STATUS` 2).
    Conflict,
    /// Somebody else holds the entity (`__STATUS` 3).
    Locked,
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
    Conflict { error: Error, key: Vec<Sql>, is_overtaken: bool },
    /// Somebody else holds the entity.
    Held(Held),
    /// A rule, a permission, an absent entity.
    Error(Error),
    /// The whole change fails.
    Store(StoreError),
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Store(broken.into())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Held> for Refusal {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

/// An entity that was written.
struct Written {
    key: Vec<Sql>,
    /// Its stamp before; 0 for a new entity.
    stamp: i64,
}

/// A column to write.
struct Cell<'a> {
    attribute: &'a Attribute,
    column: &'a str,
    value: Sql,
}

impl<D: Database> Session<D> {
    /// Saves all items in order. Atomic: the first failure undoes all, and what comes after is not processed and not listed. A trial is undone
    /// in any case.
    pub fn save<S: Sink>(
        &self,
        save: &Save,
        sink: &dyn Fn() -> S,
        guard: &dyn EntityGuard,
    ) -> Result<(Vec<SaveOutcome<S>>, Verdict), StoreError> {
        let (outcomes, verdict) = self.save_items(save, sink, guard)?;
        Ok((outcomes, if save.is_trial() { Verdict::Undo } else { verdict }))
    }

    fn save_items<S: Sink>(
        &self,
        save: &Save,
        sink: &dyn Fn() -> S,
        guard: &dyn EntityGuard,
    ) -> Result<(Vec<SaveOutcome<S>>, Verdict), StoreError> {
        if let [item] = save.items() {
            // The change's own savepoint serves.
            let outcome = self.save_item(save, item, sink, guard)?;
            let verdict = outcome.status.verdict();
            return Ok((vec![outcome], verdict));
        }
        let mut outcomes = Vec::with_capacity(save.items().len());
        for item in save.items() {
            let outcome = self.part(|session| {
                let outcome = session.save_item(save, item, sink, guard)?;
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

    fn save_item<S: Sink>(
        &self,
        save: &Save,
        item: &SaveItem,
        sink: &dyn Fn() -> S,
        guard: &dyn EntityGuard,
    ) -> Result<SaveOutcome<S>, StoreError> {
        let class = self.model.dataclass(save.class());
        let (key, result) = match item {
            SaveItem::Refused { text, error } => {
                let error = Some(error.clone());
                return Ok(SaveOutcome {
                    entity: None,
                    key: text.clone(),
                    status: SaveStatus::Failed,
                    error,
                    held: None,
                    is_overtaken: false,
                });
            }
            SaveItem::Create(values) => (None, self.create(save, class, values)),
            SaveItem::Update { key, text, stamp, seen, values } => {
                (Some(text.as_str()), self.update(save, class, key.as_deref(), text, (*stamp, *seen), values, guard))
            }
        };
        let read = |stored: &[Sql], tried: Option<i64>| {
            let mut entity = sink();
            if let Some(stamp) = tried {
                entity.tried(stamp);
            }
            self.read_back(save, stored, &mut entity).map(|()| entity)
        };
        let mut outcome = SaveOutcome {
            entity: None,
            key: key.map(str::to_owned),
            status: SaveStatus::Saved,
            error: None,
            held: None,
            is_overtaken: false,
        };
        match result {
            Ok(written) if save.trial() == Some(Trial::Refresh) => outcome.entity = Some(read(&written.key, Some(written.stamp))?),
            Ok(_) if save.is_trial() => {}
            Ok(written) => outcome.entity = Some(read(&written.key, None)?),
            Err(Refusal::Conflict { error, key, is_overtaken }) => {
                outcome.entity = Some(read(&key, None)?);
                (outcome.status, outcome.error, outcome.is_overtaken) = (SaveStatus::Conflict, Some(error), is_overtaken);
            }
            Err(Refusal::Held(held)) => {
                let error = errors::not_saved(errors::locked(class, key.unwrap_or_default()), class, key);
                (outcome.status, outcome.error, outcome.held) = (SaveStatus::Locked, Some(error), Some(held));
            }
            Err(Refusal::Error(error)) => {
                (outcome.status, outcome.error) = (SaveStatus::Failed, Some(errors::not_saved(error, class, key)));
            }
            Err(Refusal::Store(error)) => return Err(error),
        }
        Ok(outcome)
    }

    /// Changes an entity that has the caller's stamp, and the one that events saw.
    fn update(
        &self,
        save: &Save,
        class: &Dataclass,
        key: Option<&[Value]>,
        text: &str,
        (stamp, seen): (Option<i64>, Option<i64>),
        values: &[Assign],
        guard: &dyn EntityGuard,
    ) -> Result<Written, Refusal> {
        if !class.is_writable() {
            return Err(errors::read_only(class).into());
        }
        let columns: Vec<&Storage> = values.iter().filter_map(|assign| class.attribute(assign.attribute()).storage()).collect();
        let row = match key {
            Some(key) => self.find_seen(save.restrictions(), class, key, &columns)?,
            None => None,
        };
        let Some(row) = row else { return Err(errors::absent(class, text).into()) };
        // ST-4: gone, held, changed.
        if !guard.is_idle() {
            guard.may_update(class.id, &self.key_values(class.id, &row.key))?;
        }
        let written = |row: StoredRow| Written { stamp: row.stamp, key: row.key };
        let table = self.layout.class(class.id).side_name();
        // ST-6: within a transaction there is one copy of the entity.
        if let Some(stamp) = stamp.filter(|stamp| *stamp != row.stamp && !self.db.has_replaced(&table, &row.key, *stamp)) {
            return Err(Refusal::Conflict { error: errors::conflict(class, text, stamp), key: row.key, is_overtaken: false });
        }
        if let Some(seen) = seen.filter(|seen| *seen != row.stamp) {
            return Err(Refusal::Conflict { error: errors::conflict(class, text, seen), key: row.key, is_overtaken: true });
        }
        let unseen = self.unseen_relations(save.restrictions(), class, values, &row.values)?;
        let mut cells = Vec::with_capacity(values.len());
        for (assign, stored) in values.iter().zip(&row.values) {
            if assign.relation().is_some_and(|relation| unseen.contains(&relation)) {
                continue;
            }
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
            self.check(class, attribute, &value)?;
            let value = match self.layout.dialect() {
                Dialect::Sqlite => encode_like(&value, storage, self.layout.is_owned(), stored.into()),
                Dialect::Postgres(_) => self.column(class, storage, ROW).stored(&value),
            };
            cells.push(Cell { attribute, column, value });
        }
        if cells.is_empty() {
            return Ok(written(row));
        }
        self.check_relations(save.restrictions(), class, values, |attribute| cells.iter().any(|cell| cell.attribute.id == attribute))?;
        let cells = &cells;
        self.check_unique(class, cells.iter().map(|cell| (cell.attribute, &cell.value)), Some(&row.key))?;
        let Some(next) = row.next_stamp else { return Err(errors::stamps_used_up(class, text).into()) };
        self.write_update(class, &row, next, cells)?;
        self.db.replaced(&table, &row.key, row.stamp);
        self.check_digits(class, &row.key, cells)?;
        if self.remember(class, &row.key, Some(&row))? == RememberedStamp::UsedUp {
            return Err(errors::stamps_used_up(class, text).into());
        }
        Ok(written(row))
    }

    fn write_update(&self, class: &Dataclass, row: &StoredRow, next: i64, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        let layout = self.layout.class(class.id);
        let mut sets: Vec<String> = Vec::with_capacity(cells.len() + 2);
        let mut binds: Vec<Sql> = Vec::with_capacity(cells.len() + 4);
        let dialect = self.layout.dialect();
        let mut set = |column: &str, attribute: Option<AttrId>, value: Sql| {
            binds.push(value);
            let parameter = dialect.parameter(binds.len());
            let stored = attribute.map_or_else(|| parameter.clone(), |attribute| layout.stored_sql(attribute, &parameter));
            sets.push(format!("{} = {stored}", quote(column)));
        };
        for cell in cells {
            set(cell.column, Some(cell.attribute.id), cell.value.clone());
        }
        if layout.stamps == StampSource::Columns {
            set(STAMP, None, Sql::Integer(next));
            set(TIMESTAMP, None, Sql::Integer(self.now()));
        }
        let mut sql = format!("UPDATE {} AS {ROW} SET {}", layout.table_sql(), sets.join(", "));
        sql.push_str(&format!(" WHERE {}", self.stored_key_condition(class, ROW, binds.len() + 1)));
        binds.extend(row.key.iter().cloned());
        let changed = self.db.execute(&sql, &binds).map_err(|broken| self.refused(class, broken))?;
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
            let Some(storage) = cell.attribute.storage() else { continue };
            let column = self.column(class, storage, ROW).selected();
            let sql = format!("SELECT {column} FROM {} AS {ROW} WHERE {}", layout.table_sql(), self.stored_key_condition(class, ROW, 1));
            let stored = self.db.rows(&sql, key)?.into_iter().flatten().next().unwrap_or(Sql::Null);
            if decimal_of((&stored).into()) != decimal_of((&cell.value).into()) {
                let what = format!("\"{}\" of {} has more digits than its column can hold", cell.attribute.name, class.name);
                return Err(errors::rule(class, what).into());
            }
        }
        Ok(())
    }

    /// Makes an entity.
    fn create(&self, save: &Save, class: &Dataclass, values: &[Assign]) -> Result<Written, Refusal> {
        if !class.is_writable() {
            return Err(errors::read_only(class).into());
        }
        if let Some(denied) = values.iter().filter(|assign| *assign.value() != Value::Null).find_map(Assign::denied) {
            return Err(denied.clone().into());
        }
        let layout = self.layout.class(class.id);
        let owned = self.layout.is_owned();
        let own_number = if owned { integer_primary_key(class) } else { None };
        let is_sqlite = self.layout.dialect() == Dialect::Sqlite;
        let mut cells = Vec::with_capacity(class.attributes.len());
        for attribute in &class.attributes {
            let Some(storage) = attribute.storage().filter(|storage| !storage.generated) else { continue };
            let assigned = values.iter().find(|assign| assign.attribute() == attribute.id);
            let value = self.initial(class, attribute, storage, assigned)?;
            // The database numbers the row, or has a default of its own.
            let by_database = value == Value::Null
                && (own_number == Some(attribute.id)
                    || !owned && storage.rules.autosequence && !is_sqlite
                    || !owned && storage.rules.autosequence && layout.key_is_rowid && class.key_attributes() == [attribute.id]
                    || assigned.is_none() && storage.rules.database_default);
            if by_database {
                continue;
            }
            self.check(class, attribute, &value)?;
            if value == Value::Null && class.key_attributes().contains(&attribute.id) {
                return Err(errors::rule(class, format!("\"{}\" is the key and has no value", attribute.name)).into());
            }
            if value != Value::Null || owned || assigned.is_some() {
                let value = if is_sqlite { encode(&value, storage, owned) } else { self.column(class, storage, ROW).stored(&value) };
                cells.push(Cell { attribute, column: &storage.column, value });
            }
        }
        self.check_relations(save.restrictions(), class, values, |_| true)?;
        self.check_unique(class, cells.iter().map(|cell| (cell.attribute, &cell.value)), None)?;
        let key = self.write_insert(class, &cells)?;
        if let (Some(number), false) = (own_number, is_sqlite) {
            self.count_on(class, number, &cells)?;
        }
        self.check_digits(class, &key, &cells)?;
        if self.remember(class, &key, None)? == RememberedStamp::UsedUp {
            return Err(errors::stamps_used_up(class, "").into());
        }
        Ok(Written { key, stamp: 0 })
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
        let is_sqlite = self.layout.dialect() == Dialect::Sqlite;
        if storage.rules.autosequence && (numbered_by_database || !is_sqlite && !self.layout.is_owned()) {
            // The row's own number, an identity or a default of the database.
            return Ok(value);
        }
        if storage.rules.autosequence {
            if !is_sqlite {
                // Nobody else takes a number of this column until this change is done.
                let column = format!("{}.{}", layout.table_sql(), quote(&storage.column));
                self.db.rows(
                    "SELECT 1 FROM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1::text, 0))",
                    &[Sql::Text(column)],
                )?;
            }
            let sql = format!("SELECT coalesce(max({}), 0) FROM {}", quote(&storage.column), layout.table_sql());
            let last = match self.db.rows(&sql, &[])?.first().map(Vec::as_slice) {
                Some([Sql::Integer(last), ..]) => *last,
                _ => 0,
            };
            let next = last.checked_add(1).ok_or_else(|| numbers_used_up(class, attribute))?;
            return Ok(Value::Int(in_range(class, attribute, storage, next)?));
        }
        Ok(or_empty(&value, storage).into_owned())
    }

    /// The key columns as a statement that writes returns them.
    pub(super) fn key_returned(&self, class: &Dataclass) -> String {
        let parts = class.key_attributes();
        let columns = self.layout.class(class.id).key.iter().enumerate().map(|(index, name)| {
            let ty = parts.get(index).and_then(|part| self.layout.pg_type_for(class, class.attribute(*part)));
            ty.map_or_else(|| quote(name), |ty| ty.selected(&quote(name)))
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    fn write_insert(&self, class: &Dataclass, cells: &[Cell<'_>]) -> Result<Vec<Sql>, Refusal> {
        let layout = self.layout.class(class.id);
        let mut columns: Vec<String> = cells.iter().map(|cell| quote(cell.column)).collect();
        let mut binds: Vec<Sql> = cells.iter().map(|cell| cell.value.clone()).collect();
        for (column, value) in first_stamp(layout, self.now()) {
            columns.push(quote(column));
            binds.push(value);
        }
        let key = self.key_returned(class);
        let table = layout.table_sql();
        let sql = if columns.is_empty() {
            format!("INSERT INTO {table} DEFAULT VALUES RETURNING {key}")
        } else {
            let places = (0..binds.len()).map(|place| {
                let parameter = self.layout.dialect().parameter(place + 1);
                cells.get(place).map_or_else(|| parameter.clone(), |cell| layout.stored_sql(cell.attribute.id, &parameter))
            });
            let places = places.collect::<Vec<_>>().join(", ");
            format!("INSERT INTO {table} ({}) VALUES ({places}) RETURNING {key}", columns.join(", "))
        };
        let rows = self.db.rows(&sql, &binds).map_err(|broken| self.refused(class, broken))?;
        let Some(key) = rows.into_iter().next() else { return Err(errors::constraint(class).into()) };
        for (part, value) in class.key_attributes().iter().zip(&key) {
            // The database numbers rows beyond what the key's type can say; such an entity could not be asked for.
            let attribute = class.attribute(*part);
            if let (Some(storage), Sql::Integer(number)) = (attribute.storage(), value) {
                in_range(class, attribute, storage, *number)?;
            }
        }
        Ok(key)
    }

    /// A number that was given, not generated: the next generated one is larger.
    fn count_on(&self, class: &Dataclass, number: AttrId, cells: &[Cell<'_>]) -> Result<(), Refusal> {
        let given = cells.iter().find(|cell| cell.attribute.id == number);
        let Some((cell, Sql::Integer(given))) = given.map(|cell| (cell, &cell.value)) else { return Ok(()) };
        let sql = "SELECT pg_catalog.setval(s.name, $1::int8) FROM (SELECT pg_catalog.pg_get_serial_sequence($2::text, $3::text)::regclass AS name) AS s \
                   WHERE $1::int8 > coalesce(pg_catalog.pg_sequence_last_value(s.name), 0)";
        let table = self.layout.class(class.id).table_sql();
        self.db.rows(sql, &[Sql::Integer(*given), Sql::Text(table), Sql::Text(cell.column.to_owned())])?;
        Ok(())
    }

    /// The rules of one attribute (`data-model.md` 3.3), in their order, and what the engine cannot store.
    fn check(&self, class: &Dataclass, attribute: &Attribute, value: &Value) -> Result<(), Refusal> {
        let refuse = |what: String| Err(Refusal::Error(errors::rule(class, format!("{what} ({})", class.name))));
        if let Err(broken) = rules::check(attribute, value) {
            return refuse(broken.to_string());
        }
        if self.layout.dialect() != Dialect::Sqlite && holds_nul(value) {
            return refuse(format!("\"{}\" holds the character U+0000, which the database cannot store", attribute.name));
        }
        Ok(())
    }
}

/// The character U+0000 in a text, or in a text or name of a document.
fn holds_nul(value: &Value) -> bool {
    fn is_in(json: &serde_json::Value) -> bool {
        match json {
            serde_json::Value::String(text) => text.contains('\0'),
            serde_json::Value::Array(items) => items.iter().any(is_in),
            serde_json::Value::Object(members) => members.iter().any(|(name, member)| name.contains('\0') || is_in(member)),
            _ => false,
        }
    }
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::Object(json) => is_in(json),
        _ => false,
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

/// Null is stored as the type's empty value where an imported structure says so (`data-model.md` 4.5).
fn or_empty<'a>(value: &'a Value, storage: &Storage) -> Cow<'a, Value> {
    if *value != Value::Null || !storage.rules.null_as_default {
        return Cow::Borrowed(value);
    }
    let empty = match storage.value_type() {
        ValueType::Date => Some(Value::Date(SimpleDate { year: 0, month: 0, day: 0 })),
        ty => ty.empty(),
    };
    empty.map_or(Cow::Borrowed(value), Cow::Owned)
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
