//! What transactions see, keep and take back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claviger_model::{ClassId, Value};
use claviger_query::{Change, Request, Verb};
use claviger_store::transaction::DEEPEST;
use claviger_store::{EntityGuard, Held, SaveStatus, StoreError};
use serde_json::{Value as Json, json};

use crate::library::with_books;
use crate::open::begin;
use crate::saving::{change, deadline, save, saved};
use crate::support::{JsonSink, Served};

fn count(served: &Served, url: &str) -> u64 {
    served.get(url)["__COUNT"].as_u64().unwrap()
}

/// A page that does not hold all, so that its size is counted, and remembered where it may be.
const COUNTED: &str = "Book?$filter=\"title != 'x'\"&$top=1";

#[test]
fn it_sees_what_it_wrote_and_others_do_when_it_is_committed() {
    with_books(|served| {
        assert_eq!(count(served, COUNTED), 4);
        let mut open = begin(served);
        assert_eq!(open.count(COUNTED), 4);
        let made = open.saved("Book", json!({ "title": "Lakes", "author": 2 }));
        assert_eq!((&made["__KEY"], &made["__STAMP"]), (&json!("5"), &json!(1)));
        assert_eq!(open.saved("Book", json!({ "__KEY": "1", "__STAMP": 1, "title": "Fast Rivers" }))["__STAMP"], 2);
        assert_eq!(open.delete("Book(4)?$method=delete").unwrap().deleted, 1);
        assert_eq!(open.get("Book(1)")["title"], "Fast Rivers");
        assert_eq!(open.get("Book?$orderby=ID")["__ENTITIES"].as_array().unwrap().len(), 4);
        assert_eq!(open.get("Author(2)?$expand=books")["books"]["__COUNT"], 1);
        assert_eq!(open.get("Book?$compute=count&$attributes=ID")["ID"]["count"], 4);
        assert_eq!(open.keys("Book?$filter=\"ID > 2\"").len(), 2);
        assert!(matches!(open.try_get("Book(4)"), Err(StoreError::Dialect(error)) if error.code() == 1542), "its failure is its own");

        assert_eq!(served.get("Book(1)")["title"], "Slow Rivers");
        assert_eq!((count(served, "Book"), served.keys("Book?$orderby=ID").join(" ")), (4, "1 2 3 4".to_owned()));
        open.commit().unwrap();
        assert_eq!(served.get("Book(1)")["title"], "Fast Rivers");
        assert_eq!(served.keys("Book?$orderby=ID").join(" "), "1 2 3 5");
        assert_eq!(served.get("Book(5)"), made);
    });
}

#[test]
fn rolled_back_or_dropped_it_leaves_nothing() {
    with_books(|served| {
        let before = served.get("Book?$orderby=ID");
        for is_dropped in [false, true] {
            let mut open = begin(served);
            open.saved("Book", json!({ "title": "Lakes" }));
            open.saved("Book", json!({ "__KEY": "1", "title": "Fast Rivers" }));
            open.delete("Author(1)?$method=delete").unwrap();
            assert_eq!(open.count("Book"), 1);
            if is_dropped {
                drop(open);
            } else {
                open.rollback().unwrap();
            }
            // Behind it, so that it is undone.
            assert_eq!(
                saved(served, "Author", json!({ "__KEY": "3", "name": format!("Eva {is_dropped}") }))["name"],
                format!("Eva {is_dropped}")
            );
            assert_eq!(served.get("Book?$orderby=ID"), before);
        }
        assert_eq!(
            saved(served, "Book", json!({ "__KEY": "1", "__STAMP": 1, "title": "Third" }))["__STAMP"],
            2,
            "stamps go on where they were"
        );
        let made = saved(served, "Author", json!({ "name": "Nora" }));
        assert_eq!((&made["rank"], &made["__STAMP"]), (&json!(4), &json!(1)), "numbers, too");
    });
}

