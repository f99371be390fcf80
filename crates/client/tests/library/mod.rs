//! What the little server of the tests has: books and authors.
#![allow(dead_code, reason = "each test uses its part")]

use claviger_client::DataStore;

use crate::loopback::{Loopback, Reply};

pub(crate) const CATALOG: &str = r#"{"__NAME":"library","dataClasses":[
  {"name":"Book","collectionName":"BookSelection","key":[{"name":"ID"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long","identifying":true},
    {"name":"title","kind":"storage","type":"string"},
    {"name":"uri","kind":"storage","type":"string"},
    {"name":"price","kind":"storage","type":"number"},
    {"name":"details","kind":"storage","type":"object"},
    {"name":"author","kind":"relatedEntity","type":"Author","path":"Author"}]},
  {"name":"Author","collectionName":"AuthorSelection","key":[{"name":"ID"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long","identifying":true},
    {"name":"books","kind":"relatedEntities","type":"BookSelection","inverseName":"author","path":"author"}]}]}"#;

pub(crate) const SET: &str = "9A1C0D7E5B2F4836A7C4E0F1D2B39586";

pub(crate) fn catalog() -> Reply {
    Reply::json(200, CATALOG)
}

/// A page of books.
pub(crate) fn books(keys: std::ops::Range<usize>, count: usize, set: Option<&str>) -> Reply {
    let rows: Vec<_> = keys.map(|key| format!(r#"{{"__KEY":"{key}","__STAMP":1,"ID":{key},"title":"Book {key}"}}"#)).collect();
    let set = set.map(|id| format!(r#""__ENTITYSET":"/rest/Book/$entityset/{id}","#)).unwrap_or_default();
    Reply::json(
        200,
        &format!(
            r#"{{{set}"__DATACLASS":"Book","__COUNT":{count},"__FIRST":0,"__ENTITIES":[{}],"__SENT":{}}}"#,
            rows.join(","),
            rows.len()
        ),
    )
}

pub(crate) async fn open(server: &Loopback) -> DataStore {
    DataStore::open(server.connect()).await.unwrap()
}

/// A book.
pub(crate) const ROW: &str = r#"{"__KEY":"1","__STAMP":3,"ID":1,"title":"x"}"#;
/// It was locked.
pub(crate) const LOCKED: &str = r#"{"result":true,"__STATUS":{"success":true}}"#;
