//! `init` in front of a database that exists.

use serde_json::json;

use crate::support::{App, database, program, run_with};

#[test]
fn init_reads_the_model_and_alters_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("shop.sqlite");
    database(&file);
    let before = std::fs::read(&file).unwrap();
    let done = run_with(temporary.path(), &["init", "app", "--database", "sqlite:shop.sqlite"], "").ok();
    assert!(done.stdout.contains("Artist") && done.stdout.contains("Track") && done.stdout.contains("Place"), "{}", done.stdout);
    assert!(done.stdout.contains("claviger keys create --app app") && done.stdout.contains("claviger serve --app app"), "{}", done.stdout);
    let app = temporary.path().join("app");
    let settings = std::fs::read_to_string(app.join("claviger.toml")).unwrap();
    assert!(settings.contains("mode = \"attached\"") && settings.contains("sqlite:../shop.sqlite"), "{settings}");
    assert!(std::fs::read_to_string(app.join("roles.json")).unwrap().contains("\"restrictedByDefault\": true"));
    assert!(!app.join("data").exists());
    for command in [&["model", "check"][..], &["roles", "check"], &["model", "diff"]] {
        run_with(&app, command, "").ok();
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn init_proposes_commands_that_work() {
    let temporary = tempfile::tempdir().unwrap();
    database(&temporary.path().join("shop.sqlite"));
    let done = run_with(temporary.path(), &["init", "my app", "--database", "shop.sqlite"], "").ok();
    let line = done.stdout.lines().find(|line| line.contains("keys create")).unwrap();
    let script = line.trim().replacen("claviger", "\"$PROGRAM\"", 1);
    let mut shell = program("sh");
    let output = shell.args(["-c", &script]).env("PROGRAM", env!("CARGO_BIN_EXE_claviger")).current_dir(temporary.path()).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("claviger_"));
}

#[test]
fn init_never_overwrites() {
    let app = App::attached();
    let model = std::fs::read(app.folder().join("model.json")).unwrap();
    let done = run_with(app.root(), &["init", "app"], "");
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("never overwrites"), "{}", done.stderr);
    assert_eq!(std::fs::read(app.folder().join("model.json")).unwrap(), model);
}

#[test]
fn init_says_what_it_cannot_attach() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::write(temporary.path().join("note.txt"), "this is no database, but long enough to be looked at as one").unwrap();
    for database in ["absent.sqlite", "note.txt", "postgres://localhost/shop"] {
        let done = run_with(temporary.path(), &["init", "app", "--database", database], "");
        assert_eq!(done.code, 1, "{database}: {}", done.stderr);
        assert_eq!(done.stderr.trim().lines().count(), 1, "{}", done.stderr);
        assert!(!temporary.path().join("app").exists());
    }
}

