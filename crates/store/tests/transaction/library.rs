//! Authors and books, on either engine, and changes of them.

use claviger_query::{Change, Save};
use claviger_store::OpenOptions;
use serde_json::json;

use crate::both;
use crate::database::Database;
use crate::saving::{change, saved};
use crate::support::Served;

const MODEL: &str = include_str!("../support/writers.json");

/// An empty library on SQLite.
pub fn empty() -> Served {
    Served::own(MODEL)
}

/// Authors 1 (Ines) and 2 (Tom), on both engines.
pub fn with_authors(test: impl Fn(&Served)) {
    both::on_both(MODEL, |served| {
        make_authors(served);
        test(served);
    });
}

/// The same on PostgreSQL alone, with options of its own and the database behind it.
pub fn with_authors_on_postgres(adjust: impl FnOnce(&mut OpenOptions, &Database), test: impl FnOnce(&Served, &Database)) {
    both::on_postgres(MODEL, adjust, |served, database| {
        make_authors(served);
        test(served, database);
    });
}

/// Authors 1 to 3 (Eva), books 1 to 4 of the first, on both engines.
pub fn with_books(test: impl Fn(&Served)) {
    with_authors(|served| {
        saved(served, "Author", json!({ "name": "Eva" }));
        for title in ["Slow Rivers", "Hills", "Ponds", "Seas"] {
            saved(served, "Book", json!({ "title": title, "author": 1 }));
        }
        test(served);
    });
}

fn make_authors(served: &Served) {
    saved(served, "Author", json!({ "name": "Ines" }));
    saved(served, "Author", json!({ "name": "Tom" }));
}

/// Name of an author, as others see it.
pub fn name(served: &Served, key: i64) -> String {
    served.get(&format!("Author({key})"))["name"].as_str().unwrap().to_owned()
}

/// A change of an author's name.
pub fn naming(served: &Served, key: i64, name: &str) -> Save {
    let body = json!({ "__KEY": key.to_string(), "name": name });
    let Change::Save(save) = change(served, "Author?$method=update", Some(body)) else { panic!() };
    save
}
