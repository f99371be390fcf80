//! What is related to a row, read with statements of its own for each row: they cost next to nothing inside the process.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql};

use crate::bind::Bind;
use crate::emit::{Emitter, Related, Values};
use crate::error::SinkFull;
use crate::sink::Sink;
use crate::sql::Sql;
use crate::sql::columns::{EntityShape, Link, ListShape, ManyShape};

/// Columns of a row that are fetched from the engine once and then looked at as often as members need them.
const FETCHED: usize = 32;

impl Values for Row<'_> {
    #[inline]
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.get_ref(column).unwrap_or(ValueRef::Null)
    }
}

/// Puts a row aside.
pub(super) fn put_aside(row: &Row<'_>) -> Vec<Bind> {
    (0..row.as_ref().column_count()).map(|column| row.get(column).unwrap_or(Bind::Null)).collect()
}

/// The entity under the cursor with all its fields.
pub(super) fn emit<S: Sink>(emitter: &mut Emitter<'_, S, Connection>, row: &Row<'_>, shape: &EntityShape) -> rusqlite::Result<()> {
    let count = row.as_ref().column_count();
    if count > FETCHED {
        return emitter.entity(row, shape);
    }
    let mut values = [ValueRef::Null; FETCHED];
    for (column, value) in values.iter_mut().enumerate().take(count) {
        *value = row.value(column);
    }
    emitter.entity(&values[..count], shape)
}

/// A value lent to a parameter.
struct Lent<'a>(ValueRef<'a>);

impl ToSql for Lent<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// What a statement is tied to, then what it binds by itself.
fn parameters<'r>(row: &'r (impl Values + ?Sized), links: &'r [Link], sql: &'r Sql) -> impl Iterator<Item = Lent<'r>> {
    links.iter().map(|link| Lent(row.value(link.column))).chain(sql.binds.iter().map(|bind| Lent(bind.into())))
}

impl From<SinkFull> for rusqlite::Error {
    fn from(full: SinkFull) -> Self {
        Self::UserFunctionError(Box::new(full))
    }
}

impl Related for Connection {
    type Error = rusqlite::Error;

    fn list(&self, row: &(impl Values + ?Sized), list: &ListShape) -> rusqlite::Result<Vec<Bind>> {
        let mut statement = self.prepare_cached(&list.sql.text)?;
        let rows = statement.query_map(rusqlite::params_from_iter(parameters(row, &list.links, &list.sql)), |row| row.get(0))?;
        rows.collect()
    }

    fn many<O>(
        &self,
        parent: &(impl Values + ?Sized),
        many: &ManyShape,
        out: &mut O,
        head: impl FnOnce(&mut O, u64),
        mut each: impl FnMut(&mut O, &dyn Values) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.prepare_cached(&many.count_sql.text)?;
        let count: i64 =
            statement.query_row(rusqlite::params_from_iter(parameters(parent, &many.links, &many.count_sql)), |row| row.get(0))?;
        head(out, count.unsigned_abs());
        if count > 0 {
            let mut statement = self.prepare_cached(&many.page_sql.text)?;
            let mut rows = statement.query(rusqlite::params_from_iter(parameters(parent, &many.links, &many.page_sql)))?;
            while let Some(row) = rows.next()? {
                each(out, row)?;
            }
        }
        Ok(())
    }
}
