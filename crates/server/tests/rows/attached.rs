//! Rows of the checklist over a database that existed before: composite keys, tables without key, views, values that do not fit
//! (`interface.md` 7, `data-model.md` 5.3).

use serde_json::{Value, json};

use crate::answer::members;
use crate::database::IS_POSTGRES;
use crate::library::{Library, attached};

/// What stands in date columns of the third and fourth album and is no date.
const MISFITS: [&str; 2] = if IS_POSTGRES { ["infinity", "infinity"] } else { ["not a date", "some day"] };

/// A column of the first album, as the database shows it.
fn column(library: &Library, name: &str) -> String {
    library.database.text(&format!("SELECT cast(\"{name}\" AS text) FROM \"Album\" WHERE \"AlbumId\" = 1"))
}

#[test]
fn row_12_key_of_two_columns() {
    let library = attached();
    let entity = library.get("/rest/PlaylistAlbum[1,3]").ok().json();
    assert_eq!(
        members(&entity),
        ["__entityModel", "__DATACLASS", "__KEY", "__TIMESTAMP", "__STAMP", "PlaylistId", "AlbumId", "Note", "playlist", "album"]
    );
    assert_eq!((&entity["__KEY"], &entity["AlbumId"]), (&json!("[1,3]"), &json!(3)));
    assert_eq!(entity["album"]["__deferred"].to_string(), json!({ "uri": "/rest/Album[3]", "__KEY": "3" }).to_string());
    for url in ["PlaylistAlbum[1, 3]", "PlaylistAlbum%5B1%2C3%5D", "PlaylistAlbum[\"1\",\"3\"]"] {
        assert_eq!(library.get(&format!("/rest/{url}")).ok().json(), entity, "{url}");
    }
    for url in ["PlaylistAlbum[1,2]", "PlaylistAlbum[1]", "PlaylistAlbum[1,3,1]", "PlaylistAlbum(1)", "PlaylistAlbum[\"x\",3]"] {
        library.get(&format!("/rest/{url}")).refused(404, &[1542]);
    }
    let rows = library.get("/rest/PlaylistAlbum?$asArray=true&$top=1").ok().json();
    assert_eq!(rows[0]["__KEY"], json!([1, 1]));
}

#[test]
fn row_12_key_of_two_columns_in_writes() {
    let library = attached();
    let saved = library.post("/rest/PlaylistAlbum?$method=update", &json!({ "__KEY": "[1,3]", "__STAMP": 1, "Note": "n" })).ok().json();
    assert_eq!((&saved["__KEY"], &saved["uri"], &saved["__STAMP"]), (&json!("[1,3]"), &json!("/rest/PlaylistAlbum[1,3]"), &json!(2)));
    let made = library.post("/rest/PlaylistAlbum?$method=update", &json!({ "PlaylistId": 2, "AlbumId": 4 })).ok().json();
    assert_eq!((&made["__KEY"], &made["__STAMP"]), (&json!("[2,4]"), &json!(1)));
    let answer = library.post("/rest/PlaylistAlbum?$method=update", &json!({ "PlaylistId": 2, "AlbumId": 4 }));
    assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
    library.post_text("/rest/PlaylistAlbum[2,4]?$method=delete", "").ok();
    library.post_text("/rest/PlaylistAlbum[2,4]?$method=delete", "").refused(404, &[1542]);
    library.post("/rest/PlaylistAlbum?$method=delete", &json!([{ "__KEY": "[1,1]" }])).ok();
    assert_eq!(library.get("/rest/PlaylistAlbum").counts().0, 2);
}

#[test]
fn row_14_table_without_key() {
    let library = attached();
    let page = library.get("/rest/Log_book").ok().json();
    assert_eq!((&page["__COUNT"], &page["__DATACLASS"]), (&json!(2), &json!("Log_book")));
    let entity = &page["__ENTITIES"][1];
    assert_eq!(entity["what_happened_"], "closed");
    if IS_POSTGRES {
        // It is like a view.
        assert_eq!(members(entity), ["At", "what_happened_"]);
        let saved = library.post("/rest/Log_book?$method=update", &json!({ "__KEY": "2", "what_happened_": "shut" }));
        assert!(saved.status >= 400 && !saved.codes().is_empty(), "{saved}");
        return;
    }
    assert_eq!(members(entity), ["__KEY", "__TIMESTAMP", "__STAMP", "At", "what_happened_"]);
    assert_eq!((&entity["__KEY"], &entity["what_happened_"]), (&json!("2"), &json!("closed")));
    assert_eq!(library.get("/rest/Log_book(2)").ok().json()["what_happened_"], "closed");
    let saved = library.post("/rest/Log_book?$method=update", &json!({ "__KEY": "2", "what_happened_": "shut" })).ok().json();
    assert_eq!((&saved["what_happened_"], &saved["__STAMP"], &saved["uri"]), (&json!("shut"), &json!(2), &json!("/rest/Log_book[2]")));
}

