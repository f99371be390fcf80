//! Rows 23, 26, 27, 30 to 32: choosing what comes back (`rest-dialect.md` 7).

use serde_json::{Value, json};

use crate::answer::members;
use crate::library::{NOW, app};

#[test]
fn row_23_unknown_attribute_in_the_path() {
    let library = app();
    let answer = library.get("/rest/Book/nosuch").refused(404, &[1500, 1804]);
    assert_eq!(answer.message(), "The \"nosuch\" attribute cannot be found in The \"Book\" dataclass");
    for url in [
        "Book(11)/nosuch",
        "Book/title,nosuch",
        "Book/Title",
        "Book(11)/title,nosuch",
        "Book:isbn(978-0-00-011)/nosuch",
        "Book/costNote",
        "Book(11)/costNote",
        "Slip/ledger",
    ] {
        library.get(&format!("/rest/{url}")).refused(404, &[1500, 1804]);
    }
}

#[test]
fn row_23_unknown_attribute_of_compute_and_distinct() {
    let library = app();
    library.get("/rest/Book/nosuch?$compute=sum").refused(404, &[1500, 1804]);
    library.get("/rest/Book/nosuch?$distinct=true").refused(404, &[1500, 1804]);
}

#[test]
fn row_26_attribute_list_of_an_entity() {
    let answer = app().get("/rest/Book(11)/title,price").ok();
    let wanted = json!({ "__entityModel": "Book", "__DATACLASS": "Book", "__KEY": "11", "__TIMESTAMP": NOW, "__STAMP": 1, "title": "Slow Rivers", "price": 14.5 });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_26_attribute_list_of_a_dataclass() {
    let library = app();
    let page = library.get("/rest/Book/title,label,author?$top=1").ok().json();
    let wanted = json!({
        "__DATACLASS": "Book", "__entityModel": "Book", "__GlobalStamp": 0, "__COUNT": 8, "__FIRST": 0,
        "__ENTITIES": [{ "__KEY": "11", "__TIMESTAMP": NOW, "__STAMP": 1, "title": "Slow Rivers",
            "author": { "__deferred": { "uri": "/rest/Author[1]", "__KEY": "1" } }, "label": "Slow Rivers #11" }],
        "__SENT": 1
    });
    // The order of the list is not said; the members and values are.
    assert_eq!(page, wanted);
    assert_eq!(library.get("/rest/Book/ID?$filter=\"price > 70\"").ids(), [13, 14]);
    assert_eq!(library.get("/rest/Book/ID/?$orderby=price desc&$top=1").ids(), [13]);
}

#[test]
fn row_26_dotted_path_with_expand() {
    let book = app().get("/rest/Book(11)/title,author.fullName?$expand=author").ok().json();
    assert_eq!(book["title"], "Slow Rivers");
    assert_eq!(
        book["author"].to_string(),
        json!({ "__KEY": "1", "__TIMESTAMP": NOW, "__STAMP": 1, "fullName": "Éclair Dubois" }).to_string()
    );
}

#[test]
fn row_26_list_and_attributes_unite() {
    let book = app().get("/rest/Book(11)/title?$attributes=price").ok().json();
    assert_eq!(members(&book), ["__entityModel", "__DATACLASS", "__KEY", "__TIMESTAMP", "__STAMP", "title", "price"]);
}

#[test]
fn row_27_star_and_absent_are_all() {
    let library = app();
    let all = library.get("/rest/Book(11)").ok().text;
    assert_eq!(library.get("/rest/Book(11)?$attributes=*").ok().text, all);
    assert_eq!(library.get("/rest/Book?$attributes=*").ok().text, library.get("/rest/Book").ok().text);
}

/// Members besides those whose name begins with `__`.
fn own(entity: &Value) -> Vec<String> {
    members(entity).into_iter().filter(|name| !name.starts_with("__")).collect()
}

#[test]
fn row_27_scalars() {
    let library = app();
    let book = library.get("/rest/Book(11)?$attributes=title,price").ok().json();
    assert_eq!((own(&book), &book["price"]), (vec!["title".to_owned(), "price".to_owned()], &json!(14.5)));
    assert_eq!(library.get("/rest/Book(11)?$attributes=\"title,price\"").ok().json(), book);
    let page = library.get("/rest/Book?$attributes=title&$top=3").ok().json();
    assert!(page["__ENTITIES"].as_array().unwrap().iter().all(|entity| own(entity) == ["title"]));
}

#[test]
fn row_27_relation_stays_deferred() {
    let library = app();
    let book = library.get("/rest/Book(11)?$attributes=author").ok().json();
    assert_eq!(own(&book), ["author"]);
    assert_eq!(book["author"]["__deferred"]["__KEY"], "1");
    let author = library.get("/rest/Author(1)?$attributes=books").ok().json();
    assert_eq!(own(&author), ["books"]);
    assert_eq!(author["books"]["__deferred"]["uri"], "/rest/Author[1]/books?$expand=books");
}

#[test]
fn row_27_relation_with_all_its_attributes() {
    let book = app().get("/rest/Book(11)?$attributes=author.*").ok().json();
    assert_eq!(own(&book), ["author"]);
    assert_eq!(
        members(&book["author"]),
        ["__KEY", "__TIMESTAMP", "__STAMP", "ID", "fullName", "born", "rating", "active", "profile", "portrait", "books"]
    );
    assert_eq!(book["author"]["books"]["__deferred"]["uri"], "/rest/Author[1]/books?$expand=books");
}

#[test]
fn row_27_relation_with_some_attributes() {
    let book = app().get("/rest/Book(11)?$attributes=author.fullName,author.rating").ok().json();
    let wanted = json!({ "__KEY": "1", "__TIMESTAMP": NOW, "__STAMP": 1, "fullName": "Éclair Dubois", "rating": 4.5 });
    assert_eq!(book["author"].to_string(), wanted.to_string());
    assert_eq!(own(&book), ["author"]);
}

#[test]
fn row_27_nested_at_any_depth() {
    let library = app();
    let book = library.get("/rest/Book(11)?$attributes=author.books.title").ok().json();
    let books = &book["author"]["books"];
    assert_eq!(members(books), ["__ENTITYSET", "__DATACLASS", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"]);
    assert_eq!(books["__ENTITYSET"], "/rest/Author[1]/books?$expand=books");
    assert_eq!(own(&books["__ENTITIES"][1]), ["title"]);
    let deep = library.get("/rest/Author(2)?$attributes=books.author.books.author.fullName").ok().json();
    assert_eq!(deep["books"]["__ENTITIES"][0]["author"]["books"]["__ENTITIES"][1]["author"]["fullName"], "Liam O'Neil");
    let mixed = library.get("/rest/Book?$attributes=title,author.fullName,author.books.ID&$filter=\"ID = 13\"").ok().json();
    assert_eq!(own(&mixed["__ENTITIES"][0]["author"]), ["fullName", "books"]);
}

#[test]
fn row_27_dates_have_their_second_form() {
    let library = app();
    assert_eq!(library.get("/rest/Author(1)?$attributes=born").ok().json()["born"], "!!1970-05-02!!");
    assert_eq!(library.get("/rest/Author(1)").ok().json()["born"], "2!5!1970");
    assert_eq!(library.get("/rest/Author(3)?$attributes=born").ok().json()["born"], Value::Null);
    assert_eq!(library.get("/rest/Book(11)?$attributes=addedAt").ok().json()["addedAt"], "2024-02-28T16:40:00.000Z");
}

#[test]
fn row_27_unknown_attribute() {
    let library = app();
    for url in [
        "Book(11)?$attributes=nosuch",
        "Book?$attributes=title,nosuch",
        "Book?$attributes=author.nosuch",
        "Book?$attributes=title.x",
        "Book?$attributes=costNote",
        "Slip?$attributes=ledger.note",
    ] {
        let answer = library.get(&format!("/rest/{url}"));
        assert_eq!((answer.status, answer.codes().first()), (404, Some(&1500)), "{answer}");
    }
    assert!(matches!(library.get("/rest/Book?$attributes=title,,price").status, 200 | 400));
}

#[test]
fn row_30_as_array() {
    let library = app();
    let answer = library.get("/rest/Book?$asArray=true&$filter=\"ID = 11\"").ok();
    let wanted = json!([{
        "__KEY": 11, "__STAMP": 1, "ID": 11, "isbn": "978-0-00-011", "title": "Slow Rivers", "price": 14.5, "addedAt": "2024-02-28T16:40:00.000Z",
        "playTime": 5400000, "cover": null, "sample": null, "authorID": 1, "author": { "__KEY": 1 }, "authorName": "Éclair Dubois", "label": "Slow Rivers #11"
    }]);
    assert_eq!(answer.compact(), wanted.to_string());
    assert_eq!(library.get("/rest/Book?$asArray=true&$filter=\"ID = 17\"").ok().json()[0]["author"], Value::Null);
}

#[test]
fn row_30_keys_dates_and_relations() {
    let library = app();
    let authors = library.get("/rest/Author?$asArray=true&$top=1").ok().json();
    assert_eq!(members(&authors[0]), ["__KEY", "__STAMP", "ID", "fullName", "born", "rating", "active", "profile", "portrait"]);
    assert_eq!((&authors[0]["__KEY"], &authors[0]["born"]), (&json!(1), &json!("!!1970-05-02!!")));
    let countries = library.get("/rest/Country?$asArray&$orderby=code desc&$top=1").ok();
    assert_eq!(countries.compact(), json!([{ "__KEY": "PT", "__STAMP": 1, "code": "PT", "name": "Portugal" }]).to_string());
    assert_eq!(library.get("/rest/Slip?$asArray&$top=1").ok().json()[0]["shelf"], json!({ "__KEY": "A/1" }));
}

#[test]
fn row_30_filter_order_skip_top_and_attributes_apply() {
    let library = app();
    let answer = library
        .get("/rest/Book?$asArray=true&$filter=\"price > 5\"&$orderby=price desc&$skip=1&$top=2&$attributes=title&$expand=author")
        .ok();
    let wanted =
        json!([{ "__KEY": 14, "__STAMP": 1, "title": "AT&T: a = b?" }, { "__KEY": 16, "__STAMP": 1, "title": "The art of slow cooking" }]);
    assert_eq!(answer.compact(), wanted.to_string());
    assert_eq!(library.get("/rest/Book?$asArray=true&$filter=\"ID = 0\"").ok().compact(), "[]");
}

#[test]
fn row_31_looker() {
    let answer = app().get("/rest/Book?$format=looker&$attributes=ID,title&$top=1").ok();
    let wanted = json!({
        "schema": [
            { "name": "ID", "dataType": "NUMBER", "semantics": { "conceptType": "METRIC", "semanticGroup": "NUMERIC", "semanticType": "NUMBER" } },
            { "name": "title", "dataType": "STRING", "semantics": { "conceptType": "DIMENSION", "semanticGroup": "TEXT", "semanticType": "TEXT" } }
        ],
        "rows": [{ "values": [11, "Slow Rivers"] }],
        "filtersApplied": false, "__COUNT": 8, "__FIRST": 0
    });
    assert_eq!(answer.compact(), wanted.to_string());
}

#[test]
fn row_31_looker_types_filter_and_related_columns() {
    let library = app();
    let answer = library.get("/rest/Author?$format=looker&$attributes=active,born&$filter=\"ID = 1\"&$asArray=true").ok().json();
    let wanted = json!({
        "schema": [
            { "name": "active", "dataType": "BOOLEAN", "semantics": { "conceptType": "DIMENSION", "semanticGroup": "BOOLEAN", "semanticType": "BOOLEAN" } },
            { "name": "born", "dataType": "STRING", "semantics": { "conceptType": "DIMENSION", "semanticGroup": "DATETIME", "semanticType": "YEAR_MONTH_DAY" } }
        ],
        "rows": [{ "values": [true, "19700502"] }],
        "filtersApplied": true, "__COUNT": 1, "__FIRST": 0
    });
    // Column order is that of the schema, whichever it is.
    let (mut got, mut want) = (answer.clone(), wanted);
    if answer["schema"][0]["name"] == "born" {
        want["schema"].as_array_mut().unwrap().reverse();
        want["rows"][0]["values"].as_array_mut().unwrap().reverse();
    }
    assert_eq!(got.take(), want);
    let related = library.get("/rest/Book?$format=looker&$attributes=title,author.fullName&$filter=\"ID = 13\"").ok().json();
    assert_eq!(related["schema"][1]["name"], "author.fullName");
    assert_eq!(related["rows"], json!([{ "values": ["Atlas", "Liam O'Neil"] }]));
    let plain = library.get("/rest/Author?$format=looker&$top=1").ok().json();
    let names: Vec<_> = plain["schema"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap().to_owned()).collect();
    assert!(!names.contains(&"books".to_owned()) && names.contains(&"fullName".to_owned()), "{names:?}");
}

#[test]
fn row_31_format_json_and_unknown() {
    let library = app();
    assert_eq!(library.get("/rest/Book?$format=json").ok().text, library.get("/rest/Book").ok().text);
    library.get("/rest/Book?$format=xml").refused(400, &[1801]);
}

#[test]
fn row_31_format_is_ignored_for_one_entity() {
    let library = app();
    let plain = library.get("/rest/Book(11)").ok().text;
    for parameter in ["$format=looker", "$format=json", "$asArray=true"] {
        assert_eq!(library.get(&format!("/rest/Book(11)?{parameter}")).ok().text, plain, "{parameter}");
    }
}

#[test]
fn row_32_queryplan_and_querypath_come_first() {
    let library = app();
    let filter = "$filter=\"author.fullName = 'É@' and price > 10\"";
    let plain = library.get(&format!("/rest/Book?{filter}")).ok();
    let plan = library.get(&format!("/rest/Book?{filter}&$queryplan=true")).ok();
    let path = library.get(&format!("/rest/Book?{filter}&$querypath=true")).ok();
    let both = library.get(&format!("/rest/Book?{filter}&$queryplan=true&$querypath=true")).ok();
    assert_eq!(plain.ids(), [11]);
    assert_eq!(plan.members()[0], "__queryPlan");
    assert_eq!(path.members()[0], "__queryPath");
    assert!(both.members().contains(&"__queryPlan".to_owned()) && both.members().contains(&"__queryPath".to_owned()));
    assert_eq!(both.members()[..4], ["__queryPlan", "__extendedQueryPlan", "__queryPath", "__extendedQueryPath"]);
    for explained in [&plan, &path, &both] {
        let mut rest = explained.json();
        let object = rest.as_object_mut().unwrap();
        for name in ["__queryPlan", "__extendedQueryPlan", "__queryPath", "__extendedQueryPath"] {
            object.shift_remove(name);
        }
        assert_eq!(rest.to_string(), plain.compact());
        assert!(explained.members().iter().take_while(|name| name.to_lowercase().contains("query")).count() > 0);
    }
}

#[test]
fn row_32_members_of_the_plan_and_the_path() {
    let library = app();
    let plan = library.get("/rest/Book?$filter=\"author.fullName = 'É@' and price > 10\"&$queryplan=true").ok().json();
    let parts = plan["__queryPlan"]["And"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part["item"].is_string()));
    assert!(parts[0]["subquery"][0]["item"].as_str().unwrap().contains("fullName"));
    let either = library.get("/rest/Book?$filter=\"price < 1 or price > 100\"&$queryplan=true").ok().json();
    assert_eq!(either["__queryPlan"]["Or"].as_array().unwrap().len(), 2);

    let path = library.get("/rest/Book?$filter=\"price < 10 or price > 100\"&$querypath=true").ok().json();
    let top = &path["__queryPath"]["steps"][0];
    assert_eq!(top["recordsfounds"], 4);
    assert!(top["time"].is_number() && top["description"].is_string());
    let found: Vec<_> = top["steps"].as_array().unwrap().iter().map(|step| step["recordsfounds"].as_i64().unwrap()).collect();
    assert_eq!(found, [3, 1]);
}

#[test]
fn row_32_extended_plan_and_path() {
    let library = app();
    let filter = "$filter=\"author.fullName = 'É@' and not (price < :1)\"&$params=[10]";
    let plan = library.get(&format!("/rest/Book?{filter}&$queryplan=true")).ok().json();
    let seq = |field: &str, table: &str, oper: &str, value: Value| json!({ "type": "SeqNode", "field": field, "table": table, "instance": 0, "oper": oper, "value": value });
    let price = seq("price", "Book", " < ", json!(10));
    let name = seq("fullName", "Author", " = ", json!("É@"));
    let join =
        json!({ "type": "JoinNode", "targetTable": "Author", "instance": 0, "joinPath": ["Book.authorID = Author.ID"], "filter": name });
    let not = json!({ "type": "LogicOperatorNode", "logicOper": "Not", "parts": [price] });
    let wanted = json!({ "type": "LogicOperatorNode", "logicOper": "And", "parts": [join, not] });
    assert_eq!(plan["__extendedQueryPlan"].to_string(), wanted.to_string());

    let path = library.get(&format!("/rest/Book?{filter}&$querypath=true")).ok().json();
    let (extended, plain) = (&path["__extendedQueryPath"], &path["__queryPath"]["steps"][0]);
    assert_eq!((&extended["foundRecords"], &extended["timeTaken"]), (&json!(1), &json!(0)));
    assert_eq!((&extended["parts"][0]["foundRecords"], &extended["parts"][0]["filter"]["foundRecords"]), (&json!(3), &json!(3)));
    assert_eq!((&extended["parts"][1]["foundRecords"], &extended["parts"][1]["parts"][0]["foundRecords"]), (&json!(4), &json!(3)));
    // The same numbers in the plain form, where conditions on a joined dataclass stand in a step of their own.
    assert_eq!(plain["steps"][0]["steps"][0]["steps"][0]["recordsfounds"], 3, "{plain}");
    assert_eq!(plain["steps"][1]["steps"][0]["recordsfounds"], 3, "{plain}");
    // A plan has no numbers.
    assert!(!plan["__extendedQueryPlan"].to_string().contains("foundRecords"));

    let one = |filter: &str| library.get(&format!("/rest/{filter}&$queryplan=true")).ok().json()["__extendedQueryPlan"].clone();
    let alias = one("Book?$filter=\"authorName = 'x'\"");
    assert_eq!(
        (&alias["type"], &alias["filter"]["field"], &alias["filter"]["table"]),
        (&json!("JoinNode"), &json!("fullName"), &json!("Author"))
    );
    let many = one("Author?$filter=\"books{2}.title in ['a', 'b']\"");
    assert_eq!((&many["targetTable"], &many["instance"], &many["filter"]["value"]), (&json!("Book"), &json!(2), &json!(["a", "b"])));
    let object = one("Author?$filter=\"profile.tags[a].name begin 'x'\"");
    assert_eq!((&object["field"], &object["oper"]), (&json!("profile.tags[a].name"), &json!(" begin ")));
    let any = one("Author?$filter=\"books = null\"");
    assert_eq!((&any["filter"]["field"], &any["filter"]["value"]), (&json!("books"), &Value::Null));
}

#[test]
fn row_32_without_filter_ignored() {
    let library = app();
    assert_eq!(library.get("/rest/Book?$queryplan=true&$querypath=true").ok().text, library.get("/rest/Book").ok().text);
}
