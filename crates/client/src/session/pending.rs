//! A command on its way: what is asked, who waits for the reply, and whether it may be sent again.

use crate::error::{CommandError, Ended};
use kkanbu_wire::Command;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A reply as it goes to the caller, still as JSON.
pub(crate) type Answer = Result<Box<RawValue>, CommandError>;

/// What becomes of a command that was sent but not answered when the connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It has a key: it is sent again under it, in its old order among its like.
    Keyed,
    /// It changes nothing, or the same again: it is sent again.
    Harmless,
    /// Its effect is not known: the caller decides.
    Never,
}

impl Repeat {
    fn of(command: &Command) -> Self {
        match command {
            Command::Post(_) | Command::Edit(_) | Command::Retract(_) | Command::React(_) | Command::Answer(_) => {
                Self::Keyed
            }
            Command::Rooms(_) | Command::Join(_) | Command::History(_) => Self::Harmless,
            Command::Preview(_)
            | Command::Challenge(_)
            | Command::Authenticate(_)
            | Command::Resume(_)
            | Command::Leave(_)
            | Command::Redraw(_) => Self::Never,
        }
    }
}

/// What a caller asks of the session's task.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) command: Command,
    pub(crate) answer: oneshot::Sender<Answer>,
}

impl Ask {
    /// Answers that the session is over.
    pub(crate) fn refuse(self, ended: &Ended) {
        let _ = self.answer.send(Err(CommandError::Ended(ended.clone())));
    }
}

/// A command that has no reply yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) command: Command,
    pub(crate) repeat: Repeat,
    answer: oneshot::Sender<Answer>,
    /// The id under which it was sent on this connection.
    pub(crate) sent: Option<u64>,
    /// It is not sent before, because the server said to wait.
    pub(crate) not_before: Option<Instant>,
    /// How often the server said "not now".
    pub(crate) attempts: u32,
}

impl Pending {
    pub(crate) fn new(ask: Ask) -> Self {
        let repeat = Repeat::of(&ask.command);
        Self { command: ask.command, repeat, answer: ask.answer, sent: None, not_before: None, attempts: 0 }
    }

    /// Whether the caller has given up.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    pub(crate) fn answer(self, answer: Answer) {
        // A caller that has gone wants no answer.
        let _ = self.answer.send(answer);
    }

    /// The room that the command needs to be resumed.
    pub(crate) fn room(&self) -> Option<&str> {
        match &self.command {
            Command::Join(c) | Command::Leave(c) | Command::Redraw(c) => Some(&c.room),
            Command::Resume(c) => Some(&c.room),
            Command::Post(c) => Some(&c.room),
            Command::Edit(c) => Some(&c.room),
            Command::Retract(c) => Some(&c.room),
            Command::React(c) => Some(&c.room),
            Command::Answer(c) => Some(&c.room),
            Command::History(c) => Some(&c.room),
            Command::Preview(_) | Command::Challenge(_) | Command::Authenticate(_) | Command::Rooms(_) => None,
        }
    }
}
