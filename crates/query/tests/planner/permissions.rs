//! Permissions of every name in a request (`roles-privileges.md` 4.4, 6).

use std::sync::Arc;

use claviger_query::{Ask, Options, Outcome, Planner, Request, Verb};

use crate::support::*;

fn fields(role: &str, url: &str) -> String {
    match get(role, url).unwrap_or_else(|error| panic!("{url}: {error:?}")).outcome() {
        Outcome::Entity(projection) | Outcome::Page(projection, _) => shape(projection),
        other => panic!("{other:?}"),
    }
}

#[test]
fn unreadable_attributes_are_left_out_or_refused() {
    assert!(!fields("Reader", "Book").contains("price"), "not named: left out");
    assert!(!fields("Reader", "Book").contains('!'));
    assert_eq!(fields("Reader", "Book/title,price"), "title !");
    assert_eq!(fields("Reader", "Book?$attributes=price"), "!");
    assert_eq!(fields("Reader", "Book?$attributes=author.rating,author.fullName"), "author{fullName !}");
    assert!(!fields("Reader", "Author?$expand=books").contains("price"));
    for url in [
        "Book?$filter=\"price > 3\"",
        "Book?$filter=\"title = x or not (price > 3)\"",
        "Author?$filter=\"books.price > 3\"",
        "Book?$orderby=price",
        "Book?$filter=\"order by price\"",
        "Book/price?$compute=sum",
        "Book/price?$distinct=true",
        "Book:price(3)",
        "Book?$filter=\"author.rating > 3\"",
        "Book?$filter=\":1 > 3\"&$params=[\"price\"]",
    ] {
        assert_eq!(refused("Reader", url), [1607], "{url}");
    }
    let error = get("Reader", "Book?$orderby=price").unwrap_err();
    assert_eq!(error.items[0].message, "No permission to read for \"price\" attribute in the Book dataclass");
}

#[test]
fn unreadable_dataclasses() {
    for url in ["Vault", "Vault(1)", "Vault/code", "Vault?$filter=\"code = x\"", "Vault/$entityset/A", "Vault/nothing"] {
        assert_eq!(refused("Reader", url), [1557], "{url}");
    }
    assert!(fields("Reader", "Book").contains("vault>"), "a relation not named stays deferred");
    for url in [
        "Book?$attributes=vault",
        "Book?$attributes=vault.code",
        "Book?$expand=vault",
        "Book/vault",
        "Book?$filter=\"vault.code = x\"",
        "Book?$orderby=vault.code",
        "Book/vault.code?$distinct=true",
        "Author?$filter=\"books.vault.code = x\"",
        "Author?$expand=books,books.vault",
    ] {
        assert_eq!(refused("Reader", url), [1557], "{url}");
    }
    let error = get("Reader", "Book?$expand=vault").unwrap_err();
    assert_eq!(error.items[0].message, "No permission to read for the Vault dataclass");
}

#[test]
fn an_alias_needs_only_its_own_permission() {
    assert!(fields("Reader", "Book").contains("vaultCode=vault.code"));
    assert!(get("Reader", "Book?$filter=\"vaultCode = x\"&$orderby=vaultCode").is_ok());
    assert!(get("Reader", "Book/vaultCode?$distinct=true").is_ok());
}

#[test]
fn nobody_sees_nothing_but_what_guests_may() {
    assert_eq!(refused("Nobody", "Book"), [1557]);
    assert!(get("Nobody", "Country").is_ok());
}

#[test]
fn the_catalog() {
    let listed = |role: &str, url: &str, options: Options| match ask(role, Verb::Get, url, None, options) {
        Ok(Request::Catalog(catalog)) => {
            Ok(catalog.dataclasses.iter().map(|one| MODEL.dataclass(one.class).name.clone()).collect::<Vec<_>>().join(" "))
        }
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(codes(&error)),
    };
    let readable = || Options { catalog_readable: true, ..Options::default() };
    assert_eq!(listed("Admin", "$catalog", readable()), Ok("Author Book Country Vault Place".into()));
    assert_eq!(listed("Reader", "$catalog", readable()), Ok("Author Book Country".into()));
    assert_eq!(listed("Reader", "$catalog/Book,Author", readable()), Ok("Book Author".into()));
    assert_eq!(listed("Reader", "$catalog/Vault", readable()), Err(vec![1800]));
    assert_eq!(listed("Nobody", "$catalog/Country", Options::default()), Err(vec![1800]), "a describe list");
    assert_eq!(listed("Admin", "$catalog/Hidden", Options::default()), Err(vec![1800]));
}

#[test]
fn projections_are_kept_per_caller() {
    let planner = Planner::new(Arc::clone(&MODEL), Options::default());
    let (reader, admin) = (grants("Reader"), grants("Admin"));
    let id = |grants: &_, url: &str| {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        match planner.plan(grants, &Ask::parse(Verb::Get, path, query).unwrap(), None).unwrap() {
            Request::Read(plan) => match plan.outcome() {
                Outcome::Entity(projection) | Outcome::Page(projection, _) => projection.id(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(id(&reader, "Book(1)"), id(&reader, "Book(2)"));
    assert_eq!(id(&reader, "Book?$attributes=title"), id(&reader, "Book(2)?$attributes=title"));
    assert_ne!(id(&reader, "Book(1)"), id(&admin, "Book(1)"));
    assert_ne!(id(&reader, "Book/title"), id(&reader, "Book?$attributes=title"), "only one of them is cut");
    assert_ne!(id(&reader, "Book"), id(&reader, "Book?$asArray"));
}

#[test]
fn who_may_not_read_learns_nothing_from_what_is_wrong() {
    // 401 for each of its URLs (17.3), whatever else the request is refused for.
    let denied = refused("Reader", "Vault");
    for url in ["Vault?$method=entityset", "Vault(1)?$method=subentityset", "Vault?$method=update", "Vault?$method=validate"] {
        assert_eq!(refused("Reader", url), denied, "{url}");
    }
    for url in ["Vault/code?$method=update", "Vault/nope?$method=update", "Vault?$method=delete&$distinct=true"] {
        let error = ask("Reader", Verb::Post, url, Some(serde_json::json!({})), Options::default()).expect_err(url);
        assert_eq!(codes(&error), denied, "{url}");
    }
    // Who may read is told what is wrong.
    assert_eq!(refused("Admin", "Vault?$method=release"), [1813]);
}
