//! A real process, killed while it writes: what it acknowledged is there.

use super::{SERVER, database};
use crate::fixture::{anyang, draw, keyring, member, mentee, room};
use kkanbu_store::sqlite::SqliteStore;
use kkanbu_store::{JoinError, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

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
    store.create_programme(&anyang()).await.unwrap();
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
