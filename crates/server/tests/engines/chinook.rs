//! Real data of other people, as they made it for each engine: the sample database of a media store in `../shared/data`, served attached from
//! both, answers the same requests alike. Passes with a word about it where the data is not at hand.
//!
//! The two files differ in these things, which are mapped:
//!
//! * PostgreSQL's names are in snake case (`album_id`). Tables and columns come in the same order in both, so its model gets the names that
//!   SQLite's has; `matchTable` and `matchColumn` stay.
//! * `INTEGER` holds 64 bits in SQLite (`long64`), `INT` 32 in PostgreSQL (`long`): only the catalog shows it.
//! * SQLite numbers an `INTEGER PRIMARY KEY` itself (`autosequence`), a PostgreSQL column without default does not: the catalog shows that,
//!   and what is created here brings its key.
//! * `DATETIME` is a text in SQLite and `TIMESTAMP` in PostgreSQL; both are instants in UTC. `NUMERIC(10,2)` is a decimal of the same digits
//!   in both, although SQLite keeps a double. `NVARCHAR(n)` limits nothing in SQLite, `VARCHAR(n)` refuses longer texts: none is sent.
//! * The city of one customer and of its invoices is `"Edinburgh "` in SQLite and `"Edinburgh"` in PostgreSQL: SQLite's is taken.
//! * The composite key's table comes in the order of its rows from SQLite and by its key from PostgreSQL (`docs/compat.md`), so that its rows
//!   are asked for in an order.

use std::path::Path;

use claviger_store::{postgres, sqlite};
use serde_json::{Value, json};

use crate::pair::{Answer, Pair};
use crate::request::Request;
use crate::support::NOON;
use crate::support::database::Database;

/// What is read, `METHOD dataclass-and-rest?parameters`.
const READS: &str = include_str!("chinook.txt");

/// The media store twice, in a folder of its own for the file.
fn media_store() -> Option<(Pair, tempfile::TempDir)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let (Ok(file), Ok(script)) = (std::fs::read(data.join("chinook.sqlite")), std::fs::read_to_string(data.join("chinook-postgres.sql")))
    else {
        eprintln!("skipped: the sample database is not beside the repository");
        return None;
    };
    let database = Database::make()?;
    // Without the lines that make and choose a database.
    database.run(&script[script.find("CREATE TABLE").unwrap()..]);
    for (table, column) in [("customer", "city"), ("invoice", "billing_city")] {
        database.run(&format!("UPDATE {table} SET {column} = 'Edinburgh ' WHERE {column} = 'Edinburgh'"));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chinook.sqlite");
    std::fs::write(&path, file).unwrap();
    let (ours, _) = sqlite::introspect::attach_model(&path, "chinook").unwrap();
    let theirs = renamed(&prepared(&database), &ours.to_json());
    let settings = [format!("sqlite:{}", path.display()), database.url()]
        .map(|url| format!("[database]\nurl = \"{url}\"\nmode = \"attached\"\nstamp = \"side\""));
    Some((Pair::of(database, [&ours.to_json(), &theirs], settings), folder))
}

/// The model of PostgreSQL's tables; stamps are to be kept beside them.
fn prepared(database: &Database) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config: tokio_postgres::Config = database.url().parse().unwrap();
        let (mut client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        postgres::stamps::prepare(&mut client, NOON).await.unwrap();
        let (model, _) = postgres::introspect::attach_model(&client, "chinook", &["public".to_owned()]).await.unwrap();
        model.to_json()
    })
}

/// PostgreSQL's model with the names of SQLite's. Relations consist of names alone.
fn renamed(theirs: &str, ours: &str) -> String {
    let mut theirs: Value = serde_json::from_str(theirs).unwrap();
    let ours: Value = serde_json::from_str(ours).unwrap();
    let items = |value: &Value| value.as_array().unwrap().clone();
    for (class, named) in theirs["dataClasses"].as_array_mut().unwrap().iter_mut().zip(items(&ours["dataClasses"])) {
        for member in ["name", "className", "collectionName", "uuid", "key"] {
            if let Some(value) = named.get(member) {
                class[member] = value.clone();
            }
        }
        for (attribute, named) in class["attributes"].as_array_mut().unwrap().iter_mut().zip(items(&named["attributes"])) {
            if attribute["kind"] == "storage" {
                attribute["name"] = named["name"].clone();
            } else {
                *attribute = named;
            }
        }
    }
    theirs.to_string()
}

