//! Rows 93 and 94: what a role may not do (`roles-privileges.md` 4.4, 6).

use serde_json::{Value, json};

use crate::answer::members;
use crate::library::{NOW, app};

#[test]
fn row_93_read_of_a_dataclass() {
    let library = app();
    let reader = library.by("Reader");
    let answer = reader.get("/rest/Shelf").refused(401, &[1557]);
    assert_eq!(answer.message(), "No permission to read for the Shelf dataclass");
    for url in [
        "Shelf(7)",
        "Shelf/room",
        "Shelf/room?$distinct=true",
        "Shelf/room?$compute=count",
        "Shelf:room(Ost)",
        "Shelf?$asArray=true",
        "Shelf?$top=0",
        "Shelf(nobody)",
    ] {
        reader.get(&format!("/rest/{url}")).refused(401, &[1557]);
    }
    assert_eq!(library.by("Visitor").get("/rest/Country").counts().0, 3);
    library.by("Visitor").get("/rest/Book").refused(401, &[1557]);
    assert_eq!(library.by("administration").get("/rest/Shelf").counts().0, 6);
}

#[test]
fn row_93_related_dataclass_that_may_not_be_read() {
    let library = app();
    let reader = library.by("Reader");
    // Deferred it stays, expanded it is refused.
    assert_eq!(reader.get("/rest/Slip(2)").ok().json()["shelf"]["__deferred"]["__KEY"], "7");
    for url in ["Slip(2)?$expand=shelf", "Slip(2)?$attributes=shelf.*", "Slip?$attributes=shelf.room", "Slip?$expand=shelf"] {
        reader.get(&format!("/rest/{url}")).refused(401, &[1557]);
    }
    for filter in ["shelf.room = 'Ost'", "shelf.room = null", "not (shelf.room = 'Ost')", "ID = 1 or shelf.room = 'Ost'"] {
        reader.filter("Slip", filter).refused(401, &[1557]);
    }
    let answer = reader.get("/rest/Slip?$orderby=shelf.room");
    assert_eq!((answer.status, answer.codes().first()), (401, Some(&1557)), "{answer}");
}

#[test]
fn row_93_create_update_and_drop() {
    let library = app();
    let reader = library.by("Reader");
    let answer = reader.post("/rest/Book?$method=update", &json!({ "title": "T" }));
    assert_eq!((answer.status, answer.codes()), (401, vec![1559, 1534]), "{answer}");
    let answer = reader.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T" }));
    assert_eq!((answer.status, answer.codes()), (401, vec![1558, 1517]), "{answer}");
    assert_eq!(answer.message(), "No permission to update for the Book dataclass");
    let clerk = library.by("Clerk");
    assert_eq!(clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "By the clerk" })).ok().json()["__STAMP"], 2);
    clerk.post("/rest/Book?$method=update", &json!({ "title": "New" })).ok();
    // The clerk may read authors but not change them.
    let answer = clerk.post("/rest/Author?$method=update", &json!({ "__KEY": "1", "rating": 1 }));
    assert_eq!((answer.status, answer.codes().first()), (401, Some(&1558)), "{answer}");
    assert_eq!(library.get("/rest/Author(1)").ok().json()["__STAMP"], 1);
}

#[test]
fn row_93_key_whose_role_changes_changes_at_once() {
    let library = app();
    let key = library.key("Visitor");
    let asked = |library: &crate::library::Library| library.send("GET", "/rest/Book", &[("api-key", &key.secret)], "").status;
    assert_eq!(asked(&library), 401);
    library.set_role(&key, "Reader");
    assert_eq!(asked(&library), 200);
}

/// Book 11 without its price.
fn without_price() -> Value {
    let mut book = app().get("/rest/Book(11)").ok().json();
    book.as_object_mut().unwrap().shift_remove("price");
    book
}

#[test]
fn row_94_unreadable_attribute_is_left_out() {
    let library = app();
    let clerk = library.by("Clerk");
    assert_eq!(clerk.get("/rest/Book(11)").ok().compact(), without_price().to_string());
    assert_eq!(clerk.get("/rest/Book(11)?$attributes=*").ok().compact(), without_price().to_string());
    for url in [
        "Book",
        "Book?$asArray=true",
        "Author(1)?$expand=books",
        "Author(1)?$attributes=books.*",
        "Author(1)/books?$expand=books",
        "Book?$format=looker",
    ] {
        let text = clerk.get(&format!("/rest/{url}")).ok().text;
        assert!(!text.contains("price") && !text.contains("14.5"), "{url}: {text}");
    }
    let saved = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T" })).ok().json();
    assert!(saved.get("price").is_none(), "{saved}");
}

