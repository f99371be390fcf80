//! Commands that look: roles, model, doctor, explain, openapi.

use serde_json::{Value, json};

use crate::support::{App, run_with};

#[test]
fn roles_check_lists_findings_with_their_place() {
    let app = App::attached();
    app.run(&["roles", "check"]).ok();
    let broken = r#"{ "privileges": [], "permissions": { "allowed": [ { "applyTo": "Track", "type": "table", "read": ["x"] } ] } }"#;
    std::fs::write(app.root().join("broken.json"), broken).unwrap();
    let done = app.run(&["roles", "check", "broken.json", "--json"]);
    assert_eq!(done.code, 1);
    let findings = done.json();
    let finding = findings.as_array().unwrap().iter().find(|it| it["severity"] == "error").unwrap();
    assert_eq!((&finding["path"], &finding["line"]), (&json!("permissions.allowed[0].type"), &json!(1)));
    assert!(app.run(&["roles", "check", "broken.json"]).stdout.contains("permissions.allowed[0].type"));
}

#[test]
fn roles_explain_says_which_list_decides() {
    let app = App::attached();
    let cell = app.run(&["roles", "explain", "--role", "Clerk", "--resource", "Track.Price", "--json"]).ok().json();
    let read = &cell["actions"]["read"];
    assert_eq!((&read["allowed"], &read["by"]), (&json!(false), &json!("permissions.allowed[2].read")));
    let all = app.run(&["roles", "explain", "--role", "Clerk", "--json"]).ok().json();
    let track = all["dataclasses"].as_array().unwrap().iter().find(|class| class["name"] == "Track").unwrap();
    assert_eq!((&track["read"]["allowed"], &track["create"]["allowed"]), (&json!(true), &json!(false)));
    let text = app.run(&["roles", "explain", "--role", "Clerk"]).ok().stdout;
    assert!(text.contains("Track.Price") && text.contains("permissions.allowed[2].read"), "{text}");
    let unknown = app.run(&["roles", "explain", "--role", "Nobody"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("Clerk"), "{}", unknown.stderr);
}

#[test]
fn a_broken_roles_file_keeps_the_server_from_starting() {
    let app = App::attached();
    std::fs::write(app.folder().join("roles.json"), "{ not json").unwrap();
    let done = app.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(done.stderr.contains("roles"), "{}", done.stderr);
}

#[test]
fn model_check_lists_every_problem_with_its_line() {
    let app = App::attached();
    app.run(&["model", "check"]).ok();
    let broken = "{ \"dataClasses\": [\n{ \"name\": \"A\", \"attributes\": [\n{ \"name\": \"ID\", \"kind\": \"storage\", \"type\": \"lung\" } ] },\n{ \"name\": \"A\", \"attributes\": [] } ] }";
    std::fs::write(app.root().join("broken.json"), broken).unwrap();
    let done = app.run(&["model", "check", "broken.json", "--json"]);
    assert_eq!(done.code, 1);
    let problems = done.json();
    let at = |path: &str| problems.as_array().unwrap().iter().find(|it| it["path"].as_str().unwrap().starts_with(path)).cloned();
    assert_eq!(at("dataClasses[0].attributes[0].type").unwrap()["line"], 3, "{problems}");
    assert!(at("dataClasses[1]").is_some(), "{problems}");
}

#[test]
fn model_sql_and_diff_tell_what_serving_would_do() {
    let app = App::attached();
    assert_eq!(app.run(&["model", "sql", "--json"]).ok().json(), json!([]));
    assert_eq!(app.run(&["model", "diff", "--json"]).ok().json()["differences"], json!([]));
    let connection = rusqlite::Connection::open(app.root().join("shop.sqlite")).unwrap();
    connection.execute_batch("ALTER TABLE Track ADD COLUMN Genre TEXT").unwrap();
    let diff = app.run(&["model", "diff"]).ok().stdout;
    assert!(diff.contains("Track.Genre"), "{diff}");

    let model = r#"{ "dataClasses": [ { "name": "Note", "attributes": [
        { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
        { "name": "text", "kind": "storage", "type": "string" } ] } ] }"#;
    std::fs::write(app.root().join("owned.json"), model).unwrap();
    run_with(app.root(), &["init", "owned", "--model", "owned.json"], "").ok();
    let folder = app.root().join("owned");
    let sql = run_with(&folder, &["model", "sql"], "").ok().stdout;
    assert!(sql.contains("CREATE TABLE \"Note\""), "{sql}");
    assert!(!folder.join("data").exists(), "looking makes nothing");
}

