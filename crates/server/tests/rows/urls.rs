//! Rows 6 to 13: slashes, parameters, quoting, keys in the path (`rest-dialect.md` 2).

use crate::library::{Library, app, app_with};

/// Two URLs have the very same answer.
#[track_caller]
fn same(library: &Library, one: &str, two: &str) {
    assert_eq!(library.get(one).ok().text, library.get(two).ok().text, "{one} and {two}");
}

#[test]
fn row_06_trailing_slash_before_the_parameters() {
    let library = app();
    same(&library, "/rest/Book/?$top=1", "/rest/Book?$top=1");
    same(&library, "/rest/Book/", "/rest/Book");
    same(&library, "/rest/Author(1)/", "/rest/Author(1)");
    same(&library, "/rest/Author(1)/?$attributes=fullName", "/rest/Author(1)?$attributes=fullName");
    same(&library, "/rest/Book/title/?$top=2", "/rest/Book/title?$top=2");
    same(&library, "/rest/$catalog/", "/rest/$catalog");
}

#[test]
fn row_06_double_slash_and_slash_after_a_closing_quote() {
    let library = app();
    same(&library, "/rest//Book//title?$top=2", "/rest/Book/title?$top=2");
    assert_eq!(library.get(r#"/rest/Book?$filter="ID = 11"/"#).ids(), [11]);
}

#[test]
fn row_07_parameter_names_in_any_case() {
    let library = app();
    same(&library, "/rest/Book?$TOP=1", "/rest/Book?$top=1");
    same(&library, "/rest/Book?%24TOP=1", "/rest/Book?$top=1");
    same(&library, "/rest/Book?%24top=1&%24SKIP=2", "/rest/Book?$top=1&$skip=2");
    same(&library, "/rest/Book?$OrderBy=price&$ATTRIBUTES=ID", "/rest/Book?$orderby=price&$attributes=ID");
    assert_eq!(library.get(r#"/rest/Book?%24Filter="ID = 12""#).ids(), [12]);
    same(&library, "/rest/Book?$ASARRAY=TRUE", "/rest/Book?$asArray=true");
}

#[test]
fn row_07_bare_boolean_parameter_is_true() {
    let library = app();
    same(&library, "/rest/Book?$asArray", "/rest/Book?$asArray=true");
    same(&library, "/rest/Book?$asArray&$top=1", "/rest/Book?$asArray=true&$top=1");
    same(&library, "/rest/Book?$asArray=false", "/rest/Book");
}

#[test]
fn row_08_quoted_values_hold_what_would_clash() {
    let library = app();
    assert_eq!(library.get(r#"/rest/Book?$filter="title = 'AT&T: a = b?'""#).ids(), [14]);
    assert_eq!(library.get(r#"/rest/Book?$filter="title = 'AT&T: a = b?'"&$orderby="ID""#).ids(), [14]);
    assert_eq!(library.get(r#"/rest/Book?$filter='title = "AT&T: a = b?"'"#).ids(), [14]);
    assert_eq!(library.get("/rest/Book?$filter=%22title%20%3D%20%27AT%26T%3A%20a%20%3D%20b%3F%27%22").ids(), [14]);
    assert_eq!(library.get("/rest/Book?$filter=%27title = %22AT&T: a = b?%22%27").ids(), [14]);
    assert_eq!(library.get(r#"/rest/Book?$top=5&$filter="title = 'AT&T: a = b?'"&$skip=0"#).ids(), [14]);
}

#[test]
fn row_08_plus_is_a_blank_and_percent_2b_a_plus() {
    let library = app();
    assert_eq!(library.get(r#"/rest/Book?$filter="title+=+'Slow+Food'""#).ids(), [12]);
    library.post("/rest/Country?$method=update", &serde_json::json!({ "code": "A+", "name": "Plus" })).ok();
    assert_eq!(library.get(r#"/rest/Country?$filter="code = 'A%2B'""#).counts().0, 1);
    assert_eq!(library.get(r#"/rest/Country?$filter="code = 'A+'""#).counts().0, 0);
}

#[test]
fn row_09_unquoted_values() {
    let library = app();
    assert_eq!(library.get("/rest/Book?$filter=price>=71.5").ids(), [13, 14]);
    assert_eq!(library.get("/rest/Book?$filter=title=@art@ AND price >= 2").ids(), [16]);
    assert_eq!(library.get("/rest/Book?$filter=price>=71.5&$top=1").ids(), [13]);
    assert_eq!(library.get("/rest/Book?$filter=ID=11").ids(), [11]);
    assert_eq!(library.get("/rest/Book?$filter=price%20%3E%2071.5").ids(), [13]);
}

#[test]
fn row_10_missing_closing_quote() {
    let library = app();
    library.get(r#"/rest/Book?$filter="price > 1"#).refused(400, &[1809]);
    library.get(r#"/rest/Book?$filter="title = 'a'"#).refused(400, &[1809]);
    library.get("/rest/Book?$filter='price > 1").refused(400, &[1808]);
    library.get(r#"/rest/Book?$filter='title = "a""#).refused(400, &[1808]);
    library.get("/rest/Book?$filter=%22price > 1").refused(400, &[1809]);
    library.get("/rest/Book?$filter=%27price > 1&$top=1").refused(400, &[1808]);
}

#[test]
fn row_11_unknown_keyword() {
    let library = app();
    library.get("/rest/Book?$fitler=1").refused(400, &[1811]);
    library.get("/rest/Book?$top=1&$nonsense").refused(400, &[1811]);
    library.get("/rest/Author(1)?$nonsense=1").refused(400, &[1811]);
}

#[test]
fn row_11_ampersand_where_a_question_mark_was_expected() {
    let library = app();
    library.get(r#"/rest/Book/$filter="price > 1""#).refused(400, &[1807]);
    library.get("/rest/Book&$top=1").refused(400, &[1807]);
    library.get("/rest/Book/&$top=1").refused(400, &[1807]);
}

#[test]
fn row_11_known_but_meaningless_parameters_are_ignored() {
    let library = app();
    same(&library, "/rest/Book?$metadata=full", "/rest/Book");
    same(&library, "/rest/Book?whatever=1&x", "/rest/Book");
    same(&library, "/rest/Book?$queryplan=true", "/rest/Book");
    same(&library, "/rest/Book(11)?$filter=\"ID = 1\"", "/rest/Book(11)");
    same(&library, "/rest/Book?$timeout=5", "/rest/Book");
    assert_eq!(library.get(r#"/rest/Book?filter="ID = 12""#).ids(), [12]);
    assert_eq!(library.get(r#"/rest/Book?filter="ID = 12"&$filter="ID = 13""#).ids(), [13]);
    same(&library, "/rest/Book?$filter=", "/rest/Book");
    same(&library, "/rest/Book?$filter=\"\"", "/rest/Book");
}

#[test]
fn row_11_malformed_values_and_repeated_parameters() {
    let library = app();
    library.get("/rest/Book?$top=many").refused(400, &[1806]);
    library.get("/rest/Book?$skip=1.5").refused(400, &[1806]);
    library.get("/rest/Book?$asArray=maybe").refused(400, &[1806]);
    library.get("/rest/Book?$filter=ID=1&$filter=ID=2").refused(400, &[1806]);
    assert_eq!(library.get("/rest/Book?$top=1&$top=2").ids(), [11, 12]);
}

#[test]
fn row_12_keys_in_parentheses_and_brackets() {
    let library = app();
    let wanted = library.get("/rest/Author(1)").ok().text;
    for url in
        ["Author[1]", "Author(\"1\")", "Author('1')", "Author[\"1\"]", "Author%5B1%5D", "Author%281%29", "Author(%221%22)", "Author[ 1 ]"]
    {
        assert_eq!(library.get(&format!("/rest/{url}")).ok().text, wanted, "{url}");
    }
    same(&library, "/rest/Author[1]/fullName", "/rest/Author(1)/fullName");
}

#[test]
fn row_12_brackets_are_emitted() {
    let library = app();
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!(book["author"]["__deferred"]["uri"], "/rest/Author[1]");
    let author = library.get("/rest/Author(1)").ok().json();
    assert_eq!(author["books"]["__deferred"]["uri"], "/rest/Author[1]/books?$expand=books");
}

#[test]
fn row_12_parentheses_are_emitted_when_set() {
    let library = app_with("[rest]\nentity_uri = \"parentheses\"\n");
    let book = library.get("/rest/Book[11]").ok().json();
    assert_eq!(book["author"]["__deferred"]["uri"], "/rest/Author(1)");
    let author = library.get("/rest/Author[1]").ok().json();
    assert_eq!(author["books"]["__deferred"]["uri"], "/rest/Author(1)/books?$expand=books");
    let slip = library.get("/rest/Slip(2)").ok().json();
    assert_eq!(slip["shelf"]["__deferred"]["uri"], "/rest/Shelf(7)");
    library.get(slip["shelf"]["__deferred"]["uri"].as_str().unwrap()).ok();
}

#[test]
fn row_13_text_keys_with_and_without_quotes() {
    let library = app();
    let wanted = library.get("/rest/Country(\"FR\")").ok();
    assert_eq!(wanted.json()["name"], "France");
    for url in [
        "Country('FR')",
        "Country(FR)",
        "Country[\"FR\"]",
        "Country[FR]",
        "Country(%22FR%22)",
        "Country[%22FR%22]",
        "Country(%46%52)",
        "Country(%27FR%27)",
    ] {
        assert_eq!(library.get(&format!("/rest/{url}")).ok().text, wanted.text, "{url}");
    }
}

#[test]
fn row_13_text_keys_of_odd_characters() {
    let library = app();
    for (url, key) in [
        ("Shelf(\"A/1\")", "A/1"),
        ("Shelf('A/1')", "A/1"),
        ("Shelf[\"A/1\"]", "A/1"),
        ("Shelf(A%2F1)", "A/1"),
        ("Shelf[%22A%2F1%22]", "A/1"),
        ("Shelf(\"it's\")", "it's"),
        ("Shelf(it's)", "it's"),
        ("Shelf[\"it's\"]", "it's"),
        ("Shelf[%22it%27s%22]", "it's"),
        ("Shelf(B 2)", "B 2"),
        ("Shelf(\"B 2\")", "B 2"),
        ("Shelf[%22C%5C%223%22]", "C\"3"),
        ("Shelf(\"Été?\")", "Été?"),
        ("Shelf[\"%C3%89t%C3%A9%3F\"]", "Été?"),
        ("Shelf(7)", "7"),
        ("Shelf[7]", "7"),
        ("Shelf[\"7\"]", "7"),
    ] {
        let url = url.replace('?', "%3F");
        assert_eq!(library.get(&format!("/rest/{url}")).ok().json()["__KEY"], key, "{url}");
    }
    library.get("/rest/Shelf(\"A/1\")/room").ok();
}

#[test]
fn row_13_text_keys_in_emitted_uris() {
    let library = app();
    for (slip, key) in [(1, "A/1"), (2, "7"), (3, "it's"), (4, "C\"3"), (5, "Été?"), (6, "B 2")] {
        let slip = library.get(&format!("/rest/Slip({slip})")).ok().json();
        let deferred = &slip["shelf"]["__deferred"];
        assert_eq!(deferred["__KEY"], key);
        let uri = deferred["uri"].as_str().unwrap();
        assert!(uri.starts_with("/rest/Shelf[%22") && uri.ends_with("%22]"), "{uri}");
        assert!(!uri.contains(['"', ' ', '?', '#']), "{uri}");
        assert_eq!(library.get(uri).ok().json()["__KEY"], key, "{uri}");
    }
    let saved = library.post("/rest/Country?$method=update", &serde_json::json!({ "__KEY": "FR", "name": "La France" })).ok().json();
    assert_eq!(saved["uri"], "/rest/Country[%22FR%22]");
}
