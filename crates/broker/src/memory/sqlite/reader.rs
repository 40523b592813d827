//! Read connections of their own: in write-ahead mode they see what is committed, and nobody waits for anybody.

use super::{find, number, offset, open, recent};
use crate::memory::journal::{JournalError, JournalReader, StoredPage};
use crate::memory::sqlite::OpenError;
use crate::{Found, IdempotencyKey};
use kkanbu_model::{Offset, RoomAddress};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads that run at the same time; more take turns.
const READ_CONNECTIONS: usize = 2;

/// A few connections that only read.
pub(super) struct SqliteReader {
    connections: [Mutex<Connection>; READ_CONNECTIONS],
    turn: AtomicUsize,
}

impl SqliteReader {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let connections = [Mutex::new(open::read_only(path)?), Mutex::new(open::read_only(path)?)];
        Ok(Self { connections, turn: AtomicUsize::new(0) })
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, JournalError>) -> Result<T, JournalError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % READ_CONNECTIONS;
        self.connections
            .get(turn)
            .map_or_else(|| Err(JournalError("no read connection".to_owned())), |connection| read(&connection.lock()))
    }
}

impl JournalReader for SqliteReader {
    fn read(
        &self,
        room: &RoomAddress,
        after: Offset,
        through: Offset,
        limit: usize,
    ) -> Result<Option<StoredPage>, JournalError> {
        self.with(|connection| {
            // One moment for both questions.
            let _moment = connection.unchecked_transaction()?;
            let mut select =
                connection.prepare_cached("SELECT kept_from, head FROM rooms WHERE programme = ?1 AND room = ?2")?;
            let place = params![room.programme.as_str(), room.room.as_str()];
            let standing = select.query_row(place, |row| Ok((offset(row, 0)?, offset(row, 1)?))).optional()?;
            let Some((kept_from, settled)) = standing else { return Ok(None) };
            let mut select = connection.prepare_cached(
                "SELECT offset, key, sealed FROM publications
                 WHERE programme = ?1 AND room = ?2 AND offset > ?3 AND offset <= ?4 ORDER BY offset LIMIT ?5",
            )?;
            let range = params![
                room.programme.as_str(),
                room.room.as_str(),
                number(after),
                number(through),
                i64::try_from(limit).unwrap_or(i64::MAX)
            ];
            let mut records = select.query_map(range, recent::stored_record)?.collect::<rusqlite::Result<Vec<_>>>()?;
            if through > settled && records.len() < limit {
                let remaining = limit - records.len();
                recent::read(connection, room, (after.max(settled), through), remaining, &mut records)?;
            }
            Ok(Some(StoredPage { kept_from, records }))
        })
    }

    fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError> {
        self.with(|connection| {
            // One moment for both questions: what is settled between them would be in neither answer.
            let _moment = connection.unchecked_transaction()?;
            match find(connection, room, key)? {
                Some(found) => Ok(Some(found)),
                None => Ok(recent::find(connection, room, key)?),
            }
        })
    }
}