#[test]
fn row_15_view_is_read_only_and_has_no_keys() {
    let library = attached();
    let page = library.get("/rest/Cheap?$orderby=AlbumId").ok().json();
    assert_eq!((&page["__COUNT"], members(&page["__ENTITIES"][0])), (&json!(2), ["AlbumId", "Title", "Price"].map(str::to_owned).to_vec()));
    assert_eq!(library.get("/rest/Cheap?$asArray=true&$filter=\"AlbumId = 2\"").ok().json()[0]["Title"], "Second");
    assert_eq!(library.get("/rest/Cheap/Price?$compute=sum").ok().compact(), "1.98");
    let answer = library.post("/rest/Cheap?$method=update", &json!({ "Title": "x" }));
    assert!(answer.status >= 400 && !answer.codes().is_empty(), "{answer}");
    let answer = library.post_text("/rest/Cheap?$filter=\"AlbumId = 1\"&$method=delete", "");
    assert!(answer.status >= 400 && !answer.codes().is_empty(), "{answer}");
}

#[test]
fn row_17_related_entities_of_foreign_keys() {
    let library = attached();
    let artist = library.get("/rest/Artist(1)?$expand=albumSelection").ok().json();
    let titles: Vec<_> =
        artist["albumSelection"]["__ENTITIES"].as_array().unwrap().iter().map(|album| album["Title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["First", "Second"]);
    let chief = library.get("/rest/Employee(1)").ok().json();
    assert_eq!(chief["employeeSelection"]["__deferred"]["uri"], "/rest/Employee[1]/employeeSelection?$expand=employeeSelection");
    assert_eq!(library.get("/rest/Employee(2)").ok().json()["reportsToEmployee"]["__deferred"]["__KEY"], "1");
    assert_eq!(chief["reportsToEmployee"], Value::Null);
}

#[test]
fn row_18_dates_stored_as_text() {
    let library = attached();
    let album = library.get("/rest/Album(1)").ok().json();
    assert_eq!((&album["Released"], &album["Added"]), (&json!("28!2!2024"), &json!("2024-02-28T16:40:00.000Z")));
    assert_eq!(library.get("/rest/Album(2)").ok().json()["Added"], "2023-05-02T00:00:00.250Z");
    library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "Released": "1!3!2024", "Added": "2024-03-01T08:00:00Z" })).ok();
    assert_eq!(column(&library, "Released"), "2024-03-01");
    assert!(column(&library, "Added").starts_with("2024-03-01 08:00:00"));
    assert_eq!(library.get("/rest/Album(1)").ok().json()["Added"], "2024-03-01T08:00:00.000Z");
}

#[test]
fn row_18_what_does_not_fit_is_sent_as_text_and_breaks_no_page() {
    let library = attached();
    let page = library.get("/rest/Album?$orderby=AlbumId").ok().json();
    let entities = page["__ENTITIES"].as_array().unwrap();
    assert_eq!((&entities[2]["Added"], &entities[3]["Released"], entities.len()), (&json!(MISFITS[0]), &json!(MISFITS[1]), 4));
}

#[test]
fn row_19_numeric_columns_are_exact() {
    let library = attached();
    for (key, price) in [(1, "0.99"), (3, "2"), (4, "1.1")] {
        assert_eq!(library.get(&format!("/rest/Album({key})")).ok().json()["Price"].to_string(), price);
    }
    assert_eq!(library.get("/rest/Album/Price?$compute=sum").ok().compact(), "5.08");
    assert_eq!(library.get("/rest/Album/Price?$distinct=true").ok().compact(), "[0.99,1.1,2]");
    assert_eq!(library.get("/rest/Album?$filter=\"Price = 0.990\"").counts().0, 2);
    assert_eq!(library.get("/rest/Album?$filter=\"Price > 1.1\"").counts().0, 1);
}

#[test]
fn row_19_json_columns() {
    let library = attached();
    assert_eq!(library.get("/rest/Album(1)").ok().json()["Extra"].to_string(), json!({ "tags": ["a", "b"], "n": 1 }).to_string());
    assert_eq!(library.get("/rest/Album(2)").ok().json()["Extra"].to_string(), "[1,2]");
    assert_eq!(library.get("/rest/Album?$filter=\"Extra.tags[] = 'B'\"").counts().0, 1);
}

#[test]
fn row_20_blob_column() {
    let album = attached().get("/rest/Album(1)").ok().json();
    let wanted = json!({ "__deferred": { "uri": "/rest/Album[1]/Cover?$binary=true&$version=1&$expand=Cover" } });
    assert_eq!(album["Cover"].to_string(), wanted.to_string());
}

#[test]
fn row_48_paths_over_foreign_keys() {
    let library = attached();
    let count = |dataclass: &str, filter: &str| library.get(&format!("/rest/{dataclass}?$filter=\"{filter}\"")).counts().0;
    assert_eq!(count("Album", "artist.Name = 'eclair'"), 2);
    assert_eq!(count("Playlist", "playlistAlbumSelection.album.artist.Name = 'O'Neil'"), 1);
    assert_eq!(count("Artist", "albumSelection.playlistAlbumSelection.playlist.Name = 'Evening'"), 1);
    assert_eq!(count("Employee", "reportsToEmployee.Name = 'Chief'"), 2);
    assert_eq!(count("Employee", "employeeSelection.Name = 'One' and employeeSelection{2}.Name = 'Two'"), 1);
    assert_eq!(count("Employee", "employeeSelection.Name = 'One' and employeeSelection.Name = 'Two'"), 0);
}

