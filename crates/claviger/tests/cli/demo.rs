//! `demo` keeps its promise: what it prints works when pasted.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Server, claviger, request};

fn start(folder: &Path) -> Server {
    let mut command = claviger();
    command.current_dir(folder).args(["demo", "--dir", "shop", "--listen", "127.0.0.1:0"]);
    Server::start(&mut command, &folder.join("log"))
}

/// The value behind a label of the printed lines.
fn printed(said: &str, label: &str) -> String {
    let line = said.lines().find(|line| line.trim_start().starts_with(label)).unwrap_or_else(|| panic!("no {label} in {said}"));
    line.split_whitespace().last().unwrap().to_owned()
}

#[test]
fn the_curl_line_works_when_pasted_and_a_second_run_reuses_the_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let server = start(temporary.path());
    let line = server.said.lines().find(|line| line.trim_start().starts_with("curl ")).unwrap().trim().to_owned();
    let answer: Value = if Command::new("curl").arg("--version").output().is_ok() {
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    } else {
        // Without curl: the same request, read from the line.
        let url = line.split('\'').find(|word| word.starts_with("http://")).unwrap();
        let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let key = line.split('\'').find_map(|word| word.strip_prefix("api-key: ")).unwrap();
        request(address, "GET", &format!("/{path}"), Some(key), "").json()
    };
    assert!(answer["__COUNT"].as_u64().unwrap() > 0 && answer["__ENTITIES"][0].is_object(), "{answer}");

    let (editor, visitor) = (printed(&server.said, "Editor"), printed(&server.said, "Visitor"));
    let all = server.get("/rest/Book?$top=1", Some(&editor)).json();
    assert!(all["__COUNT"].as_u64().unwrap() >= 1000, "{all}");
    assert!(server.get("/rest/Book[1]", Some(&editor)).body.contains("\"price\""));
    assert!(!server.get("/rest/Book[1]", Some(&visitor)).body.contains("\"price\""));
    assert_eq!(server.get("/rest/Customer", Some(&visitor)).status, 401);
    let note = server.send("POST", "/rest/Country?$method=update", Some(&editor), r#"{"code":"XX","name":"Nowhere"}"#);
    assert_eq!(note.status, 200, "{}", note.body);
    let (email, password) = (printed(&server.said, "Email"), printed(&server.said, "Password"));
    let sign_in = serde_json::json!({ "email": email, "password": password }).to_string();
    assert_eq!(crate::support::sign_in(&server.address, &sign_in).status, 200);
    server.stop();

    let again = start(temporary.path());
    assert_eq!(printed(&again.said, "Editor"), editor);
    assert_eq!(again.get("/rest/Country[\"XX\"]", Some(&editor)).json()["name"], "Nowhere");
    let sign_in = serde_json::json!({ "email": email, "password": printed(&again.said, "Password") }).to_string();
    assert_eq!(crate::support::sign_in(&again.address, &sign_in).status, 200);
}

#[test]
fn demo_leaves_a_folder_that_is_not_its_own_alone() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::create_dir(temporary.path().join("shop")).unwrap();
    std::fs::write(temporary.path().join("shop/claviger.toml"), "name = \"mine\"\n").unwrap();
    let done = crate::support::run_with(temporary.path(), &["demo", "--dir", "shop", "--listen", "127.0.0.1:0"], "");
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("--dir"), "{}", done.stderr);
}

#[test]
fn a_second_demo_leaves_the_first_one_its_password_and_a_key_that_was_changed_is_replaced() {
    let temporary = tempfile::tempdir().unwrap();
    let server = start(temporary.path());
    let (email, password, editor) = (printed(&server.said, "Email"), printed(&server.said, "Password"), printed(&server.said, "Editor"));
    let second = crate::support::run_with(temporary.path(), &["demo", "--dir", "shop", "--listen", &server.address], "");
    assert_eq!((second.code, second.stdout.as_str()), (1, ""), "{}", second.stderr);
    let sign_in = serde_json::json!({ "email": email, "password": password }).to_string();
    assert_eq!(crate::support::sign_in(&server.address, &sign_in).status, 200);
    server.stop();

    let run = |arguments: &[&str]| crate::support::run_with(temporary.path(), arguments, "").ok();
    let keys = run(&["keys", "list", "--app", "shop", "--json", "--search", "Demo editor"]).json();
    run(&["keys", "edit", "--app", "shop", keys[0]["id"].as_str().unwrap(), "--allow-host", "192.0.2.1"]);
    let again = start(temporary.path());
    let fresh = printed(&again.said, "Editor");
    assert_ne!(fresh, editor);
    assert_eq!(again.get("/rest/Book[1]", Some(&fresh)).status, 200);
}

