//! Requests about entity sets (`rest-dialect.md` 11): what is planned over a set, what is stored, what is given up.

use std::sync::Arc;

use claviger_query::{
    Answers, Ask, Base, Change, Error, KeyList, Options, OverSet, Planner, Release, Request, Selection, SetOperator, Verb,
};
use serde_json::json;

use crate::support::{MODEL, ask, codes, grants, read, refused, show};

fn over(role: &str, verb: Verb, url: &str) -> Result<OverSet, Error> {
    match ask(role, verb, url, None, Options::default())? {
        Request::Set(over) => Ok(*over),
        other => panic!("{url}: {other:?}"),
    }
}

/// What the set of a request is made from again.
fn saved(verb: Verb, url: &str) -> Result<Selection, Error> {
    let set = over("Admin", verb, url)?;
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    Planner::new(Arc::clone(&MODEL), Options::default())
        .saved(&grants("Admin"), &Ask::parse(verb, path, query)?, &set, &Answers::default())?
        .ready()
}

fn keys() -> Arc<KeyList> {
    Arc::new(KeyList::whole(vec![3, 1]))
}

#[test]
fn a_plan_over_a_set_is_only_had_with_its_keys() {
    let set = over("Admin", Verb::Get, "Book/title/$entityset/ab?$filter=\"price > 10\"&$clean=true").unwrap();
    assert_eq!((set.id(), set.is_clean(), set.combine()), ("ab", true, None));
    let Request::Read(plan) = set.over(keys()) else { panic!() };
    assert_eq!(plan.base(), &Base::Set(keys()));
    assert_eq!(show(plan.filter().unwrap(), plan.scopes()), "price > 10.0");
    assert!(plan.keep().is_none());
    let set = over("Admin", Verb::Post, "Book/$entityset/ab?$method=delete").unwrap();
    assert!(matches!(set.over(keys()), Request::Write(Change::Delete(_))));
    let one = ask("Admin", Verb::Get, "Book/$entityset/ab?$method=release&$savedfilter=\"ID = 1\"", None, Options::default());
    assert!(matches!(one, Ok(Request::Release(Release::One { id, .. })) if id == "ab"));
}

#[test]
fn permissions_are_those_of_any_reading() {
    assert_eq!(codes(&over("Nobody", Verb::Get, "Book/$entityset/ab").unwrap_err()), [1557]);
    assert_eq!(codes(&over("Admin", Verb::Get, "Vaultt/$entityset/ab").unwrap_err()), [1800]);
    for url in ["Vault/$entityset/A", "Vault/$entityset/A?$method=release", "Vault/$entityset/A?$logicOperator=XOR"] {
        assert_eq!(codes(&over("Reader", Verb::Get, url).unwrap_err()), refused("Reader", "Vault"), "{url}");
    }
}

#[test]
fn what_is_stored() {
    let plan = read("Book?$filter=\"price > 10\"&$orderby=title&$top=1&$method=entityset&$timeout=60");
    assert_eq!(plan.keep().and_then(|keep| keep.life()), Some(60));
    let kept = plan.kept();
    assert!(kept.filter().is_some() && kept.is_sorted() && kept.base() == &Base::All);
    // The page of it is a slice.
    let page = plan.page_of(keys());
    assert!(page.filter().is_none() && page.order().is_empty() && page.keep().is_none());
    assert_eq!((page.base(), page.top()), (&Base::Set(keys()), 1));
    // Nobody would learn the ID.
    for more in ["$asArray=true", "$format=looker", "$distinct=true&$attributes=title"] {
        assert!(read(&format!("Book?$method=entityset&{more}")).keep().is_none(), "{more}");
    }
    assert!(read("Book?$timeout=nonsense").keep().is_none());
    assert_eq!(refused("Admin", "Book?$method=entityset&$timeout=0"), [1806]);
}

