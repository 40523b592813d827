//! Every command of the admin socket, by name.

use super::params::{
    AuditList, CreateProgramme, InProgramme, MuteMember, NoticeRoom, OnMember, OnPost, OnRoom, RoomPosts, SlowRoom,
};
use crate::Nothing;
use crate::call::{Wrong, typed};
use crate::encode::{Call, to_json};

macro_rules! commands {
    ($($method:literal $variant:ident($params:ty) $meaning:literal,)*) => {
        /// A command on the admin socket.
        #[derive(Clone, PartialEq, Eq)]
        pub enum AdminCommand {
            $(#[doc = $meaning] $variant($params),)*
        }

        impl AdminCommand {
            /// Names of all methods.
            pub const METHODS: &'static [&'static str] = &[$($method,)*];

            /// The method's name on the wire.
            pub const fn method(&self) -> &'static str {
                match self { $(Self::$variant(_) => $method,)* }
            }

            /// Reads the parameters of `method`.
            pub(super) fn read(method: &str, params: &str) -> Result<Self, Unread> {
                match method {
                    $($method => typed(params).map(Self::$variant).map_err(Unread::Params),)*
                    _ => Err(Unread::Method),
                }
            }

            /// The command as a JSON-RPC call.
            pub(super) fn to_call(&self, id: u64) -> Vec<u8> {
                let (jsonrpc, method) = ("2.0", self.method());
                match self { $(Self::$variant(params) => to_json(&Call { jsonrpc, id, method, params }),)* }
            }
        }
    };
}

commands! {
    "programme.create" CreateProgramme(CreateProgramme) "Makes a programme from its file's text.",
    "programme.list" ListProgrammes(Nothing) "Lists the programmes.",
    "programme.links" ProgrammeLinks(InProgramme) "Gives a programme's join links.",
    "programme.end" EndProgramme(InProgramme) "Ends a programme and destroys everything in it.",
    "room.list" ListRooms(InProgramme) "Lists a programme's rooms.",
    "room.posts" RoomPosts(RoomPosts) "Gives a page of posts as they stand now.",
    "room.freeze" FreezeRoom(OnRoom) "Stops posting in a room.",
    "room.thaw" ThawRoom(OnRoom) "Allows posting in a room again.",
    "room.slow" SlowRoom(SlowRoom) "Sets how long each member waits between two posts.",
    "room.notice" NoticeRoom(NoticeRoom) "Puts a notice up, or takes it down.",
    "post.hide" HidePost(OnPost) "Hides a post.",
    "post.restore" RestorePost(OnPost) "Shows a hidden post again.",
    "member.mute" MuteMember(MuteMember) "Forbids a member to write for a while.",
    "member.unmute" UnmuteMember(OnMember) "Lets a muted member write again.",
    "member.remove" RemoveMember(OnMember) "Puts a member out of a room for good.",
    "member.restore" RestoreMember(OnMember) "Lets a removed member in again.",
    "audit.list" ListAudit(AuditList) "Gives entries of the audit log.",
    "node.status" NodeStatus(Nothing) "Says how this server is.",
    "node.drain" DrainNode(Nothing) "Stops this server in good order.",
}

/// Why a call is no command.
pub(super) enum Unread {
    /// There is no such method.
    Method,
    /// Its parameters are wrong.
    Params(Wrong),
}

// Commands carry programme files, notices and handles: only the method's name is ever printed.
impl std::fmt::Debug for AdminCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdminCommand({})", self.method())
    }
}

#[cfg(test)]
mod tests {
    use super::AdminCommand;
    use kkanbu_model::Act;

    #[test]
    fn every_act_has_its_command() {
        for act in Act::NAMES {
            assert!(AdminCommand::METHODS.contains(&act), "{act}");
        }
    }
}
