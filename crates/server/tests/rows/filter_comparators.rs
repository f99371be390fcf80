//! Rows 39 and 43: comparators by type, `IN` (`rest-dialect.md` 9.2).

use serde_json::json;

use crate::library::{Library, app};

/// Each filter finds these entities.
#[track_caller]
fn finds(library: &Library, dataclass: &str, cases: &[(&str, &[i64])]) {
    for (filter, ids) in cases {
        assert_eq!(library.filter(dataclass, filter).ids(), *ids, "{dataclass}: {filter}");
    }
}

#[test]
fn row_39_numbers() {
    let library = app();
    let different: &[i64] = &[12, 13, 14, 16, 17, 18];
    finds(
        &library,
        "Book",
        &[
            ("price = 14.5", &[11]),
            ("price == 14.5", &[11]),
            ("price === 14.5", &[11]),
            ("price IS 14.5", &[11]),
            ("price != 14.5", different),
            ("price # 14.5", different),
            ("price !== 14.5", different),
            ("price is not 14.5", different),
            ("price < 14.5", &[12, 17, 18]),
            ("price <= 14.5", &[11, 12, 17, 18]),
            ("price > 14.5", &[13, 14, 16]),
            ("price >= 14.5", &[11, 13, 14, 16]),
            ("price > -1", &[11, 12, 13, 14, 16, 17, 18]),
            ("price = 14.50", &[11]),
            ("price = '14.5'", &[11]),
            ("ID >= 17", &[17, 18]),
            ("ID = 11", &[11]),
        ],
    );
}

#[test]
fn row_39_blanks_around_symbols_are_optional() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("price>=71.5", &[13, 14]),
            ("price>  71.5", &[13]),
            ("price<=5", &[17, 18]),
            ("price!==14.5 and price!=20", &[12, 13, 14, 17, 18]),
            ("price#14.5", &[12, 13, 14, 16, 17, 18]),
            ("price===14.5", &[11]),
            ("  price = 14.5  ", &[11]),
            ("title='Atlas'", &[13]),
        ],
    );
}

#[test]
fn row_39_text() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = 'Atlas'", &[13]),
            ("title == Atlas", &[13]),
            ("title != 'Atlas'", &[11, 12, 14, 15, 16, 17, 18]),
            ("title # 'Atlas'", &[11, 12, 14, 15, 16, 17, 18]),
            ("title < 'Atlas'", &[14, 17]),
            ("title <= 'Atlas'", &[13, 14, 17]),
            ("title > 'Slow Food'", &[11, 16]),
            ("title >= 'Slow Food'", &[11, 12, 16]),
            ("title > 'slow food'", &[11, 16]),
            ("title <= 'ATLAS'", &[13, 14, 17]),
            ("title = ''", &[]),
            ("title != ''", &[11, 12, 13, 14, 15, 16, 17, 18]),
        ],
    );
}

#[test]
fn row_39_bool() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("active = true", &[1, 4, 6]),
            ("active = false", &[2, 5]),
            ("active = TRUE", &[1, 4, 6]),
            ("active == false", &[2, 5]),
            ("active != true", &[2, 5]),
            ("active # false", &[1, 4, 6]),
            ("active is true", &[1, 4, 6]),
            ("active is not true", &[2, 5]),
        ],
    );
}

#[test]
fn row_39_dates() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("born = 1970-05-02", &[1, 6]),
            ("born = '1970-05-02'", &[1, 6]),
            ("born = !!1970-05-02!!", &[1, 6]),
            ("born = 2!5!1970", &[1, 6]),
            ("born = 1970-05-02T12:00:00Z", &[1, 6]),
            ("born != 1970-05-02", &[2, 4, 5]),
            ("born < 1985-12-31", &[1, 6]),
            ("born <= 1985-12-31", &[1, 2, 6]),
            ("born > 1985-12-31", &[4, 5]),
            ("born >= 1991-08-04", &[4, 5]),
            ("born > 1985-12-30 and born < 1991-08-05", &[2, 4]),
        ],
    );
}

#[test]
fn row_39_instants() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("addedAt = 2024-02-28T16:40:00.000Z", &[11]),
            ("addedAt = '2024-02-28T16:40:00Z'", &[11]),
            ("addedAt = '2024-02-28T17:40:00+01:00'", &[11]),
            ("addedAt = 2024-02-28", &[17]),
            ("addedAt >= '2024-02-28T16:40:00Z'", &[11, 16]),
            ("addedAt > 2024-01-01", &[11, 13, 16, 17]),
            ("addedAt > '2024-01-01T12:00:00.499Z' and addedAt < '2024-01-01T12:00:00.501Z'", &[13]),
            ("addedAt < 2024-01-01", &[12]),
            ("addedAt != 2024-02-28T16:40:00.000Z", &[12, 13, 16, 17]),
        ],
    );
}

