//! What the console shows of `roles.json`: resolved tables, findings of the file in force, reading it again.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use claviger_model::{FunctionClass, Functions};
use claviger_store::control::{ConsoleRole, Rules};
use serde_json::{Value, json};
use support::schema::assert_described;
use support::{Answer, Person, TestApp};

async fn get(app: &TestApp, person: &Person, path: &str) -> Answer {
    app.ask("GET", path).header("cookie", &person.cookie).send().await
}

async fn reload(app: &TestApp, owner: &Person) -> Answer {
    app.ask("POST", "/console/api/roles/reload").by(owner).send().await
}

fn write_roles(app: &TestApp, change: impl Fn(&str) -> String) {
    let path = app.folder.path().join("roles.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(&text)).unwrap();
}

/// An odd entry: no dataclass has this name.
const ODD: &str = r#""allowed": [ { "applyTo": "Bock", "type": "dataclass", "read": ["see"] },"#;

fn paths(findings: &Value) -> Vec<String> {
    findings["warnings"].as_array().unwrap().iter().map(|found| found["path"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn tables_of_roles_keys_and_administration() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let of_key = async |draft: Value| {
        let key = app.key(draft);
        let answer = get(&app, &viewer, &format!("/console/api/keys/{}/resolved", key.id)).await;
        assert_described("/console/api/keys/{id}/resolved", "get", &answer);
        answer.json()
    };
    let role = get(&app, &viewer, "/console/api/roles/Reader/resolved").await;
    assert_described("/console/api/roles/{name}/resolved", "get", &role);
    let role = role.json();
    let summary = json!({ "dataclasses": 5, "reads": 1, "creates": 0, "changes": 0, "deletes": 0,
        "text": "reads 1 of 5 dataclasses, changes none, deletes none" });
    assert_eq!((&role["summary"], &role["role"], &role["administration"]), (&summary, &json!("Reader"), &json!(false)));
    assert_eq!(of_key(json!({ "role": "Reader" })).await, role);
    let administration = get(&app, &viewer, "/console/api/administration/resolved").await;
    assert_described("/console/api/administration/resolved", "get", &administration);
    let administration = administration.json();
    assert_eq!(administration["summary"]["text"], "reads 5 of 5 dataclasses, changes 5, deletes 5");
    assert_eq!((&administration["administration"], &administration["role"]), (&json!(true), &json!(null)));
    assert_eq!(of_key(json!({ "type": "administration" })).await, administration);
    for path in ["/console/api/keys/key_7Qm2vT9sLk4d/resolved", "/console/api/keys/x/resolved", "/console/api/roles/Ghost/resolved"] {
        assert_eq!(get(&app, &viewer, path).await.status, 404, "{path}");
    }
    let key = app.key(json!({ "role": "Reader" }));
    write_roles(&app, |text| text.replace("\"Reader\"", "\"Other\""));
    app.state.reload_roles().unwrap();
    let guest = get(&app, &viewer, &format!("/console/api/keys/{}/resolved", key.id)).await.json();
    assert_eq!((&guest["role"], &guest["summary"]["reads"], &guest["privileges"]), (&json!(null), &json!(0), &json!(["guest"])));
}

#[tokio::test]
async fn tables_and_documents_are_of_the_model_that_the_rules_are_for() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let key = app.key(json!({ "type": "administration" }));
    // As between the two steps of a reload: permissions for functions that are served in a moment.
    let rules = app.state.keys().rules();
    let mut functions = Functions::default();
    functions.add(&FunctionClass::Datastore, "coming", true, false);
    let model = Arc::new(rules.model.with_functions(functions));
    app.state.keys().set_rules(Rules { model, ..(*rules).clone() });
    let document = get(&app, &viewer, &format!("/console/api/keys/{}/openapi", key.id)).await.json();
    assert!(document["paths"].get("/rest/$catalog/coming").is_some(), "{}", document["paths"]);
    for path in ["roles/Reader".to_owned(), format!("keys/{}", key.id), "administration".to_owned()] {
        let table = get(&app, &viewer, &format!("/console/api/{path}/resolved")).await.json();
        assert_eq!(table["datastore"]["functions"][0]["name"], "coming", "{path}");
    }
}

#[tokio::test]
async fn a_protected_administration_key_may_nothing() {
    let app = TestApp::of("[keys]\nadmin_protection = true", support::shelf::MODEL, support::shelf::ROLES);
    let viewer = app.person(ConsoleRole::Viewer).await;
    let table = get(&app, &viewer, "/console/api/administration/resolved").await.json();
    assert_eq!(table["summary"]["text"], "reads 0 of 5 dataclasses, changes none, deletes none");
    assert_eq!(table["dataclasses"][0]["read"], json!({ "allowed": false, "by": "keys.admin_protection" }));
    let key = app.key(json!({ "type": "administration" }));
    assert_eq!(get(&app, &viewer, &format!("/console/api/keys/{}/resolved", key.id)).await.json(), table);
    let reached = get(&app, &viewer, &format!("/console/api/keys/{}/openapi", key.id)).await.json();
    assert!(reached["paths"].get("/rest/Book").is_none());
}

#[tokio::test]
async fn findings_are_of_the_file_in_force() {
    let app = TestApp::shelf("").await;
    let (owner, viewer) = (app.person(ConsoleRole::Owner).await, app.person(ConsoleRole::Viewer).await);
    let findings = async || get(&app, &viewer, "/console/api/roles/findings").await.json();
    let clean = findings().await;
    write_roles(&app, |text| text.replace("\"allowed\": [", ODD));
    assert_eq!(findings().await, clean, "nobody read the file yet");
    let told = reload(&app, &owner).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_described("/console/api/roles/reload", "post", &told);
    assert_described("/console/api/roles/findings", "get", &get(&app, &viewer, "/console/api/roles/findings").await);
    let warnings = told.json();
    let odd =
        warnings["warnings"].as_array().unwrap().iter().find(|found| found["path"].as_str().unwrap().starts_with("permissions.allowed[0]"));
    let odd = odd.unwrap_or_else(|| panic!("{warnings}"));
    assert_eq!((&odd["severity"], odd["line"].as_u64().is_some_and(|line| line > 1)), (&json!("warning"), true));
    assert!(odd["code"].is_string() && odd["message"].as_str().unwrap().contains("Bock"), "{odd}");
    assert_eq!(findings().await, warnings);
    // A file with errors changes neither the roles nor what is told about them.
    write_roles(&app, |text| text.replace("\"type\": \"datastore\"", "\"note\": 1, \"type\": \"table\""));
    let refused = reload(&app, &owner).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid-fields"));
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    let error = errors.iter().find(|error| error["field"] == "permissions.allowed[1].type").unwrap_or_else(|| panic!("{errors:?}"));
    assert!(error["line"].as_u64().is_some_and(|line| line > 1) && error["code"].is_string(), "{error}");
    assert!(!error["message"].as_str().unwrap().contains("line "), "the place stands in its own members: {error}");
    // The warning is none of the errors.
    let all = refused.json()["roles"].clone();
    assert!(errors.len() == 1 && all.as_array().unwrap().iter().any(|found| found["code"] == "unknown_property"), "{all} {errors:?}");
    assert_eq!(findings().await, warnings);
    write_roles(&app, |text| text.replace("\"note\": 1, \"type\": \"table\"", "\"type\": \"datastore\"").replace(ODD, "\"allowed\": ["));
    assert_eq!(paths(&reload(&app, &owner).await.json()), paths(&clean));
    assert_eq!(findings().await, clean);
}

#[tokio::test]
async fn findings_are_there_from_the_start() {
    let app = TestApp::of("", support::shelf::MODEL, &support::shelf::ROLES.replace("\"allowed\": [", ODD));
    let viewer = app.person(ConsoleRole::Viewer).await;
    let found = get(&app, &viewer, "/console/api/roles/findings").await.json();
    assert!(paths(&found).iter().any(|path| path.starts_with("permissions.allowed[0]")), "{found}");
}

fn write_function(app: &TestApp, text: &str) {
    let folder = app.folder.path().join("functions");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Book.js"), text).unwrap();
}

#[tokio::test]
async fn functions_are_read_again_or_stay_as_they_were() {
    let app = TestApp::shelf("").await;
    let (owner, viewer) = (app.person(ConsoleRole::Owner).await, app.person(ConsoleRole::Viewer).await);
    let reload = async || app.ask("POST", "/console/api/functions/reload").by(&owner).send().await;
    let listed = async || {
        let answer = get(&app, &viewer, "/console/api/functions").await;
        assert_described("/console/api/functions", "get", &answer);
        answer.json()
    };
    assert_eq!(listed().await, json!({ "classes": [] }));
    write_function(&app, "export class Book { static exposed = ['a']; static onHttpGet = ['a']; a() { return 1; } b() {} }");
    // An entry for a function that does not exist is odd once there are functions.
    let entries = r#""allowed": [ { "applyTo": "Book.gone", "type": "method", "execute": ["see"] }, { "applyTo": "Book.a", "type": "method", "execute": ["see"] },"#;
    write_roles(&app, |text| text.replace("\"allowed\": [", entries));
    let told = reload().await;
    assert_described("/console/api/functions/reload", "post", &told);
    let told = told.json();
    assert_eq!(told["summary"], "1 class, 2 functions (1 exposed), 0 computed attributes, 0 events");
    let class = json!({ "name": "Book", "kind": "dataclass", "path": "functions/Book.js", "line": 1, "computed": [], "events": [],
        "functions": [{ "name": "a", "exposed": true, "onHttpGet": true }, { "name": "b", "exposed": false, "onHttpGet": false }] });
    let has = |told: &Value, member: &str, value: &str| told["roles"].as_array().unwrap().iter().any(|found| found[member] == value);
    assert!(told["classes"] == json!([class]) && has(&told, "code", "unknown_function"), "{told}");
    let key = app.key(json!({ "role": "Reader" }));
    let call = async || app.get("/rest/Book/a", &key.secret).await.json();
    assert_eq!(call().await, json!({ "result": 1 }));
    let table = get(&app, &viewer, "/console/api/roles/Reader/resolved").await;
    assert_described("/console/api/roles/{name}/resolved", "get", &table);
    let book = table.json()["dataclasses"].as_array().unwrap().iter().find(|class| class["name"] == "Book").unwrap().clone();
    assert_eq!((&book["functions"][0]["kinds"], &book["functions"][1]["kinds"]), (&json!(["dataclass"]), &json!([])));

    write_function(&app, "export class Book {\n  static exposed = ['b', 'gone'];\n  b() { return 2; }\n}\nexport class Other {}\n");
    let refused = reload().await;
    assert_described("/console/api/functions/reload", "post", &refused);
    assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid-fields"));
    let errors = refused.json()["errors"].clone();
    let places: Vec<_> =
        errors.as_array().unwrap().iter().map(|error| (error["field"].as_str().unwrap(), error["line"].as_u64().unwrap())).collect();
    assert_eq!(places, [("functions/Book.js", 2), ("functions/Book.js", 5)], "{errors}");
    assert_eq!((call().await, listed().await["classes"].clone()), (json!({ "result": 1 }), json!([class])));

    // Good functions beside a broken roles.json: the functions are in force, the previous rules stay.
    write_function(&app, "export class Book { static exposed = ['a']; static onHttpGet = ['a']; a() { return 3; } }");
    write_roles(&app, |text| text.replacen("\"method\"", "\"metod\"", 1));
    let told = reload().await.json();
    assert!(has(&told, "severity", "error"), "{told}");
    assert_eq!(call().await, json!({ "result": 3 }));
    let log = app.ask("GET", "/console/api/audit?action=functions-reload").by(&viewer).send().await.json();
    assert_eq!(log.as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn what_becomes_of_the_roles_is_told_and_noted_when_functions_are_read_again() {
    let app = TestApp::shelf("").await;
    let (owner, viewer) = (app.person(ConsoleRole::Owner).await, app.person(ConsoleRole::Viewer).await);
    let reload = async || {
        let answer = app.ask("POST", "/console/api/functions/reload").by(&owner).send().await;
        assert_described("/console/api/functions/reload", "post", &answer);
        answer
    };
    let noted = || app.audit().into_iter().filter(|action| action.ends_with("-reload")).collect::<Vec<_>>();
    let in_force = async || get(&app, &viewer, "/console/api/roles/findings").await.json()["warnings"].clone();
    let good = "export class Book { static exposed = ['a']; a() {} }";
    let roles = app.folder.path().join("roles.json");
    let text = std::fs::read_to_string(&roles).unwrap();

    // Broken functions beside good roles: the roles are in force.
    write_function(&app, "export class Book {");
    std::fs::write(&roles, text.replace("\"allowed\": [", ODD)).unwrap();
    let told = reload().await;
    assert_eq!((told.status, told.json()["errors"][0]["field"].clone()), (422, json!("functions/Book.js")), "{}", told.text());
    assert!(told.json()["roles"].to_string().contains("Bock"), "{}", told.text());
    assert_eq!((told.json()["roles"].clone(), noted()), (in_force().await, vec!["roles-reload".to_owned()]));

    // Good functions beside good roles.
    write_function(&app, good);
    let told = reload().await;
    assert_eq!((told.status, told.json()["roles"].clone()), (200, in_force().await));
    assert_eq!(noted(), ["functions-reload", "roles-reload", "roles-reload"]);

    // Both are broken: nothing is in force, everything is told.
    write_function(&app, "export class Book {");
    std::fs::write(&roles, "{").unwrap();
    let told = reload().await;
    assert_eq!((told.status, told.json()["errors"][0]["field"].clone()), (422, json!("functions/Book.js")), "{}", told.text());
    assert_eq!((&told.json()["roles"][0]["severity"], noted().len()), (&json!("error"), 3), "{}", told.text());

    // Roles that cannot be read at all are no good ones, by either way.
    write_function(&app, good);
    std::fs::remove_file(&roles).unwrap();
    std::fs::create_dir(&roles).unwrap();
    let told = reload().await;
    let unreadable = |found: &Value, place: &str| (found[place].clone(), found["code"].clone());
    assert_eq!((told.status, unreadable(&told.json()["roles"][0], "path")), (200, (json!(""), json!("unreadable"))), "{}", told.text());
    assert_eq!((noted().len(), noted()[0].clone()), (4, "functions-reload".to_owned()));
    let told = self::reload(&app, &owner).await;
    assert_described("/console/api/roles/reload", "post", &told);
    assert_eq!((told.status, unreadable(&told.json()["errors"][0], "field")), (422, (json!(""), json!("unreadable"))), "{}", told.text());
    assert_eq!((noted().len(), in_force().await.to_string().contains("Bock")), (4, true));
}
