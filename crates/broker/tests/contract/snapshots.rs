//! Consistent copies of a log that a server writes, and what becomes of them.

use crate::engines::memory_sqlite::{MemorySqlite, SERVER};
use crate::harness::{EngineUnderTest, PLAZA, keyring, limits, post, publish, publish_posts, read_all, room};
use crate::other_process::{OtherProcess, say, wait};
use crate::suite::retention::{offsets, sealed_at, traces};
use kkanbu_broker::memory::{MemoryBroker, OpenError, Snapshot, SqliteJournal};
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_model::{Epoch, Offset, Publication};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ANOTHER_PROCESS: &str = "snapshots::another_process_takes_a_snapshot";

/// Not a test, but what another process does in some.
#[test]
#[ignore = "a part of other tests"]
fn another_process_takes_a_snapshot() {
    if !Path::new("log.sqlite").exists() {
        return;
    }
    let snapshot = Snapshot::begin(Path::new("log.sqlite")).unwrap();
    say("begun");
    wait();
    snapshot.write_to(Path::new("copy.sqlite")).unwrap();
    say("written");
    wait();
}

async fn engine() -> MemorySqlite {
    MemorySqlite::start(keyring(), limits()).await
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join("log.sqlite")
}

/// Another process that has begun a snapshot.
fn begun(engine: &MemorySqlite) -> OtherProcess {
    let mut process = OtherProcess::run(ANOTHER_PROCESS, engine.folder());
    process.says("begun").unwrap();
    process
}

/// The log that a server finds in this file.
async fn log_of(path: &Path) -> Vec<Arc<Publication>> {
    let journal = SqliteJournal::open(path, SERVER).unwrap();
    let broker = MemoryBroker::start(journal, keyring(), &limits()).unwrap();
    let log = read_all(&broker, &PLAZA, 500).await;
    broker.close().await;
    log
}

/// A copy in a folder of its own.
async fn copy() -> (tempfile::TempDir, PathBuf) {
    let engine = engine().await;
    for at in [&*PLAZA, &room("topic-1"), &room("topic-2")] {
        publish_posts(&*engine.broker(), at, 100).await;
    }
    let folder = tempfile::tempdir().unwrap();
    // SQLite gives names a meaning that has to be kept from it.
    let target = folder.path().join("a copy?mode=rw&x%41#1.sqlite");
    Snapshot::begin(&log_in(engine.folder())).unwrap().write_to(&target).unwrap();
    engine.broker().close().await;
    (folder, target)
}

