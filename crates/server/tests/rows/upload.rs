//! Row 84: `$upload`, its use in a save, and bytes posted at once (`rest-dialect.md` 14.3, 14.4).

use image::ImageFormat;
use serde_json::{Value, json};

use crate::library::{Library, NOW, app, app_with};
use crate::media::{BYTES, picture};

const COVER: &str = "/rest/Book(11)/cover?$imageformat=best&$expand=cover";
const SAMPLE: &str = "/rest/Book(11)/sample?$binary=true&$expand=sample";

fn stamp(library: &Library) -> i64 {
    library.get("/rest/Book(11)").ok().json()["__STAMP"].as_i64().unwrap()
}

/// Checks that the save of this value is refused and saves nothing.
#[track_caller]
fn refused(library: &Library, attribute: &str, reference: &Value, code: u64) {
    let before = stamp(library);
    let body = json!({ "__KEY": "11", "title": "Not saved", attribute: { "ID": reference } });
    let answer = library.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes().as_slice()), (400, &[code, 1517][..]), "{answer}");
    assert_eq!(answer.json()["__STATUS"]["success"], false, "{answer}");
    assert_eq!((stamp(library), library.get("/rest/Book(11)").json()["title"].clone()), (before, json!("Slow Rivers")));
}

#[test]
fn row_84_upload_an_image_and_save_it() {
    let library = app();
    let admin = library.by("Admin");
    let stored = picture(ImageFormat::Png);
    let reference = admin.upload("$rawPict=true", &stored);
    assert!(reference.len() == 32 && reference.bytes().all(|digit| b"0123456789ABCDEF".contains(&digit)), "{reference}");
    assert_eq!(stamp(&library), 1, "an upload saves nothing");
    let saved =
        library.post("/rest/Book/?$method=update", &json!({ "__KEY": "11", "__STAMP": 1, "cover": { "ID": reference } })).ok().json();
    let deferred = json!({ "__deferred": { "uri": "/rest/Book[11]/cover?$imageformat=best&$version=2&$expand=cover", "image": true } });
    assert_eq!((saved["__STAMP"].as_i64(), saved["cover"].to_string()), (Some(2), deferred.to_string()));
    assert_eq!(library.get(COVER).ok().bytes, stored);
}

#[test]
fn row_84_upload_a_blob_and_save_it() {
    let library = app();
    let reference = library.by("Admin").upload("$binary=true", BYTES);
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "sample": { "ID": reference } })).ok().json();
    assert_eq!(saved["sample"]["__deferred"]["uri"], "/rest/Book[11]/sample?$binary=true&$version=2&$expand=sample");
    assert_eq!(library.get(SAMPLE).ok().bytes, BYTES);
}

#[test]
fn row_84_bytes_are_taken_whatever_their_type_says() {
    let library = app();
    let secret = library.key("Admin").secret;
    for content_type in ["image/png", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""] {
        let headers = [("api-key", secret.as_str()), ("content-type", content_type)];
        let answer = library.send("POST", "/rest/$upload?$binary=true", &headers, "{\"a\":1}").ok();
        let reference = answer.json()["ID"].as_str().unwrap().to_owned();
        let update = json!({ "__KEY": "11", "sample": { "ID": reference } }).to_string();
        library.send("POST", "/rest/Book?$method=update", &[("api-key", &secret)], &update).ok();
        assert_eq!(library.get(SAMPLE).ok().text, "{\"a\":1}", "{content_type}");
        library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "sample": null })).ok();
    }
}

#[test]
fn row_84_reference_serves_as_often_as_wanted_until_its_end() {
    let library = app();
    let admin = library.by("Admin");
    let reference = admin.upload("$binary=true", BYTES);
    for key in ["11", "12"] {
        library.post("/rest/Book?$method=update", &json!({ "__KEY": key, "sample": { "ID": reference } })).ok();
    }
    library.set_clock("2024-03-05T10:01:59.999Z");
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "13", "sample": { "ID": reference.to_lowercase() } })).ok();
    library.set_clock("2024-03-05T10:02:00.000Z");
    refused(&library, "sample", &json!(reference), 1826);
    // What was saved with it stays.
    assert_eq!(library.filter("Book", "sample != null").ids(), [11, 12, 13]);
    assert_eq!(library.get("/rest/Book(13)/sample?$binary=true").ok().bytes, BYTES);
}

#[test]
fn row_84_timeout_in_seconds() {
    let library = app();
    let reference = library.by("Admin").upload("$rawPict=true&$timeout=5", &picture(ImageFormat::Gif));
    library.set_clock("2024-03-05T10:00:05.000Z");
    refused(&library, "cover", &json!(reference), 1825);
    library.set_clock("2024-03-05T10:00:04.999Z");
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": { "ID": reference } })).ok();
    library.set_clock(NOW);
    library.by("Admin").post_bytes("/rest/$upload?$binary=true&$timeout=soon", BYTES).refused(400, &[1806]);
}

