//! Trying a request as a key: the same gate, the same dialect, the same answers as from outside.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_server::accept::Door;
use claviger_store::control::ConsoleRole;
use serde_json::{Value, json};
use support::{Answer, DAY, Key, NOON, Person, TestApp};

async fn send(app: &TestApp, person: &Person, request: &Value) -> Answer {
    app.ask("POST", "/console/api/try").by(person).json(request).send().await
}

/// What the request was answered.
async fn tried(app: &TestApp, person: &Person, key: &Key, method: &str, path: &str, body: Option<&str>) -> Value {
    let answer = send(app, person, &json!({ "key": key.id, "method": method, "path": path, "body": body })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    support::schema::assert_described("/console/api/try", "post", &answer);
    assert!(!answer.text().contains(&key.secret), "the secret is nobody's business");
    answer.json()
}

fn body(tried: &Value) -> Value {
    serde_json::from_str(tried["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_as_from_outside() {
    let app = TestApp::shelf("").await;
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "role": "Reader" }));
    for (method, path) in [
        ("GET", "/rest/Book?$top=2"),
        ("GET", "/rest/Book(7)"),
        ("GET", "/rest/Book?$attributes=title,price&$top=1"),
        ("GET", "/rest/Book?$filter=\"price > 3\""),
        ("GET", "/rest/Book(999)"),
        ("GET", "/rest/Author"),
        ("GET", "/rest/Book?$top=x"),
        ("DELETE", "/rest/Book(7)"),
        ("GET", "/rest/$catalog/$all"),
    ] {
        let answer = tried(&app, &manager, &key, method, path, None).await;
        let target = path.replace(' ', "%20").replace('"', "%22").replace('>', "%3E");
        let real = app.ask(method, &target).key(&key.secret).send().await;
        assert_eq!((&answer["status"], answer["body"].as_str().unwrap()), (&json!(real.status), real.text()), "{path}");
        assert_eq!((&answer["bytes"], &answer["truncated"]), (&json!(real.body.len()), &json!(false)));
        assert_eq!(answer["headers"]["content-type"], "application/json; charset=UTF-8");
        assert!(answer["durationMs"].as_f64().is_some_and(|took| took >= 0.0), "{answer}");
        assert_eq!(answer["requestId"].as_str().unwrap().len(), 16);
    }
    let page = body(&tried(&app, &manager, &key, "GET", "/rest/Book(7)", None).await);
    assert_eq!((&page["title"], page.get("price")), (&json!("Book 7"), None), "what the role may not read is left out");
    let head = tried(&app, &manager, &key, "head", "/rest/Book", None).await;
    assert_eq!((&head["status"], &head["body"], &head["bytes"]), (&json!(200), &json!(""), &json!(0)));
}

#[tokio::test]
async fn the_gate_asks_hosts_and_expiry() {
    let app = TestApp::shelf("").await;
    let manager = app.person(ConsoleRole::Manager).await;
    let hosted = app.key(json!({ "role": "Reader", "allowedHosts": ["192.0.2.7"] }));
    let request = json!({ "key": hosted.id, "method": "GET", "path": "/rest/Book" });
    let from = async |address: &str| {
        let answer = app.ask("POST", "/console/api/try").by(&manager).from(address).json(&request).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let refused = from("127.0.0.1").await;
    assert_eq!((&refused["status"], body(&refused)), (&json!(403), json!({ "error": "403 - Forbidden" })));
    assert_eq!(from("192.0.2.7").await["status"], 200);
    let short = app.key(json!({ "role": "Reader", "expiresOn": "2026-04-01" }));
    assert_eq!(tried(&app, &manager, &short, "GET", "/rest/Book", None).await["status"], 200);
    app.set_clock(NOON + DAY);
    let manager = app.sign_in("manager@example.org", support::PASSWORD).await;
    let expired = tried(&app, &manager, &short, "GET", "/rest/Book", None).await;
    assert_eq!((&expired["status"], body(&expired)), (&json!(401), json!({ "error": "Api-key expired" })));
}

#[tokio::test]
async fn who_may_try_and_what() {
    let app = TestApp::shelf("").await;
    let (manager, viewer) = (app.person(ConsoleRole::Manager).await, app.person(ConsoleRole::Viewer).await);
    let key = app.key(json!({ "role": "Admin" }));
    let request = json!({ "key": key.id, "method": "GET", "path": "/rest/Book" });
    let answer = send(&app, &viewer, &request).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "role-too-low"));
    let fields = async |request: Value| {
        let answer = send(&app, &manager, &request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-fields"), "{request}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| format!("{} {}", text(&error["field"]), text(&error["code"]))).collect::<Vec<_>>()
    };
    for path in ["/console/api/users", "/healthz", "/restore", "rest/Book", "http://127.0.0.1/rest/Book", "/rest"] {
        assert_eq!(fields(json!({ "key": key.id, "method": "GET", "path": path })).await, ["path not_under_rest"], "{path}");
    }
    assert_eq!(fields(json!({ "method": "OPTIONS" })).await, ["key required", "path required", "method not_a_method",]);
    // A way out of /rest/ is a name that no dataclass has.
    let sideways = tried(&app, &manager, &key, "GET", "/rest/../console/api/users", None).await;
    assert_eq!(sideways["status"], 404, "{sideways}");
    for id in ["key_7Qm2vT9sLk4d", "nonsense"] {
        let answer = send(&app, &manager, &json!({ "key": id, "method": "GET", "path": "/rest/Book" })).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
    }
    let gone = app.ask("DELETE", &format!("/console/api/keys/{}", key.id)).by(&manager).send().await;
    assert_eq!(gone.status, 204);
    assert_eq!(send(&app, &manager, &request).await.status, 404);
    // The password must be fresh.
    app.set_clock(NOON + 16 * 60_000);
    let stale = send(&app, &manager, &request).await;
    assert_eq!((stale.status, stale.problem().as_str()), (403, "confirm-required"));
}

