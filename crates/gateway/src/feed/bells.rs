//! Who listens to a room: one bell a worker.

use kkanbu_model::{MembershipId, Sanction};
use kkanbu_wire::RoomEndCode;
use std::sync::Arc;

/// Somebody who wants to know what happens to a room: rings without waiting.
pub(crate) trait Bell: Send + Sync {
    /// There are new publications.
    fn ring(&self);
    /// The room is over for this listener.
    fn room_ended(&self, code: RoomEndCode);
    /// A moderator has done something to this membership.
    fn sanctioned(&self, membership: MembershipId, sanction: Sanction);
}

/// Who listens to a room; or why nobody does any more. They are as few as the workers.
#[derive(Default)]
pub(super) struct Bells {
    listeners: Vec<(u64, Arc<dyn Bell>)>,
    ended: Option<RoomEndCode>,
}

impl Bells {
    /// Counts `listener` in, whose bell before no longer rings.
    pub(super) fn listen(&mut self, listener: u64, bell: Arc<dyn Bell>) -> Result<(), RoomEndCode> {
        self.ended.map_or(Ok(()), Err)?;
        self.unlisten(listener);
        self.listeners.push((listener, bell));
        Ok(())
    }

    pub(super) fn unlisten(&mut self, listener: u64) {
        self.listeners.retain(|(of, _)| *of != listener);
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn Bell> {
        self.listeners.iter().map(|(_, bell)| &**bell)
    }

    /// Tells everybody that the room is over, and forgets them.
    pub(super) fn end(&mut self, code: RoomEndCode) {
        self.ended = Some(code);
        self.listeners.drain(..).for_each(|(_, bell)| bell.room_ended(code));
    }
}
