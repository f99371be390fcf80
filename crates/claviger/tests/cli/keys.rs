//! Keys and users by the command line, while the server runs.

use serde_json::{Value, json};

use crate::support::App;

#[test]
fn changes_act_on_the_next_request() {
    change_keys(&App::attached());
}

/// While the server runs.
pub(crate) fn change_keys(app: &App) {
    let server = app.serve();
    let ask = |secret: &str| server.get("/rest/Track[1]", Some(secret));
    let (id, secret) = app.key("Admin");
    assert_eq!(ask(&secret).status, 200);

    app.run(&["keys", "edit", &id, "--allow-host", "192.0.2.1"]).ok();
    let elsewhere = ask(&secret);
    assert_eq!((elsewhere.status, elsewhere.body.as_str()), (403, r#"{"error":"403 - Forbidden"}"#));
    app.run(&["keys", "edit", &id, "--allow-host", "127.0.0.0/8", "--role", "Clerk"]).ok();
    let as_clerk = ask(&secret);
    assert!(as_clerk.status == 200 && !as_clerk.body.contains("Price"), "{}", as_clerk.body);

    let renewed = app.run(&["keys", "regenerate", &id, "--overlap", "1h", "--json"]).ok().json();
    let fresh = renewed["secret"].as_str().unwrap();
    assert_ne!(fresh, secret);
    assert_eq!((ask(&secret).status, ask(fresh).status), (200, 200));
    let last = app.run(&["keys", "regenerate", &id, "--json"]).ok().json();
    assert_eq!((ask(&secret).status, ask(fresh).status, ask(last["secret"].as_str().unwrap()).status), (401, 401, 200));

    app.run(&["keys", "delete", &id, "--yes"]).ok();
    let deleted = ask(last["secret"].as_str().unwrap());
    assert_eq!((deleted.status, deleted.body.as_str()), (401, r#"{"error":"Api-key Not Valid"}"#));
}

#[test]
fn the_record_is_printed_and_the_secret_only_when_asked_for() {
    show_keys(&App::attached());
}

/// In all ways.
pub(crate) fn show_keys(app: &App) {
    let created =
        app.run(&["--json", "keys", "create", "--description", "Nightly report", "--role", "clerk", "--expires", "30d"]).ok().json();
    let (id, secret) = (created["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    assert!(secret.starts_with("claviger_") && secret.len() == 58, "{secret}");
    assert_eq!((&created["type"], &created["role"], &created["allowedHosts"]), (&json!("standard"), &json!("Clerk"), &json!([])));
    let list = app.run(&["keys", "list", "--json"]).ok();
    assert!(!list.stdout.contains("secret") && !list.stdout.contains(secret));
    assert_eq!(list.json()[0]["id"], id);
    let shown = app.run(&["keys", "show", id, "--json"]).ok();
    assert!(!shown.stdout.contains(secret));
    assert_eq!(app.run(&["keys", "reveal", id]).ok().stdout.trim(), secret);
    assert_eq!(app.run(&["keys", "reveal", id, "--json"]).ok().json()["secret"], secret);
    let text = app.run(&["keys", "list"]).ok().stdout;
    assert!(text.contains("Nightly report") && text.contains(id), "{text}");
}

#[test]
fn what_the_rules_refuse_is_refused_in_one_line() {
    let app = App::attached();
    let create = |more: &[&str]| {
        let mut arguments = vec!["keys", "create"];
        arguments.extend(more);
        app.run(&arguments)
    };
    for more in [
        &["--description", " ", "--role", "Admin"][..],
        &["--description", "x", "--role", "Nobody"],
        &["--description", "x", "--role", "Admin", "--expires", "2999-01-01"],
        &["--description", "x", "--role", "Admin", "--allow-host", "example.org"],
        &["--description", "x", "--role", "Admin", "--allow-host", "0.0.0.0/0"],
    ] {
        let done = create(more);
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{more:?}");
        assert_eq!(done.stderr.trim().lines().count(), 1, "{}", done.stderr);
    }
    assert_eq!(create(&["--role", "Admin"]).code, 2);
    assert_eq!(create(&["--description", "x", "--expires", "soon"]).code, 2);
    assert_eq!(app.run(&["keys", "list", "--json"]).ok().json(), json!([]));
    for command in [&["keys", "show", "key_000000000000"][..], &["keys", "reveal", "nonsense"], &["keys", "delete", "nonsense", "--yes"]] {
        let done = app.run(command);
        assert_eq!(done.code, 1, "{command:?}");
        assert!(done.stderr.contains("keys list"), "{}", done.stderr);
    }
    let (id, _) = app.key("Admin");
    assert_eq!(app.run(&["keys", "delete", &id]).code, 2, "without a terminal nobody can be asked");
    assert_eq!(app.run(&["keys", "edit", &id]).code, 2);
    assert_eq!(app.run(&["keys", "regenerate", &id, "--overlap", "8d"]).code, 2);
}

#[test]
fn without_a_role_a_key_gets_admin_and_an_administration_key_none() {
    let app = App::attached();
    let record = |arguments: &[&str]| app.run(arguments).ok().json();
    assert_eq!(record(&["keys", "create", "--description", "x", "--json"])["role"], "Admin");
    let administration = record(&["keys", "create", "--description", "x", "--type", "administration", "--json"]);
    assert_eq!((&administration["type"], &administration["role"]), (&json!("administration"), &Value::Null));
}

#[test]
fn reveal_can_be_off() {
    let app = App::attached();
    let settings = app.folder().join("claviger.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[keys]\nreveal = \"off\"\n")).unwrap();
    let (id, secret) = app.key("Admin");
    let done = app.run(&["keys", "reveal", &id]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("regenerate") && !done.stderr.contains(&secret), "{}", done.stderr);
    assert_eq!(app.serve().get("/rest/Track[1]", Some(&secret)).status, 200);
}

#[test]
fn users_are_made_and_removed() {
    change_users(&App::attached());
}

/// And one signs in.
pub(crate) fn change_users(app: &App) {
    let create = |email: &str, more: &[&str]| {
        let mut arguments = vec!["users", "create", "--email", email, "--password-stdin"];
        arguments.extend(more);
        app.run_with(&arguments, "correct horse battery\n")
    };
    create("ana@example.org", &["--role", "owner"]).ok();
    let made = create("bob@example.org", &["--role", "viewer", "--json"]).ok().json();
    assert!(made["createdAt"].is_string() && made["lastSignInAt"].is_null(), "{made}");
    assert_eq!(create("ana@example.org", &[]).code, 1);
    assert_eq!(create("no address", &[]).code, 2);
    let users = app.run(&["users", "list", "--json"]).ok().json();
    assert_eq!((&users[0]["email"], &users[0]["role"], &users[1]["role"]), (&json!("ana@example.org"), &json!("owner"), &json!("viewer")));
    app.run_with(&["users", "set-password", "bob@example.org", "--password-stdin"], "another horse battery").ok();
    app.run(&["users", "delete", "bob@example.org"]).ok();
    assert_eq!(app.run(&["users", "delete", "bob@example.org"]).code, 1);
    assert_eq!(app.run(&["users", "delete", "ana@example.org"]).code, 1, "the only owner stays");
    assert_eq!(app.run(&["users", "create", "--email", "eve@example.org"]).code, 2, "no terminal, no --password-stdin");

    let server = app.serve();
    let sign_in = |password: &str| {
        let body = json!({ "email": "ana@example.org", "password": password }).to_string();
        crate::support::sign_in(&server.address, &body).status
    };
    assert_eq!(sign_in("correct horse battery"), 200, "the trailing newline is no part of the password");
    assert_eq!(sign_in("correct horse battery\n"), 401);
}

#[test]
fn keys_are_listed_shut_off_and_renewed_while_the_roles_have_an_error() {
    let app = App::attached();
    let (id, first) = app.key("Admin");
    let server = app.serve();
    std::fs::write(app.folder().join("roles.json"), "{ not JSON").unwrap();
    let list = app.run(&["keys", "list", "--json"]).ok();
    assert!(list.stderr.contains("roles.json has 1 error:"), "{}", list.stderr);
    assert_eq!((&list.json()[0]["id"], &list.json()[0]["state"]), (&json!(id), &Value::Null));
    app.run(&["keys", "show", &id]).ok();
    let renewed = app.run(&["keys", "regenerate", &id, "--json"]).ok().json();
    let second = renewed["secret"].as_str().unwrap();
    assert_eq!((server.get("/rest/Track", Some(&first)).status, server.get("/rest/Track", Some(second)).status), (401, 200));
    app.run(&["keys", "edit", &id, "--allow-host", "192.0.2.1", "--expires", "0d"]).ok();
    assert_eq!(server.get("/rest/Track", Some(second)).status, 403);
    assert_eq!(app.run(&["keys", "edit", &id, "--role", "Clerk"]).code, 1, "a role cannot be judged");
    assert_eq!(app.run(&["keys", "create", "--description", "x", "--role", "Admin"]).code, 1);
}

#[test]
fn a_damaged_master_key_stops_sealing_only() {
    let app = App::attached();
    let (id, secret) = app.key("Admin");
    std::fs::write(app.folder().join("data/master.key"), b"short").unwrap();
    app.run(&["keys", "list"]).ok();
    app.run(&["keys", "edit", &id, "--role", "Clerk"]).ok();
    app.run(&["users", "list"]).ok();
    for command in [&["keys", "reveal", &id][..], &["keys", "regenerate", &id], &["keys", "create", "--description", "x"]] {
        let done = app.run(command);
        assert_eq!(done.code, 1, "{command:?}");
        assert!(done.stderr.contains("32 bytes"), "{}", done.stderr);
    }
    assert_eq!(app.serve().get("/rest/Track", Some(&secret)).status, 200, "what could not be sealed did not change the secret");
    app.run(&["keys", "delete", &id, "--yes"]).ok();
}

#[test]
fn an_administration_key_takes_no_role_and_programs_see_the_state() {
    let app = App::attached();
    let both = ["keys", "create", "--description", "x", "--type", "administration", "--role", "Clerk"];
    assert_eq!(app.run(&both).code, 2);
    let (id, _) = app.key("Clerk");
    assert_eq!(app.run(&["keys", "edit", &id, "--type", "administration", "--role", "Clerk"]).code, 2);
    assert_eq!(app.run(&["keys", "list", "--json"]).ok().json()[0]["state"], "active");
    assert_eq!(app.run(&["keys", "edit", &id, "--expires", "3d", "--json"]).ok().json()["state"], "expiresSoon");
}
