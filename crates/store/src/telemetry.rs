//! Every event that this crate logs. None is about a person, a programme, a room or a role; none is logged for a single command.

use std::path::Path;
use tracing::{error, info, warn};

/// The database is open.
pub(crate) fn opened(path: &Path, schema: i32) {
    info!(path = %path.display(), schema, "store opened");
}

/// The database was brought to a newer schema.
pub(crate) fn migrated(from: i32, to: i32) {
    info!(from, to, "store migrated");
}

/// The database is closed.
pub(crate) fn closed() {
    info!("store closed");
}

/// A group of writes was not kept; everybody who waited for it was told.
pub(crate) fn commit_failed(reason: &str) {
    error!(reason, "store could not commit");
}

/// The file was not rewritten, so its layout still tells the order of the latest writes.
pub(crate) fn tidy_failed(reason: &str) {
    warn!(reason, "store could not rewrite its file; trying again later");
}

/// What was deleted may still be in the write-ahead log.
pub(crate) fn checkpoint_failed(reason: &str) {
    error!(reason, "store could not empty its write-ahead log");
}

/// The database that nodes share is open.
pub(crate) fn database_opened(schema: i32, forgets_log: bool) {
    info!(schema, forgets_log, "store opened in a database");
}

/// The database does not keep a promise, and whoever runs the server has accepted that.
pub(crate) fn weakness_accepted(weakness: &str) {
    warn!(weakness, "the store's database is weaker than it should be, as configured");
}

/// A connection to the database ended early. Calls on it were told, or tried again on another.
pub(crate) fn connection_broke(reason: &str) {
    warn!(reason, "connection to the store's database broke");
}

/// Tables were not rewritten, so their layout still tells the order of the latest writes, or holds what was deleted.
pub(crate) fn rewriting_failed(reason: &str) {
    warn!(reason, "store could not rewrite its tables; trying again later");
}
