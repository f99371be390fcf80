//! The sample model (`rest-dialect.md` 0.5, `data-model.md` 4.4) with every type and kind: what is read from it, and that it is written back.

#![allow(clippy::unwrap_used, missing_docs)]

use claviger_model::expression::{Binary, Function};
use claviger_model::{AttrId, DateForm, Expression, IndexKind, Integrity, Key, Kind, Model, Problem, StorageType, Value, decimal};

const LIBRARY: &str = include_str!("fixtures/library.json");

fn library() -> Model {
    let (model, problems) = Model::from_json(LIBRARY, "library").unwrap();
    assert_eq!(problems, []);
    model
}

fn names(model: &Model, class: &str) -> Vec<String> {
    model.find(class).unwrap().attributes.iter().map(|attribute| attribute.name.clone()).collect()
}

#[test]
fn dataclasses_and_keys() {
    let model = library();
    assert_eq!(model.name, "library");
    assert_eq!(model.uuid.len(), 32);
    let book = model.find("Book").unwrap();
    assert_eq!((book.default_top_size, book.table_number, book.collection_name.as_str()), (40, 2, "BookSelection"));
    assert_eq!(book.key, Key::Attributes(vec![AttrId(0)]));
    let country = model.find("Country").unwrap();
    assert_eq!(
        (country.default_top_size, country.class_name.as_str(), country.collection_name.as_str()),
        (100, "Country", "CountrySelection")
    );
    let specimen = model.find("Specimen").unwrap();
    assert_eq!(specimen.key, Key::Attributes(vec![AttrId(0), AttrId(1)]));
    assert_eq!(specimen.table.name, "specimens");
    assert!(model.find("book").is_none());
}

#[test]
fn storage_attributes() {
    let model = library();
    let storage = |class: &str, name: &str| model.find(class).unwrap().find(name).unwrap().storage().unwrap().clone();
    let id = storage("Author", "ID");
    assert!(id.rules.autosequence && id.rules.unique && id.rules.not_null && id.index == IndexKind::BTree);
    assert_eq!(storage("Author", "rating").rules.max_value, Some(Value::Double(5.0)));
    assert!(storage("Author", "born").simple_date && !storage("Book", "addedAt").simple_date);
    assert_eq!(storage("Book", "price").rules.default_value, Some(Value::Double(0.0)));
    assert!(storage("Book", "isbn").rules.compiled.unwrap().is_match("978-0000000"));
    let worth = storage("Specimen", "worth");
    assert_eq!(worth.decimal, Some((10, 2)));
    assert_eq!(worth.rules.default_value, decimal::parse("0.10").map(Value::Decimal));
    assert_eq!(storage("Specimen", "row").column, "row no");
    assert_eq!(storage("Specimen", "seen").date_form, DateForm::Seconds);
    let note = storage("Specimen", "note");
    assert_eq!((note.rules.min_length, note.rules.max_length, note.index), (Some(1), Some(80), IndexKind::Keywords));
    let specimen = model.find("Specimen").unwrap();
    assert!(specimen.find("sum").unwrap().read_only && specimen.find("sum").unwrap().storage().unwrap().generated);
    assert_eq!(storage("Specimen", "place").ty, StorageType::Byte);
    assert!(!model.find("Book").unwrap().find("costNote").unwrap().exposed);
}

#[test]
fn relations_have_two_ends() {
    let model = library();
    let (author, book) = (model.find("Author").unwrap(), model.find("Book").unwrap());
    let Kind::RelatedEntity(to_author) = &book.find("author").unwrap().kind else { panic!("kind") };
    assert!(to_author.explicit);
    assert_eq!(book.attribute(to_author.foreign_key[0]).name, "authorID");
    assert_eq!(author.attribute(to_author.inverse.unwrap()).name, "books");
    // The file names only one end: the key column and the other end are made.
    let Kind::RelatedEntity(origin) = &book.find("origin").unwrap().kind else { panic!("kind") };
    assert_eq!(origin.integrity, Integrity::Reject);
    let hidden = book.attribute(origin.foreign_key[0]);
    assert_eq!((hidden.name.as_str(), hidden.exposed, hidden.implicit), ("origin__fk", false, true));
    assert_eq!(hidden.storage().unwrap().ty, StorageType::String);
    assert_eq!(names(&model, "Country"), ["code", "name", "BookSelection"]);
    let inverse = model.find("Country").unwrap().find("BookSelection").unwrap();
    assert!(inverse.exposed && inverse.implicit && inverse.read_only);
    let Kind::RelatedEntities(books) = &inverse.kind else { panic!("kind") };
    assert_eq!((books.target, books.via), (book.id, book.find("origin").unwrap().id));
    // A key of two parts, to itself.
    let specimen = model.find("Specimen").unwrap();
    let Kind::RelatedEntity(lent) = &specimen.find("lentWith").unwrap().kind else { panic!("kind") };
    let parts: Vec<&str> = lent.foreign_key.iter().map(|part| specimen.attribute(*part).name.as_str()).collect();
    assert_eq!(parts, ["lentWith__shelf__fk", "lentWith__place__fk"]);
    assert_eq!(lent.target_key, [AttrId(0), AttrId(1)]);
    assert!(names(&model, "Author").contains(&"SpecimenSelection".to_owned()));
}

