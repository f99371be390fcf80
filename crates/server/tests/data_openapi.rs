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
    let everybody = [
        "get /rest/$catalog",
        "get /rest/$catalog/$all",
        "get /rest/$catalog/{dataclasses}",
        "get /rest/$directory/currentUser",
        "get /rest/$directory/logout",
        "get /rest/$openapi",
        "post /rest/$directory/currentUserBelongsTo",
        "post /rest/$directory/login",
    ];
    let reading = [
        "get /rest/Book",
        "get /rest/Book({key})",
        "get /rest/Book({key})/{attributes}",
        "get /rest/Book/$entityset/{id}",
        "get /rest/Book/$entityset/{id}/{attributes}",
        "get /rest/Book/{attributes}",
        "get /rest/Book/{attributes}/$entityset/{id}",
        "post /rest/$entityset/$release",
        "post /rest/Book/$entityset/$release",
    ];
    let of_paths = |parts: &[&[&str]]| {
        let mut listed: Vec<String> = parts.concat().into_iter().map(str::to_owned).collect();
        listed.sort();
        listed
    };
    assert_eq!(paths(&reader), of_paths(&[&everybody, &reading]));
    let book = &reader["components"]["schemas"]["Book"]["properties"];
    assert_eq!(book.get("price"), None, "what may not be read is not there");
    assert_eq!(reader["components"]["schemas"].get("Book.save"), None);
    let clerk = of(json!({ "role": "Clerk" })).await;
    let saving = ["patch /rest/Book({key})", "post /rest/$upload", "post /rest/Book", "post /rest/Book({key})", "put /rest/Book({key})"];
    assert_eq!(paths(&clerk), of_paths(&[&everybody, &reading, &saving]));
    let saved = clerk["components"]["schemas"]["Book.save"]["properties"].as_object().unwrap();
    assert_eq!(saved.keys().map(String::as_str).collect::<Vec<_>>(), ["__KEY", "__STAMP", "ID", "title", "authorID", "author"]);
    let cleaner = of(json!({ "role": "Cleaner" })).await;
    let methods = &cleaner["paths"]["/rest/Book"]["post"]["parameters"][0]["schema"]["enum"];
    assert_eq!((methods, paths(&cleaner).contains(&"delete /rest/Book({key})".to_owned())), (&json!(["delete"]), true));
    assert_eq!(paths(&of(json!({ "role": "Nobody" })).await), of_paths(&[&everybody]));
    let all = of(json!({ "type": "administration" })).await;
    assert!(all["paths"].get("/rest/Ledger").is_none(), "not exposed");
    assert!(all["paths"].get("/rest/$info").is_some() && clerk["paths"].get("/rest/$info").is_none(), "Administration keys only");
    assert!(all["paths"]["/rest/Author({key})/books"]["get"].is_object());
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

/// The schema of an answer, by its document and the operation's path; `None` where the answer has no JSON.
fn fits(document: &Value, path: &str, verb: &str, answer: &support::Answer) -> Option<String> {
    misfit(document, answer_schema(document, path, verb, answer.status), &answer.json(), path)
}

