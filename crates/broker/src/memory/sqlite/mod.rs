//! The journal for servers: one `SQLite` file in write-ahead mode, synced at every commit.

mod open;
mod reader;
mod recent;
mod snapshot;

pub use open::OpenError;
pub use snapshot::Snapshot;

use crate::local::Standing;
use crate::memory::journal::{Journal, JournalError, JournalReader, Record, StoredRecord};
use crate::{Found, IdempotencyKey, telemetry};
use kkanbu_keys::ServerId;
use kkanbu_model::{Epoch, Offset, ProgrammeId, RoomAddress, StateVersion};
use reader::SqliteReader;
use recent::Recent;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::sync::Arc;

/// Rooms' logs in one `SQLite` file.
pub struct SqliteJournal {
    connection: Connection,
    reader: Arc<SqliteReader>,
    /// What is not settled yet. `None` after whatever may have left it different from the file: then it is read anew.
    recent: Option<Recent>,
    /// Something was taken out of the log and may still lie in the files. The file says the same, for whoever opens it
    /// after a crash.
    unscrubbed: bool,
}

/// The row of `meta` that is there while the log is not scrubbed.
const UNSCRUBBED: &str = "unscrubbed";

impl SqliteJournal {
    /// Makes a new, empty journal for the server with this id. Refuses where a file is there already.
    pub fn create(path: &Path, server: ServerId) -> Result<Self, OpenError> {
        open::create(path, server)?;
        Self::open(path, server)
    }

    /// Opens the journal that is there. Refuses whatever is not a sound journal of this server and version: it never starts
    /// empty.
    pub fn open(path: &Path, server: ServerId) -> Result<Self, OpenError> {
        let connection = open::open(path, server)?;
        let unscrubbed = open::has_mark(&connection, path, UNSCRUBBED)?;
        let reader = Arc::new(SqliteReader::open(path)?);
        let mut journal = Self { connection, reader, recent: None, unscrubbed };
        if let Err(JournalError(reason)) = journal.tidy() {
            // A backup may be reading, or the disk be full. Neither makes the log unusable.
            telemetry::scrub_failed(&reason);
        }
        Ok(journal)
    }

    /// The transaction begins with the first write and ends with the sync.
    fn begin(&self) -> Result<(), JournalError> {
        if self.connection.is_autocommit() {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        }
        Ok(())
    }

    /// Leaves one file that holds nothing but the log: at opening and at closing.
    fn tidy(&mut self) -> Result<(), JournalError> {
        self.settle()?;
        self.scrub()?;
        self.checkpoint()
    }

    /// What is not settled, to be changed in the transaction. Gathering puts it back where all went well.
    fn take_recent(&mut self) -> Result<Recent, JournalError> {
        match self.recent.take() {
            Some(recent) => Ok(recent),
            None => Ok(Recent::load(&self.connection)?),
        }
    }

    fn recent(&mut self) -> Result<&Recent, JournalError> {
        let recent = self.take_recent()?;
        Ok(self.recent.insert(recent))
    }

    /// Changes what is not settled, in the transaction.
    fn gather(
        &mut self,
        change: impl FnOnce(&mut Recent, &Connection) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        self.begin()?;
        let mut recent = self.take_recent()?;
        change(&mut recent, &self.connection)?;
        self.recent = Some(recent);
        Ok(())
    }

    /// Settles everything, durable on return.
    fn settle(&mut self) -> Result<(), JournalError> {
        if self.recent()?.is_empty() {
            return Ok(());
        }
        let settled = self.gather(Recent::settle_all).and_then(|()| self.sync());
        if settled.is_err() {
            self.rollback();
        }
        settled
    }

    /// With what is gathered, it becomes durable that the files have to be scrubbed.
    fn mark_unscrubbed(&mut self) -> Result<(), JournalError> {
        self.begin()?;
        self.unscrubbed = true;
        self.connection.prepare_cached("INSERT OR IGNORE INTO meta VALUES (?1, x'')")?.execute([UNSCRUBBED])?;
        Ok(())
    }

    /// Copies the write-ahead log into the file and empties it, so that nothing deleted stays behind in it.
    fn checkpoint(&self) -> Result<(), JournalError> {
        let busy: bool = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy { Err(JournalError("somebody is reading the log; try again".to_owned())) } else { Ok(()) }
    }
}

