//! The audit log's rows: a chain over all programmes, whose head stands beside it.

use super::rows::{all, change, one};
use crate::entries::{self, Kept};
use crate::{AuditEntry, StoreError};
use kkanbu_audit::{Chain, Head};
use kkanbu_keys::Keyring;
use kkanbu_model::{Hour, PendingAct, ProgrammeId};
use rusqlite::{Connection, Row, params};
use std::collections::HashMap;

/// Where the head is kept, as the number, 8 bytes big-endian, and the hash.
pub(super) const HEAD: &str = "SELECT value FROM meta WHERE name = 'audit head'";

/// All entries in the order of their numbers, as [`read`] reads them.
pub(super) const ENTRIES: &str = "SELECT number, hour, programme, act, detail, hash FROM audit ORDER BY number";

/// Reads a row of [`ENTRIES`].
pub(super) fn read(row: &Row<'_>) -> Result<Kept, rusqlite::Error> {
    Ok(Kept {
        number: number(row, 0)?,
        hour: number(row, 1)?,
        programme: row.get(2)?,
        act: row.get(3)?,
        detail: row.get(4)?,
        hash: row.get(5)?,
    })
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A number as the database keeps it. No log has so many entries, and no clock shows such an hour.
fn stored(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::unreadable())
}

/// Reads what `to_bytes` wrote.
pub(super) fn head_from(bytes: &[u8]) -> Option<Head> {
    let (number, hash) = bytes.split_first_chunk()?;
    Some(Head { number: u64::from_be_bytes(*number), hash: hash.try_into().ok()? })
}

fn to_bytes(head: Head) -> Vec<u8> {
    [head.number.to_be_bytes().as_slice(), &head.hash].concat()
}

/// The log's head.
pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let bytes = one(connection, HEAD, [], |row| row.get::<_, Vec<u8>>(0))?;
    bytes.and_then(|bytes| head_from(&bytes)).ok_or_else(StoreError::unreadable)
}

/// Adds an entry whose detail `seal` seals for its number, and returns that.
pub(super) fn append(
    connection: &Connection,
    hour: Hour,
    programme: &ProgrammeId,
    act: &str,
    seal: impl FnOnce(u64) -> Result<Vec<u8>, StoreError>,
) -> Result<u64, StoreError> {
    let mut chain = Chain::after(head(connection)?);
    let detail = seal(chain.next_number())?;
    let head = chain.append(hour.get(), programme.as_str(), act, &detail);
    let sql = "INSERT INTO audit (number, hour, programme, act, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (number, hour) = (stored(head.number)?, stored(hour.get())?);
    change(connection, sql, params![number, hour, programme.as_str(), act, detail, head.hash])?;
    change(connection, "UPDATE meta SET value = ?1 WHERE name = 'audit head'", [to_bytes(head)])?;
    Ok(head.number)
}

/// The sealed detail of an entry.
pub(super) fn detail(connection: &Connection, number: u64) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT detail FROM audit WHERE number = ?1";
    one(connection, sql, [stored(number)?], |row| row.get(0))?.ok_or_else(StoreError::unreadable)
}

/// The number of the act that was done under the key with this tag.
pub(super) fn done(connection: &Connection, programme: &ProgrammeId, tag: &[u8]) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT number FROM act WHERE programme = ?1 AND tag = ?2";
    one(connection, sql, params![programme.as_str(), tag], |row| number(row, 0))
}

/// Records that the act with this number was done under the key with this tag, and whether its event is to be published.
pub(super) fn record(
    connection: &Connection,
    programme: &ProgrammeId,
    tag: &[u8],
    number: u64,
    publish: bool,
) -> Result<(), StoreError> {
    let number = stored(number)?;
    let sql = "INSERT INTO act (programme, tag, number) VALUES (?1, ?2, ?3)";
    change(connection, sql, params![programme.as_str(), tag, number])?;
    if publish {
        change(connection, "INSERT INTO pending (number) VALUES (?1)", [number])?;
    }
    Ok(())
}

/// Forgets everything of the programme's acts but their entries.
pub(super) fn forget(connection: &Connection, programme: &ProgrammeId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM pending WHERE number IN (SELECT number FROM audit WHERE programme = ?1)",
        "DELETE FROM act WHERE programme = ?1",
    ] {
        change(connection, sql, [programme.as_str()])?;
    }
    Ok(())
}

/// Acts that wait for their rooms' logs.
pub(super) fn pending(connection: &Connection, keyring: &Keyring) -> Result<Vec<PendingAct>, StoreError> {
    let sql = "SELECT number, programme, detail FROM pending JOIN audit USING (number) ORDER BY number";
    let rows =
        all(connection, sql, [], |row| Ok((number(row, 0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?)))?;
    let pending =
        |(number, programme, detail): (u64, String, Vec<u8>)| entries::pending(keyring, number, programme, &detail);
    rows.into_iter().filter_map(|row| pending(row).transpose()).collect()
}

/// The act waits no more.
pub(super) fn confirm(connection: &Connection, number: u64) -> Result<(), StoreError> {
    change(connection, "DELETE FROM pending WHERE number = ?1", [stored(number)?])?;
    Ok(())
}

/// Entries after this one.
pub(super) fn entries(
    connection: &Connection,
    keyring: &Keyring,
    after: u64,
    limit: usize,
) -> Result<Vec<AuditEntry>, StoreError> {
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = "SELECT number, hour, programme, act, detail, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2";
    let kept = all(connection, sql, [after, limit], read)?;
    let ends = ends(connection)?;
    kept.into_iter().map(|kept| kept.open(keyring, &ends)).collect()
}

/// When programmes ended, by the numbers of their last such entries.
fn ends(connection: &Connection) -> Result<HashMap<String, u64>, StoreError> {
    let sql = "SELECT programme, max(number) FROM audit WHERE act = ?1 GROUP BY programme";
    let ended = kkanbu_model::Act::EndProgramme.name();
    Ok(all(connection, sql, [ended], |row| Ok((row.get(0)?, number(row, 1)?)))?.into_iter().collect())
}
