//! Files of older versions: brought to this one whole, or left as they were.

use super::{SERVER, database, left_behind};
use crate::fixture::{HOUR, act, anyang, draw, handle, join, keyring, member, mentee, mentor, room, settle};
use kkanbu_model::{Membership, Minute, Programme, RoleId, RoomAct, RoomId, Sanction};
use kkanbu_store::Store;
use kkanbu_store::sqlite::{AuditProblem, OpenError, SqliteLimits, SqliteStore, check_copy, verify_audit};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// The tables as version 1 made them.
const VERSION_1: &str = "
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x6B6B616E;
PRAGMA user_version = 1;
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- key_tag proves that a content key is this programme's.
CREATE TABLE programme (
    id         TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    key_tag    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a seat that is taken.
CREATE TABLE member (
    programme TEXT NOT NULL REFERENCES programme,
    tag       BLOB NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (programme, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_role ON member (programme, role);

CREATE TABLE membership (
    programme TEXT NOT NULL REFERENCES programme,
    room      TEXT NOT NULL,
    tag       BLOB NOT NULL,
    role      TEXT NOT NULL,
    posted    INTEGER NOT NULL CHECK (posted IN (0, 1)),
    sealed    BLOB NOT NULL,
    PRIMARY KEY (programme, room, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_role ON membership (programme, room, role);

-- Handles that nobody else may get: those of members, and those under which somebody posted who has left. Nothing ties a row to
-- its membership but the sealed record there.
CREATE TABLE handle (
    programme TEXT NOT NULL REFERENCES programme,
    room      TEXT NOT NULL,
    tag       BLOB NOT NULL,
    PRIMARY KEY (programme, room, tag)
) STRICT, WITHOUT ROWID;
";

/// What version 1 wrote of `anyang`.
const DEFINITION_1: &str = r#"{"name":"깐부 멘토링","organisation":"안양시","language":"ko","retention_days":30,"roles":[{"id":"mentee","name":"멘티","seats":37},{"id":"mentor","name":"멘토","seats":17}],"rooms":[{"id":"plaza","name":"plaza","roles":["mentee","mentor"],"seats_per_role":null},{"id":"topic-1","name":"topic-1","roles":["mentee","mentor"],"seats_per_role":5},{"id":"lounge","name":"lounge","roles":["mentor"],"seats_per_role":null}]}"#;

/// `anyang` without what version 1 did not know.
fn anyang_1() -> Programme {
    let mut programme = anyang();
    programme.roles.iter_mut().for_each(|role| role.answers = false);
    programme
}

/// Lets people in and closes.
async fn live(store: Arc<dyn Store>) {
    for number in 0..20 {
        settle(&store, &room("plaza"), number).await;
    }
    crate::fixture::admit(&store, 20, &mentor()).await;
    join(&store, &room("lounge"), 20).await.unwrap();
    store.redraw(&room("plaza"), &member(3), handle("소중한 제비")).await.unwrap();
    store.mark_posted(&room("plaza"), &member(3), &handle("소중한 제비")).await.unwrap();
    store.leave(&room("plaza"), &member(4)).await.unwrap();
    store.close().await;
}

/// A closed file of version 1 in which people are. Their rows are the same in both versions.
async fn version_1() -> TempDir {
    let new = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::create(&database(&new), SERVER, keyring()).unwrap());
    store.create_programme(&anyang(), HOUR).await.unwrap();
    live(store).await;
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(database(&folder)).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    old.execute("ATTACH ?1 AS new", [database(&new).to_str().unwrap()]).unwrap();
    old.execute("INSERT INTO meta VALUES ('server', ?1)", [SERVER.as_bytes()]).unwrap();
    let sql = "INSERT INTO programme SELECT id, ?1, key_tag FROM new.programme";
    old.execute(sql, params![DEFINITION_1]).unwrap();
    for table in ["member", "membership", "handle"] {
        old.execute(&format!("INSERT INTO {table} SELECT * FROM new.{table}"), []).unwrap();
    }
    old.execute_batch("DETACH new; VACUUM").unwrap();
    old.close().unwrap();
    folder
}

fn version_of(path: &Path) -> i32 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

type Everything = Vec<(Option<RoleId>, BTreeMap<RoomId, Membership>)>;

async fn everything(store: &SqliteStore) -> Everything {
    let mut everything = Vec::new();
    for number in 0..22 {
        let role = store.role(&anyang().id, &member(number)).await.unwrap();
        everything.push((role, store.memberships(&anyang().id, &member(number)).await.unwrap()));
    }
    assert_eq!(everything.iter().map(|(_, rooms)| rooms.len()).sum::<usize>(), 20);
    everything
}

#[tokio::test]
async fn a_version_1_store_is_migrated_and_goes_on() {
    let folder = version_1().await;
    let path = database(&folder);
    assert!(matches!(verify_audit(&path), Err(AuditProblem::NoLog { found: 1, .. })));
    check_copy(&path, SERVER).unwrap();
    assert_eq!(version_of(&path), 1, "looking migrates nothing");
    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    let wal = fs::metadata(folder.path().join("store.sqlite-wal")).unwrap();
    assert_eq!(wal.len(), 0, "it was rewritten");
    assert_eq!(store.programmes().await, Ok(vec![anyang_1()]));
    store.create_programme(&anyang_1(), HOUR).await.unwrap();
    let before = everything(&store).await;
    assert_eq!(verify_audit(&path).unwrap().entries, 0);
    let shared: Arc<dyn Store> = Arc::new(store);
    let mute = RoomAct::Mute(draw(1).handle, Minute::new(9));
    assert_eq!(act(&shared, &room("plaza"), &mute, 1).await.unwrap().number, 1);
    shared.close().await;
    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    let mut expected = before;
    let muted = expected[1].1.get_mut(&room("plaza").room).unwrap();
    muted.sanction = Sanction { muted_until: Some(Minute::new(9)), removed: false };
    assert_eq!(everything(&store).await, expected);
    assert_eq!((version_of(&path), verify_audit(&path).unwrap().entries), (2, 1));
}

#[tokio::test]
async fn a_migrated_file_has_the_schema_of_a_new_one() {
    let folder = version_1().await;
    SqliteStore::open(&database(&folder), SERVER, keyring()).unwrap().close().await;
    let new = tempfile::tempdir().unwrap();
    SqliteStore::create(&database(&new), SERVER, keyring()).unwrap().close().await;
    let schema = |folder: &TempDir| -> Vec<(String, String)> {
        let connection = Connection::open(database(folder)).unwrap();
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(schema(&folder), schema(&new));
}

#[tokio::test]
async fn a_migration_cut_anywhere_leaves_the_old_version_or_the_new() {
    let folder = version_1().await;
    // Somebody who reads keeps what the migration writes in the write-ahead log, where each cut is what a crash could leave.
    let reader = Connection::open(database(&folder)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM member", [], |row| row.get(0)).unwrap();
    let store = SqliteStore::open(&database(&folder), SERVER, keyring()).unwrap();
    let expected = everything(&store).await;
    let crashed = left_behind(&folder);
    let log = fs::metadata(crashed.path().join("store.sqlite-wal")).unwrap().len();
    let (header, frame) = (32, 24 + 4096);
    let frames = (log - header) / frame;
    assert!(frames > 10, "{frames} frames");
    let mut versions = Vec::new();
    for cut in (0..=frames).flat_map(|count| [header + count * frame, header + count * frame + 100]) {
        let copy = left_behind(&crashed);
        let wal = OpenOptions::new().write(true).open(copy.path().join("store.sqlite-wal")).unwrap();
        wal.set_len(cut.min(log)).unwrap();
        // Looking empties the write-ahead log, so another copy is looked at.
        let looked_at = left_behind(&copy);
        versions.push(version_of(&database(&looked_at)));
        let store = SqliteStore::open(&database(&copy), SERVER, keyring()).unwrap();
        assert!(everything(&store).await == expected, "cut at {cut}");
        assert_eq!(store.audit_head().await.unwrap().number, 0);
        store.close().await;
        assert_eq!(version_of(&database(&copy)), 2);
    }
    assert!(versions.is_sorted() && versions.contains(&1) && versions.contains(&2), "{versions:?}");
}

#[tokio::test]
async fn a_store_that_has_no_room_for_a_migration_stays_as_it_was() {
    let folder = version_1().await;
    let path = database(&folder);
    let pages = u32::try_from(fs::metadata(&path).unwrap().len() / 4096).unwrap();
    for pages_max in [Some(pages), Some(pages + 2)] {
        let limits = SqliteLimits { pages_max, ..SqliteLimits::default() };
        let opened = SqliteStore::open_with(&path, SERVER, keyring(), &limits);
        assert!(matches!(opened, Err(OpenError::Database { .. })), "{opened:?}");
        assert_eq!(version_of(&path), 1);
    }
    let store = SqliteStore::open(&path, SERVER, keyring()).unwrap();
    everything(&store).await;
    assert_eq!(store.members(&room("plaza")).await.unwrap()[&mentee()], 19);
}
