//! What the owner of a connection steps: a session, or what takes its place when the connection alone is tested.

use super::{Session, Step};
use crate::close::CloseReason;
use crate::outbox::Outbox;
use crate::service::{Action, Outcome};
use bytes::Bytes;
use kkanbu_model::Limits;

/// What a connection carries messages for.
pub(crate) trait Stepped: Send + 'static {
    /// The limits in force.
    fn limits(&self) -> &Limits;

    /// Whether it is past the deadline for authenticating.
    fn is_open(&self) -> bool;

    /// Whether it has failed as often as it may.
    fn has_failed_too_often(&self) -> bool;

    /// Waits until there is something for it.
    fn news(&self) -> impl Future<Output = ()> + Send + 'static;

    /// Takes a text message.
    fn on_text(&mut self, text: &str) -> Step;

    /// Takes a binary message. The protocol has none.
    fn on_binary(&mut self, _payload: Bytes) -> Step {
        Step::Close(CloseReason::Binary)
    }

    /// Takes what others ordered.
    fn on_orders(&mut self) -> Vec<Step>;

    /// Begins an action, which the owner awaits.
    fn perform(&self, action: Action) -> impl Future<Output = Outcome> + Send + 'static;

    /// Takes the outcome of the action that was being done.
    fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step>;

    /// Puts what waits for it into the outbox, as far as there is room.
    fn fill(&mut self, outbox: &mut Outbox) -> Result<Option<Action>, CloseReason>;

    /// Lets go of everything.
    fn end(&mut self);
}

impl Stepped for Session {
    fn limits(&self) -> &Limits {
        &self.service.limits
    }

    fn is_open(&self) -> bool {
        self.is_open()
    }

    fn has_failed_too_often(&self) -> bool {
        self.has_failed_too_often()
    }

    fn news(&self) -> impl Future<Output = ()> + Send + 'static {
        let handle = self.handle();
        async move { handle.news().await }
    }

    fn on_text(&mut self, text: &str) -> Step {
        self.on_text(text)
    }

    fn on_orders(&mut self) -> Vec<Step> {
        self.on_orders()
    }

    fn perform(&self, action: Action) -> impl Future<Output = Outcome> + Send + 'static {
        self.service.clone().perform(action)
    }

    fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step> {
        self.on_outcome(outcome)
    }

    fn fill(&mut self, outbox: &mut Outbox) -> Result<Option<Action>, CloseReason> {
        self.fill(outbox)
    }

    fn end(&mut self) {
        self.end();
    }
}
