//! Row 64: sets that come back (`rest-dialect.md` 11.3, R1, R2, R6).

use serde_json::json;

use crate::library::{Library, app, app_with};
use crate::sets::{set, set_of};

const SAVED: &str = "$savedfilter=\"price < 20\"&$savedorderby=\"ID desc\"";

#[test]
fn row_64_ignored_while_the_set_lives() {
    let library = app();
    let url = set_of(&library.get(&format!("/rest/Book?$filter=\"price < 20\"&$orderby=\"ID desc\"&{SAVED}&$method=entityset")));
    library.post("/rest/Book?$method=update", &json!({ "ID": 40, "title": "Cheap", "price": 1 })).ok();
    assert_eq!(library.get(&format!("{url}?{SAVED}")).ids(), [18, 17, 12, 11]);
    // Whatever they say.
    assert_eq!(library.get(&format!("{url}?$savedfilter=\"nosuch = \"&$savedorderby=\"nosuch\"")).ids(), [18, 17, 12, 11]);
    // Its life restarts as usual.
    library.set_clock("2024-03-05T11:59:00.000Z");
    library.get(&format!("{url}?{SAVED}")).ok();
    library.set_clock("2024-03-05T13:58:00.000Z");
    assert_eq!(library.get(&format!("{url}?{SAVED}")).ids(), [18, 17, 12, 11]);
}

#[test]
fn row_64_same_id_after_the_loss_for_600_seconds() {
    let library = app();
    let url =
        set_of(&library.get(&format!("/rest/Book?$filter=\"price < 20\"&$orderby=\"ID desc\"&{SAVED}&$timeout=5000&$method=entityset")));
    library.post("/rest/Book?$method=update", &json!({ "ID": 40, "title": "Cheap", "price": 1 })).ok();
    library.get(&format!("{url}?$method=release")).ok();
    library.get(&url).refused(404, &[1802]);
    // The contents are those of the moment; the answer is that of a living set.
    let answer = library.get(&format!("{url}?{SAVED}&$top=2"));
    assert_eq!((answer.ids(), answer.counts()), (vec![40, 18], (5, 0, 2)));
    assert_eq!(answer.members()[0], "__DATACLASS");
    // From now on it lives by itself.
    library.post("/rest/Book?$method=update", &json!({ "ID": 41, "title": "Cheaper", "price": 1 })).ok();
    assert_eq!(library.get(&url).ids(), [40, 18, 17, 12, 11]);
    assert_eq!(library.get(&format!("{url}?{SAVED}")).ids(), [40, 18, 17, 12, 11]);
    // 600 seconds, whatever the timeout was (R6).
    library.set_clock("2024-03-05T10:09:59.000Z");
    library.get(&url).ok();
    library.set_clock("2024-03-05T10:19:59.000Z");
    library.get(&url).refused(404, &[1802]);
    assert_eq!(library.get(&format!("{url}?{SAVED}")).ids(), [41, 40, 18, 17, 12, 11]);
}

#[test]
fn row_64_one_only() {
    let library = app();
    let url = set(&library, "Book");
    library.get(&format!("{url}?$method=release")).ok();
    assert_eq!(library.get(&format!("{url}?$savedfilter=\"price < 20\"")).ids(), [11, 12, 17, 18]);
    library.get(&format!("{url}?$method=release")).ok();
    assert_eq!(library.get(&format!("{url}?$savedorderby=\"ID desc\"")).ids(), [18, 17, 16, 15, 14, 13, 12, 11]);
}

#[test]
fn row_64_with_neither_it_is_gone() {
    let library = app();
    let url = set(&library, "Book");
    library.get(&format!("{url}?$method=release")).ok();
    for more in ["", "?$filter=\"price < 20\"", "?$savedfilter=\"\"", "?$savedfilter=&$savedorderby=''", "?$savedfilter=true"] {
        library.get(&format!("{url}{more}")).refused(404, &[1802]);
    }
    // An ID that is none cannot come back.
    library.get(&format!("/rest/Book/$entityset/1234?{SAVED}")).refused(404, &[1802]);
    // Nor does a release bring one back.
    library.get(&format!("{url}?$method=release&{SAVED}")).refused(404, &[1802]);
}

