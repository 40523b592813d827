//! Backups from one end to the other: rehearsed, backed up under load, put back elsewhere, read again post by post, proven.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod audit;
mod site;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use kkanbu_client::{Client, Event, Options, PostInfo, Seed};
use site::{Demo, PATIENCE, Site, files, holds, kkanbu, refused, said, starts};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ROOM: &str = "plaza";

/// A member of the rehearsal, who comes in again.
async fn enters(demo: &Demo, site: &Site) -> (Client, kkanbu_client::Events) {
    let members = fs::read_to_string(site.path("members.txt")).unwrap();
    let seed = members.lines().find_map(|line| line.strip_prefix("mentor ")).unwrap();
    let seed = Seed::from_bytes(HEXLOWER.decode(seed.as_bytes()).unwrap().try_into().unwrap());
    let options = Options { wait_max: Duration::from_millis(300), ..Options::joining(&demo.link("mentor"), seed) };
    let (client, events) = Client::connect(options).await.unwrap();
    client.join(ROOM).await.unwrap();
    (client, events)
}

/// A post that nobody touches afterwards, as it must come back.
fn print(post: &PostInfo) -> String {
    format!("{post:?} {:?} {:?}", post.body, post.author)
}

#[tokio::test]
async fn what_was_said_comes_back_elsewhere_post_by_post() {
    let home = tempfile::tempdir().unwrap();
    let site = Site(home.path().join("here"));
    let rehearsed = kkanbu().args(["rehearse", "--kill", "1", "--seconds", "3", "--folder"]).arg(&site.0).output();
    assert!(rehearsed.as_ref().unwrap().status.success(), "{}", said(&rehearsed.unwrap()));
    let demo = site.demo(0);
    let port = demo.port();
    let (client, mut events) = enters(&demo, &site).await;

    // Somebody writes all the time; the backup is taken in the middle.
    let (mut before, mut after) = (0, 0);
    let backup = {
        let taking = tokio::task::spawn_blocking({
            let (site, to) = (Site(site.0.clone()), home.path().to_owned());
            move || {
                std::thread::sleep(Duration::from_millis(700));
                site.backs_up(&to)
            }
        });
        while !taking.is_finished() || after < 3 {
            let done = taking.is_finished();
            let posted = u32::from(client.post(ROOM, &format!("post {before} {after}")).await.is_ok());
            *(if done { &mut after } else { &mut before }) += posted;
            while events.try_next().is_some() {}
            sleep(Duration::from_millis(20)).await;
        }
        taking.await.unwrap()
    };
    assert!(before > 0 && after > 0, "{before} {after}");
    let live: Vec<String> = client.whole_history(ROOM).await.unwrap().iter().map(print).collect();
    drop(demo);

    // Keys and data are copied apart.
    let there = Site::with_keys_of(&home.path().join("there"), &site);
    let restored = there.restores(&backup, &[]);
    assert_eq!(restored["ended"], serde_json::json!([]));
    assert!(restored["rooms"].as_u64().unwrap() > 0);
    fs::copy(site.path("members.txt"), there.path("members.txt")).unwrap();
    let again = there.demo(port);

    // Who resumes with a position of before is told.
    let told = timeout(PATIENCE, async {
        loop {
            if let Some(Event::RoomReset { room, reason, .. }) = events.next().await {
                return (room, reason);
            }
        }
    });
    assert_eq!(told.await.unwrap(), (ROOM.to_owned(), "epoch".to_owned()));
    let kept: Vec<String> = client.whole_history(ROOM).await.unwrap().iter().map(print).collect();
    assert!(kept.len() < live.len(), "the backup is of a moment before the end");
    assert!(kept.len() > live.len() - usize::try_from(before + after).unwrap(), "the posts before are in it");
    assert_eq!(kept, live[..kept.len()]);
    let (newcomer, _) = enters(&again, &there).await;
    newcomer.post(ROOM, "it goes on").await.unwrap();
    again.ends();

    let verified = there.run(&["verify", "audit"]);
    assert!(verified.status.success(), "{}", said(&verified));
    no_key_is_in(&backup, &site);
}