#[test]
fn row_94_named_it_makes_the_entity_invalid() {
    let library = app();
    let clerk = library.by("Clerk");
    let wanted = json!({ "__entityModel": "Book", "__DATACLASS": "Book", "__KEY": "11", "__TIMESTAMP": NOW, "__STAMP": 1, "__INVALID": 1, "title": "Slow Rivers" });
    for url in ["Book(11)/title,price", "Book(11)?$attributes=title,price"] {
        assert_eq!(clerk.get(&format!("/rest/{url}")).ok().compact(), wanted.to_string(), "{url}");
    }
    for url in ["Book/price?$top=2", "Book?$attributes=price&$top=2"] {
        let page = clerk.get(&format!("/rest/{url}")).ok().json();
        assert_eq!(page["__COUNT"], 8);
        for entity in page["__ENTITIES"].as_array().unwrap() {
            assert_eq!(
                (members(entity), &entity["__INVALID"]),
                (["__KEY", "__TIMESTAMP", "__STAMP", "__INVALID"].map(str::to_owned).to_vec(), &json!(1))
            );
        }
    }
    let author = clerk.get("/rest/Author(1)?$attributes=books.price").ok().json();
    assert_eq!(author["books"]["__ENTITIES"][0]["__INVALID"], 1);
    assert!(!author.to_string().contains("14.5"));
}

#[test]
fn row_94_filter_order_and_aggregate_are_refused() {
    let library = app();
    let clerk = library.by("Clerk");
    let answer = clerk.filter("Book", "price > 1").refused(401, &[1607]);
    assert_eq!(answer.message(), "No permission to read for \"price\" attribute in the Book dataclass");
    for filter in
        ["price = null", "not (price = 1)", "ID = 11 or price = 1", "ID = 0 and price = 1", "price in [1]", "author.books.price > 1"]
    {
        clerk.filter("Book", filter).refused(401, &[1607]);
    }
    clerk.filter("Author", "books.price > 1").refused(401, &[1607]);
    clerk.filter_with("Book", ":1 > 1", &json!(["price"])).refused(401, &[1607]);
    for url in [
        "Book?$orderby=price",
        "Book?$orderby=title,price desc",
        "Book?$filter=\"ID > 0 order by price\"",
        "Book/price?$compute=sum",
        "Book/price?$compute=count",
        "Book/price?$compute=$all",
        "Book/price,ID?$compute=max",
        "Book?$attributes=price&$compute=max",
        "Book/price?$distinct=true",
        "Book?$attributes=price&$distinct=true",
        "Book:price(14.5)",
        "Book?$filter=\"price > 1\"&$top=0",
        "Book?$filter=\"price > 1\"&$asArray=true",
    ] {
        clerk.get(&format!("/rest/{url}")).refused(401, &[1607]);
    }
}

#[test]
fn row_94_unreadable_attribute_may_not_be_written_whatever_its_value() {
    let library = app();
    let clerk = library.by("Clerk");
    // Neither reading nor changing is granted: reading is asked first (roles-privileges 3).
    let answer = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T", "price": 1 }));
    assert_eq!((answer.status, answer.codes()), (401, vec![1607, 1517]), "{answer}");
    assert!(!answer.text.contains("14.5"), "{answer}");
    let answer = clerk.post("/rest/Book?$method=update", &json!({ "title": "T", "price": 1 }));
    assert_eq!((answer.status, answer.codes()), (401, vec![1608, 1534]), "{answer}");
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!((&book["title"], &book["price"], &book["__STAMP"]), (&json!("Slow Rivers"), &json!(14.5), &json!(1)));
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
    // The stored value is refused like any other: saving must not tell whether a guess was right.
    let guess = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T", "price": 14.5 }));
    let wrong = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T", "price": 14.6 }));
    // The members as sent (12.7) are all that differs.
    assert_eq!((guess.status, guess.text), (401, wrong.text.replace("14.6", "14.5")));
    assert_eq!(library.get("/rest/Book(11)").ok().json()["__STAMP"], 1);
}

#[test]
fn row_94_readable_attribute_that_may_not_be_changed() {
    let library = app();
    let clerk = library.by("Clerk");
    let answer = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T", "isbn": "978-0-00-099" }));
    assert_eq!((answer.status, answer.codes()), (401, vec![1608, 1517]), "{answer}");
    assert_eq!(answer.message(), "No permission to update for \"isbn\" attribute in the Book dataclass");
    // The members as sent (12.7), whether the stored values were needed to refuse or not.
    let members = answer.json();
    assert_eq!((&members["__KEY"], &members["title"], &members["isbn"]), (&json!("11"), &json!("T"), &json!("978-0-00-099")));
    assert_eq!(members["__STATUS"], json!({ "status": 1, "statusText": "Permission error", "success": false }));
    let answer = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "T", "price": 1, "__ERROR": "old" }));
    assert_eq!((answer.status, answer.codes(), &answer.json()["price"]), (401, vec![1607, 1517], &json!(1)), "{answer}");
    assert_eq!(library.get("/rest/Book(11)").ok().json()["__STAMP"], 1);
    // Sent back as it is, it is no change; of many, the others are saved.
    let body =
        json!([{ "__KEY": "11", "title": "T", "isbn": "978-0-00-011" }, { "__KEY": "12", "isbn": null }, { "__KEY": "13", "title": "U" }]);
    let answer = clerk.post("/rest/Book?$method=update", &body);
    assert_eq!((answer.status, answer.codes()), (401, vec![1608, 1517]), "{answer}");
    let stamps: Vec<_> = (11..14).map(|id| library.get(&format!("/rest/Book({id})")).ok().json()["__STAMP"].as_i64().unwrap()).collect();
    assert_eq!(stamps, [2, 1, 2]);
}
