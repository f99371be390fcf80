//! Rows 40 to 42 and 47: case and accents, wildcards, prefixes, whole words, apostrophes (`rest-dialect.md` 9.2).

use serde_json::json;

use crate::database::bytes;
use crate::library::{Library, app, app_with};

#[track_caller]
fn finds(library: &Library, dataclass: &str, cases: &[(&str, &[i64])]) {
    for (filter, ids) in cases {
        assert_eq!(library.filter(dataclass, filter).ids(), *ids, "{dataclass}: {filter}");
    }
}

const ALL: &[i64] = &[11, 12, 13, 14, 15, 16, 17, 18];

#[test]
fn row_40_case_and_accents_do_not_count() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("fullName = 'eclair dubois'", &[1]),
            ("fullName = 'ÉCLAIR DUBOIS'", &[1]),
            ("fullName = 'éclaïr dubôis'", &[1]),
            ("fullName = 'e\u{301}clair dubois'", &[1]),
            ("fullName = 'zoe ATLAS'", &[6]),
            ("fullName = 'ECLAIR@'", &[1, 5]),
            ("fullName = 'éclair@'", &[1, 5]),
            ("fullName != 'éclair@'", &[2, 3, 4, 6]),
            ("fullName < 'eclair e'", &[1, 4]),
            ("fullName > 'ÉCLAIR Z'", &[2, 3, 6]),
            ("fullName in ['ECLAIR NOIR', 'zoë atlas']", &[5, 6]),
            ("fullName begin 'éCL'", &[1, 5]),
        ],
    );
    finds(&library, "Book", &[("title = 'ete a paris'", &[15]), ("title = 'ÉTÉ À PARIS'", &[15]), ("title = 'Ete'", &[])]);
}

#[test]
fn row_40_strict_comparators_take_the_wildcard_literally_and_still_fold() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("fullName === 'éclair dubois'", &[1]),
            ("fullName === 'ECLAIR DUBOIS'", &[1]),
            ("fullName is 'eclair dubois'", &[1]),
            ("fullName === 'éclair@'", &[]),
            ("fullName IS 'éclair@'", &[]),
            ("fullName !== 'ECLAIR DUBOIS'", &[2, 3, 4, 5, 6]),
            ("fullName is not 'ECLAIR DUBOIS'", &[2, 3, 4, 5, 6]),
            ("fullName !== 'éclair@'", &[1, 2, 3, 4, 5, 6]),
        ],
    );
    finds(
        &library,
        "Book",
        &[
            ("title === '50% off @ home'", &[17]),
            ("title === '50% OFF @ HOME'", &[17]),
            ("title === '@'", &[]),
            ("title !== '@'", ALL),
            ("title != '@'", &[]),
            ("title === 'Slow*'", &[]),
        ],
    );
}

#[test]
fn row_40_attribute_names_do_not_fold() {
    let library = app();
    library.filter("Book", "Title = 'Atlas'").refused(400, &[1500, 1201]);
    library.filter("Book", "TITLE = 'Atlas'").refused(400, &[1500, 1201]);
}

#[test]
fn row_41_wildcard_at_start_end_and_middle() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = 'Slow@'", &[11, 12]),
            ("title = 'slow @'", &[11, 12]),
            ("title = '@cooking'", &[16]),
            ("title = '@slow@'", &[11, 12, 16]),
            ("title = '@low@iv@'", &[11]),
            ("title = 's@w@s'", &[11]),
            ("title = 'Slow@Food'", &[12]),
            ("title = 'Atlas@'", &[13]),
            ("title = '@'", ALL),
            ("title = '@@'", ALL),
            ("title = '@q@'", &[]),
            ("title = 'Slow'", &[]),
            ("title = '50% off @ home'", &[17]),
            ("title == 'Slow@'", &[11, 12]),
            ("title = Slow@", &[11, 12]),
            ("title = '@_t@'", &[]),
            ("title = '%low%'", &[]),
            ("title = '@%@'", &[17]),
            ("title = '@\\@'", &[]),
            ("title = '[A-S]@'", &[]),
            ("title = '?@'", &[]),
        ],
    );
}

#[test]
fn row_41_wildcard_under_different() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title # '@slow@'", &[13, 14, 15, 17, 18]),
            ("title != 'Slow@'", &[13, 14, 15, 16, 17, 18]),
            ("not (title = '@slow@')", &[13, 14, 15, 17, 18]),
        ],
    );
    finds(&library, "Book", &[("isbn != '@011'", &[12, 13, 14, 15, 16, 17])]);
}

#[test]
fn row_41_no_wildcard_under_order() {
    let library = app();
    // As a prefix it would find nothing below itself; as a text '@' (U+0040) stands after digits and before letters.
    finds(&library, "Book", &[("title < '@'", &[17]), ("title >= '@'", &[11, 12, 13, 14, 15, 16, 18])]);
}

#[test]
fn row_41_wildcard_inside_params() {
    let library = app();
    assert_eq!(library.filter_with("Book", "title = :1", &json!(["Slow@"])).ids(), [11, 12]);
    assert_eq!(library.filter_with("Book", "title = :1", &json!(["@slow@"])).ids(), [11, 12, 16]);
    assert_eq!(library.filter_with("Book", "title === :1", &json!(["Slow@"])).ids(), Vec::<i64>::new());
    assert_eq!(library.filter_with("Book", "title # :1", &json!(["@slow@"])).ids(), [13, 14, 15, 17, 18]);
}