#[test]
fn import_reads_a_model_file_into_a_fresh_application() {
    let app = App::attached();
    run_with(app.root(), &["init", "fresh"], "").ok();
    let folder = app.root().join("fresh");
    let source = app.folder().join("model.json");
    run_with(&folder, &["model", "import", source.to_str().unwrap()], "").ok();
    let again = run_with(&folder, &["model", "import", source.to_str().unwrap()], "");
    assert!(again.code == 1 && again.stderr.contains("--force"), "{}", again.stderr);
    assert!(std::fs::read_to_string(folder.join("model.json")).unwrap().contains("\"Track\""));
}

#[test]
fn doctor_says_what_is_wrong_and_what_to_do() {
    let app = App::attached();
    let fine = app.run(&["doctor", "--json"]).ok().json();
    let names: Vec<&str> = fine["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in ["folder", "permissions", "model", "roles", "database", "control store", "master key", "clock"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(fine["settings"].as_array().unwrap().iter().any(|it| it["name"] == "database.mode" && it["value"] == "\"attached\""), "{fine}");
    app.key("Admin");
    app.run(&["doctor"]).ok();
    std::fs::remove_file(app.root().join("shop.sqlite")).unwrap();
    std::fs::write(app.folder().join("roles.json"), "{}").unwrap();
    let master_key = app.folder().join("data/master.key");
    std::fs::write(&master_key, "short").unwrap();
    let done = app.run(&["doctor", "--json"]);
    assert_eq!(done.code, 1);
    let checks = done.json()["checks"].clone();
    let failed: Vec<&str> =
        checks.as_array().unwrap().iter().filter(|check| check["ok"] == false).map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(failed, ["roles", "database", "master key"]);
}

#[test]
fn explain_answers_as_the_gate_would() {
    let app = App::attached();
    let explain = |more: &[&str]| {
        let mut arguments = vec!["explain", "--json"];
        arguments.extend(more);
        app.run(&arguments).ok().json()
    };
    let read = explain(&["--role", "Clerk", "GET", "/rest/Track?$top=2"]);
    assert_eq!((&read["allowed"], &read["leftOut"][0]["resource"]), (&json!(true), &json!("Track.Price")));
    assert_eq!(read["leftOut"][0]["by"], "permissions.allowed[2].read");
    let filter = explain(&["--role", "Clerk", "GET", "/rest/Track?$filter=\"Price > 1\""]);
    assert_eq!((&filter["allowed"], &filter["status"], &filter["errCode"]), (&json!(false), &json!(401), &json!(1607)));
    let denied = |answer: &Value| {
        let denied: Vec<Value> =
            answer["rules"].as_array().unwrap().iter().filter(|rule| rule["allowed"] == json!(false)).cloned().collect();
        assert_eq!(denied.len(), 1, "{answer}");
        denied[0].clone()
    };
    assert_eq!((&denied(&filter)["resource"], &denied(&filter)["by"]), (&json!("Track.Price"), &json!("permissions.allowed[2].read")));
    assert!(denied(&filter)["reason"].as_str().unwrap().starts_with("Needs one of the privileges ["), "{filter}");
    assert_eq!(
        filter["rules"][0],
        json!({ "action": "read", "resource": "Track", "allowed": true, "by": filter["rules"][0]["by"],
        "reason": filter["rules"][0]["reason"] }),
        "what was granted before is told, too"
    );
    let artist = explain(&["--role", "Tracks", "GET", "/rest/Artist"]);
    assert_eq!((&artist["errCode"], &denied(&artist)["by"]), (&json!(1557), &json!("permissions.allowed[0].read")));
    let absent = explain(&["--role", "Admin", "GET", "/rest/Nothing"]);
    assert_eq!((&absent["allowed"], &absent["status"]), (&json!(false), &json!(404)));
    let delete = explain(&["--role", "Clerk", "POST", "/rest/Track[1]?$method=delete"]);
    assert_eq!((&delete["allowed"], &delete["errCode"]), (&json!(false), &json!(1560)));

    let record =
        app.run(&["keys", "create", "--description", "x", "--role", "Admin", "--expires", "2d", "--allow-host", "192.0.2.1", "--json"]);
    let id = record.ok().json()["id"].as_str().unwrap().to_owned();
    let inside = explain(&["--key", &id, "GET", "/rest/Track", "--from", "192.0.2.1"]);
    assert_eq!((&inside["allowed"], &inside["rules"][0]["by"]), (&json!(true), &json!("allowed hosts: 192.0.2.1")));
    assert_eq!(explain(&["--key", &id, "GET", "/rest/Track", "--from", "192.0.2.2"])["status"], 403);
    let late = explain(&["--key", &id, "GET", "/rest/Track", "--from", "192.0.2.1", "--at", "2999-01-01"]);
    assert_eq!((&late["status"], &late["message"]), (&json!(401), &json!("Api-key expired")));
}

