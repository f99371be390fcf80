//! Time, those who wait behind a transaction, and owners who go away.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use claviger_model::{ClassId, Value};
use claviger_store::{EntityGuard, Held, NothingHeld, SaveStatus, StoreError};
use serde_json::json;

use crate::library::{self, name, naming, with_authors};
use crate::open::{Open, begin, begin_until, reading};
use crate::saving::{deadline, saved};
use crate::support::{JsonSink, Served};

/// A change by itself.
async fn rename(served: &Served, key: i64, name: &str, deadline: Instant) -> Result<i64, StoreError> {
    let saving = served.store.save(naming(served, key, name), Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline);
    let outcome = saving.await?.remove(0);
    assert_eq!(outcome.status, SaveStatus::Saved, "{:?}", outcome.error);
    Ok(outcome.entity.unwrap().into_json()["__STAMP"].as_i64().unwrap())
}

/// Lets a future run until it waits for something.
async fn begun<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// A transaction that was begun with a moment left, however slow the machine is, and has changed author 1.
fn short_lived(served: &Served) -> Open<'_> {
    let mut left = Duration::from_millis(100);
    loop {
        if let Ok(mut open) = begin_until(served, Instant::now() + left)
            && open.try_save("Author?$method=update", json!({ "__KEY": "1", "name": "unseen" })).is_ok()
        {
            return open;
        }
        left *= 2;
    }
}

#[test]
fn it_ends_at_its_deadline_although_nobody_asks() {
    with_authors(|served| {
        let mut open = short_lived(served);
        // Waits for the same row, or for the same place: until the transaction is undone.
        assert_eq!(served.block_on(rename(served, 1, "Nora", deadline())).unwrap(), 2);
        assert!(matches!(open.try_get("Author(1)"), Err(StoreError::Timeout)));
        assert!(matches!(open.try_save("Author?$method=update", json!({ "name": "late" })), Err(StoreError::Timeout)));
        assert!(matches!(open.begin_nested(), Err(StoreError::Timeout)));
        assert!(matches!(open.commit(), Err(StoreError::Timeout)));
        assert_eq!((name(served, 1), served.get("Author")["__COUNT"].clone()), ("Nora".to_owned(), json!(2)));
    });
}

#[test]
fn past_the_deadline_none_is_begun() {
    with_authors(|served| {
        let end = begin_until(served, Instant::now()).map(|_| ());
        assert!(matches!(end, Err(StoreError::Timeout)), "{end:?}");
        begin(served).commit().unwrap();
    });
}

#[test]
fn others_go_on_behind_it_in_their_order() {
    with_authors(|served| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "inside" }));
        let (first, second) = served.block_on(async {
            let mut first = Box::pin(rename(served, 1, "first", deadline()));
            assert!(begun(first.as_mut()).await.is_none());
            let save = naming(served, 2, "inside, too");
            open.transaction.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld)).await.unwrap();
            let mut second = Box::pin(served.store.begin(deadline()));
            let _ = begun(second.as_mut()).await;
            open.transaction.commit().await.unwrap();
            (first.await.unwrap(), second.await)
        });
        assert_eq!(first, 3, "after the one inside");
        drop(second.unwrap());
        assert_eq!((name(served, 1), name(served, 2)), ("first".to_owned(), "inside, too".to_owned()));
    });
}

#[test]
fn whoever_waits_behind_it_does_so_until_its_own_deadline() {
    with_authors(|served| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "inside" }));
        let end = served.block_on(rename(served, 1, "late", Instant::now() + Duration::from_millis(50)));
        assert!(matches!(end, Err(StoreError::Timeout | StoreError::Busy)), "{end:?}");
        open.saved("Author", json!({ "__KEY": "1", "name": "and again" }));
        open.commit().unwrap();
        assert_eq!(served.block_on(rename(served, 2, "behind", deadline())).unwrap(), 2);
        assert_eq!(name(served, 1), "and again", "what was answered with a timeout is not done afterwards");
    });
}

