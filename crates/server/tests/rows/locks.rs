//! Rows 82 and 83: locks (`rest-dialect.md` 13.2, 12.7, 13.1, `data-model.md` 6.3).

use serde_json::json;

use crate::database::IS_POSTGRES;
use crate::library::{app, app_with};

#[test]
fn row_82_lock_relock_foreign_lock_and_unlock() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    // Both have their sessions.
    ana.comes();
    bo.comes();
    assert!(ana.locks("Book(11)") && ana.locks("Book(11)"), "locking again succeeds");
    assert!(!bo.locks("Book(11)") && !bo.unlocks("Book[11]"), "somebody else has it");
    assert!(bo.locks("Book(12)") && !ana.locks("Book(12)"));
    assert_eq!(bo.get("/rest/Book(11)").ok().json()["title"], "Slow Rivers", "reading stays possible");
    assert!(ana.unlocks("Book(11)") && bo.locks("Book(11)"));
    assert!(bo.unlocks("Book(11)") && bo.unlocks("Book(11)") && ana.unlocks("Book(11)"), "nobody has it: no error");
    // POST does the same; so does the entity by another attribute.
    assert_eq!(ana.post("/rest/Book(13)?$lock=true", &json!({})).ok().json()["result"], true);
    assert!(!bo.locks("Book:isbn(978-0-00-013)") && ana.unlocks("Book:isbn(978-0-00-013)") && bo.locks("Book(13)"));
    // Text keys, in every spelling.
    assert!(ana.locks("Shelf(\"C%223\")") && !bo.locks("Shelf[%22C%5C%223%22]"));
}

#[test]
fn row_82_two_sessions_of_one_key() {
    let library = app();
    let key = library.key("Admin");
    let (ana, bo, none) = (library.with_cookies(&key), library.with_cookies(&key), library.without_cookies(&key));
    ana.comes();
    bo.comes();
    assert_ne!(ana.session(), bo.session());
    assert!(ana.locks("Book(11)"));
    assert!(!bo.locks("Book(11)") && !bo.saves(11, 1.0) && !none.locks("Book(11)") && !none.saves(11, 1.0));
    assert!(ana.saves(11, 2.0) && ana.unlocks("Book(11)") && none.saves(11, 3.0));
}

#[test]
fn row_82_update_and_delete_of_a_locked_entity() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    ana.comes();
    bo.comes();
    assert!(ana.locks("Book(11)"));
    let answer = bo.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "price": 1 }));
    assert_eq!((answer.status, answer.codes()), (500, vec![1046, 1517]), "{answer}");
    let status = r#"{"status":3,"statusText":"Already Locked","lockKind":7,"lockKindText":"Locked By Session","lockInfo":{"host":"","IPAddr":"","recordNumber":11,"userAgent":""},"success":false}"#;
    assert_eq!(answer.json()["__STATUS"].to_string(), status);
    assert_eq!(answer.members(), ["__STATUS", "__KEY", "__ERROR"]);
    // Every other spelling of an update; also one that would change nothing, or whose stamp is wrong.
    for (url, body) in [
        ("/rest/Book", json!({ "__KEY": "11", "price": 14.5 })),
        ("/rest/Book(11)?$method=update", json!({ "__STAMP": 9, "price": 1 })),
        ("/rest/Book?$method=update&$atomic=true", json!({ "__KEY": 11, "title": "x" })),
    ] {
        assert_eq!(bo.post(url, &body).codes(), [1046, 1517], "{url}");
    }
    // In an array the others are saved; with $atomic none is.
    let both = json!([{ "__KEY": "12", "price": 1 }, { "__KEY": "11", "price": 1 }]);
    let answer = bo.post("/rest/Book?$method=update&$atomic=true", &both);
    assert_eq!((answer.status, answer.codes()), (500, vec![1046, 1517]), "{answer}");
    assert_eq!(bo.get("/rest/Book(12)").json()["price"], 9.5);
    let answer = bo.post("/rest/Book?$method=update", &both);
    assert_eq!(answer.status, 500, "{answer}");
    assert_eq!(answer.json()["__ENTITIES"][1]["__STATUS"]["status"], 3, "{answer}");
    assert_eq!(bo.get("/rest/Book(12)").json()["price"], 1);
    // Deleting.
    let answer = bo.post("/rest/Book(11)?$method=delete", &json!(null));
    assert_eq!((answer.status, answer.codes(), answer.json()["__STATUS"].to_string()), (500, vec![1046], status.to_owned()), "{answer}");
    assert_eq!(answer.members(), ["__STATUS", "__ERROR"]);
    let answer = bo.post("/rest/Book?$filter=\"ID <= 13\"&$method=delete&$atomic=true", &json!(null)).refused(500, &[1046]);
    assert!(answer.message().contains("Book 11"), "{answer}");
    assert_eq!(bo.filter_ids("ID <= 13"), [11, 12, 13], "all or nothing");
    bo.post("/rest/Book?$filter=\"ID <= 13\"&$method=delete", &json!(null)).refused(500, &[1046]);
    assert_eq!(bo.filter_ids("ID <= 13"), [11], "the locked one is skipped and reported");
    // The holder may do all of it; the lock did not change the stamp and saving does not end it.
    let saved = ana.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "price": 2 })).ok();
    assert_eq!(saved.json()["__STAMP"], 2);
    assert!(!bo.locks("Book(11)"));
    ana.post("/rest/Book(11)?$method=delete", &json!(null)).ok();
    bo.get("/rest/Book(11)").refused(404, &[1542]);
}

