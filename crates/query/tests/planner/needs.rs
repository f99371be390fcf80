//! What planning needs to know of functions, what becomes of the answers, and what functions themselves ask.

use std::sync::Arc;

use claviger_access::Grants;
use claviger_model::{ClassId, Model};
use claviger_query::{
    Answers, Ask, Body, Change, Error, KeyList, Need, NoBytes, Options, Output, Plan, Planned, Planner, Request, Restrictions, Seen,
    Select, SelectFrom, Selection, Verb,
};
use serde_json::{Value, json};

use crate::support::{MODEL, codes, grants, show, show_operand};

/// The library, with functions that say which entities of these dataclasses are seen.
fn planner(restricted: &[&str]) -> Planner {
    let mut model = Model::clone(&MODEL);
    for name in restricted {
        model.restrict(id(name));
    }
    Planner::new(Arc::new(model), Options { allow_delete_all: true, ..Options::default() })
}

fn id(name: &str) -> ClassId {
    MODEL.find(name).unwrap().id
}

fn asked(planner: &Planner, role: &str, verb: Verb, url: &str, body: Body, answers: &Answers) -> Result<Planned<Request>, Error> {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    planner.plan_with(&grants(role), &Ask::parse(verb, path, query)?, body, &NoBytes, answers)
}

/// Names of the dataclasses whose entities a request needs to know, where nothing is known.
fn needs_of(planner: &Planner, verb: Verb, url: &str, body: Body) -> Vec<String> {
    match asked(planner, "Admin", verb, url, body, &Answers::default()).unwrap_or_else(|error| panic!("{url}: {error:?}")) {
        Planned::Ready(_) => Vec::new(),
        Planned::Needs(needs) => names(&needs),
    }
}

fn names(needs: &[Need]) -> Vec<String> {
    let class = |need: &Need| match need {
        Need::Rows(class) => MODEL.dataclass(*class).name.clone(),
        other => panic!("{other:?}"),
    };
    needs.iter().map(class).collect()
}

fn needs(url: &str) -> Vec<String> {
    needs_of(&planner(&["Author", "Book"]), Verb::Get, url, None)
}

fn selection(planner: &Planner, answers: &Answers, asked: &Select<'_>) -> Selection {
    planner.select(&grants("Admin"), asked, answers).unwrap().ready().unwrap()
}

/// Authors that are active, as a `restrict` would say.
fn active(planner: &Planner) -> Arc<Selection> {
    let asked = Select { filter: Some("active = true"), ..Select::of(SelectFrom::All(id("Author"))) };
    Arc::new(selection(planner, &Answers::unrestricted(), &asked))
}

fn filter_of(selection: &Selection) -> String {
    selection.filter().map_or_else(String::new, |filter| show(filter, selection.scopes()))
}

fn plan(planner: &Planner, url: &str, answers: &Answers) -> Plan {
    match asked(planner, "Admin", Verb::Get, url, None, answers).unwrap().ready() {
        Ok(Request::Read(plan)) => plan,
        other => panic!("{url}: {other:?}"),
    }
}

fn seen(restrictions: &Restrictions, class: &str) -> String {
    match restrictions.seen(id(class)) {
        Seen::All => "all".to_owned(),
        Seen::Only(selection) => filter_of(selection),
        Seen::Unasked => "unasked".to_owned(),
    }
}

