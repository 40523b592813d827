//! What every store promises. `tests/contract` holds the suite that each store passes unchanged.

use async_trait::async_trait;
use kkanbu_model::{Handle, MemberKey, Membership, MembershipId, Programme, ProgrammeId, RoleId, RoomAddress, RoomId};
use std::collections::BTreeMap;

/// Why the store can't answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database refused; `reason` is for operators and names nobody.
    #[error("the store can't be reached or written: {reason}")]
    Unavailable {
        /// What it said.
        reason: String,
    },
    /// More waits for the store than its queue holds.
    #[error("the store's queue is full")]
    Overloaded,
    /// No such programme here, or no content key for it.
    #[error("programme {0} is not in the store or has no content key here")]
    UnknownProgramme(ProgrammeId),
    /// The programme has no such room.
    #[error("room {0} is not in the store")]
    UnknownRoom(RoomAddress),
    /// A programme of this id is there with another definition.
    #[error("programme {0} is already there, and differs from the definition given")]
    Differs(ProgrammeId),
    /// A sealed value does not open, or the content key is not the programme's.
    #[error("a record of programme {0} does not open: wrong content key, or the database was changed")]
    Damaged(ProgrammeId),
}

/// Why a member was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// Every seat of the role is taken.
    #[error("every seat of the role is taken")]
    Full,
    /// The programme has no such role.
    #[error("no such role")]
    UnknownRole,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What chance drew for a new membership.
#[derive(Debug, Clone)]
pub struct Draw {
    /// A random id.
    pub id: MembershipId,
    /// A random handle, which may turn out to be taken.
    pub handle: Handle,
}

/// Why a member did not get into a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The handle is somebody's, or was somebody's who posted. Draw again.
    #[error("the handle is taken")]
    HandleTaken,
    /// Every seat of the role in this room is taken.
    #[error("every seat of the role in this room is taken")]
    Full,
    /// The key is not admitted to the programme.
    #[error("not admitted to the programme")]
    NotAdmitted,
    /// The room is not for the member's role.
    #[error("the room is not for this role")]
    NotForRole,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a handle was not drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedrawError {
    /// Not a member of the room.
    #[error("not a member of the room")]
    NotAMember,
    /// The handle is taken. Draw again.
    #[error("the handle is taken")]
    HandleTaken,
    /// The member has posted: the handle stays.
    #[error("the handle stays after the first post")]
    Fixed,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a membership was not marked as having posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// The membership is gone, or has another handle by now: read it again and decide again.
    #[error("the membership has changed")]
    Changed,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Durable state, as the rest of the server sees it.
///
/// Duties of a store:
///
/// - What returned `Ok` is durable. After `Unavailable` a write was either kept whole or not at all: ask, or do it again.
/// - Seats are never overbooked and handles in a room never shared, whatever runs at once.
/// - A handle that has posted is nobody else's ever again in that room, also after its member has left.
/// - Nothing is kept of when anybody came or went, and no row tells an order.
/// - A member's key, handle and membership id are tagged or sealed under the programme's content key; the same key in two rooms gives
///   two unrelated tags.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Creates a programme, whose content key must be here. Creating the same again does nothing.
    async fn create_programme(&self, programme: &Programme) -> Result<(), StoreError>;

    /// All programmes, by id, whether or not their content keys are here.
    async fn programmes(&self) -> Result<Vec<Programme>, StoreError>;

    /// Deletes a programme and everything in it, also from the engine's own log; needs no key. Doing it again does nothing.
    async fn destroy_programme(&self, programme: &ProgrammeId) -> Result<(), StoreError>;

    /// Gives the key a seat of the role. A key that has a seat keeps it, and the role that it has is returned.
    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError>;

    /// The role that the key has in the programme.
    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError>;

    /// Makes the key a member of the room. A member stays what it is, and the draw is not used.
    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError>;

    /// The key's membership in the room.
    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError>;

    /// The key's memberships in all rooms of the programme.
    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError>;

    /// Ends the membership; its seat is free. Says whether there was one.
    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError>;

    /// Gives the member another handle, before the first post. Its own handle counts as taken.
    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError>;

    /// Records, before the first post, that the handle stays. Doing it again does nothing.
    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError>;

    /// How many members of each of its roles the room has, also where there are none.
    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError>;

    /// Really asks the database whether it could write now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Finishes what waits and closes.
    async fn close(&self);
}
