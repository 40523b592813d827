//! How things go wrong: one command, one connection, or the session for good.

use crate::identity::{ForeignChallenge, IdentityError};
use kkanbu_wire::Rejection;
use std::time::Duration;

/// Why a command was not done, or is not known to have been done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The server said no.
    #[error("rejected as {}", .0.message)]
    Rejected(Rejection),
    /// The connection was lost before the reply, and the command has no key under which to repeat it. Ask again.
    #[error("the connection was lost before the reply")]
    Interrupted,
    /// There was no reply in time. A writing command may have been done: send the same draft again to know.
    #[error("no reply before the deadline")]
    Deadline,
    /// The command does not fit the server's longest frame.
    #[error("the command has {bytes} bytes; the server takes {max}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest.
        max: usize,
    },
    /// The reply is not what the contract says.
    #[error("the reply could not be read")]
    Malformed,
    /// The session is over.
    #[error("the session is over: {0}")]
    Ended(Ended),
}

impl CommandError {
    /// Whether the same may succeed when asked again.
    pub const fn may_retry(&self) -> bool {
        match self {
            Self::Interrupted | Self::Deadline => true,
            Self::Rejected(rejection) => is_retryable(rejection.code),
            Self::TooLong { .. } | Self::Malformed | Self::Ended(_) => false,
        }
    }

    /// The rejection's stable name, where it is one.
    pub fn rejected_as(&self) -> Option<&str> {
        if let Self::Rejected(rejection) = self { Some(&rejection.message) } else { None }
    }
}

/// Whether the number of a rejection says that the same command may succeed later.
pub(crate) const fn is_retryable(code: i32) -> bool {
    matches!(code, 3000..3500)
}

/// Why a session is over for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The caller closed it, or dropped its last [`crate::Client`].
    #[error("closed by this side")]
    ByCaller,
    /// The server closed it with a code that says not to come back.
    #[error("closed by the server with {code} {reason}")]
    Closed {
        /// The close code.
        code: u16,
        /// The close reason.
        reason: String,
    },
    /// The server does not let this member in.
    #[error("refused as {}", .0.message)]
    Refused(Rejection),
    /// The server's challenge must not be signed.
    #[error("{0}")]
    Foreign(ForeignChallenge),
    /// The HTTP upgrade was answered with this status.
    #[error("the upgrade was answered with HTTP {0}")]
    Upgrade(u16),
}

/// Why one connection ended, after which the session came or comes back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// It could not be opened, or broke.
    #[error("the connection failed: {0}")]
    Lost(String),
    /// The server closed it with a code that says to come back.
    #[error("closed with {code} {reason}")]
    Closed {
        /// The close code.
        code: u16,
        /// The close reason.
        reason: String,
    },
    /// Nothing was heard for two and a half heartbeats, or the handshake took too long.
    #[error("nothing was heard for too long")]
    Silent,
    /// A publication was missing before this one.
    #[error("room {room}: offset {got} came where {expected} was due")]
    Jump {
        /// The room.
        room: String,
        /// What was due.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// A frame was not what the contract says.
    #[error("a frame could not be read")]
    Malformed,
    /// The server has no time for this member now.
    #[error("told to wait {}ms", .0.as_millis())]
    Wait(Duration),
}

impl Interruption {
    /// How long the server said to stay away, where it did: with code 4000 in the close reason.
    pub(crate) fn told_to_wait(&self) -> Option<Duration> {
        /// No wait that a server asks for is longer: a wrong number must not lose a member.
        const LONGEST: Duration = Duration::from_hours(1);
        match self {
            Self::Wait(wait) => Some(*wait),
            Self::Closed { code: 4000, reason } => {
                let millis = reason.strip_prefix("come back in ")?.trim().parse().ok()?;
                Some(Duration::from_millis(millis).min(LONGEST))
            }
            Self::Closed { .. } | Self::Lost(_) | Self::Silent | Self::Jump { .. } | Self::Malformed => None,
        }
    }
}

/// Why a connection was not opened or did not last: for now, or for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Come back.
    Interrupted(Interruption),
    /// Do not.
    Ended(Ended),
}

impl From<Interruption> for Stop {
    fn from(interruption: Interruption) -> Self {
        Self::Interrupted(interruption)
    }
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The server does not want it, or must not be trusted.
    #[error("{0}")]
    Ended(Ended),
    /// It was tried until the deadline; the last attempt failed like this.
    #[error("no connection before the deadline: {0}")]
    Deadline(Interruption),
    /// The origin is `https` and the options name nobody to trust.
    #[error("an https origin needs the tls option")]
    NoTls,
    /// The member key could not be derived.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_draining_server_says_how_long_to_wait() {
        let closed = |code, reason: &str| Interruption::Closed { code, reason: reason.into() }.told_to_wait();
        assert_eq!(closed(4000, "come back in 1500"), Some(Duration::from_millis(1500)));
        assert_eq!(closed(4000, &format!("come back in {}", u64::MAX)), Some(Duration::from_hours(1)));
        assert_eq!(closed(4000, "come back"), None);
        assert_eq!(closed(4001, "come back in 1500"), None);
        assert_eq!(Interruption::Silent.told_to_wait(), None);
    }
}
