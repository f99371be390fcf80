//! Rows 33 to 38: the catalog (`rest-dialect.md` 8).

use serde_json::{Value, json};

use crate::answer::members;
use crate::library::{Library, app};

const EXPOSED: [&str; 7] = ["Author", "Book", "Country", "Shelf", "Entry", "Slip", "Gauge"];

#[track_caller]
fn envelope(catalog: &Value) {
    // Without functions: `methods` and `singletons` stand there only when they hold something.
    assert_eq!(members(catalog), ["__UNIQID", "__BASEID", "__NAME", "properties", "dataClasses"]);
    let id = catalog["__UNIQID"].as_str().unwrap();
    assert!(id.len() == 32 && id.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F')), "{id}");
    assert_eq!((&catalog["__BASEID"], &catalog["__NAME"]), (&Value::Null, &json!("library")));
    assert_eq!(catalog["properties"].to_string(), r#"{"supportJSONEntityKey":true,"supportDeleteStamp":true}"#);
}

fn described(library: &Library, name: &str) -> Value {
    library.get(&format!("/rest/$catalog/{name}")).ok().json()["dataClasses"][0].clone()
}

/// An attribute of it without what only has to be there (`uuid`).
fn attribute(dataclass: &Value, name: &str) -> Value {
    let list = dataclass["attributes"].as_array().unwrap();
    let mut found = list.iter().find(|attribute| attribute["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone();
    if let Some(uuid) = found.as_object_mut().unwrap().shift_remove("uuid") {
        assert_eq!(uuid.as_str().unwrap().len(), 32);
    }
    found
}

#[test]
fn row_33_catalog() {
    let library = app();
    let catalog = library.get("/rest/$catalog").ok().json();
    envelope(&catalog);
    let wanted: Vec<Value> = EXPOSED
        .iter()
        .map(|name| json!({ "name": name, "uri": format!("/rest/$catalog/{name}"), "dataURI": format!("/rest/{name}") }))
        .collect();
    assert_eq!(catalog["dataClasses"].to_string(), json!(wanted).to_string());
    assert_eq!(library.get("/rest/$catalog").ok().text, library.get("/rest/$catalog").ok().text);
}

#[test]
fn row_33_uris_of_the_catalog_work() {
    let library = app();
    for dataclass in library.get("/rest/$catalog").ok().json()["dataClasses"].as_array().unwrap() {
        assert_eq!(library.get(dataclass["uri"].as_str().unwrap()).ok().json()["dataClasses"][0]["name"], dataclass["name"]);
        library.get(dataclass["dataURI"].as_str().unwrap()).counts();
    }
}

#[test]
fn row_33_catalog_for_every_key() {
    let library = app();
    let wanted = library.get("/rest/$catalog").ok().text;
    for role in ["Reader", "Visitor"] {
        assert_eq!(library.by(role).get("/rest/$catalog").ok().text, wanted, "{role}");
    }
}

#[test]
fn row_34_all_in_full() {
    let library = app();
    let catalog = library.get("/rest/$catalog/$all").ok().json();
    envelope(&catalog);
    assert_eq!(catalog["__UNIQID"], library.get("/rest/$catalog").ok().json()["__UNIQID"]);
    let classes = catalog["dataClasses"].as_array().unwrap();
    let names: Vec<_> = classes.iter().map(|class| class["name"].as_str().unwrap()).collect();
    assert_eq!(names, EXPOSED);
    for class in classes {
        assert_eq!(class, &described(&library, class["name"].as_str().unwrap()));
    }
}

#[test]
fn row_35_one_dataclass() {
    let library = app();
    let catalog = library.get("/rest/$catalog/Book").ok().json();
    envelope(&catalog);
    assert_eq!(catalog["dataClasses"].as_array().unwrap().len(), 1);
    let book = &catalog["dataClasses"][0];
    assert_eq!(
        members(book),
        ["name", "className", "collectionName", "exposed", "tableNumber", "scope", "uuid", "dataURI", "attributes", "key"]
    );
    for (member, value) in [
        ("name", json!("Book")),
        ("className", json!("Book")),
        ("collectionName", json!("BookSelection")),
        ("exposed", json!(true)),
        ("tableNumber", json!(2)),
        ("scope", json!("public")),
        ("dataURI", json!("/rest/Book")),
        ("key", json!([{ "name": "ID" }])),
    ] {
        assert_eq!(book[member], value, "{member}");
    }
    assert_eq!(book["uuid"].as_str().unwrap().len(), 32);
}

#[test]
fn row_35_default_top_size_when_not_a_hundred() {
    let library = app();
    assert_eq!(described(&library, "Slip")["defaultTopSize"], 10);
    assert!(described(&library, "Book").get("defaultTopSize").is_none());
    assert_eq!(described(&library, "Country")["key"], json!([{ "name": "code" }]));
}

#[test]
fn row_35_several_dataclasses() {
    let catalog = app().get("/rest/$catalog/Book,Author").ok().json();
    envelope(&catalog);
    let mut names: Vec<_> = catalog["dataClasses"].as_array().unwrap().iter().map(|class| class["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Author", "Book"]);
}

#[test]
fn row_35_unknown_dataclass() {
    let library = app();
    for name in ["Boook", "book", "Ledger", "Book,Boook", "Book,Ledger"] {
        library.get(&format!("/rest/$catalog/{name}")).refused(404, &[1800]);
    }
}

#[test]
fn row_36_storage_attributes() {
    let library = app();
    let book = described(&library, "Book");
    assert_eq!(
        attribute(&book, "ID").to_string(),
        json!({ "name": "ID", "kind": "storage", "fieldPos": 1, "scope": "public", "exposed": true, "indexed": true, "unique": true, "not_null": true,
            "autosequence": true, "type": "long", "identifying": true })
        .to_string()
    );
    let added = attribute(&book, "addedAt");
    assert_eq!((&added["kind"], &added["type"], &added["simpleDate"]), (&json!("storage"), &json!("date"), &json!(false)));
    let author = described(&library, "Author");
    assert_eq!(attribute(&author, "born")["simpleDate"], true);
    let title = attribute(&book, "title");
    assert_eq!((&title["indexed"], &title["not_null"]), (&json!(true), &json!(true)));
    let price = attribute(&book, "price");
    assert_eq!(members(&price), ["name", "kind", "fieldPos", "scope", "exposed", "type"]);
    assert_eq!(attribute(&book, "isbn")["unique"], true);
}

#[test]
fn row_36_uuid_of_storage_attributes() {
    let book = described(&app(), "Book");
    for attribute in book["attributes"].as_array().unwrap().iter().filter(|attribute| attribute["kind"] == "storage") {
        assert_eq!(attribute["uuid"].as_str().map(str::len), Some(32), "{attribute}");
    }
}

#[test]
fn row_36_relations_alias_and_calculated() {
    let library = app();
    let book = described(&library, "Book");
    let mut author = attribute(&book, "author");
    assert!(author.as_object_mut().unwrap().shift_remove("fieldPos").unwrap().is_u64());
    let wanted = json!({ "name": "author", "kind": "relatedEntity", "scope": "public", "exposed": true, "type": "Author", "foreignKey": "authorID",
        "inverseName": "books", "path": "Author" });
    assert_eq!(author.to_string(), wanted.to_string());
    let mut books = attribute(&described(&library, "Author"), "books");
    assert!(books.as_object_mut().unwrap().shift_remove("fieldPos").unwrap().is_u64());
    let wanted = json!({ "name": "books", "kind": "relatedEntities", "scope": "public", "exposed": true, "type": "BookSelection", "inverseName": "author",
        "reversePath": true, "path": "author" });
    assert_eq!(books.to_string(), wanted.to_string());
    let wanted = json!({ "name": "authorName", "kind": "alias", "scope": "public", "exposed": true, "type": "string", "path": "author.fullName", "readOnly": true });
    assert_eq!(attribute(&book, "authorName").to_string(), wanted.to_string());
    let wanted = json!({ "name": "label", "kind": "calculated", "scope": "public", "exposed": true, "type": "string", "readOnly": true });
    assert_eq!(attribute(&book, "label").to_string(), wanted.to_string());
}

#[test]
fn row_36_attributes_in_model_order_with_their_types() {
    let library = app();
    let list = |name: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        described(&library, name)["attributes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|attribute| (text(&attribute["name"]), text(&attribute["type"])))
            .collect()
    };
    let wanted = [
        ("ID", "uuid"),
        ("word", "string"),
        ("flag", "bool"),
        ("tiny", "byte"),
        ("small", "word"),
        ("whole", "long"),
        ("big", "long64"),
        ("real", "number"),
        ("amount", "number"),
        ("span", "duration"),
        ("day", "date"),
        ("at", "date"),
        ("data", "object"),
        ("link", "uuid"),
    ];
    assert_eq!(list("Gauge"), wanted.map(|(name, ty)| (name.to_owned(), ty.to_owned())));
    let names: Vec<String> = list("Book").into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["ID", "isbn", "title", "price", "addedAt", "playTime", "cover", "sample", "authorID", "author", "authorName", "label"]
    );
    assert!(list("Book").contains(&("cover".to_owned(), "image".to_owned())));
    assert!(list("Book").contains(&("sample".to_owned(), "blob".to_owned())));
}

#[test]
fn row_37_hidden_dataclass_does_not_exist() {
    let library = app();
    for who in ["Admin", "administration"] {
        let caller = library.by(who);
        for url in [
            "Ledger",
            "Ledger(1)",
            "Ledger/note",
            "$catalog/Ledger",
            "Ledger?$filter=\"ID = 1\"",
            "Ledger:note(x)",
            "Ledger/note?$compute=count",
        ] {
            caller.get(&format!("/rest/{url}")).refused(404, &[1800]);
        }
        caller.post("/rest/Ledger?$method=update", &json!({ "note": "x" })).refused(404, &[1800]);
        caller.post("/rest/Ledger(1)?$method=delete", &json!(null)).refused(404, &[1800]);
        for url in ["/rest/$catalog", "/rest/$catalog/$all"] {
            assert!(!caller.get(url).ok().text.contains("edger\""), "{url}");
        }
    }
}

#[test]
fn row_37_relation_to_a_hidden_dataclass_is_hidden() {
    let library = app();
    let slip = library.get("/rest/Slip(1)").ok().json();
    assert!(slip.get("ledger").is_none() && slip.get("ledgerID").is_some(), "{slip}");
    library.get("/rest/Slip/ledger").refused(404, &[1500, 1804]);
    library.filter("Slip", "ledger.note = 'x'").refused(400, &[1500, 1201]);
    let answer = library.get("/rest/Slip?$orderby=ledger.note");
    assert_eq!((answer.status, answer.codes()), (400, vec![1500, 1810]), "{answer}");
}

#[test]
fn row_37_hidden_attribute_does_not_exist() {
    let library = app();
    library.database.change("UPDATE \"Book\" SET \"costNote\" = 'secret' WHERE \"ID\" = 11");
    for who in ["Admin", "administration"] {
        let caller = library.by(who);
        for url in [
            "Book(11)",
            "Book",
            "Book?$attributes=*",
            "Book?$asArray=true",
            "Author(1)?$expand=books",
            "$catalog/Book",
            "Book?$format=looker",
        ] {
            let text = caller.get(&format!("/rest/{url}")).ok().text;
            assert!(!text.contains("costNote") && !text.contains("secret"), "{url}: {text}");
        }
        caller.get("/rest/Book/costNote").refused(404, &[1500, 1804]);
        caller.get("/rest/Book/costNote?$compute=min").refused(404, &[1500, 1804]);
        caller.get("/rest/Book/costNote?$distinct=true").refused(404, &[1500, 1804]);
        caller.filter("Book", "costNote = 'secret'").refused(400, &[1500, 1201]);
        caller.filter("Author", "books.costNote = 'secret'").refused(400, &[1500, 1201]);
        let answer = caller.get("/rest/Book?$orderby=costNote");
        assert_eq!((answer.status, answer.codes()), (400, vec![1500, 1810]), "{answer}");
    }
}

fn cost_note(library: &Library, id: &Value) -> String {
    library.database.text(&format!("SELECT coalesce(\"costNote\", 'nothing') FROM \"Book\" WHERE \"ID\" = {id}"))
}

#[test]
fn row_37_hidden_attribute_cannot_be_written() {
    let library = app();
    library.database.change("UPDATE \"Book\" SET \"costNote\" = 'secret' WHERE \"ID\" = 11");
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "costNote": "open" })).ok().json();
    assert_eq!((saved["__STAMP"].as_i64(), saved.get("costNote")), (Some(1), None));
    assert_eq!(cost_note(&library, &json!(11)), "secret");
    let made = library.post("/rest/Book?$method=update", &json!({ "title": "T", "costNote": "open" })).ok().json();
    assert_eq!(cost_note(&library, &made["ID"]), "nothing");
}

#[test]
fn row_38_no_functions_no_members() {
    let library = app();
    let catalog = library.get("/rest/$catalog/$all").ok().json();
    assert!(catalog.get("methods").is_none() && catalog.get("singletons").is_none());
    for class in catalog["dataClasses"].as_array().unwrap() {
        assert!(class.get("methods").is_none(), "{}", class["name"]);
    }
}
