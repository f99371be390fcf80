//! Sessions that end while entities are locked, read and written: what is told of it, and what came of the writing.
#![allow(clippy::unwrap_used, missing_docs)]

mod library;
mod loopback;

use std::time::Duration;

use claviger_client::{Connect, DataStore, Dataclass, Entity, Error, Outcome, Reason, RequestLog, SaveMode, params};
use library::{CATALOG, LOCKED, ROW, SET, books, catalog, open};
use loopback::{Loopback, Reply, SECRET};

/// The locks of these entities are gone; what was executed.
fn lost(error: Error) -> (Vec<(String, String)>, bool, Option<Outcome>) {
    match error {
        Error::SessionLost { locks, executed, result, .. } => (locks, executed, result.map(|result| *result)),
        other => panic!("{other:?}"),
    }
}

/// Opens it, and locks the first book.
async fn locking(server: &Loopback) -> (DataStore, Dataclass, Entity) {
    let ds = open(server).await;
    let book = ds.dataclass("Book").unwrap();
    let mut entity = book.get(1).await.unwrap().unwrap();
    assert!(entity.lock().await.unwrap().success);
    (ds, book, entity)
}

#[tokio::test]
async fn a_write_in_a_new_session_goes_with_the_loss_and_is_not_repeated() {
    let server = Loopback::playing(vec![
        catalog().with("set-cookie", "S=A1"),
        Reply::json(200, ROW),
        Reply::json(200, LOCKED),
        Reply::json(200, ROW),
        Reply::json(200, r#"{"__STATUS":{"success":true},"__KEY":"1","__STAMP":4,"ID":1,"title":"new"}"#).with("set-cookie", "S=B2"),
        Reply::json(200, LOCKED),
        Reply::json(200, r#"{"__KEY":"1","__STAMP":4,"ID":1,"title":"new"}"#),
        catalog(),
        Reply::json(500, r#"{"__ERROR":[{"errCode":9510,"message":"on purpose","componentSignature":"ds"}]}"#).with("set-cookie", "S=C3"),
        catalog(),
        Reply::json(200, r#"{"result":7}"#),
    ])
    .await;
    let (ds, _, mut entity) = locking(&server).await;
    entity.set("title", "new").unwrap();
    let (locks, executed, result) = lost(entity.save().await.unwrap_err());
    assert_eq!((locks, executed), (vec![("Book".to_owned(), "1".to_owned())], true));
    assert!(matches!(result, Some(Outcome::Status(status)) if status.success));
    // The entity is as it was saved: nothing is sent again.
    assert!(entity.stamp() == 4 && !entity.touched());
    assert!(entity.save().await.unwrap().success);
    assert_eq!(server.lines().len(), 5);
    assert!(entity.lock().await.unwrap().success);
    // What fails was executed, too.
    let error = ds.call("stats", params![]).await.unwrap_err();
    let Error::SessionLost { executed: true, result: None, cause: Some(cause), .. } = &error else { panic!("{error:?}") };
    assert!(matches!(&**cause, Error::Remote { http_status: 500, .. }), "{cause:?}");
    assert_eq!(ds.call("stats", params![]).value::<i64>().await.unwrap(), 7);
}

#[tokio::test]
async fn a_lock_that_a_new_session_gave_is_given_back_with_the_loss() {
    let server = Loopback::start(|number, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("Book(2)?$lock=true") => Reply::json(200, LOCKED).with("set-cookie", "S=B2"),
        target if target.contains("$lock") => Reply::json(200, LOCKED),
        _ => Reply::json(200, &ROW.replace('1', if number > 3 { "2" } else { "1" })),
    })
    .await;
    let (_ds, book, _first) = locking(&server).await;
    let mut second = book.get(2).await.unwrap().unwrap();
    let (locks, executed, _) = lost(second.lock().await.unwrap_err());
    assert_eq!((locks, executed), (vec![("Book".to_owned(), "1".to_owned())], false));
    assert!(!second.is_locked());
    assert_eq!(server.lines().last().unwrap(), "GET /rest/Book(2)?$lock=false");
    assert_eq!(server.asked().last().unwrap().header("cookie"), Some("S=B2"));
}

/// A merge is not gone on with when the lock is gone that it relied on.
#[tokio::test]
async fn a_merge_ends_where_the_session_was_lost() {
    let changed = r#"{"__STATUS":{"status":2,"statusText":"Stamp has changed","success":false},"__KEY":"1","__STAMP":9,"ID":1,"title":"x","__ERROR":[{"errCode":1263,"message":"x","componentSignature":"dbmg"}]}"#;
    let server = Loopback::start(move |_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock") => Reply::json(200, LOCKED),
        _ if asked.method == "POST" => Reply::json(500, changed).with("set-cookie", "S=B2"),
        _ => Reply::json(200, ROW),
    })
    .await;
    let (_ds, _, mut entity) = locking(&server).await;
    entity.set("price", 2).unwrap();
    let (_, executed, result) = lost(entity.save_with(SaveMode::AutoMerge).await.unwrap_err());
    assert!(executed && matches!(result, Some(Outcome::Status(status)) if status.status == Some(2)));
    assert!(entity.touched());
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
}

#[tokio::test]
async fn what_a_deletion_leaves_is_its_answer_also_in_a_new_session() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock") => Reply::json(200, LOCKED),
        target if target.contains("$method=delete") => Reply::json(200, r#"{"ok":true}"#).with("set-cookie", "S=B2"),
        target if target.contains("$clean") => books(7..8, 1, Some("0A1C0D7E5B2F4836A7C4E0F1D2B39586")),
        target if target.contains("Book(1)") => Reply::json(200, ROW),
        target if target.contains("$release") || target.contains("logout") => Reply::json(200, r#"{"ok":true}"#),
        _ => books(0..100, 250, Some(SET)),
    })
    .await;
    let (_ds, book, _entity) = locking(&server).await;
    let (_, executed, result) = lost(book.query("price > :1", params![1]).await.unwrap().drop_all().await.unwrap_err());
    assert!(executed && matches!(&result, Some(Outcome::Left(left)) if left.len() == 1), "{result:?}");
    assert!(book.get(1).await.is_ok());
    assert_eq!(server.lines().iter().filter(|line| line.contains("$method=delete")).count(), 1);
}

/// What a page that was read ahead told is not lost with it.
#[tokio::test]
async fn the_loss_of_a_session_that_a_page_ahead_met_is_told() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock") => Reply::json(200, LOCKED),
        target if target.contains("Book(1)") => Reply::json(200, ROW),
        target if target.contains("$skip") => books(100..200, 250, Some(SET)).with("set-cookie", "S=B2"),
        _ => books(0..100, 250, None),
    })
    .await;
    let (_ds, book, _entity) = locking(&server).await;
    let mut cursor = book.query("price > :1", params![1]).await.unwrap().cursor();
    for _ in 0..80 {
        assert!(cursor.next().await.unwrap().is_some());
    }
    while !server.lines().iter().any(|line| line.contains("$skip")) {
        tokio::task::yield_now().await;
    }
    // The page is on its way; nobody comes to it.
    let told = loop {
        match book.get(1).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(told, Error::SessionLost { .. }), "{told:?}");
    assert!(book.get(1).await.is_ok());
}

