//! Copies of a log at one moment, made by another process than the server and while that one writes; and what is done with
//! such a copy before it becomes a log again.

use super::open::{self, BUSY, OpenError};
use super::recent::Recent;
use super::{SqliteJournal, UNSCRUBBED};
use crate::local::random_epoch;
use kkanbu_keys::ServerId;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a backup waits where a server that starts or stops has the file for itself.
const SERVER_BUSY: Duration = Duration::from_secs(5);

/// A log as it was at one moment. Whatever is written later is not in it.
///
/// It holds no lock that a writer meets. While it exists, the server's write-ahead log grows, and the server's `erase` and
/// `trim` answer `Unavailable`, because what they take out is still in the files: so it is not to be kept long.
pub struct Snapshot {
    connection: Connection,
    path: PathBuf,
    server: ServerId,
}

impl Snapshot {
    /// Fixes the moment. Refuses what is not a log of this version; whether it is sound shows when it is written.
    pub fn begin(path: &Path) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::Missing(path.into()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let begun = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.busy_timeout(SERVER_BUSY)?;
            connection.pragma_update(None, "trusted_schema", false)?;
            // The moment is that of the first look, which is the next thing done.
            connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
            Ok(connection)
        });
        let connection = begun.map_err(|error| open::told(path, &error))?;
        open::check_kind(&connection, path)?;
        let server = open::server_of(&connection, path)?.ok_or_else(|| OpenError::NotALog(path.into()))?;
        Ok(Self { connection, path: path.into(), server })
    }

    /// Whose log it is.
    pub const fn server(&self) -> ServerId {
        self.server
    }

    /// Writes the log of that moment into a new file of its own, readable by its owner only, and durable on return. Refuses
    /// where a file is there already. Of an attempt that failed or was cut off, at most a file with the ending `.partial`
    /// stays, which the next attempt replaces.
    pub fn write_to(&self, target: &Path) -> Result<(), OpenError> {
        if target.exists() {
            return Err(OpenError::AlreadyThere(target.into()));
        }
        let partial = target.with_extension("partial");
        open::private_empty_file(&partial).map_err(|error| open::refused(target, &error))?;
        let made = self
            .copy_into(&partial)
            .and_then(|()| SqliteJournal::check_copy(&partial).map(|_| ()))
            .and_then(|()| open::move_into_place(&partial, target));
        if made.is_err() {
            // Where even this fails, the next attempt replaces it.
            let _ = fs::remove_file(&partial);
        }
        made
    }

    fn copy_into(&self, partial: &Path) -> Result<(), OpenError> {
        let mut copy = open::connect(partial).map_err(|error| open::told(partial, &error))?;
        // All pages in one step: a step that meets a lock has copied nothing, and nothing here would have it try again.
        let copied = Backup::new(&self.connection, &mut copy).and_then(|backup| backup.step(-1));
        if copied.map_err(|error| open::told(&self.path, &error))? != StepResult::Done {
            return Err(OpenError::Locked(self.path.clone()));
        }
        // The header says write-ahead mode as the log's does; a copy is one file. Then whatever lies in free space goes.
        copy.pragma_update(None, "journal_mode", "delete")
            .and_then(|()| copy.execute("DELETE FROM meta WHERE name = ?1", [UNSCRUBBED]))
            .and_then(|_| settle(&mut copy))
            .and_then(|()| copy.execute_batch("VACUUM"))
            .map_err(|error| open::told(partial, &error))?;
        copy.close().map_err(|(_, error)| open::told(partial, &error))
    }
}

impl SqliteJournal {
    /// Checks that a copy is a sound log of this version, without changing anything, and says whose it is. `Refused` where
    /// it is not whole in this one file.
    pub fn check_copy(path: &Path) -> Result<ServerId, OpenError> {
        whole_file(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(immutable_uri(path), flags)
            .and_then(|connection| connection.pragma_update(None, "trusted_schema", false).map(|()| connection))
            .map_err(|error| open::told(path, &error))?;
        let version = open::check_kind(&connection, path)?;
        open::check_sound(&connection, path, version)?;
        open::server_of(&connection, path)?.ok_or_else(|| OpenError::NotALog(path.into()))
    }

    /// Begins a new epoch in every room of a copy, so that nothing that clients hold from after the copy was made is taken
    /// for a place in it. Durable on return; says how many rooms there are. `Locked` where anybody has the file open.
    pub fn begin_epochs_in(path: &Path) -> Result<usize, OpenError> {
        whole_file(path)?;
        let mut connection = open::connect(path).map_err(|error| open::told(path, &error))?;
        open::check_kind(&connection, path)?;
        let begun = begin_epochs(&mut connection).map_err(|error| open::told(path, &error))?;
        connection.close().map_err(|(_, error)| open::told(path, &error))?;
        fs::File::open(path).and_then(|file| file.sync_all()).map_err(|error| open::refused(path, &error))?;
        Ok(begun)
    }
}

/// Brings a copy to this version, and its recent publications to where the others are.
fn settle(copy: &mut Connection) -> rusqlite::Result<()> {
    let version = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    open::migrate(copy, version)?;
    let transaction = copy.transaction()?;
    Recent::load(&transaction)?.settle_all(&transaction)?;
    transaction.commit()
}

fn begin_epochs(connection: &mut Connection) -> rusqlite::Result<usize> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "delete")?;
    connection.pragma_update(None, "synchronous", "extra")?;
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    let rooms = {
        let mut select = transaction.prepare("SELECT programme, room FROM rooms")?;
        let rooms = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rooms.collect::<rusqlite::Result<Vec<(String, String)>>>()?
    };
    for (programme, room) in &rooms {
        let epoch = random_epoch().get().cast_signed();
        let place = params![programme, room, epoch];
        transaction.execute("UPDATE rooms SET epoch = ?3 WHERE programme = ?1 AND room = ?2", place)?;
    }
    transaction.commit()?;
    Ok(rooms.len())
}

/// Refuses a file beside which `SQLite` has left a part of it.
fn whole_file(path: &Path) -> Result<(), OpenError> {
    if !path.is_file() {
        return Err(OpenError::Missing(path.into()));
    }
    for ending in ["-wal", "-journal"] {
        let mut beside = OsString::from(path);
        beside.push(ending);
        if fs::metadata(&beside).is_ok_and(|file| file.len() > 0) {
            let beside = Path::new(&beside).display();
            let reason = format!("{beside} lies beside it, so that it is in use, or was copied and not backed up");
            return Err(OpenError::Refused { path: path.into(), reason });
        }
    }
    Ok(())
}

/// `SQLite` then neither locks the file nor makes any beside it.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(*byte));
        } else {
            // Writing into a String does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}