#[test]
fn row_39_durations() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("playTime = 90000", &[16]),
            ("playTime = 01:30:00", &[11]),
            ("playTime = '01:30:00'", &[11]),
            ("playTime >= '00:01:00'", &[11, 12, 16]),
            ("playTime < 1000", &[14]),
            ("playTime != 0", &[11, 12, 16, 17]),
        ],
    );
}

#[test]
fn row_39_decimals_compare_exactly() {
    let library = app();
    for amount in ["0.10", "0.2", "9007199254740993.01", "-0.01"] {
        library.post_text("/rest/Gauge?$method=update", &format!("{{\"amount\":{amount}}}")).ok();
    }
    for (filter, count) in [
        ("amount = 0.1", 1),
        ("amount = 0.10", 1),
        ("amount = 0.100", 1),
        ("amount > 0.1", 2),
        ("amount < 0.1", 1),
        ("amount = 9007199254740993.01", 1),
        ("amount = 9007199254740993.02", 0),
        ("amount > 9007199254740993", 1),
        ("amount < 0", 1),
        ("amount in [0.2, 0.10]", 2),
    ] {
        assert_eq!(library.filter("Gauge", filter).counts().0, count, "{filter}");
    }
}

#[test]
fn row_39_long64_compares_exactly() {
    let library = app();
    library.post_text("/rest/Gauge?$method=update", r#"[{"big":9007199254740993},{"big":9007199254740992}]"#).ok();
    for (filter, count) in
        [("big = 9007199254740993", 1), ("big > 9007199254740992", 1), ("big >= 9007199254740992", 2), ("big != 9007199254740993", 1)]
    {
        assert_eq!(library.filter("Gauge", filter).counts().0, count, "{filter}");
    }
}

#[test]
fn row_39_literals_become_the_type_of_the_attribute() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("ID = v11", &[11]),
            ("ID = 'v11'", &[11]),
            ("price > 'EUR 70'", &[13, 14]),
            ("price = '-14.5x'", &[]),
            ("isbn = 978-0-00-011", &[11]),
        ],
    );
}

#[test]
fn row_43_in_with_brackets() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("ID in [11, 13]", &[11, 13]),
            ("ID IN [11,13,99]", &[11, 13]),
            ("price in [14.5, 140]", &[11, 13]),
            ("title in [\"Atlas\", \"Slow Food\"]", &[12, 13]),
            ("title in [\\\"Atlas\\\",\\\"Slow Food\\\"]", &[12, 13]),
            ("title in ['Atlas', 'Slow Food']", &[12, 13]),
            ("title in ['atlas', 'ETE A PARIS']", &[13, 15]),
            ("title in ['Slow@', 'Atlas']", &[11, 12, 13]),
            ("title in ['AT&T: a = b?']", &[14]),
            ("title in ['a, b', 'Atlas']", &[13]),
            ("ID in []", &[]),
            ("not (title in ['Slow@'])", &[13, 14, 15, 16, 17, 18]),
            ("not (price in [14.5, 140])", &[12, 14, 16, 17, 18]),
            ("ID in [11, 12] and price > 10", &[11]),
            ("title in [\"Orphan's \\u0022Tale\\u0022\"]", &[18]),
        ],
    );
}

#[test]
fn row_43_in_with_parentheses() {
    let library = app();
    finds(
        &library,
        "Book",
        &[("title in ('Atlas', 'Slow Food')", &[12, 13]), ("ID in (11,12) or ID = 18", &[11, 12, 18]), ("(ID in (11))", &[11])],
    );
    finds(&library, "Author", &[("active in (true)", &[1, 4, 6]), ("born in (1970-05-02, 1991-08-04)", &[1, 4, 6])]);
}

#[test]
fn row_43_in_as_it_stands_in_a_url() {
    let library = app();
    assert_eq!(library.get(r#"/rest/Book?$filter="title in [\"Atlas\",\"Slow Food\"]""#).ids(), [12, 13]);
    assert_eq!(library.get(r#"/rest/Book?$filter="title in ['Atlas','Slow Food']"&$top=1"#).ids(), [12]);
    assert_eq!(library.get("/rest/Book?$filter=ID in [11,13]").ids(), [11, 13]);
}

#[test]
fn row_43_in_with_a_placeholder() {
    let library = app();
    assert_eq!(library.filter_with("Book", "ID in :1", &json!([[11, 13]])).ids(), [11, 13]);
    assert_eq!(library.filter_with("Book", "title in :1", &json!([["Atlas", "slow@", "O'x"]])).ids(), [11, 12, 13]);
    assert_eq!(library.filter_with("Book", "ID in :1", &json!([[]])).ids(), Vec::<i64>::new());
    assert_eq!(library.filter_with("Book", "ID in :2 and price > :1", &json!([10, ["11", "12"]])).ids(), [11]);
    assert_eq!(library.filter_with("Author", "born in :1", &json!([["1970-05-02T12:00:00.000Z"]])).ids(), [1, 6]);
    assert_eq!(library.filter_with("Book", "author.fullName in :1", &json!([["Liam O'Neil"]])).ids(), [13, 14]);
}
