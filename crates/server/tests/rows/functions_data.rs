//! The data that functions reach (`functions.md` 2, 3; `data-model.md` 6, 7): transactions, row restrictions, limits.

use serde_json::{Value, json};

use crate::functions::with;
use crate::library::{Library, app_with};

#[track_caller]
fn result(library: &Library, url: &str, arguments: &Value) -> Value {
    library.post(url, arguments).ok().json()["result"].clone()
}

const TRANSACTIONS: &str = r#"
export class DataStore {
  static exposed = ["kept", "cancelled", "nested", "outer", "thrown", "forgotten", "reads", "unbalanced", "drops", "refused"];
  make(title) { const book = ds.Book.new(); book.title = title; return book.save(); }
  count(title) { return ds.Book.query("title = :1", title).length; }
  kept() { ds.startTransaction(); this.make("kept"); this.make("kept"); ds.validateTransaction(); return this.count("kept"); }
  cancelled() { ds.startTransaction(); this.make("cancelled"); const seen = this.count("cancelled"); ds.cancelTransaction(); return [seen, this.count("cancelled")]; }
  nested() {
    ds.startTransaction(); this.make("nested");
    ds.startTransaction(); this.make("nested"); ds.cancelTransaction();
    ds.startTransaction(); this.make("nested"); ds.validateTransaction();
    ds.validateTransaction(); return this.count("nested");
  }
  outer() { ds.startTransaction(); ds.startTransaction(); this.make("outer"); ds.validateTransaction(); ds.cancelTransaction(); return this.count("outer"); }
  thrown() { ds.startTransaction(); this.make("thrown"); throw new Error("after all"); }
  forgotten() { ds.startTransaction(); this.make("forgotten"); return this.count("forgotten"); }
  reads() { ds.startTransaction(); const book = ds.Book.get(11); book.price = 99; book.save(); const again = ds.Book.get(11).price; const sum = ds.Book.query("ID = 11").sum("price"); ds.cancelTransaction(); return [again, sum]; }
  unbalanced() { ds.validateTransaction(); }
  drops() { ds.startTransaction(); ds.Book.get(18).drop(); const gone = ds.Book.get(18); ds.cancelTransaction(); return [gone, ds.Book.get(18).getKey()]; }
  refused() {
    ds.startTransaction();
    this.make("refused");
    const wrong = ds.Book.new(); wrong.title = "twin"; wrong.isbn = ds.Book.get(11).isbn; const status = wrong.save();
    ds.validateTransaction();
    return [status.success, status.status, this.count("refused"), this.count("twin")];
  }
}"#;

#[test]
fn functions_transactions_keep_all_or_nothing_nested_too() {
    let library = with(&[("DataStore.js", TRANSACTIONS)]);
    let call = |name: &str| result(&library, &format!("/rest/$catalog/{name}"), &json!([]));
    assert_eq!(call("kept"), 2);
    assert_eq!(call("cancelled"), json!([1, 0]));
    assert_eq!(call("nested"), 2);
    assert_eq!(call("outer"), 0);
    assert_eq!(call("reads"), json!([99, 99]));
    assert_eq!(call("drops"), json!([null, 18]));
    assert_eq!(call("refused"), json!([false, 4, 1, 0]));
    library.post("/rest/$catalog/unbalanced", &json!([])).refused(500, &[9510]);
    // What is still open when a function ends, is taken back.
    assert_eq!(library.post("/rest/$catalog/thrown", &json!([])).message(), "after all");
    assert_eq!(call("forgotten"), 1);
    for title in ["thrown", "forgotten", "cancelled", "outer"] {
        assert_eq!(library.filter("Book", &format!("title = '{title}'")).counts().0, 0, "{title}");
    }
    // The next one who writes does not wait for anybody.
    library.post("/rest/Book?$method=update", &json!({ "title": "free" })).ok();
}

const LOCKS: &str = r#"
export class Book {
  static exposed = ["relock", "lockStale"];
  relock() { const [one, other] = [this.get(11), this.get(11)]; one.lock(); one.title = "locked"; one.save(); return [other.lock(), other.lock("reload").success]; }
  lockStale() { const [one, other] = [this.get(12), this.get(12)]; one.title = "changed"; one.save(); return other.lock(); }
}"#;

#[test]
fn functions_a_lock_on_what_has_changed_is_given_back_only_when_it_was_not_held() {
    let library = with(&[("Book.js", LOCKS)]);
    let other = library.by("administration");
    let stale = json!({ "success": false, "status": 2, "statusText": "Stamp has changed" });
    assert_eq!(result(&library, "/rest/Book/relock", &json!([])), json!([stale, true]));
    assert_eq!(other.get("/rest/Book(11)?$lock=true").ok().json()["result"], false);
    assert_eq!(result(&library, "/rest/Book/lockStale", &json!([])), stale);
    assert_eq!(other.get("/rest/Book(12)?$lock=true").ok().json()["result"], true);
}

