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
    /// A moderator stopped all posting.
    Freeze,
    /// A moderator allowed posting again.
    Thaw,
}

impl Event {
    /// Whether this event moves the room's state on, so that what was decided on the state before is `Stale`. Posts and
    /// reactions do not: any number of them may be decided on the same state.
    pub const fn changes_state(&self) -> bool {
        match self {
            Self::Post { .. } | Self::React { .. } => false,
            Self::Edit { .. } | Self::Retract { .. } | Self::Freeze | Self::Thaw => true,
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
