//! Rows 50 to 52: order inside the query, formulas, errors (`rest-dialect.md` 9.2).

use serde_json::json;

use crate::library::app;

#[test]
fn row_50_order_inside_the_query() {
    let library = app();
    let ids = |filter: &str| library.filter_as_is("Book", filter).ids();
    assert_eq!(ids("price < 20 order by title desc, ID"), [11, 12, 18, 17]);
    assert_eq!(ids("price < 20 order by price"), [18, 17, 12, 11]);
    assert_eq!(ids("price < 20 ORDER BY price DESC"), [11, 12, 17, 18]);
    assert_eq!(ids("title = Slow@ order by ID desc"), [12, 11]);
    assert_eq!(ids("title = 'Slow@' Order By author.fullName asc, price asc"), [12, 11]);
    assert_eq!(ids("order by price desc")[..2], [13, 14]);
    assert_eq!(ids("(price < 20) order by authorName desc, ID desc"), [12, 11, 18, 17]);
}

#[test]
fn row_50_orderby_wins() {
    let library = app();
    assert_eq!(library.get("/rest/Book?$filter=\"price < 20 order by title desc\"&$orderby=ID").ids(), [11, 12, 17, 18]);
    assert_eq!(library.get("/rest/Book?$orderby=\"ID desc\"&$filter=\"price < 20 order by title desc\"").ids(), [18, 17, 12, 11]);
}

#[test]
fn row_50_unknown_attribute_in_the_order() {
    let library = app();
    for filter in ["price < 20 order by nosuch", "price < 20 order by price sideways", "price < 20 order by"] {
        let answer = library.filter_as_is("Book", filter);
        assert_eq!(answer.status, 400, "{answer}");
    }
}

#[test]
fn row_51_formulas_are_refused() {
    let library = app();
    library.filter("Book", "eval(1=1)").refused(400, &[1278]);
    library.filter("Book", "eval(This.price > 1)").refused(400, &[1278]);
    library.filter("Book", "EVAL(1=1)").refused(400, &[1278]);
    library.filter("Book", "price > 1 and eval(1=1)").refused(400, &[1278]);
    library.filter("Book", "not eval(1=1)").refused(400, &[1278]);
    library.filter("Book", "eval(length(title) > 3) or ID = 1").refused(400, &[1278]);
}

#[test]
fn row_51_formula_in_a_placeholder() {
    let library = app();
    for formula in [json!({ "formula": "1=1" }), json!({ "__formula": "This.ID > 0" }), json!("eval(1=1)")] {
        let answer = library.filter_with("Book", ":1", &json!([formula]));
        assert_eq!(answer.status, 400, "{answer}");
        assert!(answer.codes().iter().all(|code| [1278, 1280, 1279, 1201, 1500].contains(code)), "{answer}");
    }
}

#[test]
fn row_52_unknown_attribute() {
    let library = app();
    let answer = library.filter("Book", "nosuch = 1").refused(400, &[1500, 1201]);
    assert_eq!(answer.message(), "The \"nosuch\" attribute cannot be found in The \"Book\" dataclass");
    library.filter("Book", "price > 1 and nosuch = 1").refused(400, &[1500, 1201]);
    library.filter("Book", "price > 1 or (ID = 2 and nosuch.x = 1)").refused(400, &[1500, 1201]);
}

#[test]
fn row_52_syntax() {
    let library = app();
    for filter in [
        "price",
        "price >",
        "= 1",
        "price = ",
        "(price > 1",
        "price > 1)",
        "price > 1 and",
        "and price > 1",
        "price > 1 or or ID = 1",
        "price ~ 1",
        "not",
        "()",
        "price > 1 ID = 2)",
        "title in",
        "title in [",
        "title in ['a'",
        "title in 'a'",
        "price between 1 and 2",
        "12 = 12",
        "'title' = 'x'",
        ". = 1",
        "author. = 1",
        "title =",
        "title begin",
        "price !> 3",
    ] {
        library.filter("Book", filter).syntax_error();
    }
}

#[test]
fn row_52_comparator_not_usable() {
    let library = app();
    for (dataclass, filter) in
        [("Book", "cover > 1"), ("Book", "sample = 'x'"), ("Author", "portrait != 'x'"), ("Author", "books.cover begin 'x'")]
    {
        let answer = library.filter(dataclass, filter);
        assert!(answer.status == 400 && answer.codes().contains(&1112), "{answer}");
    }
}

#[test]
fn row_52_literal_that_cannot_be_converted() {
    let library = app();
    for (dataclass, filter) in [
        ("Book", "ID = 'none'"),
        ("Book", "price > cheap"),
        ("Author", "born = 'soon'"),
        ("Author", "born = 1970-13-01"),
        ("Author", "active = perhaps"),
    ] {
        library.filter(dataclass, filter).syntax_error();
    }
}

#[test]
fn row_52_errors_are_the_same_everywhere() {
    let library = app();
    for url in ["Book/price?$compute=sum&", "Book/price?$distinct=true&", "Book?$asArray=true&", "Book?$attributes=ID&", "Book/title?"] {
        library.get(&format!("/rest/{url}$filter=\"nosuch = 1\"")).refused(400, &[1500, 1201]);
        library.get(&format!("/rest/{url}$filter=\"price >\"")).syntax_error();
    }
}
