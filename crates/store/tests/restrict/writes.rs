//! What is written: an entity that is not seen is absent, as a target and as a related entity; integrity looks at all.

use std::sync::Arc;

use claviger_query::{Answers, KeyList};
use claviger_store::SaveStatus;
use serde_json::{Value, json};

use crate::reads::library;
use crate::world::{World, code};

/// Runs a test on each engine with a caller who sees only Ann and Cid, and books up to 40.
fn limited(test: impl Fn(&World, &Answers)) {
    for world in World::each(&library()) {
        let answers = world.seeing(&[("Author", "country.code = 'FR'"), ("Book", "price <= 40")]);
        test(&world, &answers);
    }
}

#[test]
fn an_update_does_not_find_what_is_not_seen() {
    limited(|world, some| {
        let hidden = world.save("Author", json!({ "__KEY": "2", "name": "New" }), some);
        let absent = world.save("Author", json!({ "__KEY": "22", "name": "New" }), some);
        assert_eq!((hidden.status, &hidden.codes), (SaveStatus::Failed, &vec![1542]));
        assert_eq!((absent.codes, absent.message.replace("22", "2")), (hidden.codes, hidden.message), "nothing tells one from the other");
        // Neither by a stamp that is another one, nor by a value that is the stored one, nor in a list.
        assert_eq!(world.save("Author", json!({ "__KEY": "2", "__STAMP": 9, "name": "Bob" }), some).codes, [1542]);
        let both = json!([{ "__KEY": "1", "rating": 9 }, { "__KEY": "4", "rating": 9 }]);
        let saved = world.save_all("Author?$method=update", both, some);
        assert_eq!((saved[0].status, &saved[1].codes), (SaveStatus::Saved, &vec![1542]));
        let tried = world.save_all("Author?$method=validate", json!([{ "__KEY": "2", "rating": 9 }]), some);
        assert_eq!(tried[0].codes, [1542]);
        let all = world.seeing_all();
        assert_eq!((&world.get("Author(2)", &all)["name"], &world.get("Author(4)", &all)["rating"]), (&json!("Bob"), &json!(2)));
        // A conflict with what is seen still sends it.
        let conflict = world.save("Author", json!({ "__KEY": "1", "__STAMP": 99, "name": "x" }), some);
        assert_eq!((conflict.status, &conflict.entity["name"]), (SaveStatus::Conflict, &json!("Ann")));
    });
}

#[test]
fn entities_may_be_created_and_moved_out_of_sight() {
    limited(|world, some| {
        let made = world.save("Author", json!({ "name": "Zoe", "country": "DE", "mentor": 1 }), some);
        assert_eq!((made.status, &made.entity["name"]), (SaveStatus::Saved, &json!("Zoe")), "whoever saved it gets it");
        assert_eq!(made.entity["mentor"], json!({ "__deferred": "1" }));
        assert_eq!(world.refused("Author(6)", some), 1542);
        assert_eq!(world.save("Author", json!({ "__KEY": "6", "name": "x" }), some).codes, [1542]);
        let moved = world.save("Author", json!({ "__KEY": "3", "country": "US" }), some);
        assert_eq!((moved.status, &moved.entity["name"]), (SaveStatus::Saved, &json!("Cid")));
        assert_eq!(moved.entity["mentor"], Value::Null, "what is related to it is what he sees");
        assert_eq!(world.keys("Author", some), ["1"]);
        // What is sent back is cut down as any reading.
        let book =
            world.save_all("Book?$method=update&$expand=author,second,author.books", json!({ "__KEY": "2", "price": 5 }), some).remove(0);
        assert_eq!((&book.entity["author"]["name"], &book.entity["second"]), (&json!("Ann"), &Value::Null));
        assert_eq!(book.entity["author"]["books"]["__COUNT"], 2);
    });
}

#[test]
fn a_related_entity_that_is_not_seen_is_unknown() {
    limited(|world, some| {
        let hidden = world.save("Book", json!({ "title": "x", "author": 2 }), some);
        let absent = world.save("Book", json!({ "title": "x", "author": 22 }), some);
        assert_eq!((hidden.status, &hidden.codes), (SaveStatus::Failed, &vec![1542, 1534]));
        assert_eq!((absent.codes, absent.message), (hidden.codes, hidden.message), "nothing tells one from the other");
        assert_eq!(world.save("Book", json!({ "__KEY": "1", "author": { "__KEY": 4 } }), some).codes, [1542, 1517]);
        assert_eq!(world.save("Book", json!({ "__KEY": "1", "author": 3 }), some).status, SaveStatus::Saved);
        // A foreign key by itself is stored whether there is such an entity or not, and the relation shows neither (RE-5).
        for key in [2, 22] {
            let saved = world.save("Plain", json!({ "authorID": key }), some);
            assert_eq!((saved.status, &saved.entity["authorID"], &saved.entity["author"]), (SaveStatus::Saved, &json!(key), &Value::Null));
        }
        let saved = world.save("Plain", json!({ "authorID": 3 }), some);
        assert_eq!(saved.entity["author"], json!({ "__deferred": "3" }));
    });
}

