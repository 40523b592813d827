//! The admin socket's wire: JSON-RPC 2.0, one object a line, over a Unix socket that only the server's user may open.
//!
//! Commands are read as strictly as members' are: objects only, no unknown fields, whole ids up to 2^53-1; and numbers, keys and ids
//! are checked here, so that what a decoded command holds is in range. What a text says is not checked here.

mod codes;
mod command;
mod decode;
mod encode;
mod field;
mod params;
mod result;

pub use codes::AdminCode;
pub use command::AdminCommand;
pub use decode::{AdminIncoming, AdminRefused, AdminReply, decode_command, decode_reply};
pub use encode::{encode_command, encode_error, encode_result};
pub use params::{
    AuditList, CreateProgramme, InProgramme, MuteMember, NoticeRoom, OnMember, OnPost, OnRoom, PostsOnly, RoomPosts,
    SlowRoom,
};
pub use result::{
    AdminError, AdminErrorData, Audit, AuditEntry, AuditHead, Done, MemberDone, ModeratedPost, ModeratedPosts,
    ModeratedRoom, ModeratedRooms, NodeStatus, ProgrammeCreated, ProgrammeItem, ProgrammeLinks, Programmes,
};

/// Most bytes of one line, its line feed among them.
pub const LINE_BYTES_MAX: usize = 1_048_576;

/// Most seconds of slow mode.
pub const SLOW_SECONDS_MAX: u32 = 3_600;

/// Most minutes of a mute: 30 days.
pub const MUTE_MINUTES_MAX: u32 = 43_200;

/// Most posts in one answer.
pub const POSTS_MAX: u16 = 50;

/// Most audit entries in one answer.
pub const AUDIT_ENTRIES_MAX: u16 = 100;