/// Who is told that locking has failed, holds no lock.
#[test]
fn functions_a_lock_is_given_back_when_the_entity_cannot_be_read() {
    let library = app_with("[functions]\ntimeout_ms = 25000\n");
    let functions = [(
        "Book.js",
        "export class Book { static exposed = ['burnt'];
           burnt(many, locks) {
             const book = this.get(11);
             for (let left = many - 1; left > 0; left -= 150) for (const entry of ds.Entry.all().slice(0, Math.min(left, 150))) entry.ID;
             return locks ? book.lock() : 'left';
           } }",
    )];
    library.set_functions(&functions).unwrap();
    let other = library.with_cookies(&library.key("administration"));
    let burnt = |locks: bool| library.post("/rest/Book/burnt", &json!([100_000, locks]));
    assert_eq!(burnt(false).ok().json()["result"], "left");
    assert!(burnt(true).refused(500, &[9511]).message().contains("rows"));
    assert!(other.locks("Book(11)"));
}

/// What only looks sees everything, and so may lock nothing: a lock needs the caller's own permission to update (`rest-dialect.md` 17.3).
#[test]
fn functions_that_others_wait_for_lock_nothing() {
    let library = with(&[(
        "Author.js",
        "const told = (run) => { try { return run().success; } catch (error) { return error.errCode; } };
         export class AuthorEntity { static exposed = ['held']; static types = { held: 'string' };
           get held() { return `${told(() => ds.Book.get(11).lock())} ${told(() => ds.Book.get(11).unlock())}`; } }
         export class Country { static events = ['restrict']; restrict() { told(() => ds.Book.get(12).lock()); return null; } }",
    )]);
    let (clerk, other) = (library.by("Clerk"), library.with_cookies(&library.key("administration")));
    assert_eq!(clerk.get("/rest/Author(1)/held").ok().json()["held"], "1829 1829");
    clerk.get("/rest/Country").ok();
    // Nobody else is kept out.
    assert!(other.locks("Book(11)") && other.locks("Book(12)"));
}

const RESTRICTED: &str = r#"
export class Book {
  static exposed = ["mine", "cheap", "total"];
  static events = ["restrict"];
  restrict() { return session.hasPrivilege("curate") ? null : this.query("price < 20"); }
  mine() { return this.all().length; }
  cheap() { return this.all().orderBy("ID").extract("ID"); }
  total() { return [this.all().sum("ID"), this.get(13), ds.Author.get(2).books.length, ds.Author.all().books.length]; }
}"#;

#[test]
fn functions_restrict_hides_rows_wherever_they_are_read_or_written() {
    let library = with(&[("Book.js", RESTRICTED)]);
    let clerk = library.by("Clerk");
    let all = library.get("/rest/Book").counts().0;
    let seen = library.filter("Book", "price < 20").counts().0;
    assert!(seen < all);
    assert_eq!(clerk.get("/rest/Book").counts().0, seen);
    // By key, filtered, counted, computed, over relations, as a set.
    clerk.get("/rest/Book(13)").refused(404, &[1542]);
    assert_eq!(library.get("/rest/Book(13)").status, 200);
    assert_eq!(clerk.filter("Book", "ID = 13").counts().0, 0);
    assert_eq!(clerk.filter("Author", "books.ID = 13").counts().0, 0);
    assert_eq!(library.filter("Author", "books.ID = 13").counts().0, 1);
    assert_eq!(clerk.get("/rest/Author(2)?$expand=books").ok().json()["books"]["__COUNT"], 0);
    assert_eq!(clerk.get("/rest/Book/ID?$compute=count").text, seen.to_string());
    let set = clerk.get("/rest/Book?$method=entityset").ok().json();
    assert_eq!(set["__COUNT"], seen);
    // Written: it is not there; and a new one may be outside.
    clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "13", "title": "mine" })).refused(404, &[1542]);
    clerk.get("/rest/Book(13)?$lock=true").refused(404, &[1542]);
    assert_eq!(clerk.post("/rest/Book?$method=update", &json!({ "title": "outside" })).status, 200);
    // In functions the same.
    let call = |caller: &crate::library::Caller<'_>, name: &str| {
        caller.post(&format!("/rest/Book/{name}"), &json!([])).ok().json()["result"].clone()
    };
    library.set_roles(&with_execute(&library));
    let clerk = library.by("Clerk");
    let seen = clerk.get("/rest/Book").counts().0;
    assert_eq!(call(&clerk, "mine"), seen);
    assert_eq!(call(&library.by("Admin"), "mine"), library.get("/rest/Book").counts().0);
    assert_eq!(call(&clerk, "total")[1], Value::Null);
    assert_eq!(call(&clerk, "total")[2], 0);
    // An Administration key sees all but what a function hides from it, too.
    assert_eq!(library.by("administration").get("/rest/Book").counts().0, seen);
}

