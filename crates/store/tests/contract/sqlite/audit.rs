//! The proof of the audit log from a file: whatever was changed in it is found, and said with the entry's number.

use super::{SERVER, database, files_in};
use crate::fixture::{HOUR, act, anyang, draw, keyring, notice, room, settle};
use crate::scan::contains;
use kkanbu_model::{Minute, RoomAct};
use kkanbu_store::sqlite::{AuditProblem, AuditVerified, OpenError, SqliteStore, verify_audit};
use kkanbu_store::{AuditHead, Store, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const PAGE: usize = 4096;

/// A store in which `acts` things were done after the programme was created.
async fn moderated(acts: u32) -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&database(&folder), SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    settle(&store, &room("plaza"), 1).await;
    for number in 0..acts {
        let doing = match number % 3 {
            0 => RoomAct::Mute(draw(1).handle, Minute::new(u64::from(number))),
            1 => notice("오늘은 여기까지"),
            _ => RoomAct::Slow(number),
        };
        act(&store, &room("plaza"), &doing, number).await.unwrap();
    }
    (folder, store)
}

/// The same, closed, and the head that it had.
async fn closed(acts: u32) -> (TempDir, AuditHead) {
    let (folder, store) = moderated(acts).await;
    let head = store.audit_head().await.unwrap();
    store.close().await;
    (folder, head)
}