fn no_key_is_in(backup: &Path, site: &Site) {
    let bytes = fs::read(backup).unwrap();
    let mut keys = 0;
    for name in files(&site.path("keys")) {
        let key = fs::read(site.path("keys").join(&name)).unwrap();
        if name.ends_with(".content-key") {
            keys += 1;
            for form in [
                key.clone(),
                HEXLOWER.encode(&key).into_bytes(),
                HEXUPPER.encode(&key).into_bytes(),
                BASE64.encode(&key).as_bytes()[..40].to_vec(),
                BASE64URL_NOPAD.encode(&key).as_bytes()[..40].to_vec(),
            ] {
                assert!(!holds(&bytes, &form), "{name} is in the backup");
            }
        }
        if name == "data-stamp" {
            assert!(!holds(&bytes, &key), "{name} is in the backup");
        }
    }
    assert_eq!(keys, 1);
    // The scan would find what is there.
    assert!(holds(&bytes, b"anyang-2022") && holds(&bytes, &bytes[5_000..5_032]));
}

#[test]
fn a_backup_is_refused_where_it_would_be_lost_or_overwrite() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    let taken = site.backs_up(&home.path().join("one.backup"));
    let kept = fs::read(&taken).unwrap();
    for (to, word) in [
        (taken.clone(), "already there"),
        (site.path("data"), "data folder"),
        (site.path("data/x.backup"), "data folder"),
        (site.path("keys/x.backup"), "key folder"),
        (home.path().join("nowhere/x.backup"), "no folder"),
    ] {
        refused(&site.run(&["backup", "--to", to.to_str().unwrap()]), 64, &[word]);
    }
    std::os::unix::fs::symlink(site.path("data"), home.path().join("link")).unwrap();
    refused(&site.run(&["backup", "--to", home.path().join("link/x").to_str().unwrap()]), 64, &["data folder"]);
    assert_eq!(fs::read(&taken).unwrap(), kept);
    assert_eq!(files(home.path()), ["a", "link", "one.backup"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&taken).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let empty = Site::empty(&home.path().join("b"));
    refused(&empty.run(&["backup", "--to", home.path().to_str().unwrap()]), 74, &["there is no data at"]);
}

#[test]
fn a_full_disk_leaves_nothing_under_the_backups_name() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    let whole = fs::metadata(site.backs_up(&home.path().join("whole"))).unwrap().len();
    for blocks in [40, whole / 1024 - 1] {
        // Files may not grow beyond this, as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} backup --config {}/kkanbu.toml --to {}/x.backup",
            env!("CARGO_BIN_EXE_kkanbu"),
            site.0.display(),
            home.path().display()
        );
        refused(&Command::new("bash").args(["-c", &script]).output().unwrap(), 74, &["partial"]);
        assert_eq!(files(home.path()), ["a", "whole"], "{blocks}");
    }
    starts(&site);
}

#[test]
fn a_restore_never_replaces_data_unasked_and_never_deletes_any() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    let backup = site.backs_up(home.path());
    refused(&site.restore(&backup, &[]), 74, &["has data already", "--replace"]);
    let running = site.demo(0);
    refused(&site.restore(&backup, &["--replace"]), 74, &["another process uses", "stop the server"]);
    drop(running);
    let kept = fs::read(site.path("data/store.sqlite")).unwrap();
    let aside = PathBuf::from(site.restores(&backup, &["--replace"])["set_aside"].as_str().unwrap());
    assert_eq!(fs::read(aside.join("store.sqlite")).unwrap(), kept);
    assert!(aside.join("log.sqlite-wal").exists() && !site.path("data/log.sqlite-wal").exists());
    starts(&site);
    assert!(!files(&site.path("data")).iter().any(|name| name.contains("partial") || name.contains("unfinished")));

    // Without its database, a write-ahead log must not be taken for that of the new one.
    let there = Site::with_keys_of(&home.path().join("b"), &site);
    fs::create_dir(there.path("data")).unwrap();
    fs::write(there.path("data/store.sqlite-wal"), "left over").unwrap();
    there.restores(&backup, &[]);
    starts(&there);

    // Other keys.
    let other = Site::made(&home.path().join("c"));
    refused(&other.restore(&backup, &["--replace"]), 74, &["another server"]);
    let keyless = Site::empty(&home.path().join("d"));
    refused(&keyless.restore(&backup, &[]), 74, &["not a key folder"]);
    let lost = Site::with_keys_of(&home.path().join("e"), &site);
    fs::remove_file(lost.path("keys/anyang-2022.content-key")).unwrap();
    refused(&lost.restore(&backup, &[]), 74, &["content key", "missing"]);
    assert!(!lost.path("data/store.sqlite").exists());
}