#[test]
fn row_84_unknown_references() {
    let library = app();
    for unknown in [json!("7C19E2A40B6D4F58A1D3905E6FB2C847"), json!(""), json!("x"), json!(7), Value::Null, json!({ "ID": "x" })] {
        refused(&library, "cover", &unknown, 1825);
        refused(&library, "sample", &unknown, 1826);
    }
    let answer = library.post("/rest/Book?$method=update", &json!({ "title": "New", "cover": { "ID": "x" } }));
    assert_eq!((answer.status, answer.codes().as_slice()), (400, &[1825, 1534][..]), "{answer}");
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_84_reference_of_the_other_kind() {
    let library = app();
    let admin = library.by("Admin");
    refused(&library, "cover", &json!(admin.upload("$binary=true", &picture(ImageFormat::Png))), 1825);
    refused(&library, "sample", &json!(admin.upload("$rawPict=true", &picture(ImageFormat::Png))), 1826);
}

#[test]
fn row_84_reference_of_another_principal() {
    let library = app();
    let theirs = library.by("Clerk").upload("$binary=true", BYTES);
    refused(&library, "sample", &json!(theirs), 1826);
    let own = library.by("Clerk").post("/rest/Book?$method=update", &json!({ "__KEY": "11", "sample": { "ID": theirs } })).ok();
    assert_eq!(own.json()["__STAMP"], 2);
}

#[test]
fn row_84_in_creations_and_lists() {
    let library = app();
    let admin = library.by("Admin");
    let (image, blob) = (admin.upload("$rawPict=image/png", &picture(ImageFormat::Png)), admin.upload("$binary", BYTES));
    let body = json!({ "title": "New", "cover": { "ID": image }, "sample": { "ID": blob } });
    let made = library.post("/rest/Book", &body).ok().json();
    assert_eq!((&made["__STAMP"], &made["cover"]["__deferred"]["image"]), (&json!(1), &json!(true)));
    let link = made["sample"]["__deferred"]["uri"].as_str().unwrap();
    assert_eq!(library.get(link).ok().bytes, BYTES);
    // One wrong reference: the others are saved, or with $atomic none.
    let list = json!([{ "__KEY": "12", "sample": { "ID": blob } }, { "__KEY": "13", "sample": { "ID": "gone" } }]);
    let answer = library.post("/rest/Book?$method=update&$atomic=true", &list);
    assert_eq!((answer.status, answer.codes().as_slice()), (400, &[1826, 1517][..]), "{answer}");
    assert_eq!(library.filter("Book", "sample != null and ID < 19").ids(), [0_i64; 0]);
    library.post("/rest/Book?$method=update", &list);
    assert_eq!(library.filter("Book", "sample != null and ID < 19").ids(), [12]);
}

#[test]
fn row_84_the_same_bytes_again_change_nothing() {
    let library = app();
    let admin = library.by("Admin");
    for (expected, bytes) in [(2, BYTES), (2, BYTES), (3, &BYTES[1..]), (3, &BYTES[1..])] {
        let reference = admin.upload("$binary=true", bytes);
        let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "sample": { "ID": reference } })).ok().json();
        assert_eq!(saved["__STAMP"], expected);
    }
}

#[test]
fn row_84_null_clears() {
    let library = app();
    let reference = library.by("Admin").upload("$rawPict=true", &picture(ImageFormat::Png));
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": { "ID": reference } })).ok();
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": null })).ok().json();
    assert_eq!((&saved["cover"], &saved["__STAMP"]), (&Value::Null, &json!(3)));
    assert_eq!(library.get(COVER).ok().bytes, b"");
}

#[test]
fn row_84_other_values_are_refused() {
    let library = app();
    for wrong in [json!("text"), json!(7), json!([]), json!({}), json!({ "id": "x" }), json!(true)] {
        let answer = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": wrong }));
        assert_eq!((answer.status, answer.codes().as_slice()), (500, &[1569, 1517][..]), "{answer}");
    }
}

