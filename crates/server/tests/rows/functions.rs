//! Rows 86 to 90: functions over REST (`rest-dialect.md` 15, `functions.md`).

use serde_json::{Value, json};

use crate::library::{Caller, Library, app};

/// The library with these files in `functions/`, in force.
pub(crate) fn with(files: &[(&str, &str)]) -> Library {
    let library = app();
    library.set_functions(files).unwrap();
    library
}

/// One class of each kind.
const CLASSES: &str = r#"
export class DataStore {
  static exposed = ["stats", "echo", "fail", "twice", "nothing", "who"];
  static onHttpGet = ["stats"];
  stats(year) { return { books: ds.Book.query("addedAt >= :1", `${year}-01-01`).length }; }
  echo(...values) { return values; }
  twice() { return ds.hidden() + this.hidden(); }
  hidden() { return 21; }
  nothing() {}
  fail(code) { const error = new Error("no luck"); if (code) error.errCode = code; throw error; }
  who() { return session.key; }
}
export class Book {
  static exposed = ["cheapest", "title", "level", "create", "both", "writeOnGet", "blank"];
  static onHttpGet = ["cheapest", "writeOnGet"];
  cheapest(limit = 10) { return this.all().orderBy("price asc, ID").slice(0, limit); }
  title() { return "function"; }
  level() { return "dataclass"; }
  both() { return "dataclass"; }
  create(data) { const book = this.new(); book.fromObject(data); book.save(); return book; }
  blank(title) { const book = this.new(); book.title = title; return book; }
  writeOnGet() { const book = this.get(11); book.title = "changed"; return book.save(); }
}
export class BookSelection {
  static exposed = ["count", "titles", "both", "half", "raise"];
  static onHttpGet = ["titles"];
  count() { return this.length; }
  titles() { return this.toCollection().map((book) => book.title); }
  both() { return "selection"; }
  half() { return this.slice(0, Math.floor(this.length / 2)); }
  raise(by) { let n = 0; for (const book of this) { book.price += by; if (book.save().success) n++; } return n; }
}
export class BookEntity {
  static exposed = ["rename", "sameAuthor", "kind", "draft", "age", "keepSample"];
  keepSample(bytes) { if (!(bytes instanceof Uint8Array)) return bytes; this.sample = bytes; this.save(); return bytes.length; }
  rename(title) { this.title = title; return this.save(); }
  sameAuthor(other) { return this.author !== null && other.author !== null && this.author.getKey() === other.author.getKey(); }
  kind() { return [this.isNew(), this.getKey(), typeof this.title]; }
  draft(title) { this.title = title; return this; }
  age() { return this.addedAt; }
}
export class AuthorEntity {
  static exposed = ["rename", "bookTitles"];
  rename(name) { this.fullName = name; return this.save(); }
  bookTitles() { return this.books.orderBy("ID").extract("title"); }
}
export class Mailer {
  static singleton = "shared";
  static exposed = ["ping", "count"];
  static onHttpGet = ["ping"];
  #calls = 0;
  ping() { return "pong"; }
  count() { return ++this.#calls; }
  secret() { return 1; }
}
export class Private { static singleton = "session"; static exposed = ["ping"]; ping() { return 1; } }
"#;

fn library() -> Library {
    with(&[("classes.js", CLASSES)])
}

/// What a function returned.
#[track_caller]
fn result(library: &Library, url: &str, arguments: &Value) -> Value {
    let body = library.post(url, arguments).ok().json();
    assert_eq!(body.as_object().map(|body| body.len()), Some(1), "{body}");
    body["result"].clone()
}

#[test]
fn row_86_functions_at_the_five_levels() {
    let library = library();
    let books = library.get("/rest/Book?$top=1").counts().0;
    assert_eq!(result(&library, "/rest/$catalog/echo", &json!([1, "x", null, { "a": [true] }])), json!([1, "x", null, { "a": [true] }]));
    assert_eq!(result(&library, "/rest/Book/level", &json!([])), "dataclass");
    assert_eq!(result(&library, "/rest/Book/count", &json!([])), books);
    assert_eq!(result(&library, "/rest/Book(11)/kind", &json!([])), json!([false, 11, "string"]));
    assert_eq!(result(&library, "/rest/$singleton/Mailer/ping", &json!([])), "pong");
    // An empty pair of parentheses, and an entity by another value.
    assert_eq!(result(&library, "/rest/Book/level()", &json!([])), "dataclass");
    let isbn = library.get("/rest/Book(11)").json()["isbn"].as_str().unwrap().to_owned();
    assert_eq!(result(&library, &format!("/rest/Book:isbn({isbn})/kind"), &json!([]))[1], 11);
    // A shared singleton keeps its state.
    assert_eq!(result(&library, "/rest/$singleton/Mailer/count", &json!([])), 1);
    assert_eq!(result(&library, "/rest/$singleton/Mailer/count", &json!([])), 2);
    // From inside.
    assert_eq!(result(&library, "/rest/$catalog/twice", &json!([])), 42);
    library.post("/rest/Book(99999)/kind", &json!([])).refused(404, &[1542]);
    for url in [
        "$singleton/Mailer/secret",
        "$singleton/Nobody/ping",
        "$singleton/Private/ping",
        "$singleton/Mailer",
        "$singleton",
        "$singleton/Mailer/ping/x",
    ] {
        library.post(&format!("/rest/{url}"), &json!([])).refused(404, &[1827]);
    }
    library.post("/rest/$catalog/absent", &json!([])).refused(404, &[1827]);
}

#[test]
fn row_86_the_name_decides_between_attribute_and_functions() {
    let library = library();
    // The same name: the attribute on GET, the function on POST.
    assert_eq!(result(&library, "/rest/Book/title", &json!([])), "function");
    assert!(library.get("/rest/Book/title?$top=1").ok().json()["__ENTITIES"][0]["title"].is_string());
    // A function of selections hides one of the dataclass.
    assert_eq!(result(&library, "/rest/Book/both", &json!([])), "selection");
    // Case matters.
    library.post("/rest/Book/Level", &json!([])).refused(404, &[1500, 1804]);
}

#[test]
fn row_87_only_what_is_declared_for_it_is_called_with_get() {
    let library = library();
    let cheapest = library.get("/rest/Book/cheapest?$params='[2]'").ids();
    assert_eq!(cheapest.len(), 2);
    assert_eq!(library.post("/rest/Book/cheapest", &json!([2])).ids(), cheapest);
    let stats = library.get(r#"/rest/$catalog/stats?$params='["1900"]'"#).ok().json();
    assert!(stats["result"]["books"].as_u64().unwrap() > 0, "{stats}");
    assert_eq!(library.get("/rest/$singleton/Mailer/ping").ok().json(), json!({ "result": "pong" }));
    assert!(library.get("/rest/Book/titles?$filter=\"ID < 13\"").ok().json()["result"].as_array().unwrap().len() == 2);
    for url in ["/rest/Book/level", "/rest/$catalog/echo", "/rest/Book(11)/kind", "/rest/$singleton/Mailer/count"] {
        library.get(url).refused(400, &[1829]);
    }
    // What is not exposed does not exist, and neither does what the language has.
    for name in ["hidden", "query", "all", "save", "toCollection", "constructor", "__proto__", "valueOf"] {
        library.get(&format!("/rest/Book/{name}")).refused(404, &[1500, 1804]);
        library.post(&format!("/rest/Book/{name}"), &json!([])).refused(404, &[1500, 1804]);
        library.post(&format!("/rest/Book(11)/{name}"), &json!([])).refused(404, &[1500, 1804]);
        library.post(&format!("/rest/$catalog/{name}"), &json!([])).refused(404, &[1827]);
    }
    // A function that is called with GET writes nothing.
    let before = library.get("/rest/Book(11)").text;
    library.get("/rest/Book/writeOnGet").refused(500, &[1829]);
    assert_eq!(library.get("/rest/Book(11)").text, before);
    assert_eq!(library.post("/rest/Book/writeOnGet", &json!([])).ok().json()["result"]["success"], true);
}

#[test]
fn row_88_arguments() {
    let library = library();
    // One object is one argument; too few are undefined; what is no JSON is refused.
    assert_eq!(result(&library, "/rest/$catalog/echo", &json!({ "a": 1 })), json!([{ "a": 1 }]));
    assert_eq!(library.post_text("/rest/$catalog/echo", "").ok().json(), json!({ "result": [] }));
    assert_eq!(library.post_text("/rest/$catalog/echo", "  ").ok().json(), json!({ "result": [] }));
    library.post_text("/rest/$catalog/echo", "[1").refused(400, &[1806]);
    library.post_text("/rest/Book/cheapest", "{").refused(400, &[1806]);
    // An existing entity, by number and by text.
    let entity = |key: Value| json!([{ "__ENTITY": true, "__DATACLASS": "Book", "__KEY": key, "title": "laid over" }]);
    assert_eq!(result(&library, "/rest/Book(11)/sameAuthor", &entity(json!(11))), true);
    assert_eq!(result(&library, "/rest/Book(11)/sameAuthor", &entity(json!("11"))), true);
    library.post("/rest/Book(11)/sameAuthor", &entity(json!(99_999))).refused(404, &[1542]);
    library.post("/rest/Book(11)/sameAuthor", &json!([{ "__ENTITY": true, "__KEY": 11 }])).refused(404, &[1800]);
    // A new one with a related entity.
    let author = library.get("/rest/Book(11)").ok().json()["authorID"].clone();
    let new = json!([{ "__ENTITY": true, "__DATACLASS": "Book", "title": "new", "author": { "__KEY": author } }]);
    assert_eq!(result(&library, "/rest/Book(11)/sameAuthor", &new), true);
    let absent = json!([{ "__ENTITY": true, "__DATACLASS": "Book", "author": { "__KEY": 99_999 } }]);
    library.post("/rest/Book(11)/sameAuthor", &absent).refused(404, &[1542]);
    // Without the mark it is an object; inside another value too.
    let plain =
        json!([{ "__ENTITY": false, "__DATACLASS": "Book", "__KEY": 11 }, [{ "__ENTITY": true, "__DATACLASS": "Book", "__KEY": 11 }]]);
    assert_eq!(result(&library, "/rest/$catalog/echo", &plain), plain);
    // A selection.
    let set = library.get("/rest/Book?$filter=\"ID < 14\"&$method=entityset").ok().json()["__ENTITYSET"].as_str().unwrap().to_owned();
    let id = set.rsplit('/').next().unwrap();
    let echoed = result(&library, "/rest/$catalog/echo", &json!([{ "__ENTITIES": true, "__DATASET": id, "x": 1 }]));
    assert_eq!(echoed[0].as_array().unwrap().len(), 3, "{echoed}");
    let unknown = json!([{ "__ENTITIES": true, "__DATASET": "00000000000000000000000000000000" }]);
    library.post("/rest/$catalog/echo", &unknown).refused(404, &[1802]);
    // An upload of the caller's is its bytes; of another one's, or beside other members, it is an object.
    let id = library.by("Admin").upload("$binary=true", b"abc");
    let call =
        |caller: &Caller<'_>, argument: Value| caller.post("/rest/Book(11)/keepSample", &json!([argument])).ok().json()["result"].clone();
    assert_eq!(call(&library.by("administration"), json!({ "ID": id })), json!({ "ID": id }));
    assert_eq!(call(&library.by("Admin"), json!({ "ID": id, "x": 1 })), json!({ "ID": id, "x": 1 }));
    assert_eq!(call(&library.by("Admin"), json!({ "ID": id })), 3);
    assert_eq!(library.get("/rest/Book(11)/sample?$binary=true").ok().bytes, b"abc");
}

#[test]
fn row_89_results() {
    let library = library();
    assert_eq!(library.post("/rest/$catalog/nothing", &json!([])).ok().text, r#"{"result":null}"#);
    // A status object.
    assert_eq!(library.post("/rest/Author(1)/rename", &json!(["Ines M. Carvalho"])).ok().json(), json!({ "result": { "success": true } }));
    assert_eq!(library.get("/rest/Author(1)").json()["fullName"], "Ines M. Carvalho");
    // An entity, saved by the function: as a reading gives it.
    let created = library.post("/rest/Book/create", &json!([{ "title": "Made", "price": 7 }])).ok();
    let key = created.json()["__KEY"].as_str().unwrap().to_owned();
    assert_eq!(created.text, library.get(&format!("/rest/Book({key})")).text);
    assert_eq!(created.json()["__STAMP"], 1);
    // One that is changed and not saved: nothing of it is stored.
    let draft = library.post("/rest/Book(11)/draft", &json!(["Only here"])).ok().json();
    assert_eq!((&draft["title"], &draft["__KEY"]), (&json!("Only here"), &json!("11")));
    assert_ne!(library.get("/rest/Book(11)").json()["title"], "Only here");
    // A new one that is not saved: no key, and stamp 0.
    let blank = library.post("/rest/Book/blank", &json!(["Not saved"])).ok().json();
    assert_eq!((&blank["__DATACLASS"], &blank["__STAMP"], &blank["title"]), (&json!("Book"), &json!(0), &json!("Not saved")));
    assert!(blank.get("__KEY").is_none_or(serde_json::Value::is_null), "{blank}");
    // A selection: the default page, and what the request says of it.
    let page = library.post("/rest/Book/cheapest", &json!([500])).ok().json();
    assert_eq!(page["__entityModel"], "Book");
    let cut = library.post("/rest/Book/cheapest?$skip=1&$top=2&$attributes=title", &json!([5])).ok().json();
    assert_eq!((&cut["__COUNT"], &cut["__FIRST"], &cut["__SENT"]), (&json!(5), &json!(1), &json!(2)));
    assert!(cut["__ENTITIES"][0].get("price").is_none() && cut["__ENTITIES"][0]["title"].is_string(), "{cut}");
    assert_eq!(library.post("/rest/Book/cheapest?$asArray=true", &json!([2])).ok().json().as_array().unwrap().len(), 2);
    let expanded = library.post("/rest/Book/cheapest?$expand=author", &json!([1])).ok().json();
    assert!(expanded["__ENTITIES"][0]["author"]["fullName"].is_string() || expanded["__ENTITIES"][0]["author"].is_null(), "{expanded}");
    // Kept as a set.
    let kept = library.post("/rest/Book/cheapest?$method=entityset", &json!([3])).ok().json();
    let set = kept["__ENTITYSET"].as_str().unwrap();
    assert_eq!(library.get(set).counts().0, 3);
    // A date; entities in other values.
    let age = library.post("/rest/Book(11)/age", &json!([])).ok().json()["result"].clone();
    assert_eq!(age, library.get("/rest/Book(11)").json()["addedAt"]);
    // What is thrown.
    library.post("/rest/$catalog/fail", &json!([])).refused(500, &[9510]);
    let failed = library.post("/rest/$catalog/fail", &json!([70_001])).refused(500, &[70_001]);
    assert_eq!(failed.message(), "no luck");
    assert_eq!(
        result(&library, "/rest/Author(1)/bookTitles", &json!([])).as_array().unwrap().len() as u64,
        library.get("/rest/Book?$filter=\"author.ID=1\"").counts().0
    );
    let who = result(&library, "/rest/$catalog/who", &json!([]));
    assert_eq!((&who["type"], &who["role"], who.get("secret")), (&json!("standard"), &json!("Admin"), None));
}

#[test]
fn row_90_a_selection_function_works_on_what_is_filtered_and_ordered() {
    let library = library();
    assert_eq!(result(&library, "/rest/Book/count?$filter=\"ID <= 15\"", &json!([])), 5);
    let titles = result(&library, "/rest/Book/titles?$filter=\"ID <= 13\"&$orderby=\"ID desc\"", &json!([]));
    let page = library.get("/rest/Book?$filter=\"ID <= 13\"&$orderby=\"ID desc\"").json();
    let expected: Vec<&Value> = page["__ENTITIES"].as_array().unwrap().iter().map(|book| &book["title"]).collect();
    assert_eq!(titles, json!(expected));
    let set = library.get("/rest/Book?$filter=\"ID <= 14\"&$method=entityset").ok().json()["__ENTITYSET"].as_str().unwrap().to_owned();
    let id = set.rsplit('/').next().unwrap();
    assert_eq!(result(&library, &format!("/rest/Book/count/$entityset/{id}"), &json!([])), 4);
    assert_eq!(result(&library, &format!("/rest/Book/count/$entityset/{id}?$filter=\"ID > 12\""), &json!([])), 2);
    assert_eq!(library.post(&format!("/rest/Book/half/$entityset/{id}?$orderby=\"ID desc\""), &json!([])).ids(), [14, 13]);
    assert_eq!(result(&library, "/rest/Book/raise?$filter=\"ID <= 14\"", &json!([5])), 4);
    library.post("/rest/Book/count/$entityset/00000000000000000000000000000000", &json!([])).refused(404, &[1802]);
    assert_eq!(library.post("/rest/Book/count?$filter=\"nothing = 1\"", &json!([])).status, 400);
}
