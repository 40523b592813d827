//! What is opened and what is refused: never an empty log in place of one that should be there.

use super::*;
use kkanbu_model::{ProgrammeId, RoomId};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const SERVER: ServerId = ServerId::from_bytes([1; 16]);

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A folder with a journal that holds something.
    fn with_log() -> Self {
        let folder = Self::new();
        let mut journal = SqliteJournal::create(&folder.file(), SERVER).unwrap();
        write(&mut journal, 1..=200);
        journal.close();
        folder
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("log.sqlite")
    }

    fn open(&self) -> Result<SqliteJournal, OpenError> {
        SqliteJournal::open(&self.file(), SERVER)
    }

    fn sql(&self, sql: &str) {
        Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }

    /// The refusal, whose message has to say where.
    fn refusal(&self) -> OpenError {
        let error = self.open().err().expect("refused");
        assert!(error.to_string().contains("log.sqlite"), "{error}");
        error
    }
}

fn room() -> RoomAddress {
    RoomAddress { programme: ProgrammeId::new("anyang-2022").unwrap(), room: RoomId::new("plaza").unwrap() }
}

fn write(journal: &mut SqliteJournal, offsets: std::ops::RangeInclusive<u64>) {
    let record = |number: u64| Record {
        room: room(),
        offset: Offset::new(number),
        key: IdempotencyKey(u128::from(number).to_be_bytes()),
        fingerprint: [3; 16],
        sealed: vec![0xEE; 300],
    };
    let standing = Standing { head: Offset::new(*offsets.end()), ..Standing::new_room() };
    journal.append(&offsets.map(record).collect::<Vec<_>>()).unwrap();
    journal.set_standing(&room(), &standing).unwrap();
    journal.sync().unwrap();
}

#[test]
fn what_was_synced_is_there_again() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    assert_eq!(journal.standing(&room()).unwrap().unwrap().head, Offset::new(200));
    let page = journal.reader().read(&room(), Offset::new(10), Offset::new(20), 100).unwrap().unwrap();
    assert_eq!(
        page.records.iter().map(|record| record.offset.get()).collect::<Vec<_>>(),
        (11..=20).collect::<Vec<_>>()
    );
}

#[test]
fn what_was_rolled_back_is_not_there_and_was_never_visible() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    let record = Record {
        room: room(),
        offset: Offset::new(201),
        key: IdempotencyKey([0xFF; 16]),
        fingerprint: [3; 16],
        sealed: vec![1],
    };
    journal.append(&[record]).unwrap();
    assert!(journal.reader().find(&room(), IdempotencyKey([0xFF; 16])).unwrap().is_none());
    journal.rollback();
    assert!(journal.find(&room(), IdempotencyKey([0xFF; 16])).unwrap().is_none());
    write(&mut journal, 201..=201);
}

#[test]
fn a_missing_log_is_not_replaced_by_an_empty_one() {
    let folder = Folder::new();
    assert!(matches!(folder.refusal(), OpenError::Missing(_)));
    assert!(!folder.file().exists());
}

#[test]
fn a_log_is_never_overwritten() {
    let folder = Folder::with_log();
    let before = fs::read(folder.file()).unwrap();
    assert!(matches!(SqliteJournal::create(&folder.file(), SERVER).err(), Some(OpenError::AlreadyThere(_))));
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn an_attempt_to_create_that_was_cut_off_does_not_stand_in_the_way() {
    let folder = Folder::new();
    fs::write(folder.file().with_extension("partial"), b"half a database").unwrap();
    SqliteJournal::create(&folder.file(), SERVER).unwrap();
}

#[test]
fn only_the_owner_can_read_the_files() {
    let folder = Folder::with_log();
    let _open = folder.open().unwrap();
    for file in fs::read_dir(folder.dir.path()).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.path().display());
    }
}

#[test]
fn an_emptied_file_and_files_of_others_are_refused() {
    let folder = Folder::with_log();
    fs::write(folder.file(), b"").unwrap();
    assert!(matches!(folder.refusal(), OpenError::NotALog(_)));
    fs::write(folder.file(), b"a letter, and not a short one either".repeat(500)).unwrap();
    assert!(matches!(folder.refusal(), OpenError::NotALog(_)));
    fs::remove_file(folder.file()).unwrap();
    folder.sql("CREATE TABLE somebodys (thing TEXT)");
    assert!(matches!(folder.refusal(), OpenError::NotALog(_)));
}