fn epochs(path: &Path) -> Vec<(String, i64)> {
    let connection = Connection::open(path).unwrap();
    let mut select = connection.prepare("SELECT room, epoch FROM rooms ORDER BY room").unwrap();
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_is_the_log_of_its_moment_while_the_server_goes_on() {
    let engine = engine().await;
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 300).await;
    let before = read_all(&*broker, &PLAZA, 500).await;
    let mut process = begun(&engine);
    // More than the write-ahead log keeps before it is copied back of itself.
    publish_posts(&*broker, &PLAZA, 1_200).await;
    process.go_on();
    process.says("written").unwrap();
    publish(&*broker, &PLAZA, post("after it")).await;
    process.go_on();
    process.ends_well();

    let copy = engine.folder().join("copy.sqlite");
    assert_eq!(log_of(&copy).await, before);
    assert_eq!(read_all(&*broker, &PLAZA, 500).await.len(), 1_501);
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_snapshot_delays_only_the_scrubbing() {
    let engine = engine().await;
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 50).await;
    let gone = sealed_at(&engine, &PLAZA, &offsets(1..=20)).await;
    let mut process = begun(&engine);
    let busy = broker.trim(&PLAZA, Offset::new(21)).await;
    assert!(matches!(busy, Err(BrokerError::Unavailable { .. })), "{busy:?}");
    process.go_on();
    process.says("written").unwrap();
    process.go_on();
    process.ends_well();
    fs::remove_file(engine.folder().join("copy.sqlite")).unwrap();
    assert_eq!(traces(&engine, &gone).await, 20);
    broker.trim(&PLAZA, Offset::new(21)).await.unwrap();
    assert_eq!(traces(&engine, &gone).await, 0);
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_stops_and_starts_while_a_snapshot_is_held() {
    let engine = engine().await;
    publish_posts(&*engine.broker(), &PLAZA, 100).await;
    let mut process = begun(&engine);
    for _ in 0..2 {
        engine.restart().await;
        publish_posts(&*engine.broker(), &PLAZA, 100).await;
    }
    let gone = sealed_at(&engine, &PLAZA, &offsets([1, 2])).await;
    assert!(engine.broker().erase(&PLAZA, &offsets([1, 2])).await.is_err());
    engine.restart().await;
    engine.broker().close().await;
    process.go_on();
    process.says("written").unwrap();
    process.go_on();
    process.ends_well();
    let copy = engine.folder().join("copy.sqlite");
    assert_eq!(log_of(&copy).await.len(), 100);
    fs::remove_file(copy).unwrap();
    assert_eq!(log_of(&log_in(engine.folder())).await.len(), 300);
    assert_eq!(traces(&engine, &gone).await, 0, "what a snapshot had delayed is done at the next start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_snapshot_never_writes_to_the_log() {
    let engine = engine().await;
    publish_posts(&*engine.broker(), &PLAZA, 300).await;
    // As a killed server leaves it: the write-ahead log is not copied back.
    let folder = tempfile::tempdir().unwrap();
    for name in ["log.sqlite", "log.sqlite-wal"] {
        fs::copy(engine.folder().join(name), folder.path().join(name)).unwrap();
    }
    let files = || ["log.sqlite", "log.sqlite-wal"].map(|name| fs::read(folder.path().join(name)).unwrap());
    let before = files();
    let mut process = OtherProcess::run(ANOTHER_PROCESS, folder.path());
    process.says("begun").unwrap();
    process.go_on();
    process.says("written").unwrap();
    process.go_on();
    process.ends_well();
    assert!(before == files());
    assert_eq!(log_of(&folder.path().join("copy.sqlite")).await.len(), 300);
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_is_one_private_file_that_holds_nothing_else() {
    let engine = engine().await;
    let broker = engine.broker();
    for at in [&*PLAZA, &room("topic-1")] {
        publish_posts(&*broker, at, 400).await;
    }
    let gone = sealed_at(&engine, &PLAZA, &offsets(1..=300)).await;
    engine.restart().await;
    // Deleted, and by mistake not scrubbed: the copy is clean all the same.
    let connection = Connection::open(log_in(engine.folder())).unwrap();
    connection.pragma_update(None, "secure_delete", false).unwrap();
    let delete = "BEGIN; DELETE FROM publications WHERE room = 'plaza' AND offset <= 300;
                  UPDATE rooms SET kept_from = 301 WHERE room = 'plaza'; COMMIT";
    connection.execute_batch(delete).unwrap();
    assert_eq!(traces(&engine, &gone).await, 300);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("log.sqlite");
    Snapshot::begin(&log_in(engine.folder())).unwrap().write_to(&target).unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files, std::slice::from_ref(&target));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&target).unwrap();
    assert!(gone.iter().all(|sealed| !bytes.windows(64).any(|window| window == &sealed[..64])));
    let mode: String =
        Connection::open(&target).unwrap().pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_is_never_written_over_anything_and_a_torn_one_is_replaced() {
    let engine = engine().await;
    publish_posts(&*engine.broker(), &PLAZA, 10).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("log.sqlite");
    let snapshot = Snapshot::begin(&log_in(engine.folder())).unwrap();
    assert_eq!(snapshot.server(), SERVER);
    fs::write(&target, b"precious").unwrap();
    assert!(matches!(snapshot.write_to(&target), Err(OpenError::AlreadyThere(_))));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    fs::remove_file(&target).unwrap();
    fs::write(folder.path().join("log.partial"), b"torn").unwrap();
    snapshot.write_to(&target).unwrap();
    assert!(matches!(snapshot.write_to(&folder.path().join("no/folder")), Err(OpenError::Refused { .. })));
    drop(snapshot);

    // A log that is damaged makes no copy.
    engine.restart().await;
    let sql = "DELETE FROM publications WHERE offset = 10";
    Connection::open(log_in(engine.folder())).unwrap().execute_batch(sql).unwrap();
    let snapshot = Snapshot::begin(&log_in(engine.folder())).unwrap();
    let other = folder.path().join("other.sqlite");
    assert!(matches!(snapshot.write_to(&other), Err(OpenError::Damaged { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing of it stays");
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn checking_a_copy_finds_what_is_wrong_and_changes_nothing() {
    let (folder, path) = copy().await;
    let before = fs::read(&path).unwrap();
    assert_eq!(SqliteJournal::check_copy(&path).unwrap(), SERVER);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let refusal = |sql: &str| {
        fs::write(&path, &before).unwrap();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        SqliteJournal::check_copy(&path).unwrap_err()
    };
    assert!(matches!(refusal("PRAGMA user_version = 3"), OpenError::Newer { found: 3, .. }));
    assert!(matches!(refusal("PRAGMA application_id = 2"), OpenError::NotALog(_)));
    for lost in ["> 90", "< 10", "= 50", "> 0"] {
        let error = refusal(&format!("DELETE FROM publications WHERE room = 'plaza' AND offset {lost}"));
        assert!(matches!(error, OpenError::Damaged { .. }), "{lost}: {error}");
    }
    fs::write(&path, &before[..before.len() / 2]).unwrap();
    assert!(matches!(SqliteJournal::check_copy(&path), Err(OpenError::Damaged { .. })));
    let mut overwritten = before.clone();
    overwritten[8_192..12_288].fill(0xAA);
    fs::write(&path, overwritten).unwrap();
    assert!(matches!(SqliteJournal::check_copy(&path), Err(OpenError::Damaged { .. })));
    fs::remove_file(&path).unwrap();
    assert!(matches!(SqliteJournal::check_copy(&path), Err(OpenError::Missing(_))));
    assert!(matches!(SqliteJournal::begin_epochs_in(&path), Err(OpenError::Missing(_))));
    assert!(matches!(Snapshot::begin(&path), Err(OpenError::Missing(_))));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_in_use_is_no_copy() {
    let engine = engine().await;
    publish_posts(&*engine.broker(), &PLAZA, 10).await;
    let path = log_in(engine.folder());
    assert!(matches!(SqliteJournal::check_copy(&path), Err(OpenError::Refused { .. })));
    let before = epochs(&path);
    assert!(matches!(SqliteJournal::begin_epochs_in(&path), Err(OpenError::Refused { .. })));
    assert_eq!(epochs(&path), before);
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_room_of_a_copy_gets_an_epoch_of_its_own() {
    let (folder, path) = copy().await;
    let (before, log) = (epochs(&path), fs::read(&path).unwrap());
    assert_eq!(SqliteJournal::begin_epochs_in(&path).unwrap(), 3);
    let after = epochs(&path);
    let numbers: HashSet<_> = before.iter().chain(&after).map(|(_, epoch)| *epoch).collect();
    assert_eq!(numbers.len(), 6);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::read(&path).unwrap().len(), log.len());
    SqliteJournal::check_copy(&path).unwrap();

    let journal = SqliteJournal::open(&path, SERVER).unwrap();
    let broker = MemoryBroker::start(journal, keyring(), &limits()).unwrap();
    let head = broker.head(&PLAZA).await.unwrap().position;
    assert_eq!(head.offset, Offset::new(100));
    let told = after.iter().find(|(room, _)| room == "plaza").map(|(_, epoch)| Epoch::new(epoch.cast_unsigned()));
    assert_eq!(Some(head.epoch), told);
    assert_eq!(publish(&broker, &PLAZA, post("goes on")).await, Offset::new(101));
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_that_somebody_has_open_gets_no_epochs() {
    let (_folder, path) = copy().await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM rooms").unwrap();
    let before = epochs(&path);
    assert!(matches!(SqliteJournal::begin_epochs_in(&path), Err(OpenError::Locked(_))));
    assert_eq!(epochs(&path), before);
}
