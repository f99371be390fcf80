//! Usage, refusals and the counters by key: what is counted, how long it is kept, and what is never stored.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_server::AppState;
use claviger_store::control::{Actor, ConsoleRole};
use serde_json::{Value, json};
use support::{Answer, DAY, HOUR, Key, NOON, Person, TestApp};

const MINUTE: i64 = 60_000;

/// Asks for numbers up to this moment: the clock of these tests stands.
async fn get(app: &TestApp, person: &Person, path: &str) -> Answer {
    app.state.flush_usage().await;
    look(app, person, path).await
}

async fn look(app: &TestApp, person: &Person, path: &str) -> Answer {
    app.ask("GET", path).header("cookie", &person.cookie).send().await
}

async fn usage(app: &TestApp, person: &Person, query: &str) -> Value {
    let answer = get(app, person, &format!("/console/api/usage?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn refusal(app: &TestApp, person: &Person, id: &str) -> Value {
    let answer = get(app, person, &format!("/console/api/refusals/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Points that counted something: how many steps back, requests, refused, bytes.
fn counted(usage: &Value) -> Vec<(usize, u64, u64, u64)> {
    let points = usage["points"].as_array().unwrap();
    let number = |point: &Value, name: &str| point[name].as_u64().unwrap();
    let told = points.iter().rev().enumerate().map(|(back, point)| {
        let requests = number(point, "requests");
        if requests == 0 {
            assert_eq!((&point["p50Us"], &point["p99Us"]), (&Value::Null, &Value::Null));
        }
        (back, requests, number(point, "refused"), number(point, "bytes"))
    });
    told.filter(|(_, requests, ..)| *requests > 0).collect()
}

fn totals(usage: &Value) -> (u64, u64, u64) {
    let number = |name: &str| usage["totals"][name].as_u64().unwrap();
    (number("requests"), number("refused"), number("bytes"))
}

async fn size(app: &TestApp, path: &str, key: &Key) -> u64 {
    app.get(path, &key.secret).await.body.len() as u64
}

#[tokio::test]
async fn minutes_hours_and_days_by_key() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "description": "Reports", "role": "Reader" }));
    let admin = app.key(json!({ "description": "Import", "role": "Admin" }));
    // Before yesterday's noon, an hour ago, two minutes ago, and now.
    app.set_clock(NOON - DAY - 1);
    let page = size(&app, "/rest/Book", &reader).await;
    app.set_clock(NOON - HOUR);
    assert_eq!(size(&app, "/rest/Book", &admin).await, page);
    app.set_clock(NOON - 2 * MINUTE + 59_999);
    assert_eq!(size(&app, "/rest/Book", &reader).await, page);
    assert_eq!(size(&app, "/rest/Book", &reader).await, page);
    let absent = size(&app, "/rest/Book(17)", &reader).await;
    app.set_clock(NOON + 1);
    let wrong = app.get("/rest/Book", "claviger_wrong").await.body.len() as u64;

    let hour = usage(&app, &viewer, "").await;
    assert_eq!((&hour["period"], &hour["stepSeconds"]), (&json!("hour"), &json!(60)));
    assert_eq!((&hour["from"], &hour["to"]), (&json!("2026-04-01T11:01:00Z"), &json!("2026-04-01T12:01:00Z")));
    let points = hour["points"].as_array().unwrap();
    assert_eq!((points.len(), &points[0]["at"], &points[59]["at"]), (60, &hour["from"], &json!("2026-04-01T12:00:00Z")));
    assert_eq!(counted(&hour), [(0, 1, 1, wrong), (2, 3, 1, 2 * page + absent)]);
    assert_eq!(totals(&hour), (4, 2, 2 * page + absent + wrong));
    assert_eq!(points[59]["p50Us"], Value::Null, "what the gate refused took no time worth telling");
    let (p50, p99) = (hour["totals"]["p50Us"].as_u64().unwrap(), hour["totals"]["p99Us"].as_u64().unwrap());
    assert!(0 < p50 && p50 <= p99, "{p50} {p99}");
    assert_eq!(hour["refusals"], json!([{ "reason": "not_found", "count": 1 }, { "reason": "not_valid", "count": 1 }]));
    assert_eq!(hour["dataclasses"], json!([{ "name": "Book", "requests": 3 }]));
    assert_eq!(
        hour["keys"],
        json!([{ "id": reader.id.as_str(), "description": "Reports", "requests": 3, "refused": 1, "bytes": 2 * page + absent }])
    );
    assert_eq!(hour["addresses"], json!([{ "address": "127.0.0.1", "lastAt": "2026-04-01T12:00:00.001Z", "requests": 6 }]));

    let day = usage(&app, &viewer, "period=day").await;
    assert_eq!((&day["from"], &day["to"]), (&json!("2026-03-31T13:00:00Z"), &json!("2026-04-01T13:00:00Z")));
    assert_eq!((day["points"].as_array().unwrap().len(), &day["stepSeconds"]), (24, &json!(3600)));
    assert_eq!(counted(&day), [(0, 1, 1, wrong), (1, 4, 1, 3 * page + absent)]);
    let keys: Vec<_> = day["keys"].as_array().unwrap().iter().map(|key| (key["description"].clone(), key["requests"].clone())).collect();
    assert_eq!(keys, [(json!("Reports"), json!(3)), (json!("Import"), json!(1))]);

    let month = usage(&app, &viewer, "period=month").await;
    assert_eq!((&month["from"], &month["to"]), (&json!("2026-03-03T00:00:00Z"), &json!("2026-04-02T00:00:00Z")));
    assert_eq!((month["points"].as_array().unwrap().len(), &month["stepSeconds"]), (30, &json!(86400)));
    assert_eq!(counted(&month), [(0, 5, 2, 3 * page + absent + wrong), (1, 1, 0, page)]);

    let one = usage(&app, &viewer, &format!("period=month&key={}", reader.id)).await;
    assert_eq!(counted(&one), [(0, 3, 1, 2 * page + absent), (1, 1, 0, page)]);
    assert_eq!((&one["keys"], &one["refusals"]), (&json!([]), &json!([{ "reason": "not_found", "count": 1 }])));
    assert_eq!(one["addresses"], json!([{ "address": "127.0.0.1", "lastAt": "2026-04-01T11:58:59.999Z", "requests": 4 }]));
    let other = usage(&app, &viewer, &format!("key={}", admin.id)).await;
    assert_eq!((totals(&other), &other["addresses"]), ((0, 0, 0), &json!([])), "an hour and a minute ago");

    // What is counted later adds to the same minute.
    size(&app, "/rest/Book", &reader).await;
    assert_eq!(counted(&usage(&app, &viewer, "").await)[0], (0, 2, 1, wrong + page));
}

#[tokio::test]
async fn who_looks_again_within_a_second_writes_nothing() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "role": "Reader" }));
    let requests = async || totals(&look(&app, &viewer, "/console/api/usage").await.json()).0;
    let listed = async || look(&app, &viewer, "/console/api/refusals").await.json().as_array().unwrap().len();
    let refuse = |id: &'static str| app.ask("GET", "/rest/Bokk").key(&reader.secret).header("x-request-id", id).send();
    refuse("one").await;
    assert_eq!((requests().await, listed().await), (1, 1));
    refuse("two").await;
    assert_eq!((requests().await, listed().await), (1, 1));
    app.set_clock(NOON + 999);
    assert_eq!((requests().await, listed().await), (1, 1));
    app.set_clock(NOON + 1000);
    assert_eq!((listed().await, requests().await), (2, 2));
    // Whoever has an ID in his hand finds it at once.
    refuse("three").await;
    assert_eq!(look(&app, &viewer, "/console/api/refusals/three").await.status, 200);
    // A clock that was set back is no reason to wait.
    refuse("four").await;
    app.set_clock(NOON);
    assert_eq!(requests().await, 4);
}