fn tamper(folder: &TempDir, sql: &str) {
    Connection::open(database(folder)).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_store_in_use_is_proven_as_it_is_now() {
    let (folder, store) = moderated(5).await;
    for number in 5..8 {
        act(&store, &room("plaza"), &RoomAct::Slow(number), number).await.unwrap();
        let head = store.audit_head().await.unwrap();
        let entries = u64::from(number) + 2;
        assert_eq!(verify_audit(&database(&folder)).unwrap(), AuditVerified { entries, head });
    }
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_closed_store_is_proven_and_not_touched() {
    let (folder, head) = closed(5).await;
    let before = files_in(folder.path());
    assert_eq!(verify_audit(&database(&folder)).unwrap(), AuditVerified { entries: 6, head });
    assert!(files_in(folder.path()) == before, "neither changed nor joined by another");
}

#[tokio::test]
async fn what_a_killed_process_left_is_proven() {
    let (folder, store) = moderated(5).await;
    let copy = super::left_behind(&folder);
    let head = store.audit_head().await.unwrap();
    assert_eq!(verify_audit(&database(&copy)).unwrap(), AuditVerified { entries: 6, head });
}

#[tokio::test]
async fn a_path_with_any_characters_is_found() {
    let (folder, head) = closed(2).await;
    let odd = folder.path().join("a b?c#d%41é.sqlite");
    fs::copy(database(&folder), &odd).unwrap();
    assert_eq!(verify_audit(&odd).unwrap().head, head);
}

#[tokio::test]
async fn what_was_changed_is_named() {
    let cases = [
        ("UPDATE audit SET hour = hour + 1 WHERE number = 4", "entry 4 was changed"),
        ("UPDATE audit SET act = 'room.thaw' WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit SET programme = 'seogwipo-2026' WHERE number = 1", "entry 1 was changed"),
        ("UPDATE audit SET detail = zeroblob(540) WHERE number = 5", "entry 5 was changed"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 2", "entry 2 was changed"),
        ("DELETE FROM pending; DELETE FROM audit WHERE number = 4", "entry 4 is missing"),
        ("DELETE FROM pending; DELETE FROM audit WHERE number = 8", "entry 8 is missing"),
        ("DELETE FROM pending; DELETE FROM audit", "entry 1 is missing"),
        (
            "DELETE FROM pending; DELETE FROM audit WHERE number = 4; UPDATE audit SET number = number - 1 WHERE number > 4",
            "entry 4 was changed",
        ),
        (
            "UPDATE audit SET detail = (SELECT detail FROM audit WHERE number = 5) WHERE number = 2",
            "entry 2 was changed",
        ),
        (
            "INSERT INTO audit SELECT 9, hour, programme, act, detail, hash FROM audit WHERE number = 8",
            "entry 9 was changed",
        ),
        (
            "INSERT INTO audit SELECT 0, hour, programme, act, detail, hash FROM audit WHERE number = 8",
            "entry 0 is there",
        ),
        ("UPDATE meta SET value = zeroblob(40) WHERE name = 'audit head'", "entry 1 was added behind"),
        (
            "UPDATE meta SET value = CAST(substr(value, 1, 39) || x'00' AS BLOB) WHERE name = 'audit head'",
            "hash of entry 8",
        ),
        ("UPDATE meta SET value = zeroblob(7) WHERE name = 'audit head'", "head in"),
        ("DELETE FROM meta WHERE name = 'audit head'", "entries 1 to 8 are whole"),
        ("UPDATE audit SET hash = x'00' WHERE number = 6", "entry 6 can't be read"),
        ("UPDATE audit SET hour = -1 WHERE number = 6", "entries 1 to 5 are whole"),
    ];
    for (sql, expected) in cases {
        let (folder, _) = closed(7).await;
        tamper(&folder, sql);
        let said = verify_audit(&database(&folder)).unwrap_err().to_string();
        assert!(said.contains(expected), "{sql}: {said}");
        assert!(said.contains(database(&folder).to_str().unwrap()), "{said}");
    }
}

#[tokio::test]
async fn details_can_not_be_swapped() {
    let (folder, _) = closed(6).await;
    tamper(
        &folder,
        "CREATE TEMP TABLE old AS SELECT number, detail FROM audit;
         UPDATE audit SET detail = (SELECT detail FROM old WHERE old.number = 10 - audit.number) WHERE number IN (4, 6)",
    );
    let store = SqliteStore::open(&database(&folder), SERVER, keyring()).unwrap();
    assert_eq!(store.audit(3, 1).await, Err(StoreError::Damaged(anyang().id)));
    assert_eq!(store.audit(4, 1).await.unwrap().len(), 1);
}

/// All entries as the database reads them, if it can.
fn rows(path: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{}?immutable=1", path.display()), flags)?;
    let mut statement = connection.prepare(
        "SELECT number, hour, programme, act, detail, hash FROM audit
         UNION ALL SELECT 0, 0, '', '', value, '' FROM meta WHERE name = 'audit head'",
    )?;
    let rows = statement.query_map([], |row| (0..6).map(|column| row.get(column)).collect())?;
    rows.collect()
}

/// Every place in the file where these bytes are.
fn places(file: &[u8], bytes: &[u8]) -> Vec<usize> {
    file.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes).map(|(at, _)| at).collect()
}

#[tokio::test]
async fn a_flipped_bit_in_the_log_is_found() {
    let (folder, head) = closed(7).await;
    let path = database(&folder);
    let file = fs::read(&path).unwrap();
    let whole = rows(&path).unwrap();
    let mut content = vec![false; file.len()];
    let mut pages = Vec::new();
    for value in whole.iter().flatten() {
        let Value::Blob(bytes) = value else { continue };
        // What does not fit a page is continued on another.
        for part in bytes.chunks(16).filter(|part| part.len() > 8) {
            for at in places(&file, part) {
                content[at..at + part.len()].fill(true);
                pages.extend([at / PAGE, (at + part.len() - 1) / PAGE]);
            }
        }
    }
    pages.sort_unstable();
    pages.dedup();
    assert!(pages.len() >= 3 && contains(&file, &head.hash), "entries fill some pages");
    let open = OpenOptions::new().write(true).open(&path).unwrap();
    let (mut flipped, mut found, mut of_entries) = (0, 0, 0);
    for at in pages.iter().flat_map(|page| page * PAGE..(page + 1) * PAGE).step_by(3) {
        let byte = file[at] ^ 1 << (at % 8);
        open.write_all_at(&[byte], at as u64).unwrap();
        flipped += 1;
        of_entries += u32::from(content[at]);
        match verify_audit(&path) {
            Ok(_) => {
                assert!(!content[at], "byte {at} is an entry's");
                assert_eq!(rows(&path).unwrap(), whole, "byte {at}");
            }
            Err(AuditProblem::Broken { .. } | AuditProblem::Unreadable { .. } | AuditProblem::NoHead { .. }) => {
                found += 1;
            }
            Err(
                problem @ (AuditProblem::Open(_)
                | AuditProblem::NoLog { .. }
                | AuditProblem::EndsBefore { .. }
                | AuditProblem::Another { .. }),
            ) => {
                assert!(!content[at], "byte {at}: {problem}");
                found += 1;
            }
        }
        open.write_all_at(&file[at..=at], at as u64).unwrap();
    }
    println!("{flipped} bits flipped, {of_entries} of them in entries, {found} found");
    assert!(found >= of_entries && of_entries > 1_000);
    assert_eq!(verify_audit(&path).unwrap().head, head);
}

#[tokio::test]
async fn an_overwritten_page_says_which_entry_is_the_first_to_be_lost() {
    let (folder, _) = closed(40).await;
    let path = database(&folder);
    let connection = Connection::open(&path).unwrap();
    let detail: Vec<u8> =
        connection.query_row("SELECT detail FROM audit WHERE number = 17", [], |row| row.get(0)).unwrap();
    connection.close().unwrap();
    let mut file = fs::read(&path).unwrap();
    let page = places(&file, &detail)[0] / PAGE;
    file[page * PAGE..(page + 1) * PAGE].fill(0xFF);
    fs::write(&path, file).unwrap();
    let problem = verify_audit(&path).unwrap_err();
    let AuditProblem::Unreadable { entry, .. } = problem else { panic!("{problem}") };
    assert!((10..=17).contains(&entry), "{problem}");
    assert!(problem.to_string().contains(&format!("entry {entry} can't be read")), "{problem}");
    assert!(problem.to_string().contains(&format!("entries 1 to {} are whole", entry - 1)), "{problem}");
}

#[tokio::test]
async fn what_is_no_store_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder);
    assert!(matches!(verify_audit(&path), Err(AuditProblem::Open(OpenError::Missing(_)))));
    fs::write(&path, "x").unwrap();
    assert!(matches!(verify_audit(&path), Err(AuditProblem::Open(OpenError::NotADatabase(_)))));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE meta (name TEXT)").unwrap();
    assert!(matches!(verify_audit(&path), Err(AuditProblem::Open(OpenError::Foreign(_)))));
}
