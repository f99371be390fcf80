//! The catalog and the OpenAPI document of an application with functions (`rest-dialect.md` 8; row 38): what is exposed, for whom, and that the
//! document is true to what is answered.

use serde_json::{Value, json};

use crate::answer::members;
use crate::functions::with;
use crate::library::{Library, app_with};

const CLASSES: &str = r#"
export class DataStore { static exposed = ["stats", "authentify"]; static onHttpGet = ["stats"]; stats() { return 1; } authentify() { return true; } hidden() { return 1; } }
export class Book { static exposed = ["cheapest", "both", "title"]; static onHttpGet = ["cheapest", "title"]; cheapest() { return this.all().slice(0, 2); } both() { return 1; } title() { return "function"; } inner() {} }
export class BookSelection { static exposed = ["both"]; both() { return this.length; } }
export class BookEntity { static exposed = ["lendTo"]; lendTo() { return this; } }
export class Country { static exposed = ["count"]; count() { return this.getCount(); } }
export class Mailer { static singleton = "shared"; static exposed = ["ping"]; static onHttpGet = ["ping"]; ping() { return "pong"; } send() {} }
export class Silent { static singleton = "shared"; inner() {} }
export class Cart { static singleton = "session"; static exposed = ["add"]; add() {} }
"#;

/// The roles of the fixture, and these entries.
fn roles(entries: &[Value]) -> Value {
    let mut roles: Value = serde_json::from_str(include_str!("fixture/roles.json")).unwrap();
    roles["permissions"]["allowed"].as_array_mut().unwrap().extend(entries.iter().cloned());
    roles
}

fn library() -> Library {
    let library = with(&[("classes.js", CLASSES)]);
    library.set_roles(&roles(&[
        json!({ "applyTo": "Book.cheapest", "type": "method", "execute": ["browse"] }),
        json!({ "applyTo": "Book.lendTo", "type": "method", "execute": ["lend"], "describe": ["lend"] }),
        json!({ "applyTo": "Mailer", "type": "singleton", "describe": ["curate"] }),
        json!({ "applyTo": "Country.count", "type": "method", "execute": ["guest"] }),
    ]));
    library
}

fn method(name: &str, apply_to: &str, with_get: bool) -> Value {
    json!({ "name": name, "applyTo": apply_to, "scope": "public", "from": "remoteServer", "allowedOnHTTPGET": with_get, "exposed": true })
}

/// Names and where they apply.
fn methods(list: &Value) -> Vec<String> {
    let methods = list.as_array().map(Vec::as_slice).unwrap_or_default();
    methods
        .iter()
        .map(|method| format!("{} {}", method["applyTo"].as_str().unwrap_or("singleton"), method["name"].as_str().unwrap()))
        .collect()
}

#[test]
fn row_38_the_catalog_lists_exposed_functions() {
    let library = library();
    for url in ["/rest/$catalog", "/rest/$catalog/$all", "/rest/$catalog/Book"] {
        let catalog = library.get(url).ok().json();
        assert_eq!(members(&catalog), ["__UNIQID", "__BASEID", "__NAME", "properties", "methods", "singletons", "dataClasses"], "{url}");
        assert_eq!(catalog["methods"], json!([method("authentify", "dataStore", false), method("stats", "dataStore", true)]));
        let ping = json!({ "name": "ping", "allowedOnHTTPGET": true, "exposed": true });
        assert_eq!(catalog["singletons"], json!([{ "name": "Mailer", "methods": [ping] }]));
    }
    let book = library.get("/rest/$catalog/Book").ok().json()["dataClasses"][0].clone();
    // A function of selections hides one of the dataclass.
    let expected = json!([
        method("cheapest", "dataClass", true),
        method("title", "dataClass", true),
        method("both", "entityCollection", false),
        method("lendTo", "entity", false),
    ]);
    assert_eq!(book["methods"], expected);
    assert_eq!(library.get("/rest/$catalog/Author").ok().json()["dataClasses"][0].get("methods"), None);
    // The short form has names only.
    assert!(
        library.get("/rest/$catalog").ok().json()["dataClasses"].as_array().unwrap().iter().all(|class| class.get("methods").is_none())
    );
}

