//! `admin` as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use kkanbu_client::CommandKey;
use kkanbu_client::admin::{
    AdminCommand, AuditList, CreateProgramme, InProgramme, MuteMember, NoticeRoom, OnMember, OnPost, OnRoom, PostsOnly,
    RoomPosts, SlowRoom,
};
use kkanbu_model::{Handle, ProgrammeId, RoomId};
use kkanbu_wire::Nothing;
use kkanbu_wire::admin::{AUDIT_ENTRIES_MAX, MUTE_MINUTES_MAX, POSTS_MAX, SLOW_SECONDS_MAX};
use std::path::PathBuf;

/// `admin`
#[derive(Debug, Args)]
pub(crate) struct AdminOptions {
    /// The admin socket of the running server.
    #[arg(long, value_name = "PATH", global = true)]
    pub(super) socket: Option<PathBuf>,
    /// The configuration file that the server runs with, in place of `--socket`.
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// Print the result as one line of JSON, for programs.
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) group: Group,
}

/// What to look after.
#[derive(Debug, Subcommand)]
pub(super) enum Group {
    /// Make, list and end programmes.
    #[command(subcommand)]
    Programme(ProgrammeVerb),
    /// Read and moderate rooms.
    #[command(subcommand)]
    Room(RoomVerb),
    /// Hide posts, and show them again.
    #[command(subcommand)]
    Post(PostVerb),
    /// Keep a member from writing, or out of a room. Members are named by the handle that their posts show.
    #[command(subcommand)]
    Member(MemberVerb),
    /// Read the log of all that was done here.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// Look at the server, or stop it.
    #[command(subcommand)]
    Node(NodeVerb),
}

/// `admin programme`
#[derive(Debug, Subcommand)]
pub(super) enum ProgrammeVerb {
    /// Make a programme and print its join links.
    Create {
        /// The programme file; `-` reads standard input.
        file: PathBuf,
    },
    /// List the programmes.
    List,
    /// Print a programme's join links.
    Links(OfProgramme),
    /// End a programme for good: all that was ever said in it is destroyed.
    End {
        #[command(flatten)]
        of: OfProgramme,
        /// Yes, destroy all of it.
        #[arg(long)]
        yes: bool,
    },
}

/// `admin room`
#[derive(Debug, Subcommand)]
pub(super) enum RoomVerb {
    /// List a programme's rooms.
    List(OfProgramme),
    /// Print posts as they stand now, oldest first, with the text of hidden ones.
    Posts {
        #[command(flatten)]
        of: OfRoom,
        /// Only posts with a number below this one.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=NUMBER_MAX))]
        before: Option<u64>,
        /// How many at most.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=i64::from(POSTS_MAX)))]
        limit: u16,
        /// Only some of them.
        #[arg(long, value_enum, default_value_t = Only::All)]
        only: Only,
    },
    /// Stop all posting in a room.
    Freeze {
        #[command(flatten)]
        of: OfRoom,
        #[command(flatten)]
        once: Once,
    },
    /// Allow posting again.
    Thaw {
        #[command(flatten)]
        of: OfRoom,
        #[command(flatten)]
        once: Once,
    },
    /// Have each member wait between two posts.
    Slow {
        #[command(flatten)]
        of: OfRoom,
        /// Seconds to wait; 0 ends it.
        #[arg(value_parser = clap::value_parser!(u32).range(0..=i64::from(SLOW_SECONDS_MAX)))]
        seconds: u32,
        #[command(flatten)]
        once: Once,
    },
    /// Put a notice up in place of the one before.
    Notice {
        #[command(flatten)]
        of: OfRoom,
        /// What it says.
        #[arg(required_unless_present = "down")]
        text: Option<String>,
        /// Take the notice down.
        #[arg(long, conflicts_with = "text")]
        down: bool,
        #[command(flatten)]
        once: Once,
    },
}

/// `admin post`
#[derive(Debug, Subcommand)]
pub(super) enum PostVerb {
    /// Hide a post's text from the room's members.
    Hide(OfPost),
    /// Show a hidden post again.
    Restore(OfPost),
}

