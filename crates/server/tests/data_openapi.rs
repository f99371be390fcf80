//! The document of a key: what it reaches and nothing else, and true to the answers that it really gets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_store::control::ConsoleRole;
use serde_json::{Value, json};
use support::schema::{misfit, resolve};
use support::{Key, Person, TestApp};

async fn document(app: &TestApp, person: &Person, key: &Key) -> Value {
    let answer = app.ask("GET", &format!("/console/api/keys/{}/openapi", key.id)).header("cookie", &person.cookie).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn paths(document: &Value) -> Vec<String> {
    let mut listed = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let verbs = item.as_object().unwrap().keys().filter(|verb| *verb != "parameters");
        listed.extend(verbs.map(|verb| format!("{verb} {path}")));
    }
    listed.sort();
    listed
}

/// The schema of an operation's answer with this status.
fn answer_schema<'a>(document: &'a Value, path: &str, verb: &str, status: u16) -> &'a Value {
    let mut response = &document["paths"][path][verb]["responses"][status.to_string()];
    if let Some(reference) = response["$ref"].as_str() {
        response = resolve(document, reference);
    }
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{verb} {path} {status}");
    schema
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn it_holds_what_the_key_reaches() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let of = async |draft: Value| document(&app, &viewer, &app.key(draft)).await;
    let reader = of(json!({ "role": "Reader" })).await;
    let catalog = ["get /rest/$catalog", "get /rest/$catalog/$all", "get /rest/$catalog/{dataclasses}", "get /rest/$openapi"];
    let mut expected: Vec<&str> = catalog.to_vec();
    expected.extend(["get /rest/Book", "get /rest/Book({key})", "get /rest/Book({key})/{attributes}", "get /rest/Book/{attributes}"]);
    assert_eq!(paths(&reader), expected);
    let book = &reader["components"]["schemas"]["Book"]["properties"];
    assert_eq!(book.get("price"), None, "what may not be read is not there");
    assert_eq!(reader["components"]["schemas"].get("Book.save"), None);
    let clerk = of(json!({ "role": "Clerk" })).await;
    expected.extend(["patch /rest/Book({key})", "post /rest/Book", "post /rest/Book({key})", "put /rest/Book({key})"]);
    assert_eq!(paths(&clerk), expected);
    let saved = clerk["components"]["schemas"]["Book.save"]["properties"].as_object().unwrap();
    assert_eq!(saved.keys().map(String::as_str).collect::<Vec<_>>(), ["__KEY", "__STAMP", "ID", "title", "authorID", "author"]);
    let cleaner = of(json!({ "role": "Cleaner" })).await;
    let methods = &cleaner["paths"]["/rest/Book"]["post"]["parameters"][0]["schema"]["enum"];
    assert_eq!((methods, paths(&cleaner).contains(&"delete /rest/Book({key})".to_owned())), (&json!(["delete"]), true));
    assert_eq!(paths(&of(json!({ "role": "Nobody" })).await), catalog);
    let all = of(json!({ "type": "administration" })).await;
    assert!(all["paths"].get("/rest/Ledger").is_none(), "not exposed");
    assert!(all["paths"]["/rest/Seat[{key}]"]["get"].is_object(), "a key of two parts");
    assert_eq!(all["servers"], json!([{ "url": "http://claviger.test" }]));
    let mut found = Vec::new();
    references(&all, &mut found);
    assert!(found.len() > 100);
    for reference in &found {
        assert!(resolve(&all, reference).is_object(), "{reference}");
    }
    let missing = app.ask("GET", "/console/api/keys/key_7Qm2vT9sLk4d/openapi").header("cookie", &viewer.cookie).send().await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn attributes_tell_their_kind_and_key() {
    let app = TestApp::shelf("public_url = \"https://books.example.org\"").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let all = document(&app, &viewer, &app.key(json!({ "type": "administration" }))).await;
    assert_eq!(all["servers"][0]["url"], "https://books.example.org");
    let schemas = &all["components"]["schemas"];
    let book = &schemas["Book"]["properties"];
    let kind = |name: &str| (book[name]["x-kind"].as_str().unwrap(), book[name]["x-related"].as_str(), book[name]["x-key"] == json!(true));
    assert_eq!(kind("ID"), ("storage", None, true));
    assert_eq!(kind("title"), ("storage", None, false));
    assert_eq!(kind("author"), ("relatedEntity", Some("Author"), false));
    assert_eq!(kind("authorName"), ("alias", None, false));
    assert_eq!(schemas["Author"]["properties"]["books"]["x-kind"], "relatedEntities");
    assert_eq!(schemas["Author"]["properties"]["books"]["x-related"], "Book");
    assert_eq!((&schemas["Seat"]["x-key"], &schemas["Book"]["x-key"]), (&json!(["row", "number"]), &json!(["ID"])));
    assert_eq!(book["title"]["maxLength"], 80);
    assert_eq!(all["paths"]["/rest/Book({key})"]["parameters"][0]["schema"], json!({ "type": "integer", "format": "int32" }));
}

