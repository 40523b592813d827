//! A copy of one moment of a store that another process is using.
//!
//! It neither takes nor needs the server's lock. While a snapshot is held the server reads and writes as ever; only its write-ahead log
//! can't be emptied, so that it grows, and whatever waits for that (the rewriting of the file, the end of a programme) tries for
//! as long as a write waits for another process and then later again. Hold it for as long as the copying takes.

use super::error::{OpenError, refused};
use super::open;
use super::reading::{self, Use};
use kkanbu_keys::ServerId;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs;
use std::path::{Path, PathBuf};

/// One moment of a store, held until it is dropped.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    /// Holds the read transaction that is the moment.
    held: Connection,
    /// Sees what is committed after it.
    watch: Connection,
    /// What `watch` said just before the moment.
    version: i64,
}

impl Snapshot {
    /// Holds the store at `path` as it is now. A server may be using it, in whatever process. Where none is, an empty write-ahead log and
    /// its shared memory stay beside the store for the next one.
    pub fn begin(path: &Path) -> Result<Self, OpenError> {
        // Never as one's own: a server may start while this is held.
        let (held, watch) = (reading::connect(path, Use::Shared)?, reading::connect(path, Use::Shared)?);
        let version = data_version(&watch, path)?;
        held.execute_batch("BEGIN").map_err(|error| refused(path, &error))?;
        // The transaction begins with its first question.
        open::version(&held, path)?;
        Ok(Self { path: path.into(), held, watch, version })
    }

    /// Whether nothing at all was committed to the store from before the moment until now. Something else that was looked at in
    /// between, such as the logs, then was looked at while the store was as it is held here.
    pub fn is_current(&self) -> Result<bool, OpenError> {
        Ok(data_version(&self.watch, &self.path)? == self.version)
    }

    /// Writes the moment into a new file at `to`, which only its owner may read: whole and durable, without a write-ahead log, in the
    /// order of its keys. It appears under its name when it is complete.
    pub fn write(&self, to: &Path) -> Result<(), OpenError> {
        let partial = open::begin_partial(to)?;
        let written = self.fill(&partial).map_err(|error| refused(&partial, &error));
        written.and_then(|()| open::publish(&partial, to)).inspect_err(|_| {
            // What is wrong is said already; the next try removes it too.
            let _ = fs::remove_file(&partial);
        })
    }

    fn fill(&self, to: &Path) -> Result<(), rusqlite::Error> {
        let mut copy = open::connect(to)?;
        let step = Backup::new(&self.held, &mut copy)?.step(-1)?;
        if step != StepResult::Done {
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(busy, Some("the store could not be copied at once".into())));
        }
        // Its header says that there is a write-ahead log, as the store's does.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        copy.execute_batch("VACUUM")?;
        copy.close().map_err(|(_, error)| error)
    }
}

/// Changes whenever another connection has committed something.
fn data_version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(|error| refused(path, &error))
}

/// Whether the file at `path` is a sound store of this server that this version can use, with what is wrong said as on opening it.
/// Writes nothing.
pub fn check_copy(path: &Path, server: ServerId) -> Result<(), OpenError> {
    let connection = reading::connect(path, reading::use_of(path))?;
    open::check(&connection, path, server, "PRAGMA integrity_check(1)").map(|_version| ())
}
