//! Entities that somebody holds are neither changed nor deleted, also by what a deletion brings about (`rest-dialect.md` 13.1, 13.2).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/both.rs"]
mod both;
#[path = "support/database.rs"]
mod database;
#[path = "support/saving.rs"]
mod saving;
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use claviger_model::{ClassId, Value};
use claviger_query::{Change, Request, Verb};
use claviger_store::{DeleteOutcome, EntityGuard, Held, SaveStatus};
use saving::{change, deadline, saved};
use serde_json::{Value as Json, json};
use support::{JsonSink, Served};

/// Holds one entity, and remembers what was asked.
struct HeldBy {
    class: ClassId,
    key: i64,
    asked: Mutex<Vec<(String, ClassId, i64)>>,
    told: Mutex<Vec<&'static str>>,
}

impl HeldBy {
    fn ask(&self, what: &str, class: ClassId, key: &[Value]) -> Result<(), Held> {
        let [Value::Int(number)] = key else { panic!("{key:?}") };
        self.asked.lock().unwrap().push((what.to_owned(), class, *number));
        if (class, *number) == (self.class, self.key) { Err(Held(Arc::from("{\"by\":\"test\"}"))) } else { Ok(()) }
    }
}

impl EntityGuard for HeldBy {
    fn is_idle(&self) -> bool {
        false
    }

    fn may_update(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        self.ask("update", class, key)
    }

    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        self.ask("delete", class, key)
    }

    fn none_deleted(&self) {
        self.told.lock().unwrap().push("none");
    }

    fn deleted(&self, is_kept: bool) {
        self.told.lock().unwrap().push(if is_kept { "gone" } else { "stays" });
    }
}

/// Authors 1 to 3; book 1 and 2 of author 1 (cascade), essay 1 about author 1 (set null).
fn model() -> String {
    let id =
        json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true });
    let to_author = |name: &str, integrity: &str| json!({ "name": name, "kind": "relatedEntity", "type": "Author", "path": "Author", "integrity": integrity });
    let name = json!({ "name": "name", "kind": "storage", "type": "string" });
    json!({ "dataClasses": [
        { "name": "Author", "attributes": [id, name] },
        { "name": "Book", "attributes": [id, name, to_author("author", "cascade")] },
        { "name": "Essay", "attributes": [id, name, to_author("about", "setNull")] },
    ] })
    .to_string()
}

fn fill(served: &Served) {
    for name in ["Ines", "Tom", "Eva"] {
        saved(served, "Author", json!({ "name": name }));
    }
    saved(served, "Book", json!({ "name": "Slow Rivers", "author": 1 }));
    saved(served, "Book", json!({ "name": "Hills", "author": 1 }));
    saved(served, "Essay", json!({ "name": "On rivers", "about": 1 }));
}

/// Runs a test over the entities of [`fill`].
fn on_both(test: fn(&Served)) {
    both::on_both(&model(), |served| {
        fill(served);
        test(served);
    });
}

fn held(served: &Served, dataclass: &str, key: i64) -> Arc<HeldBy> {
    Arc::new(HeldBy { class: served.store.model().find(dataclass).unwrap().id, key, asked: Mutex::default(), told: Mutex::default() })
}

fn outcome(served: &Served, url: &str, guard: &Arc<HeldBy>) -> DeleteOutcome {
    let Change::Delete(delete) = change(served, url, None) else { panic!("{url}") };
    served.block_on(served.store.delete(delete, guard.clone(), deadline())).unwrap()
}

fn delete(served: &Served, url: &str, guard: &Arc<HeldBy>) -> (u64, Vec<i64>) {
    let outcome = outcome(served, url, guard);
    (outcome.deleted, outcome.errors.iter().map(claviger_query::Error::code).collect())
}

fn count(served: &Served, dataclass: &str) -> Json {
    served.get(dataclass)["__COUNT"].clone()
}

