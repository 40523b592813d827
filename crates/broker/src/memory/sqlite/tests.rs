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
        version: StateVersion::default(),
        key: IdempotencyKey(u128::from(number).to_be_bytes()),
        fingerprint: [3; 16],
        sealed: vec![0xEE; 300],
    };
    if journal.standing(&room()).unwrap().is_none() {
        journal.set_standing(&room(), &Standing::new_room()).unwrap();
    }
    journal.append(&offsets.map(record).collect::<Vec<_>>()).unwrap();
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
        version: StateVersion::default(),
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
    folder.sql("PRAGMA user_version = 3");
    assert!(matches!(folder.refusal(), OpenError::Newer { found: 3, .. }));
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
            version: StateVersion::default(),
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

fn address(number: u64) -> RoomAddress {
    RoomAddress { room: RoomId::new(format!("topic-{number}")).unwrap(), ..room() }
}

/// What many rooms hold, written in turns; each publication's version is its offset.
fn write_in_turns(journal: &mut SqliteJournal, rooms: u64, turns: std::ops::RangeInclusive<u64>) {
    for turn in turns {
        let record = |number| Record {
            room: address(number),
            offset: Offset::new(turn),
            version: StateVersion(Offset::new(turn)),
            key: IdempotencyKey(u128::from(turn * 1_000 + number).to_be_bytes()),
            fingerprint: [3; 16],
            sealed: vec![u8::try_from(turn % 200).unwrap(); 300],
        };
        for number in (0..rooms).filter(|_| turn == 1) {
            journal.set_standing(&address(number), &Standing::new_room()).unwrap();
        }
        journal.append(&(0..rooms).map(record).collect::<Vec<_>>()).unwrap();
        journal.sync().unwrap();
    }
}

fn rows(folder: &Folder, table: &str) -> u64 {
    let count = format!("SELECT count(*) FROM {table}");
    Connection::open(folder.file()).unwrap().query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned()
}

fn assert_whole(journal: &mut SqliteJournal, rooms: u64, turns: u64) {
    let head = Offset::new(turns);
    for number in 0..rooms {
        let standing = journal.standing(&address(number)).unwrap().unwrap();
        assert_eq!((standing.head, standing.version), (head, StateVersion(head)));
        let page = journal.reader().read(&address(number), Offset::ZERO, head, 10_000).unwrap().unwrap();
        assert!(page.records.iter().map(|record| record.offset.get()).eq(1..=turns));
        let page = journal.reader().read(&address(number), Offset::new(2), Offset::new(turns - 1), 3).unwrap().unwrap();
        assert!(page.records.iter().map(|record| record.offset.get()).eq(3..=5));
        for turn in [1, turns / 2, turns] {
            let key = IdempotencyKey(u128::from(turn * 1_000 + number).to_be_bytes());
            let found = Some(Found { offset: Offset::new(turn), fingerprint: [3; 16] });
            assert_eq!(journal.find(&address(number), key).unwrap(), found);
            assert_eq!(journal.reader().find(&address(number), key).unwrap(), found);
        }
    }
}

#[test]
fn the_latest_are_found_and_read_wherever_they_lie() {
    let folder = Folder::new();
    let mut journal = SqliteJournal::create(&folder.file(), SERVER).unwrap();
    write_in_turns(&mut journal, 30, 1..=200);
    assert_eq!(journal.recent.as_ref().map(Recent::is_empty), Some(false));
    assert!(rows(&folder, "publications") > 0, "some are settled");
    assert!(rows(&folder, "recent") < 5_000, "no more wait than may");
    assert_whole(&mut journal, 30, 200);
    // As after a failure.
    journal.rollback();
    assert_whole(&mut journal, 30, 200);
    write_in_turns(&mut journal, 30, 201..=210);
    assert_whole(&mut journal, 30, 210);
    // As a killed process leaves it.
    drop(journal);
    let mut journal = folder.open().unwrap();
    assert_eq!((rows(&folder, "publications"), rows(&folder, "recent")), (30 * 210, 0));
    assert_whole(&mut journal, 30, 210);
}

#[test]
fn what_is_rewritten_before_it_is_settled_leaves_no_trace() {
    let folder = Folder::new();
    let mut journal = SqliteJournal::create(&folder.file(), SERVER).unwrap();
    write_in_turns(&mut journal, 3, 1..=20);
    let key = IdempotencyKey(7_001_u128.to_be_bytes());
    let other = StoredRecord { offset: Offset::new(7), key, sealed: vec![0xEE; 300] };
    journal.rewrite(&address(1), std::slice::from_ref(&other)).unwrap();
    journal.sync().unwrap();
    let page = journal.reader().read(&address(1), Offset::new(6), Offset::new(7), 9).unwrap().unwrap();
    assert_eq!(page.records, [other]);
    journal.scrub().unwrap();
    assert_whole(&mut journal, 3, 20);
    let files = fs::read_dir(folder.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let bytes = files.collect::<Vec<_>>().concat();
    let copies = bytes.windows(300).filter(|window| *window == [7; 300]).count();
    assert_eq!(copies, 2, "those of the two other rooms");
}

#[test]
fn a_hole_among_the_latest_is_damage() {
    for (hole, damaged) in [("offset = 5", true), ("offset = 1", true), ("offset > 9 AND room = 'topic-1'", false)] {
        let folder = Folder::new();
        let mut journal = SqliteJournal::create(&folder.file(), SERVER).unwrap();
        write_in_turns(&mut journal, 3, 1..=9);
        drop(journal);
        folder.sql(&format!("DELETE FROM recent WHERE {hole}"));
        assert_eq!(matches!(folder.open(), Err(OpenError::Damaged { .. })), damaged, "{hole}");
    }
}

#[test]
fn a_log_of_the_version_before_is_brought_to_this_one() {
    let folder = Folder::with_log();
    folder.sql(
        "DROP TABLE recent; PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete",
    );
    assert_eq!(SqliteJournal::check_copy(&folder.file()).unwrap(), SERVER);
    let copy = folder.dir.path().join("copy.sqlite");
    Snapshot::begin(&folder.file()).unwrap().write_to(&copy).unwrap();
    assert_eq!(SqliteJournal::open(&copy, SERVER).unwrap().standing(&room()).unwrap().unwrap().head, Offset::new(200));
    let mut journal = folder.open().unwrap();
    write(&mut journal, 201..=300);
    assert_eq!(journal.standing(&room()).unwrap().unwrap().head, Offset::new(300));
}
