//! Rows 67 to 70: combining and releasing sets, related entities as a set (`rest-dialect.md` 11.6 to 11.8).

use serde_json::json;

use crate::database::IS_POSTGRES;
use crate::library::{app, attached};
use crate::sets::{id_of, set, set_of};

const OK: &str = r#"{"ok":true}"#;

#[test]
fn row_67_and_or_except() {
    let library = app();
    let cheap = set(&library, "Book?$filter=\"price < 20\"&$orderby=\"ID desc\"");
    let slow = set(&library, "Book?$filter=\"title = '@slow@'\"");
    assert_eq!((library.get(&cheap).ids(), library.get(&slow).ids()), (vec![18, 17, 12, 11], vec![11, 12, 16]));
    for (operator, ids) in [("AND", vec![12, 11]), ("or", vec![18, 17, 12, 11, 16]), ("Except", vec![18, 17])] {
        for name in ["$logicOperator", "$operator", "$LOGICOPERATOR"] {
            let answer = library.get(&format!("{cheap}?{name}={operator}&$otherCollection={}", id_of(&slow)));
            assert_eq!((answer.ids(), answer.members()[0].as_str()), (ids.clone(), "__DATACLASS"), "{operator}");
        }
    }
    // The other set by its path, in any letter case, quoted or not.
    for other in [slow.clone(), format!("\"{slow}\""), id_of(&slow).to_lowercase(), format!("'{}'", id_of(&slow))] {
        assert_eq!(library.get(&format!("{cheap}?$logicOperator=AND&$otherCollection={other}")).ids(), [12, 11], "{other}");
    }
    // Neither set changes; the result is filtered, ordered and paged like any.
    let more = "&$filter=\"ID > 11\"&$orderby=ID&$skip=1&$top=2";
    let page = library.get(&format!("{cheap}?$logicOperator=OR&$otherCollection={}{more}", id_of(&slow)));
    assert_eq!((page.ids(), page.counts()), (vec![16, 17], (4, 1, 2)));
    assert_eq!((library.get(&cheap).ids(), library.get(&slow).ids()), (vec![18, 17, 12, 11], vec![11, 12, 16]));
    let path = format!("/rest/Book/price/$entityset/{}?$logicOperator=AND&$otherCollection={}&$compute=sum", id_of(&cheap), id_of(&slow));
    assert_eq!(library.get(&path).compact(), "24");
}

#[test]
fn row_67_stored_only_with_method() {
    let library = app();
    let (first, second) = (set(&library, "Book?$filter=\"ID < 13\""), set(&library, "Book?$filter=\"ID = 18\""));
    let stored = set_of(&library.get(&format!("{first}?$logicOperator=OR&$otherCollection={}&$method=entityset", id_of(&second))));
    assert!(stored != first && stored != second);
    assert_eq!(library.get(&stored).ids(), [11, 12, 18]);
}

#[test]
fn row_67_intersect_is_a_boolean() {
    let library = app();
    let cheap = set(&library, "Book?$filter=\"price < 20\"");
    let (some, none) = (set(&library, "Book?$filter=\"ID in [12, 13]\""), set(&library, "Book?$filter=\"ID = 13\""));
    for (other, shared) in [(&some, "true"), (&none, "false")] {
        for operator in ["INTERSECT", "intersect"] {
            let answer = library.get(&format!("{cheap}?$logicOperator={operator}&$otherCollection={}", id_of(other))).ok();
            assert_eq!(answer.text, shared);
        }
    }
}