#[test]
fn two_at_once_both_end_well() {
    with_authors(|served| {
        let mut first = begin(served);
        first.saved("Author", json!({ "__KEY": "1", "name": "first" }));
        let second = served.block_on(async {
            let mut second = Box::pin(served.store.begin(deadline()));
            let is_begun = begun(second.as_mut()).await;
            first.transaction.commit().await.unwrap();
            match is_begun {
                Some(second) => second,
                None => second.await,
            }
        });
        let mut second = second.unwrap();
        let stamp = served.block_on(async {
            let plan = reading(served, "Author(1)");
            let seen = second.read(plan, JsonSink::default()).await.unwrap().into_json();
            assert_eq!(seen["name"], "first");
            second.save(naming(served, 1, "second"), Arc::new(JsonSink::default), Arc::new(NothingHeld)).await.unwrap();
            second.commit().await.unwrap();
            rename(served, 1, "third", deadline()).await.unwrap()
        });
        assert_eq!(stamp, 4);
    });
}

/// Stops a save in its middle until it is let go.
struct Stop {
    entered: Mutex<mpsc::Sender<()>>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl EntityGuard for Stop {
    fn is_idle(&self) -> bool {
        false
    }

    fn may_update(&self, _: ClassId, _: &[Value]) -> Result<(), Held> {
        self.entered.lock().unwrap().send(()).unwrap();
        let _ = self.go.lock().unwrap().recv();
        Ok(())
    }

    fn may_delete(&self, _: ClassId, _: &[Value]) -> Result<(), Held> {
        Ok(())
    }
}

#[test]
fn an_owner_who_leaves_an_operation_leaves_all() {
    with_authors(|served| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "2", "name": "before" }));
        let ((entered, is_entered), (go, is_let_go)) = (mpsc::channel(), mpsc::channel());
        let stop = Arc::new(Stop { entered: Mutex::new(entered), go: Mutex::new(is_let_go) });
        served.block_on(async {
            let mut saving = Box::pin(open.transaction.save(naming(served, 1, "half"), Arc::new(JsonSink::default), stop));
            // On one thread with the connection, so that it must be let go on.
            while is_entered.try_recv().is_err() {
                assert!(begun(saving.as_mut()).await.is_none());
                tokio::task::yield_now().await;
            }
            drop(saving);
            go.send(()).unwrap();
            // The owner holds the transaction still; others go on nevertheless.
            assert_eq!(rename(served, 1, "Nora", deadline()).await.unwrap(), 2);
        });
        assert!(matches!(open.try_get("Author(1)"), Err(StoreError::Undone(_))));
        assert!(matches!(open.commit(), Err(StoreError::Undone(_))));
        assert_eq!((name(served, 1), name(served, 2)), ("Nora".to_owned(), "Tom".to_owned()));
    });
}

#[test]
fn an_owner_who_leaves_before_it_is_begun_is_not_waited_for() {
    with_authors(|served| {
        let first = begin(served);
        served.block_on(async {
            let mut second = Box::pin(served.store.begin(deadline()));
            let _ = begun(second.as_mut()).await;
            drop(second);
            first.transaction.commit().await.unwrap();
            rename(served, 1, "Nora", deadline()).await.unwrap();
            rename(served, 2, "Nils", deadline()).await.unwrap();
        });
        begin(served).commit().unwrap();
    });
}

#[test]
fn a_commit_that_was_asked_for_is_done_although_nobody_waits() {
    with_authors(|served| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "kept" }));
        served.block_on(async {
            let mut ending = Box::pin(open.transaction.commit());
            let _ = begun(ending.as_mut()).await;
            drop(ending);
            // The same row, or the same place: behind it.
            assert_eq!(rename(served, 1, "after", deadline()).await.unwrap(), 3);
        });
    });
}

/// A transaction may be held by any task.
#[test]
fn it_goes_from_thread_to_thread() {
    with_authors(|served| {
        let mut open = begin(served);
        open.saved("Author", json!({ "__KEY": "1", "name": "kept" }));
        let transaction = open.transaction;
        served.block_on(async { tokio::spawn(transaction.commit()).await.unwrap().unwrap() });
        assert_eq!(name(served, 1), "kept");
    });
}

#[test]
fn it_outlives_the_store_that_it_was_begun_on() {
    let served = library::empty();
    let save = naming(&served, 1, "kept");
    saved(&served, "Author", json!({ "name": "Ines" }));
    let mut transaction = begin(&served).transaction;
    drop(served.store);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        transaction.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld)).await.unwrap();
        transaction.commit().await.unwrap();
    });
    let db = rusqlite::Connection::open(&served.path).unwrap();
    assert_eq!(db.query_row("SELECT name FROM Author", [], |row| row.get::<_, String>(0)).unwrap(), "kept");
}