/// A request as it is written here.
fn request(line: &'static str, body: Option<Value>) -> Request {
    let (method, rest) = line.split_once(' ').unwrap();
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let end = path.find(['(', '[', '/', ':']).filter(|_| !path.starts_with('$')).unwrap_or(path.len());
    let mut request = Request { method, ..Request::post(&path[..end], &path[end..], body) };
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        request = request.with(name, value);
    }
    request
}

/// The answer to both.
#[track_caller]
fn same(pair: &mut Pair, line: &'static str, body: Option<Value>) -> Answer {
    let request = request(line, body);
    let [mut ours, theirs] = pair.ask(&request);
    if request.class.starts_with('$') {
        ours.2 = ours.2.replace("\"type\":\"long64\"", "\"type\":\"long\"").replace("\"autosequence\":true,", "");
    }
    let different = ours.2.bytes().zip(theirs.2.bytes()).take_while(|(one, other)| one == other).count().saturating_sub(80);
    let near = |text: &str| text.bytes().skip(different).take(200).map(char::from).collect::<String>();
    assert!(ours == theirs, "{request}\n  SQLite     {} …{}\n  PostgreSQL {} …{}", ours.0, near(&ours.2), theirs.0, near(&theirs.2));
    ours
}

#[test]
fn a_media_store_is_read_alike() {
    let Some((mut pair, _folder)) = media_store() else { return };
    let lines: Vec<&str> = READS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut refused = Vec::new();
    for line in &lines {
        let (status, _, body) = same(&mut pair, line, None);
        // An empty page would be alike whatever a filter did.
        let is_empty = body.split("__FIRST").next().unwrap().contains("\"__COUNT\":0") || body == "[]";
        if status != 200 || is_empty {
            refused.push((status, *line));
        }
    }
    assert!(lines.len() >= 100, "{}", lines.len());
    let wanted: Vec<&str> = READS.split("# refused\n").nth(1).unwrap().lines().collect();
    assert_eq!(refused.iter().map(|(_, line)| *line).collect::<Vec<_>>(), wanted, "{refused:?}");
}

