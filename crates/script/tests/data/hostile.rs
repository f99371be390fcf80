//! Answers of the server that have the wrong form end as errors of the call.

use serde_json::{Value, json};

use crate::common::library::{Library, library_call, library_pool, outcome};

const USE: &str = "export class BookEntity { static events = ['afterSave']; afterSave() { session.storage.n = 1 } }
    export class DataStore { use() {
        const found = [];
        const attempt = (what) => { try { found.push(JSON.stringify(what()) === undefined ? 'nothing' : 'value') } catch (error) { found.push('error') } };
        attempt(() => ds.Book.all().length); attempt(() => ds.Book.all().first()); attempt(() => ds.Book.all()[3]); attempt(() => [...ds.Book.all()].length);
        attempt(() => ds.Book.all().title); attempt(() => ds.Book.get(1)); attempt(() => ds.Book.get(1).author.fullName); attempt(() => ds.Author.get(1).books.length);
        attempt(() => { for (const author of ds.Author.all()) for (const book of author.books) book.title; });
        attempt(() => { const book = ds.Book.get(1); book.title = 'x'; return book.save() }); attempt(() => ds.Book.get(2).drop());
        attempt(() => ds.Book.get(3).lock()); attempt(() => ds.Book.all().distinct('title')); attempt(() => ds.Book.all().sum('ID'));
        attempt(() => ds.Author.get(1).portrait); attempt(() => ds.Book.query('ID = :1', 1).drop().length); attempt(() => session.storage);
        attempt(() => ds.Book.all().and(ds.Book.all()).length); attempt(() => ds.Book.all().contains(ds.Book.get(1))); attempt(() => ds.Book.all().slice(1).length);
        return found.length;
    } }";

#[tokio::test]
async fn answers_of_the_wrong_form_are_errors_of_the_call() {
    let pool = library_pool(&[("DataStore.js", USE)]).await;
    let worker = pool.idle_workers();
    let rows = |row: Value| json!({ "attributes": ["ID", "title"], "rows": [row], "count": 1 });
    let answers = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!("text"),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "rows": 1 }),
        json!({ "attributes": 1, "rows": [], "count": 0 }),
        json!({ "attributes": [], "rows": [], "count": 9e15 }),
        json!({ "attributes": [], "rows": [], "count": -1 }),
        rows(json!(1)),
        rows(json!([])),
        rows(json!([1, "x", []])),
        rows(json!([{}, 1, []])),
        rows(json!([1, 1, null])),
        rows(json!([1, 1, []])),
        rows(json!([1, 1, [{ "__proto__": 1 }, { "bytes": "x" }]])),
        json!({ "success": 1 }),
        json!({ "success": true }),
        json!({ "success": true, "rows": { "attributes": [], "rows": [] } }),
        json!({ "success": true, "rows": { "attributes": [], "rows": [null] } }),
        json!({ "success": false }),
        json!({ "groups": [] }),
        json!({ "groups": [1, 2, 3], "attributes": [] }),
        json!({ "groups": null }),
        json!({ "kept": "x" }),
        json!({ "attributes": ["__proto__", "constructor", "save"], "rows": [[1, 1, [1, 2, 3]]], "count": 1 }),
    ];
    for operation in [
        "all",
        "page",
        "count",
        "get",
        "children",
        "related",
        "save",
        "dropEntity",
        "lock",
        "distinct",
        "aggregate",
        "bytes",
        "drop",
        "storage",
        "combine",
        "contains",
        "slice",
        "query",
    ] {
        for answer in &answers {
            let library = Library::new();
            library.state.lock().data.tables.get_mut("Book").unwrap().truncate(6);
            library.state.lock().wrong.insert(operation.to_owned(), answer.clone());
            let result = outcome(&pool, &library_call("DataStore", "use", json!([])), &library).await;
            assert!(
                result["value"] == 20 || result.as_str().is_some_and(|text| text.contains("the wrong form")),
                "{operation} {answer}: {result}"
            );
        }
    }
    assert_eq!(pool.idle_workers(), worker);
}

#[tokio::test]
async fn calls_of_the_wrong_form_are_errors_of_the_call() {
    let pool = library_pool(&[("Book.js", "export class BookEntity { f() { return this.title } } export class BookSelection { f() { return this.length } } export class Book { f(a) { return 1 } }")]).await;
    let worker = pool.idle_workers();
    let raw = |value: Value| serde_json::value::to_raw_value(&value).unwrap();
    for this in [
        json!(null),
        json!(1),
        json!({}),
        json!({ "row": 1 }),
        json!({ "row": [] }),
        json!({ "attributes": {}, "row": [1, 1, []] }),
        json!({ "id": "x" }),
    ] {
        for class in ["BookEntity", "BookSelection", "Book"] {
            for caller in [
                json!(null),
                json!({ "guarded": 1 }),
                json!({ "arguments": { "0": { "entity": "Nothing" } } }),
                json!({ "arguments": { "0": { "entity": "Book", "row": 1 } } }),
            ] {
                let call = claviger_script::Call { this: raw(this.clone()), caller: raw(caller), ..library_call(class, "f", json!([1])) };
                outcome(&pool, &call, &Library::new()).await;
            }
        }
    }
    assert_eq!(pool.idle_workers(), worker);
}
