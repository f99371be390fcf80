//! Files of other products become models (`data-model.md` 4.1 to 4.6). The files are made up, in the form of published ones.

#![allow(clippy::unwrap_used, missing_docs)]

use claviger_model::import::{Imported, import};
use claviger_model::{Dataclass, IndexKind, Integrity, Kind, Model, Problem, Severity, StorageType, Value};
use serde_json::{Value as Json, json};

const HARBOUR: &str = include_str!("fixtures/harbour.4DCatalog");
const CONTACTS: &str = include_str!("fixtures/contacts.waModel");
const CONTACTS_XML: &str = include_str!("fixtures/contacts-xml.waModel");

fn read(text: &str) -> Imported {
    import(text, "test").unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn file(imported: &Imported) -> Json {
    serde_json::from_str(&imported.model.to_json()).unwrap()
}

fn names(class: &Dataclass) -> Vec<&str> {
    class.attributes.iter().map(|attribute| attribute.name.as_str()).collect()
}

fn at(problems: &[Problem]) -> Vec<(usize, &str, &str)> {
    problems.iter().map(|problem| (problem.line, problem.path.as_str(), problem.code)).collect()
}

/// What is written as `model.json` reads the same without the help of the import.
#[track_caller]
fn loads_again(imported: &Imported) -> Model {
    let (model, _) = Model::from_json(&imported.model.to_json(), "test").unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(claviger_model::diff::differences(&imported.model, &model), []);
    model
}

#[test]
fn tables_become_dataclasses() {
    let imported = read(HARBOUR);
    assert_eq!(imported.name.as_deref(), Some("Harbour office"));
    let model = loads_again(&imported);
    assert_eq!(model.uuid, "0A1B2C3D4E5F60718293A4B5C6D7E8F9");
    let classes: Vec<(&str, u32, bool)> =
        model.dataclasses().iter().map(|class| (class.name.as_str(), class.table_number, class.exposed)).collect();
    assert_eq!(classes, [("Ship", 3, true), ("Port", 1, true), ("Call", 4, false), ("__DeletedRecords", 9, true)]);
    assert_eq!(model.find("Ship").unwrap().uuid, "11000000000000000000000000000000");
}

#[test]
fn fields_become_attributes_of_every_type() {
    let imported = read(HARBOUR);
    let ship = imported.model.find("Ship").unwrap();
    let types: Vec<(&str, StorageType)> =
        ship.attributes.iter().filter_map(|attribute| Some((attribute.name.as_str(), attribute.storage()?.ty))).collect();
    use StorageType::{Blob, Bool, Date, Duration, Image, Long, Long64, Number, Object, String, Uuid, Word};
    assert_eq!(
        types,
        [
            ("ID", Uuid),
            ("Ship_name", String),
            ("Größe", Number),
            ("crew", Word),
            ("afloat", Bool),
            ("tonnage", Long64),
            ("launched", Date),
            ("watch", Duration),
            ("plan", Image),
            ("papers", Blob),
            ("extra", Object),
            ("log", String),
            ("secret", String),
            ("home_ID", Long),
            ("refuge_ID", Long),
            ("__GlobalStamp", Long64),
        ]
    );
    let storage = |name: &str| ship.find(name).unwrap().storage().unwrap();
    let id = storage("ID");
    assert!(id.rules.autogenerate && id.rules.unique && id.rules.not_null && ship.key_attributes().len() == 1);
    assert_eq!((storage("Ship_name").rules.max_length, storage("Ship_name").rules.not_null), (Some(80), true));
    assert!(storage("launched").simple_date);
    assert!(!ship.find("secret").unwrap().exposed);
    assert!(imported.model.find("Port").unwrap().find("ID").unwrap().storage().unwrap().rules.autosequence);
    // Null stays null until somebody turns it on.
    assert!(!storage("crew").rules.null_as_default);
    let written = file(&imported);
    assert_eq!(written["dataClasses"][0]["attributes"][3]["nullAsDefault"], false);
    assert_eq!(written["dataClasses"][0]["attributes"][9]["blob_switch_size"], 2_147_483_647);
    let on = imported.model.to_json().replace("\"nullAsDefault\": false", "\"nullAsDefault\": true");
    let (model, _) = Model::from_json(&on, "test").unwrap();
    let rules = |name: &str| model.find("Ship").unwrap().find(name).unwrap().storage().unwrap().rules.clone();
    assert_eq!((rules("crew").default_value, rules("Größe").default_value), (Some(Value::Int(0)), Some(Value::Double(0.0))));
}

#[test]
fn relations_have_the_names_of_the_file() {
    let imported = read(HARBOUR);
    let (ship, port) = (imported.model.find("Ship").unwrap(), imported.model.find("Port").unwrap());
    let Kind::RelatedEntity(home) = &ship.find("home").unwrap().kind else { panic!("kind") };
    assert_eq!((home.target, home.integrity, home.explicit), (port.id, Integrity::Reject, true));
    assert_eq!(ship.attribute(home.foreign_key[0]).name, "home_ID");
    // A field has the other end's name: the relation gives way.
    let Kind::RelatedEntities(ships) = &port.find("ships_2").unwrap().kind else { panic!("kind") };
    assert_eq!((ships.target, ships.via), (ship.id, ship.find("home").unwrap().id));
    assert_eq!(home.inverse, Some(port.find("ships_2").unwrap().id));
    // Without names in the file.
    let Kind::RelatedEntity(refuge) = &ship.find("port").unwrap().kind else { panic!("kind") };
    assert_eq!(refuge.integrity, Integrity::Cascade);
    assert_eq!(names(port), ["ID", "name", "land", "ships", "ships_2", "shipSelection"]);
    // A relation to a hidden dataclass does not show.
    assert!(!ship.find("calls").unwrap().exposed);
    assert!(ship.find("sleeping").is_none() && ship.find("sleepers").is_none());
}

#[test]
fn a_relation_may_lead_to_another_field_than_the_key() {
    let other = HARBOUR.replacen(
        "<field_ref uuid=\"22000000000000000000000000000001\" name=\"ID\">",
        "<field_ref uuid=\"22000000000000000000000000000004\" name=\"ships\">",
        1,
    );
    let imported = read(&other);
    let (ship, port) = (imported.model.find("Ship").unwrap(), imported.model.find("Port").unwrap());
    let Kind::RelatedEntity(home) = &ship.find("home").unwrap().kind else { panic!("kind") };
    assert_eq!(port.attribute(home.target_key[0]).name, "ships");
    loads_again(&imported);
}

#[test]
fn indexes_of_every_kind() {
    let imported = read(HARBOUR);
    let (ship, port) = (imported.model.find("Ship").unwrap(), imported.model.find("Port").unwrap());
    let kind = |class: &Dataclass, name: &str| class.find(name).unwrap().storage().unwrap().index;
    assert_eq!(kind(ship, "Ship_name"), IndexKind::BTree);
    assert_eq!(
        (kind(ship, "extra"), kind(ship, "log"), kind(port, "name")),
        (IndexKind::ObjectPath, IndexKind::Keywords, IndexKind::BTree)
    );
    let written = file(&imported);
    let name = &written["dataClasses"][0]["attributes"][1];
    assert_eq!((&name["indexKind"], &name["keywordIndexed"]), (&json!("btree"), &json!(true)));
    assert_eq!(written["dataClasses"][1]["attributes"][1]["indexKind"], "cluster");
    assert_eq!(written["dataClasses"][1]["indexes"], json!([{ "attributes": ["land", "name"], "unique": true }]));
    let together: Vec<&str> = port.indexes[0].attributes.iter().map(|id| port.attribute(*id).name.as_str()).collect();
    assert_eq!((together, port.indexes[0].unique), (vec!["land", "name"], true));
}

#[test]
fn what_is_left_out_or_means_something_else_is_said() {
    let imported = read(HARBOUR);
    assert!(imported.problems.iter().all(|problem| problem.severity == Severity::Warning));
    assert_eq!(
        at(&imported.problems),
        [
            (5, "Ship", "trigger"),
            (7, "Ship.Ship name", "renamed"),
            (11, "Ship.Größe", "never-null"),
            (12, "Ship.crew", "never-null"),
            (20, "dataClasses[0].attributes[11].styled_text", "styled-text"),
            (22, "Ship.odd", "unknown-type"),
            (25, "Ship.__GlobalStamp", "change-tracking"),
            (43, "Berth", "no-single-key"),
            (49, "Note", "no-single-key"),
            (50, "Chart", "key-type"),
            (59, "__DeletedRecords", "change-tracking"),
            (67, "Port.ships", "renamed"),
            (80, "sleeping", "inactive-relation"),
            (84, "berthPort", "relation-left-out"),
        ]
    );
}

#[test]
fn identifiers_may_be_missing() {
    let plain = r#"<base><table name="A"><field name="id" type="4"/><field name="ID" type="10"/><field name="b" type="4"/>
        <primary_key field_name="ID"/></table>
        <relation><related_field kind="source"><field_ref name="B"><table_ref name="a"/></field_ref></related_field>
        <related_field kind="destination"><field_ref name="id"><table_ref name="A"/></field_ref></related_field></relation>
        <index><field_ref name="b"><table_ref name="A"/></field_ref></index></base>"#;
    let imported = read(plain);
    let class = imported.model.find("A").unwrap();
    assert_eq!(names(class), ["id", "ID_2", "b", "a", "aSelection"]);
    assert_eq!(
        (class.key_attributes()[0], class.find("b").unwrap().storage().unwrap().index),
        (class.find("id").unwrap().id, IndexKind::BTree)
    );
    let names: Vec<String> = ["Order lines", "Order-lines", "Größe", "9 lives", "naïve café"]
        .map(|name| format!(r#"<table name="{name}"><field name="ID" type="4"/><primary_key field_name="ID"/></table>"#))
        .to_vec();
    let model = read(&format!("<base>{}</base>", names.concat())).model;
    let given: Vec<&str> = model.dataclasses().iter().map(|class| class.name.as_str()).collect();
    assert_eq!(given, ["Order_lines", "Order_lines_2", "Größe", "T_9_lives", "naïve_café"]);
}

#[test]
fn what_is_no_such_file_is_refused() {
    let code = |text: &str| import(text, "test").unwrap_err()[0].code;
    assert_eq!(code("<other/>"), "unknown-format");
    assert_eq!(code("<base></table>"), "not-xml");
    assert_eq!(code("\u{feff} <"), "not-xml");
    assert_eq!(code("table A"), "not-json");
    assert!(read("\u{feff}<base/>").model.dataclasses().is_empty());
}

#[test]
fn an_ancestor_s_model_loads_with_what_it_declares() {
    let imported = read(CONTACTS);
    let model = loads_again(&imported);
    let (firm, person) = (model.find("Firm").unwrap(), model.find("Person").unwrap());
    assert_eq!((firm.collection_name.as_str(), person.default_top_size), ("Firms", 20));
    let exposed: Vec<&str> = firm.attributes.iter().filter(|it| it.exposed).map(|it| it.name.as_str()).collect();
    assert_eq!(exposed, ["ID", "title", "staff"]);
    let exposed: Vec<&str> = person.attributes.iter().filter(|it| it.exposed).map(|it| it.name.as_str()).collect();
    assert_eq!(exposed, ["ID", "lastName", "birthDate", "hired", "photo", "firm", "firmTitle", "colleagues"]);
    let Kind::Alias(colleagues) = &person.find("colleagues").unwrap().kind else { panic!("kind") };
    assert!(colleagues.many && colleagues.steps.len() == 2);
    for (class, name) in [(firm, "headCount"), (firm, "boss"), (firm, "bossName"), (person, "shape"), (person, "mirror")] {
        let attribute = class.find(name).unwrap();
        assert!(matches!(&attribute.kind, Kind::Calculated(it) if it.expression().is_none()) && attribute.read_only, "{name}");
    }
    assert!(person.find("gone").is_none());
    assert_eq!(person.find("birthDate").unwrap().storage().unwrap().column, "born");
    assert_eq!(
        at(&imported.problems),
        [
            (10, "dataClasses[0].attributes[2].composition", "composition"),
            (11, "dataClasses[0].attributes[3]", "not-implemented"),
            (13, "dataClasses[0].attributes[4].type", "not-implemented"),
            (15, "dataClasses[0].attributes[5].path", "not-implemented"),
            (17, "dataClasses[0].methods", "not-implemented"),
            (21, "dataClasses[0].events", "restricting-query"),
            (21, "dataClasses[0].events", "not-implemented"),
            (36, "dataClasses[1].attributes[9].kind", "removed"),
            (37, "dataClasses[1].attributes[10].type", "unknown-type"),
            (38, "dataClasses[1].attributes[11].kind", "unknown-kind"),
        ]
    );
}

#[test]
fn an_ancestor_s_model_keeps_what_is_not_known() {
    let imported = read(CONTACTS);
    let mut wanted: Json = serde_json::from_str(CONTACTS).unwrap();
    for index in [10, 11] {
        wanted["dataClasses"][1]["attributes"][index]["implemented"] = json!(false);
    }
    assert_eq!(file(&imported), wanted);
}

#[test]
fn a_model_of_one_s_own_is_not_forgiven() {
    let codes: Vec<&str> =
        Model::from_json(CONTACTS, "test").unwrap_err().iter().filter(|problem| problem.is_error()).map(|problem| problem.code).collect();
    assert_eq!(codes, ["unknown-type", "unknown-kind"]);
}

#[test]
fn the_ancestor_s_xml_says_the_same_as_its_json() {
    let imported = read(CONTACTS_XML);
    assert_eq!(imported.name.as_deref(), Some("Contacts"));
    let model = loads_again(&imported);
    assert_eq!(model.uuid, "F0E1D2C3B4A5968778695A4B3C2D1E0F");
    let (firm, person) = (model.find("Firm").unwrap(), model.find("Person").unwrap());
    assert_eq!((names(firm), names(person)), (vec!["ID", "code", "rank", "staff"], vec!["ID", "firm", "age", "firm__fk"]));
    assert!(firm.exposed && !person.exposed);
    let rules = |name: &str| firm.find(name).unwrap().storage().unwrap().rules.clone();
    assert_eq!((rules("code").default_value, rules("code").max_length), (Some(Value::Text("12".into())), Some(2)));
    assert_eq!((rules("rank").default_value, rules("rank").min_value), (Some(Value::Int(12)), Some(Value::Int(1))));
    let written = file(&imported);
    let person = &written["dataClasses"][1]["attributes"];
    assert_eq!(person[2]["onGet"], json!([{ "from": "model.Person.age.onGet", "userDefined": true }]));
    assert_eq!(written["extraProperties"], json!({ "version": 1, "model": { "scriptMode": "manual", "workspaceLeft": 64 } }));
    assert_eq!(
        at(&imported.problems),
        [(9, "dataClasses[0].methods", "not-implemented"), (14, "dataClasses[1].attributes[2]", "not-implemented")]
    );
    let broken = CONTACTS_XML.replace("path=\"Firm\"", "path=\"Company\"");
    let errors: Vec<Problem> = import(&broken, "test").unwrap_err().into_iter().filter(Problem::is_error).collect();
    assert_eq!(at(&errors), [(13, "dataClasses[1].attributes[1].path", "unknown-dataclass")]);
}

#[test]
fn extending_is_refused_once_a_dataclass() {
    let text = r#"{ "dataClasses": [
      { "name": "Being", "attributes": [{ "name": "ID", "kind": "storage", "type": "long", "primKey": true }, { "name": "name", "kind": "storage", "type": "string" }] },
      { "name": "Pet", "extends": "Being", "attributes": [{ "name": "name", "kind": "removed" }, { "name": "call", "kind": "alias", "path": "name" }] },
      { "name": "House", "attributes": [{ "name": "ID", "kind": "storage", "type": "long", "primKey": true },
        { "name": "pet", "kind": "relatedEntity", "type": "Pet", "path": "Pet" }, { "name": "petName", "kind": "alias", "path": "pet.name" }] } ] }"#;
    let problems = import(text, "test").unwrap_err();
    let errors: Vec<Problem> = problems.into_iter().filter(Problem::is_error).collect();
    assert_eq!(at(&errors), [(3, "dataClasses[1].extends", "extends")]);
    assert!(errors[0].message.contains("repeat the attributes"), "{}", errors[0]);
}
