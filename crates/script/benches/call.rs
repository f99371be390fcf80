//! What a call costs beyond the work it does: from the server through the pipe to a worker and back.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/common/mod.rs"]
mod common;

use claviger_script::{Action, Call};
use common::library::{Library, library_call, library_pool};
use common::{Server, call, class, pool};
use serde_json::{Value, json};

fn calls(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let page = format!("[{}]", vec!["{\"n\":1}"; 100].join(","));
    let pool = runtime.block_on(pool(1, &class(&["return args.length;", "return args[0].map(item => item.n * 2);"])));
    let server = Server::default();
    for (name, function, arguments) in
        [("empty", "honest", "[1,2]"), ("async", "attack0", "[]"), ("page of 100", "attack1", &*format!("[{page}]"))]
    {
        let call = call(function, arguments);
        criterion.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(pool.call(&call, &server)).unwrap()));
    }
    // With the data API, against a library in memory.
    let label =
        "export class BookEntity { static types = { label: 'string' }; get label() { return `${this.title} by ${this.author.fullName}` } }";
    let book = "export class DataStore { one() { return ds.Book.get(1).title } hundred() { let n = 0; for (const book of ds.Book.all().slice(0, 100)) n += book.price; return n } }";
    let pool = runtime.block_on(library_pool(&[
        ("Book.js", label),
        ("DataStore.js", book),
        ("Empty.js", &class(&[]).replace("DataStore", "Author")),
    ]));
    let library = Library::new();
    let row = |id: i64| json!({ "attributes": ["ID", "title", "author"], "row": [id, 1, [id, format!("Book {id}"), id % 3]] });
    let raw = |value: &Value| serde_json::value::to_raw_value(value).unwrap();
    let page = Call {
        action: Action::Get,
        each: true,
        this: raw(&json!((0..100).map(row).collect::<Vec<_>>())),
        ..library_call("BookEntity", "label", json!([]))
    };
    for (name, call) in [
        ("data: empty", library_call("Author", "honest", json!([1, 2]))),
        ("data: one entity", library_call("DataStore", "one", json!([]))),
        ("data: 100 entities", library_call("DataStore", "hundred", json!([]))),
        ("data: getter of 100 entities", page),
    ] {
        criterion.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(pool.call(&call, &library)).unwrap()));
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
