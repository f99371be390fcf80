//! What the product is measured against: a bare loop of axum and rusqlite, with nothing of ours in between.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::{Listener as _, ListenerExt as _};
use claviger_model::value::{write_double, write_instant, write_json_string};
use rusqlite::{Connection, OpenFlags, Row, params};

use crate::made::PAGE_FLOOR;

struct Bare {
    database: PathBuf,
    writer: Mutex<Connection>,
    count: u64,
    /// What a key look-up at least is: one key in a table of keys.
    keys: HashMap<String, u64>,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

const COLUMNS: &str = "ID, __timestamp, __stamp, isbn, title, price, pages, authorID";

/// Serves on a free port of the loopback, prints `listening on http://…`, and runs until it is ended. `key` is the one key accepted.
pub(crate) fn serve(database: &Path, key: String) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Inserts have a database of their own, on the same disk: the product's is left alone.
        let writer = Connection::open(database.with_extension("bare.db"))?;
        writer.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS Note (ID INTEGER PRIMARY KEY, title TEXT, price REAL)",
        )?;
        let count = open(database)?.query_row("SELECT count(*) FROM Book WHERE price >= ?1", params![PAGE_FLOOR], |row| row.get::<_, i64>(0))?;
        let keys = HashMap::from([(key, 1)]);
        let bare = Arc::new(Bare { database: database.to_owned(), writer: Mutex::new(writer), count: count.unsigned_abs(), keys });
        let router = Router::new()
            .route("/entity/{id}", get(entity))
            .route("/page", get(page))
            .route("/insert-single", post(insert_single))
            .with_state(bare);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// One connection for each thread of the runtime.
fn with_reader<T>(bare: &Bare, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    READER.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(open(&bare.database)?);
        }
        slot.as_ref().map_or_else(|| anyhow::bail!("no connection"), read)
    })
}

fn answer(body: Result<Vec<u8>>) -> Response {
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The same entity as the product's `by-key`, byte for byte.
async fn entity(State(bare): State<Arc<Bare>>, UrlPath(id): UrlPath<i64>, headers: HeaderMap) -> Response {
    let known = headers.get("api-key").and_then(|key| key.to_str().ok()).and_then(|key| bare.keys.get(key));
    if known.is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    answer(with_reader(&bare, |connection| {
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM Book WHERE ID = ?1"))?;
        let mut rows = statement.query(params![id])?;
        let row = rows.next()?.ok_or_else(|| anyhow::anyhow!("no such book"))?;
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"__entityModel\":\"Book\",\"__DATACLASS\":\"Book\",");
        members(&mut out, row)?;
        out.push(b'}');
        Ok(out)
    }))
}

/// The same page as the product's `page-100`, byte for byte; its count is taken once, at the start.
async fn page(State(bare): State<Arc<Bare>>) -> Response {
    answer(with_reader(&bare, |connection| {
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM Book WHERE price >= ?1 ORDER BY ID LIMIT 100"))?;
        let mut rows = statement.query(params![PAGE_FLOOR])?;
        let mut out = Vec::with_capacity(32 * 1024);
        out.extend_from_slice(b"{\"__DATACLASS\":\"Book\",\"__entityModel\":\"Book\",\"__GlobalStamp\":0,\"__COUNT\":");
        out.extend_from_slice(itoa::Buffer::new().format(bare.count).as_bytes());
        out.extend_from_slice(b",\"__FIRST\":0,\"__ENTITIES\":[");
        let mut sent = 0;
        while let Some(row) = rows.next()? {
            out.extend_from_slice(if sent > 0 { b",{" } else { b"{" });
            members(&mut out, row)?;
            out.push(b'}');
            sent += 1;
        }
        out.extend_from_slice(b"],\"__SENT\":");
        number(&mut out, sent);
        out.push(b'}');
        Ok(out)
    }))
}

/// The members of a book, without its braces.
fn members(out: &mut Vec<u8>, row: &Row<'_>) -> Result<()> {
    let id: i64 = row.get(0)?;
    out.extend_from_slice(b"\"__KEY\":\"");
    number(out, id);
    out.extend_from_slice(b"\",\"__TIMESTAMP\":\"");
    write_instant(out, row.get(1)?);
    out.extend_from_slice(b"\",\"__STAMP\":");
    number(out, row.get(2)?);
    out.extend_from_slice(b",\"ID\":");
    number(out, id);
    text(out, "isbn", row.get_ref(3)?.as_str()?);
    text(out, "title", row.get_ref(4)?.as_str()?);
    out.extend_from_slice(b",\"price\":");
    write_double(out, row.get(5)?);
    out.extend_from_slice(b",\"pages\":");
    number(out, row.get(6)?);
    let author: i64 = row.get(7)?;
    out.extend_from_slice(b",\"authorID\":");
    number(out, author);
    out.extend_from_slice(b",\"author\":{\"__deferred\":{\"uri\":\"/rest/Author[");
    number(out, author);
    out.extend_from_slice(b"]\",\"__KEY\":\"");
    number(out, author);
    out.extend_from_slice(b"\"}}");
    Ok(())
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    write_json_string(out, value);
}

/// One commit per request, `synchronous=FULL`: what an insert costs without grouping.
async fn insert_single(State(bare): State<Arc<Bare>>, body: String) -> Response {
    let stored = tokio::task::spawn_blocking(move || -> Result<()> {
        let value: serde_json::Value = serde_json::from_str(&body)?;
        let writer = bare.writer.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        writer
            .prepare_cached("INSERT INTO Note (title, price) VALUES (?1, ?2)")?
            .execute(params![value["title"].as_str(), value["price"].as_f64()])?;
        Ok(())
    })
    .await;
    match stored {
        Ok(Ok(())) => (StatusCode::OK, "{\"ok\":true}").into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
