//! Each limit of the `SQLite` store, crossed.

use super::{SERVER, database};
use crate::fixture::{HOUR, admit, anyang, draw, keyring, member, mentee, room, settle};
use kkanbu_store::sqlite::{SqliteLimits, SqliteStore};
use kkanbu_store::{AdmitError, JoinError, Store, StoreError};
use rusqlite::Connection;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;
use tokio::task::JoinSet;

async fn with(limits: SqliteLimits) -> (TempDir, Arc<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let created = SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap();
    created.create_programme(&anyang(), HOUR).await.unwrap();
    created.close().await;
    let store = SqliteStore::open_with(&database(&folder), SERVER, keyring(), &limits).unwrap();
    (folder, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_of_writes_is_overloaded_and_loses_nothing() {
    let (folder, store) = with(SqliteLimits { writes_waiting_max: 4, ..SqliteLimits::default() }).await;
    let blocker = Connection::open(database(&folder)).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..30 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { (number, store.admit(&anyang().id, &member(number), &mentee()).await) });
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    blocker.execute_batch("COMMIT").unwrap();
    let answers = tasks.join_all().await;
    let overloaded = answers.iter().filter(|(_, answer)| *answer == Err(AdmitError::Store(StoreError::Overloaded)));
    // The writer holds one group, of at most what the queue held, and the queue is full again behind it.
    assert!(overloaded.count() >= 30 - 2 * 4 - 1);
    for (number, answer) in answers {
        assert_eq!(store.role(&anyang().id, &member(number)).await, Ok(answer.ok()));
    }
}

#[tokio::test]
async fn a_database_that_stays_blocked_is_unavailable_and_comes_back() {
    let (folder, store) = with(SqliteLimits::default()).await;
    let blocker = Connection::open(database(&folder)).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(None), "reads go on");
    blocker.execute_batch("ROLLBACK").unwrap();
    store.check().await.unwrap();
}

#[test]
fn too_many_reads_are_overloaded() {
    // One blocking thread, and that is busy: no read is done before this test lets it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (_folder, store) = with(SqliteLimits { reads_waiting_max: 3, ..SqliteLimits::default() }).await;
        let (let_go, busy) = std::sync::mpsc::sync_channel::<()>(0);
        let thread = tokio::task::spawn_blocking(move || busy.recv());
        let plaza = room("plaza");
        let mut reads: Vec<_> = (0..10).map(|_| Box::pin(store.members(&plaza))).collect();
        let mut context = Context::from_waker(Waker::noop());
        let mut refused = 0;
        for read in &mut reads {
            refused += u32::from(read.as_mut().poll(&mut context) == Poll::Ready(Err(StoreError::Overloaded)));
        }
        assert_eq!(refused, 7);
        // Giving up frees the places of those that wait, once those that were begun are done.
        drop(reads);
        let_go.send(()).unwrap();
        thread.await.unwrap().unwrap();
        for _ in 0..10 {
            assert!(store.members(&plaza).await.is_ok());
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_in_memory_or_not_reads_the_same() {
    for kept in [0, 1, 2, 5, 100] {
        let limits = SqliteLimits {
            definitions_kept_max: kept,
            memberships_kept_max: kept,
            rows_known_max: kept,
            ..SqliteLimits::default()
        };
        let (_folder, store) = with(limits).await;
        let shared: Arc<dyn Store> = Arc::<SqliteStore>::clone(&store);
        let mut members = Vec::new();
        for number in 0..10 {
            members.push(Some(settle(&shared, &room("plaza"), number).await));
        }
        members[3] = None;
        assert_eq!(store.leave(&room("plaza"), &member(3)).await, Ok(true));
        for _ in 0..3 {
            for (number, membership) in (0..).zip(&members) {
                assert_eq!(store.membership(&room("plaza"), &member(number)).await.as_ref(), Ok(membership));
                assert_eq!(store.role(&anyang().id, &member(number)).await, Ok(Some(mentee())));
            }
        }
    }
}

#[tokio::test]
async fn reads_of_a_row_wait_where_all_connections_are_lent() {
    let (_folder, store) = with(SqliteLimits { readers: 1, ..SqliteLimits::default() }).await;
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            // One that goes over many rows has the connection, and one of a row finds it lent.
            let read = if number % 2 == 0 { store.audit_head().await.map(drop) } else { Ok(()) };
            read.and(store.role(&anyang().id, &member(number)).await)
        });
    }
    assert!(tasks.join_all().await.into_iter().all(|role| role == Ok(None)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_one_writes_the_same() {
    let (_folder, store) = with(SqliteLimits { group_writes_max: 1, ..SqliteLimits::default() }).await;
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.admit(&anyang().id, &member(number), &mentee()).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|admitted| *admitted).count(), 37);
}

#[tokio::test]
async fn a_full_database_says_so_and_keeps_what_it_acknowledged() {
    let pages = 40;
    let (folder, store) = with(SqliteLimits { pages_max: Some(pages), ..SqliteLimits::default() }).await;
    let shared: Arc<dyn Store> = Arc::<SqliteStore>::clone(&store);
    admit(&shared, 0, &mentee()).await;
    let mut acknowledged = 0;
    let error = loop {
        // One member that comes, posts and leaves again and again: each time a handle that nobody may have any more.
        let drawn = draw(acknowledged);
        let joined = match store.join(&room("plaza"), &member(0), drawn.clone()).await {
            Ok(joined) => joined,
            Err(error) => break error,
        };
        if store.mark_posted(&room("plaza"), &member(0), &joined.handle).await.is_err()
            || store.leave(&room("plaza"), &member(0)).await.is_err()
        {
            break JoinError::Store(StoreError::Unavailable { reason: "full".into() });
        }
        acknowledged += 1;
        assert!(acknowledged < 10_000, "{pages} pages are never full");
    };
    assert!(matches!(error, JoinError::Store(StoreError::Unavailable { .. })), "{error:?}");
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(store.role(&anyang().id, &member(0)).await, Ok(Some(mentee())), "reads go on");
    store.close().await;

    let store = SqliteStore::open(&database(&folder), SERVER, keyring()).unwrap();
    store.check().await.unwrap();
    store.leave(&room("plaza"), &member(0)).await.unwrap();
    for number in 0..acknowledged {
        let joined = store.join(&room("plaza"), &member(0), draw(number)).await;
        assert_eq!(joined, Err(JoinError::HandleTaken), "{number} of {acknowledged}");
    }
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_done() {
    let (_folder, store) = with(SqliteLimits::default()).await;
    {
        let (programme, key, role) = (anyang().id, member(1), mentee());
        let mut admitting = pin!(store.admit(&programme, &key, &role));
        let mut context = Context::from_waker(Waker::noop());
        assert!(admitting.as_mut().poll(&mut context).is_pending());
    }
    store.check().await.unwrap();
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(Some(mentee())));
}

#[tokio::test]
async fn closing_finishes_what_waits() {
    let (folder, store) = with(SqliteLimits::default()).await;
    let (programme, key, role) = (anyang().id, member(1), mentee());
    let mut admitting = Box::pin(store.admit(&programme, &key, &role));
    let mut context = Context::from_waker(Waker::noop());
    assert!(admitting.as_mut().poll(&mut context).is_pending());
    // Whoever waits does not keep the store open.
    store.close().await;
    assert_eq!(admitting.await, Ok(mentee()));
    let store = SqliteStore::open(&database(&folder), SERVER, keyring()).unwrap();
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(Some(mentee())));
}
