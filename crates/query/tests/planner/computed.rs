//! Plans over attributes that the operator's code computes (`functions.md` 1): what its code is asked, and what becomes of what it says.

use std::sync::Arc;

use claviger_access::Grants;
use claviger_model::{AttrRef, ComputedAttribute, Getter, Model, StorageType, Value, ValueType};
use claviger_query::{
    Answers, Ask, ComputedValues, Error, ErrorKind, InPlace, KeyList, Need, NoBytes, Options, Outcome, Output, Plan, Planned, Planner,
    Request, Verb,
};
use serde_json::{Value as Json, json};

use crate::support::{MODEL, codes, show, show_operand};

/// The library with `Book.tag`, of which code says what conditions and orders mean, and `Book.words`, of which it does not.
fn planner() -> Planner {
    let mut model = Model::clone(&MODEL);
    let book = model.find("Book").unwrap().id;
    for (name, ty, says) in [("tag", StorageType::String, true), ("words", StorageType::Long, false), ("facts", StorageType::Object, true)]
    {
        let getter = Getter { query: says, order_by: says };
        model.compute(book, ComputedAttribute { name: name.to_owned(), ty, exposed: name != "facts", writable: false, getter });
    }
    Planner::new(Arc::new(model), Options::default())
}

fn at(planner: &Planner, name: &str) -> AttrRef {
    let book = planner.model().find("Book").unwrap();
    book.at(book.find(name).unwrap().id)
}

fn asked(planner: &Planner, url: &str, answers: &Answers) -> Result<Planned<Request>, Error> {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let grants = Grants::administration(planner.model());
    planner.plan_with(&grants, &Ask::parse(Verb::Get, path, query)?, None, &NoBytes, answers)
}

fn needs(planner: &Planner, url: &str, answers: &Answers) -> Vec<Need> {
    match asked(planner, url, answers).unwrap() {
        Planned::Needs(needs) => needs,
        Planned::Ready(_) => Vec::new(),
    }
}

fn plan(planner: &Planner, url: &str, answers: &Answers) -> Plan {
    match asked(planner, url, answers).unwrap().ready().unwrap() {
        Request::Read(plan) => plan,
        other => panic!("{url}: {other:?}"),
    }
}

fn condition(planner: &Planner, operator: &'static str, value: Json) -> Need {
    Need::Condition { attribute: at(planner, "tag"), operator, value }
}

/// Everything that is asked about `tag` for a request is answered with this text.
fn saying(planner: &Planner, url: &str, text: &str, parameters: Option<Json>) -> Answers {
    let mut answers = Answers::default();
    for need in needs(planner, url, &answers) {
        answers.set_said(need, Some(InPlace { text: text.to_owned(), parameters: parameters.clone() }));
    }
    answers
}

fn filter(planner: &Planner, url: &str, answers: &Answers) -> String {
    let plan = plan(planner, url, answers);
    show(plan.filter().unwrap(), plan.scopes())
}

#[test]
fn code_is_asked_for_each_condition_once() {
    let planner = planner();
    let none = Answers::default();
    let asked = |filter: &str| needs(&planner, &format!("Book?$filter=\"{filter}\""), &none);
    assert_eq!(asked("title = 'x'"), []);
    assert_eq!(asked("tag = 'x'"), [condition(&planner, "=", json!("x"))]);
    assert_eq!(asked("tag = 'x' and not(tag = 'x')"), [condition(&planner, "=", json!("x"))]);
    assert_eq!(
        asked("tag begin 'x' or tag != null or tag in ('a', 'b', null)"),
        [
            condition(&planner, "begin", json!("x")),
            condition(&planner, "!=", Json::Null),
            condition(&planner, "in", json!(["a", "b", null]))
        ]
    );
    assert_eq!(
        needs(&planner, "Book?$filter=\"tag in :1\"&$params=[[\"a\",null]]", &none),
        [condition(&planner, "in", json!(["a", null]))]
    );
    assert_eq!(
        needs(&planner, "Book?$filter=\"tag in ('x', :1, :2)\"&$params=[[\"a\",null],\"b\"]", &none),
        [condition(&planner, "in", json!(["x", "a", null, "b"]))]
    );
    assert_eq!(needs(&planner, "Book?$orderby=tag desc", &none), [Need::Order { attribute: at(&planner, "tag"), descending: true }]);
    // What does not fit the type is the caller's mistake, before anybody is asked.
    let refused = asked_codes(&planner, "Book?$filter=\"words = 'many'\"");
    assert_eq!(refused, [1201]);
}

fn asked_codes(planner: &Planner, url: &str) -> Vec<i64> {
    codes(&asked(planner, url, &Answers::default()).unwrap_err())
}

#[test]
fn what_code_says_stands_in_the_place_of_the_condition() {
    let planner = planner();
    let said = |url: &str, text: &str, parameters| filter(&planner, url, &saying(&planner, url, text, parameters));
    assert_eq!(said("Book?$filter=\"tag = 'x'\"", "title = :1", Some(json!(["y"]))), "title = 'y'");
    // With or without parentheses it is one condition.
    assert_eq!(
        said("Book?$filter=\"tag = 'x' and price > 3\"", "title = 'a' or title = 'b'", None),
        "((title = 'a' | title = 'b') & price > 3.0)"
    );
    assert_eq!(said("Book?$filter=\"not(tag = 'x')\"", "title = 'a' or title = 'b'", None), "not (title = 'a' | title = 'b')");
    // Beside the row where the path ends, with what is related to that.
    assert_eq!(
        said("Author?$filter=\"books.tag = 'x' and books.price > 3\"", "author.rating = 1", None),
        "some #1=books (#1.author.rating = 1.0 & #1.price > 3.0)"
    );
    // The text has relations of its own: they speak of other entities than the caller's.
    assert_eq!(said("Book?$filter=\"tag = 'x' and author.books.price > 3\"", "author.books.title = 'y'", None).matches("some").count(), 2);
    // An empty text is no condition.
    assert_eq!(said("Book?$filter=\"tag = 'x' and price > 3\"", "", None), "(() & price > 3.0)");
}

