//! Why a session ended. Every way out of a connection names one of these.

use kkanbu_wire::{CloseCode, Code};
use std::time::Duration;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The client closed.
    Client,
    /// The socket went away without a closing handshake.
    SocketLost,
    /// This node is going down; come back after the time given.
    Draining(Duration),
    /// Nothing was heard for too long.
    Silent,
    /// The client did not take what was sent.
    SlowConsumer,
    /// No accepted signature in time.
    Unauthenticated,
    /// Too many failed attempts on one connection.
    TooManyAttempts,
    /// The member opened another session beyond the limit.
    Replaced,
    /// The programme was ended.
    ProgrammeEnded,
    /// The client broke RFC 6455.
    Protocol,
    /// The client sent a binary message.
    Binary,
    /// The client sent text that is not UTF-8.
    InvalidUtf8,
    /// The client sent too big a message.
    TooBig,
}

impl CloseReason {
    /// The row of the close table, where there is somebody to tell.
    pub(crate) const fn code(self) -> Option<CloseCode> {
        Some(match self {
            Self::SocketLost => return None,
            Self::Client => CloseCode::NormalClosure,
            Self::Draining(_) => CloseCode::Draining,
            Self::Silent => CloseCode::Silent,
            Self::SlowConsumer => CloseCode::SlowConsumer,
            Self::Unauthenticated => CloseCode::Unauthenticated,
            Self::TooManyAttempts => CloseCode::TooManyAttempts,
            Self::Replaced => CloseCode::Replaced,
            Self::ProgrammeEnded => CloseCode::ProgrammeEnded,
            Self::Protocol => CloseCode::ProtocolError,
            Self::Binary => CloseCode::UnsupportedData,
            Self::InvalidUtf8 => CloseCode::InvalidUtf8,
            Self::TooBig => CloseCode::TooBig,
        })
    }

    /// The text of the close frame.
    pub(crate) fn text(self) -> String {
        match (self, self.code()) {
            (Self::Draining(after), _) => format!("come back in {}", after.as_millis()),
            (_, Some(code)) => code.name().to_owned(),
            (_, None) => String::new(),
        }
    }

    /// The name in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        self.code().map_or("socket_lost", Code::name)
    }
}
