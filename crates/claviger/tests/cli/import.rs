//! Applications made of files of other products (`data-model.md` 4.5, 4.6; `interface.md` 2): made, looked at, served.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Done, database, run_with, serve};

const HARBOUR: &str = include_str!("../../../model/tests/fixtures/harbour.4DCatalog");
const CONTACTS: &str = include_str!("../../../model/tests/fixtures/contacts.waModel");
const CONTACTS_XML: &str = include_str!("../../../model/tests/fixtures/contacts-xml.waModel");

/// A temporary folder with the files above in it.
fn files() -> tempfile::TempDir {
    let temporary = tempfile::tempdir().unwrap();
    for (name, text) in [("catalog.4DCatalog", HARBOUR), ("contacts.waModel", CONTACTS), ("old.waModel", CONTACTS_XML)] {
        std::fs::write(temporary.path().join(name), text).unwrap();
    }
    temporary
}

fn model(app: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(app.join("model.json")).unwrap()).unwrap()
}

#[test]
fn tables_are_served_as_the_file_defines_them() {
    let temporary = files();
    let done = run_with(temporary.path(), &["init", "app", "--catalog", "catalog.4DCatalog", "--json"], "").ok();
    let report = done.json();
    assert_eq!((&report["name"], &report["mode"]), (&json!("Harbour-office"), &json!("owned")));
    assert_eq!(report["dataclasses"], json!(["Ship", "Port", "Call", "__DeletedRecords"]));
    assert!(report["warnings"].as_array().unwrap().iter().any(|it| it.as_str().unwrap().contains("Berth")), "{report}");
    assert!(done.stderr.contains("line 43") && done.stderr.contains("never-null"), "{}", done.stderr);
    let app = temporary.path().join("app");
    run_with(&app, &["model", "check"], "").ok();

    let (server, key) = serve(&app);
    let key = Some(key.as_str());
    let catalog = server.get("/rest/$catalog", key).json();
    assert_eq!((&catalog["__NAME"], &catalog["__UNIQID"]), (&json!("Harbour-office"), &json!("0A1B2C3D4E5F60718293A4B5C6D7E8F9")));
    let listed: Vec<&str> = catalog["dataClasses"].as_array().unwrap().iter().map(|class| class["name"].as_str().unwrap()).collect();
    assert_eq!(listed, ["Ship", "Port", "__DeletedRecords"]);
    assert_eq!(server.get("/rest/Call", key).status, 404);
    let post = |path: &str, body: &str| server.send("POST", path, key, body);
    let port = post("/rest/Port?$method=update", r#"{"name":"Brest","land":"FR"}"#).json();
    assert_eq!(port["__KEY"], "1", "{port}");
    let ship = post(
        "/rest/Ship?$method=update",
        r#"{"Ship_name":"Étoile","Größe":12.5,"crew":4,"afloat":true,"tonnage":9007199254740993,"launched":"1990-05-01","watch":3600000,"extra":{"mast":2},"home":1,"secret":"no"}"#,
    );
    assert_eq!(ship.status, 200, "{}", ship.body);
    assert!(ship.body.contains("\"tonnage\":9007199254740993") && ship.body.contains("\"home_ID\":1"), "{}", ship.body);
    let ship = ship.json();
    let id = ship["__KEY"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()), "{id}");
    assert_eq!((&ship["launched"], &ship["watch"], ship.get("secret")), (&json!("1!5!1990"), &json!(3_600_000), None));
    assert_eq!(ship["crew"], 4);
    // By the name of the file, in both directions, and with its accents.
    let found = server.get(&format!("/rest/Ship[{id}]?$attributes=home.name,Gr%C3%B6%C3%9Fe"), key).json();
    assert_eq!((&found["home"]["name"], &found["Größe"]), (&json!("Brest"), &json!(12.5)), "{found}");
    let found = server.get("/rest/Port?$filter=%22ships_2.Gr%C3%B6%C3%9Fe%20%3E%2012%22&$attributes=ships_2.Ship_name", key).json();
    assert_eq!(found["__ENTITIES"][0]["ships_2"]["__ENTITIES"][0]["Ship_name"], "Étoile", "{found}");
    // Rules of the file.
    let long = post("/rest/Port?$method=update", r#"{"name":"x","land":"FRA"}"#);
    assert!(long.status == 500 && long.body.contains("1569"), "{}", long.body);
    let nameless = post("/rest/Ship?$method=update", r#"{"crew":1}"#);
    assert!(nameless.body.contains("mandatory"), "{}", nameless.body);
    let twice = post("/rest/Port?$method=update", r#"{"name":"Brest","land":"FR"}"#);
    assert!(twice.status == 500 && twice.body.contains("with the same") && twice.body.contains("1569"), "{}", twice.body);
    post("/rest/Port?$method=update", r#"{"name":"Brest","land":"BY"}"#);
    let kept = post("/rest/Port[1]?$method=delete", "");
    assert!(kept.status == 500 && kept.body.contains("Ship.home"), "{}", kept.body);
}

#[test]
fn null_is_an_empty_value_where_the_file_wants_it() {
    let temporary = files();
    run_with(temporary.path(), &["init", "app", "--catalog", "catalog.4DCatalog"], "").ok();
    let app = temporary.path().join("app");
    let text = std::fs::read_to_string(app.join("model.json")).unwrap();
    std::fs::write(app.join("model.json"), text.replace("\"nullAsDefault\": false", "\"nullAsDefault\": true")).unwrap();
    let (server, key) = serve(&app);
    let ship = |body: &str| server.send("POST", "/rest/Ship?$method=update", Some(&key), body).json();
    let made = ship(r#"{"Ship_name":"a","afloat":null,"crew":null}"#);
    assert_eq!((&made["crew"], &made["Größe"], &made["afloat"]), (&json!(0), &json!(0), &Value::Null), "{made}");
    let set = ship(&json!({ "__KEY": made["__KEY"], "crew": 7 }).to_string());
    let cleared = ship(&json!({ "__KEY": made["__KEY"], "crew": null }).to_string());
    assert_eq!((&set["crew"], &cleared["crew"], &cleared["__STAMP"]), (&json!(7), &json!(0), &json!(3)), "{cleared}");
}

#[test]
fn model_files_of_the_ancestor_are_served() {
    let temporary = files();
    let done = run_with(temporary.path(), &["init", "app", "--model", "contacts.waModel"], "").ok();
    for code in ["restricting-query", "composition", "unknown-kind", "unknown-type", "removed"] {
        assert!(done.stderr.contains(code), "{code}: {}", done.stderr);
    }
    let app = temporary.path().join("app");
    let checked = run_with(&app, &["model", "check"], "").ok();
    assert!(checked.stdout.contains("dataClasses[1].attributes[10]"), "{}", checked.stdout);
    assert_eq!(model(&app)["extraProperties"]["classes"]["Person"]["panelColor"], "rgb(191, 191, 191)");
    let (server, key) = serve(&app);
    let key = Some(key.as_str());
    let firm = server.send("POST", "/rest/Firm?$method=update", key, r#"{"title":"Harbour"}"#).json();
    let body = json!({ "lastName": "Čapek", "birthDate": "1990-05-01T10:00:00.000Z", "hired": "2020-01-02", "firm": firm["__KEY"], "pin": "1", "shape": "round" });
    let person = server.send("POST", "/rest/Person?$method=update", key, &body.to_string());
    assert_eq!(person.status, 200, "{}", person.body);
    let person = person.json();
    assert_eq!((&person["firmTitle"], person.get("pin"), person.get("shape")), (&json!("Harbour"), None, None), "{person}");
    let colleagues =
        server.get(&format!("/rest/Person[{}]?$attributes=colleagues.lastName", person["__KEY"].as_str().unwrap()), key).json();
    assert_eq!(colleagues["colleagues"]["__ENTITIES"][0]["lastName"], "Čapek", "{colleagues}");
    let hidden = server.get("/rest/Firm?$filter=%22headCount%20%3E%201%22", key);
    assert!(hidden.status == 400 && !hidden.body.contains("calculated"), "{}", hidden.body);
}

#[test]
fn import_tells_the_form_by_the_text() {
    let temporary = files();
    std::fs::rename(temporary.path().join("catalog.4DCatalog"), temporary.path().join("tables.xml")).unwrap();
    for (name, file, class) in [("a", "tables.xml", "Ship"), ("b", "contacts.waModel", "Firm"), ("c", "old.waModel", "Firm")] {
        run_with(temporary.path(), &["init", name], "").ok();
        let app = temporary.path().join(name);
        let imported = run_with(&app, &["model", "import", &format!("../{file}"), "--json"], "").ok().json();
        assert_eq!((&imported["dataclasses"][0], &model(&app)["dataClasses"][0]["name"]), (&json!(class), &json!(class)));
        assert!(imported["warnings"].as_array().unwrap().iter().all(|it| it["severity"] == "warning" && it["line"].as_u64().unwrap() > 0));
        run_with(&app, &["model", "check"], "").ok();
        let sql = run_with(&app, &["model", "sql"], "").ok().stdout;
        assert!(sql.contains(&format!("CREATE TABLE \"{class}\"")), "{sql}");
    }
    // Nor does the name matter to the check, but for the application's own file.
    std::fs::copy(temporary.path().join("contacts.waModel"), temporary.path().join("contacts.json")).unwrap();
    let app = temporary.path().join("b");
    let check = |file: &str| run_with(&app, &["model", "check", file, "--json"], "").ok().json();
    assert_eq!(check("../contacts.json"), check("../contacts.waModel"));
    let again = run_with(&app, &["model", "import", "../old.waModel", "--force", "--json"], "").ok().json();
    let changes = again["differences"].as_array().unwrap();
    assert!(changes.contains(&json!("+ Firm.code")) && changes.contains(&json!("- Firm.title")), "{again}");
    let shown = run_with(&app, &["model", "import", "../contacts.waModel", "--stdout"], "").ok();
    assert_eq!(shown.json()["dataClasses"][0]["collectionName"], "Firms");
}

#[test]
fn all_problems_of_a_file_are_told_in_one_run() {
    let temporary = files();
    let broken = CONTACTS
        .replace("\"path\": \"firm.title\"", "\"path\": \"firm.name\"")
        .replace("\"path\": \"Firm\"", "\"path\": \"Company\"")
        .replace("\"name\": \"Person\", \"className\"", "\"name\": \"Person\", \"extends\": \"Being\", \"className\"");
    std::fs::write(temporary.path().join("broken.waModel"), broken).unwrap();
    let one_line = |done: &Done| assert_eq!((done.code, done.stderr.trim().lines().count()), (1, 1), "{}", done.stderr);
    let done = run_with(temporary.path(), &["init", "app", "--model", "broken.waModel"], "");
    one_line(&done);
    assert!(
        done.stderr.contains("2 errors") && done.stderr.contains("line 24") && done.stderr.contains("model check broken.waModel"),
        "{}",
        done.stderr
    );
    assert!(!temporary.path().join("app").exists());
    let checked = run_with(temporary.path(), &["model", "check", "broken.waModel", "--json"], "");
    assert_eq!(checked.code, 1);
    let errors: Vec<Value> = checked.json().as_array().unwrap().iter().filter(|it| it["severity"] == "error").cloned().collect();
    let at: Vec<(&Value, &Value)> = errors.iter().map(|it| (&it["line"], &it["code"])).collect();
    assert_eq!(at, [(&json!(24), &json!("extends")), (&json!(33), &json!("unknown-dataclass"))], "{errors:?}");
    std::fs::write(temporary.path().join("broken.4DCatalog"), "<base>\n<table></base>").unwrap();
    let done = run_with(temporary.path(), &["init", "app", "--catalog", "broken.4DCatalog"], "");
    one_line(&done);
    assert!(done.stderr.contains("line 2") && done.stderr.contains("not-xml"), "{}", done.stderr);
    let checked = run_with(temporary.path(), &["model", "check", "broken.4DCatalog"], "");
    assert!(checked.code == 1 && checked.stdout.contains("not-xml"), "{}", checked.stdout);
}

#[test]
fn a_model_for_a_database_must_fit_it() {
    let temporary = files();
    database(&temporary.path().join("shop.sqlite"));
    run_with(temporary.path(), &["init", "found", "--database", "shop.sqlite"], "").ok();
    let found = std::fs::read_to_string(temporary.path().join("found/model.json")).unwrap();
    // Other names for the same tables.
    let own = found.replace("\"name\": \"Track\"", "\"name\": \"Song\"").replace("\"name\": \"Price\"", "\"name\": \"cost\"");
    let own = own.replace("\"type\": \"Track\"", "\"type\": \"Song\"").replace("\"path\": \"Track\"", "\"path\": \"Song\"");
    std::fs::write(temporary.path().join("own.json"), &own).unwrap();
    let made = run_with(temporary.path(), &["init", "app", "--database", "shop.sqlite", "--model", "own.json", "--json"], "").ok().json();
    assert_eq!((&made["mode"], &made["warnings"]), (&json!("attached"), &json!([])), "{made}");
    let app = temporary.path().join("app");
    assert_eq!(run_with(&app, &["model", "diff", "--json"], "").ok().json()["differences"], json!([]));
    let (server, key) = serve(&app);
    let song = server.get("/rest/Song[2]?$attributes=cost,artist.Name", Some(&key)).json();
    assert_eq!((&song["cost"], &song["artist"]["Name"]), (&json!(1.5), &json!("Éclair")), "{song}");
    // What the database has not.
    std::fs::write(temporary.path().join("more.json"), found.replace("\"matchColumn\": \"Price\"", "\"matchColumn\": \"Cost\"")).unwrap();
    let done = run_with(temporary.path(), &["init", "more", "--database", "shop.sqlite", "--model", "more.json"], "");
    assert!(done.code == 1 && done.stderr.contains("Track.Cost") && done.stderr.contains("matchColumn"), "{}", done.stderr);
    assert!(!temporary.path().join("more").exists());
}

#[test]
fn diff_and_doctor_say_where_model_and_database_part() {
    let temporary = files();
    database(&temporary.path().join("shop.sqlite"));
    run_with(temporary.path(), &["init", "app", "--database", "shop.sqlite"], "").ok();
    let app = temporary.path().join("app");
    let connection = rusqlite::Connection::open(temporary.path().join("shop.sqlite")).unwrap();
    let sql = "CREATE TABLE Genre (GenreId INTEGER PRIMARY KEY, Name TEXT); ALTER TABLE Track ADD COLUMN Length INTEGER; ALTER TABLE Artist RENAME COLUMN Name TO Title;";
    connection.execute_batch(sql).unwrap();
    let differences = run_with(&app, &["model", "diff", "--json"], "").ok().json()["differences"].clone();
    assert_eq!(
        differences,
        json!([
            "- Artist.Name: there is no column Artist.Name",
            "+ Artist.Title: the column has no attribute",
            "+ Track.Length: the column has no attribute",
            "+ Genre: the table has no dataclass"
        ])
    );
    let doctor = run_with(&app, &["doctor", "--json"], "");
    let check = doctor.json()["checks"].as_array().unwrap().iter().find(|it| it["name"] == "database").unwrap().clone();
    assert!(doctor.code == 1 && check["ok"] == false && check["message"].as_str().unwrap().contains("Artist.Name"), "{check}");
}

#[test]
fn diff_names_text_columns_that_an_index_would_help() {
    let temporary = files();
    let file = temporary.path().join("many.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let sql = "CREATE TABLE Word (Id INTEGER PRIMARY KEY, Text TEXT, Size INTEGER); CREATE TABLE Few (Id INTEGER PRIMARY KEY, Text TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO Word SELECT i, 'w' || i, i FROM n;";
    connection.execute_batch(sql).unwrap();
    run_with(temporary.path(), &["init", "app", "--database", "many.sqlite"], "").ok();
    let app = temporary.path().join("app");
    let diff = run_with(&app, &["model", "diff", "--json"], "").ok().json();
    assert_eq!((&diff["differences"], &diff["indexes"].as_array().unwrap().len()), (&json!([]), &1), "{diff}");
    let hint = &diff["indexes"][0];
    assert_eq!((&hint["attribute"], &hint["rows"]), (&json!("Word.Text"), &json!(2000)));
    assert!(hint["sql"].as_str().unwrap().starts_with("CREATE INDEX"), "{hint}");
    assert!(run_with(&app, &["model", "diff"], "").ok().stdout.contains("Word.Text"));
}
