//! How things go wrong on the admin socket, in words for the person at the command line.

use kkanbu_wire::admin::AdminError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a command was not done, or is not known to have been done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminClientError {
    /// There is nothing at this path.
    #[error("there is no admin socket at {}: is the server running, and is this its admin_socket?", .0.display())]
    NoSocket(PathBuf),
    /// There is a socket on which nobody listens any more.
    #[error("nobody answers on {}: the server is not running", .0.display())]
    NotRunning(PathBuf),
    /// This user may not open it.
    #[error("{} may not be opened: run this as the user that runs the server", .0.display())]
    Denied(PathBuf),
    /// It can't be opened for another reason.
    #[error("{} can't be opened: {what}", socket.display())]
    Unopened {
        /// The socket.
        socket: PathBuf,
        /// The operating system's words.
        what: String,
    },
    /// The server refused the command. Nothing was done.
    #[error("refused as {0}")]
    Refused(AdminError),
    /// The command does not fit one line. Nothing was sent.
    #[error("the command has {bytes} bytes; the server takes {max}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest.
        max: usize,
    },
    /// There was no answer in time.
    #[error("no answer within {} s; it may have been done", .0.as_secs_f32())]
    Deadline(Duration),
    /// The connection ended before the answer.
    #[error("the server closed the connection before it answered; it may have been done")]
    Closed,
    /// The connection broke before the answer.
    #[error("the connection broke before the answer: {0}; it may have been done")]
    Broken(String),
    /// What came is not what the contract says.
    #[error("the server's answer can't be read: {0}; it may have been done")]
    Unreadable(String),
}

impl AdminClientError {
    pub(crate) fn of_opening(socket: &Path, error: &io::Error) -> Self {
        let path = socket.to_owned();
        let kind = error.kind();
        if kind == io::ErrorKind::NotFound {
            Self::NoSocket(path)
        } else if kind == io::ErrorKind::ConnectionRefused {
            Self::NotRunning(path)
        } else if kind == io::ErrorKind::PermissionDenied {
            Self::Denied(path)
        } else {
            Self::Unopened { socket: path, what: error.to_string() }
        }
    }

    pub(super) fn of_connection(error: &io::Error) -> Self {
        // A server that closes while a command is on its way is seen as any of these.
        let closed = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof];
        if closed.contains(&error.kind()) { Self::Closed } else { Self::Broken(error.to_string()) }
    }

    /// Whether the same may succeed when asked again, with the same key.
    pub const fn may_retry(&self) -> bool {
        match self {
            Self::Refused(error) => error.may_retry(),
            Self::NoSocket(_)
            | Self::NotRunning(_)
            | Self::Unopened { .. }
            | Self::Deadline(_)
            | Self::Closed
            | Self::Broken(_) => true,
            Self::Denied(_) | Self::TooLong { .. } | Self::Unreadable(_) => false,
        }
    }

    /// Whether the command may have been done although there is no answer that says so.
    pub const fn may_be_done(&self) -> bool {
        matches!(self, Self::Deadline(_) | Self::Closed | Self::Broken(_) | Self::Unreadable(_))
    }
}
