//! The bare loop over a PostgreSQL database: prepared statements, over as many connections as the product shares among its readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use claviger_store::postgres::connections::lanes;
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::book::{Book, Page};
use super::{COLUMNS, Source};
use crate::made::PAGE_FLOOR;

pub(super) struct Postgres {
    connections: Vec<Connection>,
    next: AtomicUsize,
    /// Taken once, at the start.
    count: i64,
}

struct Connection {
    client: Client,
    entity: Statement,
    page: Statement,
    insert: Statement,
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..lanes() {
            connections.push(Connection::open(url).await?);
        }
        let sql = r#"SELECT count(*) FROM public."Book" WHERE price >= $1"#;
        let count = connections[0].client.query_one(sql, &[&PAGE_FLOOR]).await?.get(0);
        Ok(Self { connections, next: AtomicUsize::new(0), count })
    }

    fn connection(&self) -> &Connection {
        &self.connections[self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len()]
    }
}

impl Connection {
    async fn open(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client
            .batch_execute(
                "CREATE SCHEMA IF NOT EXISTS bare;
                 CREATE TABLE IF NOT EXISTS bare.note (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text, price double precision)",
            )
            .await?;
        let entity = client.prepare(&format!(r#"SELECT {COLUMNS} FROM public."Book" WHERE "ID" = $1"#)).await?;
        let page = client.prepare(&format!(r#"SELECT {COLUMNS} FROM public."Book" WHERE price >= $1 ORDER BY "ID" LIMIT 100"#)).await?;
        let insert = client.prepare("INSERT INTO bare.note (title, price) VALUES ($1, $2)").await?;
        Ok(Self { client, entity, page, insert })
    }
}

impl Source for Postgres {
    async fn entity(&self, id: i64) -> Result<Vec<u8>> {
        let connection = self.connection();
        let row = connection.client.query_opt(&connection.entity, &[&i32::try_from(id)?]).await?.context("no such book")?;
        Ok(book(&row)?.alone())
    }

    async fn page(&self) -> Result<Vec<u8>> {
        let connection = self.connection();
        let mut page = Page::of(self.count);
        for row in connection.client.query(&connection.page, &[&PAGE_FLOOR]).await? {
            page.push(&book(&row)?);
        }
        Ok(page.end())
    }

    async fn insert(self: Arc<Self>, note: serde_json::Value) -> Result<()> {
        let connection = self.connection();
        connection.client.execute(&connection.insert, &[&note["title"].as_str(), &note["price"].as_f64()]).await?;
        Ok(())
    }
}

fn book(row: &Row) -> Result<Book<'_>> {
    let long = |column: usize| row.try_get::<_, i32>(column).map(i64::from);
    let timestamp = row.try_get::<_, SystemTime>(1)?.duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Book {
        id: long(0)?,
        timestamp: i64::try_from(timestamp)?,
        stamp: long(2)?,
        isbn: row.try_get(3)?,
        title: row.try_get(4)?,
        price: row.try_get(5)?,
        pages: long(6)?,
        author: long(7)?,
    })
}
