//! Row 48: relation paths in both directions, the class index (`rest-dialect.md` 9.2 "Paths").

use crate::library::{Library, app};

#[track_caller]
fn finds(library: &Library, dataclass: &str, cases: &[(&str, &[i64])]) {
    for (filter, ids) in cases {
        assert_eq!(library.filter(dataclass, filter).ids(), *ids, "{dataclass}: {filter}");
    }
}

#[test]
fn row_48_to_one() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("author.fullName = 'Liam@'", &[13, 14]),
            ("author.fullName = 'É@' and price > 10", &[11]),
            ("author.rating >= 3", &[11, 12, 13, 14]),
            ("author.active = true", &[11, 12, 16]),
            ("author.born = 1970-05-02", &[11, 12, 16]),
            ("author.ID = 1", &[11, 12]),
            ("author.profile.city = 'Paris'", &[11, 12]),
            ("author.profile.langs[] = 'fr'", &[11, 12]),
            ("not (author.active = true)", &[13, 14, 15]),
            ("author.fullName = 'É@' or ID = 18", &[11, 12, 15, 18]),
        ],
    );
}

#[test]
fn row_48_to_many_holds_when_one_does() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("books.title = 'Slow@'", &[1]),
            ("books.price > 100", &[2]),
            ("books.price < 15", &[1]),
            ("books.price > 9", &[1, 2, 6]),
            ("books.ID = 13 or books.ID = 16", &[2, 6]),
            ("books.title != 'Atlas'", &[1, 2, 5, 6]),
            ("books.price = null", &[5]),
            ("books.price in [9.5, 20]", &[1, 6]),
            ("books.title begin 'slow' and fullName = 'É@'", &[1]),
        ],
    );
}

#[test]
fn row_48_every_entity_once() {
    let page = app().filter("Author", "books.price > 0");
    assert_eq!((page.ids(), page.counts().0), (vec![1, 2, 6], 3));
}

#[test]
fn row_48_any_depth_and_both_directions() {
    let library = app();
    finds(
        &library,
        "Book",
        &[
            ("author.books.title = 'Slow Food'", &[11, 12]),
            ("author.books.price > 100", &[13, 14]),
            ("author.books.author.fullName = 'Liam@'", &[13, 14]),
        ],
    );
    finds(
        &library,
        "Author",
        &[
            ("books.author.books.price = 71.5", &[2]),
            ("books.author.fullName = 'É@'", &[1, 5]),
            ("books.author.profile.city = 'Oslo'", &[6]),
            ("books.authorName = 'Liam@'", &[2]),
            ("books.label = 'Atlas #13'", &[2]),
        ],
    );
}

#[test]
fn row_48_conditions_over_one_path_speak_of_the_same_entity() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("books.title = 'Slow Food' and books.price = 9.5", &[1]),
            ("books.title = 'Slow Food' and books.price = 14.5", &[]),
            ("books.title = 'Slow F@' and books.title = 'Slow R@'", &[]),
            ("books.price > 100 and books.title = 'AT&T@'", &[]),
            ("books.price > 50 and rating = 3 and books.price < 100", &[2]),
            ("books.price > 100 and rating = 3 and books.price < 100", &[]),
        ],
    );
    finds(&library, "Book", &[("author.books.title = 'Slow F@' and author.books.title = 'Slow R@'", &[])]);
}

#[test]
fn row_48_class_index_makes_another_reference() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("books.title = 'Slow F@' and books{2}.title = 'Slow R@'", &[1]),
            ("books.title = 'Slow Food' and books{2}.price = 14.5", &[1]),
            ("books{2}.title = 'Slow F@' and books{3}.title = 'Slow R@'", &[1]),
            ("books{2}.title = 'Slow F@' and books{2}.title = 'Slow R@'", &[]),
            ("books{-7}.title = 'Slow F@' and books{99}.title = 'Slow R@'", &[1]),
            ("books{2}.price > 100", &[2]),
            ("books.price > 100 and books{2}.price < 100 and books{3}.price < 100", &[2]),
            ("books.title = 'Slow F@' and books{2}.title = 'Atlas'", &[]),
            ("books.price > 10 and books{2}.price < 10 and books.title = 'Slow R@'", &[1]),
            ("books.price > 10 and books{2}.price < 10 and books.title = 'Slow F@'", &[]),
        ],
    );
    finds(&library, "Book", &[("author.books.title = 'Slow F@' and author.books{2}.title = 'Slow R@'", &[11, 12])]);
}

#[test]
fn row_48_class_index_is_any_integer_but_zero() {
    let library = app();
    for filter in ["books{0}.price > 1", "books{x}.price > 1", "books{1.5}.price > 1", "books{.price > 1", "books{}.price > 1"] {
        library.filter("Author", filter).syntax_error();
    }
}

#[test]
fn row_48_under_or_the_question_does_not_arise() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("books.title = 'Slow F@' or books.title = 'Atlas'", &[1, 2]),
            ("books.title = 'Slow F@' and (books.price > 100 or books.price < 10)", &[1]),
            ("(books.title = 'Slow F@' or rating = 5) and active = true", &[1, 4]),
        ],
    );
}

#[test]
fn row_48_under_not_nobody_satisfies_it() {
    let library = app();
    finds(
        &library,
        "Author",
        &[
            ("not (books.price > 100)", &[1, 3, 4, 5, 6]),
            ("not (books.title = '@')", &[3, 4]),
            ("not (books.title = 'Slow F@' and books.price > 10)", &[1, 2, 3, 4, 5, 6]),
            ("not (books.title = 'Slow F@' and books.price < 10)", &[2, 3, 4, 5, 6]),
            ("books.price > 10 and not (books.price > 100)", &[1, 6]),
        ],
    );
}

#[test]
fn row_48_unknown_steps() {
    let library = app();
    for (dataclass, filter) in [
        ("Book", "author.nosuch = 1"),
        ("Book", "nosuch.fullName = 1"),
        ("Author", "books.author.nosuch = 1"),
        ("Author", "books.Title = 'x'"),
    ] {
        library.filter(dataclass, filter).refused(400, &[1500, 1201]);
    }
    let answer = library.filter("Book", "title.fullName = 'x'");
    assert_eq!(answer.status, 400, "{answer}");
}
