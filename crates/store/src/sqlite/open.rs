//! Making and opening the database file. Whatever is wrong with it is said; nothing is ever started empty in its place.

use super::error::{OpenError, io_at, refused};
use super::limits::SqliteLimits;
use super::migrate::{self, Migrated};
use super::schema::{ADD_2, APPLICATION_ID, CREATE_1, OLDEST_VERSION, SCHEMA_VERSION};
use kkanbu_keys::ServerId;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a database file starts with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Bytes of the database's header that say what it is and how long.
const HEADER_BYTES: u64 = 32;

/// How long a statement waits for another process, such as a backup tool, that holds the database.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;

/// What a connection that reads keeps of the file, in KiB. The operating system keeps the rest, once for all.
const READER_CACHE_KIB: i64 = 512;

/// An open database: the lock that keeps others out, the connection that writes, and those that read.
#[derive(Debug)]
pub(super) struct Opened {
    /// Held as long as the writer lives.
    pub(super) lock: Lock,
    /// The one connection that writes.
    pub(super) writer: Connection,
    /// Connections that only read.
    pub(super) readers: Vec<Connection>,
    /// Whether its layout tells an order: who had it last did not close it, or what was migrated could not be rewritten yet.
    pub(super) untidy: bool,
}

/// Makes a database that must not be there yet. It appears whole or not at all.
pub(super) fn create(path: &Path, server: ServerId) -> Result<(), OpenError> {
    let partial = begin_partial(path)?;
    fill(&partial, server).map_err(|error| refused(&partial, &error))?;
    publish(&partial, path)
}

/// A new, empty file beside `path` to be filled, which only its owner may read. What an earlier try left there is removed.
pub(super) fn begin_partial(path: &Path) -> Result<PathBuf, OpenError> {
    if path.exists() {
        return Err(OpenError::AlreadyThere(path.into()));
    }
    let partial = beside(path, ".partial");
    for leftover in [partial.clone(), beside(&partial, "-wal"), beside(&partial, "-shm"), beside(&partial, "-journal")]
    {
        remove_if_there(&leftover).map_err(|source| io_at(&leftover, source))?;
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
    made.map(|_| ()).map_err(|source| io_at(&partial, source))?;
    Ok(partial)
}

/// Makes a filled and closed partial file durable, under its own name.
pub(super) fn publish(partial: &Path, path: &Path) -> Result<(), OpenError> {
    let publish = || {
        File::open(partial)?.sync_all()?;
        // A hard link, unlike a rename, never replaces a store that is there.
        fs::hard_link(partial, path)?;
        fs::remove_file(partial)?;
        folder(path).map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    publish().map_err(|source| {
        let there = source.kind() == io::ErrorKind::AlreadyExists;
        if there { OpenError::AlreadyThere(path.into()) } else { io_at(path, source) }
    })
}

fn fill(path: &Path, server: ServerId) -> Result<(), rusqlite::Error> {
    let mut connection = connect(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let tx = connection.transaction()?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    tx.execute_batch(CREATE_1)?;
    tx.execute_batch(ADD_2)?;
    tx.execute("INSERT INTO meta (name, value) VALUES ('server', ?1)", params![server.as_bytes()])?;
    tx.commit()?;
    checkpoint(&connection)?;
    connection.close().map_err(|(_, error)| error)
}

/// Opens a database that is there, and refuses it where anything is wrong.
pub(super) fn open(path: &Path, server: ServerId, limits: &SqliteLimits) -> Result<Opened, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.into()));
    }
    let lock = Lock::take(path)?;
    let left_open = fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    check_length(path, left_open)?;
    let writer = connect(path).map_err(|error| refused(path, &error))?;
    if writer.is_readonly("main").map_err(|error| refused(path, &error))? {
        return Err(OpenError::ReadOnly(path.into()));
    }
    let found = check(&writer, path, server, "PRAGMA quick_check(1)")?;
    configure(&writer, limits).map_err(|error| refused(path, &error))?;
    let migrated = migrate::migrate(&writer, found).map_err(|error| refused(path, &error))?;
    let readers = (0..limits.readers.max(1))
        .map(|_| connect_reader(path))
        .collect::<Result<_, _>>()
        .map_err(|error| refused(path, &error))?;
    Ok(Opened { lock, writer, readers, untidy: left_open || migrated == Migrated::Untidy })
}

