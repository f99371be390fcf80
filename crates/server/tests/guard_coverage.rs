//! Every route, without and with too few rights. A route of the management API that the list of `console::routes` misses fails here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;

use claviger_server::console::document;
use claviger_server::console::routes::{Needs, OTHERS, ROUTES, Route};
use claviger_store::control::ConsoleRole;
use serde_json::json;
use support::{DAY, NOON, Person, TestApp};

/// A function of each kind.
const FUNCTIONS: &str = "
export class DataStore { static exposed = ['work']; static onHttpGet = ['work']; work() {} }
export class Book { static exposed = ['work']; static onHttpGet = ['work']; work() {} }
export class BookSelection { static exposed = ['workAll']; static onHttpGet = ['workAll']; workAll() {} }
export class BookEntity { static exposed = ['work']; static onHttpGet = ['work']; work() {} }
export class Mailer { static singleton = 'shared'; static exposed = ['work']; static onHttpGet = ['work']; work() {} }
";

async fn app_with_functions() -> TestApp {
    let app = TestApp::new();
    std::fs::create_dir(app.folder.path().join("functions")).unwrap();
    std::fs::write(app.folder.path().join("functions/all.js"), FUNCTIONS).unwrap();
    app.state.reload().await.functions.unwrap();
    app
}

fn is_call(route: &Route) -> bool {
    route.path.contains("unction}")
}

/// The path with something in place of each `{…}`.
fn concrete(route: &Route) -> String {
    let filled = [
        ("{id}", "key_7Qm2vT9sLk4d"),
        ("{email}", "nobody@example.org"),
        ("{name}", "Admin"),
        ("{requestId}", "0123456789abcdef"),
        ("{dataclass}", "Book"),
        ("{part}", "sessionInfo"),
        ("{key}", "1"),
        ("{set}", "0123456789ABCDEF0123456789ABCDEF"),
        ("{attributes}", "title"),
        ("{singleton}", "Mailer"),
        ("{function}", "work"),
        ("{selectionFunction}", "workAll"),
    ];
    let path = filled.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
    // What cannot be asked without a parameter.
    if path.ends_with("/audit/export") { format!("{path}?format=csv") } else { path }
}

fn sessions() -> impl Iterator<Item = (&'static Route, ConsoleRole)> {
    ROUTES.iter().filter_map(|route| match route.needs {
        Needs::Session(role) | Needs::Fresh(role) => Some((route, role)),
        _ => None,
    })
}

#[test]
fn the_list_holds_exactly_what_the_api_serves() {
    let document = serde_json::to_value(document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            served.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let listed: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(served, listed);
}

#[tokio::test]
async fn without_a_session_nothing_is_served() {
    let app = TestApp::new();
    for (route, _) in sessions() {
        let path = concrete(route);
        let answer = app.ask(route.method, &path).own_origin().send().await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "sign-in-required"), "{} {path}", route.method);
        let cookie = format!("claviger_console={}", "0".repeat(64));
        let answer = app.ask(route.method, &path).own_origin().header("cookie", &cookie).send().await;
        assert_eq!(answer.status, 401, "{} {path}", route.method);
        // A key is no sign-in.
        let key = app.key(json!({ "type": "administration" }));
        let answer = app.ask(route.method, &path).own_origin().key(&key.secret).send().await;
        assert_eq!(answer.status, 401, "{} {path}", route.method);
    }
}

#[tokio::test]
async fn a_console_role_that_is_too_low_is_refused() {
    let app = TestApp::new();
    let people =
        [(ConsoleRole::Viewer, app.person(ConsoleRole::Viewer).await), (ConsoleRole::Manager, app.person(ConsoleRole::Manager).await)];
    let mut asked = 0;
    for (route, needed) in sessions() {
        for (role, person) in people.iter().filter(|(role, _)| *role < needed) {
            let answer = app.ask(route.method, &concrete(route)).by(person).send().await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "role-too-low"), "{} {} as {role:?}", route.method, route.path);
            asked += 1;
        }
    }
    assert!(asked >= 15, "{asked}");
}

#[tokio::test]
async fn changes_need_the_csrf_token_and_the_own_origin() {
    let app = TestApp::new();
    let owner = app.person(ConsoleRole::Owner).await;
    let changes = || ROUTES.iter().filter(|route| route.method != "GET");
    for route in changes() {
        let path = concrete(route);
        let with = |origin: Option<&str>, csrf: Option<&str>| {
            let mut ask = app.ask(route.method, &path).header("cookie", &owner.cookie);
            for (name, value) in [("origin", origin), ("x-csrf-token", csrf)] {
                if let Some(value) = value {
                    ask = ask.header(name, value);
                }
            }
            ask.send()
        };
        let own = Some("http://claviger.test");
        for foreign in
            [None, Some("null"), Some("http://evil.test"), Some("http://claviger.test.evil.test"), Some("http://claviger.test:81")]
        {
            let answer = with(foreign, Some(&owner.csrf)).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "foreign-origin"), "{} {path} {foreign:?}", route.method);
        }
        if matches!(route.needs, Needs::Session(_) | Needs::Fresh(_)) {
            for wrong in [None, Some(""), Some("0123456789abcdef0123456789abcdef")] {
                let answer = with(own, wrong).await;
                assert_eq!((answer.status, answer.problem().as_str()), (403, "csrf"), "{} {path}", route.method);
            }
        }
    }
    // Reading needs neither.
    for (route, _) in sessions().filter(|(route, _)| route.method == "GET") {
        let answer = app.ask("GET", &concrete(route)).header("cookie", &owner.cookie).send().await;
        assert!([200, 404].contains(&answer.status), "{} {}", route.path, answer.status);
    }
}