#[tokio::test]
async fn only_requests_with_an_accepted_key_have_a_time() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "role": "Reader" }));
    assert!(app.ask("OPTIONS", "/rest/Book").send().await.status < 400);
    app.ask("GET", "/rest/Book").send().await;
    let before = usage(&app, &viewer, "").await;
    assert_eq!((totals(&before).0, &before["totals"]["p50Us"], &before["totals"]["p99Us"]), (2, &Value::Null, &Value::Null));
    let text = app.ask("GET", "/metrics").send().await.text().to_owned();
    assert!(text.lines().any(|line| line == "claviger_key_request_seconds_total{key=\"\"} 0"), "{text}");
    // One that the dialect refuses has got through the gate.
    app.get("/rest/Bokk", &reader.secret).await;
    assert!(usage(&app, &viewer, "").await["totals"]["p50Us"].as_u64().unwrap() > 0);
}

/// Sends one request for each reason; the key that it is counted for, the status, the reason and the sentence of the record.
async fn refuse_in_every_way(app: &TestApp) -> Vec<(Option<String>, u16, &'static str, String)> {
    app.set_clock(NOON - DAY);
    let expired = app.key(json!({ "role": "Admin", "expiresOn": "2026-03-31" }));
    app.set_clock(NOON);
    let hosted = app.key(json!({ "role": "Admin", "allowedHosts": ["192.0.2.7"] }));
    let reader = app.key(json!({ "role": "Reader" }));
    let admin = app.key(json!({ "role": "Admin" }));
    let create = |title: &str| app.ask("POST", "/rest/Book?$method=update").key(&admin.secret).json(&json!({ "title": title }));
    assert_eq!(create("one").send().await.status, 200);
    let id = |key: &Key| Some(key.id.to_string());
    let mut expected = Vec::new();
    let mut sent = async |ask: support::Ask<'_>, key: Option<String>, status: u16, reason: &'static str, message: &str| {
        let answer = ask.header("x-request-id", reason).send().await;
        assert_eq!(answer.status, status, "{reason}: {}", answer.text());
        expected.push((key, status, reason, message.to_owned()));
    };
    let book = || app.ask("GET", "/rest/Book");
    sent(book(), None, 400, "missing_header", "Some headers are missing, required headers [api-key]").await;
    let twice = book().key(&admin.secret).key(&admin.secret);
    sent(twice, None, 400, "repeated_header", "The header api-key is sent more than once").await;
    sent(book().key("claviger_wrong").from("192.0.2.9"), None, 401, "not_valid", "Api-key Not Valid").await;
    sent(book().key(&hosted.secret), id(&hosted), 403, "host_not_allowed", "403 - Forbidden").await;
    sent(book().key(&expired.secret), id(&expired), 401, "expired", "Api-key expired").await;
    sent(book().key("claviger_wrong"), None, 429, "too_often", "Too many refused requests from this address").await;
    let filter = app.ask("GET", "/rest/Book?$filter=title%20~%20Private").key(&admin.secret);
    sent(filter, id(&admin), 400, "malformed", "The request could not be understood.").await;
    let save = app.ask("POST", "/rest/Book?$method=update").key(&reader.secret).json(&json!({ "title": "Private" }));
    sent(save, id(&reader), 401, "no_permission", "No permission to create for the Book dataclass").await;
    let absent = app.ask("GET", "/rest/Book(1717)").key(&admin.secret);
    sent(absent, id(&admin), 404, "not_found", "What was asked for does not exist.").await;
    let stale =
        app.ask("POST", "/rest/Book?$method=update").key(&admin.secret).json(&json!({ "__KEY": 1, "__STAMP": 7, "title": "Private" }));
    sent(stale, id(&admin), 500, "conflict", "The entity was changed by somebody else meanwhile.").await;
    let text = app.ask("POST", "/rest/Book?$method=update").key(&admin.secret).json(&json!({ "__KEY": 1, "__STAMP": 1, "ID": 5 }));
    sent(text, id(&admin), 500, "rule_broken", "What was to be saved or deleted breaks a rule of the data.").await;
    let large = app.ask("POST", "/rest/Book?$method=update").key(&admin.secret).body(&[b' '; 1001]);
    sent(large, id(&admin), 413, "too_large", "The body or the answer is larger than the server allows.").await;
    expected
}

