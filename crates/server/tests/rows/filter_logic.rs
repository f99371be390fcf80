//! Rows 44 and 45: AND, OR, EXCEPT, NOT, precedence, and null (`rest-dialect.md` 9.2).

use crate::database::bytes;
use crate::library::{Library, app};

#[track_caller]
fn finds(library: &Library, dataclass: &str, cases: &[(&str, &[i64])]) {
    for (filter, ids) in cases {
        assert_eq!(library.filter(dataclass, filter).ids(), *ids, "{dataclass}: {filter}");
    }
}

/// Three-valued logic, written down once more: `None` is unknown.
type Truth = Option<bool>;

fn and(one: Truth, two: Truth) -> Truth {
    match (one, two) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn not(one: Truth) -> Truth {
    one.map(|value| !value)
}

fn or(one: Truth, two: Truth) -> Truth {
    not(and(not(one), not(two)))
}

/// Conditions on book 15, whose price is null.
const CONDITIONS: [(&str, Truth); 3] = [("ID = 15", Some(true)), ("ID > 15", Some(false)), ("price = 1", None)];

#[test]
fn row_44_truth_table_of_every_operator() {
    let library = app();
    let check = |condition: &str, truth: Truth| {
        let filter = format!("({condition}) and ID = 15");
        assert_eq!(library.filter("Book", &filter).counts().0, u64::from(truth == Some(true)), "{filter}");
    };
    for (one, x) in CONDITIONS {
        check(&format!("not {one}"), not(x));
        check(&format!("not (not ({one}))"), x);
        for (two, y) in CONDITIONS {
            for (operator, truth) in [
                ("and", and(x, y)),
                ("&", and(x, y)),
                ("&&", and(x, y)),
                ("or", or(x, y)),
                ("|", or(x, y)),
                ("||", or(x, y)),
                ("except", and(x, not(y))),
            ] {
                check(&format!("{one} {operator} {two}"), truth);
                check(&format!("not ({one} {operator} {two})"), not(truth));
            }
        }
    }
}

#[test]
fn row_44_words_in_any_case_and_symbols_without_blanks() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("ID = 11 OR ID = 12", &[11, 12]),
            ("ID = 11 Or ID = 12", &[11, 12]),
            ("ID > 11 AND ID < 13", &[12]),
            ("ID=11|ID=12", &[11, 12]),
            ("ID=11||ID=12", &[11, 12]),
            ("ID>11&ID<13", &[12]),
            ("ID>11&&ID<13", &[12]),
            ("ID > 11 EXCEPT ID > 13", &[12, 13]),
            ("NOT (ID > 11)", &[11]),
            ("Not ID > 11", &[11]),
            ("not(title = Atlas)", &[11, 12, 14, 15, 16, 17, 18]),
        ],
    );
}

#[test]
fn row_44_and_binds_tighter_than_or() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("price > 100 or title = 'Slow@' and price < 10", &[12, 13]),
            ("title = 'Slow@' and price < 10 or price > 100", &[12, 13]),
            ("(price > 100 or title = 'Slow@') and price < 10", &[12]),
            ("price > 100 or (title = 'Slow@' and price < 10)", &[12, 13]),
            ("price > 100 | title = 'Slow@' & price < 10", &[12, 13]),
            ("ID = 11 or ID = 12 and ID = 13 or ID = 14", &[11, 14]),
        ],
    );
}

#[test]
fn row_44_except_stands_at_the_level_of_and() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = 'Slow@' except price > 10", &[12]),
            ("price = 140 or title = 'Slow@' except price > 10", &[12, 13]),
            ("ID > 10 except ID > 15 except ID < 13", &[13, 14, 15]),
            ("ID > 10 except (ID > 12 or ID = 11)", &[12]),
            ("ID < 14 except title = 'Atlas' and price > 10", &[11]),
        ],
    );
}

#[test]
fn row_44_not_applies_to_the_next_condition_only() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("not title = 'Slow@' and price > 50", &[13, 14]),
            ("not (title = 'Slow@' and price > 10)", &[12, 13, 14, 15, 16, 17, 18]),
            ("not title = 'Slow@' or ID = 11", &[11, 13, 14, 15, 16, 17, 18]),
            ("not not ID = 11", &[11]),
            ("price > 50 and not title = 'Atlas'", &[14]),
        ],
    );
}

