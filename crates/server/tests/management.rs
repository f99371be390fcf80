//! The management API from outside: sign-in, keys, users, audit (`interface.md` 5, `api-keys.md` 8.3).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_store::control::{Actor, ConsoleRole};
use serde_json::{Value, json};
use support::{Answer, DAY, HOUR, NOON, PASSWORD, Person, TestApp};

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.ask("POST", "/console/api/session").own_origin().json(&json!({ "email": email, "password": password })).send().await
}

async fn create(app: &TestApp, person: &Person, body: Value) -> Answer {
    app.ask("POST", "/console/api/keys").by(person).json(&body).send().await
}

fn fields(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-fields"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut told: Vec<_> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect();
    told.sort();
    told
}

#[tokio::test]
async fn signing_in_and_out() {
    let app = TestApp::with("public_url = \"https://books.example.org\"");
    let owner = app.person(ConsoleRole::Owner).await;
    let answer = sign_in(&app, "OWNER@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["claviger_console=", "HttpOnly", "SameSite=Strict", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(answer.json()["user"], json!({ "email": "owner@example.org", "role": "owner" }));
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let current = app.ask("GET", "/console/api/session").header("cookie", &owner.cookie).send().await;
    assert_eq!(current.json(), json!({ "user": { "email": "owner@example.org", "role": "owner" }, "csrfToken": owner.csrf }));
    // public_url is the console's own origin too.
    let out = app.ask("DELETE", "/console/api/session").header("cookie", &owner.cookie).header("x-csrf-token", &owner.csrf);
    assert_eq!(out.header("origin", "https://books.example.org").send().await.status, 204);
    assert_eq!(app.ask("GET", "/console/api/session").header("cookie", &owner.cookie).send().await.status, 401);
    // The cookie's value is nowhere in the store.
    let token = owner.cookie.split('=').nth(1).unwrap().as_bytes().to_vec();
    for entry in std::fs::read_dir(app.folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token));
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_alike_and_wait_alike() {
    let app = TestApp::new();
    app.person(ConsoleRole::Viewer).await;
    for email in ["viewer@example.org", "nobody@example.org"] {
        let mut bodies = Vec::new();
        for _ in 0..5 {
            let answer = sign_in(&app, email, "wrong horse").await;
            assert_eq!((answer.status, answer.problem().as_str()), (401, "wrong-sign-in"));
            bodies.push(answer.json());
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
        let answer = sign_in(&app, email, PASSWORD).await;
        assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many-failures"));
        assert_eq!(answer.header("retry-after"), Some("901"));
    }
    // Somebody else, somewhere else, is not concerned.
    let elsewhere = app.ask("POST", "/console/api/session").own_origin().from("192.0.2.8");
    let body = json!({ "email": "viewer@example.org", "password": PASSWORD });
    assert_eq!(elsewhere.json(&body).send().await.status, 200);
    app.set_clock(NOON + HOUR);
    assert_eq!(sign_in(&app, "viewer@example.org", PASSWORD).await.status, 200);
    assert!(app.audit().iter().filter(|action| *action == "sign-in-failed").count() == 10);
}

#[tokio::test]
async fn a_session_ends_by_idleness() {
    let app = TestApp::new();
    let owner = app.person(ConsoleRole::Owner).await;
    let current = async || app.ask("GET", "/console/api/session").header("cookie", &owner.cookie).send().await.status;
    app.set_clock(NOON + HOUR - 1);
    assert_eq!(current().await, 200);
    app.set_clock(NOON + 2 * HOUR - 1);
    assert_eq!(current().await, 401);
}

#[tokio::test]
async fn the_first_owner_needs_the_code_of_the_log() {
    let app = TestApp::new();
    let needed = async || app.ask("GET", "/console/api/first-run").send().await.json();
    assert_eq!(needed().await, json!({ "needed": true }));
    let body = |code: &str| json!({ "code": code, "email": "ana@example.org", "password": PASSWORD });
    let ask = || app.ask("POST", "/console/api/first-run").own_origin();
    let wrong = ask().json(&body("00000000000000000000")).send().await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (403, "wrong-code"));
    let code = app.state.first_run_code().unwrap();
    let forwarded = ask().header("x-forwarded-for", "192.0.2.1").json(&body(&code)).send().await;
    assert_eq!((forwarded.status, forwarded.problem().as_str()), (403, "forwarded"));
    let refused = ask().json(&json!({ "code": code, "email": "ana", "password": "short" })).send().await;
    assert_eq!(
        fields(&refused),
        [("email", "not_an_email"), ("password", "length")].map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
    let made = ask().json(&body(&code)).send().await;
    assert_eq!((made.status, made.json()["user"]["role"].as_str()), (201, Some("owner")));
    assert!(made.header("set-cookie").is_some());
    assert_eq!(ask().json(&body(&code)).send().await.status, 409);
    assert_eq!(needed().await, json!({ "needed": false }));
}

#[tokio::test]
async fn guessing_the_first_run_code_waits() {
    let app = TestApp::new();
    let body = json!({ "code": "guess", "email": "ana@example.org", "password": PASSWORD });
    let ask = || app.ask("POST", "/console/api/first-run").own_origin().json(&body).send();
    for _ in 0..5 {
        assert_eq!(ask().await.status, 403);
    }
    assert_eq!(ask().await.status, 429);
}

#[tokio::test]
async fn a_key_from_creation_to_deletion() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let body = json!({ "description": " Warehouse sync ", "type": "standard", "role": "Reader", "expiresOn": "2027-03-31",
        "allowedHosts": ["127.0.0.1", "2001:db8:5::/48", "127.0.0.1"] });
    let made = create(&app, &manager, body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let record = made.json();
    let (id, secret) = (record["id"].as_str().unwrap().to_owned(), record["secret"].as_str().unwrap().to_owned());
    assert_eq!((secret.len(), &secret[..9]), (58, "claviger_"));
    let mut shown = record.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(
        shown,
        json!({ "id": id, "description": "Warehouse sync", "type": "standard", "role": "Reader", "expiresOn": "2027-03-31",
            "allowedHosts": ["127.0.0.1", "2001:db8:5::/48"], "createdBy": "manager@example.org", "createdAt": "2026-04-01T12:00:00Z",
            "updatedAt": "2026-04-01T12:00:00Z", "lastUsedAt": null, "lastUsedIp": null })
    );
    let path = format!("/console/api/keys/{id}");
    let one = app.ask("GET", &path).header("cookie", &manager.cookie).send().await;
    assert_eq!(one.json(), shown);
    let list = app.ask("GET", "/console/api/keys").header("cookie", &manager.cookie).send().await;
    assert_eq!((list.json(), list.header("x-total-count")), (json!([shown]), Some("1")));
    assert!(!list.text().contains("secret") && !list.text().contains("claviger_"), "K-46");

    // K-17, K-45: it works, use is noted, edits act on the next request.
    assert_eq!(app.get("/rest/Book", &secret).await.status, 200);
    let one = app.ask("GET", &path).header("cookie", &manager.cookie).send().await.json();
    assert_eq!((one["lastUsedAt"].as_str(), one["lastUsedIp"].as_str()), (Some("2026-04-01T12:00:00Z"), Some("127.0.0.1")));
    let edited = app.ask("PATCH", &path).by(&manager).json(&json!({ "allowedHosts": ["192.0.2.1"], "role": "admin" })).send().await;
    assert_eq!((edited.status, edited.json()["role"].as_str()), (200, Some("Admin")));
    assert_eq!(edited.json()["expiresOn"], "2027-03-31");
    assert_eq!(app.get("/rest/Book", &secret).await.status, 403);
    let edited = app.ask("PATCH", &path).by(&manager).json(&json!({ "allowedHosts": [] })).send().await;
    assert_eq!(edited.status, 200);
    assert_eq!(app.get("/rest/Book", &secret).await.status, 200);

    // K-41: any time later.
    let reveal = async || app.ask("POST", &format!("{path}/reveal")).by(&manager).send().await;
    assert_eq!(reveal().await.json(), json!({ "secret": secret }));
    app.set_clock(NOON + 15 * 60_000);
    let stale = reveal().await;
    assert_eq!((stale.status, stale.problem().as_str()), (403, "confirm-required"));
    let confirm =
        |password: &str| app.ask("POST", "/console/api/session/confirm").by(&manager).json(&json!({ "password": password })).send();
    assert_eq!(confirm("wrong horse").await.status, 401);
    assert_eq!(confirm(PASSWORD).await.status, 204);
    assert_eq!(reveal().await.json(), json!({ "secret": secret }));

    assert_eq!(app.ask("DELETE", &path).by(&manager).send().await.status, 204);
    assert_eq!(app.get("/rest/Book", &secret).await.status, 401);
    for (method, path) in [("DELETE", path.clone()), ("GET", path.clone()), ("PATCH", path.clone()), ("POST", format!("{path}/reveal"))] {
        let gone = app.ask(method, &path).by(&manager).send().await;
        assert_eq!((gone.status, gone.problem().as_str()), (404, "not-found"), "{method} {path}");
    }
    // K-48
    let audit = app.ask("GET", "/console/api/audit").header("cookie", &manager.cookie).send().await;
    assert!(!audit.text().contains("claviger_"));
    let lines = audit.json();
    let about: Vec<_> = lines.as_array().unwrap().iter().filter(|line| line["keyId"] == id.as_str()).collect();
    let actions: Vec<_> = about.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["delete", "reveal", "reveal", "edit", "edit", "create"]);
    assert_eq!(
        *about[4],
        json!({ "at": "2026-04-01T12:00:00Z", "actor": "manager@example.org", "address": "127.0.0.1", "action": "edit", "keyId": id,
            "fields": ["role", "allowedHosts"] })
    );
    assert_eq!(lines[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["at", "actor", "address", "action", "keyId", "fields"]);
}

#[tokio::test]
async fn defaults_and_limits_of_a_new_key() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let made = create(&app, &manager, json!({ "description": "x" })).await.json();
    assert_eq!(
        (&made["type"], &made["role"], &made["expiresOn"], &made["allowedHosts"]),
        (&json!("standard"), &json!("Admin"), &json!("2027-04-01"), &json!([]))
    );
    let administration = create(&app, &manager, json!({ "description": "x", "type": "administration" })).await;
    assert_eq!((administration.status, &administration.json()["role"]), (201, &Value::Null));

    let all_wrong = json!({ "description": " ", "type": "web", "expiresOn": "2027-04-02", "allowedHosts": ["192.0.2.300", "example.org", ""], "secret": "x" });
    let told = fields(&create(&app, &manager, all_wrong).await);
    for field in ["description", "type", "expiresOn", "allowedHosts", "secret"] {
        assert!(told.iter().any(|(name, _)| name == field), "{field}: {told:?}");
    }
    assert_eq!(told.iter().filter(|(name, _)| name == "allowedHosts").count(), 3);
    for (body, field, code) in [
        (json!({ "expiresOn": "2027-04-02" }), "expiresOn", "too_late"),
        (json!({ "expiresOn": "2026-03-31" }), "expiresOn", "too_early"),
        (json!({ "allowedHosts": ["0.0.0.0/0"] }), "allowedHosts", "too_wide"),
        (json!({ "description": "x".repeat(201) }), "description", "too_long"),
    ] {
        let mut whole = json!({ "description": "x" });
        whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        assert_eq!(fields(&create(&app, &manager, whole).await), [(field.to_owned(), code.to_owned())]);
    }
    assert_eq!(create(&app, &manager, json!({ "description": "x".repeat(200), "expiresOn": "2026-04-01" })).await.status, 201);
    assert_eq!(create(&app, &manager, json!([])).await.status, 422);
    let answer = app.ask("POST", "/console/api/keys").by(&manager).body(b"{").send().await;
    assert_eq!((answer.status, answer.problem().as_str()), (400, "not-json"));
    let answer = app.ask("POST", "/console/api/keys").by(&manager).body(&vec![b' '; 70_000]).send().await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
}

#[tokio::test]
async fn regeneration_with_and_without_overlap() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let key = app.key(json!({}));
    let regenerate =
        async |body: Value| app.ask("POST", &format!("/console/api/keys/{}/regenerate", key.id)).by(&manager).json(&body).send().await;
    let second = regenerate(json!({ "overlap": "24h" })).await;
    assert_eq!((second.status, second.json()["id"].as_str()), (200, Some(key.id.as_str())));
    let second = second.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 200);
    assert_eq!(app.get("/rest/Book", &second).await.status, 200);
    app.set_clock(NOON + DAY);
    assert_eq!(app.get("/rest/Book", &key.secret).await.status, 401);
    assert_eq!(app.get("/rest/Book", &second).await.status, 200);
    app.set_clock(NOON);
    let third = regenerate(json!({})).await.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(app.get("/rest/Book", &second).await.status, 401);
    assert_eq!(app.get("/rest/Book", &third).await.status, 200);
    for overlap in ["8d", "1w", "", "-1h"] {
        assert_eq!(
            fields(&regenerate(json!({ "overlap": overlap })).await),
            [("overlap".to_owned(), "not_a_duration".to_owned())],
            "{overlap}"
        );
    }
}