async fn refusing() -> (TestApp, Person, Vec<(Option<String>, u16, &'static str, String)>) {
    let app = TestApp::with("[rest]\nmax_body_bytes = 1000\n[limits]\nrefusals_per_minute = 1\n");
    let viewer = app.person(ConsoleRole::Viewer).await;
    let expected = refuse_in_every_way(&app).await;
    (app, viewer, expected)
}

#[tokio::test]
async fn every_refusal_has_its_reason_its_key_and_its_record() {
    let (app, viewer, expected) = refusing().await;
    assert_eq!(expected.len(), 12);
    for (key, status, reason, message) in &expected {
        let record = refusal(&app, &viewer, reason).await;
        assert_eq!(
            (&record["keyId"], &record["status"], &record["reason"], &record["message"]),
            (&json!(key), &json!(status), &json!(reason), &json!(message)),
            "{record}"
        );
        let Some(key) = key else { continue };
        let of_key = usage(&app, &viewer, &format!("key={key}")).await;
        let count = |list: &Value| list.as_array().unwrap().iter().find(|it| it["reason"] == *reason).map(|it| it["count"].clone());
        assert_eq!(count(&of_key["refusals"]), Some(json!(1)), "{reason}");
    }
    let all = usage(&app, &viewer, "").await;
    let mut reasons: Vec<_> = expected.iter().map(|(_, _, reason, _)| *reason).collect();
    reasons.sort_unstable();
    let told: Vec<_> = all["refusals"].as_array().unwrap().iter().map(|it| (it["reason"].clone(), it["count"].clone())).collect();
    assert_eq!(told, reasons.into_iter().map(|reason| (json!(reason), json!(1))).collect::<Vec<_>>());
    assert_eq!((all["totals"]["requests"].clone(), all["totals"]["refused"].clone()), (json!(13), json!(12)));
    let list = get(&app, &viewer, "/console/api/refusals").await.json();
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|record| record["requestId"].clone()).collect();
    assert_eq!(listed, expected.iter().rev().map(|(_, _, reason, _)| json!(reason)).collect::<Vec<_>>());
}

