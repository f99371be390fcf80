//! The writing connection as a change sees it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use claviger_model::Value;
use claviger_query::Projection;
use rusqlite::{ErrorCode, ffi, params_from_iter};

use crate::bind::Bind;
use crate::error::StoreError;
use crate::layout::SIDE_TABLE;
use crate::sink::Sink;
use crate::sql::Tables;
use crate::sql::prepared::Prepared;
use crate::sqlite::connection::Link;
use crate::sqlite::read::{Memory, read_entity};
use crate::write::database::{Broken, Constraint, ConstraintKind, Database};
use crate::write::ledger::Ledger;

/// The connection that writes.
#[derive(Debug)]
pub struct Transaction {
    /// The connection itself.
    pub link: Link,
    /// Statements of projections.
    pub memory: Memory,
    /// Rows of the stamps file that the open transaction wrote.
    noted: RefCell<Ledger<(String, Bind, i64)>>,
    /// Of a transaction that stays open: stamps of rows before it wrote them.
    stamps: RefCell<Option<Ledger<i64>>>,
    /// A part could not be ended: what it did may be there or not.
    is_broken: Cell<bool>,
}

impl Transaction {
    /// Changes on this connection.
    pub fn new(link: Link) -> Self {
        Self { link, memory: Memory::default(), noted: RefCell::default(), stamps: RefCell::default(), is_broken: Cell::new(false) }
    }

    /// Begins; from here on nobody else writes.
    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        self.noted.take();
        self.stamps.take();
        self.is_broken.set(false);
        if !self.link.db.is_autocommit() {
            // One before could not be undone when it was to be.
            self.undo();
        }
        self.statement("BEGIN IMMEDIATE")
    }

    /// From here to its end the transaction knows its own stamps.
    pub(super) fn stays_open(&self) {
        self.stamps.replace(Some(Ledger::default()));
    }

    /// The engine gave the transaction up, or a part of it could not be ended: nothing may be done with it but undo it.
    pub(super) fn is_lost(&self) -> bool {
        self.is_broken.get() || self.link.db.is_autocommit()
    }

    /// Commits what was done. A failure leaves nothing of it.
    pub(super) fn commit(&self) -> rusqlite::Result<()> {
        let done = self.statement("COMMIT");
        self.link.set_deadline(None, false);
        match done {
            Ok(()) => self.settle(),
            Err(_) => self.undo(),
        }
        done
    }

    /// Nothing stays of what was done.
    pub(super) fn undo(&self) {
        self.link.set_deadline(None, false);
        if !self.link.db.is_autocommit()
            && let Err(error) = self.statement("ROLLBACK")
        {
            tracing::error!(%error, "rollback failed");
        }
    }

    /// The database's commit was seen: the rows of the stamps file need their "before" no more (see [`crate::sqlite::stamps`]). Lost by a
    /// power cut it is as if it had not been done, so the disk is not waited for.
    fn settle(&self) {
        let noted = self.noted.take();
        if noted.entries().len() == 0 {
            return;
        }
        let work = || -> rusqlite::Result<()> {
            self.statement("PRAGMA main.synchronous = NORMAL")?;
            self.statement("BEGIN")?;
            let sql = format!(
                "UPDATE main.{SIDE_TABLE} SET prior_stamp = NULL, prior_hash = NULL WHERE table_name = ?1 AND row_key = ?2 AND stamp = ?3"
            );
            let mut statement = self.link.db.prepare_cached(&sql)?;
            for (table, key, stamp) in noted.entries() {
                statement.execute((table, key, stamp))?;
            }
            self.statement("COMMIT")
        };
        if let Err(error) = work() {
            tracing::warn!(%error, "the stamps file could not be settled");
            self.undo();
        }
        if let Err(error) = self.statement("PRAGMA main.synchronous = FULL") {
            tracing::error!(%error, "the stamps file is not as safe as it should be");
        }
    }

    pub(super) fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.link.db.prepare_cached(sql)?.execute([]).map(drop)
    }
}

impl Database for Transaction {
    fn rows(&self, sql: &str, binds: &[Bind]) -> Result<Vec<Vec<Bind>>, Broken> {
        let mut statement = self.link.db.prepare_cached(sql).map_err(meaning)?;
        let width = statement.column_count();
        let rows = statement.query_map(params_from_iter(binds), |row| (0..width).map(|index| row.get(index)).collect()).map_err(meaning)?;
        rows.collect::<Result<_, _>>().map_err(meaning)
    }

    fn execute(&self, sql: &str, binds: &[Bind]) -> Result<u64, Broken> {
        let mut statement = self.link.db.prepare_cached(sql).map_err(meaning)?;
        statement.execute(params_from_iter(binds)).map(|changed| changed as u64).map_err(meaning)
    }

