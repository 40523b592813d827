//! What the server sends unasked.

use serde::{Deserialize, Serialize};

/// `publication`: something was written in a room that this session has joined. The same bytes for every member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Publication {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Its place in the room's log: one more than the publication before.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
    /// Minutes since 1970-01-01T00:00Z.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub minute: u64,
    /// What happened.
    #[serde(flatten)]
    #[cfg_attr(feature = "schema", ts(flatten))]
    pub what: What,
}

/// What a publication says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(tag = "kind", rename_all = "snake_case"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Somebody said something.
    Post {
        /// The author's handle.
        author: String,
        /// The author's badge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        role: Option<String>,
        /// The text; absent when it was replaced, retracted or hidden since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        body: Option<String>,
        /// The post that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        reply_to: Option<u64>,
        /// Handles called by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        mentions: Vec<String>,
        /// Whether it was taken back since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        retracted: bool,
        /// Whether a moderator has hidden it since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        hidden: bool,
        /// Whether it asks something.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        question: bool,
    },
    /// The author replaced the text of a post.
    Edit {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
        /// Its new text; absent when it was replaced, or the post retracted or hidden since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        body: Option<String>,
        /// Handles called by name in the new text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        mentions: Vec<String>,
        /// Whether the post was taken back since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        retracted: bool,
        /// Whether a moderator has hidden the post since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        hidden: bool,
    },
    /// The author took a post back.
    Retract {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
    },
    /// A reaction was set or taken back.
    Reaction {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
        /// The emoji.
        reaction: String,
        /// How many there are now.
        #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
        count: u64,
    },
    /// A question was marked as answered, or as open again.
    Answered {
        /// The question.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
        /// Answered, or open again.
        on: bool,
    },
    /// A moderator hid a post: its text is to be shown no more.
    Hide {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
    },
    /// A moderator showed a hidden post again.
    Restore {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
        /// Its text now; absent when retracted or hidden since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        body: Option<String>,
        /// Handles called by name in the text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
        mentions: Vec<String>,
    },
    /// A moderator stopped posting.
    Freeze,
    /// A moderator allowed posting again.
    Thaw,
    /// A moderator set how long each member waits between two posts.
    Slow {
        /// Seconds; 0 ends slow mode.
        slow_seconds: u32,
    },
    /// A moderator put a notice up in place of the one before, or took it down.
    Notice {
        /// Its text; absent when it was taken down, or when another one came since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        text: Option<String>,
    },
    /// What moderators have set by now, all of it: take it as it is.
    Settings {
        /// Posting is stopped.
        frozen: bool,
        /// Seconds between two posts of one member; 0 is no slow mode.
        slow_seconds: u32,
        /// The notice that is up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        text: Option<String>,
    },
    /// A kind that this version does not know: count its offset and go on.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    Unknown,
}

/// `room_ended`: no more pushes for this room in this session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RoomEnded {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// The code's number.
    pub code: i32,
    /// The code's stable name.
    pub reason: String,
}

/// `phase`: a room has opened or closed. The same for every member of the programme that may enter it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PhaseChanged {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// What it is in now: `open` or `closed`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["upcoming", "open", "closed"])), ts(type = r#""upcoming" | "open" | "closed""#))]
    pub phase: String,
    /// The room of the programme that opens next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub next: Option<crate::NextRoom>,
}

/// `muted`: a moderator forbade this member to write in a room, or allowed it again. Sent to its own sessions only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Muted {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// The minute from which it may write again; absent when it may already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub muted_until: Option<u64>,
}

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// Something was written.
    Publication(Publication),
    /// A room ended in this session.
    RoomEnded(RoomEnded),
    /// A room has opened or closed.
    Phase(PhaseChanged),
    /// A moderator forbade this member to write, or allowed it again.
    Muted(Muted),
    /// A push that this version does not know: ignore it.
    Unknown,
}
