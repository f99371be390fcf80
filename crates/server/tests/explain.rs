//! Explanations: the same answer as the gate and the dialect give, with the rules that gave it (`roles-privileges.md` 10).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use claviger_server::accept::Door;
use claviger_store::control::ConsoleRole;
use serde_json::{Value, json};
use support::{Answer, DAY, NOON, Person, TestApp};

async fn ask(app: &TestApp, person: &Person, question: &Value) -> Answer {
    app.ask("POST", "/console/api/explain").by(person).json(question).send().await
}

async fn explain(app: &TestApp, person: &Person, question: Value) -> Value {
    let answer = ask(app, person, &question).await;
    assert_eq!(answer.status, 200, "{question}: {}", answer.text());
    support::schema::assert_described("/console/api/explain", "post", &answer);
    answer.json()
}

/// `action resource allowed` of each rule.
fn told(rules: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |rule: &Value| {
        assert!(!text(&rule["by"]).is_empty() && !text(&rule["reason"]).is_empty(), "{rule}");
        format!("{} {} {}", text(&rule["action"]), text(&rule["resource"]), if rule["allowed"] == json!(true) { "yes" } else { "no" })
    };
    rules.as_array().unwrap().iter().map(one).collect()
}

/// Method, path and body; `{n}` is another book each time, `{fresh}` another number.
const REQUESTS: &[(&str, &str, Option<&str>)] = &[
    ("GET", "/rest/Book", None),
    ("HEAD", "/rest/Book", None),
    ("GET", "/rest/Book({n})", None),
    ("GET", "/rest/Book[7]/title,price", None),
    ("GET", "/rest/Book?$attributes=title,author.name", None),
    ("GET", "/rest/Book?$expand=author", None),
    ("GET", "/rest/Book?$filter=\"price > 3\"", None),
    ("GET", "/rest/Book?$filter=\"author.name = 'A@'\"", None),
    ("GET", "/rest/Book?$filter=\"authorName = 'A@'\"", None),
    ("GET", "/rest/Book?$filter=\"title = :1\"&$params=['Book 1']", None),
    ("GET", "/rest/Book?$orderby=price desc", None),
    ("GET", "/rest/Book/price?$compute=sum", None),
    ("GET", "/rest/Book/title?$distinct=true", None),
    ("GET", "/rest/Book:title(Book 1)", None),
    ("GET", "/rest/Book:price(1)", None),
    ("GET", "/rest/Author?$expand=books", None),
    ("GET", "/rest/Author?$filter=\"books.price > 3\"", None),
    ("GET", "/rest/Loan?$filter=\"book.title = 'x'\"", None),
    ("GET", "/rest/$catalog", None),
    ("GET", "/rest/$catalog/$all", None),
    ("GET", "/rest/$catalog/Author", None),
    ("GET", "/rest/$info", None),
    ("GET", "/rest/Ledger", None),
    ("GET", "/rest/Nothing", None),
    ("GET", "/rest/", None),
    ("GET", "/rest/Book?$filter=\"price >\"", None),
    ("GET", "/rest/Book?$filter=\"nothing = 1\"", None),
    ("GET", "/rest/Book?$top=x", None),
    ("GET", "/rest/Book(1)%", None),
    ("GET", "/rest/Book?$attributes=nothing", None),
    ("GET", "/rest/Book({n})?$method=update", None),
    ("DELETE", "/rest/Book", None),
    ("POST", "/rest/Book", None),
    ("POST", "/rest/Book?$method=update", Some(r#"{"title":"New"}"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"{"title":"New","price":5}"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"{"title":"New","price":null}"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"[{"title":"New"},{"title":"New","price":5}]"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"[{"title":"New"},{"title":{"a":1}}]"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"{"title":"#)),
    ("POST", "/rest/Book?$method=update", Some("7")),
    ("POST", "/rest/Book?$method=update", Some(r#"{"title":{"a":1}}"#)),
    ("POST", "/rest/Book?$method=update", Some(r#"{"$serde_json::private::Number":"1"}"#)),
    ("PUT", "/rest/Book({n})", Some(r#"{"title":"Changed"}"#)),
    ("PATCH", "/rest/Book({n})", Some(r#"{"price":1000}"#)),
    ("POST", "/rest/Author?$method=update", Some(r#"{"name":"Cleo"}"#)),
    ("POST", "/rest/Seat?$method=update", Some(r#"{"row":"A","number":{fresh}}"#)),
    ("DELETE", "/rest/Loan(99)", None),
    ("POST", "/rest/$upload?$binary=true", Some("bytes")),
    ("POST", "/rest/$upload", Some("bytes")),
    ("GET", "/rest/$upload?$rawPict=true", None),
    ("POST", "/rest/Book(7)/title?$binary=true", Some("bytes")),
    ("POST", "/rest/Book(7)/price?$rawPict=true", Some("bytes")),
];

/// Real answer and explanation must agree: on success, status, message and number.
async fn agree(app: &TestApp, person: &Person, secret: &str, caller: &Value, request: (&str, &str, Option<&str>)) {
    let (method, path, body) = request;
    let mut question = json!({ "method": method, "path": path, "from": "127.0.0.1" });
    question.as_object_mut().unwrap().extend(caller.as_object().unwrap().clone());
    if let Some(body) = body {
        question["body"] = json!(body);
    }
    let explained = explain(app, person, question.clone()).await;
    let target = path.replace(' ', "%20").replace('"', "%22").replace('>', "%3E");
    let real = app.ask(method, &target).key(secret).body(body.unwrap_or_default().as_bytes()).send().await;
    let label = format!("{question}\n{explained}\n{} {}", real.status, String::from_utf8_lossy(&real.body));
    // Only the data says that an entity is absent.
    let absent = real.status == 404 && path.contains("(99)");
    assert_eq!(explained["allowed"], json!(real.status == 200 || absent), "{label}");
    if real.status == 200 || absent {
        assert_eq!(
            (&explained["status"], &explained["message"], &explained["errCode"]),
            (&json!(null), &json!(null), &json!(null)),
            "{label}"
        );
        let denied = told(&explained["rules"]).iter().any(|rule| rule.ends_with(" no"));
        assert!(!denied, "{label}");
        return;
    }
    assert_eq!(explained["status"], real.status, "{label}");
    let answer = real.json();
    if let Some(first) = answer["__ERROR"].as_array().and_then(|items| items.first()) {
        assert_eq!((&explained["message"], &explained["errCode"]), (&first["message"], &first["errCode"]), "{label}");
    } else {
        assert_eq!((&explained["message"], &explained["errCode"]), (&answer["error"], &json!(null)), "{label}");
    }
    let is_permission = real.status == 401 && explained["errCode"] != json!(1611);
    let denied: Vec<_> = told(&explained["rules"]).into_iter().filter(|rule| rule.ends_with(" no")).collect();
    assert_eq!(!denied.is_empty(), is_permission || real.status == 403, "{label}");
}

#[tokio::test]
async fn it_says_what_the_gate_and_the_dialect_answer() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let mut callers = Vec::new();
    for role in ["Admin", "Reader", "Seller", "Clerk", "Cleaner", "Nobody"] {
        let key = app.key(json!({ "role": role }));
        callers.push((json!({ "role": role }), key.secret.clone()));
        callers.push((json!({ "key": key.id }), key.secret));
    }
    for draft in [
        json!({ "type": "administration" }),
        json!({ "role": "Reader", "allowedHosts": ["127.0.0.0/8"] }),
        json!({ "role": "Admin", "allowedHosts": ["192.0.2.7"] }),
        json!({ "role": "Admin", "expiresOn": "2026-04-01" }),
    ] {
        let key = app.key(draft);
        callers.push((json!({ "key": key.id }), key.secret));
    }
    let (mut next, mut fresh) = (5, 0);
    for at in [NOON, NOON + DAY] {
        app.set_clock(at);
        let viewer = if at == NOON { &viewer } else { &app.sign_in("viewer@example.org", support::PASSWORD).await };
        for (caller, secret) in &callers {
            for (method, path, body) in REQUESTS {
                (next, fresh) = (next % 55 + 6, fresh + 1);
                let path = path.replace("{n}", &next.to_string());
                let body = body.map(|body| body.replace("{fresh}", &fresh.to_string()));
                agree(&app, viewer, secret, caller, (method, &path, body.as_deref())).await;
            }
        }
    }
}

#[tokio::test]
async fn a_post_to_a_blob_stores_its_body_and_without_one_reads() {
    let model = r#"{ "dataClasses": [{ "name": "Book", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
      { "name": "title", "kind": "storage", "type": "string" },
      { "name": "price", "kind": "storage", "type": "number" },
      { "name": "cover", "kind": "storage", "type": "image" },
      { "name": "sample", "kind": "storage", "type": "blob" }] }, { "name": "Author", "attributes": [
      { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true }] }] }"#;
    let app = TestApp::of("", model, support::shelf::ROLES);
    let viewer = app.person(ConsoleRole::Viewer).await;
    let admin = app.key(json!({ "role": "Admin" }));
    assert_eq!(app.ask("POST", "/rest/Book").key(&admin.secret).json(&json!({ "ID": 7, "title": "Seven" })).send().await.status, 200);
    for role in ["Admin", "Reader", "Clerk", "Nobody"] {
        let key = app.key(json!({ "role": role }));
        for (path, body) in [
            ("/rest/Book(7)/sample", None),
            ("/rest/Book(7)/sample", Some("bytes")),
            ("/rest/Book(7)/sample?$binary=true", None),
            ("/rest/Book(7)/sample?$binary=true", Some("bytes")),
            ("/rest/Book(7)/cover?$rawPict=true", None),
            ("/rest/Book(7)/sample?$extendedAttributes=true", Some("{}")),
        ] {
            agree(&app, &viewer, &key.secret, &json!({ "role": role }), ("POST", path, body)).await;
        }
    }
}

#[tokio::test]
async fn what_is_read_is_told_attribute_by_attribute() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let of = async |role: &str, path: &str| explain(&app, &viewer, json!({ "role": role, "method": "GET", "path": path })).await;
    let page = of("Reader", "/rest/Book?$filter=\"title = 'x' and authorName = 'y'\"&$orderby=ID").await;
    assert_eq!(told(&page["rules"]), ["read Book yes", "read Book.title yes", "read Book.authorName yes", "read Book.ID yes"]);
    assert_eq!(page["rules"][0]["by"], "permissions.allowed[1].read");
    assert_eq!(page["rules"][0]["reason"], "Needs one of the privileges [see]; holds [see, guest].");
    assert_eq!(told(&page["leftOut"]), ["read Book.price no"], "the answer does not carry it");
    assert_eq!(page["leftOut"][0]["by"], "permissions.allowed[2].read");
    let cut = of("Reader", "/rest/Book(1)/title").await;
    assert_eq!((told(&cut["rules"]), &cut["leftOut"]), (vec!["read Book yes".to_owned(), "read Book.title yes".to_owned()], &json!([])));
    let related = of("Seller", "/rest/Book?$filter=\"author.books.price > 3\"&$expand=author").await;
    let expected = ["read Book yes", "read Book.author yes", "read Author yes", "read Author.books yes", "read Book.price yes"];
    assert_eq!(told(&related["rules"]), expected);
    let refused = of("Reader", "/rest/Book?$filter=\"title = 'x' and price > 3\"").await;
    assert_eq!(told(&refused["rules"]), ["read Book yes", "read Book.title yes", "read Book.price no"]);
    assert_eq!((&refused["status"], &refused["errCode"]), (&json!(401), &json!(1607)));
    let compute = of("Seller", "/rest/Book/price?$compute=max").await;
    assert_eq!(told(&compute["rules"]), ["read Book yes", "read Book.price yes"]);
    let catalog = of("Reader", "/rest/$catalog").await;
    assert_eq!((&catalog["allowed"], told(&catalog["leftOut"])), (&json!(true), vec!["describe Author no".to_owned()]));
}

#[tokio::test]
async fn what_is_written_is_told_with_its_conditions() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let of = async |role: &str, method: &str, path: &str, body: Option<&str>| {
        explain(&app, &viewer, json!({ "role": role, "method": method, "path": path, "body": body })).await
    };
    let update = of("Clerk", "PATCH", "/rest/Book(7)", Some(r#"{"title":"x"}"#)).await;
    assert_eq!(told(&update["rules"]), ["read Book yes", "update Book yes", "read Book.title yes", "update Book.title yes"]);
    // An update with a null is a removal where the attribute has such a list.
    let removal = of("Clerk", "PATCH", "/rest/Book(7)", Some(r#"{"title":null}"#)).await;
    assert_eq!(told(&removal["rules"])[3], "drop Book.title no");
    assert_eq!((&removal["allowed"], &removal["status"]), (&json!(false), &json!(401)));
    assert!(removal["rules"][3]["reason"].as_str().unwrap().ends_with("Refused unless the value given is the one that is stored."));
    // Nothing but its method says that it saves: what would be saved is not asked.
    let empty = of("Clerk", "POST", "/rest/Book?$method=update", None).await;
    assert_eq!((&empty["allowed"], told(&empty["rules"])), (&json!(true), vec!["create Book yes".to_owned()]));
    // Who may delete books cannot delete those that are lent, whose title has a value, …
    let delete = of("Cleaner", "DELETE", "/rest/Book(1)", None).await;
    let expected = [
        "read Book yes",
        "drop Book yes",
        "drop Book.title no",
        "read Loan no",
        "drop Loan no",
        "read Review no",
        "update Review no",
        "read Review.book no",
        "update Review.book no",
    ];
    assert_eq!(told(&delete["rules"]), expected);
    assert_eq!(delete["allowed"], true, "only the data decides");
    let reason = |at: usize| delete["rules"][at]["reason"].as_str().unwrap().to_owned();
    assert!(reason(2).ends_with("Refused where an entity that is reached has a value in it."), "{delete}");
    assert!(reason(4).ends_with("Refused where entities of Loan refer to one that is deleted."), "{delete}");
}

#[tokio::test]
async fn the_gates_rules_are_told_when_they_pass() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let key = app.key(json!({ "role": "Reader", "expiresOn": "2026-12-31", "allowedHosts": ["192.0.2.10", "2001:db8:5::/48"] }));
    let of = async |more: Value| {
        let mut question = json!({ "key": key.id, "method": "GET", "path": "/rest/Book" });
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        explain(&app, &viewer, question).await
    };
    let id = key.id.as_str();
    let hosts = "allowed hosts: 192.0.2.10, 2001:db8:5::/48";
    let inside = of(json!({ "from": "::ffff:192.0.2.10" })).await;
    assert_eq!(
        inside["rules"][0],
        json!({ "action": "request", "resource": id, "allowed": true, "by": hosts, "reason": "192.0.2.10 is an allowed host." })
    );
    assert_eq!(
        inside["rules"][1],
        json!({ "action": "request", "resource": id, "allowed": true, "by": "expires on 2026-12-31",
        "reason": "The key works to the end of this day, UTC." })
    );
    assert_eq!(told(&inside["rules"])[2], "read Book yes");
    let unasked = of(json!({})).await;
    assert_eq!((&unasked["allowed"], &unasked["rules"][0]["allowed"]), (&json!(true), &json!(true)));
    assert_eq!(
        (&unasked["rules"][0]["by"], &unasked["rules"][0]["reason"]),
        (&json!(hosts), &json!("Not asked: the question names no address."))
    );
    let outside = of(json!({ "from": "192.0.2.11", "at": "2999-01-01" })).await;
    assert_eq!((&outside["status"], &outside["message"], &outside["errCode"]), (&json!(403), &json!("403 - Forbidden"), &json!(null)));
    assert_eq!(told(&outside["rules"]), [format!("request {id} no")], "a stranger learns nothing of the expiry");
    for (at, allowed) in [("2026-12-31T23:59:59Z", true), ("2027-01-01", false), ("2027-01-01T00:30:00+01:00", true)] {
        assert_eq!(of(json!({ "at": at })).await["allowed"], allowed, "{at}");
    }
    let late = of(json!({ "at": "2027-01-01" })).await;
    assert_eq!((&late["status"], &late["message"]), (&json!(401), &json!("Api-key expired")));
    assert_eq!(told(&late["rules"]), [format!("request {id} yes"), format!("request {id} no")]);
    let open = app.key(json!({ "role": "Reader" }));
    let everywhere = explain(&app, &viewer, json!({ "key": open.id, "method": "GET", "path": "/rest/Book", "from": "203.0.113.9" })).await;
    assert_eq!(everywhere["rules"][0]["by"], "allowed hosts: all");
}

#[tokio::test]
async fn a_question_that_cannot_be_asked_is_told_by_field() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let fields = async |question: Value| {
        let answer = ask(&app, &viewer, &question).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-fields"), "{question}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        answer.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| format!("{} {}", text(&error["field"]), text(&error["code"])))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        fields(json!({ "method": "BREW", "path": "/console/api/keys", "from": "here", "at": "soon" })).await,
        ["from not_an_address", "at not_a_time", "method not_a_method", "path not_under_rest", "key required"]
    );
    let book = json!({ "method": "GET", "path": "/rest/Book" });
    let with = |more: Value| {
        let mut question = book.clone();
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        question
    };
    assert_eq!(fields(with(json!({ "role": "Ghost" }))).await, ["role not_declared"]);
    assert_eq!(fields(with(json!({ "role": "Admin", "key": "key_7Qm2vT9sLk4d" }))).await, ["role not_allowed"]);
    assert_eq!(fields(with(json!({ "role": "Admin", "body": 7, "x": 1 }))).await, ["body wrong_type", "x unknown_member"]);
    assert_eq!(fields(json!({ "role": "Admin" })).await, ["method required", "path required"]);
    for id in ["key_7Qm2vT9sLk4d", "nonsense"] {
        let answer = ask(&app, &viewer, &with(json!({ "key": id }))).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
    }
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_413_as_in_the_server() {
    let app = TestApp::shelf("[rest]\nmax_body_bytes = 4000").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let body = format!("{{\"title\":\"{}\"}}", "x".repeat(4000));
    let key = app.key(json!({ "role": "Clerk" }));
    agree(&app, &viewer, &key.secret, &json!({ "key": key.id }), ("POST", "/rest/Book?$method=update", Some(&body))).await;
}

#[tokio::test]
async fn administration_keys_follow_their_settings() {
    let bound = TestApp::with("console_listen = \"127.0.0.1:0\"\n[keys]\nadministration_listener = \"console\"");
    let viewer = bound.person(ConsoleRole::Viewer).await;
    let key = bound.key(json!({ "type": "administration" }));
    let question = json!({ "key": key.id, "method": "GET", "path": "/rest/Book" });
    for (door, allowed) in [(Door::Console, true), (Door::Both, false)] {
        let answer = bound.ask("POST", "/console/api/explain").by(&viewer).through(door).json(&question).send().await.json();
        let real = bound.ask("GET", "/rest/Book").key(&key.secret).through(door).send().await.status;
        assert_eq!((&answer["allowed"], real == 200), (&json!(allowed), allowed), "{answer}");
        assert_eq!(answer["rules"][2]["by"], "keys.administration_listener = \"console\"");
        assert_eq!(answer["status"], if allowed { json!(null) } else { json!(real) });
    }
    let protected = TestApp::with("[keys]\nadmin_protection = true");
    let viewer = protected.person(ConsoleRole::Viewer).await;
    let key = protected.key(json!({ "type": "administration" }));
    for path in ["/rest/Book", "/rest/$catalog", "/rest/$info"] {
        agree(&protected, &viewer, &key.secret, &json!({ "key": key.id }), ("GET", path, None)).await;
    }
    let answer = explain(&protected, &viewer, json!({ "key": key.id, "method": "GET", "path": "/rest/Book" })).await;
    assert_eq!(answer["rules"][2]["by"], "keys.admin_protection");
}

#[tokio::test]
async fn a_key_without_its_role_is_a_guest() {
    let app = TestApp::shelf("").await;
    let viewer = app.person(ConsoleRole::Viewer).await;
    let key = app.key(json!({ "role": "Reader" }));
    let roles = app.folder.path().join("roles.json");
    let text = std::fs::read_to_string(&roles).unwrap();
    std::fs::write(&roles, text.replace("\"Reader\"", "\"Other\"")).unwrap();
    app.state.reload_roles().unwrap();
    agree(&app, &viewer, &key.secret, &json!({ "key": key.id }), ("GET", "/rest/Book", None)).await;
    let answer = explain(&app, &viewer, json!({ "key": key.id, "method": "GET", "path": "/rest/Book" })).await;
    assert_eq!((&answer["rules"][2]["by"], &answer["rules"][2]["allowed"]), (&json!("role missing"), &json!(true)));
    assert_eq!(told(&answer["rules"])[3], "read Book no");
}

#[tokio::test]
async fn without_keys_everybody_is_explained_as_the_guest_that_the_server_sees() {
    for forced in [false, true] {
        let roles = support::shelf::ROLES.replacen('{', &format!("{{ \"forceLogin\": {forced},"), 1);
        let app = TestApp::of("[keys]\ncheck = \"off_everybody_is_guest\"", support::shelf::MODEL, &roles);
        let viewer = app.person(ConsoleRole::Viewer).await;
        let admin = app.key(json!({ "role": "Admin" }));
        // Of no matter to the server: it does not look at keys.
        let elsewhere = app.key(json!({ "type": "administration", "allowedHosts": ["192.0.2.7"] }));
        for caller in [json!({ "key": admin.id }), json!({ "key": elsewhere.id }), json!({ "role": "Admin" })] {
            for (method, path, body) in REQUESTS {
                let path = path.replace("{n}", "99").replace("(7)", "(99)").replace("[7]", "(99)");
                let body = body.map(|body| body.replace("{fresh}", "1"));
                agree(&app, &viewer, &admin.secret, &caller, (method, &path, body.as_deref())).await;
            }
            let mut question = json!({ "method": "GET", "path": "/rest/Book" });
            question.as_object_mut().unwrap().extend(caller.as_object().unwrap().clone());
            let answer = explain(&app, &viewer, question).await;
            assert_eq!(answer["rules"][0]["by"], "keys.check = \"off_everybody_is_guest\"", "{answer}");
            let last = if forced { "request guest no" } else { "read Book no" };
            assert_eq!(told(&answer["rules"])[1..], [last], "{answer}");
        }
    }
}

#[tokio::test]
async fn calls_of_functions_are_explained() {
    let app = TestApp::shelf("").await;
    let functions = app.folder.path().join("functions");
    std::fs::create_dir_all(&functions).unwrap();
    let text = "export class Book { static exposed = ['create', 'titles']; static onHttpGet = ['titles'];
          create() { return 1; } titles() { return 2; } }
        export class BookSelection { static exposed = ['count']; count() { return this.length; } }
        export class BookEntity { static exposed = ['lend', 'shout']; static types = { shout: 'string' }; lend() { return 3; }
          get shout() { return `${this.title}!`; } set shout(text) { this.title = `${text}!`; } }
        export class DataStore { static exposed = ['stats']; stats() { return 4; } }
        export class Mailer { static singleton = 'shared'; static exposed = ['ping']; ping() { return 5; } }";
    std::fs::write(functions.join("all.js"), text).unwrap();
    let roles = app.folder.path().join("roles.json");
    let entries = r#""allowed": [ { "applyTo": "Book.create", "type": "method", "execute": ["lend"] }, { "applyTo": "Book.lend", "type": "method", "execute": ["lend"] },
        { "applyTo": "Book.shout", "type": "attribute", "create": ["lend"], "update": ["lend"] },
        { "applyTo": "Book.count", "type": "method", "execute": ["see"] }, { "applyTo": "Mailer", "type": "singleton", "execute": ["see"] },"#;
    std::fs::write(&roles, std::fs::read_to_string(&roles).unwrap().replace("\"allowed\": [", entries)).unwrap();
    app.state.reload().await.functions.unwrap();
    let viewer = app.person(ConsoleRole::Viewer).await;
    let requests = [
        ("POST", "/rest/Book/create", Some("[]")),
        ("POST", "/rest/Book/create", Some("[")),
        ("GET", "/rest/Book/create", None),
        ("GET", "/rest/Book/titles", None),
        ("POST", "/rest/Book/count", Some("")),
        ("POST", "/rest/Book/count?$filter=\"price > 3\"", Some("[]")),
        ("POST", "/rest/Book(7)/lend", Some("[1]")),
        ("POST", "/rest/Book?$method=update", Some(r#"{"__KEY":"7","shout":"Other"}"#)),
        ("POST", "/rest/Book?$method=update", Some(r#"{"shout":"New"}"#)),
        ("POST", "/rest/$catalog/stats", Some("[]")),
        ("GET", "/rest/$catalog/stats", None),
        ("POST", "/rest/$singleton/Mailer/ping", Some("[]")),
        ("POST", "/rest/$singleton/Mailer/gone", Some("[]")),
        ("GET", "/rest/$catalog/$all", None),
        ("GET", "/rest/$openapi", None),
    ];
    for role in ["Admin", "Reader", "Seller", "Clerk", "Nobody"] {
        let key = app.key(json!({ "role": role }));
        for request in requests {
            agree(&app, &viewer, &key.secret, &json!({ "key": key.id }), request).await;
        }
    }
    let refused = explain(&app, &viewer, json!({ "role": "Reader", "method": "POST", "path": "/rest/Book/create" })).await;
    let rule = &refused["rules"][0];
    assert_eq!(
        (&rule["action"], &rule["resource"], &rule["by"]),
        (&json!("execute"), &json!("Book.create"), &json!("permissions.allowed[0].execute"))
    );
}
