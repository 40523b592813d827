//! What a session tells its caller unasked.

use crate::error::{Ended, Interruption};
use kkanbu_wire::{Muted, PhaseChanged, Position, Publication};
use std::fmt;
use tokio::sync::mpsc;

/// Something happened that the caller did not ask for.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// Something was written in a joined room. Each comes once, in order, without hole, unless a [`Event::RoomReset`]
    /// of the room says otherwise.
    Publication(Publication),
    /// The room's continuity can't be proven: drop what is shown of it and load its history. Publications go on above
    /// `position`.
    RoomReset {
        /// The room.
        room: String,
        /// `epoch`, `expired` or `ahead`.
        reason: String,
        /// Where publications go on.
        position: Position,
    },
    /// No more publications of this room in this session.
    RoomEnded {
        /// The room.
        room: String,
        /// The code's number, of the table that ends rooms or of the one that rejects commands.
        code: i32,
        /// The code's stable name.
        reason: String,
    },
    /// A room has opened or closed. What was missed while disconnected shows in the list of rooms.
    Phase(PhaseChanged),
    /// A moderator forbade this member to write, or allowed it again.
    Muted(Muted),
    /// The connection is gone; the session comes back by itself.
    Disconnected(Interruption),
    /// The session is back and resumes its rooms.
    Reconnected,
    /// The session is over. Nothing follows.
    Closed(Ended),
}

// A publication holds what somebody said.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publication(publication) => write!(f, "Publication({} {})", publication.room, publication.offset),
            Self::RoomReset { room, reason, position } => {
                write!(f, "RoomReset({room} {reason} {})", position.offset)
            }
            Self::RoomEnded { room, code, reason } => write!(f, "RoomEnded({room} {code} {reason})"),
            Self::Phase(changed) => write!(f, "Phase({} {})", changed.room, changed.phase),
            Self::Muted(muted) => write!(f, "Muted({})", muted.room),
            Self::Disconnected(interruption) => write!(f, "Disconnected({interruption})"),
            Self::Reconnected => f.write_str("Reconnected"),
            Self::Closed(ended) => write!(f, "Closed({ended})"),
        }
    }
}

/// A session's events, in order. While the caller takes none, the socket is read no further once
/// [`crate::Options::events_max`] wait: take them in another task than the one that awaits commands. Dropping this
/// means that nobody wants to know.
#[derive(Debug)]
pub struct Events(pub(crate) mpsc::Receiver<Event>);

impl Events {
    /// The next event; `None` after [`Event::Closed`].
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event, if one is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}