#[test]
fn row_82_nothing_is_written_between_a_lock_and_its_holders_save() {
    let library = app();
    let key = library.key("Admin");
    let rounds = 15;
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = library.with_cookies(&key);
                client.comes();
                let mut done = 0;
                while done < rounds {
                    if !client.locks("Book(11)") {
                        continue;
                    }
                    let book = client.get("/rest/Book(11)").ok().json();
                    let body = json!({ "__KEY": "11", "__STAMP": book["__STAMP"], "price": book["price"].as_f64().unwrap() + 1.0 });
                    client.post("/rest/Book?$method=update", &body).ok();
                    assert!(client.unlocks("Book(11)"));
                    done += 1;
                }
            });
        }
        // Somebody who writes without a lock, and without looking.
        scope.spawn(|| {
            let client = library.with_cookies(&key);
            client.comes();
            for number in 0..100 {
                let answer = client.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": format!("Title {number}") }));
                assert!(answer.status == 200 || answer.codes() == [1046, 1517], "{answer}");
            }
        });
    });
    assert_eq!(library.get("/rest/Book(11)").ok().json()["price"], 14.5 + f64::from(3 * rounds));
}

#[test]
fn row_82_lock_needs_the_update_permission() {
    let library = app();
    let answer = library.by("Reader").get("/rest/Book(11)?$lock=true");
    answer.refused(401, &[1558]);
    library.by("Visitor").get("/rest/Book(11)?$lock=false").refused(401, &[1558]);
    library.by("Clerk").get("/rest/Book(11)?$lock=true").ok();
    library.by("Clerk").get("/rest/Author(1)?$lock=true").refused(401, &[1558]);
    library.by("Admin").get("/rest/Book(11)?$lock=maybe").refused(400, &[1806]);
}

#[test]
fn row_82_entity_that_is_gone_or_never_was() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    ana.get("/rest/Book(999)?$lock=true").refused(404, &[1542]);
    ana.get("/rest/Book(999)?$lock=false").refused(404, &[1542]);
    ana.get("/rest/Book(abc)?$lock=true").refused(404, &[1542]);
    bo.post("/rest/Book(11)?$method=delete", &json!(null)).ok();
    let gone = r#"{"result":false,"__STATUS":{"status":5,"statusText":"Entity does not exist anymore"}}"#;
    assert_eq!(ana.get("/rest/Book(11)?$lock=true").ok().text, gone);
    // Deleted by its holder: the lock is gone too, so that a new entity of this key is free.
    assert!(ana.locks("Book(12)"));
    ana.post("/rest/Book(12)?$method=delete", &json!(null)).ok();
    bo.post("/rest/Book?$method=update", &json!({ "ID": 12, "title": "Again" })).ok();
    assert!(bo.saves(12, 3.0) && bo.locks("Book(12)") && !ana.locks("Book(12)"));
}