/// The roles of the tests; clerks may call functions.
fn with_execute(library: &Library) -> Value {
    let mut roles: Value = serde_json::from_str(include_str!("fixture/roles.json")).unwrap();
    let _ = library;
    for entry in roles["permissions"]["allowed"].as_array_mut().unwrap() {
        if entry["applyTo"] == "Book" {
            entry["execute"] = json!(["lend"]);
        }
    }
    roles
}

#[test]
fn functions_restrict_that_gives_nonsense_or_fails_shows_nothing() {
    for (text, why) in [
        ("return ds.Author.all();", "another dataclass"),
        ("return 5;", "no selection"),
        ("throw new Error('no');", "an error"),
        ("for (;;);", "no end"),
        ("ds.Book.get(11).drop(); return null;", "a write"),
    ] {
        let text = format!("export class Book {{ static events = ['restrict']; restrict() {{ {text} }} }}");
        let library = app_with("[functions]\ntimeout_ms = 300\n");
        library.set_functions(&[("Book.js", &text)]).unwrap();
        let answer = library.get("/rest/Book");
        if why == "a write" {
            // What is refused there is a status, not an error; null restricts nothing.
            assert!(matches!(answer.status, 200 | 500), "{answer}");
            assert_eq!(library.get("/rest/Book(11)").status, if answer.status == 200 { 200 } else { 500 });
        } else {
            assert_eq!(answer.status, 500, "{why}: {answer}");
        }
        assert_eq!(library.get("/rest/Author").status, 200);
    }
}

const LIMITS: &str = r#"
export class DataStore {
  static exposed = ["loop", "memory", "stack", "regex", "rows", "output", "native", "ok", "array"];
  loop() { ds.startTransaction(); const book = ds.Book.new(); book.title = "endless"; book.save(); for (;;); }
  memory() { const all = []; for (;;) all.push(new Array(100000).fill(7)); }
  stack() { return this.stack() + 1; }
  regex() { return /^(a+)+$/.test("a".repeat(40) + "b"); }
  rows() { let n = 0; for (;;) { for (const entry of ds.Entry.all()) n++; } }
  output() { return "x".repeat(3000000); }
  native() { return new Array(1e9) + ""; }
  array() { return "x".repeat(4e6).lastIndexOf("x".repeat(2e6) + "y"); }
  ok() { return "ok"; }
}"#;

#[test]
fn functions_limits_end_a_call_and_nothing_else() {
    let library = app_with("[functions]\ntimeout_ms = 1500\nworkers = 1\nmemory_mb = 32\n[rest]\nmax_body_bytes = 1000000\n");
    library.set_functions(&[("DataStore.js", LIMITS)]).unwrap();
    let call = |name: &str| library.post(&format!("/rest/$catalog/{name}"), &json!([]));
    for (name, words) in [
        ("loop", &["time"][..]),
        ("memory", &["memory"]),
        ("stack", &["stack"]),
        ("regex", &["time"]),
        ("output", &["output"]),
        ("rows", &["rows", "time"]),
        ("native", &["time", "memory"]),
        ("array", &["time", "memory"]),
    ] {
        let answer = call(name).refused(500, &[9511]);
        assert!(words.iter().any(|word| answer.message().contains(&format!("limit of {word}"))), "{name}: {answer}");
        assert_eq!(call("ok").ok().json(), json!({ "result": "ok" }), "after {name}");
    }
    assert_eq!(library.filter("Book", "title = 'endless'").counts().0, 0);
    library.post("/rest/Book?$method=update", &json!({ "title": "free" })).ok();
}

const MERGES: &str = r#"
export class DataStore {
  static exposed = ["different", "same", "beside"];
  beside(name, first, second) {
    const one = ds[name].get(1), two = ds[name].get(1);
    if (Array.isArray(first.portrait)) first.portrait = new Uint8Array(first.portrait);
    one.fromObject(first); one.save();
    two.fromObject(second);
    const { success, status = 0 } = two.save("merge");
    return [success, status, two.touched(), ds[name].get(1).fullName === second.fullName];
  }
  different(name, key, renamed, values) {
    const one = ds[name].get(key), two = ds[name].get(key);
    one[renamed] = `by one, ${one.getStamp()}`; one.save();
    two.fromObject(values);
    const status = two.save("merge");
    return [status, two[renamed] === one[renamed], two.getStamp() - one.getStamp(), two.touched()];
  }
  same(first, second) {
    const one = ds.Book.get(11), two = ds.Book.get(11);
    one.fromObject(first); one.save();
    two.fromObject(second);
    return [two.save("merge"), two.touched(), two.save().status];
  }
}"#;

