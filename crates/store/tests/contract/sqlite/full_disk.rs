//! A disk that takes no more: here the operating system refuses to let any file grow beyond a limit.

use super::killed::{path_from_parent, start};
use super::{SERVER, database};
use crate::fixture::{HOUR, act, anyang, draw, keyring, member, mentee, notice, room, settle};
use kkanbu_model::{Minute, RoomAct};
use kkanbu_store::sqlite::{SqliteStore, verify_audit};
use kkanbu_store::{ActError, JoinError, Store, StoreError};
use std::io::{BufRead, BufReader};
use std::sync::Arc;
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
    store.create_programme(&anyang(), HOUR).await.unwrap();
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

/// What the process below does under the key of command `number`.
fn act_of(number: u32) -> RoomAct {
    if number.is_multiple_of(2) {
        RoomAct::Mute(draw(0).handle, Minute::new(u64::from(number) + 1))
    } else {
        notice(&"a".repeat(2_000))
    }
}

/// Not a test: the process whose files can't grow.
#[tokio::test]
#[ignore = "run by the test below, in a process of its own"]
async fn act_until_the_disk_is_full() {
    let path = path_from_parent();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SERVER, keyring()).unwrap());
    let mut acknowledged = 0;
    let error = loop {
        match act(&store, &room("plaza"), &act_of(acknowledged), acknowledged).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 10_000, "the disk is never full");
    };
    assert!(matches!(error, ActError::Store(StoreError::Unavailable { .. })), "{error:?}");
    // The act that failed left nothing: no entry, nothing that waits, no other end of the mute.
    let entries = store.audit(1, usize::MAX).await.unwrap();
    assert_eq!(entries.len(), usize::try_from(acknowledged).unwrap());
    assert_eq!(store.pending().await.unwrap().len(), entries.len() / 2);
    let membership = store.membership(&room("plaza"), &member(0)).await.unwrap().unwrap();
    let last = u64::from((acknowledged - 1) / 2 * 2) + 1;
    assert_eq!(membership.sanction.muted_until, Some(Minute::new(last)));
    println!("\nacknowledged {acknowledged}");
    tokio::time::sleep(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn an_act_on_a_full_disk_is_not_done_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&path, SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    settle(&store, &room("plaza"), 0).await;
    store.close().await;
    let child = "sqlite::full_disk::act_until_the_disk_is_full";
    let mut child = start(child, "trap '' XFSZ; ulimit -f 800;", &path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let acknowledged: u32 = lines
        .find_map(|line| line.strip_prefix("acknowledged ").and_then(|count| count.parse().ok()))
        .expect("the child says how far it got");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(acknowledged > 5);
    assert_eq!(verify_audit(&path).unwrap().entries, u64::from(acknowledged) + 1);

    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SERVER, keyring()).unwrap());
    let acted = act(&store, &room("plaza"), &act_of(acknowledged), acknowledged).await.unwrap();
    assert_eq!((acted.number, acted.again), (u64::from(acknowledged) + 2, false), "with room again, it is done");
    assert_eq!(verify_audit(&path).unwrap().head, store.audit_head().await.unwrap());
}