#[test]
fn readings_need_what_they_look_at() {
    for (url, wanted) in [
        ("Book(3)?$attributes=title", &["Book"][..]),
        ("Book:title(x)?$attributes=title", &["Book"]),
        ("Country", &[]),
        ("Vault", &[]),
        // Paths of filter, order and aggregates; a relation itself; over 1 -> N; over an alias.
        ("Book/title?$filter=\"author.fullName = 'x'\"", &["Book", "Author"]),
        ("Book/title?$filter=\"author = null\"", &["Book", "Author"]),
        ("Book/title?$filter=\"authorName = 'x'\"", &["Book", "Author"]),
        ("Book/title?$filter=\"title = 'x'\"", &["Book"]),
        ("Book/title?$orderby=author.fullName", &["Book", "Author"]),
        ("Book/title?$orderby=authorName", &["Book", "Author"]),
        ("Author/fullName?$filter=\"books.title = 'x'\"", &["Author", "Book"]),
        ("Author/fullName?$filter=\"books = null\"", &["Author", "Book"]),
        ("Vault/code?$filter=\"stored.author.fullName = 'x'\"", &["Book", "Author"]),
        ("Book/author.rating?$compute=sum", &["Book", "Author"]),
        ("Book/author.fullName?$distinct=true", &["Book", "Author"]),
        ("Book/author?$compute=count", &["Book", "Author"]),
        // What is sent: whole entities, deferred and expanded relations, aliases.
        ("Book", &["Book", "Author"]),
        ("Book?$attributes=author", &["Book", "Author"]),
        ("Book?$attributes=author.fullName", &["Book", "Author"]),
        ("Book?$attributes=authorName", &["Book", "Author"]),
        ("Book?$attributes=vault", &["Book"]),
        ("Vault?$expand=stored", &["Book", "Author"]),
        ("Vault?$attributes=code,stored.title", &["Book"]),
        ("Author", &["Author"]),
        ("Book?$format=looker&$attributes=author.fullName", &["Book", "Author"]),
        // Images and sets.
        ("Book(1)?$expand=cover&$imageformat=best", &["Book"]),
        ("Author(1)/books?$method=subentityset&$attributes=title", &["Author", "Book"]),
        ("Author/fullName/$entityset/AB12?$filter=\"books.title = 'x'\"", &["Author", "Book"]),
        ("Author/fullName?$method=entityset&$savedfilter=\"books.title = 'x'\"&$filter=\"rating = 1\"", &["Author", "Book"]),
        ("Author(1)?$lock=true", &["Author"]),
    ] {
        assert_eq!(needs(url), wanted, "{url}");
        // Once more with the projections that are kept by now.
        assert_eq!(needs(url), wanted, "{url}");
    }
}

#[test]
fn a_kept_projection_still_says_what_it_looks_at() {
    let planner = planner(&["Author"]);
    for _ in 0..2 {
        assert_eq!(needs_of(&planner, Verb::Get, "Book?$expand=author", None), ["Author"]);
    }
}

#[test]
fn writings_need_what_they_find() {
    let planner = planner(&["Author", "Book"]);
    let post = |url: &str, body: Value| needs_of(&planner, Verb::Post, url, Some(body));
    assert_eq!(post("Book/?$method=update&$attributes=title", json!({ "__KEY": "1", "title": "x" })), ["Book"]);
    assert_eq!(post("Book/?$method=update&$attributes=title", json!({ "title": "x", "author": 3 })), ["Book", "Author"]);
    assert_eq!(post("Book/?$method=validate", json!({ "title": "x" })), ["Book", "Author"], "what is sent back");
    assert_eq!(post("Country/?$method=update", json!({ "name": "x" })), [""; 0]);
    assert_eq!(needs_of(&planner, Verb::Post, "Book(3)?$method=delete", None), ["Book"]);
    // What a deletion brings about looks at all.
    assert_eq!(needs_of(&planner, Verb::Post, "Vault(3)?$method=delete", None), [""; 0]);
    assert_eq!(needs_of(&planner, Verb::Post, "Vault?$filter=\"stored.title = 'x'\"&$method=delete", None), ["Book"]);
    assert_eq!(needs_of(&planner, Verb::Post, "Book/$entityset/AB12?$method=delete", None), ["Book"]);
    assert_eq!(needs_of(&planner, Verb::Get, "Book/$entityset/AB12?$method=release", None), [""; 0]);
}

#[test]
fn a_missing_permission_comes_before_a_missing_answer() {
    let planner = planner(&["Author", "Book"]);
    let url = "Book?$filter=\"author.fullName = 'x' and nothing = 1\"";
    assert_eq!(codes(&asked(&planner, "Admin", Verb::Get, url, None, &Answers::default()).unwrap_err()), [1500, 1201]);
    let denied = asked(&planner, "Nobody", Verb::Get, "Book", None, &Answers::default()).unwrap_err();
    assert_eq!(codes(&denied), [1557]);
}