#[test]
fn saved_texts_make_the_set_and_other_texts_narrow_the_page() {
    let same = read("Book?$filter=\"price > 10\"&$savedfilter=\"price > 10\"&$method=entityset");
    assert!(same.page_of(keys()).filter().is_none());
    let narrowed = read("Book?$filter=\"price > 10\"&$savedfilter=\"price > 5\"&$method=entityset");
    let kept = narrowed.kept();
    assert_eq!(show(kept.filter().unwrap(), kept.scopes()), "price > 5.0");
    let page = narrowed.page_of(keys());
    assert_eq!(show(page.filter().unwrap(), page.scopes()), "price > 10.0");
    // Over a set they only say how it is made again; wrong ones are told then.
    assert!(saved(Verb::Get, "Book/$entityset/ab?$savedorderby=\"title desc\"").unwrap().is_sorted());
    assert_eq!(codes(&saved(Verb::Get, "Book/$entityset/ab?$savedfilter=\"nosuch = 1\"").unwrap_err()), [1500, 1201]);
    assert_eq!(codes(&saved(Verb::Get, "Book/$entityset/ab").unwrap_err()), [1802]);
    // What would make a set of everything to delete it is told then, too.
    assert_eq!(codes(&saved(Verb::Post, "Book/$entityset/ab?$savedorderby=title&$method=delete").unwrap_err()), [1813]);
    assert!(saved(Verb::Post, "Book/$entityset/ab?$savedorderby=title&$filter=\"ID = 1\"&$method=delete").is_ok());
}

#[test]
fn combinations() {
    let set = over("Admin", Verb::Get, "Book/$entityset/ab?$operator=eXcept&$otherCollection=/rest/Book/$entityset/CD").unwrap();
    let combine = set.combine().unwrap();
    assert_eq!((combine.operator(), combine.other()), (SetOperator::Except, "CD"));
    for (more, code) in [("$logicOperator=XOR&$otherCollection=CD", 1818), ("$logicOperator=AND", 1819)] {
        assert_eq!(codes(&over("Admin", Verb::Get, &format!("Book/$entityset/ab?{more}")).unwrap_err()), [code], "{more}");
    }
}

#[test]
fn related_entities() {
    let plan = read("Author(7)/books?$expand=books&$method=subentityset&$subOrderby=\"title ASC\"");
    assert_eq!(plan.order().len(), 1);
    assert!(plan.keep().is_some());
    let Base::Related { parts, text, steps, .. } = plan.base() else { panic!() };
    assert_eq!((parts.is_some(), text.as_str(), steps.len()), (true, "7", 1));
    for url in ["Author?$method=subentityset", "Author(7)/fullName?$method=subentityset", "Author(7)?$method=subentityset"] {
        assert_eq!(refused("Admin", url), [1815], "{url}");
    }
    assert_eq!(refused("Admin", "Author(7)/nosuch?$method=subentityset"), [1500, 1804]);
}

#[test]
fn releases() {
    let release = |url: &str, body| match ask("Admin", Verb::Post, url, body, Options::default()) {
        Ok(Request::Release(release)) => Ok(release),
        Ok(other) => panic!("{url}: {other:?}"),
        Err(error) => Err(codes(&error)),
    };
    let given = release("Book/$entityset/$release", Some(json!(["AB", "/rest/Book/$entityset/CD"]))).unwrap();
    let class = MODEL.find("Book").map(|class| class.id);
    assert_eq!(given, Release::Listed { class, ids: vec!["AB".to_owned(), "CD".to_owned()] });
    assert!(release("$entityset/$release", Some(json!([]))).unwrap().class().is_none());
    for body in [None, Some(json!({})), Some(json!(["AB", 1]))] {
        assert_eq!(release("$entityset/$release", body), Err(vec![1806]));
    }
    assert_eq!(refused("Admin", "$entityset/$release"), [1813]);
    assert_eq!(release("Nosuch/$entityset/$release", Some(json!([]))), Err(vec![1800]));
}