#[tokio::test]
async fn answers_have_the_shape_that_it_tells() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let key = app.key(json!({ "role": "Admin" }));
    let all = document(&app, &viewer, &key).await;
    let requests = [
        ("get", "/rest/$catalog", "/rest/$catalog", None),
        ("get", "/rest/$catalog/$all", "/rest/$catalog/$all", None),
        ("get", "/rest/$openapi", "/rest/$openapi", None),
        ("get", "/rest/Book", "/rest/Book?$top=3&$expand=author", None),
        ("get", "/rest/Book", "/rest/Book?$asArray=true", None),
        ("get", "/rest/Book", "/rest/Book?$format=looker&$top=2", None),
        ("get", "/rest/Book", "/rest/Book?$filter=%22ID%20%3E%203%22&$queryplan=true&$querypath=true", None),
        ("get", "/rest/Book", "/rest/Book?$top=x", None),
        ("get", "/rest/Book({key})", "/rest/Book(7)", None),
        ("get", "/rest/Book({key})", "/rest/Book(999)", None),
        ("get", "/rest/Book({key})/{attributes}", "/rest/Book(7)/title,author", None),
        ("get", "/rest/Author", "/rest/Author?$expand=books", None),
        ("get", "/rest/Author", "/rest/Author", None),
        ("get", "/rest/Book/{attributes}", "/rest/Book/price,ID?$compute=$all", None),
        ("get", "/rest/Book/{attributes}", "/rest/Book/price?$compute=sum", None),
        ("get", "/rest/Book/{attributes}", "/rest/Book/title?$distinct=true", None),
        ("get", "/rest/Book/{attributes}", "/rest/Book/title,author.name", None),
        ("post", "/rest/Book", "/rest/Book?$method=update", Some(json!({ "title": "New", "author": { "__KEY": "1" } }))),
        ("post", "/rest/Book", "/rest/Book?$method=update", Some(json!([{ "title": "New" }, { "title": { "a": 1 } }]))),
        ("post", "/rest/Book", "/rest/Book?$method=update", Some(json!({ "title": { "a": 1 } }))),
        ("patch", "/rest/Book({key})", "/rest/Book(8)", Some(json!({ "price": 8.5 }))),
        ("patch", "/rest/Book({key})", "/rest/Book(8)", Some(json!({ "price": 9, "__STAMP": 999 }))),
        ("put", "/rest/Book({key})", "/rest/Book(8)", Some(json!({ "price": 8.25 }))),
        ("post", "/rest/Book({key})", "/rest/Book(8)?$method=update", Some(json!({ "price": 8.75 }))),
        ("post", "/rest/Book({key})", "/rest/Book(58)?$method=delete", None),
        ("post", "/rest/Seat", "/rest/Seat?$method=update", Some(json!({ "row": "A", "number": 1 }))),
        ("get", "/rest/Seat[{key}]", "/rest/Seat%5B%22A%22,1%5D", None),
        ("delete", "/rest/Seat[{key}]", "/rest/Seat%5B%22A%22,1%5D", None),
        ("delete", "/rest/Book({key})", "/rest/Book(60)", None),
        ("post", "/rest/Book", "/rest/Book?$method=delete&$filter=%22ID%20=%2059%22", None),
    ];
    let mut statuses = Vec::new();
    for (verb, path, target, body) in requests {
        let mut ask = app.ask(&verb.to_uppercase(), target).key(&key.secret);
        if let Some(body) = &body {
            ask = ask.json(body);
        }
        let answer = ask.send().await;
        let schema = answer_schema(&all, path, verb, answer.status);
        // A save that was refused is answered with the entity and its status.
        if answer.status == 500 {
            assert!(answer.json()["__ERROR"].is_array());
        }
        assert_eq!(misfit(&all, schema, &answer.json(), target), None, "{}", answer.text());
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status != 200).count(), 5, "{statuses:?}");
    let stranger = app.ask("GET", "/rest/Book").send().await;
    assert_eq!(misfit(&all, answer_schema(&all, "/rest/Book", "get", 400), &stranger.json(), "stranger"), None);
}

