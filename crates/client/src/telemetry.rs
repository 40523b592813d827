//! Everything that the client logs: what became of connections, never what went over them.

use crate::Interruption;
use tracing::{debug, warn};

/// The server could not read a command, nor its id: its caller's deadline ends it.
pub(crate) fn command_unread(code: i32) {
    warn!(code, "a command could not be read by the server");
}

/// A connection was interrupted.
pub(crate) fn interrupted(interruption: &Interruption) {
    debug!(%interruption, "connection interrupted");
}

/// Another attempt to connect failed.
pub(crate) fn not_connected(interruption: &Interruption, attempt: u32) {
    debug!(%interruption, attempt, "no connection yet");
}
