//! Files that `claviger client types --lang rust` made compile, and do what they say. `library` is of the suite's application
//! (`clients/conformance/fixture`), `hostile` of a catalog that wants to be a program.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod loopback;
mod types {
    #[rustfmt::skip]
    pub mod hostile;
    #[rustfmt::skip]
    pub mod library;
}

use claviger_client::{Key, TypedEntity, params};
use loopback::{Loopback, Reply};
use types::library::{Author, Book, BookClassMembers as _, BookMembers as _, BookSelectionMembers as _, DatastoreFunctions as _};

const CATALOG: &str = r#"{"dataClasses":[
  {"name":"Book","collectionName":"BookSelection","key":[{"name":"ID"}],"methods":[{"name":"retitle","applyTo":"entity"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long"},{"name":"isbn","kind":"storage","type":"string"},{"name":"title","kind":"storage","type":"string"},
    {"name":"price","kind":"storage","type":"number"},{"name":"views","kind":"storage","type":"long64"},
    {"name":"published","kind":"storage","type":"date","simpleDate":true},{"name":"addedAt","kind":"storage","type":"date"},
    {"name":"playTime","kind":"storage","type":"duration"},{"name":"details","kind":"storage","type":"object"},
    {"name":"sample","kind":"storage","type":"blob"},{"name":"cover","kind":"storage","type":"image"},{"name":"authorID","kind":"storage","type":"long"},
    {"name":"author","kind":"relatedEntity","type":"Author"},{"name":"authorName","kind":"alias","type":"string","readOnly":true},
    {"name":"label","kind":"calculated","type":"string","readOnly":true}]},
  {"name":"Author","collectionName":"AuthorSelection","key":[{"name":"ID"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long"},{"name":"fullName","kind":"storage","type":"string"},{"name":"active","kind":"storage","type":"bool"},
    {"name":"countryCode","kind":"storage","type":"string"},{"name":"country","kind":"relatedEntity","type":"Country"}]}]}"#;
const BOOK: &str = r#"{"__KEY":"1","__STAMP":3,"ID":1,"isbn":null,"title":"Atlas","price":10.5,"views":9007199254740993,"published":"4!8!1991","addedAt":null,
  "playTime":5400000,"details":{"a":1},"sample":null,"cover":{"__deferred":{"uri":"/rest/Book[1]/cover","image":true}},"authorID":7,
  "author":{"__deferred":{"uri":"/rest/Author[7]","__KEY":"7"}},"authorName":"Ana","label":"x"}"#;

#[tokio::test]
async fn structs_relations_and_functions_of_the_made_file_work() {
    let server = Loopback::playing(vec![
        Reply::json(200, CATALOG),
        Reply::json(200, BOOK),
        Reply::json(200, r#"{"__KEY":"7","__STAMP":1,"ID":7,"fullName":"Ana","active":true,"countryCode":null,"country":null}"#),
        Reply::json(200, r#"{"result":{"success":true}}"#),
        Reply::json(200, &BOOK.replace("\"__STAMP\":3", "\"__STAMP\":4").replace("\"7\"", "\"8\"")),
        Reply::json(200, r#"{"result":1}"#),
        Reply::json(200, r#"{"result":2}"#),
    ])
    .await;
    let ds = claviger_client::DataStore::open(server.connect()).await.unwrap();
    let books = ds.typed::<Book>().unwrap();
    let mut book = books.get(1).await.unwrap().unwrap();
    assert_eq!((book.title.as_str(), book.views, book.author.clone()), ("Atlas", Some(9_007_199_254_740_993), Some(Key::from(7))));
    assert_eq!(book.published.unwrap().to_string(), "1991-08-04");
    let author: Author = book.author().await.unwrap().unwrap().into_value();
    assert_eq!((author.full_name.as_str(), author.active), ("Ana", Some(true)));
    assert!(book.retitle(params!["New"]).await.is_ok());
    book.author = Some(Key::from(8));
    assert!(book.save().await.unwrap().success);
    assert_eq!(server.asked()[4].body, r#"{"__KEY":"1","__STAMP":3,"author":{"__KEY":"8"}}"#, "only what changed is saved");
    assert_eq!(books.cheapest(params![3]).value::<i64>().await.unwrap(), 1);
    assert_eq!(ds.hello(params!["Ines"]).value::<i64>().await.unwrap(), 2);
    let _ = books.dataclass().new_selection().total(params![2]);
    assert!(!Book::ATTRIBUTES.contains(&"books") && Author::DATACLASS == "Author");
}
