//! The commands by name, each with the type of its result.

use super::{
    AdminClient, AdminClientError, AdminCommand, Audit, AuditList, CreateProgramme, Done, InProgramme, MemberDone,
    ModeratedPosts, ModeratedRooms, MuteMember, NodeStatus, NoticeRoom, OnMember, OnPost, OnRoom, ProgrammeCreated,
    ProgrammeLinks, Programmes, RoomPosts, SlowRoom,
};
use kkanbu_wire::{Empty, Nothing};

/// What a command gives.
type Answered<T> = Result<T, AdminClientError>;

fn of(programme: &str) -> InProgramme {
    InProgramme { programme: programme.to_owned() }
}

impl AdminClient {
    /// Makes a programme from its file's text.
    pub async fn create_programme(&mut self, definition: &str) -> Answered<ProgrammeCreated> {
        let definition = definition.to_owned();
        self.ask(&AdminCommand::CreateProgramme(CreateProgramme { definition })).await
    }

    /// Lists the programmes.
    pub async fn programmes(&mut self) -> Answered<Programmes> {
        self.ask(&AdminCommand::ListProgrammes(Nothing {})).await
    }

    /// Gives a programme's join links.
    pub async fn links(&mut self, programme: &str) -> Answered<ProgrammeLinks> {
        self.ask(&AdminCommand::ProgrammeLinks(of(programme))).await
    }

    /// Ends a programme for good and destroys everything in it.
    pub async fn end_programme(&mut self, programme: &str) -> Answered<()> {
        let Empty {} = self.ask(&AdminCommand::EndProgramme(of(programme))).await?;
        Ok(())
    }

    /// Lists a programme's rooms.
    pub async fn rooms(&mut self, programme: &str) -> Answered<ModeratedRooms> {
        self.ask(&AdminCommand::ListRooms(of(programme))).await
    }

    /// Gives a page of posts as they stand now, with the text of hidden ones.
    pub async fn posts(&mut self, params: RoomPosts) -> Answered<ModeratedPosts> {
        self.ask(&AdminCommand::RoomPosts(params)).await
    }

    /// Stops posting in a room.
    pub async fn freeze(&mut self, params: OnRoom) -> Answered<Done> {
        self.ask(&AdminCommand::FreezeRoom(params)).await
    }

    /// Allows posting in a room again.
    pub async fn thaw(&mut self, params: OnRoom) -> Answered<Done> {
        self.ask(&AdminCommand::ThawRoom(params)).await
    }

    /// Sets how long each member waits between two posts.
    pub async fn slow(&mut self, params: SlowRoom) -> Answered<Done> {
        self.ask(&AdminCommand::SlowRoom(params)).await
    }

    /// Puts a notice up in place of the one before, or takes it down.
    pub async fn notice(&mut self, params: NoticeRoom) -> Answered<Done> {
        self.ask(&AdminCommand::NoticeRoom(params)).await
    }

    /// Hides a post's text from the room's members.
    pub async fn hide(&mut self, params: OnPost) -> Answered<Done> {
        self.ask(&AdminCommand::HidePost(params)).await
    }

    /// Shows a hidden post again.
    pub async fn restore(&mut self, params: OnPost) -> Answered<Done> {
        self.ask(&AdminCommand::RestorePost(params)).await
    }

    /// Forbids a member to write in a room for a while.
    pub async fn mute(&mut self, params: MuteMember) -> Answered<MemberDone> {
        self.ask(&AdminCommand::MuteMember(params)).await
    }

    /// Lets a muted member write again.
    pub async fn unmute(&mut self, params: OnMember) -> Answered<MemberDone> {
        self.ask(&AdminCommand::UnmuteMember(params)).await
    }

    /// Puts a member out of a room for good.
    pub async fn remove(&mut self, params: OnMember) -> Answered<MemberDone> {
        self.ask(&AdminCommand::RemoveMember(params)).await
    }

    /// Lets a removed member in again.
    pub async fn readmit(&mut self, params: OnMember) -> Answered<MemberDone> {
        self.ask(&AdminCommand::RestoreMember(params)).await
    }

    /// Gives entries of the audit log after number `after`, oldest first, and where the log ends.
    pub async fn audit(&mut self, after: Option<u64>, limit: u16) -> Answered<Audit> {
        self.ask(&AdminCommand::ListAudit(AuditList { after, limit })).await
    }

    /// Says how the server is.
    pub async fn status(&mut self) -> Answered<NodeStatus> {
        self.ask(&AdminCommand::NodeStatus(Nothing {})).await
    }

    /// Stops the server in good order, as SIGTERM does.
    pub async fn drain(&mut self) -> Answered<()> {
        let Empty {} = self.ask(&AdminCommand::DrainNode(Nothing {})).await?;
        Ok(())
    }
}