#[test]
fn row_44_parentheses_nest() {
    let library = app();
    finds(
        &library,
        "Book",
        &[("((ID = 11))", &[11]), ("((ID = 11 or ID = 12) and (price > 10 or (ID = 99)))", &[11]), ("(((((((((ID = 11)))))))))", &[11])],
    );
}

#[test]
fn row_44_bare_texts_end_at_a_logical_word() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("title = Slow Rivers or title = Atlas", &[11, 13]),
            ("(title = Slow Rivers)", &[11]),
            ("title = 'Food and Drink'", &[]),
            ("title = The art of slow cooking and price = 20", &[16]),
        ],
    );
}

#[test]
fn row_45_null_and_not_null() {
    let library = app();
    let priced: &[i64] = &[11, 12, 13, 14, 16, 17, 18];
    finds(
        &library,
        "Book",
        &[
            ("price = null", &[15]),
            ("price == null", &[15]),
            ("price === NULL", &[15]),
            ("price is null", &[15]),
            ("price IS NULL", &[15]),
            ("price != null", priced),
            ("price # null", priced),
            ("price !== null", priced),
            ("price is not null", priced),
            ("not (price = null)", priced),
            ("not (price != null)", &[15]),
            ("isbn = null", &[18]),
            ("isbn = 'null'", &[]),
            ("author = null or ID = 11", &[11, 17, 18]),
            ("price < null", &[]),
            ("price >= null", &[]),
            ("not (price < null)", &[]),
        ],
    );
    finds(
        &library,
        "Author",
        &[("active = null", &[3]), ("born = null", &[3]), ("born != null", &[1, 2, 4, 5, 6]), ("rating = null", &[3])],
    );
}

#[test]
fn row_45_different_leaves_nulls_out() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("price != 14.5", &[12, 13, 14, 16, 17, 18]),
            ("not (price = 14.5)", &[12, 13, 14, 16, 17, 18]),
            ("not (price != 14.5)", &[11]),
            ("not (price > 14.5)", &[11, 12, 17, 18]),
            ("price != 14.5 or price = null", &[12, 13, 14, 15, 16, 17, 18]),
            ("isbn != '978-0-00-011'", &[12, 13, 14, 15, 16, 17]),
            ("price > 0 or price <= 0", &[11, 12, 13, 14, 16, 17, 18]),
        ],
    );
    finds(
        &library,
        "Author",
        &[
            ("active # true", &[2, 5]),
            ("not (active = true)", &[2, 5]),
            ("active != true", &[2, 5]),
            ("active # true OR active = null", &[2, 3, 5]),
        ],
    );
}

#[test]
fn row_45_absent_properties_are_null() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("profile.city = null", &[3, 4, 5]),
            ("profile.city != null", &[1, 2, 6]),
            ("profile.city != 'Paris'", &[2, 6]),
            ("not (profile.city = 'Paris')", &[2, 6]),
            ("profile.city != 'Paris' or profile.city = null", &[2, 3, 4, 5, 6]),
            ("profile = null", &[4]),
            ("profile != null", &[1, 2, 3, 5, 6]),
            ("profile.nothing.deeper = null", &[1, 2, 3, 4, 5, 6]),
            ("profile.nothing != null", &[]),
            ("profile.age > 0", &[1, 2, 5, 6]),
            ("not (profile.age > 54)", &[1, 2, 5]),
        ],
    );
}

#[test]
fn row_45_null_over_a_relation() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("authorName = null", &[17, 18]),
            ("author.fullName = null", &[17, 18]),
            ("author.fullName != null", &[11, 12, 13, 14, 15, 16]),
            ("author.fullName != 'Liam O'Neil'", &[11, 12, 15, 16]),
            ("not (author.fullName = 'Liam O'Neil')", &[11, 12, 15, 16]),
            ("authorID = null", &[17, 18]),
        ],
    );
}

#[test]
fn row_45_media_know_null_only() {
    let library = app();
    library.database.change(&format!("UPDATE \"Book\" SET cover = {} WHERE \"ID\" = 12", bytes("89504E47")));
    finds(&library, "Book", &[("cover != null", &[12]), ("cover = null and ID < 14", &[11, 13]), ("sample != null", &[])]);
    for filter in ["cover = 'x'", "sample > 1", "cover != 'x'", "sample begin 'x'", "cover in ['x']"] {
        let answer = library.filter("Book", filter);
        assert_eq!((answer.status, answer.codes().contains(&1112)), (400, true), "{answer}");
    }
}