/// `admin member`
#[derive(Debug, Subcommand)]
pub(super) enum MemberVerb {
    /// Forbid a member to write in a room for a while.
    Mute {
        #[command(flatten)]
        of: OfMember,
        /// For how long, in minutes; 43200 are 30 days.
        #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(MUTE_MINUTES_MAX)))]
        minutes: u32,
        #[command(flatten)]
        once: Once,
    },
    /// Let a muted member write again.
    Unmute {
        #[command(flatten)]
        of: OfMember,
        #[command(flatten)]
        once: Once,
    },
    /// Put a member out of a room for good. It keeps its seat in the programme and its other rooms.
    Remove {
        #[command(flatten)]
        of: OfMember,
        #[command(flatten)]
        once: Once,
    },
    /// Let a removed member in again.
    Restore {
        #[command(flatten)]
        of: OfMember,
        #[command(flatten)]
        once: Once,
    },
}

/// `admin audit`
#[derive(Debug, Subcommand)]
pub(super) enum AuditVerb {
    /// Print entries, oldest first, and where the log ends.
    List {
        /// Only entries with a number above this one.
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(0..=NUMBER_MAX))]
        after: Option<u64>,
        /// How many at most.
        #[arg(long, default_value_t = AUDIT_ENTRIES_MAX, value_parser = clap::value_parser!(u16).range(1..=i64::from(AUDIT_ENTRIES_MAX)))]
        limit: u16,
    },
}

/// `admin node`
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum NodeVerb {
    /// Say how the server is.
    Status,
    /// Stop the server in good order, as SIGTERM does.
    Drain,
}

/// The largest number on the wire.
const NUMBER_MAX: u64 = kkanbu_model::Offset::MAX;

#[derive(Debug, Args)]
pub(super) struct OfProgramme {
    /// The programme's id.
    #[arg(value_parser = programme)]
    programme: String,
}

#[derive(Debug, Args)]
pub(super) struct OfRoom {
    /// The programme's id.
    #[arg(value_parser = programme)]
    programme: String,
    /// The room's id.
    #[arg(value_parser = room)]
    room: String,
}

#[derive(Debug, Args)]
pub(super) struct OfPost {
    #[command(flatten)]
    of: OfRoom,
    /// The post's number, as `room posts` prints it.
    #[arg(value_parser = clap::value_parser!(u64).range(1..=NUMBER_MAX))]
    number: u64,
    #[command(flatten)]
    once: Once,
}

#[derive(Args)]
pub(super) struct OfMember {
    #[command(flatten)]
    of: OfRoom,
    /// The handle, as it stands on the member's posts. Quote it: it may hold a space.
    #[arg(value_parser = handle)]
    handle: String,
}

#[derive(Debug, Args)]
pub(super) struct Once {
    /// The key of an act whose answer was lost: it is done once, however often it is asked for.
    #[arg(long, value_parser = key)]
    key: Option<String>,
}

/// Which posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Only {
    /// All of them.
    All,
    /// Those that a moderator has hidden.
    Hidden,
    /// Questions that nobody has marked as answered.
    OpenQuestions,
}

// A handle is shown where it was asked for and nowhere in passing.
impl std::fmt::Debug for OfMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OfMember({:?})", self.of)
    }
}

fn programme(text: &str) -> Result<String, String> {
    ProgrammeId::new(text).map(|id| id.to_string()).map_err(|error| error.to_string())
}

fn room(text: &str) -> Result<String, String> {
    RoomId::new(text).map(|id| id.to_string()).map_err(|error| error.to_string())
}

fn handle(text: &str) -> Result<String, String> {
    Handle::new(text).map(|handle| handle.as_str().to_owned()).map_err(|error| error.to_string())
}

fn key(text: &str) -> Result<String, String> {
    CommandKey::parse(text).map(CommandKey::to_text).map_err(|error| error.to_string())
}

