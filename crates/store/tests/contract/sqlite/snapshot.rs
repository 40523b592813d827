//! Copies of one moment of a store that is being used.

use super::killed::{path_from_parent, start};
use super::{SERVER, database, files_in};
use crate::fixture::{HOUR, act, admit, anyang, draw, keyring, member, mentee, room, settle};
use kkanbu_keys::ServerId;
use kkanbu_model::RoomAct;
use kkanbu_store::Store;
use kkanbu_store::sqlite::{OpenError, Snapshot, SqliteLimits, SqliteStore, check_copy, verify_audit};
use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

async fn in_use() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    for number in 0..10 {
        settle(&store, &room("plaza"), number).await;
    }
    (folder, store)
}

fn target() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.sqlite");
    (folder, path)
}

#[tokio::test]
async fn a_copy_is_of_its_moment() {
    let (folder, store) = in_use().await;
    act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap();
    let head = store.audit_head().await.unwrap();
    let snapshot = Snapshot::begin(&database(&folder)).unwrap();
    for number in 10..20 {
        settle(&store, &room("plaza"), number).await;
        act(&store, &room("plaza"), &RoomAct::Slow(number), number).await.unwrap();
    }
    let (_target, to) = target();
    snapshot.write(&to).unwrap();
    drop(snapshot);
    assert_eq!(verify_audit(&to).unwrap().head, head);
    let copy = SqliteStore::open(&to, SERVER, keyring()).unwrap();
    assert_eq!(copy.members(&room("plaza")).await.unwrap()[&mentee()], 10);
    assert_eq!(copy.role(&anyang().id, &member(9)).await, Ok(Some(mentee())));
    assert_eq!(copy.role(&anyang().id, &member(10)).await, Ok(None));
    assert_eq!(copy.pending().await.unwrap().len(), 1);
    assert_eq!(store.members(&room("plaza")).await.unwrap()[&mentee()], 20, "the store went on");
}

#[tokio::test]
async fn a_copy_is_one_sound_file_that_only_its_owner_reads() {
    let (folder, store) = in_use().await;
    let (target, to) = target();
    Snapshot::begin(&database(&folder)).unwrap().write(&to).unwrap();
    let files = files_in(target.path());
    assert_eq!(files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["copy.sqlite"]);
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(files[0].1[18..20], [1, 1], "no write-ahead log");
    check_copy(&to, SERVER).unwrap();
    assert!(files_in(target.path()) == files, "checking changes nothing");
    let again = Snapshot::begin(&database(&folder)).unwrap().write(&to);
    assert!(matches!(again, Err(OpenError::AlreadyThere(_))));
    // In the order of its keys: nothing but random bytes differs from a copy of the closed store.
    store.close().await;
    assert_eq!(fs::metadata(&to).unwrap().len(), fs::metadata(database(&folder)).unwrap().len());
}

