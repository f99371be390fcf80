//! The same without `async`, and structs as entities.
#![allow(clippy::unwrap_used, missing_docs)]

mod loopback;

use claviger_client::blocking::{DataStore, Returned};
use claviger_client::{Dataclass, Error, TypedEntity as _, params};
use loopback::{Loopback, Reply};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

const CATALOG: &str = r#"{"__NAME":"library","methods":[{"name":"hello","applyTo":"dataStore"}],"dataClasses":[
  {"name":"Book","collectionName":"BookSelection","key":[{"name":"ID"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long","identifying":true},
    {"name":"title","kind":"storage","type":"string"},
    {"name":"price","kind":"storage","type":"number"},
    {"name":"details","kind":"storage","type":"object"},
    {"name":"authorName","kind":"alias","type":"string","readOnly":true}]}]}"#;

const BOOK: &str = r#"{"__KEY":"7","__STAMP":3,"ID":7,"title":"Solaris","price":10,"details":{"pages":204},"authorName":"Lem"}"#;

/// A runtime for the server alone: the client has its own.
fn served(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Runtime, Loopback) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Loopback::start(move |_, asked| {
        if asked.target.contains("$catalog/$all") { Reply::json(200, CATALOG) } else { answer(&asked.target) }
    }));
    (runtime, server)
}

#[test]
fn a_program_without_runtime_reads_and_writes() {
    let (_runtime, server) = served(|target| match target {
        _ if target.contains("hello") => Reply::json(200, r#"{"result":"Hello"}"#),
        _ if target.contains("Book(7)") || target.contains("$method=update") => Reply::json(200, BOOK),
        _ => Reply::json(200, &format!(r#"{{"__DATACLASS":"Book","__COUNT":1,"__FIRST":0,"__ENTITIES":[{BOOK}],"__SENT":1}}"#)),
    });
    let ds = DataStore::open(server.connect()).unwrap();
    assert_eq!(ds.dataclasses().unwrap(), ["Book"]);
    let books = ds.dataclass("Book").unwrap();
    let titles: Vec<String> = books.all().order_by("title").run().unwrap().iter().map(|book| book.unwrap().get("title").unwrap()).collect();
    assert_eq!(titles, ["Solaris"]);
    let mut book = books.get(7).unwrap().unwrap();
    book.set("title", "Solyaris").unwrap();
    assert!(book.save().unwrap().success && !book.touched());
    assert!(matches!(ds.call("hello", params![]).run().unwrap(), Returned::Value(value) if value == "Hello"));
    ds.close().unwrap();
}

#[tokio::test]
async fn async_code_is_told_to_take_the_other_one() {
    let server = Loopback::start(|_, _| Reply::json(200, CATALOG)).await;
    assert!(matches!(DataStore::open(server.connect()), Err(Error::Misuse(_))));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Details {
    pages: u32,
}

#[derive(Clone, Debug, PartialEq, Dataclass)]
#[dataclass(name = "Book")]
struct Volume {
    #[attribute(name = "ID", read_only)]
    id: Option<i64>,
    title: String,
    price: Option<f64>,
    #[attribute(object)]
    details: Option<Details>,
    #[attribute(read_only)]
    author_name: Option<String>,
}

#[tokio::test]
async fn a_struct_is_an_entity_of_which_only_changes_are_sent() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => Reply::json(200, CATALOG),
        target if target.contains("$method=update") => Reply::json(200, BOOK),
        _ => Reply::json(200, &format!(r#"{{"__DATACLASS":"Book","__COUNT":1,"__FIRST":0,"__ENTITIES":[{BOOK}],"__SENT":1}}"#)),
    })
    .await;
    let ds = claviger_client::DataStore::open(server.connect()).await.unwrap();
    assert_eq!((Volume::DATACLASS, Volume::ATTRIBUTES), ("Book", &["ID", "title", "price", "details", "authorName"][..]));
    let volumes = ds.typed::<Volume>().unwrap();
    let mut found = volumes.entities(volumes.query("price < :1", params![20])).await.unwrap();
    assert_eq!(
        server.lines()[1],
        r#"GET /rest/Book?$filter="price < :1"&$params='[20]'&$top=100&$attributes=ID,title,price,details,authorName"#
    );
    let book = &mut found[0];
    let details = Some(Details { pages: 204 });
    assert_eq!(**book, Volume { id: Some(7), title: "Solaris".into(), price: Some(10.0), details, author_name: Some("Lem".into()) });
    // Nothing is different: nothing is sent.
    assert!(book.save().await.unwrap().success);
    assert_eq!(server.lines().len(), 2);
    book.details = Some(Details { pages: 205 });
    book.author_name = None;
    assert!(book.save().await.unwrap().success);
    assert_eq!(server.asked()[2].body, r#"{"__KEY":"7","__STAMP":3,"details":{"pages":205}}"#);
    // As the server has it.
    assert_eq!(book.details, Some(Details { pages: 204 }));
    let new = Volume { id: None, title: "New".into(), price: None, details: None, author_name: None };
    volumes.create(new).await.unwrap();
    assert_eq!(server.asked()[3].body, r#"{"title":"New"}"#);
}