#[test]
fn row_67_refusals() {
    let library = app();
    let (books, authors) = (set(&library, "Book"), set(&library, "Author"));
    let other = id_of(&books);
    library.get(&format!("{books}?$logicOperator=XOR&$otherCollection={other}")).refused(400, &[1818]);
    library.get(&format!("{books}?$logicOperator=&$otherCollection={other}")).refused(400, &[1818]);
    library.get(&format!("{books}?$logicOperator=AND")).refused(400, &[1819]);
    library.get(&format!("{books}?$logicOperator=AND&$otherCollection=")).refused(400, &[1819]);
    library.get(&format!("{books}?$logicOperator=AND&$otherCollection=0123456789ABCDEF0123456789ABCDEF")).refused(400, &[1820]);
    library.get(&format!("{books}?$logicOperator=AND&$otherCollection=nonsense")).refused(400, &[1820]);
    library.get(&format!("{books}?$logicOperator=AND&$otherCollection={}", id_of(&authors))).refused(400, &[1803]);
    let unknown = "/rest/Book/$entityset/0123456789ABCDEF0123456789ABCDEF";
    library.get(&format!("{unknown}?$logicOperator=AND&$otherCollection={other}")).refused(404, &[1802]);
    // Ignored without a set.
    assert_eq!(library.get("/rest/Book?$logicOperator=XOR&$clean=true").counts().0, 8);
    assert_eq!(library.get(&format!("{books}?$otherCollection=nonsense")).counts().0, 8);
}

#[test]
fn row_67_using_either_set_restarts_its_life() {
    let library = app();
    let (first, second) = (set(&library, "Book"), set(&library, "Book"));
    library.set_clock("2024-03-05T11:59:00.000Z");
    library.get(&format!("{first}?$logicOperator=AND&$otherCollection={}", id_of(&second))).ok();
    library.set_clock("2024-03-05T13:58:00.000Z");
    library.get(&first).ok();
    library.get(&second).ok();
}

#[test]
fn row_68_release_by_both_urls() {
    let library = app();
    let sets: Vec<String> = (0..5).map(|_| set(&library, "Book")).collect();
    let ids: Vec<&str> = sets.iter().map(|url| id_of(url)).collect();
    assert_eq!(library.post("/rest/$entityset/$release", &json!([ids[0], ids[1].to_lowercase()])).ok().compact(), OK);
    assert_eq!(library.post("/rest/Book/$entityset/$release", &json!([ids[2]])).ok().compact(), OK);
    // Whole paths, and what is unknown beside what is known.
    let mixed = json!([sets[3], "0123456789ABCDEF0123456789ABCDEF", "nonsense", "", ids[0]]);
    assert_eq!(library.post("/rest/%24entityset/%24Release/", &mixed).ok().compact(), OK);
    for url in &sets[..4] {
        library.get(url).refused(404, &[1802]);
    }
    library.get(&sets[4]).ok();
    assert_eq!(library.post("/rest/$entityset/$release", &json!([])).ok().compact(), OK);
    library.get(&sets[4]).ok();
}

#[test]
fn row_68_refusals() {
    let library = app();
    let url = set(&library, "Book");
    for body in ["", "{}", "\"x\"", "[1]", "[\"x\", null]", "null", "{\"ids\": []}"] {
        library.post_text("/rest/$entityset/$release", body).refused(400, &[1806]);
    }
    assert_eq!(library.post_text("/rest/$entityset/$release", "[").status, 400);
    library.get("/rest/$entityset/$release").refused(400, &[1813]);
    library.get("/rest/Book/$entityset/$release").refused(400, &[1813]);
    library.post("/rest/Boook/$entityset/$release", &json!([])).refused(404, &[1800]);
    library.post("/rest/$entityset/nonsense", &json!([])).refused(404, &[1802]);
    library.get(&url).ok();
}

#[test]
fn row_69_release_one() {
    let library = app();
    let url = set(&library, "Book");
    assert_eq!(library.get(&format!("{url}?$method=release")).ok().compact(), OK);
    library.get(&url).refused(404, &[1802]);
    library.get(&format!("{url}?$method=release")).refused(404, &[1802]);
    library.get("/rest/Book/$entityset/nonsense?$method=release").refused(404, &[1802]);
    library.get("/rest/Book?$method=release").refused(400, &[1813]);
    library.get("/rest/Book(11)?$method=release").refused(400, &[1813]);
    let url = set(&library, "Book");
    assert_eq!(library.post_text(&format!("{url}?$method=release"), "").ok().compact(), OK);
}

