//! Every command of the admin socket with its types, as the generators need them.

use crate::docgen::contract::{Contract, Method, method, shape};
use crate::docgen::schemas::From;
use crate::docgen::typescript::Types;
use anyhow::ensure;
use kkanbu_wire::admin::{
    AdminCommand, AdminError, Audit, AuditList, CreateProgramme, Done, InProgramme, MemberDone, ModeratedPosts,
    ModeratedRooms, MuteMember, NodeStatus, NoticeRoom, OnMember, OnPost, OnRoom, ProgrammeCreated, ProgrammeLinks,
    Programmes, RoomPosts, SlowRoom,
};
use kkanbu_wire::{Empty, Nothing};

pub(super) fn new() -> anyhow::Result<Contract> {
    let mut types = Types::new();
    let methods = methods(&mut types);
    let names: Vec<&str> = methods.iter().map(|method| method.name).collect();
    ensure!(names == AdminCommand::METHODS, "docgen lists other commands than the admin socket has: {names:?}");
    let rejection = shape::<AdminError>(&mut types, From::Server);
    Ok(Contract { methods, pushes: Vec::new(), rejection, declarations: types.into_declarations() })
}

fn methods(types: &mut Types) -> Vec<Method> {
    let mut methods = looking_after(types);
    methods.extend(moderating(types));
    methods.extend([
        method::<AuditList, Audit>(types, "audit.list", "Gives entries of the audit log, oldest first."),
        method::<Nothing, NodeStatus>(types, "node.status", "Says how this server is."),
        method::<Nothing, Empty>(types, "node.drain", "Stops this server in good order, as SIGTERM does."),
    ]);
    methods
}

fn looking_after(types: &mut Types) -> Vec<Method> {
    vec![
        method::<CreateProgramme, ProgrammeCreated>(
            types,
            "programme.create",
            "Makes a programme from its file's text.",
        ),
        method::<Nothing, Programmes>(types, "programme.list", "Lists the programmes."),
        method::<InProgramme, ProgrammeLinks>(types, "programme.links", "Gives a programme's join links."),
        method::<InProgramme, Empty>(
            types,
            "programme.end",
            "Ends a programme for good and destroys everything in it.",
        ),
        method::<InProgramme, ModeratedRooms>(types, "room.list", "Lists a programme's rooms."),
        method::<RoomPosts, ModeratedPosts>(
            types,
            "room.posts",
            "Gives a page of posts as they stand now, with the text of hidden ones.",
        ),
    ]
}

fn moderating(types: &mut Types) -> Vec<Method> {
    vec![
        method::<OnRoom, Done>(types, "room.freeze", "Stops posting in a room."),
        method::<OnRoom, Done>(types, "room.thaw", "Allows posting in a room again."),
        method::<SlowRoom, Done>(types, "room.slow", "Sets how long each member waits between two posts."),
        method::<NoticeRoom, Done>(
            types,
            "room.notice",
            "Puts a notice up in place of the one before, or takes it down.",
        ),
        method::<OnPost, Done>(types, "post.hide", "Hides a post's text from the room's members."),
        method::<OnPost, Done>(types, "post.restore", "Shows a hidden post again."),
        method::<MuteMember, MemberDone>(types, "member.mute", "Forbids a member to write in a room for a while."),
        method::<OnMember, MemberDone>(types, "member.unmute", "Lets a muted member write again."),
        method::<OnMember, MemberDone>(types, "member.remove", "Puts a member out of a room for good."),
        method::<OnMember, MemberDone>(types, "member.restore", "Lets a removed member in again."),
    ]
}