#[tokio::test]
async fn what_is_written_is_written_and_the_log_tells() {
    let app = TestApp::shelf("").await;
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "role": "Clerk" }));
    let made = tried(&app, &manager, &key, "POST", "/rest/Book?$method=update", Some(r#"{"title":"Ünique"}"#)).await;
    assert_eq!(made["status"], 200, "{made}");
    let id = body(&made)["__KEY"].as_str().unwrap().to_owned();
    let real = app.get(&format!("/rest/Book({id})/title"), &key.secret).await;
    assert_eq!(real.json()["title"], "Ünique");
    let refused = tried(&app, &manager, &key, "PATCH", &format!("/rest/Book({id})?$atomic=true"), Some(r#"{"price":3}"#)).await;
    assert_eq!((&refused["status"], &body(&refused)["__ERROR"][0]["errCode"]), (&json!(401), &json!(1607)));
    let lines = app.state.control().audit_lines(&claviger_store::control::AuditFilter::default(), None, 10).unwrap();
    let told: Vec<_> = lines.iter().filter(|line| line.action == "try").collect();
    assert_eq!(told.len(), 2);
    let line = serde_json::to_value(told[0]).unwrap();
    // Names only: the key of an entity is data.
    assert_eq!(line["fields"], json!(["PATCH", "/rest/Book(…)"]));
    assert_eq!((&line["actor"], &line["address"]), (&json!("manager@example.org"), &json!("127.0.0.1")));
    assert_eq!(line["keyId"], key.id.as_str());
}

#[tokio::test]
async fn an_accepted_try_counts_as_use_and_a_refused_one_does_not() {
    let app = TestApp::shelf("").await;
    let manager = app.person(ConsoleRole::Manager).await;
    let used = async |key: &Key| {
        let path = format!("/console/api/keys/{}", key.id);
        app.ask("GET", &path).header("cookie", &manager.cookie).send().await.json()["lastUsedAt"].clone()
    };
    let (key, hosted) = (app.key(json!({})), app.key(json!({ "allowedHosts": ["192.0.2.7"] })));
    assert_eq!(used(&key).await, json!(null));
    tried(&app, &manager, &key, "GET", "/rest/Book", None).await;
    assert_eq!(used(&key).await, "2026-04-01T12:00:00Z");
    tried(&app, &manager, &hosted, "GET", "/rest/Book", None).await;
    assert_eq!(used(&hosted).await, json!(null));
}

#[tokio::test]
async fn no_secret_is_needed() {
    let app = TestApp::with("[keys]\nreveal = \"off\"");
    let manager = app.person(ConsoleRole::Manager).await;
    let made = app.ask("POST", "/console/api/keys").by(&manager).json(&json!({ "description": "x", "role": "Admin" })).send().await.json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap().to_owned());
    let key = Key { id: id.parse().unwrap(), secret };
    assert_eq!(tried(&app, &manager, &key, "GET", "/rest/Book", None).await["status"], 200);
    // A regenerated key is tried by its current secret only; while the old one still works there are two.
    let path = format!("/console/api/keys/{id}/regenerate");
    app.ask("POST", &path).by(&manager).json(&json!({ "overlap": "1h" })).send().await;
    assert_eq!(tried(&app, &manager, &key, "GET", "/rest/Book", None).await["status"], 200);
}

#[tokio::test]
async fn limits_hold_as_from_outside() {
    let app = TestApp::with("[rest]\nmax_body_bytes = 100");
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "role": "Admin" }));
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(100));
    let refused = tried(&app, &manager, &key, "POST", "/rest/Book?$method=update", Some(&large)).await;
    assert_eq!((&refused["status"], &body(&refused)["__ERROR"][0]["errCode"]), (&json!(413), &json!(9413)));
    // The question itself has a limit, too.
    let huge = json!({ "key": key.id, "method": "POST", "path": "/rest/Book", "body": "x".repeat(4 << 20) });
    let answer = send(&app, &manager, &huge).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
}

