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
        /// The text; absent when retracted since.
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
    },
    /// The author replaced the text of a post.
    Edit {
        /// The post.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
        target: u64,
        /// Its new text; absent when retracted since.
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
    /// A moderator stopped posting.
    Freeze,
    /// A moderator allowed posting again.
    Thaw,
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

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// Something was written.
    Publication(Publication),
    /// A room ended in this session.
    RoomEnded(RoomEnded),
    /// A push that this version does not know: ignore it.
    Unknown,
}