#[tokio::test]
async fn metrics_count_what_usage_counts() {
    let (app, viewer, expected) = refusing().await;
    let text = app.ask("GET", "/metrics").send().await.text().to_owned();
    let metric = |line: &str| {
        let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        found.map_or(0, |number| number.parse::<u64>().unwrap_or_else(|error| panic!("{line} {number}: {error}")))
    };
    let mut keys: Vec<_> = expected.iter().map(|(key, ..)| key.clone().unwrap_or_default()).collect();
    keys.sort();
    keys.dedup();
    let mut sums = (0, 0, 0);
    for key in keys.iter().filter(|key| !key.is_empty()) {
        let told = usage(&app, &viewer, &format!("key={key}")).await;
        let (requests, refused, bytes) = totals(&told);
        assert_eq!(metric(&format!("claviger_key_requests_total{{key=\"{key}\"}}")), requests);
        assert_eq!(metric(&format!("claviger_key_response_bytes_total{{key=\"{key}\"}}")), bytes);
        for it in told["refusals"].as_array().unwrap() {
            let line = format!("claviger_key_refusals_total{{key=\"{key}\",reason=\"{}\"}}", it["reason"].as_str().unwrap());
            assert_eq!(metric(&line), it["count"].as_u64().unwrap(), "{line}");
        }
        sums = (sums.0 + requests, sums.1 + refused, sums.2 + bytes);
    }
    // What is left was without a known key.
    let all = totals(&usage(&app, &viewer, "").await);
    assert_eq!(metric("claviger_key_requests_total{key=\"\"}"), all.0 - sums.0);
    assert_eq!(metric("claviger_key_response_bytes_total{key=\"\"}"), all.2 - sums.2);
    for reason in ["missing_header", "repeated_header", "not_valid", "too_often"] {
        assert_eq!(metric(&format!("claviger_key_refusals_total{{key=\"\",reason=\"{reason}\"}}")), 1);
    }
    let refused = text.lines().filter(|line| line.starts_with("claviger_key_refusals_total{")).count() as u64;
    assert_eq!((refused, all.1), (12, 12));
    let by_status: u64 = ["2xx", "4xx", "5xx", "429"]
        .iter()
        .map(|class| metric(&format!("claviger_requests_total{{part=\"rest\",status=\"{class}\"}}")))
        .sum();
    assert_eq!(by_status, all.0);
    assert_eq!(metric("claviger_refusals_not_recorded_total"), 0);
    assert!(text.lines().any(|line| line.starts_with("claviger_key_request_seconds_total{key=\"key_")));
}

