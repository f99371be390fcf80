//! Binds as SQLite takes them.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

use crate::bind::Bind;

impl ToSql for Bind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::from(self)))
    }
}

impl<'a> From<&'a Bind> for ValueRef<'a> {
    fn from(bind: &'a Bind) -> Self {
        match bind {
            Bind::Null => Self::Null,
            Bind::Integer(number) => Self::Integer(*number),
            Bind::Real(number) => Self::Real(*number),
            Bind::Text(text) => Self::Text(text.as_bytes()),
            Bind::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl From<ValueRef<'_>> for Bind {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl FromSql for Bind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(value.into())
    }
}
