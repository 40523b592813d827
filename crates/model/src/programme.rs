//! A programme as organisers define it: its roles, seats and rooms.

use crate::{Language, Name, ProgrammeId, RoleId, RoomId};

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
    /// How many may come in, first come first served.
    pub seats: u32,
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
    /// The language of handles.
    pub language: Language,
    /// How long posts are kept, in days.
    pub retention_days: u16,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its rooms.
    pub rooms: Vec<Room>,
}

/// Most roles of a programme.
pub const ROLES_MAX: usize = 16;

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
        for role in room.roles.iter().filter(|role| self.role(role).is_none()) {
            errors.push(ProgrammeError::UnknownRole(room.id.clone(), role.clone()));
        }
    }

    /// The role with this id.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// The room with this id.
    pub fn room(&self, id: &RoomId) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }
}
