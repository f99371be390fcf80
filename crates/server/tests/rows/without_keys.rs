//! Row 95: the mode without keys (`rest-dialect.md` 17.1, 17.3).

use serde_json::json;

use crate::client::set_cookies;
use crate::library::{Library, app, app_with};

const SETTING: &str = "[keys]\ncheck = \"off_everybody_is_guest\"";

fn guest(library: &Library, method: &str, url: &str) -> crate::answer::Answer {
    library.send(method, url, &[], "")
}

#[test]
fn row_95_every_caller_is_a_guest() {
    let library = app_with_data(false);
    // What the roles give to guests, whoever it is and whatever key is sent.
    guest(&library, "GET", "/rest/Country").ok();
    guest(&library, "GET", "/rest/Book").refused(401, &[1557]);
    for role in ["Admin", "administration"] {
        library.by(role).get("/rest/Country").ok();
        library.by(role).get("/rest/Book").refused(401, &[1557]);
        library.by(role).get("/rest/$info").refused(401, &[1611]);
    }
    library.send("GET", "/rest/Country", &[("api-key", "nonsense")], "").ok();
    guest(&library, "GET", "/rest/$catalog/$all").ok();
    assert_eq!(guest(&library, "GET", "/rest/$directory/currentUser").ok().text, r#"{"result":null}"#);
    let groups = library.send("POST", "/rest/$directory/currentUserBelongsTo", &[], r#"["guest"]"#);
    assert_eq!(groups.ok().text, r#"{"result":false}"#);
    assert_eq!(guest(&library, "POST", "/rest/$directory/login").status, 401);
    assert_eq!(set_cookies(&guest(&library, "GET", "/rest/Country")).len(), 2);
}

#[test]
fn row_95_force_login_leaves_guests_the_catalog_only() {
    let library = app_with_data(true);
    guest(&library, "GET", "/rest/$catalog").ok();
    guest(&library, "GET", "/rest/$catalog/Country").ok();
    for url in ["/rest/Country", "/rest/Country(FR)", "/rest/nothing", "/rest/$info", "/rest/$openapi", "/rest/Country(FR)?$lock=true"] {
        let answer = guest(&library, "GET", url);
        assert_eq!((answer.status, answer.codes()), (401, vec![1822]), "{answer}");
    }
    library.send("POST", "/rest/Country?$method=update", &[], "{}").refused(401, &[1822]);
    // A way in stays open: the function that logs in, which this application does not have, and the directory.
    guest(&library, "POST", "/rest/$catalog/authentify").refused(404, &[1827]);
    assert_eq!(guest(&library, "POST", "/rest/$directory/login").text, r#"{"result":false}"#);
    assert_eq!(guest(&library, "GET", "/rest/$directory/logout").ok().text, r#"{"result":true}"#);
}

#[test]
fn row_95_force_login_does_not_limit_keys() {
    let library = app();
    library.set_roles(&forced());
    library.by("Visitor").get("/rest/Country").ok();
    library.by("Admin").get("/rest/Book").ok();
    assert_eq!(guest(&library, "GET", "/rest/$catalog").status, 400);
}

#[test]
fn row_95_guests_share_no_lock_with_cookies() {
    let library = app_with_data(false);
    let open = json!({ "applyTo": "ds", "type": "datastore", "read": ["guest"], "create": ["guest"], "update": ["guest"] });
    library.set_roles(&json!({ "privileges": [], "roles": [], "permissions": { "allowed": [open] } }));
    library.send("POST", "/rest/Country", &[], r#"{"code":"SE"}"#).ok();
    let ask = |cookie: &str, url: &str| {
        let headers: Vec<_> = Some(("cookie", cookie)).filter(|_| !cookie.is_empty()).into_iter().collect();
        library.send("GET", url, &headers, "").ok()
    };
    let session = |answer: &crate::answer::Answer| set_cookies(answer)[0].split(';').next().unwrap().to_owned();
    let (one, other) = (session(&ask("", "/rest/Country")), session(&ask("", "/rest/Country")));
    let locks = |cookie: &str| ask(cookie, "/rest/Country(SE)?$lock=true").json()["result"] == true;
    assert!(locks(&one) && !locks(&other) && !locks(""));
}

fn forced() -> serde_json::Value {
    let mut roles: serde_json::Value = serde_json::from_str(include_str!("fixture/roles.json")).unwrap();
    roles["forceLogin"] = json!(true);
    roles
}

/// Without keys nobody could fill the library; its tables are empty.
fn app_with_data(forces_login: bool) -> Library {
    let library = app_with(SETTING);
    if forces_login {
        library.set_roles(&forced());
    } else {
        library.set_roles(&serde_json::from_str(include_str!("fixture/roles.json")).unwrap());
    }
    library
}