#[tokio::test]
async fn a_denial_names_the_list_that_denied() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let nobody = app.key(json!({ "role": "Nobody" }));
    let answer = app.get("/rest/Book(17)/title?$filter=title=Private", &nobody.secret).await;
    assert_eq!(answer.status, 401);
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(
        refusal(&app, &viewer, id).await,
        json!({
            "requestId": id, "at": "2026-04-01T12:00:00Z", "method": "GET", "path": "/rest/Book(…)/title", "status": 401,
            "reason": "no_permission", "message": "No permission to read for the Book dataclass", "errCode": 1557,
            "keyId": nobody.id.as_str(), "role": "Nobody", "address": "127.0.0.1",
            "rules": [{ "action": "read", "resource": "Book", "allowed": false, "by": "permissions.allowed[1].read",
                "reason": "Needs one of the privileges [all, see]; holds [guest]." }]
        })
    );
    let usage = usage(&app, &viewer, "").await;
    assert_eq!(usage["dataclasses"], json!([{ "name": "Book", "requests": 1 }]), "refused, but of this dataclass");

    let guarded = TestApp::with("[keys]\nadmin_protection = true\n");
    let viewer = guarded.person(ConsoleRole::Viewer).await;
    let administration = guarded.key(json!({ "type": "administration" }));
    let answer = guarded.get("/rest/Book", &administration.secret).await;
    assert_eq!(answer.status, 401);
    let record = refusal(&guarded, &viewer, answer.header("x-request-id").unwrap()).await;
    assert_eq!((&record["role"], &record["rules"][0]["allowed"]), (&Value::Null, &json!(false)));
    assert_eq!(record["rules"][0]["by"], "keys.admin_protection");
}