#[tokio::test]
async fn answers_of_sets_locks_and_the_server_have_the_shape_that_it_tells() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let key = app.key(json!({ "type": "administration" }));
    let all = document(&app, &viewer, &key).await;
    let ask = |method: &str, target: &str| app.ask(method, target).key(&key.secret);
    let made = ask("GET", "/rest/Book?$method=entityset&$filter=%22ID%20%3C%2030%22").send().await;
    assert_eq!(fits(&all, "/rest/Book", "get", &made), None, "{}", made.text());
    let set = made.json()["__ENTITYSET"].as_str().unwrap().to_owned();
    let id = set.rsplit('/').next().unwrap().to_owned();
    let other = ask("GET", "/rest/Book?$method=entityset&$filter=%22ID%20%3E%2020%22").send().await.json()["__ENTITYSET"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = other.rsplit('/').next().unwrap();
    let (one, list, turned) =
        ("/rest/Book/$entityset/{id}", "/rest/Book/$entityset/{id}/{attributes}", "/rest/Book/{attributes}/$entityset/{id}");
    for (verb, path, target, body, status) in [
        ("get", one, format!("{set}?$top=2"), None, 200),
        ("get", one, format!("{set}?$asArray=true"), None, 200),
        ("get", one, format!("{set}?$logicOperator=INTERSECT&$otherCollection={other}"), None, 200),
        ("get", one, format!("{set}?$logicOperator=AND&$otherCollection={other}&$method=entityset"), None, 200),
        ("get", one, format!("{set}?$logicOperator=BUT&$otherCollection={other}"), None, 400),
        ("get", one, format!("/rest/Book/$entityset/{}", "0".repeat(32)), None, 404),
        ("get", list, format!("{set}/title"), None, 200),
        ("get", turned, format!("/rest/Book/price/$entityset/{id}?$compute=sum"), None, 200),
        ("get", turned, format!("/rest/Book/title/$entityset/{id}?$distinct=true"), None, 200),
        ("post", one, format!("{set}?$method=delete&$filter=%22ID%20=%2029%22"), None, 200),
        ("get", one, format!("{set}?$clean=true&$orderby=ID%20desc"), None, 200),
        (
            "get",
            "/rest/Author({key})/books",
            "/rest/Author(1)/books?$method=subentityset&$expand=books&$subOrderby=title".to_owned(),
            None,
            200,
        ),
        ("get", "/rest/Author({key})/books", "/rest/Author(1)/books?$expand=books".to_owned(), None, 200),
        ("get", "/rest/$info", "/rest/$info".to_owned(), None, 200),
        ("get", "/rest/$info/{part}", "/rest/$info/entitySet".to_owned(), None, 200),
        ("post", "/rest/Book/$entityset/$release", "/rest/Book/$entityset/$release".to_owned(), Some(json!([id])), 200),
        ("post", "/rest/$entityset/$release", "/rest/$entityset/$release".to_owned(), Some(json!({})), 400),
        ("get", "/rest/Book({key})", "/rest/Book(1)?$lock=true".to_owned(), None, 200),
        ("post", "/rest/Book({key})", "/rest/Book(1)?$lock=false".to_owned(), None, 200),
        ("post", "/rest/Book", "/rest/Book?$method=validate".to_owned(), Some(json!({ "title": "x" })), 200),
        ("post", "/rest/Book", "/rest/Book?$method=validate".to_owned(), Some(json!([{ "title": { "a": 1 } }])), 500),
        ("post", "/rest/Book", "/rest/Book?$method=update&$refresh=true".to_owned(), Some(json!({ "title": "x" })), 200),
        ("get", "/rest/$directory/currentUser", "/rest/$directory/currentUser".to_owned(), None, 200),
        ("post", "/rest/$directory/currentUserBelongsTo", "/rest/$directory/currentUserBelongsTo".to_owned(), Some(json!(["Sales"])), 200),
        ("post", "/rest/$directory/login", "/rest/$directory/login".to_owned(), Some(json!(["ines", "x", 3600])), 401),
        ("get", "/rest/$directory/logout", "/rest/$directory/logout".to_owned(), None, 200),
        ("post", "/rest/$upload", "/rest/$upload?$binary=true".to_owned(), Some(json!("bytes")), 200),
        ("post", "/rest/$upload", "/rest/$upload".to_owned(), Some(json!("bytes")), 400),
    ] {
        let mut request = ask(&verb.to_uppercase(), &target);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await;
        assert_eq!((answer.status, fits(&all, path, verb, &answer)), (status, None), "{verb} {target}: {}", answer.text());
    }
}

#[tokio::test]
async fn images_and_blobs_have_paths_of_their_own() {
    let model = r#"{ "dataClasses": [ { "name": "Work", "attributes": [
        { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
        { "name": "cover", "kind": "storage", "type": "image" },
        { "name": "sample", "kind": "storage", "type": "blob" },
        { "name": "secret", "kind": "storage", "type": "blob" } ] } ] }"#;
    let roles = r#"{ "restrictedByDefault": true,
        "privileges": [{ "privilege": "see" }, { "privilege": "edit", "includes": ["see"] }, { "privilege": "all" }],
        "roles": [{ "role": "Reader", "privileges": ["see"] }, { "role": "Editor", "privileges": ["edit"] }, { "role": "Admin", "privileges": ["all"] }],
        "permissions": { "allowed": [
            { "applyTo": "Work", "type": "dataclass", "read": ["see"], "create": ["edit"], "update": ["edit"] },
            { "applyTo": "Work.secret", "type": "attribute", "read": ["all"], "update": ["all"], "create": ["all"] } ] } }"#;
    let app = TestApp::of("", model, roles);
    let viewer = app.person(ConsoleRole::Viewer).await;
    let (reader, editor) = (app.key(json!({ "role": "Reader" })), app.key(json!({ "role": "Editor" })));
    let seen = document(&app, &viewer, &reader).await;
    let all = document(&app, &viewer, &editor).await;
    let media = |document: &Value| -> Vec<String> { paths(document).into_iter().filter(|path| path.contains("({key})/")).collect() };
    assert_eq!(media(&seen), ["get /rest/Work({key})/cover", "get /rest/Work({key})/sample", "get /rest/Work({key})/{attributes}"]);
    assert!(media(&all).contains(&"post /rest/Work({key})/cover".to_owned()) && !all.to_string().contains("secret"));
    let made = app.ask("POST", "/rest/Work?$method=update").key(&editor.secret).json(&json!({})).send().await;
    assert_eq!(fits(&all, "/rest/Work", "post", &made), None, "{}", made.text());
    let stored = app.ask("POST", "/rest/Work(1)/sample?$binary=true").key(&editor.secret).body(b"some bytes").send().await;
    assert_eq!((stored.status, fits(&all, "/rest/Work({key})/sample", "post", &stored)), (200, None), "{}", stored.text());
    let responses = &all["paths"]["/rest/Work({key})/sample"]["get"]["responses"];
    for (range, status) in [(None, 200), (Some("bytes=0-3"), 206), (Some("bytes=99-"), 416)] {
        let mut ask = app.ask("GET", "/rest/Work(1)/sample?$binary=true&$expand=sample").key(&reader.secret);
        if let Some(range) = range {
            ask = ask.header("range", range);
        }
        let answer = ask.send().await;
        let content_type = answer.header("content-type").unwrap().split(';').next().unwrap().to_owned();
        let told = &responses[status.to_string()]["content"];
        assert_eq!((answer.status, told.get(&content_type).is_some()), (status, true), "{content_type}: {told}");
    }
    let link = app.ask("GET", "/rest/Work(1)/sample").key(&reader.secret).send().await;
    assert_eq!(fits(&seen, "/rest/Work({key})/sample", "get", &link), None, "{}", link.text());
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