#[test]
fn a_held_entity_is_not_updated() {
    on_both(|served| {
        let guard = held(served, "Author", 2);
        let body = json!([{ "__KEY": "1", "name": "A" }, { "__KEY": "2", "name": "B" }, { "__KEY": "2", "__STAMP": 9 }, { "name": "New" }]);
        let Change::Save(save) = change(served, "Author?$method=update", Some(body)) else { panic!() };
        let outcomes = served.block_on(served.store.save(save, Arc::new(JsonSink::default), guard.clone(), deadline())).unwrap();
        let ends: Vec<_> = outcomes.iter().map(|outcome| (outcome.status, outcome.held.is_some())).collect();
        let locked = (SaveStatus::Locked, true);
        assert_eq!(ends, [(SaveStatus::Saved, false), locked, locked, (SaveStatus::Saved, false)]);
        assert_eq!(outcomes[1].held.as_ref().unwrap().0.as_ref(), "{\"by\":\"test\"}");
        assert_eq!(served.get("Author(2)")["name"], "Tom");
        assert_eq!(guard.asked.lock().unwrap().len(), 3, "a new entity is nobody's");
    });
}

#[test]
fn a_held_entity_is_not_deleted_by_key_filter_or_cascade() {
    on_both(|served| {
        let guard = held(served, "Author", 2);
        assert_eq!(delete(served, "Author(2)?$method=delete", &guard), (0, vec![1046]));
        assert_eq!(delete(served, "Author?$filter=\"ID >= 2\"&$method=delete&$atomic=true", &guard), (0, vec![1046]));
        assert_eq!(count(served, "Author"), 3);
        assert_eq!(delete(served, "Author?$filter=\"ID >= 2\"&$method=delete", &guard), (1, vec![1046]));
        // A book that would go with its author.
        let guard = held(served, "Book", 2);
        assert_eq!(delete(served, "Author(1)?$method=delete", &guard), (0, vec![1046]));
        assert_eq!((count(served, "Author"), count(served, "Book")), (json!(2), json!(2)), "nothing of it went");
        // An essay that would change.
        let guard = held(served, "Essay", 1);
        assert_eq!(delete(served, "Author(1)?$method=delete", &guard), (0, vec![1046]));
        assert_eq!((count(served, "Author"), count(served, "Book")), (json!(2), json!(2)));
        assert_ne!(served.get("Essay(1)?$expand=about")["about"], Json::Null);
        assert_eq!(delete(served, "Author(1)?$method=delete", &held(served, "Essay", 9)), (1, vec![]));
        assert_eq!((count(served, "Book"), served.get("Essay(1)?$expand=about")["about"].clone()), (json!(0), Json::Null));
    });
}

/// The holder of an entity that the caller did not name may be nothing for him to know.
#[test]
fn the_holder_is_told_of_the_entity_itself_alone() {
    on_both(|served| {
        let holder = |url: &str, dataclass: &str, key: i64| {
            let outcome = outcome(served, url, &held(served, dataclass, key));
            assert_eq!(outcome.errors.iter().map(claviger_query::Error::code).collect::<Vec<_>>(), [1046], "{url}");
            assert!(outcome.errors[0].items[0].message.starts_with("Author "), "{url}");
            outcome.held.map(|held| held.0.to_string())
        };
        assert_eq!(holder("Author(1)?$method=delete", "Author", 1).as_deref(), Some("{\"by\":\"test\"}"));
        assert_eq!(holder("Author(1)?$method=delete", "Book", 2), None);
        assert_eq!(holder("Author(1)?$method=delete", "Essay", 1), None);
    });
}

#[test]
fn a_stamp_is_compared_with_the_entity_that_goes() {
    on_both(|served| {
        saved(served, "Author", json!({ "__KEY": "2", "name": "Tomas" }));
        let nobody = held(served, "Author", 9);
        assert_eq!(delete(served, "Author(2)?$method=delete&$stamp=1", &nobody), (0, vec![1263]));
        assert_eq!(count(served, "Author"), 3);
        assert_eq!(delete(served, "Author(2)?$method=delete&$stamp=2", &nobody), (1, vec![]));
        // What goes with it has stamps of its own.
        saved(served, "Book", json!({ "__KEY": "1", "name": "Slower Rivers" }));
        assert_eq!(delete(served, "Author(1)?$method=delete&$stamp=1", &nobody), (1, vec![]));
        assert_eq!(count(served, "Book"), json!(0));
    });
}

