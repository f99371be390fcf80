//! On PostgreSQL: connections, and others who are in the way.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use claviger_query::Save;
use claviger_store::{NothingHeld, OpenTransaction, StoreError};
use serde_json::json;

use crate::database::Database;
use crate::library::{naming, with_authors_on_postgres};
use crate::open::{begin, begin_until};
use crate::saving::saved;
use crate::support::{JsonSink, Served};

/// Authors 1 and 2; `readers`: how many connections there are.
fn on_postgres(readers: usize, test: impl FnOnce(&Served, &Database)) {
    with_authors_on_postgres(|options| options.readers = readers, test);
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
            database.run("SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
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
