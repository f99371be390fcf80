//! What rests on the control store, once more with the store on PostgreSQL: the same tests, and what only a server does.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::duplicate_mod, reason = "each of the files has the support as a module of its own")]

use serde_json::json;

#[path = "gate.rs"]
mod gate;
#[path = "management.rs"]
mod management;
mod support;
#[path = "usage.rs"]
mod usage;

#[tokio::test]
async fn names_of_keys_wait_for_a_store_that_is_away() {
    let app = support::TestApp::new();
    let database = app.database.as_ref().unwrap();
    let (admin, reader) = (app.key(json!({ "type": "administration" })), app.key(json!({ "role": "Reader" })));
    // A session, whose key has a name.
    let first = app.get("/rest/Book", &reader.secret).await;
    let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let back = app.ask("GET", "/rest/$directory/currentUser").key(&reader.secret).header("cookie", &cookie).send().await;
    assert_eq!((back.status, &back.json()["result"]["userName"]), (200, &json!("Test")));
    database.allow(false);
    database.disconnect();
    for (path, key) in [("/rest/$info", &admin), ("/rest/$info/sessionInfo", &admin), ("/rest/$directory/currentUser", &reader)] {
        let answer = app.get(path, &key.secret).await;
        let error = &answer.json()["__ERROR"][0];
        assert_eq!((answer.status, &error["errCode"], &error["componentSignature"]), (503, &json!(9505), &json!("rest")), "{path}");
    }
    assert_eq!(app.get("/rest/Book", &reader.secret).await.status, 200, "nothing else needs it");
    database.allow(true);
}
