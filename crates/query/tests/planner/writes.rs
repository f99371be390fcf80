//! Plans of writing (`rest-dialect.md` 12, 13.1; `roles-privileges.md` 4.4, 6.4).

use std::sync::Arc;

use claviger_query::{Answers, Assign, Base, Error, ErrorKind, NoBytes, Options, Planner, Revision, Said, SaveItem, Verb};
use serde_json::json;

use crate::support::*;

fn assigns(values: &[Assign]) -> String {
    let one = |assign: &Assign| {
        let attribute = MODEL.find("Book").unwrap().attribute(assign.attribute());
        let denied = assign.denied().map_or(String::new(), |error| format!("!{}", error.code()));
        format!("{}={}{denied}", attribute.name, value(assign.value()))
    };
    values.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn create(role: &str, body: serde_json::Value) -> String {
    match save(role, "Book?$method=update", body).unwrap().items() {
        [SaveItem::Create(values)] => assigns(values),
        [SaveItem::Refused { error, .. }] => format!("{:?}", codes(error)),
        other => panic!("{other:?}"),
    }
}

fn update(role: &str, body: serde_json::Value) -> String {
    match save(role, "Book(12)?$method=update", body).unwrap().items() {
        [SaveItem::Update { key: Some(_), text, stamp, seen: None, values }] => format!("{text} {stamp:?} {}", assigns(values)),
        [SaveItem::Refused { error, .. }] => format!("{:?}", codes(error)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_body_creates() {
    for (body, shown) in [
        (json!({"title": "A", "price": "14.5"}), "title='A' price=14.5"),
        (json!({"title": "A", "__STAMP": 3, "__KEY": null, "uri": "x", "__entityModel": "Book", "nothing": 1}), "title='A'"),
        (json!({"ID": null, "title": null}), "title=null"),
        (json!({"ID": 5}), "ID=5"),
        (json!({"label": "x", "authorName": "x", "shelfMark": "x", "costNote": "x"}), ""),
        (json!({"heading": "H"}), "title='H'"),
        (json!({"author": {"__KEY": "7", "fullName": "x"}}), "authorID=7"),
        (json!({"author": 7, "authorID": 9}), "authorID=7"),
        (json!({"authorID": 9, "author": "7"}), "authorID=7"),
        (json!({"author": null}), "authorID=null"),
        (json!({"author": {"__deferred": {"uri": "/rest/Author[7]", "__KEY": "7"}}}), ""),
        (json!({"cover": {"__deferred": {"uri": "x", "image": true}}, "sample": null}), "sample=null"),
        (json!({"addedAt": "2024-02-28T16:40:00Z", "playTime": "00:00:01"}), "addedAt=@1709138400000 playTime=1000ms"),
        (json!({"ID": "many"}), "[1569, 1534]"),
        (json!({"addedAt": true}), "[1569, 1534]"),
        (json!({"author": "nobody"}), "[1569, 1534]"),
        (json!({"author": {"fullName": "x"}}), "[1569, 1534]"),
        (json!({"cover": {"ID": "up"}}), "[1825, 1534]"),
    ] {
        assert_eq!(create("Admin", body.clone()), shown, "{body}");
    }
}

#[test]
fn what_a_body_updates() {
    assert_eq!(update("Admin", json!({"__STAMP": 3, "title": "B"})), "12 Some(3) title='B'");
    assert_eq!(update("Admin", json!({"__STAMP": "3"})), "12 Some(3) ");
    assert_eq!(update("Admin", json!({"__KEY": "99", "ID": 12, "title": "B"})), "12 None title='B'");
    assert_eq!(update("Admin", json!({"ID": 13})), "[1569, 1517]");
    assert_eq!(update("Admin", json!({"ID": null})), "[1569, 1517]");
    assert_eq!(update("Admin", json!({"playTime": []})), "[1569, 1517]");
}

#[test]
fn spellings_and_shapes() {
    for url in ["Book", "Book?$method=UPDATE", "Book/?$method=update"] {
        assert!(!save("Admin", url, json!({"title": "x"})).unwrap().is_array(), "{url}");
    }
    let many = save("Admin", "Book?$method=update&$atOnce=true", json!([{"title": "x"}, {"__KEY": "3"}])).unwrap();
    assert!(many.is_array() && many.is_atomic());
    assert!(matches!(many.items(), [SaveItem::Create(_), SaveItem::Update { .. }]));
    assert!(save("Admin", "Book?$method=update", json!([])).unwrap().items().is_empty());
    let inserted = save("Admin", "Book?$method=insert", json!({"__KEY": "3", "__STAMP": 1, "title": "x"})).unwrap();
    assert!(matches!(inserted.items(), [SaveItem::Create(_)]));
    for (url, body, code) in [
        ("Book?$method=update", json!(5), 1806),
        ("Book?$method=update", json!([5]), 1806),
        ("Book(1)?$method=update", json!([{}]), 1806),
        ("Book/title?$method=update", json!({}), 1813),
        ("Book/applyDiscount", json!([1]), 1500),
        ("Book/price?$compute=sum", json!([]), 1813),
    ] {
        assert_eq!(save("Admin", url, body).unwrap_err().code(), code, "{url}");
    }
    assert_eq!(ask("Admin", Verb::Post, "Book?$method=update", None, Options::default()).unwrap_err().code(), 1806);
    assert_eq!(ask("Admin", Verb::Put, "Book", Some(json!({})), Options::default()).unwrap_err().code(), 1806);
    assert!(ask("Admin", Verb::Patch, "Book(1)", Some(json!({"title": "x"})), Options::default()).is_ok());
    let absent = save("Admin", "Book(x)?$method=update", json!({})).unwrap();
    assert!(matches!(absent.items(), [SaveItem::Update { key: None, .. }]));
    let strict = Options { strict_attributes: true, ..Options::default() };
    assert!(format!("{:?}", ask("Admin", Verb::Post, "Book", Some(json!({"nothing": 1})), strict)).contains("1500"));
}

#[test]
fn permissions_of_attributes() {
    assert_eq!(create("Editor", json!({"title": "A", "price": 3})), "title='A' price=3.0!1608");
    assert_eq!(create("Editor", json!({"price": null})), "price=null");
    assert_eq!(update("Editor", json!({"title": null, "isbn": null})), "12 None title=null isbn=null!1608");
    assert_eq!(update("Editor", json!({"isbn": "978"})), "12 None isbn='978'");
    let hidden = save("Editor", "Book(12)?$method=update", json!({"price": 3})).unwrap_err();
    assert_eq!(codes(&hidden), [1607, 1517], "refused before anything is compared");
    assert_eq!(update("Admin", json!({"isbn": null, "price": 3})), "12 None isbn=null price=3.0");
}

#[test]
fn permissions_of_dataclasses() {
    let code = |role: &str, url: &str, body: serde_json::Value| codes(&save(role, url, body).unwrap_err());
    assert_eq!(code("Reader", "Book?$method=update", json!({"title": "x"})), [1559, 1534]);
    assert_eq!(code("Reader", "Book(1)?$method=update", json!({"title": "x"})), [1558, 1517]);
    assert_eq!(code("Editor", "Vault(1)?$method=update", json!({})), [1557, 1517], "reading is needed first");
    let list = save("Reader", "Book?$method=update", json!([{"title": "x"}])).unwrap();
    assert!(matches!(list.items(), [SaveItem::Refused { .. }]));
}

#[test]
fn deletions() {
    let plan = |url: &str, body| delete("Admin", Verb::Post, url, body, Options::default());
    let code = |url: &str| plan(url, None).unwrap_err().code();
    assert!(matches!(plan("Book(12)/?$method=delete", None).unwrap().base(), Base::Key { parts: Some(_), .. }));
    assert!(plan("Book?$filter=\"price = 0\"&$method=delete&$atomic=true", None).unwrap().filter().is_some());
    assert_eq!(code("Book?$method=delete"), 1813);
    assert_eq!(code("Book?$method=delete&$filter="), 1201);
    assert_eq!(code("Book?$method=delete&$filter=\" \""), 1201);
    assert_eq!(code("Book?$method=delete&$filter=\"order by ID\""), 1201);
    assert_eq!(code("Book(1)?$method=delete&$filter="), 1201, "an empty filter deletes nothing, whatever the path names");
    let both = plan("Book(3)?$method=delete", Some(json!([{"__KEY": "1"}])));
    assert_eq!(both.unwrap_err().code(), 1806, "the body restricts the deletion to another entity");
    assert_eq!(code("Book/title?$method=delete"), 1813);
    let keys = plan("Book?$method=delete", Some(json!([{"__KEY": "12"}, {"__KEY": "x"}]))).unwrap();
    assert_eq!(keys.keys().unwrap().iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    assert_eq!(plan("Book?$method=delete", Some(json!([{"ID": 3}]))).unwrap_err().code(), 1806);
    assert_eq!(plan("Book?$method=delete", Some(json!([]))).unwrap_err().code(), 1813);
    let all = Options { allow_delete_all: true, ..Options::default() };
    assert!(delete("Admin", Verb::Post, "Book?$method=delete", None, all).is_ok());
    let by_get = Options { allow_get_delete: true, ..Options::default() };
    assert!(delete("Admin", Verb::Get, "Book(1)?$method=delete", None, by_get).is_ok());
    assert!(delete("Admin", Verb::Delete, "Book(1)", None, Options::default()).is_ok());
}

#[test]
fn permissions_of_deletions() {
    let refused = |role: &str, url: &str| codes(&delete(role, Verb::Post, url, None, Options::default()).unwrap_err());
    assert_eq!(refused("Reader", "Book(1)?$method=delete"), [1560]);
    assert_eq!(refused("Nobody", "Book(1)?$method=delete"), [1557]);
    assert_eq!(refused("Editor", "Book?$filter=\"price = 0\"&$method=delete"), [1607], "a filter must not tell what may not be read");
    let guarded = delete("Editor", Verb::Post, "Book(1)?$method=delete", None, Options::default()).unwrap();
    let book = MODEL.find("Book").unwrap();
    let of_book = |plan: &claviger_query::Delete| {
        let guarded = plan.reach(book.id).unwrap().guarded().iter();
        guarded.map(|(id, error)| format!("{} {}", book.attribute(*id).name, error.code())).collect::<Vec<_>>()
    };
    assert_eq!(of_book(&guarded), ["isbn 1608"]);
    assert!(of_book(&delete("Admin", Verb::Post, "Book(1)?$method=delete", None, Options::default()).unwrap()).is_empty());
}

/// A save of one entity as code revises it.
fn revised(role: &str, body: serde_json::Value, seen: Option<i64>, said: Said) -> String {
    let save = save(role, "Book?$method=update", body).unwrap();
    let planner = Planner::new(Arc::clone(&MODEL), Options::default());
    let revisions = [Revision { at: 0, seen, said }];
    let revised = planner.revise(&grants(role), &save, &revisions, &NoBytes, &Answers::default());
    match revised.unwrap().ready().unwrap().items() {
        [SaveItem::Create(values)] => assigns(values),
        [SaveItem::Update { stamp, seen, values, .. }] => format!("{stamp:?} {seen:?} {}", assigns(values)),
        [SaveItem::Refused { error, .. }] => format!("{:?}", codes(error)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_code_makes_of_a_save() {
    let set = |members: serde_json::Value| Said::Set(members.as_object().unwrap().clone());
    let refuse = || Said::Refuse(Error::new(ErrorKind::Failed, 7001, "no"));
    let new = || json!({"title": "A", "price": 1});
    // Its values count more than the body's; what is not exposed may be among them, a key that is null means none.
    assert_eq!(revised("Admin", new(), None, set(json!({"price": 2, "costNote": "n", "ID": null}))), "title='A' price=2.0 costNote='n'");
    assert_eq!(revised("Admin", json!({"author": 7}), None, set(json!({"authorID": 9}))), "authorID=9");
    assert_eq!(revised("Admin", json!({"authorID": 7}), None, set(json!({"author": 9}))), "authorID=9");
    assert_eq!(revised("Admin", new(), None, refuse()), "[7001, 1534]");
    // The stamp that it saw stands beside the caller's.
    let existing = || json!({"__KEY": "12", "__STAMP": 3, "title": "A"});
    assert_eq!(revised("Admin", existing(), Some(3), set(json!({}))), "Some(3) Some(3) title='A'");
    assert_eq!(revised("Admin", existing(), Some(0), set(json!({"title": "B"}))), "Some(3) Some(0) title='B'");
    assert_eq!(revised("Admin", existing(), Some(3), refuse()), "[7001, 1517]");
    assert_eq!(revised("Admin", existing(), Some(3), set(json!({"ID": 13}))), "[1569, 1517]");
    // What the body was refused for stays refused.
    assert_eq!(revised("Admin", json!({"addedAt": true}), None, set(json!({"addedAt": null}))), "[1569, 1534]");
}
