//! The session, answers of another form, other servers, singletons.

use claviger_script::{Call, Pool};
use serde_json::{Value, json};

use crate::common::library::{Library, check, library_call, library_load, library_pool, outcome};
use crate::common::rules;

#[tokio::test]
async fn privileges_are_asked_and_changed() {
    check(
        &[],
        &[
            ("return [session.hasPrivilege('curate'), session.promote('curate'), session.promote('curate'), session.hasPrivilege('curate'), session.demote(1) === undefined]", json!([false, 1, 0, true, true])),
            ("session.setPrivileges('one'); const had = session.getPrivileges(); session.clearPrivileges(); return [had, session.getPrivileges(), session.key]", json!([["one"], [], { "id": 5, "role": "Clerk" }])),
            ("session.hasPrivilege = () => true", json!("'hasPrivilege' is read-only")),
            ("session.storage = {}", json!("no setter for property")),
        ],
    )
    .await;
}

#[tokio::test]
async fn storage_and_session_singletons_stay_with_the_session() {
    let files = [
        (
            "DataStore.js",
            "export class DataStore { count() { return session.storage.n = (session.storage.n ?? 0) + 1 } look() { return session.storage } fail() { session.storage.n = 50; throw new Error('no') } }",
        ),
        (
            "Cart.js",
            "export class Cart { static singleton = 'session'; items = []; add(item) { this.items.push(item); return this.items } }",
        ),
    ];
    let pool = library_pool(&files).await;
    let library = Library::new();
    for (class, function, argument, wanted) in [
        ("DataStore", "count", json!(null), json!(1)),
        ("DataStore", "count", json!(null), json!(2)),
        ("Cart", "add", json!("a"), json!(["a"])),
        ("Cart", "add", json!("b"), json!(["a", "b"])),
        ("DataStore", "look", json!(null), json!({ "n": 2 })),
    ] {
        assert_eq!(
            outcome(&pool, &library_call(class, function, json!([argument])), &library).await["value"],
            wanted,
            "{class} {function}"
        );
    }
    assert_eq!(library.state.lock().storage, json!({ "n": 2, "$singletons": { "Cart": { "items": ["a", "b"] } } }));
    // What did not change is not sent; what an error left behind is kept.
    library.asked();
    outcome(&pool, &library_call("DataStore", "look", json!([])), &library).await;
    assert_eq!(library.asked(), "storage:1");
    assert_eq!(outcome(&pool, &library_call("DataStore", "fail", json!([])), &library).await, json!("no"));
    assert_eq!(library.state.lock().storage["n"], 50);
    // Another session has another.
    let other = Library::new();
    assert_eq!(outcome(&pool, &library_call("Cart", "add", json!(["c"])), &other).await["value"], json!(["c"]));
}

#[tokio::test]
async fn nothing_is_kept_of_a_call_that_reached_a_limit() {
    let text =
        "export class DataStore { much() { session.storage.n = 1; try { ds.Book.get(1) } catch {} ds.Book.new().save(); return 1 } }";
    let pool = library_pool(&[("DataStore.js", text)]).await;
    let library = Library::new();
    library.state.lock().limited = "get".to_owned();
    assert_eq!(
        outcome(&pool, &library_call("DataStore", "much", json!([])), &library).await,
        json!("the function reached the limit of rows")
    );
    assert_eq!(library.asked(), "storage:1 get:1");
    assert_eq!(library.state.lock().storage, json!({}));
}