#[tokio::test]
async fn whether_something_was_committed_since_is_known() {
    let (folder, store) = in_use().await;
    let begin = || Snapshot::begin(&database(&folder)).unwrap();
    let snapshot = begin();
    assert!(snapshot.is_current().unwrap());
    store.members(&room("plaza")).await.unwrap();
    assert!(snapshot.is_current().unwrap(), "reading commits nothing");
    admit(&store, 30, &mentee()).await;
    assert!(!snapshot.is_current().unwrap());
    assert!(!snapshot.is_current().unwrap(), "and stays so");
    let snapshot = begin();
    store.confirm(7).await.unwrap();
    store.leave(&room("plaza"), &member(3)).await.unwrap();
    assert!(!snapshot.is_current().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_looked_at_meanwhile_is_of_the_same_moment() {
    let (folder, store) = in_use().await;
    let writer = {
        let store = Arc::clone(&store);
        tokio::task::JoinSet::from_iter([async move {
            for number in 0..300 {
                act(&store, &room("plaza"), &RoomAct::Slow(number), number).await.unwrap();
                tokio::time::sleep(Duration::from_millis(u64::from(number % 7))).await;
            }
        }])
    };
    let (mut current, mut overtaken) = (0, 0);
    while current < 5 {
        let snapshot = Snapshot::begin(&database(&folder)).unwrap();
        // Stands for the moment of the rooms' logs.
        let head = store.audit_head().await.unwrap();
        if overtaken == 0 {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        if !snapshot.is_current().unwrap() {
            overtaken += 1;
            continue;
        }
        let (_target, to) = target();
        snapshot.write(&to).unwrap();
        assert_eq!(verify_audit(&to).unwrap().head, head);
        current += 1;
    }
    assert!(overtaken > 0, "the test meets both");
    writer.join_all().await;
}

#[tokio::test]
async fn the_server_writes_while_a_snapshot_is_held_and_tidies_after_it() {
    let (folder, store) = in_use().await;
    store.close().await;
    let snapshot = Snapshot::begin(&database(&folder)).unwrap();
    let limits = SqliteLimits { layout_kept: Duration::from_millis(500), ..SqliteLimits::default() };
    let opened = SqliteStore::open_with(&database(&folder), SERVER, keyring(), &limits);
    let store: Arc<dyn Store> = Arc::new(opened.expect("the lock is the server's alone"));
    for number in 10..20 {
        settle(&store, &room("plaza"), number).await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    settle(&store, &room("plaza"), 20).await;
    let (_target, to) = target();
    snapshot.write(&to).unwrap();
    drop(snapshot);
    let wal = folder.path().join("store.sqlite-wal");
    for _ in 0..500 {
        if fs::metadata(&wal).unwrap().len() == 0 {
            return check_copy(&to, SERVER).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the write-ahead log is never emptied");
}

/// Not a test: the other process, that copies.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn copy_from_another_process() {
    let from = path_from_parent();
    let snapshot = Snapshot::begin(&from).unwrap();
    println!("\nbegun");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!snapshot.is_current().unwrap());
    snapshot.write(&from.with_file_name("copy.sqlite")).unwrap();
    println!("\nwritten");
}

#[tokio::test]
async fn another_process_copies_while_this_one_writes() {
    let (folder, store) = in_use().await;
    let mut child = start("sqlite::snapshot::copy_from_another_process", "", &database(&folder));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "begun"));
    settle(&store, &room("plaza"), 10).await;
    act(&store, &room("plaza"), &RoomAct::Remove(draw(10).handle), 1).await.unwrap();
    assert!(lines.any(|line| line == "written"));
    assert!(child.wait().unwrap().success());
    let copy = folder.path().join("copy.sqlite");
    check_copy(&copy, SERVER).unwrap();
    assert_eq!(verify_audit(&copy).unwrap().entries, 1);
    store.check().await.unwrap();
    assert_eq!(verify_audit(&database(&folder)).unwrap().entries, 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_copy_is_told() {
    let (folder, _store) = in_use().await;
    let (_target, to) = target();
    assert!(matches!(check_copy(&to, SERVER), Err(OpenError::Missing(_))));
    assert!(matches!(Snapshot::begin(&to), Err(OpenError::Missing(_))));
    Snapshot::begin(&database(&folder)).unwrap().write(&to).unwrap();
    let other = check_copy(&to, ServerId::from_bytes([5; 16]));
    assert!(matches!(other, Err(OpenError::OtherServer(_))));
    let whole = fs::read(&to).unwrap();
    for (version, newer) in [(3, true), (0, false)] {
        Connection::open(&to).unwrap().pragma_update(None, "user_version", version).unwrap();
        let error = check_copy(&to, SERVER).unwrap_err();
        assert_eq!(matches!(error, OpenError::NewerSchema { .. }), newer);
        assert_eq!(matches!(error, OpenError::OlderSchema { .. }), !newer);
    }
    fs::write(&to, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(check_copy(&to, SERVER), Err(OpenError::Damaged { .. })));
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xFF);
        fs::write(&to, bytes).unwrap();
        let error = check_copy(&to, SERVER).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "page {page}: {error}");
    }
    for content in [&b""[..], b"x", b"SQLite format 3", &[b'x'; 511], &[b'x'; 10_000]] {
        fs::write(&to, content).unwrap();
        assert!(matches!(check_copy(&to, SERVER), Err(OpenError::NotADatabase(_))), "{}", content.len());
        assert!(matches!(Snapshot::begin(&to), Err(OpenError::NotADatabase(_))), "{}", content.len());
    }
    fs::write(&to, whole).unwrap();
    check_copy(&to, SERVER).unwrap();
}
