//! Row 46: placeholders and `$params` (`rest-dialect.md` 9.2, 9.3).

use serde_json::json;

use crate::library::app;

#[test]
fn row_46_values_in_any_order_and_repeated() {
    let library = app();
    assert_eq!(library.filter_with("Book", "price > :1", &json!([70])).ids(), [13, 14]);
    assert_eq!(library.filter_with("Book", "price < :2 and title = :1", &json!(["slow@", 10])).ids(), [12]);
    assert_eq!(library.filter_with("Book", "ID = :1 or authorID = :2 or ID = :1", &json!([13, 1])).ids(), [11, 12, 13]);
    assert_eq!(library.filter_with("Book", "ID > :2", &json!([null, 17])).ids(), [18]);
    assert_eq!(library.filter_with("Book", "ID=:1|ID=:2", &json!([11, 12, "unused", { "un": "used" }])).ids(), [11, 12]);
}

#[test]
fn row_46_many_placeholders() {
    let library = app();
    let values: Vec<i64> = (1..=128).collect();
    assert_eq!(library.filter_with("Book", "ID = :1 or ID = :11 or ID = :12 or ID = :128", &json!(values)).ids(), [11, 12]);
    let filter: Vec<String> = (1..=128).map(|n| format!("ID = :{n}")).collect();
    assert_eq!(library.filter_with("Book", &filter.join(" or "), &json!(values)).ids().len(), 8);
    let answer = library.filter_with("Book", "ID = :129", &json!((1..=129).collect::<Vec<i64>>()));
    assert_eq!(answer.status, 400, "{answer}");
}

#[test]
fn row_46_values_become_the_type_of_the_attribute() {
    let library = app();
    for value in [json!(11), json!("11"), json!("v11"), json!(11.0)] {
        assert_eq!(library.filter_with("Book", "ID = :1", &json!([value])).ids(), [11], "{value}");
    }
    assert_eq!(library.filter_with("Author", "active = :1", &json!([true])).ids(), [1, 4, 6]);
    for value in ["1970-05-02", "1970-05-02T12:00:00.000Z", "!!1970-05-02!!", "2!5!1970"] {
        assert_eq!(library.filter_with("Author", "born = :1", &json!([value])).ids(), [1, 6], "{value}");
    }
    assert_eq!(library.filter_with("Book", "addedAt >= :1", &json!(["2024-02-28T16:40:00.000Z"])).ids(), [11, 16]);
    assert_eq!(library.filter_with("Book", "playTime = :1", &json!(["01:30:00"])).ids(), [11]);
    assert_eq!(library.filter_with("Book", "isbn = :1", &json!(["978-0-00-011"])).ids(), [11]);
}

#[test]
fn row_46_placeholder_for_the_path() {
    let library = app();
    assert_eq!(library.filter_with("Book", ":1 = :2", &json!(["title", "Slow@"])).ids(), [11, 12]);
    assert_eq!(library.filter_with("Book", ":1 = 'Slow@' and :2 > 10", &json!(["title", "price"])).ids(), [11]);
    assert_eq!(library.filter_with("Book", ":1 = :2", &json!([["author", "fullName"], "É@"])).ids(), [11, 12, 15]);
    assert_eq!(library.filter_with("Author", ":1 = :2", &json!([["profile", "city"], "Paris"])).ids(), [1]);
    library.filter_with("Book", ":1 = :2", &json!(["nosuch", 1])).refused(400, &[1500, 1201]);
    let answer = library.filter_with("Book", ":1 = :2", &json!([12, 1]));
    assert_eq!((answer.status, answer.codes()), (400, vec![1280]), "{answer}");
}

#[test]
fn row_46_odd_property_names_by_placeholder() {
    let library = app();
    library
        .post(
            "/rest/Author?$method=update",
            &json!({ "ID": 7, "fullName": "Odd", "profile": { "a b": 1, "c.d": { "e=f": "x" }, "quote\"s'": 2 } }),
        )
        .ok();
    assert_eq!(library.filter_with("Author", ":1 = 1", &json!([["profile", "a b"]])).ids(), [7]);
    assert_eq!(library.filter_with("Author", ":1 = :2", &json!([["profile", "c.d", "e=f"], "x"])).ids(), [7]);
    assert_eq!(library.filter_with("Author", ":1 = 2", &json!([["profile", "quote\"s'"]])).ids(), [7]);
    assert_eq!(library.filter_with("Author", ":1 = 1", &json!([["profile", "a\" b"]])).ids(), Vec::<i64>::new());
}

#[test]
fn row_46_missing_and_null_are_1279() {
    let library = app();
    library.filter_with("Book", "ID = :2", &json!([11])).refused(400, &[1279]);
    library.filter_with("Book", "ID = :1", &json!([])).refused(400, &[1279]);
    library.filter("Book", "ID = :1").refused(400, &[1279]);
    library.filter_with("Book", "price = :1", &json!([null])).refused(400, &[1279]);
    library.filter_with("Book", "price != :1", &json!([null])).refused(400, &[1279]);
    library.filter_with("Book", ":1 = 1", &json!([null])).refused(400, &[1279]);
    library.filter_with("Book", "ID in :1", &json!([null])).refused(400, &[1279]);
    let answer = library.filter_with("Book", "ID = :0", &json!([1]));
    assert_eq!(answer.status, 400, "{answer}");
}

#[test]
fn row_46_what_cannot_be_converted_is_1280() {
    let library = app();
    for (filter, value) in [
        ("ID = :1", json!("none")),
        ("price > :1", json!("cheap")),
        ("born = :1", json!("soon")),
        ("addedAt < :1", json!("later")),
        ("ID in :1", json!(["eleven"])),
    ] {
        let dataclass = if filter.starts_with("born") { "Author" } else { "Book" };
        library.filter_with(dataclass, filter, &json!([value])).refused(400, &[1280]);
    }
}

#[test]
fn row_46_params_bare_or_in_quotes() {
    let library = app();
    assert_eq!(library.get(r#"/rest/Book?$filter="title = :1"&$params='["Slow@"]'"#).ids(), [11, 12]);
    assert_eq!(library.get(r#"/rest/Book?$filter="title = :1"&$params=["Slow@"]"#).ids(), [11, 12]);
    assert_eq!(library.get(r#"/rest/Book?$params=["Slow@"]&$filter="title = :1""#).ids(), [11, 12]);
    assert_eq!(library.get("/rest/Book?$filter=%22title%20%3D%20%3A1%22&$params=%27%5B%22Slow%40%22%5D%27").ids(), [11, 12]);
    assert_eq!(library.get(r#"/rest/Book?$filter="title = :1"&$params='["AT\u0026T@"]'"#).ids(), [14]);
    let answer = library.get(r#"/rest/Book?$filter="title = :1"&$params='nonsense'"#);
    assert_eq!(answer.status, 400, "{answer}");
}
