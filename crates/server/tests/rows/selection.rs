//! Rows 15 and 24: pages (`rest-dialect.md` 5.2, 6.1, 9.5).

use serde_json::json;

use crate::answer::members;
use crate::library::{NOW, app};

#[test]
fn row_15_members_of_a_selection_and_their_order() {
    let answer = app().get("/rest/Country?$top=2").ok();
    let wanted = json!({
        "__DATACLASS": "Country", "__entityModel": "Country", "__GlobalStamp": 0, "__COUNT": 3, "__FIRST": 0,
        "__ENTITIES": [
            { "__KEY": "FR", "__TIMESTAMP": NOW, "__STAMP": 1, "code": "FR", "name": "France" },
            { "__KEY": "PT", "__TIMESTAMP": NOW, "__STAMP": 1, "code": "PT", "name": "Portugal" },
        ],
        "__SENT": 2
    });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_15_of_books() {
    let page = app().get("/rest/Book?$top=2").ok().json();
    assert_eq!(members(&page), ["__DATACLASS", "__entityModel", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"]);
    assert_eq!((page["__COUNT"].as_i64(), page["__FIRST"].as_i64(), page["__SENT"].as_i64()), (Some(8), Some(0), Some(2)));
    let entity = &page["__ENTITIES"][1];
    assert_eq!(
        members(entity),
        [
            "__KEY",
            "__TIMESTAMP",
            "__STAMP",
            "ID",
            "isbn",
            "title",
            "price",
            "addedAt",
            "playTime",
            "cover",
            "sample",
            "authorID",
            "author",
            "authorName",
            "label"
        ]
    );
    assert_eq!((entity["__KEY"].as_str(), entity["ID"].as_i64()), (Some("12"), Some(12)));
}

#[test]
fn row_15_nothing_found() {
    let answer = app().get("/rest/Country?$filter=\"code = 'XX'\"").ok();
    let wanted = json!({ "__DATACLASS": "Country", "__entityModel": "Country", "__GlobalStamp": 0, "__COUNT": 0, "__FIRST": 0, "__ENTITIES": [], "__SENT": 0 });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_15_creation_order_without_orderby() {
    let library = app();
    assert_eq!(library.get("/rest/Author").ids(), [1, 2, 3, 4, 5, 6]);
    let countries = library.get("/rest/Country?$attributes=code").ok().json();
    let codes: Vec<_> = countries["__ENTITIES"].as_array().unwrap().iter().map(|country| country["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["FR", "PT", "NO"]);
}

#[test]
fn row_24_default_page_of_a_hundred() {
    let library = app();
    let page = library.get("/rest/Entry");
    assert_eq!(page.counts(), (150, 0, 100));
    assert_eq!(page.ids(), (1..=100).collect::<Vec<i64>>());
    assert_eq!(library.get("/rest/Entry?$skip=100").ids(), (101..=150).collect::<Vec<i64>>());
    assert_eq!(library.get("/rest/Entry?$filter=\"ID > 20\"").counts(), (130, 0, 100));
    assert_eq!(library.get("/rest/Entry?$asArray=true").ok().json().as_array().unwrap().len(), 100);
}

#[test]
fn row_24_default_top_size_of_the_dataclass() {
    let library = app();
    assert_eq!(library.get("/rest/Slip").counts(), (12, 0, 10));
    assert_eq!(library.get("/rest/Slip?$top=11").counts(), (12, 0, 11));
    assert_eq!(library.get("/rest/Slip?$skip=5").counts(), (12, 5, 7));
    assert_eq!(library.get("/rest/Slip/ID").counts(), (12, 0, 10));
}
