//! A remote datastore, opened by endpoint and API key: `openDatastore` for Rust. Speaks only HTTP, and knows no other crate of the server.
//!
//! ```no_run
//! use claviger_client::{Connect, DataStore, params};
//!
//! # async fn f(key: &str) -> claviger_client::Result<()> {
//! let ds = DataStore::open(Connect::endpoint("https://library.example.org").api_key(key)).await?;
//! let books = ds.dataclass("Book")?;
//! let cheap = books.query("price < :1 and author.fullName = :2", params![20, "Lem@"]).order_by("title").select(["title", "price"]).await?;
//! for book in cheap.iter().await? {
//!     println!("{}", book.get::<String>("title")?);
//! }
//! let mut book = books.new_entity();
//! book.set("title", "Solaris")?;
//! let status = book.save().await?;
//! assert!(status.success);
//! # Ok(()) }
//! ```
//!
//! What a function of the reference is called here stands in its documentation.

mod ask;
mod batch;
mod call;
mod catalog;
mod connect;
mod connections;
mod dataclass;
mod datastore;
mod endpoint;
mod entity;
mod error;
mod farewell;
mod http;
mod log;
mod query;
mod registry;
mod row;
mod secret;
mod selection;
mod session;
mod status;
mod tls;
mod typed;
mod value;

pub mod blocking;

pub use batch::Transaction;
pub use call::{Call, Response, Returned};
pub use catalog::{
    AttributeInfo, AttributeKind, AttributeType, Catalog, CatalogProperties, DataclassInfo, KeyPart, MethodInfo, SingletonInfo,
};
pub use connect::{Clock, Connect};
pub use connections::Connections;
pub use dataclass::{Dataclass, Saved};
pub use datastore::{ConnectionInfo, DataStore, Info, open_datastore};
pub use entity::{DropMode, Entity, LockMode, SaveMode};
pub use error::{Error, Missing, Outcome, Reason, RemoteError, Result};
pub use log::{LoggedRequest, LoggedResponse, RequestLog};
pub use query::{Query, QuerySettings};
pub use row::{Page, Row};
pub use selection::{Compute, Cursor, Entities, Selection};
pub use status::Status;
pub use typed::{Stored, Typed, TypedEntity};
pub use value::{EntityValue, FromValue, Key, Media, Upload, Value};

#[cfg(feature = "derive")]
pub use claviger_client_derive::Dataclass;

/// Dates, points in time and durations of attributes.
pub use jiff;
/// The HTTP client that [`Connect::http`] takes a builder of.
pub use reqwest;
/// Objects and collections of attributes, and numbers with all their digits.
pub use serde_json;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
