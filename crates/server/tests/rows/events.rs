//! Events of entities at writes over REST (`functions.md` 1 and 5, `rest-dialect.md` 12 and 13).

use serde_json::{Value, json};

use crate::answer::{Answer, codes};
use crate::functions::with;
use crate::library::{Library, app_with};

fn library(code: &str) -> Library {
    with(&[("events.js", code)])
}

/// An entity that is not saved: its whole answer.
#[track_caller]
fn not_saved(answer: Answer, status: u16, chain: &[u64]) -> Value {
    assert_eq!((answer.status, answer.codes().as_slice()), (status, chain), "{answer}");
    answer.json()
}

/// What a function of the datastore says.
#[track_caller]
fn ask(library: &Library, function: &str) -> Value {
    library.post(&format!("/rest/$catalog/{function}"), &json!([])).ok().json()["result"].clone()
}

/// Refuses some titles, trims the others, gives new books a price, and counts in an attribute that is not exposed.
const SAVING: &str = r#"
export class BookEntity {
  static events = ["validateSave", "saving"];
  validateSave(event) {
    if (event.name !== "validateSave" || event.dataclass !== "Book") throw new Error("what event?");
    if (this.title === "refused") return { errCode: 7001, message: "not this title" };
    if (this.title === "thrown") throw new Error("thrown away");
  }
  saving() {
    this.title = this.title?.trim();
    if (this.isNew()) this.price = 3;
    if (this.touchedAttributes().includes("sample")) this.title = `${this.sample.length} bytes`;
    this.costNote = `${this.costNote ?? ""}+`;
  }
}
export class DataStore {
  static exposed = ["notes"];
  notes() { return ds.Book.all().orderBy("ID").toCollection().map((book) => `${book.ID} ${book.costNote ?? ""}`); }
}
"#;