#[tokio::test]
async fn reveal_can_be_off() {
    let app = TestApp::with("[keys]\nreveal = \"off\"");
    let manager = app.person(ConsoleRole::Manager).await;
    let made = create(&app, &manager, json!({ "description": "x" })).await.json();
    assert!(made["secret"].as_str().unwrap().starts_with("claviger_"));
    let answer = app.ask("POST", &format!("/console/api/keys/{}/reveal", made["id"].as_str().unwrap())).by(&manager).send().await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "reveal-off"));
}

#[tokio::test]
async fn the_list_filters_and_pages() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    for number in 0..5 {
        app.set_clock(NOON + number);
        app.key(json!({ "description": format!("Key {number}"), "role": if number % 2 == 0 { "Reader" } else { "Admin" } }));
    }
    let list = async |query: &str| app.ask("GET", &format!("/console/api/keys{query}")).header("cookie", &viewer.cookie).send().await;
    let names = |answer: &Answer| {
        answer.json().as_array().unwrap().iter().map(|key| key["description"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let page = list("?role=Reader&limit=2").await;
    assert_eq!((names(&page), page.header("x-total-count")), (vec!["Key 4".to_owned(), "Key 2".to_owned()], Some("3")));
    let after = page.json()[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(names(&list(&format!("?role=Reader&limit=2&after={after}")).await), ["Key 0"]);
    assert_eq!(names(&list("?q=key+3").await), ["Key 3"]);
    assert_eq!(names(&list("?state=expired").await), Vec::<String>::new());
    assert_eq!(fields(&list("?state=x&limit=0&type=y&after=z").await).len(), 4);
}

#[tokio::test]
async fn endpoint_roles_and_their_table() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let get = async |path: &str| app.ask("GET", path).header("cookie", &viewer.cookie).send().await;
    assert_eq!(get("/console/api/endpoint").await.json(), json!({ "url": "http://claviger.test", "derived": true }));
    assert_eq!(get("/console/api/roles").await.json(), json!(["Admin", "Reader", "Nobody"]));
    let resolved = get("/console/api/roles/Reader/resolved").await.json();
    assert_eq!((&resolved["dataclasses"][0]["name"], &resolved["dataclasses"][0]["read"]["allowed"]), (&json!("Book"), &json!(true)));
    assert_eq!(resolved["dataclasses"][0]["read"]["by"], "permissions.allowed[1].read");
    assert_eq!(get("/console/api/roles/Clerk/resolved").await.status, 404);
    let public = TestApp::with("public_url = \"https://books.example.org\"");
    let viewer = public.person(ConsoleRole::Viewer).await;
    let answer = public.ask("GET", "/console/api/endpoint").header("cookie", &viewer.cookie).send().await;
    assert_eq!(answer.json(), json!({ "url": "https://books.example.org", "derived": false }));
}

#[tokio::test]
async fn users_are_the_owners_business() {
    let app = TestApp::new();
    let owner = app.person(ConsoleRole::Owner).await;
    let body = json!({ "email": "bo@example.org", "role": "manager", "password": "battery staple" });
    let post = async |body: &Value| app.ask("POST", "/console/api/users").by(&owner).json(body).send().await;
    let made = post(&body).await;
    assert_eq!((made.status, made.json()["role"].as_str()), (201, Some("manager")));
    assert_eq!(post(&body).await.status, 409);
    assert_eq!(fields(&post(&json!({ "email": "x", "role": "king", "password": "1" })).await).len(), 3);
    let bo = app.sign_in("bo@example.org", "battery staple").await;
    let list = app.ask("GET", "/console/api/users").by(&owner).send().await;
    assert!(!list.text().contains("argon2") && !list.text().contains("assword"));
    assert_eq!(list.json()[0]["email"], "bo@example.org");

    // The role counts from the next request on; a new password ends sessions.
    let patch =
        async |email: &str, body: Value| app.ask("PATCH", &format!("/console/api/users/{email}")).by(&owner).json(&body).send().await;
    assert_eq!(patch("bo@example.org", json!({ "role": "viewer" })).await.status, 200);
    let refused = app.ask("POST", "/console/api/keys").by(&bo).json(&json!({ "description": "x" })).send().await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "role-too-low"));
    assert_eq!(patch("bo@example.org", json!({ "password": "new battery" })).await.status, 200);
    assert_eq!(app.ask("GET", "/console/api/session").by(&bo).send().await.status, 401);
    assert_eq!(patch("owner@example.org", json!({ "role": "viewer" })).await.problem(), "last-owner");
    let delete = async |email: &str| app.ask("DELETE", &format!("/console/api/users/{email}")).by(&owner).send().await;
    assert_eq!(delete("owner@example.org").await.problem(), "last-owner");
    assert_eq!(delete("bo@example.org").await.status, 204);
    assert_eq!(delete("bo@example.org").await.status, 404);
    assert_eq!(sign_in(&app, "bo@example.org", "new battery").await.status, 401);
}