#[test]
fn calls_of_the_postman_collection_and_of_the_http_file_are_the_same_and_work() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = std::fs::read_to_string(docs.join("postman/claviger.postman_collection.json")).unwrap();
    let http = std::fs::read_to_string(docs.join("claviger.http")).unwrap();
    let mut listed = http.lines().filter(|line| line.starts_with("GET ") || line.starts_with("POST "));
    let collection: Value = serde_json::from_str(&text).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let server = start(temporary.path());
    let key = printed(&server.said, "Editor");
    for item in collection["item"].as_array().unwrap() {
        let (name, request) = (&item["name"], &item["request"]);
        let (method, url) = (request["method"].as_str().unwrap(), request["url"]["raw"].as_str().unwrap());
        assert_eq!(listed.next(), Some(format!("{method} {url}").as_str()));
        let body = request["body"]["raw"].as_str().unwrap_or_default();
        assert!(body.is_empty() || http.contains(body), "{name}");
        let answer = server.send(method, url.strip_prefix("{{endpoint}}").unwrap(), Some(&key), body);
        assert!(answer.status == 200 && !answer.body.contains("__ERROR"), "{name}: {} {}", answer.status, answer.body);
        assert_ne!(answer.json()["__COUNT"], 0, "{name} finds nothing, which shows nothing");
    }
    assert_eq!(listed.next(), None);
}

#[test]
fn the_functions_of_the_demo_create_and_order_or_change_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let server = start(temporary.path());
    let (editor, visitor) = (printed(&server.said, "Editor"), printed(&server.said, "Visitor"));
    let post = |key: &str, path: &str, body: &str| server.send("POST", path, Some(key), body);
    // Product.create, as the tutorial has it.
    let made = post(&editor, "/rest/Product/create", r#"[{"name":"Sofa","price":999,"stock":3}]"#);
    assert_eq!(made.status, 200, "{}", made.body);
    let key = made.json()["__KEY"].as_str().unwrap().to_owned();
    let refused = post(&visitor, "/rest/Product/create", r#"[{"name":"Stool","price":1}]"#);
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("No permission to execute the create method of the Product dataclass"), "{}", refused.body);
    // Stock and order, both or nothing.
    let stock = || server.get(&format!("/rest/Product[{key}]"), Some(&editor)).json()["stock"].clone();
    let orders = || server.get("/rest/Order?$top=0", Some(&editor)).json()["__COUNT"].as_u64().unwrap();
    let before = orders();
    let customer = server.get("/rest/Customer?$top=1", Some(&editor)).json()["__ENTITIES"][0]["ID"].to_string();
    let ordered = post(&editor, &format!("/rest/Product[{key}]/order"), &format!("[2, {customer}]"));
    assert_eq!(ordered.status, 200, "{}", ordered.body);
    assert_eq!((ordered.json()["quantity"].clone(), stock(), orders()), (2.into(), 1.into(), before + 1));
    let refused = post(&editor, &format!("/rest/Product[{key}]/order"), &format!("[2, {customer}]"));
    assert_eq!(refused.status, 500);
    assert!(refused.body.contains("Only 1 of Sofa are there."), "{}", refused.body);
    assert_eq!((stock(), orders()), (1.into(), before + 1));
    // The others answer.
    for path in ["/rest/Product/low?$params=[40]", "/rest/$catalog/stats?$params=[2024]", "/rest/Book/cheapest?$params=[3]"] {
        let answer = server.get(path, Some(&editor));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let book = server.get("/rest/Book?$filter=\"loans.ID = null\"&$top=1&$attributes=ID", Some(&editor)).json();
    let book = book["__ENTITIES"][0]["__KEY"].as_str().map_or_else(|| "1".to_owned(), str::to_owned);
    let lent = post(&editor, &format!("/rest/Book[{book}]/lendTo"), &format!("[{customer}]"));
    assert!(lent.status == 200 || lent.body.contains("is lent already"), "{}", lent.body);
}
