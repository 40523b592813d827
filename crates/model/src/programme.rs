//! A programme as organisers define it: its roles, seats and rooms.

use crate::{Language, Minute, Name, ProgrammeId, RoleId, RoomId};
use std::fmt;

/// How long posts are kept unless the programme says otherwise.
pub const RETENTION_DAYS_DEFAULT: u16 = 30;

/// The smallest group that a role or room may be: below it, a badge or a room would point at somebody.
pub const GROUP_MIN: u32 = 5;

/// A role in a programme, with the seats that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id, as `mentor`.
    pub id: RoleId,
    /// Its name as people see it, as `멘토`.
    pub name: Name,
    /// How many may come in.
    pub seats: u32,
    /// How people get in.
    pub admission: Admission,
    /// Who may get in, in the organisers' words, as `신규공무원`.
    pub eligibility: Option<Name>,
    /// Whether its members may mark others' questions as answered.
    pub answers: bool,
}

/// How people get into a role. Every programme is open to whoever has its join link until admission is built; this is what
/// organisers announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Admission {
    /// First come, first served (선착순).
    #[default]
    FirstCome,
    /// A public call, then review.
    Screened,
}

impl Admission {
    /// Both.
    pub const ALL: [Self; 2] = [Self::FirstCome, Self::Screened];

    /// Its name in programme files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstCome => "first-come",
            Self::Screened => "screened",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|admission| admission.as_str() == name)
    }
}

/// When a room is open. Both ends are whole minutes; how they come from dates and a time zone is the programme file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Schedule {
    /// From this minute on; `None` from the beginning.
    pub opens: Option<Minute>,
    /// Until this minute, which is no longer in it; `None` for as long as the programme runs.
    pub closes: Option<Minute>,
}

/// What a room is in at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// It has not opened yet: nobody comes in.
    Upcoming,
    /// Its members talk.
    Open,
    /// It has closed: its members read, until what was said expires.
    Closed,
}

