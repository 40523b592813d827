//! What the wire has: every command and push with its types, as the generators need them.

use super::schemas::{self, From};
use anyhow::ensure;
use kkanbu_wire::{
    Answer, Authenticate, Challenge, Challenged, Command, Edit, Empty, History, HistoryPage, InRoom, Joined, Muted,
    Nothing, PhaseChanged, Placed, Post, Preview, Previewed, Publication, React, Redrawn, Rejection, Resume, Retract,
    RoomEnded, RoomList, Welcome,
};
use schemars::JsonSchema;
use serde_json::Value;
use ts_rs::TS;

/// A type of the wire, as JSON Schema and by its name in TypeScript.
pub(super) struct Shape {
    pub(super) schema: Value,
    pub(super) type_name: String,
}

/// A command.
pub(super) struct Method {
    pub(super) name: &'static str,
    /// What it does, as a sentence.
    pub(super) summary: &'static str,
    pub(super) params: Shape,
    pub(super) result: Shape,
}

/// A push.
pub(super) struct PushKind {
    pub(super) name: &'static str,
    /// What it tells, as a sentence.
    pub(super) summary: &'static str,
    pub(super) params: Shape,
}

/// Everything that frames carry.
pub(super) struct Contract {
    pub(super) methods: Vec<Method>,
    pub(super) pushes: Vec<PushKind>,
    pub(super) rejection: Shape,
    /// Declarations of all TypeScript types, by name.
    pub(super) declarations: Vec<String>,
}

impl Contract {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut types = super::typescript::Types::new();
        let methods = methods(&mut types);
        let names: Vec<&str> = methods.iter().map(|method| method.name).collect();
        ensure!(names == Command::METHODS, "docgen lists other commands than the wire has: {names:?}");
        let pushes = vec![
            PushKind {
                name: "publication",
                summary: "Something was written in a room that this session has joined.",
                params: shape::<Publication>(&mut types, From::Server),
            },
            PushKind {
                name: "room_ended",
                summary: "No more pushes for this room in this session.",
                params: shape::<RoomEnded>(&mut types, From::Server),
            },
            PushKind {
                name: "phase",
                summary: "A room of the member's role has opened or closed.",
                params: shape::<PhaseChanged>(&mut types, From::Server),
            },
            PushKind {
                name: "muted",
                summary: "A moderator forbade this member to write in a room, or allowed it again. Its own sessions alone are told.",
                params: shape::<Muted>(&mut types, From::Server),
            },
        ];
        let rejection = shape::<Rejection>(&mut types, From::Server);
        Ok(Self { methods, pushes, rejection, declarations: types.into_declarations() })
    }
}

fn methods(types: &mut super::typescript::Types) -> Vec<Method> {
    vec![
        method::<Preview, Previewed>(
            types,
            "preview",
            "Asks what a join code is for, before anybody takes a seat with it.",
        ),
        method::<Challenge, Challenged>(types, "challenge", "Asks for something to sign."),
        method::<Authenticate, Welcome>(types, "authenticate", "Shows the member key, and that one holds it."),
        method::<Nothing, RoomList>(types, "rooms", "Lists the rooms open to the member's role."),
        method::<InRoom, Joined>(types, "join", "Becomes a member of a room, or enters it again."),
        method::<Resume, Joined>(types, "resume", "Goes on with a room where one was."),
        method::<InRoom, Empty>(types, "leave", "Ends the membership and destroys the handle."),
        method::<InRoom, Redrawn>(types, "redraw", "Draws another handle, before the first post."),
        method::<Post, Placed>(types, "post", "Says something."),
        method::<Edit, Placed>(types, "edit", "Replaces the text of an own post."),
        method::<Retract, Placed>(types, "retract", "Takes an own post back."),
        method::<React, Placed>(types, "react", "Sets a reaction or takes it back."),
        method::<Answer, Placed>(types, "answer", "Marks a question as answered, or as open again."),
        method::<History, HistoryPage>(types, "history", "Asks for a page of posts as they stand now."),
    ]
}

/// A method with the types of its parameters and result.
pub(super) fn method<P: JsonSchema + TS + 'static, R: JsonSchema + TS + 'static>(
    types: &mut super::typescript::Types,
    name: &'static str,
    summary: &'static str,
) -> Method {
    Method { name, summary, params: shape::<P>(types, From::Client), result: shape::<R>(types, From::Server) }
}

/// A type of the wire, which is declared with all that it is made of.
pub(super) fn shape<T: JsonSchema + TS + 'static>(types: &mut super::typescript::Types, from: From) -> Shape {
    Shape { schema: schemas::of::<T>(from), type_name: types.add::<T>() }
}
