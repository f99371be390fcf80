//! Rows 18 to 20: every data type, out and in (`rest-dialect.md` 5.4).

use serde_json::{Value, json};

use crate::database::bytes;
use crate::library::{Library, app};

/// Creates a gauge with one attribute and gives its URL.
#[track_caller]
fn made(library: &Library, attribute: &str, value: &Value) -> String {
    let saved = library.post("/rest/Gauge?$method=update", &json!({ attribute: value })).ok().json();
    format!("/rest/Gauge({})", saved["__KEY"].as_str().unwrap())
}

/// What is written comes back so: in the answer of the save, and when read. The texts are raw JSON, so that digits count.
#[track_caller]
fn round_trip(library: &Library, attribute: &str, written: &str, read: &str) {
    let body = format!(r#"{{"{attribute}":{written}}}"#);
    let saved = library.post_text("/rest/Gauge?$method=update", &body).ok();
    assert_eq!(saved.json()[attribute].to_string(), read, "saving {body}: {saved}");
    let url = format!("/rest/Gauge({})", saved.json()["__KEY"].as_str().unwrap());
    assert_eq!(library.get(&url).ok().json()[attribute].to_string(), read, "reading {body}");
}

/// The value is refused, and nothing is saved.
#[track_caller]
fn misfit(library: &Library, attribute: &str, written: &str) {
    let before = library.get("/rest/Gauge?$top=0").counts().0;
    let answer = library.post_text("/rest/Gauge?$method=update", &format!(r#"{{"{attribute}":{written}}}"#));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
    assert_eq!(answer.json()["__STATUS"]["success"], false, "{answer}");
    assert_eq!(library.get("/rest/Gauge?$top=0").counts().0, before);
    let url = made(library, attribute, &Value::Null);
    let answer = library.post_text(&format!("{url}?$method=update"), &format!(r#"{{"big":12,"{attribute}":{written}}}"#));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1517)), "{answer}");
    let read = library.get(&url).ok().json();
    assert_eq!((&read["__STAMP"], &read["big"]), (&json!(1), &Value::Null));
}

#[test]
fn row_18_date_only_in_every_accepted_form() {
    let library = app();
    for form in [
        "4!8!1991",
        "04!08!1991",
        "04!8!1991",
        "1991-08-04",
        "1991-08-04T12:30:00Z",
        "1991-08-04T23:59:59.999Z",
        "1991-08-04T00:00:00.000Z",
        "1991-08-04T12:00:00",
        "!!1991-08-04!!",
    ] {
        let url = made(&library, "day", &json!(form));
        assert_eq!(library.get(&url).ok().json()["day"], "4!8!1991", "{form}");
        assert_eq!(library.get(&format!("{url}?$attributes=day")).ok().json()["day"], "!!1991-08-04!!", "{form}");
    }
    let rows = library.get("/rest/Gauge?$asArray=true&$attributes=day&$top=1").ok().json();
    assert_eq!(rows[0]["day"], "!!1991-08-04!!");
}

#[test]
fn row_18_date_only_is_not_zero_padded_and_may_be_null_or_empty() {
    let library = app();
    round_trip(&library, "day", "\"2000-02-29\"", "\"29!2!2000\"");
    round_trip(&library, "day", "\"0001-01-01\"", "\"1!1!1\"");
    round_trip(&library, "day", "\"9999-12-31\"", "\"31!12!9999\"");
    round_trip(&library, "day", "null", "null");
    for form in ["0!0!0", "!!0000-00-00!!"] {
        let url = made(&library, "day", &json!(form));
        let read = library.get(&url).ok().json()["day"].clone();
        assert!(read.is_null() || read == "0!0!0", "{form} became {read}");
    }
}

#[test]
fn row_18_date_and_time_in_every_accepted_form() {
    let library = app();
    for (form, read) in [
        ("2024-02-28T16:40:00.000Z", "2024-02-28T16:40:00.000Z"),
        ("2024-02-28T16:40:00Z", "2024-02-28T16:40:00.000Z"),
        ("2024-02-28T16:40:00.5Z", "2024-02-28T16:40:00.500Z"),
        ("2024-02-28T17:40:00+01:00", "2024-02-28T16:40:00.000Z"),
        ("2024-02-28T11:10:00.125-05:30", "2024-02-28T16:40:00.125Z"),
        ("2024-02-28T16:40:00", "2024-02-28T16:40:00.000Z"),
        ("2024-02-28T16:40:00.250", "2024-02-28T16:40:00.250Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z"),
    ] {
        round_trip(&library, "at", &json!(form).to_string(), &json!(read).to_string());
    }
    round_trip(&library, "at", "null", "null");
}

#[test]
fn row_18_what_is_no_date_is_refused() {
    let library = app();
    for text in ["\"soon\"", "\"2024-02-30\"", "\"31!4!2024\"", "\"2024-13-01\"", "true", "{}", "[]"] {
        misfit(&library, "day", text);
    }
    for text in ["\"soon\"", "\"2024-02-30T00:00:00Z\"", "\"2024-02-28T25:00:00Z\"", "true", "{}"] {
        misfit(&library, "at", text);
    }
}

#[test]
fn row_19_duration_is_milliseconds() {
    let library = app();
    round_trip(&library, "span", "5400000", "5400000");
    round_trip(&library, "span", "\"01:30:00\"", "5400000");
    round_trip(&library, "span", "\"00:00:01\"", "1000");
    round_trip(&library, "span", "\"100:00:00\"", "360000000");
    round_trip(&library, "span", "0", "0");
    round_trip(&library, "span", "null", "null");
    misfit(&library, "span", "\"later\"");
    misfit(&library, "span", "true");
}

#[test]
fn row_19_uuid_is_32_upper_case_digits() {
    let library = app();
    let read = "\"0A1B2C3D4E5F60718293A4B5C6D7E8F9\"";
    for form in [
        "0A1B2C3D4E5F60718293A4B5C6D7E8F9",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
    ] {
        round_trip(&library, "link", &json!(form).to_string(), read);
    }
    round_trip(&library, "link", "null", "null");
    for wrong in ["\"xyz\"", "\"0A1B\"", "12", "\"0A1B2C3D4E5F60718293A4B5C6D7E8F90\""] {
        misfit(&library, "link", wrong);
    }
}

#[test]
fn row_19_uuid_keys_are_found_in_every_form() {
    let library = app();
    library.post("/rest/Gauge?$method=update", &json!({ "ID": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "word": "here" })).ok();
    for key in ["0A1B2C3D4E5F60718293A4B5C6D7E8F9", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"] {
        for url in [format!("Gauge({key})"), format!("Gauge[\"{key}\"]"), format!("Gauge(\"{key}\")"), format!("Gauge[{key}]")] {
            assert_eq!(library.get(&format!("/rest/{url}")).ok().json()["__KEY"], "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "{url}");
        }
        assert_eq!(library.filter("Gauge", &format!("ID = '{key}'")).counts().0, 1);
    }
}

#[test]
fn row_19_long64_keeps_every_digit() {
    let library = app();
    for number in ["9007199254740993", "9223372036854775807", "-9223372036854775808", "0", "-1"] {
        round_trip(&library, "big", number, number);
        round_trip(&library, "big", &format!("\"{number}\""), number);
    }
    misfit(&library, "big", "9223372036854775808");
    misfit(&library, "big", "\"many\"");
    round_trip(&library, "big", "null", "null");
}

#[test]
fn row_19_whole_numbers_and_their_ranges() {
    let library = app();
    for (attribute, fits, not) in [
        ("tiny", ["0", "127"], ["256", "-129"]),
        ("small", ["-32768", "32767"], ["32768", "-32769"]),
        ("whole", ["-2147483648", "2147483647"], ["2147483648", "-2147483649"]),
    ] {
        for number in fits {
            round_trip(&library, attribute, number, number);
            round_trip(&library, attribute, &format!("\"{number}\""), number);
        }
        for number in not {
            misfit(&library, attribute, number);
        }
        round_trip(&library, attribute, "null", "null");
        misfit(&library, attribute, "\"v20\"");
        misfit(&library, attribute, "[1]");
    }
}

#[test]
fn row_19_numbers() {
    let library = app();
    for (written, read) in [
        ("14.5", "14.5"),
        ("15", "15"),
        ("15.0", "15"),
        ("-0.25", "-0.25"),
        ("0.1", "0.1"),
        ("\"2.75\"", "2.75"),
        ("1e3", "1000"),
        ("0", "0"),
        ("null", "null"),
    ] {
        round_trip(&library, "real", written, read);
    }
    misfit(&library, "real", "\"cheap\"");
    misfit(&library, "real", "true");
    misfit(&library, "real", "{}");
}

#[test]
fn row_19_decimals_are_exact() {
    let library = app();
    for (written, read) in [
        ("0.99", "0.99"),
        ("2.00", "2"),
        ("0.10", "0.1"),
        ("\"0.10\"", "0.1"),
        ("9007199254740993.01", "9007199254740993.01"),
        ("1234567890123456.78", "1234567890123456.78"),
        ("-0.01", "-0.01"),
        ("0", "0"),
        ("null", "null"),
    ] {
        round_trip(&library, "amount", written, read);
    }
    misfit(&library, "amount", "\"cheap\"");
}

#[test]
fn row_19_bool() {
    let library = app();
    for value in ["true", "false", "null"] {
        round_trip(&library, "flag", value, value);
    }
    misfit(&library, "flag", "\"perhaps\"");
    misfit(&library, "flag", "{}");
}

#[test]
fn row_19_string() {
    let library = app();
    for (written, read) in [
        (json!(""), json!("")),
        (json!("Éclair ☕ \"x\" \\ / \u{8}\n\t"), json!("Éclair ☕ \"x\" \\ / \u{8}\n\t")),
        (json!("null"), json!("null")),
        (json!(12), json!("12")),
        (json!(1.5), json!("1.5")),
        (json!(true), json!("true")),
        (json!(null), json!(null)),
    ] {
        round_trip(&library, "word", &written.to_string(), &read.to_string());
    }
    misfit(&library, "word", "{}");
    misfit(&library, "word", "[\"a\"]");
}

#[test]
fn row_19_object() {
    let library = app();
    let nested = json!({ "b": [1, { "c": null, "é": "\"" }, [], "x"], "a": { "deep": { "er": true } }, "n": 1.25 });
    round_trip(&library, "data", &nested.to_string(), &nested.to_string());
    round_trip(&library, "data", "{}", "{}");
    round_trip(&library, "data", "null", "null");
    for wrong in ["\"text\"", "12", "true", "[1,2]"] {
        misfit(&library, "data", wrong);
    }
}

#[test]
fn row_19_everything_may_be_null() {
    let library = app();
    let saved = library.post("/rest/Gauge?$method=update", &json!({})).ok().json();
    for name in ["word", "flag", "tiny", "small", "whole", "big", "real", "amount", "span", "day", "at", "data", "link"] {
        assert_eq!(saved[name], Value::Null, "{name}");
    }
}

#[test]
fn row_20_null_media_are_null() {
    let book = app().get("/rest/Book(11)").ok().json();
    assert_eq!((&book["cover"], &book["sample"]), (&Value::Null, &Value::Null));
}

fn with_media(library: &Library) {
    let (cover, sample) = (bytes("89504E470D0A1A0A"), bytes("00FF"));
    library.database.change(&format!("UPDATE \"Book\" SET cover = {cover}, sample = {sample} WHERE \"ID\" = 11"));
}

#[test]
fn row_20_deferred_image_and_blob() {
    let library = app();
    with_media(&library);
    let check = |stamp: u32| {
        let book = library.get("/rest/Book(11)").ok().json();
        let cover = json!({ "__deferred": { "uri": format!("/rest/Book[11]/cover?$imageformat=best&$version={stamp}&$expand=cover"), "image": true } });
        let sample = json!({ "__deferred": { "uri": format!("/rest/Book[11]/sample?$binary=true&$version={stamp}&$expand=sample") } });
        assert_eq!(book["cover"].to_string(), cover.to_string());
        assert_eq!(book["sample"].to_string(), sample.to_string());
        assert_eq!(library.filter("Book", "cover != null").ids(), [11]);
        assert_eq!(library.filter("Book", "sample = null").ids(), [12, 13, 14, 15, 16, 17, 18]);
    };
    check(1);
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": 1 })).ok();
    check(2);
}

#[test]
fn row_20_unchanged_deferred_media_are_ignored_in_a_body() {
    let library = app();
    with_media(&library);
    let book = library.get("/rest/Book(11)").ok().json();
    let saved = library.post("/rest/Book?$method=update", &book).ok().json();
    assert_eq!((&saved["__STAMP"], &saved["cover"], &saved["sample"]), (&json!(1), &book["cover"], &book["sample"]));
    let saved =
        library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": { "uri": "/rest/x" }, "title": "New" })).ok().json();
    assert_eq!((saved["__STAMP"].as_i64(), saved["cover"].is_null()), (Some(2), false));
    let saved = library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "cover": null })).ok().json();
    assert_eq!((saved["__STAMP"].as_i64(), saved["cover"].is_null(), saved["sample"].is_null()), (Some(3), true, false));
}
