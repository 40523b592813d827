//! What can be written into a room's log, and the entry that it becomes.

use crate::{Body, Handle, MembershipId, Minute, Name, Offset, Reaction};

/// Who wrote a post, as the room sees it and as the log proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The pseudonym shown.
    pub handle: Handle,
    /// The role's name, where five of that role were in the room when the post was written.
    pub badge: Option<Name>,
    /// The membership that may edit and retract the post. Sealed in the log, never on the wire.
    pub membership: MembershipId,
}

/// One thing that happened in a room. Joining and leaving are not among them: they would put people in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Somebody said something.
    Post {
        /// Who.
        author: Author,
        /// What.
        body: Body,
        /// The post that this one answers.
        reply_to: Option<Offset>,
        /// Handles called by name; each has posted in the room.
        mentions: Vec<Handle>,
        /// It asks something: open until somebody who may answers it.
        question: bool,
    },
    /// The author replaced the text of an own post.
    Edit {
        /// The post.
        target: Offset,
        /// Its new text.
        body: Body,
        /// Handles called by name in the new text.
        mentions: Vec<Handle>,
    },
    /// The author took an own post back.
    Retract {
        /// The post.
        target: Offset,
    },
    /// A reaction was set or taken back.
    React {
        /// The post.
        target: Offset,
        /// Which reaction.
        reaction: Reaction,
        /// Set, or taken back.
        on: bool,
        /// Whose, so that one membership counts once. Sealed in the log, never on the wire.
        by: MembershipId,
    },
    /// A question was marked as answered, or as open again. Who did it is not kept.
    Answer {
        /// The question.
        target: Offset,
        /// Answered, or open again.
        on: bool,
    },
    /// A moderator hid a post.
    Hide {
        /// The post.
        target: Offset,
    },
    /// A moderator showed a hidden post again.
    Restore {
        /// The post.
        target: Offset,
    },
    /// A moderator stopped all posting.
    Freeze,
    /// A moderator allowed posting again.
    Thaw,
    /// A moderator set how long each member waits between two posts.
    Slow {
        /// Seconds; 0 lets everybody post as fast as the limits allow.
        seconds: u32,
    },
    /// A moderator put a notice up in place of the one before, or took it down.
    Notice {
        /// The notice; `None` takes it down.
        text: Option<Body>,
    },
    /// What freezes, slow mode and notices have come to: written before the publications that say so are deleted.
    Settings(RoomSettings),
}

/// What moderators have set in a room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomSettings {
    /// Posting is stopped.
    pub frozen: bool,
    /// Seconds between two posts of one member; 0 is no slow mode.
    pub slow_seconds: u32,
    /// The notice that is up.
    pub notice: Option<Body>,
}

impl Event {
    /// Whether this event moves the room's state on, so that what was decided on the state before is `Stale`. Posts and
    /// reactions do not: any number of them may be decided on the same state.
    pub const fn changes_state(&self) -> bool {
        match self {
            Self::Post { .. } | Self::React { .. } => false,
            Self::Edit { .. }
            | Self::Retract { .. }
            | Self::Answer { .. }
            | Self::Hide { .. }
            | Self::Restore { .. }
            | Self::Freeze
            | Self::Thaw
            | Self::Slow { .. }
            | Self::Notice { .. }
            | Self::Settings(_) => true,
        }
    }

    /// The same event without the text that somebody wrote; `None` where there is none to take out. What is left says that
    /// something was written under which handle, until the publication itself is deleted.
    #[must_use]
    pub fn without_text(&self) -> Option<Self> {
        match self {
            Self::Post { author, body, reply_to, question, .. } if !body.is_erased() => Some(Self::Post {
                author: author.clone(),
                body: Body::erased(),
                reply_to: *reply_to,
                mentions: Vec::new(),
                question: *question,
            }),
            Self::Edit { target, body, .. } if !body.is_erased() => {
                Some(Self::Edit { target: *target, body: Body::erased(), mentions: Vec::new() })
            }
            Self::Post { .. }
            | Self::Edit { .. }
            | Self::Retract { .. }
            | Self::React { .. }
            | Self::Answer { .. }
            | Self::Hide { .. }
            | Self::Restore { .. }
            | Self::Freeze
            | Self::Thaw
            | Self::Slow { .. }
            | Self::Notice { .. }
            | Self::Settings(_) => None,
        }
    }
}

/// An event that has its place in a room's log: durable, and the same for every member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its place.
    pub offset: Offset,
    /// When, to the minute.
    pub minute: Minute,
    /// What happened.
    pub event: Event,
}
