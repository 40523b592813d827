//! Making and opening the journal's file. It is opened only when it is beyond doubt the sound journal of this server;
//! everything else is an error that says where and what to do, never an empty log.

use super::recent;
use kkanbu_keys::ServerId;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// "kkbl": marks the file as a kkanbu log (`SQLite`'s `application_id`).
const APPLICATION_ID: i32 = 0x6b6b_626c;

/// The schema of this version (`SQLite`'s `user_version`).
pub(super) const SCHEMA_VERSION: i32 = 2;

/// The oldest version that this one can read and bring to its own: it has no table of recent publications.
const SCHEMA_VERSION_OLDEST: i32 = 1;

/// How long to wait for a lock. The file is ours alone, so whoever holds one is not supposed to be there.
pub(super) const BUSY: Duration = Duration::from_millis(250);

/// Bytes that the write-ahead log shrinks to after a checkpoint.
const WAL_BYTES_KEPT: u32 = 16 * 1024 * 1024;

/// Pages in the write-ahead log at which it is copied into the file: as many as the log's kept size holds. A page that was
/// written often meanwhile is copied once.
const WAL_PAGES_MAX: u32 = WAL_BYTES_KEPT / 4_096;

/// Memory for the writer's pages, in KiB. Where the pages that are written again and again have no place in it, each
/// publication reads some of them from the file and writes others twice.
const CACHE_KIB: i32 = 16 * 1024;

/// No column says when. Nothing is in the order of writing but a room's log itself, which is an order by its nature.
const SCHEMA: &str = "
    CREATE TABLE meta (
        name  TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rooms (
        programme TEXT NOT NULL,
        room      TEXT NOT NULL,
        epoch     INTEGER NOT NULL,
        head      INTEGER NOT NULL,
        version   INTEGER NOT NULL,
        kept_from INTEGER NOT NULL,
        PRIMARY KEY (programme, room)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE publications (
        programme   TEXT NOT NULL,
        room        TEXT NOT NULL,
        offset      INTEGER NOT NULL,
        key         BLOB NOT NULL,
        fingerprint BLOB NOT NULL,
        sealed      BLOB NOT NULL,
        PRIMARY KEY (programme, room, offset),
        UNIQUE (programme, room, key)
    ) STRICT, WITHOUT ROWID;
";

/// Counts the rooms whose recent publications do not follow on its settled ones. Settled ones may still lie among them.
const UNSETTLED_WITH_HOLES: &str = "
    SELECT count(*) FROM (
        SELECT 1 FROM recent LEFT JOIN rooms USING (programme, room)
        WHERE head IS NULL OR offset > head GROUP BY programme, room
        HAVING head IS NULL OR min(offset) <> head + 1 OR max(offset) <> head + count(*))";

/// Why the journal can't be made or opened. Each message says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is a file already.
    #[error("{0} is already there; a log is never overwritten")]
    AlreadyThere(PathBuf),
    /// There is no file.
    #[error(
        "the log {0} is missing; if this is the first start, run `kkanbu init`, otherwise restore it from a backup"
    )]
    Missing(PathBuf),
    /// Not `SQLite`'s, or somebody else's, or emptied.
    #[error("{0} is not a kkanbu log: it is another program's file, or was emptied; restore it from a backup")]
    NotALog(PathBuf),
    /// Made by a newer kkanbu.
    #[error("the log {path} has schema {found}, this kkanbu knows {SCHEMA_VERSION}; run the newer kkanbu that made it")]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its schema version.
        found: i32,
    },
    /// Made by an older kkanbu, which no migration leads from.
    #[error("the log {path} has schema {found}, this kkanbu knows {SCHEMA_VERSION} and can't migrate it")]
    Older {
        /// Where.
        path: PathBuf,
        /// Its schema version.
        found: i32,
    },
    /// The log and the key folder are of two servers.
    #[error("the log {0} and the key folder belong to different servers; put the pair that belongs together in place")]
    OtherServer(PathBuf),
    /// Cut short or changed.
    #[error("the log {path} is damaged ({found}); restore it from a backup")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What the check said first.
        found: String,
    },
    /// Another process is in it.
    #[error("the log {0} is in use by another process; stop that one first")]
    Locked(PathBuf),
    /// The operating system or `SQLite` refused.
    #[error("the log {path}: {reason}")]
    Refused {
        /// Where.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// Makes a new journal beside its place and moves it there whole, so that a power cut leaves all of it or nothing.
pub(super) fn create(path: &Path, server: ServerId) -> Result<(), OpenError> {
    if path.exists() {
        return Err(OpenError::AlreadyThere(path.into()));
    }
    let partial = path.with_extension("partial");
    private_empty_file(&partial).map_err(|error| refused(path, &error))?;
    let connection = connect(&partial).map_err(|error| told(path, &error))?;
    prepare(&connection)
        .and_then(|()| connection.execute_batch(&format!("BEGIN; {SCHEMA} {}", recent::TABLE)))
        .and_then(|()| connection.execute("INSERT INTO meta VALUES ('server', ?1)", [server.as_bytes()]))
        .and_then(|_| connection.pragma_update(None, "application_id", APPLICATION_ID))
        .and_then(|()| connection.pragma_update(None, "user_version", SCHEMA_VERSION))
        .and_then(|()| connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)"))
        .map_err(|error| told(path, &error))?;
    connection.close().map_err(|(_, error)| told(path, &error))?;
    move_into_place(&partial, path)
}

pub(super) fn private_empty_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map(|_| ())
}

