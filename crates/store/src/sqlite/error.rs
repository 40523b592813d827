//! What can be wrong with a database file, and how it is said.

use super::schema::{OLDEST_VERSION, SCHEMA_VERSION};
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};

/// Why the store can't be made or opened. Each message says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no database.
    #[error("there is no store at {0}; if this is the first start, run `kkanbu init`; if not, restore the data folder")]
    Missing(PathBuf),
    /// There is something already.
    #[error("{0} is already there; a store is never overwritten")]
    AlreadyThere(PathBuf),
    /// Another process has it.
    #[error("the store {0} is used by another process; stop that one first")]
    Locked(PathBuf),
    /// No database file.
    #[error("{0} is no SQLite database: it may be cut short; restore it from a backup")]
    NotADatabase(PathBuf),
    /// A database of something else.
    #[error("{0} is a database, but not a kkanbu store; check the path")]
    Foreign(PathBuf),
    /// Written by a newer version.
    #[error("the store {path} has schema {found}, newer than this version's {SCHEMA_VERSION}; run the newer kkanbu")]
    NewerSchema {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: i32,
    },
    /// Written by an older version that can't be migrated.
    #[error(
        "the store {path} has schema {found}, too old for this version, which reads {OLDEST_VERSION} to {SCHEMA_VERSION}; restore a newer backup"
    )]
    OlderSchema {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: i32,
    },
    /// It belongs to another server's keys.
    #[error("the store {0} belongs to another key folder; data and keys must be of the same server: check both paths")]
    OtherServer(PathBuf),
    /// The file is corrupt.
    #[error("the store {path} is damaged ({what}); restore it from a backup")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// It can't be written.
    #[error("the store {0} can't be written; check the owner and mode of the file and its folder")]
    ReadOnly(PathBuf),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The database refused for another reason.
    #[error("the store {path} can't be opened: {reason}")]
    Database {
        /// Where.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// What an error of the database says about the file.
pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> OpenError {
    let path = path.into();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotADatabase(path),
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, what: error.to_string() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked(path),
        Some(ErrorCode::ReadOnly) => OpenError::ReadOnly(path),
        _ => OpenError::Database { path, reason: error.to_string() },
    }
}

/// What the operating system said about a file.
pub(super) fn io_at(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.into(), source }
}
