//! A post or an edit before it is sent: what a person wrote, under the key that it keeps through every retry.

use kkanbu_model::CommandKey;
use kkanbu_wire::{Command, Edit, Post};
use std::fmt;

/// A new random key for one thing that a person does.
pub fn command_key() -> CommandKey {
    CommandKey::from_bytes(rand::random())
}

/// A post, or the new text of one, before it is sent. Sending the same draft twice writes once.
#[derive(Clone)]
pub struct Draft {
    key: CommandKey,
    room: String,
    /// The post to edit; `None` for a new one.
    target: Option<u64>,
    body: String,
    reply_to: Option<u64>,
    mentions: Vec<String>,
    confirmed: bool,
    question: bool,
}

impl Draft {
    /// A new post, with a new key.
    pub fn new(room: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            key: command_key(),
            room: room.into(),
            target: None,
            body: body.into(),
            reply_to: None,
            mentions: Vec::new(),
            confirmed: false,
            question: false,
        }
    }

    /// The new text of the own post at `target`, with a new key.
    pub fn editing(room: impl Into<String>, target: u64, body: impl Into<String>) -> Self {
        Self { target: Some(target), ..Self::new(room, body) }
    }

    /// Answers the post at this offset. An edit can't change that.
    #[must_use]
    pub const fn replying_to(mut self, offset: u64) -> Self {
        self.reply_to = Some(offset);
        self
    }

    /// Calls these handles by name.
    #[must_use]
    pub fn mentioning(mut self, handles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mentions = handles.into_iter().map(Into::into).collect();
        self
    }

    /// It asks something. An edit can't change that.
    #[must_use]
    pub const fn asking(mut self) -> Self {
        self.question = true;
        self
    }

    /// The person has seen the guard's findings and insists.
    #[must_use]
    pub const fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }

    /// Sends under this key, for one that was kept over a restart.
    #[must_use]
    pub const fn under(mut self, key: CommandKey) -> Self {
        self.key = key;
        self
    }

    /// The key.
    pub const fn key(&self) -> CommandKey {
        self.key
    }

    pub(crate) fn to_command(&self) -> Command {
        let (room, key, body) = (self.room.clone(), self.key.to_text(), self.body.clone());
        let (mentions, confirmed) = (self.mentions.clone(), self.confirmed);
        match self.target {
            None => {
                let (reply_to, question) = (self.reply_to, self.question);
                Command::Post(Post { room, key, body, reply_to, mentions, confirmed, question })
            }
            Some(target) => Command::Edit(Edit { room, key, target, body, mentions, confirmed }),
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({})", self.room)
    }
}
