//! The audit log: proven while it is in use, in a copy and in a backup; and every change of it is found.

use crate::site::{PATIENCE, Site, files, kkanbu, refused, said, starts};
use data_encoding::HEXLOWER;
use kkanbu_audit::{Chain, Head};
use std::fs;
use std::path::Path;
use tokio::time::Instant;

#[test]
fn one_flipped_byte_in_the_audit_log_is_found() {
    let home = tempfile::tempdir().unwrap();
    let site = Site::made(&home.path().join("a"));
    starts(&site);
    let store = site.path("data/store.sqlite");
    let heads = write_entries(&store);
    let noted = format!("{}:{}", heads[1].number, HEXLOWER.encode(&heads[1].hash));
    let [second, last] = [heads[2].number, heads[3].number];
    let verify = |more: &[&str]| kkanbu().args(["verify", "audit", "--json"]).args(more).output().unwrap();
    let backup = site.backs_up(home.path());
    for of in [
        ["--config", site.path("kkanbu.toml").to_str().unwrap()],
        ["--file", store.to_str().unwrap()],
        ["--file", backup.to_str().unwrap()],
    ] {
        let proven = verify(&[&of[..], &["--expect", &noted]].concat());
        let proof: serde_json::Value =
            serde_json::from_slice(&proven.stdout).unwrap_or_else(|_| panic!("{of:?} {}", said(&proven)));
        assert_eq!((&proof["whole"], &proof["entries"]), (&true.into(), &last.into()), "{}", said(&proven));
        let other = format!("{second}:{}", "00".repeat(32));
        refused(&verify(&[&of[..], &["--expect", &other]].concat()), 1, &[&format!("entry {second} is another one")]);
        let longer = format!("{}:{}", last + 1, "00".repeat(32));
        refused(&verify(&[&of[..], &["--expect", &longer]].concat()), 1, &[&format!("ends with entry {last}")]);
    }
    refused(&verify(&["--file", "/nowhere"]), 74, &["/nowhere"]);
    refused(&verify(&["--file", store.to_str().unwrap(), "--expect", "12"]), 64, &["64 hex digits"]);

    let began = Instant::now();
    let whole = fs::read(&store).unwrap();
    let at = whole.windows(14).position(|window| window == b"SEALED DETAIL2").unwrap();
    let copy = home.path().join("copy.sqlite");
    for byte in at..at + 14 {
        let mut changed = whole.clone();
        changed[byte] ^= 1;
        fs::write(&copy, &changed).unwrap();
        refused(&verify(&["--file", copy.to_str().unwrap()]), 1, &[&format!("entry {second} was changed")]);
    }
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(files(home.path()).iter().filter(|name| name.starts_with("copy")).count(), 1, "nothing lies beside it");
}

/// Adds three entries, as the store does. Gives the heads after all of them, from before the first.
fn write_entries(store: &Path) -> Vec<Head> {
    let database = rusqlite::Connection::open(store).unwrap();
    let sql = "SELECT value FROM meta WHERE name = 'audit head'";
    let bytes: Vec<u8> = database.query_row(sql, [], |row| row.get(0)).unwrap();
    let (number, hash) = bytes.split_first_chunk().unwrap();
    let mut heads = vec![Head { number: u64::from_be_bytes(*number), hash: hash.try_into().unwrap() }];
    let mut chain = Chain::after(heads[0]);
    for number in 1..=3 {
        let detail = format!("SEALED DETAIL{number}").into_bytes();
        let head = chain.append(490_000, "anyang-2022", "post.hide", &detail);
        let values =
            rusqlite::params![head.number.cast_signed(), 490_000, "anyang-2022", "post.hide", detail, head.hash];
        database.execute("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values).unwrap();
        heads.push(head);
    }
    let last = heads[3];
    let bytes = [last.number.to_be_bytes().as_slice(), &last.hash].concat();
    database.execute("UPDATE meta SET value = ?1 WHERE name = 'audit head'", [bytes]).unwrap();
    heads
}