#[test]
fn orders_are_put_in_place_too() {
    let planner = planner();
    let order = |url: &str, text: &str| -> Vec<(String, bool)> {
        let plan = plan(&planner, url, &saying(&planner, url, text, None));
        plan.order().iter().map(|order| (show_operand(&order.operand, plan.scopes()), order.descending)).collect()
    };
    let term = |name: &str, descending| (name.to_owned(), descending);
    assert_eq!(order("Book?$orderby=tag desc,price", "title desc, ID"), [term("title", true), term("ID", false), term("price", false)]);
}

#[test]
fn without_words_values_decide() {
    let planner = planner();
    let words = at(&planner, "words");
    let mut answers = Answers::default();
    answers.set_said(condition(&planner, "=", json!("x")), None);
    assert_eq!(needs(&planner, "Book?$filter=\"tag = 'x'\"", &answers), [Need::Values(at(&planner, "tag"))]);
    for url in [
        "Book?$filter=\"words = 3\"",
        "Author?$filter=\"books.words = 3\"",
        "Book?$orderby=words",
        "Book/words?$compute=sum",
        "Book/words?$distinct=true",
        "Book:words(3)",
    ] {
        assert_eq!(needs(&planner, url, &Answers::default()), [Need::Values(words)], "{url}");
    }
    answers.set_values(ComputedValues { attribute: words, ty: ValueType::Int, keys: KeyList::whole(vec![7]), values: vec![Value::Int(3)] });
    let plan = plan(&planner, "Book?$filter=\"words = 3 or words = 4\"", &answers);
    assert_eq!(plan.restrictions().values().map(|values| values.attribute).collect::<Vec<_>>(), [words]);
    // They are right for one moment.
    answers.forget_computed();
    assert_eq!(needs(&planner, "Book?$filter=\"words = 3\"", &answers), [Need::Values(words)]);
}

#[test]
fn what_cannot_be_used_is_not_the_callers_mistake() {
    let planner = planner();
    let url = "Book?$filter=\"tag = 'x'\"";
    for (text, first) in [("title = =", 1201), ("nothing = 1", 1500), ("title = :1", 1279)] {
        let error = asked(&planner, url, &saying(&planner, url, text, None)).unwrap_err();
        assert_eq!((error.kind, error.code(), codes(&error).last().copied()), (ErrorKind::Failed, first, Some(1046)), "{text}");
    }
    // One that leads back to itself, without end.
    let error = asked(&planner, url, &saying(&planner, url, "tag = 'x'", None)).unwrap_err();
    assert_eq!((error.kind, error.code()), (ErrorKind::Failed, 1162));
}

#[test]
fn code_may_name_what_requests_may_not() {
    let planner = planner();
    assert_eq!(asked_codes(&planner, "Book?$filter=\"facts.x = 1\""), [1500, 1201]);
    let url = "Book?$filter=\"tag = 'x'\"";
    let mut answers = saying(&planner, url, "facts.x = 1", None);
    assert_eq!(needs(&planner, url, &answers), [Need::Values(at(&planner, "facts"))]);
    answers.set_values(ComputedValues {
        attribute: at(&planner, "facts"),
        ty: ValueType::Object,
        keys: KeyList::whole(Vec::new()),
        values: Vec::new(),
    });
    plan(&planner, url, &answers);
}

#[test]
fn code_is_given_what_has_a_value_in_the_row() {
    let planner = planner();
    let plan = plan(&planner, "Book?$attributes=tag,title", &Answers::default());
    let Outcome::Page(projection, _) = plan.outcome() else { panic!() };
    let names: Vec<&str> = projection.fields().iter().map(claviger_query::Field::name).collect();
    assert_eq!(names, ["title", "tag"]);
    let Output::Computed(steps, given) = projection.fields()[1].output() else { panic!() };
    assert_eq!(steps, &[at(&planner, "tag")]);
    assert!(given.fields().iter().any(|field| field.name() == "price"));
    for field in given.fields() {
        assert!(matches!(field.output(), Output::Scalar | Output::Path(_) | Output::Media | Output::DeferredOne(_)), "{}", field.name());
    }
}

#[test]
fn code_is_given_one_row_for_all_attributes_of_a_dataclass() {
    let planner = planner();
    let given = |url: &str| -> Vec<u64> {
        let plan = plan(&planner, url, &Answers::default());
        let Outcome::Page(projection, _) = plan.outcome() else { panic!("{url}") };
        let of_field = |field: &claviger_query::Field| match field.output() {
            Output::Computed(_, given) => Some(given.id()),
            _ => None,
        };
        projection.fields().iter().filter_map(of_field).collect()
    };
    let ids = given("Book?$attributes=tag,words,title");
    assert_eq!((ids.len(), ids[0]), (2, ids[1]));
}