impl Once {
    /// The key that was typed, or a new one.
    fn key(&self) -> String {
        self.key.clone().unwrap_or_else(|| kkanbu_client::command_key().to_text())
    }
}

impl Group {
    /// The command that this asks for. `definition` is the text of the programme file, where one is to be made.
    pub(super) fn command(&self, definition: String) -> AdminCommand {
        match self {
            Self::Programme(verb) => match verb {
                ProgrammeVerb::Create { .. } => AdminCommand::CreateProgramme(CreateProgramme { definition }),
                ProgrammeVerb::List => AdminCommand::ListProgrammes(Nothing {}),
                ProgrammeVerb::Links(of) => AdminCommand::ProgrammeLinks(of.params()),
                ProgrammeVerb::End { of, .. } => AdminCommand::EndProgramme(of.params()),
            },
            Self::Room(verb) => verb.command(),
            Self::Post(PostVerb::Hide(of)) => AdminCommand::HidePost(of.params()),
            Self::Post(PostVerb::Restore(of)) => AdminCommand::RestorePost(of.params()),
            Self::Member(verb) => verb.command(),
            Self::Audit(AuditVerb::List { after, limit }) => {
                AdminCommand::ListAudit(AuditList { after: *after, limit: *limit })
            }
            Self::Node(NodeVerb::Status) => AdminCommand::NodeStatus(Nothing {}),
            Self::Node(NodeVerb::Drain) => AdminCommand::DrainNode(Nothing {}),
        }
    }
}

impl RoomVerb {
    fn command(&self) -> AdminCommand {
        let names = |of: &OfRoom| (of.programme.clone(), of.room.clone());
        match self {
            Self::List(of) => AdminCommand::ListRooms(of.params()),
            Self::Posts { of, before, limit, only } => {
                let (programme, room) = names(of);
                let only = match only {
                    Only::All => PostsOnly::All,
                    Only::Hidden => PostsOnly::Hidden,
                    Only::OpenQuestions => PostsOnly::OpenQuestions,
                };
                AdminCommand::RoomPosts(RoomPosts { programme, room, before: *before, limit: *limit, only })
            }
            Self::Freeze { of, once } => AdminCommand::FreezeRoom(of.params(once)),
            Self::Thaw { of, once } => AdminCommand::ThawRoom(of.params(once)),
            Self::Slow { of, seconds, once } => {
                let (programme, room) = names(of);
                AdminCommand::SlowRoom(SlowRoom { programme, room, seconds: *seconds, key: Some(once.key()) })
            }
            Self::Notice { of, text, down: _, once } => {
                let (programme, room) = names(of);
                AdminCommand::NoticeRoom(NoticeRoom { programme, room, text: text.clone(), key: Some(once.key()) })
            }
        }
    }
}

impl MemberVerb {
    fn command(&self) -> AdminCommand {
        match self {
            Self::Mute { of, minutes, once } => {
                let OnMember { programme, room, handle, key } = of.params(once);
                AdminCommand::MuteMember(MuteMember { programme, room, handle, minutes: *minutes, key })
            }
            Self::Unmute { of, once } => AdminCommand::UnmuteMember(of.params(once)),
            Self::Remove { of, once } => AdminCommand::RemoveMember(of.params(once)),
            Self::Restore { of, once } => AdminCommand::RestoreMember(of.params(once)),
        }
    }
}

impl OfProgramme {
    fn params(&self) -> InProgramme {
        InProgramme { programme: self.programme.clone() }
    }
}

impl OfRoom {
    fn params(&self, once: &Once) -> OnRoom {
        OnRoom { programme: self.programme.clone(), room: self.room.clone(), key: Some(once.key()) }
    }
}

impl OfPost {
    fn params(&self) -> OnPost {
        let OnRoom { programme, room, key } = self.of.params(&self.once);
        OnPost { programme, room, offset: self.number, key }
    }
}

impl OfMember {
    fn params(&self, once: &Once) -> OnMember {
        let OnRoom { programme, room, key } = self.of.params(once);
        OnMember { programme, room, handle: self.handle.clone(), key }
    }
}