#[test]
fn row_41_star_is_a_wildcard_by_default() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = 'Slow*'", &[11, 12]),
            ("title = '*slow*'", &[11, 12, 16]),
            ("title = 's*w@s'", &[11]),
            ("title # '*slow*'", &[13, 14, 15, 17, 18]),
            ("title in ['Slow*']", &[11, 12]),
        ],
    );
    finds(&library, "Book", &[("title !== 'Slow*'", ALL)]);
    assert_eq!(library.filter_with("Book", "title = :1", &json!(["Slow*"])).ids(), [11, 12]);
}

#[test]
fn row_41_star_switched_off() {
    let library = app_with("[rest]\nstar_wildcard = false\n");
    library.post("/rest/Book?$method=update", &json!({ "title": "Slow*" })).ok();
    assert_eq!(library.filter("Book", "title = 'Slow*'").ids().len(), 1);
    assert_eq!(library.filter("Book", "title = 'Slow@'").ids().len(), 3);
    assert_eq!(library.filter("Book", "title = '*slow*'").ids(), Vec::<i64>::new());
}

#[test]
fn row_42_begin() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title begin 'slow'", &[11, 12]),
            ("title BEGIN 'ete'", &[15]),
            ("title begin slow", &[11, 12]),
            ("title begin 'low'", &[]),
            ("title begin ''", ALL),
            ("title begin '50%'", &[17]),
            ("title begin '_'", &[]),
            ("not (title begin 'slow')", &[13, 14, 15, 16, 17, 18]),
            ("isbn begin '978'", &[11, 12, 13, 14, 15, 16, 17]),
        ],
    );
    assert_eq!(library.filter_with("Book", "title begin :1", &json!(["slow r"])).ids(), [11]);
}

#[test]
fn row_42_keyword() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title % 'slow'", &[11, 12, 16]),
            ("title % 'SLOW'", &[11, 12, 16]),
            ("title % slow", &[11, 12, 16]),
            ("title % 'art'", &[16]),
            ("title % 'slo'", &[]),
            ("title % 'low'", &[]),
            ("title % 'été'", &[15]),
            ("title % 'ete'", &[15]),
            ("title % 'off'", &[17]),
            ("title % 'cooking'", &[16]),
            ("not (title % 'slow')", &[13, 14, 15, 17, 18]),
        ],
    );
    assert_eq!(library.filter_with("Book", "title % :1", &json!(["rivers"])).ids(), [11]);
    assert_eq!(library.get("/rest/Book?$filter=\"title %25 'slow'\"").ids(), [11, 12, 16]);
}

#[test]
fn row_42_keyword_in_images_matches_nothing() {
    let library = app();
    library.database.change(&format!("UPDATE \"Book\" SET cover = {} WHERE \"ID\" = 11", bytes("89504E47")));
    let answer = library.filter("Book", "cover % 'png'");
    assert!(answer.status == 400 || answer.ids().is_empty(), "{answer}");
}

#[test]
fn row_47_apostrophes_in_three_forms() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("fullName = 'Liam O\\u0027Neil'", &[2]),
            ("fullName = Liam O'Neil", &[2]),
            ("fullName = 'Liam O'Neil'", &[2]),
            ("fullName = '@O\\u0027Neil'", &[2]),
            ("fullName = @O'Neil", &[2]),
            ("fullName = '@O'Neil'", &[2]),
            ("fullName = 'liam o'neil' and rating = 3", &[2]),
            ("(fullName = 'Liam O'Neil')", &[2]),
            ("fullName = 'Liam O'Neil' or fullName = 'Bo@'", &[2, 4]),
            ("fullName in ['Liam O'Neil', 'Bo Lindqvist']", &[2, 4]),
            ("fullName = Liam O'Neil and rating = 3", &[2]),
            ("fullName begin 'liam o'n'", &[2]),
            ("not (fullName = Liam O'Neil)", &[1, 3, 4, 5, 6]),
        ],
    );
    assert_eq!(library.filter_with("Author", "fullName = :1", &json!(["Liam O'Neil"])).ids(), [2]);
}

#[test]
fn row_47_apostrophes_as_they_stand_in_a_url() {
    let library = app();
    assert_eq!(library.get(r#"/rest/Author?$filter="fullName=Liam O'Neil""#).ids(), [2]);
    assert_eq!(library.get(r#"/rest/Author?$filter="fullName='Liam O\u0027Neil'""#).ids(), [2]);
    assert_eq!(library.get(r#"/rest/Author?$filter="fullName='Liam O'Neil'"&$top=5"#).ids(), [2]);
    assert_eq!(library.get("/rest/Author?$filter=fullName=Liam O'Neil").ids(), [2]);
    assert_eq!(library.get("/rest/Author?$filter=\"fullName = :1\"&$params='[\"Liam O\\u0027Neil\"]'").ids(), [2]);
    assert_eq!(library.get("/rest/Author?$filter=\"fullName = :1\"&$params=[\"Liam O'Neil\"]").ids(), [2]);
}

#[test]
fn row_47_double_quotes_by_escape_or_parameter() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = 'Orphan\\u0027s \\u0022Tale\\u0022'", &[18]),
            ("title = 'Orphan's \\u0022Tale\\u0022'", &[18]),
            ("title = '\\u00e9t\\u00c9 \\u00e0 paris'", &[15]),
        ],
    );
    assert_eq!(library.filter_with("Book", "title = :1", &json!(["Orphan's \"Tale\""])).ids(), [18]);
}
