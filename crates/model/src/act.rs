//! What administrators do: one act leaves one entry in the audit log.

use crate::{Body, CommandKey, Event, Handle, Minute, Offset, RoomId};

/// One thing that an administrator did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Created the programme.
    CreateProgramme,
    /// Ended the programme: everything in it was destroyed.
    EndProgramme,
    /// Did something in one of its rooms.
    InRoom(RoomId, RoomAct),
}

/// What an administrator did in one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomAct {
    /// Hid a post.
    HidePost(Offset),
    /// Showed a hidden post again.
    RestorePost(Offset),
    /// Stopped all posting.
    Freeze,
    /// Allowed posting again.
    Thaw,
    /// Set the seconds that each member waits between two posts; 0 ends slow mode.
    Slow(u32),
    /// Put a notice up, or took it down.
    Notice(Option<Body>),
    /// Forbade a member to write before this minute.
    Mute(Handle, Minute),
    /// Let a muted member write again.
    Unmute(Handle),
    /// Put a member out of the room for good.
    Remove(Handle),
    /// Let a removed member in again.
    Readmit(Handle),
}

impl Act {
    /// All names, in the order of the variants.
    pub const NAMES: [&'static str; 12] = {
        let [hide, restore, freeze, thaw, slow, notice, mute, unmute, remove, readmit] = RoomAct::NAMES;
        let (create, end) = (Self::CreateProgramme.name(), Self::EndProgramme.name());
        [create, end, hide, restore, freeze, thaw, slow, notice, mute, unmute, remove, readmit]
    };

    /// The name that the audit log and the admin socket have for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateProgramme => "programme.create",
            Self::EndProgramme => "programme.end",
            Self::InRoom(_, act) => act.name(),
        }
    }
}

impl RoomAct {
    /// All names, in the order of the variants.
    pub const NAMES: [&'static str; 10] = [
        "post.hide",
        "post.restore",
        "room.freeze",
        "room.thaw",
        "room.slow",
        "room.notice",
        "member.mute",
        "member.unmute",
        "member.remove",
        "member.restore",
    ];

    /// The name that the audit log and the admin socket have for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HidePost(_) => "post.hide",
            Self::RestorePost(_) => "post.restore",
            Self::Freeze => "room.freeze",
            Self::Thaw => "room.thaw",
            Self::Slow(_) => "room.slow",
            Self::Notice(_) => "room.notice",
            Self::Mute(..) => "member.mute",
            Self::Unmute(_) => "member.unmute",
            Self::Remove(_) => "member.remove",
            Self::Readmit(_) => "member.restore",
        }
    }

    /// What the room's log has to say of it; `None` for what is between moderators and one member.
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::HidePost(target) => Some(Event::Hide { target: *target }),
            Self::RestorePost(target) => Some(Event::Restore { target: *target }),
            Self::Freeze => Some(Event::Freeze),
            Self::Thaw => Some(Event::Thaw),
            Self::Slow(seconds) => Some(Event::Slow { seconds: *seconds }),
            Self::Notice(text) => Some(Event::Notice { text: text.clone() }),
            Self::Mute(..) | Self::Unmute(_) | Self::Remove(_) | Self::Readmit(_) => None,
        }
    }

    /// Whether `later`, asked for under the same key, is this act asked for again. A mute that is asked for again ends later by the clock, and
    /// is the same mute.
    pub fn is_asked_again_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Mute(handle, _), Self::Mute(again, _)) => handle == again,
            _ => self == later,
        }
    }

    /// The post that it concerns.
    pub const fn post(&self) -> Option<Offset> {
        if let Self::HidePost(post) | Self::RestorePost(post) = self { Some(*post) } else { None }
    }

    /// The notice that it puts up.
    pub const fn notice(&self) -> Option<&Body> {
        if let Self::Notice(text) = self { text.as_ref() } else { None }
    }

    /// The member that it concerns.
    pub const fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Mute(handle, _) | Self::Unmute(handle) | Self::Remove(handle) | Self::Readmit(handle) => Some(handle),
            Self::HidePost(_) | Self::RestorePost(_) | Self::Freeze | Self::Thaw | Self::Slow(_) | Self::Notice(_) => {
                None
            }
        }
    }
}

/// An act of which the room's log does not say yet that it has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAct {
    /// The audit entry's number.
    pub number: u64,
    /// Which room.
    pub room: crate::RoomAddress,
    /// The key that makes a retried call the same act, and its publication the same publication.
    pub key: CommandKey,
    /// What was done.
    pub act: RoomAct,
}