#[test]
fn answers_are_part_of_the_plan() {
    let planner = planner(&["Author", "Book"]);
    let mut answers = Answers::default();
    answers.set_rows(id("Author"), Some(active(&planner)));
    let url = "Book?$expand=author&$filter=\"author.rating > 3\"";
    let Planned::Needs(missing) = asked(&planner, "Admin", Verb::Get, url, None, &answers).unwrap() else { panic!() };
    assert_eq!(names(&missing), ["Book"], "only what is not known");
    answers.set_rows(id("Book"), None);
    let plan = plan(&planner, url, &answers);
    assert_eq!(seen(plan.restrictions(), "Author"), "active = true");
    assert_eq!(seen(plan.restrictions(), "Book"), "all");
    assert_eq!(seen(plan.restrictions(), "Vault"), "unasked");
    assert_eq!(filter_of(plan.selection()), "author.rating > 3.0", "the filter is the request's own");

    let post = |url: &str, body: Body| asked(&planner, "Admin", Verb::Post, url, body, &answers).unwrap().ready().unwrap();
    let body = json!({ "__KEY": "1", "author": 2 });
    let Request::Write(Change::Save(save)) = post("Book?$method=update", Some(body)) else { panic!() };
    assert_eq!(seen(save.restrictions(), "Author"), "active = true");
    let Request::Write(Change::Delete(delete)) = post("Author(1)?$method=delete", None) else { panic!() };
    assert_eq!(seen(delete.restrictions(), "Author"), "active = true");
    let Request::Lock(lock) = post("Author(1)?$lock=true", None) else { panic!() };
    assert_eq!(seen(lock.restrictions(), "Author"), "active = true");
}

#[test]
fn sets_carry_the_answers_on() {
    let planner = planner(&["Author"]);
    let mut answers = Answers::default();
    answers.set_rows(id("Author"), Some(active(&planner)));
    let keys = || Arc::new(KeyList::whole(vec![1, 2]));
    let set = |verb: Verb, url: &str| match asked(&planner, "Admin", verb, url, None, &answers).unwrap().ready() {
        Ok(Request::Set(set)) => set,
        other => panic!("{url}: {other:?}"),
    };
    let over = set(Verb::Get, "Author/$entityset/AB12?$clean=true");
    assert_eq!(seen(over.existing(keys()).restrictions(), "Author"), "active = true");
    let Request::Read(read) = over.over(keys()) else { panic!() };
    assert_eq!(seen(read.restrictions(), "Author"), "active = true");
    let over = set(Verb::Post, "Author/$entityset/AB12?$method=delete");
    assert_eq!(seen(over.existing(keys()).restrictions(), "Author"), "active = true");
    let Request::Write(Change::Delete(delete)) = over.over(keys()) else { panic!() };
    assert_eq!(seen(delete.restrictions(), "Author"), "active = true");

    let kept = plan(&planner, "Author?$method=entityset&$savedfilter=\"rating = 2\"&$filter=\"rating = 1\"", &answers);
    assert_eq!(seen(kept.kept().restrictions(), "Author"), "active = true");
    assert_eq!(seen(kept.page_of(keys()).restrictions(), "Author"), "active = true");

    let again = |answers: &Answers| {
        let ask = Ask::parse(Verb::Get, "Author/$entityset/AB12", Some("$savedfilter=\"books.title = 'x'\"")).unwrap();
        let Request::Set(over) = planner.plan_with(&grants("Admin"), &ask, None, &NoBytes, answers)?.ready()? else { panic!() };
        planner.saved(&grants("Admin"), &ask, &over, answers)
    };
    assert_eq!(seen(again(&answers).unwrap().ready().unwrap().restrictions(), "Author"), "active = true");
}