#[tokio::test]
async fn what_uses_a_secret_or_changes_who_may_sign_in_needs_a_password_just_given() {
    let app = TestApp::new();
    let owner = app.person(ConsoleRole::Owner).await;
    app.set_clock(NOON + 15 * 60_000);
    let mut asked = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method != "GET" && !route.path.contains("session")) {
        let answer = app.ask(route.method, &concrete(route)).by(&owner).send().await;
        if matches!(route.needs, Needs::Fresh(_)) {
            assert_eq!((answer.status, answer.problem().as_str()), (403, "confirm-required"), "{} {}", route.method, route.path);
            asked.push(format!("{} {}", route.method, route.path.trim_start_matches("/console/api/")));
        } else {
            assert!(!answer.text().contains("confirm-required"), "{} {}", route.method, route.path);
        }
    }
    let expected = ["POST keys/{id}/reveal", "POST try", "POST users", "PATCH users/{email}", "DELETE users/{email}"];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn an_expired_session_is_none() {
    let app = TestApp::new();
    let owner: Person = app.person(ConsoleRole::Owner).await;
    app.set_clock(NOON + DAY);
    for (route, _) in sessions() {
        assert_eq!(app.ask(route.method, &concrete(route)).by(&owner).send().await.status, 401, "{}", route.path);
    }
}

#[tokio::test]
async fn every_data_route_asks_the_gate_and_the_roles() {
    let app = app_with_functions().await;
    let expired = app.key(json!({ "role": "Admin", "expiresOn": "2026-04-01" }));
    let hosted = app.key(json!({ "role": "Admin", "allowedHosts": ["192.0.2.7"] }));
    let nobody = app.key(json!({ "role": "Nobody" }));
    app.set_clock(NOON + DAY);
    for route in OTHERS.iter().filter(|route| route.needs == Needs::Key) {
        let path = concrete(route).replace('[', "%5B").replace(']', "%5D");
        let path = if matches!(route.method, "POST") { format!("{path}?$method=update") } else { path };
        let ask = |secret: Option<&str>| {
            let ask = app.ask(route.method, &path).json(&json!({ "title": "x" }));
            match secret {
                Some(secret) => ask.key(secret).send(),
                None => ask.send(),
            }
        };
        let label = format!("{} {path}", route.method);
        assert_eq!(ask(None).await.status, 400, "{label}");
        assert_eq!(ask(Some("claviger_wrong")).await.status, 401, "{label}");
        let answer = ask(Some(&expired.secret)).await;
        assert_eq!((answer.status, answer.json()), (401, json!({ "error": "Api-key expired" })), "{label}");
        let answer = ask(Some(&hosted.secret)).await;
        assert_eq!((answer.status, answer.json()), (403, json!({ "error": "403 - Forbidden" })), "{label}");
        let answer = ask(Some(&nobody.secret)).await;
        if route.path == "/rest/$entityset/$release" {
            // Everybody may give up sets of his own; here are none.
            assert!([200, 400, 404].contains(&answer.status), "{label}: {}", answer.text());
            continue;
        }
        if route.path.contains("$directory") || route.path.ends_with("$logout") {
            // Everybody may ask who he is; nothing of the data is told.
            assert!([200, 400, 401].contains(&answer.status), "{label}: {}", answer.text());
            continue;
        }
        if is_call(route) {
            let told = answer.json()["__ERROR"][0]["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!((answer.status, told.starts_with("No permission to execute the work")), (401, true), "{label}: {}", answer.text());
        } else if route.path.contains("$catalog") || route.path.ends_with("$openapi") {
            assert_eq!(answer.status, 200, "the catalog lists what is exposed, the document what is reached: {label}");
        } else {
            assert_eq!(answer.status, 401, "{label}: {}", answer.text());
            assert!(answer.json()["__ERROR"][0]["message"].as_str().unwrap().starts_with("No permission to"), "{label}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_list_holds_every_url_of_a_call() {
    let app = app_with_functions().await;
    let key = app.key(json!({ "type": "administration" }));
    let document = app.get("/rest/$openapi", &key.secret).await.json();
    let mut called = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let names = [
            ("Mailer", "{singleton}"),
            ("Book", "{dataclass}"),
            ("workAll", "{selectionFunction}"),
            ("work", "{function}"),
            ("{id}", "{set}"),
        ];
        let general = names.iter().fold(path.clone(), |path, (name, general)| path.replace(name, general));
        let calls =
            item.as_object().unwrap().iter().filter(|(_, one)| one["operationId"].as_str().is_some_and(|id| id.starts_with("call")));
        called.extend(calls.map(|(method, _)| format!("{} {general}", method.to_uppercase())));
    }
    let listed: BTreeSet<String> =
        OTHERS.iter().filter(|route| is_call(route)).map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(called, listed);
}

#[tokio::test]
async fn what_needs_nothing_is_served_to_anyone() {
    let app = TestApp::new();
    for route in ROUTES.iter().chain(OTHERS).filter(|route| route.needs == Needs::Nothing) {
        let status = app.ask(route.method, &concrete(route)).send().await.status;
        assert!([200, 307].contains(&status), "{} {status}", route.path);
    }
}