#[tokio::test]
async fn neither_data_nor_secrets_are_stored() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let admin = app.key(json!({ "role": "Admin" }));
    let secret = admin.secret.as_str();
    let ask = |method: &str, path: &str, id: &str| app.ask(method, path).header("x-request-id", id);
    for (path, kept) in [
        ("/rest/Book(Fairfax)", "/rest/Book(…)"),
        ("/rest/Book(%22Fairfax/Fairfax%22)/title", "/rest/Book(…)/title"),
        ("/rest/Book(Fairfax/Fairfax)/Fairfax", "/rest/Book(…)/…"),
        ("/rest/Book:title(Fairfax)", "/rest/Book:title(…)"),
        ("/rest/Book/fair@fax.example?$filter=Fairfax", "/rest/Book/…"),
        (&format!("/rest/{secret}"), "/rest/…"),
        (&format!("/rest/Book/{}", secret.replace('_', "%5F")), "/rest/Book/…"),
        ("/rest/", "/rest/"),
        ("/rest", "/rest"),
        ("/rest/Bokk", "/rest/Bokk"),
    ] {
        let answer = ask("GET", path, "r").key(secret).send().await;
        assert!(answer.status >= 400, "{path}: {}", answer.text());
        let record = refusal(&app, &viewer, "r").await;
        assert_eq!(record["path"], kept, "{path}");
    }
    assert_eq!(refusal(&app, &viewer, "r").await["message"], "The \"Bokk\" dataclass cannot be found");
    // Somebody pasted the secret into the ID, and a word into the method.
    let body = json!({ "__KEY": "Fairfax", "__STAMP": 1, "title": "Fairfax" });
    assert!(ask("POST", "/rest/Book?$method=update", secret).key(secret).json(&body).send().await.status >= 400);
    assert!(ask("FAIRFAX", "/rest/Book", "method").key(secret).send().await.status >= 400);
    assert_eq!(refusal(&app, &viewer, "method").await["method"], "other");
    assert_eq!(refusal(&app, &viewer, secret).await["requestId"], "claviger_***");
    for entry in std::fs::read_dir(app.folder.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for word in ["fairfax", &secret.to_lowercase()] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

#[tokio::test]
async fn of_one_request_id_the_newest_counts_and_a_day_later_none() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "role": "Reader" }));
    let ask = |path: &str| app.ask("GET", path).key(&reader.secret).header("x-request-id", "a/b%").send();
    ask("/rest/First").await;
    app.set_clock(NOON + 1000);
    ask("/rest/Second").await;
    assert_eq!(refusal(&app, &viewer, "a%2Fb%25").await["path"], "/rest/Second");
    app.ask("GET", "/rest/Third").send().await;
    let list = async |query: &str| {
        let answer = get(&app, &viewer, &format!("/console/api/refusals?{query}")).await;
        answer.json().as_array().unwrap().iter().map(|record| record["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, ["/rest/Third", "/rest/Second", "/rest/First"]);
    assert_eq!(list("limit=1").await, ["/rest/Third"]);
    assert_eq!(list(&format!("key={}", reader.id)).await, ["/rest/Second", "/rest/First"]);
    let unknown = get(&app, &viewer, "/console/api/refusals/nothing").await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "not-found"));

    app.set_clock(NOON + DAY + 500);
    let viewer = app.sign_in("viewer@example.org", support::PASSWORD).await;
    let paths = get(&app, &viewer, "/console/api/refusals").await.json();
    assert_eq!(paths.as_array().unwrap().len(), 2, "the first one is gone");
    app.set_clock(NOON + DAY + 2000);
    assert_eq!(get(&app, &viewer, "/console/api/refusals/a%2Fb%25").await.status, 404);
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_refused() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    for (path, fields) in [
        ("usage?period=week", vec!["period"]),
        ("usage?period=Hour&key=7", vec!["period", "key"]),
        ("usage?key=*", vec!["key"]),
        ("refusals?limit=0", vec!["limit"]),
        ("refusals?limit=1001&key=", vec!["limit", "key"]),
    ] {
        let answer = get(&app, &viewer, &format!("/console/api/{path}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-fields"), "{path}");
        let told: Vec<_> = answer.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(told, fields, "{path}");
    }
}

#[tokio::test]
async fn numbers_outlive_the_key_and_the_process() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "description": "Reports", "role": "Reader" }));
    let page = size(&app, "/rest/Book", &reader).await;
    app.get("/rest/Bokk", &reader.secret).await;
    let before = usage(&app, &viewer, &format!("key={}", reader.id)).await;
    assert_eq!((before["totals"]["requests"].clone(), counted(&before).len()), (json!(2), 1));
    app.state.control().delete_key(&reader.id, &Actor::command_line()).unwrap();
    app.state.refresh_keys().unwrap();
    let TestApp { state, clock, folder, database } = app;
    drop(state);
    let state = AppState::open(folder.path(), support::opening(&support::control_table(database.as_ref()), &clock)).unwrap();
    let app = TestApp { state, clock, folder, database };
    assert_eq!(usage(&app, &viewer, &format!("key={}", reader.id)).await, before);
    let keys = usage(&app, &viewer, "").await["keys"].clone();
    let bytes = before["totals"]["bytes"].as_u64().unwrap();
    assert!(bytes > page);
    assert_eq!(keys, json!([{ "id": reader.id.as_str(), "description": null, "requests": 2, "refused": 1, "bytes": bytes }]));
    let list = get(&app, &viewer, &format!("/console/api/refusals?key={}", reader.id)).await.json();
    assert_eq!(list[0]["message"], "The \"Bokk\" dataclass cannot be found");
}

