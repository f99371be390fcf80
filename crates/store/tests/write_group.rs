//! The writing thread: many changes, one commit; a change that fails is undone alone.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use claviger_model::Model;
use claviger_store::StoreError;
use claviger_store::layout::Layout;
use claviger_store::sqlite::connection::{Durability, Files};
use claviger_store::sqlite::schema::migrate;
use claviger_store::sqlite::write::{Session, Transaction, Writer};
use claviger_store::write::Verdict;
use rusqlite::Connection;

fn start(path: &Path, sql: &str) -> Writer {
    start_counting(path, sql, Arc::default())
}

/// `commits` counts them from here.
fn start_counting(path: &Path, sql: &str, commits: Arc<AtomicUsize>) -> Writer {
    let model = Arc::new(Model::from_json(r#"{ "dataClasses": [] }"#, "test").unwrap().0);
    let files = Files { path: path.to_owned(), owned: true, side: None, durability: Durability::Normal };
    let mut link = files.open_writer().unwrap();
    migrate(&mut link.db, &model, false).unwrap();
    link.db.execute_batch(sql).unwrap();
    link.db
        .commit_hook(Some(move || {
            commits.fetch_add(1, Ordering::SeqCst);
            false
        }))
        .unwrap();
    let layout = Arc::new(Layout::owned(&model));
    Writer::start(Session::new(Transaction::new(link), model, layout, Arc::new(|| 1_700_000_000_000))).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn insert(session: &Session, number: i64) -> Result<(i64, Verdict), StoreError> {
    session.db.link.db.execute("INSERT INTO t (n) VALUES (?1)", [number])?;
    Ok((session.db.link.db.last_insert_rowid(), Verdict::Keep))
}

fn numbers(path: &Path) -> Vec<i64> {
    let db = Connection::open(path).unwrap();
    let mut statement = db.prepare("SELECT n FROM t ORDER BY n").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL UNIQUE)";

/// Holds the writing thread inside a change until the sender is used, so that others wait behind it.
fn hold(writer: &Arc<Writer>) -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let (release, wait) = mpsc::channel::<()>();
    let (entered, begun) = mpsc::channel::<()>();
    let held = Arc::clone(writer);
    let thread = std::thread::spawn(move || {
        held.submit_blocking(soon(), move |_| {
            let _ = entered.send(());
            let _ = wait.recv();
            Ok(((), Verdict::Keep))
        })
        .unwrap();
    });
    begun.recv().unwrap();
    (release, thread)
}

#[test]
fn a_hundred_at_once_are_all_answered_and_all_there_in_few_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let commits = Arc::new(AtomicUsize::new(0));
    let writer = Arc::new(start_counting(&path, TABLE, Arc::clone(&commits)));
    let (release, holder) = hold(&writer);
    let gate = Arc::new(Barrier::new(100));
    let (sent, all_sent) = mpsc::channel();
    let threads: Vec<_> = (0..100)
        .map(|number| {
            let (writer, gate, sent) = (Arc::clone(&writer), Arc::clone(&gate), sent.clone());
            std::thread::spawn(move || {
                gate.wait();
                let _ = sent.send(());
                writer.submit_blocking(soon(), move |session| insert(session, number)).unwrap()
            })
        })
        .collect();
    (0..100).for_each(|_| all_sent.recv().unwrap());
    release.send(()).unwrap();
    let mut ids: Vec<i64> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    holder.join().unwrap();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100, "each has its own answer");
    assert_eq!(numbers(&path), (0..100).collect::<Vec<_>>());
    assert!(commits.load(Ordering::SeqCst) < 100, "{} commits", commits.load(Ordering::SeqCst));
}

#[test]
fn a_failing_change_leaves_the_others_of_its_group_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = Arc::new(start(&path, TABLE));
    let (release, holder) = hold(&writer);
    let threads: Vec<_> = [1, 2, 2, 3, -1]
        .into_iter()
        .map(|number| {
            let writer = Arc::clone(&writer);
            std::thread::spawn(move || {
                writer.submit_blocking(soon(), move |session| {
                    let (id, _) = insert(session, number)?;
                    assert!(number >= 0, "a change that panics");
                    Ok((id, Verdict::Keep))
                })
            })
        })
        .collect();
    release.send(()).unwrap();
    let ends: Vec<bool> = threads.into_iter().map(|thread| thread.join().unwrap().is_ok()).collect();
    holder.join().unwrap();
    assert_eq!(ends.iter().filter(|end| **end).count(), 3, "{ends:?}");
    assert!(!ends[4]);
    assert_eq!(numbers(&path), [1, 2, 3]);
    assert!(writer.submit_blocking(soon(), |session| insert(session, 9)).is_ok(), "the thread lives");
}