#[test]
fn what_was_received_may_be_posted_back_and_changes_nothing() {
    limited(|world, some| {
        let all = world.seeing_all();
        let mut book = world.get("Book(3)?$attributes=title,author,second", some);
        assert_eq!((&book["author"], &book["second"]), (&Value::Null, &json!({ "__deferred": "1" })));
        book["title"] = json!("B2");
        book["second"] = json!(3);
        book["__STAMP"] = Value::Null;
        assert_eq!(world.save("Book", book, some).status, SaveStatus::Saved);
        let book = world.get("Book(3)", &all);
        assert_eq!(
            (&book["title"], &book["author"], &book["second"]),
            (&json!("B2"), &json!({ "__deferred": "2" }), &json!({ "__deferred": "3" }))
        );
        // Whoever sees the author takes him away.
        assert_eq!(world.save("Book", json!({ "__KEY": "3", "second": null }), some).status, SaveStatus::Saved);
        assert_eq!(world.get("Book(3)", &all)["second"], Value::Null);
        // Which one it is cannot be found out by posting keys.
        for key in [2, 4, 22] {
            let saved = world.save("Book", json!({ "__KEY": "3", "author": key }), some);
            assert_eq!((saved.status, saved.codes), (SaveStatus::Failed, vec![1542, 1517]), "{key}");
        }
        assert_eq!(world.save("Book", json!({ "__KEY": "3", "author": 1 }), some).status, SaveStatus::Saved);
        assert_eq!(world.save("Book", json!({ "__KEY": "3", "author": 1 }), some).status, SaveStatus::Saved);
        assert_eq!(world.save("Book", json!({ "__KEY": "3", "author": null }), some).status, SaveStatus::Saved);
        assert_eq!(world.get("Book(3)", &all)["author"], Value::Null);
    });
}

#[test]
fn a_deletion_does_not_find_what_is_not_seen() {
    limited(|world, some| {
        let all = world.seeing_all();
        let gone = |url: &str, body: Option<Value>, keys: Option<&Arc<KeyList>>| {
            world
                .delete(url, body, keys, some)
                .map(|outcome| (outcome.deleted, outcome.errors.iter().map(claviger_query::Error::code).collect()))
        };
        assert_eq!(code(gone("Author(2)?$method=delete", None, None)), 1542);
        let listed = gone("Author?$method=delete", Some(json!([{ "__KEY": "2" }, { "__KEY": "22" }])), None).unwrap();
        assert_eq!(listed, (0, vec![1542, 1542]));
        let found = gone("Author?$method=delete&$filter=\"rating > 0\"", Some(json!([{ "__KEY": "2" }])), None).unwrap();
        assert_eq!(found, (0, vec![]));
        let set = Arc::new(KeyList::whole(vec![4, 5]));
        assert_eq!(gone("Author/$entityset/x?$method=delete", None, Some(&set)).unwrap(), (0, vec![]));
        assert_eq!(world.get("Author", &all)["__COUNT"], 5);
        // By a filter over what is seen, and everything.
        assert_eq!(gone("Book?$method=delete&$filter=\"author = null\"", None, None).unwrap(), (0, vec![1569]), "the loan keeps book 3");
        assert_eq!(gone("Author?$method=delete", None, None).unwrap(), (2, vec![]));
        assert_eq!(world.keys("Author", &all), ["2", "4", "5"]);
    });
}

#[test]
fn integrity_looks_at_all_entities() {
    for world in World::each(&library()) {
        let all = world.seeing_all();
        // Loans of books and essays are not restricted; here their books and authors are all that somebody sees, or does not see.
        let some = world.seeing(&[("Book", "price >= 30")]);
        let refused = world.delete("Book(3)?$method=delete", None, None, &some).unwrap();
        assert_eq!((refused.deleted, refused.errors[0].code()), (0, 1569));
        assert_eq!(world.delete("Book(5)?$method=delete", None, None, &some).unwrap().deleted, 1);
        assert_eq!(world.keys("Essay", &all), ["2"], "an essay goes with its book");
        assert_eq!(world.delete("Author(1)?$method=delete", None, None, &some).unwrap().deleted, 1);
        assert_eq!(world.get("Essay(2)", &all)["about"], Value::Null);
    }
}

#[test]
fn locks_do_not_find_what_is_not_seen() {
    limited(|world, some| {
        for (url, is_there) in [
            ("Author(1)?$lock=true", true),
            ("Author(2)?$lock=true", false),
            ("Author(2)?$lock=false", false),
            ("Author:name(Cid)?$lock=true", true),
            ("Author:name(Bob)?$lock=true", false),
            ("Author:name(Bob)?$lock=false", false),
        ] {
            assert_eq!(world.lock(url, some), is_there, "{url}");
        }
        assert!(world.lock("Author(2)?$lock=true", &world.seeing_all()));
    });
}
