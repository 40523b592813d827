//! The nouns of the project, shared by every crate: what a member, a room, a position or a publication *is*.
//!
//! Nothing here does IO, knows a serialisation or a runtime. Whoever needs a noun's bytes (the wire, the log's
//! envelope, a configuration file) has its own boundary type and converts, so that nothing about a person leaves
//! the process through a stray derive.

mod act;
mod bytes16;
mod clock;
mod event;
mod handle;
mod id;
mod limits;
mod member;
mod position;
mod programme;
mod reaction;
mod secret;
mod size;
mod text;

pub use act::{Act, PendingAct, RoomAct};
pub use bytes16::{CommandKey, KeyError, MembershipId};
pub use clock::{Clock, Hour, Minute, SystemClock};
pub use event::{Author, Event, Publication, RoomSettings};
pub use handle::{Handle, HandleError, Language};
pub use id::{IdError, ProgrammeId, RoleId, RoomAddress, RoomId};
pub use limits::Limits;
pub use member::{MEMBER_KEY_BYTES, MemberKey, MemberKeyError, Membership, Sanction};
pub use position::{Epoch, EpochError, Offset, Position, StateVersion};
pub use programme::{
    Admission, GROUP_MIN, Phase, Programme, ProgrammeError, RETENTION_DAYS_DEFAULT, ROLES_MAX, ROOMS_MAX, Role, Room,
    Schedule, TimeZone, TimeZoneError,
};
pub use reaction::Reaction;
pub use secret::Secret;
pub use size::SizeBand;
pub use text::{Body, BodyError, Name, NameError};
