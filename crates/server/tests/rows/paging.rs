//! Rows 54 and 55: order and pages (`rest-dialect.md` 9.4, 9.5).

use crate::library::{Library, app};

#[track_caller]
fn ordered(library: &Library, dataclass: &str, orderby: &str, ids: &[i64]) {
    let answer = library.get(&format!("/rest/{dataclass}?$attributes=ID&$orderby={orderby}"));
    assert_eq!(answer.ids(), ids, "{orderby}");
}

#[test]
fn row_54_directions_quotes_and_blanks() {
    let library = app();
    let ascending = [15, 18, 17, 12, 11, 16, 14, 13];
    let descending = [13, 14, 16, 11, 12, 17, 18, 15];
    for text in ["price", "price asc", "price ASC", "\"price asc\"", "'price'", "\"  price   asc \"", "price%20asc", "%22price%22"] {
        ordered(&library, "Book", text, &ascending);
    }
    for text in ["price desc", "price DESC", "\"price Desc\"", "price%20desc"] {
        ordered(&library, "Book", text, &descending);
    }
}

#[test]
fn row_54_several() {
    let library = app();
    ordered(&library, "Book", "\"authorID desc, price asc\"", &[16, 15, 14, 13, 12, 11, 18, 17]);
    ordered(&library, "Book", "authorID,price desc", &[17, 18, 11, 12, 13, 14, 15, 16]);
    ordered(&library, "Author", "born desc, fullName desc", &[5, 4, 2, 6, 1, 3]);
}

#[test]
fn row_54_order_of_each_type() {
    let library = app();
    ordered(&library, "Author", "fullName", &[4, 1, 5, 3, 2, 6]);
    ordered(&library, "Book", "title", &[17, 14, 13, 15, 18, 12, 11, 16]);
    ordered(&library, "Author", "active,ID", &[3, 2, 5, 1, 4, 6]);
    ordered(&library, "Author", "active desc,ID", &[1, 4, 6, 2, 5, 3]);
    ordered(&library, "Author", "born,ID", &[3, 1, 6, 2, 4, 5]);
    ordered(&library, "Book", "addedAt,ID", &[14, 15, 18, 12, 13, 17, 11, 16]);
    ordered(&library, "Book", "playTime desc,ID", &[11, 16, 12, 17, 14, 13, 15, 18]);
}

#[test]
fn row_54_relation_paths_objects_alias_and_calculated() {
    let library = app();
    ordered(&library, "Book", "author.fullName desc,ID", &[16, 13, 14, 15, 11, 12, 17, 18]);
    ordered(&library, "Book", "authorName desc,ID desc", &[16, 14, 13, 15, 12, 11, 18, 17]);
    ordered(&library, "Author", "profile.city,ID", &[3, 4, 5, 2, 6, 1]);
    ordered(&library, "Author", "profile.age desc,ID", &[6, 1, 5, 2, 3, 4]);
    ordered(&library, "Book", "label desc", &[16, 11, 12, 18, 15, 13, 14, 17]);
    ordered(&library, "Book", "author.profile.age desc,ID", &[16, 11, 12, 15, 13, 14, 17, 18]);
}

#[test]
fn row_54_ties_are_broken_by_key() {
    let library = app();
    ordered(&library, "Author", "active", &[3, 2, 5, 1, 4, 6]);
    ordered(&library, "Book", "authorID", &[17, 18, 11, 12, 13, 14, 15, 16]);
    let whole = library.get("/rest/Entry?$orderby=name&$top=1000").ids();
    let pages: Vec<i64> =
        (0..5).flat_map(|page| library.get(&format!("/rest/Entry?$orderby=name&$top=30&$skip={}", page * 30)).ids()).collect();
    assert_eq!(pages, whole);
}

#[test]
fn row_54_unknown_attribute_direction_or_to_many() {
    let library = app();
    for text in ["nosuch", "price,nosuch desc", "author.nosuch", "nosuch.price", "Price", "costNote"] {
        library.get(&format!("/rest/Book?$orderby={text}")).refused(400, &[1500, 1810]);
    }
    for text in ["price sideways", "price asc desc", "\"price,\"", "\",price\"", "price desc title"] {
        library.get(&format!("/rest/Book?$orderby={text}")).refused(400, &[1810]);
    }
    library.get("/rest/Author?$orderby=books.price").refused(400, &[1810]);
    library.get("/rest/Book?$orderby=author.books.price").refused(400, &[1810]);
}

#[test]
fn row_55_skip_top_and_limit() {
    let library = app();
    let page = library.get("/rest/Entry?$skip=10&$top=5");
    assert_eq!((page.counts(), page.ids()), ((150, 10, 5), vec![11, 12, 13, 14, 15]));
    let page = library.get("/rest/Entry?$skip=50&$limit=10");
    assert_eq!((page.counts(), page.ids()), ((150, 50, 10), (51..=60).collect()));
    assert_eq!(library.get("/rest/Entry?$top=5&$limit=3").counts(), (150, 0, 3));
    assert_eq!(library.get("/rest/Entry?$limit=5&$top=3").counts(), (150, 0, 3));
    assert_eq!(library.get("/rest/Entry?$skip=148").counts(), (150, 148, 2));
    assert_eq!(library.get("/rest/Entry?$top=150&$skip=0").counts(), (150, 0, 150));
}

#[test]
fn row_55_past_the_end() {
    let library = app();
    let page = library.get("/rest/Entry?$skip=150&$top=10");
    assert_eq!((page.counts(), page.ids()), ((150, 150, 0), vec![]));
    let page = library.get("/rest/Entry?$skip=1000000");
    assert_eq!((page.counts(), page.ids()), ((150, 1_000_000, 0), vec![]));
    let page = library.get("/rest/Book?$filter=\"price > 100\"&$skip=1");
    assert_eq!((page.counts(), page.ids()), ((1, 1, 0), vec![]));
}

#[test]
fn row_55_top_of_zero_and_of_100000() {
    let library = app();
    assert_eq!(library.get("/rest/Entry?$top=0").counts(), (150, 0, 0));
    assert_eq!(library.get("/rest/Entry?$top=0&$filter=\"ID > 100\"").counts(), (50, 0, 0));
    assert_eq!(library.get("/rest/Entry?$top=100000").counts(), (150, 0, 150));
    assert_eq!(library.get("/rest/Entry?$limit=10000").counts(), (150, 0, 150));
}

#[test]
fn row_55_count_is_that_of_the_filtered_selection() {
    let library = app();
    assert_eq!(library.get("/rest/Entry?$filter=\"ID > 100\"&$skip=5&$top=10").counts(), (50, 5, 10));
    assert_eq!(library.get("/rest/Author?$filter=\"books.price > 0\"&$top=1").counts(), (3, 0, 1));
}

#[test]
fn row_55_negative_and_malformed() {
    let library = app();
    for value in ["-1", "x", "1.5", "1e3", "0x1", ""] {
        for name in ["$top", "$limit", "$skip"] {
            library.get(&format!("/rest/Entry?{name}={value}")).refused(400, &[1806]);
        }
    }
    for name in ["$top", "$skip"] {
        let answer = library.get(&format!("/rest/Entry?{name}=99999999999999999999999"));
        assert!(matches!(answer.status, 200 | 400), "{answer}");
    }
}
