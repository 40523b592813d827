//! What commands are answered with: every result, and the rejection.

use crate::{Code, RejectCode};
use serde::{Deserialize, Serialize};

/// A place in a room's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Position {
    /// Which log: 16 lower-case hexadecimal digits.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::EPOCH)))]
    pub epoch: String,
    /// The place in it; 0 is before the first publication.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
}

/// Result of a command that has nothing to tell but that it was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Empty {}

/// Result of `challenge`: what to sign, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Challenged {
    /// `Ed25519`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = crate::challenge::ALGORITHM)), ts(type = r#""Ed25519""#))]
    pub algorithm: String,
    /// The server's origin; compare it with the one that you were given.
    pub server: String,
    /// The programme.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// `session`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = crate::challenge::PURPOSE)), ts(type = r#""session""#))]
    pub purpose: String,
    /// 32 random bytes, base64url without padding.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_32)))]
    pub nonce: String,
}

/// Result of `preview`: what the code would let one into, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Previewed {
    /// The programme.
    pub programme: ProgrammeInfo,
    /// The role whose seat the code gives.
    pub role: RoleInfo,
}

/// Result of `authenticate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Welcome {
    /// The programme.
    pub programme: ProgrammeInfo,
    /// The member's role in it.
    pub role: RoleInfo,
    /// The rooms of the role, also those that are not open yet or any more.
    pub rooms: Vec<RoomInfo>,
    /// The room of the programme that opens next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub next: Option<NextRoom>,
    /// What a client must keep to.
    pub limits: LimitsInfo,
    /// The reactions there are, in the order to show them.
    pub reactions: Vec<String>,
}

/// A programme as members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProgrammeInfo {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub organisation: String,
    /// Language of handles, `ko` or `en`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["ko", "en"])), ts(type = r#""ko" | "en""#))]
    pub language: String,
    /// What it is for, in the organisers' words.
    pub purposes: Vec<String>,
    /// The roles that one meets in one's rooms.
    pub roles: Vec<RoleInfo>,
    /// Where its dates are meant: a name of the IANA time zone database.
    pub timezone: String,
    /// Days for which posts are kept.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 365)))]
    pub retention_days: u16,
}

/// A role as members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RoleInfo {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many may come in, as announced.
    pub seats: u32,
    /// How people get in, as announced: `first-come` or `screened`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["first-come", "screened"])), ts(type = r#""first-come" | "screened""#))]
    pub admission: String,
    /// Who may get in, in the organisers' words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub eligibility: Option<String>,
    /// Whether its members may mark others' questions as answered.
    pub answers: bool,
}

/// A room as members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RoomInfo {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Its name.
    pub name: String,
    /// How big it is, as a band.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = crate::shape::sizes())), ts(type = r#""1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+""#))]
    pub size: String,
    /// Whether a moderator has stopped posting.
    pub frozen: bool,
    /// What it is in: `upcoming`, `open` or `closed`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["upcoming", "open", "closed"])), ts(type = r#""upcoming" | "open" | "closed""#))]
    pub phase: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub topic: Option<String>,
    /// The minute from which it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub opens: Option<u64>,
    /// The minute from which it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub closes: Option<u64>,
    /// One's own handle, where one is a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub handle: Option<String>,
}

/// Result of `rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RoomList {
    /// The rooms of the role, also those that are not open yet or any more.
    pub rooms: Vec<RoomInfo>,
    /// The room of the programme that opens next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub next: Option<NextRoom>,
}

/// The room that opens next, whoever may enter it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct NextRoom {
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub topic: Option<String>,
    /// The minute from which it is open.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub opens: u64,
}

/// A notice that a moderator put up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct NoticeInfo {
    /// What it says.
    pub text: String,
    /// When it was put up, in minutes since 1970-01-01T00:00Z.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub minute: u64,
}

/// The limits that a client meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LimitsInfo {
    /// Bytes of one message from a client.
    pub frame_bytes_max: u32,
    /// Graphemes of a body.
    pub body_graphemes_max: u32,
    /// UTF-8 bytes of a body.
    pub body_bytes_max: u32,
    /// Mentions in one post.
    pub mentions_max: u32,
    /// Posts in one page of history.
    pub history_posts_max: u32,
    /// Writing commands a minute, in the long run.
    pub posts_per_minute: u32,
    /// Writing commands at once after a pause.
    pub posts_burst: u32,
    /// Seconds between two pings of the server.
    pub heartbeat_seconds: u32,
    /// Rooms that one session may join.
    pub rooms_max: u32,
}