#[tokio::test]
async fn bytes_are_counted_and_not_shown() {
    let model = r#"{ "dataClasses": [{ "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "title", "kind": "storage", "type": "string" },
      { "name": "sample", "kind": "storage", "type": "blob" }] }] }"#;
    let app = TestApp::of("", model, support::ROLES);
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "role": "Admin" }));
    let made = app.ask("POST", "/rest/Book").key(&key.secret).json(&json!({ "title": "x" })).send().await;
    assert_eq!(made.status, 200, "{}", made.text());
    let posted = app.ask("POST", "/rest/Book(1)/sample?$binary=true").key(&key.secret).body(b"\xff\x00\xfe").send().await;
    assert_eq!(posted.status, 200, "{}", posted.text());
    let answer = tried(&app, &manager, &key, "GET", "/rest/Book(1)/sample?$binary=true&$expand=sample", None).await;
    assert_eq!((&answer["status"], &answer["body"], &answer["bytes"]), (&json!(200), &json!(""), &json!(3)));
    assert_eq!(answer["headers"]["content-type"], "application/octet-stream");
    let uploaded = body(&tried(&app, &manager, &key, "POST", "/rest/$upload?$binary=true", Some("text")).await);
    let update = json!({ "sample": uploaded }).to_string();
    assert_eq!(tried(&app, &manager, &key, "PATCH", "/rest/Book(1)", Some(&update)).await["status"], 200);
    let answer = tried(&app, &manager, &key, "GET", "/rest/Book(1)/sample?$binary=true&$expand=sample", None).await;
    assert_eq!((&answer["body"], &answer["bytes"]), (&json!("text"), &json!(4)));
}

#[tokio::test]
async fn a_large_answer_is_cut() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "role": "Admin" }));
    let books: Vec<_> = (0..60).map(|_| json!({ "title": "é".repeat(20_000) })).collect();
    let filled = app.ask("POST", "/rest/Book?$method=update").key(&key.secret).json(&json!(books)).send().await;
    assert_eq!(filled.status, 200);
    let answer = tried(&app, &manager, &key, "GET", "/rest/Book?$top=100", None).await;
    let real = app.get("/rest/Book?$top=100", &key.secret).await;
    assert_eq!((&answer["truncated"], &answer["bytes"]), (&json!(true), &json!(real.body.len())));
    let shown = answer["body"].as_str().unwrap();
    assert!(shown.len() <= 1 << 20 && shown.len() > (1 << 20) - 4 && real.text().starts_with(shown));
}

#[tokio::test]
async fn administration_keys_pass_where_they_would() {
    let app = TestApp::with("console_listen = \"127.0.0.1:0\"\n[keys]\nadministration_listener = \"console\"");
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "type": "administration" }));
    let request = json!({ "key": key.id, "method": "GET", "path": "/rest/Book" });
    for door in [Door::Console, Door::Both] {
        let tried = app.ask("POST", "/console/api/try").by(&manager).through(door).json(&request).send().await.json();
        let real = app.ask("GET", "/rest/Book").key(&key.secret).through(door).send().await;
        assert_eq!((&tried["status"], tried["body"].as_str().unwrap()), (&json!(real.status), real.text()));
    }
}

#[tokio::test]
async fn without_keys_a_tried_request_is_a_guests() {
    let app = TestApp::of("[keys]\ncheck = \"off_everybody_is_guest\"", support::shelf::MODEL, support::shelf::ROLES);
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({ "type": "administration", "allowedHosts": ["192.0.2.7"] }));
    for path in ["/rest/Book", "/rest/$catalog", "/rest/$info", "/rest/$directory/currentUser", "/rest/Nothing"] {
        let answer = tried(&app, &manager, &key, "GET", path, None).await;
        let real = app.get(path, &key.secret).await;
        assert_eq!((&answer["status"], answer["body"].as_str().unwrap()), (&json!(real.status), real.text()), "{path}");
    }
}