#[test]
fn aliases_and_expressions() {
    let model = library();
    let (book, specimen) = (model.find("Book").unwrap(), model.find("Specimen").unwrap());
    let Kind::Alias(alias) = &book.find("authorName").unwrap().kind else { panic!("kind") };
    let path: Vec<&str> = alias.steps.iter().map(|step| model.attribute(*step).name.as_str()).collect();
    assert_eq!((path.as_slice(), alias.many, book.find("authorName").unwrap().read_only), (&["author", "fullName"][..], false, true));
    let Kind::Alias(many) = &specimen.find("holderBooks").unwrap().kind else { panic!("kind") };
    assert!(many.many && many.steps.len() == 3);
    assert!(!specimen.find("remark").unwrap().read_only);
    let Kind::Calculated(label) = &book.find("label").unwrap().kind else { panic!("kind") };
    let Some(Expression::Binary(Binary::Concat, _, id)) = label.expression() else { panic!("expression") };
    assert_eq!(**id, Expression::Attribute(AttrId(0)));
    // `quiet` is put in the place of its name, and is not exposed because it does not say so.
    let Kind::Calculated(shout) = &specimen.find("shout").unwrap().kind else { panic!("kind") };
    let Some(Expression::Binary(_, upper, _)) = shout.expression() else { panic!("expression") };
    let Expression::Call(Function::Upper, inner) = &**upper else { panic!("call") };
    assert!(matches!(inner[0], Expression::Call(Function::Coalesce, _)));
    assert!(!specimen.find("quiet").unwrap().exposed && specimen.find("shout").unwrap().exposed);
}

#[test]
fn unknown_properties_and_digits_are_written_back() {
    let written = library().to_json();
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(read(&written), read(LIBRARY));
    assert!(written.contains("panelColor") && written.contains("1.50") && written.contains("0.10"));
}

#[test]
fn a_byte_order_mark_is_accepted() {
    assert!(Model::from_json(&format!("\u{feff}{LIBRARY}"), "library").is_ok());
}

fn codes(problems: &[Problem]) -> Vec<(&str, usize, &str)> {
    problems.iter().map(|problem| (problem.path.as_str(), problem.line, problem.code)).collect()
}

#[test]
fn all_problems_are_reported_at_once_with_path_and_line() {
    let problems = Model::from_json(include_str!("fixtures/broken.json"), "broken").unwrap_err();
    assert_eq!(
        codes(&problems),
        [
            ("dataClasses[0].attributes[1].type", 5, "unknown-type"),
            ("dataClasses[0].attributes[2].name", 6, "duplicate-name"),
            ("dataClasses[0].attributes[3].name", 7, "reserved-name"),
            ("dataClasses[0].attributes[4].kind", 8, "unknown-kind"),
            ("dataClasses[0].attributes[5].path", 9, "unknown-dataclass"),
            ("dataClasses[0].attributes[6].foreignKey", 10, "unknown-attribute"),
            ("dataClasses[0].attributes[7].path", 11, "loop"),
            ("dataClasses[0].attributes[9].path", 13, "alias-path"),
            ("dataClasses[0].attributes[10].sql", 14, "expression"),
            ("dataClasses[0].attributes[11].sql", 15, "loop"),
            ("dataClasses[0].attributes[12].pattern", 16, "pattern"),
            ("dataClasses[0].attributes[13].minValue", 17, "limit"),
            ("dataClasses[0].attributes[14].not_null", 18, "wrong-type"),
            ("dataClasses[0].attributes[15].path", 19, "unknown-attribute"),
            ("dataClasses[0].attributes[16].kind", 20, "removed"),
            ("dataClasses[1].name", 23, "duplicate-name"),
            ("dataClasses[1].attributes", 24, "no-key"),
            ("dataClasses[2].name", 26, "bad-name"),
            ("dataClasses[2].extends", 27, "extends"),
            ("dataClasses[2].scope", 28, "scope"),
            ("dataClasses[2].events", 29, "restricting-query"),
            ("dataClasses[2].attributes", 30, "several-keys"),
        ]
    );
}

#[test]
fn what_is_no_json_has_one_problem_with_its_line() {
    let problems = Model::from_json("{\n \"dataClasses\": [,]\n}", "m").unwrap_err();
    assert_eq!(codes(&problems), [("", 2, "not-json")]);
    assert_eq!(codes(&Model::from_json("[]", "m").unwrap_err()), [("", 1, "wrong-type")]);
}

#[test]
fn hidden_dataclasses_hide_what_leads_to_them() {
    let text = LIBRARY.replace(
        r#""collectionName": "AuthorSelection",
      "scope": "public""#,
        r#""collectionName": "AuthorSelection",
      "scope": "publicOnServer""#,
    );
    let (model, problems) = Model::from_json(&text, "library").unwrap();
    let exposed = |class: &str, name: &str| model.find(class).unwrap().find(name).unwrap().exposed;
    assert!(!model.find("Author").unwrap().exposed && !exposed("Author", "fullName"));
    assert!(!exposed("Book", "author") && exposed("Book", "authorID") && exposed("Book", "origin"));
    assert!(!exposed("Book", "authorName"));
    assert!(problems.iter().any(|problem| problem.code == "hidden-alias"));
}

#[test]
fn two_dataclasses_cannot_share_a_selection() {
    let text = LIBRARY.replace(r#""name": "Country","#, r#""name": "Country", "collectionName": "BookSelection","#);
    assert_eq!(codes(&Model::from_json(&text, "library").unwrap_err()), [("dataClasses[2].collectionName", 46, "duplicate-name")]);
}