#[test]
fn row_38_describe_lists_hide_functions() {
    let library = library();
    let reader = library.by("Reader").get("/rest/$catalog/Book").ok().json();
    assert_eq!(methods(&reader["dataClasses"][0]["methods"]), ["dataClass cheapest", "dataClass title", "entityCollection both"]);
    assert_eq!((methods(&reader["methods"]).len(), reader.get("singletons")), (2, None));
    let clerk = library.by("Clerk").get("/rest/$catalog/Book").ok().json();
    assert_eq!(methods(&clerk["dataClasses"][0]["methods"]).last().unwrap(), "entity lendTo");
    // What is not described can be called all the same.
    library.by("Clerk").post("/rest/$singleton/Mailer/ping", &json!([])).refused(401, &[1561]);
    assert_eq!(library.get("/rest/$singleton/Mailer/ping").ok().json()["result"], "pong");
}

#[test]
fn row_38_only_what_may_be_called_with_catalog_readable() {
    let library = app_with("[rest]\ncatalog = \"readable\"");
    library.set_functions(&[("classes.js", CLASSES)]).unwrap();
    library.set_roles(&roles(&[json!({ "applyTo": "Book.cheapest", "type": "method", "execute": ["browse"] })]));
    let reader = library.by("Reader").get("/rest/$catalog/Book").ok().json();
    assert_eq!(methods(&reader["dataClasses"][0]["methods"]), ["dataClass cheapest"]);
    // `authentify` is open to everybody.
    assert_eq!((methods(&reader["methods"]), reader.get("singletons")), (vec!["dataStore authentify".to_owned()], None));
}

/// Paths of the document whose operation calls something, with their verbs.
fn calls(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            if operation["operationId"].as_str().is_some_and(|id| id.starts_with("call")) {
                found.push(format!("{verb} {path}"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_openapi_document_has_the_functions_that_may_be_called() {
    let library = library();
    let all = library.get("/rest/$openapi").ok().json();
    let expected = [
        "get /rest/$catalog/stats",
        "get /rest/$singleton/Mailer/ping",
        "get /rest/Book/cheapest",
        "post /rest/$catalog/authentify",
        "post /rest/$catalog/stats",
        "post /rest/$singleton/Mailer/ping",
        "post /rest/Book({key})/lendTo",
        "post /rest/Book/$entityset/{id}/both",
        "post /rest/Book/both",
        "post /rest/Book/both/$entityset/{id}",
        "post /rest/Book/cheapest",
        // With GET the attribute of the name comes first.
        "post /rest/Book/title",
        "post /rest/Country/count",
    ];
    assert_eq!(calls(&all), expected);
    assert_eq!(all["paths"]["/rest/Book({key})/lendTo"]["parameters"][0]["name"], "key");
    let names: Vec<&str> = all["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "IDs of operations are unique");
    let over_set = &all["paths"]["/rest/Book/both/$entityset/{id}"];
    assert_eq!(over_set["parameters"][0]["name"], "id");
    assert!(over_set["post"]["parameters"].to_string().contains("otherCollection"), "{over_set}");
    // Each can be called as it stands there.
    let secret = library.key("Admin").secret;
    let made = library.send("GET", "/rest/Book?$method=entityset&$top=0", &[("api-key", &secret)], "").ok().json();
    let set = made["__ENTITYSET"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for call in expected {
        let (verb, path) = call.split_once(' ').unwrap();
        let body = if verb == "post" { "[]" } else { "" };
        let path = path.replace("{key}", "11").replace("{id}", &set);
        library.send(&verb.to_uppercase(), &path, &[("api-key", &secret)], body).ok();
    }
    let visitor = library.by("Visitor").get("/rest/$openapi").ok().json();
    assert_eq!(calls(&visitor), ["post /rest/$catalog/authentify", "post /rest/Country/count"]);
}

#[test]
fn other_functions_are_another_document() {
    let library = library();
    let before = library.by("Reader").get("/rest/$openapi").ok().json();
    library.set_functions(&[]).unwrap();
    assert!(calls(&before).len() > 1 && calls(&library.by("Reader").get("/rest/$openapi").ok().json()).is_empty());
    assert_eq!(library.get("/rest/$catalog").ok().json().get("methods"), None);
}
