//! The command line and a running server with the control store on PostgreSQL, and without the server that it should be on.

use crate::keys;
use crate::support::database::Database;
use crate::support::{App, claviger, with_password};

/// An application whose keys are in the database.
fn app_in(url: &str) -> App {
    let app = App::attached();
    let settings = app.folder().join("claviger.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[control]\nurl = \"{url}\"\n")).unwrap();
    app
}

#[test]
fn keys_and_users_are_managed_while_the_server_runs() {
    let Some(database) = Database::make() else { return };
    let app = app_in(&database.url());
    keys::change_keys(&app);
    assert_eq!(app.run(&["keys", "list"]).ok().stdout.lines().filter(|line| line.contains("key_")).count(), 0);
    keys::change_users(&app);
    assert!(!app.folder().join("data/control.db").exists());
    assert_eq!(database.run("SELECT count(*) FROM claviger_control.users"), ["1"]);
}

#[test]
fn keys_are_shown_and_no_secret_lies_open() {
    let Some(database) = Database::make() else { return };
    let app = app_in(&database.url());
    keys::show_keys(&app);
    let server = app.serve();
    let (id, secret) = app.key("Admin");
    assert_eq!(server.get("/rest/Track[1]", Some(&secret)).status, 200);
    assert_eq!(server.get("/readyz", None).status, 200);
    // The database goes away: known keys work on, the server says that it is not well, and what needs the store says so at once.
    database.allow(false);
    database.disconnect();
    assert_eq!(server.get("/rest/Track[1]", Some(&secret)).status, 200);
    let ready = server.get("/readyz", None);
    assert!(ready.status == 503 && ready.body.contains("control"), "{}", ready.body);
    assert_eq!(server.get("/console/api/first-run", None).status, 503);
    let failed = app.run(&["keys", "delete", &id, "--yes"]);
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.contains(database.name()), "{}", failed.stderr);
    // It comes back: so does everything else.
    database.allow(true);
    while server.get("/readyz", None).status != 200 {
        std::thread::yield_now();
    }
    app.run(&["keys", "delete", &id, "--yes"]).ok();
    assert_eq!(server.get("/rest/Track[1]", Some(&secret)).status, 401);
    let (log, _) = server.stop();
    assert!(log.contains("goes on with those it knows") && !log.contains(&secret), "{log}");
}

#[test]
fn the_password_of_the_database_is_never_printed() {
    let Some(database) = Database::make() else { return };
    let url = with_password(&database.url());
    let app = app_in(&url);
    app.key("Admin");
    let server = app.serve();
    let seen = app.run(&["doctor"]).ok().stdout;
    assert!(seen.contains(database.name()) && seen.contains("1 key, 0 users"), "{seen}");
    assert!(!seen.contains("geheim"), "{seen}");
    let (log, _) = server.stop();
    assert!(!log.contains("geheim"), "{log}");
    let location = app.folder().join("data/control.db");
    assert!(!location.exists());
}

#[test]
fn without_its_server_nothing_starts() {
    // Nobody listens on port 1.
    let app = app_in("postgres://ana:geheim@127.0.0.1:1/books?connect_timeout=2");
    let out = claviger().current_dir(app.root()).args(["serve", "--app", "app", "--listen", "127.0.0.1:0"]).output().unwrap();
    let log = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{log}");
    assert!(log.contains("postgres://ana@127.0.0.1:1/books") && log.contains("cannot be reached"), "{log}");
    let doctor = app.run(&["doctor"]);
    assert_eq!(doctor.code, 1);
    let list = app.run(&["keys", "list"]);
    assert_eq!((list.code, list.stderr.trim().lines().count()), (1, 1), "{}", list.stderr);
    for text in [log, doctor.stdout, doctor.stderr, list.stderr] {
        assert!(!text.contains("geheim"), "{text}");
    }
    // Secrets may be sealed there: no other master key is made.
    assert!(!app.folder().join("data/master.key").exists());
}