#[test]
fn an_outer_rollback_takes_back_what_was_committed_inside_and_an_inner_one_only_its_own() {
    with_books(|served| {
        let mut open = begin(served);
        open.saved("Book", json!({ "__KEY": "1", "title": "outer" }));
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "2", "title": "inner" }));
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "3", "title": "innermost" }));
        open.commit_nested().unwrap();
        open.commit_nested().unwrap();
        assert_eq!(open.get("Book(3)")["title"], "innermost");
        open.rollback().unwrap();
        let titles = |served: &Served| {
            let page = served.get("Book?$orderby=ID");
            page["__ENTITIES"].as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(titles(served), ["Slow Rivers", "Hills", "Ponds", "Seas"]);

        let mut open = begin(served);
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "1", "title": "kept" }));
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "1", "title": "taken back" }));
        open.delete("Book(2)?$method=delete").unwrap();
        open.rollback_nested().unwrap();
        assert_eq!((open.get("Book(1)")["title"].clone(), open.count("Book")), (json!("kept"), 4));
        open.commit_nested().unwrap();
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "4", "title": "never validated" }));
        open.commit().unwrap();
        assert_eq!(titles(served), ["kept", "Hills", "Ponds", "Seas"]);
        assert_eq!(served.get("Book(1)")["__STAMP"], 2);
    });
}

#[test]
fn an_operation_that_is_refused_is_undone_alone() {
    with_books(|served| {
        let mut open = begin(served);
        open.saved("Book", json!({ "__KEY": "1", "title": "first" }));
        assert_eq!(open.save("Book", json!({ "__KEY": "2", "title": null })).codes(), [1569, 1570, 1517]);
        assert_eq!(open.save("Author", json!({ "__KEY": "2", "name": "Ines" })).codes(), [1569, 1570, 1517]);
        assert_eq!(open.save("Author", json!({ "ID": 1, "name": "Nora" })).codes(), [1569, 1570, 1534]);
        let conflict = open.save("Book", json!({ "__KEY": "3", "__STAMP": 9, "title": "late" }));
        assert_eq!((conflict.status, &conflict.entity["title"]), (SaveStatus::Conflict, &json!("Ponds")));
        let outcomes =
            open.try_save("Author?$method=update&$atomic=true", json!([{ "name": "Kim" }, { "name": "kim" }, { "name": "Kim" }])).unwrap();
        assert_eq!(outcomes.last().unwrap().status, SaveStatus::Failed);
        assert!(matches!(open.delete("Book(77)?$method=delete"), Err(StoreError::Dialect(error)) if error.code() == 1542));
        open.begin_nested().unwrap();
        assert_eq!(open.save("Author", json!({ "name": "Tom" })).codes(), [1569, 1570, 1534]);
        open.saved("Book", json!({ "title": "last" }));
        open.commit_nested().unwrap();
        let trial = open.try_save("Book?$method=validate", json!({ "__KEY": "4", "title": "tried" })).unwrap();
        assert_eq!(trial[0].status, SaveStatus::Saved);
        open.commit().unwrap();
        assert_eq!((count(served, "Author"), count(served, "Book")), (3, 5));
        assert_eq!(served.get("Book(1)")["title"], "first");
        assert_eq!(served.get("Book(4)")["title"], "Seas");
    });
}

/// ST-6: the owner's copies of an entity are in no conflict with one another, and still with what others did.
#[test]
fn its_own_saves_are_no_conflict() {
    with_books(|served| {
        saved(served, "Book", json!({ "__KEY": "1", "title": "of others" }));
        let mut open = begin(served);
        assert_eq!(open.save("Book", json!({ "__KEY": "1", "__STAMP": 1, "title": "stale" })).status, SaveStatus::Conflict);
        assert_eq!(open.saved("Book", json!({ "__KEY": "1", "__STAMP": 2, "title": "first copy" }))["__STAMP"], 3);
        assert_eq!(open.saved("Book", json!({ "__KEY": "1", "__STAMP": 2, "title": "second copy" }))["__STAMP"], 4);
        assert_eq!(open.saved("Book", json!({ "__KEY": "1", "__STAMP": 3, "title": "third copy" }))["__STAMP"], 5);
        for stamp in [1, 9] {
            assert_eq!(open.save("Book", json!({ "__KEY": "1", "__STAMP": stamp, "title": "stale" })).status, SaveStatus::Conflict);
        }
        assert_eq!(open.save("Book", json!({ "__KEY": "2", "__STAMP": 2, "title": "another" })).status, SaveStatus::Conflict);
        open.begin_nested().unwrap();
        open.saved("Book", json!({ "__KEY": "2", "__STAMP": 1, "title": "taken back" }));
        open.saved("Book", json!({ "__KEY": "2", "__STAMP": 2, "title": "taken back, too" }));
        open.rollback_nested().unwrap();
        assert_eq!(open.save("Book", json!({ "__KEY": "2", "__STAMP": 2, "title": "never was" })).status, SaveStatus::Conflict);
        open.commit().unwrap();
        assert_eq!(save(served, "Book", json!({ "__KEY": "1", "__STAMP": 4, "title": "late" })).status, SaveStatus::Conflict);
    });
}

