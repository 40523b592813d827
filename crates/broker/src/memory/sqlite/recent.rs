//! The latest publications: in a table of their own, in the order in which they came, until they are settled in their
//! rooms' logs.
//!
//! Rooms' logs lie apart in the file, and so do their keys. Four publications in four rooms would touch ten pages, and each
//! page is written whole. Here they share one or two. Those of one room are settled together, which touches hardly more
//! pages than one of them would. What is settled lies on in the table until all before it is settled too; by then its
//! offset is no longer beyond its room's head in `rooms`, and nobody reads it any more.

use crate::memory::journal::{Record, StoredRecord};
use crate::memory::sqlite::{number, offset};
use crate::{Found, IdempotencyKey};
use kkanbu_model::{Offset, ProgrammeId, RoomAddress, RoomId, StateVersion};
use rusqlite::{Connection, Row, ToSql, params};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// The table. `number` begins anew at 1 whenever the table is empty.
pub(super) const TABLE: &str = "
    CREATE TABLE recent (
        number      INTEGER PRIMARY KEY,
        programme   TEXT NOT NULL,
        room        TEXT NOT NULL,
        offset      INTEGER NOT NULL,
        version     INTEGER NOT NULL,
        key         BLOB NOT NULL,
        fingerprint BLOB NOT NULL,
        sealed      BLOB NOT NULL
    ) STRICT;
";

/// Publications that wait to be settled. More: some are settled with each commit.
const UNSETTLED_MAX: usize = 4_096;

/// Publications of one room that are settled at once, so that nobody who publishes waits long for it.
const SETTLED_AT_ONCE_MAX: usize = 64;

/// What the table holds that is not settled, as the writer's open transaction sees it.
#[derive(Default)]
pub(super) struct Recent {
    rooms: HashMap<RoomAddress, OfRoom>,
    /// The rooms by their oldest row.
    oldest: BTreeMap<i64, RoomAddress>,
    unsettled: usize,
    /// The last row; 0 where the table is empty.
    last: i64,
}

/// A room's rows, oldest first.
#[derive(Default)]
struct OfRoom {
    rows: VecDeque<Unsettled>,
    keys: HashMap<IdempotencyKey, Found>,
}

#[derive(Clone, Copy)]
struct Unsettled {
    number: i64,
    key: IdempotencyKey,
    offset: Offset,
    version: StateVersion,
}

