//! A disk that takes no more: here the operating system refuses to let any file grow beyond a limit.

use super::killed::{path_from_parent, start};
use super::{SERVER, database};
use crate::fixture::{anyang, draw, keyring, member, mentee, room};
use kkanbu_store::sqlite::SqliteStore;
use kkanbu_store::{JoinError, Store, StoreError};
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// Not a test: the process whose files can't grow. The limit is met by the write-ahead log first.
#[tokio::test]
#[ignore = "run by the test below, in a process of its own"]
async fn write_until_the_disk_is_full() {
    let path = path_from_parent();
    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    store.admit(&anyang().id, &member(0), &mentee()).await.unwrap();
    let mut acknowledged = 0;
    let error = loop {
        let joined = store.join(&room("plaza"), &member(0), draw(acknowledged)).await;
        let Ok(membership) = joined else { break joined.map(|_| ()).unwrap_err() };
        if let Err(error) = store.mark_posted(&room("plaza"), &member(0), &membership.handle).await {
            break JoinError::Store(StoreError::Unavailable { reason: error.to_string() });
        }
        // The handle is not to be had again from now on, whether or not leaving works.
        acknowledged += 1;
        assert!(acknowledged < 10_000, "the disk is never full");
        if let Err(error) = store.leave(&room("plaza"), &member(0)).await {
            break JoinError::Store(error);
        }
    };
    assert!(matches!(error, JoinError::Store(StoreError::Unavailable { .. })), "{error:?}");
    // Still full, still there: it answers, and what it can read it reads.
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert_eq!(store.role(&anyang().id, &member(0)).await, Ok(Some(mentee())));
    println!("\nacknowledged {acknowledged}");
    // Killed by the parent, or gone after a while.
    tokio::time::sleep(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store = SqliteStore::create(&path, SERVER, keyring()).unwrap();
    store.create_programme(&anyang()).await.unwrap();
    store.close().await;
    // 400 blocks of 512 bytes. Without the trap, the process would be killed instead of refused.
    let child = "sqlite::full_disk::write_until_the_disk_is_full";
    let mut child = start(child, "trap '' XFSZ; ulimit -f 400;", &path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let acknowledged: u32 = lines
        .find_map(|line| line.strip_prefix("acknowledged ").and_then(|count| count.parse().ok()))
        .expect("the child says how far it got");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(acknowledged > 5);

    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    store.check().await.unwrap();
    store.leave(&room("plaza"), &member(0)).await.unwrap();
    for number in 0..acknowledged {
        let joined = store.join(&room("plaza"), &member(0), draw(number)).await;
        assert_eq!(joined, Err(JoinError::HandleTaken), "{number} of {acknowledged}");
    }
}
