//! What is related to the rows of an answer: one statement for each relation that is expanded, however many rows there are.

use std::future::Future;
use std::pin::Pin;

use deadpool_postgres::ClientWrapper;
use rusqlite::types::ValueRef;
use rustc_hash::FxHashMap;
use tokio_postgres::types::ToSql;

use super::engine::Engine;
use super::row::{PgRow, value};
use super::types::PgType;
use crate::bind::Bind;
use crate::emit::{Related, Values};
use crate::error::StoreError;
use crate::sql::columns::{EntityShape, FieldShape, Link, ListShape, ManyShape};

/// The related rows of one answer. Whose they are: the shape, by its place in memory, and the number of the parent row.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    many: FxHashMap<(usize, u32), Page>,
    lists: FxHashMap<(usize, u32), Vec<Bind>>,
    rows: u32,
}

#[derive(Debug, Default)]
struct Page {
    count: u64,
    rows: Vec<PgRow>,
}

impl Fetched {
    /// A number for a row.
    pub(super) fn number(&mut self) -> u32 {
        self.rows += 1;
        self.rows
    }

    /// Reads what is related to these rows, and what is related to that.
    pub(super) fn fetch<'a>(
        &'a mut self,
        engine: &'a Engine,
        client: &'a ClientWrapper,
        shape: &'a EntityShape,
        rows: &'a [&'a PgRow],
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(());
            }
            let (mut lists, mut manys) = (Vec::new(), Vec::new());
            separate(shape, &mut lists, &mut manys);
            for list in lists {
                let (parents, arrays) = links(&list.links, rows);
                for row in engine.ask_for_all(client, &list.sql, &arrays).await? {
                    let Some(parent) = parent(&parents, &row) else { continue };
                    self.lists.entry((address(list), parent)).or_default().push(Bind::from(value(&row, 1)));
                }
            }
            for many in manys {
                let (parents, arrays) = links(&many.links, rows);
                if parents.is_empty() {
                    continue;
                }
                for row in engine.ask_for_all(client, &many.count_sql, &arrays).await? {
                    let Some(parent) = parent(&parents, &row) else { continue };
                    if let ValueRef::Integer(count) = value(&row, 1) {
                        self.many.entry((address(many), parent)).or_default().count = count.unsigned_abs();
                    }
                }
                let mut found: FxHashMap<u32, Vec<PgRow>> = FxHashMap::default();
                for row in engine.ask_for_all(client, &many.page_sql, &arrays).await? {
                    let Some(parent) = parent(&parents, &row) else { continue };
                    let number = self.number();
                    found.entry(parent).or_default().push(PgRow::new(row, 1, number));
                }
                let below: Vec<&PgRow> = found.values().flatten().collect();
                self.fetch(engine, client, &many.shape, &below).await?;
                for (parent, rows) in found {
                    self.many.entry((address(many), parent)).or_default().rows = rows;
                }
            }
            Ok(())
        })
    }
}

/// The statements of their own that an entity needs, also those of related entities that stand in its row.
fn separate<'s>(shape: &'s EntityShape, lists: &mut Vec<&'s ListShape>, manys: &mut Vec<&'s ManyShape>) {
    for field in &shape.fields {
        match field {
            FieldShape::List(list) => lists.push(list),
            FieldShape::Many(many) => manys.push(many),
            FieldShape::One { shape, .. } => separate(shape, lists, manys),
            FieldShape::Cell(_) | FieldShape::Reference(_) | FieldShape::DeferredMany => {}
        }
    }
}

fn address<T>(shape: &T) -> usize {
    std::ptr::from_ref(shape).addr()
}

/// The rows that are tied to something, by number, and for each link the values of all of them.
fn links(links: &[Link], rows: &[&PgRow]) -> (Vec<u32>, Vec<Box<dyn ToSql + Sync + Send>>) {
    let tied: Vec<&&PgRow> = rows.iter().filter(|row| links.iter().all(|link| !matches!(row.value(link.column), ValueRef::Null))).collect();
    let arrays = links.iter().map(|link| {
        let values = tied.iter().map(|row| row.value(link.column));
        let array: Box<dyn ToSql + Sync + Send> = match link.pg {
            Some(PgType::Int | PgType::Span) => Box::new(values.map(whole).collect::<Vec<Option<i64>>>()),
            _ => Box::new(values.map(text).collect::<Vec<Option<String>>>()),
        };
        array
    });
    let arrays = arrays.collect();
    (tied.iter().map(|row| row.number()).collect(), arrays)
}

fn whole(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// A value as PostgreSQL writes it.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(crate::write::encode::hexadecimal(bytes)),
    }
}

/// Number of the parent row: the first column counts the parents from 1.
fn parent(parents: &[u32], row: &tokio_postgres::Row) -> Option<u32> {
    match value(row, 0) {
        ValueRef::Integer(place) => parents.get(usize::try_from(place).ok()?.checked_sub(1)?).copied(),
        _ => None,
    }
}

impl Related for Fetched {
    type Error = StoreError;

    fn list(&self, row: &(impl Values + ?Sized), list: &ListShape) -> Result<Vec<Bind>, StoreError> {
        Ok(self.lists.get(&(address(list), row.number())).cloned().unwrap_or_default())
    }

    fn many<O>(
        &self,
        parent: &(impl Values + ?Sized),
        many: &ManyShape,
        out: &mut O,
        head: impl FnOnce(&mut O, u64),
        mut each: impl FnMut(&mut O, &dyn Values) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(page) = self.many.get(&(address(many), parent.number())) else {
            head(out, 0);
            return Ok(());
        };
        head(out, page.count);
        page.rows.iter().try_for_each(|row| each(out, row))
    }
}