    fn begin_part(&self) -> Result<(), StoreError> {
        self.statement("SAVEPOINT part")?;
        self.noted.borrow_mut().begin_part();
        if let Some(stamps) = &mut *self.stamps.borrow_mut() {
            stamps.begin_part();
        }
        Ok(())
    }

    fn end_part(&self, keep: bool) -> Result<(), StoreError> {
        // The engine may have given up the whole transaction; then there is no savepoint to end.
        if self.link.db.is_autocommit() {
            return Err(StoreError::Internal("the transaction is gone".to_owned()));
        }
        let undone = if keep { Ok(()) } else { self.statement("ROLLBACK TO part") };
        self.noted.borrow_mut().end_part(keep);
        if let Some(stamps) = &mut *self.stamps.borrow_mut() {
            stamps.end_part(keep);
        }
        let ended = undone.and_then(|()| self.statement("RELEASE part"));
        self.is_broken.set(self.is_broken.get() || ended.is_err());
        Ok(ended?)
    }

    fn prepared(&self, tables: Tables<'_>, projection: &Arc<Projection>) -> Arc<Prepared> {
        self.memory.prepared(tables, projection)
    }

    fn read_entity<S: Sink>(&self, prepared: &Prepared, key: &[Value], sink: &mut S) -> Result<bool, StoreError> {
        Ok(read_entity(&self.link.db, prepared, key, sink)?)
    }

    fn note(&self, row: (String, Bind, i64)) {
        let (table, key, _) = row.clone();
        self.noted.borrow_mut().push(&table, std::slice::from_ref(&key), row);
    }

    fn has_noted(&self, table: &str, key: &Bind) -> bool {
        self.noted.borrow().of(table, std::slice::from_ref(key)).next().is_some()
    }

    fn replaced(&self, table: &str, key: &[Bind], stamp: i64) {
        if let Some(stamps) = &mut *self.stamps.borrow_mut() {
            stamps.push(table, key, stamp);
        }
    }

    fn has_replaced(&self, table: &str, key: &[Bind], stamp: i64) -> bool {
        self.stamps.borrow().as_ref().is_some_and(|stamps| stamps.of(table, key).any(|own| *own == stamp))
    }
}

/// A failure of a statement as the rules of writing see it.
fn meaning(error: rusqlite::Error) -> Broken {
    if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) {
        return Broken::Store(error.into());
    }
    let rusqlite::Error::SqliteFailure(failure, message) = &error else { return Broken::Store(error.into()) };
    // `UNIQUE constraint failed: Book.isbn, Book.x`: names of the schema, never values.
    let names = message.as_deref().and_then(|message| message.split_once("constraint failed: ")).map(|(_, names)| names);
    let columns = names.into_iter().flat_map(|names| names.split(", ")).filter_map(|name| Some(name.rsplit_once('.')?.1.to_owned()));
    let kind = match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => ConstraintKind::Key,
        ffi::SQLITE_CONSTRAINT_UNIQUE => ConstraintKind::Unique,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::Reference,
        _ => ConstraintKind::Other,
    };
    Broken::Constraint(Constraint { kind, columns: columns.collect() })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::transaction::Lasting as _;

    fn transaction() -> Transaction {
        let transaction = Transaction::new(Link::new(Connection::open_in_memory().unwrap()).unwrap());
        transaction.link.db.execute_batch("CREATE TABLE t (n INTEGER)").unwrap();
        transaction
    }

    fn insert(transaction: &Transaction) {
        transaction.statement("INSERT INTO t VALUES (1)").unwrap();
    }

    fn count(transaction: &Transaction) -> i64 {
        transaction.link.db.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_part_that_cannot_be_ended_takes_all_with_it() {
        for is_kept in [false, true] {
            let transaction = transaction();
            transaction.begin().unwrap();
            transaction.begin_part().unwrap();
            insert(&transaction);
            transaction.statement("RELEASE part").unwrap();
            let error = transaction.end_part(is_kept).unwrap_err();
            assert!(transaction.loss(&error).is_some(), "{error}");
            transaction.undo();
            transaction.begin().unwrap();
            transaction.begin_part().unwrap();
            insert(&transaction);
            transaction.end_part(true).unwrap();
            assert_eq!(transaction.loss(&error), None, "the next one is another");
            transaction.commit().unwrap();
            assert_eq!(count(&transaction), 1);
        }
    }

    #[test]
    fn what_could_not_be_undone_is_undone_before_the_next_begins() {
        let transaction = transaction();
        transaction.begin().unwrap();
        insert(&transaction);
        transaction.begin().unwrap();
        transaction.commit().unwrap();
        assert_eq!(count(&transaction), 0);
    }
}
