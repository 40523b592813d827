//! A real process, killed while it writes: what it acknowledged is there.

use super::{SERVER, database};
use crate::fixture::{HOUR, act, anyang, draw, keyring, member, mentee, notice, room, settle};
use kkanbu_model::{Minute, RoomAct};
use kkanbu_store::sqlite::{SqliteStore, verify_audit};
use kkanbu_store::{JoinError, Store};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Starts `child` below in a process of its own, through this shell prefix.
pub(super) fn start(child: &str, prefix: &str, path: &std::path::Path) -> Child {
    let exe = std::env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &format!("{prefix} exec \"$0\" \"$@\"")])
        .arg(exe)
        .args(["--exact", child, "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", path.display()).unwrap();
    child
}

/// The path that `start` gave.
pub(super) fn path_from_parent() -> PathBuf {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    PathBuf::from(line.trim_end())
}

/// Not a test: the process that is killed. It says what was acknowledged, a line each.
#[tokio::test]
#[ignore = "run by the test below, in a process of its own"]
async fn come_post_and_leave_until_killed() {
    let path = path_from_parent();
    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    store.admit(&anyang().id, &member(0), &mentee()).await.unwrap();
    for number in 0..1_000_000 {
        let handle = store.join(&room("plaza"), &member(0), draw(number)).await.unwrap().handle;
        store.mark_posted(&room("plaza"), &member(0), &handle).await.unwrap();
        store.leave(&room("plaza"), &member(0)).await.unwrap();
        println!("\nacknowledged {number}");
    }
}

#[tokio::test]
async fn what_a_killed_process_acknowledged_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store = SqliteStore::create(&path, SERVER, keyring()).unwrap();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    store.close().await;
    let mut child = start("sqlite::killed::come_post_and_leave_until_killed", "", &path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged = 0;
    while acknowledged < 50 {
        let line = lines.next().expect("the child writes until it is killed");
        acknowledged += u32::from(line.starts_with("acknowledged"));
    }
    child.kill().unwrap();
    acknowledged += u32::try_from(lines.filter(|line| line.starts_with("acknowledged")).count()).unwrap();
    child.wait().unwrap();

    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    assert_eq!(store.role(&anyang().id, &member(0)).await, Ok(Some(mentee())));
    store.leave(&room("plaza"), &member(0)).await.unwrap();
    for number in 0..acknowledged {
        let joined = store.join(&room("plaza"), &member(0), draw(number)).await;
        assert_eq!(joined, Err(JoinError::HandleTaken), "{number} of {acknowledged}");
    }
}

/// What the process below does under the key of command `number`.
fn act_of(number: u32) -> RoomAct {
    match number % 4 {
        0 => RoomAct::Mute(draw(0).handle, Minute::new(u64::from(number) + 1)),
        1 => notice(&"공지 ".repeat(usize::try_from(number).unwrap() % 100)),
        2 => RoomAct::Slow(number),
        _ => RoomAct::Freeze,
    }
}

/// Whether the process below confirms the act with this number.
fn confirms(number: u64) -> bool {
    number.is_multiple_of(3)
}

/// Not a test: the process that is killed. It says what was acknowledged, a line each.
#[tokio::test]
#[ignore = "run by the test below, in a process of its own"]
async fn act_until_killed() {
    let path = path_from_parent();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SERVER, keyring()).unwrap());
    for number in 0..1_000_000 {
        let acted = act(&store, &room("plaza"), &act_of(number), number).await.unwrap();
        println!("\nacted {number}");
        if confirms(acted.number) {
            store.confirm(acted.number).await.unwrap();
            println!("\nconfirmed {}", acted.number);
        }
    }
}

#[tokio::test]
async fn no_act_of_a_killed_process_is_half_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&path, SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    settle(&store, &room("plaza"), 0).await;
    store.close().await;
    // Of keys: how many were acknowledged before.
    let mut acted_before = 0_u32;
    for turn in 1..=4 {
        let mut child = start("sqlite::killed::act_until_killed", "", &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = Vec::new();
        while said.iter().filter(|line: &&String| line.starts_with("acted")).count() < 30 * turn {
            said.push(lines.next().expect("the child writes until it is killed"));
        }
        child.kill().unwrap();
        said.extend(lines);
        child.wait().unwrap();

        let proven = verify_audit(&path).unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, SERVER, keyring()).unwrap());
        assert_eq!(store.audit_head().await.unwrap(), proven.head);
        let entries = store.audit(1, usize::MAX).await.unwrap();
        let acted = u32::try_from(said.iter().filter(|line| line.starts_with("acted")).count()).unwrap();
        let acts = u32::try_from(entries.len()).unwrap();
        assert!(acts == acted.max(acted_before) || acts == acted.max(acted_before) + 1, "{acts} of {acted}");
        let pending: BTreeSet<u64> = store.pending().await.unwrap().iter().map(|waits| waits.number).collect();
        let mut until = None;
        for (number, entry) in (0..).zip(&entries) {
            let (_, did) = entry.detail.as_ref().unwrap();
            assert_eq!(*did, act_of(number));
            let waits = did.event().is_some() && !confirms(entry.number);
            let last = entry.number == proven.entries;
            assert!(pending.contains(&entry.number) == waits || (last && confirms(entry.number)), "{}", entry.number);
            if let RoomAct::Mute(_, minute) = did {
                until = Some(*minute);
            }
            let again = act(&store, &room("plaza"), did, number).await.unwrap();
            assert_eq!((again.number, again.again), (entry.number, true));
        }
        let membership = store.membership(&room("plaza"), &member(0)).await.unwrap().unwrap();
        assert_eq!(membership.sanction.muted_until, until, "the act's state is that of the last entry");
        assert_eq!(store.audit_head().await.unwrap(), proven.head);
        acted_before = acts;
        store.close().await;
    }
}