#[test]
fn row_64_filter_and_order_of_the_later_call_apply_on_top() {
    let library = app();
    let url = set(&library, "Book");
    library.get(&format!("{url}?$method=release")).ok();
    let answer = library.get(&format!("{url}?{SAVED}&$filter=\"price > 5\"&$orderby=\"price\""));
    assert_eq!(answer.ids(), [12, 11]);
    assert_eq!(library.get(&url).ids(), [18, 17, 12, 11]);
    // Placeholders use the `$params` of the same request.
    library.get(&format!("{url}?$method=release")).ok();
    assert_eq!(library.get(&format!("{url}?$savedfilter=\"title = :1\"&$params='[\"slow@\"]'")).ids(), [11, 12]);
    // `true` re-uses the text of the same request.
    library.get(&format!("{url}?$method=release")).ok();
    let again = format!("{url}?$filter=\"price < 10\"&$savedfilter=true&$orderby=\"ID desc\"&$savedorderby=true");
    assert_eq!(library.get(&again).ids(), [18, 17, 12]);
    assert_eq!(library.get(&url).ids(), [18, 17, 12]);
}

#[test]
fn row_64_what_is_wrong_with_them_is_told_when_the_set_is_gone() {
    let library = app();
    let url = set(&library, "Book");
    library.get(&format!("{url}?$method=release")).ok();
    library.get(&format!("{url}?$savedfilter=\"nosuch = 1\"")).refused(400, &[1500, 1201]);
    library.get(&format!("{url}?$savedfilter=\"price <\"")).syntax_error();
    assert_eq!(library.get(&format!("{url}?$savedorderby=\"nosuch\"")).codes().last(), Some(&1810));
    library.by("Reader").get(&format!("{url}?$savedfilter=\"price < 20\"")).refused(401, &[1607]);
    library.get(&url).refused(404, &[1802]);
}

#[test]
fn row_64_a_deletion_makes_no_set_of_everything() {
    let library = app();
    let gone = "/rest/Book/$entityset/0123456789ABCDEF0123456789ABCDEF";
    let delete = |library: &Library, more: &str, body: &serde_json::Value| library.post(&format!("{gone}?$method=delete&{more}"), body);
    let nothing = json!(null);
    delete(&library, "$savedorderby=\"ID\"", &nothing).refused(400, &[1813]);
    delete(&library, "$savedorderby=\"ID\"&$savedfilter=\"order by ID\"", &nothing).refused(400, &[1813]);
    delete(&library, "$savedorderby=\"ID\"", &json!([])).refused(400, &[1813]);
    library.get(gone).refused(404, &[1802]);
    assert_eq!(library.get("/rest/Book").counts().0, 8);
    // Whoever may not delete is told just that.
    library.by("Reader").post(&format!("{gone}?$savedorderby=\"ID\"&$method=delete"), &nothing).refused(401, &[1560]);
    // Something restricts it.
    delete(&library, "$savedorderby=\"ID\"", &json!([{ "__KEY": "18" }])).ok();
    library.get(&format!("{gone}?$method=release")).ok();
    delete(&library, "$savedorderby=\"ID\"&$filter=\"ID = 17\"", &nothing).ok();
    library.get(&format!("{gone}?$method=release")).ok();
    delete(&library, "$savedfilter=\"ID = 16\"", &nothing).ok();
    assert_eq!(library.get("/rest/Book").ids(), [11, 12, 13, 14, 15]);
    // A living set says what is deleted; the saved texts count for nothing.
    let living = set(&library, "Book?$filter=\"ID = 15\"");
    library.post(&format!("{living}?$savedorderby=\"ID\"&$method=delete"), &nothing).ok();
    assert_eq!(library.get("/rest/Book").ids(), [11, 12, 13, 14]);
    let allowed = app_with("[rest]\nallow_delete_all = true\n");
    delete(&allowed, "$savedorderby=\"ID\"", &nothing).ok();
    assert_eq!(allowed.get("/rest/Book").counts().0, 0);
}

#[test]
fn row_64_without_a_set_they_are_ignored() {
    let library = app();
    // R2
    assert_eq!(library.get("/rest/Book?$savedfilter=\"price < 20\"&$savedorderby=\"ID desc\"").counts().0, 8);
    library.get("/rest/Book(11)?$savedfilter=\"nosuch <\"").ok();
}

#[test]
fn row_64_a_new_set_is_made_from_them() {
    let library = app();
    // R1: the set from the saved text, what this call sees from the other.
    let narrowed = library.get("/rest/Book?$filter=\"price > 5\"&$savedfilter=\"price < 20\"&$savedorderby=\"ID desc\"&$method=entityset");
    assert_eq!(narrowed.ids(), [12, 11]);
    assert_eq!(library.get(&set_of(&narrowed)).ids(), [18, 17, 12, 11]);
    let alone = library.get("/rest/Book?$savedfilter=\"price < 20\"&$method=entityset");
    assert_eq!(library.get(&set_of(&alone)).ids(), [11, 12, 17, 18]);
}