#[test]
fn row_72_update_and_stamps_beside_the_database() {
    let library = attached();
    let saved = library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "__STAMP": 1, "Title": "New" })).ok().json();
    assert_eq!((&saved["__STAMP"], &saved["Title"], &saved["Price"].to_string()), (&json!(2), &json!("New"), &"0.99".to_owned()));
    assert_eq!(library.get("/rest/Album(1)").ok().json()["__STAMP"], 2);
    // A change made outside counts as one.
    library.database.change("UPDATE \"Album\" SET \"Title\" = 'From outside' WHERE \"AlbumId\" = 1");
    let album = library.get("/rest/Album(1)").ok().json();
    assert_eq!((&album["__STAMP"], &album["Title"]), (&json!(3), &json!("From outside")));
    assert_eq!(library.database.tables(), ["Artist", "Album", "Playlist", "PlaylistAlbum", "Employee", "Log book"]);
}

#[test]
fn row_74_posting_back_what_was_read_from_tables() {
    let library = attached();
    let mut urls = vec!["Album(1)", "Album(2)", "Album(3)", "Album(4)", "PlaylistAlbum[1,1]", "Employee(2)", "Artist(1)"];
    if !IS_POSTGRES {
        urls.push("Log_book(1)");
    }
    for url in urls {
        let entity = library.get(&format!("/rest/{url}")).ok().json();
        let saved = library.post(&format!("/rest/{}?$method=update", entity["__DATACLASS"].as_str().unwrap()), &entity).ok().json();
        assert_eq!(saved["__STAMP"], 1, "{url}");
    }
    assert_eq!(column(&library, "Added"), "2024-02-28 16:40:00");
}

#[test]
fn row_77_conflict_with_a_change_from_outside() {
    let library = attached();
    library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "__STAMP": 1, "Title": "New" })).ok();
    library.database.change("UPDATE \"Album\" SET \"Title\" = 'From outside' WHERE \"AlbumId\" = 1");
    let answer = library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "__STAMP": 2, "Price": 5 }));
    assert_eq!((answer.status, answer.codes()), (500, vec![1263, 1046, 1517]), "{answer}");
    assert_eq!((&answer.json()["Title"], &answer.json()["__STAMP"]), (&json!("From outside"), &json!(3)));
}

#[test]
fn row_79_rules_of_the_database() {
    let library = attached();
    // First: a refused creation may have used up a number.
    let made = library.post("/rest/Album?$method=update", &json!({ "Title": "x", "artist": "3" })).ok().json();
    assert_eq!((&made["ArtistId"], &made["Twice"], &made["AlbumId"]), (&json!(3), &json!(6), &json!(5)));
    for body in [
        json!({ "Title": "x" }),
        json!({ "ArtistId": 1 }),
        json!({ "Title": "x", "ArtistId": 99 }),
        json!({ "Title": "x", "ArtistId": 1, "AlbumId": 1 }),
    ] {
        let answer = library.post("/rest/Album?$method=update", &body);
        assert_eq!((answer.status, answer.codes().last()), (500, Some(&1534)), "{answer}");
        assert!(!answer.text.contains("constraint failed"), "{answer}");
    }
    // A generated column is read only.
    let saved = library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "Twice": 77 })).ok().json();
    assert_eq!((&saved["Twice"], &saved["__STAMP"]), (&json!(2), &json!(1)));
}

#[test]
fn row_79_value_that_does_not_fit_may_stay_and_may_be_mended() {
    let library = attached();
    let answer = library.post("/rest/Album?$method=update", &json!({ "__KEY": "3", "Added": "another text" }));
    assert_eq!((answer.status, answer.codes()), (500, vec![1569, 1517]), "{answer}");
    let saved = library.post("/rest/Album?$method=update", &json!({ "__KEY": "3", "Added": MISFITS[0], "Title": "New" })).ok().json();
    assert_eq!((&saved["Added"], &saved["Title"], &saved["__STAMP"]), (&json!(MISFITS[0]), &json!("New"), &json!(2)));
    let saved = library.post("/rest/Album?$method=update", &json!({ "__KEY": "3", "Added": "2024-03-01T08:00:00Z" })).ok().json();
    assert_eq!((&saved["Added"], &saved["__STAMP"]), (&json!("2024-03-01T08:00:00.000Z"), &json!(3)));
}

#[test]
fn row_81_references_of_the_database_hold() {
    let library = attached();
    let answer = library.post_text("/rest/Artist(1)?$method=delete", "");
    assert!(answer.status >= 400 && !answer.codes().is_empty(), "{answer}");
    library.get("/rest/Artist(1)").ok();
    library.post_text("/rest/Artist(3)?$method=delete", "").ok();
    library.get("/rest/Artist(3)").refused(404, &[1542]);
}