/// What the engine does when there is no memory or no disk: the part of a change cannot be ended.
#[test]
fn a_change_that_cannot_be_undone_alone_does_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = Arc::new(start(&path, TABLE));
    let (release, holder) = hold(&writer);
    let threads: Vec<_> = [1, 2, 3]
        .into_iter()
        .map(|number| {
            let writer = Arc::clone(&writer);
            std::thread::spawn(move || {
                writer.submit_blocking(soon(), move |session| {
                    let done = insert(session, number)?;
                    if number != 2 {
                        return Ok(done);
                    }
                    session.db.link.db.execute_batch("RELEASE part")?;
                    Err(StoreError::TooLarge)
                })
            })
        })
        .collect();
    release.send(()).unwrap();
    let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    holder.join().unwrap();
    assert!(matches!(&ends[..], [Ok(_), Err(StoreError::TooLarge), Ok(_)]), "{ends:?}");
    assert_eq!(numbers(&path), [1, 3]);
}

#[test]
fn undone_changes_are_answered_and_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = start(&path, TABLE);
    let id = writer.submit_blocking(soon(), |session| Ok((insert(session, 5)?.0, Verdict::Undo))).unwrap();
    assert_eq!(id, 1);
    assert_eq!(numbers(&path), [] as [i64; 0]);
}

#[test]
fn a_constraint_that_shows_only_at_the_commit_fails_its_own_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = Arc::new(start(
        &path,
        "PRAGMA foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY); \
        CREATE TABLE t (n INTEGER REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO p VALUES (1), (2)",
    ));
    let (release, holder) = hold(&writer);
    let threads: Vec<_> = [1, 7, 2]
        .into_iter()
        .map(|number| {
            let writer = Arc::clone(&writer);
            std::thread::spawn(move || writer.submit_blocking(soon(), move |session| insert(session, number)))
        })
        .collect();
    release.send(()).unwrap();
    let ends: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    holder.join().unwrap();
    assert!(ends[0].is_ok() && ends[2].is_ok(), "{ends:?}");
    assert!(matches!(&ends[1], Err(StoreError::Dialect(error)) if error.code() == 1569), "{ends:?}");
    assert_eq!(numbers(&path), [1, 2]);
}

#[test]
fn a_change_over_its_deadline_is_interrupted_and_does_not_take_others_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = Arc::new(start(&path, TABLE));
    let (release, holder) = hold(&writer);
    let runs = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&runs);
    let first = Arc::clone(&writer);
    let good = std::thread::spawn(move || {
        first.submit_blocking(soon(), move |session| {
            counted.fetch_add(1, Ordering::SeqCst);
            insert(session, 1)
        })
    });
    let second = Arc::clone(&writer);
    let endless = std::thread::spawn(move || {
        let deadline = Instant::now() + Duration::from_millis(300);
        second.submit_blocking(deadline, |session| {
            let sql = "WITH RECURSIVE c(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c) INSERT INTO t (n) SELECT x FROM c";
            session.db.link.db.execute(sql, [])?;
            Ok(((), Verdict::Keep))
        })
    });
    release.send(()).unwrap();
    assert!(matches!(endless.join().unwrap(), Err(StoreError::Timeout)));
    good.join().unwrap().unwrap();
    holder.join().unwrap();
    assert_eq!(numbers(&path), [1]);
    assert!((1..=2).contains(&runs.load(Ordering::SeqCst)), "it runs again when the other took the transaction with it");
}

#[test]
fn a_database_held_by_another_program_is_waited_for_until_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let writer = start(&path, TABLE);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let end = writer.submit_blocking(Instant::now() + Duration::from_millis(100), |session| insert(session, 1));
    assert!(matches!(end, Err(StoreError::Busy)), "{end:?}");
    other.execute_batch("COMMIT").unwrap();
    writer.submit_blocking(soon(), |session| insert(session, 2)).unwrap();
    assert_eq!(numbers(&path), [2]);
}