/// Empties the write-ahead log into the database file.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(error, Some("a read is still using the write-ahead log".into())));
    }
    Ok(())
}

/// Keeps other processes out; dropping it lets them in. The database's own locks hold only during a transaction, and a second server
/// would go unnoticed between two.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    fn take(path: &Path) -> Result<Self, OpenError> {
        let at = beside(path, ".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&at);
        let file = file.map_err(|source| io_at(&at, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(path.into())),
            Err(TryLockError::Error(source)) => Err(io_at(&at, source)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a process that was forked off and has not yet started its program.
        let _ = self.0.unlock();
    }
}

/// Refuses a file that does not start as a database or is shorter than it says. `SQLite` would take an empty file for an empty
/// database, and read what is missing of a page as zeros.
pub(super) fn check_length(path: &Path, left_open: bool) -> Result<(), OpenError> {
    let mut header = Vec::new();
    let file = File::open(path).map_err(|source| io_at(path, source))?;
    let length = file.metadata().map_err(|source| io_at(path, source))?.len();
    file.take(HEADER_BYTES).read_to_end(&mut header).map_err(|source| io_at(path, source))?;
    let field = |at: std::ops::Range<usize>| header.get(at).unwrap_or_default();
    if field(0..16) != MAGIC {
        return Err(OpenError::NotADatabase(path.into()));
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (page_bytes, pages) = (number(field(16..18)), number(field(28..32)));
    // Where the last process did not close it, the rest may be in the write-ahead log.
    if left_open || length >= page_bytes * pages {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: path.into(),
        what: format!("{length} bytes of {}: it is cut short", page_bytes * pages),
    })
}

/// Refuses a database that is no store of this server, or that is damaged; `sound` is the question to ask for that. Returns its
/// version.
pub(super) fn check(connection: &Connection, path: &Path, server: ServerId, sound: &str) -> Result<i32, OpenError> {
    let refused = |error: rusqlite::Error| refused(path, &error);
    let version = version(connection, path)?;
    let what: String = connection.query_row(sound, [], |row| row.get(0)).map_err(refused)?;
    if what != "ok" {
        return Err(OpenError::Damaged { path: path.into(), what });
    }
    let stored: Option<[u8; 16]> = connection
        .query_row("SELECT value FROM meta WHERE name = 'server'", [], |row| row.get(0))
        .optional()
        .map_err(refused)?;
    if stored == Some(*server.as_bytes()) { Ok(version) } else { Err(OpenError::OtherServer(path.into())) }
}

/// The version of a store that this one knows.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<i32, OpenError> {
    let number = |name: &str| {
        let number = connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        number.map_err(|error| refused(path, &error))
    };
    if number("application_id")? != APPLICATION_ID {
        return Err(OpenError::Foreign(path.into()));
    }
    match number("user_version")? {
        found if found > SCHEMA_VERSION => Err(OpenError::NewerSchema { path: path.into(), found }),
        found if found < OLDEST_VERSION => Err(OpenError::OlderSchema { path: path.into(), found }),
        found => Ok(found),
    }
}

fn configure(connection: &Connection, limits: &SqliteLimits) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    if let Some(pages) = limits.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(())
}

/// Opens a connection that writes.
pub(super) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // Rewriting the file must not leave a copy of it in a temporary folder.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Deleted bytes are overwritten. This pragma answers with a row.
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(connection)
}

// Not opened read-only: a reader must be able to make the shared memory of the write-ahead log.
fn connect_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// The path with something added to its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // No test can cut the power; this one holds on to what the database needs to survive it.
    #[test]
    fn commits_are_synchronised_and_deletions_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let server = ServerId::from_bytes([1; 16]);
        create(&path, server).unwrap();
        let opened = open(&path, server, &SqliteLimits::default()).unwrap();
        let pragma = |name: &str| -> i32 { opened.writer.pragma_query_value(None, name, |row| row.get(0)).unwrap() };
        assert_eq!(opened.writer.pragma_query_value(None, "journal_mode", |row| row.get(0)), Ok("wal".to_owned()));
        for (name, value) in [("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1), ("temp_store", 2)] {
            assert_eq!(pragma(name), value, "{name}");
        }
        assert!(opened.readers.iter().all(|reader| reader.execute("DELETE FROM meta", []).is_err()));
    }
}
