//! Events of entities, inside functions and for the server.

use claviger_script::{Action, Call};
use serde_json::{Value, json};

use crate::common::library::{Library, check, library_call, library_pool, outcome};

const EVENTS: &str = "export class BookEntity {
        static events = ['validateSave', 'saving', 'afterSave', 'validateDrop', 'dropping', 'afterDrop'];
        validateSave(event) {
            if (this.title === 'refused') return { errCode: 77, message: 'not this title' };
            if (this.title === 'thrown') throw Object.assign(new Error('thrown away'), { errCode: 78 });
            if (this.title === 'deep') { const f = () => f() + 1; f() }
            if (this.title === 'bomb') { const all = []; for (;;) all.push(new Array(1000).fill(all.length)) }
            if (this.title === 'endless') for (;;);
            if (this.title === 'rows') ds.Book.all().length;
            if (this.title === 'again') this.save();
            if (this.title === 'later') return Promise.resolve();
        }
        saving(event) { if (this.isNew()) this.price = 1; this.title = this.title?.trim(); if (event.name !== 'saving') throw new Error(event.name) }
        afterSave() { session.storage.saved = this.title; if (this.title === 'after') throw new Error('after all') }
        validateDrop() { if (this.ID === 2) return { message: 'two stays' } }
        dropping() { if (this.ID === 3) throw new Error('three stays') }
        afterDrop() { session.storage.dropped = this.ID }
    }";

#[tokio::test]
async fn events_refuse_and_change_inside_functions() {
    check(
        &[("Book.js", EVENTS)],
        &[
            ("const book = ds.Book.get(1); book.title = 'refused'; return [book.save(), ds.Book.get(1).title, book.touched()]", json!([{ "success": false, "status": 4, "statusText": "Other error", "errors": [{ "message": "not this title", "errCode": 77 }] }, "Book 1", true])),
            ("const book = ds.Book.get(1); book.title = 'thrown'; return book.save().errors", json!([{ "message": "thrown away", "errCode": 78 }])),
            ("const book = ds.Book.get(1); book.title = '  x '; book.save(); return [book.title, ds.Book.get(1).title, session.storage.saved]", json!(["x", "x", "x"])),
            ("const book = ds.Book.new(); book.title = 'n'; book.save(); return book.price", json!(1)),
            ("return [ds.Book.get(1).save(), session.storage.saved === undefined]", json!([{ "success": true }, true])),
            ("const book = ds.Book.get(1); book.title = 'again'; return book.save().errors[0].message", json!("an event cannot save or drop its own entity")),
            ("const book = ds.Book.get(1); book.title = 'later'; return book.save().errors[0].message", json!("the event validateSave cannot be async")),
            ("const book = ds.Book.get(1); book.title = 'after'; try { book.save() } catch (error) { return [error.message, ds.Book.get(1).title] }", json!(["after all", "after"])),
            ("const book = ds.Book.get(1); book.title = 'deep'; return book.save()", json!("the function reached the limit of stack")),
            ("return [ds.Book.get(2).drop().errors[0].message, ds.Book.get(3).drop().errors[0].message, ds.Book.get(4).drop().success, session.storage.dropped]", json!(["two stays", "three stays", true, 4])),
            ("return ds.Book.query('ID in :1', [1, 2, 3, 4]).drop().ID", json!([2, 3])),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_server_has_events_run_for_many_entities_at_once() {
    let pool = library_pool(&[("Book.js", EVENTS)]).await;
    let library = Library::new();
    let entity = |id: i64, values: Value| json!({ "attributes": ["ID", "title"], "row": [id, 1, [id, "t"]], "values": values });
    let new = json!({ "attributes": [], "row": null, "isNew": true, "values": { "title": " new " } });
    let list = json!([
        entity(1, json!({ "title": "refused" })),
        entity(2, json!({ "title": " x" })),
        entity(3, json!({})),
        new,
        entity(5, json!({ "title": "same" })),
    ]);
    let ask = async |action: Action, list: &Value| {
        let this = serde_json::value::to_raw_value(list).unwrap();
        outcome(&pool, &Call { action, each: true, this, ..library_call("BookEntity", "", json!([])) }, &library).await
    };
    let before = ask(Action::BeforeSave, &list).await;
    assert_eq!(before[0], json!({ "error": { "message": "not this title", "errCode": 77 } }));
    assert_eq!(before[1], json!({ "values": { "title": "x" } }));
    assert_eq!(before[2], json!({ "values": { "title": "t" } }));
    assert_eq!(before[3], json!({ "values": { "title": "new", "price": 1 } }));
    assert_eq!(before[4], json!({ "values": {} }));
    let gone = json!([entity(1, json!({})), entity(2, json!({})), entity(3, json!({}))]);
    let two = json!({ "error": { "message": "two stays", "errCode": null } });
    let three = json!({ "error": { "message": "three stays", "errCode": null } });
    assert_eq!(ask(Action::BeforeDrop, &gone).await, json!([{ "values": {} }, two, three]));
    assert_eq!(ask(Action::AfterDrop, &gone).await, json!([{ "values": {} }, { "values": {} }, { "values": {} }]));
    let after = ask(Action::AfterSave, &json!([entity(1, json!({ "title": "after" })), entity(2, json!({}))])).await;
    assert_eq!(after, json!([{ "error": { "message": "after all", "errCode": null } }, { "values": {} }]));
    assert_eq!(library.state.lock().storage["saved"], "t");
}

#[tokio::test]
async fn a_limit_that_an_event_reaches_ends_the_call() {
    let text = "export class DataStore { save(title) { const book = ds.Book.get(1); book.title = title; const status = book.save(); console.log('went on'); return status } }";
    let pool = library_pool(&[("Book.js", EVENTS), ("DataStore.js", text)]).await;
    let entity = |title: &str| json!([{ "attributes": ["ID", "title"], "row": [1, 1, [1, "t"]], "values": { "title": title } }]);
    for (title, limit, timeout_ms) in
        [("bomb", "memory", 60_000), ("endless", "time", 300), ("rows", "rows", 60_000), ("deep", "stack", 60_000)]
    {
        let library = Library::new();
        library.state.lock().limited = "count".to_owned();
        let wanted = json!(format!("the function reached the limit of {limit}"));
        // While a function saves, and for the server.
        let saves = library_call("DataStore", "save", json!([title]));
        assert_eq!(outcome(&pool, &Call { timeout_ms, ..saves }, &library).await, wanted);
        let this = serde_json::value::to_raw_value(&entity(title)).unwrap();
        let event = Call { action: Action::BeforeSave, each: true, this, timeout_ms, ..library_call("BookEntity", "", json!([])) };
        assert_eq!(outcome(&pool, &event, &library).await, wanted);
        assert!(!library.state.lock().asked.contains(&"save".to_owned()), "{title}");
        assert!(library.state.lock().lines.is_empty(), "{title}: the function went on");
    }
}