#[test]
fn row_82_asking_for_a_gone_entity_ends_no_lock_on_its_successor() {
    if IS_POSTGRES {
        // Requests are begun in an order by SQLite's queues; over connections of a server nobody can say which is looked at first.
        eprintln!("skipped: on PostgreSQL the order of requests that run at once cannot be arranged");
        return;
    }
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    library.post("/rest/Book(12)?$method=delete", &json!(null)).ok();
    // The first is told last: meanwhile there is another book 12, and it is locked.
    let answers = library.answered_backwards(&[
        ("GET", "/rest/Book(12)?$lock=true", "", &one),
        ("POST", "/rest/Book?$method=update", r#"{"ID":12,"title":"Again"}"#, &other),
        ("GET", "/rest/Book(12)?$lock=true", "", &other),
    ]);
    assert_eq!(answers[0], r#"{"result":false,"__STATUS":{"status":5,"statusText":"Entity does not exist anymore"}}"#);
    assert_eq!(answers[2], r#"{"result":true,"__STATUS":{"success":true}}"#);
    assert!(!library.without_cookies(&one).saves(12, 3.0), "the lock is there");
    assert!(library.without_cookies(&other).saves(12, 3.0));
}

#[test]
fn row_82_a_deletion_in_part_ends_the_locks_on_what_went() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    assert!(ana.locks("Book(11)") && ana.locks("Book(13)") && bo.locks("Book(12)"));
    let answer = ana.post("/rest/Book?$filter=\"ID <= 12\"&$method=delete&$atomic=true", &json!(null)).refused(500, &[1046]);
    assert!(answer.message().contains("Book 12") && !bo.locks("Book(11)"), "nothing went, the lock stays");
    ana.post("/rest/Book?$filter=\"ID <= 12\"&$method=delete", &json!(null)).refused(500, &[1046]);
    assert_eq!(bo.filter_ids("ID <= 13"), [12, 13]);
    // A new one of this key is free; what was not asked for is held as before.
    bo.post("/rest/Book?$method=update", &json!({ "ID": 11, "title": "Again" })).ok();
    assert!(bo.saves(11, 3.0) && bo.locks("Book(11)") && !bo.locks("Book(13)"));
}

#[test]
fn row_82_the_holder_is_told_when_set() {
    let library = app_with("[rest]\nlock_info = \"full\"");
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    library.with_cookies(&one).get("/rest/Book(11)?$lock=true").ok();
    let answer = library.with_cookies(&other).get("/rest/Book(11)?$lock=true").ok();
    let info = json!({ "host": "10.0.0.5", "IPAddr": "10.0.0.5", "recordNumber": 11, "userAgent": "tests/1" });
    assert_eq!(answer.json()["__STATUS"]["lockInfo"], info, "{answer}");
}

#[test]
fn row_83_locks_end_with_the_time_out() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
    ana.comes();
    assert!(ana.locks("Book(11)"));
    library.set_clock("2024-03-05T10:59:59.000Z");
    assert!(!bo.saves(11, 1.0), "not yet");
    // A request starts the time anew.
    ana.get("/rest/Book(12)").ok();
    library.set_clock("2024-03-05T11:59:58.000Z");
    assert!(!bo.locks("Book(11)"));
    library.set_clock("2024-03-05T11:59:59.000Z");
    assert!(bo.locks("Book(11)") && bo.saves(11, 1.0) && !ana.saves(11, 2.0));
}

#[test]
fn row_83_locks_end_with_logout() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    for (url, body) in [("/rest/$directory/logout", None), ("/rest/$logout", None), ("/rest/$directory/logout", Some(json!(null)))] {
        let (ana, bo) = (library.with_cookies(&one), library.with_cookies(&other));
        // The first lock of a client with cookies is taken before it has one.
        assert!(ana.locks("Book(11)") && ana.locks("Book(12)"));
        let session = ana.session();
        assert!(!bo.locks("Book(11)") && !bo.locks("Book(12)"));
        let answer = body.map_or_else(|| ana.get(url), |body| ana.post(url, &body)).ok();
        assert_eq!(answer.text, r#"{"result":true}"#);
        assert!(bo.locks("Book(11)") && bo.locks("Book(12)"), "{url}");
        assert!(bo.unlocks("Book(11)") && bo.unlocks("Book(12)"));
        ana.get("/rest/Book(11)").ok();
        assert_ne!(ana.session(), session, "the session does not come back");
    }
}

#[test]
fn row_83_locks_end_with_the_key() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let last = library.key_until("Admin", "2024-03-05");
    let bo = library.with_cookies(&other);
    assert!(library.with_cookies(&one).locks("Book(11)") && library.without_cookies(&one).locks("Book(12)"));
    assert!(!bo.saves(11, 1.0) && !bo.saves(12, 1.0));
    library.delete_key(&one);
    assert!(bo.saves(11, 1.0) && bo.saves(12, 1.0));
    library.set_clock("2024-03-05T23:59:00.000Z");
    assert!(library.with_cookies(&last).locks("Book(13)") && !bo.saves(13, 1.0));
    library.set_clock("2024-03-06T00:00:00.000Z");
    assert!(bo.saves(13, 1.0), "its key has expired");
}

#[test]
fn row_83_locks_of_clients_without_cookies_end_when_the_key_is_idle() {
    let library = app();
    let (one, other) = (library.key("Admin"), library.key("Admin"));
    let (job, bo) = (library.without_cookies(&one), library.with_cookies(&other));
    assert!(job.locks("Book(11)"));
    library.set_clock("2024-03-05T10:40:00.000Z");
    job.get("/rest/Book(12)").ok();
    library.set_clock("2024-03-05T11:39:00.000Z");
    assert!(!bo.locks("Book(11)"), "another request without cookie keeps it");
    library.set_clock("2024-03-05T11:40:00.000Z");
    assert!(bo.locks("Book(11)"));
}

impl crate::client::Client<'_> {
    fn filter_ids(&self, filter: &str) -> Vec<i64> {
        self.get(&format!("/rest/Book?$orderby=ID&$filter=\"{filter}\"")).ids()
    }
}