impl Recent {
    /// Reads what is there.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut recent = Self::default();
        let mut select = connection.prepare_cached(
            "SELECT programme, room, number, offset, recent.version, key, fingerprint
             FROM recent JOIN rooms USING (programme, room) WHERE offset > head ORDER BY number",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let fingerprint = row.get(6)?;
            let unsettled = Unsettled {
                number: row.get(2)?,
                offset: offset(row, 3)?,
                version: StateVersion(offset(row, 4)?),
                key: IdempotencyKey(row.get(5)?),
            };
            recent.take_in(&address(row)?, unsettled, fingerprint);
        }
        recent.last = connection.query_row("SELECT coalesce(max(number), 0) FROM recent", [], |row| row.get(0))?;
        Ok(recent)
    }

    /// Looks an unsettled record up by its key.
    pub(super) fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Option<Found> {
        self.rooms.get(room).and_then(|of_room| of_room.keys.get(&key)).copied()
    }

    /// The head and version that a room's unsettled records bring it to.
    pub(super) fn head(&self, room: &RoomAddress) -> Option<(Offset, StateVersion)> {
        self.rooms.get(room).and_then(|of_room| of_room.rows.back()).map(|last| (last.offset, last.version))
    }

    /// Writes records, and settles others where too many wait.
    pub(super) fn append(&mut self, connection: &Connection, records: &[Record]) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT INTO recent (number, programme, room, offset, version, key, fingerprint, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for Record { room, offset, version, key, fingerprint, sealed } in records {
            let unsettled = Unsettled { number: self.last + 1, key: *key, offset: *offset, version: *version };
            insert.execute(params![
                unsettled.number,
                room.programme.as_str(),
                room.room.as_str(),
                number(*offset),
                number(version.0),
                key.0,
                fingerprint,
                sealed
            ])?;
            self.take_in(room, unsettled, *fingerprint);
        }
        while self.unsettled > UNSETTLED_MAX {
            let Some(room) = self.oldest.first_key_value().map(|(_, room)| room.clone()) else { break };
            self.settle_some(connection, &room)?;
        }
        Ok(())
    }

    fn take_in(&mut self, room: &RoomAddress, unsettled: Unsettled, fingerprint: [u8; 16]) {
        if !self.rooms.contains_key(room) {
            self.rooms.insert(room.clone(), OfRoom::default());
            self.oldest.insert(unsettled.number, room.clone());
        }
        if let Some(of_room) = self.rooms.get_mut(room) {
            of_room.keys.insert(unsettled.key, Found { offset: unsettled.offset, fingerprint });
            of_room.rows.push_back(unsettled);
        }
        self.unsettled += 1;
        self.last = unsettled.number;
    }

    /// Settles all records of a room. They may lie on in the table.
    pub(super) fn settle_room(&mut self, connection: &Connection, room: &RoomAddress) -> rusqlite::Result<()> {
        while self.rooms.contains_key(room) {
            self.settle_some(connection, room)?;
        }
        Ok(())
    }

    /// Settles everything and leaves the table empty.
    pub(super) fn settle_all(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        while let Some(room) = self.rooms.keys().next().cloned() {
            self.settle_room(connection, &room)?;
        }
        self.delete_settled(connection)
    }

    /// Whether the table is empty.
    pub(super) const fn is_empty(&self) -> bool {
        self.last == 0
    }

    fn settle_some(&mut self, connection: &Connection, room: &RoomAddress) -> rusqlite::Result<()> {
        let Some(of_room) = self.rooms.get_mut(room) else { return Ok(()) };
        if let Some(first) = of_room.rows.front() {
            self.oldest.remove(&first.number);
        }
        let mut settle = connection.prepare_cached(
            "INSERT INTO publications (programme, room, offset, key, fingerprint, sealed)
             SELECT programme, room, offset, key, fingerprint, sealed FROM recent WHERE number = ?1",
        )?;
        let settled: Vec<_> = of_room.rows.drain(..of_room.rows.len().min(SETTLED_AT_ONCE_MAX)).collect();
        for row in &settled {
            settle.execute([row.number])?;
            of_room.keys.remove(&row.key);
        }
        if let Some(last) = settled.last() {
            let place =
                params![room.programme.as_str(), room.room.as_str(), number(last.offset), number(last.version.0)];
            connection
                .prepare_cached("UPDATE rooms SET head = ?3, version = ?4 WHERE programme = ?1 AND room = ?2")?
                .execute(place)?;
        }
        self.unsettled -= settled.len();
        match of_room.rows.front().map(|next| next.number) {
            Some(next) => drop(self.oldest.insert(next, room.clone())),
            None => drop(self.rooms.remove(room)),
        }
        self.delete_settled(connection)
    }

    /// Deletes what lies before everything that is not settled.
    fn delete_settled(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        if let Some(oldest) = self.oldest.first_key_value().map(|(number, _)| *number) {
            connection.prepare_cached("DELETE FROM recent WHERE number < ?1")?.execute([oldest])?;
        } else {
            connection.prepare_cached("DELETE FROM recent")?.execute([])?;
            self.last = 0;
        }
        Ok(())
    }
}

fn address(row: &Row<'_>) -> rusqlite::Result<RoomAddress> {
    let text = |column| row.get::<_, String>(column);
    let invalid = |column, error| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error);
    Ok(RoomAddress {
        programme: ProgrammeId::new(text(0)?).map_err(|error| invalid(0, Box::new(error)))?,
        room: RoomId::new(text(1)?).map_err(|error| invalid(1, Box::new(error)))?,
    })
}

/// Adds the records of a room that are not settled, within `after < offset <= through`, in order. The table is read from
/// end to end; whoever is that near to the head finds most in the room's ring.
pub(super) fn read(
    connection: &Connection,
    room: &RoomAddress,
    (after, through): (Offset, Offset),
    limit: usize,
    records: &mut Vec<StoredRecord>,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT offset, key, sealed FROM recent
         WHERE programme = ?1 AND room = ?2 AND offset > ?3 AND offset <= ?4 ORDER BY number LIMIT ?5",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let range: [&dyn ToSql; 5] =
        [&room.programme.as_str(), &room.room.as_str(), &number(after), &number(through), &limit];
    for record in select.query_map(range, stored_record)? {
        records.push(record?);
    }
    Ok(())
}

/// Looks an unsettled record up by its key, where there is no [`Recent`] to ask.
pub(super) fn find(
    connection: &Connection,
    room: &RoomAddress,
    key: IdempotencyKey,
) -> rusqlite::Result<Option<Found>> {
    let mut select = connection.prepare_cached(
        "SELECT offset, fingerprint FROM recent JOIN rooms USING (programme, room)
         WHERE programme = ?1 AND room = ?2 AND key = ?3 AND offset > head",
    )?;
    let mut rows = select.query(params![room.programme.as_str(), room.room.as_str(), key.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Found { offset: offset(row, 0)?, fingerprint: row.get(1)? }))
}

pub(super) fn stored_record(row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
    Ok(StoredRecord { offset: offset(row, 0)?, key: IdempotencyKey(row.get(1)?), sealed: row.get(2)? })
}
