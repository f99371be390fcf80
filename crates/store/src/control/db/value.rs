//! Values on their way in and out.

use crate::bind::Bind;

use super::DbError;

/// What can be bound.
pub(crate) trait IntoBind {
    fn into_bind(self) -> Bind;
}

macro_rules! integers {
    ($($type:ty),+) => { $(impl IntoBind for $type { fn into_bind(self) -> Bind { Bind::Integer(i64::from(self)) } })+ };
}
integers!(i64, u16, u32, bool);

impl IntoBind for &str {
    fn into_bind(self) -> Bind {
        Bind::Text(self.to_owned())
    }
}

impl IntoBind for String {
    fn into_bind(self) -> Bind {
        Bind::Text(self)
    }
}

impl IntoBind for &String {
    fn into_bind(self) -> Bind {
        Bind::Text(self.clone())
    }
}

impl IntoBind for &[u8] {
    fn into_bind(self) -> Bind {
        Bind::Blob(self.to_vec())
    }
}

impl IntoBind for Vec<u8> {
    fn into_bind(self) -> Bind {
        Bind::Blob(self)
    }
}

impl<T: IntoBind> IntoBind for Option<T> {
    fn into_bind(self) -> Bind {
        self.map_or(Bind::Null, IntoBind::into_bind)
    }
}

impl<T> IntoBind for &Option<T>
where
    for<'a> &'a T: IntoBind,
{
    fn into_bind(self) -> Bind {
        self.as_ref().into_bind()
    }
}

impl IntoBind for &u16 {
    fn into_bind(self) -> Bind {
        Bind::Integer(i64::from(*self))
    }
}

/// `values![a, b]`: the values of `?1`, `?2`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$($crate::control::db::IntoBind::into_bind($value)),*] };
}
pub(crate) use values;

/// A value as a row has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// What can be read from a cell.
pub(crate) trait FromCell: Sized {
    /// For errors.
    const WHAT: &'static str;

    /// `None` when the cell holds something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

impl FromCell for i64 {
    const WHAT: &'static str = "number";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        if let Cell::Integer(number) = cell { Some(number) } else { None }
    }
}

impl FromCell for u16 {
    const WHAT: &'static str = "small number";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).and_then(|number| number.try_into().ok())
    }
}

impl FromCell for bool {
    const WHAT: &'static str = "truth value";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).map(|number| number != 0)
    }
}

impl FromCell for String {
    const WHAT: &'static str = "text";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.to_owned()) } else { None }
    }
}

impl FromCell for Vec<u8> {
    const WHAT: &'static str = "bytes";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        if let Cell::Blob(bytes) = cell { Some(bytes.to_vec()) } else { None }
    }
}

impl<const N: usize> FromCell for [u8; N] {
    const WHAT: &'static str = "bytes of the right number";

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        if let Cell::Blob(bytes) = cell { bytes.try_into().ok() } else { None }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    const WHAT: &'static str = T::WHAT;

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        if matches!(cell, Cell::Null) { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

/// A row of an answer.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn get<T: FromCell>(&self, column: usize) -> Result<T, DbError> {
        T::from_cell(self.cell(column)?).ok_or(DbError::Damaged { column, what: T::WHAT })
    }

    /// The text of a column.
    pub(crate) fn text(&self, column: usize) -> Result<&str, DbError> {
        self.optional_text(column)?.ok_or(DbError::Damaged { column, what: "text" })
    }

    /// The text of a column, if it has a value.
    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.cell(column)? {
            Cell::Text(text) => Ok(Some(text)),
            Cell::Null => Ok(None),
            _ => Err(DbError::Damaged { column, what: "text" }),
        }
    }

    /// The bytes of a column.
    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], DbError> {
        if let Cell::Blob(bytes) = self.cell(column)? { Ok(bytes) } else { Err(DbError::Damaged { column, what: "bytes" }) }
    }

    /// What the text of a column says.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, DbError> {
        self.text(column)?.parse().map_err(|_| DbError::Damaged { column, what: "valid value" })
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, DbError> {
        use rusqlite::types::ValueRef;
        let damaged = |what| DbError::Damaged { column, what };
        match self {
            Self::Sqlite(row) => Ok(match row.get_ref(column)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                ValueRef::Real(_) => return Err(damaged("value of a known type")),
                ValueRef::Text(bytes) => Cell::Text(std::str::from_utf8(bytes).map_err(|_| damaged("valid text"))?),
                ValueRef::Blob(bytes) => Cell::Blob(bytes),
            }),
            Self::Postgres(row) => super::postgres::cell(row, column),
        }
    }
}