/// Result of `join` and `resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Joined {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// One's own handle in this room.
    pub handle: String,
    /// Where the log stands.
    pub position: Position,
    /// How big the room is, as a band.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = crate::shape::sizes())), ts(type = r#""1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+""#))]
    pub size: String,
    /// Whether a moderator has stopped posting.
    pub frozen: bool,
    /// Seconds between two posts of one member; 0 is no slow mode.
    pub slow_seconds: u32,
    /// The notice that is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub notice: Option<NoticeInfo>,
    /// What it is in: `upcoming`, `open` or `closed`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["upcoming", "open", "closed"])), ts(type = r#""upcoming" | "open" | "closed""#))]
    pub phase: String,
    /// The minute from which one may write again, where a moderator forbade it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub muted_until: Option<u64>,
    /// Whether everything after the position sent follows, without hole.
    pub recovered: bool,
    /// Why not: `epoch`, `expired` or `ahead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["epoch", "expired", "ahead"])), ts(optional, type = r#""epoch" | "expired" | "ahead""#))]
    pub reason: Option<String>,
}

/// Result of `redraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Redrawn {
    /// The new handle.
    pub handle: String,
}

/// Result of every command that writes: it is on disk, and every member of the room will get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Placed {
    /// Its place in the room's log.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
}

/// Result of `history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryPage {
    /// Which log.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::EPOCH)))]
    pub epoch: String,
    /// Posts as they stand now, oldest first.
    pub posts: Vec<PostInfo>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A post as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own on the wire")]
pub struct PostInfo {
    /// Its place.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
    /// Minutes since 1970-01-01T00:00Z.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub minute: u64,
    /// The author's handle.
    pub author: String,
    /// The author's badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub role: Option<String>,
    /// The text; absent when retracted or hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub body: Option<String>,
    /// Whether the text was replaced.
    pub edited: bool,
    /// Whether it was taken back.
    pub retracted: bool,
    /// Whether a moderator has hidden it.
    pub hidden: bool,
    /// Whether it asks something.
    pub question: bool,
    /// Whether the question was marked as answered.
    pub answered: bool,
    /// The post that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub reply_to: Option<u64>,
    /// Handles called by name.
    pub mentions: Vec<String>,
    /// Reactions that somebody set.
    pub reactions: Vec<ReactionInfo>,
    /// Whether it is one's own.
    pub mine: bool,
}

/// A reaction to a post: how many, never who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ReactionInfo {
    /// The emoji.
    pub reaction: String,
    /// How many.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub count: u64,
    /// Whether one's own is among them.
    pub mine: bool,
}

/// A rejection: JSON-RPC's error object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Rejection {
    /// The code's number.
    pub code: i32,
    /// The code's stable name.
    pub message: String,
    /// What else there is to say.
    #[serde(default)]
    pub data: RejectionData,
}

/// Details of a rejection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RejectionData {
    /// For a developer's eyes, in English; may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub detail: Option<String>,
    /// With `rate_limited` and `slow_mode`: when the same command may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub retry_after_ms: Option<u64>,
    /// With `muted`: the minute from which one may write again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub muted_until: Option<u64>,
    /// With `confirm_needed`: what the guard found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub findings: Vec<Finding>,
}

/// A place in a body that looks as if it named somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Finding {
    /// What it looks like.
    pub kind: FindingKind,
    /// First code point of the NFC body.
    pub start: u32,
    /// First code point after it.
    pub end: u32,
}

/// What the guard looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS), ts(rename_all = "snake_case"))]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A phone number.
    Phone,
    /// A resident registration number.
    ResidentNumber,
    /// An e-mail address.
    Email,
    /// A staff number.
    StaffNumber,
    /// A kind that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip), ts(skip))]
    Unknown,
}

impl Rejection {
    /// A rejection without details.
    pub fn new(code: RejectCode) -> Self {
        Self { code: code.number(), message: code.name().to_owned(), data: RejectionData::default() }
    }

    /// Adds a word for developers.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.data.detail = Some(detail.into());
        self
    }

    /// The code, where this side knows it.
    pub fn known(&self) -> Option<RejectCode> {
        RejectCode::from_number(self.code)
    }
}
