//! What the product is measured against: a bare loop of axum and rusqlite, with nothing of ours in between.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rusqlite::{Connection, OpenFlags, params};

use crate::made::PAGE_FLOOR;

struct Bare {
    database: PathBuf,
    writer: Mutex<Connection>,
    count: u64,
}

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Serves on a free port of the loopback, prints `listening on http://…`, and runs until it is ended.
pub fn serve(database: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let writer = Connection::open(database)?;
        writer.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS bare_insert (id INTEGER PRIMARY KEY, title TEXT, price REAL)",
        )?;
        let count = writer.query_row("SELECT count(*) FROM Book WHERE price >= ?1", params![PAGE_FLOOR], |row| row.get::<_, i64>(0))?;
        let bare = Arc::new(Bare { database: database.to_owned(), writer: Mutex::new(writer), count: count.unsigned_abs() });
        let router = Router::new().route("/page", get(page)).route("/insert-single", post(insert_single)).with_state(bare);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

/// The same page as the product's `page-100`, byte for byte.
async fn page(State(bare): State<Arc<Bare>>) -> Response {
    match read_page(&bare) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn read_page(bare: &Bare) -> Result<Vec<u8>> {
    READER.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(Connection::open_with_flags(&bare.database, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?);
        }
        let Some(connection) = slot.as_ref() else { anyhow::bail!("no connection") };
        let mut statement = connection.prepare_cached(
            "SELECT ID, __timestamp, __stamp, isbn, title, price, pages, authorID FROM Book WHERE price >= ?1 ORDER BY ID LIMIT 100",
        )?;
        let mut rows = statement.query(params![PAGE_FLOOR])?;
        let mut out = Vec::with_capacity(32 * 1024);
        out.extend_from_slice(b"{\"__DATACLASS\":\"Book\",\"__entityModel\":\"Book\",\"__GlobalStamp\":0,\"__COUNT\":");
        out.extend_from_slice(itoa::Buffer::new().format(bare.count).as_bytes());
        out.extend_from_slice(b",\"__FIRST\":0,\"__ENTITIES\":[");
        let mut sent = 0_u64;
        while let Some(row) = rows.next()? {
            if sent > 0 {
                out.push(b',');
            }
            sent += 1;
            let id: i64 = row.get(0)?;
            out.extend_from_slice(b"{\"__KEY\":\"");
            number(&mut out, id);
            out.extend_from_slice(b"\",\"__TIMESTAMP\":");
            claviger_model::value::write_instant(&mut out, row.get(1)?);
            out.extend_from_slice(b",\"__STAMP\":");
            number(&mut out, row.get(2)?);
            out.extend_from_slice(b",\"ID\":");
            number(&mut out, id);
            text(&mut out, "isbn", row.get_ref(3)?.as_str()?);
            text(&mut out, "title", row.get_ref(4)?.as_str()?);
            out.extend_from_slice(b",\"price\":");
            serde_json::to_writer(&mut out, &Plain(row.get(5)?))?;
            out.extend_from_slice(b",\"pages\":");
            number(&mut out, row.get(6)?);
            let author: i64 = row.get(7)?;
            out.extend_from_slice(b",\"authorID\":");
            number(&mut out, author);
            out.extend_from_slice(b",\"author\":{\"__deferred\":{\"uri\":\"/rest/Author[");
            number(&mut out, author);
            out.extend_from_slice(b"]\",\"__KEY\":\"");
            number(&mut out, author);
            out.extend_from_slice(b"\"}}}");
        }
        out.extend_from_slice(b"],\"__SENT\":");
        out.extend_from_slice(itoa::Buffer::new().format(sent).as_bytes());
        out.push(b'}');
        Ok(out)
    })
}

/// A double without a useless `.0`.
struct Plain(f64);

impl serde::Serialize for Plain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 { serializer.serialize_i64(self.0 as i64) } else { serializer.serialize_f64(self.0) }
    }
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    claviger_model::value::write_json_string(out, value);
}

/// One commit per request, `synchronous=FULL`: what an insert costs without grouping.
async fn insert_single(State(bare): State<Arc<Bare>>, body: String) -> Response {
    let stored = tokio::task::spawn_blocking(move || -> Result<()> {
        let value: serde_json::Value = serde_json::from_str(&body)?;
        let writer = bare.writer.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        writer
            .prepare_cached("INSERT INTO bare_insert (title, price) VALUES (?1, ?2)")?
            .execute(params![value["title"].as_str(), value["price"].as_f64()])?;
        Ok(())
    })
    .await;
    match stored {
        Ok(Ok(())) => (StatusCode::OK, "{\"ok\":true}").into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
