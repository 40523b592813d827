//! What clients ask for: every command with its parameters.

use crate::strict;
use serde::{Deserialize, Serialize};

/// Parameters of a command that needs none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `challenge`: asks for something to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The programme that one wants into.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
}

/// `preview`: what a join code is for, before anybody takes a seat with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The programme.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub programme: String,
    /// Its join code.
    pub code: String,
}

/// `authenticate`: shows the member key and that one holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Authenticate {
    /// Ed25519 public key, base64url without padding, 43 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_32)))]
    pub key: String,
    /// Signature of the challenge's seven lines, base64url without padding, 86 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_64)))]
    pub signature: String,
    /// Join code of an open programme; needed the first time that the key comes in.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::present")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub code: Option<String>,
}

/// `join`, `leave`, `redraw`: names a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct InRoom {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
}

/// `resume`: goes on with a room where one was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Position of the last publication processed.
    #[serde(deserialize_with = "strict::position")]
    #[cfg_attr(feature = "schema", schemars(with = "strict::ClosedPosition"))]
    pub position: crate::Position,
}

/// `post`: says something.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Idempotency key: 16 random bytes, base64url without padding, 22 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: String,
    /// The text.
    pub body: String,
    /// Offset of the post that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::present_offset")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub reply_to: Option<u64>,
    /// Handles called by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub mentions: Vec<String>,
    /// The person has seen the guard's findings and insists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub confirmed: bool,
    /// It asks something: open until it is marked as answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub question: bool,
}

/// `edit`: replaces the text of an own post.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Idempotency key: 16 random bytes, base64url without padding, 22 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: String,
    /// Offset of the own post.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    #[serde(deserialize_with = "strict::offset")]
    pub target: u64,
    /// The new text.
    pub body: String,
    /// Handles called by name in the new text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub mentions: Vec<String>,
    /// The person has seen the guard's findings and insists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub confirmed: bool,
}

/// `retract`: takes an own post back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Retract {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Idempotency key: 16 random bytes, base64url without padding, 22 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: String,
    /// Offset of the own post.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    #[serde(deserialize_with = "strict::offset")]
    pub target: u64,
}

/// `react`: sets a reaction or takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct React {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Idempotency key: 16 random bytes, base64url without padding, 22 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: String,
    /// Offset of the post.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    #[serde(deserialize_with = "strict::offset")]
    pub target: u64,
    /// One of the welcome's `reactions`.
    pub reaction: String,
    /// `true` sets it, `false` takes it back.
    pub on: bool,
}

/// `answer`: marks a question as answered, or as open again. Its author may, and who has a role that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Idempotency key: 16 random bytes, base64url without padding, 22 characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::BYTES_16)))]
    pub key: String,
    /// Offset of the question.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    #[serde(deserialize_with = "strict::offset")]
    pub target: u64,
    /// `true` marks it as answered, `false` as open again.
    pub on: bool,
}

/// `history`: a page of posts as they stand now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The room's id.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = crate::shape::ID)))]
    pub room: String,
    /// Posts with an offset below this one; left out: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::present_offset")]
    #[cfg_attr(feature = "schema", ts(optional), schemars(range(min = 1, max = crate::shape::NUMBER_MAX)))]
    pub before: Option<u64>,
    /// How many at most: 1 to `limits.history_posts_max`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub limit: u16,
    /// Only questions that nobody has marked as answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", ts(as = "Option<_>", optional))]
    pub open_questions: bool,
}

/// A command of a client.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Asks what a join code is for.
    Preview(Preview),
    /// Asks for something to sign.
    Challenge(Challenge),
    /// Shows the member key.
    Authenticate(Authenticate),
    /// Lists the rooms.
    Rooms(Nothing),
    /// Becomes a member of a room.
    Join(InRoom),
    /// Goes on with a room.
    Resume(Resume),
    /// Ends the membership.
    Leave(InRoom),
    /// Draws another handle.
    Redraw(InRoom),
    /// Says something.
    Post(Post),
    /// Replaces the text of an own post.
    Edit(Edit),
    /// Takes an own post back.
    Retract(Retract),
    /// Sets a reaction or takes it back.
    React(React),
    /// Marks a question as answered.
    Answer(Answer),
    /// A page of posts.
    History(History),
}

impl Command {
    /// Names of all methods.
    pub const METHODS: [&'static str; 14] = [
        "preview",
        "challenge",
        "authenticate",
        "rooms",
        "join",
        "resume",
        "leave",
        "redraw",
        "post",
        "edit",
        "retract",
        "react",
        "answer",
        "history",
    ];

    /// The method's name on the wire.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Preview(_) => "preview",
            Self::Challenge(_) => "challenge",
            Self::Authenticate(_) => "authenticate",
            Self::Rooms(_) => "rooms",
            Self::Join(_) => "join",
            Self::Resume(_) => "resume",
            Self::Leave(_) => "leave",
            Self::Redraw(_) => "redraw",
            Self::Post(_) => "post",
            Self::Edit(_) => "edit",
            Self::Retract(_) => "retract",
            Self::React(_) => "react",
            Self::Answer(_) => "answer",
            Self::History(_) => "history",
        }
    }
}

// Commands carry keys, signatures and bodies: only the method's name is ever printed.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Command({})", self.method())
    }
}