#[test]
fn functions_save_and_keep_what_others_have_changed_meanwhile() {
    let library = with(&[("DataStore.js", MERGES)]);
    let call = |name: &str, arguments: Value| result(&library, &format!("/rest/$catalog/{name}"), &arguments);
    let merged = json!([{ "success": true, "autoMerged": true }, true, 1, false]);
    for (class, renamed, name, values) in [
        ("Book", "title", "price", [json!(7.25), json!(1e21), json!(0)]),
        ("Book", "title", "addedAt", [json!("2020-01-31T10:00:00.123Z"), json!("1960-01-31T10:00:00.000Z"), Value::Null]),
        ("Book", "title", "playTime", [json!(90_000), Value::Null, json!(1)]),
        ("Book", "title", "isbn", [json!("0-00-000000-0"), json!("0-00-000000-X"), Value::Null]),
        ("Book", "title", "authorID", [json!(2), Value::Null, json!(3)]),
        ("Book", "title", "author", [json!({ "__KEY": 2 }), Value::Null, json!({ "__KEY": 1 })]),
        ("Author", "fullName", "born", [json!("1970-03-01"), json!("1870-03-01"), Value::Null]),
        ("Author", "fullName", "rating", [json!(1.5), json!(0), json!(0.1)]),
        ("Author", "fullName", "active", [Value::Null, json!(false), json!(true)]),
    ] {
        let key = if class == "Book" { 11 } else { 1 };
        // Each of them is once what was read.
        for value in values {
            assert_eq!(call("different", json!([class, key, renamed, { name: value }])), merged, "{class}.{name} {value}");
        }
    }
    let failed = json!([{ "success": false, "status": 6, "statusText": "Auto merge failed" }, true, 2]);
    assert_eq!(call("same", json!([{ "title": "by one" }, { "title": "by two", "price": 5 }])), failed);
    assert_eq!(call("same", json!([{ "author": { "__KEY": 2 } }, { "authorID": 3 }])), failed);
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!((&book["title"], &book["price"], &book["authorID"]), (&json!("by one"), &json!(0), &json!(2)));
}

/// ST-5: "Not for images and objects: any concurrent change of those gives status 2", whether or not this side has touched them
/// (`remote-datastore.md` 4.3: "if the touched sets do not meet and contain no image or object").
#[test]
fn functions_save_finds_that_others_have_changed_an_object() {
    let library = with(&[("DataStore.js", MERGES)]);
    // Numbers that JavaScript writes otherwise.
    let text = r#"{"__KEY":"1","profile":{"rate":1.0,"big":1e2,"tags":["a",null],"deep":{"far":2.50}}}"#;
    library.post_text("/rest/Author?$method=update", text).ok();
    let beside = |first: Value, second: Value| result(&library, "/rest/$catalog/beside", &json!(["Author", first, second]));
    let (merged, changed, failed) = (json!([true, 0, false, true]), json!([false, 2, true, false]), json!([false, 6, true, false]));
    assert_eq!(beside(json!({ "born": "1970-03-01" }), json!({ "fullName": "first" })), merged, "no object has changed");
    assert_eq!(beside(json!({ "profile": { "rate": 2 } }), json!({ "fullName": "second" })), changed);
    assert_eq!(beside(json!({ "fullName": "x" }), json!({ "fullName": "third" })), failed);
    // Both: the object decides, wherever it stands among the attributes.
    assert_eq!(beside(json!({ "profile": { "rate": 3 }, "fullName": "y" }), json!({ "fullName": "fourth" })), changed);
    assert_eq!(beside(json!({ "profile": null, "rating": 1 }), json!({ "fullName": "fifth" })), changed);
    // Of an image it is seen that there is one now.
    let gif = json!([71, 73, 70, 56, 57, 97, 1, 0, 1, 0, 0, 0, 0, 59]);
    assert_eq!(beside(json!({ "portrait": gif }), json!({ "fullName": "sixth" })), changed);
    assert_eq!(beside(json!({ "rating": 2 }), json!({ "fullName": "seventh" })), merged);
    assert_eq!(library.get("/rest/Author(1)").ok().json()["fullName"], "seventh");
}