#[test]
fn damaged_and_strange_backups_touch_nothing() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    let backup = site.backs_up(home.path());
    let whole = fs::read(&backup).unwrap();
    let bad = home.path().join("bad");
    let there = Site::with_keys_of(&home.path().join("b"), &site);
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let newer = [b"kkanbu backup 2\n".as_slice(), &whole[16..]].concat();
    for (bytes, word) in [
        (&whole[..whole.len() - 9], "cut short"),
        (&changed, "part log is not what was written"),
        (&newer, "another version"),
        (&[whole.as_slice(), b"x"].concat(), "after its end"),
        (b"a shopping list", "not a kkanbu backup"),
    ] {
        fs::write(&bad, bytes).unwrap();
        refused(&there.restore(&bad, &[]), 74, &[word]);
        // What is no backup may have been meant as a store.
        let word = if word == "not a kkanbu backup" { "is no SQLite database" } else { word };
        refused(&kkanbu().args(["verify", "audit", "--file"]).arg(&bad).output().unwrap(), 74, &[word]);
        assert!(!there.path("data/store.sqlite").exists());
    }
}

#[test]
fn a_restore_that_was_interrupted_anywhere_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    let backup = site.backs_up(home.path());
    let mut unfinished = 0;
    for milliseconds in (0..60).step_by(3) {
        let mut command = kkanbu();
        command.args(["restore", "--replace", "--config"]).arg(site.path("kkanbu.toml")).arg("--from").arg(&backup);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if site.path("data/restore-unfinished").exists() {
            unfinished += 1;
            site.refuses_to_start(&["interrupted", "kkanbu restore"]);
            refused(&site.run(&["backup", "--to", home.path().to_str().unwrap()]), 74, &["interrupted"]);
            site.restores(&backup, &[]);
        }
        starts(&site);
    }
    eprintln!("{unfinished} of 20 were unfinished");

    // Between the two files: one is new, the other is gone.
    fs::write(site.path("data/restore-unfinished"), "").unwrap();
    fs::rename(site.path("data/store.sqlite"), home.path().join("gone")).unwrap();
    site.refuses_to_start(&["interrupted", "kkanbu restore"]);
    refused(&site.run(&["init"]), 74, &["interrupted"]);
    site.restores(&backup, &[]);
    starts(&site);
}

#[test]
fn a_store_and_a_log_of_different_moments_do_not_start() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    for name in ["store.sqlite", "log.sqlite"] {
        starts(&site);
        let (path, kept, now) = (site.path("data").join(name), home.path().join("kept"), home.path().join("now"));
        fs::copy(&path, &kept).unwrap();
        starts(&site);
        fs::copy(&path, &now).unwrap();
        fs::copy(&kept, &path).unwrap();
        site.refuses_to_start(&["not of the same moment", "kkanbu restore"]);
        fs::copy(&now, &path).unwrap();
        starts(&site);
    }
}

#[test]
fn a_store_from_the_future_is_not_touched() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    starts(&site);
    for name in ["store.sqlite", "log.sqlite"] {
        let path = site.path("data").join(name);
        let kept = fs::read(&path).unwrap();
        let mut newer = kept.clone();
        newer[60..64].copy_from_slice(&99_i32.to_be_bytes());
        fs::write(&path, &newer).unwrap();
        site.refuses_to_start(&[name, "99", "newer kkanbu"]);
        assert_eq!(fs::read(&path).unwrap(), newer);
        fs::write(&path, kept).unwrap();
    }
    starts(&site);
}
