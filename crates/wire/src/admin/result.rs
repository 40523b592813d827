//! What the admin socket's commands are answered with: every result, and the error.

use super::AdminCode;
use crate::{Code, NoticeInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Result of `programme.create`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProgrammeCreated {
    /// The programme's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// Its name.
    pub name: String,
    /// The server's origin.
    pub url: String,
    /// Join links by role. Whoever has one can take a seat: give each to those whom it is for.
    #[cfg_attr(feature = "schema", ts(type = "Record<string, string>"))]
    pub links: BTreeMap<String, String>,
}

/// Result of `programme.list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Programmes {
    /// The programmes that run, by id.
    pub programmes: Vec<ProgrammeItem>,
}

/// A programme in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProgrammeItem {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub organisation: String,
    /// How many rooms it has.
    pub rooms: u32,
}

/// Result of `programme.links`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProgrammeLinks {
    /// The programme's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// Join links by role. Whoever has one can take a seat: give each to those whom it is for.
    #[cfg_attr(feature = "schema", ts(type = "Record<string, string>"))]
    pub links: BTreeMap<String, String>,
}

/// Result of `room.list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ModeratedRooms {
    /// The programme's rooms, in the order of its file.
    pub rooms: Vec<ModeratedRoom>,
}

/// A room as moderators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ModeratedRoom {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub topic: Option<String>,
    /// What it is in: `upcoming`, `open` or `closed`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["upcoming", "open", "closed"])), ts(type = r#""upcoming" | "open" | "closed""#))]
    pub phase: String,
    /// The minute from which it is open, in minutes since 1970-01-01T00:00Z; absent: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub opens: Option<u64>,
    /// The minute from which it is closed; absent: it stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub closes: Option<u64>,
    /// How big it is, as a band: moderators are not told either who comes and goes.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = crate::shape::sizes())), ts(type = r#""1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+""#))]
    pub size: String,
    /// Whether posting is stopped.
    pub frozen: bool,
    /// Seconds between two posts of one member; 0 is no slow mode.
    pub slow_seconds: u32,
    /// The notice that is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub notice: Option<NoticeInfo>,
    /// How many questions nobody has marked as answered.
    pub open_questions: u32,
}

/// Result of `room.posts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ModeratedPosts {
    /// Posts as they stand now, oldest first.
    pub posts: Vec<ModeratedPost>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A post as moderators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own on the wire")]
pub struct ModeratedPost {
    /// Its place.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: u64,
    /// When it was written, in minutes since 1970-01-01T00:00Z.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub minute: u64,
    /// The author's handle.
    pub author: String,
    /// The author's badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub role: Option<String>,
    /// The text, that of a hidden post too; absent when retracted.
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
}

/// Result of what is done to a room or a post: it is in the audit log and in the room's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Done {
    /// The audit entry's number.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub number: u64,
    /// Whether the key was used for the same act before: then nothing was done again.
    pub again: bool,
    /// Its place in the room's log; absent while the log does not have it yet. The server sees to it that it will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: Option<u64>,
}

/// Result of what is done to a member. The room's log does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct MemberDone {
    /// The audit entry's number.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub number: u64,
    /// Whether the key was used for the same act before: then nothing was done again.
    pub again: bool,
    /// The minute from which the member may write again, where it is muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub muted_until: Option<u64>,
}

/// Result of `audit.list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Audit {
    /// Entries, oldest first.
    pub entries: Vec<AuditEntry>,
    /// The newest entry: write it down elsewhere, and nobody can shorten or rewrite the log unseen.
    pub head: AuditHead,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AuditEntry {
    /// Its number, from 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub number: u64,
    /// When, in hours since 1970-01-01T00:00Z.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub hour: u64,
    /// The programme.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// What was done: a method's name.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = kkanbu_model::Act::NAMES)))]
    pub act: String,
    /// In which room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(regex(pattern = crate::shape::ID)))]
    pub room: Option<String>,
    /// To which post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub offset: Option<u64>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub handle: Option<String>,
    /// Of slow mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub seconds: Option<u32>,
    /// The minute until which the member was muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub muted_until: Option<u64>,
    /// Of the notice that was put up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub text: Option<String>,
    /// Hash over this entry and the hash of the one before, in lower-case hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::HASH)))]
    pub hash: String,
}

/// Where the audit log ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AuditHead {
    /// The newest entry's number; 0 where there is none.
    #[cfg_attr(feature = "schema", schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub number: u64,
    /// Its hash; 64 zeros where there is none.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::HASH)))]
    pub hash: String,
}

/// Result of `node.status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct NodeStatus {
    /// The server's version.
    pub version: String,
    /// Whether it is going down.
    pub draining: bool,
    /// Whole hours since it started; absent where it does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(max = crate::shape::NUMBER_MAX)))]
    pub uptime_hours: Option<u64>,
    /// How many sessions there are, as a band.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = crate::shape::sizes())), ts(type = r#""1-9" | "10-29" | "30-99" | "100-299" | "300-999" | "1000+""#))]
    pub sessions: String,
    /// `ok`, or what is wrong with the store.
    pub store: String,
    /// `ok`, or what is wrong with the rooms' logs.
    pub log: String,
}

/// Why a command was refused: JSON-RPC's error object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminError {
    /// The code's number.
    pub code: i32,
    /// The code's stable name.
    pub message: String,
    /// What else there is to say.
    #[serde(default)]
    pub data: AdminErrorData,
}

/// Details of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AdminErrorData {
    /// For people's eyes, in English; may change.
    #[serde(default)]
    pub detail: Vec<String>,
}

impl AdminError {
    /// An error without details.
    pub fn new(code: AdminCode) -> Self {
        Self { code: code.number(), message: code.name().to_owned(), data: AdminErrorData::default() }
    }

    /// Adds a line for people.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.data.detail.push(detail.into());
        self
    }

    /// Adds lines for people.
    #[must_use]
    pub fn details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.data.detail.extend(details);
        self
    }

    /// The code, where this side knows it.
    pub fn known(&self) -> Option<AdminCode> {
        AdminCode::from_number(self.code)
    }

    /// Whether the same command may succeed later.
    pub const fn may_retry(&self) -> bool {
        matches!(self.code, 3000..3500)
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (index, detail) in self.data.detail.iter().enumerate() {
            write!(f, "{}{detail}", if index == 0 { ": " } else { "\n  " })?;
        }
        Ok(())
    }
}

// A join link lets whoever has it in, so it is never printed in passing.
impl fmt::Debug for ProgrammeCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgrammeCreated({} …)", self.programme)
    }
}

impl fmt::Debug for ProgrammeLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgrammeLinks({} …)", self.programme)
    }
}
