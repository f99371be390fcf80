//! Row 91: `$info` (`rest-dialect.md` 16).

use serde_json::json;

use crate::library::app;
use crate::sets::{id_of, set, set_of};

#[test]
fn row_91_members_in_their_order() {
    let library = app();
    let admin = library.by("administration");
    for answer in [admin.get("/rest/$info"), admin.post("/rest/$info", &json!(null)), admin.get("/rest/%24info/?x=1")] {
        let answer = answer.ok();
        let members =
            ["cacheSize", "usedCache", "entitySetCount", "entitySet", "ProgressInfo", "sessionInfo", "privileges"].map(str::to_owned);
        assert_eq!(answer.members(), members, "{answer}");
        let body = answer.json();
        assert!(body["cacheSize"].is_u64() && body["usedCache"].is_u64() && body["entitySetCount"] == 0, "{answer}");
        assert_eq!((&body["ProgressInfo"], &body["entitySet"]), (&json!([]), &json!([])));
        assert!(body["privileges"]["privileges"].as_array().unwrap().contains(&json!({ "privilege": "guest" })));
    }
}

#[test]
fn row_91_sessions_of_all_keys() {
    let library = app();
    let (one, admin) = (library.key("Reader"), library.key("administration"));
    let ana = library.with_cookies(&one);
    ana.get("/rest/Book(11)").ok();
    let sessions = || library.without_cookies(&admin).get("/rest/$info/sessionInfo").ok().json();
    assert_eq!(sessions(), json!({ "sessionInfo": [] }), "it counts once its cookie comes back");
    ana.get("/rest/Book(11)").ok();
    let shown = json!({ "sessionID": ana.session(), "userName": "Key of Reader", "lifeTime": 3600, "expiration": "2024-03-05T11:00:00Z" });
    assert_eq!(sessions(), json!({ "sessionInfo": [shown] }));
    library.delete_key(&one);
    assert_eq!(sessions(), json!({ "sessionInfo": [] }));
}

#[test]
fn row_91_single_members() {
    let library = app();
    let admin = library.by("administration");
    assert_eq!(admin.get("/rest/$info/entitySet").ok().members(), ["entitySet"]);
    assert_eq!(admin.get("/rest/$info/PROGRESSINFO").ok().text, r#"{"ProgressInfo":[]}"#);
    admin.get("/rest/$info/nothing").refused(404, &[1800]);
}

#[test]
fn row_91_entity_sets_of_all_keys() {
    let library = app();
    let (one, admin) = (library.key("Admin"), library.by("administration"));
    let ana = library.with_cookies(&one);
    let first = ana.get("/rest/Book?$orderby=ID&$method=entityset&$timeout=600").ok();
    let info = admin.get("/rest/$info").ok().json();
    let shown = json!([{
        "id": id_of(&set_of(&first)), "dataClass": "Book", "tableName": "Book", "selectionSize": 8, "sorted": true,
        "refreshed": "2024-03-05T10:00:00Z", "expires": "2024-03-05T10:10:00Z",
    }]);
    assert_eq!((&info["entitySet"], &info["entitySetCount"]), (&shown, &json!(1)));
    assert!(info["usedCache"].as_u64().unwrap() >= 64, "eight keys: {info}");
    library.set_clock("2024-03-05T10:01:00.000Z");
    set(&library, "Country");
    let sets = admin.get("/rest/$info/entitySet").ok().json();
    let names: Vec<_> = sets["entitySet"].as_array().unwrap().iter().map(|set| (&set["dataClass"], &set["sorted"])).collect();
    assert_eq!(names, [(&json!("Country"), &json!(false)), (&json!("Book"), &json!(true))], "the one used last first");
    // Sets go with their key.
    library.delete_key(&one);
    let info = admin.get("/rest/$info").ok().json();
    assert_eq!((&info["entitySetCount"], &info["entitySet"][0]["dataClass"]), (&json!(1), &json!("Country")), "{info}");
}

#[test]
fn row_91_administration_keys_only() {
    let library = app();
    for role in ["Admin", "Visitor"] {
        for url in ["/rest/$info", "/rest/$info/sessionInfo", "/rest/$info/entitySet"] {
            library.by(role).get(url).refused(401, &[1611]);
            library.by(role).post(url, &json!(null)).refused(401, &[1611]);
        }
    }
}