impl Journal for SqliteJournal {
    fn standing(&mut self, room: &RoomAddress) -> Result<Option<Standing>, JournalError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT epoch, head, version, kept_from FROM rooms WHERE programme = ?1 AND room = ?2")?;
        let standing = select.query_row(params![room.programme.as_str(), room.room.as_str()], |row| {
            Ok(Standing {
                epoch: Epoch::new(row.get::<_, i64>(0)?.cast_unsigned()),
                head: offset(row, 1)?,
                version: StateVersion(offset(row, 2)?),
                kept_from: offset(row, 3)?,
            })
        });
        let Some(standing) = standing.optional()? else { return Ok(None) };
        drop(select);
        let (head, version) = self.recent()?.head(room).unwrap_or((standing.head, standing.version));
        Ok(Some(Standing { head, version, ..standing }))
    }

    fn find(&mut self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError> {
        match self.recent()?.find(room, key) {
            Some(found) => Ok(Some(found)),
            None => find(&self.connection, room, key),
        }
    }

    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        self.gather(|recent, connection| recent.append(connection, records))
    }

    fn rewrite(&mut self, room: &RoomAddress, records: &[StoredRecord]) -> Result<(), JournalError> {
        self.mark_unscrubbed()?;
        self.gather(|recent, connection| recent.settle_room(connection, room))?;
        let mut update = self.connection.prepare_cached(
            "UPDATE publications SET sealed = ?5 WHERE programme = ?1 AND room = ?2 AND offset = ?3 AND key = ?4",
        )?;
        for StoredRecord { offset, key, sealed } in records {
            update.execute(params![room.programme.as_str(), room.room.as_str(), number(*offset), key.0, sealed])?;
        }
        Ok(())
    }

    fn trim(&mut self, room: &RoomAddress, kept_from: Offset) -> Result<(), JournalError> {
        self.mark_unscrubbed()?;
        self.gather(|recent, connection| recent.settle_room(connection, room))?;
        let mut delete = self
            .connection
            .prepare_cached("DELETE FROM publications WHERE programme = ?1 AND room = ?2 AND offset < ?3")?;
        delete.execute(params![room.programme.as_str(), room.room.as_str(), number(kept_from)])?;
        Ok(())
    }

    /// `secure_delete` alone does not do it: where SQLite moves rows between pages, it leaves copies in the pages' free
    /// space. So the file is written anew, which takes memory and time in proportion to the whole log.
    fn scrub(&mut self) -> Result<(), JournalError> {
        if !self.unscrubbed {
            return Ok(());
        }
        self.settle()?;
        // Whoever reads would make the work useless.
        self.checkpoint()?;
        self.connection.execute_batch("VACUUM")?;
        self.checkpoint()?;
        self.connection.execute("DELETE FROM meta WHERE name = ?1", [UNSCRUBBED])?;
        self.unscrubbed = false;
        Ok(())
    }

    fn set_standing(&mut self, room: &RoomAddress, standing: &Standing) -> Result<(), JournalError> {
        self.gather(|recent, connection| recent.settle_room(connection, room))?;
        let mut upsert = self.connection.prepare_cached(
            "INSERT INTO rooms (programme, room, epoch, head, version, kept_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET epoch = ?3, head = ?4, version = ?5, kept_from = ?6",
        )?;
        upsert.execute(params![
            room.programme.as_str(),
            room.room.as_str(),
            standing.epoch.get().cast_signed(),
            number(standing.head),
            number(standing.version.0),
            number(standing.kept_from)
        ])?;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    fn rollback(&mut self) {
        self.recent = None;
        if !self.connection.is_autocommit() {
            // Where even this fails, the next write meets the open transaction and fails too, until it works again.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn destroy(&mut self, programme: &ProgrammeId) -> Result<(), JournalError> {
        self.begin()?;
        self.recent = None;
        let delete = |table| format!("DELETE FROM {table} WHERE programme = ?1");
        let deleted = ["recent", "publications", "rooms"]
            .into_iter()
            .try_for_each(|table| self.connection.execute(&delete(table), [programme.as_str()]).map(|_| ()));
        if let Err(error) = deleted.map_err(JournalError::from).and_then(|()| self.sync()) {
            self.rollback();
            return Err(error);
        }
        self.checkpoint()
    }

    fn check(&mut self) -> Result<(), JournalError> {
        self.begin()?;
        // Always another value: SQLite writes nothing where a row stays as it is.
        let written = self.connection.execute(
            "INSERT INTO meta VALUES ('checked', randomblob(16)) ON CONFLICT DO UPDATE SET value = excluded.value",
            [],
        );
        let checked = written.map_err(JournalError::from).and_then(|_| self.sync());
        if checked.is_err() {
            self.rollback();
        }
        checked
    }

    /// In quiet times nothing is left that shows in which order rooms were written in, but for the write-ahead log.
    fn rest(&mut self) {
        // Where it fails, it is tried at the next rest, and the next write says why.
        let _ = self.settle();
    }

    fn close(&mut self) {
        // Where a reader is still there, the write-ahead log stays and is read at the next start.
        if let Err(JournalError(reason)) = self.tidy() {
            telemetry::scrub_failed(&reason);
        }
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::<SqliteReader>::clone(&self.reader)
    }
}

/// Looks a settled record up by its key; shared by the writer and the readers.
fn find(connection: &Connection, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError> {
    let mut select = connection.prepare_cached(
        "SELECT offset, fingerprint FROM publications WHERE programme = ?1 AND room = ?2 AND key = ?3",
    )?;
    let found = select.query_row(params![room.programme.as_str(), room.room.as_str(), key.0], |row| {
        Ok(Found { offset: offset(row, 0)?, fingerprint: row.get(1)? })
    });
    Ok(found.optional()?)
}

/// `SQLite`'s integers are signed. Offsets stay far below what that changes ([`Offset::MAX`]).
const fn number(offset: Offset) -> i64 {
    offset.get().cast_signed()
}

fn offset(row: &Row<'_>, column: usize) -> rusqlite::Result<Offset> {
    Ok(Offset::new(row.get::<_, i64>(column)?.cast_unsigned()))
}

impl From<rusqlite::Error> for JournalError {
    // SQLite's messages name tables and columns, never values.
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests;
