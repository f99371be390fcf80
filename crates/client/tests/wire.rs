//! What goes over the wire, and what comes of odd answers: against a server that plays them.
#![allow(clippy::unwrap_used, missing_docs)]

mod library;
mod loopback;

use std::time::Duration;

use claviger_client::{Connect, DataStore, Error, LockMode, Missing, Reason, RequestLog, params};
use library::{SET, books, catalog, open};
use loopback::{Loopback, Reply, SECRET};

#[tokio::test]
async fn every_request_has_the_key_and_the_cookies_and_nobody_is_told_the_key() {
    let server = Loopback::start(|number, _| match number {
        0 => catalog().with("set-cookie", "4DSID_library=A1; Path=/; HttpOnly").with("set-cookie", "WASID4D=A1; Path=/"),
        // A server that repeats what it was sent.
        1 => Reply::json(400, &format!("no JSON: {SECRET}")),
        _ => Reply::json(500, &format!(r#"{{"__ERROR":[{{"errCode":1200,"message":"who is {SECRET}","componentSignature":"dbmg"}}]}}"#)),
    })
    .await;
    let connect = server.connect();
    let shown = format!("{connect:?}");
    let ds = DataStore::open(connect).await.unwrap();
    ds.start_request_log(&RequestLog { bodies: true, ..RequestLog::default() }).unwrap();
    let book = ds.dataclass("Book").unwrap();
    let protocol = book.get(1).await.unwrap_err();
    let remote = book.get(2).await.unwrap_err();
    assert!(matches!(protocol, Error::Protocol { .. }), "{protocol:?}");
    assert!(matches!(remote, Error::Remote { http_status: 500, .. }), "{remote:?}");

    let log = serde_json::to_string(&ds.request_log()).unwrap();
    assert!(log.contains("***") && log.contains("\"sequenceNumber\":2") && log.contains("\"status\":500"), "{log}");
    for text in [shown, log, format!("{protocol:?} {protocol} {remote:?} {remote} {ds:?} {book:?} {:?}", ds.get_info())] {
        assert!(!text.contains(SECRET), "{text}");
    }
    for (number, asked) in server.asked().iter().enumerate() {
        assert_eq!(asked.header("api-key"), Some(SECRET));
        assert_eq!(asked.header("cookie"), (number > 0).then_some("4DSID_library=A1; WASID4D=A1"));
    }
}

#[tokio::test]
async fn a_get_is_repeated_when_the_server_cannot_be_reached_and_a_post_never() {
    let server = Loopback::start(|number, asked| match number {
        0 | 1 => Reply::json(502, "bad gateway"),
        2 => Reply::HangUp,
        3 => catalog(),
        _ if asked.method == "POST" => Reply::json(503, ""),
        _ => Reply::json(504, ""),
    })
    .await;
    let ds = open(&server).await;
    assert_eq!(server.lines(), vec!["GET /rest/$catalog/$all"; 4]);
    let error = ds.call("stats", params![]).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.number() == Some(1610), "{error:?}");
    assert_eq!(server.lines().len(), 5);
    assert!(matches!(ds.dataclass("Book").unwrap().get(1).await, Err(Error::Unreachable { .. })));
    assert_eq!(server.lines().len(), 9);
}

#[tokio::test]
async fn a_server_that_is_silent_or_absent_is_unreachable() {
    let server = Loopback::playing(vec![Reply::Silence]).await;
    let connect = server.connect().retries(0, Duration::ZERO).request_timeout(Duration::from_millis(50));
    let error = DataStore::open(connect).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { host, .. } if *host == server.address), "{error:?}");
    let address = server.address.clone();
    drop(server);
    // Nobody listens there any more.
    let error = DataStore::open(Connect::endpoint(format!("http://{address}")).api_key("k").retries(1, Duration::ZERO)).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("A remote request to host {address} has failed")), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_also_with_a_client_that_would() {
    let elsewhere = Loopback::start(|_, _| catalog()).await;
    let there = format!("http://{}/rest/$catalog/$all", elsewhere.address);
    let server = Loopback::start(move |_, _| Reply::json(302, "").with("location", &there)).await;
    for connect in [server.connect(), server.connect().http(claviger_client::reqwest::Client::builder().no_proxy())] {
        let error = DataStore::open(connect).await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn pages_come_on_demand_and_the_set_is_released() {
    let server = Loopback::start(|_, asked| {
        if asked.target.contains("$catalog") {
            return catalog();
        }
        if asked.target.contains("$release") {
            return Reply::json(200, r#"{"ok":true}"#);
        }
        let skip: usize = asked.target.split("$skip=").nth(1).map_or(0, |rest| rest.split('&').next().unwrap().parse().unwrap());
        books(skip..(skip + 100).min(1000), 1000, asked.target.contains("$method=entityset").then_some(SET))
    })
    .await;
    let ds = open(&server).await;
    let all = ds.dataclass("Book").unwrap().query("price < :1", params![20]).order_by("title").await.unwrap();
    assert_eq!(all.len(), 1000);
    let keys: Vec<_> = all.iter().await.unwrap().map(|book| book.get::<usize>("ID").unwrap()).collect();
    assert_eq!(keys, (0..1000).collect::<Vec<_>>());
    drop(all);
    ds.flush().await;
    let lines = server.lines();
    assert_eq!(lines.len(), 12, "{lines:#?}");
    assert_eq!(lines[1], r#"GET /rest/Book?$filter="price < :1"&$params='[20]'&$orderby="title"&$top=100"#);
    assert_eq!(lines[2], r#"GET /rest/Book?$filter="price < :1"&$params='[20]'&$orderby="title"&$method=entityset&$skip=100&$top=100"#);
    assert_eq!(lines[10], format!("GET /rest/Book/$entityset/{SET}?$skip=900&$top=100"));
    assert_eq!(server.asked()[11].body, format!("[\"{SET}\"]"));
}

#[tokio::test]
async fn a_length_alone_reads_no_entities() {
    let server = Loopback::playing(vec![catalog(), books(0..0, 230, None)]).await;
    let info = serde_json::json!({ "hostname": server.address, "api-key": SECRET });
    let ds = claviger_client::open_datastore(&info, "wire-length").await.unwrap();
    assert_eq!(ds.dataclass("Book").unwrap().query("price < :1", params![20]).length().await.unwrap(), 230);
    assert_eq!(server.lines()[1], r#"GET /rest/Book?$filter="price < :1"&$params='[20]'&$top=0"#);
    ds.close().await.unwrap();
}

#[tokio::test]
async fn one_page_needs_no_set_and_nothing_is_released() {
    let server = Loopback::playing(vec![catalog(), books(1..4, 3, None)]).await;
    let ds = open(&server).await;
    let few = ds.dataclass("Book").unwrap().all().await.unwrap();
    assert_eq!(few.iter().await.unwrap().count(), 3);
    assert_eq!(few.last().await.unwrap().unwrap().key(), Some("3"));
    assert!(few.at(3).await.unwrap().is_none());
    assert!(few.contains(2).await.unwrap() && !few.contains(9).await.unwrap());
    drop(few);
    ds.flush().await;
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_set_that_the_server_forgot_is_made_again() {
    let lost = Reply::json(404, r#"{"__ERROR":[{"errCode":1802,"message":"The entity set cannot be found","componentSignature":"dbmg"}]}"#);
    let other = "0B7711C2D3E84F5FA6B1C0D9E8F7A6B5";
    let server = Loopback::playing(vec![
        catalog(),
        books(0..100, 250, None),
        books(100..200, 250, Some(SET)),
        lost.clone(),
        books(200..250, 250, Some(other)),
        // Refining asks the set, which is gone again.
        lost,
        books(0..0, 250, Some(SET)),
        books(7..8, 1, None),
    ])
    .await;
    let ds = open(&server).await;
    let all = ds.dataclass("Book").unwrap().all().await.unwrap();
    assert_eq!(all.at(150).await.unwrap().unwrap().key(), Some("150"));
    assert_eq!(all.at(249).await.unwrap().unwrap().key(), Some("249"));
    let found = all.query("ID = :1", params![7]).await.unwrap();
    assert_eq!(found.first().await.unwrap().unwrap().key(), Some("7"));
    let lines = server.lines();
    assert!(lines.iter().any(|line| line.contains(&format!("/rest/Book/$entityset/{other}?$filter"))), "{lines:#?}");
}

#[tokio::test]
async fn another_count_at_the_making_of_the_set_reads_the_first_page_anew() {
    let server = Loopback::playing(vec![
        catalog(),
        books(0..100, 150, None),
        // An entity came in at the front meanwhile.
        books(99..150, 151, Some(SET)),
        books(500..600, 151, None),
    ])
    .await;
    let ds = open(&server).await;
    let all = ds.dataclass("Book").unwrap().all().await.unwrap();
    all.at(120).await.unwrap();
    assert_eq!(all.at(0).await.unwrap().unwrap().key(), Some("500"));
    assert_eq!(server.lines()[3], format!("GET /rest/Book/$entityset/{SET}?$top=100"));
}

#[tokio::test]
async fn refusals_have_their_reasons() {
    for (status, text, expected) in [
        (400, "Some headers are missing, required headers [api-key]", Reason::MissingKey),
        (401, "Api-key Not Valid", Reason::InvalidKey),
        (401, "Api-key expired", Reason::ExpiredKey),
        (403, "403 - Forbidden", Reason::HostNotAllowed),
    ] {
        let server = Loopback::start(move |_, _| Reply::json(status, &format!(r#"{{"error":"{text}"}}"#))).await;
        let error = DataStore::open(server.connect()).await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized { reason } if reason == expected), "{error:?}");
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_lazy_datastore_asks_when_it_is_used_and_finds_no_unknown_dataclass() {
    let server = Loopback::playing(vec![catalog()]).await;
    let ds = DataStore::open_lazy(server.connect()).unwrap();
    let nope = ds.dataclass("Nope").unwrap();
    assert!(server.lines().is_empty());
    assert!(nope.all().await.unwrap_err().is_missing(Missing::Dataclass));
    assert!(ds.dataclass("Nope").unwrap_err().is_missing(Missing::Dataclass));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn aliases_share_a_session_until_they_are_closed() {
    let server = Loopback::start(|_, _| catalog()).await;
    let first = DataStore::open(server.connect().local_id("wire-alias")).await.unwrap();
    let second = DataStore::open(server.connect().local_id("wire-alias").api_key("another")).await.unwrap();
    assert_eq!(server.lines().len(), 1);
    assert_eq!(second.warnings().len(), 1, "{:?}", second.warnings());
    assert_eq!(DataStore::by_local_id("wire-alias").unwrap().get_info(), first.get_info());
    assert_eq!(serde_json::to_value(first.get_info()).unwrap()["localID"], "wire-alias");
    let third = DataStore::open(server.connect().local_id("wire-alias").replace(true)).await.unwrap();
    assert!(third.warnings().is_empty());
    assert!(matches!(first.refresh_catalog().await, Err(Error::Misuse(_))));
    third.close().await.unwrap();
    assert!(DataStore::by_local_id("wire-alias").is_none());
}

#[tokio::test]
async fn a_user_logs_in_once_and_again_in_a_new_session() {
    let server = Loopback::start(|number, asked| match number {
        0 => Reply::json(200, r#"{"result":true}"#).with("set-cookie", "S=A1"),
        2 => Reply::json(200, r#"{"__KEY":"1","__STAMP":1}"#).with("set-cookie", "S=B2"),
        _ if asked.target.contains("login") => Reply::json(200, r#"{"result":true}"#),
        _ if asked.target.contains("catalog") => catalog(),
        _ => Reply::json(200, r#"{"__KEY":"1","__STAMP":1}"#),
    })
    .await;
    let connect = Connect::endpoint(server.address.clone()).user("ines", "hunter2").retries(0, Duration::ZERO);
    let ds = DataStore::open(connect).await.unwrap();
    let book = ds.dataclass("Book").unwrap();
    book.get(1).await.unwrap();
    book.get(1).await.unwrap();
    let lines = server.lines();
    assert_eq!(lines[0], "POST /rest/$directory/login");
    assert_eq!(lines.iter().filter(|line| line.contains("login")).count(), 2, "{lines:#?}");
    let login = &server.asked()[0];
    assert_eq!((login.header("username-4d"), login.header("password-4d")), (Some("ines"), Some("hunter2")));
    assert_eq!(login.header("session-4d-length"), Some("60"));
    assert!(server.asked()[1..].iter().all(|asked| asked.target.contains("login") || asked.header("password-4d").is_none()));
}

#[tokio::test]
async fn a_log_keeps_the_newest_or_writes_a_file() {
    let server = Loopback::start(|_, _| catalog()).await;
    let ds = open(&server).await;
    assert!(ds.request_log().is_empty());
    ds.start_request_log(&RequestLog { keep: Some(2), ..RequestLog::default() }).unwrap();
    for _ in 0..3 {
        ds.refresh_catalog().await.unwrap();
    }
    let numbers: Vec<_> = ds.request_log().iter().map(|entry| entry.sequence_number).collect();
    assert_eq!(numbers, vec![3, 2]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    ds.start_request_log(&RequestLog { file: Some(file.clone()), ..RequestLog::default() }).unwrap();
    ds.refresh_catalog().await.unwrap();
    ds.stop_request_log();
    ds.refresh_catalog().await.unwrap();
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!((line["method"].as_str(), line["response"]["status"].as_u64()), (Some("GET"), Some(200)));
    assert!(line.get("url").is_some() && line["response"].get("body").is_none(), "{line}");
}

#[tokio::test]
async fn requests_that_begin_together_have_one_session() {
    let server = Loopback::start(|number, asked| {
        let reply = if asked.target.contains("$catalog") { catalog() } else { books(0..0, 5, None) };
        // Whoever comes without a cookie gets a session of its own.
        if asked.header("cookie").is_none() { reply.with("set-cookie", &format!("S=A{number}; Path=/")) } else { reply }
    })
    .await;
    let ds = DataStore::open_lazy(server.connect()).unwrap();
    let (one, other) = (ds.dataclass("Book").unwrap(), ds.dataclass("Author").unwrap());
    let (one, other, third) = tokio::join!(one.get_count(), other.get_count(), one.get_count());
    assert_eq!((one.unwrap(), other.unwrap(), third.unwrap()), (5, 5, 5));
    let cookies: Vec<_> = server.asked().iter().map(|asked| asked.header("cookie").map(str::to_owned)).collect();
    assert_eq!(cookies, vec![None, Some("S=A0".to_owned()), Some("S=A0".to_owned())]);
}

#[tokio::test]
async fn without_session_no_cookie_is_kept_and_the_server_is_told() {
    let server = Loopback::start(|_, _| catalog().with("set-cookie", "S=A1")).await;
    let ds = DataStore::open(server.connect().without_session()).await.unwrap();
    ds.refresh_catalog().await.unwrap();
    ds.close().await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.header("cookie").is_none() && asked.header("nosession-4d") == Some("true")));
}

#[tokio::test]
async fn a_lock_ends_with_the_last_object_that_holds_it() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$lock") => Reply::json(200, r#"{"result":true,"__STATUS":{"success":true}}"#),
        _ => Reply::json(200, r#"{"__KEY":"1","__STAMP":3,"ID":1,"title":"x"}"#),
    })
    .await;
    let unlocks = || server.lines().iter().filter(|line| line.contains("$lock=false")).count();
    let ds = open(&server).await;
    let book = ds.dataclass("Book").unwrap();
    let (mut one, mut other) = (book.get(1).await.unwrap().unwrap(), book.get(1).await.unwrap().unwrap());
    assert!(one.lock().await.unwrap().success && other.lock().await.unwrap().success && one.lock().await.unwrap().success);
    assert!(one.is_locked() && !one.clone().is_locked());
    assert!(one.unlock().await.unwrap().success);
    assert_eq!(unlocks(), 0);
    drop(other);
    ds.flush().await;
    assert_eq!(unlocks(), 1);
    // By key, for callers without objects.
    assert!(book.lock_row(1).await.unwrap().success && book.lock_row(1).await.unwrap().success);
    book.unlock_row(1).await.unwrap();
    assert_eq!(unlocks(), 2);
    // One that finds the entity changed gives back what it has taken itself, and nothing else.
    let changed = || book.lock_row_if(1, Some(2), LockMode::Check);
    assert_eq!(changed().await.unwrap().0.status, Some(2));
    assert_eq!(unlocks(), 3);
    assert!(book.lock_row(1).await.unwrap().success);
    assert_eq!(changed().await.unwrap().0.status, Some(2));
    assert_eq!(unlocks(), 3);
    assert_eq!(book.lock_row_if(1, Some(2), LockMode::Reload).await.unwrap().1.map(|row| row.stamp), Some(3));
    book.unlock_row(1).await.unwrap();
    assert_eq!(unlocks(), 4);
    // An object that holds it, too, gives it back.
    assert!(one.lock().await.unwrap().success && book.lock_row(1).await.unwrap().success);
    book.unlock_row(1).await.unwrap();
    assert_eq!(unlocks(), 4);
    assert!(one.unlock().await.unwrap().success);
    assert_eq!(unlocks(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_lock_that_was_given_in_another_session_is_asked_for_again() {
    let (arrived, mut arrival) = tokio::sync::mpsc::unbounded_channel();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let server = Loopback::start(move |_, asked| {
        if asked.target.contains("$catalog") {
            return catalog().with("set-cookie", "S=A1");
        }
        // The session A1 has ended: whoever sends it gets another one.
        let has_ended = asked.header("cookie") == Some("S=A1");
        if asked.target.contains("$lock") {
            let reply = Reply::json(200, r#"{"result":true,"__STATUS":{"success":true}}"#);
            if !has_ended {
                return reply;
            }
            arrived.send(()).unwrap();
            gate.lock().unwrap().recv().unwrap();
            return reply.with("set-cookie", "S=LOCK");
        }
        let reply = Reply::json(200, r#"{"__KEY":"1","__STAMP":3,"ID":1,"title":"x"}"#);
        if has_ended { reply.with("set-cookie", "S=READ") } else { reply }
    })
    .await;
    let ds = open(&server).await;
    let book = ds.dataclass("Book").unwrap();
    let locking = tokio::spawn({
        let book = book.clone();
        async move { book.lock_row(1).await }
    });
    arrival.recv().await.unwrap();
    book.get(1).await.unwrap();
    go.send(()).unwrap();
    assert!(locking.await.unwrap().unwrap().success);
    let locks: Vec<_> = server.asked().into_iter().filter(|asked| asked.target.contains("$lock")).collect();
    assert_eq!(locks.iter().map(|asked| asked.header("cookie")).collect::<Vec<_>>(), vec![Some("S=A1"), Some("S=READ")]);
}

#[tokio::test]
async fn an_attribute_called_uri_is_one() {
    let server = Loopback::playing(vec![
        catalog(),
        Reply::json(200, r#"{"__KEY":"1","__STAMP":3,"ID":1,"uri":"https://a.example"}"#),
        Reply::json(200, r#"{"__STATUS":{"success":true},"__KEY":"1","__STAMP":4,"uri":"/rest/Book[1]","ID":1,"uri":"https://b.example"}"#),
        Reply::json(200, r#"{"__STATUS":{"success":true},"__KEY":"2","__STAMP":1,"uri":"/rest/Author[2]","ID":2}"#),
    ])
    .await;
    let ds = open(&server).await;
    let mut book = ds.dataclass("Book").unwrap().get(1).await.unwrap().unwrap();
    assert_eq!(book.get::<String>("uri").unwrap(), "https://a.example");
    book.set("uri", "https://b.example").unwrap();
    assert!(book.save().await.unwrap().success);
    assert_eq!(book.get::<String>("uri").unwrap(), "https://b.example");
    let mut author = ds.dataclass("Author").unwrap().new_entity();
    author.save().await.unwrap();
    assert_eq!(author.raw("uri"), None);
}

#[tokio::test]
async fn the_last_user_of_a_session_gives_back_first_and_then_ends_it() {
    let server = Loopback::start(|_, asked| match asked.target.as_str() {
        target if target.contains("$catalog") => catalog().with("set-cookie", "S=A1"),
        target if target.contains("$release") || target.contains("$lock") || target.contains("logout") => {
            Reply::json(200, r#"{"result":true}"#)
        }
        target if target.contains("Book(1)") => Reply::json(200, r#"{"__KEY":"1","__STAMP":3,"ID":1,"title":"x"}"#),
        _ => books(0..100, 250, Some(SET)),
    })
    .await;
    let ds = open(&server).await;
    let books = ds.dataclass("Book").unwrap();
    let all = books.all().await.unwrap();
    all.set_id().await.unwrap();
    let mut book = books.get(1).await.unwrap().unwrap();
    assert!(book.lock().await.unwrap().success);
    drop((ds, books, all));
    drop(book);
    // What is given back in the background runs while this waits for an answer of its own.
    let other = open(&server).await;
    while !server.lines().iter().any(|line| line.contains("logout")) {
        other.refresh_catalog().await.unwrap();
    }
    let lines = server.lines();
    let place = |what: &str| lines.iter().position(|line| line.contains(what)).unwrap();
    assert!(place("$release") < place("logout") && place("$lock=false") < place("logout"), "{lines:#?}");
}

#[tokio::test]
async fn a_view_without_keys_is_read_in_pages_without_a_set() {
    const VIEW: &str = r#"{"dataClasses":[{"name":"Cheap","collectionName":"CheapSelection","key":[],"attributes":[
      {"name":"title","kind":"storage","type":"string"}]}]}"#;
    let server = Loopback::start(|_, asked| {
        let skip: usize = asked.target.split("$skip=").nth(1).map_or(0, |rest| rest.split('&').next().unwrap().parse().unwrap());
        let rows: Vec<_> = (skip..(skip + 2).min(5)).map(|at| format!(r#"{{"__STAMP":0,"title":"{at}"}}"#)).collect();
        let page = format!(r#"{{"__DATACLASS":"Cheap","__COUNT":5,"__FIRST":{skip},"__ENTITIES":[{}]}}"#, rows.join(","));
        if asked.target.contains("$catalog") { Reply::json(200, VIEW) } else { Reply::json(200, &page) }
    })
    .await;
    let ds = open(&server).await;
    let cheap = ds.dataclass("Cheap").unwrap().all().page_size(2).kept().await.unwrap();
    let titles: Vec<_> = cheap.iter().await.unwrap().map(|row| row.get::<String>("title").unwrap()).collect();
    assert_eq!(titles, ["0", "1", "2", "3", "4"]);
    assert!(server.asked().iter().all(|asked| !asked.target.contains("entityset")), "{:?}", server.lines());
}

#[tokio::test]
async fn rows_come_page_by_page_from_a_place_on_and_of_one_moment() {
    let page = |first: &str| {
        let rows: Vec<_> = (11..20).map(|key| format!(r#"{{"__KEY":"{key}","__STAMP":1,"ID":{key}}}"#)).collect();
        format!(r#"{{"__COUNT":35,"__ENTITIES":[{first},{}]}}"#, rows.join(","))
    };
    let server = Loopback::start(move |_, asked| {
        let skip: usize = asked.target.split("$skip=").nth(1).map_or(0, |rest| rest.split('&').next().unwrap().parse().unwrap());
        match asked.target.as_str() {
            target if target.contains("$catalog") => catalog(),
            target if target.contains("$method=entityset") => books(0..10, 35, Some(SET)),
            // One was deleted meanwhile.
            _ if skip == 10 => Reply::json(200, &page(r#"{"__STAMP":0}"#)),
            _ if skip == 20 => books(20..22, 35, None),
            _ if skip == 22 => books(22..22, 35, None),
            _ => books(skip..(skip + 10).min(35), 35, None),
        }
    })
    .await;
    let ds = open(&server).await;
    let all = ds.dataclass("Book").unwrap().all().page_size(10).kept().await.unwrap();
    assert!(server.asked()[1].target.contains("$method=entityset"), "{:?}", server.lines());
    let mut cursor = all.cursor().starting_at(7);
    let keys = |rows: Option<Vec<claviger_client::Row>>| rows.map(|rows| rows.into_iter().filter_map(|row| row.key).collect::<Vec<_>>());
    assert_eq!(keys(cursor.next_rows().await.unwrap()).unwrap(), ["7", "8", "9"]);
    assert_eq!(keys(cursor.next_rows().await.unwrap()).unwrap(), (11..20).map(|key| key.to_string()).collect::<Vec<_>>());
    let error = cursor.next_rows().await.unwrap_err();
    assert!(matches!(&error, Error::Protocol { .. }) && error.to_string().contains("nothing from place 22 on, of 35"), "{error}");
    let last = keys(all.cursor().starting_at(33).next_rows().await.unwrap()).unwrap();
    assert_eq!(last, ["33", "34"]);
    assert!(all.cursor().starting_at(35).next_rows().await.unwrap().is_none());
}