/// The examples of a document are requests that its reader can send.
#[tokio::test]
async fn examples_are_answered() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    for role in ["Admin", "Reader", "Seller"] {
        let key = app.key(json!({ "role": role }));
        let document = document(&app, &viewer, &key).await;
        let mut asked = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
                let Some(example) = parameter["example"].as_str().filter(|_| !path.contains('{')) else { continue };
                let encoded = example.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
                let target = format!("{path}?{}={encoded}", parameter["name"].as_str().unwrap());
                let answer = app.ask("GET", &target).key(&key.secret).send().await;
                assert_eq!(answer.status, 200, "{role} {path} {example}: {}", answer.text());
                asked += 1;
            }
        }
        assert!(asked >= 3, "{role}");
    }
}

#[tokio::test]
async fn every_key_gets_its_own_document() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    for draft in [json!({ "type": "administration" }), json!({ "role": "Admin" }), json!({ "role": "Reader" }), json!({ "role": "Nobody" })]
    {
        let key = app.key(draft.clone());
        let ask = || app.ask("GET", "/rest/$openapi").header("host", "claviger.test").key(&key.secret);
        let answer = ask().send().await;
        assert_eq!((answer.status, answer.json()), (200, document(&app, &viewer, &key).await), "{draft}");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        let etag = answer.header("etag").unwrap().to_owned();
        for known in [etag.clone(), format!("\"x\", {etag}"), etag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
            let again = ask().header("if-none-match", &known).send().await;
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag.as_str())), "{known}");
        }
        assert_eq!(ask().header("if-none-match", "\"x\"").send().await.status, 200);
        // Another role, another document: at once.
        let other = if draft["role"] == "Nobody" { "Reader" } else { "Nobody" };
        if draft.get("role").is_some() {
            app.set_role(&key, other);
            let changed = ask().header("if-none-match", &etag).send().await;
            assert_eq!((changed.status, changed.json()), (200, document(&app, &viewer, &key).await), "{draft}");
        }
    }
}

#[tokio::test]
async fn it_is_read_and_nothing_else() {
    let app = TestApp::shelf("public_url = \"https://books.example.org\"").await;
    let key = app.key(json!({ "role": "Reader" }));
    let ask = |method: &str, path: &str| app.ask(method, path).key(&key.secret).send();
    assert_eq!(ask("GET", "/rest/%24OpenAPI/").await.json()["servers"], json!([{ "url": "https://books.example.org" }]));
    assert_eq!(ask("POST", "/rest/$openapi").await.status, 200);
    for method in ["PUT", "PATCH", "DELETE"] {
        let answer = ask(method, "/rest/$openapi").await;
        assert_eq!((answer.status, answer.json()["__ERROR"][0]["errCode"].clone()), (400, json!(1813)), "{method}");
    }
    let below = ask("GET", "/rest/$openapi/Book").await;
    assert_eq!((below.status, below.json()["__ERROR"][0]["errCode"].clone()), (404, json!(1800)));
    assert_eq!(app.ask("GET", "/rest/$openapi").send().await.status, 400);
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let schema =
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "anyOf": [{ "type": "integer" }, { "const": "x" }] } } });
    for (value, fits) in
        [(json!({ "a": 1 }), true), (json!({ "a": "x" }), true), (json!({ "a": "y" }), false), (json!({}), false), (json!([]), false)]
    {
        assert_eq!(misfit(&schema, &schema, &value, "").is_none(), fits, "{value}");
    }
}
