//! Owned databases in PostgreSQL: how one follows its model ([`migrate`]); and where an attached one would gain from an index
//! ([`hints`]). Which tables a model wants is said in [`crate::schema`].
//!
//! The tables lie in one schema, `public` unless another is named; the product's functions, which indexes of text use, in `claviger`.

mod change;
mod convert;
pub mod hints;
pub mod migrate;

pub use crate::schema::{FoldHint, SchemaError, Step};
pub use hints::fold_hints;
pub(super) use migrate::functions_step;
pub use migrate::{migrate, plan_migration};

use claviger_model::{Dataclass, Key, Model, Value};

use crate::layout::{ClassLayout, Dialect, Layout, RECNO, StampSource, column, integer_primary_key, text_literal};
use crate::postgres::types::PgType;
use crate::sqlite::functions::{dates, numbers};
use crate::write::encode::hexadecimal;

/// How the dataclasses of a model lie in the tables that the server makes in `schema`.
pub fn owned_layout(model: &Model, schema: &str) -> Layout {
    let classes = model.dataclasses().iter().map(|class| class_layout(class, schema)).collect();
    Layout::of_parts(Dialect::Postgres(super::stamps::SCHEMA), true, 0, classes)
}

fn class_layout(class: &Dataclass, schema: &str) -> ClassLayout {
    let own = integer_primary_key(class);
    let mut key: Vec<String> = class.key_attributes().iter().map(|part| column(class, *part).to_owned()).collect();
    if class.key == Key::RowId {
        key.push(RECNO.to_owned());
    }
    let storages = class.attributes.iter().map(|attribute| attribute.storage());
    ClassLayout {
        schema: Some(schema.to_owned()),
        table: class.table.name.clone(),
        types: storages.clone().map(|storage| storage.map(PgType::owned)).collect(),
        stored: storages.map(|storage| storage.map(|storage| PgType::declared(storage).to_owned())).collect(),
        order: if own.is_some() { key.clone() } else { vec![RECNO.to_owned()] },
        key_is_rowid: own.is_some() || class.key == Key::RowId,
        key,
        stamps: StampSource::Columns,
        content: Vec::new(),
    }
}

/// A default value as SQL literal of its column's type.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) | Value::Duration(number) => format!("'{number}'::bigint"),
        Value::Double(number) => format!("'{number:?}'::float8"),
        Value::Decimal(number) => format!("'{}'::numeric", numbers::canonical(number)),
        Value::Text(text) => format!("{}::text", text_literal(text)),
        Value::Uuid(bytes) => format!("'{}'::uuid", hexadecimal(bytes)),
        Value::Date(date) => format!("'{}'::date", dates::postgres_text(*date)),
        // Whole days are exact at any distance; as hours they ask no time zone.
        Value::Instant(at) => format!(
            "('epoch'::timestamptz + {} * '24 hours'::interval + {} * '1 millisecond'::interval)",
            at.div_euclid(DAY),
            at.rem_euclid(DAY)
        ),
        Value::Object(json) => format!("{}::json", text_literal(&json.to_string())),
        Value::Bytes(bytes) => format!("'\\x{}'::bytea", hexadecimal(bytes)),
    }
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
