//! The bare loop over a SQLite file.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use rusqlite::{Connection, OpenFlags, Row, params};

use super::book::{Book, Page};
use super::{COLUMNS, Source};
use crate::made::PAGE_FLOOR;

pub(super) struct Sqlite {
    database: PathBuf,
    writer: Mutex<Connection>,
    /// Taken once, at the start.
    count: i64,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

impl Sqlite {
    pub(super) fn open(database: &Path) -> Result<Self> {
        // Inserts have a database of their own, on the same disk: the product's is left alone.
        let writer = Connection::open(database.with_extension("bare.db"))?;
        writer.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS Note (ID INTEGER PRIMARY KEY, title TEXT, price REAL)",
        )?;
        let count = open(database)?.query_row("SELECT count(*) FROM Book WHERE price >= ?1", params![PAGE_FLOOR], |row| row.get(0))?;
        Ok(Self { database: database.to_owned(), writer: Mutex::new(writer), count })
    }

    /// One connection for each thread of the runtime.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        READER.with_borrow_mut(|slot| {
            if slot.is_none() {
                *slot = Some(open(&self.database)?);
            }
            slot.as_ref().map_or_else(|| anyhow::bail!("no connection"), read)
        })
    }
}

impl Source for Sqlite {
    async fn entity(&self, id: i64) -> Result<Vec<u8>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM Book WHERE ID = ?1"))?;
            let mut rows = statement.query(params![id])?;
            Ok(book(rows.next()?.ok_or_else(|| anyhow::anyhow!("no such book"))?)?.alone())
        })
    }

    async fn page(&self) -> Result<Vec<u8>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM Book WHERE price >= ?1 ORDER BY ID LIMIT 100"))?;
            let mut rows = statement.query(params![PAGE_FLOOR])?;
            let mut page = Page::of(self.count);
            while let Some(row) = rows.next()? {
                page.push(&book(row)?);
            }
            Ok(page.end())
        })
    }

    /// `synchronous=FULL`.
    async fn insert(self: Arc<Self>, note: serde_json::Value) -> Result<()> {
        tokio::task::spawn_blocking(move || {
            let writer = self.writer.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
            writer
                .prepare_cached("INSERT INTO Note (title, price) VALUES (?1, ?2)")?
                .execute(params![note["title"].as_str(), note["price"].as_f64()])?;
            Ok(())
        })
        .await?
    }
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn book<'a>(row: &'a Row<'_>) -> Result<Book<'a>> {
    Ok(Book {
        id: row.get(0)?,
        timestamp: row.get(1)?,
        stamp: row.get(2)?,
        isbn: row.get_ref(3)?.as_str()?,
        title: row.get_ref(4)?.as_str()?,
        price: row.get(5)?,
        pages: row.get(6)?,
        author: row.get(7)?,
    })
}