pub(super) fn move_into_place(partial: &Path, path: &Path) -> Result<(), OpenError> {
    let moved = File::open(partial)
        .and_then(|file| file.sync_all())
        // A hard link, unlike a rename, never replaces a file that is there.
        .and_then(|()| fs::hard_link(partial, path))
        .and_then(|()| fs::remove_file(partial))
        .and_then(|()| File::open(folder_of(path))?.sync_all());
    moved.map_err(|error| {
        let taken = error.kind() == io::ErrorKind::AlreadyExists;
        if taken { OpenError::AlreadyThere(path.into()) } else { refused(path, &error) }
    })
}

/// The folder that a file lies in; of a bare name it is the current one.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens a journal that is there, after checking it.
pub(super) fn open(path: &Path, server: ServerId) -> Result<Connection, OpenError> {
    if !path.is_file() {
        return Err(OpenError::Missing(path.into()));
    }
    let connection = connect(path).map_err(|error| told(path, &error))?;
    let version = check_kind(&connection, path)?;
    prepare(&connection).map_err(|error| told(path, &error))?;
    check_server(&connection, path, server)?;
    check_sound(&connection, path, version)?;
    // Somebody who is writing shows here.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(|error| told(path, &error))?;
    migrate(&connection, version).map_err(|error| told(path, &error))?;
    Ok(connection)
}

/// Whether `meta` has this row.
pub(super) fn has_mark(connection: &Connection, path: &Path, name: &str) -> Result<bool, OpenError> {
    connection
        .query_row("SELECT count(*) FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .map_err(|error| told(path, &error))
}

/// Opens a connection that can only read, to a journal that is open.
pub(super) fn read_only(path: &Path) -> Result<Connection, OpenError> {
    let open = || {
        let connection = connect(path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|error| told(path, &error))
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without the flag that would make a missing file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES_MAX)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)
}

/// Brings a checked log of this schema version to the newest, all or nothing.
pub(super) fn migrate(connection: &Connection, version: i32) -> rusqlite::Result<()> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let migration = format!("BEGIN; {} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT", recent::TABLE);
    connection.execute_batch(&migration).inspect_err(|_| {
        // The error before says more than this one would.
        let _ = connection.execute_batch("ROLLBACK");
    })
}

/// Refuses what is not a log of a version that is known here, and says which.
pub(super) fn check_kind(connection: &Connection, path: &Path) -> Result<i32, OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id").map_err(|error| told(path, &error))?;
    if application != APPLICATION_ID {
        return Err(OpenError::NotALog(path.into()));
    }
    match pragma("user_version").map_err(|error| told(path, &error))? {
        found @ SCHEMA_VERSION_OLDEST..=SCHEMA_VERSION => Ok(found),
        found if found > SCHEMA_VERSION => Err(OpenError::Newer { path: path.into(), found }),
        found => Err(OpenError::Older { path: path.into(), found }),
    }
}

/// Whose log it is.
pub(super) fn server_of(connection: &Connection, path: &Path) -> Result<Option<ServerId>, OpenError> {
    let found: Option<[u8; 16]> = connection
        .query_row("SELECT value FROM meta WHERE name = 'server'", [], |row| row.get(0))
        .optional()
        .map_err(|error| told(path, &error))?;
    Ok(found.map(ServerId::from_bytes))
}

fn check_server(connection: &Connection, path: &Path, server: ServerId) -> Result<(), OpenError> {
    if server_of(connection, path)?.is_some_and(|found| found.as_bytes() == server.as_bytes()) {
        Ok(())
    } else {
        Err(OpenError::OtherServer(path.into()))
    }
}

pub(super) fn check_sound(connection: &Connection, path: &Path, version: i32) -> Result<(), OpenError> {
    let found: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| told(path, &error))?;
    if found != "ok" {
        return Err(OpenError::Damaged { path: path.into(), found });
    }
    // What is not settled follows without hole on what is. An old version settled everything at once.
    let unsettled = if version == SCHEMA_VERSION_OLDEST { "0" } else { UNSETTLED_WITH_HOLES };
    let short: i64 = connection
        .query_row(
            // A log that was trimmed begins later, and one that was trimmed wholly has no publication at all.
            &format!(
                "SELECT ({unsettled}) + count(*) FROM rooms LEFT JOIN (
                SELECT programme, room, min(offset) AS first, max(offset) AS last, count(*) AS number
                FROM publications GROUP BY programme, room) USING (programme, room)
             WHERE head <> coalesce(last, kept_from - 1) OR kept_from <> coalesce(first, kept_from)
                OR head - kept_from + 1 <> coalesce(number, 0)"
            ),
            [],
            |row| row.get(0),
        )
        .map_err(|error| told(path, &error))?;
    if short == 0 {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.into(), found: format!("{short} rooms do not hold what they should") })
}

pub(super) fn told(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotALog(path.into()),
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path: path.into(), found: error.to_string() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked(path.into()),
        _ => OpenError::Refused { path: path.into(), reason: error.to_string() },
    }
}

pub(super) fn refused(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Refused { path: path.into(), reason: error.to_string() }
}
