//! Brings a database of an older version to this one, in place.

use super::open::checkpoint;
use super::schema::{ADD_2, SCHEMA_VERSION};
use crate::telemetry;
use rusqlite::Connection;

/// What a migration leaves to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrated {
    /// Nothing.
    Done,
    /// The file was migrated and is to be rewritten; that could not be done at once.
    Untidy,
}

/// Brings a checked database of version `found` to the newest. One transaction: it is of the old version or of the new one, whatever
/// happens meanwhile.
pub(super) fn migrate(connection: &Connection, found: i32) -> Result<Migrated, rusqlite::Error> {
    if found == SCHEMA_VERSION {
        return Ok(Migrated::Done);
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let migrated = step(connection, found).and_then(|()| connection.execute_batch("COMMIT"));
    if let Err(error) = migrated {
        if !connection.is_autocommit() {
            // The error before says more than this one would.
            let _ = connection.execute_batch("ROLLBACK");
        }
        return Err(error);
    }
    telemetry::migrated(found, SCHEMA_VERSION);
    let tidied = connection.execute_batch("VACUUM").and_then(|()| checkpoint(connection));
    Ok(tidied.map_or_else(
        |error| {
            telemetry::tidy_failed(&error.to_string());
            Migrated::Untidy
        },
        |()| Migrated::Done,
    ))
}

/// All steps from `found` on.
fn step(connection: &Connection, found: i32) -> Result<(), rusqlite::Error> {
    if found < 2 {
        connection.execute_batch(ADD_2)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}
