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