#[test]
fn the_guard_learns_what_went_and_what_stays() {
    on_both(|served| {
        let told = |url: &str, key: i64| {
            let guard = held(served, "Author", key);
            delete(served, url, &guard);
            guard.told.lock().unwrap().clone()
        };
        assert_eq!(told("Author?$filter=\"ID >= 2\"&$orderby=ID&$method=delete&$atomic=true", 3), ["none", "gone", "stays", "none"]);
        assert_eq!(told("Author?$filter=\"ID >= 2\"&$orderby=ID&$method=delete", 3), ["none", "gone", "stays"]);
        assert_eq!(told("Author(1)?$method=delete", 3), ["none", "gone"]);
    });
}

#[test]
fn a_lock_is_claimed_by_the_stored_key_in_order_with_the_writes() {
    on_both(|served| {
        let lock = |url: &str| match served.plan(Verb::Get, url, None) {
            Ok(Request::Lock(lock)) => {
                let taken = lock.is_taken();
                served.block_on(served.store.lock(lock, move |key| (key.to_vec(), taken), deadline())).unwrap()
            }
            other => panic!("{url}: {other:?}"),
        };
        assert_eq!(lock("Author(2)?$lock=true"), Some((vec![Value::Int(2)], true)));
        assert_eq!(lock("Author:name(eva)?$lock=false"), Some((vec![Value::Int(3)], false)));
        assert_eq!(lock("Author(9)?$lock=true"), None);
        assert_eq!(lock("Author(x)?$lock=true"), None);
        assert_eq!(lock("Author:name(nobody)?$lock=true"), None);
    });
}

/// Takes its locks while others write: what it holds may not change.
struct Door(AtomicBool);

impl EntityGuard for Door {
    fn is_idle(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }

    fn may_update(&self, _: ClassId, _: &[Value]) -> Result<(), Held> {
        if self.is_idle() { Ok(()) } else { Err(Held(Arc::from("{}"))) }
    }

    fn may_delete(&self, class: ClassId, key: &[Value]) -> Result<(), Held> {
        self.may_update(class, key)
    }
}

#[test]
fn nothing_is_written_once_a_lock_is_answered() {
    on_both(|served| {
        let door = Arc::new(Door(AtomicBool::new(false)));
        let write = |number: i64| {
            let body = json!({ "__KEY": "1", "name": format!("Name {number}") });
            let Change::Save(save) = change(served, "Essay?$method=update", Some(body)) else { panic!() };
            let (store, door) = (served.store.clone(), Arc::clone(&door));
            async move { store.save(save, Arc::new(JsonSink::default), door, deadline()).await.unwrap().remove(0).status }
        };
        for number in 0..20 {
            let Ok(Request::Lock(lock)) = served.plan(Verb::Get, "Essay:ID(1)?$lock=true", None) else { panic!() };
            let claim = Arc::clone(&door);
            let taking = served.store.lock(lock, move |_| claim.0.store(true, Ordering::SeqCst), deadline());
            let (before, held, (first, second)) = served.block_on(async {
                tokio::join!(write(3 * number), taking, async { tokio::join!(write(3 * number + 1), write(3 * number + 2)) })
            });
            assert_eq!(held.unwrap(), Some(()));
            assert!([before, first, second].iter().all(|status| matches!(status, SaveStatus::Saved | SaveStatus::Locked)));
            let name = served.get("Essay(1)")["name"].clone();
            assert_eq!(served.block_on(write(-1)), SaveStatus::Locked);
            assert_eq!(served.get("Essay(1)")["name"], name);
            door.0.store(false, Ordering::SeqCst);
        }
    });
}
