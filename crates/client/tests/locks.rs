//! The locks of a session: against a server that plays it.
#![allow(clippy::unwrap_used, missing_docs)]

mod loopback;

use std::sync::{Mutex, mpsc};

use claviger_client::DataStore;
use loopback::{Loopback, Reply};

const CATALOG: &str = r#"{"__NAME":"library","dataClasses":[
  {"name":"Book","collectionName":"BookSelection","key":[{"name":"ID"}],"attributes":[
    {"name":"ID","kind":"storage","type":"long","identifying":true},
    {"name":"title","kind":"storage","type":"string"}]}]}"#;
const BOOK: &str = r#"{"__KEY":"1","__STAMP":1,"ID":1,"title":"Book 1"}"#;
const SET: &str = "9A1C0D7E5B2F4836A7C4E0F1D2B39586";

#[tokio::test]
async fn the_end_of_a_lock_that_nobody_holds_does_not_overtake_a_newer_lock() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = Loopback::start(move |_, asked| {
        if asked.target.contains("$release") {
            // What is given back waits for the one before.
            gate.lock().unwrap().recv().unwrap();
        }
        match asked.target.as_str() {
            target if target.contains("$catalog") => Reply::json(200, CATALOG).with("set-cookie", "S=1"),
            target if target.contains("$lock") || asked.method == "POST" => Reply::json(200, r#"{"result":true,"ok":true}"#),
            target if target.starts_with("/rest/Book(") => Reply::json(200, BOOK),
            _ => Reply::json(200, &format!(r#"{{"__ENTITYSET":"/rest/Book/$entityset/{SET}","__COUNT":2,"__ENTITIES":[{BOOK}]}}"#)),
        }
    })
    .await;
    let ds = DataStore::open(server.connect().page_size(1)).await.unwrap();
    let books = ds.dataclass("Book").unwrap();
    let all = books.all().await.unwrap();
    all.at(1).await.unwrap();
    drop(all);
    let mut forgotten = books.get(1).await.unwrap().unwrap();
    assert!(forgotten.lock().await.unwrap().success);
    drop(forgotten);
    let mut held = books.get(1).await.unwrap().unwrap();
    assert!(held.lock().await.unwrap().success);
    open.send(()).unwrap();
    ds.flush().await;
    let unlocks = || server.asked().iter().filter(|asked| asked.target.contains("$lock=false")).count();
    assert_eq!(unlocks(), 0, "{:?}", server.lines());
    assert!(held.unlock().await.unwrap().success);
    assert_eq!(unlocks(), 1);
}
