//! What is wrong with a file is said, and nothing is ever started empty in its place.

use super::{SERVER, database};
use crate::fixture::{HOUR, anyang, keyring, room, settle};
use kkanbu_keys::ServerId;
use kkanbu_store::Store;
use kkanbu_store::sqlite::{OpenError, SqliteStore};
use rusqlite::Connection;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn open(folder: &TempDir) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(&database(folder), SERVER, keyring())
}

/// A folder with a store that some people are in, closed.
async fn lived_in() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    for number in 0..30 {
        settle(&store, &room("plaza"), number).await;
    }
    store.close().await;
    folder
}

/// Opening fails, says where, and leaves the file as it was.
fn refused(folder: &TempDir) -> OpenError {
    let path = database(folder);
    let before = fs::read(&path).ok();
    let error = open(folder).map(|_| ()).unwrap_err();
    assert_eq!(fs::read(&path).ok(), before, "a refused file is not touched");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

fn run(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_missing_file_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(refused(&folder), OpenError::Missing(_)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_store_is_never_overwritten() {
    let folder = lived_in().await;
    let before = fs::read(database(&folder)).unwrap();
    let created = SqliteStore::create(&database(&folder), SERVER, keyring());
    assert!(matches!(created, Err(OpenError::AlreadyThere(_))));
    assert_eq!(fs::read(database(&folder)).unwrap(), before);
}

#[tokio::test]
async fn what_an_interrupted_creation_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["store.sqlite.partial", "store.sqlite.partial-wal"] {
        fs::write(folder.path().join(name), "rubbish").unwrap();
    }
    let store = SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap();
    store.check().await.unwrap();
    store.close().await;
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_str().unwrap().contains("partial")), "{names:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told() {
    for content in [&b""[..], b"x", b"SQLite format 3", &[b'x'; 10_000]] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(database(&folder), content).unwrap();
        assert!(matches!(refused(&folder), OpenError::NotADatabase(_)));
    }
}

#[tokio::test]
async fn a_database_of_something_else_is_told() {
    let folder = tempfile::tempdir().unwrap();
    run(&database(&folder), "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB)");
    assert!(matches!(refused(&folder), OpenError::Foreign(_)));
}

#[tokio::test]
async fn other_schemas_are_told() {
    let folder = lived_in().await;
    run(&database(&folder), "PRAGMA user_version = 3");
    assert!(matches!(refused(&folder), OpenError::NewerSchema { found: 3, .. }));
    run(&database(&folder), "PRAGMA user_version = 0");
    assert!(matches!(refused(&folder), OpenError::OlderSchema { found: 0, .. }));
    run(&database(&folder), "PRAGMA user_version = 2");
    assert!(open(&folder).is_ok());
}

#[tokio::test]
async fn the_store_of_another_server_is_told() {
    let folder = lived_in().await;
    let other = SqliteStore::open(&database(&folder), ServerId::from_bytes([5; 16]), keyring());
    assert!(matches!(other, Err(OpenError::OtherServer(_))));
    assert!(open(&folder).is_ok(), "the lock was given back");
}

#[tokio::test]
async fn a_file_cut_short_is_told() {
    let whole = fs::read(database(&lived_in().await)).unwrap();
    let page = 4096;
    for length in [50, 100, page, page + 1, whole.len() / 2, whole.len() - page, whole.len() - 1] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(database(&folder), &whole[..length]).unwrap();
        let error = refused(&folder);
        let told = matches!(error, OpenError::Damaged { .. } | OpenError::NotADatabase(_));
        assert!(told, "{length} bytes: {error}");
    }
}

#[tokio::test]
async fn a_corrupt_page_is_told() {
    let whole = fs::read(database(&lived_in().await)).unwrap();
    for page in 1..whole.len() / 4096 {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xFF);
        fs::write(database(&folder), bytes).unwrap();
        let error = refused(&folder);
        assert!(matches!(error, OpenError::Damaged { .. }), "page {page}: {error}");
    }
}

#[tokio::test]
async fn a_store_in_use_is_told() {
    let folder = lived_in().await;
    let first = open(&folder).unwrap();
    let second = open(&folder);
    assert!(matches!(second, Err(OpenError::Locked(_))));
    first.check().await.unwrap();
    first.close().await;
    assert!(open(&folder).is_ok());
}

#[tokio::test]
async fn a_database_that_something_else_holds_is_told() {
    let folder = lived_in().await;
    let other = Connection::open(database(&folder)).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    assert!(matches!(open(&folder), Err(OpenError::Locked(_))));
}

#[tokio::test]
async fn a_dropped_store_lets_go_of_its_file() {
    let folder = lived_in().await;
    drop(open(&folder).unwrap());
    for _ in 0..500 {
        match open(&folder) {
            Err(OpenError::Locked(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return drop(opened.unwrap()),
        }
    }
    panic!("still locked");
}

#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert_eq!(seen, 4, "database, write-ahead log, its shared memory, lock");
}

#[tokio::test]
async fn a_write_ahead_log_cut_by_a_kill_loses_only_its_last_commit() {
    let folder = lived_in().await;
    let store: Arc<dyn Store> = Arc::new(open(&folder).unwrap());
    settle(&store, &room("plaza"), 30).await;
    let copy = super::left_behind(&folder);
    let wal = copy.path().join("store.sqlite-wal");
    let length = fs::metadata(&wal).unwrap().len();
    OpenOptions::new().write(true).open(&wal).unwrap().set_len(length - 7).unwrap();
    let after: Arc<dyn Store> = Arc::new(open(&copy).unwrap());
    let key = crate::fixture::member(30);
    assert!(after.role(&anyang().id, &key).await.unwrap().is_some(), "the commit before is there");
    assert_eq!(after.membership(&room("plaza"), &key).await, Ok(None));
}
