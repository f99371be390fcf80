//! Attributes that the operator's code computes, in the model of a file.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use claviger_model::{ComputedAttribute, Getter, Kind, Model, StorageType};
use serde_json::json;

fn model() -> Model {
    let key = json!({ "name": "ID", "type": "long", "primKey": true });
    let text = json!({ "dataClasses": [
        { "name": "Author", "attributes": [key,
            { "name": "born", "kind": "calculated", "type": "date", "simpleDate": true },
            { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" },
            { "name": "tags", "kind": "alias", "type": "string", "path": "books.tag" }] },
        { "name": "Book", "attributes": [key,
            { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author" },
            { "name": "birthday", "kind": "alias", "type": "date", "path": "author.born" },
            { "name": "again", "kind": "alias", "type": "date", "path": "birthday" },
            { "name": "hidden", "kind": "alias", "type": "date", "path": "author.born", "scope": "publicOnServer" },
            { "name": "tag", "kind": "calculated", "type": "string" },
            { "name": "beyond", "kind": "alias", "type": "string", "path": "tag.length" }] },
        { "name": "Secret", "scope": "publicOnServer", "attributes": [key] },
    ] });
    Model::from_json(&text.to_string(), "test").unwrap_or_else(|problems| panic!("{problems:?}")).0
}

fn computed(name: &str, ty: StorageType) -> ComputedAttribute {
    ComputedAttribute { name: name.to_owned(), ty, exposed: true, writable: false, getter: Getter { query: true, order_by: false } }
}

#[test]
fn a_new_one_stands_behind_all_others() {
    let file = model();
    let mut model = file.clone();
    let book = file.find("Book").unwrap();
    model.compute(book.id, ComputedAttribute { writable: true, ..computed("pages", StorageType::Long) });
    let (attributes, before) = (&model.find("Book").unwrap().attributes, book.attributes.len());
    assert_eq!(attributes.len(), before + 1);
    let pages = &attributes[before];
    assert_eq!((pages.name.as_str(), pages.exposed, pages.read_only, pages.uuid.len()), ("pages", true, false, 32));
    assert_eq!(pages.getter(), Some(Getter { query: true, order_by: false }));
    assert_eq!(model.find("Book").unwrap().find("pages").unwrap().id, pages.id);
    // Nothing is exposed in a dataclass that is not.
    let secret = file.find("Secret").unwrap().id;
    model.compute(secret, computed("x", StorageType::String));
    assert!(!model.find("Secret").unwrap().find("x").unwrap().exposed);
}

#[test]
fn a_declared_one_is_implemented_with_the_aliases_that_wait_for_it() {
    let file = model();
    let author = file.find("Author").unwrap();
    assert!(author.is_declared_only("born") && !author.is_declared_only("ID") && !author.is_declared_only("tags"));
    let exposed = |model: &Model, class: &str, name: &str| model.find(class).unwrap().find(name).unwrap().exposed;
    for (class, name) in
        [("Author", "born"), ("Book", "birthday"), ("Book", "again"), ("Book", "tag"), ("Author", "tags"), ("Book", "beyond")]
    {
        assert!(!exposed(&file, class, name), "{name}");
        assert!(matches!(file.find(class).unwrap().find(name).unwrap().kind, Kind::Calculated(_)), "{name}");
    }
    let mut model = file.clone();
    model.compute(author.id, computed("born", StorageType::Date));
    let Kind::Calculated(born) = &model.find("Author").unwrap().find("born").unwrap().kind else { panic!() };
    assert!(born.simple_date);
    let path = |class: &str, name: &str| -> Vec<String> {
        let Kind::Alias(alias) = &model.find(class).unwrap().find(name).unwrap().kind else { panic!("{name}") };
        alias.steps.iter().map(|step| model.attribute(*step).name.clone()).collect()
    };
    assert_eq!(path("Book", "birthday"), ["author", "born"]);
    assert_eq!(path("Book", "again"), ["author", "born"]);
    assert!(exposed(&model, "Book", "birthday") && exposed(&model, "Book", "again") && !exposed(&model, "Book", "hidden"));
    assert!(model.find("Book").unwrap().find("birthday").unwrap().read_only);
    // The other one still waits.
    assert!(!exposed(&model, "Book", "tag") && !exposed(&model, "Author", "tags"));
    // For code alone: an alias to it is no more than that.
    let mut model = file.clone();
    model.compute(file.find("Book").unwrap().id, ComputedAttribute { exposed: false, ..computed("tag", StorageType::String) });
    assert!(matches!(&model.find("Author").unwrap().find("tags").unwrap().kind, Kind::Alias(alias) if alias.many));
    assert!(!exposed(&model, "Author", "tags"));
    // What leads further than the attribute itself waits in vain.
    assert!(matches!(model.find("Book").unwrap().find("beyond").unwrap().kind, Kind::Calculated(_)));
}

#[test]
fn a_path_has_a_most_of_steps_whatever_aliases_it_passes() {
    let key = json!({ "name": "ID", "type": "long", "primKey": true });
    let ten = ["parent"; 10].join(".");
    let found = |parents: usize, last: &str| {
        let attributes = json!([key,
            { "name": "parent", "kind": "relatedEntity", "type": "Person", "path": "Person" },
            { "name": "declared", "kind": "calculated", "type": "string" },
            { "name": "name", "kind": "storage", "type": "string" },
            { "name": "ten", "kind": "alias", "path": ten },
            { "name": "twenty", "kind": "alias", "path": "ten.ten" },
            { "name": "far", "kind": "alias", "path": format!("{}.{last}", vec!["parent"; parents].join(".")) },
            { "name": "beyond", "kind": "alias", "path": "twenty.far" }]);
        let text = json!({ "dataClasses": [{ "name": "Person", "attributes": attributes }] }).to_string();
        let problems = match Model::from_json(&text, "test") {
            Ok((_, problems)) | Err(problems) => problems,
        };
        problems.iter().any(|problem| problem.code == "alias-path")
    };
    for last in ["name", "declared"] {
        assert_eq!([found(11, last), found(12, last)], [false, true], "{last}");
    }
}
