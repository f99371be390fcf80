//! Real data that the product was not made for: a media store's database, when it lies beside the repository.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::Served;

/// The sample database in a folder of its own; `None`, said on standard error, when it is absent.
fn chinook() -> Option<Served> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = root.join("../shared/data/chinook.sqlite");
    if !source.exists() {
        eprintln!("skipped: the sample database is not beside the repository");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chinook.sqlite");
    std::fs::copy(source, &path).unwrap();
    Some(Served::attach_file(folder, path))
}

fn count(served: &Served, url: &str) -> i64 {
    served.get(url)["__COUNT"].as_i64().unwrap()
}

#[test]
fn a_database_of_other_people_is_served() {
    let Some(served) = chinook() else { return };
    assert_eq!(count(&served, "Track"), 3503);
    assert_eq!(served.get("PlaylistTrack[1,3402]")["__KEY"], json!(["1", "3402"]));
    assert_eq!(served.get("Track(1)")["UnitPrice"].to_string(), "0.99");
    assert_eq!(served.get("Invoice(1)")["InvoiceDate"], "2021-01-01T00:00:00.000Z");
    assert_eq!(count(&served, "Track?$filter=%22album.artist.Name%20%3D%20'ac/dc'%22"), 18);
    assert_eq!(count(&served, "Track?$filter=%22Composer%20%3D%20null%22"), 977);
    assert_eq!(count(&served, "InvoiceLine?$filter=%22UnitPrice%20%3D%200.99%22"), 2129);
    assert_eq!(count(&served, "Invoice?$filter=%22InvoiceDate%20%3E%3D%202025-01-01%22"), 80);
    assert_eq!(served.get("Invoice/Total/?$compute=sum")["Total"]["sum"].to_string(), "2328.6");
    assert_eq!(served.get("Customer/Country/?$distinct=true&$top=3"), json!(["Argentina", "Australia", "Austria"]));
    assert_eq!(count(&served, "Artist?$filter=%22albumSelection.trackSelection.UnitPrice%20%3E%201%22"), 6);
}

/// Every dataclass, every attribute, every relation expanded: nothing fails, and sizes agree with the tables.
#[test]
fn every_dataclass_is_read_whole() {
    let Some(served) = chinook() else { return };
    let tables = rusqlite::Connection::open(&served.path).unwrap();
    for class in served.model().dataclasses() {
        let rows: i64 = tables.query_row(&format!("SELECT count(*) FROM \"{}\"", class.table.name), [], |row| row.get(0)).unwrap();
        let relations: Vec<String> = class
            .attributes
            .iter()
            .filter(|a| matches!(a.kind, claviger_model::Kind::RelatedEntity(_) | claviger_model::Kind::RelatedEntities(_)))
            .map(|a| format!(",{}.*", a.name))
            .collect();
        let page = served.get(&format!("{}?$top=300&$attributes=*{}", class.name, relations.concat()));
        assert_eq!(page["__COUNT"], rows, "{}", class.name);
        assert_eq!(page["__SENT"], rows.min(300), "{}", class.name);
    }
}
