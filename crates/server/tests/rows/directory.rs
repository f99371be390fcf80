//! Row 97 and the other calls of the directory (`rest-dialect.md` 17.4, 17.5).

use serde_json::json;

use crate::library::app;

#[test]
fn row_97_login_is_refused_in_both_forms() {
    let library = app();
    let key = library.key("Admin");
    let login = |headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("api-key", key.secret.as_str())];
        all.extend(headers);
        library.send("POST", "/rest/$directory/login", &all, body)
    };
    for (headers, body) in [
        (vec![("username-4D", "ines"), ("password-4D", "geheim"), ("session-4D-length", "120")], ""),
        (vec![("username-4d", "tom"), ("hashed-password-4d", "0f3a")], ""),
        (vec![], r#"["ana","geheim",3600]"#),
        (vec![], r#"["eva","geheim"]"#),
        (vec![], ""),
    ] {
        let answer = login(&headers, body);
        assert_eq!((answer.status, answer.text.as_str()), (401, r#"{"result":false}"#), "{answer}");
    }
    for body in ["{\"name\":\"ines\"}", "[1,2]", "\"ines\""] {
        login(&[], body).refused(400, &[1806]);
    }
    login(&[], "[").refused(400, &[1806]);
}

#[test]
fn row_97_no_password_in_a_url() {
    let library = app();
    library.get("/rest/$directory/login").refused(400, &[1813]);
    let answer = library.get("/rest/$directory/login(ines,geheim)").refused(400, &[1813]);
    assert!(!answer.text.contains("geheim"));
    library.post("/rest/$directory/login(ines,geheim)", &json!(null)).refused(400, &[1813]);
}

#[test]
fn row_97_repetition_is_slowed_down() {
    let library = app();
    let login = |name: &str| library.post("/rest/$directory/login", &json!([name, "geheim", 60]));
    let statuses: Vec<u16> = (0..7).map(|_| login("ines").status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    let answer = login("INES");
    assert_eq!((answer.status, answer.text.as_str()), (429, r#"{"result":false}"#));
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(login("tom").status, 401);
    library.set_clock("2024-03-05T10:15:00.000Z");
    assert_eq!(login("ines").status, 401);
}

#[test]
fn row_97_who_is_logged_in() {
    let library = app();
    let user = library.by("Clerk").get("/rest/$directory/currentUser").ok().json();
    assert_eq!((&user["result"]["userName"], &user["result"]["fullName"]), (&json!("Key of Clerk"), &json!("Key of Clerk")));
    assert!(user["result"]["ID"].as_str().unwrap().starts_with("key_"));
    let belongs = |body: serde_json::Value| library.by("Clerk").post("/rest/$directory/currentUserBelongsTo", &body).ok().text;
    assert_eq!(belongs(json!(["Sales"])), r#"{"result":false}"#);
    assert_eq!(belongs(json!(["Sales", "clerk"])), r#"{"result":true}"#);
    assert_eq!(belongs(json!("7C3F")), r#"{"result":false}"#);
    library.by("Clerk").get("/rest/$directory/currentUserBelongsTo").refused(400, &[1813]);
    library.by("Clerk").get("/rest/$directory/nothing").refused(404, &[1800]);
    library.by("Clerk").get("/rest/$directory").refused(404, &[1800]);
}