#[tokio::test]
async fn a_users_removal_by_the_command_line_ends_the_session() {
    let app = TestApp::new();
    app.person(ConsoleRole::Owner).await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    app.state.control().delete_user("viewer@example.org", &Actor::command_line()).unwrap();
    assert_eq!(app.ask("GET", "/console/api/session").by(&viewer).send().await.status, 401);
}

#[tokio::test]
async fn the_list_sorts_skips_and_counts() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    for (number, (name, expires)) in [("b", "2026-04-10"), ("C", "2027-01-01"), ("a", "2026-04-01")].iter().enumerate() {
        app.set_clock(NOON + number as i64);
        app.key(json!({ "description": name, "role": "Reader", "expiresOn": expires }));
    }
    let get = async |path: &str| app.ask("GET", &format!("/console/api/keys{path}")).header("cookie", &viewer.cookie).send().await;
    let names = async |query: &str| {
        let answer = get(query).await;
        assert_eq!(answer.header("x-total-count"), Some("3"), "{query}");
        answer.json().as_array().unwrap().iter().map(|key| key["description"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (query, expected) in [
        ("", "a C b"),
        ("?order=asc", "b C a"),
        ("?sort=description", "a b C"),
        ("?sort=description&order=desc", "C b a"),
        ("?sort=expiresOn", "a b C"),
        ("?sort=expiresOn&order=desc&limit=1&skip=1", "b"),
        ("?skip=3", ""),
    ] {
        assert_eq!(names(query).await, expected, "{query}");
    }
    assert_eq!(fields(&get("?sort=secret&order=up&skip=-1").await).len(), 3);
    let key = get("").await.json()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(fields(&get(&format!("?sort=description&after={key}")).await).len(), 1);
    let summary = json!({ "total": 3, "active": 1, "expiresSoon": 2, "expired": 0, "roleMissing": 0 });
    assert_eq!(get("/summary").await.json(), summary);
    // The session of the day before is over.
    app.set_clock(NOON + DAY);
    let viewer = app.sign_in(&viewer.email, PASSWORD).await;
    assert_eq!(app.ask("GET", "/console/api/keys/summary").by(&viewer).send().await.json()["expired"], 1);
}

#[tokio::test]
async fn a_second_editor_learns_of_the_first() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let path = format!("/console/api/keys/{}", app.key(json!({})).id);
    let seen = app.ask("GET", &path).by(&manager).send().await;
    let version = seen.header("etag").unwrap().to_owned();
    assert_eq!(version, format!("\"{}\"", seen.json()["updatedAt"].as_str().unwrap()));
    let edit = async |version: &str, body: Value| app.ask("PATCH", &path).by(&manager).header("if-match", version).json(&body).send().await;
    let first = edit(&version, json!({ "description": "First" })).await;
    // The clock stands still, and yet the versions differ.
    assert_eq!(first.status, 200);
    assert_ne!(first.header("etag").unwrap(), version);
    let second = edit(&version, json!({ "description": "Second" })).await;
    assert_eq!((second.status, second.problem().as_str()), (412, "changed-meanwhile"));
    assert_eq!(app.ask("GET", &path).by(&manager).send().await.json()["description"], "First");
    assert_eq!(edit(&format!("W/{}", first.header("etag").unwrap()), json!({ "description": "Third" })).await.status, 200);
    assert_eq!(edit("*", json!({ "description": "Fourth" })).await.status, 200);
    assert_eq!(edit("\"yesterday\"", json!({ "description": "Fifth" })).await.problem(), "if-match");
}

#[tokio::test]
async fn the_environment_says_what_limits_a_new_key() {
    let app = TestApp::with("name = \"library\"\nenvironment = \"production\"\n[keys]\nmax_lifetime_days = 30\nreveal = \"off\"");
    let viewer = app.person(ConsoleRole::Viewer).await;
    let body = app.ask("GET", "/console/api/environment").by(&viewer).send().await.json();
    let version = body["version"].clone();
    let expected = json!({ "name": "library", "environment": "production", "version": version, "today": "2026-04-01", "latestExpiry": "2026-05-01",
        "maxLifetimeDays": 30, "reveal": false, "freshMinutes": 15, "defaultRole": "Admin" });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn ones_own_password_can_be_changed() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let change = async |present: &str, chosen: &str| {
        let body = json!({ "password": present, "newPassword": chosen });
        app.ask("POST", "/console/api/password").by(&viewer).json(&body).send().await
    };
    assert_eq!(change("wrong horse", "battery staple").await.problem(), "wrong-sign-in");
    assert_eq!(fields(&change(PASSWORD, "short").await), [("newPassword".to_owned(), "length".to_owned())]);
    let changed = change(PASSWORD, "battery staple").await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    // The old session ended, the new one holds.
    assert_eq!(app.ask("GET", "/console/api/session").by(&viewer).send().await.status, 401);
    let cookie = changed.header("set-cookie").unwrap().split(';').next().unwrap();
    assert_eq!(app.ask("GET", "/console/api/session").header("cookie", cookie).send().await.status, 200);
    assert_eq!(sign_in(&app, &viewer.email, "battery staple").await.status, 200);
    assert_eq!(sign_in(&app, &viewer.email, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_exported() {
    let app = TestApp::new();
    let manager = app.person(ConsoleRole::Manager).await;
    let key = create(&app, &manager, json!({ "description": "x" })).await.json()["id"].as_str().unwrap().to_owned();
    app.set_clock(NOON + 10 * 60_000);
    app.ask("PATCH", &format!("/console/api/keys/{key}")).by(&manager).json(&json!({ "description": "y" })).send().await;
    let get = async |path: &str| app.ask("GET", &format!("/console/api/audit{path}")).by(&manager).send().await;
    let actions = async |query: &str| {
        let lines = get(query).await.json();
        lines.as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let about_key = format!("?keyId={key}");
    for (query, expected) in [
        ("", "edit create sign-in user-create".to_owned()),
        ("?actor=MANAGER@example.org", "edit create sign-in".to_owned()),
        ("?action=create", "create".to_owned()),
        (about_key.as_str(), "edit create".to_owned()),
        ("?q=command", "user-create".to_owned()),
        ("?q=100%25", String::new()),
        ("?from=2026-04-01T12:05:00Z", "edit".to_owned()),
        ("?to=2026-04-01T12:05:00Z", "create sign-in user-create".to_owned()),
        ("?from=2026-04-01&to=2026-04-01", "edit create sign-in user-create".to_owned()),
        ("?to=2026-03-31", String::new()),
    ] {
        assert_eq!(actions(query).await, expected, "{query}");
    }
    assert_eq!(fields(&get("?from=x&to=y&limit=0&before=z").await).len(), 4);
    let csv = get("/export?format=csv&action=edit").await;
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"claviger-audit.csv\""));
    let line = format!("2026-04-01T12:10:00Z,manager@example.org,127.0.0.1,edit,{key},description");
    assert_eq!(csv.text(), format!("at,actor,address,action,keyId,fields\r\n{line}\r\n"));
    let file = get("/export?format=jsonl").await;
    let lines = file.text();
    let parsed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed, *get("").await.json().as_array().unwrap());
    assert_eq!(fields(&get("/export").await), [("format".to_owned(), "required".to_owned())]);
}

#[tokio::test]
async fn an_export_holds_more_lines_than_are_read_at_a_time() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    for _ in 0..2100 {
        app.state.control().audit(&Actor::command_line(), claviger_store::control::AuditAction::RolesReload, &[]).unwrap();
    }
    let file = app.ask("GET", "/console/api/audit/export?format=jsonl&action=roles-reload").by(&viewer).send().await;
    assert_eq!(file.text().lines().count(), 2100);
    // As every browser asks for it.
    let zipped = app.ask("GET", "/console/api/audit/export?format=csv").header("accept-encoding", "gzip").by(&viewer).send().await;
    assert_eq!((zipped.status, zipped.header("content-encoding")), (200, Some("gzip")));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(zipped.body.as_slice()), &mut text).unwrap();
    assert_eq!(text.lines().count(), 2100 + 3);
}