#[test]
fn sizes_that_are_remembered_are_those_that_everybody_sees() {
    with_books(|served| {
        for is_kept in [false, true] {
            assert_eq!(count(served, COUNTED), 4);
            let mut open = begin(served);
            assert_eq!(open.count(COUNTED), 4);
            open.saved("Book", json!({ "title": "a" }));
            assert_eq!(open.count(COUNTED), 5);
            assert_eq!(count(served, COUNTED), 4);
            open.saved("Book", json!({ "title": "b" }));
            assert_eq!((open.count(COUNTED), count(served, COUNTED)), (6, 4));
            open.begin_nested().unwrap();
            open.delete("Book?$filter=\"title = 'Hills'\"&$method=delete").unwrap();
            assert_eq!(open.count(COUNTED), 5);
            open.rollback_nested().unwrap();
            assert_eq!((open.count(COUNTED), count(served, COUNTED)), (6, 4));
            if is_kept {
                open.commit().unwrap();
            } else {
                open.rollback().unwrap();
            }
            assert_eq!(count(served, COUNTED), if is_kept { 6 } else { 4 });
            let mut again = begin(served);
            assert_eq!(again.count(COUNTED), if is_kept { 6 } else { 4 });
        }
    });
}

#[test]
fn a_bounded_number_is_nested() {
    with_books(|served| {
        let mut open = begin(served);
        assert!(matches!(open.commit_nested(), Err(StoreError::Internal(_))), "none is open");
        for depth in 0..DEEPEST {
            open.begin_nested().unwrap_or_else(|error| panic!("{depth}: {error}"));
        }
        assert!(matches!(open.begin_nested(), Err(StoreError::TooDeep)));
        open.saved("Book", json!({ "__KEY": "1", "title": "deep" }));
        for _ in 0..DEEPEST {
            open.commit_nested().unwrap();
        }
        assert!(matches!(open.rollback_nested(), Err(StoreError::Internal(_))));
        open.commit().unwrap();
        assert_eq!(served.get("Book(1)")["title"], "deep");
    });
}

/// Holds author 3, and remembers what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<&'static str>>);

impl Told {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl EntityGuard for Told {
    fn is_idle(&self) -> bool {
        false
    }

    fn may_update(&self, _: ClassId, key: &[Value]) -> Result<(), Held> {
        if key == [Value::Int(3)] { Err(Held(Arc::from("{}"))) } else { Ok(()) }
    }

    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        self.may_update(class, key)
    }

    fn none_deleted(&self) {
        self.0.lock().unwrap().push("none");
    }

    fn deleted(&self, is_kept: bool) {
        self.0.lock().unwrap().push(if is_kept { "gone" } else { "stays" });
    }

    fn committed(&self) {
        self.0.lock().unwrap().push("committed");
    }
}

