//! What comes into a call and what leaves it.

use claviger_script::{Action, Call};
use serde_json::{Value, json};

use crate::common::library::{Library, library_call, library_pool, outcome};

const BOOK: &str = "export class BookEntity {
        static types = { label: 'string' };
        static query = { label(event) { return `title ${event.operator} :1` } };
        get label() { return `${this.title} by ${this.author.fullName}` }
        set label(value) { this.title = value }
        change(title) { this.title = title; return this }
        self() { return this }
        vanish() { this.drop(); return this }
    }
    export class BookSelection { total() { return this.sum('ID') } self() { return this.query('ID in :1', [1, 2]) } }
    export class Book { take(book, all, plain) { return [book?.title, book?.isNew(), book?.touchedAttributes(), all?.length, plain] } fresh() { const book = this.new(); book.title = 't'; return book } name() { return this === ds.Book } }
    export class DataStore { name() { return this.Book === ds.Book && ds.other() === 1 } other() { return 1 } }";

fn raw(value: &Value) -> Box<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn row(id: i64) -> Value {
    json!({ "attributes": ["ID", "title", "author"], "row": [id, 1, [id, format!("Book {id}"), id % 3]] })
}

#[tokio::test]
async fn this_is_what_the_url_said() {
    let pool = library_pool(&[("Book.js", BOOK)]).await;
    let library = Library::new();
    let call =
        |class: &str, function: &str, this: Value, arguments: Value| Call { this: raw(&this), ..library_call(class, function, arguments) };
    for (call, wanted) in [
        (
            call("BookEntity", "change", row(4), json!(["n"])),
            json!({ "kind": "entity", "class": "Book", "key": 4, "stamp": 1, "isNew": false, "values": { "title": "n" } }),
        ),
        (call("BookEntity", "self", row(4), json!([])), json!({ "kind": "entity", "class": "Book", "key": 4, "stamp": 1 })),
        (
            call("BookEntity", "self", json!({ "attributes": [], "row": null, "isNew": true, "values": { "title": "v" } }), json!([])),
            json!({ "kind": "entity", "class": "Book", "key": null, "stamp": 0, "isNew": true, "values": { "title": "v" } }),
        ),
        (
            call("BookEntity", "vanish", row(4), json!([])),
            json!({ "kind": "entity", "class": "Book", "key": 4, "stamp": 1, "isNew": false, "dropped": true, "values": { "ID": 4, "title": "Book 4", "author": 1 } }),
        ),
        (
            call("Book", "fresh", json!(null), json!([])),
            json!({ "kind": "entity", "class": "Book", "key": null, "stamp": 0, "isNew": true, "values": { "title": "t" } }),
        ),
        (call("Book", "name", json!(null), json!([])), json!({ "kind": "value", "value": true })),
        (call("DataStore", "name", json!(null), json!([])), json!({ "kind": "value", "value": true })),
        (call("Book", "save", json!(null), json!([])), json!("there is no function save")),
        (call("BookEntity", "save", row(1), json!([])), json!("there is no function save")),
    ] {
        assert_eq!(outcome(&pool, &call, &library).await, wanted, "{} {}", call.class, call.function);
    }
    let id = json!({ "id": 0 });
    // A selection that the server has made.
    let all = outcome(&pool, &call("BookSelection", "total", id.clone(), json!([])), &library).await;
    assert_eq!(all, json!("there is no such selection"));
    make_selection(&library, &[json!(1), json!(2), json!(5)]).await;
    assert_eq!(outcome(&pool, &call("BookSelection", "total", id.clone(), json!([])), &library).await["value"], json!(8));
    assert_eq!(
        outcome(&pool, &call("BookSelection", "self", id, json!([])), &library).await,
        json!({ "kind": "selection", "class": "Book", "id": 1 })
    );
}

async fn make_selection(library: &Library, keys: &[Value]) {
    use claviger_script::Host;
    library.ask("of", &raw(&json!(["Book", keys]))).await.unwrap();
}

