//! On PostgreSQL: connections, and others who are in the way.

use std::cell::OnceCell;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use claviger_query::Save;
use claviger_store::{Location, NothingHeld, OpenOptions, OpenTransaction, StoreError};
use serde_json::json;

use crate::between::Between;
use crate::database::Database;
use crate::library::{name, naming, with_authors_on_postgres};
use crate::open::{Open, begin, begin_until};
use crate::saving::saved;
use crate::support::{JsonSink, Served};

/// Authors 1 and 2; `readers`: how many connections there are.
fn on_postgres(readers: usize, test: impl FnOnce(&Served, &Database)) {
    with_authors_on_postgres(|options, _| options.readers = readers, test);
}

/// The same by a way on which statements can be spoiled.
fn by_a_way(test: impl FnOnce(&Served, &Between)) {
    let between = OnceCell::new();
    let adjust = |options: &mut OpenOptions, database: &Database| {
        let way = between.get_or_init(|| Between::new(database));
        options.readers = 2;
        options.location = Location::parse(&way.url(database), Path::new(".")).unwrap();
    };
    with_authors_on_postgres(adjust, |served, _| test(served, between.get().unwrap()));
}

async fn rename(transaction: &mut OpenTransaction, save: Save) -> Result<(), StoreError> {
    transaction.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld)).await.map(drop)
}

#[test]
fn open_transactions_leave_connections_to_others() {
    on_postgres(2, |served, _| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "inside" }));
        let end = begin_until(served, Instant::now() + Duration::from_millis(50)).map(|_| ());
        assert!(matches!(end, Err(StoreError::Busy)), "{end:?}");
        assert_eq!(served.get("Author?$orderby=ID")["__COUNT"], 2);
        assert_eq!(saved(served, "Author", json!({ "__KEY": "2", "name": "outside" }))["__STAMP"], 2);
        open.commit().unwrap();
        let mut next = begin(served);
        assert_eq!(next.get("Author(1)")["name"], "inside");
    });
}

#[test]
fn connections_are_as_good_as_before() {
    on_postgres(2, |served, database| {
        let processes = || {
            // The server's own look at the database, too, and come and go.
            database.run(
                "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
            )
        };
        begin(served).commit().unwrap();
        let before = processes();
        for is_kept in [true, false, true] {
            let mut open = begin(served);
            open.saved("Author", json!({ "__KEY": "1", "name": format!("Ines {is_kept}") }));
            assert!(open.try_get("Author(9)").is_err());
            assert_eq!(open.save("Author", json!({ "name": "Tom" })).codes()[0], 1569);
            if is_kept { open.commit().unwrap() } else { open.rollback().unwrap() }
        }
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "dropped" }));
        drop(open);
        // Its turn comes when the connection of the last one is free.
        begin(served).commit().unwrap();
        assert_eq!(processes(), before);
    });
}

#[test]
fn who_meets_a_deadlock_is_undone_as_a_whole_and_told_so() {
    on_postgres(4, |served, _| {
        let (mut first, mut second) = (begin(served), begin(served));
        first.saved("Author", json!({ "__KEY": "1", "name": "first" }));
        second.saved("Author", json!({ "__KEY": "2", "name": "second" }));
        let saves = (naming(served, 2, "first, too"), naming(served, 1, "second, too"));
        let ends =
            served.block_on(async { tokio::join!(rename(&mut first.transaction, saves.0), rename(&mut second.transaction, saves.1)) });
        let (winner, mut loser, names) = match ends {
            (Ok(()), Err(StoreError::Undone(_))) => (first, second, ["first", "first, too"]),
            (Err(StoreError::Undone(_)), Ok(())) => (second, first, ["second, too", "second"]),
            other => panic!("{other:?}"),
        };
        assert!(matches!(loser.try_get("Author(1)"), Err(StoreError::Undone(_))));
        assert!(matches!(loser.commit(), Err(StoreError::Undone(_))));
        winner.commit().unwrap();
        assert_eq!([1, 2].map(|key| served.get(&format!("Author({key})"))["name"].clone()), names);
    });
}