#[test]
fn guards_learn_how_it_ended() {
    with_books(|served| {
        let guards: [Arc<Told>; 4] = Default::default();
        let told = || guards.each_ref().map(|guard| guard.take());
        let mut open = begin(served);
        open.delete_with("Book(1)?$method=delete", guards[0].clone()).unwrap();
        open.begin_nested().unwrap();
        open.delete_with("Book(2)?$method=delete", guards[1].clone()).unwrap();
        assert_eq!(open.delete_with("Author(3)?$method=delete", guards[2].clone()).unwrap().errors[0].code(), 1046);
        let gone = vec!["none", "gone"];
        assert_eq!(told(), [gone.clone(), gone.clone(), vec!["none", "stays"], vec![]]);
        open.rollback_nested().unwrap();
        assert_eq!(told(), [vec![], vec!["none"], vec!["none"], vec![]]);
        open.begin_nested().unwrap();
        open.delete_with("Book(4)?$method=delete", guards[3].clone()).unwrap();
        open.commit_nested().unwrap();
        assert_eq!(told(), [vec![], vec![], vec![], gone.clone()], "not before it is committed");
        open.commit().unwrap();
        assert_eq!(told(), [vec!["committed"], vec![], vec![], vec!["committed"]]);

        let mut open = begin(served);
        open.delete_with("Book(2)?$method=delete", guards[0].clone()).unwrap();
        open.rollback().unwrap();
        assert_eq!(told()[0], ["none", "gone", "none"]);
        let Change::Delete(delete) = change(served, "Book(2)?$method=delete", None) else { panic!() };
        served.block_on(served.store.delete(delete, guards[0].clone(), deadline())).unwrap();
        assert_eq!(told()[0], ["none", "gone", "committed"], "as a deletion by itself");

        let mut open = begin(served);
        let Change::Save(save) = change(served, "Author?$method=update", Some(json!({ "__KEY": "1", "name": "Nora" }))) else { panic!() };
        let saving = open.transaction.save(save, Arc::new(JsonSink::default), guards[0].clone());
        assert_eq!(served.block_on(saving).unwrap()[0].status, SaveStatus::Saved);
        assert_eq!(Arc::strong_count(&guards[0]), 1, "of a save there is nothing to tell");
        open.commit().unwrap();
        assert_eq!(told()[0], [""; 0]);
    });
}

#[test]
fn entities_are_held_and_claimed_inside() {
    with_books(|served| {
        let mut open = begin(served);
        let Change::Save(save) = change(served, "Author?$method=update", Some(json!({ "__KEY": "3", "name": "Eve" }))) else { panic!() };
        let saving = open.transaction.save(save, Arc::new(JsonSink::default), Arc::new(Told::default()));
        assert_eq!(served.block_on(saving).unwrap()[0].status, SaveStatus::Locked);
        open.saved("Author", json!({ "name": "Nora" }));
        let Ok(Request::Lock(lock)) = served.plan(Verb::Get, "Author:name(Nora)?$lock=true", None) else { panic!() };
        let key = served.block_on(open.transaction.lock(lock, <[Value]>::to_vec)).unwrap();
        let made = open.get("Author:name(Nora)")["ID"].as_i64().unwrap();
        assert_eq!(key, Some(vec![Value::Int(made)]), "also what it made itself");
        open.commit().unwrap();
    });
}

#[test]
fn an_operation_that_panics_is_undone_alone() {
    with_books(|served| {
        let mut open = begin(served);
        open.saved("Book", json!({ "__KEY": "1", "title": "kept" }));
        let Change::Save(save) = change(served, "Book?$method=update", Some(json!({ "__KEY": "2", "title": "lost" }))) else { panic!() };
        let failing: Arc<dyn Fn() -> JsonSink + Send + Sync> = Arc::new(|| panic!("no sink"));
        let saving = open.transaction.save(save, failing, Arc::new(claviger_store::NothingHeld));
        assert!(matches!(served.block_on(saving), Err(StoreError::Internal(_))));
        // The same in the middle of several, each of which is a part of it.
        let both = json!([{ "__KEY": "3", "title": "lost" }, { "__KEY": "4", "title": "lost" }]);
        let Change::Save(save) = change(served, "Book?$method=update", Some(both)) else { panic!() };
        let sinks = AtomicUsize::new(0);
        let failing: Arc<dyn Fn() -> JsonSink + Send + Sync> = Arc::new(move || match sinks.fetch_add(1, Ordering::Relaxed) {
            0 => JsonSink::default(),
            _ => panic!("no second sink"),
        });
        let saving = open.transaction.save(save, failing, Arc::new(claviger_store::NothingHeld));
        assert!(matches!(served.block_on(saving), Err(StoreError::Internal(_))));
        open.commit().unwrap();
        let titles = [1, 2, 3, 4].map(|key| served.get(&format!("Book({key})"))["title"].clone());
        assert_eq!(titles, ["kept", "Hills", "Ponds", "Seas"]);
        assert_eq!(save_title(served), "after");
    });
}

fn save_title(served: &Served) -> Json {
    save(served, "Book", json!({ "__KEY": "2", "title": "after" })).entity["title"].clone()
}