#[test]
fn openapi_shows_what_a_role_can_reach() {
    let app = App::attached();
    let document = |role: &str| app.run(&["openapi", "--role", role]).ok().json();
    let admin = document("Admin");
    let all = app.run(&["openapi"]).ok().json();
    assert!(all["paths"]["/rest/Track"]["post"].is_object(), "without an option: all that is exposed");
    assert!(admin["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(admin["paths"]["/rest/Artist"]["get"].is_object(), "{admin}");
    let clerk = document("Clerk");
    let track = &clerk["components"]["schemas"]["Track"]["properties"];
    assert!(track["Name"].is_object() && track["Price"].is_null(), "{track}");
    assert!(clerk["paths"]["/rest/Track"]["post"].is_null());
    let tracks = document("Tracks");
    assert!(tracks["paths"]["/rest/Artist"].is_null() && tracks["paths"]["/rest/Track"].is_object());
    assert_eq!(tracks["components"]["securitySchemes"]["apiKey"]["name"], "api-key");
}

#[test]
fn openapi_becomes_a_postman_collection_of_what_a_role_can_reach() {
    let app = App::attached();
    let collection = |role: &str| app.run(&["openapi", "--role", role, "--format", "postman"]).ok().json();
    let named = |value: &serde_json::Value| -> Vec<String> {
        value["item"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let admin = collection("Admin");
    assert_eq!(admin["info"]["schema"], "https://schema.getpostman.com/json/collection/v2.1.0/collection.json");
    let folders = named(&admin);
    let place = |name: &str| folders.iter().position(|folder| folder == name).unwrap_or_else(|| panic!("no {name} in {folders:?}"));
    let of = |name: &str| named(&admin["item"][place(name)]);
    assert_eq!(place("Catalog"), 0);
    let reads = ["A page", "A page, filtered and in order", "How many have a value", "Distinct values"];
    let sets = ["Make an entity set", "A page of the entity set", "Give the entity set up", "One entity"];
    let writes = [
        "Would it be saved?",
        "Create",
        "Read what was made",
        "Lock it",
        "Change with its stamp",
        "Give the lock back",
        "Delete what was made",
    ];
    assert_eq!(of("Artist"), [reads.as_slice(), &sets, &writes].concat());
    let change = &admin["item"][place("Artist")]["item"][12];
    let body = change["request"]["body"]["raw"].as_str().unwrap();
    assert!(body.contains("\"__KEY\": \"{{Artist.new}}\"") && body.contains("\"__STAMP\": {{Artist.stamp}}"), "{body}");
    // Who may only read gets nothing that writes, and no attribute that it may not read.
    let clerk = collection("Clerk").to_string();
    assert!(clerk.contains("/rest/Track?") && !clerk.contains("Create") && !clerk.contains("Price"), "{clerk}");
    assert_eq!(named(&collection("Tracks")), ["Catalog", "Track"]);
}