/// Names that make the same ID: by what is done and to what, or once a program has made a name of the ID.
const COLLIDING: &str = "
export class DataStore { static exposed = ['stats', 'Stats', 'bookLend']; stats() {} Stats() {} bookLend() {} }
export class Book { static exposed = ['f', 'lend', 'Lend']; static onHttpGet = ['f']; f() { return this.all(); } lend() {} Lend() {} }
export class BookEntity { static exposed = ['f', 'lend']; static onHttpGet = ['f']; f() { return ds.Book.all(); } lend() {} }
export class BookSelection { static exposed = ['all']; all() { return this; } }
export class OneBook { static exposed = ['f', 'lend']; static onHttpGet = ['f']; f() {} lend() {} }
export class SetBook { static exposed = ['all']; all() {} }
export class Singleton { static exposed = ['Mailer']; static onHttpGet = ['Mailer']; Mailer() {} }
export class Mailer { static singleton = 'shared'; static exposed = ['get']; static onHttpGet = ['get']; get() { return ds.Book.all(); } }
";

#[tokio::test]
async fn every_operation_has_an_id_and_parameters_of_its_own() {
    let class = |name: &str| {
        json!({ "name": name, "attributes": [
            { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
            { "name": "title", "kind": "storage", "type": "string" },
            { "name": "cover", "kind": "storage", "type": "image" }, { "name": "Cover_", "kind": "storage", "type": "image" } ] })
    };
    let classes: Vec<Value> = ["Book", "OneBook", "SetBook", "Singleton"].map(class).into();
    let roles = r#"{ "privileges": [], "roles": [], "permissions": { "allowed": [] } }"#;
    let app = TestApp::of("", &json!({ "dataClasses": classes }).to_string(), roles);
    std::fs::create_dir(app.folder.path().join("functions")).unwrap();
    std::fs::write(app.folder.path().join("functions/all.js"), COLLIDING).unwrap();
    app.state.reload().await.functions.unwrap();
    let key = app.key(json!({ "type": "administration" }));
    let all = app.ask("GET", "/rest/$openapi").key(&key.secret).send().await.json();
    let (mut ids, mut calls) = (std::collections::BTreeMap::new(), 0);
    for (path, item) in all["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap().iter().filter(|(verb, _)| *verb != "parameters") {
            let id = operation["operationId"].as_str().unwrap();
            let name: String = id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
            let known = ids.insert(name, (id, path));
            assert_eq!(known, None, "{verb} {path} {id}");
            let listed = operation["parameters"].as_array().into_iter().chain(item["parameters"].as_array()).flatten();
            let parameters: Vec<&Value> =
                listed.map(|parameter| parameter["$ref"].as_str().map_or(parameter, |reference| resolve(&all, reference))).collect();
            let mut names: Vec<&str> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
            names.sort_unstable();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before, "{verb} {path}: {names:?}");
            if id.starts_with("call") {
                calls += 1;
                // `rest-dialect.md` 9.7: what counts when the result is a selection or an entity.
                for name in ["$method", "$timeout", "$attributes", "$expand", "$skip", "$top", "$limit", "$asArray", "$format"] {
                    assert!(names.contains(&name), "{verb} {path}: {name} is not among {names:?}");
                }
                let method = parameters.iter().find(|parameter| parameter["name"] == "$method").unwrap();
                assert_eq!((&method["schema"]["enum"], &method["required"]), (&json!(["entityset"]), &json!(false)));
            }
        }
    }
    assert!(calls > 15);
    // They do what is said.
    assert_eq!(app.ask("POST", "/rest/Book?$method=update").key(&key.secret).json(&json!({ "title": "One" })).send().await.status, 200);
    let of_set = "$method=entityset&$timeout=60&$attributes=title&$top=1&$limit=5&$skip=0";
    for path in ["Book/f", "Book/all", "Book(1)/f", "$singleton/Mailer/get"] {
        let made = app.ask("POST", &format!("/rest/{path}?{of_set}")).key(&key.secret).send().await;
        assert!(made.json()["__ENTITYSET"].is_string() && made.json()["__ENTITIES"][0]["title"] == "One", "{path}: {}", made.text());
        let rows = app.ask("POST", &format!("/rest/{path}?$format=looker")).key(&key.secret).send().await;
        assert!(rows.json()["schema"].is_array(), "{path}: {}", rows.text());
    }
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