#[tokio::test]
async fn answers_have_status_headers_and_bytes() {
    let bodies = [
        (
            "response('hé', { status: 201, headers: { 'X-A': 1, 'Content-Type': 'text/html' } })",
            json!({ "kind": "response", "status": 201, "headers": [["X-A", "1"]], "body": "aMOp", "type": "text/html" }),
        ),
        (
            "response({ a: ds.Country.get('PT').name })",
            json!({ "kind": "response", "status": 200, "headers": [], "body": "eyJhIjoiUG9ydHVnYWwifQ==", "type": "application/json; charset=utf-8" }),
        ),
        (
            "response(new Uint8Array([1]))",
            json!({ "kind": "response", "status": 200, "headers": [], "body": "AQ==", "type": "application/octet-stream" }),
        ),
        (
            "response(null, { status: 204 })",
            json!({ "kind": "response", "status": 204, "headers": [], "body": "", "type": "text/plain; charset=utf-8" }),
        ),
        ("response('', { status: 99 })", json!("a status is a number from 200 to 599")),
    ];
    let cases: Vec<_> = bodies.iter().map(|(body, wanted)| (format!("return {body}"), wanted.clone())).collect();
    check(&[], &cases.iter().map(|(body, wanted)| (body.as_str(), wanted.clone())).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn other_servers_are_asked() {
    check(
        &[],
        &[
            ("const answer = await fetch('https://a.example/'); return [answer.ok, answer.status, answer.statusText, answer.url, answer.headers.get('x-method'), await answer.json(), answer.bodyUsed]", json!([true, 201, "Created", "https://a.example/", "GET", {}, true])),
            ("const answer = await fetch(new URL('https://a.example/'), { method: 'post', body: 'hé' }); return [await answer.text(), [...answer.headers]]", json!(["hé", [["x-method", "POST"]]])),
            ("return [...(await (await fetch('x', { method: 'PUT', body: new Uint8Array([7]) })).bytes())]", json!([7])),
            ("return (await (await fetch('x', { method: 'PUT', body: { a: 1 } })).arrayBuffer()).byteLength", json!(7)),
            ("const answer = await fetch('x'); await answer.text(); return answer.text()", json!("the body was read already")),
            ("return fetch('https://secret.example/')", json!("the host is not allowed")),
            ("return fetch('https://secret.example/').catch(error => [error instanceof TypeError, error.errCode])", json!([true, 1826])),
        ],
    )
    .await;
}

const COUNTER: &str = "let module = 0;
    export class Counter { static singleton = 'shared'; n = 0;
        next() { module++; globalThis.left = 1; return [++this.n, module, ds.Book.getCount(), session.key.id] }
        keep() { this.all = ds.Book.all(); this.book = ds.Book.get(1); return this.all.length }
        stale() { try { this.all.length } catch (error) { return [error.message, this.book.title, this.book.author.fullName] } }
        left() { return typeof left }
        spin() { for (;;); } }";

async fn ask(pool: &Pool, library: &Library, function: &str) -> Value {
    let result = outcome(pool, &Call { timeout_ms: 1000, ..library_call("Counter", function, json!([])) }, library).await;
    if result["kind"] == "value" { result["value"].clone() } else { result }
}

#[tokio::test]
async fn a_shared_singleton_is_one_and_starts_anew_when_it_is_killed() {
    let pool = Pool::start(rules(2), library_load(&[("Counter.js", COUNTER)])).await.unwrap();
    let library = Library::new();
    for n in 1..4 {
        assert_eq!(ask(&pool, &library, "next").await, json!([n, n, 250, 5]));
    }
    assert_eq!(ask(&pool, &library, "left").await, json!("undefined"));
    // Several at once wait in line.
    let (a, b, c) = tokio::join!(ask(&pool, &library, "next"), ask(&pool, &library, "next"), ask(&pool, &library, "next"));
    let mut got: Vec<_> = [a, b, c].iter().map(|value| value[0].as_i64().unwrap()).collect();
    got.sort_unstable();
    assert_eq!(got, [4, 5, 6]);
    assert_eq!(ask(&pool, &library, "keep").await, json!(250));
    assert_eq!(ask(&pool, &library, "stale").await, json!(["the entity selection belongs to a call that has ended", "Book 1", "Ben"]));
    assert_eq!(ask(&pool, &library, "spin").await, json!("the function reached the limit of time"));
    assert_eq!(ask(&pool, &library, "next").await, json!([1, 1, 250, 5]));
}
