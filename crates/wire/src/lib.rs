//! The members' wire, `kkanbu.v1`: client frames to types and back, and the three code tables; and the admin socket's wire, in [`admin`].
//!
//! These are boundary types: they derive serde, hold plain strings and numbers, and exist so that nothing inside the server
//! needs to. `proto/` is generated from them. Sockets are not known here.

pub mod admin;
mod call;
pub mod challenge;
mod codes;
mod command;
mod decode;
mod encode;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[expect(clippy::expect_used, clippy::panic, reason = "it panics where something that has to hold does not")]
pub mod fuzzing;
mod push;
mod reply;
#[cfg(feature = "schema")]
mod shape;
mod strict;

pub use codes::{CloseCode, Code, RejectCode, RoomEndCode, may_come_back};
pub use command::{
    Answer, Authenticate, Challenge, Command, Edit, History, InRoom, Nothing, Post, Preview, React, Resume, Retract,
};
pub use decode::{FromServer, Incoming, Refused, decode_command, decode_from_server};
pub use encode::{PADDED_SIZES, Padding, encode_command, encode_error, encode_push, encode_result};
pub use push::{Muted, PhaseChanged, Publication, Push, RoomEnded, What};
pub use reply::{
    Challenged, Empty, Finding, FindingKind, HistoryPage, Joined, LimitsInfo, NextRoom, NoticeInfo, Placed, Position,
    PostInfo, Previewed, ProgrammeInfo, ReactionInfo, Redrawn, Rejection, RejectionData, RoleInfo, RoomInfo, RoomList,
    Welcome,
};

/// The WebSocket subprotocol, which is also the version.
pub const SUBPROTOCOL: &str = "kkanbu.v1";

/// The path of the members' WebSocket.
pub const PATH: &str = "/ws";
