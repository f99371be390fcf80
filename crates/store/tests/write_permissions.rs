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
        served.block_on(served.store.delete(delete, std::sync::Arc::new(claviger_store::NothingHeld), deadline())).unwrap()
    };
    let outcome = delete("Clerk");
    assert_eq!((outcome.deleted, outcome.error().unwrap().code(), outcome.error().unwrap().kind), (1, 1608, ErrorKind::Denied));
    let message = &outcome.error().unwrap().items[0].message;
    assert_eq!(
        message, "No permission to update for \"note\" attribute in the Book dataclass",
        "as roles-privileges 6.1 says for drop, too"
    );
    assert_eq!(served.keys("Book"), ["1"]);
    assert_eq!(delete("Chief").deleted, 1);
}

/// Author 1 has one book, which has a loan; the lists say what the caller may not do to them.
fn shelf(integrity: &str, lists: &Value) -> (Served, String) {
    let id =
        json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true });
    let class = |name: &str, scope: &str, attributes: Value| {
        let own = std::iter::once(id.clone()).chain(attributes.as_array().unwrap().iter().cloned());
        json!({ "name": name, "scope": scope, "attributes": own.collect::<Vec<_>>() })
    };
    let served = Served::own(
        &json!({ "dataClasses": [
            class("Author", "public", json!([{ "name": "fullName", "kind": "storage", "type": "string" }])),
            class("Book", "public", json!([
                { "name": "note", "kind": "storage", "type": "string" },
                { "name": "authorID", "kind": "storage", "type": "long" },
                { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID", "integrity": integrity }])),
            class("Secret", "publicOnServer", json!([
                { "name": "bossID", "kind": "storage", "type": "long" },
                { "name": "boss", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "bossID", "integrity": integrity }])),
        ] })
        .to_string(),
    );
    saved(&served, "Author", json!({ "fullName": "Ines" }));
    saved(&served, "Author", json!({ "fullName": "Rui" }));
    saved(&served, "Author", json!({ "fullName": "alone" }));
    saved(&served, "Book", json!({ "note": "kept", "author": 1 }));
    rusqlite::Connection::open(&served.path)
        .unwrap()
        .execute("INSERT INTO Secret (bossID, __stamp, __timestamp) VALUES (2, 1, 0)", [])
        .unwrap();
    let roles = json!({ "restrictedByDefault": false, "privileges": [{ "privilege": "more" }],
        "roles": [{ "role": "Less", "privileges": [] }, { "role": "More", "privileges": ["more"] }],
        "permissions": { "allowed": lists } });
    (served, roles.to_string())
}

/// Numbers and texts of what refuses to delete an author; nothing when he is gone.
fn delete_author(served: &Served, roles: &str, role: &str, key: u32) -> Vec<String> {
    let request = plan_with(served, roles, role, &format!("Author({key})?$method=delete"), None).unwrap();
    let Request::Write(Change::Delete(delete)) = request else { panic!("no deletion") };
    let outcome = served.block_on(served.store.delete(delete, std::sync::Arc::new(claviger_store::NothingHeld), deadline())).unwrap();
    assert_eq!(outcome.errors.is_empty(), outcome.deleted == 1);
    outcome.error().map(|error| error.items.iter().map(|item| format!("{} {}", item.code, item.message)).collect()).unwrap_or_default()
}

#[test]
fn a_cascade_needs_the_permissions_of_the_dataclasses_it_reaches() {
    let drop_book = "1560 No permission to remove for the Book dataclass";
    let drop_note = "1608 No permission to update for \"note\" attribute in the Book dataclass";
    let read_book = "1560 No permission to change the entities that refer to Author";
    for (list, refusal) in [
        (json!({ "applyTo": "Book", "type": "dataclass", "drop": ["more"] }), drop_book),
        (json!({ "applyTo": "Book.note", "type": "attribute", "drop": ["more"] }), drop_note),
        (json!({ "applyTo": "Book", "type": "dataclass", "read": ["more"] }), read_book),
    ] {
        let (served, roles) = shelf("cascade", &json!([list]));
        assert_eq!(delete_author(&served, &roles, "Less", 1), [refusal]);
        assert_eq!((served.keys("Author").len(), served.keys("Book").len()), (3, 1), "all stays");
        assert!(delete_author(&served, &roles, "Less", 3).is_empty(), "nothing refers to this one");
        assert!(delete_author(&served, &roles, "More", 1).is_empty());
        assert_eq!((served.keys("Author").len(), served.keys("Book").len()), (1, 0));
    }
}

#[test]
fn setting_a_relation_to_null_needs_the_permission_to_change_it() {
    for (list, refusal) in [
        (json!({ "applyTo": "Book", "type": "dataclass", "update": ["more"] }), "1558 No permission to update for the Book dataclass"),
        (
            json!({ "applyTo": "Book.authorID", "type": "attribute", "update": ["more"] }),
            "1608 No permission to update for \"author\" attribute in the Book dataclass",
        ),
        (
            json!({ "applyTo": "Book.author", "type": "attribute", "drop": ["more"] }),
            "1608 No permission to update for \"author\" attribute in the Book dataclass",
        ),
    ] {
        let (served, roles) = shelf("setNull", &json!([list]));
        assert_eq!(delete_author(&served, &roles, "Less", 1), [refusal]);
        assert_eq!((served.get("Book(1)")["authorID"].clone(), served.keys("Author").len()), (json!(1), 3));
        assert!(delete_author(&served, &roles, "Less", 3).is_empty(), "nothing refers to this one");
        assert!(delete_author(&served, &roles, "More", 1).is_empty());
        assert_eq!(served.get("Book(1)")["authorID"], Value::Null);
    }
}

#[test]
fn a_dataclass_that_does_not_exist_for_the_caller_is_not_named() {
    let (served, roles) = shelf("reject", &json!([{ "applyTo": "Book.author", "type": "attribute", "read": ["more"] }]));
    let others = |key: u32| {
        [format!("1569 Author {key} cannot be deleted: other entities refer to it"), format!("1046 Author {key} could not be deleted")]
    };
    assert_eq!(delete_author(&served, &roles, "More", 1)[0], "1569 Author 1 cannot be deleted: Book.author refers to it");
    assert_eq!(delete_author(&served, &roles, "Less", 1), others(1), "he may not read the relation");
    assert_eq!(delete_author(&served, &roles, "More", 2), others(2), "the dataclass is not exposed");
    let (served, roles) = shelf("cascade", &json!([{ "applyTo": "Secret", "type": "dataclass", "drop": ["more"] }]));
    assert_eq!(delete_author(&served, &roles, "Less", 2), ["1560 No permission to change the entities that refer to Author"]);
}

#[test]
fn relations_do_not_tell_which_entities_of_an_unreadable_dataclass_exist() {
    let (served, roles) = shelf("none", &json!([{ "applyTo": "Author", "type": "dataclass", "read": ["more"] }]));
    let save = |role: &str, body: Value| {
        let Request::Write(change) = plan_with(&served, &roles, role, "Book?$method=update", Some(body)).unwrap() else { panic!() };
        served.block_on(run(&served.store, change)).remove(0)
    };
    for author in [2, 99] {
        assert_eq!(save("Less", json!({ "author": author })).status, SaveStatus::Saved, "{author}");
        assert_eq!(save("Less", json!({ "__KEY": "1", "author": { "__KEY": author } })).status, SaveStatus::Saved, "{author}");
    }
    assert_eq!(save("More", json!({ "author": 2 })).status, SaveStatus::Saved);
    assert_eq!(save("More", json!({ "author": 99 })).codes(), [1542, 1534]);
}