#[test]
fn a_media_store_is_written_alike() {
    let Some((mut pair, _folder)) = media_store() else { return };
    for (line, body, status) in [
        ("POST Artist?$method=update", json!({ "ArtistId": 1000, "Name": "Ünïcode & Söhne" }), 200),
        ("GET Artist(1000)", Value::Null, 200),
        ("POST Artist?$method=update", json!({ "ArtistId": 1000, "Name": "again" }), 500),
        ("POST Artist?$method=update", json!({ "__KEY": "1000", "__STAMP": 1, "Name": "Changed" }), 200),
        ("POST Artist?$method=update", json!({ "__KEY": "1000", "__STAMP": 1, "Name": "Too late" }), 500),
        ("POST Artist?$method=update", json!({ "__KEY": "1000", "__STAMP": 2, "Name": "Changed" }), 200),
        ("POST Artist?$method=update", json!({ "__KEY": "9999", "Name": "nobody" }), 404),
        ("POST Album?$method=update", json!({ "AlbumId": 1000, "Title": "First", "artist": { "__KEY": "1000" } }), 200),
        ("POST Album?$method=update", json!({ "AlbumId": 1001, "Title": "Nobody's", "ArtistId": 9999 }), 500),
        ("POST Album?$method=update", json!({ "AlbumId": 1001, "Title": null, "ArtistId": 1 }), 500),
        ("POST Album?$method=update", json!({ "AlbumId": 1001, "ArtistId": 1 }), 500),
        ("POST Album?$method=update", json!({ "__KEY": "1000", "AlbumId": 7 }), 500),
        ("POST Artist(1)?$method=delete", Value::Null, 500),
        ("POST Artist(1000)?$method=delete", Value::Null, 500),
        ("POST Track?$method=update", json!({ "TrackId": 5000, "Name": "a", "MediaTypeId": 1, "Milliseconds": 5, "UnitPrice": 1.10 }), 200),
        ("POST Track?$method=update", json!({ "__KEY": "5000", "UnitPrice": "2.5", "album": 1000, "Composer": "" }), 200),
        ("POST Track?$method=update", json!({ "__KEY": "5000", "UnitPrice": "dear" }), 500),
        ("POST Track?$method=update", json!({ "__KEY": "5000", "genre": null, "Bytes": null }), 200),
        ("GET Track/UnitPrice?$filter=\"TrackId >= 3503\"&$compute=$all", Value::Null, 200),
        (
            "POST Track?$method=update",
            json!([{ "__KEY": "5000", "Name": "b" }, { "__KEY": "5001", "Name": "c" }, { "__KEY": "3503", "Name": "d" }]),
            404,
        ),
        ("POST Track?$method=update&$atomic=true", json!([{ "__KEY": "5000", "Name": "x" }, { "__KEY": "5001", "Name": "y" }]), 404),
        ("GET Track?$filter=\"TrackId in [5000, 3503]\"", Value::Null, 200),
        (
            "POST Invoice?$method=update",
            json!({ "InvoiceId": 1000, "customer": 1, "InvoiceDate": "2026-03-31T23:59:59.123Z", "Total": 12.30 }),
            200,
        ),
        ("GET Invoice?$filter=\"InvoiceDate > 2026-03-31T23:59:59.122Z\"", Value::Null, 200),
        ("POST Invoice?$method=update", json!({ "__KEY": "1000", "__STAMP": 1, "InvoiceDate": "2026-04-01" }), 200),
        (
            "POST InvoiceLine?$method=update",
            json!({ "InvoiceLineId": 5000, "invoice": "1000", "track": "1", "UnitPrice": 0.99, "Quantity": 2 }),
            200,
        ),
        ("POST Invoice(1000)?$method=delete", Value::Null, 500),
        ("POST InvoiceLine?$filter=\"invoice.InvoiceId = 1000\"&$method=delete", Value::Null, 200),
        ("POST Invoice(1000)?$method=delete", Value::Null, 200),
        ("GET Invoice(1000)", Value::Null, 404),
        ("POST PlaylistTrack?$method=update", json!({ "PlaylistId": 18, "TrackId": 5000 }), 200),
        ("POST PlaylistTrack?$method=update", json!({ "PlaylistId": 18, "TrackId": 5000 }), 500),
        ("POST PlaylistTrack?$method=validate", json!({ "PlaylistId": 18, "TrackId": 9999 }), 500),
        ("GET PlaylistTrack[18,5000]", Value::Null, 200),
        ("POST Track(5000)?$method=delete", Value::Null, 500),
        ("POST PlaylistTrack[18,5000]?$method=delete", Value::Null, 200),
        ("POST PlaylistTrack[18,5000]?$method=delete", Value::Null, 404),
        ("POST Track?$method=delete", json!([{ "__KEY": "5000" }, { "__KEY": "1" }]), 500),
        ("GET Track?$filter=\"TrackId in [5000, 1]\"", Value::Null, 200),
        ("POST Employee?$method=update", json!({ "__KEY": "8", "BirthDate": "1968-01-09T00:00:00Z", "reportsToEmployee": null }), 200),
        ("GET Employee?$filter=\"ReportsTo = null\"&$orderby=BirthDate desc", Value::Null, 200),
        ("GET Employee(8)?$lock=true", Value::Null, 200),
        ("GET Employee(8)?$lock=false", Value::Null, 200),
        ("GET Employee(99)?$lock=true", Value::Null, 404),
    ] {
        let answer = same(&mut pair, line, (!body.is_null()).then_some(body));
        assert_eq!(answer.0, status, "{line}: {}", answer.2);
    }
}