#[test]
fn a_set_made_again_needs_what_its_saved_filter_looks_at() {
    let planner = planner(&["Book"]);
    let ask = Ask::parse(Verb::Get, "Author/fullName/$entityset/AB12", Some("$savedfilter=\"books.title = 'x'\"")).unwrap();
    let Request::Set(over) = planner.plan(&grants("Admin"), &ask, None).unwrap() else { panic!() };
    let Planned::Needs(missing) = planner.saved(&grants("Admin"), &ask, &over, &Answers::default()).unwrap() else { panic!() };
    assert_eq!(names(&missing), ["Book"]);
}

#[test]
fn where_nothing_can_be_answered_a_need_is_the_servers_mistake() {
    let planner = planner(&["Author"]);
    let ask = Ask::parse(Verb::Get, "Author", None).unwrap();
    let error = planner.plan(&grants("Admin"), &ask, None).unwrap_err();
    assert_eq!((error.kind, codes(&error)), (claviger_query::ErrorKind::Failed, vec![1046]));
    // An explanation reads nothing.
    let (planned, _) = ask.plan_asked(planner.model(), &grants("Admin"), &Options::default(), None, false);
    assert!(planned.is_ok());
}

#[test]
fn functions_select_and_narrow() {
    let planner = planner(&[]);
    let none = Answers::default();
    let params = json!([10, "Slow@"]);
    let asked = Select {
        filter: Some("price > :1 and title = :2 and author.books.price > 3"),
        params: Some(&params),
        order: Some("author.fullName desc"),
        ..Select::of(SelectFrom::All(id("Book")))
    };
    let first = selection(&planner, &none, &asked);
    let filter = "(price > 10.0 & title ~ slow@ & some #2=author.books #2.price > 3.0)";
    assert_eq!(filter_of(&first), filter);
    let narrower = Select { filter: Some("author.rating = 1 and author.books.price < 2"), ..Select::of(SelectFrom::Selection(&first)) };
    let second = selection(&planner, &none, &narrower);
    // The related author is the same one; the book of his is another.
    assert_eq!(filter_of(&second), format!("({filter} & (author.rating = 1.0 & some #3=author.books #3.price < 2.0))"));
    let order = |selection: &Selection| -> Vec<String> {
        selection.order().iter().map(|order| show_operand(&order.operand, selection.scopes())).collect()
    };
    assert_eq!(order(&second), ["author.fullName"], "its order stays");
    let sorted = selection(&planner, &none, &Select { order: Some("title"), ..Select::of(SelectFrom::Selection(&second)) });
    assert_eq!((order(&sorted), filter_of(&sorted)), (vec!["title".to_owned()], filter_of(&second)));

    let keys = SelectFrom::Keys(id("Book"), Arc::new(KeyList::whole(vec![7, 3])));
    let named = json!({ "parameters": { "p": 5 }, "attributes": { "a": "author.rating" } });
    let of_keys = selection(&planner, &none, &Select { filter: Some(":a = :p"), params: Some(&named), ..Select::of(keys) });
    assert_eq!(filter_of(&of_keys), "author.rating = 5.0");
    assert!(matches!(of_keys.base(), claviger_query::Base::Set(keys) if keys.len() == 2));
}

#[test]
fn functions_are_asked_for_every_permission() {
    let planner = planner(&[]);
    let none = Answers::default();
    let select = |grants: &Grants, filter: Option<&str>, order: Option<&str>| {
        planner.select(grants, &Select { filter, order, ..Select::of(SelectFrom::All(id("Book"))) }, &none).map(|_| ())
    };
    let nobody = grants("Nobody");
    assert_eq!(codes(&select(&nobody, None, None).unwrap_err()), [1557]);
    let books = selection(&planner, &none, &Select::of(SelectFrom::All(id("Book"))));
    assert_eq!(codes(&planner.page(&nobody, &books, None, None, 0, 10, &none).unwrap_err()), [1557]);
    assert_eq!(codes(&planner.select(&nobody, &Select::of(SelectFrom::Selection(&books)), &none).unwrap_err()), [1557]);
    assert!(select(&grants("Admin"), Some("author.rating > 1"), Some("author.fullName")).is_ok());
    assert_eq!(codes(&select(&grants("Admin"), Some("nothing = 1"), None).unwrap_err()), [1500, 1201]);
    assert_eq!(codes(&select(&grants("Admin"), None, Some("nothing")).unwrap_err()), [1500, 1810]);
}

