//! Looking at a store's file from outside, without the server's lock and without writing to it.

use super::error::{OpenError, io_at, refused};
use super::open::{BUSY_TIMEOUT, beside, check_length};
use data_encoding::HEXUPPER;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The shortest page that a database can have, and so the shortest database.
const PAGE_BYTES_MIN: u64 = 512;

/// How the file is used by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A server may be using it, or one did not close it: what is read may be in its write-ahead log.
    Shared,
    /// The file is all there is, and nobody writes to it meanwhile.
    Alone,
}

/// Whether there is nothing but the file itself.
pub(super) fn use_of(path: &Path) -> Use {
    let there = |suffix| beside(path, suffix).exists();
    if there("-wal") || there("-journal") { Use::Shared } else { Use::Alone }
}

/// A connection that can't write. A file that is used alone is only read; for a shared one the database may make an empty write-ahead
/// log and shared memory beside it, where those are not there.
pub(super) fn connect(path: &Path, with: Use) -> Result<Connection, OpenError> {
    let length = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OpenError::Missing(path.into())),
        found => found.map_err(|source| io_at(path, source))?.len(),
    };
    match with {
        Use::Alone => check_length(path, false)?,
        // The database's locks are the process's: where this one has the store open, closing the file after a look at it would give
        // them up. The database itself would take what is too short for a page for an empty database.
        Use::Shared if length < PAGE_BYTES_MIN => return Err(OpenError::NotADatabase(path.into())),
        Use::Shared => {}
    }
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(path, with), flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(connection)
    };
    open().map_err(|error| refused(path, &error))
}

/// The path in the form in which the database takes options.
fn uri(path: &Path, with: Use) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            other => {
                uri.push('%');
                uri.push_str(&HEXUPPER.encode(&[*other]));
            }
        }
    }
    if with == Use::Alone {
        uri.push_str("?immutable=1");
    }
    uri
}