#[tokio::test]
async fn locks_are_listed_and_broken() {
    let app = TestApp::new();
    let (viewer, manager) = (app.person(ConsoleRole::Viewer).await, app.person(ConsoleRole::Manager).await);
    let (one, other) = (app.key(json!({ "role": "Admin" })), app.key(json!({ "role": "Admin" })));
    app.ask("POST", "/rest/Book").key(&one.secret).json(&json!([{ "title": "A" }, { "title": "B" }])).send().await;
    let listed = async || app.ask("GET", "/console/api/locks").by(&viewer).send().await.json();
    assert_eq!(listed().await, json!([]));
    let locked = app.ask("GET", "/rest/Book(2)?$lock=true").key(&one.secret).header("user-agent", "job/1").from("192.0.2.7").send().await;
    assert_eq!(locked.json()["result"], true, "{}", locked.text());
    let shown = json!({ "dataclass": "Book", "key": "2", "since": "2026-04-01T12:00:00Z", "keyId": one.id.as_str(),
        "withoutCookie": true, "address": "192.0.2.7", "userAgent": "job/1" });
    assert_eq!(listed().await, json!([shown]));
    let saves = async || {
        let body = json!({ "__KEY": "2", "price": 1 });
        app.ask("POST", "/rest/Book?$method=update").key(&other.secret).json(&body).send().await.status
    };
    assert_eq!(saves().await, 500);
    let breaks = async |path: &str| app.ask("DELETE", path).by(&manager).send().await;
    for path in ["/console/api/locks/Book/1", "/console/api/locks/Nothing/2"] {
        assert_eq!(breaks(path).await.problem(), "not-found", "{path}");
    }
    assert_eq!(breaks("/console/api/locks/Book/2").await.status, 204);
    assert_eq!((saves().await, listed().await), (200, json!([])));
    assert_eq!(app.audit()[0], "lock-break");
    // A refused write is told as such.
    app.ask("GET", "/rest/Book(1)?$lock=true").key(&one.secret).send().await;
    let id = "lock-refused-1";
    app.ask("DELETE", "/rest/Book(1)").key(&other.secret).header("x-request-id", id).send().await;
    let told = app.ask("GET", &format!("/console/api/refusals/{id}")).by(&viewer).send().await.json();
    assert_eq!((&told["reason"], &told["errCode"], &told["status"]), (&json!("locked"), &json!(1046), &json!(500)), "{told}");
}