#[test]
fn events_refuse_and_change_at_every_way_of_saving() {
    let library = library(SAVING);
    let admin = library.by("Admin");
    let new = library.post("/rest/Book", &json!({ "title": " New " })).ok().json();
    assert_eq!((&new["title"], &new["price"], &new["__STAMP"]), (&json!("New"), &json!(3), &json!(1)), "{new}");
    let inserted = library.post("/rest/Book?$method=insert", &json!({ "title": "Put in ", "price": 9 })).ok().json();
    assert_eq!((&inserted["title"], &inserted["price"]), (&json!("Put in"), &json!(3)));
    // Refused: as every entity that is not saved.
    for (body, chain) in [
        (json!({ "title": "refused" }), [7001, 1534]),
        (json!({ "title": "thrown" }), [9510, 1534]),
        (json!({ "__KEY": "11", "__STAMP": 1, "title": "refused" }), [7001, 1517]),
        (json!({ "__KEY": "11", "title": "thrown" }), [9510, 1517]),
    ] {
        let refused = not_saved(library.post("/rest/Book?$method=update", &body), 500, &chain);
        assert_eq!(refused["__STATUS"], json!({ "status": 4, "statusText": "Other error", "success": false }), "{refused}");
        assert_eq!(refused["__ERROR"][0]["componentSignature"], "ds");
        assert_eq!(refused["__KEY"], body["__KEY"]);
    }
    for (method, url) in [("POST", "Book(12)?$method=update"), ("PUT", "Book(12)"), ("PATCH", "Book(12)"), ("POST", "Book(12)")] {
        let url = format!("/rest/{url}");
        let saved = admin.send(method, &url, &json!({ "title": format!(" {method} ") }).to_string()).ok().json();
        assert_eq!(saved["title"], method, "{url}");
        not_saved(admin.send(method, &url, r#"{"title":"refused"}"#), 500, &[7001, 1517]);
        assert_eq!(library.get("/rest/Book(12)").json()["title"], method);
    }
    // Posted bytes.
    let posted = admin.post_bytes("/rest/Book(14)/sample?$binary=true", b"12345").ok().json();
    assert_eq!(posted["title"], "5 bytes");
    // Trials run what is asked before, and nothing of it stays.
    let before = library.get("/rest/Book(13)").text;
    let tried = library.post("/rest/Book?$refresh=true", &json!({ "__KEY": "13", "title": " tried " })).ok().json();
    assert_eq!((&tried["title"], &tried["__STAMP"]), (&json!("tried"), &json!(1)));
    assert_eq!(library.post("/rest/Book?$method=validate", &json!({ "__KEY": "13", "title": " tried " })).ok().text, r#"{"ok":true}"#);
    let answer = library.post("/rest/Book?$method=validate", &json!([{ "__KEY": "13", "title": "refused" }, { "title": "fine" }]));
    let told = &answer.json()["__ENTITIES"];
    assert_eq!((told.as_array().unwrap().len(), &told[0]["__KEY"]), (1, &json!("13")), "{answer}");
    assert_eq!(codes(&told[0]["__ERROR"], ""), [7001, 1517]);
    assert_eq!(library.get("/rest/Book(13)").text, before);
    // Posted back as it was received, nothing changes and nothing runs.
    library.post("/rest/Book", &library.get("/rest/Book(13)").json()).ok();
    assert_eq!(library.get("/rest/Book(13)").text, before);
    // An absent entity is absent.
    library.post("/rest/Book", &json!({ "__KEY": "99999", "title": "refused" })).refused(404, &[1542]);
    let [new, inserted] = [&new, &inserted].map(|book| format!("{} +", book["ID"]));
    assert_eq!(ask(&library, "notes"), json!(["11 ", "12 ++++", "13 ", "14 +", "15 ", "16 ", "17 ", "18 ", new, inserted]));
}

#[test]
fn of_an_array_each_entity_is_on_its_own() {
    let library = library(SAVING);
    let body = json!([{ "__KEY": "11", "title": " one " }, { "__KEY": "12", "title": "refused" }, { "title": "new" },
        { "__KEY": "99999", "title": "x" }, { "__KEY": "13", "__STAMP": 7, "title": "refused" }]);
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes()), (500, vec![7001, 1517]), "{answer}");
    let entities = answer.json()["__ENTITIES"].clone();
    let status: Vec<_> = entities.as_array().unwrap().iter().map(|entity| entity["__STATUS"]["success"] == true).collect();
    assert_eq!(status, [true, false, true, false, false], "{answer}");
    assert_eq!((&entities[0]["title"], &entities[2]["price"]), (&json!("one"), &json!(3)));
    // The caller's stamp is older: his conflict, whatever the events say.
    assert_eq!((&entities[4]["__STATUS"]["status"], &entities[4]["title"]), (&json!(2), &json!("Atlas")));
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "Slow Food");
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 9);
    // All or nothing.
    let body =
        json!([{ "__KEY": "14", "title": " one " }, { "title": "new" }, { "__KEY": "12", "title": "refused" }, { "title": "newer" }]);
    let answer = library.post("/rest/Book?$method=update&$atomic=true", &body);
    assert_eq!((answer.status, answer.codes(), answer.json()["__ENTITIES"].as_array().unwrap().len()), (500, vec![7001, 1517], 3));
    assert_eq!((library.get("/rest/Book(14)").json()["__STAMP"].clone(), library.get("/rest/Book?$top=0").counts().0), (json!(1), 9));
    let body = json!([{ "__KEY": "14", "title": " one " }, { "title": " new " }]);
    let answer = library.post("/rest/Book?$method=update&$atomic=true", &body).ok().json();
    assert_eq!((&answer["__ENTITIES"][0]["title"], &answer["__ENTITIES"][1]["title"]), (&json!("one"), &json!("new")));
    assert_eq!(library.post("/rest/Book?$method=update", &json!([])).ok().json(), json!({ "__ENTITIES": [] }));
}

#[test]
fn an_entity_that_is_named_twice_is_looked_at_twice() {
    let count = "export class BookEntity {
        static events = ['saving'];
        saving() { this.playTime = (this.playTime ?? 0) + 1; if (this.authorID === 2) this.author = ds.Author.get(4); }
    }";
    for atomic in ["", "&$atomic=true"] {
        let library = library(count);
        let body = json!([
            { "__KEY": "11", "title": "a" }, { "__KEY": "12", "title": "b" }, { "__KEY": "11", "price": 5 },
            { "__KEY": "11", "authorID": 2 }, { "__KEY": "11", "title": "c" },
            { "ID": 90, "title": "new" }, { "__KEY": "90", "price": 4 }
        ]);
        let answer = library.post(&format!("/rest/Book?$method=update{atomic}"), &body).ok().json();
        let book = library.get("/rest/Book(11)").json();
        assert_eq!((&book["title"], &book["price"], &book["playTime"]), (&json!("c"), &json!(5), &json!(5_400_004)), "{atomic} {answer}");
        assert_eq!((&book["authorID"], &book["__STAMP"]), (&json!(4), &json!(5)), "{atomic}");
        assert_eq!(library.get("/rest/Book(12)").json()["playTime"], 60_001);
        let new = library.get("/rest/Book(90)").json();
        assert_eq!((&new["playTime"], &new["price"], &new["__STAMP"]), (&json!(2), &json!(4), &json!(2)), "{atomic} {new}");
    }
}

