//! What every store promises. `tests/contract` holds the suite that each store passes unchanged.

use async_trait::async_trait;
use kkanbu_audit::{Hash, Head};
use kkanbu_model::{
    CommandKey, Handle, Hour, MemberKey, Membership, MembershipId, PendingAct, Programme, ProgrammeId, RoleId, RoomAct,
    RoomAddress, RoomId, Sanction,
};
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

impl StoreError {
    /// A row is not what this version writes.
    pub(crate) fn unreadable() -> Self {
        Self::Unavailable { reason: "a row can't be read".into() }
    }

    /// The store was closed.
    pub(crate) fn closed() -> Self {
        Self::Unavailable { reason: "the store is closed".into() }
    }
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
    /// Moderators put the member out of the room, under whatever handle it had then.
    #[error("the member was removed from the room")]
    Removed,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a handle was not drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedrawError {
    /// Not a member of the room, or not any more: moderators removed it.
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
    /// The membership is gone, was removed, or has another handle by now: read it again and decide again.
    #[error("the membership has changed")]
    Changed,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An act that is in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acted {
    /// Its entry's number.
    pub number: u64,
    /// The membership that it concerns, where that member is in the room now.
    pub member: Option<MembershipId>,
    /// What the member whom it concerns is under now. `None` where the act concerns nobody, or where it was done before and nothing
    /// ties its handle to anybody any more.
    pub sanction: Option<Sanction>,
    /// It had been done before, under the same key; nothing was written now.
    pub again: bool,
}

/// A member as it comes in: the role that it has, and where it is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The role.
    pub role: RoleId,
    /// The memberships in all rooms of the programme.
    pub memberships: BTreeMap<RoomId, Membership>,
}

/// Why an act was not done. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// Nobody in the room has this handle, nobody was sanctioned under it, and nobody has posted under it and left.
    #[error("nobody in the room has this handle")]
    UnknownHandle,
    /// The key was used for another act in this programme.
    #[error("the key was used for another act")]
    KeyReused,
    /// The store can't answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; the first is 1, and none is ever left out.
    pub number: u64,
    /// The hour in which it was done.
    pub hour: Hour,
    /// The programme.
    pub programme: ProgrammeId,
    /// One of [`kkanbu_model::Act::NAMES`].
    pub act: String,
    /// Which room, and exactly what. `None` for what concerns a whole programme, and where the programme's key is not here any more.
    pub detail: Option<(RoomId, RoomAct)>,
    /// What the chain says of it and of all before.
    pub hash: Hash,
}

/// Durable state, as the rest of the server sees it.
///
/// Duties of a store:
///
/// - What returned `Ok` is durable. After `Unavailable` a write was either kept whole or not at all: ask, or do it again.
/// - Seats are never overbooked and handles in a room never shared, whatever runs at once.
/// - A handle that has posted, or under which its member was sanctioned, is nobody else's ever again in that room, also after its
///   member has left.
/// - A sanction is the member's and not the membership's: it stays when the member leaves and comes in again under another handle. The
///   handle under which a member has posted goes on to name it after it has left (the latest 16 of one who comes and goes), so that
///   leaving in time does not help.
/// - Every act leaves one entry in one log for all programmes, whose entries are chained by their hashes (`kkanbu_audit`). An act, its
///   entry, and the note that its event is not yet in the room's log are written together or not at all.
/// - Nothing is kept of when anybody came or went, and no row tells an order. The audit log alone is an order, and tells hours.
/// - A member's key, handle and membership id, the room of a sanction, what an act was in detail and its key are tagged or sealed under
///   the programme's content key; the same key in two rooms gives two unrelated tags.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Creates a programme, whose content key must be here, and enters that into the audit log. Creating the same again does nothing.
    async fn create_programme(&self, programme: &Programme, hour: Hour) -> Result<(), StoreError>;

    /// All programmes, by id, whether or not their content keys are here.
    async fn programmes(&self) -> Result<Vec<Programme>, StoreError>;

    /// Deletes a programme and everything in it, also from the engine's own log, and enters that into the audit log; needs no key.
    /// Doing it again does nothing. Entries about the programme stay in the audit log; what is sealed in them needs the key.
    async fn destroy_programme(&self, programme: &ProgrammeId, hour: Hour) -> Result<(), StoreError>;

    /// Gives the key a seat of the role. A key that has a seat keeps it, and the role that it has is returned.
    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError>;

    /// The role that the key has in the programme.
    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError>;

    /// The role that the key has in the programme, and its memberships in all rooms there, both of one moment.
    async fn seat(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<Seat>, StoreError>;

    /// Makes the key a member of the room. A member stays what it is, and the draw is not used. Whoever was removed does not get in.
    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError>;

    /// The key's membership in the room, also that of a removed member.
    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError>;

    /// The key's memberships in all rooms of the programme.
    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError>;

    /// Ends the membership; its seat is free. Says whether there was one. What moderators did to the member stays.
    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError>;

    /// Gives the member another handle, before the first post. Its own handle counts as taken.
    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError>;

    /// Records, before the first post, that the handle stays. Doing it again does nothing.
    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError>;

    /// How many members of each of its roles the room has, also where there are none. Removed members are not counted, though they keep
    /// their seats.
    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError>;

    /// Does an act in a room: what it does to a member, its entry in the audit log, and, where it has an event, the note that this
    /// is not in the room's log yet ([`Store::pending`]). A member is found by the handle that it has, under which it was
    /// sanctioned, or under which it posted before it left. The same act under the same key is done once, however often it is asked for.
    async fn act(&self, room: &RoomAddress, act: &RoomAct, key: CommandKey, hour: Hour) -> Result<Acted, ActError>;

    /// Acts whose events are not known to be in their rooms' logs, the oldest first; only of programmes whose keys are here.
    async fn pending(&self) -> Result<Vec<PendingAct>, StoreError>;

    /// Records that the room's log has the event of the act with this number. Doing it again does nothing.
    async fn confirm(&self, number: u64) -> Result<(), StoreError>;

    /// At most `limit` entries of the audit log after the one with this number, in their order.
    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError>;

    /// The audit log's last number and hash. Whoever notes it elsewhere can prove later that no entry up to it was touched.
    async fn audit_head(&self) -> Result<Head, StoreError>;

    /// Really asks the database whether it could write now.
    async fn check(&self) -> Result<(), StoreError>;

    /// Finishes what waits and closes.
    async fn close(&self);
}
