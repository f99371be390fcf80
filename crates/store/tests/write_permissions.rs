//! Denied writes save nothing (`roles-privileges.md` 3, 4.4, 6.4): what depends on the stored values is decided in the store.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/saving.rs"]
mod saving;
mod support;

use claviger_access::Grants;
use claviger_access::roles::Roles;
use claviger_query::{Ask, Change, Error, ErrorKind, Options, Request, Verb};
use claviger_store::SaveStatus;
use saving::{Saved, deadline, run, saved};
use serde_json::{Value, json};
use support::Served;

const ROLES: &str = r#"{
    "restrictedByDefault": true,
    "privileges": [ { "privilege": "work" }, { "privilege": "prices" }, { "privilege": "remove" } ],
    "roles": [ { "role": "Clerk", "privileges": ["work"] }, { "role": "Chief", "privileges": ["work", "prices", "remove"] } ],
    "permissions": { "allowed": [
        { "applyTo": "Book", "type": "dataclass", "read": ["work"], "create": ["work"], "update": ["work"], "drop": ["work"] },
        { "applyTo": "Book.price", "type": "attribute", "create": ["prices"], "update": ["prices"] },
        { "applyTo": "Book.note", "type": "attribute", "drop": ["remove"] },
        { "applyTo": "Book.cost", "type": "attribute", "read": ["prices"] }
    ] }
}"#;

fn library() -> Served {
    let served = Served::own(
        &json!({ "dataClasses": [{ "name": "Book", "attributes": [
            { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true },
            { "name": "title", "kind": "storage", "type": "string" },
            { "name": "price", "kind": "storage", "type": "number" },
            { "name": "cost", "kind": "storage", "type": "number" },
            { "name": "note", "kind": "storage", "type": "string" }] }] })
        .to_string(),
    );
    saved(&served, "Book", json!({ "title": "priced", "price": 5, "cost": 4, "note": "kept" }));
    saved(&served, "Book", json!({ "title": "plain", "price": 5 }));
    served
}

fn change_as(served: &Served, role: &str, url: &str, body: Option<Value>) -> Change {
    match plan_as(served, role, url, body) {
        Ok(Request::Write(change)) => change,
        other => panic!("{url}: {other:?}"),
    }
}

fn plan_as(served: &Served, role: &str, url: &str, body: Option<Value>) -> Result<Request, Error> {
    plan_with(served, ROLES, role, url, body)
}

fn plan_with(served: &Served, roles: &str, role: &str, url: &str, body: Option<Value>) -> Result<Request, Error> {
    let (roles, _) = Roles::parse(roles, served.model()).unwrap();
    let grants = Grants::for_role(&roles, Some(role), served.model());
    let (path, query) = url.split_once('?').unwrap();
    Ask::parse(Verb::Post, path, Some(query)).unwrap().plan(served.model(), &grants, &Options::default(), body)
}

fn save_as(served: &Served, role: &str, body: Value) -> Vec<Saved> {
    served.block_on(run(&served.store, change_as(served, role, "Book?$method=update", Some(body))))
}

#[test]
fn only_a_value_that_differs_needs_the_permission() {
    let served = library();
    let same = save_as(&served, "Clerk", json!({ "__KEY": "1", "title": "new title", "price": 5 }));
    assert_eq!((same[0].status, &same[0].entity["title"]), (SaveStatus::Saved, &json!("new title")));
    let other = save_as(&served, "Clerk", json!({ "__KEY": "1", "title": "newer title", "price": 6 }));
    assert_eq!((other[0].status, other[0].codes()), (SaveStatus::Failed, vec![1608, 1517]));
    assert_eq!(other[0].error.as_ref().unwrap().kind, ErrorKind::Denied);
    assert_eq!(served.get("Book(1)")["title"], "new title", "nothing of the entity is saved");
    assert_eq!(save_as(&served, "Chief", json!({ "__KEY": "1", "price": 6 }))[0].status, SaveStatus::Saved);
}

#[test]
fn saving_does_not_tell_whether_a_hidden_value_was_guessed() {
    let served = library();
    // One entity at a time the request itself is refused; in a list each answers for itself. Both answers are the same for every guess.
    for guess in [json!(4), json!(5), json!(null), json!("4")] {
        let outcomes = save_as(&served, "Clerk", json!([{ "__KEY": "1", "cost": guess }]));
        assert_eq!((outcomes[0].status, outcomes[0].codes()), (SaveStatus::Failed, vec![1607, 1517]), "{guess}");
        let body = Some(json!({ "__KEY": "1", "cost": guess }));
        let refused = plan_as(&served, "Clerk", "Book?$method=update", body).unwrap_err();
        assert_eq!((refused.kind, refused.code()), (ErrorKind::Denied, 1607), "{guess}");
    }
    assert_eq!(save_as(&served, "Chief", json!({ "__KEY": "1", "cost": 4 }))[0].entity["__STAMP"], 1, "nothing was saved");
}

#[test]
fn at_creation_a_null_needs_nothing() {
    let served = library();
    let outcomes = save_as(&served, "Clerk", json!([{ "title": "a", "price": null }, { "title": "b", "price": 1 }, { "title": "c" }]));
    assert_eq!(
        outcomes.iter().map(|outcome| outcome.status).collect::<Vec<_>>(),
        [SaveStatus::Saved, SaveStatus::Failed, SaveStatus::Saved]
    );
    assert_eq!(outcomes[1].codes(), [1608, 1534]);
    assert_eq!(served.get("Book")["__COUNT"], 4);
}

#[test]
fn setting_null_and_deleting_need_the_attribute_s_drop() {
    let served = library();
    assert_eq!(save_as(&served, "Clerk", json!({ "__KEY": "1", "note": null }))[0].codes(), [1608, 1517]);
    assert_eq!(save_as(&served, "Clerk", json!({ "__KEY": "2", "note": null }))[0].status, SaveStatus::Saved);
    let delete = |role: &str| {
        let Change::Delete(delete) = change_as(&served, role, "Book?$filter=\"ID > 0\"&$method=delete", None) else {
            panic!("no deletion")
        };
        served.block_on(served.store.delete(delete, deadline())).unwrap()
    };
    let outcome = delete("Clerk");
    assert_eq!((outcome.deleted, outcome.error().unwrap().code(), outcome.error().unwrap().kind), (1, 1608, ErrorKind::Denied));
    assert_eq!(served.keys("Book"), ["1"]);
    assert_eq!(delete("Chief").deleted, 1);
}