#[tokio::test]
async fn without_keys_a_refusal_names_the_guests_permission() {
    let app = TestApp::with("[keys]\ncheck = \"off_everybody_is_guest\"");
    let viewer = app.person(ConsoleRole::Viewer).await;
    assert_eq!(app.ask("GET", "/rest/Book").header("x-request-id", "one").send().await.status, 401);
    let told = refusal(&app, &viewer, "one").await;
    assert_eq!((&told["keyId"], &told["errCode"]), (&Value::Null, &json!(1557)));
    let rule = &told["rules"][0];
    assert_eq!((&rule["action"], &rule["resource"], &rule["allowed"]), (&json!("read"), &json!("Book"), &json!(false)), "{told}");
    assert_eq!(rule["by"], "permissions.allowed[1].read");
}

#[tokio::test]
async fn a_server_that_stops_writes_what_it_counted() {
    let app = TestApp::with("listen = \"127.0.0.1:0\"");
    let reader = app.key(json!({ "role": "Reader" }));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let running = tokio::spawn(app.state.clone().run_until(stopped, move |_| ready.send(()).unwrap()));
    is_ready.await.unwrap();
    size(&app, "/rest/Book", &reader).await;
    stop.send_replace(true);
    running.await.unwrap().unwrap();
    let whose = claviger_store::control::Whose::Key(reader.id.clone());
    let usage = app.state.control().usage(&whose, claviger_store::control::Level::Day, 1).unwrap();
    assert_eq!(usage.points[0].requests, 1);
}

#[tokio::test]
async fn a_noisy_key_pushes_out_only_its_own_records() {
    let app = TestApp::new();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let (quiet, noisy) = (app.key(json!({ "role": "Reader" })), app.key(json!({ "role": "Reader" })));
    app.ask("GET", "/rest/Bokk").key(&quiet.secret).header("x-request-id", "quiet").send().await;
    for number in 0..600 {
        app.ask("GET", "/rest/Bokk").key(&noisy.secret).header("x-request-id", &number.to_string()).send().await;
    }
    assert_eq!(refusal(&app, &viewer, "quiet").await["keyId"], quiet.id.as_str());
    assert_eq!(refusal(&app, &viewer, "599").await["keyId"], noisy.id.as_str());
    assert_eq!(refusal(&app, &viewer, "472").await["keyId"], noisy.id.as_str());
    assert_eq!(get(&app, &viewer, "/console/api/refusals/471").await.status, 404);
    let text = app.ask("GET", "/metrics").send().await.text().to_owned();
    assert!(text.lines().any(|line| line == "claviger_refusals_not_recorded_total 472"), "{text}");
    let (requests, refused, _) = totals(&usage(&app, &viewer, "").await);
    assert_eq!((requests, refused), (601, 601));
}

#[tokio::test]
async fn strangers_push_out_no_record_of_a_known_key_and_no_count() {
    let app = TestApp::with("[limits]\nrefusals_per_minute = 0\n");
    let viewer = app.person(ConsoleRole::Viewer).await;
    let reader = app.key(json!({ "role": "Reader" }));
    app.ask("GET", "/rest/Bokk").key(&reader.secret).header("x-request-id", "known").send().await;
    const FLOOD: u64 = 4200;
    for number in 0..FLOOD {
        app.ask("GET", "/rest/Book").key("claviger_wrong").header("x-request-id", &number.to_string()).send().await;
    }
    assert_eq!(refusal(&app, &viewer, "known").await["path"], "/rest/Bokk");
    assert_eq!(refusal(&app, &viewer, "4199").await["reason"], "not_valid");
    assert_eq!(refusal(&app, &viewer, "3688").await["reason"], "not_valid");
    assert_eq!(get(&app, &viewer, "/console/api/refusals/3687").await.status, 404, "the oldest are dropped");
    let text = app.ask("GET", "/metrics").send().await.text().to_owned();
    for line in [
        "claviger_refusals_not_recorded_total 3688".to_owned(),
        format!("claviger_key_refusals_total{{key=\"\",reason=\"not_valid\"}} {FLOOD}"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
    assert_eq!(totals(&usage(&app, &viewer, "").await).0, FLOOD + 1);
}