#[test]
fn functions_know_names_that_are_not_exposed() {
    let planner = planner(&[]);
    let none = Answers::default();
    let hidden = Select { filter: Some("costNote = 'x'"), ..Select::of(SelectFrom::All(id("Book"))) };
    assert_eq!(filter_of(&selection(&planner, &none, &hidden)), "costNote = 'x'");
    let all = selection(&planner, &none, &Select::of(SelectFrom::All(id("Hidden"))));
    assert_eq!(all.class(), id("Hidden"));
    // The same names, and the same projection of all attributes, asked for by a request before and after.
    let sent = |plan: &Plan| -> Vec<String> {
        let claviger_query::Outcome::Page(projection, _) = plan.outcome() else { panic!() };
        projection.fields().iter().map(|field| field.name().to_owned()).collect()
    };
    let books = selection(&planner, &none, &Select::of(SelectFrom::All(id("Book"))));
    let has_note = |plan: &Plan| sent(plan).contains(&"costNote".to_owned());
    assert!(!has_note(&plan(&planner, "Book", &none)));
    assert!(has_note(&planner.page(&grants("Admin"), &books, None, None, 0, 10, &none).unwrap().ready().unwrap()));
    assert!(!has_note(&plan(&planner, "Book", &none)));
    let error = asked(&planner, "Admin", Verb::Get, "Book?$filter=\"costNote = 'x'\"", None, &none).unwrap_err();
    assert_eq!(codes(&error), [1500, 1201]);
    // What the loader made for itself exists for nobody.
    let implicit = MODEL.find("Book").unwrap().attributes.iter().find(|attribute| attribute.implicit).unwrap();
    let asked = Select { filter: Some(&format!("{} = 1", implicit.name)), ..Select::of(SelectFrom::All(id("Book"))) };
    assert_eq!(codes(&planner.select(&grants("Admin"), &asked, &none).unwrap_err()), [1500, 1201]);
}

#[test]
fn functions_see_what_their_caller_sees() {
    let planner = planner(&["Author", "Book"]);
    let asked = Select { filter: Some("author.rating = 1"), ..Select::of(SelectFrom::All(id("Book"))) };
    let Planned::Needs(missing) = planner.select(&grants("Admin"), &asked, &Answers::default()).unwrap() else { panic!() };
    assert_eq!(names(&missing), ["Book", "Author"]);
    let mut answers = Answers::default();
    answers.set_rows(id("Author"), Some(active(&planner)));
    answers.set_rows(id("Book"), None);
    let books = selection(&planner, &answers, &asked);
    assert_eq!(seen(books.restrictions(), "Author"), "active = true");
    // Narrowed by what looks at nothing new, or sent: what the selection looks at is asked once more.
    let again = Select { filter: Some("price = 1"), ..Select::of(SelectFrom::Selection(&books)) };
    let Planned::Needs(missing) = planner.select(&grants("Admin"), &again, &Answers::default()).unwrap() else { panic!() };
    assert_eq!(names(&missing), ["Book", "Author"]);
    assert_eq!(seen(selection(&planner, &answers, &again).restrictions(), "Author"), "active = true");
    let page =
        |attributes: &str, answers: &Answers| planner.page(&grants("Admin"), &books, Some(attributes), None, 5, 10, answers).unwrap();
    assert!(matches!(page("title", &Answers::default()), Planned::Needs(missing) if names(&missing) == ["Book", "Author"]));
    let plan = page("title,author.fullName", &answers).ready().unwrap();
    assert_eq!((plan.skip(), plan.top()), (5, 10));
    assert_eq!(seen(plan.restrictions(), "Author"), "active = true");
    let claviger_query::Outcome::Page(projection, _) = plan.outcome() else { panic!() };
    assert!(matches!(projection.fields()[1].output(), Output::ExpandedOne(..)));
}