#[test]
fn an_attached_database_is_read_filtered_and_written() {
    let app = App::attached();
    let (_, key) = app.key("Admin");
    let server = app.serve();
    let key = Some(key.as_str());
    let track = server.get("/rest/Track[1]?$expand=artist", key);
    assert_eq!(track.status, 200, "{}", track.body);
    assert_eq!(track.json()["artist"]["Name"], "Éclair");
    assert!(track.body.contains("\"Price\":0.99"), "{}", track.body);
    let found = server.get("/rest/Track?$filter=\"artist.Name = 'eclair' AND Price > 1\"", key).json();
    assert_eq!(found["__COUNT"], 1);
    let place = server.get("/rest/Place[\"Main\",3]", key);
    assert_eq!((place.status, place.json()["Holder"].clone()), (200, json!("Ana")), "{}", place.body);
    let made = server.send("POST", "/rest/Track?$method=update", key, r#"{"Name":"Fourth","Price":2.25,"ArtistId":2}"#);
    assert_eq!(made.status, 200, "{}", made.body);
    let made = made.json();
    assert_eq!((&made["__KEY"], &made["__STAMP"]), (&json!("4"), &json!(1)));
    let changed = server.send("POST", "/rest/Track?$method=update", key, r#"{"__KEY":"4","__STAMP":1,"Name":"Fourth, again"}"#).json();
    assert_eq!(changed["__STAMP"], 2);
    let stale = server.send("POST", "/rest/Track?$method=update", key, r#"{"__KEY":"4","__STAMP":1,"Name":"Too late"}"#);
    assert!(stale.body.contains("1263"), "{}", stale.body);
    let gone = server.send("POST", "/rest/Track[4]?$method=delete", key, "");
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(server.get("/rest/Track[4]", key).status, 404);
}

#[test]
fn roles_decide_over_dataclasses_and_attributes() {
    let app = App::attached();
    let (_, clerk) = app.key("Clerk");
    let (_, tracks) = app.key("Tracks");
    let server = app.serve();
    let track = server.get("/rest/Track[1]", Some(&clerk));
    assert_eq!(track.status, 200);
    assert!(!track.body.contains("Price"), "{}", track.body);
    let by_price = server.get("/rest/Track?$filter=\"Price > 0\"", Some(&clerk));
    assert_eq!((by_price.status, by_price.json()["__ERROR"][0]["errCode"].clone()), (401, json!(1607)));
    let artist = server.get("/rest/Artist", Some(&tracks));
    assert_eq!((artist.status, artist.json()["__ERROR"][0]["errCode"].clone()), (401, json!(1557)));
    let made = server.send("POST", "/rest/Artist?$method=update", Some(&clerk), r#"{"Name":"New"}"#);
    assert_eq!(made.status, 401, "{}", made.body);
}

#[test]
fn init_makes_a_model_of_table_definitions() {
    let temporary = tempfile::tempdir().unwrap();
    let catalog = r#"<?xml version="1.0" encoding="UTF-8"?>
        <base name="shop" uuid="00000000000000000000000000000001">
          <table name="Author" uuid="00000000000000000000000000000002" id="1">
            <field name="ID" uuid="00000000000000000000000000000003" type="4" unique="true" autosequence="true" not_null="true" id="1"/>
            <field name="fullName" uuid="00000000000000000000000000000004" type="10" limiting_length="80" id="2"/>
            <primary_key field_name="ID" field_uuid="00000000000000000000000000000003"/>
          </table>
        </base>"#;
    std::fs::write(temporary.path().join("catalog.4DCatalog"), catalog).unwrap();
    run_with(temporary.path(), &["init", "app", "--catalog", "catalog.4DCatalog"], "").ok();
    let folder = temporary.path().join("app");
    let model: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("model.json")).unwrap()).unwrap();
    assert_eq!(model["dataClasses"][0]["attributes"][1]["name"], "fullName");
    let sql = run_with(&folder, &["model", "sql"], "").ok().stdout;
    assert!(sql.contains("CREATE TABLE \"Author\""), "{sql}");
    run_with(temporary.path(), &["init", "fresh"], "").ok();
    run_with(&temporary.path().join("fresh"), &["model", "import", "../catalog.4DCatalog"], "").ok();
    run_with(&temporary.path().join("fresh"), &["model", "check"], "").ok();
}

#[test]
fn an_application_without_dataclasses_is_served() {
    let temporary = tempfile::tempdir().unwrap();
    run_with(temporary.path(), &["init", "app"], "").ok();
    let mut command = crate::support::claviger();
    command.current_dir(temporary.path().join("app")).args(["serve", "--listen", "127.0.0.1:0"]);
    let server = crate::support::Server::start(&mut command, &temporary.path().join("log"));
    assert_eq!(server.get("/healthz", None).body, r#"{"status":"ok"}"#);
    assert_eq!(server.get("/rest/$catalog", None).status, 400);
}

#[test]
fn a_file_that_is_no_database_is_named_with_what_to_do() {
    let app = App::attached();
    std::fs::write(app.root().join("shop.sqlite"), [7u8; 5000]).unwrap();
    let done = app.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((done.code, done.stderr.trim().lines().count()), (1, 1), "{}", done.stderr);
    assert!(done.stderr.contains("shop.sqlite") && done.stderr.contains("database.url"), "{}", done.stderr);
}