fn needs_login() -> Reply {
    Reply::json(401, r#"{"error":"You need to be logged in to perform this request."}"#)
}

#[tokio::test]
async fn a_user_whose_session_ended_is_logged_in_again_within_the_request() {
    // Logged in as long as the session is known.
    let known = std::sync::Arc::new(std::sync::Mutex::new("A0".to_owned()));
    let logins = std::sync::atomic::AtomicUsize::new(0);
    let sessions = std::sync::Arc::clone(&known);
    let server = Loopback::start(move |_, asked| {
        let sent = asked.header("cookie").unwrap_or_default().to_owned();
        if asked.target.contains("login") {
            let name = format!("A{}", logins.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
            sessions.lock().unwrap().clone_from(&name);
            return Reply::json(200, r#"{"result":true}"#).with("set-cookie", &format!("S={name}"));
        }
        let is_known = sent == format!("S={}", sessions.lock().unwrap());
        let reply = match asked.target.as_str() {
            target if target.contains("$catalog/$all") => catalog(),
            // What a guest sees of it: less.
            target if target.contains("Book(1)") && asked.method == "GET" => {
                Reply::json(200, if is_known { ROW } else { r#"{"__KEY":"1","__STAMP":3,"ID":1}"# })
            }
            // A function that was called, and failed within for want of a permission.
            target if target.contains("fails") => {
                Reply::json(401, r#"{"__ERROR":[{"errCode":1558,"message":"No permission to update for the Book dataclass"}]}"#)
            }
            _ if is_known => Reply::json(200, r#"{"__STATUS":{"success":true},"__KEY":"1","__STAMP":4,"ID":1,"title":"new"}"#),
            target if target.contains("stats") => needs_login(),
            _ => Reply::json(401, r#"{"__KEY":"1","__ERROR":[{"errCode":1558,"message":"No permission to update for the Book dataclass"},{"errCode":1517,"message":"not saved"}]}"#),
        };
        if is_known { reply } else { reply.with("set-cookie", "S=GUEST") }
    })
    .await;
    let connect = Connect::endpoint(server.address.clone()).user("ines", "hunter2").retries(0, Duration::ZERO);
    let ds = DataStore::open(connect).await.unwrap();
    let book = ds.dataclass("Book").unwrap();
    let end = || "gone".clone_into(&mut known.lock().unwrap());
    let logins = || server.lines().iter().filter(|line| line.contains("login")).count();
    end();
    assert_eq!(book.get(1).await.unwrap().unwrap().get::<String>("title").unwrap(), "x");
    assert_eq!(logins(), 2);
    // Whoever finds out at the same time waits for the same login.
    end();
    let (one, two, three) = tokio::join!(book.get(1), book.get(1), book.get(1));
    for found in [one, two, three] {
        assert_eq!(found.unwrap().unwrap().get::<String>("title").unwrap(), "x");
    }
    assert_eq!(logins(), 3);
    // One entity that was refused was not saved.
    end();
    let mut entity = book.get(1).await.unwrap().unwrap();
    end();
    entity.set("title", "new").unwrap();
    assert!(entity.save().await.unwrap().success);
    end();
    assert!(ds.call("stats", params![]).await.is_ok());
    // What may have been done in part is not done again.
    end();
    let before = server.lines().iter().filter(|line| line.contains("fails")).count();
    assert!(matches!(ds.call("fails", params![]).await, Err(Error::PermissionDenied { .. })));
    assert_eq!(server.lines().iter().filter(|line| line.contains("fails")).count(), before + 1);
}

#[tokio::test]
async fn a_connection_is_replaced_only_by_one_that_is_accepted() {
    let server = Loopback::start(|_, asked| {
        if asked.header("api-key") == Some(SECRET) { catalog() } else { Reply::json(401, r#"{"error":"Api-key Not Valid"}"#) }
    })
    .await;
    let first = DataStore::open(server.connect().local_id("wire-replaced")).await.unwrap();
    let refused = DataStore::open(server.connect().local_id("wire-replaced").api_key("claviger_wrong").replace(true)).await;
    assert!(matches!(refused, Err(Error::Unauthorized { reason: Reason::InvalidKey })));
    first.refresh_catalog().await.unwrap();
    assert_eq!(DataStore::by_local_id("wire-replaced").unwrap().get_info(), first.get_info());
    let second = DataStore::open(server.connect().local_id("wire-replaced").replace(true)).await.unwrap();
    assert!(matches!(first.refresh_catalog().await, Err(Error::Misuse(_))));
    second.refresh_catalog().await.unwrap();
    second.close().await.unwrap();
    assert!(DataStore::by_local_id("wire-replaced").is_none());
}

#[tokio::test]
async fn a_farewell_to_a_server_that_is_away_is_said_once() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock=true") => Reply::json(200, LOCKED),
        target if target.contains("Book(") && !target.contains("$lock") => Reply::json(200, ROW),
        _ => Reply::HangUp,
    })
    .await;
    // Waiting as long as that would be seen.
    let ds = DataStore::open(server.connect().retries(3, Duration::from_secs(600))).await.unwrap();
    let book = ds.dataclass("Book").unwrap();
    for key in [1, 2, 3] {
        let mut entity = book.get(key).await.unwrap().unwrap();
        assert!(entity.lock().await.unwrap().success);
    }
    assert!(matches!(ds.close().await, Err(Error::Unreachable { .. })));
    let farewells: Vec<_> = server.lines().into_iter().filter(|line| line.contains("=false") || line.contains("logout")).collect();
    // One for each that was dropped, and one at the end.
    assert!(farewells.len() <= 4 && !farewells.iter().any(|line| line.contains("logout")), "{farewells:?}");
}

#[tokio::test]
async fn secrets_are_taken_out_of_errors_and_answers_stay_what_they_are() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("login") => Reply::json(200, r#"{"result":true}"#).with("set-cookie", "S=A1"),
        target if target.contains("$catalog") => catalog(),
        target if asked.method == "GET" && target.contains("Book(1)") => Reply::json(200, r#"{"__KEY":"1","__STAMP":1,"ID":1,"title":"1 errCode"}"#),
        _ => Reply::json(
            500,
            r#"{"__STATUS":{"status":2,"statusText":"errCode has changed","success":false},"__KEY":"1","__STAMP":2,"ID":1,"title":"the errCode","__ERROR":[{"errCode":1263,"message":"changed by errCode","componentSignature":"dbmg"}]}"#,
        ),
    })
    .await;
    // As unlucky as a password can be.
    let connect = Connect::endpoint(server.address.clone()).user("ines", "errCode").retries(0, Duration::ZERO);
    let ds = DataStore::open(connect).await.unwrap();
    ds.start_request_log(&RequestLog { bodies: true, ..RequestLog::default() }).unwrap();
    let book = ds.dataclass("Book").unwrap();
    let mut entity = book.get(1).await.unwrap().unwrap();
    entity.set("title", "x").unwrap();
    let saved = entity.save().await.unwrap();
    assert_eq!((saved.status, saved.status_text.as_deref()), (Some(2), Some("*** has changed")));
    assert_eq!((saved.errors[0].err_code, saved.errors[0].message.as_str()), (1263, "changed by ***"));
    let row = book.save_row(Some("1"), Some(1), &serde_json::Map::new()).await.unwrap().row.unwrap();
    assert_eq!((row.stamp, row.values["title"].as_str()), (2, Some("the errCode")));
    for entry in ds.request_log() {
        let body = entry.response.unwrap().body.unwrap();
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(json["title"].as_str().is_none_or(|title| !title.contains("errCode")), "{body}");
    }
}

/// A server that compares stamps itself says so in its catalog; from others the entity is read before.
#[tokio::test]
async fn the_stamp_of_a_deletion_is_compared_where_it_is_known() {
    let knowing = CATALOG.replacen('{', r#"{"properties":{"supportDeleteStamp":true},"#, 1);
    let changed = r#"{"__STATUS":{"status":2,"statusText":"Stamp has changed","success":false},"__ERROR":[{"errCode":1263,"message":"x","componentSignature":"dbmg"}]}"#;
    let locked = r#"{"__STATUS":{"status":3,"statusText":"Already Locked","success":false},"__ERROR":[{"errCode":1046,"message":"x","componentSignature":"dbmg"}]}"#;
    let server = Loopback::start(move |number, asked| match (number, asked.method.as_str()) {
        (0, _) => Reply::json(200, &knowing),
        (_, "GET") => Reply::json(200, ROW),
        (2, _) => Reply::json(500, changed),
        (3, _) => Reply::json(500, locked),
        _ => Reply::json(200, r#"{"ok":true}"#),
    })
    .await;
    let ds = open(&server).await;
    let book = ds.dataclass("Book").unwrap();
    let mut entity = book.get(1).await.unwrap().unwrap();
    assert_eq!(entity.drop().await.unwrap().status, Some(2));
    assert_eq!(entity.drop().await.unwrap().status, Some(3));
    assert!(entity.drop().await.unwrap().success);
    let deletes = "POST /rest/Book(1)?$method=delete&$stamp=3";
    assert_eq!(server.lines()[1..], ["GET /rest/Book(1)", deletes, deletes, deletes]);

    let server = Loopback::start(|number, asked| match (number, asked.method.as_str()) {
        (0, _) => catalog(),
        (_, "GET") => Reply::json(200, ROW),
        _ => Reply::json(
            500,
            r#"{"__ERROR":[{"errCode":1046,"message":"The block of the record cannot be found","componentSignature":"dbmg"}]}"#,
        ),
    })
    .await;
    let ds = open(&server).await;
    let mut entity = ds.dataclass("Book").unwrap().get(1).await.unwrap().unwrap();
    // No word of a lock: another error.
    assert!(entity.drop().await.is_err());
    assert_eq!(server.lines()[2..], ["GET /rest/Book(1)?$attributes=ID", "POST /rest/Book(1)?$method=delete"]);
}

#[tokio::test]
async fn a_session_that_is_replaced_while_an_entity_is_locked_is_lost() {
    let row = r#"{"__KEY":"1","__STAMP":3,"ID":1,"title":"x"}"#;
    let server = Loopback::playing(vec![
        catalog().with("set-cookie", "S=A1"),
        Reply::json(200, row),
        Reply::json(200, r#"{"result":true,"__STATUS":{"success":true}}"#),
        Reply::json(200, row),
        Reply::json(200, row).with("set-cookie", "S=B2"),
        Reply::json(200, row),
        catalog(),
    ])
    .await;
    let ds = open(&server).await;
    let book = ds.dataclass("Book").unwrap();
    let mut entity = book.get(1).await.unwrap().unwrap();
    assert!(entity.lock().await.unwrap().success);
    let (locks, executed, result) = lost(book.get(1).await.unwrap_err());
    assert_eq!((locks, executed, result.is_none()), (vec![("Book".to_owned(), "1".to_owned())], false, true));
    // It is told once; then things go on, in the new session.
    assert!(book.get(1).await.is_ok());
    assert_eq!(server.asked()[5].header("cookie"), Some("S=B2"));
    // Nothing is unlocked that is not held any more.
    drop(entity);
    ds.flush().await;
    assert_eq!(server.lines().len(), 6);
}

/// An object that was locked in a session that has ended, and is locked again, holds the lock of the new one.
#[tokio::test]
async fn a_lock_that_is_taken_again_after_its_session_is_held() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock") => Reply::json(200, LOCKED),
        target if target.contains("Book(2)") => Reply::json(200, ROW).with("set-cookie", "S=B2"),
        _ => Reply::json(200, ROW),
    })
    .await;
    let (ds, book, mut entity) = locking(&server).await;
    lost(book.get(2).await.unwrap_err());
    assert!(!entity.is_locked());
    assert!(entity.lock().await.unwrap().success && entity.is_locked());
    drop(entity);
    ds.flush().await;
    assert_eq!(server.lines().iter().filter(|line| line.contains("$lock=false")).count(), 1);
}
