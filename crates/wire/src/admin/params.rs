//! What the admin socket's commands carry.

use super::field;
use crate::strict;
use serde::{Deserialize, Serialize};

/// `programme.create`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct CreateProgramme {
    /// The programme file's text.
    pub definition: String,
}

/// `programme.links`, `programme.end`, `room.list`: names a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct InProgramme {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
}

/// Which posts `room.posts` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(ts_rs::TS), ts(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum PostsOnly {
    /// All of them.
    #[default]
    All,
    /// Those that a moderator has hidden.
    Hidden,
    /// Questions that nobody has marked as answered.
    OpenQuestions,
}

impl PostsOnly {
    /// All three.
    pub const ALL: [Self; 3] = [Self::All, Self::Hidden, Self::OpenQuestions];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Hidden => "hidden",
            Self::OpenQuestions => "open_questions",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|only| only.as_str() == name)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// `room.posts`: a page of posts as they stand now, with the text of hidden ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RoomPosts {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Posts with an offset below this one; left out: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::before")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub before: Option<u64>,
    /// How many at most.
    #[serde(deserialize_with = "field::posts")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = super::POSTS_MAX)))]
    pub limit: u16,
    /// Which ones; left out: all.
    #[serde(default, skip_serializing_if = "PostsOnly::is_all", deserialize_with = "field::only")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("enum" = PostsOnly::ALL.map(PostsOnly::as_str))))]
    pub only: PostsOnly,
}

/// `room.freeze`, `room.thaw`: stops posting, or allows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct OnRoom {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `room.slow`: sets how long each member waits between two posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SlowRoom {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Seconds; 0 ends slow mode.
    #[serde(deserialize_with = "field::seconds")]
    #[cfg_attr(feature = "schema", schemars(range(max = super::SLOW_SECONDS_MAX)))]
    pub seconds: u32,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `room.notice`: puts a notice up in place of the one before, or takes it down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NoticeRoom {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// What it says; left out: it is taken down.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::present")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub text: Option<String>,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `post.hide`, `post.restore`: hides a post's text from members, or shows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct OnPost {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// The post's place in the room's log.
    #[serde(deserialize_with = "field::offset")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `member.mute`: forbids the member with this handle to write in the room for a while.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MuteMember {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// The handle in this room, as it stands on a post.
    #[serde(deserialize_with = "field::handle")]
    pub handle: String,
    /// For how long, in minutes from now.
    #[serde(deserialize_with = "field::minutes")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = super::MUTE_MINUTES_MAX)))]
    pub minutes: u32,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `member.unmute`, `member.remove`, `member.restore`: names a member by its handle in a room.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct OnMember {
    /// The programme's id.
    #[serde(deserialize_with = "field::programme")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// The room's id.
    #[serde(deserialize_with = "field::room")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// The handle in this room, as it stands on a post.
    #[serde(deserialize_with = "field::handle")]
    pub handle: String,
    /// Makes a retried command the same act: 16 random bytes, base64url without padding, 22 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::key")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: Option<String>,
}

/// `audit.list`: entries of the audit log, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AuditList {
    /// Entries with a number above this one; left out or 0: from the first.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "field::after")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub after: Option<u64>,
    /// How many at most.
    #[serde(deserialize_with = "field::entries")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = super::AUDIT_ENTRIES_MAX)))]
    pub limit: u16,
}
