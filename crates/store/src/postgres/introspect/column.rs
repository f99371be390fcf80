//! What a column's type is for the product (settlement "Column to type").

use std::collections::HashMap;

use claviger_model::attach::ColumnType;
use claviger_model::{StorageType, ValueType};
use tokio_postgres::types::Oid;

use crate::layout::quote;
use crate::postgres::types::PgType;

/// A type of the database (`pg_type`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeEntry {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `CREATE TYPE … AS ENUM`.
    pub is_enum: bool,
    /// An array of any other type.
    pub is_array: bool,
    /// What a domain stands on.
    pub base: Option<Oid>,
    /// What a domain refines its base with; negative: nothing.
    pub modifier: i32,
    /// A domain that refuses null.
    pub not_null: bool,
    /// A domain that has a default.
    pub has_default: bool,
}

/// What the product makes of a column's type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Resolved {
    /// The type in the model.
    pub ty: ColumnType,
    /// How it is selected and compared.
    pub pg: PgType,
    /// Values can be read only, as text.
    pub read_only: bool,
    /// The type as SQL, without what refines it: a value that is cast to it is checked, not cut, by the column it goes to.
    pub sql: String,
    /// A domain on the way refuses null.
    pub not_null: bool,
    /// A domain on the way has a default.
    pub has_default: bool,
}

/// The type of a column. Domains count as what they stand on, enums as text.
pub(super) fn resolve(types: &HashMap<Oid, TypeEntry>, id: Oid, modifier: i32) -> Resolved {
    let (mut id, mut modifier, mut not_null, mut has_default) = (id, modifier, false, false);
    let mut entry = types.get(&id);
    while let Some(TypeEntry { base: Some(base), .. }) = entry {
        if let Some(domain) = entry {
            (not_null, has_default) = (not_null | domain.not_null, has_default | domain.has_default);
            modifier = if modifier < 0 { domain.modifier } else { modifier };
        }
        id = *base;
        entry = types.get(&id);
    }
    let plain = |ty, pg| (ColumnType { ty, simple_date: false, decimal: None }, pg, false);
    let shown = || (ColumnType { ty: StorageType::String, simple_date: false, decimal: None }, PgType::AsText, true);
    let (ty, pg, read_only) = match entry {
        None => shown(),
        Some(entry) if entry.is_enum => plain(StorageType::String, PgType::AsText),
        Some(entry) if entry.is_array => plain(StorageType::Object, PgType::Array),
        // An extension's, in whatever schema.
        Some(entry) if entry.name == "citext" => plain(StorageType::String, PgType::AsText),
        Some(entry) if entry.schema != "pg_catalog" => shown(),
        Some(entry) => match entry.name.as_str() {
            "int2" => plain(StorageType::Word, PgType::Int),
            "int4" => plain(StorageType::Long, PgType::Int),
            "int8" => plain(StorageType::Long64, PgType::Int),
            "float4" => plain(StorageType::Number, PgType::Float4),
            "float8" => plain(StorageType::Number, PgType::Float8),
            "numeric" => {
                let ty = ColumnType { ty: StorageType::Number, simple_date: false, decimal: Some(digits(modifier)) };
                (ty, PgType::Numeric, false)
            }
            "bool" => plain(StorageType::Bool, PgType::Bool),
            "uuid" => plain(StorageType::Uuid, PgType::Uuid),
            "date" => (ColumnType { ty: StorageType::Date, simple_date: true, decimal: None }, PgType::Date, false),
            "timestamp" => plain(StorageType::Date, PgType::Timestamp),
            "timestamptz" => plain(StorageType::Date, PgType::TimestampTz),
            "time" | "interval" => plain(StorageType::Duration, PgType::Span),
            "json" => plain(StorageType::Object, PgType::Json),
            "jsonb" => plain(StorageType::Object, PgType::Jsonb),
            "bytea" => plain(StorageType::Blob, PgType::Bytea),
            "text" | "varchar" => plain(StorageType::String, PgType::Text),
            "bpchar" => plain(StorageType::String, PgType::AsText),
            // `name` would cut a long text without a word.
            _ => shown(),
        },
    };
    let sql = entry.map_or_else(|| "text".to_owned(), |entry| format!("{}.{}", quote(&entry.schema), quote(&entry.name)));
    Resolved { ty, pg, read_only, sql, not_null, has_default }
}

/// Precision and scale of a `numeric`; zeros when it has none, and for the rare scales that a model cannot say (more digits after the point
/// than there are at all), which the database checks.
fn digits(modifier: i32) -> (u16, u16) {
    if modifier < 4 {
        return (0, 0);
    }
    let precision = ((modifier - 4) >> 16) & 0xffff;
    // Eleven bits with a sign.
    let scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
    match (u16::try_from(precision - scale.min(0)), u16::try_from(scale.max(0))) {
        (Ok(precision), Ok(scale)) if scale <= precision && precision <= 1000 => (precision, scale),
        _ => (0, 0),
    }
}

/// How a column of this type is read for an attribute with these values; none when they do not go together. A model may be edited: every
/// column can be shown as text, a whole number counts as any number.
pub(super) fn served_as(pg: PgType, values: ValueType) -> Option<PgType> {
    Some(match (values, pg) {
        (ValueType::Text, PgType::Text) => PgType::Text,
        (ValueType::Text, _) => PgType::AsText,
        (ValueType::Uuid, PgType::Uuid)
        | (ValueType::Bool, PgType::Bool)
        | (ValueType::Int, PgType::Int)
        | (ValueType::Double, PgType::Float4 | PgType::Float8 | PgType::Int)
        | (ValueType::Decimal, PgType::Numeric)
        | (ValueType::Duration, PgType::Span | PgType::Int)
        | (ValueType::Date, PgType::Date)
        | (ValueType::Instant, PgType::Timestamp | PgType::TimestampTz | PgType::Instant)
        | (ValueType::Object, PgType::Json | PgType::Jsonb | PgType::Array)
        | (ValueType::Image | ValueType::Blob, PgType::Bytea) => pg,
        (ValueType::Decimal, PgType::Int) => PgType::Numeric,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `atttypmod` of `numeric(precision, scale)`.
    fn modifier(precision: i32, scale: i32) -> i32 {
        ((precision << 16) | (scale & 0x7ff)) + 4
    }

    #[test]
    fn digits_of_numerics() {
        assert_eq!(digits(-1), (0, 0));
        assert_eq!(digits(modifier(10, 2)), (10, 2));
        assert_eq!(digits(modifier(1000, 0)), (1000, 0));
        // 12000 has two digits that count and three zeros.
        assert_eq!(digits(modifier(2, -3)), (5, 0));
        assert_eq!(digits(modifier(2, 4)), (0, 0));
    }

    #[test]
    fn every_type_can_be_shown_as_text_and_few_as_another() {
        for pg in [PgType::Int, PgType::Numeric, PgType::Jsonb, PgType::Bytea, PgType::AsText, PgType::Span] {
            assert_eq!(served_as(pg, ValueType::Text), Some(PgType::AsText), "{pg:?}");
        }
        assert_eq!(served_as(PgType::Int, ValueType::Decimal), Some(PgType::Numeric));
        assert_eq!(served_as(PgType::Text, ValueType::Int), None);
        assert_eq!(served_as(PgType::Numeric, ValueType::Double), None);
    }
}