#[test]
fn row_84_requests_that_say_too_little_or_the_wrong_thing() {
    let library = app();
    let admin = library.by("Admin");
    admin.post_bytes("/rest/$upload", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/$upload?$rawPict=false&$binary=false", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/$upload?$binary=perhaps", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/$upload?$rawPict=text/plain", BYTES).refused(400, &[1824]);
    admin.get("/rest/$upload?$binary=true").refused(400, &[1813]);
    admin.post_bytes("/rest/$upload/more?$binary=true", BYTES).refused(404, &[1800]);
}

#[test]
fn row_84_needs_the_permission_to_save_something() {
    let library = app();
    library.by("Clerk").upload("$binary=true", BYTES);
    library.by("administration").upload("$binary=true", BYTES);
    for role in ["Reader", "Visitor"] {
        for parameters in ["$binary=true", "$rawPict=true", ""] {
            let answer = library.by(role).post_bytes(&format!("/rest/$upload?{parameters}"), BYTES).refused(401, &[1558]);
            assert!(answer.message().starts_with("No permission to"), "{answer}");
        }
    }
}

#[test]
fn row_84_size_is_limited() {
    let library = app_with("[rest]\nmax_upload_bytes = 1000\nmax_waiting_upload_bytes = 6000\n");
    let admin = library.by("Admin");
    admin.upload("$binary=true", &[7; 1000]);
    admin.post_bytes("/rest/$upload?$binary=true", &[7; 1001]).refused(413, &[9413]);
    admin.post_bytes("/rest/Book(11)/sample?$binary=true", &[7; 1001]).refused(413, &[9413]);
    assert_eq!(stamp(&library), 1);
    // One principal gets half of the room for all, and what is over makes place.
    admin.post_bytes("/rest/$upload?$binary=true", &[7; 1000]).refused(503, &[9503]);
    library.by("Clerk").upload("$binary=true", &[7; 1000]);
    library.set_clock("2024-03-05T10:02:00.000Z");
    admin.upload("$binary=true", &[7; 1000]);
}

#[test]
fn row_84_bytes_posted_to_the_attribute_are_stored_at_once() {
    let library = app();
    let admin = library.by("Admin");
    let stored = picture(ImageFormat::Jpeg);
    let saved = admin.post_bytes("/rest/Book(11)/cover?$rawPict=image/png", &stored).ok().json();
    let title = json!("Slow Rivers");
    assert_eq!((&saved["__STATUS"]["success"], &saved["__STAMP"], &saved["title"]), (&json!(true), &json!(2), &title));
    assert_eq!(saved["cover"]["__deferred"]["uri"], "/rest/Book[11]/cover?$imageformat=best&$version=2&$expand=cover");
    let read = library.get(COVER).ok();
    assert_eq!((read.header("content-type"), &read.bytes), ("image/jpeg", &stored), "the bytes say what they are");
    let saved = admin.post_bytes("/rest/Book[11]/sample?$binary=true", BYTES).ok().json();
    assert_eq!(saved["__STAMP"], 3);
    assert_eq!(library.get(SAMPLE).ok().bytes, BYTES);
    // JSON is bytes here, too.
    admin.post_bytes("/rest/Book(11)/sample?$binary=true&$method=update", b"{\"title\":\"x\"}").ok();
    assert_eq!(library.get(SAMPLE).ok().text, "{\"title\":\"x\"}");
    assert_eq!(library.get("/rest/Book(11)").ok().json()["title"], "Slow Rivers");
}

/// The ancestor's client sends no parameter with a blob.
#[test]
fn row_84_posted_bytes_need_no_word_for_a_blob() {
    let library = app();
    let admin = library.by("Admin");
    assert_eq!(admin.post_bytes("/rest/Book(11)/sample", BYTES).ok().json()["__STAMP"], 2);
    assert_eq!(library.get(SAMPLE).ok().bytes, BYTES);
    admin.post_bytes("/rest/Book(11)/sample", b"{\"title\":\"x\"}").ok();
    assert_eq!(library.get(SAMPLE).ok().text, "{\"title\":\"x\"}");
    // Without bytes it is a read by POST, as any other.
    assert_eq!(admin.post_bytes("/rest/Book(11)/sample", b"").ok().json()["__STAMP"], 3);
    // An image says that it is one; anything else is no place for bytes.
    for other in ["cover", "title", "author"] {
        assert_eq!(admin.post_bytes(&format!("/rest/Book(11)/{other}"), BYTES).status, 400, "{other}");
    }
    let denied = library.by("Reader").post_bytes("/rest/Book(11)/sample", BYTES);
    assert_eq!((denied.status, denied.codes().as_slice()), (401, &[1558, 1517][..]), "{denied}");
    assert_eq!(stamp(&library), 3);
}

#[test]
fn row_84_posted_bytes_that_cannot_be_stored() {
    let library = app();
    let admin = library.by("Admin");
    admin.post_bytes("/rest/Book(999)/cover?$rawPict=true", BYTES).refused(404, &[1542]);
    admin.post_bytes("/rest/Book(11)/nothing?$rawPict=true", BYTES).refused(404, &[1500, 1804]);
    admin.post_bytes("/rest/Book(11)/title?$binary=true", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/Book(11)/sample?$rawPict=true", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/Book(11)/cover?$binary=true", BYTES).refused(400, &[1806]);
    admin.post_bytes("/rest/Book(11)/cover?$rawPict=true", b"").refused(400, &[1806]);
    admin.post_bytes("/rest/Book(11)/cover?$rawPict=text/html", BYTES).refused(400, &[1824]);
    assert_eq!(stamp(&library), 1);
    // Without bytes it is a read by POST.
    assert_eq!(admin.post_bytes("/rest/Book(11)/sample?$binary=true", b"").ok().header("content-type"), "application/octet-stream");
    let denied = library.by("Reader").post_bytes("/rest/Book(11)/cover?$rawPict=true", BYTES);
    assert_eq!((denied.status, denied.codes().as_slice()), (401, &[1558, 1517][..]), "{denied}");
    assert_eq!(library.by("Visitor").post_bytes("/rest/Book(11)/nothing?$rawPict=true", BYTES).refused(401, &[1557]).codes(), [1557]);
    assert_eq!(stamp(&library), 1);
}