#[test]
fn a_server_that_goes_away_takes_the_transaction_with_it() {
    on_postgres(4, |served, database| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "lost" }));
        database.disconnect();
        let end = open.try_get("Author(1)");
        assert!(matches!(end, Err(StoreError::Away(_))), "{end:?}");
        assert!(matches!(open.try_get("Author(1)"), Err(StoreError::Undone(_))));
        assert!(matches!(open.commit(), Err(StoreError::Undone(_))));
        while served.try_get("Author(1)").is_err() {}
        assert_eq!(served.get("Author(1)")["name"], "Ines");
        begin(served).commit().unwrap();
    });
}

#[test]
fn a_statement_that_nobody_waits_for_ends_on_the_server() {
    on_postgres(4, |served, database| {
        let mut holder = begin(served);
        holder.saved("Author", json!({ "__KEY": "1", "name": "held" }));
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "2", "name": "lost" }));
        let waits = || database.run("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").len();
        served.block_on(async {
            let mut waiting = Box::pin(rename(&mut open.transaction, naming(served, 1, "waits")));
            while waits() == 0 {
                poll_fn(|context| {
                    assert!(waiting.as_mut().poll(context).is_pending());
                    Poll::Ready(())
                })
                .await;
                tokio::task::yield_now().await;
            }
            drop(waiting);
            while waits() > 0 {
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(saved(served, "Author", json!({ "__KEY": "2", "name": "free" }))["__STAMP"], 2);
        assert!(matches!(open.commit(), Err(StoreError::Undone(_))));
        holder.commit().unwrap();
    });
}

#[test]
fn tables_that_changed_meanwhile_hinder_nothing() {
    on_postgres(2, |served, database| {
        let open_once = || {
            let mut open = begin(served);
            let entity = open.get("Author(1)");
            let made = open.saved("Author", json!({ "__KEY": "1", "name": format!("{}+", entity["name"].as_str().unwrap()) }));
            open.commit().unwrap();
            made["name"].clone()
        };
        assert_eq!(open_once(), "Ines+");
        // Another type of the same meaning: what was prepared before cannot be run.
        database.run("ALTER TABLE public.\"Author\" ALTER COLUMN rank TYPE int8");
        assert_eq!(open_once(), "Ines++");
    });
}

#[test]
fn a_connection_on_which_undoing_failed_is_not_used_again() {
    by_a_way(|served, between| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "undone" }));
        between.spoil(Some("ROLLBACK"));
        open.rollback().unwrap();
        between.spoil(None);
        begin(served).commit().unwrap();
        assert_eq!(saved(served, "Author", json!({ "__KEY": "1", "name": "next" }))["__STAMP"], 2);
    });
}

#[test]
fn a_part_that_could_not_be_begun_or_ended_takes_the_transaction_with_it() {
    by_a_way(|served, between| {
        let last = |open: &mut Open<'_>| open.try_save("Author?$method=update", json!({ "__KEY": "2", "name": "last" })).map(drop);
        let refused = |open: &mut Open<'_>| open.try_save("Author?$method=update", json!({ "name": "Tom" })).map(drop);
        let ways: [(&'static str, &dyn Fn(&mut Open<'_>) -> Result<(), StoreError>); 5] = [
            ("SAVEPOINT part1", &last),
            ("SAVEPOINT part1", &|open| open.begin_nested()),
            ("RELEASE SAVEPOINT part1", &last),
            ("RELEASE SAVEPOINT part1", &refused),
            ("RELEASE SAVEPOINT part1", &|open| open.begin_nested().and_then(|()| open.rollback_nested())),
        ];
        for (at, (statement, way)) in ways.into_iter().enumerate() {
            let mut open = begin(served);
            open.saved("Author", json!({ "__KEY": "1", "name": "before" }));
            between.spoil(Some(statement));
            let end = way(&mut open);
            between.spoil(None);
            assert!(matches!(end, Err(StoreError::Internal(_))), "{at}: {end:?}");
            assert!(matches!(open.try_get("Author(1)"), Err(StoreError::Undone(_))), "{at}");
            let end = open.commit();
            assert!(matches!(end, Err(StoreError::Undone(_))), "{at}: {end:?}");
            assert_eq!((name(served, 1), name(served, 2)), ("Ines".to_owned(), "Tom".to_owned()), "{at}");
        }
        begin(served).commit().unwrap();
    });
}