#[test]
fn other_versions_are_told_apart() {
    let folder = Folder::with_log();
    folder.sql("PRAGMA user_version = 2");
    assert!(matches!(folder.refusal(), OpenError::Newer { found: 2, .. }));
    folder.sql("PRAGMA user_version = 0");
    assert!(matches!(folder.refusal(), OpenError::Older { found: 0, .. }));
}

#[test]
fn the_log_of_another_server_is_refused() {
    let folder = Folder::with_log();
    let other = ServerId::from_bytes([2; 16]);
    assert!(matches!(SqliteJournal::open(&folder.file(), other).err(), Some(OpenError::OtherServer(_))));
}

#[test]
fn a_file_cut_short_is_damaged() {
    let folder = Folder::with_log();
    let length = fs::metadata(folder.file()).unwrap().len();
    for keep in [length / 2, length - 4_096] {
        fs::OpenOptions::new().write(true).open(folder.file()).unwrap().set_len(keep).unwrap();
        assert!(matches!(folder.refusal(), OpenError::Damaged { .. }), "{keep} of {length} bytes");
    }
}

#[test]
fn overwritten_pages_are_damage() {
    let folder = Folder::with_log();
    let mut bytes = fs::read(folder.file()).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xAA);
    fs::File::create(folder.file()).unwrap().write_all(&bytes).unwrap();
    assert!(matches!(folder.refusal(), OpenError::Damaged { .. }));
}

#[test]
fn a_room_whose_end_is_gone_is_damage() {
    let folder = Folder::with_log();
    folder.sql("DELETE FROM publications WHERE offset > 190");
    assert!(matches!(folder.refusal(), OpenError::Damaged { .. }));
}

#[test]
fn a_log_that_another_process_writes_is_locked() {
    let folder = Folder::with_log();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(folder.refusal(), OpenError::Locked(_)));
}

#[test]
fn every_commit_is_synced_and_what_is_deleted_is_wiped() {
    let folder = Folder::with_log();
    let journal = folder.open().unwrap();
    let setting = |name| journal.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(setting("synchronous"), 2, "FULL");
    assert_eq!(setting("secure_delete"), 1);
    let mode: String = journal.connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_destroyed_programme_leaves_nothing_in_the_files() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    write(&mut journal, 201..=400);
    let traces = || {
        let files = fs::read_dir(folder.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(32).any(|window| window == [0xEE; 32])).count()
    };
    assert!(traces() > 0);
    journal.destroy(&room().programme).unwrap();
    assert_eq!(traces(), 0);
    assert_eq!(journal.standing(&room()).unwrap(), None);
    journal.destroy(&room().programme).unwrap();
}

#[test]
fn a_check_really_writes() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    let log = folder.dir.path().join("log.sqlite-wal");
    for _ in 0..3 {
        let before = fs::metadata(&log).map_or(0, |file| file.len());
        journal.check().unwrap();
        assert!(fs::metadata(&log).unwrap().len() > before);
    }
}

#[test]
fn a_full_disk_fails_the_write_and_nothing_of_it_stays() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    journal.connection.pragma_update(None, "max_page_count", 30).unwrap();
    let records: Vec<_> = (201..=2_000)
        .map(|number: u64| Record {
            room: room(),
            offset: Offset::new(number),
            key: IdempotencyKey(u128::from(number).to_be_bytes()),
            fingerprint: [3; 16],
            sealed: vec![0xEE; 300],
        })
        .collect();
    assert!(journal.append(&records).and_then(|()| journal.sync()).is_err());
    journal.rollback();
    assert_eq!(journal.standing(&room()).unwrap().unwrap().head, Offset::new(200));
    assert!(journal.find(&room(), IdempotencyKey(201_u128.to_be_bytes())).unwrap().is_none());
    journal.connection.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    write(&mut journal, 201..=300);
}

#[test]
fn a_scrubbed_log_lies_in_its_file_alone() {
    let folder = Folder::with_log();
    let mut journal = folder.open().unwrap();
    let before = fs::metadata(folder.file()).unwrap().len();
    let kept_from = Offset::new(191);
    let standing = Standing { kept_from, ..journal.standing(&room()).unwrap().unwrap() };
    journal.trim(&room(), kept_from).unwrap();
    journal.set_standing(&room(), &standing).unwrap();
    journal.sync().unwrap();
    journal.scrub().unwrap();
    let alone = folder.dir.path().join("alone.sqlite");
    fs::copy(folder.file(), &alone).unwrap();
    assert!(fs::metadata(&alone).unwrap().len() < before / 2);
    let found = SqliteJournal::open(&alone, SERVER).unwrap().standing(&room()).unwrap();
    assert_eq!(found, Some(standing));
}