#[test]
fn row_70_related_entities_as_a_set() {
    let library = app();
    let answer = library.get("/rest/Author(1)/books?$expand=books&$method=subentityset");
    let url = set_of(&answer);
    assert!(url.starts_with("/rest/Book/$entityset/"), "{url}");
    assert_eq!(
        answer.members(),
        ["__ENTITYSET", "__DATACLASS", "__entityModel", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"]
    );
    let body = answer.json();
    assert_eq!((&body["__DATACLASS"], &body["__entityModel"]), (&json!("Book"), &json!("Book")));
    assert_eq!((answer.ids(), answer.counts()), (vec![11, 12], (2, 0, 2)));
    let first = &body["__ENTITIES"][0];
    assert_eq!(first["author"], json!({ "__deferred": { "uri": "/rest/Author[1]", "__KEY": "1" } }));
    assert_eq!(first["title"], json!("Slow Rivers"));
    assert_eq!(library.get(&url).ids(), [11, 12]);
    // Without `$expand`, with brackets, with `$expand` alone: the same.
    for path in
        ["Author(1)/books?$method=subentityset", "Author[1]/books?$method=SubEntitySet", "Author(1)?$expand=books&$method=subentityset"]
    {
        assert_eq!(library.get(&format!("/rest/{path}")).ids(), [11, 12], "{path}");
    }
    // The deferred link with the method appended, as clients do.
    let link = library.get("/rest/Author(2)").json()["books"]["__deferred"]["uri"].as_str().unwrap().to_owned();
    assert_eq!(library.get(&format!("{link}&$method=subentityset")).ids(), [13, 14]);
    let none = library.get("/rest/Author(3)/books?$method=subentityset");
    set_of(&none);
    assert_eq!(none.counts(), (0, 0, 0));
}

#[test]
fn row_70_order_filter_page_and_attributes() {
    let library = app();
    let related = "/rest/Author(1)/books?$expand=books&$method=subentityset";
    assert_eq!(library.get(&format!("{related}&$subOrderby=\"title ASC\"")).ids(), [12, 11]);
    assert_eq!(library.get(&format!("{related}&$suborderby=title%20desc")).ids(), [11, 12]);
    // `$orderby` beats it.
    assert_eq!(library.get(&format!("{related}&$subOrderby=\"title\"&$orderby=\"title desc\"")).ids(), [11, 12]);
    let paged = library.get(&format!("{related}&$subOrderby=\"title\"&$skip=1&$top=1"));
    assert_eq!((paged.ids(), paged.counts()), (vec![11], (2, 1, 1)));
    assert_eq!(library.get(&set_of(&paged)).ids(), [12, 11]);
    let filtered = library.get(&format!("{related}&$filter=\"price > :1\"&$params=[10]"));
    assert_eq!((filtered.ids(), library.get(&set_of(&filtered)).ids()), (vec![11], vec![11]));
    let cut = library.get(&format!("{related}&$attributes=title,author.fullName")).json();
    assert_eq!(crate::answer::members(&cut["__ENTITIES"][0]), ["__KEY", "__TIMESTAMP", "__STAMP", "title", "author"]);
    let expanded = library.get("/rest/Author(1)/books?$expand=books,books.author&$method=subentityset").json();
    assert_eq!(expanded["__ENTITIES"][0]["author"]["fullName"], json!("Éclair Dubois"));
    assert_eq!(library.get(&format!("{related}&$subOrderby=\"nosuch\"")).codes().last(), Some(&1810));
    let url = set_of(&library.get(&format!("{related}&$timeout=60")));
    library.set_clock("2024-03-05T10:01:00.000Z");
    library.get(&url).refused(404, &[1802]);
}

#[test]
fn row_70_on_a_set_a_plain_page() {
    let library = app();
    let url = set(&library, "Book");
    let page = library.get(&format!("{url}?$limit=5&$skip=2&$method=subentityset"));
    assert_eq!((page.ids(), page.counts(), page.members()[0].as_str()), (vec![13, 14, 15, 16, 17], (8, 2, 5), "__DATACLASS"));
}

#[test]
fn row_70_refusals() {
    let library = app();
    for path in [
        "Book",
        "Author",
        "Author/books",
        "Book(11)/author",
        "Book(11)/title",
        "Book(11)",
        "Author(1)/books,fullName",
        "Book:isbn(978-0-00-011)",
    ] {
        library.get(&format!("/rest/{path}?$method=subentityset")).refused(400, &[1815]);
    }
    library.get("/rest/Author(1)/nosuch?$method=subentityset").refused(404, &[1500, 1804]);
    library.get("/rest/Author(99)/books?$method=subentityset").refused(404, &[1542]);
    library.get("/rest/Author(x)/books?$method=subentityset").refused(404, &[1542]);
    library.by("Visitor").get("/rest/Author(1)/books?$method=subentityset").refused(401, &[1557]);
    library.by("Reader").get("/rest/Author(1)/books?$method=subentityset&$filter=\"price > 1\"").refused(401, &[1607]);
}

#[test]
fn row_70_over_other_keys() {
    let library = app();
    let url = set(&library, "Shelf?$filter=\"room = 'nord'\"&$orderby=\"code desc\"");
    assert_eq!(
        library.get(&format!("{url}?$attributes=code&$asArray")).compact(),
        r#"[{"__KEY":"it's","__STAMP":1,"code":"it's"},{"__KEY":"A/1","__STAMP":1,"code":"A/1"}]"#
    );
}

#[test]
fn row_58_tables_of_others() {
    let library = attached();
    // Whole-number keys, keys of two columns, related entities over foreign keys.
    let albums = library.get("/rest/Album?$filter=\"Price < 2\"&$orderby=\"Title desc\"&$method=entityset");
    let url = set_of(&albums);
    let keys = |url: &str| {
        let body = library.get(url).ok().json();
        body["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["__KEY"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&url), ["2", "4", "1"]);
    let pairs = set_of(&library.get("/rest/PlaylistAlbum?$orderby=\"AlbumId desc\"&$method=entityset"));
    assert_eq!(keys(&pairs), ["[1,3]", "[1,1]", "[2,1]"]);
    assert_eq!(keys(&format!("{pairs}?$filter=\"AlbumId = 1\"")), ["[1,1]", "[2,1]"]);
    assert_eq!(keys(&format!("{pairs}?$orderby=\"PlaylistId desc, AlbumId\"&$skip=1")), ["[1,1]", "[1,3]"]);
    let other = set_of(&library.get("/rest/PlaylistAlbum?$filter=\"PlaylistId = 2\"&$method=entityset"));
    assert_eq!(keys(&format!("{pairs}?$logicOperator=EXCEPT&$otherCollection={}", id_of(&other))), ["[1,3]", "[1,1]"]);
    library.post_text("/rest/PlaylistAlbum(1,1)?$method=delete", "").ok();
    assert_eq!(keys(&pairs), ["[1,3]", "-", "[2,1]"]);
    assert_eq!(keys(&format!("{pairs}?$clean=true")), ["[1,3]", "[2,1]"]);
    library.post_text(&format!("{other}?$method=delete"), "").ok();
    assert_eq!(keys("/rest/PlaylistAlbum"), ["[1,3]"]);
    // A view has no keys to keep, nor has a table without key, unless its rows are numbered.
    let books = library.get("/rest/Log_book?$method=entityset");
    if IS_POSTGRES {
        books.refused(400, &[1813]);
    } else {
        assert_eq!(keys(&set_of(&books)), ["1", "2"]);
    }
    library.get("/rest/Cheap?$method=entityset").refused(400, &[1813]);
}
