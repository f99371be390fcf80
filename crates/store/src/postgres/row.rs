//! Rows as the product sees them: each value a whole number, a double, text or bytes. What has another type is brought into one of these by
//! the statement ([`super::types::PgType::selected`]).

use std::error::Error;

use rusqlite::types::ValueRef;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::bind::EPOCH;
use crate::emit::Values;

/// A row of an answer.
#[derive(Debug)]
pub(super) struct PgRow {
    row: Row,
    /// Columns at its beginning that do not belong to the entity.
    skipped: usize,
    number: u32,
}

/// A value in the product's form.
struct Seen<'a>(ValueRef<'a>);

impl PgRow {
    /// A row; `number` tells it apart from all others of one answer.
    pub(super) fn new(row: Row, skipped: usize, number: u32) -> Self {
        Self { row, skipped, number }
    }

    /// Number of its columns.
    pub(super) fn width(&self) -> usize {
        self.row.len() - self.skipped
    }
}

impl Values for PgRow {
    fn value(&self, column: usize) -> ValueRef<'_> {
        value(&self.row, column + self.skipped)
    }

    fn number(&self) -> u32 {
        self.number
    }
}

/// A value of a row.
pub(super) fn value(row: &Row, column: usize) -> ValueRef<'_> {
    row.try_get::<_, Option<Seen<'_>>>(column).ok().flatten().map_or(ValueRef::Null, |seen| seen.0)
}

impl<'a> FromSql<'a> for Seen<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => ValueRef::Integer(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => ValueRef::Integer(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => ValueRef::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => ValueRef::Integer(i64::from_sql(ty, raw)?),
            Type::FLOAT4 => ValueRef::Real(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => ValueRef::Real(f64::from_sql(ty, raw)?),
            Type::UUID | Type::BYTEA => ValueRef::Blob(raw),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => match i64::from_sql(&Type::INT8, raw)? {
                i64::MAX => ValueRef::Text(b"infinity"),
                i64::MIN => ValueRef::Text(b"-infinity"),
                micros => ValueRef::Integer(micros.saturating_add(EPOCH).div_euclid(1000)),
            },
            _ => ValueRef::Text(raw),
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::BOOL
                | Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::FLOAT4
                | Type::FLOAT8
                | Type::UUID
                | Type::BYTEA
                | Type::TIMESTAMP
                | Type::TIMESTAMPTZ
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::JSON
                | Type::UNKNOWN
        ) || matches!(ty.kind(), Kind::Enum(_) | Kind::Domain(_))
            || ty.name() == "citext"
    }
}