impl Phase {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl Schedule {
    /// The phase at `now`.
    pub fn phase(&self, now: Minute) -> Phase {
        if self.closes.is_some_and(|closes| closes <= now) {
            Phase::Closed
        } else if self.opens.is_some_and(|opens| opens > now) {
            Phase::Upcoming
        } else {
            Phase::Open
        }
    }
}

/// A time zone of the IANA database, as `Asia/Seoul`: the one in which a programme's dates are meant and shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeZone(String);

/// A text is not the name of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time zone is a name of the IANA database, as Asia/Seoul")]
pub struct TimeZoneError;

impl TimeZone {
    /// Checks the form of a name. Whether there is such a zone is known where the database is.
    pub fn new(name: impl Into<String>) -> Result<Self, TimeZoneError> {
        let name = name.into();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+');
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) { Ok(Self(name)) } else { Err(TimeZoneError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("Asia/Seoul".to_owned())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A room in a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id, as `plaza`.
    pub id: RoomId,
    /// Its name as people see it, as `깐부 광장`.
    pub name: Name,
    /// Whose room it is.
    pub roles: Vec<RoleId>,
    /// Seats a role has in this room; `None` where all of the role's members fit.
    pub seats_per_role: Option<u32>,
    /// What it is about, as `봄맞이 도시락 토크`.
    pub topic: Option<Name>,
    /// When it is open.
    pub schedule: Schedule,
}

impl Role {
    /// A role that people get into first come, first served, and that does not answer others' questions.
    pub const fn new(id: RoleId, name: Name, seats: u32) -> Self {
        Self { id, name, seats, admission: Admission::FirstCome, eligibility: None, answers: false }
    }
}

impl Room {
    /// A room for these roles, with a seat for each of their members, open as long as the programme runs.
    pub const fn new(id: RoomId, name: Name, roles: Vec<RoleId>) -> Self {
        Self { id, name, roles, seats_per_role: None, topic: None, schedule: Schedule { opens: None, closes: None } }
    }
}

/// One run of mentoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its id, as `anyang-2022`.
    pub id: ProgrammeId,
    /// Its name as people see it.
    pub name: Name,
    /// Who runs it.
    pub organisation: Name,
    /// What it is for, in the organisers' words.
    pub purposes: Vec<Name>,
    /// The language of handles.
    pub language: Language,
    /// Where its dates are meant.
    pub timezone: TimeZone,
    /// How long posts are kept, in days.
    pub retention_days: u16,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its rooms.
    pub rooms: Vec<Room>,
}

/// Most roles of a programme.
pub const ROLES_MAX: usize = 32;

/// Most rooms of a programme: a member's list of them has to fit one frame.
pub const ROOMS_MAX: usize = 64;

/// What is wrong with a programme's definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgrammeError {
    /// No role at all.
    #[error("a programme needs at least one role")]
    NoRoles,
    /// No room at all.
    #[error("a programme needs at least one room")]
    NoRooms,
    /// More roles than there may be.
    #[error("a programme has at most {ROLES_MAX} roles")]
    TooManyRoles,
    /// More rooms than there may be.
    #[error("a programme has at most {ROOMS_MAX} rooms")]
    TooManyRooms,
    /// Two roles of one id.
    #[error("role {0} is defined twice")]
    RoleTwice(RoleId),
    /// Two rooms of one id.
    #[error("room {0} is defined twice")]
    RoomTwice(RoomId),
    /// A role with fewer seats than protect its members.
    #[error("role {0} has {1} seats; fewer than {GROUP_MIN} would point at people")]
    RoleTooSmall(RoleId, u32),
    /// A room with fewer seats a role than protect its members.
    #[error("room {0} has {1} seats a role; fewer than {GROUP_MIN} would point at people")]
    RoomTooSmall(RoomId, u32),
    /// A room of a role that is not defined.
    #[error("room {0} is for role {1}, which is not defined")]
    UnknownRole(RoomId, RoleId),
    /// A room of nobody.
    #[error("room {0} is for no role")]
    RoomForNobody(RoomId),
    /// A room that closes before it has opened.
    #[error("room {0} closes before it opens")]
    ClosesFirst(RoomId),
    /// Kept for no time, or for too long.
    #[error("retention_days is 1 to 365")]
    Retention,
}

impl Programme {
    /// Everything that is wrong with the definition, all at once; empty where it can run.
    pub fn errors(&self) -> Vec<ProgrammeError> {
        let mut errors = Vec::new();
        if self.roles.is_empty() {
            errors.push(ProgrammeError::NoRoles);
        }
        if self.rooms.is_empty() {
            errors.push(ProgrammeError::NoRooms);
        }
        if self.roles.len() > ROLES_MAX {
            errors.push(ProgrammeError::TooManyRoles);
        }
        if self.rooms.len() > ROOMS_MAX {
            errors.push(ProgrammeError::TooManyRooms);
        }
        if !(1..=365).contains(&self.retention_days) {
            errors.push(ProgrammeError::Retention);
        }
        for (index, role) in self.roles.iter().enumerate() {
            if self.roles.iter().take(index).any(|earlier| earlier.id == role.id) {
                errors.push(ProgrammeError::RoleTwice(role.id.clone()));
            }
            if role.seats < GROUP_MIN {
                errors.push(ProgrammeError::RoleTooSmall(role.id.clone(), role.seats));
            }
        }
        for (index, room) in self.rooms.iter().enumerate() {
            if self.rooms.iter().take(index).any(|earlier| earlier.id == room.id) {
                errors.push(ProgrammeError::RoomTwice(room.id.clone()));
            }
            self.room_errors(room, &mut errors);
        }
        errors
    }

    fn room_errors(&self, room: &Room, errors: &mut Vec<ProgrammeError>) {
        if room.roles.is_empty() {
            errors.push(ProgrammeError::RoomForNobody(room.id.clone()));
        }
        if let Some(seats) = room.seats_per_role.filter(|seats| *seats < GROUP_MIN) {
            errors.push(ProgrammeError::RoomTooSmall(room.id.clone(), seats));
        }
        if room.schedule.opens.zip(room.schedule.closes).is_some_and(|(opens, closes)| closes <= opens) {
            errors.push(ProgrammeError::ClosesFirst(room.id.clone()));
        }
        for role in room.roles.iter().filter(|role| self.role(role).is_none()) {
            errors.push(ProgrammeError::UnknownRole(room.id.clone(), role.clone()));
        }
    }

    /// The role with this id.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// The room that opens next, of all that have not opened yet.
    pub fn next_room(&self, now: Minute) -> Option<(&Room, Minute)> {
        let upcoming = self.rooms.iter().filter_map(|room| room.schedule.opens.map(|opens| (room, opens)));
        upcoming.filter(|(_, opens)| *opens > now).min_by_key(|(_, opens)| *opens)
    }

    /// The room with this id.
    pub fn room(&self, id: &RoomId) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }
}