#[test]
fn of_saves_at_the_same_time_each_has_its_event_over_what_the_others_made() {
    let library = library("export class BookEntity { static events = ['saving']; saving() { this.playTime = this.playTime + 1 } }");
    let key = library.key("Admin");
    let bodies: Vec<String> = (1..=4).map(|price| json!({ "__KEY": "11", "price": 1000 + price }).to_string()).collect();
    let requests: Vec<_> = bodies.iter().map(|body| ("POST", "/rest/Book?$method=update", body.as_str(), &key)).collect();
    for answer in library.answered_together(&requests) {
        assert!(answer.starts_with(r#"{"__STATUS":{"success":true}"#), "{answer}");
    }
    let book = library.get("/rest/Book(11)").json();
    assert_eq!((&book["playTime"], &book["__STAMP"]), (&json!(5_400_004), &json!(5)), "{book}");
    // With a stamp of the callers one of them is the first, and it is the others' conflict.
    let bodies: Vec<String> = (1..=4).map(|price| json!({ "__KEY": "16", "__STAMP": 1, "price": 1000 + price }).to_string()).collect();
    let requests: Vec<_> = bodies.iter().map(|body| ("POST", "/rest/Book?$method=update", body.as_str(), &key)).collect();
    let answers = library.answered_together(&requests);
    let conflicts =
        answers.iter().filter(|answer| answer.contains("1263") && answer.contains(r#""status":2"#) && answer.contains(r#""__STAMP":2"#));
    assert_eq!(conflicts.count(), 3, "{answers:?}");
    assert_eq!(library.get("/rest/Book(16)").json()["playTime"], 90_001);
}

#[test]
fn what_was_changed_while_its_event_ran_is_asked_again_before_it_is_saved() {
    // While the event of one entity runs, somebody takes its price away; of another one each time.
    let library = library(
        "export class BookEntity {
            static events = ['validateSave'];
            validateSave() {
                if (this.title === 'now') return;
                if (this.price === null) return { errCode: 7003, message: 'no price' };
                if (this.ID < 14) { const copy = ds.Book.get(this.ID); copy.title = 'now'; copy.price = null; copy.save(); }
                if (this.ID === 16) { const copy = ds.Book.get(16); copy.title = 'now'; copy.price += 1; copy.save(); }
            }
         }",
    );
    let url = "/rest/Book?$method=update";
    let playing = |key: &str| json!({ "__KEY": key, "playTime": 5, "title": "mine" });
    not_saved(library.post(url, &playing("11")), 500, &[7003, 1517]);
    let answer = library.post(url, &json!([playing("12"), playing("17")]));
    let entities = not_saved(answer, 500, &[7003, 1517])["__ENTITIES"].clone();
    assert_eq!(entities[1]["__STATUS"]["success"], true, "{entities}");
    let entities = not_saved(library.post(&format!("{url}&$atomic=true"), &json!([playing("18"), playing("13")])), 500, &[7003, 1517]);
    assert_eq!(entities["__ENTITIES"].as_array().unwrap().len(), 2, "{entities}");
    assert_eq!(library.get("/rest/Book(18)").json()["title"], "Orphan's \"Tale\"");
    for key in [11, 12, 13] {
        let book = library.get(&format!("/rest/Book({key})")).json();
        assert_eq!((&book["title"], &book["price"], &book["__STAMP"]), (&json!("now"), &Value::Null, &json!(2)), "{book}");
    }
    // The caller's own stamp is the older one then.
    let mut stamped = playing("14");
    stamped["__STAMP"] = json!(1);
    library.post(url, &stamped).ok();
    // Changed each time: a conflict in the end.
    for parameters in ["", "&$atomic=true"] {
        let before = library.get("/rest/Book(16)").json()["price"].as_i64().unwrap();
        let body = if parameters.is_empty() { playing("16") } else { json!([playing("16")]) };
        let answer = library.post(&format!("{url}{parameters}"), &body);
        let told = not_saved(answer, 500, &[1263, 1046, 1517]);
        let entity = if parameters.is_empty() { &told } else { &told["__ENTITIES"][0] };
        assert_eq!((&entity["__STATUS"]["status"], &entity["title"]), (&json!(2), &json!("now")), "{told}");
        assert_eq!(library.get("/rest/Book(16)").json()["price"], before + 5);
    }
}

#[test]
fn what_follows_a_save_changes_nothing_of_its_answer() {
    let library = library(
        "export class BookEntity {
            static events = ['afterSave'];
            afterSave() {
                const entry = ds.Entry.new();
                entry.name = `${this.ID} ${this.title} ${this.isNew()} ${this.touched()}`;
                entry.save();
                if (this.price === 1) throw new Error('after all');
                if (this.price === 2) while (true);
            }
         }",
    );
    let entries = || {
        let page = library.get("/rest/Entry?$filter=\"ID > 150\"&$orderby=ID").ok().json();
        page["__ENTITIES"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let new = library.post("/rest/Book", &json!({ "title": "New", "price": 1 })).ok().json();
    let expected = format!("{} New false false", new["ID"]);
    assert_eq!(entries(), [expected.as_str()]);
    // Not of what is not saved, not changed or only tried.
    let body = json!([{ "__KEY": "11", "title": "t" }, { "__KEY": "12", "title": "Slow Food" }, { "__KEY": "13", "title": null }]);
    assert_eq!(library.post("/rest/Book", &body).status, 500);
    library.post("/rest/Book?$refresh=true", &json!({ "title": "no" })).ok();
    library.post("/rest/Book?$method=validate", &json!({ "title": "no" })).ok();
    assert_eq!(
        library.post("/rest/Book?$method=update&$atomic=true", &json!([{ "title": "no" }, { "__KEY": "13", "title": null }])).status,
        500
    );
    assert_eq!(entries(), [expected.as_str(), "11 t false false"]);
}

#[test]
fn an_endless_event_ends_with_the_limit_and_nothing_is_saved() {
    let library = app_with("[functions]\ntimeout_ms = 150\n");
    let code = "export class BookEntity {
        static events = ['validateSave', 'afterSave', 'validateDrop'];
        validateSave() { if (this.title === 'endless') while (true); }
        afterSave() { if (this.title === 'later') while (true); }
        validateDrop() { while (true); }
    }";
    library.set_functions(&[("Book.js", code)]).unwrap();
    let before = library.get("/rest/Book?$orderby=ID").text;
    for (parameters, body) in [
        ("", json!({ "__KEY": "11", "title": "endless" })),
        ("", json!([{ "__KEY": "12", "title": "x" }, { "title": "endless" }])),
        ("&$atomic=true", json!([{ "__KEY": "12", "title": "x" }, { "title": "endless" }])),
        ("&$refresh=true", json!({ "title": "endless" })),
    ] {
        let answer = library.post(&format!("/rest/Book?$method=update{parameters}"), &body).refused(500, &[9511]);
        assert!(answer.message().contains("time"), "{answer}");
    }
    library.by("Admin").send("DELETE", "/rest/Book(11)", "").refused(500, &[9511]);
    library.post("/rest/Book?$method=delete&$filter=\"ID > 11\"", &Value::Null).refused(500, &[9511]);
    assert_eq!(library.get("/rest/Book?$orderby=ID").text, before);
    assert_eq!(library.post("/rest/Book", &json!({ "__KEY": "11", "title": "later" })).ok().json()["title"], "later");
    // What was saved before the entity is named again is told.
    let body = json!([{ "__KEY": "12", "title": "x" }, { "__KEY": "12", "title": "endless" }, { "title": "never looked at" }]);
    let answer = library.post("/rest/Book?$method=update", &body);
    let entities = &answer.json()["__ENTITIES"];
    assert_eq!((answer.status, &entities[0]["__STATUS"]["success"], &entities[0]["title"]), (500, &json!(true), &json!("x")), "{answer}");
    assert_eq!((codes(&entities[1]["__ERROR"], ""), codes(&entities[2]["__ERROR"], "")), (vec![9511, 1517], vec![9511, 1534]), "{answer}");
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "x");
}

#[test]
fn events_reach_no_further_than_their_caller() {
    let library = library(
        "export class BookEntity {
            static events = ['validateSave', 'saving'];
            validateSave() { if (this.title === 'always') throw Object.assign(new Error('asked'), { errCode: 7001 }); }
            saving() {
                if (this.title === 'dear') this.price = 500;
                if (this.title === 'what') this.title = typeof this.price;
                if (this.title === 'author') { this.author.fullName = 'x'; this.author.save(); ds.Country.get('FR').drop(); }
                if (this.title === 'note') this.costNote = 'n';
            }
         }
         export class DataStore { static exposed = ['note']; note() { return ds.Book.get(12).costNote; } }",
    );
    let clerk = library.by("Clerk");
    // What an event sets needs the caller's permission: an existing entity, a new one, one of an array.
    not_saved(clerk.post("/rest/Book", &json!({ "__KEY": "11", "title": "dear" })), 401, &[1607, 1517]);
    let answer = clerk.post("/rest/Book", &json!({ "title": "dear" }));
    assert_eq!((answer.status, *answer.codes().last().unwrap()), (401, 1534), "{answer}");
    let answer = clerk.post("/rest/Book", &json!([{ "__KEY": "12", "title": "mine" }, { "__KEY": "11", "title": "dear" }]));
    let entities = &answer.json()["__ENTITIES"];
    assert_eq!((answer.status, &entities[0]["title"], &entities[1]["__STATUS"]["status"]), (401, &json!("mine"), &json!(1)), "{answer}");
    assert_eq!(library.get("/rest/Book(11)").json()["price"], 14.5);
    assert_eq!(library.post("/rest/Book", &json!({ "__KEY": "11", "title": "dear" })).ok().json()["price"], 500);
    // What he may not read is undefined.
    assert_eq!(clerk.post("/rest/Book", &json!({ "__KEY": "11", "title": "what" })).ok().json()["title"], "undefined");
    assert_eq!(library.post("/rest/Book", &json!({ "__KEY": "11", "title": "what" })).ok().json()["title"], "number");
    // Data that the event is refused, and does not catch, is the caller's missing permission.
    let answer = clerk.post("/rest/Book", &json!({ "__KEY": "11", "title": "author" }));
    assert_eq!((answer.status, *answer.codes().last().unwrap()), (401, 1517), "{answer}");
    // His own missing permission comes before any event, unless he changes nothing of what he may not.
    not_saved(clerk.post("/rest/Book", &json!({ "__KEY": "11", "title": "always", "isbn": "978-0-00-999" })), 401, &[1608, 1517]);
    not_saved(clerk.post("/rest/Book", &json!({ "__KEY": "11", "title": "always", "isbn": "978-0-00-011" })), 500, &[7001, 1517]);
    let answer = clerk.post("/rest/Book", &json!({ "title": "always", "price": 3 }));
    assert_eq!((answer.status, *answer.codes().last().unwrap()), (401, 1534), "{answer}");
    not_saved(library.by("Reader").post("/rest/Book", &json!({ "__KEY": "11", "title": "always" })), 401, &[1558, 1517]);
    // What is not exposed can be set by code only.
    library.post("/rest/Book", &json!({ "__KEY": "12", "title": "note", "costNote": "mine" })).ok();
    assert_eq!(ask(&library, "note"), "n");
}

/// Keeps dear books and remembers those that are gone.
const DROPPING: &str = r#"
export class BookEntity {
  static events = ["validateDrop", "dropping", "afterDrop"];
  validateDrop() { if (this.price > 100) return { errCode: 7002, message: `${this.title} is too dear` }; }
  dropping() { if (this.title === "Orphan's \"Tale\"") throw new Error("orphans stay"); }
  afterDrop() { const entry = ds.Entry.new(); entry.name = `${this.ID} ${this.title}`; entry.save(); throw new Error("too late"); }
}
"#;

fn gone(library: &Library) -> Vec<String> {
    let page = library.get("/rest/Entry?$filter=\"ID > 150\"&$orderby=ID").ok().json();
    page["__ENTITIES"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn events_refuse_deletions() {
    let library = library(DROPPING);
    let admin = library.by("Admin");
    // By key.
    let answer = admin.send("DELETE", "/rest/Book(13)", "").refused(500, &[7002, 1046]);
    assert_eq!((answer.message().as_str(), &answer.json()["__ERROR"][0]["componentSignature"]), ("Atlas is too dear", &json!("ds")));
    library.post("/rest/Book(18)?$method=delete", &Value::Null).refused(500, &[9510, 1046]);
    assert_eq!(library.post("/rest/Book(11)?$method=delete", &Value::Null).ok().text, r#"{"ok":true}"#);
    admin.send("DELETE", "/rest/Book(11)", "").refused(404, &[1542]);
    // By filter, all or nothing: nothing.
    library.post("/rest/Book?$method=delete&$atomic=true&$filter=\"ID in [12,13,14]\"", &Value::Null).refused(500, &[7002, 1046]);
    assert_eq!(library.get("/rest/Book").ids(), [12, 13, 14, 15, 16, 17, 18]);
    // By filter: those that are refused stay, in order.
    let answer = library.post("/rest/Book?$method=delete&$filter=\"ID in [12,13,18,14]\"", &Value::Null);
    assert_eq!((answer.status, answer.codes()), (500, vec![7002, 1046, 9510, 1046]), "{answer}");
    assert_eq!(library.get("/rest/Book").ids(), [13, 15, 16, 17, 18]);
    // By keys, one of them absent and one twice; a filter beside them.
    let keys = |keys: &[&str]| Value::Array(keys.iter().map(|key| json!({ "__KEY": key })).collect());
    let answer = library.post("/rest/Book?$method=delete", &keys(&["999", "15", "13", "15", "x"]));
    assert_eq!((answer.status, answer.codes()), (404, vec![1542, 7002, 1046, 1542]), "{answer}");
    let answer = library.post("/rest/Book?$method=delete&$filter=\"ID > 13\"", &keys(&["13", "999", "16"]));
    assert_eq!(answer.ok().text, r#"{"ok":true}"#);
    assert_eq!(library.get("/rest/Book").ids(), [13, 17, 18]);
    // Of a set, one of whose entities is gone.
    let set = library.get("/rest/Book?$method=entityset").ok().json()["__ENTITYSET"].as_str().unwrap().to_owned();
    library.post(&format!("{set}?$method=delete"), &keys(&["17"])).ok();
    let answer = library.post(&format!("{set}?$method=delete"), &Value::Null);
    assert_eq!((answer.status, answer.codes()), (500, vec![7002, 1046, 9510, 1046]), "{answer}");
    // Those that are gone were told, once each, as they were.
    assert_eq!(
        gone(&library),
        ["11 Slow Rivers", "12 Slow Food", "14 AT&T: a = b?", "15 Été à Paris", "16 The art of slow cooking", "17 50% off @ home"]
    );
    library.post("/rest/Book?$method=delete&$filter=\"ID = 1\"", &Value::Null).ok();
    library.post("/rest/Book?$method=delete", &Value::Null).refused(400, &[1813]);
    library.by("Clerk").send("DELETE", "/rest/Book(13)", "").refused(401, &[1560]);
}

#[test]
fn all_or_nothing_is_told_only_when_all_are_gone() {
    let library = library(DROPPING);
    library.post("/rest/Book?$method=delete&$atomic=true", &json!([{ "__KEY": "11" }, { "__KEY": "999" }])).refused(404, &[1542]);
    assert_eq!((library.get("/rest/Book?$top=0").counts().0, gone(&library).len()), (8, 0));
    library.post("/rest/Book?$method=delete&$atomic=true", &json!([{ "__KEY": "11" }, { "__KEY": "12" }])).ok();
    assert_eq!(gone(&library), ["11 Slow Rivers", "12 Slow Food"]);
}

#[test]
fn what_was_changed_meanwhile_is_asked_again_before_it_goes() {
    // While the event of one entity runs, somebody makes it dear.
    let library = library(
        "export class BookEntity {
            static events = ['validateDrop', 'afterDrop'];
            validateDrop() {
                if (this.price > 100) return { errCode: 7002, message: 'too dear' };
                if (this.ID === 12) { const copy = ds.Book.get(12); copy.price = 500; copy.save(); }
                if (this.ID === 16) { const copy = ds.Book.get(16); copy.price += 1; copy.save(); }
            }
            afterDrop() { const entry = ds.Entry.new(); entry.name = `${this.ID} ${this.title}`; entry.save(); }
         }",
    );
    for (method, url) in [
        ("DELETE", "/rest/Book(12)"),
        ("POST", "/rest/Book?$method=delete&$atomic=true&$filter=\"ID < 13\""),
        ("POST", "/rest/Book?$method=delete&$filter=\"ID < 13\""),
    ] {
        library.post("/rest/Book", &json!({ "__KEY": "12", "price": 5 })).ok();
        library.by("Admin").send(method, url, "").refused(500, &[7002, 1046]);
        assert_eq!(library.get("/rest/Book(12)").ok().json()["price"], 500, "{url}");
        // What nobody has changed went alone, once.
        let is_gone = !url.contains("(12)") && !url.contains("atomic");
        assert_eq!(gone(&library).len(), usize::from(is_gone), "{url}");
    }
    assert_eq!(gone(&library), ["11 Slow Rivers"]);
    // One that is changed each time stays in the end.
    let answer = library.by("Admin").send("DELETE", "/rest/Book(16)", "");
    assert_eq!((answer.status, answer.codes(), &answer.json()["__STATUS"]["status"]), (500, vec![1263, 1046], &json!(2)), "{answer}");
    library.post("/rest/Book?$method=delete&$atomic=true", &json!([{ "__KEY": "17" }, { "__KEY": "16" }])).refused(500, &[1263, 1046]);
    assert_eq!(library.get("/rest/Book(16)").ok().json()["price"], 30);
    library.get("/rest/Book(17)").ok();
    assert_eq!(gone(&library), ["11 Slow Rivers"]);
}

#[test]
fn a_transaction_that_an_event_leaves_open_is_undone() {
    let library = library(
        "const left = (name) => { ds.startTransaction(); const entry = ds.Entry.new(); entry.name = name; entry.save(); };
         export class BookEntity {
            static events = ['saving', 'afterSave', 'validateDrop', 'afterDrop'];
            saving() { left('saving'); this.price = 1; }
            afterSave() { left('afterSave'); }
            validateDrop() { left('validateDrop'); ds.validateTransaction(); }
            afterDrop() { left('afterDrop'); }
         }",
    );
    assert_eq!(library.post("/rest/Book", &json!({ "__KEY": "11", "title": "t" })).ok().json()["price"], 1);
    library.post("/rest/Book", &json!([{ "__KEY": "12", "title": "t" }, { "__KEY": "12", "title": "u" }])).ok();
    library.by("Admin").send("DELETE", "/rest/Book(11)", "").ok();
    assert_eq!(gone(&library), ["validateDrop"]);
}

#[test]
fn an_event_may_save_other_entities() {
    let library = library(
        "export class BookEntity {
            static events = ['saving'];
            saving() {
                const other = ds.Book.get(12);
                if (this.ID === 11) { other.title = `after ${this.title}`; other.save(); }
                else this.price = 77;
                if (this.title === 'no') throw new Error('no');
            }
         }",
    );
    library.post("/rest/Book", &json!({ "__KEY": "11", "title": "first" })).ok();
    let other = library.get("/rest/Book(12)").json();
    assert_eq!((&other["title"], &other["price"]), (&json!("after first"), &json!(77)));
    // What an event saves is saved, also when it refuses in the end: it is outside of the request's transaction.
    not_saved(library.post("/rest/Book", &json!({ "__KEY": "11", "title": "no" })), 500, &[9510, 1517]);
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "after no");
    assert_eq!(library.get("/rest/Book(11)").json()["title"], "first");
    // An array whose first event changes what its second entity is: it is asked again.
    let answer = library.post("/rest/Book", &json!([{ "__KEY": "11", "title": "x" }, { "__KEY": "12", "playTime": 5 }])).ok();
    let other = library.get("/rest/Book(12)").json();
    assert_eq!((&other["title"], &other["playTime"]), (&json!("after x"), &json!(5)), "{answer}");
}