#[tokio::test]
async fn arguments_are_entities_only_where_the_server_says_so() {
    let pool = library_pool(&[("Book.js", BOOK)]).await;
    let library = Library::new();
    make_selection(&library, &[json!(1), json!(2)]).await;
    let mut entity = row(3);
    entity["entity"] = json!("Book");
    entity["values"] = json!({ "title": "laid over" });
    let caller = json!({ "guarded": [], "arguments": { "0": entity, "1": { "selection": "Book", "id": 0 } } });
    let own = json!({ "__ENTITY": true, "__DATACLASS": "Book", "__KEY": 1 });
    let call = Call { caller: raw(&caller), ..library_call("Book", "take", json!([null, null, own])) };
    assert_eq!(outcome(&pool, &call, &library).await["value"], json!(["laid over", false, ["title"], 2, own]));
    let plain = library_call("Book", "take", json!([{ "title": "x", "isNew": null }]));
    assert_eq!(outcome(&pool, &plain, &library).await, json!("not a function"));
}

#[tokio::test]
async fn a_getter_serves_a_page_in_one_crossing() {
    let pool = library_pool(&[("Book.js", BOOK)]).await;
    let library = Library::new();
    let page: Vec<_> = (0..100).map(row).collect();
    let call = Call { action: Action::Get, each: true, this: raw(&json!(page)), ..library_call("BookEntity", "label", json!([])) };
    let result = outcome(&pool, &call, &library).await;
    assert_eq!(result[4], json!({ "kind": "value", "value": "Book 4 by Ben" }));
    assert_eq!(result.as_array().unwrap().len(), 100);
    assert_eq!(library.asked(), "get:1");
    let set = Call { action: Action::Set, this: raw(&row(1)), ..library_call("BookEntity", "label", json!(["new"])) };
    assert_eq!(outcome(&pool, &set, &library).await["values"], json!({ "title": "new" }));
    let query = Call { action: Action::Query, ..library_call("BookEntity", "label", json!([{ "operator": "=", "value": "x" }])) };
    assert_eq!(outcome(&pool, &query, &library).await, json!({ "kind": "value", "value": "title = :1" }));
}

#[tokio::test]
async fn a_getter_that_throws_throws_for_one_entity() {
    let text = "export class BookEntity {
        get odd() { if (this.ID % 2 === 0) { const error = new Error(`even ${this.ID}`); error.errCode = 7; throw error } return this.ID }
        get big() { return this.ID === 4 ? 1n : this.ID }
        async late() {} get later() { return this.ID === 4 ? Promise.reject('late') : Promise.resolve(this.ID) }
        get deep() { return this.deep } get endless() { for (;;); } }";
    let pool = library_pool(&[("Book.js", text)]).await;
    let library = Library::new();
    let page = json!([row(3), row(4), row(5)]);
    let get = |name: &str| Call { action: Action::Get, each: true, this: raw(&page), ..library_call("BookEntity", name, json!([])) };
    let value = |value: i64| json!({ "kind": "value", "value": value });
    let result = outcome(&pool, &get("odd"), &library).await;
    assert_eq!(result, json!([value(3), { "kind": "error", "error": { "message": "even 4", "errCode": 7 } }, value(5)]));
    let result = outcome(&pool, &get("big"), &library).await;
    assert_eq!((&result[0], &result[1]["kind"], &result[2]), (&value(3), &json!("error"), &value(5)));
    let result = outcome(&pool, &get("later"), &library).await;
    assert_eq!((&result[0], &result[1]["error"]["message"], &result[2]), (&value(3), &json!("late"), &value(5)));
    // A limit ends all of them.
    for name in ["deep", "endless"] {
        assert!(!outcome(&pool, &get(name), &library).await.is_array(), "{name}");
    }
}

#[tokio::test]
async fn guarded_functions_are_entered_and_left() {
    let text = "export class BookEntity { lend() { return ds.helper(this.ID) } lendLater() { return this.lend() } async forbidden() { return 1 } fails() { return 1 } }
        export class DataStore { helper(n) { if (n === 2) throw new Error('two'); return n } outer() { return ds.Book.get(1).lend() }
            async slow() { return ds.helper(1) } caught() { try { ds.Book.get(2).lend() } catch (error) { return error.message } } }";
    let pool = library_pool(&[("all.js", text)]).await;
    let library = Library::new();
    for (function, wanted, asked) in [
        ("outer", json!(1), "get:1 enter:2 leave:2"),
        ("slow", json!(1), "enter:1 leave:1"),
        ("caught", json!("two"), "get:1 enter:2 leave:2"),
        // The server has entered this one itself.
        ("helper", json!(1), ""),
    ] {
        assert_eq!(outcome(&pool, &library_call("DataStore", function, json!([1])), &library).await["value"], wanted, "{function}");
        assert_eq!(library.asked(), asked, "{function}");
    }
}
