//! A model with relations, aliases and cascades, roles that restrict each of them, and some data.

use serde_json::json;

use super::TestApp;

pub const MODEL: &str = r#"{
  "dataClasses": [
    { "name": "Author", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "name", "kind": "storage", "type": "string" },
      { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" }
    ] },
    { "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "title", "kind": "storage", "type": "string", "maxLength": 80 },
      { "name": "price", "kind": "storage", "type": "number" },
      { "name": "authorID", "kind": "storage", "type": "long" },
      { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" },
      { "name": "authorName", "kind": "alias", "type": "string", "path": "author.name" }
    ] },
    { "name": "Loan", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "bookID", "kind": "storage", "type": "long" },
      { "name": "book", "kind": "relatedEntity", "type": "Book", "path": "Book", "foreignKey": "bookID", "integrity": "cascade" }
    ] },
    { "name": "Review", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "bookID", "kind": "storage", "type": "long" },
      { "name": "book", "kind": "relatedEntity", "type": "Book", "path": "Book", "foreignKey": "bookID", "integrity": "setNull" }
    ] },
    { "name": "Ledger", "scope": "publicOnServer", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true }
    ] },
    { "name": "Seat", "key": ["row", "number"], "attributes": [
      { "name": "row", "kind": "storage", "type": "string" },
      { "name": "number", "kind": "storage", "type": "long" }
    ] }
  ]
}"#;

pub const ROLES: &str = r#"{
  "restrictedByDefault": true,
  "privileges": [ { "privilege": "all" }, { "privilege": "see" }, { "privilege": "prices" }, { "privilege": "lend" }, { "privilege": "clear" } ],
  "roles": [
    { "role": "Admin", "privileges": ["all", "see", "prices", "lend", "clear"] },
    { "role": "Reader", "privileges": ["see"] },
    { "role": "Seller", "privileges": ["see", "prices"] },
    { "role": "Clerk", "privileges": ["see", "lend"] },
    { "role": "Cleaner", "privileges": ["see", "clear"] },
    { "role": "Nobody", "privileges": [] }
  ],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"], "update": ["all"], "drop": ["all"] },
    { "applyTo": "Book", "type": "dataclass", "read": ["see"], "create": ["lend"], "update": ["lend"], "drop": ["clear"] },
    { "applyTo": "Book.price", "type": "attribute", "read": ["prices"], "create": ["prices"], "update": ["prices"] },
    { "applyTo": "Author", "type": "dataclass", "read": ["prices"], "describe": ["prices"] },
    { "applyTo": "Book.title", "type": "attribute", "drop": ["all"] }
  ] }
}"#;

impl TestApp {
    /// The shelf with 60 books of two authors. Books 1 to 5 are lent and reviewed.
    pub async fn shelf(more: &str) -> Self {
        let app = Self::of(more, MODEL, ROLES);
        let key = app.key(json!({ "type": "administration", "description": "Filling" }));
        let books: Vec<_> =
            (1..=60).map(|id| json!({ "ID": id, "title": format!("Book {id}"), "price": id, "authorID": 1 + id % 2 })).collect();
        let referring: Vec<_> = (1..=5).map(|id| json!({ "ID": id, "bookID": id })).collect();
        for (dataclass, entities) in [
            ("Author", json!([{ "ID": 1, "name": "Ana" }, { "ID": 2, "name": "Bo" }])),
            ("Book", json!(books)),
            ("Loan", json!(referring)),
            ("Review", json!(referring)),
        ] {
            let path = format!("/rest/{dataclass}?$method=update&$atomic=true");
            let answer = app.ask("POST", &path).key(&key.secret).json(&entities).send().await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        app
    }
}
