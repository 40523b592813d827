//! What the owner of a connection steps: a session, or what takes its place when the connection alone is tested.

use super::Step;
use crate::close::CloseReason;
use crate::engine::{Chunk, Told};
use crate::feed::FeedId;
use crate::service::{Action, Outcome};
use bytes::Bytes;
use kkanbu_model::{Limits, Offset};

/// What a connection carries messages for.
pub(crate) trait Stepped: Send + 'static {
    /// The limits in force.
    fn limits(&self) -> &Limits;

    /// Whether it is past the deadline for authenticating.
    fn is_open(&self) -> bool;

    /// Whether it has failed as often as it may.
    fn has_failed_too_often(&self) -> bool;

    /// Takes a text message.
    fn on_text(&mut self, text: &str) -> Step;

    /// Takes a binary message. The protocol has none.
    fn on_binary(&mut self, _payload: Bytes) -> Step {
        Step::Close(CloseReason::Binary)
    }

    /// Takes what others ordered.
    fn on_orders(&mut self) -> Vec<Step>;

    /// It hears of everything that happens to this room from now on.
    fn entered(&mut self, feed: FeedId) -> Vec<Step>;

    /// Takes what has happened to a room.
    fn on_told(&mut self, feed: FeedId, told: Told) -> Vec<Step>;

    /// Begins an action, which the owner awaits.
    fn perform(&self, action: Action) -> impl Future<Output = Outcome> + Send + 'static;

    /// Takes the outcome of the action that was being done.
    fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step>;

    /// Gathers what follows one of its cursors; or says what has to be done first. `is_stalled` where its socket took nothing when it was tried
    /// last.
    fn gather(&mut self, chunk: &mut Chunk, is_stalled: bool) -> Result<Option<Action>, CloseReason>;

    /// The last publication of a room that is on its way to the client, where it is in the room.
    fn cursor(&self, feed: FeedId) -> Option<Offset>;

    /// What comes before `cursor`, and that itself, is on its way.
    fn advance(&mut self, feed: FeedId, cursor: Offset);

    /// Whether it was up to date with a room once, so that it must not fall behind the room's ring.
    fn has_to_keep_up(&self, feed: FeedId) -> bool;

    /// The rooms that it is in.
    fn feeds(&self) -> Vec<FeedId>;

    /// Lets go of everything.
    fn end(&mut self);
}
