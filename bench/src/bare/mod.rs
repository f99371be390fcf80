//! What the product is measured against: a bare loop of axum and a database driver, with nothing of ours in between.

mod book;
mod postgres;
mod sqlite;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::{Listener as _, ListenerExt as _};

/// The columns of a book, in the order in which [`book::Book`] is read.
const COLUMNS: &str = r#""ID", "__timestamp", "__stamp", "isbn", "title", "price", "pages", "authorID""#;

/// What reads and writes on one engine.
trait Source: Send + Sync + Sized + 'static {
    /// One book, as the product's `by-key` writes it.
    fn entity(&self, id: i64) -> impl Future<Output = Result<Vec<u8>>> + Send;
    /// A hundred books, as the product's `page-100` writes them.
    fn page(&self) -> impl Future<Output = Result<Vec<u8>>> + Send;
    /// One commit for one note.
    fn insert(self: Arc<Self>, note: serde_json::Value) -> impl Future<Output = Result<()>> + Send;
}

struct Bare<S> {
    source: Arc<S>,
    /// What a key look-up at least is: one key in a table of keys.
    keys: HashMap<String, u64>,
}

/// Serves the database with this URL on a free port of the loopback, prints `listening on http://…`, and runs until it is ended. `key` is
/// the one key accepted.
pub(crate) fn serve(url: &str, key: String) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match url.strip_prefix("sqlite:") {
            Some(path) => listen(sqlite::Sqlite::open(path.as_ref())?, key).await,
            None => listen(postgres::Postgres::open(url).await?, key).await,
        }
    })
}

async fn listen<S: Source>(source: S, key: String) -> Result<()> {
    let bare = Arc::new(Bare { source: Arc::new(source), keys: HashMap::from([(key, 1)]) });
    let router = Router::new()
        .route("/entity/{id}", get(entity::<S>))
        .route("/page", get(page::<S>))
        .route("/insert-single", post(insert_single::<S>))
        .with_state(bare);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

fn answer(body: Result<Vec<u8>>) -> Response {
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn entity<S: Source>(State(bare): State<Arc<Bare<S>>>, UrlPath(id): UrlPath<i64>, headers: HeaderMap) -> Response {
    let known = headers.get("api-key").and_then(|key| key.to_str().ok()).and_then(|key| bare.keys.get(key));
    if known.is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    answer(bare.source.entity(id).await)
}

async fn page<S: Source>(State(bare): State<Arc<Bare<S>>>) -> Response {
    answer(bare.source.page().await)
}

/// One commit per request: what an insert costs without grouping.
async fn insert_single<S: Source>(State(bare): State<Arc<Bare<S>>>, body: String) -> Response {
    let stored = match serde_json::from_str(&body) {
        Ok(note) => Arc::clone(&bare.source).insert(note).await,
        Err(error) => Err(error.into()),
    };
    match stored {
        Ok(()) => (StatusCode::OK, "{\"ok\":true}").into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
